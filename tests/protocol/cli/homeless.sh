#!/bin/bash
# SPDX-License-Identifier: MIT
# Without HOME, as in systemd units: everything is in the home of the passwd database, for each
# command and both helpers.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
need git unshare

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = git.example.com

[account nobody]
server = https://nobody.sso.example.com
match = 127.0.0.1:1
EOF
printf 'root:x:0:0:root:%s:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n' "$HOME" \
	>passwd
export T
homeless() {	# COMMAND… - where that is passwd, and nothing else says where home is
	unshare --mount --map-root-user sh -c 'mount --bind "$T/passwd" /etc/passwd &&
		exec env -u HOME -u XDG_CONFIG_HOME -u XDG_STATE_HOME "$@"' sh "$@"
}
homeless true 2>/dev/null || skip_all 'no mount namespaces for this user'

git_helper_docker_helper_and_status() {
	plant work 3600
	printf "protocol=https\nhost=git.example.com\n\n" |
		homeless git-credential-freshtoken get >out
	contains password=access-work-7 out
	echo git.example.com | homeless docker-credential-freshtoken get >out
	contains access-work-7 out
	homeless freshtoken status >out
	contains work out
	equal access-work-7 "$(homeless freshtoken token work)"
}
test_case 'git'\''s helper, docker'\''s helper and status find accounts and tokens' \
	git_helper_docker_helper_and_status

refresh_finds_them_too() {
	plant work 3600
	sed -i "s|\"real\":[0-9]*|\"real\":1000|" "$STATE/work.json"
	for command in refresh token; do
		must_fail homeless freshtoken "$command" work 2>err
		contains work.sso.example.com err
		lacks "HOME is not set" err
	done
}
test_case 'a refresh finds them too' refresh_finds_them_too

what_git_and_docker_store() {
	printf "protocol=https\nhost=other.example.com\nusername=u\npassword=p\n\n" |
		homeless git-credential-freshtoken store
	printf "protocol=https\nhost=other.example.com\n\n" | git-credential-freshtoken get >out
	contains password=p out
	printf "{\"ServerURL\":\"other.example.com\",\"Username\":\"u\",\"Secret\":\"s\"}" |
		homeless docker-credential-freshtoken store
	echo other.example.com | docker-credential-freshtoken get >out
	contains "\"Secret\":\"s\"" out
}
test_case 'credentials of git and docker are in the same place as with HOME' what_git_and_docker_store

git_itself_asks() {
	plant work 3600
	printf "protocol=https\nhost=git.example.com\n\n" | homeless env GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=credential.helper GIT_CONFIG_VALUE_0=freshtoken git credential \
		fill >out
	contains password=access-work-7 out
}
test_case 'git itself, with configuration outside of a home' git_itself_asks

setup_git_changes_file_git() {
	homeless freshtoken setup git >shown 2>err
	contains "credential.https://git.example.com.helper" shown
	[ ! -e "$HOME/.gitconfig" ]
	homeless freshtoken setup git --apply >out 2>err
	same shown out
	freshtoken setup git >out 2>err
	contains "git asks freshtoken already" err
	homeless freshtoken setup git >out 2>err
	contains "git asks freshtoken already" err
}
test_case 'setup git changes the file that git reads with HOME, and back' setup_git_changes_file_git

doctor_sees_it() {
	homeless freshtoken doctor >out 2>err || :
	grep -q "^ok	git	-	git asks freshtoken about https://git.example.com" out
	grep -q "^note	git	-	HOME is not set: .* reads no .gitconfig	set HOME for what runs git" out
	freshtoken doctor >out || :
	lacks "HOME is not set" out
	homeless freshtoken setup git --remove --apply >out 2>err
	lacks freshtoken "$HOME/.gitconfig"
}
test_case 'doctor finds it, and says that git does not' doctor_sees_it

setup_docker_changes_files() {
	homeless freshtoken setup docker --apply >out 2>err
	contains "\"git.example.com\": \"freshtoken\"" "$HOME/.docker/config.json"
	contains "\"git.example.com\": \"freshtoken\"" "$HOME/.config/containers/auth.json"
	homeless freshtoken setup docker --apply >out 2>err
	contains "ask freshtoken already" err
	homeless freshtoken doctor >out 2>err || :
	grep -q "^ok	docker	-	" out
}
test_case 'setup docker changes the files that docker and podman read' setup_docker_changes_files

# Nobody listens on 127.0.0.1:1; that we were asked is seen by what we say.
asks() {	# COMMAND…
	must_fail homeless timeout 60 "$@" >out 2>err
	contains "freshtoken login nobody" err
}

for client in skopeo docker; do
	command -v "$client" >/dev/null ||
		{ test_skip "$client without HOME" "no $client on this machine"; continue; }
	case $client in
	skopeo) words=(skopeo inspect docker://127.0.0.1:1/image) ;;
	docker) words=(docker manifest inspect --insecure 127.0.0.1:1/image) ;;
	esac
	test_case "$client without HOME still asks freshtoken" asks "${words[@]}"
done

setup_docker_remove_and_link() {
	homeless freshtoken setup docker --account work --apply >out 2>err
	[ -L "$HOME/.local/bin/docker-credential-freshtoken-work" ]
	homeless freshtoken setup docker --remove --apply >out 2>err
	[ ! -L "$HOME/.local/bin/docker-credential-freshtoken-work" ]
	lacks freshtoken "$HOME/.docker/config.json"
	[ ! -e "$HOME/.config/containers/registries.conf.d/zz-freshtoken.conf" ]
}
test_case 'setup docker --remove and its link, too' setup_docker_remove_and_link

add_writes_into_home() {
	homeless freshtoken add more --server https://more.sso.example.com --client-id x \
		</dev/null >out 2>err
	contains "[account more]" "$CONFIG/freshtoken.conf"
}
test_case 'add writes into that home' add_writes_into_home

passwd_without_home_said() {
	sed -i "s#$HOME##" passwd
	expect_status 1 homeless freshtoken setup docker >out 2>err
	contains "HOME is not set" err
	printf "protocol=https\nhost=git.example.com\n\n" |
		homeless git-credential-freshtoken get >out 2>err || :
	contains "HOME is not set" err
}
test_case 'a passwd entry without a home is reported' passwd_without_home_said

# As in a job's container.
no_folder_to_write_to() {
	expect_status 1 env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME="$T/absent" \
		freshtoken status 2>err
	contains "HOME $T/absent: No such file or directory; set HOME to a folder of this user" err
	configure <<-END
		[account ci]
		server = https://sso.example.com
		client_id = ci
		grant = client_credentials
	END
	expect_status 1 env XDG_STATE_HOME=/proc/absent freshtoken token ci 2>err
	contains 'cannot make /proc/absent/freshtoken: ' err
	contains 'or set XDG_STATE_HOME to another folder' err
}
test_case 'nowhere to write: what to set' no_folder_to_write_to
test_done
