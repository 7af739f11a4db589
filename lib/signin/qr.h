/* SPDX-License-Identifier: MIT */
/*
 * qr.h - a QR code (ISO/IEC 18004) in characters
 *
 * The only file that includes libqrencode, which is loaded when a code is to be
 * shown: handing out a token would pay for it otherwise.
 */
#ifndef FT_QR_H
#define FT_QR_H

#include <stdbool.h>
#include "lib/base/buffer.h"

/*
 * Appends lines of half blocks (UTF-8), two rows of modules each, dark on light as scanners
 * want it; with `colour` whatever the terminal's own colours are. Nothing where it is wider than
 * `columns` or higher than `rows`, or libqrencode is not installed: then false.
 */
bool ft_qr_add(struct ft_buf *buf, const char *text, size_t columns, size_t rows, bool colour);

/* How many rows of that many columns an ASCII text takes: what is shown with a QR code must not be
 * pushed off a screen, nor push the code off. */
size_t ft_qr_rows_of(const char *text, size_t columns);

#endif
