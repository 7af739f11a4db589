#!/bin/bash
# SPDX-License-Identifier: MIT
# The kubelet's conversations with a credential provider, from its v1 API.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = registry.example.com:5000
match = registry.example.org

[account path]
server = https://path.sso.example.com
match = registry.example.org/team
username = robot

[account hub]
server = https://hub.sso.example.com
match = docker.io
EOF

# image NAME [MEMBERS]
image() {
	printf '{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"%s"%s}' \
		"$1" "${2-}"
}

response='{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderResponse","cacheKeyType":"Image"'

kubelet_says() {
	converse freshtoken kubelet
}

answers_with_token() {
	plant work 36000
	plant path 36000
	plant hub 36000
	while read -r name registry user account; do
		kubelet_says <<-END
			$(image "$name")
			--
			$response,"cacheDuration":"600s","auth":{"$registry":{"username":"$user","password":"access-$account-7"}}}
		END
	done <<-'END'
		registry.example.com:5000/a registry.example.com:5000 oauth2 work
		registry.example.com:5000/a/b:1.2 registry.example.com:5000 oauth2 work
		registry.example.org/a@sha256:00ff registry.example.org oauth2 work
		registry.example.org/a:1@sha256:00ff registry.example.org oauth2 work
		registry.example.org/team:latest registry.example.org robot path
		registry.example.org/team/a:1 registry.example.org robot path
		registry.example.org/teams/a:1 registry.example.org oauth2 work
		busybox docker.io oauth2 hub
		busybox:1.36 docker.io oauth2 hub
		library/busybox docker.io oauth2 hub
		docker.io/library/busybox:1 docker.io oauth2 hub
	END
}
test_case 'user name and token of the account that matches the image' answers_with_token

shorter_than_token_lives() {
	plant work 400
	image registry.example.org/a | freshtoken kubelet >out
	kept=$(sed -n 's/.*"cacheDuration":"\([0-9]*\)s".*/\1/p' out)
	if [ "$kept" -gt 340 ] || [ "$kept" -eq 0 ]; then complain "$kept s"; fi
	plant work 30
	image registry.example.org/a | freshtoken kubelet >out
	contains '"cacheDuration":"0s","auth":{"registry.example.org"' out
	plant work 3600
	sed -i 's/"lifetime":3600000/"lifetime":-1000/' "$STATE/work.json"
	image registry.example.org/a | freshtoken kubelet >out
	kept=$(sed -n 's/.*"cacheDuration":"\([0-9]*\)s".*/\1/p' out)
	[ "$kept" -le 300 ] || complain "$kept s"
}
test_case 'it is cached for less than its lifetime' shorter_than_token_lives

members_of_service_accounts() {
	plant work 36000
	kubelet_says <<-END
		$(image registry.example.org/a ',"serviceAccountToken":"a.b.c","serviceAccountAnnotations":{"example.com/role":"x"},"later":[[{}]]')
		--
		$response,"cacheDuration":"600s","auth":{"registry.example.org":{"username":"oauth2","password":"access-work-7"}}}
	END
}
test_case 'service account tokens and annotations are ignored' members_of_service_accounts

nobody_s_image() {
	plant work 36000
	for name in registry.example.net/a registry.example.com/a registry.example.com:5001/a \
		evil.example/registry.example.org/a alice@registry.example.org/a \
		registry.example.org@evil.example/a; do
		kubelet_says <<-END
			$(image "$name")
			--
			$response,"cacheDuration":"0s","auth":null}
		END
	done
}
test_case 'no account: auth is null' nobody_s_image

no_request() {
	plant work 36000
	while IFS='|' read -r request words; do
		printf '%b' "$request" | expect_status 1 freshtoken kubelet >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		contains "$words" err
	done <<-'END'
		|the request
		[]|is not a JSON object
		{}|apiVersion
		{"apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","kind":"CredentialProviderRequest","image":"a"}|apiVersion
		{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"a"}|not a CredentialProviderRequest
		{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"Pod","image":"a"}|not a CredentialProviderRequest
		{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest"}|no image
		{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":{}}|no image
		{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"registry.example.org/a\\n"}|control byte
	END
	head -c 10000000 /dev/zero | tr '\0' '[' >long
	expect_status 1 freshtoken kubelet <long >out 2>err
	empty out
	contains "is longer than" err
}
test_case 'invalid requests of version 1' no_request

sign_in_needed() {
	rm -f "$STATE/work.json"
	expect=4 kubelet_says <<-END
		$(image registry.example.org/a)
		--
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	END
}
test_case 'a sign-in is needed' sign_in_needed
test_done
