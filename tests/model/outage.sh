#!/bin/bash
# SPDX-License-Identifier: MIT
# The formulas of docs/fleet.md for the load of 100,000 hosts on a service and a store, in normal
# operation and after an outage, compared with a simulation of the hosts.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

# near WHAT PLAYED FORMULA - a peak of random moments is somewhat above its mean
near() {
	awk -v played="$2" -v formula="$3" 'BEGIN {
		exit !(played <= 1.35 * formula && played >= 0.75 * formula) }' ||
		complain "$1: played $2/s, the formula says $3/s"
}

# the number after WORD in a line that begins with LINE
number() {	# LINE WORD
	sed -n "s|^$1.* $2 \([0-9.]*\)/s.*|\1|p" out
}

formulas() {	# LIFETIME OUTAGE
	"$FT_BUILDDIR/tests/model/outage" 100000 "$1" "$2" 1 >out
	near 'own, steady' "$(number own: steady | head -n 1)" "$(number 'own: formula' steady)"
	near 'own, after' "$(number 'own: service' 'after peak')" "$(number 'own: formula' after)"
	equal 1 "$(number 'fleet: service' 'after peak')"
	near 'store, steady' "$(number 'fleet: store' steady)" \
		"$(number 'fleet: formula' 'store steady')"
	near 'store, peak' "$(sed -n 's|^fleet: store steady [^ ]* peak \([0-9]*\)/s.*|\1|p' out)" \
		"$(number 'fleet: formula' peak)"
	[ "$(number 'fleet: store' 'after peak')" -le \
		"$(($(number 'fleet: formula' after) * 135 / 100))" ] ||
		complain "$(cat out)"
}
for lifetime in 300 3600; do
	for outage in 60 600 7200; do
		test_case "tokens of $lifetime s, an outage of $outage s" formulas "$lifetime" "$outage"
	done
done
test_done
