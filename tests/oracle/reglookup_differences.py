#!/usr/bin/env python3
"""Compares what reglookup prints of a hive with a listing of it, and prints each difference.

    reglookup -H HIVE | reglookup_differences.py LISTING

Every path with its type; the data too where reglookup prints them as they are, save those in segments,
which it joins in the order of their offsets. It prints names that are not ASCII as they are stored:
Latin-1 where that is enough, else UTF-16.
"""
import hashlib
import re
import sys

TYPES = [b"NONE", b"SZ", b"EXPAND_SZ", b"BINARY", b"DWORD", b"DWORD_BE", b"LINK", b"MULTI_SZ",
         b"RSRC_LIST", b"RSRC_DESC", b"RSRC_REQ_LIST", b"QWORD"]
SEGMENT = 16344
RAW = {b"BINARY", b"RSRC_LIST", b"RSRC_DESC", b"RSRC_REQ_LIST"}


def plain(text):
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), text)


def stored(name):
    if name.isascii():
        return name
    text = name.decode()
    return text.encode("latin-1" if max(text) <= "\xff" else "utf-16-le")


def digest(kind, size, sha256):
    return sha256 if kind in RAW and size <= SEGMENT else None


def theirs(lines):
    for line in lines:
        path, kind, data = line.rstrip(b"\n").split(b",")[:3]
        content = b"" if data == b"(null)" else plain(data)
        yield (plain(path), kind, digest(kind, len(content), hashlib.sha256(content).hexdigest()))


def ours(lines):
    for line in lines:
        fields = line.rstrip(b"\n").split(b"\t")
        path = b"/".join(stored(name) for name in fields[1].split(b"\\")) or b"/"
        if fields[0] == b"K":
            yield (path, b"KEY", None)
            continue
        number = int(fields[3])
        kind = TYPES[number] if number < len(TYPES) else b"0x%08X" % number
        yield (path + b"/" + stored(fields[2]), kind, digest(kind, int(fields[4]), fields[5].decode()))


with open(sys.argv[1], "rb") as listing:
    wanted = set(ours(listing))
found = set(theirs(sys.stdin.buffer))
for sign, rows in (("-", wanted - found), ("+", found - wanted)):
    for row in sorted(rows, key=repr):
        print(sign, *row)
