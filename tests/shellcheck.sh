#!/bin/sh
# SPDX-License-Identifier: MIT
# make check-shell: shellcheck on every script of ours
cd "$(dirname "$0")/.." && exec find tests -name '*.sh' ! -path '*-installed/*' \
	! -path 'tests/stage/*' -exec shellcheck debian/tests/world bootstrap .ci/run docs/demo.sh packaging/sbom.sh debian/tests/conversation debian/tests/library debian/tests/pam pam/install-check \
	tests/services/browser {} +
