"""What faults.py lets fail: commands, and what must be true afterwards."""
import struct
from collections import namedtuple

from disk import Disk, part
from scenarios import CLOSE, closes, done, unlike_steps, until
from world import DESTINATION, HIVES, JOURNAL, differences, goes_back, goes_both_ways, logs_are_sound, said, spoken

# What is not right yet: a complaint like that about a fault like that, in text, is known. The fault that
# is surely one of them is always tried, and when it gives no such complaint any more the entry has to be
# taken off.
Known = namedtuple("Known", "operation fault complaint surely why")
ATTRIBUTES = "has other (permissions|owner|extended attributes)( and (owner|extended attributes))*"
KNOWN = (
    *(
        Known(
            name,
            "",
            "^[a-z ]*: EDGE02[^ ]* " + ATTRIBUTES + "$",
            "^chmod EPERM .*SYSTEM",
            "attributes that cannot be given to a new file are lost without a word",
        )
        for name in ("apply", "resume")
    ),
)


def ended(result):
    """Complaints about how a command ended, whatever came of it."""
    problems = spoken(result, *range(10))
    if not problems and result.code not in (0, 3, 6) and "\n        " not in result.err:
        problems.append("no remedy: " + result.err)
    return problems


class Operation:
    def __init__(self, words, start, judge):
        self.words, self.start, self.judge = words, start, judge


def moving(run, words, start, told_end):
    """A command that moves a run: done, or as it was and said so, or half-way; and then it goes both ways."""
    world = run.world
    world.lay(start)
    before = run.ends.view(world)

    def judge(result, tree):
        problems = ended(result)
        if result.code in (0, 6):
            problems += said("told as done", [differences(run.ends.view(world), told_end)])
        elif result.code != 7:
            problems += said("told as unchanged", [differences(run.ends.view(world), before)])
        return problems + goes_both_ways(world, run.ends, tree)

    return Operation(words, start, judge)


def apply(run):
    return moving(run, run.command, run.start, run.ends.forward)


def half_way(run, below, times):
    disk = Disk(run.start)
    for call in until(run.calls, "rename", below, times):
        disk.do(*call)
    return disk.tree()


def resume(run):
    return moving(run, ["resume", "run"], half_way(run, HIVES, 1), run.ends.forward)


def rollback(run):
    return moving(run, ["rollback", "run"], run.end, run.ends.back)


def rollback_placing(run):
    return moving(run, ["rollback", "run"], half_way(run, DESTINATION, 3), run.ends.back)


def closing(run):
    """close: done, half-way and said so, or not begun; and another one ends it."""
    world = run.world

    def judge(result, tree):
        begun = b'"kind":"closing"' in tree[JOURNAL].data
        problems = ended(result)
        if result.code not in (0, 7) and begun:
            problems.append("told as not begun, and it is")
        if result.code == 0 and b'"kind":"closed"' not in tree[JOURNAL].data:
            problems.append("told as closed, and it is not")
        return problems + closes(run, tree)

    return Operation(CLOSE, run.end, judge)


def recording(run):
    """manual: the step is recorded and said so, or neither; and the run goes back."""
    world = run.world
    world.lay(run.start)
    done(world.apply("hands"), 3)
    start = world.read()

    def judge(result, tree):
        world.lay(tree)
        state = "done" if result.code in (3, 7) else "open"
        problems = ended(result)
        problems += said("list", [unlike_steps(world, [{"hands/one": state, "hands/two": "open"}])])
        return problems + logs_are_sound(world) + goes_back(world, run.ends, tree)

    return Operation(["manual", "run", "one", "done", "--note", "by hand"], start, judge)


def recover(run):
    """hive recover: the whole hive (also when it is told that it may not last), or none; and the hive and
    its log stay as they are."""
    world = run.world
    hive = run.start[HIVES + "SYSTEM"]
    dirty, log = unclean(hive.data)
    start = {"HIVE": hive._replace(data=dirty), "HIVE.LOG1": hive._replace(data=log, number="log")}
    words = ["hive", "recover", "HIVE", "--output", "OUT"]
    world.lay(start)
    done(world.run(*words))
    expected = world.read()

    def judge(result, tree):
        same = differences(part(tree), part(expected if result.code in (0, 7) else start))
        return ended(result) + said("told as %d" % result.code, [same])

    return Operation(words, start, judge)


def unclean(hive):
    """A hive of which a page was not written any more, and the log, of the old format, that has it."""
    page = 512
    bins = len(hive) - 4096
    lost = bins // page // 2

    def sealed(base, number, kind):
        struct.pack_into("<I", base, 4, number)
        struct.pack_into("<I", base, 28, kind)
        total = 0
        for word in struct.unpack_from("<127I", base):
            total ^= word
        struct.pack_into("<I", base, 508, {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(total, total))
        return bytes(base)

    at = 4096 + lost * page
    primary = struct.unpack_from("<I", hive, 4)[0]
    bitmap = bytearray(bins // page // 8)
    bitmap[lost // 8] = 1 << lost % 8
    dirty = sealed(bytearray(hive[:page]), primary + 1, 0) + hive[page:at] + bytes(page) + hive[at + page :]
    log = sealed(bytearray(hive[:page]), primary, 1) + (b"DIRT" + bitmap).ljust(page, b"\0") + hive[at : at + page]
    return dirty, log


OPERATIONS = {
    "apply": apply,
    "resume": resume,
    "rollback": rollback,
    "rollback-placing": rollback_placing,
    "manual": recording,
    "close": closing,
    "hive-recover": recover,
}
