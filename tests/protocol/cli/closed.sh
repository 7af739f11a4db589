#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that are started with stdin, stdout or stderr closed: a file that they open would get
# that descriptor, and with it what they print.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
new_account work oauth2 -- lifetime=600 2>/dev/null
account dead server=http://127.0.0.1:9/none client_id=cli match=dead.example.com
printf 'protocol=https\nhost=work.example.com\n\n' >request
combinations=('<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-')

# without COMBINATION COMMAND… - ends by itself, and not by a signal
without() {
	local closed=$1 status=0

	shift
	eval "timeout 60 \"\$@\" <request >out 2>err $closed" || status=$?
	[ "$status" -lt 124 ] || complain "status $status: $* $closed"
	# To write nowhere is no success.
	[[ $status -ne 0 || $closed != *' >&-'* && $closed != '>&-'* || ! ${says-} ]] ||
		complain "succeeded: $* $closed"
}

all_programs() {
	local program closed

	for program in "$FT_BIN"/* "$FT_LIBEXEC"/*; do
		[ -f "$program" ] || continue
		[ -x "$program" ] || continue
		for closed in "${combinations[@]}"; do
			without "$closed" "$program" --version
			without "$closed" "$program"
			without "$closed" "$program" one two three
		done
	done
}
native_case 'each program: none crashes or hangs' all_programs

# nothing_astray - in no file but its record is a token, in none a message
nothing_astray() {
	local file

	find "$HOME" "$XDG_RUNTIME_DIR" -type f ! -name work.json >files
	while read -r file; do
		no_secret "$file" work
		lacks 'freshtoken: ' "$file"
		lacks "$(printf '\tfresh\t')" "$file"
		lacks verdict "$file"
	done <files
	equal fresh "$(verdict work)"
	is_good work "$(freshtoken token work)"
}

what_they_print() {
	local closed=$1

	says=yes without "$closed" freshtoken token work
	without "$closed" git-credential-freshtoken get
	says=yes without "$closed" freshtoken status
	says=yes without "$closed" freshtoken status --json
	without "$closed" freshtoken token dead
	without "$closed" freshtoken refresh dead
	without "$closed" freshtoken refresh work
	grow_old work 550
	without "$closed" freshtoken token work
	eventually 30 is_good work "$(freshtoken token work)"
	grow_old work 4000
	without "$closed" git-credential-freshtoken get
	without "$closed" freshtoken exec work -- true
	without "$closed" freshtoken doctor
	without "$closed" freshtoken add third --server "$TS/work" --match third.example.com
	without "$closed" freshtoken remove third
	without "$closed" freshtoken login work --device
	without "$closed" freshtoken login dead --device
	without "$closed" freshtoken setup git
	printf 'protocol=https\nhost=work.example.com\n\n' >request.git
	ts tokens work | sed -n 's/^refresh_token=//p' >request
	without "$closed" freshtoken login work --token
	mv request.git request
	nothing_astray
}
some=('>&-' '2>&-' '<&- >&- 2>&-')
for closed in "${some[@]}"; do
	test_case "output with $closed is written to no file" what_they_print "$closed"
done

# Whatever is printed then, it is printed nowhere. The loader has closed its libraries before.
nothing_takes_their_place() {
	local closed command

	cp request asked
	for closed in "${some[@]}"; do
		for command in 'freshtoken token work' 'freshtoken refresh work' 'freshtoken status' \
			'git-credential-freshtoken get' 'docker-credential-freshtoken list' \
			'freshtoken refresh dead'; do
			eval "strace -f -o trace $command <asked >out 2>err $closed" || :
			grep -E '(openat|open|socket|dup|memfd_create)\(.* = [012]$|pipe2\(\[[012],' trace |
				grep -vE '"/dev/null"|\.so(\.[0-9.]+)?"|ld\.so\.cache"' >taken || continue
			cat taken
			complain "$command $closed"
		done
	done
}
if strace -o /dev/null true 2>/dev/null; then
	native_case 'no file and no socket gets their descriptors' nothing_takes_their_place
else
	test_skip 'no file and no socket gets their descriptors' 'strace may not trace here'
fi
test_done
