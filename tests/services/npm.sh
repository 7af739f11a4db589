#!/bin/sh
# SPDX-License-Identifier: MIT
# npm.sh - installs a server of FOLDER and its npm packages into NAME-installed beside NAME.stamp
#
#	npm.sh FOLDER …/NAME.stamp
#
# It does nothing if no file of FOLDER is newer than the stamp.
set -eu
from=$1
mkdir -p "${2%/*}"
stamp=$(cd "${2%/*}" && pwd)/${2##*/}
installed=${stamp%.stamp}-installed
if [ -e "$stamp" ] && [ -z "$(find "$from" "$0" -type f -newer "$stamp")" ]; then
	exit 0
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo 'no node or no npm on this machine' >&2
	exit 1
fi
rm -rf "$installed" "$stamp"
mkdir -p "$installed"
export npm_config_cache="${npm_config_cache:-${stamp%/*}/npm-cache}"
find "$from" -maxdepth 1 \( -name '*.mjs' -o -name 'package*.json' \) -exec cp {} "$installed" \;
cd "$installed"
chmod u+w -- *
if ! { npm --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=2 \
	--fetch-retry-mintimeout=1000 ci --ignore-scripts &&
	{ [ ! -e provider.mjs ] || node provider.mjs --check; }; } >npm.log 2>&1; then
	head -n 5 npm.log >&2
	exit 1
fi
touch "$stamp"
