#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A service that plays one documented conversation: see conversations/README.

    conversation.py FILE PORT-FILE

listens on 127.0.0.1 and writes its port to PORT-FILE. Each request has to be the next one of FILE,
byte by byte. GET /_after?commands=N answers 204 if exactly the requests of the first N commands
have arrived, otherwise 409 and what was wrong.
"""
import base64
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse

# What a form has that nothing else is said of.
FORM = ["Accept: application/json", "Content-Type: application/x-www-form-urlencoded"]
# What every client sends, and what says nothing of the service.
UNSAID = ("host", "user-agent", "content-length", "connection")


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def openssl(data, *words):
    return subprocess.run(("openssl",) + words, input=data, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


class Key:
    """What ID tokens are signed with (RS256)."""

    def __init__(self, file):
        self.file = file
        openssl(b"", "genrsa", "-out", file, "2048")
        modulus = openssl(b"", "rsa", "-in", file, "-noout", "-modulus").decode().split("=")[1]
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "e": "AQAB",
                    "n": b64(bytes.fromhex(modulus.strip()))}

    def sign(self, claims):
        text = ".".join(b64(json.dumps(part).encode())
                        for part in ({"alg": "RS256", "kid": "k1"}, claims))
        signature = openssl(text.encode(), "dgst", "-sha256", "-sign", self.file)
        return text + "." + b64(signature)


class Exchange:
    def __init__(self, commands, first, browser):
        self.commands, self.first, self.browser = commands, first, browser
        self.headers, self.body = [], None
        self.claims, self.status, self.answer_headers, self.answer = None, None, [], None


def read_file(name):
    """The exchanges of a file, each with the number of commands before it."""
    exchanges, commands = [], 0
    with open(name, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            mark, _, rest = line.rstrip("\n").partition(" ")
            last = exchanges[-1] if exchanges else None
            if mark == "$":
                commands += 1
            elif mark == "%" or mark == ">" and re.match("(GET|POST|PUT|DELETE) /", rest):
                exchanges.append(Exchange(commands, rest, mark == "%"))
            elif mark == ">":
                last.headers.append(rest)
            elif mark == ">>":
                last.body = rest if last.body is None else last.body + "\n" + rest
            elif mark == "~":
                last.claims = rest
            elif mark == "<" and last.status is None:
                last.status = int(rest)
            elif mark == "<":
                last.answer_headers.append(rest)
            elif mark == "<<":
                last.answer = rest if last.answer is None else last.answer + "\n" + rest
            elif mark and mark[0] not in "#=!*?":
                sys.exit("%s:%d: what is this?" % (name, number))
    return exchanges


class Conversation:
    def __init__(self, name):
        self.exchanges, self.at, self.wrong = read_file(name), 0, []
        self.lock, self.values, self.key = threading.Lock(), {}, None
        with open(name, encoding="utf-8") as file:
            text = file.read()
            if "${keys}" in text or "${id_token}" in text:
                self.key = Key(sys.argv[2] + ".key")

    def matches(self, template, text):
        """Whether it is that; what the template has no value for yet is taken from the text."""
        parts, names = re.split(r"\$\{([a-z_]+)\}", template), []
        pattern = ""
        for i, part in enumerate(parts):
            if i % 2 == 0 or part in self.values:
                pattern += re.escape(part if i % 2 == 0 else self.values[part])
            elif part in names:
                pattern += "(?P=%s)" % part
            else:
                names.append(part)
                pattern += "(?P<%s>[A-Za-z0-9._~-]+)" % part
        found = re.fullmatch(pattern, text)
        if found:
            self.values.update(found.groupdict())
        return found is not None

    def is_proof(self):
        """RFC 7636, section 4.6."""
        digest = hashlib.sha256(self.values["code_verifier"].encode()).digest()
        return b64(digest) == self.values["code_challenge"]

    def claims_match(self, exchange, template):
        """Of a JWT in a request: what it says but for its times, and how long they are."""
        names = re.findall(r"\$\{([a-z_]+_jwt)\}", template)
        if not names or exchange.claims is None:
            return True
        payload = self.values[names[0]].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        now, iat, exp = time.time(), claims.pop("iat"), claims.pop("exp")
        claims.pop("jti", None)
        return (claims == json.loads(self.filled(exchange.claims, None)) and
                now - 90 < iat <= now and now < exp <= now + 600)

    def filled(self, text, exchange):
        def value(name):
            if name == "keys":
                return json.dumps({"keys": [self.key.jwk]})
            if name == "in_an_hour":
                return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            if name == "epoch_in_an_hour":
                return str(int(time.time()) + 3600)
            if name == "id_token":
                now = int(time.time())
                times = {"iat": now, "exp": now + 3600}
                claims = json.loads(self.filled(exchange.claims, None))
                self.values["last_token"] = self.key.sign({**times, **claims})
                return self.values["last_token"]
            return urllib.parse.unquote(self.values[name])
        return re.sub(r"\$\{([a-z_]+)\}", lambda found: value(found[1]), text)

    def complain(self, first, *words):
        self.wrong += words
        # Nobody waits for more, a program for its browser least of all.
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(first).query))
        if "redirect_uri" in query:
            return 302, ["Location: %s?error=access_denied&state=%s" % (
                query["redirect_uri"], query.get("state"))], None
        return 400, [], json.dumps({"error": "access_denied", "error_description": words[0]})

    def answer(self, first, headers, body):
        """(status, headers, body) for a request, which has to be the next one."""
        if self.at == len(self.exchanges):
            return self.complain(first, "nothing was expected any more", "got:      " + first)
        exchange = self.exchanges[self.at]
        expected = exchange.headers or (FORM if exchange.body else FORM[:1])
        if exchange.browser:
            # What a sign-in makes up; and a browser says what it likes.
            for name in ("state", "nonce", "port", "code_challenge", "code_verifier"):
                self.values.pop(name, None)
            expected = headers
        for what, template, text in (
                ("request", exchange.first, first),
                ("headers", "\n".join(sorted(expected)), "\n".join(sorted(headers))),
                ("body", exchange.body or "", body)):
            if not self.matches(template, text):
                return self.complain(first, "%s %d is another:" % (what, self.at + 1),
                                     "expected: " + template, "got:      " + text)
        if "${code_verifier}" in (exchange.body or "") and not self.is_proof():
            return self.complain(first, "the code's verifier is not its challenge's")
        if not self.claims_match(exchange, "\n".join(exchange.headers) + (exchange.body or "")):
            return self.complain(first, "the JWT says something else")
        self.at += 1
        lines = [self.filled(line, exchange) for line in exchange.answer_headers]
        text = None if exchange.answer is None else self.filled(exchange.answer, exchange)
        return exchange.status, lines, text

    def after(self, commands):
        wrong = list(self.wrong)
        expected = sum(1 for exchange in self.exchanges if exchange.commands <= commands)
        if self.at < expected and not wrong:
            wrong.append("never asked for: " + self.exchanges[self.at].first)
        return "".join(line + "\n" for line in wrong)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, lines, text):
        data = (text or "").encode()
        self.send_response(status)
        for line in lines:
            self.send_header(*line.split(": ", 1))
        if data and not any(line.lower().startswith("content-type:") for line in lines):
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        with conversation.lock:
            if self.path.startswith("/_after?commands="):
                wrong = conversation.after(int(self.path.split("=")[1]))
                return self.reply(409 if wrong else 204, [], wrong)
            headers = ["%s: %s" % pair for pair in self.headers.items()
                       if pair[0].lower() not in UNSAID]
            return self.reply(*conversation.answer("%s %s" % (self.command, self.path), headers,
                                                   body))

    do_GET = do_POST = do_PUT = do_DELETE = serve


conversation = Conversation(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
conversation.values["base"] = "http://127.0.0.1:%d" % server.server_port
with open(sys.argv[2] + ".new", "w", encoding="ascii") as out:
    print(server.server_port, file=out)
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
