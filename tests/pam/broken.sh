#!/bin/bash
# SPDX-License-Identifier: MIT
# A wrong configuration: SERVICE_ERR, one line in the log with file, line and remedy; root can still
# log in.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
C=$CONF/freshtoken.conf

lines() {
	grep -c freshtoken "$T/log" || :
}

more_than() {
	[ "$(lines)" -gt "$1" ]
}

# wrong TEXT [OPTION…] - what the log says, once, when alice comes; root is let in
wrong() {
	local text=$1 before after options

	shift
	options="${*:-account=work}"
	stack test "account required FT $options" "account required pam_permit.so" \
		"auth required FT $options" "session required FT $options" \
		"session required pam_permit.so"
	before=$(lines)
	printf 'account = SERVICE_ERR\n> error freshtoken: this login is not configured *\n' |
		play --user alice
	eventually 10 more_than "$before"
	after=$(lines)
	equal 1 $((after - before))
	grep freshtoken "$T/log" | tail -n 1 | grep -F -e "(test:account) user alice: $text" || {
		tail -n 4 "$T/log"
		complain "the log has not: $text"
	}
	printf 'auth = SERVICE_ERR\n> error freshtoken: this login is not configured *\n' |
		play --user alice
	echo 'setcred = SERVICE_ERR' | play --user alice
	echo 'open = SESSION_ERR' | play --user alice
	echo 'account = SUCCESS' | play --user root
	echo 'open = SUCCESS' | play --user root
}
: >"$T/log"
server=http://127.0.0.1:9/work

no_file() {
	rm -f "$C"
	wrong "$C does not exist; write the account there"
	# Whom it would not check, it alone says.
	for user in bob daemon; do
		printf 'account = SERVICE_ERR\n> error freshtoken: *\n' | play --user $user
	done
	configure_pam server=$server
	wrong "$C: there is no [account other]" account=other
	wrong "$C: no account for PAM: write account=NAME" debug
}
test_case 'no file, no account' no_file

# conf.d is read as freshtoken.conf is, and what is wrong there is as wrong.
folder_of_files() {
	configure_pam server=$server
	mkdir "$CONF/conf.d"
	printf '[account work]\nsrver = https://sso.example.com\n' >"$CONF/conf.d/10-work.conf"
	wrong "$CONF/conf.d/10-work.conf:2: unknown key \"srver\""
	printf '[account other]\nserver = https://sso.example.com\n' >"$CONF/conf.d/10-work.conf"
	wrong "$CONF/conf.d/10-work.conf:1: account other: users is not set" account=other
	chmod g+w "$CONF/conf.d/10-work.conf"
	wrong "$CONF/conf.d/10-work.conf: others can write to it"
	chmod 644 "$CONF/conf.d/10-work.conf"
	chmod o+w "$CONF/conf.d"
	wrong "$CONF/conf.d: others can write to it; run: chmod go-w $CONF/conf.d"
	chmod 755 "$CONF/conf.d"; chown alice "$CONF/conf.d"
	wrong "$CONF/conf.d: belongs to uid 2001; run: chown root $CONF/conf.d"
	rm -r "$CONF/conf.d"
}
test_case 'conf.d: an error there lets nobody in, and the log says where' folder_of_files

files_others_could_have_written() {
	configure_pam server=$server
	chmod g+w "$C"
	wrong "$C: others can write to it; run: chmod go-w $C"
	chmod 644 "$C"; chown alice "$C"
	wrong "$C: belongs to uid 2001; run: chown root $C"
	chown root "$C"
	chmod o+w "$CONF/users"
	wrong "$CONF/users: others can write to it; run: chmod go-w $CONF/users"
	chmod 644 "$CONF/users"; chown bob "$CONF/users"
	wrong "$CONF/users: belongs to uid 2002; run: chown root $CONF/users"
	chown root "$CONF/users"
	mkdir -p "$CONF/providers"
	cp "$FT_SRCDIR/lib/providers/oauth2.conf" "$CONF/providers/mine.conf"
	chmod 666 "$CONF/providers/mine.conf"
	configure_pam server=$server provider=mine
	wrong "$C:1: account work: $CONF/providers/mine.conf: others can write to it"
}
test_case 'files that others can write' files_others_could_have_written

keys_unknown() {
	configure_pam server=$server colour=red
	wrong "$C:11: "
	configure_pam server=
	wrong "$C:1: account work: server"
	configure_pam server=$server users=
	wrong "$C:1: account work: users is not set"
	configure_pam server=$server users=/nonexistent/map
	wrong "users: /nonexistent/map: No such file or directory"
	configure_pam server=$server insecure_loopback=
	wrong "$C:1: account work: server: any local user may be the one who listens"
	configure_pam server=https://sso.example.com insecure_loopback= \
		metadata_url=http://127.0.0.1:9/m
	wrong "$C:1: account work: metadata_url: it has to be https, as the server is"
	mkdir -p "$CONF/providers"
	printf '[provider]\nextends = oauth2\n[metadata]\ntoken_endpoint = http://127.0.0.1:9/t\n' \
		>"$CONF/providers/here.conf"
	configure_pam server=https://sso.example.com insecure_loopback= provider=here
	wrong "$C:1: account work: token_endpoint: any local user may be the one who listens"
	printf '[provider]\nextends = oauth2\n[refresh]\npath = http://127.0.0.1:9/${param.a}\n' \
		>"$CONF/providers/here.conf"
	configure_pam server=https://sso.example.com insecure_loopback= provider=here param.a=t
	wrong "$C:1: account work: path: any local user may be the one who listens"
	for claim in email Email id_token:email preferred_username upn name nickname mail \
		"id_token:UPN" "a.email" \
		"emails.0.email" "email.0" "\"email\"" "id_token:\"email\"" \
		"id_token:\"preferred_username\""; do
		configure_pam server=$server "identity=$claim"
		wrong "$C:1: account work: identity: $claim may be given to somebody else one day"
	done
	mkdir -p "$CONF/providers"
	sed "s/^subject = .*/subject = id_token:email/" "$FT_SRCDIR/lib/providers/oauth2.conf" \
		>"$CONF/providers/mail.conf"
	configure_pam server=$server provider=mail
	wrong "$C:1: account work: the provider's subject: id_token:email may be given to somebody else"
	configure_pam server=$server provider=nosuch
	wrong "$C:1: account work: no provider profile nosuch.conf in"
	configure_pam server=$server client_secret_file=/nonexistent/secret
	wrong "$C:1: account work: client_secret_file /nonexistent/secret: No such file"
	configure_pam server=$server service_user=nosuch
	wrong "$C:1: account work: there is no user nosuch, whom exchanges run as; run: useradd --system"
	configure_pam server=$server service_user=root
	wrong "$C:1: account work: service_user: exchanges must not run as root"
	for user in alice bob; do
		configure_pam server=$server service_user=$user
		wrong "$C:1: account work: service_user: exchanges must not run as somebody who logs in"
	done
	configure_pam server=$server ca_file=$T/authority.pem
	wrong "$C:1: account work: ca_file $T/authority.pem: cannot be read: No such file"
	: >"$T/authority.pem"
	chmod 666 "$T/authority.pem"
	wrong "$C:1: account work: ca_file $T/authority.pem: others can write to it; run: chmod go-w"
	chmod 644 "$T/authority.pem"
	chown bob "$T/authority.pem"
	wrong "$C:1: account work: ca_file $T/authority.pem: belongs to uid 2002; run: chown root"
	configure_pam server=$server auth=password
	wrong "$C:1: account work: auth: the provider has no sign-in with a password"
}
test_case 'unknown, missing and contradictory keys' keys_unknown

# Nobody is let in by what many hosts share, and the store is not even asked: there is none.
account_of_a_fleet() {
	local text='account work: store: a fleet shares one sign-in' keys
	local why='account work: store: fleet cannot be used: each person who logs in (auth) has'

	(umask 077; head -c 32 /dev/urandom >"$CONF/fleet.key")
	keys=$(printf '[fleet]\nservers = https://127.0.0.1:9\nkey_file = %s' "$CONF/fleet.key")
	configure_pam server=$server store=fleet
	echo "$keys" >>"$C"
	wrong "$C:1: $why"
	expect_status 1 freshtoken check "$C" 2>err
	contains "$why" err
	# Where people sign in elsewhere, too.
	configure_pam server=$server store=fleet auth=
	echo "$keys" >>"$C"
	wrong "$C:1: $text"
	grep freshtoken "$T/log" | tail -n 1 | grep -F 'name an account to PAM that' ||
		complain 'no remedy'
}
if grep -q '^#define HAVE_SODIUM 1' "$FT_BUILDDIR/config.h"; then
	test_case 'an account of a fleet lets only root in' account_of_a_fleet
else
	test_skip 'an account of a fleet' 'this build is without libsodium'
fi

way_of_auth_whose_requests() {
	configure_pam server=$server client_id=
	wrong "$C:1: account work: client_id is not set"
	configure_pam server=$server provider=consinco auth=password login_audience=
	wrong "$C:1: account work: provider profile consinco: json: \${param.company} is not set; set param.company in [account work]"
	must_fail freshtoken check "$C" >out 2>&1
	contains "set param.company in [account work]" out
	# Whom only the account check asks about needs none of it.
	configure_pam server=$server client_id= auth= login_audience= identity=sub
	stack test "account required FT account=work"
	printf "account = AUTHINFO_UNAVAIL\n> error freshtoken: $server cannot be reached*\n" |
		play --user alice
}
test_case 'a way of auth whose requests cannot be made' way_of_auth_whose_requests

vendor_does_not_say() {
	configure_pam server=$server provider=abitmedia
	wrong "$C:1: account work: the provider does not say whose a token is: set identity"
	configure_pam server=$server provider=formulacerta
	wrong "$C:1: account work: the provider does not say whose a token is: set identity"
}
test_case 'a vendor that does not state the subject' vendor_does_not_say

the_map() {
	configure_pam server=$server
	printf "alice\n" >"$CONF/users"
	wrong "$CONF/users:1: expected a local user and, after it, the subject"
	printf "# x\nalice a\nbob b\nalice c\n" >"$CONF/users"
	wrong "$CONF/users:4: the user alice is given twice"
	# Also somebody else: whose line is meant is anybody to guess.
	printf "alice a\nbob b\nbob c\n" >"$CONF/users"
	wrong "$CONF/users:3: the user bob is given twice"
	printf "\357\273\277alice a\n" >"$CONF/users"
	wrong "$CONF/users:1: a byte order mark"
	printf "alice a # boss\n" >"$CONF/users"
	wrong "$CONF/users:1: a comment has a line of its own"
	printf "alice a\r\nbob b\r\n" >"$CONF/users"
	wrong "$CONF/users:1: a carriage return"
	printf "bob b\nalice is the one there\n" >"$CONF/users"
	wrong "$CONF/users:2: expected two words"
	: >"$CONF/users"
	wrong "$CONF/users:1: it has no line with a user"
	printf "# alice a\n" >"$CONF/users"
	wrong "$CONF/users:1: it has no line with a user"
	printf "alice a\001\n" >"$CONF/users"
	wrong "$CONF/users:1: a control character"
}
test_case 'the map' the_map

claim_changes_hands() {
	one account=work permissive
	for claim in email upn "\"email\""; do
		configure_pam server=$server "identity=$claim" identity_is_mutable=yes
		printf "account = SUCCESS\n> info freshtoken: *\n" | play --user alice
	done
	for claim in sub oid uid account_number email_id named; do
		configure_pam server=$server "identity=$claim"
		printf "account = SUCCESS\n> info freshtoken: *\n" | play --user alice
	done
}
test_case 'a mutable claim is accepted only with identity_is_mutable' claim_changes_hands

# Whoever is exempt is needed just then; the line or a file that can be read has to say it.
those_not_checked() {
	stack test "account required FT account=work exempt=bob" "account required pam_permit.so" \
		"auth required FT account=work exempt=bob"
	for wrong in service_user=nosuch provider=nosuch client_secret_file=/nonexistent/secret; do
		configure_pam server=$server $wrong
		for user in bob daemon; do
			printf 'account = SUCCESS\n' | play --user $user
			printf 'auth = USER_UNKNOWN\n' | play --user $user
			logged "(test:account) user $user: this user is not checked, others are refused: "
		done
		printf 'account = SERVICE_ERR\n> error freshtoken: *\n' | play --user alice
	done
	# Nobody knows what the file says of them.
	configure_pam server=$server colour=red
	for user in bob daemon; do
		printf 'account = SERVICE_ERR\n> error freshtoken: *\n' | play --user $user
	done
}
test_case 'those who are exempt or outside of the range are let in, if the file can be read' \
	those_not_checked

options_of_pam_line() {
	configure_pam server=$server
	where="the line of pam_freshtoken.so in the stack of test: "
	wrong "${where}unknown key \"colour\"" account=work colour=red
	wrong "${where}strict: " account=work strict=maybe
	wrong "${where}permissive: " account=work permissive=maybe
	wrong "${where}unmapped: " account=work unmapped=allow
	wrong "${where}exempt: " account=work exempt=@
	wrong "${where}wait: " account=work wait=5
	wrong "${where}account: " account=work account=other
	wrong "${where}account: " account=../etc
	wrong "${where}auth: " account=work auth=pin
	wrong "${where}conf: expected one path" account=work conf=freshtoken.conf
	wrong "/nonexistent/pam.conf does not exist" account=work conf=/nonexistent/pam.conf
	wrong "$C:1: account work: auth: none of the ways that the module" account=work \
		auth=password
	wrong "no uid is from minimum_uid to maximum_uid, 5000 to 100; correct them" account=work \
		minimum_uid=5000 maximum_uid=100
	printf '[pam]\nmaximum_uid = 0\n' >>"$C"
	wrong "no uid is from minimum_uid to maximum_uid, 1000 to 0; correct them"
}
test_case 'options of the PAM line' options_of_pam_line

line_names_ways_account_has_none() {
	configure_pam server=$server auth= login_audience=
	stack test "auth required FT account=work" "auth required pam_permit.so"
	echo 'auth = SUCCESS' | play --user alice
	stack test "auth required FT account=work auth=device" "auth required pam_permit.so"
	printf 'auth = SERVICE_ERR\n> error freshtoken: *\n' | play --user alice
	logged "$C:1: account work: it has no auth, and the line of the stack names ways; write them"
	for user in root daemon; do
		echo 'auth = USER_UNKNOWN' | play --user $user
	done
}
test_case 'ways in the line of an account without any: an error, not a login without them' \
	line_names_ways_account_has_none

conf_reads_another_file() {
	configure_pam server=$server
	sed "s/\[account work\]/[account other]/" "$C" >"$T/other.conf"
	printf "[pam]\naccount = other\npermissive = yes\nno_hint = yes\n" >>"$T/other.conf"
	chmod 644 "$T/other.conf"
	one conf="$T/other.conf"
	printf "account = SUCCESS\n" | play --user alice
	one conf="$T/other.conf" permissive=no
	printf "account = AUTHINFO_UNAVAIL\n> error freshtoken: * cannot be reached, and*\n" |
		play --user alice
}
test_case 'conf= reads another file, [pam] has defaults, the line overrides them' \
	conf_reads_another_file

service_user_missing_names() {
	sed /_freshtoken/d "$T/etc/passwd" >passwd
	cat passwd >"$T/etc/passwd"
	configure_pam server=$server
	wrong "$C:1: account work: there is no user _freshtoken, whom exchanges run as; run: useradd --system --no-create-home --shell /usr/sbin/nologin _freshtoken"
}
test_case 'a missing service user: the message has the command to create it' \
	service_user_missing_names

emergency_switch() {
	configure_pam server=$server colour=red
	stack test "account required FT account=work" "account required pam_permit.so" \
		"auth required FT account=work" "session required FT account=work" \
		"session required pam_permit.so"
	: >"$CONF/pam.off"
	chmod 644 "$CONF/pam.off"
	: >"$T/log"
	echo "account = SUCCESS" | play --user alice
	logged "(test:account) user alice: nobody is checked: freshtoken is switched off by $CONF/pam.off; remove it"
	echo "open = SUCCESS" | play --user alice
	# It opens nothing by itself.
	printf "auth = SERVICE_ERR\n> error freshtoken: this login is not configured *\n" |
		play --user alice
	off_counts_not() {
		printf "account = SERVICE_ERR\n> error freshtoken: this login is not configured *\n" | play --user alice
		logged "$CONF/pam.off does not switch freshtoken off"
		: >"$T/log"
	}
	: >"$T/log"
	chmod g+w "$CONF/pam.off"; off_counts_not; chmod g-w "$CONF/pam.off"
	chown alice "$CONF/pam.off"; off_counts_not; chown root "$CONF/pam.off"
	chmod o+w "$CONF"; off_counts_not; chmod o-w "$CONF"
	mv "$CONF/pam.off" "$CONF/other.off"; ln -s other.off "$CONF/pam.off"; off_counts_not
	rm "$CONF/pam.off"; mkdir "$CONF/pam.off"; off_counts_not
	rmdir "$CONF/pam.off"
	printf "account = SERVICE_ERR\n> error freshtoken: this login is not configured *\n" |
		play --user alice
}
test_case 'the emergency switch: root can turn all checks off, nobody else can' emergency_switch

no_program() {
	rm "$HELPER"
	stack test "account required FT account=work" "account required pam_permit.so"
	echo "account = SERVICE_ERR" | play --user alice
	logged "pam_freshtoken(test:account): cannot execute $HELPER: "
	echo "account = SUCCESS" | play --user root
}
test_case 'no program' no_program
test_done
