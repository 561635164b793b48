"""What is recorded for crash_states.py: starts, commands, and what must be true of every state."""
import json
import os
from functools import partial

from disk import Disk, states
from world import DESTINATION, HIVES, JOURNAL, RECORD, Ends, differences, said, settings, spoken
from world import goes_back, goes_both_ways, logs_are_sound

NEW_FOLDER = DESTINATION + "/Windows/System32/ras/new"


class Failed(Exception):
    pass


class Scenario:
    """Commands, from the tree and the calls that a killed process had made then.

    judge: takes the tree in which the commands end, and gives a function of the number of commands
    that told that they are done, and a tree; it returns complaints."""

    def __init__(self, name, commands, judge, tree, calls=(), apart=False):
        self.name, self.commands, self.judge, self.apart = name, commands, judge, apart
        self.tree, self.calls = tree, calls

    def disk(self):
        disk = Disk(self.tree)
        for call in self.calls:
            disk.do(*call)
        disk.do("killed")
        return disk


def done(result, *codes):
    problems = spoken(result, *(codes or (0,)))
    if problems:
        raise Failed(problems[0])
    return result


def until(calls, name, below, times):
    """The calls up to the one that is the so-manieth of its name for a path that starts so."""
    for index, (call, *words) in enumerate(calls):
        times -= call == name and words[0 if call == "unlink" else 1].startswith(below)
        if times == 0:
            return calls[: index + 1]
    raise Failed("there is no such call: " + name + " of " + below)


# --- the run of the small plan ---


class Run:
    """What apply does from its start to its end."""

    def __init__(self, world, recorder):
        self.world, self.start = world, world.start
        self.command = ["apply", "small.plan", "--playbook-path", world.books, "--run", "run"]
        world.lay(self.start)
        self.calls, self.end = recorder.record([self.command])
        self.ends = Ends(world, self.end, self.start)
        world.lay(self.end)
        self.calls_back, _ = recorder.record([["rollback", "run"]])

    def judge(self, ends, told_end):
        """Every state goes both ways; what the command told stays done."""

        def complaints(told, tree):
            problems = []
            if told:
                self.world.lay(tree)
                problems = said("told as done", [differences(ends.view(self.world), told_end)])
            return problems + goes_both_ways(self.world, ends, tree)

        return lambda end: complaints

    def forward(self, name, command, tree, calls=(), apart=False):
        return Scenario(name, [command], self.judge(self.ends, self.ends.forward), tree, calls, apart)

    def back(self, name, tree, calls=(), apart=False):
        return Scenario(name, [["rollback", "run"]], self.judge(self.ends, self.ends.back), tree, calls, apart)

    def stops(self, count, random):
        """So many places at which apply was stopped once its journal was there: killed, or by a loss of
        power, in turn."""
        begun = self.calls.index(next(call for call in self.calls if call[0] == "rename" and call[2] == JOURNAL))
        lost = [tree for _, _, _, tree in states(Disk(self.start), self.calls, random, 3) if JOURNAL in tree]
        for number in range(count):
            if number % 2 == 0:
                yield "killed", self.start, self.calls[: random.randint(begun + 1, len(self.calls) - 1)]
            else:
                yield "without power", random.choice(lost), ()


def apply(run, starts, random):
    yield run.forward("apply", run.command, run.start)
    yield run.forward("apply to another disk", run.command, run.start, apart=True)


def resume(run, starts, random):
    resume = ["resume", "run"]
    preparing, placing = until(run.calls, "create", HIVES, 2), until(run.calls, "rename", NEW_FOLDER + "/", 1)
    yield run.forward("resume of one that was preparing", resume, run.start, preparing)
    yield run.forward("resume of one that was placing", resume, run.start, placing)
    for how, tree, calls in run.stops(starts, random):
        yield run.forward("resume of one that was stopped, " + how, resume, tree, calls)


def rollback(run, starts, random):
    yield run.back("rollback", run.end)
    placing, going_back = until(run.calls, "rename", NEW_FOLDER + "/", 1), until(run.calls_back, "rename", HIVES, 1)
    yield run.back("rollback of one that was placing", run.start, placing)
    yield run.back("rollback of one that went back", run.end, going_back)
    yield run.back("rollback to another disk", run.end, apart=True)
    yield changed_since(run)
    for how, tree, calls in run.stops(starts, random):
        yield run.back("rollback of one that was stopped, " + how, tree, calls)
    for _ in range(starts // 2):
        stop = random.randrange(len(run.calls_back))
        yield run.back("rollback of one that went back", run.end, run.calls_back[:stop])


def changed_since(run):
    """The server has run since, so that it goes back setting by setting."""
    world, hive = run.world, HIVES + "SYSTEM"
    world.lay(run.end)
    write(world, "since.reg", reg_text("SYSTEM\\Since", "since"))
    done(world.run("hive", "import", hive, "since.reg", "--prefix", "HKEY_LOCAL_MACHINE\\SYSTEM"))
    os.unlink(os.path.join(world.path, hive + ".previous"))
    start = world.read()
    command = ["rollback", "run", "--keep-changed"]
    done(world.run(*command))
    ends = Ends(world, start, world.read(), settings, command)
    judge = run.judge(ends, ends.back)
    return Scenario("rollback of one that was changed since", [command], judge, start)


def write(world, path, text):
    with open(os.path.join(world.path, path), "w") as file:
        file.write(text)


def reg_text(key, value):
    return 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\%s]\n"Value"="%s"\n' % (key, value)


# --- the end of a run ---

CLOSE = ["close", "run", "--yes"]


def closes(run, tree):
    """Complaints unless the run of a tree is closed by another close, with nothing left of what was before;
    or goes back, when its journal does not say yet that it is being closed."""
    world = run.world
    world.lay(tree)
    problems = spoken(world.run(*CLOSE), 0)
    end = world.read()
    expected = {path: entry for path, entry in run.ends.forward.items() if path != RECORD}
    problems.append(differences(run.ends.view(world), expected))
    problems += [path + " is there" for path in end if path.startswith("run/previous")]
    problems += [path + " has a file as it was" for path in ("run/plan.json", JOURNAL) if holds_before(end[path].data)]
    problems = said("close again", problems) + logs_are_sound(world)
    if b'"kind":"closing"' not in tree[JOURNAL].data:
        problems += goes_back(world, run.ends, tree)
    return problems


def holds_before(data):
    return b"before".hex().encode() in data


def close(run, starts, random):
    def complaints(told, tree):
        is_closed = b'"kind":"closed"' in tree[JOURNAL].data
        problems = ["told as closed, and it is not"] if told and not is_closed else []
        return problems + closes(run, tree)

    if not holds_before(run.end[JOURNAL].data):
        raise Failed("the run of the plan holds nothing to lose")
    yield Scenario("close", [CLOSE], lambda end: complaints, run.end)


# --- one file that is made or replaced ---


class OneFile:
    """A file that a command makes or replaces: it is the old one (None: none) or the new one, and this
    one when that was told; the command can be given again."""

    def __init__(self, world, path, again, read, codes):
        """read: words that read it; codes: how that may end when it is neither."""
        self.world, self.path, self.again, self.read, self.codes = world, path, again, read, codes

    def scenario(self, name, words, start):
        path, kept = self.path, self.path + ".previous"
        old, older = (start[at].data if at in start else None for at in (path, kept))

        def complaints(new, told, tree):
            found, previous = (tree[at].data if at in tree else None for at in (path, kept))
            self.world.lay(tree)
            problems = []
            if told and found != new:
                problems.append("told as done, and it is not")
            elif found not in (old, new):
                problems.append("neither the old file nor the new one")
                problems += said("read", spoken(self.world.run(*self.read), *self.codes))
            if older and (previous not in (old, older) or old not in (found, previous)):
                problems.append("what was there before is lost")
            return problems + said("once more", spoken(self.world.run(*self.again), 0))

        return Scenario(name, [words], lambda end: partial(complaints, end[path].data), start)


def export(run, starts, random):
    world = run.world
    world.lay({})
    done(world.run("keygen", "--output", "key.txt"))
    with open(os.path.join(world.path, "key.txt")) as file:
        recipient = next(line.split()[-1] for line in file if line.startswith("# recipient: "))
    words = ["export", "--source", "../source", "--store", "store", "--recipient", recipient, "remote-access", "nps"]
    over = [*words, "--overwrite"]
    without = world.read()
    done(world.run(*words))
    store = OneFile(world, "store", over, ["store", "verify", "store", "--identity", "key.txt"], (8,))
    yield store.scenario("export", words, without)
    yield store.scenario("export over another", over, world.read())


def hive_import(run, starts, random):
    world = run.world
    words = ["hive", "import", "HIVE", "change.reg", "--create", "--prefix", "HKEY_LOCAL_MACHINE\\HIVE"]
    # A hive has no checksums: some damage looks like other data.
    hive = OneFile(world, "HIVE", words, ["hive", "check", "HIVE"], (0, 1, 6))
    world.lay({"HIVE": run.start[HIVES + "SYSTEM"], "HIVE.previous": run.start[HIVES + "SOFTWARE"]})
    write(world, "change.reg", reg_text("HIVE\\Made", "made"))
    start = world.read()
    yield hive.scenario("hive import", words, start)
    yield hive.scenario("hive import of a new one", words, {"change.reg": start["change.reg"]})


# --- what people record ---


def manual(run, starts, random):
    """Steps are recorded with notes, long enough to be torn; each is recorded or not, in order."""
    world = run.world
    world.lay(run.start)
    done(world.apply("hands"), 3)
    start = world.read()
    words = [("one", "done"), ("two", "skip"), ("one", "reopen"), ("two", "done")]
    commands, expected = [], [{"hands/one": "open", "hands/two": "open"}]
    for number in range(4 * (1 + starts)):
        step, what = words[number % len(words)]
        note = "".join(random.choice("abcdefgh ") for _ in range(random.choice((10, 700, 2500))))
        commands.append(["manual", "run", step, what, "--by", "anna", "--note", note])
        state = {"skip": "skipped", "reopen": "open"}.get(what, what)
        expected.append({**expected[-1], "hands/" + step: state})
    ends = Ends(world, start, run.start)

    def complaints(told, tree):
        world.lay(tree)
        problems = said("list", [unlike_steps(world, expected[told : told + 2])])
        problems += said("once more", spoken(world.run("manual", "run", "one", "done"), 0, 3))
        return problems + logs_are_sound(world) + goes_back(world, ends, tree)

    yield Scenario("manual", commands, lambda end: complaints, start)


def unlike_steps(world, expected):
    result = world.run("manual", "run", "--json")
    problems = spoken(result, 0, 3)
    if problems:
        return problems[0]
    found = {step["id"]: step["state"] for step in json.loads(result.out)["manual"]}
    return "" if found in expected else "the steps are %s, not one of %s" % (found, expected)


OPERATIONS = {
    "apply": apply,
    "resume": resume,
    "rollback": rollback,
    "export": export,
    "hive-import": hive_import,
    "manual": manual,
    "close": close,
}
