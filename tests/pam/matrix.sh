#!/bin/bash
# SPDX-License-Identifier: MIT
# Every situation, function and flag, in every shape of stack, with the real libpam: the result that
# the application gets, and that its process is unchanged. Needs no root.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/pam/stack.sh"
with_actor "$T/stage"

# docs/pam.md's table, in the order of pam/wire/decide.h: auth, then account, setcred and session,
# each without and with permissive
table='
not-configured     IGNORE           IGNORE           IGNORE           SUCCESS      SUCCESS     IGNORE      IGNORE
not-ours           USER_UNKNOWN     IGNORE           IGNORE           SUCCESS      SUCCESS     IGNORE      IGNORE
unmapped           USER_UNKNOWN     PERM_DENIED      PERM_DENIED      SUCCESS      SUCCESS     IGNORE      IGNORE
never              AUTH_ERR         PERM_DENIED      SUCCESS          SUCCESS      SUCCESS     SUCCESS     SUCCESS
fresh              SUCCESS          SUCCESS          SUCCESS          SUCCESS      SUCCESS     SUCCESS     SUCCESS
denied             AUTH_ERR         PERM_DENIED      PERM_DENIED      CRED_ERR     SUCCESS     SESSION_ERR SUCCESS
login-needed       AUTH_ERR         PERM_DENIED      SUCCESS          CRED_EXPIRED SUCCESS     SESSION_ERR SUCCESS
disabled           AUTH_ERR         PERM_DENIED      PERM_DENIED      CRED_ERR     CRED_ERR    SESSION_ERR SESSION_ERR
down-briefly       AUTHINFO_UNAVAIL SUCCESS          SUCCESS          SUCCESS      SUCCESS     SUCCESS     SUCCESS
down               AUTHINFO_UNAVAIL AUTHINFO_UNAVAIL SUCCESS          CRED_UNAVAIL SUCCESS     SESSION_ERR SUCCESS
broken             SERVICE_ERR      SERVICE_ERR      SERVICE_ERR      SERVICE_ERR  SERVICE_ERR SESSION_ERR SESSION_ERR
no-memory          BUF_ERR          BUF_ERR          BUF_ERR          BUF_ERR      BUF_ERR     SESSION_ERR SESSION_ERR
conversation       CONV_ERR         SERVICE_ERR      SERVICE_ERR      SERVICE_ERR  SERVICE_ERR SESSION_ERR SESSION_ERR
conversation-later INCOMPLETE       SERVICE_ERR      SERVICE_ERR      SERVICE_ERR  SERVICE_ERR SESSION_ERR SESSION_ERR
tries              MAXTRIES         SERVICE_ERR      SERVICE_ERR      SERVICE_ERR  SERVICE_ERR SESSION_ERR SESSION_ERR
silenced           AUTHINFO_UNAVAIL SERVICE_ERR      SERVICE_ERR      SERVICE_ERR  SERVICE_ERR SESSION_ERR SESSION_ERR
throttled          AUTHINFO_UNAVAIL SERVICE_ERR      SERVICE_ERR      SERVICE_ERR  SERVICE_ERR SESSION_ERR SESSION_ERR
untold             AUTH_ERR         PERM_DENIED      SUCCESS          CRED_ERR     SUCCESS     SESSION_ERR SUCCESS
unprivileged       AUTHINFO_UNAVAIL AUTHINFO_UNAVAIL AUTHINFO_UNAVAIL CRED_UNAVAIL SUCCESS     SESSION_ERR SUCCESS
'

# deny FUNCTION - what pam_deny.so says
deny() {
	case $1 in
	auth | account) echo AUTH_ERR ;;
	setcred) echo CRED_ERR ;;
	open) echo SESSION_ERR ;;
	esac
}

# in_stack SHAPE FUNCTION CODE - what libpam makes of it
in_stack() {
	case $1:$3 in
	*:INCOMPLETE) echo "$3" ;;	# libpam goes back at once
	alone:IGNORE) echo PERM_DENIED ;;	# nobody had a say
	alone:* | required:SUCCESS) echo "$3" ;;
	required:IGNORE) echo SUCCESS ;;
	required:*) echo "$3" ;;
	sufficient:SUCCESS | jump:SUCCESS) echo SUCCESS ;;
	sufficient:* | jump:*) deny "$2" ;;
	die:SUCCESS | die:IGNORE) echo SUCCESS ;;
	die:*) echo "$3" ;;
	esac
}

shapes='alone required sufficient jump die'
make_stack() {	# NAME SHAPE OPTION…
	local name=$1 shape=$2 group lines=()

	shift 2
	for group in auth account session; do
		case $shape in
		alone) lines+=("$group required FT $*") ;;
		required) lines+=("$group required FT $*" "$group required pam_permit.so") ;;
		sufficient) lines+=("$group sufficient FT $*" "$group required pam_deny.so") ;;
		jump) lines+=("$group [success=1 default=ignore] FT $*" \
			"$group requisite pam_deny.so"
			"$group required pam_permit.so") ;;
		die) lines+=("$group [success=ok ignore=ignore default=die] FT $*"
			"$group required pam_permit.so") ;;
		esac
	done
	stack "$name" "${lines[@]}"
}

# calls SITUATION-NUMBER CODES… - the script of one row
calls() {
	local n=$1 auth=$2 account=("$3" "$4") setcred=("$5" "$6") session=("$7" "$8") shape lax \
		silent

	for shape in $shapes; do
		for lax in 0 1; do
			make_stack "$n-$shape-$lax" "$shape" "situation=$n" \
				"$([ $lax = 0 ] || echo permissive)"
			for silent in '' ' silent'; do
				printf 'service %s\nauth%s = %s\n' "$n-$shape-$lax" "$silent" \
					"$(in_stack $shape auth "$auth")"
				printf 'service %s\naccount%s = %s\n' "$n-$shape-$lax" "$silent" \
					"$(in_stack $shape account "${account[lax]}")"
				printf 'service %s\nsetcred establish%s = %s\n' "$n-$shape-$lax" \
					"$silent" \
					"$(in_stack $shape setcred "${setcred[lax]}")"
				printf 'service %s\nopen%s = %s\n' "$n-$shape-$lax" "$silent" \
					"$(in_stack $shape open "${session[lax]}")"
				# With a handle of its own, or libpam goes the way that open went.
				printf 'service %s\nclose%s = SUCCESS\n' "$n-$shape-$lax" "$silent"
			done
		done
	done
}

n=0
as_the_table_says() {
	stack test 'auth required pam_permit.so'
	# shellcheck disable=SC2086	# words
	calls "$n" $codes >script
	play --user "$(id -un)" <script
}

while read -r name codes; do
	[ -n "$name" ] || continue
	test_case "$name" as_the_table_says
	n=$((n + 1))
done <<<"$table"

ignore_unknown_user() {
	make_stack test die situation=1 ignore_unknown_user
	echo "auth = SUCCESS" | play --user "$(id -un)"
}
test_case 'ignore_unknown_user' ignore_unknown_user

table_has_every_situation_there() {
	equal "$(sed -n "/^enum ft_pam_situation/,/FT_PAM_SITUATIONS/s/^	FT_PAM_\([A-Z_]*\),.*/\1/p" \
		"$FT_SRCDIR/pam/wire/decide.h" |
		tr "A-Z_" "a-z-")" "$(sed -n "s/ .*//; /./p" <<<"$table")"
}
test_case 'the table has every situation' table_has_every_situation_there
test_done
