#!/usr/bin/env python3
"""Holds the directions in which host/ includes itself.

    tests/lint/includes.py [ROOT]

The layers are those of ROOT/CMakeLists.txt, each with what it stands on:

    rehome_layer(store rehome_age PkgConfig::ARCHIVE)

A file includes its own layer and those that its layer stands on, directly or through others; so neither
one above nor one beside it, nor within its layer a folder beside its own. A header whose name ends in
"internal.h" is for its folder and those in it. Headers are named by their path below host/.
"""
import pathlib
import re
import sys

LAYER = re.compile(r"^rehome_layer\(([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def layers_of(root):
    """Each layer with all that it stands on."""
    direct = {}
    for call in LAYER.findall((root / "CMakeLists.txt").read_text()):
        name, *rest = call.split()
        direct[name] = [word.removeprefix("rehome_") for word in rest if word.startswith("rehome_")]
    if not direct:
        sys.exit(f"{root}/CMakeLists.txt names no layer")

    def below(name, chain=()):
        if name in chain or name not in direct:
            sys.exit(f"{root}/CMakeLists.txt: {' -> '.join((*chain, name))} is a circle or ends nowhere")
        found = set(direct[name])
        return found.union(*(below(other, (*chain, name)) for other in direct[name]))

    return {name: below(name) for name in direct}


def fault(layers, host, file, header):
    """What is wrong with the include of header in file, both below host; None when it is right."""
    if not (host / header).is_file():
        return "is no file below host/ (headers are named by their path there)"
    if len(file.parts) == 1:
        return None  # main.c stands on everything
    own, other = file.parts[0], header.parts[0]
    if other != own and own in layers[other]:
        return f"is above: {other} stands on {own}"
    if other != own and other not in layers[own]:
        return f"is beside: {own} does not stand on {other}"
    if other == own and len(file.parts) > 2 and len(header.parts) > 2 and file.parts[1] != header.parts[1]:
        return f"is beside: {file.parent} and {header.parent} are folders of one layer"
    if header.name.endswith("internal.h") and header.parent not in file.parents:
        return f"is for {header.parent}/ alone"
    return None


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    host = root / "host"
    layers, failed, seen = layers_of(root), False, 0
    for path in sorted([*host.rglob("*.c"), *host.rglob("*.h")]):
        file = path.relative_to(host)
        if len(file.parts) > 1 and file.parts[0] not in layers:
            sys.exit(f"host/{file.parts[0]} is no layer of CMakeLists.txt")
        for number, line in enumerate(path.read_text().splitlines(), 1):
            header = INCLUDE.match(line)
            if not header:
                continue
            seen += 1
            wrong = fault(layers, host, file, pathlib.PurePath(header[1]))
            if wrong:
                print(f'host/{file}:{number}: "{header[1]}" {wrong}')
                failed = True
    if seen == 0:
        sys.exit(f"{host} holds no include")
    sys.exit(failed)


main()
