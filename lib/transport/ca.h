/* SPDX-License-Identifier: MIT */
/*
 * ca.h - the certificate authorities, read before the sandbox closes
 *
 * libcurl gets them from memory, so that no file must be opened after that.
 */
#ifndef FT_TRANSPORT_CA_H
#define FT_TRANSPORT_CA_H

#include "lib/base/buffer.h"

/* PEM text of a regular file of at most 16 MiB. FT_UNTRUSTED with its name, FT_NO_MEMORY. */
int ft_ca_read(const char *file, struct ft_buf *ret, struct ft_error *err);

#endif
