#!/usr/bin/env python3
"""Takes the power away from rehome: records a command, lays out the states that disk.py says may be on
the disk afterwards, and complains about each from which rehome does not go on exactly.

    crash_states.py --rehome PROGRAM --record LIBRARY --scene FOLDER [--states N] [--starts N]
                    [--seed N] [--lose] OPERATION...

--states: so many of an operation, chosen by the seed; --starts: so many more places from which resume
and rollback start. --lose: leaves out the fsyncs of one file or folder after the other instead, and
fails unless the states show that, but for those in NEEDLESS."""
import argparse
import os
import random
import re
import sys

from disk import Disk, part, states
from scenarios import NEW_FOLDER, OPERATIONS, Failed, Run
from world import World, differences, spoken

# Of these the loss can be seen by nobody: heads.json may lag behind the logs that it tells of, the file of
# a lock is only for people, and a folder that is removed need not be sound.
NEEDLESS = {("manual", "run"), ("resume", "."), ("rollback", "."), ("rollback", "run"), ("rollback", NEW_FOLDER)}
MOST_SAMPLES = 20000  # of one call
MOST_LOST = 100  # states that are looked at for one file or folder


class Recorder:
    """Runs commands in a world and keeps what they did to its files."""

    def __init__(self, world, library):
        self.world, self.log = world, os.path.join(world.scene, "calls")
        self.environment = {"LD_PRELOAD": library, "RECORD_LOG": self.log, "RECORD_BELOW": world.path}

    def record(self, commands, apart=False, lose=None):
        """The calls of commands, each a list of words, and the tree that they lead to."""
        if os.path.exists(self.log):
            os.unlink(self.log)
        start = self.world.read()
        more = {"RECORD_APART": "1" if apart else None, "RECORD_LOSE": lose}
        environment = {**self.environment, **{name: value for name, value in more.items() if value}}
        for command in commands:
            problems = spoken(self.world.run(*command, environment=environment), 0, 3)
            if problems:
                raise Failed(" ".join(command) + ": " + problems[0])
            with open(self.log, "a") as log:
                log.write("told\n")
        with open(self.log) as log:
            calls = [line.rstrip("\n").split("\t") for line in log]
        end = self.world.read()
        self.check(start, calls, end)
        return calls, end

    @staticmethod
    def check(start, calls, end):
        """The replayed calls lead to what is on the disk, so that none has escaped."""
        disk = Disk(start)
        for call in calls:
            disk.do(*call)
        unlike = differences(part(disk.tree()), part(end))
        if unlike or all(call[0] == "told" for call in calls):
            raise Failed("what was recorded is not what was done: " + unlike)


class Trial:
    """One scenario, recorded, with its states."""

    def __init__(self, world, recorder, scenario, seed, lose=None):
        self.scenario, self.seed = scenario, seed
        world.lay(scenario.disk().tree())
        self.calls, end = recorder.record(scenario.commands, scenario.apart, lose)
        self.judge = scenario.judge(end)

    def walk(self, samples):
        return states(self.scenario.disk(), self.calls, random.Random(self.seed), samples)

    def complaints(self, wanted, first=0):
        """Judges so many states, chosen by the seed, of those after the first calls."""
        indexes, samples = [], 5
        while len(indexes) < wanted and samples < MOST_SAMPLES:
            samples *= 2
            indexes = [index for index, state in enumerate(self.walk(samples)) if state[0] >= first]
        chosen = set(random.Random(self.seed).sample(indexes, min(wanted, len(indexes))))
        for index, (number, told, what, tree) in enumerate(self.walk(samples)):
            if index not in chosen:
                continue
            call = " ".join(self.calls[number - 1])[:100] if number else "its start"
            place = "%s, state %d, %s after call %d (%s): " % (self.scenario.name, index, what, number, call)
            yield [place + complaint for complaint in self.judge(told, tree)]


def try_operation(world, recorder, name, scenarios, arguments):
    tried = found = 0
    for scenario in scenarios:
        trial = Trial(world, recorder, scenario, arguments.seed)
        for complaints in trial.complaints(arguments.states // len(scenarios)):
            for complaint in complaints[: max(0, 10 - found)]:
                print(complaint)
            tried, found = tried + 1, found + len(complaints)
    print("%s: %d states from %d starts, %d complaints" % (name, tried, len(scenarios), found))
    return found == 0


def synced(calls):
    """What was synced, with an asterisk for what is different in the names of temporary files."""
    return {re.sub(r"(\.rehome-)[0-9a-f]+-.*", r"\1*", call[2]) for call in calls if call[0] == "fsync"}


def lose_each(world, recorder, name, scenarios, arguments):
    """Whether it is seen, in one of the scenarios, when the fsyncs of one file or folder are left out, for
    each that is synced; and whether files that are torn then are read as damaged."""
    seen, paths, unsaid = set(), set(), []
    for scenario in scenarios:
        here = synced(Trial(world, recorder, scenario, arguments.seed).calls)
        paths |= here
        for path in sorted(here - seen):
            trial = Trial(world, recorder, scenario, arguments.seed, lose=path)
            first = next(index for index, call in enumerate(trial.calls, 1) if call[0] == "lost")
            judged = trial.complaints(min(arguments.states, MOST_LOST), first)
            found = [complaint for complaints in judged for complaint in complaints]
            unsaid += [complaint for complaint in found if "): read: " in complaint]
            seen |= {path} if found else set()
    needless = {path for operation, path in NEEDLESS if operation == name}
    for complaint in unsaid[:10]:
        print(complaint)
    print("%s: of %d files and folders it is seen for %d that they are not synced" % (name, len(paths), len(seen)))
    print("not seen:", *sorted(paths - seen - needless))
    print("seen, although it should not matter:", *sorted(seen & needless))
    return not unsaid and seen == paths - needless


def main():
    parser = argparse.ArgumentParser()
    for name in ("rehome", "record", "scene"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--states", type=int, default=100)
    parser.add_argument("--starts", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lose", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    world = World(arguments.rehome, arguments.scene)
    recorder = Recorder(world, arguments.record)
    run = Run(world, recorder)
    right = True
    for name in arguments.names or OPERATIONS:
        scenarios = list(OPERATIONS[name](run, arguments.starts, random.Random(arguments.seed)))
        right = (lose_each if arguments.lose else try_operation)(world, recorder, name, scenarios, arguments) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
