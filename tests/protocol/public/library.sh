#!/bin/bash
# SPDX-License-Identifier: MIT
# libfreshtoken, as installed, in other programs that are built with it or load it.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl pkg-config cc
start_token_service

HEADER=$FT_SRCDIR/lib/public/freshtoken.h
LIBRARY=$(find "$FT_STAGE" -name libfreshtoken.so.0)
HOST=$FT_BUILDDIR/tests/harness/host
# As for a program that is built against a prefix of its own.
export PKG_CONFIG_PATH=${LIBRARY%/*}/pkgconfig PKG_CONFIG_SYSROOT_DIR=$FT_STAGE
# It quotes for a shell what a path may have.
cflags=() libs=()
eval "cflags=($(pkg-config --cflags freshtoken)) libs=($(pkg-config --libs freshtoken))"
# build OUTPUT SOURCE
build() {
	cc -Wall -Wextra -Werror -o "$1" "$2" "${cflags[@]}" "${libs[@]}" \
		-Wl,-rpath,"${LIBRARY%/*}"
}
build example "$FT_SRCDIR/docs/example.c" || give_up 'docs/example.c cannot be built'

value() {	# WORD FILE - of a line "WORD VALUE"
	sed -n "s/^$1 //p" "$2"
}
token_of() {	# NAME [OPTION…] - what the example prints
	local name=$1

	shift
	./example "$@" token "$name" >.example 2>.example.err || { cat .example.err >&2; return 1; }
	value token .example
}
tenant() {	# NAME [OPTION…] - without a sign-in
	ts create "$@" >/dev/null
	account "$1" "server=$TS/$1" "match=$1.example.com"
}
held() {	# NAME - an exchange has come to the service and is not answered
	[ "$(ts_count "$1" running)" = 1 ]
}
refresh_token() {
	ts tokens "$1" | sed -n 's/^refresh_token=//p'
}

header_alone() {
	cat >alone.c <<-'END'
		#include <freshtoken.h>
		static const struct freshtoken_options o = FRESHTOKEN_OPTIONS_INIT;
		static const struct freshtoken_need n = FRESHTOKEN_NEED_INIT;
		int main(void) { return o.size + n.size > 0 && FRESHTOKEN_VERSION_NUMBER > 0 ? 0 : 1; }
	END
	cc -std=c99 -pedantic -Wall -Wextra -Wundef -Werror "${cflags[@]}" -c alone.c
}
test_case 'the header is C99, alone and with all warnings' header_alone

if command -v c++ >/dev/null; then
	header_in_cxx() {
		cp alone.c alone.cc
		c++ -std=c++11 -pedantic -Wall -Wextra -Wundef -Werror "${cflags[@]}" -c alone.cc
	}
	test_case 'and C++' header_in_cxx
else
	test_skip 'and C++' 'no C++ compiler on this machine'
fi

one_prefix() {
	cpp -dM "${cflags[@]}" "$HEADER" | awk "{ print \$2 }" | sed "s/(.*//" |
		sort -u >with
	echo "#include <stddef.h>
#include <stdint.h>" | cpp -dM - | awk "{ print \$2 }" | sed "s/(.*//" | sort -u >without
	comm -23 with without | grep -v "^FRESHTOKEN_" >foreign || :
	grep -oE "\b(ft|FT)_[A-Za-z_]*" "$HEADER" >>foreign || :
	grep -oE "^	[A-Z][A-Z_]* = " "$HEADER" | grep -v FRESHTOKEN_ >>foreign || :
	grep -oE "^(struct|enum) [a-z_]+" "$HEADER" | grep -vE " freshtoken(_|$)" >>foreign || :
	empty foreign
}
test_case 'one prefix for all public names' one_prefix

symbols_one_by_one() {
	grep -oE "\bfreshtoken_[a-z_]+\(" "$HEADER" | tr -d "(" | sort -u >declared
	[ "$(wc -l <declared)" -gt 30 ]
	sed -n "s/^	\(freshtoken_[a-z_]*\);/\1/p" "$FT_SRCDIR/lib/public/freshtoken.map" |
		sort >mapped
	diff declared mapped
	equal 1 "$(grep -c "[*?]" "$FT_SRCDIR/lib/public/freshtoken.map")"
	nm -D --defined-only "$LIBRARY" >symbols
	sed -n "s/.* T \([a-z_]*\)@@FRESHTOKEN_1$/\1/p" symbols | sort >shown
	diff declared shown
	# Besides, the name of the version alone.
	equal FRESHTOKEN_1 "$(sed "/ T /d; s/.* A //; s/@.*//" symbols)"
	readelf -d "$LIBRARY" | grep -q "SONAME.*\[libfreshtoken.so.0\]"
}
test_case 'symbols: header, map and library have the same names' \
	symbols_one_by_one

manual_page() {
	# What is between a comment and a semicolon, in one line each.
	prototypes() { tr "\n\t" "  " | sed "s/  */ /g; s/; */;\n/g" |
		grep -oE "[a-z_0-9 *]+\bfreshtoken_[a-z_]+\([^()]*(\(\*[a-z]+\)\([^()]*\))?[^()]*\);" | sed "s/^ *//" | sort -u; }
	sed "s@/\*.*\*/@@; /^\/\*/,/\*\/\$/d; /^#/d" "$HEADER" | prototypes >declared
	[ "$(wc -l <declared)" -gt 30 ]
	sed -n "/^\.SH SYNOPSIS/,/^\.SH DESC/p" "$FT_SRCDIR/docs/freshtoken.3" |
		sed "s/\\\\f[BIRP]//g; /^\./d" | prototypes >described
	diff declared described
	for name in $(grep -oE "\bFRESHTOKEN_[A-Z_]+" "$HEADER" | sort -u); do
		case $name in FRESHTOKEN_H) continue ;; esac
		grep -q "$name" "$FT_SRCDIR/docs/freshtoken.3" || complain "$name"
	done
}
test_case 'the manual page has each function like the header' manual_page

both_versions() {
	version=$(pkg-config --modversion freshtoken)
	./example version >out
	same_text "built with $version, runs with $version" out
	number=$(echo "$version" | sed "s/\./ /g" |
		{ read -r a b c; echo $((a * 10000 + b * 100 + c)); })
	grep -q "^#define FRESHTOKEN_VERSION_NUMBER $number\$" "$HEADER"
}
test_case 'the version, of the header and of the library' both_versions

whole_example() {
	tenant one
	first=$(refresh_token one)
	./example status one >out
	equal signed-out "$(value verdict out)"
	contains "remedy set client_id in [account one]" out
	must_fail ./example token one 2>err
	contains "remedy: run: freshtoken login one" err
	contains "a person has to sign in" err
	echo "$first" | ./example store one
	token=$(token_of one)
	is_good one "$token"
	equal "one" "$(value account .example)"
	equal one "$(./example find https://one.example.com/x)"
	must_fail ./example find https://nobody.example.org 2>err
	equal one "$(./example list)"
	./example refresh one
	second=$(token_of one)
	must_fail equal "$token" "$second"
	./example invalidate one
	./example status one >out
	equal refreshable "$(value verdict out)"
	must_fail equal "$second" "$(token_of one)"
	is_good one "$(token_of one)"
	./example status one >out
	equal fresh "$(value verdict out)"
	equal "$TS/one" "$(value server out)"
	equal oauth2 "$(value provider out)"
	must_fail ./example store one <<<"not-a-token" 2>err
	lacks not-a-token err
	equal fresh "$(verdict one)"
	./example erase one
	./example status one >out
	equal signed-out "$(value verdict out)"
	must_fail ./example token nobody 2>err
	contains "no account nobody" err
}
test_case 'the example: a sign-in stored, a token, refreshed, refused, forgotten' whole_example

timeout_passes() {
	tenant slow
	refresh_token slow | ./example store slow
	before=$(token_of slow)
	ts fault slow fault=hold
	must_fail ./example -t 300 refresh slow 2>err
	contains "has not answered yet" err
	eventually 30 held slow
	# The token that there is, at once.
	equal "$before" "$(token_of slow -t 0)"
	# Who wants to change something waits for the lock, and not for ever.
	must_fail ./example -t 300 erase slow 2>err
	must_fail ./example -t 0 invalidate slow 2>err
	must_fail ./example -t 300 store slow <<<"another-refresh-token" 2>err
	lacks another-refresh-token err
	equal "$before" "$(token_of slow -t 0)"
	ts release slow
	renewed() { [ "$(token_of slow -t 0)" != "$before" ]; }
	eventually 30 renewed
	is_good slow "$(token_of slow)"
	equal "2 0 0" "$(state_of_spending slow)"
}
test_case 'a timeout: the call returns, the refresh continues, the next call has its result' timeout_passes

no_time_at_all() {
	tenant gone
	refresh_token gone | ./example store gone
	./example invalidate gone
	ts fault gone fault=hold
	must_fail ./example -t 0 token gone 2>err
	contains "has not answered yet" err
	contains "info: account gone: a refresh is begun" err
	eventually 30 held gone
	ts release gone
	there() { token_of gone -t 0; }
	eventually 30 there
	equal "2 0 0" "$(state_of_spending gone)"
}
test_case 'no time: a necessary refresh is started, and the call does not wait' no_time_at_all

late_sign_in() {
	tenant late
	ts fault late fault=hold
	must_fail ./example -t 300 store late <<<"$(refresh_token late)" 2>err
	contains "if it does, the sign-in is kept" err
	eventually 30 held late
	ts release late
	fresh() { [ "$(verdict late)" = fresh ]; }
	eventually 30 fresh
}
test_case 'after a timeout a sign-in is stored when it is proven' late_sign_in

no_better_token() {
	tenant old
	refresh_token old | ./example store old
	before=$(token_of old)
	grow_old old 3000
	ts fault old fault=status:500
	equal "$before" "$(token_of old -l 1800)"
	contains "warning: account old: the stored token is handed out" .example.err
	no_secret .example.err old
}
test_case 'the existing token, if no better one is available, and a line that says so' \
	no_better_token

given_folders() {
	tenant given
	mkdir -m 700 "$T/conf" "$T/state-of-it"
	sed "s/account given/account elsewhere/" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" \
		>"$T/conf/freshtoken.conf"
	there() { env -u HOME -u XDG_CONFIG_HOME -u XDG_STATE_HOME ./example -c "$T/conf" -s \
		"$T/state-of-it" "$@"; }
	there list | grep -x elsewhere
	refresh_token given | there store elsewhere
	there token elsewhere >out
	is_good given "$(value token out)"
	there refresh elsewhere
	[ -e "$T/state-of-it/elsewhere.json" ]
	[ ! -e "$XDG_STATE_HOME/freshtoken/elsewhere.json" ]
	must_fail ./example -c conf list 2>err
	contains "not an absolute path" err
}
test_case 'folders in the options: HOME and the environment do not count, for the refresh either' given_folders

log_of_problems() {
	tenant log
	printf "[account broken]\nserver = nonsense\n" \
		>>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	refresh_token log | ./example store log 2>err
	contains "warning: " err
	contains "account broken: server: " err
	contains "info: account log: a refresh is begun" err
	no_secret err log
	sed -i "/account broken/,\$d" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}
test_case 'the log has errors of the configuration that do not make the call fail' \
	log_of_problems

other_sizes() {
	cat >sizes.c <<"END"
#include <freshtoken.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
	struct { struct freshtoken_options known; long more[4]; } newer = { FRESHTOKEN_OPTIONS_INIT, { 0 } };
	struct freshtoken_options older = FRESHTOKEN_OPTIONS_INIT, none = { 0 };
	struct freshtoken *ft = NULL;
	struct freshtoken_error *error = NULL;

	if (freshtoken_open(&none, &ft, &error) != FRESHTOKEN_CONFIG)
		return 1;
	puts(freshtoken_error_text(error));
	freshtoken_error_free(error);
	older.size -= 1;
	if (freshtoken_open(&older, &ft, NULL) != FRESHTOKEN_CONFIG)
		return 2;
	newer.known.size = sizeof newer;
	newer.more[3] = 1;
	if (freshtoken_open(&newer.known, &ft, NULL) != FRESHTOKEN_CONFIG || ft != NULL)
		return 3;
	newer.more[3] = 0;
	if (freshtoken_open(&newer.known, &ft, NULL) != 0)
		return 4;
	struct freshtoken_need need = FRESHTOKEN_NEED_INIT;
	struct freshtoken_token *token = NULL;

	need.size = 1;
	if (freshtoken_get(ft, "one", &need, 0, &token, NULL) != FRESHTOKEN_CONFIG || token != NULL)
		return 5;
	freshtoken_close(ft);
	freshtoken_close(NULL);
	freshtoken_error_free(NULL);
	freshtoken_status_free(NULL);
	freshtoken_token_free(NULL);
	return freshtoken_error_code(NULL) == FRESHTOKEN_OK && *freshtoken_error_text(NULL) == 0 ? 0 : 6;
}
END
	build sizes sizes.c
	./sizes >out
	contains "_INIT" out
}
test_case 'structures of another size: unknown members are refused, missing ones are 0' \
	other_sizes

cat >id.c <<-'END'
	#include <freshtoken.h>
	#include <stdio.h>

	int main(int argc, char *argv[])
	{
		struct freshtoken_need need = FRESHTOKEN_NEED_INIT;
		struct freshtoken_token *token = NULL;
		struct freshtoken_error *error = NULL;
		struct freshtoken *ft = NULL;
		int r = freshtoken_open(NULL, &ft, &error);

		need.id_token = argc > 2;
		if (r == 0)
			r = freshtoken_get(ft, argv[1], &need, FRESHTOKEN_WAIT, &token, &error);
		if (r != 0)
			printf("error %d %s %s\n", r, freshtoken_error_text(error),
			       freshtoken_error_remedy(error));
		else
			printf("id %s\nends %lld\n",
			       freshtoken_token_id(token) != NULL ? freshtoken_token_id(token) : "none",
			       (long long)freshtoken_token_id_expires_at(token));
		freshtoken_error_free(error);
		freshtoken_token_free(token);
		freshtoken_close(ft);
		return 0;
	}
END
build id id.c
new_account plain oauth2
no_id_token() {
	./id plain >out
	equal none "$(value id out)"
	equal -1 "$(value ends out)"
	./id plain needed >out
	contains 'the account keeps no ID token' out
	contains 'set id_token = yes in [account plain]' out
}
test_case 'an account without an ID token' no_id_token

id_token() {
	account openid "server=$OPENID" client_id=cli id_token=yes
	BROWSER=$OPENID_BROWSER FT_TEST_LOGIN=alice FT_TEST_PAGE=$T/page \
		freshtoken login openid --browser 2>err
	freshtoken token openid --format id >id_token
	for needed in '' needed; do
		./id openid $needed >out
		value id out | cmp - id_token
		[ "$(value ends out)" -gt "$(date +%s)" ]
	done
}
if [ -e "$FT_BUILDDIR/tests/services/openid.stamp" ]; then
	start_openid --offline always
	test_case 'the ID token of an account with one' id_token
else
	test_skip 'the ID token of an account with one' 'no oidc-provider'
fi

new_account host oauth2
# Each asks for a refresh, which starts our programs, in circumstances of its own; from a folder
# that is no place of ours.
loaded_by_host() {	# WORD…
	before=$(newest host)
	rm -rf elsewhere
	mkdir -p elsewhere/usr/bin
	cp "$HOST" elsewhere/usr/bin/host
	(cd elsewhere && exec ./usr/bin/host "$LIBRARY" host refresh "$@") >out
	same_text "$(newest host)" out
	must_fail same_text "$before" out
}
for words in 'compare' 'chdir compare' 'deleted chdir' 'ignore-children compare' reap-all \
	'closed compare' 'ignore-children closed chdir deleted'; do
	# shellcheck disable=SC2086	# words
	test_case "loaded by a host: $words" loaded_by_host $words
done

many_threads() {
	before=$(ts_count host refreshes)
	"$HOST" "$LIBRARY" host threads=8 rounds=5 compare >out
	same_text "$(newest host)" out
	equal "$before" "$(ts_count host refreshes)"
	reject host
	"$HOST" "$LIBRARY" host threads=16 compare >out
	same_text "$(newest host)" out
	equal "$((before + 1))" "$(ts_count host refreshes)"
	"$HOST" "$LIBRARY" host threads=6 rounds=3 refresh compare ignore-children >out
	is_good host "$(cat out)"
	equal 0 "$(ts_count host reuses)"
}
test_case 'threads with their own contexts: each gets a valid token, and none is spent twice' \
	many_threads
test_done
