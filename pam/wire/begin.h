/* SPDX-License-Identifier: MIT */
/*
 * begin.h - the state that freshtoken-pam starts in, from the module or from systemd
 */
#ifndef FT_PAM_BEGIN_H
#define FT_PAM_BEGIN_H

/* Seconds after which an alarm ends a freshtoken-pam. */
#define FT_STARTED_LIFE 1200
/* All of its environment. */
#define FT_STARTED_ENVIRONMENT { \
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TZ=UTC0", NULL \
}

#endif
