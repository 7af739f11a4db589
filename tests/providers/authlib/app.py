#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An identity provider made with Authlib and Flask: app.py ISSUER PORT KEY-FILE

It keeps everything in memory, and reads the key each time it signs. Only for tests:
POST /_admin/revoke/USER ends the sign-ins of that user, POST /_admin/expire all access tokens.
"""
import sys
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.jose import JsonWebKey
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE, DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict)
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, redirect, request, session

issuer, port, key_file = sys.argv[1:4]
app = Flask(__name__)
app.secret_key = "not-secret"
codes, tokens, devices, grants_of_devices = {}, [], {}, {}
PASSWORD = "wonderland"
USERS = {"alice", "bob"}


class User:
    def __init__(self, name):
        self.name = name

    def get_user_id(self):
        return self.name


class Client(ClientMixin):
    def get_client_id(self):
        return "cli"

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope if scope == "openid" else ""

    def check_redirect_uri(self, uri):
        # RFC 8252 section 7.3: the port of a loopback address is anybody's.
        return uri.startswith("http://127.0.0.1:") and uri.endswith("/callback")

    def has_client_secret(self):
        return False

    def check_client_secret(self, secret):
        return False

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "none"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return True


class Code(dict, AuthorizationCodeMixin):
    __getattr__ = dict.get

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time


class Token(dict, TokenMixin):
    def check_client(self, client):
        return True

    def get_scope(self):
        return self["scope"]

    def get_expires_in(self):
        return self["expires_in"]

    def is_expired(self):
        return time.time() >= self["until"]

    def is_revoked(self):
        return self["revoked"]


def token_of(string, hint=None):
    """A token, and whether it is the refresh token of it."""
    for token in list(tokens):
        for kind in ("access_token", "refresh_token"):
            if token.get(kind) == string and hint in (kind, None):
                return token, kind
    return None, None


def save_token(token, asked):
    until = time.time() + token["expires_in"]
    tokens.append(Token(token, user=asked.user, until=until, revoked=False,
                        refresh_revoked=False))


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]

    def save_authorization_code(self, code, asked):
        codes[code] = Code(code=code, redirect_uri=asked.redirect_uri, scope=asked.scope,
                           nonce=asked.data.get("nonce"), user=asked.user,
                           auth_time=int(time.time()),
                           code_challenge=asked.data.get("code_challenge"),
                           code_challenge_method=asked.data.get("code_challenge_method"))

    def query_authorization_code(self, code, client):
        return codes.get(code)

    def delete_authorization_code(self, code):
        codes.pop(code["code"], None)

    def authenticate_user(self, code):
        return code.user


class OpenId(OpenIDCode):
    def exists_nonce(self, nonce, asked):
        return False

    def get_jwt_config(self, grant):
        return {"key": key(), "alg": "RS256", "iss": issuer, "exp": 300}

    def generate_user_info(self, user, scope):
        return UserInfo(sub=user.name)


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, string):
        token, _ = token_of(string, "refresh_token")
        return token if token and not token["refresh_revoked"] else None

    def authenticate_user(self, token):
        return token["user"]

    def revoke_old_credential(self, token):
        token["refresh_revoked"] = True


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ["none"]

    def query_token(self, string, hint):
        self.kind = None
        token, self.kind = token_of(string)
        return token

    def revoke_token(self, token, asked):
        token["revoked"] = True
        if self.kind == "refresh_token":
            token["refresh_revoked"] = True


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = ["none"]

    def check_permission(self, token, client, asked):
        return True

    def query_token(self, string, hint):
        token, kind = token_of(string)
        if kind == "refresh_token" and token is not None:
            # What is asked about is the refresh token, which lives longer.
            return Token(token, revoked=token["refresh_revoked"], until=time.time() + 3600)
        return token

    def introspect_token(self, token):
        return {"active": True, "client_id": "cli", "sub": token["user"].name,
                "scope": token["scope"], "exp": int(token["until"])}


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    CLIENT_AUTH_METHODS = ["none"]
    INTERVAL = 1
    EXPIRES_IN = 60

    def get_verification_uri(self):
        return issuer + "/device"

    def save_device_credential(self, client_id, scope, data):
        devices[data["device_code"]] = DeviceCredentialDict(
            data, client_id=client_id, scope=scope, expires_at=time.time() + 60)


class DeviceGrant(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]

    def query_device_credential(self, code):
        return devices.get(code)

    def query_user_grant(self, user_code):
        return grants_of_devices.get(user_code)

    def should_slow_down(self, credential):
        return False


def key():
    with open(key_file, encoding="ascii") as file:
        return JsonWebKey.import_key(file.read(), {"kty": "RSA", "use": "sig", "alg": "RS256"})


app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {
    "authorization_code": 120, "refresh_token": 120, DEVICE_CODE_GRANT_TYPE: 120}
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, lambda name: Client() if name == "cli" else None, save_token)
server.register_grant(CodeGrant, [OpenId(require_nonce=False), CodeChallenge(required=True)])
server.register_grant(RefreshGrant)
server.register_grant(DeviceGrant)
server.register_endpoint(Revocation)
server.register_endpoint(Introspection)
server.register_endpoint(DeviceEndpoint)


@app.get("/.well-known/openid-configuration")
def metadata():
    return jsonify({
        "issuer": issuer,
        "authorization_endpoint": issuer + "/authorize",
        "token_endpoint": issuer + "/token",
        "revocation_endpoint": issuer + "/revoke",
        "introspection_endpoint": issuer + "/introspect",
        "device_authorization_endpoint": issuer + "/device/code",
        "userinfo_endpoint": issuer + "/userinfo",
        "jwks_uri": issuer + "/jwks",
        "response_types_supported": ["code"],
        "scopes_supported": ["openid"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
    })


@app.get("/jwks")
def jwks():
    return jsonify({"keys": [key().as_dict(add_kid=True)]})


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST" and request.form["username"] in USERS and \
            request.form["password"] == PASSWORD:
        session["user"] = request.form["username"]
        return redirect(session.pop("next"))
    return '<form method="post"><input name="username"><input name="password"></form>'


def person():
    return User(session["user"]) if "user" in session else None


def sign_in():
    session["next"] = issuer + request.full_path
    return redirect(issuer + "/login")


@app.route("/authorize", methods=["GET", "POST"])
def authorize():
    if not person():
        return sign_in()
    if request.method == "GET":
        try:
            server.get_consent_grant(end_user=person())
        except OAuth2Error as error:
            return jsonify(dict(error.get_body())), 400
        return '<form method="post"><input type="hidden" name="confirm" value="yes"></form>'
    return server.create_authorization_response(grant_user=person())


@app.route("/device", methods=["GET", "POST"])
def device():
    if not person():
        return sign_in()
    code = request.values["user_code"]
    if request.method == "GET":
        return '<form method="post"><input type="hidden" name="user_code" value="%s"></form>' % (
            "".join(c for c in code if c.isalnum() or c == "-"))
    grants_of_devices[code] = (person(), True)
    return "Done."


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/revoke")
def revoke():
    return server.create_endpoint_response("revocation")


@app.post("/introspect")
def introspect():
    return server.create_endpoint_response("introspection")


@app.post("/device/code")
def device_code():
    return server.create_endpoint_response("device_authorization")


@app.get("/userinfo")
def userinfo():
    found, _ = token_of(request.headers.get("Authorization", "")[len("Bearer "):], "access_token")
    if found is None or found.is_expired() or found.is_revoked():
        return jsonify(error="invalid_token"), 401
    return jsonify(sub=found["user"].name)


@app.post("/_admin/revoke/<name>")
def admin_revoke(name):
    for found in tokens:
        if found["user"].name == name:
            found["revoked"] = found["refresh_revoked"] = True
    return "", 204


@app.post("/_admin/expire")
def admin_expire():
    for found in tokens:
        found["until"] = 0
    return "", 204


app.run("127.0.0.1", int(port), threaded=True)
