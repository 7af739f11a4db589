#!/bin/bash
# check = person: root asks the directory about who logs in, with a token of a machine account.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need python3
. "$FT_SRCDIR/tests/services/directory.sh"
start_directory
D=$DIRECTORY

# configure_person [KEY=VALUE…] - of the account "login"; the checker is "robot"
configure_person() {
	local pair

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
			'check = person' 'checker = robot' 'insecure_loopback = yes'
		for pair; do printf '%s\n' "$pair"; done
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
test_done
