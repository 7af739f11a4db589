#!/bin/bash
# SPDX-License-Identifier: MIT
# A Secret Service that does not answer, sends endless data, incomplete or wrong answers, or
# prompts: git gets its answer, with the reason; nothing is lost, and there is no prompt.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need dbus-daemon
sealing_or_skip
service=$FT_BUILDDIR/tests/harness/secrets
[ -x "$service" ] || skip_all 'this build is without libsecret'

one_planted_account
line 'keyring secret-service'
cp -a "$STATE" clear

# at_service FAULT WHAT STATE [KEY] - in a folder, with a bus and a copy of STATE of its own: several
# may wait for their five seconds at once
at_service() {
	local folder=$T/$1-$2-$3

	mkdir -p "$folder/run" "$folder/state"
	cp -a "$T/$3" "$folder/state/freshtoken"
	cp "$T/request" "$folder"
	cd "$folder"
	export XDG_RUNTIME_DIR=$PWD/run XDG_STATE_HOME=$PWD/state
	STATE=$XDG_STATE_HOME/freshtoken
	trap 'leave' EXIT
	session_bus
	hostile=
	starts "$1" "$2" ${4:+"$4"}
}
starts() {
	[ -z "$hostile" ] || stop_pid "$hostile" || :
	rm -f calls
	"$service" "$@" >calls 2>service.err &
	hostile=$!
	eventually 20 grep -q ready calls
}
leave() {
	forget_key
	stop_pid "$hostile" || :
	end_bus
}

never_prompts() {
	must_fail grep -E '^(Prompt|Unlock)$' calls
}
never_unlocks() {
	must_fail grep -x Unlock calls
}

# is_told TEXT… - in err, in one line, and nothing in it moves a terminal
is_told() {
	local text

	for text; do
		contains "$text" err
	done
	must_fail grep -q '[[:cntrl:]]' err
}

behaves() {
	(
		at_service none - clear
		freshtoken seal 2>err
		contains 'account work: sealed now' err
		is_sealed "$STATE/work.json"
		keyctl pipe "$(key_id)" >"$T/key"
		cp -a "$STATE" "$T/sealed"
		forget_key
		equal access-work-7 "$(token)"
		# The key lies there, and nothing else, whatever is stored then.
		printf 'protocol=https\nhost=kept.example.net\nusername=u\npassword=secret\n\n' |
			git-credential-freshtoken store
		is_sealed "$(find "$STATE/credentials" -name '*kept*' ! -name '*.lock')"
		equal 1 "$(grep -c CreateItem calls)"
		"$FT_LIBEXEC/freshtoken-seal" forget secret-service >answer
		equal 0 "$(head -c 1 answer)"
		never_prompts
	)
	equal 32 "$(wc -c <key)"
}
test_case 'this test'\''s service without a fault' behaves

# gets FAULT WHAT TEXT… - nothing is handed out, made or lost
gets() {
	at_service "$1" "$2" sealed "$T/key"
	equal '' "$(token)"
	is_told "${@:3}"
	never_prompts
	must_fail key_id
	cmp "$T/sealed/work.json" "$STATE/work.json"
	equal '' "$(find "$STATE" -name '*~damaged*')"
	# The same file opens where the service behaves again.
	starts none - "$T/key"
	equal access-work-7 "$(token)" || { cat err calls; false; }
}

# makes FAULT WHAT TEXT… - no key is used that is not kept, and what is in clear stays so
makes() {
	at_service "$1" "$2" clear
	expect_status 1 freshtoken seal 2>err
	is_told "${@:3}"
	never_unlocks
	must_fail key_id
	cmp "$T/clear/work.json" "$STATE/work.json"
	equal access-work-7 "$(token)"
}

# begin gets|makes FAULT WHAT TEXT… - beside others, until all_end
begun=() names=()
begin() {
	("$@") >"$2-$3.out" 2>&1 9>&1 &
	begun+=("$!") names+=("$2-$3")
}
all_end() {
	local i failed=no

	for i in "${!begun[@]}"; do
		wait "${begun[i]}" || {
			failed=yes
			echo "${names[i]}:"
			cat "${names[i]}.out"
		}
	done
	begun=() names=()
	[ "$failed" = no ]
}

bus_stops() {
	at_service none - sealed "$T/key"
	kill -STOP "$(cat bus.pid)"
	equal '' "$(token)"
	is_told "$late"
	kill -CONT "$(cat bus.pid)"
	equal access-work-7 "$(token)"
}

late='secret-service: it did not answer within 5 seconds'
never_answers() {
	local method

	for method in GetAll OpenSession ReadAlias SearchItems GetSecrets; do
		begin gets silent "$method" "$late" 'try again when it does'
	done
	begin gets flood ReadAlias "$late"
	begin makes silent CreateItem "$late"
	begin bus_stops the bus
	all_end
}
test_case 'it, or the bus, does not answer, or sends endless signals: no wait' \
	never_answers

ends() {
	begin gets gone OpenSession 'nobody answers on the session bus'
	begin gets gone ReadAlias 'secret-service: it has no default collection'
	begin gets gone SearchItems 'secret-service: it cannot be searched'
	begin gets gone GetSecrets 'secret-service: '
	begin makes gone CreateItem 'secret-service: it does not keep the key'
	all_end
}
test_case 'it ends during a request' ends

says_no() {
	begin gets error OpenSession 'nobody answers on the session bus'
	begin gets error ReadAlias 'secret-service: it has no default collection: '
	begin gets error SearchItems 'secret-service: it cannot be searched: '
	begin gets error GetSecrets 'secret-service: '
	begin makes error CreateItem 'secret-service: it does not keep the key: '
	all_end
}
test_case 'it answers with an error, whose text is made harmless' says_no

talks_nonsense() {
	local kind method

	for kind in empty mistyped; do
		for method in OpenSession ReadAlias SearchItems GetSecrets; do
			begin gets "$kind" "$method" 'secret-service: '
		done
		begin makes "$kind" CreateItem 'secret-service: '
	done
	all_end
}
test_case 'it answers incompletely, or with another type' talks_nonsense

no_key() {
	local kind

	for kind in huge short long nothing words zeros; do
		begin gets value "$kind" 'its item "freshtoken: the key to what it stores" has no key' \
			'remove that item'
	done
	all_end
}
test_case 'its secret has 10 MB, is too short, too long, empty, or not a key' no_key

wrong_paths() {
	begin gets path alias 'secret-service: it '
	begin gets path item 'secret-service: it '
	begin gets path root 'secret-service: it has no default collection'
	begin gets path other 'secret-service: it does not hand out its item'
	all_end
}
test_case 'it names an object that does not exist' wrong_paths

# KeePassXC creates no item without a prompt, which is no window there.
prompts() {
	begin makes prompt dismissed 'secret-service: it does not keep the key'
	begin makes prompt refused 'secret-service: it does not keep the key: '
	begin makes prompt held "$late"
	all_end
	at_service prompt 'done' clear
	freshtoken seal 2>err
	is_sealed "$STATE/work.json"
	forget_key
	equal access-work-7 "$(token)"
}
test_case 'it creates an item after a prompt, or does not' prompts
test_done
