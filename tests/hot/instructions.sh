#!/bin/bash
# SPDX-License-Identifier: MIT
# What a hot get of git costs, in instructions of our own sources: what it did within 5 %.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
need valgrind readelf
# The figure is of one compiler: a line of another may be added, once it was seen to be good.
figures='GCC: (Debian 12.2.0-14+deb12u1) 12.2.0 -g -O2 35931'
program=$FT_BIN/git-credential-freshtoken
compiler=$(readelf -p .comment "$program" | sed -n 's/^ *\[ *[0-9a-f]*\] *//p' | head -n 1)
flags=$(sed -n 's/^CFLAGS = \(-g -O2\)\( -Werror\)*$/\1/p' "$FT_BUILDDIR/Makefile")
figure=$(printf '%s\n' "$figures" | sed -n \
	"s/^$(printf '%s %s' "$compiler" "$flags" | sed 's/[].[*^$/]/\\&/g') //p")
[ -n "$figure" ] || skip_all "no figure is known for $compiler ${flags:-with these CFLAGS}"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = git.example.com
EOF
plant work 3600
printf 'protocol=https\nhost=git.example.com\n\n' >request

costs_as_before() {
	valgrind -q --tool=callgrind --callgrind-out-file=calls "$program" get <request >answer
	contains password=access-work-7 answer
	n=$(awk -f "$FT_SRCDIR/tests/hot/count.awk" calls)
	echo "counted: $n"
	# Much less is a reason to be glad, and to write it down.
	if [ "$n" -gt $((figure * 105 / 100)) ] || [ "$n" -lt $((figure * 95 / 100)) ]; then
		complain "it was $figure, and is $n"
	fi
}
test_case "a hot get of git takes $figure instructions, or near it" costs_as_before

# all_of FILE - of the C library and libsodium, too
all_of() {
	sed -n 's/^summary: //p' "$1"
}

sealed_costs_little_more() {
	local plain sealed

	plain=$(all_of calls)
	printf '\n[store]\nseal = keyring\n' >>"$CONFIG/freshtoken.conf"
	freshtoken seal 2>/dev/null
	is_sealed "$STATE/work.json"
	valgrind -q --tool=callgrind --callgrind-out-file=sealed.calls "$program" get <request \
		>answer
	contains password=access-work-7 answer
	sealed=$(all_of sealed.calls)
	echo "counted: $plain, sealed $sealed"
	[ "$sealed" -le $((plain * 115 / 100)) ] || complain "$sealed, and $plain in clear"
}
. "$FT_SRCDIR/tests/harness/sealing.sh"
if can_seal; then
	test_case 'a sealed one takes 1.15 of all that it does, at the most' \
		sealed_costs_little_more
else
	test_skip 'a sealed one takes 1.15 of all that it does, at the most' "$why_not"
fi
test_done
