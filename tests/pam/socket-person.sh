#!/bin/bash
# SPDX-License-Identifier: MIT
# person.sh once more, with a freshtoken-pam that is started as systemd starts it.
export FT_THROUGH_SOCKET=yes
exec bash "${FT_SRCDIR:?run me with make check}/tests/pam/person.sh" "$@"
