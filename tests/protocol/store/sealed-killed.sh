#!/bin/bash
# SPDX-License-Identifier: MIT
# The test of that name, with all that is stored sealed.
export FT_SEALED=yes
exec bash "${FT_SRCDIR:?run me with make check}/tests/protocol/refresh/killed.sh"
