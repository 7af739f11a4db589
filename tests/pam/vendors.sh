#!/bin/bash
# SPDX-License-Identifier: MIT
# The vendors' services: passwords, if they support them, and the person who signed in, from the
# field in the answer to root's own exchange.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
vendor() {	# NAME [OPTION=VALUE…] [-- KEY=VALUE…]
	local name=$1 options=()

	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
	[ $# -eq 0 ] || shift
	ts create "$name" vendor="$name" lifetime=60 password=wonderland "${options[@]}" >/dev/null
	configure_pam provider="$name" server="$TS/$name" auth=password \
		login_audience= client_id= "$@"
	forget alice bob
}
prompt() {
	echo "> hidden Password of $1 at $S: "
}
refused="> error freshtoken: the sign-in was not accepted: user name or password refused; try again*\n"
one account=work

consinco_password_of_service() {
	S=$TS/consinco
	vendor consinco user=alice company=example -- param.company=example
	play --user alice <<-END
		auth = SUCCESS
		$(prompt alice) = wonderland
		account = SUCCESS
		setcred establish = SUCCESS
		open = SUCCESS
	END
	as alice freshtoken token work | grep -q .
	one account=work
	aged alice 61
	before=$(ts_count consinco refreshes)
	echo "account = SUCCESS" | play --user alice
	equal $((before + 1)) "$(ts_count consinco refreshes)"
	one account=work
}
test_case 'consinco: the password of the service, then account and session' \
	consinco_password_of_service

wrong_password() {
	S=$TS/consinco
	for typed in wrong ""; do
		printf "auth = AUTH_ERR\n%s = %s\n$refused" "$(prompt alice)" "$typed" |
			play --user alice
		logged "(test:auth) user alice: account work, way password, subject alice: refused: "
	done
	logged "refused: $S: user name or password refused (HTTP 401)"
	# Whoever is not mapped reads the same.
	printf "auth = USER_UNKNOWN\n%s = wonderland\n$refused" "$(prompt carol)" |
		play --user carol
	lacks wonderland "$T/log"
}
test_case 'a wrong password, an empty one' wrong_password

another_person_with_right() {
	S=$TS/consinco
	# The service answers for alice; who sits there is bob.
	ts fault consinco fault=other-subject at=login
	printf "auth = AUTH_ERR\n%s = wonderland\n$refused" "$(prompt alice)" | play --user alice
	logged "who signed in, not \"alice\""
}
test_case 'another person with the right password' another_person_with_right

kirjaswappi_subject_claim() {
	S=$TS/kirjaswappi
	vendor kirjaswappi user=alice
	play --user alice <<-END
		auth = SUCCESS
		$(prompt alice) = wonderland
		account = SUCCESS
		setcred establish = SUCCESS
	END
	one account=work
	aged alice 61
	echo "account = SUCCESS" | play --user alice
	ts disable kirjaswappi
	aged alice 61
	printf "account = PERM_DENIED\n> error freshtoken: *\n" | play --user alice
	one account=work
}
test_case 'kirjaswappi: the subject is a claim of the token that the service issued' \
	kirjaswappi_subject_claim

service_down_while_somebody() {
	S=$TS/kirjaswappi
	vendor kirjaswappi user=alice -- server=http://127.0.0.1:9/kirjaswappi
	S=http://127.0.0.1:9/kirjaswappi
	down="> error freshtoken: * cannot be reached, so nobody can sign in there; try again later\n"
	printf "auth = AUTHINFO_UNAVAIL\n%s = wonderland\n$down" "$(prompt alice)" |
		play --user alice
	vendor kirjaswappi user=alice
	S=$TS/kirjaswappi
	for answer in 503 status:502 hang; do
		ts fault kirjaswappi fault=$answer at=login
		printf "auth = AUTHINFO_UNAVAIL\n%s = wonderland\n$down" "$(prompt alice)" |
			play --user alice
	done
}
test_case 'the service is down at a sign-in' service_down_while_somebody
test_done
