/* SPDX-License-Identifier: MIT */
/*
 * check.h - whether a profile's values can be what their keys need
 *
 * Each function returns 0, FT_CONFIG with what is wrong, or FT_NO_MEMORY; file,
 * line and key are put in front by whoever calls. Of profile.c alone.
 */
#ifndef FT_PROFILE_CHECK_H
#define FT_PROFILE_CHECK_H

#include "lib/base/error.h"

/* The name of a profile. */
int ft_check_name(const char *value, struct ft_error *err);
/* A text whose only variables are ${param.NAME}: an account's. */
int ft_check_parameters(const char *value, struct ft_error *err);
/* … and what the account says of itself besides, but no secret: a claim of [jwt]. */
int ft_check_claim(const char *value, struct ft_error *err);
/* Where a token service may be; checked whole once its parameters are known. */
int ft_check_server(const char *value, struct ft_error *err);
/* Likewise, with a query: where its metadata is. */
int ft_check_metadata_url(const char *value, struct ft_error *err);
/* Likewise, and one segment may be {tenantid}. */
int ft_check_issuer(const char *value, struct ft_error *err);
/* The same of what is used as it is: "$" is a byte like others, and opens no way around a check. */
int ft_check_metadata_url_is(const char *value, struct ft_error *err);
int ft_check_issuer_is(const char *value, struct ft_error *err);
int ft_check_endpoint_is(const char *value, struct ft_error *err);
int ft_check_method(const char *value, struct ft_error *err);
/* "/…" or a URL; variables after the host only, no query, no fragment. */
int ft_check_request_path(const char *value, struct ft_error *err);
/* "/…", without variables: what is put before a server's path. */
int ft_check_prefix(const char *value, struct ft_error *err);
/* The same with ${param.NAME} alone, but an URL's query is kept: an endpoint. */
int ft_check_endpoint(const char *value, struct ft_error *err);
/* Likewise, with ${device_code} in the query alone: what a person is sent to. */
int ft_check_link(const char *value, struct ft_error *err);
/* The name of a header alone. */
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
