#!/bin/bash
# SPDX-License-Identifier: MIT
# docker's conversations: every action, for registries of accounts and for others.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = registry.example.com:5000
match = registry.example.org
match = *.registry.example.net
match = https://git.example.com

[account named]
server = https://named.sso.example.com
match = named.example.com
username = robot

[account path]
server = https://path.sso.example.com
match = shared.example.com/team

[account hub]
server = https://hub.sso.example.com
match = docker.io

[account twin]
server = https://twin.sso.example.com
match = twins.example.com

[account twin2]
server = https://twin2.sso.example.com
match = twins.example.com
EOF
FILES=$STATE/credentials/docker
NOT_FOUND='credentials not found in native keychain'

# --- get ----------------------------------------------------------------------------

get_answers_with_good_token() {
	plant work 3600
	for server in registry.example.com:5000 registry.example.org https://registry.example.org \
		Registry.Example.ORG https://registry.example.org/v2/ \
		registry.example.org/team/image \
		registry.example.org:443 a.registry.example.net; do
		docker_says get <<-EOF
			$server
			--
			{"ServerURL":"$server","Username":"oauth2","Secret":"access-work-7"}
		EOF
	done
	printf " registry.example.org\r\n" | docker-credential-freshtoken get >out
	same_text "{\"ServerURL\":\"registry.example.org\",\"Username\":\"oauth2\",\"Secret\":\"access-work-7\"}" out
	printf registry.example.org | docker-credential-freshtoken get >out
	contains access-work-7 out
}
test_case 'get answers with a valid token for the requested name' \
	get_answers_with_good_token

user_name_of_account() {
	plant named 3600
	docker_says get <<-EOF
		named.example.com
		--
		{"ServerURL":"named.example.com","Username":"robot","Secret":"access-named-7"}
	EOF
}
test_case 'the user name of an account' user_name_of_account

all_names_of_docker_hub() {
	plant hub 3600
	for server in docker.io index.docker.io https://index.docker.io/v1/; do
		docker_says get <<-EOF
			$server
			--
			{"ServerURL":"$server","Username":"oauth2","Secret":"access-hub-7"}
		EOF
	done
}
test_case 'all names of Docker Hub are one registry' all_names_of_docker_hub

whatever_not_ours_not_found() {
	plant work 3600
	plant path 3600
	whole_state >before
	for server in registry.example.com registry.example.com:5001 xregistry.example.org \
		registry.example.org.evil.example http://registry.example.org registry.example.net \
		a.b.registry.example.net shared.example.com shared.example.com/teams \
		git.example.com/x@y \
		evil.example@registry.example.org "what ever" \
		https://index.docker.io/v1/access-token; do
		expect=1 docker_says get <<-EOF
			$server
			--
			$NOT_FOUND
		EOF
	done
	whole_state | same before -
	[ ! -e "$STATE/credentials" ]
}
test_case 'for other registries: "not found", in docker'\''s words' whatever_not_ours_not_found

path_where_pattern_has_one() {
	plant path 3600
	printf shared.example.com/team/image | docker-credential-freshtoken get >out
	contains access-path-7 out
}
test_case 'a path counts if the pattern has one' path_where_pattern_has_one

no_server() {
	for text in "" " " "\n" "\r\n\t"; do
		# shellcheck disable=SC2059
		printf "$text" | expect_status 1 docker-credential-freshtoken get >out 2>err
		same_text "no credentials server URL" out
		empty err
	done
}
test_case 'no server' no_server

hostile_servers() {
	plant work 3600
	for text in "registry.example.org\0.evil.example" "a\nregistry.example.org" "a\033[2J" \
		"registry.example.org\377"; do
		# shellcheck disable=SC2059
		printf "$text" | expect_status 1 docker-credential-freshtoken get >out 2>err
		lacks access-work out
		equal 1 "$(wc -l <out)"
		empty err
	done
}
test_case 'hostile servers' hostile_servers

# Not with a wrapper around the helper, whose memory and calls would count.
long_server() {
	bounded() {
		grep -q "define FT_SANITIZED" "$FT_BUILDDIR/config.h" || ulimit -v 32768
		"$@"
	}
	for action in get erase store; do
		head -c 10000000 /dev/zero | tr "\0" a |
			(bounded expect_status 1 docker-credential-freshtoken "$action" >out \
				2>err) || :
		contains "is longer than" out
		grep -q "^freshtoken: " out
		equal 1 "$(wc -l <out)"
	done
}
native_case '10 MB of server need no memory' long_server

signin_needed() {
	rm -f "$STATE/work.json"
	expect=1 docker_says get <<-EOF
		registry.example.org
		--
		credentials not found in native keychain
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	EOF
}
test_case 'sign-in needed: people see the command to run, and docker may continue without a token' \
	signin_needed

broken_configuration() {
	plant work 3600
	mkdir -p other/freshtoken
	XDG_CONFIG_HOME=$T/other
	printf "[account work]\nmatsch = registry.example.org\n" >other/freshtoken/freshtoken.conf
	printf registry.example.org | expect_status 1 docker-credential-freshtoken get >out 2>err
	same_text "$NOT_FOUND" out
	contains "freshtoken.conf:2: " err
	docker-credential-freshtoken list >out 2>err
	same_text "{}" out
	contains "freshtoken.conf:2: " err
	printf "{\"ServerURL\":\"x\",\"Username\":\"a\",\"Secret\":\"b\"}" |
		expect_status 1 docker-credential-freshtoken store >out
	contains "freshtoken.conf:2: " out
	[ ! -e "$STATE/credentials" ]
}
test_case 'broken configuration: public images can still be pulled' broken_configuration

two_accounts_alike() {
	printf twins.example.com | expect_status 1 docker-credential-freshtoken get >out 2>err
	same_text "credentials not found in native keychain" out
	equal 1 "$(wc -l <err)"
	grep -q "^freshtoken: accounts twin .* and twin2 .* match twins.example.com equally well" \
		err
	printf twins.example.com | expect_status 1 docker-credential-freshtoken erase >out 2>err
	empty err
	equal 1 "$(wc -l <out)"
	grep -q "^freshtoken: accounts twin .* and twin2 .* match twins.example.com equally well" \
		out
	printf "{\"ServerURL\":\"twins.example.com\",\"Username\":\"a\",\"Secret\":\"b\"}" |
		expect_status 1 docker-credential-freshtoken store >out
	grep -q "^freshtoken: accounts twin " out
	[ ! -e "$STATE/credentials" ]
}
test_case 'two accounts that match equally: the message names both' two_accounts_alike

# --- store and erase ------------------------------------------------------------------

store_for_registry_of_account() {
	plant work 3600
	whole_state >before
	docker_says store <<-EOF
		{"ServerURL":"https://registry.example.org","Username":"oauth2","Secret":"access-work-7"}
		--
	EOF
	# Who typed something else is told that it was not kept.
	for user in "<token>" robot; do
		printf "{\"ServerURL\":\"https://registry.example.org\",\"Username\":\"%s\",\"Secret\":\"planted\"}" "$user" |
			docker-credential-freshtoken store >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		contains "the credential for \"$user\" was not stored" err
		contains "registry of the account work" err
		lacks planted err
	done
	whole_state | same before -
}
test_case 'store for a registry of an account changes nothing' store_for_registry_of_account

store_for_registry_of_account_changes() {
	plant work 3600
	whole_state >before
	for length in 2000 65000; do
		printf "{\"ServerURL\":\"registry.example.org/%s\",\"Username\":\"eve\",\"Secret\":\"planted\"}" \
			"$(head -c "$length" /dev/zero | tr "\0" a)" |
			docker-credential-freshtoken store >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		contains "registry.example.org is a registry of the account work" err
	done
	whole_state | same before -
}
test_case 'store for a registry of an account changes nothing, however long the path' \
	store_for_registry_of_account_changes

erase_for_registry_of_account() {
	plant work 3600
	for server in registry.example.org registry.example.org http://registry.example.org \
		https://registry.example.org; do
		docker_says erase <<-EOF
			$server
			--
		EOF
	done
	contains "\"rejected\":true" "$STATE/work.json"
	contains "\"refresh-work\"" "$STATE/work.json"
}
test_case 'erase for a registry of an account: another token next time, and the sign-in stays' \
	erase_for_registry_of_account

erase_where_nobody_signed_in() {
	rm -f "$STATE/work.json"
	for server in registry.example.org nothing.example.com; do
		docker_says erase <<-EOF
			$server
			--
		EOF
	done
	[ ! -e "$STATE/credentials" ]
	printf "" | expect_status 1 docker-credential-freshtoken erase >out
	same_text "no credentials server URL" out
}
test_case 'erase without a sign-in, and without a stored credential' \
	erase_where_nobody_signed_in

other_registries() {
	docker_says store <<-EOF
		{"ServerURL":"https://other.example.com","Username":"\u003ctoken\u003e","Secret":"a\u0026b\n\"\\\\\u00e9"}
		--
	EOF
	for server in other.example.com https://other.example.com OTHER.example.com:443 \
		other.example.com/team/image; do
		docker_says get <<-EOF
			$server
			--
			{"ServerURL":"$server","Username":"<token>","Secret":"a&b\n\"\\\\é"}
		EOF
	done
	printf other.example.com:5000 | expect_status 1 docker-credential-freshtoken get >out
	same_text "$NOT_FOUND" out
	docker_says store <<-EOF
		{"ServerURL":"other.example.com","Username":"bob","Secret":"newer"}
		--
	EOF
	docker_says get <<-EOF
		other.example.com
		--
		{"ServerURL":"other.example.com","Username":"bob","Secret":"newer"}
	EOF
	equal 600 "$(stat -c %a "$FILES/other.example.com")"
}
test_case 'other registries: a stored credential is found under every name' other_registries

what_stored_told_apart() {
	put() {
		printf "{\"ServerURL\":\"%s\",\"Username\":\"u\",\"Secret\":\"%s\"}" "$1" "$2" |
			docker-credential-freshtoken store
	}
	answers() {
		printf %s "$1" | docker-credential-freshtoken get >out
		contains "\"Secret\":\"$2\"" out
	}
	nothing() {
		printf %s "$1" | expect_status 1 docker-credential-freshtoken get >out
		same_text "$NOT_FOUND" out
	}
	put https://paths.example.com/org-a for-a
	put https://paths.example.com/org-b for-b
	answers paths.example.com/org-a for-a
	answers https://paths.example.com/org-b/image/ for-b
	for server in paths.example.com paths.example.com/org-c paths.example.com/org-ab \
		http://paths.example.com/org-a paths.example.com:80/org-a paths.example.com/org-a/../x; do
		nothing "$server"
	done
	put http://paths.example.com in-clear
	nothing paths.example.com
	put paths.example.com whole
	answers paths.example.com/org-c whole
	answers http://paths.example.com in-clear
	printf https://paths.example.com/org-a | docker-credential-freshtoken erase
	answers paths.example.com/org-a whole
	answers paths.example.com/org-b for-b
	for server in paths.example.com http://paths.example.com paths.example.com/org-b; do
		printf %s "$server" | docker-credential-freshtoken erase
	done
	nothing paths.example.com/org-b
}
test_case 'stored credentials are distinguished by scheme and path, and a path falls back to its host' \
	what_stored_told_apart

what_stored_under_name() {
	printf "version=1\n\nserver=https://old.example.com/org\nusername=u\npassword=old\n" \
		>"$FILES/old.example.com"
	chmod 600 "$FILES/old.example.com"
	printf old.example.com/org/image | docker-credential-freshtoken get >out
	contains "\"Secret\":\"old\"" out
	printf "{\"ServerURL\":\"old.example.com\",\"Username\":\"u\",\"Secret\":\"new\"}" |
		docker-credential-freshtoken store
	for pair in old.example.com/org:old old.example.com/other:new old.example.com:new; do
		printf %s "${pair%:*}" | docker-credential-freshtoken get >out
		contains "\"Secret\":\"${pair##*:}\"" out
	done
	rm -r "$FILES"
}
test_case 'credentials stored under the host'\''s name by an older version are found and kept' \
	what_stored_under_name

link_with_name_of_account() {
	plant twin 3600
	plant twin2 3600
	plant work 3600
	mkdir -p links
	for name in twin twin2; do
		ln -sf "$(command -v freshtoken)" "links/docker-credential-freshtoken-$name"
		printf twins.example.com | "links/docker-credential-freshtoken-$name" get >out
		contains "access-$name-7" out
		printf registry.example.org |
			expect_status 1 "links/docker-credential-freshtoken-$name" get >out
		same_text "$NOT_FOUND" out
	done
	links/docker-credential-freshtoken-twin list >out
	same_text "{\"twins.example.com\":\"oauth2\"}" out
	rm "$STATE"/twin*.json
}
native_case 'a link with the name of an account answers for that account alone' \
	link_with_name_of_account

without_home() {
	(unset HOME XDG_CONFIG_HOME XDG_STATE_HOME
	printf nothing.example.com | expect_status 1 docker-credential-freshtoken get >out 2>err)
	lacks "HOME is not set" err
}
native_case 'without HOME it is the one of passwd' without_home

docker_logout_erases_four_names() {
	for server in other.example.com other.example.com http://other.example.com \
		https://other.example.com; do
		docker_says erase <<-EOF
			$server
			--
		EOF
	done
	printf other.example.com | expect_status 1 docker-credential-freshtoken get >out
	same_text "$NOT_FOUND" out
}
test_case 'docker logout erases four names of one registry' docker_logout_erases_four_names

what_docker_keeps_for_itself() {
	mkdir -p whole/freshtoken
	export XDG_CONFIG_HOME=$T/whole
	printf "[account hub]\nserver = https://hub.sso.example.com\nmatch = index.docker.io\n" \
		>whole/freshtoken/freshtoken.conf
	plant hub 3600
	for name in access-token refresh-token; do
		docker_says store <<-EOF
			{"ServerURL":"https://index.docker.io/v1/$name","Username":"u","Secret":"$name"}
			--
		EOF
	done
	docker_says get <<-EOF
		https://index.docker.io/v1/access-token
		--
		{"ServerURL":"https://index.docker.io/v1/access-token","Username":"u","Secret":"access-token"}
	EOF
	docker_says erase <<-EOF
		https://index.docker.io/v1/access-token
		--
	EOF
	lacks "\"rejected\":true" "$STATE/hub.json"
	printf https://index.docker.io/v1/access-token |
		expect_status 1 docker-credential-freshtoken get >out
	same_text "$NOT_FOUND" out
	printf https://index.docker.io/v1/refresh-token | docker-credential-freshtoken erase
}
test_case 'docker'\''s own entries below the Hub are stored unchanged, with and without an account' \
	what_docker_keeps_for_itself

store_refuses_what_incomplete() {
	while IFS="|" read -r message error; do
		printf "%s" "$message" |
			expect_status 1 docker-credential-freshtoken store >out 2>err
		equal 1 "$(wc -l <out)"
		contains "$error" out
		case $error in
		"no credentials server URL" | "no credentials username") same_text "$error" out ;;
		*) grep -q "^freshtoken: " out ;;
		esac
		lacks s3cret out
		empty err
	done <<-EOF
		{"Username":"u","Secret":"s3cret"}|no credentials server URL
		{"ServerURL":"h","Secret":"s3cret"}|no credentials username
		{"ServerURL":"h","Username":"","Secret":"s3cret"}|no credentials username
		{"ServerURL":"h","Username":"u"}|no credentials secret
		{"ServerURL":"h","ServerURL":"i","Username":"u","Secret":"s3cret"}|duplicate key
		{"ServerURL":"h","Username":"u","Secret":"s3cret"|JSON
		s3cret|JSON
		[[[[[[[[[[[[[[[[[[[[["s3cret"]]]]]]]]]]]]]]]]]]]]]|nested too deeply
		{"ServerURL":"h","Username":"u","Secret":"s3cret\u0000"}|NUL
	EOF
	[ ! -e "$FILES/h" ]
}
test_case 'store refuses incomplete messages and invalid JSON' store_refuses_what_incomplete

git_and_docker_kept_apart() {
	printf "{\"ServerURL\":\"https://apart.example.com\",\"Username\":\"d\",\"Secret\":\"docker\"}" |
		docker-credential-freshtoken store
	printf "protocol=https\nhost=apart.example.com\n" | git-credential-freshtoken get >out
	empty out
	printf "protocol=https\nhost=apart.example.com\n" | git-credential-freshtoken erase
	printf apart.example.com | docker-credential-freshtoken get >out
	contains docker out
	printf apart.example.com | docker-credential-freshtoken erase
}
test_case 'git and docker are kept apart' git_and_docker_kept_apart

# --- list -------------------------------------------------------------------------------

list_plain_patterns_of_accounts() {
	rm -f "$STATE"/*.json
	docker-credential-freshtoken list >out
	same_text "{}" out
	plant work 3600
	plant named -10
	plant path 3600
	plant hub 3600 7 "\"reason\":\"revoked\""
	sed -i "s/\"verdict\":\"fresh\"/\"verdict\":\"needs-login\"/" "$STATE/hub.json"
	printf "{\"ServerURL\":\"https://other.example.com\",\"Username\":\"u\\\\\"\",\"Secret\":\"s\"}" |
		docker-credential-freshtoken store
	docker-credential-freshtoken list >out 2>err
	same_text "{\"registry.example.com:5000\":\"oauth2\",\"registry.example.org\":\"oauth2\",\"named.example.com\":\"robot\",\"shared.example.com/team\":\"oauth2\",\"https://other.example.com\":\"u\\\"\"}" out
	empty err
}
test_case 'list: plain patterns of accounts that can answer, and stored registries' \
	list_plain_patterns_of_accounts

list_does_not_read_stdin() {
	mkfifo pipe
	exec 9<>pipe
	timeout 60 docker-credential-freshtoken list <pipe >out
	contains registry.example.org out
}
test_case 'list does not read stdin' list_does_not_read_stdin

list_names_docker_hub() {
	rm -f "$STATE"/*.json
	plant hub 3600
	docker-credential-freshtoken list | grep -qF "\"https://index.docker.io/v1/\":"
	docker-credential-freshtoken list >out
	lacks "\"docker.io\"" out
}
test_case 'list names Docker Hub with the key that docker'\''s classic builder uses' list_names_docker_hub

stored_one_account_has_taken() {
	cp -r "$FILES" kept
	printf "version=1\n\nserver=registry.example.org\nusername=old\npassword=old\n" \
		>"$FILES/registry.example.org"
	chmod 600 "$FILES/registry.example.org"
	docker-credential-freshtoken list >out
	lacks old out
	rm -r "$FILES"
}
test_case 'a stored registry that an account now matches is not listed' stored_one_account_has_taken

# --- the rest ----------------------------------------------------------------------------

version_and_help() {
	version=$(freshtoken --version)
	for argument in version --version; do
		docker-credential-freshtoken "$argument" >out 2>err </dev/null
		same_text "docker-credential-freshtoken (freshtoken) ${version#freshtoken }" out
		empty err
	done
	docker-credential-freshtoken --help >out 2>err
	contains "usage: docker-credential-freshtoken ACTION" out
	empty err
}
test_case 'version and help' version_and_help

wrong_usage_told_on_stdout() {
	for arguments in "" "get x" "get get get"; do
		# shellcheck disable=SC2086
		expect_status 1 docker-credential-freshtoken $arguments >out 2>err </dev/null
		same_text "Usage: docker-credential-freshtoken <store|get|erase|list|version>" out
		empty err
	done
	expect_status 1 docker-credential-freshtoken frobnicate >out 2>err </dev/null
	same_text "docker-credential-freshtoken: unknown action: frobnicate" out
	empty err
	expect_status 1 docker-credential-freshtoken "$(printf "a\033b\nc")" >out
	same_text "docker-credential-freshtoken: unknown action: a?b?c" out
}
test_case 'wrong usage is reported on stdout, with status 1' wrong_usage_told_on_stdout

freshtoken_docker_does_what_link() {
	plant work 3600
	converse freshtoken docker get <<-EOF
		registry.example.org
		--
		{"ServerURL":"registry.example.org","Username":"oauth2","Secret":"access-work-7"}
	EOF
	expect_status 1 freshtoken docker >out
	contains "Usage: " out
}
test_case 'freshtoken docker does what the link does' freshtoken_docker_does_what_link

no_refresh_token_ever_leaves() {
	plant work 3600
	printf registry.example.org | docker-credential-freshtoken get >out
	docker-credential-freshtoken list >>out
	lacks refresh-work out
	lacks "<token>" out
}
test_case 'no refresh token ever leaves' no_refresh_token_ever_leaves

test_done
