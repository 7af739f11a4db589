#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Imitations of services that cannot be had, as far as their documentation tells.

    imitation.py PORT-FILE LOG-FILE

listens on 127.0.0.1, writes its port to PORT-FILE, and keeps every request in LOG-FILE, one JSON
document a line. GET /_set?NAME=VALUE sets what a service does; GET /_good?token=T answers 204 for
an access token that is good. approved=yes
approves whatever device has asked.

/aws          IAM Identity Center: RegisterClient, StartDeviceAuthorization, CreateToken
/salesforce   the device flow at the token endpoint, revocation, metadata
/jfrog        the web login and the refresh of its tokens
/shapes/NAME  metadata as NAME's looks
"""
import base64
import http.server
import json
import os
import sys
import time
import urllib.parse

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
port_file, log_file = sys.argv[1:3]


class State:
    """What all of the services remember; one sign-in at a time."""

    def __init__(self):
        self.settings = {"lifetime": "3600", "approved": "no", "pending": "0"}
        self.count = 0
        self.refresh = None
        self.access = {}
        self.session = None
        self.clients = {}

    def issue(self, lifetime=None):
        self.count += 1
        lifetime = float(self.settings["lifetime"]) if lifetime is None else lifetime
        access, self.refresh = "access-%d" % self.count, "refresh-%d" % self.count
        self.access[access] = time.time() + lifetime
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


def claims(access, lifetime):
    """A JWT that nobody signed."""
    body = {"sub": "jfac@0/users/alice", "exp": int(time.time() + lifetime), "jti": access}
    parts = [{"alg": "none"}, body]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=")
                    for p in parts) + ".c2ln"


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
                "clientSecretExpiresAt": int(time.time() + float(
                    state.settings.get("client_life", "7776000")))}
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
    return {"accessToken": access, "expiresIn": int(float(state.settings["lifetime"])),
            "refreshToken": refresh, "tokenType": "Bearer"}


def salesforce(request):
    base = "http://%s/salesforce" % request.headers["Host"]
    if request.path == "/.well-known/openid-configuration":
        return {"issuer": base, "token_endpoint": base + "/services/oauth2/token",
                "authorization_endpoint": base + "/services/oauth2/authorize",
                "revocation_endpoint": base + "/services/oauth2/revoke",
                "scopes_supported": ["openid", "api", "refresh_token"]}
    form = request.form()
    if request.path == "/services/oauth2/revoke":
        if form["token"] != state.refresh:
            raise oauth_error("invalid_token", "invalid token: " + form["token"])
        state.refresh, state.access = None, {}
        return None
    if request.path != "/services/oauth2/token" or form["client_id"] != "app":
        raise oauth_error("invalid_client_id", "client identifier invalid")
    if form.get("response_type") == "device_code":
        state.session = "device-code"
        return {"device_code": "device-code", "interval": 1,
                "user_code": state.settings.get("user_code", "E8RWR8S2"),
                "verification_uri": state.settings.get(
                    "uri", "https://login.example.com/setup/connect")}
    if form["grant_type"] == "device":
        if form["code"] != state.session:
            raise oauth_error("invalid_grant", "code")
        if not is_approved():
            raise oauth_error("authorization_pending", "pending device approval")
        state.issue(7200)
        # A refresh token of it stays as it is.
        return {"access_token": "access-%d" % state.count, "refresh_token": state.refresh,
                "signature": "c2ln", "scope": "api openid refresh_token", "instance_url": base,
                "id": base + "/id/1/2", "token_type": "Bearer",
                "issued_at": str(int(time.time() * 1000))}
    if form["grant_type"] != "refresh_token" or form["refresh_token"] != state.refresh:
        raise oauth_error("invalid_grant", "expired access/refresh token")
    if state.settings.get("user") == "inactive":
        raise oauth_error("inactive_user", "user is inactive")
    state.count += 1
    state.access["access-%d" % state.count] = time.time() + 7200
    return {"access_token": "access-%d" % state.count, "signature": "c2ln",
            "scope": "api openid refresh_token", "instance_url": base, "id": base + "/id/1/2",
            "token_type": "Bearer", "issued_at": str(int(time.time() * 1000))}


def jfrog(request):
    login = "/access/api/v2/authentication/jfrog_client_login"
    lifetime = float(state.settings["lifetime"])
    refused = Refused(401, {"errors": [{"code": "UNAUTHORIZED", "message": "Invalid token"}]})

    if request.path == login + "/request" and request.command == "POST":
        state.session = request.json()["session"]
        return None
    if request.path == login + "/token/%s" % state.session and request.command == "GET":
        if not is_approved():
            raise Refused(400, {"errors": [{"code": "BAD_REQUEST", "message": "Not ready"}]})
    elif request.path == "/access/api/v1/tokens" and request.command == "POST":
        form, bearer = request.form(), request.headers["Authorization"] or ""
        if not bearer.startswith("Bearer ") or not state.good(bearer[7:]):
            raise refused
        if form["grant_type"] != "refresh_token" or form["refresh_token"] != state.refresh:
            raise refused
    else:
        raise Refused(404, {"errors": [{"code": "NOT_FOUND", "message": "NOT_FOUND"}]})
    access, refresh = state.issue()
    token = claims(access, lifetime)
    state.access[token] = state.access.pop(access)
    return {"token_id": "1", "access_token": token, "refresh_token": refresh,
            "scope": "applied-permissions/user", "token_type": "Bearer"}


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
                        "more": {"jwks_uri": "{i}/oauth/discovery/keys"}}),
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


SERVICES = {"shapes": shapes, "aws": aws, "salesforce": salesforce, "jfrog": jfrog}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mark = None

    def json(self):
        return json.loads(self.body)

    def form(self):
        if self.headers["Content-Type"] != "application/x-www-form-urlencoded":
            raise Refused(415, {"error": "invalid_request"})
        return dict(urllib.parse.parse_qsl(self.body, strict_parsing=True))

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
