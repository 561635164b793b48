#!/usr/bin/env python3
"""Makes SAM.reg, the text of a SAM hive, for tests and examples: make_sam.py <accounts.json >SAM.reg

The description: {"sid": "S-1-5-21-1-2-3", "users": [...], "groups": [...], "builtin": [...]}.
A user: rid, name, and where wanted full_name, comment, flags (of the SAM: 0x10 normal, 1 disabled, 0x200 password never
expires), cannot_change, home, drive, script, profile, workstations, dial_in {privilege, number}, hash (hex, as a mark
that tests look for; a user has no hash otherwise). A group: rid, name, comment, members (SIDs; a number is a RID of
this machine). Places of the fields: host/account/account.h."""
import json
import struct
import sys


def text(value):
    return (value or "").encode("utf-16-le", "surrogatepass")


def sid(value):
    parts = [int(number) for number in value.split("-")[2:]]
    return struct.pack(">BBHI", 1, len(parts) - 1, 0, parts[0]) + struct.pack("<%dI" % (len(parts) - 1), *parts[1:])


def record(fields):
    head, body = b"", b""
    for field in fields:
        head += struct.pack("<III", len(body), len(field), 0)
        body += field
    return head + body


def descriptor(user):
    rights = 0x2031B if user.get("cannot_change") else 0x2035B
    entry = struct.pack("<BBHI", 0, 0, 20, rights) + sid("S-1-1-0")
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + struct.pack("<BBHHH", 2, 0, 28, 1, 0) + entry


def dial_in(rights):
    if not rights:
        return b""
    return text(" " * 22 + "d") + struct.pack("<H", rights["privilege"]) + text(rights.get("number")).ljust(48, b"\0")


def user_values(user):
    stamp = user.get("hash", "")
    mark = bytes.fromhex(stamp)
    hashes = [b"\2\0\0\0" + mark if stamp else b""] * 4
    fields = [descriptor(user)] + [text(user.get(name)) for name in ("name", "full_name", "comment", "user_comment")]
    fields += [dial_in(user.get("dial_in"))]
    fields += [text(user.get(name)) for name in ("home", "drive", "script", "profile", "workstations")]
    f = bytearray(80)
    struct.pack_into("<Q", f, 32, 0x7FFFFFFFFFFFFFFF)
    struct.pack_into("<IIH", f, 48, user["rid"], 513, user.get("flags", 0x10))
    values = [("F", bytes(f)), ("V", record(fields + [b"", b""] + hashes))]
    return values + ([("SupplementalCredentials", mark * 3)] if stamp else [])


def group_values(group, machine):
    members = [sid("%s-%d" % (machine, member) if isinstance(member, int) else member)
               for member in group.get("members", [])]
    name, comment, body = text(group["name"]), text(group.get("comment")), b"".join(members)
    head = struct.pack("<4I", group["rid"], 0, 0, 0) + struct.pack("<3I", 0, len(name), 0)
    head += struct.pack("<3I", len(name), len(comment), 0)
    head += struct.pack("<3I", len(name) + len(comment), len(body), len(members))
    return [("C", head + name + comment + body)]


def key(path, values):
    print("\n[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\%s]" % path)
    for name, data in values:
        print('"%s"=hex:%s' % (name, ",".join("%02x" % byte for byte in data)))


def main():
    accounts = json.load(sys.stdin)
    print("Windows Registry Editor Version 5.00")
    key("Account", [("V", sid(accounts["sid"]))])
    for user in accounts.get("users", []):
        key("Account\\Users\\%08X" % user["rid"], user_values(user))
    for group in accounts.get("groups", []):
        key("Account\\Aliases\\%08X" % group["rid"], group_values(group, accounts["sid"]))
    for group in accounts.get("builtin", []):
        key("Builtin\\Aliases\\%08X" % group["rid"], group_values(group, accounts["sid"]))


main()
