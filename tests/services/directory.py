#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A directory that answers questions about persons, and the token service of its clients.

    directory.py PORT-FILE [PORT]

listens on 127.0.0.1 and writes its port to PORT-FILE. Control, by GET:

/_person?NAME=active|inactive|gone
/_fault?NAME=KIND     for one person ("*": for all): two, other, anybody (who is active then), bare (no
                      active), null, page, text, html404, 403, 429, 500, slow:SECONDS, hang, none
/_token?fault=KIND    of the token endpoint: none, 500, 401, hang; life=SECONDS
/_revoke              all tokens until now are invalid; /_revoke?all=yes: later ones too
/_counts              JSON: exchanges, questions, and questions by person
/_reset               the counts

The service: POST /token (client_credentials, client "robot" with the secret "s3cret"), and in the
documented formats: GET /scim/Users?filter=id eq "NAME", GET /users/NAME (id, enabled),
GET /okta/api/v1/users/NAME, GET /admin/realms/staff/users/NAME, GET /graph/v1.0/users/NAME,
GET /api/v4/users/NAME.
"""
import base64
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

port_file = sys.argv[1]
lock = threading.Lock()


class State:
    def __init__(self):
        self.persons = {}
        self.faults = {}
        self.token_fault = "none"
        self.life = 300
        self.refuse_all = False
        self.issued = 0
        self.good = set()
        self.reset()

    def reset(self):
        self.exchanges, self.questions, self.by_person = 0, 0, {}

    def counts(self):
        return {"exchanges": self.exchanges, "questions": self.questions,
                "by_person": self.by_person}


state = State()


def shape(kind, name, standing):
    """The body about somebody, as each service documents it."""
    active = standing == "active"
    if kind == "scim":
        return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": name,
                "userName": name + "@example.com", "active": active}
    if kind == "okta":
        return {"id": name, "status": "ACTIVE" if active else "SUSPENDED",
                "profile": {"login": name + "@example.com"}}
    if kind == "keycloak":
        return {"id": name, "username": "a-name", "enabled": active, "emailVerified": False}
    if kind == "graph":
        return {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
                "id": name, "accountEnabled": active}
    if kind == "gitlab":
        return {"id": int(name) if name.isdigit() else name, "username": "a-name",
                "state": "active" if active else "blocked"}
    return {"id": name, "active": active}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, media="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def control(self, name, query):
        with lock:
            if name == "person":
                state.persons.update(query)
            elif name == "fault":
                state.faults.update(query)
            elif name == "token":
                state.token_fault = query.get("fault", state.token_fault)
                state.life = int(query.get("life", state.life))
            elif name == "revoke":
                state.good.clear()
                state.refuse_all = query.get("all") == "yes"
            elif name == "reset":
                state.reset()
            return self.answer(200, state.counts())

    def token(self, body):
        form = dict(urllib.parse.parse_qsl(body))
        basic = self.headers["Authorization"] or ""
        if basic.startswith("Basic "):
            ident, secret = base64.b64decode(basic[6:]).decode().split(":", 1)
        else:
            ident, secret = form.get("client_id"), form.get("client_secret")
        with lock:
            state.exchanges += 1
            fault = state.token_fault
        if fault == "hang":
            time.sleep(600)
        if fault == "500":
            return self.answer(500, {"error": "server_error"})
        if fault == "401" or (ident, secret) != ("robot", "s3cret"):
            return self.answer(401, {"error": "invalid_client"})
        if form.get("grant_type") != "client_credentials":
            return self.answer(400, {"error": "unsupported_grant_type"})
        with lock:
            state.issued += 1
            token = "robot-token-%d" % state.issued
            if not state.refuse_all:
                state.good.add(token)
        return self.answer(200, {"access_token": token, "token_type": "Bearer",
                                 "expires_in": state.life})

    def person(self, kind, name):
        with lock:
            state.questions += 1
            state.by_person[name] = state.by_person.get(name, 0) + 1
            standing = state.persons.get(name, "gone")
            fault = state.faults.get(name, state.faults.get("*", "none"))
            bearer = (self.headers["Authorization"] or "")[7:]
            good = bearer in state.good
        if not good:
            return self.answer(401, {"error": "invalid_token"})
        if fault.startswith("slow:"):
            time.sleep(float(fault[5:]))
        if fault == "hang":
            time.sleep(600)
        if fault == "page":
            return self.answer(200, b"<!DOCTYPE html><html>Sign in to the network</html>",
                               "text/html")
        if fault == "text":
            return self.answer(404, b"404 page not found\n", "text/plain")
        if fault == "html404":
            return self.answer(404, b"<html>Not found</html>", "text/html")
        if fault in ("403", "429", "500"):
            return self.answer(int(fault), {"error": "no"})
        if kind == "gitlab" and not name.isdigit():
            return self.answer(400, {"error": "id is invalid"})
        if fault == "anybody":
            standing = "active"
        one = None if standing == "gone" else shape(kind, name, standing)
        if fault == "other":
            one = shape(kind, "mallory", "active")
        if fault in ("bare", "null") and one is not None:
            for member in ("active", "enabled", "accountEnabled", "state", "status"):
                if fault == "null" and member in one:
                    one[member] = None
                else:
                    one.pop(member, None)
        if kind == "scim":
            found = [] if one is None else [one]
            if fault == "two":
                found = [shape(kind, name, "active"), shape(kind, name, "inactive")]
            body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                    "totalResults": len(found)}
            # RFC 7644 section 3.4.2: there need be none where there are none.
            if found:
                body["Resources"] = found
            return self.answer(200, body, "application/scim+json")
        if one is None:
            return self.answer(404, {"error": "User not found"})
        return self.answer(200, [one, one] if fault == "two" else one)

    def serve(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = [urllib.parse.unquote(p) for p in url.path.split("/")[1:]]
        if parts[0].startswith("_"):
            return self.control(parts[0][1:], query)
        if ".well-known" in parts:
            # Keycloak's is below the realm, Okta's and others' below the host.
            base = "http://" + self.headers["Host"] + url.path.split("/.well-known")[0]
            return self.answer(200, {"issuer": base, "token_endpoint": base + "/token"})
        if parts[-1] == "token" and self.command == "POST":
            return self.token(body)
        if parts == ["scim", "Users"] and query.get("filter", "").startswith('id eq "'):
            return self.person("scim", query["filter"][len('id eq "'):-1])
        for kind, before in (("okta", ["okta", "api", "v1", "users"]), ("plain", ["users"]),
                             ("keycloak", ["admin", "realms", "staff", "users"]),
                             ("gitlab", ["api", "v4", "users"])):
            if parts[:-1] == before:
                return self.person(kind, parts[-1])
        if parts[:-1] == ["graph", "v1.0", "users"] and \
                query.get("$select") == "id,accountEnabled":
            return self.person("graph", parts[-1])
        return self.answer(404, b"<html>There is nothing here</html>", "text/html")

    do_GET = do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


server = Server(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
with open(port_file + ".new", "w", encoding="ascii") as out:
    print(server.server_port, file=out)
os.rename(port_file + ".new", port_file)
server.serve_forever()
