# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# client.sh - plain requests to token-service with curl; sourced after servers.sh
#
# base, refresh and access belong to the tenant of the last call of new or newest.

get() {
	curl -qsS --noproxy '*' -m 20 "$@"
}

# new TENANT [OPTION=VALUE…] - sets $base, $refresh and $access
new() {
	ts create "$@" >"$1.tokens"
	read_tokens "$1.tokens"
}

# newest TENANT - likewise, of one that is there
newest() {
	{ echo "base=$TS/$1"; ts tokens "$1"; } >"$1.tokens"
	read_tokens "$1.tokens"
}

# shellcheck disable=SC2034	# for whoever sources this file
read_tokens() {
	base=$(field base "$1")
	refresh=$(field refresh_token "$1")
	access=$(field access_token "$1")
}

# status CURL-ARGUMENT… - answer in body, headers in head, prints the status
status() {
	get -o body -D head -w '%{http_code}\n' "$@"
}

# json_member NAME FILE - of a flat object
json_member() {
	grep -o "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | sed 's/^[^:]*: *"//; s/"$//'
}

json_refresh() {	# TENANT-BASE-AND-PATH BODY [CURL-ARGUMENT…]
	local url=$1 body=$2

	shift 2
	status "$url" -H 'Content-Type: application/json' -d "$body" "$@"
}

oauth_refresh() {	# TOKEN [CURL-ARGUMENT…]
	local token=$1

	shift
	status "$base/oauth/token" -d grant_type=refresh_token \
		--data-urlencode "refresh_token=$token" "$@"
}

consinco_xml() {	# INNER [NAMESPACE]
	local space=${2-http://schemas.datacontract.org/2004/07/AuthenticationServer.Models}

	status "$base/api/v1/auth/refresh-token" -H 'Content-Type: application/xml' -H Accept: -d \
"<ConsincoRefreshTokenBindingModel xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"$space\">
  $1
</ConsincoRefreshTokenBindingModel>"
}
