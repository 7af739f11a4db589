#!/bin/bash
# What docs/ tells people to write and to run is written and run here, with the tests' own servers in
# place of those that it names.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git
start_token_service

# blocks LANGUAGE HEADING FILE - those of a section, without their fences
blocks() {
	awk -v language="\`\`\`$1" -v heading="$2" '
		/^#+ / && !inside { here = $0 == heading; next }
		/^```/ { inside = !inside; take = inside && here && $0 == language; next }
		take' "$FT_SRCDIR/docs/$3"
}

# token_of URL - what git is given for it
token_of() {
	printf 'url=%s\n\n' "$1" | GIT_TERMINAL_PROMPT=0 git credential fill 2>>git.err |
		sed -n 's/^password=//p'
}

two_accounts_by_path() {
	blocks ini '## Two accounts of one host' hosts.md |
		sed -e "/^\[account/{h;s/^\[account \(.*\)\]/\1/;x};/^server/{G;s|=.*\n|= $TS/|}" \
			>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	equal 2 "$(grep -c "^server *= $TS/[a-z]" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf")"
	blocks sh '## Two accounts of one host' hosts.md >commands
	equal 3 "$(wc -l <commands)"
	while read -r line; do
		case $line in
		'freshtoken login '*)
			name=${line##* }
			ts create "$name" client_id=git >/dev/null
			sign_in "$name"
			;;
		*) eval "$line" ;;
		esac
	done <commands
	equal "$(newest acme)" "$(token_of https://git.example.com/acme/project.git)"
	equal "$(newest own)" "$(token_of https://git.example.com/alice/project.git)"
	must_fail equal "$(newest acme)" "$(newest own)"
	for path in acme2/x alicex/y '' acme/../alice/z; do
		equal '' "$(token_of "https://git.example.com/$path")"
	done
	# The rest goes to who serves the host.
	ts create rest >/dev/null
	account rest "server=$TS/rest" match=https://git.example.com
	sign_in rest
	equal "$(newest rest)" "$(token_of https://git.example.com/acme2/x)"
	equal "$(newest acme)" "$(token_of https://git.example.com/acme/project.git)"
	git config --global --unset credential.https://git.example.com.useHttpPath
	must_fail freshtoken doctor >out 2>&1
	contains 'git sends no paths to https://git.example.com' out
}
mkdir -p "$XDG_CONFIG_HOME/freshtoken"
test_case 'two accounts of one host, told apart by path (hosts.md)' two_accounts_by_path

test_done
