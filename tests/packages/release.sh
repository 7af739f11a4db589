#!/bin/bash
# SPDX-License-Identifier: MIT
# What a release needs: the same version everywhere, a licence in every file, and a list of its
# components.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
version=$(sed -n 's/^AC_INIT(\[freshtoken\], \[\(.*\)\])/\1/p' "$FT_SRCDIR/configure.ac")

# says FILE TEXT - the first line of a file that begins with TEXT goes on with the version
says() {
	equal "$version" "$(sed -n "s/^$2//p" "$FT_SRCDIR/$1" | head -n 1 | sed 's/[ -].*//; s/).*//')"
}
one_version() {
	says debian/changelog 'freshtoken ('
	says NEWS 'freshtoken '
	says packaging/freshtoken.spec 'Version: *'
	says packaging/APKBUILD pkgver=
	says packaging/PKGBUILD pkgver=
	equal "freshtoken $version" "$(freshtoken --version | head -n 1)"
}
test_case 'configure.ac, changelogs, packages and the program have one version' one_version

# What cannot have a comment or is read byte by byte: .reuse/dep5.
licence_in_every_file() {
	(cd "$FT_SRCDIR" && find lib helper pam docs tests packaging debian ./*.md Makefile.am configure.ac bootstrap \
		-regextype posix-extended \( -regex '.*/(stage|valgrind|results|npm-cache|[a-z-]*-installed|seeds)' -o \
		-path debian/tmp -o -path debian/.debhelper \) -prune -o -type f \( \
		-name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.pl' -o -name '*.rb' -o -name '*.mjs' -o \
		-name '*.am' -o -name '*.ac' -o -name '*.awk' -o -name '*.map' -o -name '*.in' -o -name '*.md' -o \
		-name '*.[1-8]' -o -name '*.spec' -o -name bootstrap \) ! -name config.h ! -name Makefile.in \
		! -path '*/node_modules/*' -exec sh -c 'for file; do head -n 3 "$file" | grep -q "SPDX-License""-Identifier: MIT" ||
			echo "$file"; done' _ {} +) >bare
	empty bare
}
test_case 'every source has its licence in the first lines' licence_in_every_file

manual_pages_are_dated() {
	for page in "$FT_SRCDIR"/docs/*.[1-8]; do
		grep -qE '^\.TH [^ ]+ [1-8] 20[0-9]{2}-[01][0-9]-[0-3][0-9] ' "$page" || complain "$page has no date"
	done
}
test_case 'manual pages have a date' manual_pages_are_dated

if command -v mandoc >/dev/null; then
	mandoc_is_content() {
		for page in "$FT_SRCDIR"/docs/*.[1-8]; do
			mandoc -T lint -W warning "$page" || complain "$page"
		done
	}
	test_case 'mandoc does not warn of a manual page' mandoc_is_content
else
	test_skip 'mandoc does not warn of a manual page' 'no mandoc on this machine'
fi

symbols_are_the_map_s() {
	sed -n 's/^\t\(freshtoken_[a-z_]*\);/\1/p' "$FT_SRCDIR/lib/public/freshtoken.map" | sort >map
	sed -n 's/^ \(freshtoken_[a-z_]*\)@FRESHTOKEN_.*/\1/p' "$FT_SRCDIR/debian/libfreshtoken0.symbols" | sort >symbols
	diff map symbols
}
test_case "Debian's list of symbols is the library's" symbols_are_the_map_s

if command -v python3 >/dev/null; then
	list_of_parts() {
		make -s -C "$FT_BUILDDIR" sbom
		python3 - "$FT_BUILDDIR/freshtoken.spdx.json" <<-'END'
			import json, sys
			d = json.load(open(sys.argv[1]))
			assert d["spdxVersion"] == "SPDX-2.3" and d["dataLicense"] == "CC0-1.0" and d["SPDXID"] == "SPDXRef-DOCUMENT"
			assert d["documentNamespace"] and d["creationInfo"]["created"].endswith("Z") and d["creationInfo"]["creators"]
			ids = [p["SPDXID"] for p in d["packages"]]
			assert len(ids) == len(set(ids)) and all(p["versionInfo"] and p["downloadLocation"] for p in d["packages"])
			for r in d["relationships"]:
			    assert r["relatedSpdxElement"] in ids
			linked = {r["relatedSpdxElement"] for r in d["relationships"]}
			assert linked == set(ids) and {"SPDXRef-libcurl", "SPDXRef-openssl", "SPDXRef-expat"} <= linked
			assert all(p["versionInfo"] != "NOASSERTION" for p in d["packages"] if p["name"] != "linux-pam")
		END
	}
	test_case 'make sbom lists the components of a build, as SPDX 2.3' list_of_parts
else
	test_skip 'make sbom lists the components of a build, as SPDX 2.3' 'no python3 on this machine'
fi

# Every library that a program of ours loads, by the names of files.
nothing_is_missing_in_it() {
	find "$FT_STAGE" -type f -perm -100 -exec readelf -d {} + 2>/dev/null |
		sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*/\1/p' | sort -u |
		sed '/^libc$/d; /^ld-/d; /^libm$/d; /^libfreshtoken$/d; s/^libcrypto$/openssl/; s/^libexpat$/expat/
			s/^libjson-c$/json-c/; s/^libz$/zlib/; s/^libpam$/linux-pam/; s/^libsecret-1$/libsecret/
			/^libglib-2/d; /^libgobject-2/d; /^libgio-2/d; /^libasan$/d; /^libubsan$/d' >loaded
	[ -s loaded ]
	while read -r name; do
		grep -q "\"SPDXRef-$name\"" "$FT_BUILDDIR/freshtoken.spdx.json" || complain "$name is loaded and not listed"
	done <loaded
}
command -v python3 readelf >/dev/null && test_case 'no library is missing in that list' nothing_is_missing_in_it

test_done
