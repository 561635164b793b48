#!/usr/bin/env python3
"""Holds that a table which an enumeration indexes has an item for each of its constants.

    tests/lint/tables.py [ROOT]

Behind such a table stands RH_TABLE_FITS(table, LAST) (host/base/table.h): the compiler holds that the table
ends with LAST, this check that LAST is the last constant of an enumeration (or the one before the count that
ends it), that no table goes without, and that none is filled up by giving its size. A table is one of them
when it is indexed with a variable, member or function that has the type of an enumeration.
"""
import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ENUM = re.compile(r"\benum(?:\s+\w+)?\s*\{([^}]*)\}\s*(\w*)")
TABLE = re.compile(r"\bconst [^;=(){}]*?\b(\w+)\s*\[(\w*)\]\s*=")
# table[value], table[(size_t)item->value], table[function(...)]
INDEXED = re.compile(r"\b(\w+)\[(?=(?:\(\w+\))?(?:\w+(?:\.|->))*(\w+)(?:\]|\())")
FITS = re.compile(r"\bRH_TABLE_FITS\((\w+),\s*(\w+)(?: - 1)?\)")


def enumerations(texts):
    """The names of their types, all constants, and the last one of each."""
    types, constants, last = set(), set(), set()
    for text in texts:
        for body, name in ENUM.findall(text):
            found = re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip())
            types.add(name)
            constants.update(found)
            last.add(found[-1])
    return types - {""}, constants, last


def check(files):
    types, constants, last = enumerations(files.values())
    typed = re.compile(rf"\b(?:{'|'.join(sorted(types))})\s+\*?(\w+)\s*[;,)=\[(]")
    shared = {name for file, text in files.items() if file.suffix == ".h" for name in typed.findall(text)}
    tables = {file: TABLE.findall(text) for file, text in files.items()}
    fits = {file: FITS.findall(text) for file, text in files.items()}
    needed = set()
    for file, text in files.items():
        names = shared | set(typed.findall(text))
        for table, index in INDEXED.findall(text):
            here = [home for home in files if table in dict(tables[home])]
            if index in names:
                needed.update((home, table) for home in ([file] if file in here else here))
    if not needed:
        sys.exit("found no table that an enumeration indexes")
    for file, table in sorted(needed):
        count = [name for name, _ in tables[file]].count(table)
        if [name for name, _ in fits[file]].count(table) < count:
            yield file, f"{table}[] is indexed by an enumeration and lacks RH_TABLE_FITS({table}, LAST)"
    for file in files:
        for table, size in tables[file]:
            if size in constants:
                yield file, f"{table}[{size}] is filled up where items are missing; leave the size out"
        for table, constant in fits[file]:
            if constant not in last:
                yield file, f"RH_TABLE_FITS({table}, {constant}): that is not the last constant of an enumeration"


def main():
    host = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "host"
    files = {}
    for path in sorted([*host.rglob("*.h"), *host.rglob("*.c")]):
        if path != host / "base/table.h":
            files[path.relative_to(host)] = COMMENT.sub("", path.read_text())
    faults = list(check(files))
    for file, what in faults:
        print(f"host/{file}: {what}")
    sys.exit(bool(faults))


main()
