#!/bin/bash
# SPDX-License-Identifier: MIT
# passwd locks the key of sealed records with the new password, and is killed: the process that does
# it, right after one of its system calls, or everything that passwd has started. Then the old or
# the new password unlocks the key, and the next passwd works. make check tests some of the calls,
# ./bootstrap check --long all of them.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need su expect passwd chpasswd pkill
. "$FT_SRCDIR/tests/harness/sealing.sh"
. "$FT_SRCDIR/tests/pam/programs.sh"
sealing_or_skip
killer=$FT_BUILDDIR/tests/harness/killer
"$killer" true 0 true >/dev/null 2>&1 || skip_all 'processes may not be traced here'
start_token_service
configure_pam server="$TS/work"
printf '[store]\nseal = keyring\nseal_keep = 10m\n' >>"$CONF/freshtoken.conf"

# pam_unix renames what it changes, which no mounted file allows.
cp -a /etc "$T/whole"
mount --bind "$T/whole" /etc
for name in su su-l passwd; do
	pam_stack "$name" "auth sufficient pam_rootok.so" "auth requisite pam_unix.so" \
		"auth optional FT seal=password debug wait=60s" "account required pam_unix.so" \
		"session required pam_permit.so" \
		"password requisite pam_unix.so sha512" "password optional FT seal=password wait=60s"
done
pam_stack chpasswd "password required pam_unix.so sha512"
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
chmod u+s /usr/bin/passwd 2>/dev/null || :
at_exit unkey_all
old=unix new='horse battery 1'
file=$(state_of alice)/~seal.key

su_to() {	# PASSWORD
	become carol
	drive said "${AS[@]}" su alice -c 'id -u' <<-END
		want {Password: }
		tell "$1"
		finish
	END
	contains 2001 said
}

# opens PASSWORD - whether a login with it, which is hers then, has the key
opens() {
	echo "alice:$1" | chpasswd
	unkey alice
	su_to "$1"
	[ "$(key_of alice)" = "$(cat seal-key)" ]
}

# passwd_with PROGRAM… - alice changes it from $old to $new
passwd_with() {
	printf '%s\n' "$old" "$new" "$new" |
		"$@" setpriv --reuid alice --regid alice --init-groups passwd >said 2>&1
}

as_before() {
	rm -f "$file"
	cp -p before "$file"
	echo "alice:$old" | chpasswd
	: >"$T/log"
}

first_login() {
	su_to "$old"
	key_of alice >seal-key
	equal 64 "$(wc -c <seal-key)"
	cp -p "$file" before
}
test_case 'a login creates the key' first_login

counted() {
	as_before
	passwd_with "$killer" /freshtoken-pam 0 >said || { cat said; false; }
	tail -n 1 said >calls
	[ "$(cat calls)" -gt 20 ] || { cat said "$T/log"; complain 'it makes no calls'; }
	must_fail cmp -s before "$file"
	opens "$new"
	must_fail opens "$old"
}
test_case 'passwd without a kill' counted

# either HOW - one of the two opens it, which is noted
either() {
	if opens "$new"; then
		echo "$1: new" >>either
	elif opens "$old"; then
		echo "$1: old" >>either
	else
		cat "$T/log"
		complain "$1: neither password opens the key"
	fi
}

after_each() {
	local n calls step

	calls=$(cat calls)
	step=$((calls / 5))
	[ -z "${FT_LONG-}" ] || step=1
	: >either
	for ((n = step; n <= calls; n += step)); do
		as_before
		passwd_with "$killer" /freshtoken-pam "$n" || :
		either "after call $n"
	done
	# The last of all comes after the file has its place.
	as_before
	passwd_with "$killer" /freshtoken-pam "$calls" || :
	either "after call $calls"
	cat either
	grep -q ': old' either
	grep -q ': new' either
}
test_case 'killed right after one of its system calls: the old or the new password unlocks it' after_each

# At some moment between the password's change and the key's.
everything() {
	local i passwd

	: >either
	for ((i = 0; i < (${FT_LONG:+20} + 3); i++)); do
		as_before
		set -m
		passwd_with &
		passwd=$!
		set +m
		eventually 20 pgrep -x freshtoken-pam
		nap "0.$(printf %02d $((RANDOM % 40)))"
		kill -KILL -- "-$passwd" 2>/dev/null || :
		pkill -KILL -x freshtoken-pam || :
		wait "$passwd" || :
		either "round $i"
	done
	cat either
}
test_case 'all processes killed' everything

works_again() {
	as_before
	passwd_with || { cat said; false; }
	opens "$new"
	# No file is left but the key's, and locks.
	find "${file%/*}" -type f ! -name '*.lock' ! -name '~seal.key' >left
	empty left
}
test_case 'and the next passwd works' works_again
test_done
