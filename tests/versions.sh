#!/bin/sh
# SPDX-License-Identifier: MIT
# versions.sh - prints the versions of the programs that the tests ran with: a line each, "-" for
# missing ones
PATH=$PATH:/usr/sbin:/sbin
line() { printf '  %-16s %s\n' "$1" "${2:--}"; }
first() { "$@" 2>&1 </dev/null | sed -n '1p'; }
program() {	# NAME COMMAND ARGUMENT…
	name=$1; shift
	if command -v "$1" >/dev/null; then line "$name" "$(first "$@")"; else line "$name" ''; fi
}
library() { line "$1" "$(pkg-config --modversion "$1" 2>/dev/null)"; }

line system "$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release 2>/dev/null), Linux $(uname \
	-r), $(uname -m)"
line libc "$(first getconf GNU_LIBC_VERSION)"
for name in json-c libcurl libcrypto expat zlib libseccomp libqrencode; do library "$name"; done
program gcc gcc --version
program clang clang --version
program git git --version
program git-lfs git-lfs version
program skopeo skopeo --version
program docker docker --version
program podman podman --version
program buildah buildah --version
line docker-py "$(python3 -c 'import docker; print(docker.__version__)' 2>/dev/null)"
program nginx nginx -v
program docker-registry docker-registry --version
line pip "$(python3 -c 'import pip; print(pip.__version__)' 2>/dev/null)"
for name in cargo go kubectl; do
	case $name in cargo) argument=--version ;; *) argument=version ;; esac
	program "$name" "$name" "$argument"
done
program sshd sshd -V
program sudo sudo --version
program node node --version
openid=${FT_BUILDDIR:-build/gcc}/tests/services/openid-installed/node_modules/oidc-provider/package.json
[ ! -f "$openid" ] || line oidc-provider "$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$openid" |
	head -n 1)"
