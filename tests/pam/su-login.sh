#!/bin/bash
# SPDX-License-Identifier: MIT
# The real su, login and pamtester, with an OpenID provider; expect plays the person at the
# terminal.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need su login expect pamtester
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
. "$FT_SRCDIR/tests/pam/programs.sh"
start_openid --interval 1
configure_pam server="$OPENID" timeout=30s
become carol
# Neither su - nor login leaves PATH as it is.
FT_HERE=$ROOT${FT_BIN#"$FT_STAGE"}/freshtoken
CODE='want {enter the code ([-A-Z0-9]+); press Enter when approved, or paste a token: }'

# stacks OPTION… - people sign in at the service, those that the service does not know with Unix's
# password; the program's own first lines are su's and login's of Debian
stacks() {
	pam_stack su "auth sufficient pam_rootok.so" \
		"auth [success=done user_unknown=ignore default=die] FT $*" \
		"auth required pam_unix.so" \
		"account required pam_unix.so" "account required FT $*" \
		"session required pam_unix.so" "session optional FT $*"
	sed "/pam_rootok/d" /etc/pam.d/su >/etc/pam.d/login
	cp /etc/pam.d/su /etc/pam.d/su-l
}
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
stacks account=work

su_code_approved() {
	drive said "${AS[@]}" su - alice -c "$FT_HERE token work >mine; id; env" <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	contains "uid=2001(alice)" said
	must_fail grep -q FRESHTOKEN_ said
	[ -s "$T/homes/alice/mine" ]
}
test_case 'su: an approved code; the tokens are in her store' su_code_approved

su_token() {
	openid_login_token alice >token
	drive said "${AS[@]}" su alice -c id <<-END
		want {paste a token: }
		tell_file token
		finish
	END
	contains "uid=2001(alice)" said
	turned_away said "${AS[@]}" su alice -c id <<-END
		want {paste a token: }
		tell nonsense
		want {paste a token: }
		tell nonsense
		finish
	END
	lacks uid= said
}
test_case 'su: a token; a wrong one' su_token

root_su_asks_nobody() {
	equal 2001 "$(su alice -c "id -u")"
	drive_login said root <<-END
		want {Password: }
		tell unix
		want {[#$] }
		tell "id; exit"
		want {uid=0}
		finish
	END
	lacks "enter the code" said
}
test_case 'root: su does not prompt, login only for the password' root_su_asks_nobody

login_code_approved() {
	forget alice
	drive_login said alice <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		want {[$] }
		tell "id; env | grep FRESH; $FT_HERE token work >mine; exit"
		want {uid=2001}
		finish
	END
	[ -s "$T/homes/alice/mine" ]
	must_fail grep -q FRESHTOKEN_HANDLE said
	# On a terminal there is a picture of the link too.
	grep -q "█\|▀\|▄" said
}
test_case 'login: an approved code; freshtoken has a token at once' login_code_approved

login_denied() {
	drive_login said alice <<-END || status=$?
		$CODE
		deny \$expect_out(1,string)
		tell ""
		want {Login incorrect}
		exit 0
	END
	logged "(login:auth) user alice: account work, way device, subject alice: refused: "
}
test_case 'login: denied' login_denied

pamtester_all_calls() {
	forget alice
	drive said pamtester login alice authenticate acct_mgmt "setcred(PAM_ESTABLISH_CRED)" \
		open_session \
		close_session <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	contains "successfully authenticated" said
	contains "account management done" said
	[ -s "$(record alice)" ]
	expect_status 1 pamtester login alice "authenticate(PAM_SILENT)" </dev/null 2>said
	contains "Authentication service cannot retrieve authentication info" said
}
test_case 'pamtester: all calls in one process; without prompts it is refused' pamtester_all_calls

broken_configuration() {
	stacks account=nowhere
	turned_away said "${AS[@]}" su alice -c id <<-END
		finish
	END
	lacks uid= said
	logged "(su:auth) user alice: $CONF/freshtoken.conf: there is no [account nowhere]"
	equal 1 "$(grep -c "user alice: .*there is no .account nowhere" log)"
	drive said "${AS[@]}" su root -c id <<-END
		want {Password: }
		tell unix
		finish
	END
	contains uid=0 said
	drive_login said root <<-END
		want {Password: }
		tell unix
		want {[#$] }
		tell "id; exit"
		want {uid=0}
		finish
	END
	# Root learns of it too.
	logged "(login:auth) user root: root is let in, others are refused: $CONF"
}
test_case 'a broken configuration: only root, one line for each call in the log' broken_configuration
test_done
