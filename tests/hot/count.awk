# SPDX-License-Identifier: MIT
# count.awk - from what callgrind wrote: the instructions of our own sources' lines alone
#
#	awk -f count.awk callgrind.out
#
# What the C library and json-c do is left out, so that the number is not one of their versions.
# Of a call, what is spent in it is counted where it is spent.
/^c?f[lie]=\([0-9]+\)/ {
	id = $0
	sub(/^c?f[lie]=/, "", id)
	sub(/\).*/, "", id)
	if ($0 ~ /\) /)
		ours[id] = $0 ~ /\/(lib|helper)\/[a-z-]+\/[a-z0-9-]+\.[ch]$/
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
