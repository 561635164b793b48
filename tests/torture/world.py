"""The folder in which rehome is disturbed, and what must be true of it afterwards.

Made of a scene (make_small in small.sh): plans, and EDGE02 as it was. Complaints are texts; what is
right gives none."""
import json
import os
import signal
import struct
import subprocess
from collections import namedtuple

from disk import part, read_tree, write_tree

DESTINATION, JOURNAL = "EDGE02", "run/journal.jsonl"
HIVES = DESTINATION + "/Windows/System32/config/"
RECORD = HIVES + "rehome-runs.json"  # the runs that stand on it
PATIENCE = 300  # seconds, of a command that takes a hundredth of one
Result = namedtuple("Result", "code out err")


class World:
    def __init__(self, rehome, scene):
        self.rehome, self.scene, self.path = rehome, scene, os.path.join(scene, "world")
        self.books = os.path.join(scene, "mine")
        self.start = self._first_tree()

    def _first_tree(self):
        """The plans and the untouched destination, with attributes that have to be kept."""
        plans, image = (read_tree(os.path.join(self.scene, name)) for name in ("plans", "image"))
        write_tree({**plans, **below(image)}, self.path)
        kept = os.path.join(self.path, DESTINATION, "Windows/System32/ras/present.txt")
        try:
            os.setxattr(kept, "user.kept", b"\0kept")
            os.chown(kept, 1234, 1234)
        except OSError:
            pass  # a file system without, a user who may not: then they are not tested
        return read_tree(self.path)

    def lay(self, tree):
        write_tree(tree, self.path)

    def read(self):
        return read_tree(self.path)

    def run(self, *words, before=(), environment=None):
        try:
            done = subprocess.run(
                [*before, self.rehome, *words],
                cwd=self.path,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return Result(-signal.SIGALRM, "", "it hangs")
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def apply(self, plan="small", **how):
        return self.run("apply", plan + ".plan", "--playbook-path", self.books, "--run", "run", **how)


def below(tree, folder=DESTINATION):
    """A tree moved into a folder, which is made like the first of them."""
    top = next(entry for entry in tree.values() if entry.data is None)
    moved = {os.path.join(folder, path): entry for path, entry in tree.items()}
    return {folder: top._replace(number=folder), **moved}


def clock_of(tree):
    """The time that the run of a tree stamps keys with, as it stands in a hive; none without a run."""
    if JOURNAL not in tree:
        return None
    first = json.loads(tree[JOURNAL].data.split(b"\n")[0])
    return struct.pack("<Q", int(first["clock"]))


def states(record):
    """The states of the runs that a record tells of, without what is different in each run."""
    return [run["state"] for run in json.loads(record)["runs"]]


def destination(tree):
    """What is in the destination, with zeros for the run's clock, and of the record of runs their states."""
    clock = clock_of(tree)
    found = part(tree, DESTINATION + "/")
    if clock:
        for path, (data, *rest) in found.items():
            if data:
                found[path] = (data.replace(clock, bytes(8)), *rest)
    if RECORD in found:
        found[RECORD] = (states(found[RECORD][0]), *found[RECORD][1:])
    return found


def differences(found, expected):
    """The paths that differ, in words; empty when none does."""
    paths = [path for path in sorted({*found, *expected}) if found.get(path) != expected.get(path)]
    return ", ".join(path + explain(found.get(path), expected.get(path)) for path in paths)


def explain(found, expected):
    if found is None or expected is None:
        return " is missing" if found is None else " is there"
    names = ("bytes", "permissions", "owner", "extended attributes")
    unlike = [name for name, is_now, was in zip(names, found, expected) if is_now != was]
    return " has other " + " and ".join(unlike)


# What was done stays done when nobody can be told: a line, and the exit code of what was done.
UNHEARD = "rehome: standard output: cannot write; what the command does is done all the same"


def spoken(result, *codes):
    """Complaints about how a command ended: the code is one of those, no signal, one clear error."""
    if result.code < 0:
        return ["ended by signal %d: %s" % (-result.code, result.err)]
    errors = [line for line in result.err.split("\n") if line.startswith("rehome: ")]
    if UNHEARD in errors and result.code in (0, 3, 6):
        errors.remove(UNHEARD)
    if result.code in (0, 3) and errors:
        return ["ended with %d, and an error: %s" % (result.code, result.err)]
    if result.code not in (0, 3, 6) and len(errors) != 1:
        return ["ended with %d without one clear error: %s" % (result.code, result.err)]
    if result.code not in codes:
        return ["ended with %d: %s" % (result.code, (result.err or result.out).strip())]
    return []


class Ends:
    """The two ends of a run, in the eyes of view, which takes a world and tells what is in its
    destination; way_back: the words that lead back."""

    def __init__(self, world, forward, back, view=None, way_back=("rollback", "run")):
        self.way_back = way_back
        self.view = view or (lambda its_world: destination(its_world.read()))
        self.forward, self.back = self._seen(world, forward), self._seen(world, back)

    def _seen(self, world, tree):
        world.lay(tree)
        return self.view(world)

    def unlike(self, world, end):
        """What differs from an end, and a lock that nobody holds."""
        left = os.path.exists(os.path.join(world.path, DESTINATION + ".rehome-lock"))
        return [differences(self.view(world), end), "the lock was not given back" if left else ""]


def settings(world):
    """The destination with its hives as listings: what is the same setting by setting."""
    found = destination(world.read())
    for path in found:
        if path.startswith(HIVES) and path != RECORD:
            found[path] = (world.run("hive", "list", path).out, *found[path][1:])
    return found


def goes_on(world, ends, tree):
    """Complaints unless the run in a tree resumes to its end (or, on its way back, to its beginning)."""
    world.lay(tree)
    result = world.run("resume", "run")
    if "was rolled back" in result.err:
        return said("resume refused", spoken(result, 2) + [differences(ends.view(world), ends.back)])
    problems = spoken(result, 0, 3)
    if not problems:
        problems = ends.unlike(world, ends.back if "rolled-back" in result.out else ends.forward)
    return said("resume", problems) + logs_are_sound(world)


def goes_back(world, ends, tree):
    """Complaints unless the run in a tree rolls back to what was there before."""
    world.lay(tree)
    problems = spoken(world.run(*ends.way_back), 0) or ends.unlike(world, ends.back)
    return said("rollback", problems) + logs_are_sound(world)


def goes_both_ways(world, ends, tree):
    """Complaints unless the run of a tree goes on and back exactly, or there is none and it can start."""
    if JOURNAL in tree:
        return goes_on(world, ends, tree) + goes_back(world, ends, tree)
    world.lay(tree)
    problems = said("no run", [differences(ends.view(world), ends.back)])
    return problems + said("apply again", spoken(world.apply(), 0) or ends.unlike(world, ends.forward))


def logs_are_sound(world):
    result = world.run("log", "verify", "run")
    return [] if result.code == 0 else ["log verify: " + (result.out + result.err).strip()]


def said(what, complaints):
    return [what + ": " + text for text in complaints if text]
