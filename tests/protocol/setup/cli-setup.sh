#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken setup: it does what it shows, a second run changes nothing, and the entries of others
# stay.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = https://git.example.com
match = https://*.example.org/team/*
match = http://plain.example.com:8080
match = registry.example.com:5000
match = *.registry.example.net
match = shared.example.com/team

[account hub]
server = https://sso.example.net
match = docker.io
EOF

# --- git ----------------------------------------------------------------------------------

if command -v git >/dev/null; then
	setup_git_shows_commands() {
		freshtoken setup git >commands 2>err
		[ ! -e "$HOME/.gitconfig" ]
		same_text "freshtoken: nothing is changed yet; to do it: freshtoken setup git --apply" err
		contains "git config --global --add 'credential.https://git.example.com.helper' ''" commands
		contains "git config --global --replace-all 'credential.https://*.example.org.useHttpPath' 'true'" commands
		lacks "git.example.com.useHttpPath" commands
	}
	test_case 'setup git shows commands and changes nothing' setup_git_shows_commands

	setup_git_apply() {
		HOME=$T/by-hand
		mkdir "$HOME"
		sh -e commands
		HOME=$T/home
		freshtoken setup git --apply >out 2>err
		same commands out
		empty err
		same by-hand/.gitconfig "$HOME/.gitconfig"
	}
	test_case 'setup git --apply does what the commands would do' setup_git_apply

	second_time_changes_nothing() {
		cp "$HOME/.gitconfig" before
		freshtoken setup git --apply >out 2>err
		empty out
		same_text "freshtoken: git asks freshtoken already; no change is needed" err
		same before "$HOME/.gitconfig"
	}
	test_case 'a second time changes nothing' second_time_changes_nothing

	git_then_asks_freshtoken_alone() {
		HOME=$T/alone
		mkdir "$HOME"
		git config --global credential.helper store
		freshtoken setup git --apply >out 2>err
		empty err
		plant work 3600
		printf "protocol=https\nhost=git.example.com\n\n" | git credential fill >filled
		contains password=access-work-7 filled
		git credential approve <filled
		[ ! -e "$HOME/.git-credentials" ]
		printf "protocol=https\nhost=a.example.org\npath=team/x.git\n\n" |
			git credential fill >filled
		contains password=access-work-7 filled
		printf "protocol=https\nhost=b.example.com\nusername=a\npassword=b\n\n" |
			git credential approve
		contains b.example.com "$HOME/.git-credentials"
		[ ! -e "$STATE/credentials" ]
	}
	test_case 'git then asks only freshtoken, only for these hosts' \
		git_then_asks_freshtoken_alone

	helper_for_all_hosts_set() {
		HOME=$T/home
		git config --global credential.helper store
		expect_status 1 freshtoken setup git --apply >out 2>err
		empty out
		contains "git asks \"store\" besides freshtoken for https://git.example.com" err
		# All of them are told, and what is missing is set up all the same.
		git config --global --remove-section credential.https://shared.example.com
		expect_status 1 freshtoken setup git --apply >out 2>err
		contains credential.https://shared.example.com.helper out
		contains "besides freshtoken for https://*.example.org" err
		lacks "besides freshtoken for https://shared.example.com" err
	}
	test_case 'a helper for all hosts in a later line would get the tokens' \
		helper_for_all_hosts_set

	one_above_git_puts() {
		HOME=$T/above
		mkdir "$HOME"
		git config --global credential.https://git.example.com.username alice
		git config --global credential.helper store
		expect_status 1 freshtoken setup git --apply >out 2>err
		contains "credential.https://git.example.com.helper" out
		contains "git asks \"store\" besides freshtoken for https://git.example.com" err
		equal 1 "$(wc -l <err)"
	}
	test_case 'a helper below the lines that git adds is noticed at once' one_above_git_puts

	what_others_have_set_stays() {
		HOME=$T/others
		mkdir "$HOME"
		git config --global user.name "A B"
		git config --global credential.https://git.example.com.helper "cache --timeout=5"
		git config --global credential.https://git.example.com.username bob
		git config --global credential.https://*.example.org.usehttppath yes
		freshtoken setup git --apply >out 2>err
		lacks example.org.useHttpPath out
		equal "A B" "$(git config --global user.name)"
		equal bob "$(git config --global credential.https://git.example.com.username)"
		printf "cache --timeout=5\n\nfreshtoken\n" >expected
		git config --global --get-all credential.https://git.example.com.helper |
			same expected -
		freshtoken setup git --apply >out 2>err
		empty out
	}
	test_case 'settings of others stay' what_others_have_set_stays

	setup_git_remove_takes_out() {
		HOME=$T/removed
		mkdir "$HOME"
		git config --global user.name alice
		git config --global credential.https://git.example.com.username bob
		git config --global credential.https://mine.example.com.helper store
		git config --global --list | sort >before
		freshtoken setup git --apply >out 2>err
		freshtoken setup git --remove >out 2>err
		contains "setup git --remove --apply" err
		freshtoken setup git --remove --apply >out 2>err
		git config --global --list | grep -v -i usehttppath | sort | same before -
		freshtoken setup git --remove --apply >out 2>err
		empty out
	}
	test_case 'setup git --remove removes the lines with freshtoken, and no others' \
		setup_git_remove_takes_out

	configuration_git_cannot_read() {
		HOME=$T/broken
		mkdir "$HOME"
		printf "[credential\n" >"$HOME/.gitconfig"
		expect_status 1 freshtoken setup git --apply >out 2>err
		contains "git config --list" err
		equal "[credential" "$(cat "$HOME/.gitconfig")"
		PATH=/nonexistent expect_status 1 "$FT_BIN/freshtoken" setup git >out 2>err
		contains "freshtoken: cannot start git: No such file or directory" err
	}
	test_case 'a configuration that git cannot read, and no git at all' \
		configuration_git_cannot_read
else
	test_skip 'setup git' 'no git on this machine'
fi

# --- docker -------------------------------------------------------------------------------

# Neither podman nor its like, whatever is on this machine: cli-setup-podman.sh has those.
mkdir "$T/no-podman"
freshtoken() {
	PATH=$FT_BIN:$T/no-podman command freshtoken "$@"
}

setup_docker_shows_entries() {
	freshtoken setup docker >out 2>err
	cat >expected <<-EOF
		$HOME/.docker/config.json:
		{"credHelpers": {"registry.example.com:5000": "freshtoken", "https://index.docker.io/v1/": "freshtoken"}}
		$XDG_CONFIG_HOME/containers/auth.json:
		{"credHelpers": {"registry.example.com:5000": "freshtoken", "docker.io": "freshtoken"}}
	EOF
	same expected out
	contains "match = *.registry.example.net" err
	contains "match = shared.example.com/team" err
	lacks git.example.com err
	contains "to do it: freshtoken setup docker --apply" err
	[ ! -e "$HOME/.docker" ]
}
test_case 'setup docker shows entries, says what is not possible, and changes nothing' \
	setup_docker_shows_entries

setup_docker_apply_writes_them() {
	freshtoken setup docker --apply >out 2>err
	same expected out
	cat >config.expected <<-"EOF"
		{
			"credHelpers": {
				"registry.example.com:5000": "freshtoken",
				"https://index.docker.io/v1/": "freshtoken"
			}
		}
	EOF
	# Its indentation, whatever the library makes of it.
	tr -d " \t\n" <config.expected >a
	tr -d " \t\n" <"$HOME/.docker/config.json" | same a -
	equal 600 "$(stat -c %a "$HOME/.docker/config.json")"
	[ -e "$XDG_CONFIG_HOME/containers/auth.json" ]
	equal 1 "$(find "$HOME/.docker" -type f | wc -l)"
}
test_case 'setup docker --apply writes them, readable only by the user' setup_docker_apply_writes_them

docker_second_time_changes_nothing() {
	cp -p "$HOME/.docker/config.json" before
	stat -c %i "$HOME/.docker/config.json" >inode
	freshtoken setup docker --apply >out 2>err
	empty out
	contains "ask freshtoken already" err
	same before "$HOME/.docker/config.json"
	stat -c %i "$HOME/.docker/config.json" | same inode -
}
test_case 'a second time changes nothing' docker_second_time_changes_nothing

what_else_in_file_stays() {
	mkdir dotfiles "$T/docker"
	cat >dotfiles/config.json <<-"EOF"
		{
			"auths": { "a.example.com": { "auth": "YTpi" }, "https://index.docker.io/v1/": {} },
			"credHelpers": { "public.ecr.aws": "ecr-login" },
			"HttpHeaders": { "User-Agent": "x/y \u00e9" },
			"detachKeys": "ctrl-e,e", "n": 12345678901234567, "f": 1.50, "e": {}, "l": [1, "2", null, true]
		}
	EOF
	chmod 644 dotfiles/config.json
	ln -s ../dotfiles/config.json docker/config.json
	DOCKER_CONFIG=$T/docker freshtoken setup docker --apply >out 2>err
	export DOCKER_CONFIG
	[ -L docker/config.json ]
	equal 644 "$(stat -c %a dotfiles/config.json)"
	for text in "\"auth\": \"YTpi\"" "\"public.ecr.aws\": \"ecr-login\"" \
		"\"User-Agent\": \"x/y \\u00e9\"" \
		"\"registry.example.com:5000\": \"freshtoken\"" 12345678901234567 1.50 \
		"\"detachKeys\": \"ctrl-e,e\""; do
		contains "$text" dotfiles/config.json
	done
}
test_case 'the rest of the file stays, and so do its mode and a link to it' \
	what_else_in_file_stays

link_to_nothing_stays_one() {
	mkdir nowhere
	ln -s missing.json nowhere/config.json
	export DOCKER_CONFIG=$T/nowhere
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "nowhere/config.json is a symbolic link to a file that is not there" err
	[ -L nowhere/config.json ]
}
test_case 'a dangling link is kept' link_to_nothing_stays_one

entry_another_helper_has() {
	mkdir -p taken
	printf "{\"credHelpers\":{\"registry.example.com:5000\":\"pass\"}}" >taken/config.json
	export DOCKER_CONFIG=$T/taken
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "registry.example.com:5000 has the helper \"pass\" already" err
	contains "\"registry.example.com:5000\":\"pass\"" taken/config.json
	contains "\"https://index.docker.io/v1/\": \"freshtoken\"" taken/config.json
}
test_case 'an entry of another helper is not replaced' entry_another_helper_has

registry_auth_file() {
	REGISTRY_AUTH_FILE=$T/named/auth.json freshtoken setup docker --apply >out 2>err
	contains "\"docker.io\": \"freshtoken\"" named/auth.json
	mkdir "$XDG_RUNTIME_DIR/containers"
	echo "{}" >"$XDG_RUNTIME_DIR/containers/auth.json"
	rm "$XDG_CONFIG_HOME/containers/auth.json"
	freshtoken setup docker --apply >out 2>err
	# What is written there would end with the session.
	lacks "$XDG_RUNTIME_DIR/containers/auth.json:" out
	contains "\"docker.io\": \"freshtoken\"" "$XDG_CONFIG_HOME/containers/auth.json"
	rm -r "$XDG_RUNTIME_DIR/containers"
}
test_case 'REGISTRY_AUTH_FILE, and never the file of the session' registry_auth_file

session_of_somebody_else() {
	freshtoken setup docker --apply >out 2>err
	contains freshtoken "$XDG_CONFIG_HOME/containers/auth.json"
	# Without podman, which would need it.
	(
		export PATH=$FT_BIN XDG_RUNTIME_DIR=/dev/null
		freshtoken setup docker --remove --apply >out 2>err
	)
	lacks freshtoken "$XDG_CONFIG_HOME/containers/auth.json"
	(
		export PATH=$FT_BIN XDG_RUNTIME_DIR=/dev/null
		freshtoken setup docker --apply >out 2>err
	)
	contains freshtoken "$XDG_CONFIG_HOME/containers/auth.json"
}
test_case 'a folder of the session that cannot be read matters to podman alone' \
	session_of_somebody_else

files_no_json_object_stay() {
	mkdir -p odd
	export DOCKER_CONFIG=$T/odd
	for text in "[]" "{\"a\":1" "{\"a\":1,\"a\":2}" "{\"credHelpers\":[]}"; do
		printf "%s" "$text" >odd/config.json
		expect_status 1 freshtoken setup docker --apply >out 2>err
		contains "$T/odd/config.json" err
		equal "$text" "$(cat odd/config.json)"
	done
	printf "{\n\"a\": 1,\n\"b\": x\n}\n" >odd/config.json
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "odd/config.json:3: " err
	rm odd/config.json
	mkfifo odd/config.json
	expect_status 1 timeout 60 freshtoken setup docker --apply >out 2>err
	contains "is not a regular file" err
}
test_case 'files that are not a JSON object are not changed' files_no_json_object_stay

what_names_no_helper_set() {
	mkdir -p gaps
	export DOCKER_CONFIG=gaps
	for text in "" " " "{\"credHelpers\":null}" \
		"{\"credHelpers\":{\"registry.example.com:5000\":\"\"}}" \
		"{\"credHelpers\":{\"registry.example.com:5000\":null}}"; do
		printf %s "$text" >gaps/config.json
		freshtoken setup docker --apply >out 2>err
		contains "\"registry.example.com:5000\"" gaps/config.json
		freshtoken setup docker --apply >out 2>err
		empty out
	done
	printf "{ \"n\":18446744073709551616,\"f\":1.500,\n  \"credHelpers\": {\"a.example.com\":\"pass\"} }" >gaps/config.json
	cp gaps/config.json gaps/before
	chmod 640 gaps/config.json
	freshtoken setup docker --apply >out 2>err
	contains "{ \"n\":18446744073709551616,\"f\":1.500," gaps/config.json
	equal 640 "$(stat -c %a gaps/config.json)"
	freshtoken setup docker --remove >out 2>err
	contains "setup docker --remove --apply" err
	contains freshtoken gaps/config.json
	freshtoken setup docker --remove --apply >out 2>err
	same gaps/before gaps/config.json
	lacks freshtoken "$XDG_CONFIG_HOME/containers/auth.json"
}
test_case 'an empty entry is set, and entries of others stay byte for byte' \
	what_names_no_helper_set

if [ "$(id -u)" = 0 ]; then
	owner_of_file_stays() {
		mkdir -p owned
		echo "{}" >owned/config.json
		chown 12345:12346 owned/config.json
		DOCKER_CONFIG=owned freshtoken setup docker --apply >out 2>err
		contains freshtoken owned/config.json
		equal 12345:12346 "$(stat -c %u:%g owned/config.json)"
	}
	test_case 'the owner of a file stays' owner_of_file_stays
fi

# mounted OPTIONS SCRIPT - as root of a world in which bound/config.json is a mount of bound/there
mounted() {
	unshare --mount --map-root-user sh -c \
		"mount --bind bound/there bound/config.json && $1 && exec bash -eu -c \"\$0\"" "$2"
}
mkdir bound
: >bound/there; : >bound/config.json
if mounted true true 2>/dev/null; then
	declare -f expect_status contains complain freshtoken >functions
	file_mounted_by_itself() {
		echo "{\"n\": 18446744073709551616}" >bound/there
		chmod 640 bound/there
		stat -c "%i %a" bound/there >before
		export T DOCKER_CONFIG=$T/bound
		mounted true ". $T/functions; freshtoken setup docker --apply"
		contains "\"registry.example.com:5000\": \"freshtoken\"" bound/there
		contains 18446744073709551616 bound/there
		stat -c "%i %a" bound/there | same before -
		empty bound/config.json
		equal "config.json there" "$(cd bound && echo *)"
		mounted true ". $T/functions; freshtoken setup docker --remove --apply"
		lacks freshtoken bound/there
	}
	test_case 'a file that is a mount point, as in containers, is written in place' \
		file_mounted_by_itself

	one_cannot_be_written_said() {
		echo "{}" >bound/there
		export T DOCKER_CONFIG=$T/bound
		mounted "mount -o remount,bind,ro bound/config.json" \
			". $T/functions; expect_status 1 freshtoken setup docker --apply 2>err"
		contains "bound/config.json cannot be replaced" err
		contains "change it where it comes from" err
		equal "{}" "$(cat bound/there)"
		equal "config.json there" "$(cd bound && echo *)"
	}
	test_case 'one that cannot be written is reported with what to do, and no temporary file is left' \
		one_cannot_be_written_said
else
	test_skip 'a file that is a mount point' 'no mount namespaces for this user'
fi

if [ "$(id -u)" = 0 ] && setpriv --reuid=12346 --regid=12346 --clear-groups "$FT_BIN/freshtoken" \
	--version >/dev/null 2>&1; then
	file_of_another_user() {
		mkdir -m 777 foreign
		mkdir -p strange/home
		echo "{\"n\": 1.50}" >foreign/config.json
		chmod 666 foreign/config.json
		chown 12345:12345 foreign/config.json
		cp -r "$CONFIG" strange/freshtoken
		mkdir strange/state
		chown -R 12346:12346 strange
		chmod 755 "$T"
		# The folder of the session is still that of whoever was here before.
		real=$(command -v setpriv)
		chmod 700 "$XDG_RUNTIME_DIR"
		(export PATH=$FT_BIN HOME=$T/strange/home XDG_CONFIG_HOME=$T/strange \
			XDG_STATE_HOME=$T/strange/state DOCKER_CONFIG=$T/foreign
		"$real" --reuid=12346 --regid=12346 --clear-groups "$FT_BIN/freshtoken" setup \
			docker --apply) >out 2>err
		contains freshtoken foreign/config.json
		contains 1.50 foreign/config.json
		equal "12345:12345 666" "$(stat -c "%u:%g %a" foreign/config.json)"
		equal config.json "$(ls foreign)"
	}
	test_case 'a file of another user that may be written keeps its owner' file_of_another_user
else
	test_skip 'a file of another user keeps its owner' \
		'needs root, and a build that others can read'
fi

folder_cannot_be_written() {
	export DOCKER_CONFIG=/dev/null/x
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "/dev/null/x/config.json" err
	equal 1 "$(grep -c "^freshtoken: /dev\|^freshtoken: cannot" err)"
}
test_case 'a folder that cannot be written' folder_cannot_be_written

unset -f freshtoken

# --- both ---------------------------------------------------------------------------------

no_account() {
	mkdir -p none/freshtoken
	export XDG_CONFIG_HOME=$T/none
	for text in "" "[account a]\nserver = https://sso.example.com\n"; do
		# shellcheck disable=SC2059
		printf "$text" >none/freshtoken/freshtoken.conf
		for program in git docker; do
			expect_status 1 freshtoken setup "$program" --apply >out 2>err
			empty out
			equal 1 "$(wc -l <err)"
			contains "match = " err
		done
	done
}
test_case 'no account, no match' no_account

as_json() {
	configure <<-EOF
		[account work]
		server = https://sso.example.com
		match = registry.example.com
	EOF
	rm -rf "$HOME/.docker" "$XDG_CONFIG_HOME/containers"
	freshtoken setup docker --json >out 2>err
	grep -q '^{"program":"docker","changed":true,"applied":false,"lines":\["' out
	[ ! -e "$HOME/.docker" ]
	freshtoken setup docker --apply --json >out 2>err
	grep -q '^{"program":"docker","changed":true,"applied":true,"lines":\["' out
	freshtoken setup docker --apply --json >out 2>err
	same_text '{"program":"docker","changed":false,"applied":true,"lines":[]}' out
	freshtoken setup docker --remove --apply --json >out 2>err
	grep -q '"changed":true,"applied":true' out
	# Lines that are only shown change nothing.
	freshtoken setup kubelet --json >out 2>err
	grep -q '"changed":false,"applied":false,"lines":\["kubelet ' out
	expect_status 2 freshtoken setup pam --json >out 2>err
	expect_status 1 freshtoken setup docker --json >/dev/full 2>err
	configure </dev/null
	expect_status 1 freshtoken setup docker --json >out 2>err
	empty out
}
test_case '--json: whether anything is changed, or would be' as_json

nothing_else_can_be_set() {
	expect_status 2 freshtoken setup >out 2>err
	expect_status 2 freshtoken setup svn >out 2>err
	same_text "freshtoken: cannot set up \"svn\": \"freshtoken setup --help\" has what can be; usage: freshtoken setup PROGRAM [--apply] [--remove] [--account ACCOUNT] [--json]" err
	expect_status 2 freshtoken setup git docker >out 2>err
	expect_status 2 freshtoken setup git --force >out 2>err
	for program in git pam; do
		expect_status 2 freshtoken setup $program --account work >out 2>err
		contains "account is not for $program;" err
	done
	for program in docker bazel; do
		expect_status 2 freshtoken setup $program --remove --account work >out 2>err
		contains "account and --remove do not go together;" err
	done
	expect_status 3 freshtoken setup docker --account nobody >out 2>err
}
test_case 'other programs are refused' nothing_else_can_be_set

test_done
