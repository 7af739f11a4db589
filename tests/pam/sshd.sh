#!/bin/bash
# SPDX-License-Identifier: MIT
# sshd with ssh keys: the service decides who may log in, and git works in the session. A real sshd
# and ssh, a real git server.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need ssh sshd ssh-keygen expect git nginx fcgiwrap docker-registry
. "$FT_SRCDIR/tests/pam/programs.sh"
start_token_service
ts create work user=alice >/dev/null
start_web work
make_repository private
configure_pam server="$TS/work" match="$WEB" timeout=30s
git_helper alice bob

# sshd_stack OPTION… - keys prove who it is; the module has to say yes as well
sshd_stack() {
	pam_stack sshd "auth required pam_deny.so" \
		"account required pam_unix.so" "account required FT account=work $*" \
		"session required pam_unix.so" "session required pam_limits.so" \
		"session optional FT account=work"
}
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
start_sshd
CLONE="rm -rf private && git clone -q $WEB/private.git && cat private/hello.txt"

key_and_signin_good() {
	sshd_stack
	sign_in alice
	# What he has is good for nothing any more; the check at the login gets something new.
	ts revoke-access work
	ssh_as alice "$CLONE" >out
	same_text hello out
	must_fail grep -qi refused log
}
test_case 'a key, and a valid sign-in: let in, and git clone works without another sign-in' \
	key_and_signin_good

session_has_no_word() {
	ssh_as alice env >out
	contains USER=alice out
	must_fail grep -qi freshtoken_ out
}
test_case 'the session'\''s environment has nothing of it' session_has_no_word

never_signed_in() {
	forget alice
	sshd_stack
	expect_status 255 ssh_as alice true 2>said
	contains "freshtoken: you have not signed in at $TS/work yet; sign in at a login that asks for it, or in an open session: freshtoken login work" said
	logged "(sshd:account) user alice from 127.0.0.1: account work: refused: alice has not signed in yet"
	# What sshd has to say to somebody who is let in comes before the shell.
	sshd_stack permissive
	drive said ssh -F ssh_config -tt -l alice there <<-END
		want {let in for now, and refused later: you have not signed in at [^ ]* yet; sign in: freshtoken login work}
		want {[$] }
		tell exit
		finish
	END
	sshd_stack permissive no_hint
	drive said ssh -F ssh_config -tt -l alice there <<-END
		want {[$] }
		tell exit
		finish
	END
	lacks "sign in:" said
}
test_case 'never signed in: refused with what to do; for a roll-out let in with the message' \
	never_signed_in

revoked_at_service() {
	sshd_stack recheck=0s
	sign_in alice
	ssh_as alice true
	ts revoke-family work
	expect_status 255 ssh_as alice true 2>said
	contains "freshtoken: your sign-in at $TS/work has ended; sign in at a login that asks for it, or in an open session: freshtoken login work" said
	logged "(sshd:account) user alice from 127.0.0.1: account work: refused: "
	# A record that looks good for ever changes nothing.
	sed -i "s/\"expires_at\":[^,]*/\"expires_at\":\"2099-01-01T00:00:00Z\"/" "$(record alice)"
	expect_status 255 ssh_as alice true
	# A new sign-in mends it.
	sign_in alice
	ssh_as alice "$CLONE" >out
	same_text hello out
}
test_case 'revoked at the service: the next login with a key is refused with the reason' \
	revoked_at_service

disabled_at_service() {
	sshd_stack recheck=0s
	sign_in alice
	ssh_as alice true
	ts disable work
	expect_status 255 ssh_as alice true 2>said
	contains "freshtoken: " said
	ts enable work
}
test_case 'disabled at the service: the same' disabled_at_service

# The last good answer is that much older; what is known of the service being down is not.
verified_ago() {	# SECONDS
	perl -pi -e "s/(\"verified\":\{[^}]*?\"real\":)(\d+)([^}]*?\"boot\":)(-?\d+)/\$1.(\$2-1000*$1).\$3.(\$4-1000*$1)/e" "$(seen alice)"
}
service_down() {
	sshd_stack recheck=0s max_offline=1h wait=4s
	forget alice
	sign_in alice
	ssh_as alice true
	# It takes connections and says nothing.
	kill -STOP "$TS_PID"
	ssh_as alice "echo in" >out 2>said || status=$?
	verified_ago 3700
	expect_status 255 ssh_as alice true 2>refused || failed=yes
	# Everybody after him is told so at once.
	expect_status 255 ssh_as alice true 2>again || failed=yes
	kill -CONT "$TS_PID"
	equal "" "${status-}${failed-}"
	same_text in out
	contains "freshtoken: $TS/work cannot be reached, and your last check was too long ago" \
		refused
	contains "cannot be reached" again
	logged "let in without a verified sign-in: the service has not answered in time"
	logged "(sshd:account) user alice from 127.0.0.1: account work: refused: "
	forget alice
	sign_in alice
	ssh_as alice true
}
test_case 'the service is down: let in within max_offline, refused after it, both in seconds' \
	service_down

down_for_longer_than_login() {
	configure_pam server="$TS/work" match="$WEB" timeout=2m
	sshd_stack recheck=0s max_offline=1h wait=4s
	forget alice
	sign_in alice
	ssh_as alice true
	kill -STOP "$TS_PID"
	ssh_as alice true || failed=first
	# What root knows is older now than the time in which nobody asks again.
	aged alice 40
	ssh_as alice true || failed=second
	kill -CONT "$TS_PID"
	equal "" "${failed-}"
}
test_case 'down for longer than a login waits, while an earlier login still waits: an outage too' \
	down_for_longer_than_login

root_logs() {
	sshd_stack recheck=0s
	equal 0 "$(ssh_as root "id -u")"
	expect_status 255 ssh_as carol true 2>said
	contains "freshtoken: no user of $TS/work is mapped to you; ask this system" said
	sshd_stack exempt=carol
	equal 2003 "$(ssh_as carol "id -u")"
	sshd_stack recheck=0s
}
test_case 'root logs in with a key, unmapped users do not, unless exempt' root_logs

configuration_broken() {
	mv "$CONF/users" "$CONF/users.away"
	expect_status 255 ssh_as alice true 2>said || failed=yes
	equal 0 "$(ssh_as root "id -u")" || failed=yes
	mv "$CONF/users.away" "$CONF/users"
	equal "" "${failed-}"
	logged "(sshd:account) user alice from 127.0.0.1: users: $CONF/users: No such file or directory"
	equal 1 "$(grep -cF "users: $CONF/users: No such" log)"
	ssh_as alice true
}
test_case 'a broken configuration: one line in the log, and root can log in' \
	configuration_broken
test_done
