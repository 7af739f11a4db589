#!/bin/bash
# check = person: root asks the directory about who logs in, with a token of a machine account.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need python3
. "$FT_SRCDIR/tests/services/directory.sh"
start_directory
D=$DIRECTORY

# configure_person [KEY=VALUE…] - of the account "login"; the checker is "robot"
configure_person() {
	mkdir -p "$CONF/providers"
	cat >"$CONF/providers/people.conf" <<-END
		[person]
		path = /users/\${person}
		active = active
		subject = id
		gone = 404
	END
	{
		echo '[account login]'
		printf '%s\n' "provider = people" "server = $D" "users = $CONF/users" \
			'check = person' 'checker = robot' 'insecure_loopback = yes' "$@" |
			awk -F' = ' '{ if (!($1 in line)) order[++n] = $1; line[$1] = $0 }
				END { for (i = 1; i <= n; i++) print line[order[i]] }'
		cat <<-END
			[account robot]
			server = $D
			grant = client_credentials
			client_id = robot
			client_auth = basic
			client_secret_file = $CONF/robot.secret
			insecure_loopback = yes
		END
	} >"$CONF/freshtoken.conf"
	printf 's3cret' >"$CONF/robot.secret"
	chmod 600 "$CONF/robot.secret"
	printf 'alice alice\nbob bob\n' >"$CONF/users"
}

check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}

disabled="error freshtoken: $D says that you are disabled; ask its administrator"
untold="error freshtoken: $D does not say whether you are active; ask this system's administrator"

configure_person
one account=login recheck=0 wait=100s

active_and_not() {
	directory 'person?alice=active&bob=inactive'
	check alice SUCCESS
	check bob PERM_DENIED "$disabled"
	logged 'user bob: account login: refused: the directory says that "bob" is not active ("false")'
	equal 1 "$(asked exchanges)"
	equal 2 "$(asked questions)"
}
test_case 'who is active gets in, who is not does not; one token asks about both' active_and_not

# As its documentation tells; of Entra's directory only the host is another one.
shipped() {	# PROFILE SERVER
	configure_person "provider = $1" "server = $2"
	printf 'alice 42\nbob 43\n' >"$CONF/users"
	directory 'person?42=active&43=inactive' >/dev/null
	disabled="error freshtoken: $2 says that you are disabled; ask its administrator"
	untold="error freshtoken: $2 does not say whether you are active; ask*"
	check alice SUCCESS
	check bob PERM_DENIED "$disabled"
	logged 'account login: refused: the directory says that "43" is not active'
	directory 'person?43=active' >/dev/null
	check bob SUCCESS
	directory 'person?43=gone' >/dev/null
	check bob PERM_DENIED "$disabled"
	logged 'account login: refused: the directory knows no "43"'
	for fault in two other bare null page; do
		directory "fault?42=$fault" >/dev/null
		check alice PERM_DENIED "$untold"
	done
	directory "fault?42=none" >/dev/null
	check alice SUCCESS
}
cat >"$T/entra.conf" <<-END
	[provider]
	extends = entra
	[person]
	path = $D/graph/v1.0/users/\${person}
END
mkdir -p "$CONF/providers"
cp "$T/entra.conf" "$CONF/providers/entra.conf"
for profile in scim2:scim keycloak:realms/staff okta:okta entra: gitlab:; do
	where=$D/${profile#*:}
	test_case "the shipped profile ${profile%%:*}: active, not active, gone, and what says nothing" \
		shipped "${profile%%:*}" "${where%/}"
done
test_done
