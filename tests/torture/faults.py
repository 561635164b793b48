#!/usr/bin/env python3
"""Lets one system call of rehome after the other fail, by strace, and complains unless what comes of it
is exact or refused: nothing is changed when that is told, and a run goes on and back exactly.

    faults.py --rehome PROGRAM --record LIBRARY --scene FOLDER [--faults N] [--seed N] OPERATION...

--faults: so many of an operation, chosen by the seed; or "all". Calls of the loader, before rehome
opens the first file that it was told of, are left alone."""
import argparse
import os
import random
import re
import sys
from collections import Counter, namedtuple

from crash_states import Recorder
from faulty import KNOWN, OPERATIONS
from scenarios import Run
from world import World, said, spoken

# How the system calls about files fail here. Not close: strace would leave the file open, as no system does.
ERRORS = {
    "openat2?": ("EMFILE", "EACCES", "EIO"),
    "(newf|f|l)?stat(at)?|statx|f?access(at)?2?": ("EACCES", "EIO"),
    "getdents64": ("EIO",),
    "p?read(64|v|v2)?": ("EIO",),
    "readlink(at)?": ("EIO",),
    "mmap": ("ENOMEM",),
    "p?write(64|v|v2)?": ("ENOSPC", "EIO"),
    "f?truncate": ("EIO",),
    "fsync|fdatasync": ("EIO", "ENOSPC"),
    "rename(at)?2?": ("EIO", "EACCES"),
    "link(at)?": ("EIO", "EACCES"),
    "unlink(at)?": ("EIO", "EACCES"),
    "mkdir(at)?": ("ENOSPC", "EACCES"),
    "rmdir": ("EIO",),
    "f?chmod(at)?2?": ("EPERM",),
    "[fl]?chown(at)?": ("EPERM",),
    "[fl]?setxattr": ("ENOSPC",),
    "[fl]?(get|list)xattr": ("EIO",),
    "flock": ("ENOLCK",),
}
STREAMS = {"1": "standard output", "2": "standard error"}

# number: of all calls of that name in the process. path: of what it is about, without what is different
# in each run. turn: of the calls of that name for that path.
Fault = namedtuple("Fault", "call number error path turn")


def text(fault):
    return "%s %s %s %d" % (fault.call, fault.error, fault.path, fault.turn)


def errors_of(call):
    return next((errors for calls, errors in ERRORS.items() if re.fullmatch(calls, call)), ())


def traced(world, words, log, *options):
    return world.run(*words, before=["strace", "-f", "-q", "-o", log, *options])


def path_of(call, world):
    """What a call, as strace -y writes it, is about, without what is different in each run."""
    named = re.match(r'\w+\((?:AT_FDCWD<[^>]*>, )?"([^"]*)"', call)
    opened = re.match(r"\w+\([^<\"]*\b(\d+)<([^>]*)>", call)
    if opened and opened.group(1) in STREAMS:
        return STREAMS[opened.group(1)]
    path = os.path.join(world.path, named.group(1)) if named else opened.group(2) if opened else ""
    path = re.sub(r"\.rehome-[0-9a-f]+-[0-9a-f]+", ".rehome-*", os.path.normpath(path))
    return os.path.relpath(path, world.path) if path.startswith(world.scene) else path


def faults(world, words, log):
    """All faults of a command, from the first call on that names something of the world."""
    traced(world, words, log, "-y")
    numbers, turns, begun, process = Counter(), Counter(), False, None
    with open(log) as file:
        for line in file:
            found = re.match(r"(\d+) +((\w+)\(.*)", line)
            process = process or found and found.group(1)
            if not found or found.group(1) != process:
                continue
            call = found.group(3)
            numbers[call] += 1
            path = path_of(found.group(2), world)
            begun = begun or (call == "openat" and not path.startswith("/"))
            if not begun or (call == "mmap" and not re.search(r"\d<", line)):
                continue
            turns[call, path] += 1
            for error in errors_of(call):
                yield Fault(call, numbers[call], error, path, turns[call, path])


def try_operation(world, operation, name, arguments):
    """The faults that were tried, as text, each with its complaints; and how many there are."""
    log = os.path.join(world.scene, "trace")
    world.lay(operation.start)
    points = list(faults(world, operation.words, log))
    count = len(points) if arguments.faults == "all" else min(int(arguments.faults), len(points))
    chosen = set(random.Random(arguments.seed).sample(points, count))
    for known in KNOWN:
        if known.operation == name:
            chosen.update([point for point in points if re.search(known.surely, text(point))][:1])
    found = {}
    for point in points:
        if point not in chosen:
            continue
        world.lay(operation.start)
        inject = "inject=%s:error=%s:when=%d" % (point.call, point.error, point.number)
        result = traced(world, operation.words, log, "--seccomp-bpf", "-e", "trace=" + point.call, "-e", inject)
        with open(log) as file:
            is_met = "(INJECTED)" in file.read()
        found[text(point)] = operation.judge(result, world.read()) if is_met else ["the call was not made again"]
    return found, len(points)


def tell(name, found):
    """Prints what nobody knows yet, and what is known and is right now; whether there is neither."""
    expected = {known for known in KNOWN if known.operation == name}
    met, news = set(), []
    for fault, complaints in found.items():
        about = [known for known in expected if re.search(known.fault, fault)]
        for complaint in complaints:
            fits = [known for known in about if re.search(known.complaint, complaint)]
            met.update(fits)
            news += [] if fits else ["%s, %s: %s" % (name, fault, complaint)]
    for known in expected - met:
        news.append("%s: known is that %s. It is right now: take it off the list" % (name, known.why))
    print(*news[:20], sep="\n", end="\n" if news else "")
    return not news


def main():
    parser = argparse.ArgumentParser()
    for name in ("rehome", "record", "scene"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--faults", default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    world = World(arguments.rehome, arguments.scene)
    run = Run(world, Recorder(world, arguments.record))
    right = True
    for name in arguments.names or OPERATIONS:
        found, count = try_operation(world, OPERATIONS[name](run), name, arguments)
        right = tell(name, found) and right
        wrong = sum(1 for complaints in found.values() if complaints)
        print("%s: %d of %d faults, complaints about %d" % (name, len(found), count, wrong), flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
