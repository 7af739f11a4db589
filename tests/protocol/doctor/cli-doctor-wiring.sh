#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken doctor and the configuration of git, docker, PAM and the kernel.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/doctor.sh"
need curl git
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
start_token_service
(
	ts create work >/dev/null
	account work "server=$TS/work" client_id=cli match=https://git.example.com
	sign_in work
) >"$T/log" 2>&1 || give_up "no account: $(tail -n 1 "$T/log")"
remember_home
git_config() {
	git config --global "$@"
}

# --- git -------------------------------------------------------------------------------

# git_of VERSION - a git that says so of itself, whatever this machine's says
git_of() {
	local real

	real=$(PATH=${PATH#"$T/gits/"*:} command -v git)
	mkdir -p "$T/gits/$1"
	printf '#!/bin/sh\n[ "$1" = --version ] && { echo git version %s; exit; }\nexec %s "$@"\n' \
		"$1" "$real" \
		>"$T/gits/$1/git"
	chmod +x "$T/gits/$1/git"
	export PATH="$T/gits/$1:${PATH#"$T/gits/"*:}"
}
git_of 2.39.5

git_asks_nobody() {
	breaks warning git work "git does not ask freshtoken about https://git.example.com" \
		"run: freshtoken setup git --apply"
	freshtoken setup git --apply >/dev/null
	doctor 0
	found ok git - "git asks freshtoken about https://git.example.com"
	rm "$HOME/.gitconfig"
	git_config credential.helper freshtoken
	doctor 0
	for helper in "$FT_BIN/git-credential-freshtoken" "!$FT_BIN/freshtoken git" \
		"freshtoken --x"; do
		git_config credential.helper "$helper"
		doctor 0
	done
	git_config credential.helper "!echo freshtoken"
	doctor 1
	git_config --unset-all credential.helper
	git_config credential.https://other.example.com.helper freshtoken
	doctor 1
	git_config credential.https://*.example.com.helper freshtoken
	doctor 0
	rm "$HOME/.gitconfig"
}
doctor_case 'git without a helper, with freshtoken, and with freshtoken again after another helper' git_asks_nobody

another_helper_before_ours() {
	git_config --add credential.helper store
	git_config --add credential.https://git.example.com.helper freshtoken
	breaks warning git work "git asks \"store\" before freshtoken about https://git.example.com" "setup git --apply"
	freshtoken setup git --apply >/dev/null
	mended "before freshtoken"
	# It is told, as git has it, by every line that covers the host.
	git_config --add credential.https://git.example.com.helper cache
	breaks warning git work "to \"cache\" too, which keeps it" "freshtoken setup git"
	git_config --add credential.https://git.example.com.helper ""
	git_config --add credential.https://git.example.com.helper freshtoken
	mended cache
	rm "$HOME/.gitconfig"
}
doctor_case 'another helper before freshtoken, and one after it' another_helper_before_ours

what_newer_git() {
	git_config --add credential.helper freshtoken
	git_config --add credential.helper cache
	doctor 1
	found note git - "one command fails before the next one works" "git 2.46 or newer"
	git_of 2.46.0
	breaks note git work "to \"cache\" too; this git marks it" "freshtoken setup git"
	nothing_of "one command fails"
	rm "$HOME/.gitconfig"
}
doctor_case 'what a newer git does with it' what_newer_git

paths_git_does_not_send() {
	cp "$CONF" away
	sed -i "s,^match = .*,match = https://git.example.com/team," "$CONF"
	git_config credential.helper freshtoken
	breaks warning git work "git sends no paths to https://git.example.com" "setup git --apply"
	git_config credential.useHttpPath true
	doctor 0
	git_config credential.https://git.example.com.useHttpPath false
	breaks warning git work "git sends no paths"
	git_config --unset credential.https://git.example.com.useHttpPath
	mended "no paths"
	git_config --unset credential.useHttpPath
	printf "[credential]\n\tuseHttpPath\n" >>"$HOME/.gitconfig"
	mended "no paths"
	cp away "$CONF"
	rm "$HOME/.gitconfig"
}
doctor_case 'paths that git does not send' paths_git_does_not_send

bearer_with_git_cannot() {
	cp "$CONF" away
	echo "authtype = bearer" >>"$CONF"
	git_config credential.helper freshtoken
	breaks warning git work "authtype = bearer" "git 2.46 or newer"
	cp away "$CONF"
	mended bearer
	rm "$HOME/.gitconfig"
}
doctor_case 'bearer, with a git that does not support it' bearer_with_git_cannot

hosts_by_wildcard() {
	cp "$CONF" away
	account wide "server=$TS/work" client_id=cli match=https://*.example.org \
		match=http://git.example.net "match=https://[::1]:8443"
	git_config credential.https://git.example.com.helper freshtoken
	doctor 1
	for host in "https://*.example.org" http://git.example.net "https://[::1]:8443"; do
		found warning git wide "git does not ask freshtoken about $host"
	done
	freshtoken setup git --apply >/dev/null
	mended "does not ask"
	cp away "$CONF"
	rm "$HOME/.gitconfig"
}
doctor_case 'hosts by wildcard, by http and with a port' hosts_by_wildcard

configuration_git_cannot_read() {
	PATH=${PATH#"$T/gits/"*:}
	echo "[credential" >"$HOME/.gitconfig"
	breaks error git - "\"git --version\" prints no version" "git --version"
	rm "$HOME/.gitconfig"
	DOCTOR_PATH=$FT_BIN doctor 0
	found note git - "git is not found in PATH"
	git_config credential.helper freshtoken
	mended "git is not found"
	rm "$HOME/.gitconfig"
}
doctor_case 'a configuration that git cannot read, and no git' configuration_git_cannot_read

# --- docker -----------------------------------------------------------------------------

git_config credential.helper freshtoken
rm -rf "$T/.home"
remember_home
# Neither docker nor podman, whatever is on this machine.
mkdir "$T/few" "$T/containers"
for program in git sh; do
	ln -s "$(command -v "$program")" "$T/few/$program"
done
DOCTOR_PATH=$FT_BIN:$T/few:$T/containers
registry() {	# to the configuration, for the case
	cp "$CONF" "$T/away"
	account images "server=$TS/work" client_id=cli match=registry.example.com:5000
	git_config credential.https://registry.example.com:5000.helper ""
}
no_registry() {
	cp "$T/away" "$CONF"
	git_config --unset-all credential.https://registry.example.com:5000.helper
	rm -rf "$HOME/.docker" "$XDG_CONFIG_HOME/containers" "$T/containers/"*
}
here() {	# programs that are to be found
	local program

	for program; do
		printf '#!/bin/sh\nexit 1\n' >"$T/containers/$program"
		chmod +x "$T/containers/$program"
	done
}

registry_nobody_told_about() {
	registry
	breaks warning docker images "nobody asks freshtoken about registry.example.com:5000" \
		"setup git --apply"
	here docker
	breaks warning docker images "nobody asks freshtoken about registry.example.com:5000" \
		"setup docker --apply"
	here skopeo
	breaks warning docker images "nobody asks freshtoken about registry.example.com:5000" \
		"setup docker --apply"
	freshtoken setup docker --apply >/dev/null 2>&1
	mended "nobody asks"
	found ok docker - "docker, podman or skopeo asks freshtoken"
	rm "$HOME/.docker/config.json"
	breaks warning docker images "docker does not ask freshtoken about registry.example.com:5000" "run: freshtoken setup docker --apply"
	no_registry
}
doctor_case 'a registry without a helper' registry_nobody_told_about

what_git_asks_about_need() {
	registry
	here docker podman
	git_config --add credential.https://registry.example.com:5000.helper freshtoken
	breaks note docker images "do not ask freshtoken about registry.example.com:5000" \
		"setup docker --apply"
	no_registry
}
doctor_case 'a host of git need not be a registry' what_git_asks_about_need

another_helper_for_registry() {
	registry
	here docker
	mkdir -p "$HOME/.docker"
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"desktop\"}}" \
		>"$HOME/.docker/config.json"
	breaks warning docker images "docker asks \"desktop\" about registry.example.com:5000" \
		"by hand"
	echo "{\"credsStore\":\"freshtoken\"}" >"$HOME/.docker/config.json"
	mended "does not ask"
	# podman and its like do not look at that.
	here podman
	breaks warning docker images "podman and skopeo do not ask freshtoken" \
		"setup docker --apply"
	# But at credHelpers in the same file.
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken\"}}" \
		>"$HOME/.docker/config.json"
	mended "do not ask"
	mkdir -p "$XDG_CONFIG_HOME/containers"
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"gcloud\"}}" \
		>"$XDG_CONFIG_HOME/containers/auth.json"
	breaks warning docker images "podman or skopeo asks \"gcloud\" about" "by hand"
	REGISTRY_AUTH_FILE=$PWD/nothing.json mended gcloud
	no_registry
}
doctor_case 'another helper for a registry, the store for all registries, and files in their order' \
	another_helper_for_registry

entry_names_no_helper_mended() {
	registry
	here docker
	mkdir -p "$HOME/.docker"
	for value in "\"\"" null; do
		echo "{\"credHelpers\":{\"registry.example.com:5000\":$value}}" \
			>"$HOME/.docker/config.json"
		breaks warning docker images \
			"nobody asks freshtoken about registry.example.com:5000" \
			"setup docker --apply"
		freshtoken setup docker --apply >/dev/null 2>&1
		mended "nobody asks"
		rm -r "$HOME/.docker"/* "$HOME/.config/containers"
	done
	no_registry
}
doctor_case 'an entry without a helper is repaired with doctor'\''s remedy, and stays repaired' \
	entry_names_no_helper_mended

podman_by_one_line() {
	registry
	here podman
	conf=$HOME/.config/containers/registries.conf
	mkdir -p "${conf%/*}"
	breaks warning docker images "nobody asks freshtoken about registry.example.com:5000" \
		"setup docker --apply"
	echo "credential-helpers = [\"freshtoken\"]" >"$conf"
	mended "nobody asks"
	found ok docker - "podman or skopeo asks freshtoken"
	# Of this list nobody looks into the files.
	echo "credential-helpers = [\"secretservice\"]" >"$conf"
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken\"}}" \
		>"${conf%/*}/auth.json"
	breaks warning docker images "nobody asks freshtoken about registry.example.com:5000" \
		"setup docker --apply"
	echo "credential-helpers = [\"secretservice\", \"containers-auth.json\"]" >"$conf"
	breaks warning docker images "podman and skopeo ask \"secretservice\" before freshtoken about registry.example.com:5000" "as the first of credential-helpers"
	echo "credential-helpers = [\"containers-auth.json\", \"secretservice\"]" >"$conf"
	mended "before freshtoken"
	echo "credential-helpers = [\"freshtoken" >"$conf"
	breaks error docker - "$conf:1: this cannot be read" "correct the file"
	no_registry
}
doctor_case 'podman with the line in registries.conf' podman_by_one_line

token_in_clear_taken() {
	registry
	here skopeo
	conf=$HOME/.config/containers/registries.conf
	freshtoken setup docker --apply >/dev/null 2>&1
	rm -rf "$HOME/.config/containers/registries.conf.d"
	doctor 0
	session=$XDG_RUNTIME_DIR/containers/auth.json
	mkdir -p "${session%/*}"
	for key in registry.example.com:5000 registry.example.com:5000/team; do
		echo "{\"auths\":{\"$key\":{\"auth\":\"YWxpY2U6c2VjcmV0\"}}}" >"$session"
		breaks warning docker images "$session has a credential for $key in clear" \
			"run: skopeo logout --authfile $session $key"
		nothing_of YWxpY2U
	done
	# Asked before all files it does not matter what is in them.
	echo "credential-helpers = [\"freshtoken\", \"containers-auth.json\"]" >"$conf"
	mended "in clear"
	echo "credential-helpers = [\"containers-auth.json\", \"freshtoken\"]" >"$conf"
	breaks warning docker images "in clear" "logout"
	# An entry for it in the same file goes before that.
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken\"},\"auths\":{\"registry.example.com:5000\":{\"auth\":\"x\"}}}" >"$session"
	mended "in clear"
	for text in "{\"auths\":{\"registry.example.com:5000\":{}}}" \
		"{\"auths\":{\"other.example.com\":{\"auth\":\"x\"}}}" "{\"auths\":[]}"; do
		echo "$text" >"$session"
		doctor 0
	done
	rm -r "$XDG_RUNTIME_DIR/containers"
	no_registry
}
doctor_case 'a token in clear that is used before freshtoken, and one that is not' \
	token_in_clear_taken

two_accounts_of_one_registry() {
	registry
	here docker
	account other "server=$TS/work" client_id=cli match=registry.example.com:5000
	mkdir -p "$HOME/.docker"
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken\"}}" \
		>"$HOME/.docker/config.json"
	breaks warning docker images "accounts match registry.example.com:5000 equally well" \
		"setup docker --account images --apply"
	freshtoken setup docker --account images --apply >/dev/null 2>&1
	breaks warning docker images "docker-credential-freshtoken-images is not found in PATH" \
		"--account images"
	ln -s "$FT_BIN/freshtoken" "$T/containers/docker-credential-freshtoken-images"
	mended "not found in PATH"
	found note accounts - "match registry.example.com equally well"
	found note docker other "registry.example.com:5000 is matched only by account images"
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken-gone\"}}" \
		>"$HOME/.docker/config.json"
	breaks warning docker images "there is no account gone" "setup docker --account images"
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken-work\"}}" \
		>"$HOME/.docker/config.json"
	breaks warning docker images "which the account work does not match" \
		"setup docker --account images"
	# podman by the line for all registries, which setup takes away then.
	echo "{\"credHelpers\":{\"registry.example.com:5000\":\"freshtoken-images\"}}" \
		>"$HOME/.docker/config.json"
	here podman
	line=$HOME/.config/containers/registries.conf.d/zz-freshtoken.conf
	mkdir -p "${line%/*}"
	echo "credential-helpers = [\"freshtoken\", \"containers-auth.json\"]" >"$line"
	breaks warning docker images "accounts match registry.example.com:5000 equally well" \
		"setup docker --account images --apply"
	freshtoken setup docker --account images --apply >/dev/null 2>&1
	mended "accounts match"
	rm -r "$HOME/.local/bin"
	no_registry
}
doctor_case 'two accounts of one registry, and the link of one of them' two_accounts_of_one_registry

file_of_docker_cannot_be() {
	registry
	mkdir -p "$HOME/.docker"
	echo "{\"credHelpers\":" >"$HOME/.docker/config.json"
	breaks error docker - "$HOME/.docker/config.json" "correct the file"
	no_registry
}
doctor_case 'a file of docker that cannot be read' file_of_docker_cannot_be

unset DOCTOR_PATH

# --- PAM and the sandbox ------------------------------------------------------------------

cp -a "$FT_STAGE" "$T/stage" || give_up 'no stage'
OUR_BIN=$T/stage${FT_BIN#"$FT_STAGE"}
OUR_LIBEXEC=$T/stage${FT_LIBEXEC#"$FT_STAGE"}
OUR_MODULE=$T/stage${FT_PAMDIR#"$FT_STAGE"}/pam_freshtoken.so

pam_stack_names_module() {
	export PATH="$OUR_BIN:$PATH"
	rm -f "$OUR_MODULE"
	mkdir -p "$T/stage/etc/pam.d"
	echo "# account required pam_freshtoken.so" >"$T/stage/etc/pam.d/sudo"
	doctor 0
	found ok pam - "no file in $T/stage/etc/pam.d names the module, which is not installed"
	echo "account	[default=bad success=ok]	pam_freshtoken.so account=work" \
		>"$T/stage/etc/pam.d/sshd"
	breaks error pam - "pam_freshtoken.so is named in $T/stage/etc/pam.d (sshd)" \
		"install it as $OUR_MODULE"
	mkdir -p "$(dirname "$OUR_MODULE")"
	: >"$OUR_MODULE"
	rm -f "$OUR_LIBEXEC/freshtoken-pam"
	breaks error pam - "$OUR_LIBEXEC/freshtoken-pam, which the module runs, cannot be started" \
		"install freshtoken again"
	printf "#!/bin/sh\n" >"$OUR_LIBEXEC/freshtoken-pam"
	chmod +x "$OUR_LIBEXEC/freshtoken-pam"
	breaks error pam work "does not say whether a login would work" \
		"install all of freshtoken from one version"
	cp "$FT_LIBEXEC/freshtoken-pam" "$OUR_LIBEXEC/freshtoken-pam"
	breaks error pam work "freshtoken.conf does not exist" "write the account there"
	conf=$T/stage${FT_SYSCONF#"$FT_STAGE"}/freshtoken.conf
	mkdir -p "$(dirname "$conf")"
	printf "[account work]\nserver = $TS/work\nclient_id = login\nusers = same\nauth = device\ninsecure_loopback = yes\nservice_user = nobody\n" >"$conf"
	doctor 0
	found ok pam - "the module is installed, and named in $T/stage/etc/pam.d (sshd)"
	# Nobody misses the socket of systemd where there is no systemd.
	must_fail grep "freshtoken-pam.socket" out
	mkdir -p "$T/stage/run/systemd/system"
	breaks note pam - "freshtoken-pam.socket is not active" \
		"systemctl enable --now freshtoken-pam.socket"
	run=$T/stage$FT_RUNSTATE/freshtoken
	mkdir -p "$run"
	: >"$run/pam.sock"
	breaks error pam - "has to be a socket of root" "systemctl restart freshtoken-pam.socket"
	if [ "$(id -u)" -eq 0 ] && [ ${#run} -lt 95 ]; then
		rm "$run/pam.sock"
		perl -MSocket -e "socket(S, PF_UNIX, SOCK_STREAM, 0); umask 0177; bind(S, pack_sockaddr_un(shift)) or die" \
			"$run/pam.sock"
		doctor 0
		found ok pam - "$run/pam.sock leads to a check of logins"
		chmod 620 "$run/pam.sock"
		breaks error pam - "has to be a socket of root" \
			"systemctl restart freshtoken-pam.socket"
	fi
	rm -r "$run" "$T/stage/run/systemd"
	# By a path of its own.
	echo "session optional $T/elsewhere/pam_freshtoken.so account=work" \
		>"$T/stage/etc/pam.d/sshd"
	breaks error pam - "is named in" "install it as $T/elsewhere/pam_freshtoken.so"
	rm "$T/stage/etc/pam.d/sshd" "$conf"
	mended "is named in"
}
doctor_case 'a PAM stack that names a missing module' pam_stack_names_module

service_user_does_not_exist() {
	export PATH="$OUR_BIN:$PATH"
	conf=$T/stage${FT_SYSCONF#"$FT_STAGE"}/freshtoken.conf
	mkdir -p "$(dirname "$conf")"
	printf "[account login]\nserver = $TS/work\nclient_id = login\nusers = same\nauth = device\ninsecure_loopback = yes\nservice_user = no-such-user\n" >"$conf"
	echo "account required pam_freshtoken.so account=login" >"$T/stage/etc/pam.d/sshd"
	breaks error pam login "there is no user no-such-user" "useradd --system"
	sed -i "s/no-such-user/nobody/" "$conf"
	mended "no user"
	rm "$conf" "$T/stage/etc/pam.d/sshd"
}
doctor_case 'a service user that does not exist' service_user_does_not_exist

system_without_sandbox() {
	doctor 1 "$FT_BUILDDIR/tests/harness/unboxed" "$FT_BIN/freshtoken"
	found warning sandbox - "without its filter of system calls" "allow seccomp"
	found warning sandbox - "there is no Landlock" "Linux 5.13"
	found ok server work "publishes its endpoints"
	doctor 0
	grep -q "	sandbox	" out
}
doctor_case 'a system without a sandbox' system_without_sandbox

test_done
