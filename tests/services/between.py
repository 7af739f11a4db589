#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What stands between a client and a service, and changes what it passes on.

    between.py SERVICE PORT-FILE

listens on 127.0.0.1, writes its port to PORT-FILE, and passes all on to SERVICE (http://HOST:PORT).
GET /_do?NAME says how from here on: through, with the address that the client asked for; address,
with the service's own in its place; replay, with the last DPoP proof that was passed on; once, like
that for one request; twice, each request two times, and the second answer is the one that comes back.
"""
import http.client
import http.server
import os
import sys
import urllib.parse

service = urllib.parse.urlsplit(sys.argv[1]).netloc
state = {"mode": "through", "proof": None}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path.startswith("/_do?"):
            state["mode"] = self.path.partition("?")[2]
            return self.reply(204, [], b"")
        headers = dict(self.headers.items())
        proof = headers.get("DPoP")
        if state["mode"] == "address":
            headers["Host"] = service
        elif state["mode"] in ("replay", "once") and proof is not None:
            headers["DPoP"] = state["proof"]
            if state["mode"] == "once":
                state["mode"] = "through"
        else:
            state["proof"] = proof or state["proof"]
        for _ in range(2 if state["mode"] == "twice" else 1):
            asked = http.client.HTTPConnection(service, timeout=20)
            asked.request(self.command, self.path, body, headers)
            answer = asked.getresponse()
            text = answer.read()
        return self.reply(answer.status, answer.getheaders(), text)

    def reply(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[2] + ".new", "w", encoding="ascii") as out:
    print(server.server_port, file=out)
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
