#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A service that registers clients in its own way, and metadata like that of many services.

    imitation.py PORT-FILE LOG-FILE

listens on 127.0.0.1, writes its port to PORT-FILE, and writes every request to LOG-FILE, one line of
JSON each. GET /_set?NAME=VALUE changes a setting; GET /_good?token=T answers 204 for
a valid access token. approved=yes approves every device.

/aws          like IAM Identity Center: RegisterClient, StartDeviceAuthorization, CreateToken; and
              answers that it never gives (managed=, ident=). Its answers: conversations/aws-sso.txt
/shapes/NAME  metadata like NAME's
"""
import http.server
import json
import os
import sys
import time
import urllib.parse

LIFETIME = 3600
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
port_file, log_file = sys.argv[1:3]


class State:
    """What all of the services remember; one sign-in at a time."""

    def __init__(self):
        self.settings = {"approved": "no"}
        self.count = 0
        self.refresh = None
        self.access = {}
        self.session = None
        self.clients = {}

    def issue(self):
        self.count += 1
        access, self.refresh = "access-%d" % self.count, "refresh-%d" % self.count
        self.access[access] = time.time() + LIFETIME
        return access, self.refresh

    def good(self, access):
        return self.access.get(access, 0) > time.time()


state = State()


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(body)
        self.status, self.body = status, body


def oauth_error(code, words, status=400):
    return Refused(status, {"error": code, "error_description": words})


def is_approved():
    return state.settings["approved"] == "yes"


def aws(request):
    body = request.json()
    if request.path == "/client/register":
        if state.settings.get("register") == "no":
            raise oauth_error("invalid_client_metadata", "clientName is not allowed here")
        if "sso:account:access" not in body.get("scopes", []):
            raise oauth_error("invalid_scope", "no such scope")
        state.clients["aws-%d%s" % (len(state.clients) + 1,
                                    state.settings.get("ident", ""))] = "aws-secret"
        ident = list(state.clients)[-1]
        # Not AWS's, but RFC 7592's.
        managed = {"registration_client_uri": state.settings["managed"],
                   "registration_access_token": "a-rat"} if "managed" in state.settings else {}
        return {**managed, "clientId": ident, "clientSecret": "aws-secret",
                "clientIdIssuedAt": int(time.time()),
                "clientSecretExpiresAt": int(time.time()) + 7776000}
    ident = body.get("clientId")
    if body.get("clientSecret") != state.clients.get(ident, "s3cret"):
        raise oauth_error("invalid_client", "no such client", 401)
    if request.path == "/device_authorization":
        if body["startUrl"] != "https://example.awsapps.com/start":
            raise oauth_error("invalid_request", "startUrl")
        state.session = "device-code"
        return {"deviceCode": "device-code", "userCode": "ABCD-EFGH", "expiresIn": 600,
                "interval": 1, "verificationUri": "https://device.sso.example.com/",
                "verificationUriComplete": "https://device.sso.example.com/?user_code=ABCD-EFGH"}
    if request.path == "/token" and body["grantType"] == DEVICE_GRANT:
        if body["deviceCode"] != state.session:
            raise oauth_error("invalid_grant", "deviceCode")
        if not is_approved():
            raise oauth_error("authorization_pending", None)
    elif request.path == "/token" and body["grantType"] == "refresh_token":
        if body["refreshToken"] != state.refresh:
            raise oauth_error("invalid_grant", "refreshToken")
    else:
        raise oauth_error("unsupported_grant_type", None)
    access, refresh = state.issue()
    return {"accessToken": access, "expiresIn": LIFETIME,
            "refreshToken": refresh, "tokenType": "Bearer"}


# What metadata looks like at services that are told by it, below the issuer and below the host.
SHAPES = {
    "keycloak": ("/realms/staff", {"token": "{i}/protocol/openid-connect/token",
                                   "authorization": "{i}/protocol/openid-connect/auth"}),
    "gitea": ("", {"token": "{i}/login/oauth/access_token",
                   "authorization": "{i}/login/oauth/authorize"}),
    "gitlab": ("", {"token": "{i}/oauth/token", "authorization": "{i}/oauth/authorize",
                    "scopes": ["api", "read_repository", "write_repository", "openid"],
                    "more": {"jwks_uri": "{i}/oauth/discovery/keys"}}),
    "zitadel": ("", {"token": "{i}/oauth/v2/token", "authorization": "{i}/oauth/v2/authorize"}),
    "authentik": ("/application/o/git", {"token": "{h}/application/o/token/",
                                         "authorization": "{h}/application/o/authorize/"}),
    "okta": ("/oauth2/default", {"token": "{i}/v1/token", "authorization": "{i}/v1/authorize",
                                 "device_authorization": "{i}/v1/device/authorize"}),
    "auth0": ("", {"token": "{i}/oauth/token", "authorization": "{i}/authorize",
                   "device_authorization": "{i}/oauth/device/code"}),
    "kanidm": ("/oauth2/openid/app", {"token": "{h}/oauth2/token",
                                      "authorization": "{h}/ui/oauth2"}),
    "hydra": ("", {"token": "{i}/oauth2/token", "authorization": "{i}/oauth2/auth"}),
    "salesforce": ("", {"token": "{i}/services/oauth2/token",
                        "authorization": "{i}/services/oauth2/authorize"}),
    "glewlwyd": ("/api/oidc", {"token": "{i}/token", "authorization": "{i}/auth",
                               "more": {"jwks_uri": "{i}/jwks"}}),
    "lemonldap": ("", {"token": "{i}/oauth2/token", "authorization": "{i}/oauth2/authorize",
                       "more": {"jwks_uri": "{i}/oauth2/jwks",
                                "acr_values_supported": ["loa-2", "loa-1", "loa-5"]}}),
    "django-oauth-toolkit": ("/o", {"token": "{i}/token/", "authorization": "{i}/authorize/",
                                    "more": {"jwks_uri": "{i}/.well-known/jwks.json",
                                             "userinfo_endpoint": "{i}/userinfo/"}}),
    "doorkeeper": ("", {"token": "{i}/oauth/token", "authorization": "{i}/oauth/authorize",
                        "more": {"jwks_uri": "{i}/oauth/discovery/keys",
                                 "userinfo_endpoint": "{i}/oauth/userinfo"}}),
    "doorkeeper-elsewhere": ("", {"token": "{i}/api/oauth/token",
                                  "authorization": "{i}/api/oauth/authorize",
                                  "more": {"jwks_uri": "{i}/api/oauth/discovery/keys"}}),
    "marked-okta": ("/oauth2/own", {"token": "{i}/token", "authorization": "{i}/authorize"}),
    "marked-both": ("", {"token": "{i}/login/oauth/access_token",
                         "authorization": "{i}/login/oauth/authorize"}),
    "marked-empty": ("", {"token": "{i}/token", "authorization": "{i}/authorize"}),
    "plain": ("", {"token": "{i}/token", "authorization": "{i}/authorize",
                   "methods": ["client_secret_post"]}),
}
# What an answer has besides; the values are anybody's.
MARKS = {"marked-jfrog": ("x-jfrog-version", "Artifactory/7.98.9 79809900"),
         "marked-okta": ("X-OKTA-REQUEST-ID", "\xff[provider]\x1b[2J" + 4000 * "x"),
         "marked-both": ("X-Gitlab-Meta", '{"version":"1"}'),
         "marked-empty": ("X-Gitlab-Meta", "")}


def shapes(request):
    """/shapes/NAME: metadata in that shape."""
    name = request.path.split("/")[1]
    request.mark = MARKS.get(name)
    if name not in SHAPES:
        raise Refused(404, {})
    below, members = SHAPES[name]
    if request.path != "/%s%s/.well-known/openid-configuration" % (name, below):
        raise Refused(404, {})
    host = "http://%s/shapes/%s" % (request.headers["Host"], name)
    answer = {"issuer": host + below, "scopes_supported": members.get("scopes", ["openid"])}
    if "methods" in members:
        answer["token_endpoint_auth_methods_supported"] = members["methods"]
    for member in ("token", "authorization", "device_authorization"):
        if member in members:
            answer[member + "_endpoint"] = members[member].format(h=host, i=host + below)
    for member, value in members.get("more", {}).items():
        answer[member] = value if isinstance(value, list) else value.format(h=host, i=host + below)
    return answer


SERVICES = {"shapes": shapes, "aws": aws}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mark = None

    def json(self):
        return json.loads(self.body)

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if self.mark is not None:
            self.send_header(*self.mark)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        length = int(self.headers["Content-Length"] or 0)
        self.body = self.rfile.read(length).decode()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        _, service, rest = (url.path + "/").split("/", 2)
        if service == "_set":
            state.settings.update(query)
            return self.answer(204, None)
        if service == "_good":
            return self.answer(204 if state.good(query["token"]) else 401, None)
        with open(log_file, "a", encoding="utf-8") as log:
            print(json.dumps({"request": self.command + " " + self.path, "body": self.body,
                              "authorization": self.headers["Authorization"]}), file=log)
        self.path = "/" + rest.rstrip("/") if rest else "/"
        try:
            return self.answer(200, SERVICES[service](self))
        except Refused as refused:
            return self.answer(refused.status, refused.body)
        except KeyError as missing:
            return self.answer(400, {"error": "invalid_request",
                                     "error_description": "missing %s" % missing})

    do_GET = do_POST = do_DELETE = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w", encoding="ascii") as out:
    print(server.server_port, file=out)
os.rename(port_file + ".new", port_file)
server.serve_forever()
