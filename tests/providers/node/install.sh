#!/bin/sh
# install.sh - node-oauth2-server and what it needs of npm, into node-installed below FOLDER
#
#	install.sh FOLDER
set -eu
from=$(cd "$(dirname "$0")" && pwd)
installed=$1/node-installed
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo 'no node or no npm on this machine' >&2
	exit 1
fi
rm -rf "$installed"
mkdir -p "$installed"
cp "$from"/server.mjs "$from"/package.json "$from"/package-lock.json "$installed"
cd "$installed"
chmod u+w -- *
if ! npm --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=2 \
	--fetch-retry-mintimeout=1000 ci --ignore-scripts >npm.log 2>&1; then
	head -n 5 npm.log >&2
	exit 1
fi
