#!/bin/bash
. "${FT_SRCDIR:?}/tests/protocol/tap.sh"
test_done
