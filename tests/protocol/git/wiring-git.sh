#!/bin/bash
# SPDX-License-Identifier: MIT
# Which helper git uses for a host: setup and doctor agree, with each other and with git.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
need git

configure <<'END'
[account work]
server = https://127.0.0.1:1
match = https://git.example.com
END

# Helpers that only note that they were asked.
mkdir "$T/helpers"
for name in freshtoken other; do
	printf '#!/bin/sh\necho %s >>"%s/asked"\n' "$name" "$T" >"$T/helpers/git-credential-$name"
	chmod +x "$T/helpers/git-credential-$name"
done
unset GIT_CONFIG_NOSYSTEM
export GIT_CONFIG_SYSTEM=$T/system GIT_TERMINAL_PROMPT=0
REAL=$FT_BIN/freshtoken

# set_up - the case's lines are its files: "[FILE]" before those of system, global, local, more
set_up() {
	rm -rf "$HOME/.gitconfig" "$T/system" "$T/repository" "$HOME/more"
	git init -q "$T/repository"
	: >"$T/system"
	awk -v home="$HOME" -v top="$T" '
		BEGIN {
			file["system"] = top "/system"; file["global"] = home "/.gitconfig"
			file["local"] = top "/repository/.git/config"; file["more"] = home "/more"
		}
		/^@/ { to = file[substr($1, 2)]; next }
		{ gsub("DIR", top "/helpers"); print >>to }'
}

# judged - what git does, what doctor says and what setup says, as ours, none or both
judged() {
	local git doctor setup path

	rm -f "$T/asked"
	: >"$T/asked"
	[ -z "${1-}" ] || path="path=$1
"
	printf 'protocol=https\nhost=git.example.com\n%s\n' "${path-}" |
		PATH=$T/helpers:$PATH git -C "$T/repository" credential fill >/dev/null 2>&1 || :
	git=$(sort -u "$T/asked" | tr '\n' ' ')
	case $git in
	"freshtoken ") git=ours ;;
	*freshtoken*) git=both ;;
	*) git=none ;;
	esac
	(cd "$T/repository" && "$REAL" doctor >"$T/out" 2>&1) || :
	if grep -q 'git does not ask freshtoken about' "$T/out"; then doctor=none
	elif grep -qE 'git asks "|git hands what' "$T/out"; then doctor=both
	elif grep -q 'git asks freshtoken about' "$T/out"; then doctor=ours
	fi
	if (cd "$T/repository" && "$REAL" setup git >"$T/out" 2>"$T/err"); then
		setup=none
		grep -q 'git asks freshtoken already' "$T/err" && setup=ours
	elif grep -q 'besides freshtoken' "$T/err"; then
		setup=both
	fi
	# Lines of ours before which somebody else is asked are set up as if there were none.
	[ "$doctor $setup" != "both none" ] || ! grep -q 'helper' "$T/out" || setup=both
	equal "git $2, doctor $2, setup $2" "git $git, doctor ${doctor-?}, setup ${setup-?}"
}

# git_case WHO DESCRIPTION <<LINES
git_case() {
	cat >"$T/lines-$1-${2//[^a-z]/-}"
	test_case "$2: $1" judged_with "$T/lines-$1-${2//[^a-z]/-}" "${3-}" "$1"
}
judged_with() {	# FILE PATH WHO
	set_up <"$1"
	judged "$2" "$3"
}

git_case none 'nothing is set' </dev/null
git_case ours 'for all hosts' <<'END'
@global
[credential]
	helper = freshtoken
END
git_case ours 'in the system file' <<'END'
@system
[credential]
	helper = freshtoken
END
git_case ours 'in the file of the repository' <<'END'
@local
[credential]
	helper = freshtoken
END
git_case ours 'in an included file' <<'END'
@global
[include]
	path = ~/more
@more
[credential]
	helper = freshtoken
END
git_case ours 'in a file that is included for this repository' <<'END'
@global
[includeIf "gitdir:**/repository/"]
	path = ~/more
@more
[credential]
	helper = freshtoken
END
git_case none 'in a file that is included for another repository' <<'END'
@global
[includeIf "gitdir:**/elsewhere/"]
	path = ~/more
@more
[credential]
	helper = freshtoken
END
git_case ours 'for the host' <<'END'
@global
[credential "https://git.example.com"]
	helper = freshtoken
END
git_case ours 'for the host, in capitals and with its port' <<'END'
@global
[credential "HTTPS://Git.Example.COM:443/"]
	helper = freshtoken
END
git_case none 'for another host, scheme and port' <<'END'
@global
[credential "https://example.com"]
	helper = freshtoken
[credential "http://git.example.com"]
	helper = freshtoken
[credential "https://git.example.com:8443"]
	helper = freshtoken
END
git_case ours 'for any name in its place' <<'END'
@global
[credential "https://*.example.com"]
	helper = freshtoken
END
git_case none 'for names of another length' <<'END'
@global
[credential "https://*.com"]
	helper = freshtoken
[credential "https://*.*.example.com"]
	helper = freshtoken
END
git_case none 'for a path of it' <<'END'
@global
[credential "https://git.example.com/team"]
	helper = freshtoken
END
git_case none 'for a user of it' <<'END'
@global
[credential "https://alice@git.example.com"]
	helper = freshtoken
END
git_case ours 'an empty line drops what was before' <<'END'
@system
[credential]
	helper = other
@global
[credential "https://git.example.com"]
	helper =
	helper = freshtoken
END
git_case none 'an empty line drops us' <<'END'
@system
[credential]
	helper = freshtoken
@global
[credential]
	helper =
END
git_case none 'an empty line of the repository drops us' <<'END'
@global
[credential]
	helper = freshtoken
@local
[credential]
	helper =
	helper = other
END
git_case ours 'an empty line for another host does not' <<'END'
@global
[credential]
	helper = freshtoken
[credential "https://other.example.com"]
	helper =
END
git_case both 'another before us' <<'END'
@system
[credential]
	helper = other
@global
[credential "https://git.example.com"]
	helper = freshtoken
END
git_case both 'another after us' <<'END'
@global
[credential "https://git.example.com"]
	helper =
	helper = freshtoken
[credential]
	helper = other
END
git_case both 'another in the file of the repository' <<'END'
@global
[credential]
	helper = freshtoken
@local
[credential]
	helper = other
END
git_case ours 'by its path' <<'END'
@global
[credential]
	helper = DIR/git-credential-freshtoken
END
git_case ours 'by its path, with an option' <<'END'
@global
[credential]
	helper = DIR/git-credential-freshtoken --version
END
git_case ours 'with an option' <<'END'
@global
[credential]
	helper = freshtoken --version
END
git_case ours 'as a command' <<'END'
@global
[credential]
	helper = "!DIR/git-credential-freshtoken"
END
git_case ours 'as a command in quotes' <<'END'
@global
[credential]
	helper = "!\"DIR/git-credential-freshtoken\" --version"
END
git_case ours 'as a command of git' <<'END'
@global
[credential]
	helper = "!git credential-freshtoken"
END
git_case none 'as a word of another command' <<'END'
@global
[credential]
	helper = "!echo freshtoken >&2"
END
git_case none 'by another name' <<'END'
@global
[credential]
	helper = other freshtoken
END
git_case ours 'without a scheme' <<'END'
@global
[credential "git.example.com"]
	helper = freshtoken
END
git_case none 'without a scheme a star is nothing' <<'END'
@global
[credential "*.example.com"]
	helper = freshtoken
END

configure <<'END'
[account work]
server = https://127.0.0.1:1
match = https://git.example.com/team
END
git_case ours 'for the path, sent' team <<'END'
@global
[credential "https://git.example.com/team"]
	helper = freshtoken
[credential]
	useHttpPath = true
END
git_case none 'for the beginning of a path alone' team <<'END'
@global
[credential "https://git.example.com/tea"]
	helper = freshtoken
[credential]
	useHttpPath = true
END
path_not_sent() {
	set_up <<-END
		@global
		[credential]
		helper = freshtoken
		useHttpPath = true
		[credential "https://git.example.com"]
		useHttpPath = off
	END
	"$REAL" doctor >out 2>&1 || :
	contains "git sends no paths to https://git.example.com" out
	"$REAL" setup git >out 2>err
	contains "useHttpPath" out
	lacks helper out
}
test_case 'a path that git does not send: both say so' path_not_sent
later_file() {
	set_up <<-END
		@local
		[credential]
		helper =
	END
	cd "$T/repository"
	expect_status 1 "$REAL" setup git --apply >out 2>err
	contains "git still does not ask freshtoken about https://git.example.com" err
	contains "file:.git/config" err
}
test_case 'if a later file decides, the message names that file' later_file
test_done
