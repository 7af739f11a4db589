#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# Doorkeeper and its OpenID Connect, Debian's: a site of one file (doorkeeper/app.rb), a public client.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"
. "$FT_SRCDIR/tests/providers/doorkeeper/functions.sh"

provider_name=Doorkeeper

. "$FT_SRCDIR/tests/providers/life.sh"
test_done
