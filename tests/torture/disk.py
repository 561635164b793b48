"""What a disk may hold after a loss of power: replays what record.c wrote down, and loses things.

The model. It promises less than any file system that people keep servers on:

- fsync of a file makes its bytes, length and attributes last, fsync of a folder its names (not what
  is in the files that they name); fdatasync leaves out attributes. Nothing else makes anything last.
- What was done since the last fsync is pending, in pieces: a block of 512 bytes of a write, a new
  length, a change of attributes; in a folder one create, mkdir, rename, link or unlink, which takes
  place whole or not at all. After a loss of power each piece is there or not.
- In order: of each file, and of each folder, some first pieces are there, as a journal has it.
  Between files and folders there is no order: a rename can be there before its data.
- Out of order: any pieces are there. A block that is not there is as it was before, or zeros where
  there was nothing; a file can have its new length without its new blocks.

States, for every call that was recorded, of the loss of power right after it: all pending pieces
there, none, none but the new lengths, names alone, bytes alone; each piece alone missing, and alone
there; and samples by a seed, in order and out of order.

Not in the model: times of files, and that a disk returns other bytes than it was given."""
import os
import shutil
from collections import namedtuple

BLOCK = 512

# data: None for a folder. number: that of the file, since one file may have several names.
Entry = namedtuple("Entry", "data mode owner extended number")


class File:
    """A file, or a folder (whose data is None): what lasts of it, and the pieces that are pending, oldest
    first: ("data", offset, block), ("length", length), ("names", {name: file, or None: gone}) or
    ("attributes", {name: value})."""

    def __init__(self, data, mode, owner, extended=()):
        self.data, self.attributes = data, {"mode": mode, "owner": owner, **dict(extended)}
        self.names = {} if data is None else None
        self.pending = []

    def settle(self, kept, grown=False):
        """Names or data, and attributes, with the pending pieces whose indexes are kept.
        grown: the length has changed also where the bytes are lost."""
        if not self.pending:
            return (self.names if self.data is None else self.data), self.attributes
        attributes = dict(self.attributes)
        content = dict(self.names) if self.data is None else bytearray(self.data)
        for index, (kind, *rest) in enumerate(self.pending):
            if kind == "data" and (index in kept or grown):
                offset, block = rest
                content.extend(bytes(max(0, offset + len(block) - len(content))))
                if index in kept:
                    content[offset : offset + len(block)] = block
            elif index in kept and kind == "length":
                content.extend(bytes(max(0, rest[0] - len(content))))
                del content[rest[0] :]
            elif index in kept and kind == "names":
                content.update(rest[0])
            elif index in kept and kind == "attributes":
                attributes.update(rest[0])
        return content, attributes

    def everything(self):
        return range(len(self.pending))

    def sync(self, attributes=True):
        rest = [] if attributes else [piece for piece in self.pending if piece[0] == "attributes"]
        content, then = self.settle(self.everything())
        if self.data is None:
            self.names = content
        else:
            self.data = bytes(content)
        if attributes:
            self.attributes = then
        self.pending = rest


class Disk:
    """Files and folders below the recorded one, from a tree of which everything lasts."""

    def __init__(self, tree):
        self.root = File(None, 0o755, (0, 0))
        self.files = [self.root]
        self.opened = {}
        known = {}
        for path in sorted(tree):
            entry = tree[path]
            file = known.get(entry.number) or self._new(entry.data, entry.mode, entry.owner, entry.extended)
            known[entry.number] = file
            folder, name = self._split(path)
            folder.names[name] = file

    def _new(self, *about):
        self.files.append(File(*about))
        return self.files[-1]

    def _split(self, path):
        above, name = os.path.split(path)
        return self.find(above), name

    def find(self, path):
        file = self.root
        for name in path.split("/") if path not in ("", ".") else ():
            file = file.settle(file.everything())[0][name]
        return file

    def _name(self, path, file):
        folder, name = self._split(path)
        folder.pending.append(("names", {name: file}))

    def do(self, call, *words):
        """Replays one line of the log."""
        getattr(self, "_" + call)(*words)

    def _create(self, descriptor, path, mode, user, group):
        self.opened[descriptor] = self._new(b"", int(mode, 8), (int(user), int(group)))
        self._name(path, self.opened[descriptor])

    def _open(self, descriptor, path):
        self.opened[descriptor] = self.find(path)

    def _close(self, descriptor):
        del self.opened[descriptor]

    def _write(self, descriptor, offset, text):
        data, start = bytes.fromhex(text), int(offset)
        while data:
            room = BLOCK - start % BLOCK
            self.opened[descriptor].pending.append(("data", start, data[:room]))
            data, start = data[room:], start + room

    def _truncate(self, descriptor, length):
        self.opened[descriptor].pending.append(("length", int(length)))

    def _fsync(self, descriptor, path):
        self.opened[descriptor].sync()

    def _fdatasync(self, descriptor, path):
        self.opened[descriptor].sync(attributes=False)

    def _lost(self, descriptor, path):
        """An fsync that was left out."""

    def _rename(self, old, new):
        (old_folder, old_name), (new_folder, new_name) = self._split(old), self._split(new)
        file = self.find(old)
        if new_folder is not old_folder:
            raise NotImplementedError("a rename between folders: " + old + " to " + new)
        if new_folder.settle(new_folder.everything())[0].get(new_name) is not file:  # else POSIX does nothing
            new_folder.pending.append(("names", {new_name: file, old_name: None}))

    def _link(self, old, new):
        self._name(new, self.find(old))

    def _unlink(self, path):
        self._name(path, None)

    def _mkdir(self, path, mode, user, group):
        self._name(path, self._new(None, int(mode, 8), (int(user), int(group))))

    def _attributes(self, path, mode, user, group):
        self.find(path).pending.append(("attributes", {"mode": int(mode, 8), "owner": (int(user), int(group))}))

    def _extended(self, path, name, text):
        self.find(path).pending.append(("attributes", {name: bytes.fromhex(text)}))

    def _unextended(self, path, name):
        self.find(path).pending.append(("attributes", {name: None}))

    def _told(self):
        """The command has ended and said so."""
        self.opened.clear()

    def _killed(self):
        """The process has ended; nothing is lost by that."""
        self.opened.clear()

    def tree(self, kept=None, grown=()):
        """The tree with these pieces: kept is {file: indexes}, none for other files; None: with all."""
        tree, folders = {}, [("", self.root)]

        def settled(file):
            return file.settle(file.everything() if kept is None else kept.get(file, ()), file in grown)

        while folders:
            above, folder = folders.pop()
            for name, file in settled(folder)[0].items():
                if file is None:
                    continue
                path = os.path.join(above, name)
                content, attributes = settled(file)
                if file.data is None:
                    folders.append((path, file))
                extended = {name: value for name, value in attributes.items() if name not in ("mode", "owner")}
                tree[path] = Entry(
                    None if file.data is None else bytes(content),
                    attributes["mode"],
                    attributes["owner"],
                    tuple(sorted(item for item in extended.items() if item[1] is not None)),
                    id(file),
                )
        return tree

    def pending(self):
        return sum(len(file.pending) for file in self.files)

    def corners(self):
        """The choices that are always looked at: (what, kept, grown)."""
        dirty = [file for file in self.files if file.pending]
        everything = {file: set(file.everything()) for file in dirty}
        yield "everything is there", everything, ()
        if not dirty:
            return
        yield "nothing is there", {}, ()
        yield "lengths alone are there", {}, dirty
        yield "names alone are there", {file: kept for file, kept in everything.items() if file.data is None}, ()
        yield "bytes alone are there", {file: kept for file, kept in everything.items() if file.data is not None}, ()
        for file in dirty:
            for index in file.everything():
                yield "one piece alone is missing", {**everything, file: everything[file] - {index}}, dirty
                yield "one piece alone is there", {file: {index}}, dirty

    def sample(self, random):
        dirty = [file for file in self.files if file.pending]
        if random.random() < 0.5:
            return "in order", {file: set(range(random.randint(0, len(file.pending)))) for file in dirty}, ()
        share = random.choice((0.2, 0.5, 0.8))
        kept = {file: {index for index in file.everything() if random.random() < share} for file in dirty}
        return "out of order", kept, [file for file in dirty if random.random() < 0.5]


def states(disk, calls, random, samples):
    """For each of the calls (lists of words, as in the log): (its number, commands that were told to be
    done, what of the pending is there, tree). Alike ones come once."""
    told, seen = 0, set()
    for number, call in enumerate([["nothing"], *calls]):
        if number > 0:
            disk.do(*call)
        if call[0] in ("open", "close"):
            continue
        told += call[0] == "told"
        tries = min(samples, 4 ** disk.pending())
        for what, kept, grown in [*disk.corners(), *(disk.sample(random) for _ in range(tries))]:
            found = disk.tree(kept, grown)
            mark = told, fingerprint(found)
            if mark not in seen:
                seen.add(mark)
                yield number, told, what, found


def fingerprint(tree):
    first = {}
    return hash(tuple((path, *entry[:4], first.setdefault(entry.number, path)) for path, entry in sorted(tree.items())))


def read_tree(root):
    """The tree of a folder on this machine's disk."""
    tree = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            stat = os.lstat(path)
            data = None
            if name in files:
                with open(path, "rb") as file:
                    data = file.read()
            extended = tuple(sorted((item, os.getxattr(path, item)) for item in os.listxattr(path)))
            owner = stat.st_uid, stat.st_gid
            tree[os.path.relpath(path, root)] = Entry(data, stat.st_mode & 0o7777, owner, extended, stat.st_ino)
    return tree


def write_tree(tree, root):
    """Makes the folder hold that tree and nothing else."""
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    names = {}
    for path, entry in sorted(tree.items()):
        to = os.path.join(root, path)
        if entry.number in names:
            os.link(names[entry.number], to)
            continue
        if entry.data is None:
            os.mkdir(to)
        else:
            names[entry.number] = to
            with open(to, "wb") as file:
                file.write(entry.data)
        if entry.owner != (os.geteuid(), os.getegid()):
            os.chown(to, *entry.owner)
        for name, value in entry.extended:
            os.setxattr(to, name, value)
        os.chmod(to, entry.mode)


def part(tree, folder=""):
    """What is below a folder of a tree, without numbers, to compare."""
    return {path: entry[:4] for path, entry in tree.items() if path.startswith(folder)}
