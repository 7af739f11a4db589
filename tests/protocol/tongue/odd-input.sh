#!/bin/bash
# SPDX-License-Identifier: MIT
# Odd input to each protocol: the input, the exit status and the message. Requests of Bazel, Cargo
# and the kubelet that are no requests are in their own tests; the rest of the table is here.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
new_account work oauth2 2>/dev/null
account out provider=oauth2 "server=$TS/work" match=out.example.com
freshtoken token work >token
for name in work out nobody; do
	ln -s "$FT_BIN/docker-credential-freshtoken" "freshtoken-bearer-$name"
done
: >empty
head -c 10000000 /dev/zero | tr '\0' a >10MB
printf '\0\377\n' >bytes
long=https://work.example.com/$(head -c 5000 /dev/zero | tr '\0' a)

# cell INPUT STATUS WORDS COMMAND… - =WORDS: the answer has them; == is no answer and not a word
cell() {
	local input=$1 status=$2 words=$3

	shift 3
	expect_status "$status" "$@" <"$input" >said 2>err
	lacks "$(cat token)" err
	case $words in
	==) empty said; empty err ;;
	=*) contains "${words#=}" said ;;
	*)
		contains "$words" err
		equal 1 "$(grep -c ^freshtoken: err)"
		empty said ;;
	esac
}

signin='account out: nobody has signed in; run: freshtoken login out'
while IFS='|' read -r input status words command; do
	read -ra argv <<<"${command//LONG/$long}"
	test_case "$command, with $input on stdin: $status" cell "$input" "$status" "$words" "${argv[@]}"
done <<END
10MB|0|=Bearer|freshtoken goauth https://work.example.com/
bytes|0|=Bearer|freshtoken goauth https://work.example.com/
empty|0|==|freshtoken goauth https://nobody.example.com/
empty|4|$signin|freshtoken goauth https://out.example.com/
empty|1|the URL is longer than|freshtoken goauth LONG
10MB|0|="token":|freshtoken terraform get work.example.com
10MB|0|the token was not stored|freshtoken terraform store work.example.com
bytes|1|no account matches|freshtoken terraform store nobody.example.com
empty|1|is not a host name|freshtoken terraform get LONG
empty|4|$signin|freshtoken terraform get out.example.com
10MB|0|="password":|freshtoken keyring --mode=creds --output=json get https://work.example.com/
10MB|0|nothing was changed|freshtoken keyring set https://work.example.com/ alice
empty|1|==|freshtoken keyring get https://nobody.example.com/ alice
empty|1|the URL is longer than|freshtoken keyring get LONG alice
empty|4|$signin|freshtoken keyring get https://out.example.com/ alice
10MB|0|="Authorization":|freshtoken headers https://work.example.com/
empty|1|the URL is longer than|freshtoken headers LONG
empty|4|$signin|freshtoken headers https://out.example.com/
10MB|0|=Bearer|./freshtoken-bearer-work
empty|4|$signin|./freshtoken-bearer-out
empty|3|there is no account nobody|./freshtoken-bearer-nobody
END

# Its request is a variable, and the kernel takes no longer one.
kubernetes() {	# STATUS WORDS REQUEST
	KUBERNETES_EXEC_INFO=$3 cell empty "$1" "$2" freshtoken kubernetes work --access
}
version='"apiVersion":"client.authentication.k8s.io/v1"'
test_case 'kubernetes: unknown members are ignored' kubernetes 0 '="token":' \
	"{$version,\"kind\":\"ExecCredential\",\"more\":[{}],\"spec\":{\"interactive\":false,\"cluster\":{\"server\":\"https://k.example.com\",\"config\":null}}}"
test_case 'kubernetes: 120 KB' kubernetes 1 'KUBERNETES_EXEC_INFO' \
	"{$version,\"more\":\"$(head -c 120000 /dev/zero | tr '\0' a)"
test_case 'kubernetes: nothing' kubernetes 1 'KUBERNETES_EXEC_INFO' ''
test_done
