#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What llvm-cov says of each file, added up for each folder of lib/ and pam/."""
import collections
import json
import sys

top = sys.argv[1] + "/"
rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
for file in json.load(sys.stdin)["data"][0]["files"]:
    name = file["filename"]
    name = name[len(top):] if name.startswith(top) else name
    if not name.startswith(("lib/", "pam/")):
        continue
    lines, branches = file["summary"]["lines"], file["summary"].get("branches", {"count": 0, "covered": 0})
    for room in {name.rsplit("/", 1)[0], name.split("/")[0] + "/ all"}:
        for i, n in enumerate((lines["covered"], lines["count"], branches["covered"], branches["count"])):
            rooms[room][i] += n
print("| folder | lines | branches |\n|---|---|---|")
for room in sorted(rooms):
    a, b, c, d = rooms[room]
    print(f"| `{room}` | {100 * a / max(b, 1):.0f} % of {b} | {100 * c / max(d, 1):.0f} % of {d} |")
