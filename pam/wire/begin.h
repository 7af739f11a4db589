/* SPDX-License-Identifier: MIT */
/*
 * begin.h - what a freshtoken-pam begins with, whoever starts it
 */
#ifndef FT_PAM_BEGIN_H
#define FT_PAM_BEGIN_H

/* Seconds after which a freshtoken-pam is ended by its alarm, whatever it does. */
#define FT_STARTED_LIFE 1200
/* All of its environment. */
#define FT_STARTED_ENVIRONMENT { \
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TZ=UTC0", NULL \
}

#endif
