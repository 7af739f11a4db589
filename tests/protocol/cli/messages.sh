#!/bin/bash
# SPDX-License-Identifier: MIT
# Every message has a remedy, or is in docs/messages.md; and every message in that page exists.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
need python3

messages() {
	(cd "$FT_SRCDIR" && python3 tests/harness/messages.py lib helper pam) | cut -f 2
}
messages | LC_ALL=C sort -u >said
# shellcheck disable=SC2016
sed -n 's/^- `\(.*\)`$/\1/p' "$FT_SRCDIR/docs/messages.md" | LC_ALL=C sort -u >told

has_every_message() {
	[ "$(wc -l <said)" -ge 300 ]
	LC_ALL=C comm -23 said told >broken
	empty broken
}
test_case 'every message carries its remedy, or is in messages.md' has_every_message

has_no_other() {
	LC_ALL=C comm -13 said told >broken
	empty broken
}
test_case 'messages.md has only messages that exist' has_no_other

# What is looked for is found: otherwise the cases above would prove nothing.
finds_messages() {
	mkdir sources
	cat >sources/one.c <<-'END'
		return ft_error_set(err, FT_CONFIG, "the %s that is \"x\" has"
				    " %" PRIu64 " wrong", /* "no, this is" */ name, n);
		return ft_error_set(err, FT_CONFIG, "it is wrong" FT_REMEDY "do it right");
		ft_say("account %s: done (%d) as you said", f("a b c", 1), 2);
	END
	python3 "$FT_SRCDIR/tests/harness/messages.py" sources | cut -f 2 >found
	printf "%s\n" 'account …: done (…) as you said' 'the … that is "x" has … wrong' |
		same - found
}
test_case 'messages are found, also over several lines, with their remedies' finds_messages

test_done
