/* SPDX-License-Identifier: MIT */
/*
 * jwt.h - reads the claims of a token without verifying them
 *
 * An access token is opaque to its client (RFC 9068 section 6). If a profile uses its claims, they
 * are a hint: nothing here is verified.
 */
#ifndef FT_TRANSPORT_JWT_H
#define FT_TRANSPORT_JWT_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/data/json.h"

#define FT_JWT_TIME_MAX INT64_C(253402300799)	/* the last second of the year 9999 */

/* Decodes the payload of a signed token in the compact form (RFC 7515 section 7.1); NULL: it is not
 * one. The caller puts the object. */
struct json_object *ft_jwt_payload(const char *token);

/* Reads a NumericDate (RFC 7519 section 2) in whole seconds, limited to 0 … FT_JWT_TIME_MAX. false:
 * there is none. */
bool ft_jwt_time(struct json_object *payload, const char *claim, int64_t *ret);

#endif
