#!/bin/bash
# SPDX-License-Identifier: MIT
# A sign-in from beginning to end at a real OpenID provider, as git and docker's clients see it.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need git skopeo
need_openid
start_openid --offline always --interval 1
TS=$OPENID start_web alice
make_repository project
make_image image
registry=${WEB_TLS#*://}
account work "server=$OPENID" client_id=cli "match=$WEB" "match=$registry"
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
freshtoken setup git --apply >/dev/null 2>&1
freshtoken setup docker --apply >/dev/null 2>&1

git_works() {
	rm -rf clone
	git clone -q "$WEB/project.git" clone
}

docker_works() {
	skopeo copy --dest-cert-dir "$CERT_DIR" -q "oci:image" "docker://$registry/image:$RANDOM"
}

nobody_has_signed_in() {
	must_fail git clone -q "$WEB/project.git" clone 2>err
	contains "freshtoken login work" err
	must_fail docker_works 2>err
	contains "freshtoken login work" err
}
test_case 'without a sign-in git and docker name the command' nobody_has_signed_in

signed_in_by_a_way() {
	case $way in
	browser) freshtoken login work --browser 2>err ;;
	device) device_sign_in work ;;
	esac
	git_works
	docker_works
}

access_tokens_expire() {
	openid_admin expire >/dev/null
	# What the machine knows too: the record says that the hour is over.
	freshtoken token work >before
	printf "protocol=http\nhost=%s\nusername=oauth2\npassword=%s\n\n" "${WEB#*://}" \
		"$(cat before)" |
		git credential reject
	git_works
	docker_works
	must_fail cmp -s before <(freshtoken token work)
}

signing_keys_rotate() {
	sed -i "s/\"keys_at\":[0-9]*/\"keys_at\":1/" "$XDG_STATE_HOME/freshtoken/work.metadata"
	openid_admin rotate-keys >/dev/null
	freshtoken refresh work
	git_works
}

revoked_at_the_service() {
	openid_admin revoke account=alice >/dev/null
	must_fail git_works 2>err
	must_fail git_works 2>err
	contains "freshtoken login work" err
	must_fail docker_works 2>err
	contains "freshtoken login work" err
	freshtoken status work --json >json
	contains needs-login json
}

for way in browser device; do
	test_case "signed in by $way: git and docker go through" signed_in_by_a_way
	test_case "after $way: the access tokens expire at the service, and the next command refreshes" \
		access_tokens_expire
	test_case "after $way: the service rotates its signing keys, and a refresh still works" \
		signing_keys_rotate
	test_case "after $way: revoked at the service, and git and docker say that a sign-in is needed" \
		revoked_at_the_service
done
logged_out() {
	freshtoken login work --browser 2>err
	git_works
	token=$(freshtoken token work)
	freshtoken logout work 2>err
	must_fail git_works 2>err
	contains "freshtoken login work" err
	equal 401 "$(curl -qsS --noproxy "*" -o /dev/null -w "%{http_code}" -u "x:$token" \
		"$OPENID/_auth/alice")"
	must_fail grep -rqF "$token" "$XDG_STATE_HOME"
}
test_case 'logged out: nothing is left, on this host and at the service' logged_out
test_done
