#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken status --metrics: OpenMetrics text with correct syntax and numbers.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# grammar FILE - of OpenMetrics 1.0, as far as we use it: families one after the other, each with its
# metadata first, samples of that family alone, a newline at each end, "# EOF" at the end of all
grammar() {
	awk '
	/^# TYPE [a-z_]+ (gauge|counter)$/ { if (family[$3]++) print "twice: " $0
		name = $3; suffix = $4 == "counter" ? "_total" : ""; next }
	/^# UNIT [a-z_]+ [a-z]+$/ { if ($3 != name || $3 !~ ("_" $4 "$")) print; next }
	/^# HELP [a-z_]+ [^"\\]+$/ { if ($3 != name) print; next }
	/^# EOF$/ { eof++; next }
	/^[a-z_]+\{account="([^"\\]|\\[n"\\])*"(,[a-z]+="([^"\\]|\\[n"\\])*")*\} [0-9]+$/ {
		key = $0; sub(/ [0-9]+$/, "", key)
		if (seen[key]++ || substr($0, 1, index($0, "{") - 1) != name suffix || eof) print
		next }
	{ print }
	END { if (eof != 1) print "EOF" }' "$1" >faults
	empty faults
	tail -c 6 "$1" | cmp - <(printf '# EOF\n')
}

# number METRIC LABELS
number() {
	sed -n "s/^$1{$2} //p" metrics
}

metrics() {
	freshtoken status --metrics "$@" >metrics
	grammar metrics
}

without_accounts() {
	metrics 2>err
	must_fail grep -q '^[^#]' metrics
}
test_case 'without an account: families without samples' without_accounts

a_good_sign_in() {
	new_account work oauth2
	account other "provider=oauth2" "server=$TS/other"
	metrics
	equal 1 "$(number freshtoken_verdict 'account="work",verdict="fresh"')"
	equal 0 "$(number freshtoken_verdict 'account="work",verdict="needs-login"')"
	equal 1 "$(number freshtoken_verdict 'account="other",verdict="signed-out"')"
	equal "$(date -d "$(freshtoken status work --json | sed 's/.*"expires_at":"\([^"]*\)".*/\1/')" +%s)" \
		"$(number freshtoken_token_expiry_timestamp_seconds 'account="work"')"
	[ "$(number freshtoken_token_issued_timestamp_seconds 'account="work"')" -le "$(date +%s)" ]
	equal '' "$(number freshtoken_token_expiry_timestamp_seconds 'account="other"')"
	no_secret metrics work
	before=$(number freshtoken_refreshes_total 'account="work"')
	freshtoken refresh work
	metrics work
	equal $((before + 1)) "$(number freshtoken_refreshes_total 'account="work"')"
	lacks other metrics
}
test_case 'the data of each account, without secrets' a_good_sign_in

failures_by_kind() {
	ts fault work fault=503 times=1
	expect_status 5 freshtoken refresh work 2>err
	metrics work
	equal 1 "$(number freshtoken_refresh_failures_total 'account="work",kind="unreachable"')"
	ts fault work fault=error:invalid_client:401 times=1
	must_fail freshtoken refresh work 2>err
	ts revoke-family work
	expect_status 4 freshtoken refresh work 2>err
	metrics work
	equal 1 "$(number freshtoken_refresh_failures_total 'account="work",kind="unreachable"')"
	equal 1 "$(number freshtoken_refresh_failures_total 'account="work",kind="client"')"
	equal 1 "$(number freshtoken_refresh_failures_total 'account="work",kind="needs-login"')"
	equal 1 "$(number freshtoken_verdict 'account="work",verdict="needs-login"')"
}
test_case 'failures by kind' failures_by_kind

a_state_that_cannot_be_told() {
	chmod g+r "$(record work)"
	metrics
	equal 1 "$(number freshtoken_verdict 'account="work",verdict="unknown"')"
	equal '' "$(number freshtoken_refreshes_total 'account="work"')"
	chmod g-r "$(record work)"
	expect_status 2 freshtoken status --metrics --json 2>err
	expect_status 3 freshtoken status --metrics nobody >out 2>err
	empty out
}
test_case 'an unreadable state is "unknown", and the command succeeds' a_state_that_cannot_be_told

# Prometheus's own reader, with the names and labels as it has them.
python=$(for python in python3 /usr/bin/python3; do
	"$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null && echo "$python" && break
done)
if [ -n "$python" ]; then
	prometheus_reads_it() {
		metrics
		"$python" -c 'if True:
			from prometheus_client import parser
			from prometheus_client.openmetrics import parser as openmetrics
			text = open("metrics").read()
			new = list(openmetrics.text_string_to_metric_families(text))
			assert len(new) == 7, new
			old = list(parser.text_string_to_metric_families(text))
			def samples(families):
				return sorted((s.name, sorted(s.labels.items()), float(s.value))
					for f in families for s in f.samples)
			assert len(samples(new)) > 20 and samples(old) == samples(new)'
	}
	test_case "Prometheus's parser accepts it, as OpenMetrics and as its older format" \
		prometheus_reads_it
else
	test_skip "Prometheus's parser accepts it" 'no python3-prometheus-client on this machine'
fi

test_done
