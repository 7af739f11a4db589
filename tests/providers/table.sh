#!/bin/sh
# SPDX-License-Identifier: MIT
# table.sh - the results of make check-providers as a page of Markdown
#
#	table.sh FOLDER		with the results (frame.sh)
set -eu
folder=$1
system=$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release 2>/dev/null) || system=

cat <<END
<!-- SPDX-License-Identifier: MIT -->
# Identity providers that freshtoken was tested with

The same test runs at each of these servers, which are the real programs: sign-ins from beginning to end
(\`tests/providers/life.sh\`).${system:+ The system is $system.} This page is generated from a run:

    ./bootstrap check providers && make -C build/gcc providers-tried

END

cat <<'END'
| column | what is tested |
|---|---|
| browser | a sign-in with the browser, headless |
| device | a sign-in with a code on another device (RFC 8628) |
| check | `freshtoken status --check` before and after the service ends the sign-in; nothing is spent |
| crowd | a hundred `git-credential-freshtoken get` at expiry: one exchange, and all get its token |
| rotation | a new refresh token is stored; a spent one is sent again, and the result is listed below |
| erase | a server refuses the access token: the next get returns another one |
| revoked | the service revokes the refresh token: freshtoken reports that a sign-in is needed, and does not ask the service again |
| logout | the old tokens are used again after a logout: they are refused (ok), or freshtoken reported that they are still valid (told) |
| late | the same for a logout after the access token has expired |
| keys | the service signs ID tokens with a new key |
| pam | `pam_freshtoken` lets a user in while signed in, and refuses the user after the sign-in was revoked |

END

columns='browser device check crowd rotation erase revoked logout late keys pam'
printf '| provider | version |'
for column in $columns; do printf ' %s |' "$column"; done
printf '\n|---|---|'
for column in $columns; do printf -- '---|'; done
echo
for file in "$folder"/*.tsv; do
	[ -f "$file" ] || continue
	awk -F'\t' -v columns="$columns" '
		{ said[$1] = $2 }
		END {
			n = split(columns, column, " ")
			printf "| %s | %s |", said["provider"], "version" in said ? said["version"] : "-"
			for (i = 1; i <= n; i++) {
				word = column[i] in said ? said[column[i]] : "-"
				sub(/:.*/, "", word)
				printf " %s |", word
			}
			print ""
		}' "$file"
done

printf '\n## Peculiarities and messages\n'
for file in "$folder"/*.tsv; do
	[ -f "$file" ] || continue
	awk -F'\t' '
		$1 == "provider" { name = $2 }
		$1 == "skipped" { skipped = $2 }
		$2 ~ /: / { sub(/^[^:]*: /, "", $2); lines = lines "- " $1 ": " $2 "\n" }
		END {
			if (skipped != "")
				lines = "- not tried: " skipped "\n"
			if (lines != "")
				printf "\n### %s\n\n%s", name, lines
		}' "$file" |
		# The port is different in every run.
		sed 's|127\.0\.0\.1:[0-9]*|sso.example.com|g'
done
