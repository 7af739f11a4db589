#!/bin/bash
# SPDX-License-Identifier: MIT
# Accounts that get their tokens from another account's sign-in (RFC 8693): one exchange for all
# programs.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl pgrep
start_token_service
STATE=$XDG_STATE_HOME/freshtoken
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# derived NAME SOURCE [KEY=VALUE…] - an account at SOURCE's tenant, with its tokens from there
derived() {
	local name=$1 source=$2

	shift 2
	account "$name" "server=$TS/$source" "from=$source" "match=$name.example.com" "$@"
}

# set_key NAME KEY VALUE - of an account that has the key
set_key() {
	sed -i "/^\[account $1\]/,/^\[/s|^$2 = .*|$2 = $3|" "$CONF"
}

# exchanged SOURCE - "EXCHANGES REFRESHES REFUSED" as its tenant counts
exchanged() {
	echo "$(ts_count "$1" token_exchanges) $(ts_count "$1" refreshes) $(ts_count "$1" refused)"
}

# either NAME - what one of the two protocols says
either() {
	if [ $((RANDOM % 2)) = 0 ]; then
		git_says get "$1"
	else
		echo "$1.example.com" | docker-credential-freshtoken get
	fi
}

running() {
	[ "$(ts_count "$1" running)" = 1 ]
}

# --- getting one ---------------------------------------------------------------------------

token_of_own() {
	new_account work oauth2
	derived git work audience=git.example.com "scope=read write" \
		resource=https://git.example.com
	token=$(git_token git)
	is_good work "$token"
	must_fail equal "$token" "$(freshtoken token work)"
	equal "1 1 0" "$(exchanged work)"
	ts last-request work >request
	contains "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" request
	contains "subject_token=$(freshtoken token work)" request
	contains "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token" \
		request
	contains "audience=git.example.com" request
	contains "resource=https%3A%2F%2Fgit.example.com" request
	contains "scope=read%20write" request
}
test_case 'its own token, for the configured account' token_of_own

kept_for_git_docker_and_you() {
	token=$(git_token git)
	equal "$token" "$(docker_token git)"
	equal "$token" "$(freshtoken token git)"
	freshtoken refresh git --due
	equal "1 1 0" "$(exchanged work)"
	freshtoken refresh git
	equal "2 1 0" "$(exchanged work)"
	must_fail equal "$token" "$(git_token git)"
}
test_case 'it is stored, for git and docker and you' kept_for_git_docker_and_you

no_refresh_token() {
	lacks "\"refresh_token\"" "$(record git)"
	lacks journal "$(record git)"
}
test_case 'no refresh token is stored for it, even if the service issues one' no_refresh_token

status_fresh_with_token() {
	equal fresh "$(verdict git)"
	derived later work audience=later
	equal refreshable "$(verdict later)"
	freshtoken status later >out
	equal "later refreshable - -" "$(cut -f 1-4 out | tr "\t" " ")"
	grow_old git 4000
	equal refreshable "$(verdict git)"
	equal 0 "$(ts_count work introspections)"
}
test_case 'status: fresh with a token, refreshable without one' status_fresh_with_token

server_rejects_it_early() {
	git_says get git "capability[]=state" >first
	generation=$(sed -n "s/^state\[\]=freshtoken://p" first)
	before=$(ts_count work token_exchanges)
	git_says get git "capability[]=authtype" "capability[]=state" \
		"wwwauth[]=Basic realm=\"x\"" \
		"state[]=freshtoken:$generation" >second
	lacks "$(sed -n "s/^password=//p" first)" second
	equal $((before + 1)) "$(ts_count work token_exchanges)"
	equal 1 "$(ts_count work refreshes)"
}
test_case 'a server refuses it early: another one, within the same command' \
	server_rejects_it_early

erase_of_git() {
	new_account erase oauth2
	derived erased erase
	token=$(git_token erased)
	git_says erase erased username=oauth2 "password=$token"
	must_fail equal "$token" "$(git_token erased)"
	equal "2 1 0" "$(exchanged erase)"
}
test_case 'an erase of git: the next token is another one' erase_of_git

# --- crowds and kills ------------------------------------------------------------------------

callers_and_nothing_cached() {
	new_account crowd oauth2
	derived many crowd audience=many wait=120s
	ts fault crowd fault=delay:500 at=exchange
	for ((i = 0; i < 200; i++)); do
		either many >"out.$i" 2>&1 &
	done
	wait
	equal "1 1 0" "$(exchanged crowd)"
	token=$(freshtoken token many)
	for ((i = 0; i < 200; i++)); do contains "$token" "out.$i"; done
}
test_case '200 callers without a cached token: one exchange, no refresh' callers_and_nothing_cached

callers_and_source_has_expired() {
	new_account both oauth2 wait=120s
	derived one both audience=one wait=120s
	derived two both audience=two wait=120s
	git_token one
	git_token two
	grow_old both 4000
	grow_old one 4000
	grow_old two 4000
	ts reset-counters both
	for ((i = 0; i < 200; i++)); do
		if [ $((i % 2)) = 0 ]; then either one; else either two; fi >"out.$i" 2>&1 &
	done
	wait
	equal "2 1 0" "$(exchanged both)"
	equal 0 "$(ts_count both reuses)"
	one=$(freshtoken token one) two=$(freshtoken token two)
	for ((i = 0; i < 200; i += 2)); do contains "$one" "out.$i"; done
	for ((i = 1; i < 200; i += 2)); do contains "$two" "out.$i"; done
}
test_case '200 callers, and the source has expired too: one exchange, one refresh' \
	callers_and_source_has_expired

soon_to_expire() {
	new_account soon oauth2
	derived ahead soon
	token=$(git_token ahead)
	grow_old ahead 3450
	ts fault soon fault=hold at=exchange
	for ((i = 0; i < 50; i++)); do either ahead >"out.$i" 2>&1 & done
	wait
	for ((i = 0; i < 50; i++)); do contains "$token" "out.$i"; done
	eventually 20 running soon
	ts release soon >/dev/null
	renewed() { [ "$(exchanged soon)" = "2 1 0" ] &&
		[ "$(freshtoken token ahead)" != "$token" ]; }
	eventually 20 renewed
}
test_case 'about to expire: handed out, and exchanged in the background' soon_to_expire

caller_gives_up() {
	new_account slow oauth2
	derived patient slow wait=1s
	ts fault slow fault=hold at=exchange
	expect_status 5 freshtoken token patient 2>err
	contains "goes on in the background" err
	ts release slow
	fresh() { [ "$(verdict patient)" = fresh ]; }
	eventually 20 fresh
	equal "1 1 0" "$(exchanged slow)"
}
test_case 'the caller gives up, the exchange continues' caller_gives_up

name=killed$$
killed_in_middle() {
	new_account "source$name" oauth2 wait=60s
	derived "$name" "source$name" wait=60s
	ts fault "source$name" fault=delay:15 at=exchange times=-1
	for ((i = 0; i < 30; i++)); do
		[ ! -e "$(record "$name")" ] || grow_old "$name" 4000
		git_says get "$name" >/dev/null 2>&1 &
		caller=$!
		nap "0.0$(printf %02d $((RANDOM % 40)))"
		for pid in $(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $name "); do
			kill -KILL "$pid" 2>/dev/null || :
		done
		[ $((i % 3)) != 0 ] || kill -KILL "$caller" 2>/dev/null || :
		wait "$caller" 2>/dev/null || :
		is_good "source$name" "$(git_token "$name")"
	done
	equal "1 0" "$(ts_count "source$name" refreshes) $(ts_count "source$name" reuses)"
	lacks journal "$(record "$name")"
	equal "" "$(find "$STATE" -name "*~*")"
}
test_case 'killed in the middle, 30 times: the next caller is served' killed_in_middle

killed_while_transport_waits() {
	ts fault "source$name" fault=none
	grow_old "$name" 4000
	ts fault "source$name" fault=hold at=exchange
	git_says get "$name" >/dev/null 2>&1 &
	caller=$!
	eventually 20 running "source$name"
	kill -KILL "$caller" $(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $name ")
	is_good "source$name" "$(git_token "$name")"
	ts release "source$name" >/dev/null
}
test_case 'killed while its transport waits for an answer: the next caller does not wait for that' \
	killed_while_transport_waits

source_rotates_while_tokens() {
	new_account rotate oauth2 wait=60s -- lifetime=2 exchange_lifetime=1
	derived quick rotate wait=60s
	end=$((SECONDS + 6))
	while [ "$SECONDS" -lt "$end" ]; do
		for ((i = 0; i < 5; i++)); do git_says get quick >/dev/null & done
		freshtoken token rotate >/dev/null
		wait
	done
	equal "0 0" "$(ts_count rotate reuses) $(ts_count rotate refused)"
}
test_case 'a source that rotates while tokens are exchanged: no refresh token is spent twice' \
	source_rotates_while_tokens

chains_each_of_own() {
	new_account first oauth2
	derived second first audience=second
	account third "server=$TS/first" from=second audience=third match=third.example.com
	token=$(git_token third)
	is_good first "$token"
	equal "2 1 0" "$(exchanged first)"
	ts last-request first >request
	contains "subject_token=$(freshtoken token second)" request
	contains "audience=third" request
}
test_case 'chains: each account has its own token, with one refresh' chains_each_of_own

chain_from_a_variable() {
	ts create jobs >/dev/null
	account jobmid "server=$TS/jobs" from=env:JOB_TOKEN audience=middle
	derived jobend jobmid audience=last
	sed -i "s|^server = $TS/jobmid\$|server = $TS/jobs|" "$CONF"
	one=$(newest jobs)
	ts login jobs >/dev/null
	two=$(newest jobs)
	must_fail equal "$one" "$two"
	first=$(JOB_TOKEN=$one freshtoken token jobend)
	equal "$first" "$(JOB_TOKEN=$one freshtoken token jobend)"
	equal "$first" "$(freshtoken token jobend)"
	equal 2 "$(ts_count jobs token_exchanges)"
	must_fail equal "$first" "$(JOB_TOKEN=$two freshtoken token jobend)"
	equal 4 "$(ts_count jobs token_exchanges)"
	sed -i '/^\[account jobmid\]/,$d' "$CONF"
}
test_case 'a chain that begins with a variable: its tokens are not for another value' \
	chain_from_a_variable

# --- what it was made for ----------------------------------------------------------------------

another_audience() {
	new_account made oauth2
	derived for made audience=a resource=https://a.example.com scope=openid
	token=$(git_token for)
	for pair in audience=b resource=https://b.example.com scope=offline_access; do
		set_key for "${pair%%=*}" "${pair#*=}"
		equal refreshable "$(verdict for)"
		new=$(git_token for)
		must_fail equal "$token" "$new"
		equal "$new" "$(git_token for)"
		token=$new
	done
	equal "4 1 0" "$(exchanged made)"
	set_key for match "for.example.com, also.example.com"
	equal "$token" "$(git_token for)"
}
test_case 'another audience, resource or scope causes another token, other changes do not' another_audience

another_source() {
	new_account other oauth2
	new_account else oauth2
	derived moved other
	git_token moved
	set_key moved from else
	set_key moved server "$TS/else"
	is_good else "$(git_token moved)"
}
test_case 'another source: its token' another_source

signing_in_as_somebody_else() {
	new_account change oauth2 -- subject=alice
	derived changed change
	token=$(git_token changed)
	ts login change >/dev/null
	sign_in change
	new=$(git_token changed)
	must_fail equal "$token" "$new"
	is_good change "$new"
}
test_case 'signing in as another person: the earlier person'\''s token is not handed out' \
	signing_in_as_somebody_else

refresh_of_source_ends() {
	new_account keep oauth2
	derived kept keep
	token=$(git_token kept)
	freshtoken refresh keep
	equal "$token" "$(git_token kept)"
}
test_case 'a refresh of the source ends no token derived from it' refresh_of_source_ends

account_signed() {
	new_account own oauth2
	sed -i "/^\[account own\]/afrom = work" "$CONF"
	expect_status 1 freshtoken token own 2>err
	contains "a sign-in of its own is still stored" err
	contains "run: freshtoken logout own" err
	expect_status 1 freshtoken status own >out
	contains "a sign-in of its own is still stored" out
	freshtoken logout own >out 2>err || cat err
	[ ! -e "$(record own)" ]
	set_key own server "$TS/work"
	is_good work "$(freshtoken token own)"
}
test_case 'an account with a sign-in that gets a source keeps its sign-in until logout' \
	account_signed

account_loses_source_has() {
	sed -i "/^\[account own\]/,/^\[/{/^from = /d}" "$CONF"
	expect_status 4 freshtoken token own 2>err
	contains "the sign-in was made with from = work" err
	contains "run: freshtoken login own" err
	equal needs-login "$(verdict own)"
}
test_case 'an account that loses its source has to sign in' account_loses_source_has

damaged_record_only_token() {
	new_account whole oauth2
	derived torn whole
	git_token torn
	echo "{garbage" >"$(record torn)"
	equal refreshable "$(verdict torn)"
	is_good whole "$(git_token torn)"
	ls "$STATE" | grep "^torn.json~damaged-"
	rm "$STATE"/torn.json~damaged-*
}
test_case 'a damaged record only causes another exchange' damaged_record_only_token

# --- where the source is not signed in ----------------------------------------------------------

nobody_signed_in_at_source() {
	ts create absent >/dev/null
	account absent "server=$TS/absent"
	derived nothing absent
	account far "server=$TS/absent" from=nothing
	for name in nothing far; do
		expect_status 4 freshtoken token $name 2>err
		same_text "freshtoken: account $name: its tokens come from account absent: nobody has signed in; run: freshtoken login absent" err
		equal signed-out "$(verdict $name)"
		freshtoken status $name >out
		contains "run: freshtoken login absent" out
		for way in "" --device --token; do
			expect_status 2 freshtoken login $name $way 2>err </dev/null
			same_text "freshtoken: account $name: its tokens come from account absent; run: freshtoken login absent" err
		done
		expect_status 0 freshtoken logout $name 2>err
	done
	equal 0 "$(ts_count absent exchanges)"
}
test_case 'the source has no sign-in: every command names the source' nobody_signed_in_at_source

source_needs_signin() {
	new_account ended oauth2
	derived last ended
	token=$(git_token last)
	ts revoke-family ended >/dev/null
	expect_status 4 freshtoken refresh ended 2>/dev/null
	equal "$token" "$(git_token last)"
	equal needs-login "$(verdict last)"
	grow_old last 4000
	expect_status 4 freshtoken token last 2>err
	contains "account last: sign in again: account ended: HTTP 400: invalid_grant" err
	contains "run: freshtoken login ended" err
	expect_status 4 freshtoken refresh last 2>err
	contains "run: freshtoken login ended" err
	ts login ended >/dev/null
	sign_in ended
	is_good ended "$(git_token last)"
	equal fresh "$(verdict last)"
}
test_case 'the source needs a sign-in: a valid token is handed out, after expiry the source is named' \
	source_needs_signin

source_cannot_be_reached() {
	new_account down oauth2
	derived below down
	grow_old down 4000
	ts fault down fault=503
	expect_status 5 freshtoken token below 2>err
	contains "account below: account down: " err
	contains "HTTP 503" err
	freshtoken refresh down
	is_good down "$(git_token below)"
}
test_case 'the source cannot be reached: the message is about the source, not the derived account' \
	source_cannot_be_reached

source_whose_configuration_has() {
	new_account site oauth2
	derived page site
	token=$(git_token page)
	ts create site2 >/dev/null
	set_key site server "$TS/site2"
	expect_status 4 freshtoken token page 2>err
	contains "account page: its tokens come from account site: the sign-in was made with server" err
	equal needs-login "$(verdict page)"
	equal 0 "$(ts_count site2 exchanges)"
	set_key site server "$TS/site"
	equal "$token" "$(git_token page)"
}
test_case 'a source with a changed configuration sends nothing, nor do accounts derived from it' \
	source_whose_configuration_has

# --- what the service says -----------------------------------------------------------------------

audience_service_does_not_know() {
	new_account target oauth2 -- targets=known
	derived wrong target audience=unknown
	expect_status 1 freshtoken token wrong 2>err
	contains "account wrong: $TS/target gives no token for that of account target: HTTP 400: invalid_target; the service does not know the resource: \"no such target\"; check resource and audience" err
	equal unreachable "$(verdict wrong)"
	expect_status 5 freshtoken token wrong 2>err
	contains "gave no token at 20" err
	contains "check resource and audience" err
	equal 1 "$(($(ts_count target exchanges) - 1))"
	set_key wrong audience known
	is_good target "$(git_token wrong)"
	equal "1 1" "$(ts_count target token_exchanges) $(ts_count target refreshes)"
}
test_case 'an unknown audience: what to check; asked again after it is changed' \
	audience_service_does_not_know

refusal_is_explained() {
	name=${pair%%[_|]*}$RANDOM
	new_account $name oauth2
	derived of$name $name
	ts fault $name fault=error:${pair%%|*} at=exchange
	expect_status 1 freshtoken token of$name 2>err
	contains "${pair#*|}" err
	equal 1 "$(wc -l <err)"
	no_secret err $name
	equal 1 "$(ts_count $name refreshes)"
}

for pair in "unsupported_grant_type|does not exchange tokens" \
	"unauthorized_client|does not let this client exchange" \
	"invalid_scope|check scope" "invalid_client:401|check client_id"; do
	test_case "refused with ${pair%%|*}: with an explanation" refusal_is_explained
done
token_of_source_revoked_early() {
	new_account early oauth2
	derived late early
	ts revoke-access early >/dev/null
	is_good early "$(git_token late)"
	equal "1 2 1" "$(exchanged early)"
}
test_case 'the source'\''s token was revoked early: it gets another one, and the exchange succeeds' \
	token_of_source_revoked_early

service_refuses_every_token() {
	new_account never oauth2
	derived ever never
	ts fault never fault=error:invalid_request at=exchange times=-1
	expect_status 1 freshtoken token ever 2>err
	contains "the service does not accept the source's token, or misses something in the request" err
	for ((i = 0; i < 3; i++)); do
		must_fail freshtoken refresh ever 2>/dev/null
	done
	equal "0 2" "$(ts_count never token_exchanges) $(ts_count never refreshes)"
}
test_case 'a service that refuses every token costs the source one refresh, not one for each request' \
	service_refuses_every_token

service_has_decided_against() {
	new_account over oauth2
	derived out over
	ts fault over fault=error:invalid_grant at=exchange times=-1
	expect_status 4 freshtoken token out 2>err
	contains "refused the token of account over: HTTP 400: invalid_grant" err
	contains "run: freshtoken login over" err
	equal needs-login "$(verdict out)"
	equal fresh "$(verdict over)"
	ts fault over fault=none
	freshtoken refresh out
	equal fresh "$(verdict out)"
}
test_case 'a service that refuses the person: the source needs a sign-in' \
	service_has_decided_against

service_out_of_order_left() {
	new_account order oauth2
	derived unit order
	ts fault order fault=503 at=exchange times=-1
	for ((i = 0; i < 5; i++)); do
		expect_status 5 freshtoken token unit 2>/dev/null
	done
	equal 1 "$(ts_count order faults)"
	ts fault order fault=none
	freshtoken refresh unit
	equal fresh "$(verdict unit)"
}
test_case 'a service that fails is not asked for a while' service_out_of_order_left

answer_of_another_type() {
	new_account kind oauth2
	derived sort kind
	ts fault kind fault=other-type at=exchange
	expect_status 5 freshtoken token sort 2>err
	contains token_types err
}
test_case 'an answer with another type than an access token is refused' answer_of_another_type

provider_without_token_endpoint() {
	new_account vendor kirjaswappi
	account sub provider=kirjaswappi "server=$TS/vendor" from=vendor
	expect_status 1 freshtoken token sub 2>err
	contains token_endpoint err
}
test_case 'a provider without a token endpoint' provider_without_token_endpoint

# --- configuration --------------------------------------------------------------------------------

circles_refused_with_place() {
	mkdir -p circle/freshtoken
	printf "[account a]\nfrom = b\n\n[account b]\nfrom = c\n[account c]\nfrom = a\n" \
		>circle/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$T/circle expect_status 1 freshtoken status >out 2>err
	contains "account a: $T/circle/freshtoken/freshtoken.conf:1: from: it leads back to itself (a, b, c, a); one of these accounts has to sign in" out
	contains "freshtoken.conf:6: from: it leads back to itself (c, a, b, c)" out
	printf "[account a]\nfrom = b\n[account b]\nfrom = c\n[account c]\nfrom = b\n" \
		>circle/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$T/circle expect_status 1 freshtoken status >out 2>err
	contains "freshtoken.conf:3: from: it leads back to itself (b, c, b)" out
	contains "freshtoken.conf:1: from: account b cannot be used: " out
	printf "[account a]\nfrom = a\n" >circle/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$T/circle expect_status 1 freshtoken status >out 2>err
	contains "freshtoken.conf:1: from: expected the name of another account" out
	printf "[account a]\nfrom = nobody\n" >circle/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$T/circle expect_status 1 freshtoken status >out 2>err
	contains "from: there is no account nobody; write one, or file:PATH" out
}
test_case 'circular sources are refused with their place' circles_refused_with_place

# --- signing out ----------------------------------------------------------------------------------

logout_of_derived_account() {
	new_account stay oauth2
	derived go stay
	token=$(git_token go)
	freshtoken logout go >out 2>err
	same_text "freshtoken: account go: its token is deleted on this host; the token is revoked, and no longer active; the next request gets another one while somebody is signed in to account stay" err
	is_bad stay "$token"
	is_good stay "$(freshtoken token stay)"
	equal 1 "$(ts_count stay revocations)"
	equal refreshable "$(verdict go)"
	freshtoken logout go 2>err
	same_text "freshtoken: account go: there is no token; to sign out run: freshtoken logout stay" err
}
test_case 'logout of a derived account: only its token' logout_of_derived_account

logout_of_source() {
	new_account top oauth2
	derived mid top
	account low "server=$TS/top" from=mid match=low.example.com
	derived unused top
	git_token low
	freshtoken logout top >out 2>err
	equal "top mid low" "$(sed "s/freshtoken: account \([a-z]*\):.*/\1/" err | tr "\n" " " |
		sed "s/ $//")"
	for name in top mid low; do
		[ ! -e "$(record $name)" ]
		equal signed-out "$(verdict $name)"
	done
	expect_status 4 freshtoken token low 2>err
	contains "run: freshtoken login top" err
}
test_case 'logout of the source: derived tokens are deleted too' logout_of_source

logout_of_source_while_token() {
	gone() { [ ! -e "$(record "$1")" ]; }
	for spend in no yes; do
		new_account flee$spend oauth2
		derived flight$spend flee$spend
		ts fault flee$spend fault=hold at=exchange spend=$spend
		freshtoken token flight$spend >out.$spend 2>&1 &
		eventually 20 running flee$spend
		freshtoken logout flee$spend >logout 2>&1 &
		eventually 20 gone flee$spend
		ts release flee$spend >/dev/null
		wait
		gone flight$spend
		equal signed-out "$(verdict flight$spend)"
	done
	contains "run: freshtoken login fleeno" out.no
	contains "somebody has signed in or out of account fleeyes meanwhile" out.yes
}
test_case 'logout of the source while a token is exchanged: it is not handed out afterwards' \
	logout_of_source_while_token

# --- a real provider ------------------------------------------------------------------------------

if have_openid; then
	start_openid --interval 1 --offline always
	account sso "server=$OPENID" client_id=cli
	account real "server=$OPENID" client_id=cli from=sso resource=https://git.example.com \
		match=real.example.com
	account api "server=$OPENID" client_id=cli from=sso audience=https://api.example.com \
		scope=read

	guard() {	# NAME TOKEN
		curl -qsS --noproxy '*' -m 20 -o /dev/null -w '%{http_code}' -u "x:$2" \
			"$OPENID/_auth/$1"
	}
	real_provider() {
		device_sign_in sso
		git=$(git_token real) api=$(freshtoken token api)
		equal "204 401" "$(guard git "$git") $(guard api "$git")"
		equal "401 204" "$(guard git "$api") $(guard api "$api")"
		equal "2 0" "$(openid_count token-exchange.granted) $(openid_count \
			token-exchange.refused)"
		freshtoken status >out
		equal "fresh fresh fresh" \
			"$(grep -E "^(sso|real|api)" out | cut -f 2 | tr "\n" " " | sed "s/ $//")"
	}
	test_case 'a real provider: one sign-in, a token for each audience' real_provider

	real_provider_expired_revoked() {
		openid_admin expire account=alice
		reject real "$(freshtoken token real)"
		git=$(git_token real)
		equal 204 "$(guard git "$git")"
		freshtoken logout sso 2>err
		[ ! -e "$(record real)" ]
		equal 401 "$(guard git "$git")"
		expect_status 4 freshtoken token real 2>err
		contains "run: freshtoken login sso" err
	}
	test_case 'a real provider: expired, revoked, and signed out of' \
		real_provider_expired_revoked

	real_provider_target() {
		device_sign_in sso
		set_key api audience https://unknown.example.com
		expect_status 1 freshtoken token api 2>err
		contains invalid_target err
		contains "check resource and audience" err
	}
	test_case 'a real provider: a target that it does not know' real_provider_target
else
	test_skip 'a real provider' 'no oidc-provider'
fi
test_done
