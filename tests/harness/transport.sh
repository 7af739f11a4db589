# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# transport.sh - runs freshtoken-transport and reads its answer; sourced after tap.sh

transport=$FT_LIBEXEC/freshtoken-transport
sanitized=$(grep -c '^#define FT_SANITIZED' "$FT_BUILDDIR/config.h")
export transport sanitized

# says TEXT…, never_says TEXT… - the file "answer" contains each, or none of them
says() {
	local text

	for text; do
		contains "$text" answer
	done
}

never_says() {
	local text

	for text; do
		lacks "$text" answer
	done
}
