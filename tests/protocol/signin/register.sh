#!/bin/bash
# SPDX-License-Identifier: MIT
# A client that registers itself (RFC 7591): at the first sign-in; used everywhere, removed at the
# end (RFC 7592); at a real OpenID provider, and with AWS's requests.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/imitation.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl python3
start_imitation
STATE=$XDG_STATE_HOME/freshtoken
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# client NAME MEMBER - of what is kept
client() {
	sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$STATE/$1.client"
}

sign_in_by_code() {	# NAME
	imitation_set approved=yes
	freshtoken login "$1" --device 2>"$1.err"
}

if have_openid; then
	start_openid --interval 1 --registration yes

	openid_registers() {
		freshtoken add own --server "$OPENID" --register --match https://own.example.com \
			>out 2>err
		contains 'register_client = yes' "$CONF"
		lacks client_id "$CONF"
		contains 'sign in by device, by browser' err
		[ ! -e "$STATE/own.client" ]
		device_sign_in own
		id=$(client own client_id)
		[ -n "$id" ]
		contains "account own: registered at $OPENID, as the client $id" .device.own
		equal 600 "$(stat -c %a "$STATE/own.client")"
		lacks "$id" "$CONF"
		contains "\"client_id\":\"$id\"" "$(record own)"
	}
	test_case 'a client is registered at the first sign-in, and is not in the configuration' \
		openid_registers

	openid_is_told() {
		freshtoken add bare --server "$OPENID" </dev/null >out 2>err
		contains 'client_id is not set' err
		contains ', or register_client = yes there' err
	}
	test_case 'without a client_id a message says that the service registers clients' openid_is_told

	openid_refreshes() {
		first=$(git_token own)
		freshtoken refresh own
		must_fail equal "$first" "$(git_token own)"
		# A later sign-in has the same client.
		id=$(client own client_id)
		device_sign_in own
		equal "$id" "$(client own client_id)"
		lacks registered .device.own
	}
	test_case 'it refreshes, and signs in again' openid_refreshes

	openid_browser() {
		BROWSER=$OPENID_BROWSER freshtoken login own --browser 2>err
		contains 'signed in as alice' err
	}
	test_case 'with a browser, on any free port' openid_browser

	# What the service says to who asks for that registration.
	asks() {
		curl -qsS --noproxy '*' -o /dev/null -w '%{http_code}' \
			-H "Authorization: Bearer $token" "$uri"
	}

	openid_removes() {
		uri=$(client own registration_client_uri)
		token=$(client own registration_access_token)
		equal 200 "$(asks)"
		freshtoken logout own 2>err
		contains 'account own: the client that was registered for it is removed' err
		[ ! -e "$STATE/own.client" ]
		equal 401 "$(asks)"
		# The next sign-in registers another.
		freshtoken login own --device 2>err &
		eventually 20 grep -q 'registered at' err
		kill $!
	}
	test_case 'logout removes it at the service and on this host' openid_removes

	openid_fails_to_remove() {
		device_sign_in own
		sed -i 's/\("registration_access_token":"\)[^"]*/\1wrong/' "$STATE/own.client"
		freshtoken logout own 2>err
		contains 'signed out' err
		contains 'deleted on this host, but not removed at the service: HTTP 401: invalid_token' err
		[ ! -e "$STATE/own.client" ]
	}
	test_case 'if it cannot be removed at the service, that is reported, and the logout continues' openid_fails_to_remove

	# What the first client was given is shown to no other.
	openid_another_by_now() {
		device_sign_in own
		id=$(client own client_id)
		rm "$STATE/own.client"
		freshtoken login own --device 2>err &
		login=$!
		eventually 20 grep -q 'registered at' err
		kill "$login"
		wait "$login" || :
		second=$(client own client_id)
		[ -n "$second" ]
		must_fail equal "$id" "$second"
		contains "\"client_id\":\"$id\"" "$(record own)"
		uri=$(client own registration_client_uri)
		token=$(client own registration_access_token)
		expect_status 1 freshtoken logout own >out 2>err
		empty out
		contains 'the sign-in is deleted on this host, but not revoked: ' err
		contains 'the client that was registered for it is removed' err
		[ ! -e "$STATE/own.client" ]
		[ ! -e "$(record own)" ]
		equal 401 "$(asks)"
		# Nothing is left to do.
		freshtoken logout own 2>err
		lacks 'revoked:' err
		lacks 'the client' err
	}
	test_case 'a registration that was replaced: nothing is sent, and nothing is left' \
		openid_another_by_now
else
	test_skip 'at an OpenID provider' 'no OpenID provider here'
fi

not_offered() {
	expect_status 1 freshtoken add none --server "$IMITATION/shapes/plain" --register 2>err
	contains 'registers no clients by itself (it names no registration_endpoint)' err
	contains 'give --client-id ID' err
	expect_status 2 freshtoken add none --register --client-id x 2>err
	contains '--register is for accounts without --client-id' err
}
test_case 'if the service does not register clients, add says so' not_offered

account aws provider=aws-sso "server=$IMITATION/aws" register_client=yes \
	param.start_url=https://example.awsapps.com/start match=https://aws.example.com

aws_registers() {
	sign_in_by_code aws
	contains "account aws: registered at $IMITATION/aws, as the client aws-1" aws.err
	equal "aws-1 aws-secret" "$(client aws client_id) $(client aws client_secret)"
	grep -qF 'POST /aws/client/register' "$IMITATION_LOG"
	contains '{\"clientName\":\"freshtoken\",\"clientType\":\"public\",' "$IMITATION_LOG"
	imitation_takes "$(git_token aws)"
	freshtoken refresh aws
	imitation_takes "$(git_token aws)"
	grep -F '\"clientId\":\"aws-1\",\"clientSecret\":\"aws-secret\",' "$IMITATION_LOG" >sent
	contains '\"grantType\":\"refresh_token\"' sent
}
test_case 'aws-sso: RegisterClient as data, and its secret in every request' aws_registers

aws_client_expires() {
	sed -i 's/"expires_at":[0-9]*/"expires_at":1000000000/' "$STATE/aws.client"
	# What is good is handed out; what has to be fetched needs a person.
	git_token aws >/dev/null
	must_fail freshtoken refresh aws 2>err
	contains 'the client that was registered for it has expired' err
	contains 'run: freshtoken login aws, which registers another' err
	sign_in_by_code aws
	contains 'as the client aws-2' aws.err
	freshtoken refresh aws
	imitation_takes "$(git_token aws)"
}
test_case 'aws-sso: an expired client: a message, and login registers another' \
	aws_client_expires

aws_refuses() {
	freshtoken logout aws 2>err
	contains 'deleted on this host; its service offers no way to remove it' err
	lacks 'is removed' err
	[ ! -e "$STATE/aws.client" ]
	imitation_set register=no
	expect_status 4 freshtoken login aws --device 2>err
	contains 'it registers no client: HTTP 400: invalid_client_metadata: "clientName is not' err
	contains "set client_id in [account aws], $CONF" err
	imitation_set register=yes
	sign_in_by_code aws
}
test_case 'a refused registration: the service'\''s words, and what to do' aws_refuses

managed_elsewhere() {
	local uri

	for uri in http://127.0.0.1:9/client/1 "https${IMITATION#http}/aws/client/1" /client/1; do
		freshtoken logout aws
		imitation_set "managed=$uri"
		sign_in_by_code aws
		lacks a-rat "$STATE/aws.client"
	done
	imitation_set "managed=$IMITATION/elsewhere/client/1"
	freshtoken logout aws
	sign_in_by_code aws
	equal a-rat "$(client aws registration_access_token)"
	imitation_set managed=none
}
test_case 'the address for the removal has to be at the same service' \
	managed_elsewhere

no_sentence() {
	for ident in '%20run:%20this' '%22%3Brun:this' '%C3%A9'; do
		freshtoken logout aws 2>err || :
		imitation_set "ident=$ident"
		must_fail freshtoken login aws --device 2>err
		contains 'the answer to the registration has no client_id' err
		lacks this err
		[ ! -e "$STATE/aws.client" ]
	done
	imitation_set ident=-x
	sign_in_by_code aws
}
test_case 'an invalid client_id' no_sentence

another_server() {
	sed -i "s|^server = $IMITATION/aws\$|server = $IMITATION/aws/|;s|/aws/\$|/other|" "$CONF"
	expect_status 4 freshtoken token aws 2>err
	: >"$IMITATION_LOG"
	[ -e "$STATE/aws.client" ]
	freshtoken logout aws 2>err || :
	lacks aws-secret "$IMITATION_LOG"
	contains "the client that was registered for it is deleted on this host, but not removed at the service: it was registered at $IMITATION/aws, but server is $IMITATION/other now" err
	[ ! -e "$STATE/aws.client" ]
}
test_case 'a client of one server is not sent to another' another_server

damaged() {
	sed -i "s|/other\$|/aws|" "$CONF"
	sign_in_by_code aws
	echo '{' >"$STATE/aws.client"
	sign_in_by_code aws
	contains 'registered at' aws.err
	chmod 644 "$STATE/aws.client"
	expect_status 4 freshtoken refresh aws 2>err
	# A logout leaves nothing of either behind, and says what it could not do.
	freshtoken logout aws 2>err || :
	contains 'is deleted on this host, but not removed at the service: ' err
	[ ! -e "$STATE/aws.client" ]
	sign_in_by_code aws
	echo '{' >"$STATE/aws.client"
	freshtoken logout aws 2>err || :
	contains 'not removed at the service: the registered client' err
	[ ! -e "$STATE/aws.client" ]
	freshtoken logout aws 2>err
	lacks 'the client' err
}
test_case 'an unreadable registration is replaced by a new one' damaged

test_done
