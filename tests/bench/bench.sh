#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh - make bench: what a call costs, as ratios to other programs in the same run
. "${FT_SRCDIR:?run me with make bench}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
RUNS=${RUNS:-300}
compare=$FT_BUILDDIR/tests/bench/compare empty=$FT_BUILDDIR/tests/bench/empty
start_token_service

part() {
	printf '\n%s\n' "$1"
}

measure() {	# INPUT COMMAND… :: COMMAND…
	"$compare" "$RUNS" "$@" | sed 's/^/  /'
}

new_account hot oauth2 -- lifetime=36000 2>/dev/null
printf 'protocol=https\nhost=hot.example.com\n\n' >git.in
echo hot.example.com >docker.in
printf 'https://alice:token@hot.example.com\n' >"$HOME/.git-credentials"
store=$(git --exec-path)/git-credential-store

part 'handing out a good token (limits: 1.00 of empty, linked dynamically 1.40; 0.55 of git-credential-store, memory 0.6 of it)'
hot=$FT_BUILDDIR/tests/hot
measure git.in "$empty" :: git-credential-freshtoken get :: "$hot/git-dynamic" get
measure docker.in "$empty" :: docker-credential-freshtoken get :: "$hot/docker-dynamic" get
measure git.in "$store" get :: git-credential-freshtoken get

part 'the same for others (limits: 1.1 of git-credential-freshtoken, 1.00 of empty)'
echo '{"uri":"https://hot.example.com/"}' >bazel.in
echo '{"v":1,"kind":"get","registry":{"index-url":"sparse+https://hot.example.com/"}}' >cargo.in
ln -s "$(command -v docker-credential-freshtoken)" freshtoken-bearer-hot
ln -s "$(command -v docker-credential-freshtoken)" ./keyring
measure git.in git-credential-freshtoken get :: terraform-credentials-freshtoken get \
	hot.example.com :: ./freshtoken-bearer-hot :: ./keyring get hot.example.com oauth2
measure bazel.in "$empty" :: bazel-credential-freshtoken get
measure cargo.in "$empty" :: cargo-credential-freshtoken --cargo-plugin

part 'the same by freshtoken itself (limits: the same)'
echo '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"hot.example.com/a"}' \
	>kubelet.in
measure git.in git-credential-freshtoken get :: freshtoken headers https://hot.example.com :: \
	freshtoken goauth :: freshtoken kubernetes hot --access :: freshtoken token hot :: \
	freshtoken keyring get https://hot.example.com oauth2
measure kubelet.in "$empty" :: freshtoken kubelet

part 'handing out a good token that is sealed, beside one that is not (limit: 1.15)'
. "$FT_SRCDIR/tests/harness/sealing.sh"
if can_seal; then
	for state in clear sealed; do
		cp -a "$XDG_STATE_HOME" "$state"
		mkdir -p "$state.conf"
		cp -a "$XDG_CONFIG_HOME/freshtoken" "$state.conf"
		cat >"with-$state" <<-END
			#!/bin/sh
			XDG_STATE_HOME=$PWD/$state XDG_CONFIG_HOME=$PWD/$state.conf exec git-credential-freshtoken get
		END
		chmod +x "with-$state"
	done
	(export XDG_STATE_HOME=$PWD/sealed XDG_CONFIG_HOME=$PWD/sealed.conf
	 line keyring; freshtoken seal 2>/dev/null)
	measure git.in ./with-clear :: ./with-sealed
	XDG_STATE_HOME=$PWD/sealed forget_key
else
	printf '  %s\n' "$why_not"
fi

part 'a stored credential of a host that no account matches, alone and among 10,000 (limit: 1.1)'
state_home=$XDG_STATE_HOME
mkdir -p one many
for state in one many; do
	export XDG_STATE_HOME=$PWD/$state
	printf 'protocol=https\nhost=kept.example.com\nusername=alice\npassword=secret\n\n' |
		git-credential-freshtoken store
done
folder=$XDG_STATE_HOME/freshtoken/credentials/git
one=$(find "$folder" -type f -name '*kept*' | head -n 1)
for ((i = 0; i < 10000; i++)); do
	printf '%s\n' "$i"
done | (cd "$folder" && while read -r i; do cp "$one" "${one%kept*}other$i.example.com"; done)
printf 'protocol=https\nhost=kept.example.com\n\n' >kept.in
cat >with-one <<-END
	#!/bin/sh
	XDG_STATE_HOME=$PWD/one exec git-credential-freshtoken get
END
sed "s|/one|/many|" with-one >with-many
chmod +x with-one with-many
measure kept.in ./with-one :: ./with-many
export XDG_STATE_HOME=$state_home

part 'status without the network, of 1 account and of 100 (limits: 2 and 6 of empty)'
mkdir hundred
for ((i = 0; i < 100; i++)); do
	printf '[account a%d]\nserver = https://sso.example.com\nmatch = https://a%d.example.com\n' $i $i
done >hundred.conf
mkdir -p hundred/freshtoken
mv hundred.conf hundred/freshtoken/freshtoken.conf
for ((i = 0; i < 100; i++)); do
	sed "s/\"account\":\"hot\"/\"account\":\"a$i\"/; s|\"server\":\"[^\"]*\"|\"server\":\"https://sso.example.com\"|" \
		"$(record hot)" >"$XDG_STATE_HOME/freshtoken/a$i.json"
	chmod 600 "$XDG_STATE_HOME/freshtoken/a$i.json"
done
cat >status-100 <<-END
	#!/bin/sh
	XDG_CONFIG_HOME=$PWD/hundred exec freshtoken status
END
chmod +x status-100
measure /dev/null "$empty" :: freshtoken status hot :: ./status-100

part 'what freshtoken hands to freshtoken-cli, beside that alone (limit: 2.5 and 1.7 of empty)'
measure /dev/null "$empty" :: freshtoken list :: "$FT_LIBEXEC/freshtoken-cli" list

part 'a refresh, all of it, beside a curl that sends the same POST (limit: 1.35)'
RUNS=$((RUNS / 4))
ts create cold rotate=no lifetime=36000 >cold.tokens
account cold "server=$TS/cold" match=cold.example.com
field refresh_token cold.tokens | freshtoken login cold --token 2>/dev/null
# The argument is the token of a service that ends with this run.
form="grant_type=refresh_token&refresh_token=$(field refresh_token cold.tokens)"
measure /dev/null curl -qsS -o /dev/null --data "$form" "$TS/cold/oauth/token" :: freshtoken \
	refresh cold
tap_finished=yes
