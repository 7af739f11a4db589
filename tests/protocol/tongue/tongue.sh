# shellcheck shell=bash
#
# tongue.sh - what the conversations of all clients share that only ask; sourced after
# conversation.sh

configure_tongue() {
	configure <<-'END'
		[account work]
		server = https://work.sso.example.com
		match = git.example.com
	END
}

# utc SECONDS - as RFC 3339 has it
utc() {
	date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ
}
