#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken setup docker for podman, skopeo and buildah, and for two accounts of one registry.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

cat >work.conf <<'EOF'
[account work]
server = https://work.sso.example.com
match = registry.example.com
match = *.registry.example.net
match = shared.example.com/team
EOF
cat >two.conf <<'EOF'
[account work]
server = https://work.sso.example.com
match = registry.example.com
match = only.example.com

[account home]
server = https://home.sso.example.com
match = registry.example.com
EOF
# A podman that is here, whatever else is on this machine.
here() {
	rm -rf "$T/programs"
	mkdir "$T/programs"
	printf '#!/bin/sh\nexit 1\n' >"$T/programs/$1"
	chmod +x "$T/programs/$1"
}
here podman
freshtoken() {
	PATH=$FT_BIN:$T/programs command freshtoken "$@"
}
LINE=$HOME/.config/containers/registries.conf.d/zz-freshtoken.conf
SESSION=$XDG_RUNTIME_DIR/containers/auth.json
HELPERS=$HOME/.docker/config.json
# anew [FILE] - with the accounts of that file, and nothing set up
anew() {
	rm -rf "$HOME/.config/containers" "$HOME/.docker" "$HOME/.local/bin" \
		"$XDG_RUNTIME_DIR/containers"
	mkdir -p "$HOME/.config/containers/registries.conf.d" "$XDG_RUNTIME_DIR/containers"
	configure <"${1-work.conf}"
}
says() {	# the helpers of our line, as they are there
	equal "credential-helpers = $1" "$(grep -v "^#" "$LINE")"
}

line_shown() {
	anew
	freshtoken setup docker >out 2>err
	contains "$LINE:" out
	contains "credential-helpers = [\"freshtoken\", \"containers-auth.json\"]" out
	contains "to do it: freshtoken setup docker --apply" err
	[ ! -e "$LINE" ]
	freshtoken setup docker --apply >applied 2>err
	same out applied
	says "[\"freshtoken\", \"containers-auth.json\"]"
	freshtoken setup docker --apply >out 2>err
	empty out
	contains "ask freshtoken already" err
	freshtoken setup docker --remove >out 2>err
	contains "$LINE: removed" out
	[ -e "$LINE" ]
	freshtoken setup docker --remove --apply >out 2>err
	[ ! -e "$LINE" ]
	freshtoken setup docker --remove --apply >out 2>err
	empty out
	contains "do not ask freshtoken" err
}
test_case 'the line is shown, written, recognised, and removed' line_shown

machine_without_podman_and_like() {
	anew
	here something
	freshtoken setup docker --apply >out 2>err
	lacks credential-helpers out
	[ ! -e "$LINE" ]
	here podman
}
test_case 'a machine without podman, skopeo and buildah gets no line' machine_without_podman_and_like

each_of_them_reason_enough() {
	for program in skopeo buildah podman; do
		anew
		here "$program"
		freshtoken setup docker --apply >out 2>err
		says "[\"freshtoken\", \"containers-auth.json\"]"
	done
}
test_case 'each of these programs is a reason for it' each_of_them_reason_enough

registries_have_no_entry() {
	anew
	printf "[account a]\nserver = https://sso.example.com\nmatch = *.registry.example.net\n" |
		configure
	freshtoken setup docker --apply >out 2>err
	says "[\"freshtoken\", \"containers-auth.json\"]"
}
test_case 'registries without their own entry are a reason for it too' \
	registries_have_no_entry

helpers_there_already_asked() {
	anew
	cat >"$HOME/.config/containers/registries.conf" <<-"EOF"
		# credential-helpers = ["no"]
		unqualified-search-registries = [ "docker.io", # credential-helpers = ["no"]
		  "quay.io" ]
		"credential-helpers" = [ 'secretservice', # "no", ]
			"containers-auth.json",
		]

		[[registry]]
		location = "a.example.com"
		credential-helpers = ["no"]
	EOF
	freshtoken setup docker --apply >out 2>err
	says "[\"freshtoken\", \"secretservice\", \"containers-auth.json\"]"
	# A drop-in goes before that file, and the last one before all others.
	freshtoken setup docker --remove --apply >out 2>err
	[ ! -e "$LINE" ]
	echo "credential-helpers = [\"one\"]" \
		>"$HOME/.config/containers/registries.conf.d/10-one.conf"
	echo "credential-helpers = [\"two\"]" \
		>"$HOME/.config/containers/registries.conf.d/20-two.conf"
	echo "credential-helpers = [\"no\"]" >"$HOME/.config/containers/registries.conf.d/30-no.txt"
	freshtoken setup docker --apply >out 2>err
	says "[\"freshtoken\", \"two\"]"
	# None at all is what nothing is.
	rm "$LINE"
	echo "credential-helpers = []" >"$HOME/.config/containers/registries.conf.d/20-two.conf"
	freshtoken setup docker --apply >out 2>err
	says "[\"freshtoken\", \"containers-auth.json\"]"
	# And one that a variable names takes the place of the first.
	rm "$HOME/.config/containers/registries.conf.d"/*
	echo "credential-helpers = [\"named\"]" >named.conf
	CONTAINERS_REGISTRIES_CONF=$T/named.conf freshtoken setup docker --apply >out 2>err
	says "[\"freshtoken\", \"named\"]"
}
test_case 'existing helpers are asked after it' helpers_there_already_asked

line_by_hand_counts() {
	anew
	echo "credential-helpers = [\"freshtoken\"]" >"$HOME/.config/containers/registries.conf"
	freshtoken setup docker --apply >out 2>err
	lacks credential-helpers out
	freshtoken setup docker --remove --apply >out 2>err
	contains "$HOME/.config/containers/registries.conf: credential-helpers names freshtoken; take it out by hand" err
	contains freshtoken "$HOME/.config/containers/registries.conf"
}
test_case 'a line that a person wrote counts, and is not changed' line_by_hand_counts

what_would_not_count() {
	anew
	echo "credential-helpers = [\"last\"]" \
		>"$HOME/.config/containers/registries.conf.d/zzz.conf"
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "zzz.conf: write \"freshtoken\" as the first of credential-helpers" err
	[ ! -e "$LINE" ]
	rm "$HOME/.config/containers/registries.conf.d/zzz.conf"
	echo "short-name-mode = \"disabled\"" >"$LINE"
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "$LINE: write \"freshtoken\"" err
	equal "short-name-mode = \"disabled\"" "$(cat "$LINE")"
	echo "credential-helpers = [\"freshtoken\"]" >>"$LINE"
	freshtoken setup docker --remove --apply >out 2>err
	contains "$LINE: credential-helpers names freshtoken; take it out by hand" err
	contains disabled "$LINE"
}
test_case 'a line without effect, and other lines in the file, are not changed' \
	what_would_not_count

what_cannot_be_read_said() {
	for text in "a = 1\ncredential-helpers = [\"x\"" "credential-helpers = \"x\"" \
		"credential-helpers = [1]" \
		"credential-helpers = [\"a\"]\ncredential-helpers = [\"b\"]" "a = \"x\nb = 1" \
		"what ever" \
		"credential-helpers = [\"\"]" "credential-helpers = [\"a\"] b" "= 1" "a. = 1" \
		"a = }" "a =" \
		"credential-helpers = [\"a\" \"b\"]" "credential-helpers = [\"a\\\\u0062\"]"; do
		anew
		printf "$text\n" >"$HOME/.config/containers/registries.conf"
		expect_status 1 freshtoken setup docker --apply >out 2>err
		grep -q "^freshtoken: $HOME/.config/containers/registries.conf:[123]: this cannot be read" err ||
			{ cat err; complain "$text"; }
		[ ! -e "$HELPERS" ]
	done
}
test_case 'a syntax error is reported with its line, and nothing is written' \
	what_cannot_be_read_said

where_another_helper_has() {
	anew
	mkdir -p "$HOME/.docker"
	echo "{\"credHelpers\":{\"registry.example.com\":\"pass\"}}" >"$HELPERS"
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "has the helper \"pass\" already" err
	[ ! -e "$LINE" ]
}
test_case 'if another helper has an account'\''s registry, setup does not choose' \
	where_another_helper_has

# --- a token in clear ---------------------------------------------------------------------

clear() {	# what "podman login" leaves
	printf '{"auths":{"%s":{"auth":"YWxpY2U6c2VjcmV0"}}}' "$1"
}
last_line() {	# ours, but after the files
	echo 'credential-helpers = ["containers-auth.json", "freshtoken"]' \
		>"$HOME/.config/containers/registries.conf"
}

token_in_clear_no_obstacle() {
	anew
	clear registry.example.com >"$SESSION"
	freshtoken setup docker --apply >out 2>err
	lacks "in clear" err
	says "[\"freshtoken\", \"containers-auth.json\"]"
	freshtoken setup docker --apply >out 2>err
	contains "ask freshtoken already" err
}
test_case 'a token in clear does not matter with the line' token_in_clear_no_obstacle

without_the_line() {
	for key in registry.example.com https://registry.example.com registry.example.com/team; do
		anew
		last_line
		clear "$key" >"$SESSION"
		expect_status 1 freshtoken setup docker --apply >out 2>err
		contains "$SESSION has a credential for $key in clear" err
		contains "run: podman logout --authfile $SESSION $key" err
		lacks YWxpY2U err
		echo "{}" >"$SESSION"
		freshtoken setup docker --apply >out 2>err
	done
	for key in other.example.com registry.example.com:5000 http://registry.example.com; do
		clear "$key" >"$SESSION"
		freshtoken setup docker --apply >out 2>err
	done
}
test_case 'without the line it does, and setup says what to do' without_the_line

# in_own_run COMMAND… - with an empty /run that nobody else sees
in_own_run() {
	unshare --mount --map-root-user sh -c 'mount -t tmpfs none /run && exec "$@"' sh "$@"
}
if in_own_run true 2>/dev/null; then
	declare -f clear last_line freshtoken expect_status contains complain >functions
	same_of_run_containers_uid() {
		anew
		cat >script <<-"EOF"
			. "$T/functions"
			unset XDG_RUNTIME_DIR
			file=/run/containers/$(id -u)/auth.json
			mkdir -p "${file%/*}"
			clear registry.example.com >"$file"
			last_line
			expect_status 1 freshtoken setup docker --apply >out 2>err
			contains "run: podman logout --authfile $file registry.example.com" err
			echo "{}" >"$file"
			freshtoken setup docker --apply >out 2>err
		EOF
		export T
		in_own_run bash -eu script
	}
	test_case 'the same with /run/containers/UID, without a folder of the session' \
		same_of_run_containers_uid
else
	test_skip 'the same of /run/containers/UID' 'no mount namespaces for this user'
fi

# --- two accounts of one registry --------------------------------------------------------

two_accounts_of_one_registry() {
	anew two.conf
	expect_status 1 freshtoken setup docker --apply >out 2>err
	contains "accounts work and home match registry.example.com equally well" err
	contains "freshtoken setup docker --account work" err
	equal 1 "$(grep -c "equally well" err)"
	contains only.example.com "$HELPERS"
	lacks "\"registry.example.com\"" "$HELPERS"
	[ ! -e "$LINE" ]
}
test_case 'two accounts of one registry: neither is chosen, the rest is set up' \
	two_accounts_of_one_registry

with_account_it_one() {
	anew two.conf
	freshtoken setup docker --account home >out 2>err
	contains "\"registry.example.com\": \"freshtoken-home\"" out
	lacks only.example.com out
	contains "ln -s '$FT_BIN/docker-credential-freshtoken' '$HOME/.local/bin/docker-credential-freshtoken-home'" out
	contains "to do it: freshtoken setup docker --account home --apply" err
	[ ! -e "$HELPERS" ]
	freshtoken setup docker --account home --apply >out 2>err
	contains "add its folder" err
	plant home 3600
	plant work 3600
	echo registry.example.com | PATH=$HOME/.local/bin:$PATH \
		docker-credential-freshtoken-home get >answer
	contains access-home answer
	for ways in "--account home" ""; do
		# shellcheck disable=SC2086
		freshtoken setup docker $ways --apply >out 2>err
		lacks "equally well" err
	done
	contains only.example.com "$HELPERS"
	contains "\"registry.example.com\": \"freshtoken-home\"" "$HELPERS"
	# One line for everything would ask for both of them.
	[ ! -e "$LINE" ]
	# The other one in another folder: two identities at once.
	export DOCKER_CONFIG=$T/second REGISTRY_AUTH_FILE=$T/second/auth.json
	freshtoken setup docker --account work --apply >out 2>err
	contains "\"registry.example.com\": \"freshtoken-work\"" second/config.json
	contains "\"registry.example.com\": \"freshtoken-work\"" second/auth.json
	contains "\"registry.example.com\": \"freshtoken-home\"" "$HELPERS"
	[ -L "$HOME/.local/bin/docker-credential-freshtoken-work" ]
	freshtoken setup docker --remove --apply >out 2>err
	[ ! -L "$HOME/.local/bin/docker-credential-freshtoken-work" ]
}
test_case 'with --account it is that one, with a link, and setup has nothing left to do' with_account_it_one

line_goes_where_account_has() {
	anew two.conf
	sed -i "/^\\[account home/,\$d" "$CONFIG/freshtoken.conf"
	freshtoken setup docker --apply >out 2>err
	[ -e "$LINE" ]
	configure <two.conf
	freshtoken setup docker --account home --apply >out 2>err
	contains "$LINE: removed" out
	[ ! -e "$LINE" ]
	# By hand it is said, each time.
	echo "credential-helpers = [\"freshtoken\"]" >"$HOME/.config/containers/registries.conf"
	expect_status 1 freshtoken setup docker --account home --apply >out 2>err
	contains "$HOME/.config/containers/registries.conf: credential-helpers has freshtoken asked about registry.example.com, which two accounts match" err
}
test_case 'the line is removed if an account has to be chosen, and podman asks only for that one' \
	line_goes_where_account_has

account_changes_entry_of_ours() {
	anew two.conf
	mkdir "$HOME/.docker"
	echo "{\"credHelpers\":{\"registry.example.com\":\"freshtoken\",\"only.example.com\":\"pass\"}}" >"$HELPERS"
	expect_status 1 freshtoken setup docker >out 2>err
	contains "equally well" err
	expect_status 1 freshtoken setup docker --account work --apply >out 2>err
	contains "only.example.com has the helper \"pass\" already" err
	contains "\"registry.example.com\":\"freshtoken-work\"" "$HELPERS"
	[ -L "$HOME/.local/bin/docker-credential-freshtoken-work" ]
	ln -s /bin/true "$HOME/.local/bin/docker-credential-freshtoken-home"
	freshtoken setup docker --remove --apply >out 2>err
	[ ! -L "$HOME/.local/bin/docker-credential-freshtoken-work" ]
	[ -L "$HOME/.local/bin/docker-credential-freshtoken-home" ]
	lacks freshtoken "$HELPERS"
	contains pass "$HELPERS"
}
test_case '--account changes freshtoken'\''s entry; the removal deletes only its links' \
	account_changes_entry_of_ours
test_done
