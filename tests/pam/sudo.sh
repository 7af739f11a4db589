#!/bin/bash
# SPDX-License-Identifier: MIT
# sudo asks the SSO again. The real sudo, token-service; expect plays the person.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need sudo expect
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
. "$FT_SRCDIR/tests/pam/programs.sh"
start_openid --interval 1
start_token_service
configure_pam server="$OPENID" timeout=30s
# Its access tokens are longer than sudo takes.
ts create long client_id=cli size=600 audience=https://login.example.com >long
printf '%s\n' '[account long]' 'client_id = cli' "users = $CONF/users" 'insecure_loopback = yes' \
	'auth = token' 'login_audience = https://login.example.com' "server = $TS/long" \
	>>"$CONF/freshtoken.conf"

cat >"$T/etc/sudoers" <<END
Defaults env_reset, secure_path="$PATH", timestamp_timeout=0, passwd_tries=1, !lecture
root ALL=(ALL:ALL) ALL
alice ALL=(ALL:ALL) ALL
carol ALL=(ALL:ALL) ALL
END
chmod 440 "$T/etc/sudoers"
mount --bind "$T/etc/sudoers" /etc/sudoers

# sudo_stack OPTION…
sudo_stack() {
	pam_stack sudo "auth required FT $*" "account required pam_unix.so" \
		"account required FT $*" \
		"session required pam_permit.so" "session required FT $*"
}
sudo_stack account=work
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
become alice
CODE='want {enter the code ([-A-Z0-9]+); press Enter when approved, or paste a token: }'

# nothing_left - tokens that wait to be fetched
nothing_left() {
	equal "" "$(find "$RUN" -type f ! -name "*lock*" 2>/dev/null)"
}

sudo_asks_sso() {
	drive said "${AS[@]}" sudo env <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	contains SUDO_USER=alice said
	grep -q "^USER=root" said
	# The target gets none of it: neither the handle nor the tokens.
	must_fail grep -q FRESHTOKEN_ said
	nothing_left
}
test_case 'sudo asks the SSO: an approved code' sudo_asks_sso

denied_or_approved_by_colleague() {
	turned_away said "${AS[@]}" sudo id <<-END
		$CODE
		deny \$expect_out(1,string)
		tell ""
		finish
	END
	lacks uid=0 said
	turned_away said "${AS[@]}" sudo id <<-END
		$CODE
		approve \$expect_out(1,string) bob
		tell ""
		finish
	END
	lacks uid=0 said
	logged "(sudo:auth) user alice: account work, way device, subject alice: refused: it is \"bob\" who signed in, not \"alice\""
}
test_case 'denied, or approved by another person: refused' denied_or_approved_by_colleague

earlier_signin_no_answer() {
	answer=$(openid_tokens alice)
	openid_member refresh_token "$answer" >token
	as alice freshtoken login work --token <token
	turned_away said "${AS[@]}" sudo id <<-END
		$CODE
		tell ""
		want {not approved yet}
		tell ""
		want {not approved yet}
		tell ""
		finish
	END
	lacks uid=0 said
	must_fail "${AS[@]}" sudo -n id 2>said
	contains "a password is required" said
}
test_case 'an earlier sign-in is not enough: sudo asks the person at the terminal' earlier_signin_no_answer

sudo_u_bob() {
	forget alice bob
	drive said "${AS[@]}" sudo -u bob env <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	grep -q "^USER=bob" said
	must_fail grep -q FRESHTOKEN_ said
	[ ! -e "$(record bob)" ] || complain "bob has a record"
	nothing_left
	# That bob approves is no sign-in of alice.
	turned_away said "${AS[@]}" sudo -u bob id <<-END
		$CODE
		approve \$expect_out(1,string) bob
		tell ""
		finish
	END
	lacks uid= said
}
test_case 'sudo -u bob: alice is asked; bob gets nothing of hers' sudo_u_bob

sudo_u_carol() {
	drive said "${AS[@]}" sudo -u carol env <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	grep -q "^USER=carol" said
	must_fail grep -q FRESHTOKEN_ said
	nothing_left
}
test_case 'sudo -u carol, who is not mapped: the same' sudo_u_carol

# sudo calls setcred with REINITIALIZE_CRED, and there may be no session line.
no_session_line() {
	forget alice bob
	pam_stack sudo "auth required FT account=work" "account required pam_unix.so" \
		"session required pam_permit.so"
	for target in root bob carol; do
		drive said "${AS[@]}" sudo -u "$target" env <<-END
			$CODE
			approve \$expect_out(1,string)
			tell ""
			finish
		END
		grep -q "^USER=$target" said
		must_fail grep -q FRESHTOKEN_ said
		nothing_left
	done
	[ ! -e "$(record bob)" ] || complain "bob has a record"
}
test_case 'a stack without a session line: nobody gets the handle' no_session_line
sudo_stack account=work

access_token_for_logging_in() {
	openid_login_token alice >token
	drive said "${AS[@]}" sudo id <<-END
		want {paste a token: }
		tell_file token
		finish
	END
	contains uid=0 said
	lacks "$(cat token)" said
	lacks "$(cat token)" log
	logged "(sudo:auth) user alice: account work, way token, subject alice: granted: signed in"
}
test_case 'an access token for logging in' access_token_for_logging_in

# The stack of docs/pam.md, and its account with match, auth = device, token and login_audience.
what_scripts() {
	openid_member refresh_token "$(openid_tokens alice "scope=openid offline_access")" >refresh
	as alice freshtoken login work --token <refresh
	pam_stack common-auth "auth required pam_deny.so"
	pam_stack sudo "auth [success=done user_unknown=ignore default=die] FT account=work" \
		"@include common-auth" \
		"account required pam_unix.so" "session required pam_permit.so"
	"${AS[@]}" freshtoken token work >token
	printf "protocol=https\nhost=git.example.com\n\n" |
		"${AS[@]}" git-credential-freshtoken get |
		sed -n "s/^password=//p" >password
	sed -n "s/.*\"refresh_token\":\"\([^\"]*\)\".*/\1/p" "$(record alice)" >refresh
	for what in token password refresh; do
		[ -s $what ]
		before=$(grep -c "way token, subject alice: refused" log) || :
		# As the same answer to each prompt, as automation would.
		must_fail timeout 60 "${AS[@]}" sudo -S id <$what >said 2>&1
		lacks uid=0 said
		one_more() { [ "$(grep -c \
			"(sudo:auth) user alice: account work, way token, subject alice: refused" \
			log)" -gt "$before" ]; }
		eventually 10 one_more
		lacks "$(cat $what)" log
	done
	# None of it was used up.
	as alice freshtoken refresh work
	openid_login_token alice | timeout 60 "${AS[@]}" sudo -S id >said 2>&1
	contains uid=0 said
	sudo_stack account=work
}
test_case 'tokens of scripts, git and her store are refused by sudo -S, with a line in the log' \
	what_scripts

token_of_bytes_and_more() {
	sudo_stack account=long
	field access_token long >token
	[ "$(wc -c <token)" -gt 512 ]
	turned_away said "${AS[@]}" sudo id <<-END
		want {Token: }
		tell_file token
		finish
	END
	lacks uid=0 said
	logged "(sudo:auth) user alice: account long, way token, subject alice: refused: the application gives no answer"
	logged "or the answer is longer than it takes (sudo: 511 bytes)"
	lacks "$(cat token)" log
	sudo_stack account=work
}
test_case 'a token of 512 bytes and more is refused, and the log says why' token_of_bytes_and_more

root_asked_nothing() {
	equal 0 "$(sudo id -u)"
	equal 2002 "$(sudo -u bob id -u)"
	sudo_stack account=nowhere
	equal 0 "$(sudo id -u)"
	turned_away said "${AS[@]}" sudo id <<-END
		finish
	END
	logged "(sudo:auth) user alice: $CONF/freshtoken.conf: there is no [account nowhere]"
	equal 1 "$(grep -c "user alice: .*there is no .account nowhere" log)"
	sudo_stack account=work
}
test_case 'root gets no prompt, not even with a broken configuration' root_asked_nothing

somebody_who_not_mapped_asked() {
	become carol
	before=$(openid_count device_authorization.requests)
	turned_away said "${AS[@]}" sudo id <<-END
		$CODE
		tell ""
		want {not approved yet}
		tell ""
		want {not approved yet}
		tell ""
		finish
	END
	lacks uid=0 said
	equal "$before" "$(openid_count device_authorization.requests)"
	logged "(sudo:auth) user carol: account work, way device, subject none: refused: "
}
test_case 'an unmapped user gets the same prompt, and is refused' \
	somebody_who_not_mapped_asked

# It cannot be killed by who started it, and ends when it likes.
source_becomes_root() {
	pam_stack sudo "auth required pam_permit.so" "account required pam_permit.so" \
		"session required pam_permit.so"
	as alice mkdir -p .config/freshtoken
	printf '%s\n' '[account vault]' "server = $OPENID" 'client_id = cli' 'client_auth = none' \
		'grant = jwt_bearer' 'timeout = 2s' 'wait = 60s' \
		"from = exec:$(command -v sudo) sleep 984" |
		as alice sh -c 'cat >.config/freshtoken/freshtoken.conf'
	expect_status 5 as alice freshtoken token vault 2>err
	contains "its source exec:$(command -v sudo): it did not end within 2 seconds" err
	pkill -f "sleep 984"
}
test_case 'a source program that becomes root is not waited for without limit' source_becomes_root
test_done
