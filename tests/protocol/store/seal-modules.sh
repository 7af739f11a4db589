#!/bin/bash
# SPDX-License-Identifier: MIT
# Modules as sources of the key, built outside of the tree: the example, and modules with errors.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need cc pgrep strace
sealing_or_skip

# An installation of our own, where modules may be put.
cp -a "$FT_STAGE" stage
libexec=$PWD/stage${FT_LIBEXEC#"$FT_STAGE"}
PATH=$PWD/stage${FT_BIN#"$FT_STAGE"}:$PATH
library=$(find stage -name libfreshtoken.so.0)
modules=$PWD/${library%/*}/freshtoken
header=$(find stage -name freshtoken-seal.h)
mkdir -p "$modules"

# module NAME SOURCE
module() {
	cc -Wall -Wextra -Werror -shared -fPIC -I "${header%/*}" -o "$modules/seal-$1.so" "$2"
}

# broken NAME <<EOF - one whose get is what comes in
broken() {
	{
		printf '%s\n' '#include <freshtoken-seal.h>' '#include <stdio.h>' \
			'#include <stdlib.h>' '#include <string.h>' '#include <unistd.h>' \
			'#include <fcntl.h>' \
			"static enum freshtoken_seal_outcome get(void *s, unsigned char *key," \
			'	struct freshtoken_seal_why *why) { (void)s, (void)key, (void)why;'
		cat
		printf '%s\n' '}' 'static enum freshtoken_seal_outcome forget(void *s,' \
			'	struct freshtoken_seal_why *why) { (void)s, (void)why; return 1; }' \
			"const struct freshtoken_seal_module freshtoken_seal_1 = {" \
			"	${VERSION-FRESHTOKEN_SEAL_VERSION}, NULL, get, get, forget };"
	} >"$1.c"
	module "$1" "$1.c"
}

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = git.example.com
EOF
export FRESHTOKEN_KEY_FILE=$PWD/stick/key
mkdir stick

# answers - git gets the token; refuses TEXT… - it gets none, and is told
answers() {
	git_says get <<-EOF
		protocol=https
		host=git.example.com
		--
		username=oauth2
		password=access-work-7
		password_expiry_utc=$EXPIRY
		--
	EOF
}

refuses() {
	local text

	printf 'protocol=https\nhost=git.example.com\n\n' >asked
	git-credential-freshtoken get <asked >out 2>err
	same_text quit=1 out
	for text; do
		contains "$text" err
	done
	expect_status 5 freshtoken token work 2>err
}

# sealed_now - a record that the example's key has sealed, from here on
plant work 3600
echo "EXPIRY=$EXPIRY" >expiry
printf 'protocol=https\nhost=git.example.com\n\n' >request

example_keeps_key() {
	# shellcheck source=/dev/null
	. ./expiry
	module example "$FT_SRCDIR/docs/seal-example.c"
	line example
	freshtoken seal 2>err
	contains 'account work: sealed now' err
	equal 32 "$(wc -c <stick/key)"
	is_sealed "$STATE/work.json"
	must_fail key_id
	answers
	# The helper itself loads nothing.
	freshtoken doctor >out || :
	contains 'which example has' out
	lacks "the kernel's keyring alone" out
}
test_case 'the example of the guides works as the only source' example_keeps_key

made_in_the_last() {
	# shellcheck source=/dev/null
	. ./expiry
	local places

	freshtoken seal --remove 2>err
	mv stick/key kept.key
	# The line, who makes the key, and whether the keyring keeps one for the next time.
	for places in 'example keyring:no:yes' 'keyring example:yes:yes' 'example:yes:no'; do
		line "${places%%:*}"
		freshtoken seal 2>err
		answers
		places=${places#*:}
		equal "${places%:*}" "$([ -e stick/key ] && echo yes || echo no)"
		equal "${places#*:}" "$(key_id >id && echo yes || echo no)"
		freshtoken seal --remove 2>err
		rm -f stick/key
		forget_key
	done
	mv kept.key stick/key
	freshtoken seal 2>err
}
test_case 'a key is created in the last source of the line' made_in_the_last

# The search ends before example, so a key there would be lost at once.
made_where_search_ends() {
	# shellcheck source=/dev/null
	. ./expiry
	freshtoken seal --remove 2>err
	mv stick/key kept.key
	line 'example [NOTFOUND=return] keyring'
	freshtoken seal 2>err
	answers
	[ -e stick/key ]
	must_fail key_id
	freshtoken seal --remove 2>err
	rm stick/key
	# The keyring remembers it.
	line 'keyring [NOTFOUND=return] example'
	freshtoken seal 2>err
	answers
	keyctl pipe "$(key_id)" | cmp - stick/key
	freshtoken seal --remove 2>err
	forget_key
	# A key that is not kept seals nothing.
	broken forgets <<<'if (why->remedy[0] == 0) return FRESHTOKEN_SEAL_NOT_FOUND;
		return FRESHTOKEN_SEAL_FOUND;'
	sed -i 's/ get, get, forget/ get, forget_it, forget/
		s/^static enum freshtoken_seal_outcome forget/static enum freshtoken_seal_outcome forget_it(void *s, unsigned char *key, struct freshtoken_seal_why *why) { (void)s, (void)key, (void)why; return 0; }\n&/' forgets.c
	module forgets forgets.c
	line forgets
	expect_status 1 freshtoken seal 2>err
	contains 'forgets: it does not say why' err
	answers
	is_clear "$STATE/work.json"
	mv kept.key stick/key
	line example
	freshtoken seal 2>err
}
test_case '… but never where a search does not find it, and only if it is kept' made_where_search_ends

keyring_remembers() {
	# shellcheck source=/dev/null
	. ./expiry
	line 'keyring example'
	answers
	keyctl pipe "$(key_id)" | cmp - stick/key
	# From here on nobody asks it.
	mv "$modules/seal-example.so" kept.so
	answers
	forget_key
	refuses 'example: there is no' seal-example.so 'take example out of the seal line'
	mv kept.so "$modules/seal-example.so"
	answers
}
test_case 'the keyring keeps its key, and is asked first; a missing module is reported' \
	keyring_remembers

unavailable() {
	forget_key
	unset FRESHTOKEN_KEY_FILE
	refuses 'example: FRESHTOKEN_KEY_FILE is not set' 'set it to the file that has the key'
	# A sign-in that cannot be opened now is not lost: no new key, nothing set aside.
	expect_status 5 freshtoken token work 2>err
	freshtoken status work --json >out || :
	contains '"verdict":null' out
	must_fail key_id
	equal '' "$(find "$STATE" -name '*damaged*')"
}
test_case 'an unavailable source: nothing is lost, and a message says what to do' unavailable

# Nobody is asked to sign in for tokens that could not be kept.
no_sign_in() {
	forget_key
	unset FRESHTOKEN_KEY_FILE
	echo refresh-token >typed
	expect_status 5 freshtoken login work --token <typed 2>err
	contains 'example: FRESHTOKEN_KEY_FILE is not set' err
	is_sealed "$STATE/work.json"
}
test_case 'nor does a sign-in begin that could not be stored' no_sign_in

key_gone() {
	forget_key
	mv stick/key kept.key
	expect_status 4 freshtoken token work 2>err
	contains 'is lost: keyring: there is none; example: there is no such file' err
	mv kept.key stick/key
	# A key that is another's.
	cp stick/key kept.key
	printf %032d 7 >stick/key
	expect_status 4 freshtoken token work 2>err
	contains 'sealed with the key' err
	mv kept.key stick/key
	forget_key
}
test_case 'a missing key, and another one' key_gone

actions_end_it() {
	# shellcheck source=/dev/null
	. ./expiry
	line 'keyring [NOTFOUND=return] example'
	expect_status 4 freshtoken token work 2>err
	contains 'keyring: there is none' err
	lacks 'example:' err
	broken sulking <<<'return FRESHTOKEN_SEAL_UNAVAILABLE;'
	line 'sulking [UNAVAIL=return] example'
	refuses 'sulking: it does not say why'
	line 'sulking [!UNAVAIL=return] example'
	answers
	line 'sulking [unavail=Continue] example'
	answers
}
test_case 'actions end the search, or do not' actions_end_it

# outcome LINE STATUS - what freshtoken token says with that line, and whether example was asked
outcome() {
	line "$1"
	expect_status "$2" freshtoken token work >out 2>err || complain "$1"
	[ "$2" != 0 ] || contains access-work-7 out
	lacks 'example:' err
}

every_action() {
	local other pair which

	for pair in none:NOTFOUND:4:NOT_FOUND sulking:UNAVAIL:5:UNAVAILABLE busy:TRYAGAIN:5:TRY_AGAIN; do
		IFS=: read -r name which status word <<<"$pair"
		broken "$name" <<<"return FRESHTOKEN_SEAL_$word;"
		outcome "$name example" 0
		outcome "$name [$which=continue] example" 0
		outcome "$name [$which=return] example" "$status"
		contains "$name: it does not say why" err
		# Every other one is not this one.
		outcome "$name [!$which=return] example" 0
		outcome "$name [!$which=continue $which=return] example" "$status"
		# What is said last counts.
		outcome "$name [$which=return $which=continue] example" 0
		for other in NOTFOUND UNAVAIL TRYAGAIN; do
			[ "$other" = "$which" ] || {
				outcome "$name [$other=return] example" 0
				outcome "$name [!$other=return] example" "$status"
			}
		done
	done
	# Blanks and case are as in nsswitch.conf(5), and so is the outcome of success.
	outcome 'none[ NotFound = RETURN ]example' 4
	outcome 'none [!  UNAVAIL=return] example' 4
	outcome 'none [SUCCESS=return] example' 0
	outcome 'none [!SUCCESS = return] example' 4
	# What is found ends it: nobody waits for what comes after.
	broken stuck <<<'while (pause() != 77) { } return FRESHTOKEN_SEAL_FOUND;'
	outcome 'example stuck' 0
	must_fail pgrep -f "^$libexec/freshtoken-seal"
}
test_case 'each outcome, with each action' every_action

other_versions() {
	VERSION=2 broken later <<<'return FRESHTOKEN_SEAL_FOUND;'
	line later
	refuses 'seal-later.so is of another version'
	echo 'int freshtoken_seal_2;' >strange.c
	module strange strange.c
	line strange
	refuses 'seal-strange.so is of another version' 'freshtoken-seal.h'
	echo text >"$modules/seal-text.so"
	line text
	refuses 'seal-text.so cannot be loaded'
}
test_case 'a module of another version is refused, and an invalid one' other_versions

crash() {
	broken crash <<<'raise(11); return FRESHTOKEN_SEAL_FOUND;' 2>/dev/null ||
		broken crash <<<'abort();'
	line crash
	refuses 'crash: its module ended without an answer'
	broken mad <<<'return (enum freshtoken_seal_outcome)77;'
	line mad
	refuses 'mad: it does not say why'
	broken loud <<<'puts("0"); printf("%64s", "x"); fflush(NULL); memset(why, 120, sizeof *why);
		return FRESHTOKEN_SEAL_TRY_AGAIN;'
	line loud
	refuses 'loud: xxxxx'
}
test_case 'one that crashes, gives invalid answers, or prints' crash

hang() {
	# shellcheck source=/dev/null
	. ./expiry
	broken hang <<<'while (pause() != 77) { } return FRESHTOKEN_SEAL_FOUND;'
	line hang
	refuses 'hang: it did not answer within 5 seconds'
	must_fail pgrep -f "^$libexec/freshtoken-seal"
	# Whoever comes after it in the line is asked.
	line 'hang example'
	answers
}
test_case 'one that hangs is ended, and the next one is asked' hang

daemon() {
	# shellcheck source=/dev/null
	. ./expiry
	# It stays longer than anybody waits, with a copy of everything that was open.
	broken daemon <<-'END'
		int fd = open("stick/key", 0);
		if (fork() == 0) {
			setsid();
			sleep(20);
			_exit(0);
		}
		return read(fd, key, 32) == 32 ? FRESHTOKEN_SEAL_FOUND : FRESHTOKEN_SEAL_UNAVAILABLE;
	END
	line daemon
	answers
}
test_case 'one that leaves a daemon: nobody waits for that' daemon

# in_hex - as strace -xx has it
in_hex() {
	od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g'
}

nothing_leaks() {
	# shellcheck source=/dev/null
	. ./expiry
	line example
	# Neither arguments nor environment of anything that is started have the key.
	strace -f -e trace=execve -s 4096 -v -xx -o trace git-credential-freshtoken get \
		<request >out
	contains access-work-7 out
	contains "$(printf freshtoken-seal | in_hex)" trace
	lacks "$(head -c 8 stick/key | in_hex)" trace
}
if strace -o /dev/null true 2>/dev/null; then
	test_case 'the key is in no argument and no environment' nothing_leaks
else
	test_skip 'the key is in no argument and no environment' 'strace may not trace here'
fi

no_path_is_module() {
	# What may only be asked is not to be had by its path.
	expect_status 2 "$libexec/freshtoken-seal" get ../example 2>err
	expect_status 2 "$libexec/freshtoken-seal" get 'example [NOTFOUND=return]' 2>err
	expect_status 2 "$libexec/freshtoken-seal" 2>err
	contains usage: err
}
test_case 'a path is not accepted as a module' no_path_is_module
test_done
