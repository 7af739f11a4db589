# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# people.sh - people who act while a prompt is open; sourced after openid.sh
#
# approve LOGIN and deny LOGIN are commands for play's "!run": they take the code from the text of
# the prompt, and open the provider's page as LOGIN on another device.

mkdir -p "$T/people"
cat >"$T/people/device" <<END
#!/bin/bash
# device approve|deny LOGIN
code=\$(tr '\n' ' ' | sed -n 's/.*enter the code \([A-Z-]*\);.*/\1/p')
[ -n "\$code" ] || exit 1
option=
[ "\$1" = approve ] || option=--deny
FT_TEST_LOGIN=\$2 PATH='$PATH' TMPDIR=/tmp '$OPENID_BROWSER' \$option "$OPENID/device?user_code=\$code" >/dev/null
END
printf '#!/bin/sh\nexec "%s/people/device" approve "$1"\n' "$T" >"$T/people/approve"
printf '#!/bin/sh\nexec "%s/people/device" deny "$1"\n' "$T" >"$T/people/deny"
chmod 755 "$T/people"/*
# shellcheck disable=SC2034	# for whoever sources this file
APPROVE="!run $T/people/approve"
# shellcheck disable=SC2034
DENY="!run $T/people/deny"
