#!/bin/bash
# SPDX-License-Identifier: MIT
# The system calls of a hot get, and of a get for a foreign host: almost none.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl strace readelf
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
start_token_service

# trace COMMAND… - its system calls go to the file trace; input is the file request
trace() {
	strace -f -o trace "$@" <request >answer 2>err
	# From the first read of the request on: before, it is the loader's work.
	sed -n '/read(0,/,$p' trace | sed 's/^[0-9]* *//' >calls
	[ -s calls ] || complain "nothing was traced"
}

# trace_all COMMAND… - likewise, of a command that reads no request
trace_all() {
	strace -f -o trace "$@" <request >answer 2>err
	sed 's/^[0-9]* *//' trace >calls
}

# only_reads - no file is written or made, nothing locked, nobody started, no network
only_reads() {
	must_fail grep -nE '^(fork|vfork|clone|clone3|execve|socket|connect|sendto|mkdir|rename|renameat|unlink|unlinkat|link|symlink|chmod|fchmod|truncate|ftruncate|fallocate|fsync|flock)' calls
	must_fail grep -nE 'F_(OFD_)?SETLKW?' calls
	must_fail grep -nE '^open.*O_(WRONLY|RDWR|CREAT)' calls
	must_fail grep -nE '^(write|pwrite64|writev)\(([03-9]|[1-9][0-9])' calls
}

# writes N - calls that write to stdout
writes() {
	equal "$1" "$(grep -c '^write(1,' calls || :)"
}

hot_get_of_git() {
	new_account hot oauth2
	printf "protocol=https\nhost=hot.example.com\n\n" >request
	trace git-credential-freshtoken get
	contains password= answer
	only_reads
	writes 1
	# What is looked for in vain, once; of the others one is for the clock.
	equal 1 "$(grep -c '^open.*/conf\.d".* = -1 ENOENT' calls)"
	[ "$(grep ^open calls | grep -vc '/conf\.d"')" -le 5 ] || { cat calls; complain "too many files"; }
}
test_case 'hot get of git: reads, and one write' hot_get_of_git

hot_get_of_docker() {
	echo hot.example.com >request
	trace docker-credential-freshtoken get
	contains Secret answer
	only_reads
	writes 1
}
test_case 'hot get of docker: reads, and one write' hot_get_of_docker

hot_get_of_links() {
	echo '{"uri":"https://hot.example.com/"}' >request
	trace bazel-credential-freshtoken get
	contains Bearer answer
	only_reads
	writes 1
	echo '{"v":1,"kind":"get","registry":{"index-url":"sparse+https://hot.example.com/"}}' >request
	trace cargo-credential-freshtoken --cargo-plugin
	contains Bearer answer
	only_reads
	# After the hello.
	writes 1
}
test_case 'hot get of Bazel and Cargo: reads, and one write' hot_get_of_links

hot_commands() {
	local command

	: >request
	for command in "headers https://hot.example.com" "kubernetes hot --access" "token hot" \
		goauth "keyring get https://hot.example.com oauth2"; do
		# shellcheck disable=SC2086
		trace_all freshtoken $command
		[ -s answer ] || complain "$command: nothing was said"
		equal 1 "$(grep -c '^execve' calls)"
		sed -i '/^execve/d' calls
		only_reads
		writes 1
	done
	echo '{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"hot.example.com/a"}' \
		>request
	trace freshtoken kubelet
	contains password answer
	only_reads
	writes 1
}
test_case 'hot commands of freshtoken: no other program, reads, and one write' hot_commands

status_of_many() {
	local i one

	: >request
	trace_all freshtoken status hot
	contains fresh answer
	one=$(grep -c 'providers/oauth2.conf' calls)
	[ "$one" -gt 0 ]
	for i in 1 2 3 4 5 6 7 8; do
		sed "s/account hot/account a$i/; s|^match = .*|match = a$i.example.com|" \
			"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	done >more
	for i in 1 2 3 4 5 6 7 8; do
		sed "s/\"account\":\"hot\"/\"account\":\"a$i\"/" "$(record hot)" \
			>"$XDG_STATE_HOME/freshtoken/a$i.json"
		chmod 600 "$XDG_STATE_HOME/freshtoken/a$i.json"
	done
	cat more >>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	trace_all freshtoken status
	equal 9 "$(grep -c '	fresh	' answer)"
	equal "$one" "$(grep -c 'providers/oauth2.conf' calls)"
	# Of each its record, and one call for the clock at the most.
	[ "$(grep -c '^open' calls)" -le $((9 * 2 + 12)) ] || { cat calls; complain "too many files"; }
}

foreign_host() {
	printf "protocol=https\nhost=foreign.example.org\n\n" >request
	trace git-credential-freshtoken get
	empty answer
	empty err
	only_reads
	echo foreign.example.org >request
	trace docker-credential-freshtoken get || :
	same_text "credentials not found in native keychain" answer
	only_reads
	equal "" "$(find "$XDG_STATE_HOME/freshtoken" -newer answer)"
}
test_case 'foreign host: no output and no other process' foreign_host

no_state() {
	printf "protocol=https\nhost=hot.example.com\n\n" >request
	XDG_STATE_HOME=$PWD/none XDG_CONFIG_HOME=$PWD/none trace git-credential-freshtoken get
	empty answer
	[ ! -e none ]
	only_reads
}
test_case 'no state, no configuration: a miss, and no folder is made' no_state

erase_of_old_news() {
	printf "protocol=https\nhost=hot.example.com\nusername=oauth2\npassword=old-token\n\n" \
		>request
	trace git-credential-freshtoken erase
	only_reads
	trace git-credential-freshtoken store
	only_reads
	equal 1 "$(ts_count hot refreshes)"
}
test_case 'erase of an old token and store for an account: nothing is written' erase_of_old_news

# needed FILE - what it makes the loader load
needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sed 's/\.so.*//' | sort |
		tr '\n' ' '
}

# allowed FILE LIBRARY… - nothing but these
allowed() {
	local library list

	list=$(needed "$1")
	case " $list" in *' libasan '* | *' libubsan '*) return 0 ;; esac
	for library in $list; do
		case " ${*:2} libc ld-linux-x86-64 " in
		*" $library "*) ;;
		*) complain "$1 needs $library" ;;
		esac
	done
}

test_case 'status of many accounts reads their profile once' status_of_many

each_program_loads() {
	# Of configure --enable-static-helpers=no it is a library like the others.
	sodium=
	! grep -q "^SODIUM_PROGRAM_LIBS = -lsodium" "$FT_BUILDDIR/Makefile" || sodium=libsodium
	allowed "$FT_LIBEXEC/freshtoken-cli" libjson-c libmd $sodium
	# None where they are linked statically.
	for helper in freshtoken git-credential-freshtoken docker-credential-freshtoken; do
		allowed "$FT_BIN/$helper" libjson-c libmd $sodium
	done
	allowed "$FT_LIBEXEC/freshtoken-refresh" libjson-c libmd $sodium
	allowed "$FT_LIBEXEC/freshtoken-transport" libcurl libexpat libz libcrypto \
		libjson-c libseccomp
	allowed "$FT_PAMDIR/pam_freshtoken.so" libpam
	find "$FT_STAGE" -name "libfreshtoken.so" >libraries
	while read -r library; do
		allowed "$library" libjson-c libmd libsodium
	done <libraries
	# Nothing is installed that this test does not know.
	allowed "$FT_LIBEXEC/freshtoken-pam" libjson-c libmd $sodium
	! grep -q "^#define HAVE_SODIUM" "$FT_BUILDDIR/config.h" || {
		allowed "$FT_LIBEXEC/freshtoken-seal" libjson-c libmd $sodium
		seal=" freshtoken-seal"
	}
	find "$FT_STAGE" -name seal-secret-service.so >libraries
	while read -r library; do
		allowed "$library" libsecret-1 libglib-2.0 libgobject-2.0 libgio-2.0
		module=" seal-secret-service"
	done <libraries
	equal "docker-credential-freshtoken freshtoken freshtoken-cli freshtoken-pam freshtoken-refresh${seal-} freshtoken-transport git-credential-freshtoken libfreshtoken.so pam_freshtoken.so${module:+$module.so}" \
		"$(find "$FT_STAGE" -type f -exec sh -c "head -c 4 \"\$1\" | grep -q ELF" _ {} \
		\; -print |
			sed "s|.*/||; s/\.so\..*/.so/" | sort | tr "\n" " " | sed "s/ $//")"
}
test_case 'each program loads only the allowed libraries' each_program_loads

# Statically linked these would load plug-ins of another C library.
asks_nobody_about_users() {
	for program in "$FT_BIN/freshtoken" "$FT_BIN/git-credential-freshtoken" \
		"$FT_BIN/docker-credential-freshtoken" "$FT_LIBEXEC/freshtoken-refresh"; do
		nm "$program" >symbols
		contains ft_places_home symbols
		must_fail grep -E " _*(getpw|getgr(nam|gid|ent|ouplist)|initgroups|gethostby|getaddrinfo|getserv|nss_|iconv_open)" symbols
	done
}
test_case 'statically linked programs do not look up users, groups and hosts' \
	asks_nobody_about_users

# one_includer HEADER - one file outside of the tests names it
one_includer() {
	equal 1 "$(cd "$FT_SRCDIR" && grep -rlE "#include [<\"]$1" --include="*.[ch]" lib helper \
		pam | wc -l)"
}

each_foreign_library_included() {
	for header in curl/curl.h expat.h zlib.h json-c/ sha256.h seccomp.h sodium.h libsecret/ security/pam_modules.h \
		openssl/; do
		one_includer "$header" || complain "$header"
	done
}
test_case 'each foreign library is included by one file' each_foreign_library_included

functions_banned_not_called() {
	must_fail grep -rnE "\<(strcpy|strcat|sprintf|vsprintf|gets|strtok|gmtime|localtime|ctime|asctime|system|popen|tmpnam|mktemp|atoi|atol|rand)\(" \
		--include="*.c" "$FT_SRCDIR/lib" "$FT_SRCDIR/helper" "$FT_SRCDIR/pam"
}
test_case 'functions that are banned are not called' functions_banned_not_called
test_done
