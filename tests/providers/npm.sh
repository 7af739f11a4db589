#!/bin/sh
# npm.sh - a server of FOLDER and what it needs of npm, into the folder INSTALLED
#
#	npm.sh FOLDER INSTALLED
set -eu
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo 'no node or no npm on this machine' >&2
	exit 1
fi
rm -rf "$2"
mkdir -p "$2"
cp "$1"/server.mjs "$1"/package.json "$1"/package-lock.json "$2"
cd "$2"
chmod u+w -- *
if ! npm --no-audit --no-fund --no-update-notifier --loglevel=error --fetch-retries=2 \
	--fetch-retry-mintimeout=1000 ci --ignore-scripts >npm.log 2>&1; then
	head -n 5 npm.log >&2
	exit 1
fi
