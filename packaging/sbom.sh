#!/bin/sh
# SPDX-License-Identifier: MIT
# sbom.sh VERSION LINKAGE [NAME:PKG-CONFIG-NAME:LICENSE…] - what a build is made of, as SPDX 2.3 in JSON
#
# "make sbom" runs it in a build. LINKAGE is static or dynamic: how the helpers were linked.
# Versions are those that pkg-config found; the time is SOURCE_DATE_EPOCH if that is set, so that
# the same build has the same list.
set -eu
version=$1 linkage=$2
shift 2
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)

cat <<END
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "freshtoken-$version",
  "documentNamespace": "https://freshtoken.example.com/spdx/freshtoken-$version-$linkage",
  "creationInfo": {
    "created": "$created",
    "creators": ["Tool: freshtoken-sbom-$version"]
  },
  "documentDescribes": ["SPDXRef-freshtoken"],
  "packages": [
    {
      "SPDXID": "SPDXRef-freshtoken",
      "name": "freshtoken",
      "versionInfo": "$version",
      "downloadLocation": "NOASSERTION",
      "filesAnalyzed": false,
      "licenseConcluded": "MIT",
      "licenseDeclared": "MIT",
      "copyrightText": "2026 The freshtoken maintainers"
    }
END
for library; do
	name=${library%%:*}
	rest=${library#*:}
	found=$("${PKG_CONFIG:-pkg-config}" --modversion "${rest%%:*}" 2>/dev/null) || found=NOASSERTION
	cat <<-END
	    ,{
	      "SPDXID": "SPDXRef-$name",
	      "name": "$name",
	      "versionInfo": "$found",
	      "downloadLocation": "NOASSERTION",
	      "filesAnalyzed": false,
	      "licenseConcluded": "NOASSERTION",
	      "licenseDeclared": "${rest#*:}",
	      "copyrightText": "NOASSERTION"
	    }
	END
done
cat <<END
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-freshtoken"}
END
for library; do
	name=${library%%:*}
	kind=DYNAMIC_LINK
	case $linkage:$name in static:json-c | static:libmd | static:libsodium) kind=STATIC_LINK ;; esac
	printf '    ,{"spdxElementId": "SPDXRef-freshtoken", "relationshipType": "%s", "relatedSpdxElement": "SPDXRef-%s"}\n' \
		"$kind" "$name"
done
printf '  ]\n}\n'
