#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Messages in the sources that have no remedy.

    messages.py FOLDER…

prints FILE TAB MESSAGE for each format without FT_REMEDY that is passed to a function for
errors, with "…" for values. Parts of sentences are left out.
"""
import os
import re
import sys

CALLS = re.compile(r"\b(?:ft_error_(?:set|errno|fixed)|ft_found_error|ft_doctor_error|ft_login_fail|ft_say|ft_log(?:_as|_error)?|say|fail|refuse)\s*\(")
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
COMMENT = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.S)
CONVERSION = re.compile(r"%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]")


# Parts of sentences that look like whole ones.
PARTS = {"another client_auth", "another file", "has not signed in, or is revoked", "more than one",
         "of its own parameters", "or not active in the directory,", "over many accounts",
         "random bytes", "the configuration", "the kernel's keyring", "username and password_file",
         "whether it wants username and password_file", "… says that its issuer is", "read the file"}


def is_part(message):
    return (message in PARTS or message[0] in " ,;:?." or message[-1] == " " or
            not re.search(r"[a-z]{2},? [a-z]", message))


def without_comments(text):
    return COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else " ", text)


def arguments(text, start):
    """What is between the parenthesis before start and its own."""
    depth, at = 1, start
    while depth and at < len(text):
        if text[at] == '"':
            at = STRING.match(text, at).end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def formats(call):
    """Each run of literals in it, with FT_REMEDY and macros of formats left in."""
    token = re.compile(r'"(?:[^"\\\n]|\\.)*"|FT_REMEDY|PRI[a-zA-Z0-9]+|\s+|.', re.S)
    run, remedy = [], False
    for match in token.finditer(call):
        word = match[0]
        if word[0] == '"':
            run.append(word[1:-1])
        elif word == "FT_REMEDY" and run:
            remedy = True
        elif word.startswith("PRI") and run:
            run[-1] += "d"
        elif not word.isspace():
            if run:
                yield "".join(run), remedy
            run, remedy = [], False
    if run:
        yield "".join(run), remedy


def main():
    found = {}
    for folder in sys.argv[1:]:
        for place, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if not name.endswith(".c"):
                    continue
                path = os.path.join(place, name)
                with open(path, encoding="utf-8") as source:
                    text = without_comments(source.read())
                for match in CALLS.finditer(text):
                    for text_of, remedy in formats(arguments(text, match.end())):
                        message = CONVERSION.sub("…", text_of.replace("%%", "%"))
                        message = message.replace('\\"', '"').replace("\\n", "")
                        if remedy or not message or is_part(message):
                            continue
                        found.setdefault(message, path)
    for message, path in sorted(found.items(), key=lambda item: (item[1], item[0])):
        print(path + "\t" + message)


main()
