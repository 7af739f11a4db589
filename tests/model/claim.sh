#!/bin/bash
# SPDX-License-Identifier: MIT
# The protocol by which hosts share one rotating refresh token, in every order of its steps: spin
# visits all states. A variant without one of the rules must fail; otherwise the model would prove
# nothing.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
need spin gcc

# search NAME [OPTION…] - all states of a variant; what it says is in NAME.out
search() {
	local name=$1

	shift
	mkdir "$name"
	(
		cd "$name"
		cp "$FT_SRCDIR/tests/model/claim.pml" .
		spin -a "$@" claim.pml
		gcc -w -O0 -DSAFETY -DCOLLAPSE -o pan pan.c
		./pan -m200000 -w20
	) >"$name.out" 2>&1
}

holds() {	# NAME [OPTION…]
	search "$@"
	contains 'errors: 0' "$1.out"
	# A search that was cut short has shown nothing.
	lacks 'not completed' "$1.out"
	lacks 'too small' "$1.out"
}

breaks() {	# NAME HOW [OPTION…] - how: reuse or loss
	local name=$1 how=$2

	shift 2
	search "$name" "$@"
	contains 'errors: 1' "$name.out"
	case $how in
	reuse) contains 'assertion violated  !(reused)' "$name.out" ;;
	loss) contains 'assertion violated (((s_rt==cur)' "$name.out" ;;
	esac
}

replay='-DGRACE=4 -DT=2'
test_case 'two hosts: nothing is spent twice, nothing lost' holds two
test_case 'a lease that is used as a lock spends a token twice' breaks lease reuse -DLEASE=1
test_case 'a claim without fences spends a token twice' breaks fences reuse -DFENCE1=0 -DFENCE2=0
test_case 'an answer that is not kept is lost' breaks kept loss -DKEPT=0
# The rest takes compilers a quarter of a minute: make check-fleet, which --long runs.
[ -n "${FT_LONG-}" ] || test_done

test_case 'three hosts' holds three -DHOSTS=3
test_case 'fence 1 alone, if no host pauses between the clock and the service' \
	holds prompt -DPROMPT=1 -DFENCE2=0 -DHOSTS=3
# shellcheck disable=SC2086
for hosts in 2 3; do
	test_case "a service with a replay grace, where answers are lost, $hosts hosts" \
		holds "grace$hosts" $replay -DLOSSES=1 "-DHOSTS=$hosts"
done
test_case 'a pause after fence 1, without fence 2' breaks fence2 reuse -DFENCE2=0
test_case 'a claim past its deadline is treated as unspent' \
	breaks ambiguous reuse -DAMBIGUOUS=0
test_case 'a host claims again, and the others treat it as the same claim' breaks others reuse -DOTHERS=0
test_case "a copy of a host's folder treats the host's claim as its own" breaks lock reuse -DLOCK=0
# shellcheck disable=SC2086
{
	test_case 'an answer that is committed only with its claim is lost' \
		breaks by-claim loss $replay -DBY_GENERATION=0
	test_case 'a host that takes over and forgets the time of the first claim spends twice' \
		breaks since reuse $replay -DSINCE=0
	test_case 'a replay at the end of the window spends twice' breaks within reuse $replay -DWITHIN=0
	test_case 'a new claim while an earlier one may still send spends twice' \
		breaks quiet reuse $replay -DQUIET=0
}
test_done
