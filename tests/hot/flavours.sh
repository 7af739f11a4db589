#!/bin/bash
# SPDX-License-Identifier: MIT
# The programs that are started for a token do the same whether they are linked statically or
# dynamically.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
need readelf
built=$FT_BUILDDIR/tests/hot bin=${FT_BIN#"$FT_STAGE"} libexec=${FT_LIBEXEC#"$FT_STAGE"}
programs='freshtoken git-credential-freshtoken docker-credential-freshtoken'
readelf -d "$FT_BIN/git-credential-freshtoken" >installed
! grep -q '(NEEDED)' installed || skip_all 'the helpers are linked dynamically; configure says why'

# An installation of each, where programs find each other; the installed ones are static.
for flavour in static dynamic; do
	cp -a "$FT_STAGE" "$flavour"
	for program in $programs; do
		[ "$flavour" = static ] || cp --remove-destination \
			"$built/${program%-credential-freshtoken}-dynamic" "$flavour$bin/$program"
	done
	for link in docker-credential-freshtoken-work keyring freshtoken-bearer-work \
		freshtoken-bearer-none; do
		ln -s docker-credential-freshtoken "$flavour$bin/$link"
	done
done

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = git.example.com
match = https://*.example.org/team

[account other]
server = http://127.0.0.1:1
match = other.example.com
wait = 60s
EOF
cp "$CONFIG/freshtoken.conf" good.conf

# answers FLAVOUR COMMAND… - what it says to the file request, from the state that is in state/
answers() {
	local flavour=$1 status=0

	shift
	rm -rf "$STATE" && cp -a state "$STATE"
	"$T/$flavour$bin/$1" "${@:2}" <request >"out.$flavour" 2>"err.$flavour" || status=$?
	echo "exit status $status" >>"out.$flavour"
	# What is kept, but for the time.
	(cd "$STATE" && find . -type f ! -name "*.lock" -exec grep -H . {} + | sort |
		sed -E 's/"(real|boot)":[0-9]+/TIME/g') >"kept.$flavour"
}

# alike COMMAND… - from one state, and to one request, both answer the same and leave the same
alike() {
	cat >request
	rm -rf state && cp -a "$STATE" state
	answers static "$@"
	answers dynamic "$@"
	for what in out err kept; do
		same "$what.dynamic" "$what.static"
	done
}

# git_alike HOST [LINE…] - get
git_alike() {
	printf '%s\n' protocol=https "host=$1" "${@:2}" '' | alike git-credential-freshtoken get
}

linked_as_named() {
	for program in $programs; do
		readelf -d "dynamic$bin/$program" >dynamic.lines
		contains "(NEEDED)" dynamic.lines
		readelf -d "static$bin/$program" >static.lines
		lacks "(NEEDED)" static.lines
		# At random addresses nevertheless.
		readelf -h "static$bin/$program" | grep -q "Type: .*DYN"
	done
}
test_case 'they are linked as their names say' linked_as_named
git_get() {
	plant work 3600
	git_alike git.example.com
	contains password=access-work-7 out.static
	git_alike git.example.com "capability[]=authtype" "capability[]=state"
	contains "state[]=" out.static
	git_alike a.example.org path=team/x
	contains password=access-work-7 out.static
	git_alike foreign.example.net
	git_alike "no such line"
	echo nonsense | alike git-credential-freshtoken get
	contains "freshtoken: " err.static
}
test_case 'git: get' git_get
git_keeps() {
	printf "protocol=https\nhost=kept.example.net\nusername=u\npassword=p\n\n" >stored
	alike git-credential-freshtoken store <stored
	[ -s kept.static ]
	git-credential-freshtoken store <stored
	git_alike kept.example.net
	contains password=p out.static
	alike git-credential-freshtoken erase <stored
	plant work 3600
	sed "s/kept.example.net/git.example.com/; s/=p$/=access-work-7/" stored >ours
	alike git-credential-freshtoken store <ours
	alike git-credential-freshtoken erase <ours
	contains "\"rejected\":true" kept.static
}
test_case 'git: store, get and erase' git_keeps
docker_answers() {
	plant work 3600
	for name in git.example.com foreign.example.net "" https://git.example.com/v2/; do
		echo "$name" | alike docker-credential-freshtoken get
	done
	contains access-work-7 out.static
	echo git.example.com | alike docker-credential-freshtoken-work get
	contains access-work-7 out.static
	echo other.example.com | alike docker-credential-freshtoken-work get
	alike docker-credential-freshtoken list </dev/null
	contains git.example.com out.static
	echo "{\"ServerURL\":\"r.example.net\",\"Username\":\"u\",\"Secret\":\"s\"}" |
		alike docker-credential-freshtoken store
	contains r.example.net kept.static
	echo git.example.com | alike docker-credential-freshtoken erase
}
test_case 'docker: get, list, store and erase, by the name of an account too' docker_answers
links_answer() {
	plant work 3600
	echo '{"uri":"https://git.example.com/"}' | alike bazel-credential-freshtoken get
	contains '"Bearer access-work-7"' out.static
	echo '{"uri":"https://foreign.example.net/"}' | alike bazel-credential-freshtoken get
	echo nonsense | alike bazel-credential-freshtoken get
	echo '{"v":1,"kind":"get","registry":{"index-url":"sparse+https://git.example.com/"}}' |
		alike cargo-credential-freshtoken --cargo-plugin
	contains '"Bearer access-work-7"' out.static
	alike terraform-credentials-freshtoken get git.example.com </dev/null
	contains access-work-7 out.static
	alike keyring get https://git.example.com alice </dev/null
	contains access-work-7 out.static
	alike freshtoken-bearer-work </dev/null
	contains access-work-7 out.static
	alike freshtoken-bearer-none </dev/null
}
test_case 'the other links of that program' links_answer
commands_answer() {
	plant work 3600
	for command in "headers https://git.example.com/" goauth "kubernetes work --access" \
		"keyring get https://git.example.com alice" "token work" "token work --format json"; do
		# shellcheck disable=SC2086
		alike freshtoken $command </dev/null
		contains access-work-7 out.static
	done
	echo '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"git.example.com/a"}' |
		alike freshtoken kubelet
	contains access-work-7 out.static
	printf '%s\n' protocol=https host=git.example.com '' | alike freshtoken git get
	contains access-work-7 out.static
	alike freshtoken status </dev/null
	contains fresh out.static
	alike freshtoken exec work -- sh -c 'echo "$FRESHTOKEN_TOKEN"' </dev/null
	contains access-work-7 out.static
	alike freshtoken refresh --due </dev/null
	alike freshtoken headers https://foreign.example.net </dev/null
	alike freshtoken token none </dev/null
	alike freshtoken token </dev/null
	alike freshtoken token --help </dev/null
}
test_case 'the commands that freshtoken runs itself' commands_answer
others_are_handed_over() {
	plant work 3600
	alike freshtoken list </dev/null
	contains git.example.com out.static
	for words in "" --version --help "help token" no-such-command "list --no-such-option"; do
		# shellcheck disable=SC2086
		alike freshtoken $words </dev/null
		lacks freshtoken-cli out.static
		lacks freshtoken-cli err.static
	done
	# Links in other folders, with a name that is no protocol's, and a copy.
	for flavour in static dynamic; do
		ln -s "$T/$flavour$bin/freshtoken" "$flavour/other"
		"$flavour/other" list >out
		contains git.example.com out
		equal "$(./static/other --version)" "$("$flavour/other" --version)"
	done
}
test_case 'all other commands: freshtoken-cli runs them, invisibly' \
	others_are_handed_over
other_words() {
	for word in capability later --help --version --unknown; do
		alike git-credential-freshtoken "$word" </dev/null
		alike docker-credential-freshtoken "$word" </dev/null
	done
	alike git-credential-freshtoken </dev/null
	alike docker-credential-freshtoken </dev/null
	contains "Usage: docker-credential-freshtoken" out.static
}
test_case 'other arguments' other_words
nothing_to_hand_out() {
	git_alike other.example.com
	contains "freshtoken login other" err.static
	plant work 3600
	echo "{" >"$STATE/work.json"
	git_alike git.example.com
	echo git.example.com | alike docker-credential-freshtoken get
	contains "freshtoken login work" err.static
	echo nonsense >>"$CONFIG/freshtoken.conf"
	git_alike git.example.com
	contains freshtoken.conf err.static
	cp good.conf "$CONFIG/freshtoken.conf"
}
test_case 'no sign-in, a damaged record, a wrong configuration' nothing_to_hand_out
expired_token() {
	plant other 3600
	sed -i "s|https://other.sso.example.com|http://127.0.0.1:1|; s|\"real\":[0-9]*|\"real\":1000|" \
		"$STATE/other.json"
	git_alike other.example.com
	contains 127.0.0.1 err.static
	# By places for files alone too.
	unset HOME
	git_alike other.example.com
	contains 127.0.0.1 err.static
}
test_case 'a token that has expired: freshtoken-refresh is found, and knows the same places' \
	expired_token
home_is_unknown() {
	printf "%s\n" "#!/bin/sh" "echo asked \"\$@\"; cat" >asked
	chmod +x asked
	for flavour in static dynamic; do
		cli=$flavour$libexec/freshtoken-cli
		mv "$cli" kept
		cp asked "$cli"
		echo git.example.com | env -u HOME -u XDG_STATE_HOME \
			"$flavour$bin/docker-credential-freshtoken-work" get >out
		same_text "$(printf "asked get\ngit.example.com")" out
		env -u HOME -u XDG_STATE_HOME "$flavour$bin/freshtoken" token work \
			</dev/null >out
		same_text "asked token work" out
		rm "$cli"
		env -u HOME -u XDG_CONFIG_HOME "$flavour$bin/git-credential-freshtoken" get 2>err \
			</dev/null || :
		contains "cannot start $T/$cli: No such file" err
		expect_status 1 "$flavour$bin/freshtoken" list 2>err
		contains "cannot start $T/$cli: No such file" err
		contains "install freshtoken again" err
		mv kept "$cli"
	done
}
test_case 'without a known home freshtoken-cli is started, with the same stdin' \
	home_is_unknown
test_done
