/* SPDX-License-Identifier: MIT */
/*
 * check.h - checks of the values in a provider profile
 *
 * Each function returns 0, FT_CONFIG with what is wrong, or FT_NO_MEMORY; the caller puts file,
 * line and key in front. Functions whose name ends in _is take a value whose variables are
 * substituted already: "$" has no meaning in it, so that a substituted value cannot bypass a check.
 */
#ifndef FT_PROFILE_CHECK_H
#define FT_PROFILE_CHECK_H

#include "lib/base/error.h"

/* The name of a profile. */
int ft_check_name(const char *value, struct ft_error *err);
/* A text whose only variables are an account's ${param.NAME}. */
int ft_check_parameters(const char *value, struct ft_error *err);
/* A claim of [jwt]: also other keys of the account as variables, but no secret. */
int ft_check_claim(const char *value, struct ft_error *err);
/* The URL of a token service; checked completely once its parameters are known. */
int ft_check_server(const char *value, struct ft_error *err);
/* Likewise with a query: the URL of its metadata. */
int ft_check_metadata_url(const char *value, struct ft_error *err);
/* Likewise; one segment may be {tenantid}. */
int ft_check_issuer(const char *value, struct ft_error *err);
int ft_check_metadata_url_is(const char *value, struct ft_error *err);
int ft_check_issuer_is(const char *value, struct ft_error *err);
int ft_check_endpoint_is(const char *value, struct ft_error *err);
int ft_check_method(const char *value, struct ft_error *err);
/* "/…" or a URL; variables after the host only, no query, no fragment. */
int ft_check_request_path(const char *value, struct ft_error *err);
/* "/…" without variables: inserted before the server's path. */
int ft_check_prefix(const char *value, struct ft_error *err);
/* An endpoint: like a request's path, but only with ${param.NAME}, and a URL may have a query. */
int ft_check_endpoint(const char *value, struct ft_error *err);
/* The link for a person: likewise, with ${device_code} only in the query. */
int ft_check_link(const char *value, struct ft_error *err);
/* The name of a header. */
int ft_check_header_name(const char *value, struct ft_error *err);
/* Letters, digits, "_", "-": the name of a metadata member. */
int ft_check_member(const char *value, struct ft_error *err);
/* "name=value" */
int ft_check_pair(const char *value, struct ft_error *err);
/* "Name: value" */
int ft_check_header(const char *value, struct ft_error *err);
/* The value of Content-Type and Accept. */
int ft_check_media(const char *value, struct ft_error *err);
/* "USER:PASSWORD" with the colon in the template's own text. */
int ft_check_basic(const char *value, struct ft_error *err);
int ft_check_json(const char *value, struct ft_error *err);
int ft_check_xml(const char *value, struct ft_error *err);
int ft_check_path(const char *value, struct ft_error *err);
int ft_check_status(const char *value, struct ft_error *err);

#endif
