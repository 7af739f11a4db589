# SPDX-License-Identifier: MIT
# without.awk - counts in a file of callgrind the instructions of all functions but some, and the
# calls of one
#
#	awk -v without='chacha20|poly1305' -v calls_of=ft_box_open -f without.awk callgrind.out
#
# It prints both numbers. The instructions of a called function count for that function.
/^c?fn=\([0-9]+\)/ {
	id = $1
	sub(/^c?fn=/, "", id)
	if (NF > 1)
		name[id] = $2
	if (/^c/)
		callee = id
	else
		counts = name[id] !~ without
}
/^calls=/ {
	called = 1
	sub(/^calls=/, "", $1)
	if (name[callee] == calls_of)
		calls += $1
	next
}
/^[+*0-9-]/ {
	if (!called && counts)
		n += $2
	called = 0
}
END { printf "%d %d\n", n, calls }
