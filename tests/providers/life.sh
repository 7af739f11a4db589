# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154	# what frame.sh and an adaptor set
#
# life.sh - a sign-in from beginning to end at a real identity provider, the same for each; an
# adaptor sources it last (frame.sh says what the adaptor defines)

for tool in nginx curl openssl setpriv perl; do
	command -v "$tool" >/dev/null || missing="no $tool on this machine"
done
[ -n "${missing-}" ] || missing=$(provider_missing | head -n 1)
if [ -n "$missing" ]; then
	result skipped "$missing"
	result provider "$provider_name"
	if [ -n "${FT_ALL_PROVIDERS-}" ]; then
		give_up "$missing"
	fi
	skip_all "$missing"
fi
result provider "$provider_name"
result version "$(provider_version)"

start_front
printf not-secret >"$T/secret"
chmod 600 "$T/secret"
provider_start
mapfile -t keys < <(provider_account)
account work "server=$ISSUER" match=work.example.com "${keys[@]}"
write_person "$T/browser" provider_approve
! offers provider_device || write_person "$T/device" provider_device
url=$(printf '%s\n' "${keys[@]}" | sed -n 's/^metadata_url=//p')
web "${url:-$ISSUER/.well-known/openid-configuration}" >metadata
git_config=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# endpoint NAME - its URL, as the provider's metadata has it; nothing where it offers none
offers endpoint || endpoint() {
	grep -o "\"$1\" *: *\"[^\"]*\"" "$T/metadata" | sed 's/^[^:]*: *"//; s/"$//; s/\\//g'
}

# Whoever names no profile gets the one that is for it.
recognised() {
	local expected

	expected=$(printf '%s\n' "${keys[@]}" | sed -n 's/^provider=//p')
	mkdir new
	XDG_CONFIG_HOME=$T/new freshtoken add work --server "$ISSUER" --client-id cli </dev/null 2>err
	equal "$expected" "$(sed -n 's/^provider = //p' new/freshtoken/freshtoken.conf)" ||
		{ cat err metadata; return 1; }
}
case " ${keys[*]}" in
*' provider=oauth2'* | *metadata_url=*) ;;
*' provider=doorkeeper'*)
	[ -z "$(endpoint jwks_uri)" ] || test_case 'add recognises its profile' recognised ;;
*' provider='*) test_case 'add recognises its profile' recognised ;;
esac

# stored access_token|refresh_token - what the sign-in has
stored() {
	grep -o "\"$1\":\"\(\\\\.\|[^\"\\]\)*\"" "$(record work)" | head -n 1 |
		sed 's/^[^:]*:"//; s/"$//; s/\\\(.\)/\1/g' | grep .
}

is_good_token() {
	if offers provider_is_good; then
		provider_is_good "$1"
	else
		[ "$(printf 'header = "Authorization: Bearer %s"\n' "$1" | web -K - -o /dev/null \
			-w '%{http_code}' "$(endpoint userinfo_endpoint)")" = 200 ]
	fi
}

is_dead_token() {
	! is_good_token "$1"
}

# present TOKEN - a refresh token, as this client; the answer in "answer", prints its status
present() {
	mapfile -t client < <(provider_client)
	web -o answer -w '%{http_code}\n' "${client[@]}" -d grant_type=refresh_token \
		--data-urlencode "refresh_token=$1" "$(endpoint token_endpoint)"
}

# what_it_said - the error of the last answer
what_it_said() {
	local code

	code=$(grep -o '"error" *: *"[^"]*"' answer | sed 's/^[^:]*: *"//; s/"$//')
	if [ -n "$code" ]; then
		echo "$code"
	elif [ -s answer ]; then
		echo 'a body without an error code'
	else
		echo 'an empty body'
	fi
}

by_browser() {
	BROWSER=$T/browser timeout 60 freshtoken login work --browser 2>err >out ||
		{ cat err "$T/provider_approve.log"; return 1; }
	contains 'account work: signed in' err
}

# reason - what status says last of all
reason() {
	freshtoken status work "$@" --json | sed -n 's/.*"reason":"\(\(\\.\|[^"\\]\)*\)".*/\1/p'
}

# old - freshtoken has to believe that the access token has expired
old() {
	! offers provider_expire || provider_expire
	grow_old work 100000
}

# later - what freshtoken knows of the service's last answer becomes a minute older
later() {
	perl -pi -e 's/("checked":\{"real":)(\d+)(,"boot":)(-?\d+)/$1.($2-60000).$3.($4-60000)/ge' \
		"$(record work)"
}

signs_in_by_browser() {
	by_browser
	is_good_token "$(freshtoken token work)"
	equal fresh "$(verdict work)"
	stored refresh_token >/dev/null || complain 'no refresh token came'
	! offers provider_remark || odd "$(provider_remark)"
	! grep -q redirect_uri "$git_config" || odd 'redirect_uri has to be set'
	! grep -q '^scope' "$git_config" || odd "scope = $(sed -n 's/^scope = //p' "$git_config")"
}
step browser 'a sign-in with the browser' signs_in_by_browser
# Without that there is no life to speak of.
if [ "$tap_failed" -ne 0 ]; then
	tail -n 20 "$T/provider_approve.log" | diag
	test_done
fi

signs_in_by_device() {
	local pid

	freshtoken login work --device 2>.device &
	pid=$!
	eventually 30 code_of .device
	"$T/device" "$(code_of .device)" || { cat "$T/provider_device.log"; return 1; }
	wait "$pid" || { cat .device; return 1; }
	is_good_token "$(freshtoken token work)"
}
if offers provider_device; then
	step device 'a sign-in with a code on another device' signs_in_by_device
else
	no_step device 'a sign-in with a code on another device' 'not offered'
fi

# What the service says without anything being spent.
checked_before_and_after() {
	local before after spent

	by_browser
	spent=$(exchanges)
	before=$(reason --check)
	equal fresh "$(verdict work)"
	provider_revoke alice
	after=$(reason --check)
	equal "$spent" "$(exchanges)"
	freshtoken status work --check --json >status
	if [ -n "$(endpoint introspection_endpoint)" ]; then
		grep -q 'not active\|not good any more\|cannot be checked\|nothing' status ||
			complain "revoked, and status --check says: $after"
	fi
	odd "before: $before"
	odd "after: ${after%%; run:*}"
}
step check 'status --check, before and after a revocation' checked_before_and_after

hundred_at_expiry() {
	local before i pids=() all

	by_browser
	old
	before=$(exchanges)
	mkdir -p crowd
	for i in $(seq 100); do
		printf 'protocol=https\nhost=work.example.com\n\n' |
			git-credential-freshtoken get >"crowd/$i" 2>"crowd/$i.err" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	all=$(sed -n 's/^password=//p' crowd/* | sort | uniq -c)
	equal 1 "$(printf '%s\n' "$all" | wc -l)"
	equal 100 "$(printf '%s\n' "$all" | awk '{ print $1 }')"
	equal $((before + 1)) "$(exchanges)"
	is_good_token "$(printf '%s\n' "$all" | awk '{ print $2 }')"
}
step crowd 'a hundred gets at expiry: one exchange, and all of them have its token' hundred_at_expiry

rotates() {
	local spent now subject status

	by_browser
	subject=$(freshtoken status work --json | grep -o '"subject":[^,]*')
	spent=$(stored refresh_token)
	freshtoken refresh work
	now=$(stored refresh_token)
	equal "$subject" "$(freshtoken status work --json | grep -o '"subject":[^,]*')"
	is_good_token "$(freshtoken token work)"
	if [ "$spent" = "$now" ]; then
		odd 'refresh tokens are not rotated'
		return 0
	fi
	status=$(present "$spent")
	if [ "$status" = 200 ]; then
		odd 'a spent refresh token is taken once more'
	else
		odd "a spent refresh token: $status, $(what_it_said)"
	fi
	# Whether that ended the sign-in is the service's decision; that it is told is ours.
	status=0
	freshtoken refresh work 2>err || status=$?
	case $status in
	0) odd 'the sign-in goes on' ;;
	4)
		contains 'freshtoken login work' err
		odd 'and ends the sign-in'
		;;
	*) cat err; complain "status $status after a spent refresh token was used" ;;
	esac
}
step rotation 'rotation, and a refresh token that is used twice' rotates

erased() {
	local first second before

	by_browser
	first=$(git_token work)
	before=$(exchanges)
	reject work "$first"
	second=$(git_token work)
	must_fail equal "$first" "$second" 9>/dev/null
	equal $((before + 1)) "$(exchanges)"
	is_good_token "$second"
}
step erase 'a token that a server refused: the next get has another one' erased

revoked() {
	local before asked i

	by_browser
	provider_revoke alice
	old
	before=$(exchanges)
	git_says get work >out 2>err
	lacks password= out
	contains 'freshtoken login work' err
	equal needs-login "$(verdict work)"
	asked=$(($(exchanges) - before))
	case $asked in
	1) ;;
	2) odd 'the service says the same about an invented token, which was tried' ;;
	*) complain "$asked exchanges" ;;
	esac
	# Who knows that does not ask again.
	for i in 1 2 3 4 5; do
		later
		git_says get work >out 2>err
		lacks password= out
		contains 'freshtoken login work' err
	done
	equal $((before + asked)) "$(exchanges)"
	present "$(stored refresh_token)" >status
	odd "$(cat status), $(what_it_said)"
}
step revoked 'a refresh token that was revoked: sign in again, said once and for all' revoked

signs_out() {	# [old]
	local access refresh status=0 alive=''

	by_browser
	[ $# -eq 0 ] || "$1"
	access=$(stored access_token) refresh=$(stored refresh_token)
	freshtoken logout work >out 2>err || status=$?
	cat err
	equal signed-out "$(verdict work)"
	# Where the service cannot be made to let one expire, it has only done so here.
	[ $# -ne 0 ] || ! is_good_token "$access" || alive='the access token'
	[ "$(present "$refresh")" != 200 ] || alive="${alive:+$alive and }the refresh token"
	if [ -z "$alive" ]; then
		odd 'both tokens are dead'
	else
		told
		odd "still good: $alive"
		# Nothing that lives is called dead.
		! grep -q 'its tokens are revoked\|active no longer' err || complain "$alive is good: $(cat err)"
		grep -q 'has no way to revoke' err || equal 1 "$status"
	fi
	[ -z "$alive" ] || odd "$(sed 's/.*account work: //' err | head -n 1)"
}
step logout 'after logout the old tokens are dead, or are said not to be' signs_out
step late 'a logout after the access token has expired' signs_out old

new_keys() {
	by_browser
	provider_new_key
	freshtoken refresh work
	by_browser
	is_good_token "$(freshtoken token work)"
}
if offers provider_new_key; then
	step keys 'ID tokens that are signed with a new key' new_keys
elif [ -n "$(endpoint jwks_uri)" ]; then
	no_step keys 'ID tokens that are signed with a new key' 'not tried'
else
	no_step keys 'ID tokens that are signed with a new key' 'not offered: no ID tokens'
fi

pam_says() {	# USER CODE [WHAT IT SAYS]
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}

lets_in() {
	local subject

	mapfile -t keys < <(provider_pam_account)
	configure_pam "server=$ISSUER" login_audience= auth=device "${keys[@]}"
	one account=work
	pam_says alice PERM_DENIED 'error freshtoken: you have not signed in at *'
	as alice BROWSER="$T/browser" timeout 60 freshtoken login work --browser 2>err ||
		{ cat err "$T/provider_approve.log"; return 1; }
	subject=$(as alice freshtoken status work --json | sed -n 's/.*"subject":"\([^"]*\)".*/\1/p')
	printf 'alice %s\n' "$subject" >"$CONF/users"
	pam_says alice SUCCESS
	pam_says bob PERM_DENIED 'error freshtoken: no user of *'
	provider_revoke alice
	aged alice 100000
	pam_says alice PERM_DENIED 'error freshtoken: your sign-in at *has ended*'
	logged 'user alice: account work: refused'
}
if [ "$FT_WORLD" = no ]; then
	no_step pam 'PAM: in while signed in, out when revoked' 'not tried: not root'
elif offers provider_pam_account; then
	step pam 'PAM: in while signed in, out when revoked' lets_in
else
	no_step pam 'PAM: in while signed in, out when revoked' 'not offered: nothing names the user'
fi
