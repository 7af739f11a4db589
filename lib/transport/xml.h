/* SPDX-License-Identifier: MIT */
/*
 * xml.h - parses an XML document into the same kind of tree as JSON
 *
 * The only file that includes expat.h is xml.c. What becomes what:
 * docs/transport-messages.md, "What the body is taken for".
 */
#ifndef FT_TRANSPORT_XML_H
#define FT_TRANSPORT_XML_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/error.h"
#include "lib/data/json.h"

#define FT_XML_DEPTH_MAX 16

/*
 * The tree of the root's children, of at most `depth` levels (up to
 * FT_XML_DEPTH_MAX) as ft_json_parse counts them, except that an array of
 * siblings is none. No document type, namespaces well-formed. Costs time and
 * memory in proportion to the text.
 * Errors: FT_UNTRUSTED, FT_NO_MEMORY. The caller puts the object, which is
 * NULL where the root is nil.
 */
int ft_xml_parse(const char *text, size_t len, int depth, struct json_object **ret,
		 struct ft_error *err);

/*
 * Parses what it can of a document that ft_xml_parse refuses (json.h): leaves out elements that are
 * nested too deeply, replaces bytes that are not UTF-8 by the mark, and ignores what follows the
 * root. *ret_whole: the root is complete; else the tree has only the complete elements.
 * Errors: FT_UNTRUSTED (no element has any child), FT_NO_MEMORY.
 */
int ft_xml_loose(const char *text, size_t len, int depth, struct json_object **ret,
		 bool *ret_whole);

#endif
