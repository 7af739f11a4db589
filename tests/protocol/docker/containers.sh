#!/bin/bash
# SPDX-License-Identifier: MIT
# Real podman, buildah, docker and docker-py, without an engine: setup, tokens, messages, and public
# images.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git openssl setpriv nginx fcgiwrap docker-registry skopeo
start_token_service
ts create registry lifetime=3600 >/dev/null || give_up 'no tenant'
start_web registry
make_image image
host=${WEB_TLS#*://}
account registry "server=$TS/registry" "match=$host"
sign_in registry 2>/dev/null || give_up 'no sign-in'
SESSION=$XDG_RUNTIME_DIR/containers/auth.json
NAMED="freshtoken login registry"
for name in team public; do
	timeout 60 skopeo --insecure-policy copy -q --format v2s2 --dest-cert-dir "$CERT_DIR" \
		--dest-creds "oauth2:$(freshtoken token registry)" \
		oci:image:latest "docker://$host/$name/image:1" || give_up "no image in $name"
done

# Each with a store of its own below $T, and nothing of this machine's.

echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$T/policy.json"
podman() {
	timeout 120 podman --root "$T/store" --runroot "$T/runroot" --tmpdir "$T/tmp-podman" \
		--storage-driver vfs \
		--events-backend none "$@"
}

buildah() {
	timeout 120 buildah --root "$T/store" --runroot "$T/runroot" --storage-driver vfs "$@"
}

skopeo() {
	timeout 120 skopeo "$@"
}

docker() {
	DOCKER_HOST=unix://$T/no-engine timeout 60 docker "$@"
}

py() {
	timeout 60 python3 - "$@"
}

# pulls CLIENT REPOSITORY - gets what is in the registry
pulls() {
	case $1 in
	podman | buildah)
		"$1" rmi -f "$host/$2/image:1" >/dev/null 2>&1 || :
		"$1" pull -q --cert-dir "$CERT_DIR" --signature-policy "$T/policy.json" \
			"$host/$2/image:1" ;;
	skopeo) skopeo inspect --cert-dir "$CERT_DIR" "docker://$host/$2/image:1" ;;
	docker) docker manifest inspect --insecure "$host/$2/image:1" ;;
	esac
}

# here CLIENT - it is on this machine and can run on it
here() {
	case $1 in
	podman) command -v podman >/dev/null && podman info >/dev/null 2>&1 ;;
	# From 1.33 on it wants netavark before it pulls.
	buildah) command -v buildah >/dev/null && buildah images >/dev/null 2>&1 &&
		! buildah pull -q "dir:$T/nothing" 2>&1 | grep -q netavark ;;
	python3) python3 -c 'import docker.auth' 2>/dev/null ;;
	# Not the function of that name.
	*) type -P "$1" >/dev/null ;;
	esac
}
clients=''
for client in podman buildah skopeo docker; do
	if here "$client"; then
		clients="$clients $client"
	else
		test_skip "$client" "no $client that runs on this machine"
	fi
done
# is_told FILE - it has the line with the command, which is all that it says of us
is_told() {
	contains "$NAMED" "$1"
	no_secret "$1" registry
}

# The rejections of a case would cover the next one for a minute.
die() {
	freshtoken refresh registry 2>/dev/null || come_back
	ts revoke-family registry
	docker-credential-freshtoken erase <<<"$host"
}

come_back() {
	ts login registry >/dev/null
	sign_in registry
}

# set_up [by-entries] - as freshtoken does it; by entries: as where podman is too old for the line
set_up() {
	rm -rf "$HOME/.docker" "$XDG_CONFIG_HOME/containers" "$XDG_RUNTIME_DIR/containers"
	freshtoken setup docker --apply >/dev/null
	[ $# -eq 0 ] || rm -r "$XDG_CONFIG_HOME/containers/registries.conf.d"
}
mkdir "$XDG_RUNTIME_DIR/containers"

pulls_by_what_setup_wrote() {
	set_up
	pulls $client team
	set_up by-entries
	pulls $client team
	[ $client = docker ] || {
		set_up
		rm -rf "$HOME/.docker" "$XDG_CONFIG_HOME/containers/auth.json"
		pulls $client team
	}
}

for client in $clients; do
	test_case "$client pulls with the configuration of setup, by entries and by the line alone" \
		pulls_by_what_setup_wrote
done

login_leaves_no_token() {
	set_up
	freshtoken token registry | $client login --cert-dir "$CERT_DIR" -u oauth2 \
		--password-stdin "$host"
	[ ! -e "$SESSION" ] || lacks "$host" "$SESSION"
	pulls $client team
	$client logout "$host"
	pulls $client team
	equal fresh "$(verdict registry)"
}

what_a_login_left() {
	set_up by-entries
	rm "$XDG_CONFIG_HOME/containers/auth.json"
	freshtoken token registry | $client login --cert-dir "$CERT_DIR" -u oauth2 \
		--password-stdin "$host"
	contains "$host" "$SESSION"
	set_up_again() { freshtoken setup docker --apply; rm -r \
		"$XDG_CONFIG_HOME/containers/registries.conf.d"; }
	set_up_again >/dev/null
	ts revoke-access registry
	freshtoken refresh registry
	must_fail pulls $client team
	freshtoken doctor >found || :
	contains "$SESSION has a credential for $host in clear" found
	echo "credential-helpers = [\"containers-auth.json\"]" \
		>"$XDG_CONFIG_HOME/containers/registries.conf"
	remedy=$(sed -n "s/.*run: \([a-z]* logout --authfile [^ ]* [^ ]*\).*/\1/p" found)
	# Any of them does that; the one that is named may not run on this machine.
	here "${remedy%% *}" || remedy="skopeo ${remedy#* }"
	$remedy
	pulls $client team
	freshtoken doctor >found || :
	lacks "in clear" found
}

for client in podman buildah skopeo; do
	case " $clients " in *" $client "*) ;; *) continue ;; esac
	test_case "$client login stores no token in clear, and its logout keeps the sign-in" \
		login_leaves_no_token
	test_case "an old token of $client login is found and used first, and is removed as doctor and setup say" \
		what_a_login_left
done

docker_login_of_registry() {
	set_up
	freshtoken token registry >token
	docker login -u oauth2 --password-stdin "$host" <token >out 2>err
	lacks "was not stored" err
	# One of its own, which is good there too.
	freshtoken refresh registry
	docker login -u robot --password-stdin "$host" <token >out 2>err
	contains "the credential for \"robot\" was not stored" err
	no_secret err registry
	lacks robot "$HOME/.docker/config.json"
	[ ! -e "$XDG_STATE_HOME/freshtoken/credentials" ]
	pulls docker team
}

case " $clients " in
*" docker "*)
	test_case 'docker login to an account'\''s registry: nothing is stored, and a typed password is reported' \
		docker_login_of_registry ;;
esac

if here python3; then
	docker_py_gets_token() {
		set_up
		cat >ask.py <<-"EOF"
			import sys, docker.auth
			config = docker.auth.load_config()
			one = config.resolve_authconfig(sys.argv[1])
			everything = config.get_all_credentials()
			for found in (one, everything.get(sys.argv[1])):
			    print(found and (found.get("Username"), found.get("Password")))
			print(config.resolve_authconfig("other.example.com"))
		EOF
		py "$host" <ask.py >out
		token=$(freshtoken token registry)
		equal "$(printf "%s\n" "('oauth2', '$token')" "('oauth2', '$token')" None)" \
			"$(cat out)"
	}
	test_case 'docker-py gets the token, for one registry and for all' docker_py_gets_token
else
	test_skip docker-py 'no docker-py on this machine'
fi

# --- without a sign-in ------------------------------------------------------------------

signin_is_over() {
	set_up
	die
	must_fail pulls $client team >out 2>err
	is_told err
	# Asked again at once it is told again.
	must_fail pulls $client team >out 2>err
	is_told err
	# Where a registry asks for Basic, docker asks nobody without a name.
	[ $client = docker ] || {
		pulls $client public >out 2>err
		is_told err
	}
	come_back
	pulls $client team
}

for client in $clients; do
	test_case "$client: the sign-in has ended, which is reported, and public images are pulled" \
		signin_is_over
done
if here python3; then
	docker_py() {
		set_up
		die
		py "$host" <ask.py >out 2>err
		equal "$(printf "None\nNone\nNone")" "$(cat out)"
		is_told err
		come_back
	}
	test_case 'docker-py: the sign-in has ended, and public images can be pulled and built' \
		docker_py
fi
test_done
