# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# accounts.sh - accounts of freshtoken at token-service; sourced after servers.sh
#
# An account and its tenant have the same name; the account serves NAME.example.com.

# If FT_SEALED is set, all records are sealed, with the key of sealing.sh.

# account NAME KEY=VALUE… - a section of the user's freshtoken.conf
account() {
	local name=$1 pair

	shift
	mkdir -p "$XDG_CONFIG_HOME/freshtoken"
	[ -z "${FT_SEALED-}" ] || [ -e "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" ] ||
		printf '[store]\nseal = keyring\n' >"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	{
		printf '[account %s]\n' "$name"
		for pair; do
			printf '%s = %s\n' "${pair%%=*}" "${pair#*=}"
		done
	} >>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}

# sign_in NAME - with the newest tokens of its tenant
sign_in() {
	local tokens

	tokens=$(ts tokens "$1")
	printf '%s\n' "$tokens" | sed -n 's/^refresh_token=//p; s/^access_token=//p' |
		freshtoken login "$1" --token
}

# halves [KEY=VALUE…] [-- OPTION=VALUE…] - into the caller's arrays keys and options
halves() {
	keys=() options=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		keys+=("$1")
		shift
	done
	[ $# -eq 0 ] || options=("${@:2}")
}

# new_account NAME VENDOR [KEY=VALUE…] [-- OPTION=VALUE…] - tenant, account and sign-in
new_account() {
	local name=$1 vendor=$2 keys options

	halves "${@:3}"
	ts create "$name" "vendor=$vendor" "${options[@]}" >/dev/null
	account "$name" "provider=$vendor" "server=$TS/$name" "match=$name.example.com" \
		"${keys[@]}"
	sign_in "$name"
}

# impatient NAME [SECONDS] - its service has 1 s to answer, from now on: the sign-in had its time
impatient() {
	sed -i "/^\[account $1\]\$/a timeout = ${2-1}s" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}

# newest NAME - the access token that the service issued last
newest() {
	ts tokens "$1" | sed -n 's/^access_token=//p'
}

# is_good NAME TOKEN - whether the service takes a token now
is_good() {
	[ "$(printf 'user = "x:%s"\n' "$(printf %s "$2" | sed 's/[\\"]/\\&/g')" |
		curl -qsS --noproxy '*' -k -m 20 -K - -o /dev/null -w '%{http_code}' \
			"$TS/_auth/$1")" = 204 ]
}

is_bad() {
	! is_good "$@"
}

# git_says ACTION NAME [LINE…] - the helper's answer to a request for NAME.example.com
git_says() {
	local action=$1 name=$2

	shift 2
	{
		printf 'protocol=https\nhost=%s.example.com\n' "$name"
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo
	} | git-credential-freshtoken "$action"
}

# git_token NAME, docker_token NAME - what each of the protocols hands out; nothing is a failure
git_token() {
	git_says get "$1" >".git.$1"
	sed -n 's/^password=//p' ".git.$1" | grep .
}

docker_token() {
	echo "$1.example.com" | docker-credential-freshtoken get >".docker.$1" || return
	sed -n 's/.*"Secret":"\(\(\\.\|[^"\\]\)*\)".*/\1/p' ".docker.$1" | sed 's/\\\(.\)/\1/g' |
		grep .
}

# verdict NAME - as status --json has it
verdict() {
	freshtoken status "$1" --json | sed -n 's/.*"verdict":"\([^"]*\)".*/\1/p'
}

# let_expire NAME - until the service takes the newest token no longer
let_expire() {
	eventually 30 is_bad "$1" "$(newest "$1")"
}

# reject NAME [TOKEN] - what git does after a 401 for a token, else the newest
reject() {
	git_says erase "$1" username=oauth2 "password=${2-$(newest "$1")}"
}

# no_secret FILE NAME - neither token of the tenant is there
no_secret() {
	local secret

	ts tokens "$2" | sed -n 's/^[a-z_]*token=//p' >.secrets
	while read -r secret; do
		lacks "$secret" "$1"
	done <.secrets
}

# state_of_spending NAME - "GRANTED REFUSED REUSED": of refresh tokens, as the service counts
state_of_spending() {
	echo "$(ts_count "$1" refreshes) $(ts_count "$1" refused) $(ts_count "$1" reuses)"
}

# record NAME - the file that its sign-in is stored in
record() {
	printf '%s/freshtoken/%s.json\n' "$XDG_STATE_HOME" "$1"
}

# grow_old NAME SECONDS - its token was issued that much earlier, by both clocks
grow_old() {
	local file real boot

	file=$(record "$1")
	[ -z "${FT_SEALED-}" ] || freshtoken seal --remove 2>/dev/null
	real=$(sed 's/.*"issued":{"real":\(-\{0,1\}[0-9]*\),.*/\1/' "$file")
	boot=$(sed 's/.*"issued":{"real":-\{0,1\}[0-9]*,"boot":\(-\{0,1\}[0-9]*\),.*/\1/' "$file")
	sed -i "s/\"issued\":{\"real\":$real,\"boot\":$boot,/\"issued\":{\"real\":$((real - $2 * 1000)),\"boot\":$((boot - $2 * 1000)),/" "$file"
}

# have_openid - whether openid.sh can start its provider
have_openid() {
	command -v node >/dev/null && [ -e "$FT_BUILDDIR/tests/services/openid.stamp" ]
}

# code_of FILE - the code that "freshtoken login --device" shows there
code_of() {
	sed -n '/^and enter the code/,$s/^    //p' "$1" | head -n 1 | grep .
}

# device_sign_in NAME [LOGIN] - at the OpenID provider of openid.sh,
# by somebody with a second device
device_sign_in() {
	local pid

	# The code of an earlier sign-in is not this one's.
	rm -f ".device.$1"
	freshtoken login "$1" --device 2>".device.$1" &
	pid=$!
	eventually 30 code_of ".device.$1"
	openid_approve_device "$(code_of ".device.$1")" "${2-alice}" >/dev/null
	wait "$pid" || { cat ".device.$1"; return 1; }
}
