# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# conversation.sh - requests and answers as here-documents; sourced after tap.sh
#
#	plant work 3600
#	git_says get <<-EOF
#		protocol=https
#		host=git.example.com
#		--
#		username=oauth2
#		password=access-work-7
#		password_expiry_utc=$EXPIRY
#		--
#	EOF
#
# The part before the first "--" is the program's input, the part after it its complete stdout, and
# the part after the second "--" its complete stderr. A part without lines is empty. "expect=N"
# before the call expects the exit status N instead of 0.

export CONFIG="$XDG_CONFIG_HOME/freshtoken" STATE="$XDG_STATE_HOME/freshtoken"
mkdir -m 700 "$CONFIG" "$STATE"

# configure <<EOF - the user's freshtoken.conf
configure() {
	cat >"$CONFIG/freshtoken.conf"
}

# plant ACCOUNT LIFETIME [GENERATION [MEMBER…]] - a sign-in as if a refresh had just brought it;
# further members of the record as JSON. Sets EXPIRY. lib/store/record.h has the format.
plant() {
	local account=$1 lifetime=$2 generation=${3-7} now

	shift $(($# < 3 ? $# : 3))
	now=$(date +%s)
	# shellcheck disable=SC2034
	EXPIRY=$((now + lifetime))
	printf '{"version":1,"account":"%s","provider":"oauth2","server":"https://%s.sso.example.com",
		"generation":%s,"access_token":"access-%s-%s","refresh_token":"refresh-%s",
		"subject":"alice","issued":{"real":%s000},"lifetime":%s000,
		"verdict":"fresh","checked":{"real":%s000}%s}' \
		"$account" "$account" "$generation" "$account" "$generation" "$account" \
		"$now" "$lifetime" "$now" "${*/#/,}" >"$STATE/$account.json"
	chmod 600 "$STATE/$account.json"
}

# split FILE - into request, out.expected and err.expected
split() {
	: >request; : >out.expected; : >err.expected
	awk '/^--$/ { part++; next }
		{ print >(part == 0 ? "request" : part == 1 ? "out.expected" : "err.expected") }' "$1"
}

# converse COMMAND… - what comes on stdin is split, said and compared
converse() {
	local status=0

	cat >conversation
	split conversation
	"$@" <request >out 2>err || status=$?
	same out.expected out
	same err.expected err
	equal "${expect-0}" "$status"
}

git_says() {
	converse git-credential-freshtoken "$@"
}

docker_says() {
	converse docker-credential-freshtoken "$@"
}

# whole_state - everything below the state folder, to see that nothing changed
whole_state() {
	(cd "$STATE" && find . -type f -exec sha256sum {} + | sort)
}
