/* SPDX-License-Identifier: MIT */
/*
 * qr.h - a QR code (ISO/IEC 18004) in characters
 *
 * qr.c is the only file that includes libqrencode. The library is loaded only when a
 * code is shown, so that handing out a token does not pay for it.
 */
#ifndef FT_QR_H
#define FT_QR_H

#include <stdbool.h>
#include "lib/base/buffer.h"

/*
 * Appends lines of half blocks (UTF-8), two rows of modules each, dark on light as scanners need
 * it; with `colour` this does not depend on the terminal's colours. Appends nothing and returns
 * false if the code is wider than `columns` or higher than `rows`, or libqrencode is not installed.
 */
bool ft_qr_add(struct ft_buf *buf, const char *text, size_t columns, size_t rows, bool colour);

/* How many rows of `columns` an ASCII text takes, to see whether the text and a QR code fit on one
 * screen. */
size_t ft_qr_rows_of(const char *text, size_t columns);

#endif
