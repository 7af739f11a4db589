#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs killed.sh with sealed records.
export FT_SEALED=yes
exec bash "${FT_SRCDIR:?run me with make check}/tests/protocol/refresh/killed.sh"
