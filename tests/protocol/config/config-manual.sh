#!/bin/bash
# SPDX-License-Identifier: MIT
# Compares the manual pages of the configuration with the tables in the code.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

# The keys of a page, as ".TP" or ".TQ" and then "\fBkey\fR = " has them.
documented() {
	sed -nE '/^\.T[PQ]$/{n;s/^\\fB([a-z_]+)\\fR = .*/\1/p;}' "$FT_SRCDIR/docs/$1" | sort -u
}

# The first argument of a table's macros.
known() {	# FILE MACRO|MACRO…
	sed -nE "s/^\t($2)\(([a-z_]+), .*/\2/p" "$FT_SRCDIR/lib/$1" | sort -u
}

every_key_of_freshtoken_conf() {
	{ known config/account-keys.c "KEY|STORE"; known config/fleet-section.c KEY; } | sort -u >in-code
	documented freshtoken.conf.5 >in-manual
	[ "$(wc -l <in-code)" -gt 25 ]
	diff in-code in-manual
	grep -q "fBparam\." "$FT_SRCDIR/docs/freshtoken.conf.5"
}
test_case 'every key of freshtoken.conf is in its manual page, and no other' \
	every_key_of_freshtoken_conf

every_key_of_profile() {
	known provider/keys.c "PROFILE|FIELD|REQUEST|RULE|JWT" | sort -u >in-code
	# What requests have in common, and what two of them have besides.
	sed -nE "s/.*[ \t]REQUEST\(([a-z_]+), .*/\1/p" "$FT_SRCDIR/lib/provider/keys.c" |
		sort -u - in-code -o in-code
	documented freshtoken-provider.5 >in-manual
	[ "$(wc -l <in-code)" -gt 30 ]
	diff in-code in-manual
}
test_case 'every key of a profile is in its manual page, and no other' every_key_of_profile

every_section_of_profile() {
	sed -nE 's/^\t\{ "([a-z]+)", FT_SECTION_.*/\1/p; s/^\tSECTION_OF_(REQUEST|RULE)\("?([a-z_]+).*/\2/p' \
		"$FT_SRCDIR/lib/provider/keys.c" >sections
	[ "$(wc -l <sections)" -eq 21 ]
	while read -r section; do
		grep -qE "^\.(SH \"SECTIONS* |BI? ).*\[$section(\]|\\\\ )" \
			"$FT_SRCDIR/docs/freshtoken-provider.5" ||
			complain "$section is not in the manual page"
	done <sections
}
test_case 'every section of a profile is in its manual page' every_section_of_profile

every_variable_in_manual_page() {
	sed -n "/^const char \*const ft_variable_names/,/^};/p" \
		"$FT_SRCDIR/lib/provider/template.c" |
		grep -o "\"[a-z_]*\"" | tr -d "\"" >variables
	[ "$(wc -l <variables)" -ge 19 ]
	sed -n "/^\.SH VARIABLES/,/^\.SH \"SECTION \[response\]/p" \
		"$FT_SRCDIR/docs/freshtoken-provider.5" >page
	while read -r variable; do
		grep -qE "^\.BR? ($variable|\\$\{$variable\})( ?[,.])?$" page ||
			complain "$variable is not in the manual page"
	done <variables
}
test_case 'every variable is in the manual page' every_variable_in_manual_page

every_place_of_an_answer() {
	sed -nE 's/.*[\t ]ANSWER\(([a-z_]+), .*/\1/p' "$FT_SRCDIR/lib/provider/keys.c" |
		grep -v "^NAME" | sort -u >places
	[ "$(wc -l <places)" -ge 12 ]
	while read -r place; do
		grep -qE "^\.BR? $place( ?[,.])?$" "$FT_SRCDIR/docs/freshtoken-provider.5" ||
			complain "$place is not in the manual page"
	done <places
}
test_case 'every place of an answer is in the manual page' every_place_of_an_answer

every_shipped_profile_named() {
	for file in "$FT_SRCDIR"/lib/providers/*.conf; do
		name=$(basename "$file" .conf)
		grep -qE "^\.BR? $name( [,.])?$" "$FT_SRCDIR/docs/freshtoken-provider.5"
	done
}
test_case 'every shipped profile is named' every_shipped_profile_named

shipped_profiles_say_first() {
	for file in "$FT_SRCDIR"/lib/providers/*.conf; do
		sed -n 2p "$file" | grep -q "^# [A-Z]"
	done
}
test_case 'the shipped profiles begin with the name of their service' shipped_profiles_say_first

test_done
