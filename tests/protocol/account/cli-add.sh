#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken add: an account is checked before it is written, and lines that a person wrote stay.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need curl unshare script
start_token_service
ts create work lifetime=600 subject=alice client_id=cli >/dev/null
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# forget - as if nothing had ever been written
forget() {
	erase "$XDG_CONFIG_HOME/freshtoken" "$XDG_STATE_HOME/freshtoken"
}

# written TEXT - the file of somebody's own, with printf's escapes
written() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken"
	# shellcheck disable=SC2059
	printf "$1" >"$CONF"
}

# refused WORDS ARGUMENT… - add says WORDS in one line, and the file is as it was
refused() {
	local words=$1

	shift
	rm -f before
	[ ! -e "$CONF" ] || cp -p "$CONF" before
	expect_status 1 freshtoken add "$@" >out 2>err </dev/null
	empty out
	equal 1 "$(wc -l <err)"
	contains "freshtoken: nothing is written: account " err
	contains "$words" err
	if [ -e before ]; then cmp before "$CONF"; else [ ! -e "$CONF" ]; fi
	[ ! -e "$CONF~new" ]
}

# --- what is written ----------------------------------------------------------------

account_for_nobody_else() {
	umask 0
	freshtoken add work --server "$TS/work" --client-id cli --match https://git.example.com \
		--match registry.example.com:5000 >out 2>err </dev/null
	cat >expected <<-EOF
		[account work]
		server = $TS/work
		client_id = cli
		match = https://git.example.com
		match = registry.example.com:5000
	EOF
	same expected "$CONF"
	equal "600 700" "$(stat -c %a "$CONF") $(stat -c %a "$XDG_CONFIG_HOME/freshtoken")"
	printf "freshtoken %s\n" "login work" "setup git --apply" "setup docker --apply" |
		same - out
	contains "freshtoken: account work: added to $CONF" err
	contains "account work: its service lets people sign in by browser" err
	equal 2 "$(wc -l <err)"
}
test_case 'an account, readable only by the user, and the next commands' \
	account_for_nobody_else

it_can_be_signed() {
	sign_in work
	printf "protocol=https\nhost=git.example.com\n\n" | git-credential-freshtoken get >got
	token=$(sed -n "s/^password=//p" got)
	is_good work "$token"
	echo registry.example.com:5000 | docker-credential-freshtoken get >got
	contains "\"Secret\":\"$token\"" got
}
test_case 'a sign-in to it works, and git gets its token' it_can_be_signed

provider_without_match() {
	ts create kw vendor=kirjaswappi >/dev/null
	freshtoken add kw --provider=kirjaswappi --server="$TS/kw/" >out 2>err </dev/null
	printf "%s\n" "" "[account kw]" "provider = kirjaswappi" "server = $TS/kw" |
		cat expected - | same - "$CONF"
	same_text "freshtoken login kw" out
	contains "lets people sign in by password" err
	sign_in kw
	freshtoken token kw >token
}
test_case 'a provider; without a match there is nothing to set up' provider_without_match

patterns_for_docker_alone_such() {
	forget
	freshtoken add a --server "$TS/work" --match "*.example.com" --match a.example.com/team \
		--match https://b.example.com \
		--match http://c.example.com >out 2>err </dev/null
	printf "freshtoken %s\n" "login a" "setup git --apply" | same - out
}
test_case 'patterns that docker cannot ask for are not for docker' \
	patterns_for_docker_alone_such

comma_in_pattern_no_end() {
	forget
	freshtoken add a --server "$TS/work" --match "git.example.com/a,b" >out 2>err </dev/null
	contains "match = \"git.example.com/a,b\"" "$CONF"
	freshtoken add b --server "$TS/work" --match git.example.com/a --match git.example.com/b \
		>out 2>err </dev/null
	refused "account a ($CONF:1) matches git.example.com/a,b equally well" c --server \
		"$TS/work" \
		--match git.example.com/a,b
}
test_case 'a comma in a pattern does not end it' comma_in_pattern_no_end

server_profile_has() {
	forget
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	sed "s|^discover = .*|&\nserver = $TS/work|" "$FT_SRCDIR/lib/providers/oauth2.conf" \
		>"$XDG_CONFIG_HOME/freshtoken/providers/own.conf"
	freshtoken add work --provider own --client-id cli >out 2>err </dev/null
	printf "%s\n" "[account work]" "provider = own" "client_id = cli" | same - "$CONF"
	contains "sign in by browser" err
	sign_in work
}
test_case 'the server of the profile' server_profile_has

provider_whose_client_has_secret() {
	forget
	freshtoken add bb --provider bitbucket --client-id x --match bitbucket.org </dev/null >out \
		2>err
	contains "account bb: before somebody signs in: client_secret_file is not set" err
	contains "set client_secret_file in [account bb], $CONF:1" err
}
test_case 'a provider whose client has a secret: the next steps' \
	provider_whose_client_has_secret

name_looks_like_option() {
	forget
	freshtoken add --server "$TS/work" --client-id cli -- --help </dev/null >out 2>err
	same_text "freshtoken login -- --help" out
	ts tokens work | sed -n "s/^refresh_token=//p" | freshtoken login --token -- --help
}
test_case 'a name that looks like an option' name_looks_like_option

# --- a file that somebody wrote -----------------------------------------------------

comments_order() {
	n=0
	while IFS= read -r text; do
		n=$((n + 1))
		forget
		written "$text"
		cp "$CONF" before
		freshtoken add new --provider kirjaswappi --server https://sso.example.com \
			</dev/null >out 2>err
		head -c "$(stat -c %s before)" "$CONF" | cmp before -
		tail -c "+$(($(stat -c %s before) + 1))" "$CONF" >added
		tr -d "\r" <added | grep . >lines
		printf "%s\n" "[account new]" "provider = kirjaswappi" \
			"server = https://sso.example.com" | same - lines
		equal signed-out "$(verdict new)"
		equal "$(printf "%s" "$text" | grep -c "account old" || :)" \
			"$(freshtoken status | grep -c "^old" || :)"
	done <<-"EOF"

		\n
		# a comment
		# a comment\n\n\n
		[account old]
		[account old]\nserver = https://sso.example.com ; why\n
		; one\n\t# two\n[account old]\n\t; three\nserver = https://sso.example.com\n
		\n\n[store]\nsources = file\n\n# last\n\n
		[account old]\nmatch = a.example.com,\tb.example.com\n  c.example.com\n   \n
		[account old]\r\nserver = https://sso.example.com\r\n
		[account old]\r\nserver = https://sso.example.com\r\n\r\n
		# one\r\n[account old]\r\nserver = https://sso.example.com
		[account old]\nserver = https://sso.example.com\r
		\357\273\277[account old]\nserver = https://sso.example.com\n
		\357\273\277
		# \303\251 \377\n[account old]\n
	EOF
	[ "$n" -ge 16 ]
}
test_case 'comments, order, blank lines, line endings: existing bytes stay' \
	comments_order

blank_line_before_section() {
	for text in "# x" "# x\n" "# x\n\n"; do
		forget
		written "$text"
		freshtoken add a --server "$TS/work" </dev/null >out 2>err
		printf "%s\n" "# x" "" "[account a]" "server = $TS/work" | same - "$CONF"
	done
	forget
	written "# x\r\n"
	freshtoken add a --server "$TS/work" </dev/null >out 2>err
	printf "%s\r\n" "# x" "" "[account a]" "server = $TS/work" | cmp - "$CONF"
}
test_case 'exactly one blank line before the section' blank_line_before_section

mode_and_owner_stay() {
	forget
	mkdir -p dotfiles "$XDG_CONFIG_HOME/freshtoken"
	echo "# mine" >dotfiles/tokens.conf
	chmod 640 dotfiles/tokens.conf
	group=$(id -g)
	if [ "$(id -u)" = 0 ]; then group=12345; chgrp "$group" dotfiles/tokens.conf; fi
	ln -s "../../../dotfiles/tokens.conf" "$CONF"
	freshtoken add work --server "$TS/work" </dev/null >out 2>err
	[ -L "$CONF" ]
	equal "640 $group" "$(stat -c "%a %g" dotfiles/tokens.conf)"
	contains "[account work]" dotfiles/tokens.conf
	equal tokens.conf "$(ls dotfiles)"
	# A link to nothing is no place to write.
	rm "$CONF"
	ln -s missing.conf "$CONF"
	expect_status 1 freshtoken add other --server "$TS/work" </dev/null >out 2>err
	contains "is a symbolic link to a file that is not there" err
	[ -L "$CONF" ]
	[ ! -e "$XDG_CONFIG_HOME/freshtoken/missing.conf" ]
}
test_case 'mode and owner stay, and a link is followed to the file' mode_and_owner_stay

file_does_not_load() {
	forget
	for text in "[account a]\nserver = nonsense\n" "[account a\n" \
		"[account a]\nsevrer = https://x.example.com\n" \
		"server = https://x.example.com\n" "[account a]\n[account a]\n"; do
		written "$text"
		cp -p "$CONF" before
		expect_status 1 freshtoken add work --server "$TS/work" </dev/null >out 2>err
		empty out
		grep -q "^freshtoken: $CONF:[12]: " err
		cmp before "$CONF"
	done
	written "# fine\n"
	chmod 666 "$CONF"
	expect_status 1 freshtoken add work --server "$TS/work" </dev/null >out 2>err
	contains "run: chmod go-w $CONF" err
	same_text "# fine" "$CONF"
}
test_case 'a file with errors, or one that others can write, is not changed' file_does_not_load

# --- what is wrong is not written ---------------------------------------------------

names_and_values_wrong() {
	forget
	refused "cannot be an account's name: that is 1 to 40 letters" "a b" --server "$TS/work"
	refused "cannot be an account's name" .a --server "$TS/work"
	refused "cannot be an account's name" "a]" --server "$TS/work"
	refused "cannot be an account's name" "$(printf "a\n[store]")" --server "$TS/work"
	refused "cannot be an account's name" 12345678901234567890123456789012345678901 --server \
		"$TS/work"
	refused "server: expected a URL that begins with https://" a --server sso.example.com
	refused "server: expected https; http is accepted only for a loopback address" a --server \
		http://sso.example.com
	refused "server: http is accepted only for a loopback address; write 127.0.0.1" a \
		--server http://localhost:8080
	refused "server: a user name or password may not be in it" a --server \
		https://a:s3cret@sso.example.com
	lacks s3cret err
	refused "server: a query (?) may not be in it" a --server "https://sso.example.com/?x"
	refused "server: a control byte may not be in it" a --server \
		"$(printf "https://sso.example.com/\nmatch = x")"
	refused "client_id: a control byte may not be in it" a --server "$TS/work" \
		--client-id "$(printf "x\n[account b]\nserver = https://evil.example.com")"
	refused "client_id: \";\" may not be at its beginning or after a blank" a --server \
		"$TS/work" --client-id "a ; b"
	refused "client_id: \";\" may not be at its beginning" a --server "$TS/work" \
		--client-id ";b"
	refused "client_id: it cannot begin or end with a blank" a --server "$TS/work" \
		--client-id " b"
	refused "client_id: it is not UTF-8" a --server "$TS/work" --client-id "$(printf "b\377")"
	refused "match: a,b: the host holds a byte that no host name has" a --server "$TS/work" \
		--match a,b
	refused "match: *: the host needs a label that is not" a --server "$TS/work" --match "*"
	refused "match: a user name or password may not be in it" a --server "$TS/work" --match \
		https://b@git.example.com
	refused "match: f_p://x: " a --server "$TS/work" --match x --match f_p://x
	refused "provider: expected a name of 1 to 40" a --server "$TS/work" --provider ../x
	refused "no provider profile nobody.conf in $XDG_CONFIG_HOME/freshtoken/providers, " a \
		--server "$TS/work" \
		--provider nobody
	contains "; to see which there are, run: freshtoken provider list" err
	refused '${param.tenant} is not set; give --param tenant=VALUE' a --provider entra
	refused "the provider oauth2 has no server of its own; give --server URL" a
	refused "the provider consinco has no server of its own; give --server URL" a --provider \
		consinco
}
test_case 'wrong names and values: which, and why' names_and_values_wrong

what_too_long_for_line() {
	forget
	long=$(printf "%04088d" 0)
	refused "client_id: its line would be 4100 bytes long, 4096 is the limit" a --server \
		"$TS/work" --client-id "$long"
	freshtoken add a --server "$TS/work" --client-id "${long#????}" --match b.example.com \
		</dev/null >out 2>err
	equal 4096 "$(awk "{ print length(\$0) }" "$CONF" | sort -n | tail -n 1)"
	equal signed-out "$(verdict a)"
	refused "match: its line would be 4097 bytes long" b --server "$TS/work" --match \
		"c.example.com/${long#?????????????}"
}
test_case 'values that are too long for a line' what_too_long_for_line

wrong_usage() {
	forget
	expect_status 2 freshtoken add 2>err
	expect_status 2 freshtoken add a b --server "$TS/work" 2>err
	expect_status 2 freshtoken add a --server "" 2>err
	expect_status 2 freshtoken add a --server "$TS/work" --server "$TS/work" 2>err
	expect_status 2 freshtoken add a --sever "$TS/work" 2>err
	[ ! -e "$CONF" ]
}
test_case 'wrong usage' wrong_usage

profile_wrong() {
	forget
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf "[provider]\ndescription = x\n" >"$XDG_CONFIG_HOME/freshtoken/providers/half.conf"
	refused "providers/half.conf: the section [refresh] is missing" a --server "$TS/work" \
		--provider half
}
test_case 'a profile with an error' profile_wrong

name_there_already() {
	forget
	written "# one\n[account other]\n[account work]\nserver = https://sso.example.com\n"
	refused "$CONF:3: account work is there already; to change it, run: freshtoken edit work" \
		work --server "$TS/work"
	freshtoken add Work --server "$TS/work" </dev/null >out 2>err
}
test_case 'an existing name: where it is' name_there_already

same_once_more() {
	forget
	freshtoken add work --server "$TS/work" --client-id cli --match git.example.com </dev/null \
		>out 2>err
	cp "$CONF" before
	freshtoken add work --server "$TS/work" --client-id cli --match git.example.com </dev/null \
		>out 2>err
	contains "account work is there already, with these values; nothing is changed" err
	same before "$CONF"
	printf "freshtoken %s\n" "login work" "setup git --apply" "setup docker --apply" |
		same - out
	refused "account work is there already; to change it" work --server "$TS/work" --client-id other
}
test_case 'the same again: nothing is changed, and add succeeds' same_once_more

as_json() {
	forget
	freshtoken add work --server "$TS/work" --client-id cli --json </dev/null >out 2>err
	same_text "{\"account\":\"work\",\"changed\":true,\"file\":\"$CONF\"}" out
	freshtoken add work --server "$TS/work" --client-id cli --json </dev/null >out 2>err
	same_text "{\"account\":\"work\",\"changed\":false,\"file\":\"$CONF\"}" out
	expect_status 1 freshtoken add work --server "$TS/work" --client-id other --json >out 2>err
	empty out
}
test_case '--json: whether it is changed' as_json

two_accounts_match_equally_well() {
	forget
	written "# one\n[account one]\nserver = https://sso.example.com\nmatch = git.example.com, *.example.org\n\
match = https://tls.example.com/team\n[account named]\nserver = https://sso.example.com\nmatch \
= n.example.com\nusername = a\n"
	tie="equally well, and then neither is used; give a longer pattern, or change that account: \
freshtoken edit one"
	refused "match: account one ($CONF:2) matches git.example.com $tie" b --server "$TS/work" \
		--match git.example.com
	refused "match: account one ($CONF:2) matches https://git.example.com:443/ $tie" b \
		--server "$TS/work" \
		--match x.example.com --match https://git.example.com:443/
	refused "matches *.example.org" b --server "$TS/work" --match "*.example.org"
	refused "matches tls.example.com/team/" b --server "$TS/work" --match \
		"tls.example.com/team/"
	refused "account named ($CONF:6) matches n.example.com" b --server "$TS/work" --match \
		n.example.com
	# Closer or wider ones do not tie.
	freshtoken add b --server "$TS/work" --match git.example.com/team --match "*.example.com" \
		--match a.example.org \
		--match http://git.example.com --match https://tls.example.com </dev/null >out 2>err
}
test_case 'a second account that matches equally well is refused' \
	two_accounts_match_equally_well

# --- what the service says ----------------------------------------------------------

another_issuer() {
	forget
	ts create liar issuer=https://other.example.com >/dev/null
	refused "$TS/liar says that its issuer is https://other.example.com; set server to that if you trust it" \
		a --server "$TS/liar"
	ts create moved >/dev/null
	ts fault moved fault=redirect at=discovery times=-1 \
		"url=$TS/work/.well-known/openid-configuration"
	refused "a redirect, which is never followed); set server to the final address" a --server \
		"$TS/moved"
	# Leads nowhere, and is none.
	ts create same >/dev/null
	ts fault same fault=redirect:304 at=discovery times=-1
	refused "HTTP 304" a --server "$TS/same"
	lacks redirect err
	refused "the host ends with a dot; write it without" a --server https://sso.example.com.
	ts create page >/dev/null
	ts fault page fault=html200 at=discovery times=-1
	refused "something else than metadata" a --server "$TS/page"
	refused "does not publish its endpoints by RFC 8414 or OpenID Connect (HTTP 404)" a --server \
		"$TS"
}
test_case 'another issuer, a redirect, no token service: nothing is written' another_issuer

service_tells_nothing() {
	forget
	ts create silent discovery=none >/dev/null
	refused "is server its issuer? Otherwise name them in a profile's [metadata]" a --server \
		"$TS/silent"
}
test_case 'a service without metadata: the message names [metadata]' service_tells_nothing

rfc_alone() {
	forget
	for way in oauth openid; do
		ts create "$way" "discovery=$way" >/dev/null
		freshtoken add "$way" --server "$TS/$way" </dev/null >out 2>err
		contains "account $way: its service lets people sign in by browser" err
	done
}
test_case 'only RFC 8414, or only OpenID Connect' rfc_alone

service_cannot_be_reached() {
	forget
	freshtoken add off --client-id cli --server http://127.0.0.1:9/x --match off.example.com \
		</dev/null >out 2>err
	equal 2 "$(wc -l <err)"
	contains "account off: its service could not be asked, so nobody knows whether this is right: http://127.0.0.1:9/x: " err
	contains "Connection refused; see whether the service runs, and correct the port in server" err
	contains "[account off]" "$CONF"
	ts create down >/dev/null
	ts fault down fault=503 at=discovery times=-1
	freshtoken add down --server "$TS/down" </dev/null >out 2>err
	contains "the service is out of order" err
	same_text "freshtoken login down" out
	contains "[account down]" "$CONF"
}
test_case 'an unreachable service, or one that fails, is reported, and the account is written' \
	service_cannot_be_reached

# --- others at the same time, and files that are in the way -------------------------

twenty_at_once() {
	forget
	written "# mine\n"
	for i in $(seq 20); do
		freshtoken add "a$i" --server "$TS/work" --match "g$i.example.com" </dev/null \
			>"out.$i" 2>"err.$i" &
		pids="${pids-} $!"
	done
	for pid in $pids; do
		wait "$pid"
	done
	equal 20 "$(freshtoken status | wc -l)"
	equal "# mine" "$(head -n 1 "$CONF")"
	equal freshtoken.conf "$(ls -A "$XDG_CONFIG_HOME/freshtoken")"
}
test_case 'twenty at once: each is written completely' twenty_at_once

ten_at() {
	forget
	for i in $(seq 10); do
		{
			freshtoken add one --server "$TS/work" --client-id "cli-$i" </dev/null \
				>"out.$i" 2>"err.$i" ||
				echo $? >"status.$i"
		} &
	done
	wait
	equal "$(printf "1\n%.0s" $(seq 9))" "$(cat status.*)"
	equal 9 "$(cat err.* | grep -c "one is there already")"
	equal 1 "$(grep -c "^\[account one\]" "$CONF")"
}
test_case 'ten at once with one name: one wins, and the others say so' ten_at

what_killed_one_left_used() {
	forget
	written "# mine\n"
	head -c 5000 /dev/urandom >"$CONF~new"
	chmod 600 "$CONF~new"
	freshtoken add a --server "$TS/work" </dev/null >out 2>err
	printf "%s\n" "# mine" "" "[account a]" "server = $TS/work" | same - "$CONF"
	[ ! -e "$CONF~new" ]
	echo precious >precious
	cp "$CONF" before
	ln -s "$PWD/precious" "$CONF~new"
	expect_status 1 freshtoken add b --server "$TS/work" </dev/null >out 2>err
	contains "freshtoken.conf~new is not a file that freshtoken made; remove it" err
	ln -f precious "$CONF~new"
	expect_status 1 freshtoken add b --server "$TS/work" </dev/null >out 2>err
	contains "remove it" err
	rm "$CONF~new"
	mkfifo "$CONF~new"
	expect_status 1 timeout 60 freshtoken add b --server "$TS/work" </dev/null >out 2>err
	contains "remove it" err
	same_text precious precious
	cmp before "$CONF"
}
test_case 'the temporary file of a killed add is reused; other files stay' what_killed_one_left_used

no_folder_can_be_made() {
	forget
	echo >"$T/file"
	XDG_CONFIG_HOME=$T/file expect_status 1 freshtoken add a --server "$TS/work" </dev/null \
		>out 2>err
	contains "cannot write $T/file/freshtoken/freshtoken.conf: Not a directory" err
}
test_case 'no folder can be created: which, and why' no_folder_can_be_made

# In a mount namespace of its own; uid 0 in it is whoever we are.
in_namespace() {
	unshare --map-root-user --mount bash -euc "
		$(declare -f complain equal contains expect_status empty)
		TS='$TS' CONF='$CONF'
		exec 9>&2
		$1"
}

folder_read_only() {
	forget
	written "# mine\n"
	cp -p "$CONF" before
	cat >script <<-"EOF"
		mount --bind "$XDG_CONFIG_HOME" "$XDG_CONFIG_HOME"
		mount -o remount,ro,bind "$XDG_CONFIG_HOME"
		expect_status 1 freshtoken add a --server "$TS/work" </dev/null >out 2>err
		contains "cannot write $CONF: Read-only file system" err
		empty out
	EOF
	in_namespace "$(cat script)"
	cmp before "$CONF"
	cat >script <<-"EOF"
		mount -t tmpfs -o size=64k,mode=700 none "$XDG_CONFIG_HOME"
		mkdir "$XDG_CONFIG_HOME/freshtoken"
		printf "# mine\n" >"$CONF"
		dd if=/dev/zero of="$XDG_CONFIG_HOME/filler" bs=4k 2>/dev/null || :
		expect_status 1 freshtoken add a --server "$TS/work" </dev/null >out 2>err
		contains "cannot write $CONF: No space left on device" err
		equal "# mine" "$(cat "$CONF")"
		equal freshtoken.conf "$(ls -A "$XDG_CONFIG_HOME/freshtoken")"
		rm "$XDG_CONFIG_HOME/filler"
		freshtoken add a --server "$TS/work" </dev/null >out 2>err
		contains "[account a]" "$CONF"
	EOF
	in_namespace "$(cat script)"
}
test_case 'a read-only folder, a full disk: a clear message, and the file is unchanged' \
	folder_read_only

file_belongs_to_another_group() {
	[ "$(id -u)" = 0 ] || exit 0
	forget
	written "# mine\n"
	chgrp 12345 "$CONF"
	cp -p "$CONF" before
	# Root of a namespace that has this one group alone.
	must_fail unshare --map-root-user freshtoken add a --server "$TS/work" </dev/null >out 2>err
	contains "and its new version could not be given to them" err
	cmp before "$CONF"
	equal freshtoken.conf "$(ls -A "$XDG_CONFIG_HOME/freshtoken")"
}
test_case 'a file of a group that cannot be set: not changed' \
	file_belongs_to_another_group

# --- for everybody ------------------------------------------------------------------

# An installation of our own, since its /etc is written to.
mkdir "$T/stage"
cp -a "$FT_STAGE/." "$T/stage/"
system_freshtoken=$T/stage${FT_BIN#"$FT_STAGE"}/freshtoken
etc=$("$system_freshtoken" add x --provider none --system 2>&1 </dev/null |
	sed -n 's/.* in \(.*\)\/providers, .*/\1/p')

system_etc() {
	forget
	[ "${etc#"$T/stage/"}" != "$etc" ]
	rm -rf "$etc"
	umask 077
	"$system_freshtoken" add work --server "$TS/work" --match git.example.com --system \
		</dev/null >out 2>err
	equal "644 755" "$(stat -c %a "$etc/freshtoken.conf") $(stat -c %a "$etc")"
	[ ! -e "$CONF" ]
	printf "%s\n" "[account work]" "server = $TS/work" "match = git.example.com" |
		same - "$etc/freshtoken.conf"
	contains "account work: added to $etc/freshtoken.conf" err
	printf "freshtoken %s\n" "login work" "setup git --apply" "setup docker --apply" |
		same - out
	expect_status 1 "$system_freshtoken" add work --server "$TS/work" --system </dev/null >out \
		2>err
	contains "$etc/freshtoken.conf:1: account work is there already" err
}
test_case '--system: /etc, readable for all, and no questions' system_etc

section_of_your_own_replaces() {
	"$system_freshtoken" add work --server "$TS/work" --match git.example.com </dev/null >out \
		2>err
	contains "account work: it replaces the system's section ($etc/freshtoken.conf:1) whole" err
	"$system_freshtoken" status work --json >json
	expect_status 1 "$system_freshtoken" add other --server "$TS/work" --match git.example.com \
		</dev/null 2>err
	contains "account work ($CONF:1) matches" err
	rm -r "$etc"
	"$system_freshtoken" add work --server "$TS/work" --system </dev/null >out 2>err
	contains "account work: your own section ($CONF:1) replaces it whole for you" err
}
test_case 'a user'\''s section replaces the system'\''s, and a message says so' \
	section_of_your_own_replaces

system_profiles_and_accounts() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	cp "$FT_SRCDIR/lib/providers/oauth2.conf" "$XDG_CONFIG_HOME/freshtoken/providers/own.conf"
	expect_status 1 "$system_freshtoken" add x --server "$TS/work" --provider own --system \
		</dev/null >out 2>err
	contains "no provider profile own.conf in $etc/providers, $T/stage" err
	# This one ties with an account of the home alone.
	"$system_freshtoken" add other --server "$TS/work" --match git.example.com --system \
		</dev/null >out 2>err
}
test_case '--system: profiles and accounts in a home do not count for others' \
	system_profiles_and_accounts

system_without_rights_for_it() {
	chmod 555 "$etc"
	cp "$etc/freshtoken.conf" before
	# Somebody else in a namespace of his own; outside of it whoever we are, without our powers.
	expect_status 1 unshare --user --map-user=12345 "$system_freshtoken" add late --server \
		"$TS/work" --system \
		</dev/null >out 2>err
	contains "cannot write $etc/freshtoken.conf: Permission denied; run it as root" err
	cmp before "$etc/freshtoken.conf"
	chmod 755 "$etc"
}
test_case '--system without the rights for it' system_without_rights_for_it

# --- at a terminal ------------------------------------------------------------------

# at_terminal ANSWERS COMMAND - with its lines typed; what a person sees, in "seen"
at_terminal() {
	local status=0

	# shellcheck disable=SC2059
	printf "$1" | TERM=dumb script -qe -c "$2" /dev/null >seen.raw || status=$?
	tr -d "\r" <seen.raw >seen
	return "$status"
}

three_noes() {
	forget
	at_terminal "n\nno\nN\n" "freshtoken add work --client-id cli --server $TS/work --match git.example.com"
	contains "Sign in now? [Y/n]" seen
	contains "Tell git to ask freshtoken? [Y/n]" seen
	contains "Tell docker, podman and skopeo to ask freshtoken? [Y/n]" seen
	contains "freshtoken: to do it later, run: freshtoken login work" seen
	contains "freshtoken: to do it later, run: freshtoken setup git --apply" seen
	[ ! -e "$HOME/.gitconfig" ]
	[ ! -e "$HOME/.docker" ]
	contains "[account work]" "$CONF"
}
test_case 'three times no: nothing happens, and the commands are shown' three_noes

enter_yes() {
	forget
	at_terminal "maybe\nn\n\n" "freshtoken add work --client-id cli --server $TS/work --match git.example.com"
	equal 2 "$(grep -o "Sign in now? \[Y/n\]" seen | wc -l)"
	contains "git config --global --add 'credential.https://git.example.com.helper' 'freshtoken'" seen
	equal "$(printf "\nfreshtoken")" \
		"$(git config --global --get-all credential.https://git.example.com.helper)"
	contains "freshtoken: to do it later, run: freshtoken setup docker --apply" seen
	[ ! -e "$HOME/.docker" ]
}
test_case 'Enter is yes; other answers are asked again; the end of input is no' enter_yes

yes_to_docker() {
	forget
	at_terminal "n\nn\nyes\n" "freshtoken add work --client-id cli --server $TS/work --match registry.example.com"
	contains "\"registry.example.com\": \"freshtoken\"" "$HOME/.docker/config.json"
}
test_case 'yes to docker' yes_to_docker

signin_fails_fails_add() {
	forget
	ts create kw vendor=kirjaswappi >/dev/null
	expect_status 1 at_terminal "y\n\n" "freshtoken add nobody --server $TS/silent"
	contains "nothing is written" seen
	lacks "Sign in now" seen
	ts fault work fault=503 at=discovery times=-1
	at_terminal "n\n" "freshtoken add out --server $TS/work --match git.example.com"
	# There is no sense in asking then.
	lacks "Sign in now" seen
	contains "to do it later, run: freshtoken login out" seen
	ts fault work fault=none
}
test_case 'if the sign-in fails add fails, but still asks the other questions' \
	signin_fails_fails_add

what_account_lacks_for_signin() {
	forget
	# At a service that signs in by browser: it has to know which program asks.
	freshtoken add work --server "$TS/work" </dev/null >out 2>err
	contains "account work: its service lets people sign in by browser" err
	contains "account work: before somebody signs in: client_id is not set" err
	contains "set client_id in [account work], $CONF:1" err
	# Nothing asks for a password that could not be used.
	ts create con vendor=consinco >/dev/null
	freshtoken add con --provider consinco --server "$TS/con" </dev/null >out 2>err
	contains "account con: before somebody signs in: " err
	contains "set param.company in [account con], $CONF:" err
	at_terminal "" "freshtoken add con2 --provider consinco --server $TS/con"
	lacks "[Y/n]" seen
	lacks "Password" seen
	# status and doctor say the same, and login before it asks.
	for name in work con; do
		key=client_id
		[ "$name" = work ] || key=param.company
		freshtoken status "$name" >out
		contains "set $key in [account $name], $CONF:" out
		freshtoken doctor >out || :
		grep "^warning	sign-in	$name	nobody has signed in: .*	set $key in \[account $name\]" out
		for way in "" $([ "$name" = work ] && echo --device --browser ||
			echo --password); do
			expect_status 1 freshtoken login "$name" $way </dev/null >out 2>err
			equal 1 "$(wc -l <err)"
			contains "account $name: " err
			contains "set $key in [account $name], $CONF:" err
		done
	done
	# With a client_id there is nothing to say.
	sed -i "s/^\[account work\]/&\nclient_id = cli/" "$CONF"
	equal "" "$(freshtoken status work --json | sed -n "s/.*\"reason\":\"\([^\"]*\)\".*/\1/p")"
}
test_case 'missing keys for a sign-in are named, with their place; a token from elsewhere does not need them' \
	what_account_lacks_for_signin

service_signs_nobody_in() {
	forget
	ts create fc vendor=formulacerta >/dev/null
	freshtoken add fc --provider formulacerta --server "$TS/fc" </dev/null >out 2>err
	contains "account fc: its service tells no way to sign in but with a refresh token" err
	same_text "freshtoken login --token fc" out
	freshtoken status fc >out
	contains "run: freshtoken login fc --token <FILE" out
	freshtoken doctor >out || :
	grep "^note	sign-in	fc	.*	run: freshtoken login fc --token <FILE" out
	for way in "" --password --device --browser; do
		expect_status 1 freshtoken login fc $way </dev/null >out 2>err
		contains "freshtoken login fc --token <FILE" err
		lacks "login fc --device" err
	done
}
test_case 'a service without sign-ins: the token is asked for, everywhere' \
	service_signs_nobody_in

nobody_asked_to_sign() {
	forget
	at_terminal "n\nn\n" "freshtoken add bb --provider bitbucket --client-id x --match bitbucket.org"
	lacks "Sign in now" seen
	contains "to do it later, run: freshtoken login bb" seen
}
test_case 'there is no question about a sign-in that could not work yet' nobody_asked_to_sign

nothing_asked_where_stdin() {
	forget
	at_terminal "" "freshtoken add a --server $TS/work </dev/null"
	lacks "[Y/n]" seen
	contains "freshtoken login a" seen
	at_terminal "" "freshtoken add b --server $TS/work 2>err"
	lacks "[Y/n]" err
	contains "freshtoken login b" seen
	at_terminal "" "$system_freshtoken add c --server $TS/work --system"
	lacks "[Y/n]" seen
	contains "freshtoken login c" seen
}
test_case 'no questions if stdin or stderr is not a terminal, or for an account of the system' \
	nothing_asked_where_stdin
test_done
