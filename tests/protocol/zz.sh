#!/bin/bash
. "${FT_SRCDIR:?run me with make check}/tests/protocol/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/protocol/accounts.sh"
start_token_service
exec 3>/tmp/words.zz
say() { echo "\$ $*" >&3; "$@" >&3 2>&3 </dev/null; echo "[$?]" >&3; }
test_case 'x' '
set +e
ts create work client_id=cli subject=alice >/dev/null
ts create kw vendor=kirjaswappi password=correct >/dev/null
say freshtoken
say freshtoken --help
say freshtoken status
say freshtoken list
say freshtoken token nosuch
say freshtoken login nosuch
say freshtoken add
say freshtoken add wor/k --server $TS/work
say freshtoken add work --server sso.example.com
say freshtoken add work --server http://sso.example.com
say freshtoken add work --server $TS/work --match "https://*"
say freshtoken add work --server $TS/work --client-id cli --match git.example.com
say freshtoken add work --server $TS/work --client-id cli --match git.example.com
say freshtoken add two --server $TS/work --client-id cli --match git.example.com
say freshtoken status
say freshtoken status wrok
say freshtoken status --check
say freshtoken token work
say freshtoken refresh
say freshtoken refresh work
say freshtoken logout work
say freshtoken exec work
say freshtoken exec work -- nosuchcommand
say freshtoken exec work --env 1X -- true
say freshtoken git
say freshtoken git get
say freshtoken docker get
say freshtoken docker
say freshtoken setup
say freshtoken setup emacs
say freshtoken setup git
say freshtoken setup git --apply
say freshtoken setup docker
say freshtoken setup docker --apply
say freshtoken setup pam
say freshtoken setup git --remove
say freshtoken check
say freshtoken check /nonexistent
say freshtoken doctor
say freshtoken doctor --jsn
say freshtoken login work --password
say freshtoken login work --token
say freshtoken login work --device
say freshtoken add kw --provider kirjaswappi --server $TS/kw
say freshtoken login kw
printf "a\nb\n" >in; freshtoken login kw <in >&3 2>&3
sign_in work >&3 2>&3
say freshtoken status
say freshtoken status --check
say freshtoken token work --format x
say freshtoken exec work -- sh -c "true"
say freshtoken refresh work
say freshtoken doctor
say freshtoken logout work
say freshtoken logout work
say freshtoken help login
say freshtoken help nosuch
say git-credential-freshtoken
say git-credential-freshtoken get
say docker-credential-freshtoken
say freshtoken-refresh
say $FT_LIBEXEC/freshtoken-refresh
say $FT_LIBEXEC/freshtoken-transport
say $FT_LIBEXEC/freshtoken-pam
true
'
test_done
