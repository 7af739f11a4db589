#!/bin/bash
# SPDX-License-Identifier: MIT
# What bash, zsh and fish complete at TAB: commands, options, accounts, profiles, words.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure <<-EOF
	[account work]
	server = https://sso.example.com
	[account home]
	provider = gitlab
	server = https://gitlab.example.com
EOF
data=${FT_BIN%/*}/share
mkdir folder
touch folder/some.conf

# in_SHELL LINE - what is offered at the end of the line, sorted, one a line
in_bash() {
	cat >complete.bash <<-'END'
		. "$1"
		# compopt is for a completion that readline runs.
		compopt() { :; }
		read -ra COMP_WORDS <<<"${2//=/ = }"
		[[ $2 != *[\ =] ]] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_freshtoken
		printf '%s\n' "${COMPREPLY[@]}"
	END
	bash --norc complete.bash "$data/bash-completion/completions/freshtoken" "$1" 2>err | sort -u
	empty err
}

# A terminal for zsh by its own module; what a completion adds is noted, not shown.
in_zsh() {
	cat >complete.zsh <<-'END'
		zmodload zsh/zpty
		zpty shell zsh -f -i
		zpty -w shell "PS1= fpath=($1 \$fpath); autoload compinit && compinit -D -u"
		zpty -w shell "compadd() {
			[[ -z \${(M)@:#-[OAD]} ]] || { builtin compadd \"\$@\"; return }
			local -a found
			builtin compadd -O found \"\$@\"
			print -rl -- \$found >>zsh.offered
			builtin compadd \"\$@\"
		}"
		zpty -w shell "finish() { print -r done >zsh.done; zle kill-whole-line }
			zle -N finish; bindkey '^X^D' finish; bindkey '^I' complete-word"
		zpty -w shell "setopt nobeep; print -r rea''dy"
		zpty -r shell seen "*ready*"
		zpty -wn shell "$2"$'\t\x18\x04'
		for ((i = 0; i < 1200; i++)); do
			[[ ! -e zsh.done ]] || break
			zpty -rt shell seen
			sleep 0.05
		done
		zpty -d shell
	END
	rm -f zsh.done
	: >zsh.offered
	zsh -f complete.zsh "$data/zsh/site-functions" "$1" >/dev/null
	sort -u zsh.offered
}

in_fish() {
	fish --no-config -c "source $data/fish/vendor_completions.d/freshtoken.fish
		complete -C '$1'" 2>err | cut -f 1 | sort -u
	empty err
}

# offers SHELL LINE WORD… - these and no other
offers() {
	local shell=$1 line=$2

	shift 2
	printf '%s\n' "$@" | grep . | sort -u >expected || :
	"in_$shell" "$line" | { grep . || :; } >offered
	same expected offered
}

commands() {
	freshtoken --help | sed -n 's/^  freshtoken \([a-z]\+\).*/\1/p'
}

all_commands() {
	local words

	mapfile -t words < <(commands)
	[ "${#words[@]}" -gt 20 ]
	case $1 in
	bash) offers "$1" 'freshtoken ' "${words[@]}" --help --version ;;
	*) offers "$1" 'freshtoken ' "${words[@]}" ;;
	esac
	offers "$1" 'freshtoken help ' "${words[@]}"
	offers "$1" 'freshtoken --v' --version
}

# Of all commands where it costs little: to start zsh or fish takes a moment each.
all_options() {
	local command words list='add setup keyring'

	[ "$1" != bash ] || list=$(commands)
	for command in $list; do
		mapfile -t words < <(freshtoken "$command" --help | grep -oE -e '^  --[a-z-]+' |
			tr -d ' ')
		offers "$1" "freshtoken $command --" "${words[@]}"
	done
}

accounts() {
	offers "$1" 'freshtoken token ' home work
	offers "$1" 'freshtoken status w' work
	offers "$1" 'freshtoken token work ' ''
	offers "$1" 'freshtoken setup docker --account ' home work
	offers "$1" 'freshtoken add ' ''
}

values() {
	local words

	mapfile -t words < <(freshtoken provider list | cut -f 1)
	offers "$1" 'freshtoken add new --provider ' "${words[@]}"
	offers "$1" 'freshtoken provider show ' "${words[@]}"
	offers "$1" 'freshtoken provider ' list show check
	offers "$1" 'freshtoken token --format ' plain bearer header json id
	case $1 in
	fish) offers "$1" 'freshtoken token work --format=j' --format=json ;;
	*) offers "$1" 'freshtoken token work --format=j' json ;;
	esac
	offers "$1" 'freshtoken git ' get store erase capability
	offers "$1" 'freshtoken bazel ' get
	"in_$1" 'freshtoken provider check folder/s' >offered
	grep -qE '^(folder/)?some.conf$' offered || complain "$(cat offered)"
}

# Nobody has started yet what is in this folder.
nothing_is_run() {
	printf '#!/bin/sh\ntouch %s/ran\n' "$T" >freshtoken
	chmod 755 freshtoken
	offers "$1" './freshtoken token ' home work
	[ ! -e ran ]
	rm freshtoken
}

commands_of_others() {
	"in_$1" 'freshtoken exec work -- sor' >offered
	grep -qx sort offered
	"in_$1" 'freshtoken exec work --env TOKEN -- sor' >offered
	grep -qx sort offered
}

# A file that is named so as to be a program of sed's; its name came there by a TAB.
words_are_no_programs() {
	rm -f ran
	"in_$1" 'freshtoken exec work -- cat a/b/e;1e>ran;: ' >offered
	[ ! -e ran ] || complain "the word before the cursor was run"
}

for shell in bash zsh fish; do
	if ! command -v "$shell" >/dev/null; then
		test_skip "$shell: completion" "no $shell on this machine"
		continue
	fi
	test_case "$shell: the commands, as --help has them" all_commands "$shell"
	test_case "$shell: the options, as each --help has them" all_options "$shell"
	test_case "$shell: accounts as arguments of the right commands" accounts "$shell"
	test_case "$shell: the values of options and operands" values "$shell"
	test_case "$shell: typed words are never run" words_are_no_programs "$shell"
	test_case "$shell: nor is a program of that name in this folder" nothing_is_run "$shell"
	test_case "$shell: after \"exec ACCOUNT --\" the commands of the machine" commands_of_others \
		"$shell"
done

# The words that the scripts have of their own, against what the program takes.
words_are_taken() {
	local word

	{
		sed -nE '/^} programs\[\]/,/^};/s/^\t\{ "([a-z]+)", .*/\1/p' \
			"$FT_SRCDIR/helper/setup/setup.c"
		sed -nE '/ clients\[\] = \{/,/^};/s/.*\.name = "([a-z]+)".*/\1/p' \
			"$FT_SRCDIR/helper/setup/clients.c"
	} | sort >known
	[ "$(wc -l <known)" -gt 9 ]
	in_bash 'freshtoken setup ' | same known -
	for word in $(in_bash 'freshtoken token work --format '); do
		freshtoken token work --format "$word" >/dev/null 2>err || [ $? -ne 2 ] ||
			complain "token --format $word"
	done
	for word in $(in_bash 'freshtoken git '); do
		freshtoken git "$word" </dev/null >out 2>err || complain "git $word"
	done
}
test_case 'the words in the completions are those of the program' words_are_taken

test_done
