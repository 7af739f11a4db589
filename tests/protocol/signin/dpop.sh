#!/bin/bash
# SPDX-License-Identifier: MIT
# Tokens that are bound to a key (DPoP, RFC 9449), at a real OpenID provider that requires it.
# shellcheck disable=SC2119
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
need openssl

export BROWSER=$OPENID_BROWSER FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
key=$XDG_STATE_HOME/freshtoken/work.dpop

start_openid --interval 1 --offline always --dpop yes
account work "server=$OPENID" client_id=bound dpop=yes match=https://git.example.com match=registry.example.com
account unaware "server=$OPENID" client_id=bound
account unbound "server=$OPENID" client_id=cli dpop=no
account jwt "server=$OPENID" client_id=jwt dpop=yes client_auth=private_key_jwt \
	"client_secret_file=$OPENID_KEYS/jwt-es256.pem"

unbase64url() {
	local text

	text=$(cat)
	case $((${#text} % 4)) in 2) text=$text== ;; 3) text=$text= ;; esac
	printf '%s' "$text" | basenc --base64url -d
}

proof() {	# of the last request
	openid_admin last-request | sed -n 's/^dpop: //p'
}

# part N FILE - of the JWT in it
part() {
	cut -d . -f "$1" "$2" | unbase64url
}

whole_life() {	# NAME
	device_sign_in "$1"
	freshtoken token "$1" >first
	[ -f "$XDG_STATE_HOME/freshtoken/$1.dpop" ]
	equal 600 "$(stat -c %a "$XDG_STATE_HOME/freshtoken/$1.dpop")"
	freshtoken refresh "$1"
	freshtoken token "$1" | must_fail cmp -s - first
	freshtoken logout "$1" 2>err
	contains "signed out; its tokens are revoked" err
	[ ! -e "$XDG_STATE_HOME/freshtoken/$1.dpop" ]
	equal "" "$(find "$XDG_STATE_HOME/freshtoken" -name "$1.dpop*")"
}
test_case 'sign-in, refresh, sign-out: the key exists as long as the sign-in' whole_life work
test_case 'with a client assertion' whole_life jwt

what_a_proof_says() {
	device_sign_in work
	freshtoken refresh work
	proof >proof
	part 1 proof >header
	part 2 proof >payload
	contains '{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"' header
	lacks '"d":' header
	contains '"htm":"POST"' payload
	contains "\"htu\":\"$OPENID/token\"" payload
	contains '"jti":"' payload
	contains '"iat":' payload
	lacks '"nonce"' payload
	openid_admin last-request >request
	lacks "$(cat "$key")" request
	for file in "$XDG_STATE_HOME"/freshtoken/work.[!d]*; do
		lacks "$(cat "$key")" "$file"
	done
	sed 's/.*"jti":"\([^"]*\)".*/\1/' payload >first
	freshtoken refresh work
	proof >proof
	part 2 proof | sed 's/.*"jti":"\([^"]*\)".*/\1/' | must_fail cmp -s - first
}
test_case 'a proof has its purpose, is used once, and contains no private key' what_a_proof_says

# spend PATH - the refresh token that is stored now, with the proof of the last request
spend() {
	curl -qsS --noproxy '*' -m 20 -o body -H "DPoP: $(cat proof)" -d client_id=bound \
		-d grant_type=refresh_token --data-urlencode \
		"refresh_token=$(sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' "$(record work)")" \
		"$OPENID/$1"
}

proofs_are_worth_nothing_elsewhere() {
	device_sign_in work
	freshtoken refresh work
	proof >proof
	spend token
	contains '"error":"invalid_grant"' body
	# It was the proof: with another one the same token is taken.
	freshtoken refresh work
	# One that was never seen, for another address
	openid_admin fault error=server_error status=503 >/dev/null
	must_fail freshtoken refresh work 2>err
	proof >proof
	curl -qsS --noproxy '*' -m 20 -o body -H "DPoP: $(cat proof)" -H "Host: other.example.com" \
		-d client_id=bound -d grant_type=refresh_token -d refresh_token=x "$OPENID/token"
	contains '"error":"invalid_dpop_proof","error_description":"DPoP proof htu mismatch"' body
	freshtoken refresh work
}
test_case 'a proof that is replayed, or sent to another address, is refused by the provider' \
	proofs_are_worth_nothing_elsewhere

in_the_browser() {
	freshtoken login work --browser 2>err
	contains 'signed in as alice' err
	freshtoken refresh work
}
test_case 'in the browser too' in_the_browser

without_the_key() {
	openid_admin fault error=invalid_dpop_proof grant=authorization_code >/dev/null
	expect_status 4 freshtoken login unbound --browser 2>err
	contains "the service wants proofs of a key (DPoP, RFC 9449)" err
	contains "set dpop = yes, and sign in again" err
	expect_status 4 freshtoken login unaware --browser 2>err
	# What proofs are refused for is said, with what to do; and no sign-in is over for it.
	openid_admin fault error=invalid_dpop_proof grant=authorization_code >/dev/null
	expect_status 4 freshtoken login work --browser 2>err
	contains "the service does not accept the proof (DPoP, RFC 9449)" err
	contains "check this machine's clock" err
	device_sign_in work
	openid_admin fault error=invalid_dpop_proof grant=refresh_token times=3 >/dev/null
	expect_status 5 freshtoken refresh work 2>err
	contains "check this machine's clock" err
	openid_admin fault >/dev/null
	freshtoken refresh work
}
test_case 'without dpop = yes the message names the key; a refused proof has its own message' without_the_key

another_key() {
	device_sign_in work
	cp "$key" kept
	rm "$key"
	must_fail freshtoken refresh work 2>err
	cat kept >"$key"
	chmod 600 "$key"
	: >empty
	chmod 644 "$key"
	must_fail freshtoken refresh work 2>err
	contains "work.dpop" err
	chmod 600 "$key"
	: >"$key"
	must_fail freshtoken refresh work 2>err
	contains "work.dpop is empty" err
	echo none >"$key"
	must_fail freshtoken refresh work 2>err
	contains "the DPoP key is not valid" err
	cat kept >"$key"
	freshtoken refresh work
}
test_case 'the key is missing, readable by others, empty, or invalid' another_key

not_for_git() {
	device_sign_in work
	freshtoken status work >out
	contains "its tokens are bound to a key (dpop = yes): git and docker cannot use them" out
	freshtoken doctor >out 2>&1 || :
	contains "git and docker, which send only the token, cannot use them" out
}
test_case 'status and doctor say that git and docker cannot use it' not_for_git

# refused COMMAND… - it says why, with what to do, and shows nothing of the token
refused() {
	must_fail "$@" >out 2>err </dev/null
	contains "account work: its tokens are bound to a key (DPoP, RFC 9449)" err
	contains "use an account without dpop" err
	lacks "$(freshtoken token work)" out
	lacks "$(freshtoken token work)" err
}

not_alone() {
	device_sign_in work
	refused freshtoken token work --format bearer
	refused freshtoken token work --format header
	freshtoken token work >plain
	freshtoken token work --format json >json
	contains "\"access_token\":\"$(cat plain)\",\"token_type\":\"DPoP\"" json
	refused freshtoken headers https://git.example.com/
	refused freshtoken kubernetes work --access
	refused freshtoken keyring get https://git.example.com/ oauth2
	ln -sf "$FT_BIN/docker-credential-freshtoken" freshtoken-bearer-work
	refused "$PWD/freshtoken-bearer-work"
	for asked in 'git get' 'docker get' bazel kubelet cargo terraform goauth; do
		case $asked in
		git*) printf 'protocol=https\nhost=git.example.com\n\n' >asks ;;
		docker*) echo registry.example.com >asks ;;
		bazel) echo '{"uri":"https://git.example.com/"}' >asks ;;
		kubelet) echo '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'\
'"kind":"CredentialProviderRequest","image":"registry.example.com/a"}' >asks ;;
		cargo) echo '{"v":1,"registry":{"index-url":"sparse+https://git.example.com/"},'\
'"kind":"get","operation":"read","args":[]}' >asks ;;
		*) : >asks ;;
		esac
		case $asked in
		bazel) set -- bazel get ;;
		cargo) set -- cargo --cargo-plugin ;;
		terraform) set -- terraform get git.example.com ;;
		*) read -ra words <<<"$asked"; set -- "${words[@]}" ;;
		esac
		freshtoken "$@" <asks >out 2>err || :
		cat out err >said
		contains "its tokens are bound to a key (DPoP, RFC 9449)" said
		lacks "$(cat plain)" said
	done
	# docker asks for each entry of the list.
	freshtoken docker list >out
	same_text '{}' out
}
test_case 'it is never handed out as a bearer token or a password, only plain and as JSON' \
	not_alone

# Something in between, at the address that the account knows for the token endpoint.
start_between() {
	with_parent python3 "$FT_SRCDIR/tests/services/between.py" "$OPENID" "$T/between" &
	at_exit stop_pid $!
	wait_for_file "$T/between" $! || give_up 'between.py does not start'
	BETWEEN=http://127.0.0.1:$(cat "$T/between")
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf '%s\n' '[provider]' 'extends = oauth2' '[metadata]' \
		"token_endpoint = $BETWEEN/token" >"$XDG_CONFIG_HOME/freshtoken/providers/between.conf"
	account between provider=between "server=$OPENID" client_id=bound dpop=yes
}

between_does() {
	curl -qsS --fail --noproxy '*' -m 20 "$BETWEEN/_do?$1"
}

address_is_changed() {
	device_sign_in between
	freshtoken refresh between
	between_does address
	expect_status 5 freshtoken refresh between 2>err
	contains 'HTTP 400: invalid_dpop_proof; the service does not accept the proof (DPoP, RFC 9449): "DPoP proof htu mismatch"' err
	contains "the service sees another address than this account's server: have the proxy in between" err
	lacks clock err
	# Nothing was spent.
	between_does through
	freshtoken refresh between
}

proof_is_replayed() {
	freshtoken refresh between
	# This service says no more of it than of a refresh token that is dead. Once is not enough.
	between_does once
	freshtoken refresh between
	equal fresh "$(verdict between)"
	between_does replay
	expect_status 4 freshtoken refresh between 2>err
	contains 'refused the refresh token: HTTP 400: invalid_grant; the service says so about a second proof too (DPoP' err
	contains 'look for a proxy in between that sends requests twice' err
	contains 'run: freshtoken login between' err
	openid_admin last-request >request
	contains grant_type=refresh_token request
	# It was the proof alone, and nobody has to say so: after a while the service is asked again.
	between_does through
	contains '"verdict":"needs-login"' "$(record between)"
	sed -i 's/"cooldown":[0-9]*/"cooldown":1/; s/"lifetime":[0-9]*/"lifetime":1/' \
		"$(record between)"
	openid_admin reset-counters >/dev/null
	freshtoken token between >/dev/null
	equal 1 "$(openid_count refresh_token.granted)"
	equal fresh "$(verdict between)"
}

# The first of two copies is granted, and its answer lost: that nobody can mend. It is said why.
requests_arrive_twice() {
	device_sign_in between
	between_does twice
	expect_status 4 freshtoken refresh between 2>err
	contains 'look for a proxy in between that sends requests twice' err
	between_does through
	device_sign_in between
	freshtoken refresh between
}

# In words, as Keycloak has them: a service's refusal of the proof is none of the refresh token, for
# which nothing else is asked about it.
refusal_in_words() {
	openid_admin fault error=invalid_request "says=DPoP proof has already been used" \
		grant=refresh_token times=9 >/dev/null
	openid_admin reset-counters >/dev/null
	expect_status 5 freshtoken refresh between 2>err
	contains "the service has seen this request's proof (DPoP, RFC 9449) before" err
	contains 'have the proxy in between send each request only once; the sign-in is not over' err
	equal 1 "$(openid_count refresh_token.requests)"
	contains '"verdict":"unreachable"' "$(record between)"
	openid_admin fault >/dev/null
	freshtoken refresh between
}

if command -v python3 >/dev/null; then
	start_between
	test_case 'a proof that arrives at another address is refused, with the reason' \
		address_is_changed
	test_case 'a proof that arrives twice is refused; the sign-in continues with the next' \
		proof_is_replayed
	test_case 'a request that arrives twice is refused the second time, with the reason' \
		requests_arrive_twice
	test_case 'a replay that the service names never ends a sign-in' refusal_in_words
else
	test_skip 'proofs that are changed on their way' 'no python3'
fi

start_openid --interval 1 --offline always --dpop nonce
account strict "server=$OPENID" client_id=bound dpop=yes
account strict-jwt "server=$OPENID" client_id=jwt dpop=yes client_auth=private_key_jwt \
	"client_secret_file=$OPENID_KEYS/jwt-es256.pem"

nonce_is_asked_for() {	# NAME
	openid_admin reset-counters >/dev/null
	freshtoken login "$1" --browser 2>err
	contains 'signed in as alice' err
	equal "2 1" "$(openid_count authorization_code.requests) $(openid_count authorization_code.granted)"
	contains '"dpop_nonce":"' "$XDG_STATE_HOME/freshtoken/$1.metadata"
	# It is remembered …
	freshtoken refresh "$1"
	equal "1 1" "$(openid_count refresh_token.requests) $(openid_count refresh_token.granted)"
	# … and one that is too old, or lost, is asked for again, in the same exchange.
	sed -i 's/"dpop_nonce":"[^"]*"/"dpop_nonce":"old"/' "$XDG_STATE_HOME/freshtoken/$1.metadata"
	freshtoken refresh "$1"
	equal "3 2" "$(openid_count refresh_token.requests) $(openid_count refresh_token.granted)"
	rm "$XDG_STATE_HOME/freshtoken/$1.metadata"
	freshtoken refresh "$1"
	equal "5 3" "$(openid_count refresh_token.requests) $(openid_count refresh_token.granted)"
	equal fresh "$(verdict "$1")"
	freshtoken logout "$1" 2>err
	contains "its tokens are revoked" err
}
test_case 'a required nonce: the same exchange, and the refresh token is not spent' \
	nonce_is_asked_for strict
test_case 'the same with a client assertion, which is a new one' nonce_is_asked_for strict-jwt

make_certificates
start_openid --interval 1 --offline always --dpop nonce --tls-cert "$T/.tls/server.pem" \
	--tls-key "$T/.tls/server.key"
account tls "server=$OPENID" client_id=bound dpop=yes "ca_file=$CA_FILE"
test_case 'over TLS too' nonce_is_asked_for tls
test_done
