# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# openid.sh - an OpenID provider on loopback; sourced after tap.sh and servers.sh
#
#	need_openid				skips the test if it is not available
#	start_openid [--SETTING VALUE…]		OPENID, OPENID_KEYS, OPENID_PID
#	openid_admin VERB [NAME=VALUE…]		a control of the provider (README)
#	openid_count NAME			one of its counters
#	openid_approve_device CODE|URL [LOGIN]	a person with a second device
#	openid_deny_device CODE|URL [LOGIN]
#	openid_authorize URL [LOGIN]		a person with a browser: the last page
#	openid_authorize_redirect URL [LOGIN]	… the address of the redirect back
#	openid_deny URL				… who denies
#	openid_tokens [LOGIN [NAME=VALUE…]]	a sign-in by curl: the token endpoint's answer
#	openid_login_token [LOGIN [RESOURCE]]	an access token for logging in
#	TS=$OPENID start_web NAME		git and a registry for its tokens

openid_folder=$FT_BUILDDIR/tests/services/openid-installed
# shellcheck disable=SC2034	# for whoever sources this file
OPENID_BROWSER=$FT_SRCDIR/tests/services/browser

need_openid() {
	need node curl setpriv
	[ -e "$FT_BUILDDIR/tests/services/openid.stamp" ] ||
		skip_all 'no oidc-provider: make tests/services/openid.stamp says why'
}

# start_openid [OPTION…] - of provider.mjs
start_openid() {
	local port_file log scheme=http option

	port_file=$(mktemp -u "$T/.openid.XXXXXXXX")
	log=$port_file.log OPENID_KEYS=$port_file.keys
	with_parent node "$openid_folder/provider.mjs" --port-file "$port_file" \
		--keys-dir "$OPENID_KEYS" "$@" >"$log" 2>&1 </dev/null &
	OPENID_PID=$!
	at_exit stop_pid "$OPENID_PID"
	wait_for_file "$port_file" "$OPENID_PID" ||
		give_up "the OpenID provider does not start: $(tail -n 1 "$log")"
	for option; do
		[ "$option" != --tls-cert ] || scheme=https
	done
	OPENID=$scheme://127.0.0.1:$(cat "$port_file")
}

openid_admin() {
	local verb=$1 arguments=(-d '') pair

	shift
	for pair; do
		arguments+=(--data-urlencode "$pair")
	done
	curl -qsS --fail-with-body --noproxy '*' -k -m 20 "${arguments[@]}" "$OPENID/_admin/$verb"
}

openid_count() {
	openid_admin counters "name=$1"
}

# device_page CODE|URL
device_page() {
	case $1 in
	*://*) printf '%s\n' "$1" ;;
	*) printf '%s/device?user_code=%s\n' "$OPENID" "$1" ;;
	esac
}

openid_approve_device() {
	FT_TEST_LOGIN=${2-alice} "$OPENID_BROWSER" "$(device_page "$1")"
}

openid_deny_device() {
	FT_TEST_LOGIN=${2-alice} "$OPENID_BROWSER" --deny "$(device_page "$1")"
}

openid_authorize() {
	FT_TEST_LOGIN=${2-alice} "$OPENID_BROWSER" "$1"
}

openid_authorize_redirect() {
	FT_TEST_LOGIN=${2-alice} "$OPENID_BROWSER" --stay "$1"
}

openid_deny() {
	"$OPENID_BROWSER" --deny --stay "$1"
}

# openid_tokens [LOGIN [NAME=VALUE…]] - what a client gets that signs somebody in with a device
# code, asking with these parameters; client_id=cli and scope=openid offline_access unless given
openid_tokens() {
	local login=${1-alice} client=client_id=cli scope='scope=openid offline_access'
	local parameters=() pair answer device

	[ $# -eq 0 ] || shift
	for pair; do
		case $pair in
		client_id=*) client=$pair ;;
		scope=*) scope=$pair ;;
		*) parameters+=(--data-urlencode "$pair") ;;
		esac
	done
	answer=$(openid_post device/auth -d "$client" -d "$scope" "${parameters[@]}") || return
	device=$(openid_member device_code "$answer")
	openid_approve_device "$(openid_member user_code "$answer")" "$login" >/dev/null || return
	openid_post token -d "$client" -d "device_code=$device" \
		-d grant_type=urn:ietf:params:oauth:grant-type:device_code
}

# openid_login_token [LOGIN [RESOURCE]] - an access token that is for
# logging in, and for nothing else
openid_login_token() {
	openid_member access_token "$(openid_tokens "${1-alice}" \
		"resource=${2-https://login.example.com}" \
		'scope=openid offline_access read')"
}

# openid_post PATH CURL-ARGUMENT…
openid_post() {
	local path=$1

	shift
	curl -qsS --fail-with-body --noproxy '*' -k -m 20 "$OPENID/$path" "$@"
}

# openid_member NAME ANSWER - a string of a flat JSON object
openid_member() {
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"
}
