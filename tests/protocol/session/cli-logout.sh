#!/bin/bash
# SPDX-License-Identifier: MIT
# Signing out: tokens are revoked if the service can, the result is reported, and they are always
# forgotten.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl pgrep
start_token_service
STATE=$XDG_STATE_HOME/freshtoken

# gone NAME - nothing of a sign-in is left here
gone() {
	equal signed-out "$(verdict "$1")"
	equal "" "$(find "$STATE" -name "$1[.~]*" ! -name "$1.lock" ! -name "$1.metadata")"
}

# refresh_refused NAME TOKEN - the service takes the refresh token no longer
refresh_refused() {
	curl -qsS --noproxy '*' -m 20 "$TS/$1/oauth/token" -d grant_type=refresh_token \
		--data-urlencode "refresh_token=$2" >answer
	contains invalid_grant answer
}

# keep_tokens NAME - sets refresh and access, the newest that the service issued
keep_tokens() {
	ts tokens "$1" >"$1.kept"
	refresh=$(field refresh_token "$1.kept")
	access=$(field access_token "$1.kept")
}

running() {
	[ "$(ts_count "$1" running)" = 1 ]
}

# --- what services answer -----------------------------------------------------------------

both_tokens_revoked() {
	new_account both oauth2 username=bot
	keep_tokens both
	freshtoken logout both >out 2>err
	empty out
	same_text "freshtoken: account both: signed out; its tokens are revoked, and the service calls them active no longer" err
	gone both
	equal 2 "$(ts_count both revocations)"
	is_bad both "$access"
	refresh_refused both "$refresh"
	freshtoken logout both >out 2>err
	same_text "freshtoken: account both: nobody was signed in" err
	equal 2 "$(ts_count both revocations)"
}
test_case 'both tokens are revoked, the refresh token first' both_tokens_revoked

another_client_by_now() {
	new_account renamed oauth2 client_id=before "token_file=$T/renamed"
	keep_tokens renamed
	[ -e renamed ]
	sed -i 's/^client_id = before$/client_id = after/' "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	ts reset-counters renamed
	expect_status 1 freshtoken logout renamed >out 2>err
	empty out
	contains 'the sign-in is deleted on this host, but not revoked: ' err
	contains client_id err
	no_secret err renamed
	gone renamed
	must_fail test -e renamed
	# Another client's tokens are shown to nobody.
	equal "0 0" "$(ts_count renamed revocations) $(ts_count renamed refreshes)"
	is_good renamed "$access"
}
test_case 'a changed client_id: nothing is sent, everything is forgotten, and the message says so' \
	another_client_by_now

refresh_token_not_revoked() {
	new_account one oauth2
	keep_tokens one
	ts fault one fault=error:invalid_client:401 at=revoke
	expect_status 1 freshtoken logout one >out 2>err
	empty out
	same_text "freshtoken: account one: the sign-in is deleted on this host; the refresh token is not revoked: HTTP 401: invalid_client; the service does not accept this client; check client_id, client_auth and client_secret_file or client_cert_file; the access token is revoked, and no longer active; end the session at the service where that matters" err
	gone one
	is_bad one "$access"
}
test_case 'a refresh token that is not revoked: named, with the reason and what to do' \
	refresh_token_not_revoked

neither_revoked() {
	new_account none oauth2
	ts fault none fault=503:100 at=revoke times=-1
	expect_status 1 freshtoken logout none >out 2>err
	empty out
	same_text "freshtoken: account none: the sign-in is deleted on this host, but not revoked: HTTP 503; end the session at the service where that matters" err
	gone none
	no_secret err none
	equal "2 0" "$(ts_count none faults) $(ts_count none revocations)"
}
test_case 'neither is revoked: one reason, one line' neither_revoked

service_busy_for_moment_asked() {
	new_account busy oauth2
	ts fault busy fault=503:1 at=revoke
	ts fault busy fault=429:1 at=revoke
	freshtoken logout busy 2>err
	contains "its tokens are revoked" err
	equal "2 2" "$(ts_count busy faults) $(ts_count busy revocations)"
}
test_case 'a service that is busy for a moment is asked again' service_busy_for_moment_asked

access_token_only_ends() {
	new_account type oauth2
	keep_tokens type
	ts fault type fault=status:200 at=revoke spend=yes
	ts fault type fault=error:unsupported_token_type at=revoke
	freshtoken logout type >out 2>err
	grep -qxE "freshtoken: account type: signed out; the refresh token is revoked, and no longer active; the access token cannot be revoked there, it ends by itself in (59|60) min" err
	gone type
	refresh_refused type "$refresh"
}
test_case 'an access token that only expires is not a failure' access_token_only_ends

service_without_revocation() {
	new_account plain oauth2 -- "without=revoke authorize"
	freshtoken logout plain >out 2>err
	same_text "freshtoken: account plain: the sign-in is deleted on this host; its service has no way to revoke the tokens, they end by themselves" err
	gone plain
	new_account vendor kirjaswappi
	freshtoken logout vendor 2>err
	contains "has no way to revoke" err
	gone vendor
}
test_case 'a service without revocation: reported, and successful' service_without_revocation

access_token_has_expired() {
	new_account old oauth2 -- lifetime=1
	let_expire old
	freshtoken logout old 2>err
	contains "its tokens are revoked" err
	equal 1 "$(ts_count old revocations)"
}
test_case 'an access token that has expired is not sent' access_token_has_expired

web_page_no_revocation() {
	new_account portal oauth2
	ts fault portal fault=html:200 at=revoke times=-1
	expect_status 1 freshtoken logout portal 2>err
	contains "not revoked: HTTP 200 with a web page" err
	gone portal
}
test_case 'a web page is no revocation, whatever its status' web_page_no_revocation

redirect_not_followed() {
	new_account moved oauth2
	new_account lure oauth2
	ts fault moved fault=redirect:307 "url=$TS/lure/oauth/revoke" at=revoke times=-1
	expect_status 1 freshtoken logout moved 2>err
	contains "a redirect, which is never followed" err
	equal 0 "$(ts_count lure revocations)"
}
test_case 'a redirect is not followed' redirect_not_followed

discovery_fails_now() {
	new_account lost oauth2
	rm "$STATE/lost.metadata"
	ts fault lost fault=503 at=discovery times=-1
	expect_status 1 freshtoken logout lost 2>err
	contains "deleted on this host, but not revoked: $TS/lost: discovery: the service is out of order" err
	gone lost
}
test_case 'discovery fails: not revoked, with the reason' discovery_fails_now

revocation_of_vendor_by_profile() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	sed "s|^endpoint = revocation_endpoint|path = /oauth/revoke|; s|^discover = .*||; /^\[refresh\]/,/^\[/s|^endpoint = .*|path = /oauth/token|" \
		"$FT_SRCDIR/lib/providers/oauth2.conf" \
		>"$XDG_CONFIG_HOME/freshtoken/providers/own.conf"
	ts create own >tokens
	account own provider=own "server=$TS/own"
	field refresh_token tokens | freshtoken login own --token
	keep_tokens own
	freshtoken logout own >out 2>err
	grep -qE "signed out; the refresh token is revoked, says the service; the access token cannot be revoked there, it ends by itself in (59|60) min$" err
	refresh_refused own "$refresh"
	equal "1 0" "$(ts_count own revocations) $(ts_count own discoveries)"
}
test_case 'a revocation of a vendor by its profile' revocation_of_vendor_by_profile

# --- what is asked, what is confirmed --------------------------------------------------------

asked_whether_it_active() {
	new_account asked oauth2
	freshtoken logout asked 2>err
	contains "its tokens are revoked, and the service calls them active no longer" err
	equal "2 4" "$(ts_count asked revocations) $(ts_count asked introspections)"
}
test_case 'introspection before and after, for the refresh token and the access token' \
	asked_whether_it_active

service_does_not_tell() {
	n=0
	for how in "without=introspect authorize" "" ""; do
		name=word$((++n))
		new_account $name oauth2 -- ${how:+"$how"}
		# It refuses this client, or calls active nothing of its.
		[ $n != 2 ] || ts fault $name fault=error:invalid_client:401 at=introspect times=-1
		[ $n != 3 ] || ts fault $name fault=inactive at=introspect times=-1
		freshtoken logout $name 2>err
		same_text "freshtoken: account $name: signed out; the service says that its tokens are revoked" err
		gone $name
		equal 2 "$(ts_count $name revocations)"
	done
}
test_case 'a service without introspection: only its answer counts' service_does_not_tell

service_answers_and_revokes() {
	new_account lazy oauth2 -- revocation=never
	expect_status 1 freshtoken logout lazy 2>err
	same_text "freshtoken: account lazy: the sign-in is deleted on this host, but not revoked: the service answered that it is revoked, but still calls it active; end the session at the service where that matters" err
	gone lazy
}
test_case 'a service that answers 200 and revokes nothing is detected' service_answers_and_revokes

service_hangs_when_it_asked() {
	new_account hangs oauth2
	ts fault hangs fault=hang at=introspect times=-1
	freshtoken logout hangs 2>err
	contains "the service says that its tokens are revoked" err
	equal "2 1" "$(ts_count hangs revocations) $(ts_count hangs faults)"
}
test_case 'a service that hangs at introspection: still revoked' \
	service_hangs_when_it_asked

signin_service_has_ended_already() {
	for code in invalid_grant invalid_token:401 invalid_grant:200; do
		name=ended-${code//[_:]/-}
		new_account $name oauth2
		ts fault $name fault=error:$code at=revoke times=-1
		freshtoken logout $name 2>err
		same_text "freshtoken: account $name: signed out; the sign-in had ended already, says the service" err
		gone $name
	done
	new_account one-ended oauth2
	ts fault one-ended fault=error:invalid_grant at=revoke
	freshtoken logout one-ended 2>err
	same_text "freshtoken: account one-ended: signed out; the refresh token had ended already; the access token is revoked, and no longer active" err
	new_account no-end oauth2
	ts fault no-end fault=error:invalid_request at=revoke times=-1
	expect_status 1 freshtoken logout no-end 2>err
	contains "but not revoked: HTTP 400: invalid_request" err
}
test_case 'a sign-in that had ended at the service: nothing to revoke, and successful' \
	signin_service_has_ended_already

# Doorkeeper before 5.8.1 answers 200 and revokes nothing where the access token has expired.
mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
sed 's/^endpoint = revocation_endpoint/&\nrefresh_first = yes/' \
	"$FT_SRCDIR/lib/providers/oauth2.conf" \
	>"$XDG_CONFIG_HOME/freshtoken/providers/first.conf"

# doorkeeper NAME PROVIDER [OPTION=VALUE…] - a sign-in whose access token has expired
doorkeeper() {
	local name=$1 provider=$2

	shift 2
	ts create "$name" revocation=doorkeeper lifetime=1 "$@" >/dev/null
	account "$name" "provider=$provider" "server=$TS/$name" "match=$name.example.com"
	sign_in "$name"
	let_expire "$name"
	keep_tokens "$name"
}

refresh_first() {
	doorkeeper first first
	ts set first lifetime=3600
	freshtoken logout first 2>err
	same_text "freshtoken: account first: signed out; its tokens are revoked, and the service calls them active no longer" err
	gone first
	refresh_refused first "$refresh"
	keep_tokens first
	refresh_refused first "$refresh"
	is_bad first "$access"
	equal "2 2" "$(ts_count first refreshes) $(ts_count first revocations)"
}
test_case 'refresh_first: after the access token has expired, refreshed and then revoked' \
	refresh_first

# Without refresh_first it is introspection that gives it away.
called_inactive() {
	doorkeeper bare oauth2
	ts set bare lifetime=3600
	freshtoken logout bare 2>err
	same_text "freshtoken: account bare: signed out; its tokens are revoked, and the service calls them active no longer" err
	refresh_refused bare "$refresh"
	keep_tokens bare
	refresh_refused bare "$refresh"
	is_bad bare "$access"
	equal "2 2" "$(ts_count bare refreshes) $(ts_count bare revocations)"
}
test_case 'an expired access token, and a refresh token that is called inactive: refreshed, then revoked' \
	called_inactive

# Doorkeeper takes the refresh token before the last until the access token that came with that is used.
successor_is_used() {
	doorkeeper used first
	ts set used lifetime=3600
	ts fault used fault=error:invalid_token:401 at=userinfo
	freshtoken logout used 2>err
	same_text "freshtoken: account used: signed out; its tokens are revoked, and the service calls them active no longer" err
	equal "1 2" "$(ts_count used faults) $(ts_count used revocations)"
}
test_case 'refresh_first: the new access token is used, which ends the refresh token before' \
	successor_is_used

called_inactive_and_is() {
	doorkeeper over oauth2
	ts revoke-family over
	freshtoken logout over 2>err
	same_text "freshtoken: account over: signed out; the sign-in had ended already, says the service" err
	equal 0 "$(ts_count over revocations)"
	doorkeeper unclear oauth2
	ts fault unclear fault=status:403
	freshtoken logout unclear 2>err
	same_text "freshtoken: account unclear: signed out; the service says that its tokens are revoked" err
}
test_case 'called inactive, and it is; or the state is unknown' called_inactive_and_is

refresh_first_while_access_token_lives() {
	ts create living revocation=doorkeeper >/dev/null
	account living provider=first "server=$TS/living" match=living.example.com
	sign_in living
	freshtoken logout living 2>err
	contains "and the service calls them active no longer" err
	equal "1 2" "$(ts_count living refreshes) $(ts_count living revocations)"
}
test_case 'refresh_first: while the access token is valid nothing is refreshed' \
	refresh_first_while_access_token_lives

refresh_first_dead_signin_needs() {
	doorkeeper dead first
	ts revoke-family dead
	freshtoken logout dead 2>err
	same_text "freshtoken: account dead: signed out; the sign-in had ended already, says the service" err
	gone dead
	equal 0 "$(ts_count dead revocations)"
}
test_case 'refresh_first: a sign-in that has ended is not revoked' refresh_first_dead_signin_needs

refresh_first_refresh_fails_leaves() {
	doorkeeper fails first
	ts fault fails fault=status:403
	expect_status 1 freshtoken logout fails 2>err
	contains "but not revoked: the service revokes nothing after the access token has expired, and the refresh for that failed: " err
	contains "HTTP 403" err
	gone fails
	equal 1 "$(ts_count fails revocations)"
}
test_case 'refresh_first: after a failed refresh the service'\''s answer is not trusted' \
	refresh_first_refresh_fails_leaves

refresh_first_cut_off_after_refresh() {
	doorkeeper cut-first first
	ts set cut-first lifetime=3600
	ts fault cut-first fault=hold at=revoke
	freshtoken logout cut-first 2>/dev/null &
	pid=$!
	eventually 20 running cut-first
	kill -KILL "$pid"
	wait "$pid" || :
	ts release cut-first >/dev/null
	keep_tokens cut-first
	freshtoken logout cut-first 2>err
	contains "its tokens are revoked" err
	refresh_refused cut-first "$refresh"
	gone cut-first
}
test_case 'refresh_first: killed after the refresh, and finished by signing out again' \
	refresh_first_cut_off_after_refresh

# --- where nothing can be asked ---------------------------------------------------------------

service_not_there() {
	first=$TS
	start_token_service
	new_account away oauth2
	stop_pid "$TS_PID"
	expect_status 1 freshtoken logout away >out 2>err
	equal 1 "$(wc -l <err)"
	contains "deleted on this host, but not revoked: " err
	contains "end the session at the service where that matters" err
	TS=$first
	gone away
}
test_case 'an unreachable service: forgotten, with the reason why not revoked' service_not_there

service_never_answers() {
	new_account hung oauth2
	impatient hung
	ts fault hung fault=hang at=revoke times=-1
	expect_status 1 freshtoken logout hung 2>err
	contains "but not revoked" err
	equal 1 "$(ts_count hung faults)"
	gone hung
}
test_case 'a service that never answers: the wait ends, and the other token is not tried' \
	service_never_answers

another_server_than_of_signin() {
	new_account edited oauth2
	ts create elsewhere >/dev/null
	sed -i "s|$TS/edited\$|$TS/elsewhere|" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	expect_status 1 freshtoken logout edited 2>err
	contains "but not revoked: the sign-in was made with server = $TS/edited" err
	lacks "run: freshtoken login" err
	gone edited
	equal "0 0" "$(ts_count elsewhere requests) $(ts_count edited revocations)"
}
test_case 'a server other than that of the sign-in gets nothing' another_server_than_of_signin

record_cannot_be_read() {
	new_account bad oauth2
	echo "{garbage" >"$(record bad)"
	expect_status 1 freshtoken logout bad 2>err
	contains "but not revoked: " err
	gone bad
	new_account profile oauth2
	sed -i "/^\[account profile\]/,\$s/^provider = .*/provider = absent/" \
		"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	expect_status 1 freshtoken logout profile 2>err
	contains "but not revoked: " err
	contains absent.conf err
	[ ! -e "$(record profile)" ]
	sed -i "/^\[account profile\]/,\$d" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}
test_case 'an unreadable record, a missing profile' record_cannot_be_read

transport_ends_at_once_takes() {
	new_account broken oauth2
	# Longer than what a pipe holds.
	sed -i "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"$(head -c 40000 /dev/zero |
		tr "\0" +)\"/" "$(record broken)"
	cp -a "$FT_STAGE" stage
	printf "#!/bin/sh\n" >"stage${FT_LIBEXEC#"$FT_STAGE"}/freshtoken-transport"
	expect_status 1 "stage${FT_BIN#"$FT_STAGE"}/freshtoken" logout broken 2>err
	contains "but not revoked: " err
	gone broken
}
test_case 'a transport that ends at once does not end its caller' transport_ends_at_once_takes

where_nothing_can_be_removed() {
	new_account fixed oauth2
	mv "$(record fixed)" aside
	mkdir "$(record fixed)"
	expect_status 1 freshtoken logout fixed 2>err
	contains "$(record fixed)" err
	lacks "deleted on this host;" err
	rmdir "$(record fixed)"
}
test_case 'a read-only state folder is an error' where_nothing_can_be_removed

# --- others at the same time, and whoever is killed ----------------------------------------------

refresh_in_flight_awaited() {
	new_account flight oauth2
	ts fault flight fault=hold
	freshtoken refresh flight 2>/dev/null &
	eventually 20 running flight
	freshtoken logout flight 2>err &
	pid=$!
	nap 0.2
	kill -0 "$pid"
	equal 0 "$(ts_count flight revocations)"
	ts release flight >/dev/null
	wait "$pid"
	contains "its tokens are revoked" err
	keep_tokens flight
	equal "2 0" "$(ts_count flight refreshes) $(ts_count flight reuses)"
	is_bad flight "$access"
	refresh_refused flight "$refresh"
	gone flight
}
test_case 'a running refresh is waited for, and its tokens are revoked' refresh_in_flight_awaited

answer_killed_refresh_has_left() {
	name=left$$
	new_account "$name" oauth2
	ts fault "$name" fault=hold spend=yes
	freshtoken refresh "$name" 2>/dev/null &
	caller=$!
	eventually 20 running "$name"
	kill -KILL "$caller" $(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $name ")
	ts release "$name" >/dev/null
	freshtoken logout "$name" 2>err
	contains "its tokens are revoked" err
	keep_tokens "$name"
	refresh_refused "$name" "$refresh"
	equal "2 0" "$(ts_count "$name" refreshes) $(ts_count "$name" reuses)"
	gone "$name"
}
test_case 'an answer of a killed refresh: the newest refresh token is revoked' \
	answer_killed_refresh_has_left

refresh_whose_end_nobody_knows() {
	new_account doubt oauth2
	ts fault doubt fault=reset-after
	expect_status 5 freshtoken refresh doubt 2>/dev/null
	expect_status 1 freshtoken logout doubt 2>err
	contains "the refresh token is not revoked: a refresh that was cut off at 20" err
	contains "the access token is revoked" err
	gone doubt
}
test_case 'a refresh with an unknown result: not reported as revoked' \
	refresh_whose_end_nobody_knows

crowd_asks_while_somebody_signs() {
	new_account crowd oauth2 -- lifetime=1
	let_expire crowd
	for ((i = 0; i < 30; i++)); do
		git_says get crowd >/dev/null 2>&1 &
		[ $i != 10 ] || freshtoken logout crowd 2>err &
	done
	wait
	contains "its tokens are revoked" err
	keep_tokens crowd
	refresh_refused crowd "$refresh"
	gone crowd
}
test_case 'many requests during a sign-out: the sign-in does not return' \
	crowd_asks_while_somebody_signs

cut_off_by_signal() {
	name=cut$signal
	new_account $name oauth2 timeout=60s
	keep_tokens $name
	ts fault $name fault=hold at=revoke
	set -m
	freshtoken logout $name 2>/dev/null &
	pid=$!
	set +m
	eventually 20 running $name
	kill -$signal -- -$pid
	must_status=0
	wait "$pid" || must_status=$?
	[ "$must_status" -gt 128 ]
	# The tokens are still there, for nobody but who signs out.
	equal needs-login "$(verdict $name)"
	freshtoken status $name --json >out
	contains "a sign-out that began at 20" out
	git_says get $name >out 2>err
	same_text quit=1 out
	contains "a sign-out that began at 20" err
	contains "$refresh" "$(record $name)"
	ts release $name >/dev/null
	freshtoken logout $name 2>err
	contains "its tokens are revoked" err
	is_bad $name "$access"
	refresh_refused $name "$refresh"
	gone $name
}

for signal in INT KILL; do
	test_case "ended by SIG$signal: nothing is handed out any more, and signing out again finishes it" \
		cut_off_by_signal
done
cut_off_and_signing_in_again() {
	new_account again oauth2 timeout=60s
	ts fault again fault=hold at=revoke
	freshtoken logout again 2>/dev/null &
	pid=$!
	eventually 20 running again
	kill -KILL "$pid"
	wait "$pid" || :
	ts release again >/dev/null
	ts login again >/dev/null
	sign_in again
	is_good again "$(git_token again)"
}
test_case 'ended, and signing in again works' cut_off_and_signing_in_again

if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	on_terminal_something_happens() {
		new_account seen oauth2
		TERM=xterm script -qefc "stty cols 80; freshtoken logout seen" /dev/null \
			</dev/null | tr -d "\r" >screen
		contains "account seen: revoking its tokens" screen
		grep -qE "$(printf "\033")\[Kfreshtoken: account seen: signed out; its tokens are revoked, and the service calls them active no longer\$" screen
	}
	test_case 'on a terminal: progress is shown if it takes long, and erased at the end' \
		on_terminal_something_happens
else
	test_skip 'on a terminal' 'no script(1) on this machine'
fi

# --- a real provider ------------------------------------------------------------------------------

if have_openid; then
	start_openid --interval 1 --offline always
	account real "server=$OPENID" client_id=cli
	account git "server=$OPENID" client_id=cli resource=https://git.example.com
	account basic "server=$OPENID" client_id=basic client_auth=basic \
		"client_secret_file=$T/wrong"

	real_provider() {
		device_sign_in real
		openid_admin tokens account=alice >tokens
		access=$(field access_token tokens) refresh=$(field refresh_token tokens)
		equal 204 "$(curl -qsS --noproxy "*" -o /dev/null -w "%{http_code}" -u "x:$access" \
			"$OPENID/_auth/any")"
		freshtoken logout real 2>err
		same_text "freshtoken: account real: signed out; its tokens are revoked, and the service calls them active no longer" err
		gone real
		equal "2 0" "$(openid_count revocation.granted) $(openid_count revocation.refused)"
		equal 401 "$(curl -qsS --noproxy "*" -o /dev/null -w "%{http_code}" -u "x:$access" \
			"$OPENID/_auth/any")"
		curl -qsS --noproxy "*" "$OPENID/token" -d client_id=cli -d \
			grant_type=refresh_token \
			--data-urlencode "refresh_token=$refresh" >answer
		contains invalid_grant answer
	}
	test_case 'a real provider: revoked there' real_provider

	real_provider_access_token_jwt() {
		device_sign_in git
		freshtoken logout git 2>err
		grep -qE "signed out; the service says that its tokens are revoked; the access token is a JWT, which a server that does not ask the service may take for another (59|60) min$" err
		gone git
	}
	test_case 'a real provider: an access token that is a JWT may outlive its revocation' \
		real_provider_access_token_jwt

	real_provider_client() {
		printf basic-secret >wrong
		device_sign_in basic
		printf other >wrong
		expect_status 1 freshtoken logout basic 2>err
		contains "not revoked: HTTP 401: invalid_client" err
		contains "check client_id, client_auth and client_secret_file" err
		gone basic
	}
	test_case 'a real provider: a client that it does not accept is reported' real_provider_client
else
	test_skip 'a real provider' 'no oidc-provider'
fi
test_done
