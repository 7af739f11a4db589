#!/bin/bash
# SPDX-License-Identifier: MIT
# The sources of an account without a sign-in: a file, a variable or a program, at a real OpenID
# provider that accepts another issuer's JWT (RFC 7523).
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
start_openid --interval 1
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
printf basic-secret >basic
chmod 600 basic

# jwt [CLAIM=VALUE…] - a JWT of an issuer that the provider believes
jwt() {
	node "$openid_folder/sign.mjs" "$OPENID_KEYS/jwt-es256.jwk" iss=cluster sub=build \
		"aud=$OPENID" "$@"
}

# from NAME SOURCE [KEY=VALUE…] - an account with its tokens from there
from() {
	local name=$1 source=$2

	shift 2
	account "$name" "server=$OPENID" grant=jwt_bearer "from=$source" client_id=robot \
		client_auth=basic "client_secret_file=$T/basic" resource=https://api.example.com \
		"match=$name.example.com" "$@"
}

takes() {
	[ "$(curl -qsS --noproxy '*' -m 20 -o /dev/null -w '%{http_code}' -u "x:$2" \
		"$OPENID/_auth/$1")" = 204 ]
}

asked() {
	openid_count jwt-bearer.requests
}

# refused NAME TEXT [REMEDY] - no token, for that reason, and nobody was asked
refused() {
	local before

	before=$(asked)
	expect_status 5 freshtoken token "$1" 2>err
	contains "freshtoken: account $1: its source $2" err
	equal 1 "$(wc -l <err)"
	equal "$before" "$(asked)"
}

# --- a file ------------------------------------------------------------------------------------

jwt >token
from file "file:$T/token"
file_as_it_is() {
	takes api "$(freshtoken token file)"
	equal 1 "$(asked)"
	openid_admin last-request >request
	contains "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=$(cat token)&" request
	lacks "$(cat token)" "$(record file)"
	expect_status 2 freshtoken login file 2>err
	contains "nobody signs in to it" err
}
test_case 'a file: its content, without the line feed' file_as_it_is

file_is_read_anew() {
	jwt sub=other >new
	mv new token
	freshtoken token file >/dev/null
	equal 1 "$(asked)"
	freshtoken refresh file
	openid_admin last-request >request
	contains "assertion=$(cat token)&" request
}
test_case 'a file is read again at each exchange, and only then' file_is_read_anew

file_of_windows() {
	printf '%s\r\n' "$(jwt)" >token
	freshtoken refresh file
	openid_admin last-request >request
	lacks '%0D\|%0A' request
}
test_case 'a file with CR LF' file_of_windows

file_as_kubernetes_has_it() {
	mkdir -p pod/..1
	jwt >pod/..1/sso
	chmod 644 pod/..1/sso
	ln -s ..1 pod/..data
	ln -s ..data/sso pod/sso
	from pod "file:$T/pod/sso"
	takes api "$(freshtoken token pod)"
	mkdir pod/..2
	jwt sub=second >pod/..2/sso
	ln -s ..2 pod/..new
	mv -T pod/..new pod/..data
	rm -r pod/..1
	freshtoken refresh pod
	openid_admin last-request >request
	contains "assertion=$(cat pod/..2/sso)&" request
}
test_case 'a link to a folder that is replaced, readable by others' file_as_kubernetes_has_it

bad_file() {
	from bad "file:$T/bad"
	refused bad "file:$T/bad: there is no such file; start what writes it, or correct from"
	: >bad
	refused bad "file:$T/bad: it is empty; check what should fill it"
	printf '\r\n\n' >bad
	refused bad "file:$T/bad: it is empty"
	jwt life=-10 >bad
	refused bad "file:$T/bad: it expired at 2"
	contains "; see what should renew it" err
	printf 'a\nb\n' >bad
	refused bad "file:$T/bad: it has more than one line; name what holds a token alone"
	printf 'a\0b' >bad
	refused bad "file:$T/bad: it has bytes that no token has"
	head -c 100 /dev/urandom | tr -d '\n' >bad
	refused bad "file:$T/bad: it has bytes that no token has"
	head -c 1000000 /dev/zero | tr '\0' a >bad
	refused bad "file:$T/bad: it is longer than 65536 bytes"
	rm bad
	mkdir bad
	refused bad "file:$T/bad: not a regular file; name the file that holds the token"
	rmdir bad
	mkfifo bad
	refused bad "file:$T/bad: not a regular file"
	rm bad
	ln -s bad bad
	refused bad "file:$T/bad: it cannot be opened: "
	rm bad
	jwt >bad
	chmod 666 bad
	refused bad "file:$T/bad: others can write to it; run: chmod go-w $T/bad"
	chmod 600 bad
	freshtoken token bad
}
test_case 'an invalid file, or one without a token: the reason, and what to do' bad_file

unreadable_file() {
	# Root reads everything, unless it may not.
	freshtoken() {
		setpriv --bounding-set=-dac_override,-dac_read_search \
			--inh-caps=-dac_override,-dac_read_search freshtoken "$@"
	}
	[ "$(id -u)" = 0 ] || unset -f freshtoken
	chmod 0 bad
	freshtoken logout bad 2>/dev/null
	refused bad "file:$T/bad: you may not read it"
	chmod 600 bad
}
test_case 'a file without read permission' unreadable_file

broken_while_token_lives() {
	token=$(freshtoken token file)
	mv token away
	equal "$token" "$(git_says get file | sed -n 's/^password=//p')"
	grow_old file 3550
	equal "$token" "$(freshtoken token file)"
	equal fresh "$(verdict file)"
	grow_old file 4000
	refused file "file:$T/token: there is no such file"
	# Nothing is remembered of that: it is there again, and all is well.
	jwt >token
	takes api "$(freshtoken token file)"
}
test_case 'a missing source: the cached token while it is valid' broken_while_token_lives

other_source() {
	token=$(freshtoken token file)
	cp token token2
	sed -i "s|^from = file:$T/token\$|from = file:$T/token2|" "$CONF"
	equal refreshable "$(verdict file)"
	must_fail equal "$token" "$(freshtoken token file)"
	sed -i "s|^from = file:$T/token2\$|from = file:$T/token|" "$CONF"
	equal refreshable "$(verdict file)"
}
test_case "another source: never the token of the earlier one" other_source

somebody_else_in_the_file() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf '[provider]\nextends = oauth2\n[response]\nsubject = claim:sub\n' \
		>"$XDG_CONFIG_HOME/freshtoken/providers/named.conf"
	jwt sub=first >named
	from named "file:$T/named" provider=named
	sed -i '/^\[account named\]/,/^\[/s|^resource = .*|resource = https://git.example.com|' "$CONF"
	freshtoken token named >/dev/null
	freshtoken status named --json >status
	contains '"subject":"first"' status
	jwt sub=second >named
	freshtoken refresh named
	freshtoken status named --json >status
	contains '"subject":"second"' status
}
test_case 'a file with another subject: allowed, because nobody signed in' \
	somebody_else_in_the_file

rotation_under_load() {
	node "$openid_folder/sign.mjs" "$OPENID_KEYS/jwt-es256.jwk" iss=cluster sub=build \
		"aud=$OPENID" life=60 every=200 "file=$T/rotating" &
	signer=$!
	eventually 20 [ -s rotating ]
	openid_admin set access-ttl=2 >/dev/null
	from rotating "file:$T/rotating" wait=30s
	for ((round = 0; round < 6; round++)); do
		for ((i = 0; i < 20; i++)); do
			freshtoken token rotating >"out.$i" 2>"err.$i" || echo failed >>failures &
			pids[i]=$!
		done
		wait "${pids[@]}"
		nap 0.7
	done
	kill "$signer"
	openid_admin set access-ttl=3600 >/dev/null
	cat err.*
	[ ! -e failures ]
	[ "$(openid_count jwt-bearer.refused)" -eq 0 ]
}
test_case '20 callers while the file is replaced: no failure' rotation_under_load

# --- a variable --------------------------------------------------------------------------------

from env env:CI_TOKEN
variable() {
	takes api "$(CI_TOKEN=$(jwt) freshtoken token env)"
	freshtoken token env >/dev/null
	CI_TOKEN='' expect_status 0 freshtoken token env >/dev/null
	freshtoken logout env 2>/dev/null
	refused env "env:CI_TOKEN: the variable is not set; set it, or run this where it is set"
	CI_TOKEN='' refused env "env:CI_TOKEN: it is empty"
	CI_TOKEN=$(jwt life=-1) refused env "env:CI_TOKEN: it expired at 2"
	export CI_TOKEN
	CI_TOKEN=$(jwt)
	takes api "$(git_says get env | sed -n 's/^password=//p')"
	unset CI_TOKEN
}
test_case 'a variable: of the program that asks; the cached token if it is not set' variable

# sub_of TOKEN - for whom the provider issued it
sub_of() {
	curl -qsS --noproxy '*' -m 20 -u robot:basic-secret --data-urlencode "token=$1" \
		"$OPENID/token/introspection" | sed -n 's/.*"sub":"\([^"]*\)".*/\1/p'
}

two_jobs_of_one_runner() {
	freshtoken logout env 2>/dev/null
	one=$(jwt sub=one) two=$(jwt sub=two)
	equal one "$(sub_of "$(CI_TOKEN=$one freshtoken token env)")"
	token=$(CI_TOKEN=$two freshtoken token env)
	equal two "$(sub_of "$token")"
	before=$(asked)
	equal "$token" "$(CI_TOKEN=$two freshtoken token env)"
	# Who has nothing to show gets what is there.
	equal "$token" "$(freshtoken token env)"
	equal "$before" "$(asked)"
	equal refreshable "$(CI_TOKEN=$one verdict env)"
	pids=()
	for ((i = 0; i < 24; i++)); do
		case $((i % 3)) in
		0) CI_TOKEN=$one freshtoken token env >"one.$i" 2>>jobs.err & ;;
		1) CI_TOKEN=$two freshtoken token env >"two.$i" 2>>jobs.err & ;;
		2) CI_TOKEN=$one git_says get env | sed -n 's/^password=//p' >"one.$i" & ;;
		esac
		pids+=($!)
	done
	wait "${pids[@]}"
	empty jobs.err
	for who in one two; do
		cat "$who".[0-9]* | sort -u >tokens
		[ -s tokens ]
		while read -r token; do equal "$who" "$(sub_of "$token")"; done <tokens
	done
}
test_case "a variable of another job: never the token of the earlier job" two_jobs_of_one_runner

# --- a program ---------------------------------------------------------------------------------

program() {
	jwt >printed
	cat >print <<-END
		#!/bin/sh
		printf '%s\n' "\$@" >$T/arguments
		cat >$T/stdin
		ps -o sid=,pid= -p \$\$ >$T/session
		echo chatter >&2
		cat $T/printed
	END
	chmod 700 print
	from exec "exec:$T/print a  \$HOME \$(id);x \"b"
	takes api "$(echo nothing | freshtoken token exec)"
	printf '%s\n' a '$HOME' '$(id);x' '"b' | same arguments -
	empty stdin
	read -r sid pid <session
	equal "$sid" "$pid"
	lacks '\$HOME' "$(record exec)"
}
test_case 'a program: its arguments unchanged, without a shell; in its own session' program

# command NAME LINE… - an account that runs a script
command_of() {
	local name=$1

	shift
	printf '#!/bin/sh\n' >"$name.sh"
	printf '%s\n' "$@" >>"$name.sh"
	chmod 700 "$name.sh"
	from "$name" "exec:$T/$name.sh secret-word" wait=60s
}

program_fails() {
	command_of fails 'echo first >&2' 'echo "no vault here" >&2' 'echo token' 'exit 3'
	refused fails "exec:$T/fails.sh: it ended with status 3: \"no vault here\"; run $T/fails.sh by hand"
	lacks "secret-word\|first" err
	command_of dies 'kill -SEGV $$'
	refused dies "exec:$T/dies.sh: it was ended by signal 11"
	from absent "exec:$T/absent"
	refused absent "exec:$T/absent: it cannot be started: No such file"
	command_of silent ':'
	refused silent "exec:$T/silent.sh: it is empty"
	command_of traced 'echo t0ken-of-vault' 'echo "+ echo t0ken-of-vault" >&2' 'exit 1'
	refused traced "exec:$T/traced.sh: it ended with status 1"
	lacks t0ken err
}
test_case 'a program that fails: its status and its last line, never its input' program_fails

# Whoever should reap it may not do so at once.
gone() {
	case $(ps -o stat= -p "$(cat child)") in
	'' | Z*) ;;
	*) return 1 ;;
	esac
}

# signals FILE - blocked and ignored ones, but for 32 to 34, the C library's own: whoever was started
# by its posix_spawn, as by make, ignores them
signals() {
	local bits

	for bits in $(sed -n 's/^Sig\(Blk\|Ign\):[[:space:]]*/0x/p' "$1"); do
		printf '%x\n' $((bits & ~0x380000000))
	done
}

program_has_nothing_of_ours() {
	command_of bare "ls /proc/\$\$/fd >$T/fds" "cat /proc/self/status >$T/status" \
		"cat $T/printed"
	takes api "$(freshtoken token bare)"
	# (The shell itself blocks all of them for the moment in which it starts another program.)
	# What is beside these three is the shell's own, of its script and of ls.
	grep -vx -e '[012]' fds >more || :
	while read -r fd; do [ "$fd" -ge 3 ]; done <more
	[ "$(wc -l <more)" -le 2 ]
	cat /proc/self/status >ours
	signals ours >expected
	equal 2 "$(wc -l <expected)"
	signals status | same expected -
}
test_case 'a program: no descriptors and signal settings of freshtoken' program_has_nothing_of_ours

program_asks_for_itself() {
	command_of itself "exec $FT_BIN/freshtoken token itself" 
	sed -i 's/^wait = 60s$/wait = 3s/' "$CONF"
	expect_status 5 freshtoken token itself 2>err
	equal 1 "$(wc -l <err)"
}
test_case 'a program that asks for its own token: no endless loop' program_asks_for_itself

program_hangs() {
	command_of hangs 'sleep 987 &' 'echo $! >'"$T/child" 'trap "" TERM' 'while :; do sleep 986; done'
	impatient hangs 3
	refused hangs "exec:$T/hangs.sh: it did not end within 3 seconds"
	# Whoever waits for less time is told what may be late.
	sed -i '/^\[account hangs\]/,/^\[/s/^wait = .*/wait = 1s/' "$CONF"
	expect_status 5 freshtoken token hangs 2>err
	contains "account hangs: $OPENID or the source exec:$T/hangs.sh has not answered yet" err
	eventually 5 gone
}
test_case 'a program that hangs is killed, with what it has started' program_hangs

program_forks() {
	command_of forks 'sleep 985 &' 'echo $! >'"$T/child" "cat $T/printed"
	takes api "$(freshtoken token forks)"
	eventually 5 gone
}
test_case 'a program that leaves another process: its output counts, and that process is killed' \
	program_forks

# As gpg-agent does, which whoever asks next wants to find there.
program_leaves_a_daemon() {
	command_of daemon \
		"setsid sh -c 'ls -l /proc/self/fd >$T/fds; : >$T/listed; exec sleep 984' &" \
		'echo $! >'"$T/child" "while [ ! -e $T/listed ]; do :; done" "cat $T/printed"
	takes api "$(freshtoken token daemon)"
	kill -0 "$(cat child)"
	lacks "$XDG_STATE_HOME\|socket:" fds
	# Nor does it have the lock.
	freshtoken refresh daemon 2>err
	kill "$(cat child)"
	# The one that printed nothing is not waited for either.
	command_of mute "setsid sleep 983 &" 'echo $! >'"$T/child"
	refused mute "exec:$T/mute.sh: it is empty"
	kill "$(cat child)"
}
test_case 'a program that leaves a daemon: it is not waited for, and gets nothing of freshtoken' \
	program_leaves_a_daemon

program_floods() {
	command_of floods 'exec yes'
	refused floods "exec:$T/floods.sh: it is longer than 65536 bytes"
	command_of shouts 'yes >&2 & sleep 0.5' "cat $T/printed"
	takes api "$(freshtoken token shouts)"
}
test_case 'a program with endless output is stopped; its standard error is not stored' program_floods

# --- a job of GitHub Actions ---------------------------------------------------------------------

# What the runner answers, as its documentation has it; it takes "job-token" alone.
cat >runner.py <<-'END'
	import http.server, json, os, sys, urllib.parse
	class Runner(http.server.BaseHTTPRequestHandler):
	    def log_message(self, *a): pass
	    def do_GET(self):
	        open("asked", "a").write(self.path + "\n")
	        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
	        good = self.headers["Authorization"] == "Bearer job-token" and query["api-version"] == ["2.0"]
	        status, body = (200, {"count": 1, "value": open("job-jwt").read().strip()}) if good \
	            else (401, {"message": "no job-token for " + self.headers["Authorization"]})
	        if os.path.exists("answer"):
	            status, body = json.load(open("answer"))
	        if status == 307:
	            self.send_response(307); self.send_header("Location", "/elsewhere"); self.end_headers(); return
	        data = json.dumps(body).encode()
	        self.send_response(status)
	        self.send_header("Content-Type", "application/json; charset=utf-8")
	        self.send_header("Content-Length", str(len(data)))
	        self.end_headers()
	        self.wfile.write(data)
	server = http.server.HTTPServer(("127.0.0.1", 0), Runner)
	open("port.new", "w").write(str(server.server_port)); os.rename("port.new", "port")
	server.serve_forever()
END
with_parent python3 runner.py &
at_exit stop_pid $!
wait_for_file port $!
RUNNER="http://127.0.0.1:$(cat port)/token?api-version=2.0"

# job TOKEN COMMAND… - as a step of a job runs it
job() {
	local token=$1

	shift
	ACTIONS_ID_TOKEN_REQUEST_URL=$RUNNER ACTIONS_ID_TOKEN_REQUEST_TOKEN=$token "$@"
}

from job github-actions audience=https://api.example.com
github_actions() {
	jwt >job-jwt
	takes api "$(job job-token freshtoken token job)"
	same_text '/token?api-version=2.0&audience=https%3A%2F%2Fapi.example.com' asked
	openid_admin last-request >request
	contains "assertion=$(cat job-jwt)" request
	job job-token freshtoken token job >/dev/null
	equal 1 "$(wc -l <asked)"
	freshtoken token job >/dev/null
	lacks "job-token\|$(cat job-jwt)" "$(record job)"
}
test_case 'github-actions: a JWT for the audience of the account, with one request' github_actions

# The next job in the same home has another token, and perhaps another repository.
github_actions_of_another_job() {
	token=$(job job-token freshtoken token job)
	job next-token refused job "github-actions: GitHub gives none: HTTP 401"
	equal "$token" "$(job job-token freshtoken token job)"
}
test_case 'github-actions: the token of one job is not used for the next' github_actions_of_another_job

github_actions_that_gives_none() {
	freshtoken logout job 2>/dev/null
	refused job "github-actions: ACTIONS_ID_TOKEN_REQUEST_URL is not set; run this in a job of GitHub Actions that has permissions: id-token: write"
	job '' refused job "github-actions: ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set"
	job stolen-token refused job "github-actions: GitHub gives none: HTTP 401"
	contains "check that the job runs and has permissions: id-token: write" err
	lacks stolen-token err
	job $'a\nb: c' refused job "github-actions: ACTIONS_ID_TOKEN_REQUEST_TOKEN is no token"
	while read -r answer; do
		echo "$answer" >answer
		job job-token refused job "github-actions: "
	done <<-'END'
		[200, {"count": 0}]
		[200, {"value": ""}]
		[200, {"value": {"a": "b"}}]
		[200, {"value": "a\nb"}]
		[307, {}]
		[500, {}]
	END
	lacks elsewhere asked
	echo '[200, {"count": 0}]' >answer
	job job-token refused job "github-actions: GitHub gives none: its answer has no token; try again"
	rm answer
	jwt life=-5 >job-jwt
	job job-token refused job "github-actions: it expired at 2"
	before=$(wc -l <asked)
	for RUNNER in http://example.com/t "http://localhost:$(cat port)/t" file:///etc/passwd /token \
		https://user@example.com/ 'https://exa mple.com/' ftp://127.0.0.1/; do
		job job-token refused job "github-actions: ACTIONS_ID_TOKEN_REQUEST_URL is no https URL; see what has set it"
	done
	equal "$before" "$(wc -l <asked)"
}
test_case 'github-actions without a token; an address that is not https' github_actions_that_gives_none

# --- what is said of it --------------------------------------------------------------------------

status_says_where_from() {
	jwt >token
	freshtoken token file >/dev/null
	freshtoken status file >out
	contains "its tokens come by grant = jwt_bearer for what file:$T/token brings" out
	freshtoken status file --json >json
	contains "\"grant\":\"jwt_bearer\",\"from\":\"file:$T/token\",\"reason\":null" json
	freshtoken status fails >out
	contains "for what exec:$T/fails.sh brings" out
	freshtoken status fails --json >json
	lacks secret-word json
	lacks secret-word out
}
test_case 'status shows the source of the tokens' status_says_where_from

doctor_reads_it() {
	rm -f bad
	before=$(asked)
	freshtoken doctor >out 2>&1 || :
	contains "its source file:$T/token can be read" out
	tr -s ' \n' ' ' <out >flat
	contains "its source file:$T/bad: there is no such file" flat
	contains "start what writes it, or correct from" flat
	contains "its source env:CI_TOKEN: the variable is not set" flat
	contains "its source exec:$T/fails.sh: it ended with status 3" flat
	lacks "signed in" out
	contains "nobody signs in; the" out
	lacks secret-word out
	equal "$before" "$(asked)"
}
test_case 'doctor reads each source, without a request to the service' doctor_reads_it

refresh_of_all() {
	sed "/^\[account bad\]/,\$d" "$CONF" >kept
	cp "$CONF" whole
	{ cat kept; sed -n '/^\[account env\]/,/^\[account exec\]/{/^\[account exec\]/!p;}' whole; } >"$CONF"
	freshtoken logout env 2>/dev/null || :
	freshtoken refresh --due 2>err
	empty err
	expect_status 5 freshtoken refresh env 2>err
	contains "env:CI_TOKEN: the variable is not set" err
	cp whole "$CONF"
}
test_case 'refresh of all accounts skips an account whose variable is not set' refresh_of_all

# --- configuration -----------------------------------------------------------------------------

not_in_file() {
	mkdir -p wrong/freshtoken
	while IFS='|' read -r value text; do
		printf '[account a]\nfrom = %s\n' "$value" >wrong/freshtoken/freshtoken.conf
		XDG_CONFIG_HOME=$T/wrong expect_status 1 freshtoken token a 2>err
		contains "freshtoken.conf:2: from: $text" err
	done <<-END
		file:token|expected a path that begins with / after "file:"
		exec:vault x|expected a path that begins with / after "exec:"
		env:1A|expected the name of a variable after "env:"
		env:|expected the name of a variable after "env:"
		github-action s|expected the name of another account, file:PATH, env:NAME, exec:PATH ARG... or github-actions
	END
}
test_case 'an invalid source is refused with its line' not_in_file
test_done
