#!/bin/bash
# SPDX-License-Identifier: MIT
# A sealed state folder that another user has copied, also to the same path: it yields no token, and
# no file contains one.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need curl setpriv
sealing_or_skip
[ "$(id -u)" = 0 ] || skip_all 'only root can become another user'
THIEF=12345
as_thief() {
	setpriv --reuid "$THIEF" --regid "$THIEF" --clear-groups "$@"
}
as_thief sh -c '"$1" --version && keyctl show @u' sh "$FT_BIN/freshtoken" >out 2>&1 ||
	skip_all "another user cannot run it here: $(tail -n 1 out)"
start_token_service
STATE=$XDG_STATE_HOME/freshtoken CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
chmod 711 "$T"

line keyring
new_account work oauth2 2>signed.in || diag <signed.in

# in_clear - the files below a folder that have a token of the tenant, or what git gave
in_clear() {
	ts tokens work | sed -n 's/^[a-z_]*token=//p' >patterns
	equal 2 "$(wc -l <patterns)"
	echo secret-of-git >>patterns
	grep -rlaF -f patterns "$1" || :
}

sealing() {
	freshtoken seal "$@" 2>err || { cat err; complain "seal $*"; }
}

fill() {
	# Every kind of file: a record, an answer that was not understood, other hosts, a bound key.
	printf 'protocol=https\nhost=kept.example.net\nusername=u\npassword=secret-of-git\n\n' |
		git-credential-freshtoken store
	freshtoken refresh work
	(umask 077 && ts tokens work >"$STATE/work.unread")
	equal "$STATE/work.unread" "$(in_clear "$STATE")"
	sealing
	equal '' "$(in_clear "$STATE")"
	# The same search finds what is in clear.
	sealing --remove
	equal 3 "$(in_clear "$STATE" | wc -l)"
	sealing
	equal '' "$(in_clear "$STATE")"
	equal "$(newest work)" "$(git_token work)"
	cp -a "$STATE" copied
	cp -a "$CONF" copied.conf
}
test_case 'no file of a sealed state folder has a token in clear' fill

# steals COMMAND… - as the other user, in the folder "his"
steals() {
	(cd his && as_thief env HOME="$PWD" XDG_CONFIG_HOME="$PWD/config" \
		XDG_STATE_HOME="$PWD/state" "$@")
}

# gets_nothing STATUS TEXT… - with "steals" or "same_path" for $how
gets_nothing() {
	local status=$1 text

	shift
	expect_status "$status" "$how" freshtoken token work >out 2>err
	empty out
	for text; do
		contains "$text" err
	done
	printf 'protocol=https\nhost=work.example.com\n\n' |
		"$how" git-credential-freshtoken get >out 2>err
	same_text quit=1 out
	contains "$1" err
	echo work.example.com | must_fail "$how" docker-credential-freshtoken get >out 2>err
	lacks Secret out
	printf 'protocol=https\nhost=kept.example.net\n\n' |
		"$how" git-credential-freshtoken get >out 2>err
	lacks password= out
	# Nor with what may write: nothing is stored in clear then.
	must_fail "$how" freshtoken seal --remove >out 2>&1
	must_fail "$how" freshtoken refresh work >out 2>&1
	no_secret out work
	"$how" freshtoken status work >out 2>&1 || :
	no_secret out work
}

copied_folder() {
	mkdir -p his/config/freshtoken his/state
	cp -a copied his/state/freshtoken
	cp copied.conf his/config/freshtoken/freshtoken.conf
	chown -R "$THIEF:$THIEF" his
	chmod 700 his his/config his/state his/state/freshtoken
	how=steals
	gets_nothing 4 'is lost: keyring: there is none' 'freshtoken login work'
	equal '' "$(in_clear his)"
	for file in work.json work.unread; do
		cmp "copied/$file" "his/state/freshtoken/$file"
	done
	equal "0 0" "$(ts_count work refused) $(ts_count work reuses)"
}
test_case 'another user, with a copy: no token, and a message says what to do' copied_folder

own_key() {
	name=freshtoken:$PWD/his/state/freshtoken
	printf %032d 7 | as_thief keyctl padd user "$name" @u >id
	as_thief keyctl timeout "$(cat id)" 600
	how=steals
	gets_nothing 4 'sealed with the key' 'freshtoken login work'
	equal '' "$(in_clear his)"
	as_thief keyctl unlink "$(cat id)" @u
}
test_case 'nor with the thief'\''s own key' own_key

same_path() {
	as_thief env HOME="$HOME" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" \
		XDG_STATE_HOME="$XDG_STATE_HOME" "$@"
}
# The key's name is the path: his keyring is another one all the same, and root's session keyring,
# which links to root's, is still his session's.
same_name() {
	local id

	id=$(key_id)
	chown -R "$THIEF:$THIEF" "$HOME"
	how=same_path
	gets_nothing 4 'is lost: keyring: there is none' 'freshtoken login work'
	equal '' "$(in_clear "$STATE")"
	must_fail as_thief keyctl search @u user "$(key_name)" >out 2>&1
	must_fail as_thief keyctl pipe "$id" >out 2>err
	empty out
	# Back, nothing is lost.
	chown -R 0:0 "$HOME"
	equal "$(newest work)" "$(git_token work)"
}
test_case 'nor at the same path, with the key in its owner'\''s keyring' same_name
test_done
