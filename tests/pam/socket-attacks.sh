#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs attacks.sh with freshtoken-pam started as by systemd.
export FT_THROUGH_SOCKET=yes
exec bash "${FT_SRCDIR:?run me with make check}/tests/pam/attacks.sh" "$@"
