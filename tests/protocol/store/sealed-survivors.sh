#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs survivors.sh with sealed records.
export FT_SEALED=yes
exec bash "${FT_SRCDIR:?run me with make check}/tests/protocol/refresh/survivors.sh"
