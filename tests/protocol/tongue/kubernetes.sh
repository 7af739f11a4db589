#!/bin/bash
# SPDX-License-Identifier: MIT
# kubectl's conversations with an exec plugin, from the client authentication API.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure_tongue
sed -i 's/^match = .*/&\nclient_id = cli\nid_token = yes/' "$CONFIG/freshtoken.conf"

# plant_id LIFETIME - a sign-in with an ID token that lives so long
plant_id() {
	plant work 3600 7 '"client_id":"cli"' "\"id_token\":{\"token\":\"a.b.c\",\"issued\":{\"real\":$(date +%s)000},\"lifetime\":${1}000}"
}

# kubectl_says VERSION COMMAND… - as kubectl starts one
kubectl_says() {
	KUBERNETES_EXEC_INFO="{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/$1\",\"spec\":{\"interactive\":false,\"cluster\":{\"server\":\"https://k.example.com\",\"config\":{\"a\":[1]}}}}" \
		converse "${@:2}"
}

access_token() {
	plant work 3600 7 '"client_id":"cli"'
	for version in v1 v1beta1; do
		kubectl_says "$version" freshtoken kubernetes work --access <<-END
			--
			{"apiVersion":"client.authentication.k8s.io/$version","kind":"ExecCredential","status":{"expirationTimestamp":"$(utc "$EXPIRY")","token":"access-work-7"}}
		END
	done
	converse freshtoken kubernetes work --access <<-END
		--
		{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"expirationTimestamp":"$(utc "$EXPIRY")","token":"access-work-7"}}
	END
}
test_case 'the access token, in the requested version' access_token

id_token() {
	plant_id 600
	for version in v1 v1beta1; do
		kubectl_says "$version" freshtoken kubernetes work <<-END
			--
			{"apiVersion":"client.authentication.k8s.io/$version","kind":"ExecCredential","status":{"expirationTimestamp":"$(utc $((EXPIRY - 3000)))","token":"a.b.c"}}
		END
	done
	sed -i 's/^id_token = yes/id_token = no/' "$CONFIG/freshtoken.conf"
	expect_status 1 freshtoken kubernetes work >out 2>err
	empty out
	contains "set id_token = yes in [account work]" err
	sed -i 's/^id_token = no/id_token = yes/' "$CONFIG/freshtoken.conf"
}
test_case 'the ID token and its expiry' id_token

other_versions() {
	plant work 3600 7 '"client_id":"cli"'
	for info in "" "{" "[]" "{}" '{"apiVersion":null}' \
		'{"apiVersion":"client.authentication.k8s.io/v1alpha1"}' \
		'{"apiVersion":"client.authentication.k8s.io/v1\u000a"}'; do
		KUBERNETES_EXEC_INFO=$info expect_status 1 freshtoken kubernetes work --access >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		contains KUBERNETES_EXEC_INFO err
	done
}
test_case 'an unknown version, or an invalid one, is an error' other_versions

sign_in_needed() {
	rm -f "$STATE/work.json"
	expect=4 kubectl_says v1 freshtoken kubernetes work --access <<-'END'
		--
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	END
	expect_status 3 freshtoken kubernetes other --access >out 2>err
	empty out
	contains "there is no account other" err
}
test_case 'a sign-in is needed, or there is no such account' sign_in_needed
test_done
