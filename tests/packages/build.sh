#!/bin/bash
# SPDX-License-Identifier: MIT
# build.sh - builds Debian packages of these sources twice and compares them; in a root that may be
# changed
#
# It writes the packages to build/debs, and to build/debs/older the same packages with a lower
# version, for an upgrade. TAP.
set -euo pipefail
cd "$(dirname "$0")/../.."
debs=$PWD/build/debs log=$PWD/build/packages.log n=0 failed=0
mkdir -p build
export DEBIAN_FRONTEND=noninteractive

# test_that TEXT COMMAND… - one line of TAP
test_that() {
	local text=$1

	shift
	n=$((n + 1))
	# Not as a condition, where bash would go on behind what fails.
	("$@") >build/case.log 2>&1 &
	if wait "$!"; then
		echo "ok $n - $text"
	else
		tail -n 60 build/case.log | sed 's/^/# /'
		echo "not ok $n - $text"
		failed=$((failed + 1))
	fi
	cat build/case.log >>"$log"
}

prepare() {
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends build-essential fakeroot lintian faketime \
		devscripts blhc
	apt-get build-dep -y -qq --no-install-recommends ./
}

# build USER FOLDER [COMMAND…] - a copy of the sources in FOLDER/freshtoken, built by that user
build() {
	local user=$1 folder=$2

	shift 2
	id "$user" >/dev/null 2>&1 || useradd -m "$user"
	rm -rf "$folder"
	mkdir -p "$folder/freshtoken"
	tar -cf - --exclude=./build . | tar -xf - -C "$folder/freshtoken"
	chown -R "$user" "$folder"
	setpriv --reuid "$user" --regid "$user" --init-groups env HOME="/home/$user" USER="$user" "$@" sh -c \
		"umask $umask; cd '$folder/freshtoken' && dpkg-buildpackage -b -us -uc -j$(nproc) >../build.log 2>&1" ||
		{ tail -n 60 "$folder/build.log"; return 1; }
}

same() {
	(cd "$1" && sha256sum ./*.deb) >build/first.sums
	(cd "$2" && sha256sum ./*.deb) >build/second.sums
	diff build/first.sums build/second.sums
}

# The finest fault is one: nothing is overridden.
lint() {
	setpriv --reuid one --regid one --init-groups env HOME=/home/one lintian --tag-display-limit 0 \
		/home/one/b/*.changes >build/lintian.out || :
	[ -f build/lintian.out ]
	cat build/lintian.out
	if grep -E '^[EW]:' build/lintian.out; then return 1; fi
}

hardened() {
	local program dir=/home/one/unpacked arm=
	# Newer ones look for what arm64 alone has.
	! grep -q nobranchprotection "$(command -v hardening-check)" || arm=--nobranchprotection

	rm -rf "$dir"
	for program in /home/one/b/*_*.deb; do
		case $program in *dbgsym*) ;; *) dpkg-deb -x "$program" "$dir" ;; esac
	done
	# Flags of the compiler, of each line of the log but the unit tests'; and what came out of it.
	grep -v -e ' -o tests/' /home/one/b/build.log >build/shipped.log
	blhc --all --ignore-arch-flag '*:-fcf-protection' build/shipped.log
	for program in "$dir"/usr/bin/freshtoken "$dir"/usr/bin/*-credential-freshtoken \
		"$dir"/usr/libexec/freshtoken/* "$dir"/usr/lib/*/security/*.so "$dir"/usr/lib/*/libfreshtoken.so.0; do
		# shellcheck disable=SC2086
		hardening-check --nocfprotection --nofortify $arm "$program" || return 1
	done
}

# No number that is lower was ever published; an upgrade of Debian's tools sees no difference.
make_older() {
	local deb

	mkdir -p "$debs/older"
	for deb in "$debs"/*.deb; do
		dpkg-deb -R "$deb" build/repack
		sed -i 's/\(freshtoken[a-z0-9-]* (= \)[^)]*/\10.0.9-1/; s/^Version: .*/Version: 0.0.9-1/' build/repack/DEBIAN/control
		dpkg-deb --root-owner-group -b build/repack "$debs/older" >/dev/null
		rm -rf build/repack
	done
}

: >"$log"
umask=022
test_that 'the build dependencies can be installed' prepare
test_that 'they are built, and their unit tests pass' build one /home/one/b
umask=002
test_that 'they are built again: another user and folder, a year later, another umask' \
	build two "/home/two/another/place" env DEB_BUILD_OPTIONS=nocheck faketime -f '+1y' 
test_that 'both are the same, byte by byte' same /home/one/b /home/two/another/place
test_that 'lintian has no errors and no warnings' lint
test_that 'flags and programs are hardened' hardened
rm -rf "$debs"
mkdir -p "$debs"
for deb in /home/one/b/*.deb; do
	case $deb in *dbgsym*) ;; *) cp "$deb" "$debs" ;; esac
done
test_that 'older packages for an upgrade' make_older
echo "1..$n"
echo "$((n - failed)) passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
