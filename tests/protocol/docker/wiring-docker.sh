#!/bin/bash
# SPDX-License-Identifier: MIT
# Which helper docker and skopeo use for a registry: setup and doctor agree, with each other and
# with the real programs, if they are installed.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

# Nobody listens there, so that a question is one to the helpers alone.
HOST=127.0.0.1:1
configure <<END
[account work]
server = https://$HOST
match = $HOST
END

# Helpers that only note that they were asked about the host, by that name;
# and docker and skopeo as far as doctor wants to see.
mkdir "$T/helpers" "$T/both"
for name in freshtoken other; do
	cat >"$T/helpers/docker-credential-$name" <<-END
		#!/bin/sh
		read -r server || :
		[ "\$server" != "$HOST" ] || echo $name >>"$T/asked"
		echo credentials not found in native keychain
		exit 1
	END
done
for name in docker skopeo; do
	printf '#!/bin/sh\nexit 1\n' >"$T/both/$name"
done
chmod +x "$T"/helpers/* "$T"/both/*
DOCKER=$(command -v docker) || DOCKER=
SKOPEO=$(command -v skopeo) || SKOPEO=
freshtoken() {
	PATH=$FT_BIN:$T/both command freshtoken "$@"
}

# set_up - "@config", "@auth", "@session", "@registries" and "@named" before the lines of each
set_up() {
	rm -rf "$HOME/.docker" "$HOME/.config/containers" "$XDG_RUNTIME_DIR/containers" \
		"$T/named.json"
	mkdir -p "$HOME/.docker" "$HOME/.config/containers" "$XDG_RUNTIME_DIR/containers"
	awk -v home="$HOME" -v top="$T" -v run="$XDG_RUNTIME_DIR" -v host="$HOST" '
		BEGIN {
			file["config"] = home "/.docker/config.json"
			file["auth"] = home "/.config/containers/auth.json"
			file["session"] = run "/containers/auth.json"
			file["registries"] = home "/.config/containers/registries.conf"
			file["named"] = top "/named.json"
		}
		/^@/ { to = file[substr($1, 2)]; next }
		{ gsub("HOST", host); print >>to }'
	unset REGISTRY_AUTH_FILE
	[ ! -e "$T/named.json" ] || export REGISTRY_AUTH_FILE=$T/named.json
}

# really COMMAND… - whom it asks: ours, other or none
really() {
	: >"$T/asked"
	PATH=$T/helpers:$PATH "$@" </dev/null >/dev/null 2>&1 || :
	case $(sort -u "$T/asked" | tr '\n' ' ') in
	"freshtoken ") echo ours ;;
	"") echo none ;;
	"other ") echo other ;;
	*) echo both ;;
	esac
}

# judged DOCKER PODMAN [SETUP] - what the two do, what doctor says,
# and what setup would do (for podman)
judged() {
	local lacks='' docker=ours podman=ours

	# "logout" erases, and needs no engine.
	rm -rf "$T/copy"
	[ -z "$DOCKER" ] || cp -r "$HOME/.docker" "$T/copy"
	[ -z "$DOCKER" ] || equal "docker ${1/store/other}" \
		"docker $(really "$DOCKER" --config "$T/copy" logout "$HOST")"
	[ -z "$SKOPEO" ] ||
		equal "skopeo $2" "skopeo $(really "$SKOPEO" inspect --tls-verify=false \
			"docker://$HOST/x")"
	freshtoken doctor >out 2>err || :
	lacks=$(grep -E "do(es)? not ask freshtoken about $HOST|nobody asks freshtoken" out || :)
	case $lacks in
	*nobody*|*"docker, podman and skopeo do"*) docker=none podman=none ;;
	*"podman and skopeo do"*) podman=none ;;
	*"docker does"*) docker=none ;;
	esac
	! grep -q "docker asks \"other\"" out || docker=other
	! grep -q "podman or skopeo asks \"other\"" out || podman=other
	! grep -q "podman and skopeo ask \"other\" before" out || podman=both
	equal "doctor: docker ${1/store/none}, podman $2" "doctor: docker $docker, podman $podman"
	docker=ours podman=ours
	freshtoken setup docker >out 2>err || :
	! grep -q "^$HOME/.docker/config.json" out || docker=none
	! grep -qE "^($HOME/.config/containers/auth|$T/named).json" out || podman=none
	! grep -q "^freshtoken: $HOME/.docker/config.json: .*\"other\" already" err || docker=other
	! grep -qE "^freshtoken: ($HOME/.config/containers/auth|$T/named).json: .*\"other\" already" err ||
		podman=other
	! grep -q "podman and skopeo ask \"other\" before" err || podman=both
	equal "setup: docker ${1/store/none}, podman ${3-$2}" \
		"setup: docker $docker, podman $podman"
}

# docker_case DOCKER PODMAN DESCRIPTION [SETUP] <<LINES
docker_case() {
	cat >"$T/lines-${3//[^a-z]/-}"
	test_case "$3: docker $1, podman $2" judged_with "$T/lines-${3//[^a-z]/-}" "$1" "$2" \
		"${4-$2}"
}
judged_with() {	# FILE DOCKER PODMAN SETUP
	set_up <"$1"
	shift
	judged "$@"
}

docker_case none none 'nothing is set' </dev/null
docker_case ours ours 'an entry in both files' <<'END'
@config
{"credHelpers":{"HOST":"freshtoken"}}
@auth
{"credHelpers":{"HOST":"freshtoken"}}
END
# That is enough for podman, but only as long as it stays docker's: setup writes podman's own too.
docker_case ours ours 'docker alone, whose file podman reads last' none <<'END'
@config
{"credHelpers":{"HOST":"freshtoken"}}
END
docker_case none ours 'podman alone' <<'END'
@auth
{"credHelpers":{"HOST":"freshtoken"}}
END
docker_case ours none 'the store, which podman does not look at' <<'END'
@config
{"credsStore":"freshtoken"}
END
docker_case none none 'the host without its port' <<'END'
@config
{"credHelpers":{"127.0.0.1":"freshtoken"}}
END
docker_case none none 'a URL of the host' <<'END'
@config
{"credHelpers":{"https://HOST/v1/":"freshtoken"}}
END
docker_case none ours 'one line for podman and its like' <<'END'
@registries
credential-helpers = ["freshtoken"]
END
docker_case none ours 'the same line after the files' <<'END'
@registries
credential-helpers = ["containers-auth.json", "freshtoken"]
END
docker_case none both 'another before us in that line' <<'END'
@registries
credential-helpers = ["other", "freshtoken"]
END
docker_case ours ours 'auths that are left beside the entry' none <<'END'
@config
{"auths":{"HOST":{}},"credHelpers":{"HOST":"freshtoken"}}
END
docker_case ours ours 'the entry in the file that a variable names' <<'END'
@named
{"credHelpers":{"HOST":"freshtoken"}}
@config
{"credsStore":"freshtoken"}
END
docker_case none none 'an entry that names nobody goes before the store' <<'END'
@config
{"credsStore":"freshtoken","credHelpers":{"HOST":""}}
END
docker_case store none 'another store, before which our entry would go' <<'END'
@config
{"credsStore":"other"}
END
test_done
