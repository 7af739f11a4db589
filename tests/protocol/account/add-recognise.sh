#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken add: which profile it chooses if no profile is given, and the keys that options set.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/imitation.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl python3
start_imitation
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

by_metadata() {	# PROFILE PATH
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	freshtoken add work --server "$IMITATION/shapes/$1$2" --client-id cli >out 2>err
	equal "provider = $1" "$(grep '^provider' "$CONF")"
	grep -q "account work: its service looks like .*, so it has the profile $1; for another" err
	contains 'say --provider oauth2' err
	# The same once more is nothing to do.
	freshtoken add work --server "$IMITATION/shapes/$1$2" --client-id cli >out 2>err
	contains 'with these values; nothing is changed' err
}
for words in 'keycloak /realms/staff' gitea gitlab zitadel 'authentik /application/o/git' \
	'okta /oauth2/default' auth0 'kanidm /oauth2/openid/app' hydra salesforce 'glewlwyd /api/oidc' \
	lemonldap doorkeeper 'django-oauth-toolkit /o'; do
	# shellcheck disable=SC2086	# words
	test_case "by its metadata: ${words%% *}" by_metadata ${words% *} "$(cut -s -d' ' -f2 <<<"$words")"
done

# What it tells by no metadata, or by such as many have. The metadata say more, where they do.
by_headers() {
	while read -r name path; do
		rm -rf "$XDG_CONFIG_HOME/freshtoken"
		freshtoken add work --server "$IMITATION/shapes/$path" --client-id cli >out 2>err
		equal "provider = $name" "$(grep '^provider' "$CONF")"
		contains "so it has the profile $name; for another" err
	done <<-END
		jfrog marked-jfrog
		okta marked-okta/oauth2/own
		gitea marked-both
	END
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	freshtoken add work --server "$IMITATION/shapes/marked-empty" --client-id cli >out 2>err
	lacks provider "$CONF"
	# Whoever names one is not helped, and a server that tells nothing of itself is none.
	for more in '--provider oauth2 marked-jfrog' ' none'; do
		rm -rf "$XDG_CONFIG_HOME/freshtoken"
		# shellcheck disable=SC2086	# words
		expect_status 1 freshtoken add work ${more% *} --server "$IMITATION/shapes/${more##* }" \
			>out 2>err
		contains 'does not publish its endpoints by RFC 8414 or OpenID Connect' err
		lacks 'looks like' err
		[ ! -e "$CONF" ]
	done
}
test_case 'by a header in its answers' by_headers

by_nothing() {
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	freshtoken add work --server "$IMITATION/shapes/plain" --client-id cli >out 2>err
	lacks provider "$CONF"
	lacks 'looks like' err
}
test_case 'an unknown service gets oauth2' by_nothing

# Its endpoints are fixed in the profile, and this one's are at other places.
mounted_elsewhere() {
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	freshtoken add work --server "$IMITATION/shapes/doorkeeper-elsewhere" --client-id cli \
		>out 2>err
	lacks provider "$CONF"
	lacks 'looks like' err
}
test_case 'a Doorkeeper at another path has the endpoints in its metadata' mounted_elsewhere

somebody_names_one() {
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	freshtoken add work --server "$IMITATION/shapes/gitea" --provider oauth2 >out 2>err
	equal 'provider = oauth2' "$(grep '^provider' "$CONF")"
	lacks 'looks like' err
}
test_case 'a given profile is used' somebody_names_one

own_profile() {
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf '%s\n' '[provider]' 'extends = gitea' 'description = our forge' '[recognise]' \
		'member = issuer=*/shapes/gitea' >"$XDG_CONFIG_HOME/freshtoken/providers/a-forge.conf"
	printf '[provider]\nextends = gitea\n' >"$XDG_CONFIG_HOME/freshtoken/providers/aa.conf"
	echo broken >"$XDG_CONFIG_HOME/freshtoken/providers/a.conf"
	freshtoken add work --server "$IMITATION/shapes/gitea" >out 2>err
	contains 'its service looks like our forge, so it has the profile a-forge' err
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
}
test_case 'a profile in a home counts too; it does not inherit how a service is recognised' own_profile

# Nobody is asked: there is no network.
by_host() {
	while read -r host name; do
		rm -rf "$XDG_CONFIG_HOME/freshtoken"
		unshare -rn freshtoken add work --server "https://$host" --client-id cli >out 2>err \
			</dev/null
		equal "provider = $name" "$(grep '^provider' "$CONF")"
	done <<-END
		login.microsoftonline.com/organizations/v2.0 entra
		example.okta.com okta
		example.eu.auth0.com auth0
		accounts.google.com google
		gitlab.com gitlab
		github.com github
		bitbucket.org bitbucket
		codeberg.org gitea
		example.zitadel.cloud zitadel
		example.my.salesforce.com salesforce
		example.jfrog.io jfrog
		oidc.eu-west-1.amazonaws.com aws-sso
		cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE cognito
		example.projects.oryapis.com hydra
	END
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	unshare -rn freshtoken add work --server https://okta.com.example.com >out 2>err </dev/null
	lacks provider "$CONF"
}
if unshare -rn true 2>/dev/null; then
	test_case 'by its host, without a request' by_host
else
	test_skip 'by its host, without a request' 'no namespaces here'
fi

keys_with_options() {
	rm -rf "$XDG_CONFIG_HOME/freshtoken"
	(umask 077; echo s3cret >secret)
	freshtoken add work --server "$IMITATION/shapes/plain" --client-id cli \
		--client-secret-file secret --scope 'openid a' --audience api --param a=b=c \
		--param d-1=x --redirect-uri http://127.0.0.1:8400/callback --username '$oauthtoken' \
		--match git.example.com >out 2>err
	cat >expected <<-END
		[account work]
		server = $IMITATION/shapes/plain
		client_id = cli
		client_auth = post
		client_secret_file = $T/secret
		scope = openid a
		audience = api
		redirect_uri = http://127.0.0.1:8400/callback
		username = \$oauthtoken
		param.a = b=c
		param.d-1 = x
		match = git.example.com
	END
	same expected "$CONF"
	contains 'sign in by browser' err
	# Where the service says nothing of it, by the way that all know.
	freshtoken add other --server "$IMITATION/shapes/gitea" --client-id cli \
		--client-secret-file secret >out 2>err
	tail -n 3 "$CONF" | head -n 1 | same_text 'client_id = cli' -
	equal 'client_auth = basic' "$(tail -n 2 "$CONF" | head -n 1)"
}
test_case 'scope, audience, secret, redirect URI, user name and parameters' keys_with_options

wrong_values() {
	cp "$CONF" before
	while IFS='|' read -r option value words; do
		expect_status 1 freshtoken add more --server "$IMITATION/shapes/plain" \
			"--$option" "$value" 2>err
		contains "$words" err
	done <<-END
		param|a|param: expected NAME=VALUE, not "a"
		param|=b|param: "" cannot be a parameter's name
		param|../a=b|param: "../a" cannot be a parameter's name
		param|a=b ; c|param.a: ";" may not be
		username|a:b|username: expected a user name without ":"
		redirect-uri|https://example.com/|redirect_uri: expected http://
		client-secret-file|none|client_secret_file: expected
	END
	cmp before "$CONF"
}
test_case 'values that they cannot have' wrong_values

test_done
