"""A hundred texts that mean something to PowerShell, as descriptions and, without what no account's name may have, as
names of users and groups: hostile.py TEXTS ACCOUNTS"""

import json
import re
import sys

run = "calc"
quotes = ["'", '"', "`", "\u2018", "\u2019", "\u201a", "\u201b", "\u201c", "\u201d", "\u201e", "\u00ab", "\u2039"]
names = [quote + run + quote for quote in quotes] + [quote + "; " + run + "; " + quote for quote in quotes]
names += [quote * 2 + run for quote in quotes] + ["x" + quote for quote in quotes]
names += [
    "$(calc)", "@(calc)", "$(calc)x", "$env:PATH", "`$x", "a`nb", "a`", "x`0y",
    "@'\n'@", "'@\n" + run + "\n@'", "\"@\n" + run + "\n@\"", "a\nb", "a\r\nb", "a\tb", "\n" + run + "\n",
    "}\n" + run + "\n{", "})", ")}];" + run, "#>" + run, "<#", "# x", "--%", "-Name", "/?", "&calc", "|calc", "a;b",
    "a,b", "%PATH%", "!x!", "^x", "*", "?", "[a]", "[char]65", "~", ".", "\\", "a\\", "\\\\a\\b", "a\\\"b",
    "\u202ecalc", "\u200fx", "\u2066x\u2069", "\u2028" + run, "\u2029" + run, "\u0085" + run, "\u200b", "\ufeffx",
    "\u00a0x", "\U0001f600", "\U00020bb7\u91ce\u5bb6", "x\U000e0001", "\u0130\u0131", "e\u0301", "\u00e9", "x" * 200,
    " lead", "trail ", "True", "$null", "a=b", "name=x dialin=permit", "a\x01b", "a\x1bb", "a\x7fb",
]
names = list(dict.fromkeys(names))


def as_name(at, text):
    """A name that the account may have: no more than 20 units of UTF-16."""
    kept = re.sub(r'["/\\\[\]:;|=,+*?<>@\x00-\x1f\x7f\x85\u2028\u2029]', "", text)
    name = "%03d%s" % (at, kept)
    while len(name.encode("utf-16-le")) > 36:
        name = name[:-1]
    return name + "x"


texts = [{"name": as_name(at, text), "text": text} for at, text in enumerate(names)]
with open(sys.argv[1], "w", encoding="utf-8") as out:
    json.dump(texts, out)
with open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump({
        "sid": "S-1-5-21-1-2-3",
        "users": [{"rid": 1001 + at, "name": one["name"], "comment": one["text"], "full_name": one["text"],
                   "dial_in": {"privilege": 9}} for at, one in enumerate(texts)],
        "groups": [{"rid": 2001 + at, "name": "g" + one["name"], "comment": one["text"], "members": [1001 + at]}
                   for at, one in enumerate(texts)],
    }, out)
