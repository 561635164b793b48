#!/usr/bin/env python3
"""Keeps what only one system knows below base/platform.h.

    tests/lint/system.py [ROOT]

Outside base/posix/, base/win32/ and the live/ folders no file of ROOT/host includes a header but the
project's, the libraries' and those of the C language that mean the same on all systems; none asks which
system it is built for, calls what goes past base/platform.h, or writes a permission as an octal number.
"""
import pathlib
import re
import sys

HEADERS = set(
    """ctype.h float.h inttypes.h limits.h locale.h math.h setjmp.h stdarg.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h string.h wchar.h getopt.h archive.h archive_entry.h jansson.h lua.h lauxlib.h lualib.h""".split()
)
LIBRARIES = ("openssl/", "libxml/")
CALLS = """chdir chmod chown clock environ exec fdopen fopen fork freopen getcwd getenv getpid gmtime kill link
    localtime mkdir mktime open popen putenv remove rename setenv sleep stat strerror system time tmpfile tmpnam
    unlink unsetenv""".split()

# What may stand where the rule says no, each with its reason.
ALLOWED = {
    # A compiler for Windows spells the check of a format differently.
    ("base/compiler.h", "__MINGW32__"),
    # The permissions that a member of a store has: a field of the archive's format.
    ("store/seal.c", "0600"),
}

INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>")
SYSTEM = re.compile(r"\b(_WIN32|_WIN64|__MINGW\w+|_MSC_VER|__linux__|__unix__|__APPLE__|_POSIX\w*|_GNU_SOURCE)\b")
CALL = re.compile(r"(?<![\w.>])(" + "|".join(CALLS) + r")\s*\(")
OCTAL = re.compile(r"(?<![\w.])(0[0-7]+)[uUlL]*\b")
SILENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_of(text):
    """The text without comments, strings and signs, its lines where they were."""
    return SILENT.sub(lambda match: '""' + "\n" * match[0].count("\n"), text)


def faults(line):
    header = INCLUDE.match(line)
    if header and header[1] not in HEADERS and not header[1].startswith(LIBRARIES):
        yield header[1], "is a header of the system, or one that this check does not know"
    for word in SYSTEM.findall(line):
        yield word, "asks which system it is; base/platform.h is for what differs"
    for word in CALL.findall(line):
        yield word, "goes past base/platform.h"
    for number in OCTAL.findall(line):
        yield number, "is an octal number; say RH_FILE_PRIVATE or RH_FILE_SHARED"


def main():
    host = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "host"
    failed, used = False, set()
    files = sorted([*host.rglob("*.c"), *host.rglob("*.h")])
    for path in files:
        file = path.relative_to(host)
        if file.parts[:2] in (("base", "posix"), ("base", "win32")) or "live" in file.parts[1:-1]:
            continue
        for number, line in enumerate(code_of(path.read_text()).splitlines(), 1):
            for what, why in faults(line):
                if (str(file), what) in ALLOWED:
                    used.add((str(file), what))
                    continue
                print(f"host/{file}:{number}: {what} {why}")
                failed = True
    for file, what in sorted(ALLOWED - used):
        print(f"host/{file}: {what} is allowed and not there")
        failed = True
    sys.exit(failed or not files)


main()
