#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A proxy in front of a service; files control which requests pass, and when.

    gate.py SERVICE PORT-FILE FOLDER PATH before|after

listens on 127.0.0.1, writes its port to PORT-FILE, and forwards all requests to SERVICE
(http://HOST:PORT). While FOLDER/hold exists, a POST whose path ends with PATH is counted in
FOLDER/waiting and held until that file is removed: before it reaches the service, or after, with the
service's answer. Held requests continue one after the other, in the order in which they arrived, each
when the one before it has ended. While FOLDER/closed exists connections are closed, also those of
held requests: the request, or its answer, is lost.
"""
import http.client
import http.server
import os
import sys
import threading
import time
import urllib.parse

service = urllib.parse.urlsplit(sys.argv[1]).netloc
folder, path, moment = sys.argv[3:6]
lock = threading.Condition()
waiting = []


def is_there(name):
    return os.path.exists(os.path.join(folder, name))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def hold(self):
        with lock, open(os.path.join(folder, "waiting"), "a", encoding="ascii") as file:
            waiting.append(self)
            file.write("one\n")
        while is_there("hold"):
            time.sleep(0.02)
        with lock:
            lock.wait_for(lambda: waiting[0] is self)

    def serve(self):
        try:
            self.pass_on()
        finally:
            with lock:
                if self in waiting:
                    waiting.remove(self)
                lock.notify_all()

    def pass_on(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        held = self.command == "POST" and self.path.endswith(path) and is_there("hold")
        if held and moment == "before":
            self.hold()
        self.close_connection = True
        if is_there("closed"):
            return
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("connection", "content-length")}
        asked = http.client.HTTPConnection(service, timeout=60)
        asked.request(self.command, self.path, body, headers)
        answer = asked.getresponse()
        # Addresses in what it says lead through the gate, too.
        text = answer.read().replace(service.encode(), self.headers["Host"].encode())
        if held and moment == "after":
            self.hold()
        if is_there("closed"):
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "date",
                                    "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(text)
        except OSError:
            pass    # who asked is gone

    do_GET = do_POST = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(sys.argv[2], "w", encoding="ascii") as file:
    file.write(f"{server.server_port}\n")
server.serve_forever()
