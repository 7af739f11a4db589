#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# LemonLDAP::NG, Debian's portal with its users for demonstration, in a small web server of Perl.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"

provider_name='LemonLDAP::NG'
perl_folder=$unpacked/usr/share/perl5

provider_missing() {
	perl -I"$perl_folder" -MLemonldap::NG::Portal -MHTTP::Server::PSGI -e1 2>/dev/null ||
		echo 'no liblemonldap-ng-portal-perl on this machine'
}

provider_version() {
	perl -I"$perl_folder" -MLemonldap::NG::Portal -e 'print "$Lemonldap::NG::Portal::VERSION\n"'
}

# configuration NUMBER KEY-FILE - the number is that of its version
configuration() {
	local key public

	key=$(sed ':a; N; $!ba; s/\n/\\n/g' "$2")
	public=$(openssl rsa -in "$2" -pubout 2>/dev/null | sed ':a; N; $!ba; s/\n/\\n/g')
	cat <<-END
	{"cfgNum": $1, "cfgAuthor": "tests", "cfgDate": "1700000000", "cfgVersion": "2.16.1",
	 "portal": "$FRONT/", "domain": "127.0.0.1", "cookieName": "lemonldap", "securedCookie": 0,
	 "key": "not-secret", "whatToTrace": "_whatToTrace", "macros": {"_whatToTrace": "\$uid"},
	 "authentication": "Demo", "userDB": "Same", "passwordDB": "Null", "registerDB": "Null",
	 "captcha": "::Captcha::None",
	 "requireToken": 0, "portalCheckLogins": 0, "notification": 0, "timeout": 3600,
	 "demoExportedVars": {"uid": "uid", "mail": "mail", "cn": "cn"},
	 "globalStorage": "Apache::Session::File",
	 "globalStorageOptions": {"Directory": "$T/sessions", "LockDirectory": "$T/locks",
	  "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"},
	 "persistentStorage": "Apache::Session::File",
	 "persistentStorageOptions": {"Directory": "$T/persistent", "LockDirectory": "$T/locks"},
	 "localSessionStorage": "", "locationRules": {"127.0.0.1": {"default": "accept"}},
	 "exportedHeaders": {"127.0.0.1": {}},
	 "issuerDBOpenIDConnectActivation": 1, "issuerDBOpenIDConnectPath": "^/oauth2/",
	 "issuerDBOpenIDConnectRule": 1,
	 "oidcServiceMetaDataIssuer": "$FRONT", "oidcServicePrivateKeySig": "$key",
	 "oidcServicePublicKeySig": "$public", "oidcServiceKeyIdSig": "key-$1",
	 "oidcServiceAllowAuthorizationCodeFlow": 1, "oidcServiceAccessTokenExpiration": 120,
	 "oidcServiceAuthorizationCodeExpiration": 60, "oidcServiceIDTokenExpiration": 3600,
	 "oidcServiceOfflineSessionExpiration": 7200,
	 "oidcRPMetaDataExportedVars": {"cli": {"name": "cn"}},
	 "oidcRPMetaDataOptions": {"cli": {"oidcRPMetaDataOptionsClientID": "cli",
	  "oidcRPMetaDataOptionsPublic": 1, "oidcRPMetaDataOptionsRequirePKCE": 1,
	  "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256", "oidcRPMetaDataOptionsAllowOffline": 1,
	  "oidcRPMetaDataOptionsBypassConsent": 1, "oidcRPMetaDataOptionsUserIDAttr": "uid",
	  "oidcRPMetaDataOptionsAccessTokenExpiration": 120,
	  "oidcRPMetaDataOptionsRedirectUris": "$CALLBACK"}}}
	END
}

provider_start() {
	mkdir "$T/configuration" "$T/sessions" "$T/persistent" "$T/locks"
	openssl genrsa -out "$T/key.1" 2048 2>/dev/null
	configuration 1 "$T/key.1" >"$T/configuration/lmConf-1.json"
	cat >"$T/lemonldap.ini" <<-END
	[all]
	logLevel = warn
	checkTime = 1
	[configuration]
	type = File
	dirName = $T/configuration
	[portal]
	staticPrefix = /static
	templateDir = $unpacked/usr/share/lemonldap-ng/portal/templates
	languages = en
	END
	cat >"$T/portal.pl" <<-'END'
	use strict;
	use HTTP::Server::PSGI;
	use Lemonldap::NG::Portal;
	# The one that it has draws pictures, with a library that nothing else here needs.
	package Lemonldap::NG::Portal::Captcha::None {
		use Mouse;
		extends 'Lemonldap::NG::Portal::Main::Plugin';
		sub init { 1 }
		$INC{'Lemonldap/NG/Portal/Captcha/None.pm'} = __FILE__;
	}
	my $portal = Lemonldap::NG::Portal->run({});
	HTTP::Server::PSGI->new(host => '127.0.0.1', port => $ARGV[0], timeout => 60)->run($portal);
	END
	run_server "$T/server.log" env LLNG_DEFAULTCONFFILE="$T/lemonldap.ini" \
		perl -I"$perl_folder" "$T/portal.pl" "$BACK"
	wait_for_server "http://127.0.0.1:$BACK/" "$T/server.log"
	ISSUER=$FRONT
}

provider_account() {
	printf '%s\n' provider=lemonldap client_id=cli "redirect_uri=$CALLBACK"
}

provider_pam_account() {
	provider_account
}

# Who of its users for demonstration somebody is.
demo_user() {
	case $1 in
	alice) echo dwho ;;
	*) echo rtyler ;;
	esac
}

provider_approve() {
	local user session

	user=$(demo_user "$LOGIN")
	session=$(web -H 'Accept: application/json' -d "user=$user&password=$user" "$FRONT/" |
		sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p')
	web --fail-with-body "$(web -H "Cookie: lemonldap=$session" -o /dev/null -w '%{redirect_url}' "$1")"
}

provider_revoke() {
	grep -l '"_type":"refresh_token"' "$T"/sessions/* |
		xargs -r grep -l "\"uid\":\"$(demo_user "$1")\"" | xargs -r rm
}

provider_expire() {
	grep -l '"_type":"access_token"' "$T"/sessions/* | xargs -r rm
}

has_second_key() {
	web "$FRONT/oauth2/jwks" | grep key-2
}

# It looks for a newer configuration once in a while.
provider_new_key() {
	openssl genrsa -out "$T/key.2" 2048 2>/dev/null
	configuration 2 "$T/key.2" >"$T/configuration/new"
	mv "$T/configuration/new" "$T/configuration/lmConf-2.json"
	eventually 10 has_second_key
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done
