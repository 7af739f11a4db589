#!/bin/sh
# install.sh - the OpenID provider and what it needs of npm, into openid-installed below FOLDER
#
#	install.sh FOLDER
set -eu
from=$(cd "$(dirname "$0")" && pwd)
folder=$1
installed=$folder/openid-installed
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo 'no node or no npm on this machine' >&2
	exit 1
fi
rm -rf "$installed"
mkdir -p "$installed"
export npm_config_cache="${npm_config_cache:-$(cd "$folder" && pwd)/npm-cache}"
cp "$from"/*.mjs "$from"/package.json "$from"/package-lock.json "$installed"
cd "$installed"
chmod u+w -- *
if ! { npm --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=2 \
	--fetch-retry-mintimeout=1000 ci --ignore-scripts &&
	node provider.mjs --check; } >npm.log 2>&1; then
	head -n 5 npm.log >&2
	exit 1
fi
