# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for whoever sources this file
#
# directory.sh - a directory of persons, and the account "login", which asks it at a login; sourced
# after world.sh
#
#	configure_person [KEY = VALUE…]	keys of the account "login", whose checker is "robot"
#	check USER CODE [WHAT IT SAYS]	the account check
#	person_aged USER SECONDS	root's result about the user is that much older now

. "$FT_SRCDIR/tests/services/directory.sh"
start_directory
D=$DIRECTORY

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

# What is kept of a person, and of the checker's token.
known() {
	printf '%s\n' "$SEEN/login~$(id_of "$1")~$1.person"
}
person_aged() {	# USER SECONDS
	perl -pi -e 's/("(?:verified|told|down)":\{[^}]*?"real":)(\d+)([^}]*?"boot":)(-?\d+)/$1.($2-1000*'"$2"').$3.($4-1000*'"$2"')/ge' \
		"$(known "$1")"
}
