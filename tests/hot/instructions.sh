#!/bin/bash
# SPDX-License-Identifier: MIT
# The instructions to hand out a good token: git's get needs as many in our own sources as before,
# within 5 %; all others need as many as git's get, or up to 10 % more.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
need valgrind readelf
! grep -q '^#define FT_SANITIZED' "$FT_BUILDDIR/config.h" || skip_all 'valgrind runs no sanitizers'
# The figure is of one compiler: a line of another may be added, once it was seen to be good.
figures='GCC: (Debian 12.2.0-14+deb12u1) 12.2.0 -g -O2 37382'
program=$FT_BIN/git-credential-freshtoken
compiler=$(readelf -p .comment "$program" | sed -n 's/^ *\[ *[0-9a-f]*\] *//p' | head -n 1)
flags=$(sed -n 's/^CFLAGS = \(-g -O2\)\( -Werror\)*$/\1/p' "$FT_BUILDDIR/Makefile")
figure=$(printf '%s\n' "$figures" | sed -n \
	"s/^$(printf '%s %s' "$compiler" "$flags" | sed 's/[].[*^$/]/\\&/g') //p")

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = git.example.com
EOF
plant work 3600
printf 'protocol=https\nhost=git.example.com\n\n' >request

# count COMMAND… - with the file request; what callgrind writes goes to the file calls
count() {
	valgrind -q --tool=callgrind --callgrind-out-file=calls "$@" <request >answer
	contains access-work-7 answer
}

costs_as_before() {
	count "$program" get
	n=$(awk -f "$FT_SRCDIR/tests/hot/count.awk" calls)
	echo "counted: $n"
	# Much less is a reason to be glad, and to write it down.
	if [ "$n" -gt $((figure * 105 / 100)) ] || [ "$n" -lt $((figure * 95 / 100)) ]; then
		complain "it was $figure, and is $n"
	fi
}
if [ -n "$figure" ]; then
	test_case "a hot get of git takes $figure instructions, or near it" costs_as_before
else
	test_skip 'a hot get of git takes as many instructions as it did' \
		"no figure is known for $compiler ${flags:-with these CFLAGS}"
fi

# all_of FILE - of the C library and libsodium, too
all_of() {
	sed -n 's/^summary: //p' "$1"
}
count "$program" get
mv calls git.calls

# at_most PERCENT COMMAND… - of git's get
at_most() {
	local of n

	count "$FT_BIN/$2" "${@:3}"
	of=$(all_of git.calls) n=$(all_of calls)
	echo "counted: $n, of git $of"
	[ "$n" -le $((of * $1 / 100)) ] || complain "${*:2}: $n, and $of of git's get"
}

others() {
	at_most 110 freshtoken headers https://git.example.com
	at_most 110 freshtoken goauth
	at_most 110 freshtoken kubernetes work --access
	at_most 110 freshtoken keyring get https://git.example.com alice
	at_most 110 freshtoken token work
	at_most 110 freshtoken git get
	at_most 110 terraform-credentials-freshtoken get git.example.com
	echo git.example.com >request
	at_most 110 docker-credential-freshtoken get
	echo '{"uri":"https://git.example.com/"}' >request
	at_most 110 bazel-credential-freshtoken get
}
test_case 'all others take 1.1 of that at most' others

readers() {
	echo '{"v":1,"kind":"get","registry":{"index-url":"sparse+https://git.example.com/"}}' \
		>request
	at_most 120 cargo-credential-freshtoken --cargo-plugin
	echo '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"git.example.com/a"}' \
		>request
	at_most 120 freshtoken kubelet
}
test_case 'those with a long JSON request: 1.2 in instructions, less in time' readers

# many N - what a get takes with so many accounts more
many() {
	local i

	cp "$CONFIG/freshtoken.conf" kept
	for ((i = 0; i < $1; i++)); do
		printf '\n[account other%d]\nserver = https://sso%d.example.com\nmatch = git%d.example.com\n' \
			"$i" "$i" "$i"
	done >>"$CONFIG/freshtoken.conf"
	count "$program" get
	mv kept "$CONFIG/freshtoken.conf"
	all_of calls
}

many_accounts() {
	local none some many

	none=$(all_of git.calls) some=$(many 80) many=$(many 800)
	echo "counted: $none, with 80 accounts more $some, with 800 $many"
	# Longer numbers, copies and the C library for this processor make twelve of the ten.
	[ $((many - none)) -le $((15 * (some - none))) ] || complain "$none, $some and $many"
}
printf 'protocol=https\nhost=git.example.com\n\n' >request
test_case 'ten times as many accounts take ten times as much, not a hundred times' many_accounts

# but_ciphers FILE - of all but libsodium's ciphers, of which it has one for each kind of
# processor; and how often a sealed record is opened
but_ciphers() {
	awk -v without='chacha20|poly1305' -v calls_of=ft_box_open \
		-f "$FT_SRCDIR/tests/hot/without.awk" "$1"
}

sealed_costs_little_more() {
	local plain sealed

	plain=$(but_ciphers git.calls)
	printf '\n[store]\nseal = keyring\n' >>"$CONFIG/freshtoken.conf"
	printf 'protocol=https\nhost=git.example.com\n\n' >request
	freshtoken seal 2>/dev/null
	is_sealed "$STATE/work.json"
	count "$program" get
	sealed=$(but_ciphers calls)
	echo "counted: $plain, sealed $sealed"
	equal '0 1' "${plain#* } ${sealed#* }"
	plain=${plain% *} sealed=${sealed% *}
	[ "$sealed" -lt "$(all_of calls)" ]
	[ "$sealed" -le $((plain * 110 / 100)) ] || complain "$sealed, and $plain in clear"
}
. "$FT_SRCDIR/tests/harness/sealing.sh"
if can_seal; then
	test_case 'a sealed record is opened once, and takes 1.1 of that at most, ciphers aside' \
		sealed_costs_little_more
else
	test_skip 'a sealed record is opened once, and takes 1.1 of that at most, ciphers aside' \
		"$why_not"
fi
test_done
