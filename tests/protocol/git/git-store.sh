#!/bin/bash
# SPDX-License-Identifier: MIT
# git's store and erase: they keep the credentials of other hosts, and never an account's token.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = https://git.example.com
EOF
FILES=$STATE/credentials/git

store_changes_nothing_for_host() {
	plant work 3600
	whole_state >before
	git_says store <<-EOF
		protocol=https
		host=git.example.com
		username=oauth2
		password=access-work-7
		--
	EOF
	git_says store <<-EOF
		protocol=https
		host=git.example.com
		username=eve
		password=planted
		oauth_refresh_token=planted
		--
	EOF
	whole_state | same before -
}
test_case 'store changes nothing for the host of an account' store_changes_nothing_for_host

path_of_any_length_still() {
	path=$(head -c 65000 /dev/zero | tr "\0" a)
	plant work 3600
	printf "protocol=https\nhost=git.example.com\npath=%s\n" "$path" >request
	git-credential-freshtoken get <request >out
	contains password=access-work-7 out
	printf "username=oauth2\npassword=access-work-7\n" >>request
	whole_state >before
	git-credential-freshtoken store <request >out 2>err
	empty out
	empty err
	whole_state | same before -
	git-credential-freshtoken erase <request >out 2>err
	empty out
	empty err
	contains "\"rejected\":true" "$STATE/work.json"
	[ ! -e "$STATE/credentials" ]
}
test_case 'a path of any length is still the host of an account' path_of_any_length_still

erase_with_another_token_changes() {
	plant work 3600
	whole_state >before
	for lines in "password=access-work-6" "password=" "username=oauth2" \
		"authtype=Basic\ncredential=$(printf oauth2:access-work-6 | base64)" \
		"authtype=Basic\ncredential=%%%%" "authtype=Bearer\ncredential=access-work-6" \
		"authtype=Digest\ncredential=access-work-7" "credential=access-work-7"; do
		# shellcheck disable=SC2059
		printf "protocol=https\nhost=git.example.com\n$lines\n" |
			git-credential-freshtoken erase >out 2>err
		empty out
		empty err
	done
	whole_state | same before -
}
test_case 'erase with another token changes nothing' erase_with_another_token_changes

is_erased() {
	plant work 3600
	git-credential-freshtoken erase <request >out 2>err
	empty out
	empty err
	contains "\"rejected\":true" "$STATE/work.json"
	contains "\"access-work-7\"" "$STATE/work.json"
	contains "\"refresh-work\"" "$STATE/work.json"
}

erase_with_our_token_marks() {
	printf "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=access-work-7\n" \
		>request
	is_erased
}
test_case 'erase with our token marks it, and keeps the refresh token' erase_with_our_token_marks

same_with_basic_credential() {
	printf "capability[]=authtype\nprotocol=https\nhost=git.example.com\nauthtype=Basic\ncredential=%s\n" \
		"$(printf oauth2:access-work-7 | base64)" >request
	is_erased
}
test_case 'the same with a Basic credential' same_with_basic_credential

same_with_bearer_credential() {
	printf "protocol=https\nhost=git.example.com\nauthtype=Bearer\ncredential=access-work-7\n" \
		>request
	is_erased
}
test_case 'the same with a Bearer credential' same_with_bearer_credential

signin_known_to_be_over() {
	plant work 3600 7
	sed -i "s/\"verdict\":\"fresh\"/\"verdict\":\"needs-login\",\"reason\":\"invalid_grant\"/" \
		"$STATE/work.json"
	git_says get <<-EOF
		protocol=https
		host=git.example.com
		--
		username=oauth2
		password=access-work-7
		password_expiry_utc=$EXPIRY
	EOF
	# Of many at once each.
	for _ in 1 2; do
		git_says erase <<-EOF
			protocol=https
			host=git.example.com
			username=oauth2
			password=access-work-7
			--
			--
			freshtoken: account work: sign in again: invalid_grant; run: freshtoken login work
		EOF
	done
	# Another token than ours says nothing about the sign-in.
	plant work 3600 8
	git_says erase <<-EOF
		protocol=https
		host=git.example.com
		username=oauth2
		password=access-work-7
		--
	EOF
}
test_case 'the sign-in is known to have ended: a refused program is told at once' signin_known_to_be_over

erase_says_nothing_does_nothing() {
	plant work 3600
	printf "protocol=https\nhost=other.example.com\nusername=a\npassword=b\n" |
		git-credential-freshtoken store
	whole_state >before
	for lines in "" "password=b\n" "protocol=https\n" "host=other.example.com\n" \
		"username=a\npassword=b\n"; do
		# shellcheck disable=SC2059
		printf "$lines" | git-credential-freshtoken erase >out 2>err
		empty out
		empty err
	done
	whole_state | same before -
	rm -r "$FILES"
}
test_case 'an empty erase does nothing' erase_says_nothing_does_nothing

other_hosts() {
	git_says store <<-EOF
		protocol=https
		host=Other.example.com:8443
		username=al ice
		password=p%41 =\"
		password_expiry_utc=4102444800
		oauth_refresh_token=rt
		--
	EOF
	git_says get <<-EOF
		protocol=https
		host=other.EXAMPLE.com:8443
		--
		username=al ice
		password=p%41 =\"
		password_expiry_utc=4102444800
		oauth_refresh_token=rt
	EOF
	for host in other.example.com other.example.com:8444 xother.example.com:8443; do
		printf "protocol=https\nhost=%s\n" "$host" |
			git-credential-freshtoken get >out 2>err
		empty out
		empty err
	done
	printf "protocol=http\nhost=other.example.com:8443\n" | git-credential-freshtoken get >out
	empty out
}
test_case 'other hosts: stored credentials are found' other_hosts

with_path_and_user_name() {
	for line in a:1: b:2: a:3:team/x; do
		IFS=: read -r user password path <<<"$line"
		printf "protocol=https\nhost=two.example.com\nusername=%s\npassword=%s\n%s\n" \
			"$user" "$password" "${path:+path=$path}" | git-credential-freshtoken store
	done
	ask() {
		printf "protocol=https\nhost=two.example.com\n$1" | git-credential-freshtoken get |
			tr "\n" " "
	}
	equal "username=a password=3 " "$(ask "")"
	equal "username=b password=2 " "$(ask "username=b\n")"
	equal "username=a password=3 " "$(ask "path=team/x\n")"
	equal "" "$(ask "path=team/y\n")"
	equal "" "$(ask "username=c\n")"
}
test_case 'by path and user name, and the newest first' with_path_and_user_name

erase_takes_what_matches() {
	say() {
		printf "protocol=https\nhost=two.example.com\n$2" | git-credential-freshtoken "$1" |
			tr "\n" " "
	}
	say erase "username=a\npassword=wrong\n"
	equal "username=a password=3 " "$(say get "")"
	say erase "password=3\n"
	equal "username=b password=2 " "$(say get "")"
	equal "username=a password=1 " "$(say get "username=a\n")"
	say erase "username=b\n"
	equal "username=a password=1 " "$(say get "")"
	say erase ""
	equal "" "$(say get "")"
}
test_case 'erase removes what matches, with a password only that one' erase_takes_what_matches

incomplete_ones_not_stored() {
	for lines in "username=a" "password=b" "username=a\noauth_refresh_token=rt" \
		"authtype=Bearer" "credential=x"; do
		# shellcheck disable=SC2059
		printf "protocol=https\nhost=three.example.com\n$lines\n" |
			git-credential-freshtoken store >out 2>err
		empty out
		empty err
	done
	[ ! -e "$FILES/https%3A%2F%2Fthree.example.com" ]
}
test_case 'incomplete credentials are not stored' incomplete_ones_not_stored

encoded_credentials_come_back() {
	git_says store <<-EOF
		capability[]=authtype
		protocol=https
		host=four.example.com
		authtype=Bearer
		credential=abc
		ephemeral=1
		--
	EOF
	[ ! -e "$FILES/https%3A%2F%2Ffour.example.com" ]
	git_says store <<-EOF
		capability[]=authtype
		protocol=https
		host=four.example.com
		authtype=Bearer
		credential=abc
		--
	EOF
	git_says get <<-EOF
		protocol=https
		host=four.example.com
		--
	EOF
	git_says get <<-EOF
		capability[]=authtype
		protocol=https
		host=four.example.com
		--
		capability[]=authtype
		authtype=Bearer
		credential=abc
	EOF
}
test_case 'encoded credentials are handed out to a git that supports them, ephemeral ones are not stored' \
	encoded_credentials_come_back

expired_ones_not_handed_out() {
	git_says store <<-EOF
		protocol=https
		host=five.example.com
		username=a
		password=old
		password_expiry_utc=1000000000
		--
	EOF
	git_says get <<-EOF
		protocol=https
		host=five.example.com
		--
	EOF
	git_says store <<-EOF
		protocol=https
		host=five.example.com
		username=a
		password=old
		password_expiry_utc=1000000000
		oauth_refresh_token=rt
		--
	EOF
	git_says get <<-EOF
		protocol=https
		host=five.example.com
		--
		username=a
		oauth_refresh_token=rt
	EOF
}
test_case 'expired credentials are not handed out, but their refresh token is' expired_ones_not_handed_out

other_protocols_too() {
	git_says store <<-EOF
		protocol=cert
		host=
		path=/home/alice/key.pem
		username=
		password=passphrase
		--
	EOF
	git_says get <<-EOF
		protocol=cert
		host=
		path=/home/alice/key.pem
		--
		username=
		password=passphrase
	EOF
	git_says get <<-EOF
		protocol=cert
		host=
		path=/home/alice/other.pem
		--
	EOF
}
test_case 'other protocols too: certificates have no host' other_protocols_too

one_file_host() {
	umask 0
	printf "protocol=https\nhost=six.example.com\nusername=a\npassword=b\n" |
		git-credential-freshtoken store
	equal 600 "$(stat -c %a "$FILES/https%3A%2F%2Fsix.example.com")"
	equal 700 "$(stat -c %a "$FILES")"
	equal 700 "$(stat -c %a "$STATE/credentials")"
}
test_case 'one file for each host, readable only by the user' one_file_host

# Not with a wrapper around the helper, whose memory and calls would count.
one_file_opened() {
	mkdir -p "$FILES"
	chmod 700 "$FILES"
	for ((i = 0; i < 10000; i++)); do
		printf "version=1\n\nusername=u%d\npassword=p\n" "$i" \
			>"$FILES/https%3A%2F%2Fh$i.example.com"
	done
	chmod 600 "$FILES"/*
	if command -v strace >/dev/null &&
		! grep -q "define FT_SANITIZED" "$FT_BUILDDIR/config.h"; then
		printf "protocol=https\nhost=h7777.example.com\n" |
			strace -o trace git-credential-freshtoken get >out
		equal 1 "$(grep -c "open.*example.com\"" trace)"
		equal 0 "$(grep -c getdents trace)"
		equal 0 "$(grep -cE "^(clone|fork|vfork|execve|socket)" <(tail -n +2 trace))"
	else
		printf "protocol=https\nhost=h7777.example.com\n" |
			git-credential-freshtoken get >out
	fi
	contains username=u7777 out
	rm "$FILES"/https%3A%2F%2Fh*
}
native_case 'a request for one host opens one file, however many there are' \
	one_file_opened

damaged_file_named_and_stays() {
	printf "version=1\n\nuser" >"$FILES/https%3A%2F%2Fsix.example.com"
	for action in get store erase; do
		printf "protocol=https\nhost=six.example.com\nusername=u\npassword=p\n" |
			git-credential-freshtoken "$action" >out 2>err
		empty out
		contains "https%3A%2F%2Fsix.example.com: remove it to start again" err
		equal 1 "$(wc -l <err)"
	done
	equal "$(printf "version=1\n\nuser")" "$(cat "$FILES/https%3A%2F%2Fsix.example.com")"
}
test_case 'a damaged file is named and stays' damaged_file_named_and_stays

fifo_in_way() {
	rm "$FILES/https%3A%2F%2Fsix.example.com"
	mkfifo -m 600 "$FILES/https%3A%2F%2Fsix.example.com"
	printf "protocol=https\nhost=six.example.com\n" |
		timeout 60 git-credential-freshtoken get >out 2>err
	empty out
	contains "is not a regular file" err
	rm "$FILES/https%3A%2F%2Fsix.example.com"
}
test_case 'a FIFO instead of a file does not block' fifo_in_way

storing_where_nothing_can_be() {
	XDG_STATE_HOME=/dev/null/x
	printf "protocol=https\nhost=six.example.com\nusername=u\npassword=p\n" |
		git-credential-freshtoken store >out 2>err
	empty out
	equal 1 "$(wc -l <err)"
	lacks "=p" err
}
test_case 'an unwritable folder is reported' storing_where_nothing_can_be

# --- with git itself ---------------------------------------------------------------

if command -v git >/dev/null; then
	git config --global credential.helper freshtoken

	git_credential_fill() {
		plant work 3600
		printf "protocol=https\nhost=git.example.com\n\n" | git credential fill >filled
		contains password=access-work-7 filled
		whole_state >before
		git credential approve <filled
		whole_state | same before -
		git credential reject <filled
		contains "\"rejected\":true" "$STATE/work.json"
	}
	test_case 'git credential fill, approve and reject with an account' git_credential_fill

	git_credential_fill_approve_and_reject() {
		printf "protocol=https\nhost=seven.example.com\nusername=a\npassword=b\n\n" >stored
		must_fail sh -c "printf \"protocol=https\nhost=seven.example.com\n\n\" | git credential fill"
		git credential approve <stored
		printf "protocol=https\nhost=seven.example.com\n\n" | git credential fill >filled
		contains password=b filled
		git credential reject <filled
		must_fail sh -c "printf \"protocol=https\nhost=seven.example.com\n\n\" | git credential fill"
	}
	test_case 'git credential fill, approve and reject with another host' \
		git_credential_fill_approve_and_reject

	git_stops_when_signin_needed() {
		rm -f "$STATE/work.json"
		must_fail sh -c "printf \"protocol=https\nhost=git.example.com\n\n\" | git credential fill >out 2>err"
		contains "freshtoken: account work: nobody has signed in; run: freshtoken login work" err
		contains "told us to quit" err
	}
	test_case 'git stops when a sign-in is needed, and names the command' git_stops_when_signin_needed
else
	test_skip 'git itself' 'no git on this machine'
fi

test_done
