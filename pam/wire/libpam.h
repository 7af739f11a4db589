/* SPDX-License-Identifier: MIT */
/*
 * libpam.h - Linux-PAM's headers; the only file that includes them
 *
 * freshtoken-pam takes the numbers from here and links no libpam.
 */
#ifndef FT_PAM_LIBPAM_H
#define FT_PAM_LIBPAM_H

#include <security/pam_modules.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>

#endif
