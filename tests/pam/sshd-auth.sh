#!/bin/bash
# SPDX-License-Identifier: MIT
# A sign-in at sshd, with a code or with a token as password, at a real OpenID provider; expect
# plays the person at ssh.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need ssh sshd ssh-keygen expect git nginx fcgiwrap docker-registry
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
. "$FT_SRCDIR/tests/pam/programs.sh"
start_openid --interval 1
TS=$OPENID start_web any
make_repository private
configure_pam server="$OPENID" match="$WEB" timeout=30s
git_helper alice bob

# sshd_stack [OPTION…]
sshd_stack() {
	pam_stack sshd "auth required FT account=work $*" \
		"account required pam_unix.so" "account required FT account=work $*" \
		"session required pam_unix.so" "session optional FT account=work $*"
}
sshd_stack debug
SSHD_MATCH='Match User bob
	AuthenticationMethods publickey,keyboard-interactive'
start_sshd 'KbdInteractiveAuthentication yes' 'PubkeyAuthentication yes' 'LogLevel DEBUG3'
CLONE="rm -rf private && git clone -q $WEB/private.git && cat private/hello.txt"

# ask USER LOG COMMAND [OPTION…] <SCRIPT - ssh at a terminal, which has no key but with --key
ask() {
	local user=$1 log=$2 command=$3

	shift 3
	drive "$log" ssh -F "$T/ssh_config" "$@" -o NumberOfPasswordPrompts=1 \
		-o PreferredAuthentications=keyboard-interactive -l "$user" there "$command"
}
CODE='want {enter the code ([-A-Z0-9]+); press Enter when approved, or paste a token: }'

code_approved() {
	ask alice said "env; $CLONE" <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	contains "Open $OPENID/device" said
	contains hello said
	must_fail grep -q FRESHTOKEN_ said
	# Nothing is left for somebody else to find.
	equal "" "$(find "$RUN" -type f ! -name "*.lock" 2>/dev/null)"
	as alice freshtoken status work >status
}
test_case 'an approved code: let in, and git clone works in that session' code_approved

code_denied() {
	forget alice
	expect_status 255 ask alice said true <<-END
		$CODE
		deny \$expect_out(1,string)
		tell ""
		finish
	END
	contains "Permission denied" said
	logged "(sshd:auth) user alice from 127.0.0.1: account work, way device, subject alice: refused: "
	[ ! -e "$(record alice)" ] || complain "something was stored"
}
test_case 'a denied code: refused' code_denied

code_colleague_approves() {
	expect_status 255 ask alice said true <<-END
		$CODE
		approve \$expect_out(1,string) bob
		tell ""
		finish
	END
	logged "refused: it is \"bob\" who signed in, not \"alice\""
	[ ! -e "$(record alice)" ] || complain "something was stored"
}
test_case 'a code that another person approves: refused' code_colleague_approves

key_and_code() {
	ask bob said "$CLONE" -o PreferredAuthentications=publickey,keyboard-interactive <<-END
		$CODE
		approve \$expect_out(1,string) bob
		tell ""
		finish
	END
	contains hello said
	expect_status 255 ssh_as bob true
	expect_status 255 ask bob said true -o PubkeyAuthentication=no <<-END
		finish
	END
	contains "Permission denied (publickey)" said
}
test_case 'key and code: one alone is not enough' key_and_code

somebody_who_not_mapped() {
	for user in carol nobody-at-all; do
		expect_status 255 ask $user said true <<-END
			$CODE
			tell ""
			want {not approved yet}
			tell ""
			want {not approved yet}
			tell ""
			finish
		END
	done
}
test_case 'unmapped and unknown users see the same prompt and are refused' \
	somebody_who_not_mapped

access_token_as_password() {
	forget alice
	openid_login_token alice >token
	for _ in first second; do
		ask alice said "echo in as \$USER" <<-END
			want {paste a token: }
			tell_file token
			finish
		END
		contains "in as alice" said
	done
	lacks "$(cat token)" said
}
test_case 'an access token as password: let in; also again later, because it can be used several times' \
	access_token_as_password

token_as_password() {
	printf "#!/bin/sh\ncat %s/token\n" "$T" >askpass
	chmod 755 askpass
	SSH_ASKPASS=$T/askpass SSH_ASKPASS_REQUIRE=force timeout 100 setsid -w ssh -F ssh_config \
		-o PreferredAuthentications=keyboard-interactive -o NumberOfPasswordPrompts=1 \
		-l alice there "echo in as \$USER" </dev/null >out
	same_text "in as alice" out
}
test_case 'a token as password without a terminal: SSH_ASKPASS' token_as_password

# refused_token WHAT-IS-SAID-IN-THE-LOG - the token in the file is not taken
refused_token() {
	expect_status 255 ask alice said true <<-END
		want {paste a token: }
		tell_file token
		want {paste a token: }
		tell_file token
		finish
	END
	contains "Permission denied" said
	[ ! -e "$(record alice)" ] || complain "something was stored"
}
colleague_token() {
	forget alice
	openid_login_token bob >token
	expect_status 255 ask alice said true <<-END
		want {paste a token: }
		tell_file token
		finish
	END
	logged "refused: it is \"bob\" who signed in, not \"alice\""
	# A refresh token of his is no better.
	answer=$(openid_tokens bob)
	openid_member refresh_token "$answer" >token
	expect_status 255 ask alice said true <<-END
		want {paste a token: }
		tell_file token
		want {paste a token: }
		tell_file token
		finish
	END
	[ ! -e "$(record alice)" ] || complain "something was stored"
}
test_case "a colleague's token: refused" colleague_token

token_another_program_of_hers() {
	answer=$(openid_tokens alice client_id=cli-es256 resource=https://login.example.com \
		"scope=openid read")
	openid_member access_token "$answer" >token
	refused_token
}
test_case "a token that another program of hers was given: refused" token_another_program_of_hers

token_has_expired() {
	openid_login_token alice >token
	openid_admin expire account=alice what=access
	refused_token
}
test_case 'a token that has expired: refused' token_has_expired

user_disabled_at_service() {
	forget alice
	openid_login_token alice >token
	openid_admin disable account=alice
	refused_token || failed=yes
	openid_admin enable account=alice
	equal "" "${failed-}"
}
test_case 'a user disabled at the service: refused, also with an earlier code' user_disabled_at_service

# All that other users and programs could see of the processes, all the time.
watch_processes() {
	while :; do
		cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\0" "\n" | sort -u
	done >seen-in-proc
}
no_secret_in_arguments() {
	forget alice
	watch_processes &
	watcher=$!
	ask alice said "$CLONE" <<-END
		$CODE
		approve \$expect_out(1,string)
		tell ""
		finish
	END
	kill "$watcher"
	contains freshtoken-pam seen-in-proc
	openid_admin tokens account=alice >tokens
	n=0
	for name in access_token refresh_token id_token; do
		secret=$(field $name tokens)
		[ ${#secret} -gt 20 ] || complain "no $name"
		lacks "$secret" seen-in-proc
		lacks "$secret" log
		lacks "$secret" sshd.log
		n=$((n + 1))
	done
	equal 3 $n
	grep -q "code 0" log
	must_fail grep -q FRESHTOKEN_HANDLE= seen-in-proc
}
test_case 'no secret in arguments, environments or logs, also with debug' no_secret_in_arguments

in_ssh_session() {
	for options in -tt -T; do
		drive said ssh -F "$T/ssh_config" $options -l alice there \
			"[ $options = -T ] || stty cols 80 rows 60; LC_ALL=C.UTF-8 DISPLAY=:0 freshtoken login work" <<-END
			want {enter the code\s+([-A-Z0-9]+)\s}
			approve \$expect_out(1,string)
			want {signed in as alice; its token is good for}
			finish
		END
		contains "$OPENID/device?user_code=" said
		case $options in
		-tt)
			grep -q "█\|▀\|▄" said
			contains "waiting for approval, " said
			# No line is wider than the terminal; a countdown takes
			# the place of the one before.
			tr "\r" "\n" <said | sed "s/$(printf "\033")\[[0-9;?]*[A-Za-z]//g" |
				grep -v http >lines
			[ "$(LC_ALL=C.UTF-8 wc -L <lines)" -le 80 ] ;;
		-T)
			must_fail grep -q "$(printf "\033")\|waiting for approval\|█" said ;;
		esac
	done
}
test_case 'in an ssh session: freshtoken login shows a code, at a terminal and without one' \
	in_ssh_session

# OpenSSH's ssh sends no more than 1,023 bytes of an answer; PuTTY's plink sends all.
if command -v plink >/dev/null; then
	start_token_service
	ts create long client_id=cli size=1500 audience=https://login.example.com >long
	printf '%s\n' '[account long]' 'client_id = cli' "users = $CONF/users" \
		'insecure_loopback = yes' 'login_audience = https://login.example.com' \
		'auth = token' "server = $TS/long" >>"$CONF/freshtoken.conf"
	token_of_bytes_as_password() {
		sed -i "s/account=work/account=long/" /etc/pam.d/sshd
		field access_token long >token
		equal 1501 "$(wc -c <token)"
		key=$(ssh-keygen -l -f host_key.pub | cut -d" " -f2)
		drive said plink -ssh -P "$SSH_PORT" -l alice -no-antispoof -hostkey "$key" \
			127.0.0.1 \
			"echo in as \$USER" <<-END
			want {Token: }
			tell_file token
			finish
		END
		contains "in as alice" said
		lacks "$(cat token)" said
		lacks "$(cat token)" log
	}
	test_case 'a token of 1,500 bytes as password' token_of_bytes_as_password
else
	test_skip 'a token of 1,500 bytes as password' 'no plink on this machine'
fi
test_done
