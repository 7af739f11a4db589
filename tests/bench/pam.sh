#!/bin/bash
# SPDX-License-Identifier: MIT
# pam.sh - make bench, as root: the costs of an account check without a request to the service
. "${FT_SRCDIR:?run me with make bench}/tests/pam/world.sh"
RUNS=${RUNS:-300}
start_token_service
ts create work user=alice lifetime=36000 >/dev/null
configure_pam server="$TS/work"
sign_in alice 2>/dev/null
stack permit "account required pam_permit.so"
stack check "account required FT account=work strict"
printf 'account = SUCCESS\n' >script
# The first check asks the service; from then on root knows.
timeout 60 "$FT_BUILDDIR/tests/pam/play" --confdir conf --service check --user alice <script \
	>/dev/null

printf '\n%s\n' 'an account check within recheck, less the same with pam_permit (limit: 3 of empty)'
for service in permit check; do
	printf '#!/bin/sh\nexec "%s" --confdir "%s" --service %s --user alice\n' \
		"$FT_BUILDDIR/tests/pam/play" "$PWD/conf" "$service" >"$service"
	chmod +x "$service"
done
"$FT_BUILDDIR/tests/bench/compare" "$RUNS" script "$FT_BUILDDIR/tests/bench/empty" :: ./permit :: \
	./check |
	tee figures | sed 's/^/  /'
awk '{ for (i = 1; i < NF; i++) if ($i == "us") ratio[NR] = $(i + 1) }
	END { printf "  %-32s %22.2f x\n", "the difference", ratio[3] - ratio[2] }' figures
tap_finished=yes
