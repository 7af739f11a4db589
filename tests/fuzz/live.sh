#!/bin/bash
# Fuzzers, each for a while:
#
#	live.sh SECONDS SEEDS TARGET…
#
# For each target a line "PASS: NAME (RUNS runs)" or "FAIL: NAME", then what it said and where the
# bytes are that made it fail. Status 1 where one failed.
set -u
seconds=$1 seeds=$2
shift 2

# fuzz TARGET
fuzz() {
	local name=${1##*/fuzz-} folder=tests/fuzz/live.d/${1##*/fuzz-}
	mkdir -p "$folder/corpus" "$folder/found"
	if "$1-live" -max_total_time="$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="$folder/found/" "$folder/corpus" "$seeds/$name" >"$folder/log" 2>&1; then
		echo "PASS: $name ($(sed -n "s/^stat::number_of_executed_units: *//p" "$folder/log") runs)"
	else
		printf "FAIL: %s\n%s\nthe bytes: %s\n" "$name" "$(tail -n 30 "$folder/log")" \
			"$(echo "$folder/found/"*)"
		: >"$folder/failed"
	fi
}
export -f fuzz
export seconds seeds
rm -f tests/fuzz/live.d/*/failed
printf "%s\n" "$@" | xargs -P "$(nproc)" -I TARGET bash -c "fuzz TARGET"
for failed in tests/fuzz/live.d/*/failed; do
	[ ! -e "$failed" ] || exit 1
done
