#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A proxy between a client and a service, which can change requests.

    between.py SERVICE PORT-FILE

listens on 127.0.0.1, writes its port to PORT-FILE, and forwards all requests to SERVICE
(http://HOST:PORT). GET /_do?NAME sets how: through, with the address in the client's request;
address, with the service's own address instead; replay, with the last forwarded DPoP proof; once,
the same for one request; twice, each request two times, and the client gets the second answer.
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
