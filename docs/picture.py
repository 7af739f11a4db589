#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a script of bash on a terminal and draws the terminal as SVG.

    picture.py SCRIPT [WORD=OTHER]... >FILE

replaces WORD by OTHER in the picture.
"""
import html
import os
import pty
import re
import sys
import textwrap

WIDTH, LINE, CHARACTER, EDGE = 100, 17, 7.83, 14


def run(script):
    shown = bytearray()

    def read(descriptor):
        data = os.read(descriptor, 4096)
        shown.extend(data)
        return b"." if data else b""

    # What is read goes to the terminal of this process too: to nowhere.
    out, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    status = pty.spawn(["bash", "-c", "stty cols %d; set -e; . '%s'" % (WIDTH, script)], read)
    os.dup2(out, 1)
    if status:
        sys.exit("the script ended with status %d:\n%s" % (status, shown.decode(errors="replace")))
    return shown.decode()


def lines_of(text, names):
    before = ""
    for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r\n", "\n").split("\n"):
        # What a progress bar writes over is not seen for long.
        line = line.split("\r")[-1].rstrip()
        if "[====" in line or (line and line == before):
            continue
        before = line
        for name, other in names:
            line = line.replace(name, other)
        for part in textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False,
                                  drop_whitespace=False) or [""]:
            yield part.rstrip(), line.startswith("$ ")


def main():
    names = [word.split("=", 1) for word in sys.argv[2:]]
    lines = list(lines_of(run(sys.argv[1]).strip(), names))
    width, height = WIDTH * CHARACTER + 2 * EDGE, len(lines) * LINE + 2 * EDGE
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-size="13" '
          'font-family="ui-monospace, DejaVu Sans Mono, monospace">' % (width, height))
    print("<!-- SPDX-License" "-Identifier: MIT -->\n<!-- drawn by docs/picture.sh -->")
    print("<title>The first ten minutes with freshtoken, on a terminal</title>")
    print('<rect width="100%" height="100%" rx="8" fill="#1d2229"/>')
    for number, (line, typed) in enumerate(lines):
        if line:
            print('<text x="%d" y="%d" fill="%s" xml:space="preserve">%s</text>' %
                  (EDGE, EDGE + (number + 1) * LINE - 4, "#8fd0a0" if typed else "#dfe3e8",
                   html.escape(line, quote=False)))
    print("</svg>")


main()
