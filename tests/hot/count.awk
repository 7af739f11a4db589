# SPDX-License-Identifier: MIT
# count.awk - counts in a file of callgrind the instructions of our own sources
#
#	awk -f count.awk callgrind.out
#
# The C library and json-c are left out, so that the number does not depend on their versions. The
# instructions of a called function count for that function.
/^c?f[lie]=\([0-9]+\)/ {
	id = $0
	sub(/^c?f[lie]=/, "", id)
	sub(/\).*/, "", id)
	if ($0 ~ /\) /)
		ours[id] = $0 ~ /[ \/](lib|helper)\/[a-z-]+\/[a-z0-9-]+\.[ch]$/
	if ($0 !~ /^c/)
		counts = ours[id]
}
/^calls=/ { called = 1; next }
/^[+*0-9-]/ {
	if (!called && counts)
		n += $2
	called = 0
}
END { printf "%d\n", n }
