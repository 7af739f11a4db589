# shellcheck shell=bash
#
# stack.sh - PAM stacks with the module, in a folder of the test's own; sourced after tap.sh
#
# new_stage DIR makes a copy of the staged install's module and programs below DIR, and sets
# $MODULE (absolute, for stacks) and $HELPER (freshtoken-pam, which it starts).

new_stage() {
	MODULE=$1${FT_PAMDIR#"$FT_STAGE"}/pam_freshtoken.so
	HELPER=$1${FT_LIBEXEC#"$FT_STAGE"}/freshtoken-pam
	mkdir -p "${MODULE%/*}" "${HELPER%/*}"
	cp "$FT_PAMDIR/pam_freshtoken.so" "$MODULE"
}

# with_actor DIR - such a stage, with tests/pam/actor in the place of freshtoken-pam
with_actor() {
	new_stage "$1"
	rm -f "$HELPER"
	cp "$FT_BUILDDIR/tests/pam/actor" "$HELPER"
}

# stack NAME LINE… - a stack of these lines, in the folder conf; "FT" stands for the module
stack() {
	local name=$1

	shift
	[ -d conf ] || { mkdir conf; printf '%s required pam_deny.so\n' auth account session password >conf/other; }
	printf '%s\n' "$@" | sed "s|\<FT\>|$MODULE|" >"conf/$name"
}

# one OPTION… - the stack "test": the module alone, in all four groups, with these options
one() {
	local options="$*"

	stack test "auth required FT $options" "account required FT $options" \
		"session required FT $options" "password required FT $options"
}

# play OPTION… <SCRIPT (tests/pam/play.c)
play() {
	timeout -k 5 120 "$FT_BUILDDIR/tests/pam/play" --confdir conf "$@"
}
