#!/bin/bash
# SPDX-License-Identifier: MIT
# The answers to git's get: for hosts of accounts, for others, and to requests that git never sends.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = https://git.example.com
match = https://*.example.org/team/*
match = registry.example.com:5000
match = paths.example.com/team

[account bearer]
server = https://bearer.sso.example.com
match = https://bearer.example.com
authtype = bearer

[account named]
server = https://named.sso.example.com
match = https://named.example.com
username = alice

[account twin]
server = https://twin.sso.example.com
match = https://twins.example.com

[account twin2]
server = https://twin2.sso.example.com
match = https://twins.example.com

[account bitbucket]
server = https://bitbucket.sso.example.com
match = https://bitbucket.example.com
username = x-token-auth

[account robot]
server = https://robot.sso.example.com
match = https://shared.example.com
username = oauth2
for_username = robot

[account person]
server = https://person.sso.example.com
match = https://shared.example.com
username = oauth2
for_username = alice

[account mail]
server = https://mail.sso.example.com
match = imaps://mail.example.com, smtp://mail.example.com:587
username = alice@example.com
EOF

get_answers_with_good_token() {
	plant work 3600
	git_says get <<-EOF
		protocol=https
		host=git.example.com

		--
		username=oauth2
		password=access-work-7
		password_expiry_utc=$EXPIRY
	EOF
}
test_case 'get answers with a valid token' get_answers_with_good_token

request_may_end_without_empty() {
	plant work 3600
	printf "protocol=https\nhost=git.example.com" | git-credential-freshtoken get >out
	contains password=access-work-7 out
}
test_case 'the request may end without an empty line and without LF' request_may_end_without_empty

token_of_unknown_life_has() {
	plant work 3600
	sed -i "s/\"lifetime\":3600000,//" "$STATE/work.json"
	git_says get <<-EOF
		protocol=https
		host=git.example.com
		--
		username=oauth2
		password=access-work-7
	EOF
}
test_case 'a token of unknown lifetime has no expiry' token_of_unknown_life_has

user_name_of_request_echoed() {
	plant work 3600
	git_says get <<-EOF
		protocol=https
		host=git.example.com
		username=x-token
		--
		username=x-token
		password=access-work-7
		password_expiry_utc=$EXPIRY
	EOF
}
test_case 'the user name of the request is echoed' user_name_of_request_echoed

account_with_user_name_answers() {
	plant named 3600
	git_says get <<-EOF
		protocol=https
		host=named.example.com
		--
		username=alice
		password=access-named-7
		password_expiry_utc=$EXPIRY
	EOF
	git_says get <<-EOF
		protocol=https
		host=named.example.com
		username=bob
		--
		username=alice
		password=access-named-7
		password_expiry_utc=$EXPIRY
	EOF
}
test_case 'an account with a user name answers with it, whatever the URL has' \
	account_with_user_name_answers

user_name_in_url() {
	plant bitbucket 3600
	for user in "" alice x-token-auth; do
		{ printf "protocol=https\nhost=bitbucket.example.com\n"
		  [ -z "$user" ] || echo "username=$user"; } |
			git-credential-freshtoken get >out 2>err
		empty err
		contains username=x-token-auth out
		contains password=access-bitbucket-7 out
	done
	printf "url=https://alice@bitbucket.example.com/team/project.git\n\n" |
		git -c credential.helper=freshtoken credential fill >out
	contains username=x-token-auth out
}
test_case 'a user name in a URL does not matter if the host has only one account' \
	user_name_in_url

two_accounts_of_one_host() {
	plant robot 3600
	plant person 3600
	for pair in robot:robot alice:person; do
		printf "protocol=https\nhost=shared.example.com\nusername=%s\n" "${pair%:*}" |
			git-credential-freshtoken get >out 2>err
		empty err
		contains username=oauth2 out
		contains "password=access-${pair#*:}-7" out
	done
	# Another name is neither of them; without one nobody knows which is meant.
	printf "protocol=https\nhost=shared.example.com\nusername=bob\n" |
		git-credential-freshtoken get >out 2>err
	empty out
	empty err
	printf "protocol=https\nhost=shared.example.com\n" |
		git-credential-freshtoken get >out 2>err
	same_text quit=1 out
	grep -q "accounts robot .* and person .*for_username" err
}
test_case 'two accounts of one host are distinguished by the name in the URL, and answer with another' \
	two_accounts_of_one_host

mail_git_send_email() {
	plant mail 3600
	for asked in "imaps mail.example.com" "imaps mail.example.com:993" \
		"smtp mail.example.com:587"; do
		git_says get <<-EOF
			protocol=${asked% *}
			host=${asked#* }
			username=alice@example.com
			--
			username=alice@example.com
			password=access-mail-7
			password_expiry_utc=$EXPIRY
		EOF
	done
	for asked in "https mail.example.com" "smtp mail.example.com:25" "imap mail.example.com"; do
		printf "protocol=%s\nhost=%s\n" "${asked% *}" "${asked#* }" |
			git-credential-freshtoken get >out 2>err
		empty out
		empty err
	done
}
test_case 'mail: git send-email and imap-send have their own schemes' mail_git_send_email

with_authtype_credential_encoded() {
	plant work 3600
	git_says get <<-EOF
		capability[]=authtype
		protocol=https
		host=git.example.com
		--
		capability[]=authtype
		authtype=Basic
		credential=$(printf oauth2:access-work-7 | base64)
		ephemeral=1
		password_expiry_utc=$EXPIRY
	EOF
}
test_case 'with authtype the credential is encoded and ephemeral' with_authtype_credential_encoded

bearer_account_says_bearer() {
	plant bearer 3600
	git_says get <<-EOF
		capability[]=authtype
		protocol=https
		host=bearer.example.com
		--
		capability[]=authtype
		authtype=Bearer
		credential=access-bearer-7
		ephemeral=1
		password_expiry_utc=$EXPIRY
	EOF
	# As a password it would be refused, and thrown away.
	git_says get <<-EOF
		protocol=https
		host=bearer.example.com
		--
		--
		freshtoken: account bearer: authtype = bearer: this program can send a user name and a password only; git does from 2.46 on
	EOF
}
test_case 'a bearer account says Bearer if git supports it' bearer_account_says_bearer

with_state_git_may_come() {
	plant work 3600 12
	git_says get <<-EOF
		capability[]=authtype
		capability[]=state
		protocol=https
		host=git.example.com
		wwwauth[]=Basic realm="x"
		--
		capability[]=authtype
		capability[]=state
		authtype=Basic
		credential=$(printf oauth2:access-work-12 | base64)
		ephemeral=1
		password_expiry_utc=$EXPIRY
		state[]=freshtoken:12
		continue=1
	EOF
	git_says get <<-EOF
		capability[]=state
		protocol=https
		host=git.example.com
		state[]=another:1
		--
		capability[]=state
		username=oauth2
		password=access-work-12
		password_expiry_utc=$EXPIRY
		state[]=freshtoken:12
		continue=1
	EOF
}
test_case 'with state git may ask again once' with_state_git_may_come

but_never_twice() {
	plant work 3600 12
	git_says get <<-EOF
		capability[]=state
		protocol=https
		host=git.example.com
		state[]=freshtoken:11
		--
		username=oauth2
		password=access-work-12
		password_expiry_utc=$EXPIRY
	EOF
}
test_case 'but never twice, and gets the token after the refused generation' but_never_twice

state_git_lfs_brings() {
	plant work 3600 12
	cp "$(command -v bash)" git-lfs
	printf "capability[]=state\nprotocol=https\nhost=git.example.com\nstate[]=freshtoken:12\n" \
		>request
	ask="git-credential-freshtoken get <request >out 2>err; :"
	./git-lfs -c "$ask"
	empty err
	printf "username=oauth2\npassword=access-work-12\npassword_expiry_utc=%s\n" "$EXPIRY" |
		same - out
	# Of anybody else it is one; here there is no service to get a new token from.
	bash -c "$ask"
	same_text quit=1 out
}
test_case 'git-lfs'\''s state is not a refusal: it may not have used the answer yet' \
	state_git_lfs_brings

no_second_try_within_command() {
	plant work 3600 12
	git_says get <<-EOF
		capability[]=authtype
		capability[]=state
		protocol=https
		host=git.example.com
		wwwauth[]=Basic realm=x
		wwwauth[]=$header
		--
		capability[]=authtype
		authtype=Basic
		credential=$(printf oauth2:access-work-12 | base64)
		ephemeral=1
		password_expiry_utc=$EXPIRY
	EOF
}

for header in Negotiate "negotiate abc" NTLM "Digest realm=x" "Basic realm=x, Negotiate" \
	"Basic realm=x,Negotiate"; do
	test_case "no second try within a command if the host offers $header" \
		no_second_try_within_command
done
realm_may_have_any_name() {
	plant work 3600 12
	for list in "Basic realm=\"Negotiated\"" "Basic realm=\"our Digest \\\", NTLM server\"" \
		"Negotiate
	wwwauth[]=
	wwwauth[]=Basic" ; do
		printf "capability[]=state\nprotocol=https\nhost=git.example.com\nwwwauth[]=%s\n" \
			"$list" | tr -d "\t" |
			git-credential-freshtoken get | grep -qx continue=1
	done
}
test_case 'a realm may have any name, and an empty wwwauth[] removes the earlier values' \
	realm_may_have_any_name

state_tampered() {
	plant work 3600 12
	for value in "" x -1 99999999999999999999; do
		git_says get <<-EOF
			capability[]=state
			protocol=https
			host=git.example.com
			state[]=freshtoken:$value
			--
			username=oauth2
			password=access-work-12
			password_expiry_utc=$EXPIRY
		EOF
	done
}
test_case 'state that was tampered with does no harm' state_tampered

hosts_match_by_whole_labels() {
	plant work 3600
	for host in GIT.example.com git.example.com:443; do
		printf "protocol=https\nhost=%s\n" "$host" | git-credential-freshtoken get >out
		contains password=access-work-7 out
	done
	for host in xgit.example.com git.example.com.evil.example example.com git.example.com:8443 \
		git.example.com/.evil.example git.example.com?.evil.example \
		evil.example@git.example.com \
		git.example.com%2f "git.example.com " git..example.com; do
		git_says get <<-EOF
			protocol=https
			host=$host
			--
		EOF
	done
}
test_case 'hosts match by whole labels, in any case' hosts_match_by_whole_labels

http_no_https() {
	plant work 3600
	git_says get <<-EOF
		protocol=http
		host=git.example.com
		--
	EOF
}
test_case 'http does not match https' http_no_https

path_counts_where_pattern_has() {
	plant work 3600
	printf "protocol=https\nhost=a.example.org\npath=team/x.git\n" |
		git-credential-freshtoken get >out
	contains password=access-work-7 out
	for path in teams/x.git team/../other/x.git other/x.git; do
		git_says get <<-EOF
			protocol=https
			host=a.example.org
			path=$path
			--
		EOF
	done
	git_says get <<-EOF
		protocol=https
		host=a.example.org
		--
	EOF
	printf "protocol=https\nhost=paths.example.com\npath=team\n" |
		git-credential-freshtoken get >out
	contains password=access-work-7 out
	# git has decoded it: this is one segment, and no query.
	for path in "team?x" "team#x"; do
		git_says get <<-EOF
			protocol=https
			host=paths.example.com
			path=$path
			--
		EOF
	done
}
test_case 'a path counts if the pattern has one' path_counts_where_pattern_has

miss_silent_and_writes_nothing() {
	plant work 3600
	whole_state >before
	for path in "" "a b?c#d" "$(printf "\303\251\377")"; do
		git_says get <<-EOF
			protocol=https
			host=git.example.net
			path=$path
			--
		EOF
	done
	whole_state | same before -
	[ ! -e "$STATE/credentials" ]
}
test_case 'a miss is silent and writes nothing' miss_silent_and_writes_nothing

without_protocol_or_host_there() {
	plant work 3600
	for lines in "" "protocol=https\n" "host=git.example.com\n" "protocol=https\nhost=\n" \
		"protocol=\nhost=git.example.com\n" "path=team/x.git\n"; do
		# shellcheck disable=SC2059
		printf "$lines" | git-credential-freshtoken get >out 2>err
		empty out
		empty err
	done
}
test_case 'without protocol or host there is no match' without_protocol_or_host_there

signin_needed() {
	rm -f "$STATE/work.json"
	git_says get <<-EOF
		capability[]=authtype
		protocol=https
		host=git.example.com
		--
		quit=1
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	EOF
}
test_case 'sign-in needed: one line, and git is told to quit' signin_needed

too_few_descriptors() {
	plant work 1
	printf "protocol=https\nhost=git.example.com\n" >request
	perl -pi -e "s/\"real\":\d+/\"real\":1000/g" "$STATE/work.json"
	for limit in 7 12; do
		(exec <request >out 2>err; ulimit -n "$limit"; exec git-credential-freshtoken get)
		same_text quit=1 out
		contains "ulimit -n" err
		equal 1 "$(wc -l <err)"
	done
}
native_case 'too few descriptors: a clear message, and no password prompt' \
	too_few_descriptors

refused() {
	printf "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=access-work-12\n" |
		git-credential-freshtoken erase
}

asks() {
	printf "protocol=https\nhost=git.example.com\n" | git-credential-freshtoken get
}

refused_again_within_minute() {
	plant work 3600 12 "\"after_rejection\":true"
	refused 2>err
	equal 1 "$(wc -l <err)"
	grep -q "git.example.com refused a token of [0-9]* s that was fetched because it had refused one" err
	contains "freshtoken refresh work" err
	asks | grep -qx password=access-work-12
	freshtoken status work --json | grep -qF \
		"a server refused the access token that was fetched because"
}
test_case 'refused again within a minute: reported, stored, and in status' refused_again_within_minute

client_asks_in_vain() {
	plant work 3600 12 "\"after_rejection\":true"
	for i in 1 2 3; do
		asks | grep -qx password=access-work-12
		refused 2>/dev/null
	done
	asks >out 2>err
	same_text quit=1 out
	equal 1 "$(wc -l <err)"
	contains "git.example.com has refused a token of " err
	contains "may you read that repository?" err
	# Once: it may ask for each of a thousand objects.
	asks >out 2>err
	same_text quit=1 out
	empty err
	# Another program of the same person.
	printf "protocol=https\nhost=git.example.com\n" >request
	bash -c "sh -c \"git-credential-freshtoken get; :\" <request >out 2>err; :"
	contains password=access-work-12 out
	empty err
	# It worked somewhere, or somebody knows better.
	printf "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=access-work-12\n" |
		git-credential-freshtoken store
	asks | grep -qx password=access-work-12
	lacks disbelieved "$STATE/work.json"
}
test_case 'a client that asks again and again without success is told to stop; others are served' \
	client_asks_in_vain

# client NAME - a process that lives on and asks;
# client_says NAME ACTION - what it gets in out and err
client() {
	mkfifo "to.$1" "from.$1"
	bash -c "while read -r action; do git-credential-freshtoken \"\$action\" <request >out 2>err; echo; done" \
		<>"to.$1" >"from.$1" &
}

client_says() {
	printf "protocol=https\nhost=git.example.com\n" >request
	[ "$2" = get ] || printf "username=oauth2\npassword=access-work-12\n" >>request
	echo "$2" >"to.$1"
	read -r _ <"from.$1"
}

two_ask_in_vain_counted() {
	plant work 3600 12 "\"after_rejection\":true"
	client one; client two; client good
	exec 5<>from.one 6<>from.two 7<>from.good
	for i in 1 2 3; do
		for name in one two good; do
			client_says "$name" get
			contains password=access-work-12 out
			if [ "$name" = good ]; then action=store; else action=erase; fi
			client_says "$name" "$action"
			empty out
			# Each is told once that it was not believed.
			if [ "$i" = 1 ] &&
				[ "$name" != good ]; then contains "is kept" err; else empty err; fi
		done
		freshtoken status work --json | grep -qF "\"reason\":null"
	done
	for name in one two; do
		client_says "$name" get
		same_text quit=1 out
	done
	client_says good get
	contains password=access-work-12 out
	# What works for the one itself does.
	client_says one store
	client_says one get
	contains password=access-work-12 out
	client_says two get
	same_text quit=1 out
}
test_case 'two such clients are counted separately, and a third one'\''s success does not reset them' \
	two_ask_in_vain_counted

same_through_git_credential() {
	for helper in freshtoken "$(command -v git-credential-freshtoken)"; do
		plant work 3600 12 "\"after_rejection\":true"
		printf "protocol=https\nhost=git.example.com\n\n" >request
		credential() {
			GIT_TERMINAL_PROMPT=0 git -c credential.helper= -c \
				credential.helper="$helper" \
				credential "$1" 2>>err
		}
		for i in 1 2 3; do
			# Not in a pipeline, where the shell would make another process that asks.
			credential fill <request >out
			contains password=access-work-12 out
			credential reject <out
		done
		must_fail credential fill <request >out
		lacks password= out
		contains "may you read that repository?" err
		rm err
	done
}
test_case 'the same with "git credential", which is another process each time' \
	same_through_git_credential

token_works_written_nowhere() {
	plant work 3600 12
	before=$(stat -c "%i %Y %Z" "$STATE/work.json")
	printf "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=access-work-12\n" |
		git-credential-freshtoken store
	equal "$before" "$(stat -c "%i %Y %Z" "$STATE/work.json")"
}
test_case 'a token that works causes no write' token_works_written_nowhere

two_accounts_match_alike_named() {
	plant twin 3600
	printf "protocol=https\nhost=twins.example.com\n" | git-credential-freshtoken get >out 2>err
	same_text quit=1 out
	contains twin2 err
	grep -qw twin err
	equal 1 "$(wc -l <err)"
}
test_case 'two accounts that match equally are named, and git is told to quit' \
	two_accounts_match_alike_named

broken_configuration() {
	plant work 3600
	mkdir -p other/freshtoken
	XDG_CONFIG_HOME=$T/other
	printf "[account work]\nserver = https://sso.example.com\nmatsch = git.example.com\n" \
		>other/freshtoken/freshtoken.conf
	for action in get store erase; do
		printf "protocol=https\nhost=git.example.com\nusername=u\npassword=p\n" |
			git-credential-freshtoken "$action" >out 2>err
		if [ "$action" = get ]; then same_text quit=1 out; else empty out; fi
		contains "freshtoken.conf:3: account work: unknown key \"matsch\"" err
		equal 1 "$(wc -l <err)"
	done
	[ ! -e "$STATE/credentials" ]
}
test_case 'broken configuration: a line that says where, and no password prompt' \
	broken_configuration

if [ "$(id -u)" -eq 0 ]; then
	home_of_somebody_else_refused() {
		unset XDG_CONFIG_HOME XDG_STATE_HOME
		mkdir theirs
		chown 1 theirs
		printf "protocol=https\nhost=git.example.com\n" |
			HOME=$T/theirs git-credential-freshtoken get >out 2>err
		same_text quit=1 out
		contains "belongs to uid 1" err
		equal 1 "$(wc -l <err)"
	}
	test_case 'the home of another user is refused with the remedy' \
		home_of_somebody_else_refused
else
	test_skip 'the home of another user is refused with the remedy' 'needs root'
fi

# Requests that no git writes are refused as a whole.
is_refused() {	# REQUEST, as printf has it
	printf %b "$1" >request
	request_is_refused
}

request_is_refused() {
	plant work 3600
	git-credential-freshtoken get <request >out 2>err
	empty out
	equal 1 "$(wc -l <err)"
	contains "freshtoken: git's request is refused: " err
	lacks s3cret err
}
test_case 'a line without "="' is_refused 'protocol=https\nhost=git.example.com\ns3cret\n'
test_case 'NUL in a value' is_refused 'protocol=https\nhost=git.example.com\0.evil.example\n'
test_case 'CR in a value' is_refused 'protocol=https\nhost=git.example.com\r\n'
test_case 'CR in an unknown value' is_refused 'protocol=https\nhost=git.example.com\nx=\r\n'
test_case 'an escaped LF in a url' is_refused 'url=https://a%0ahost=git.example.com\n'

line_that_is_too_long() {
	{ printf "protocol=https\nhost=git.example.com\nx="; head -c 65533 /dev/zero | tr "\0" y
	  printf "\n"; } >request
	request_is_refused
}
test_case 'a line of 65536 bytes' line_that_is_too_long

long_line_whose_tail_reads() {
	{ printf "x="; head -c 65533 /dev/zero | tr "\0" y
	  printf "protocol=https\nhost=git.example.com\n"; } >request
	request_is_refused
}
test_case 'a long line whose tail reads like keys' long_line_whose_tail_reads

longest_line() {
	plant work 3600
	{ printf "protocol=https\nx="; head -c 65532 /dev/zero |
		tr "\0" y; printf "\nhost=git.example.com\n"; } |
		git-credential-freshtoken get >out 2>err
	contains password=access-work-7 out
	empty err
}
test_case 'a line of 65535 bytes is one' longest_line

unknown_keys() {
	plant work 3600
	printf "capability[]=telepathy\nprotocol=https\nhost=git.example.com\n\377key=\376value\n=\nfoo[]=a\n" |
		git-credential-freshtoken get >out 2>err
	contains password=access-work-7 out
	empty err
}
test_case 'unknown keys, capabilities and bytes are ignored' unknown_keys

# bounded COMMAND… - with little memory, where the build allows it (AddressSanitizer does not)
bounded() {
	if grep -q "define FT_SANITIZED" "$FT_BUILDDIR/config.h"; then
		"$@"
	else
		(ulimit -v 32768; exec "$@")
	fi
}

# Not with a wrapper around the helper, whose memory and calls would count.
long_request() {
	plant work 3600
	{ printf "protocol=https\nhost=git.example.com\n"
	  yes "x=$(head -c 3000 /dev/zero | tr "\0" y)" | head -n 3500; } |
		bounded git-credential-freshtoken get >out 2>err
	contains password=access-work-7 out
	empty err
}
native_case '10 MB of request need no memory' long_request

long_line() {
	{ printf "protocol=https\nhost=git.example.com\nx="; head -c 10000000 /dev/zero |
		tr "\0" y; } |
		bounded git-credential-freshtoken get >out 2>err
	empty out
	contains "a line has more than 65535 bytes" err
}
native_case '10 MB in one line neither' long_line

actions_nobody_knows_ignored() {
	plant work 3600
	for action in frobnicate "" get2 GET; do
		printf "protocol=https\nhost=git.example.com\n" |
			git-credential-freshtoken "$action" >out 2>err
		empty out
		empty err
	done
}
test_case 'unknown actions are ignored silently' actions_nobody_knows_ignored

no_action() {
	expect_status 2 git-credential-freshtoken </dev/null >out 2>err
	empty out
	same_text "freshtoken: ACTION is missing; usage: git-credential-freshtoken ACTION" err
	expect_status 2 git-credential-freshtoken --store=x get </dev/null >out 2>err
	empty out
	contains "unknown option \"--store\"" err
}
test_case 'no action, and unknown options, are wrong usage' no_action

capability_tells_what_understood() {
	git-credential-freshtoken capability >out
	printf "version 0\ncapability authtype\ncapability state\n" | same - out
}
test_case 'capability lists what is supported' capability_tells_what_understood

freshtoken_git_does_what_link() {
	plant work 3600
	converse freshtoken git get <<-EOF
		protocol=https
		host=git.example.com
		--
		username=oauth2
		password=access-work-7
		password_expiry_utc=$EXPIRY
	EOF
}
test_case 'freshtoken git does what the link does' freshtoken_git_does_what_link

answer_cannot_be_written_said() {
	plant work 3600
	printf "protocol=https\nhost=git.example.com\n" >asked
	for action in get capability; do
		expect_status 1 git-credential-freshtoken "$action" <asked >/dev/full 2>err
		same_text "freshtoken: cannot write to stdout: No space left on device" err
	done
	expect_status 1 git-credential-freshtoken get <asked >&- 2>err
	same_text "freshtoken: cannot write to stdout: Bad file descriptor" err
}
test_case 'an answer that cannot be written is reported' answer_cannot_be_written_said

no_refresh_token_ever_leaves() {
	plant work 3600
	for capability in "" authtype state; do
		printf "capability[]=%s\nprotocol=https\nhost=git.example.com\n" "$capability" |
			git-credential-freshtoken get >out 2>err
		[ -s out ]
		lacks refresh-work out
		lacks oauth_refresh_token out
	done
}
test_case 'no refresh token ever leaves' no_refresh_token_ever_leaves

test_done
