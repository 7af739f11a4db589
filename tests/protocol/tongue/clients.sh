#!/bin/bash
# SPDX-License-Identifier: MIT
# Real clients that ask for a token: each fetches something from a server that requires one.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"
need curl openssl nginx
start_token_service
ts create work lifetime=3600 >/dev/null || give_up 'no tenant'
start_index work "$T/files"
account work "server=$TS/work" "match=$INDEX" "match=$INDEX_TLS"
sign_in work 2>/dev/null || give_up 'no sign-in'
mkdir links
export PATH=$PATH:$T/links SSL_CERT_FILE=$CA_FILE
hot=$(command -v docker-credential-freshtoken)

# The programs of a home that is not the tests': rustup and pyenv look for theirs by HOME.
own_home=$(getent passwd "$(id -u)" | cut -d: -f6)
at_home() {
	HOME=$own_home "$@"
}

# goes_through COMMAND… - with a good token, with one that has expired, and the second one costs
# one refresh
goes_through() {
	local before

	[ -e "$(record work)" ] || sign_in work
	"$@"
	ts set work lifetime=1
	freshtoken refresh work
	ts set work lifetime=3600
	let_expire work
	before=$(ts_count work refreshes)
	"$@"
	equal "$((before + 1)) 0 0" "$(state_of_spending work)"
}

# asked_with HEADER PATH - the server has seen and accepted it
asked_with() {
	grep -F " $2 200 $1" "$ASKED" || { cat "$ASKED"; complain "nobody asked for $2 with $1"; }
}

no_token_no_file() {
	echo file >files/file
	equal 401 "$(curl -qsS -o /dev/null -w '%{http_code}' "$INDEX/file")"
	printf 'header = "Authorization: Bearer %s"\n' "$(freshtoken token work)" |
		curl -qsS --fail -K - "$INDEX_TLS/file" --cacert "$CA_FILE" | same_text file /dev/stdin
}
test_case 'the server gives nothing without a token' no_token_no_file

# --- Cargo ---------------------------------------------------------------------------

cargo=$(at_home rustup which cargo 2>/dev/null || command -v cargo || :)
cargo_minor=$("${cargo:-false}" --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')

cargo_index() {
	mkdir -p files/index/ex/am crate/example-1.0.0/src
	printf '{"dl":"%s/crates/{crate}/{version}","auth-required":true}' "$INDEX" \
		>files/index/config.json
	printf '[package]\nname = "example"\nversion = "1.0.0"\nedition = "2021"\n' \
		>crate/example-1.0.0/Cargo.toml
	: >crate/example-1.0.0/src/lib.rs
	mkdir -p files/crates/example
	tar -C crate -czf files/crates/example/1.0.0 example-1.0.0
	printf '{"name":"example","vers":"1.0.0","deps":[],"cksum":"%s","features":{},"yanked":false}\n' \
		"$(sha256sum <files/crates/example/1.0.0 | cut -d' ' -f1)" >files/index/ex/am/example
	mkdir -p user/src cargo
	printf '[package]\nname = "user"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\nexample = { version = "1", registry = "work" }\n' \
		>user/Cargo.toml
	: >user/src/lib.rs
	{
		printf '[registries.work]\nindex = "sparse+%s/index/"\n' "$INDEX"
		freshtoken setup cargo | sed 1d
	} >cargo/config.toml
}

cargo_fetches() {
	rm -rf user/Cargo.lock cargo/registry
	PATH=${cargo%/*}:$PATH CARGO_HOME=$T/cargo timeout 120 "$cargo" fetch --manifest-path user/Cargo.toml
	[ -d cargo/registry/cache ]
}

cargo_goes_through() {
	cargo_index
	goes_through cargo_fetches
	asked_with "Bearer $(newest work)" /index/ex/am/example
	asked_with "Bearer $(newest work)" /crates/example/1.0.0
	rm "$(record work)"
	must_fail cargo_fetches 2>err
	contains "run: freshtoken login work" err
}
if [ "${cargo_minor:-0}" -ge 74 ]; then
	test_case 'cargo fetch from a sparse registry' cargo_goes_through
else
	test_skip 'cargo fetch from a sparse registry' \
		"${cargo_minor:+cargo 1.$cargo_minor has no credential-provider protocol 1}${cargo_minor:-no cargo on this machine}"
fi

# --- pip -----------------------------------------------------------------------------

python=
for program in "$(at_home python3 -c 'import sys; print(sys.executable)' 2>/dev/null)" \
	/usr/bin/python3; do
	if [ -n "$program" ] && "$program" -m pip --version >/dev/null 2>&1; then
		python=$program
		break
	fi
done

pip_index() {
	mkdir -p files/simple/example wheel/example-1.0.dist-info
	echo 'hello = "hello"' >wheel/example.py
	printf 'Metadata-Version: 2.1\nName: example\nVersion: 1.0\n' >wheel/example-1.0.dist-info/METADATA
	printf 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n' \
		>wheel/example-1.0.dist-info/WHEEL
	printf 'example.py,,\nexample-1.0.dist-info/METADATA,,\nexample-1.0.dist-info/WHEEL,,\nexample-1.0.dist-info/RECORD,,\n' \
		>wheel/example-1.0.dist-info/RECORD
	(cd wheel && "$python" -m zipfile -c ../files/simple/example/example-1.0-py3-none-any.whl \
		example.py example-1.0.dist-info)
	echo '<a href="example-1.0-py3-none-any.whl">example</a>' >files/simple/example/index.html
	ln -sf "$hot" links/keyring
}

pip_downloads() {
	rm -rf wheels
	timeout 120 "$python" -m pip -q --disable-pip-version-check --no-cache-dir --isolated download \
		$pip_option --no-deps -d wheels \
		--index-url "${INDEX/127/oauth2@127}/simple/" example
	[ -f wheels/example-1.0-py3-none-any.whl ]
}

pip_goes_through() {
	pip_index
	goes_through pip_downloads
	asked_with "Basic $(printf 'oauth2:%s' "$(newest work)" | base64 -w 0)" /simple/example/
	rm "$(record work)"
	must_fail pip_downloads >err 2>&1 </dev/null
	# pip 23.0 keeps it to itself.
	[ -z "$pip_option" ] || contains "run: freshtoken login work" err
}
if [ -n "$python" ]; then
	pip_option=
	! "$python" -m pip download --help | grep -q keyring-provider ||
		pip_option='--keyring-provider subprocess'
	test_case 'pip download, by the keyring command' pip_goes_through
else
	test_skip 'pip download, by the keyring command' 'no pip on this machine'
fi

# --- kubectl ---------------------------------------------------------------------------

kubectl_config() {	# VERSION
	cat >kubeconfig <<-END
		apiVersion: v1
		kind: Config
		current-context: work
		contexts: [{name: work, context: {cluster: work, user: work}}]
		clusters: [{name: work, cluster: {server: "$INDEX_TLS", certificate-authority: "$CA_FILE"}}]
		users:
		- name: work
		  user:
		    exec:
		      apiVersion: client.authentication.k8s.io/$1
		      command: freshtoken
		      args: [kubernetes, work, --access]
		      interactiveMode: Never
	END
}

kubectl_asks() {
	timeout 60 kubectl --kubeconfig kubeconfig get --raw /version >version
	same_text '{"major":"1"}' version
}

kubectl_goes_through() {
	local minor

	echo '{"major":"1"}' >files/version
	kubectl_config v1beta1
	goes_through kubectl_asks
	asked_with "Bearer $(newest work)" /version
	minor=$(kubectl version --client 2>/dev/null | sed -n 's/.*v1\.\([0-9]*\)\..*/\1/p' | head -n 1)
	if [ "${minor:-0}" -ge 22 ]; then
		kubectl_config v1
		kubectl_asks
	fi
	rm "$(record work)"
	must_fail kubectl_asks 2>err
	contains "run: freshtoken login work" err
}

# What an API server goes by: the ID token, of a sign-in that was verified.
kubectl_with_id_token() {
	mkdir -p files/public
	echo '{"major":"1"}' >files/public/version
	account openid "server=$OPENID" client_id=cli id_token=yes
	export BROWSER=$OPENID_BROWSER FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
	kubectl_config v1beta1
	sed -i 's/kubernetes, work, --access/kubernetes, openid/' kubeconfig
	kubectl_public() {
		timeout 60 kubectl --kubeconfig kubeconfig get --raw /public/version
	}
	must_fail kubectl_public >out 2>err
	contains "account openid: nobody has signed in; run: freshtoken login openid" err
	must_fail grep -F /public/version "$ASKED"
	freshtoken login openid --browser 2>err
	kubectl_public | same_text '{"major":"1"}' /dev/stdin
	freshtoken token openid --format id >id
	asked_with "Bearer $(cat id)" /public/version
	freshtoken refresh openid
	kubectl_public >out
	freshtoken token openid --format id | must_fail cmp -s - id
	asked_with "Bearer $(freshtoken token openid --format id)" /public/version
	freshtoken logout openid 2>err
	must_fail kubectl_public >out 2>err
	contains "run: freshtoken login openid" err
	lacks "$(cat id)" err
}
if command -v kubectl >/dev/null; then
	test_case 'kubectl, by an exec plugin' kubectl_goes_through
	if have_openid; then
		start_openid --offline always
		test_case 'kubectl with the ID token, and if a sign-in is needed' kubectl_with_id_token
	else
		test_skip 'kubectl with the ID token' 'no oidc-provider'
	fi
else
	test_skip 'kubectl, by an exec plugin' 'no kubectl on this machine'
fi

# --- Terraform -------------------------------------------------------------------------

terraform_registry() {
	local host=${INDEX_TLS#https://}

	mkdir -p files/.well-known files/modules/team/hello/none/1.0.0 files/public module tf
	echo '{"modules.v1":"/modules/"}' >files/.well-known/terraform.json
	echo '{"modules":[{"versions":[{"version":"1.0.0"}]}]}' >files/modules/team/hello/none/versions
	echo '{}' >files/modules/team/hello/none/1.0.0/download
	echo 'output "hello" { value = "hello" }' >module/main.tf
	tar -C module -czf files/public/module.tgz main.tf
	printf 'module "hello" {\n  source = "%s/team/hello/none"\n  version = "1.0.0"\n}\n' "$host" \
		>tf/main.tf
	freshtoken setup terraform --apply
}

terraform_gets() {
	rm -rf tf/.terraform
	(cd tf && CHECKPOINT_DISABLE=1 timeout 120 terraform get -no-color)
	[ -f tf/.terraform/modules/hello/main.tf ]
}

terraform_goes_through() {
	terraform_registry
	goes_through terraform_gets
	asked_with "Bearer $(newest work)" /modules/team/hello/none/versions
	rm "$(record work)"
	# It does not show what its helper says, and goes on without.
	must_fail terraform_gets >err 2>&1
	contains "401 Unauthorized" err
}
if command -v terraform >/dev/null; then
	test_case 'terraform get, by a credentials helper' terraform_goes_through
else
	test_skip 'terraform get, by a credentials helper' 'no terraform on this machine'
fi

# --- Go --------------------------------------------------------------------------------

go_minor=$(go version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p')

go_proxy() {
	local folder=files/example.com/hello/@v

	mkdir -p "$folder" gouser
	echo v1.0.0 >"$folder/list"
	echo '{"Version":"v1.0.0","Time":"2026-01-02T03:04:05Z"}' >"$folder/v1.0.0.info"
	echo 'module example.com/hello' >"$folder/v1.0.0.mod"
	"${python:-python3}" - "$folder/v1.0.0.zip" <<-'END'
		import sys, zipfile
		with zipfile.ZipFile(sys.argv[1], "w") as module:
		    module.writestr("example.com/hello@v1.0.0/go.mod", "module example.com/hello\n")
		    module.writestr("example.com/hello@v1.0.0/hello.go", "package hello\n")
	END
	printf 'module user\n\ngo 1.24\n' >gouser/go.mod
}

go_downloads() {
	chmod -R u+w gopath 2>/dev/null || :
	rm -rf gopath
	(cd gouser && GOPATH=$T/gopath GOPROXY=$INDEX_TLS GONOSUMDB='*' GOTOOLCHAIN=local \
		GOFLAGS=-mod=mod timeout 120 \
		go mod download -x example.com/hello@v1.0.0)
}

go_goes_through() {
	go_proxy
	sh -e <<<"$(freshtoken setup go)"
	goes_through go_downloads
	asked_with "Bearer $(newest work)" /example.com/hello/@v/v1.0.0.zip
	# It is revoked early: the same command gets past it.
	ts revoke-access work
	go_downloads
}
if [ "${go_minor:-0}" -ge 24 ]; then
	test_case 'go mod download, by GOAUTH' go_goes_through
else
	test_skip 'go mod download, by GOAUTH' \
		"${go_minor:+go 1.$go_minor has no GOAUTH}${go_minor:-no go on this machine}"
fi

# --- pnpm --------------------------------------------------------------------------------

pnpm=$FT_BUILDDIR/tests/protocol/pnpm-installed/node_modules/pnpm/bin/pnpm.cjs

pnpm_registry() {
	mkdir -p files/tarballs npm/package project
	echo '{"name":"example","version":"1.0.0"}' >npm/package/package.json
	tar -C npm -czf files/tarballs/example-1.0.0.tgz package
	printf '{"name":"example","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"example","version":"1.0.0","dist":{"tarball":"%s/tarballs/example-1.0.0.tgz","integrity":"sha512-%s"}}}}' \
		"$INDEX" "$(openssl dgst -sha512 -binary files/tarballs/example-1.0.0.tgz | base64 -w 0)" \
		>files/example
	echo "registry=$INDEX/" >"$HOME/.npmrc"
	freshtoken setup pnpm --apply
}

pnpm_installs() {
	rm -rf project pnpm-store "$HOME/.cache/pnpm"
	mkdir project
	echo '{"name":"user","version":"1.0.0","dependencies":{"example":"1.0.0"}}' >project/package.json
	(cd project && timeout 120 node "$pnpm" install --store-dir "$T/pnpm-store" --no-frozen-lockfile)
	[ -f project/node_modules/example/package.json ]
}

pnpm_goes_through() {
	pnpm_registry
	goes_through pnpm_installs
	asked_with "Bearer $(newest work)" /example
}
if [ -e "$pnpm" ]; then
	test_case 'pnpm install, by a tokenHelper' pnpm_goes_through
else
	test_skip 'pnpm install, by a tokenHelper' 'no pnpm: no node, no npm or no network at the build'
fi
test_done
