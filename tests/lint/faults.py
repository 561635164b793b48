#!/usr/bin/env python3
"""Plants one fault after the other in a copy of host/ and sees the check that is meant for it fail.

Prints a TAP line a fault. Each is the text to put in the place of another one in a file; with "" it is
added as the file's last line. What the check then says has to name the file and hold the given words.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

FAULTS = [
    ("includes", "an include of a layer above", "registry/walk.c", "", '#include "machine/machine.h"', "above"),
    ("includes", "an include of the command line", "run/log.c", "", '#include "command/command.h"', "above"),
    ("includes", "an include of a sibling", "interface/map.c", "", '#include "account/account.h"', "beside"),
    ("includes", "the same in a header", "account/account.h", "", '#include "store/store.h"', "beside"),
    ("includes", "an include of a backend beside", "registry/text/read.c", "", '#include "registry/hive/hive.h"', "beside"),
    ("includes", "a layer's internal header", "machine/compare.c", "", '#include "registry/hive/internal.h"', "alone"),
    ("includes", "a folder's internal header", "registry/walk.c", "", '#include "registry/overlay/internal.h"', "alone"),
    ("includes", "an internal header by another name", "machine/compare.c", "",
     '#include "certificate/pkcs12_internal.h"', "alone"),
    ("includes", "a header by its bare name", "plan/plan.c", "", '#include "plan.h"', "below host/"),
    ("includes", "a layer that stands on one above", "../CMakeLists.txt", "rehome_layer(base ",
     "rehome_layer(base rehome_run ", "circle"),
    ("tables", "a table without its guard", "run/run.c", "RH_TABLE_FITS(names, RH_RUN_CLOSED);", "", "lacks"),
    ("tables", "a guard by another constant", "run/run.c", "RH_RUN_CLOSED);", "RH_RUN_APPLIED);", "last"),
    ("tables", "a constant behind the guard's", "run/run.h", "  RH_RUN_CLOSED ",
     "  RH_RUN_CLOSED,\n  RH_RUN_PLANTED ", "last"),
    ("tables", "a table that is filled up", "machine/machine.c", "machine_hive_names[] =",
     "machine_hive_names[MACHINE_HIVES] =", "filled up"),
    ("system", "a header of the system", "store/seal.c", "", "#include <unistd.h>", "header of the system"),
    ("system", "errno", "run/lock.c", "", "#include <errno.h>", "header of the system"),
    ("system", "a question which system it is", "command/output.c", "", "#ifdef _WIN32\n#endif", "asks"),
    ("system", "a file opened past the platform", "command/output.c", "",
     'void *planted(void) { return fopen("a", "r"); }', "past"),
    ("system", "a permission in octal", "run/lock.c", "", "int planted = 0644;", "octal"),
    ("windows", "a call that Windows has not", "run/lock.c", "", "int planted(void);\nint planted(void) { return fork(); }",
     "fork"),
    ("windows", "a long that is shorter there", "run/lock.c", "",
     "long planted(uint64_t size);\nlong planted(uint64_t size) { return (long)size >> 40; }", "shift"),
    ("clang_tidy", "a null pointer that is used", "run/lock.c", "",
     "int planted(const int *at);\nint planted(const int *at) { return at ? 0 : *at; }", "NullDereference"),
    ("clang_tidy", "a product that is widened", "run/lock.c", "",
     "size_t planted(unsigned a);\nsize_t planted(unsigned a) { return a * a; }", "implicit-widening"),
    ("cppcheck", "an index behind the end", "run/lock.c", "",
     "int planted(void);\nint planted(void) { int a[2] = {0}; return a[2]; }", "arrayIndexOutOfBounds"),
]  # fmt: skip


def run(check, root, file):
    """A Python check looks at the whole copy, a shell script at the one file."""
    script = HERE / f"{check}.py"
    command = [sys.executable, script, root] if script.exists() else ["sh", HERE / f"{check}.sh", root / "host" / file]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def plant(root, file, old, new):
    path = root / "host" / file
    text = path.read_text()
    if old and text.count(old) != 1:
        sys.exit(f"not ok - {file} holds {text.count(old)} times: {old}")
    path.write_text(text.replace(old, new) if old else f"{text}{new}\n")
    return lambda: path.write_text(text)


def main():
    failed = False

    def tell(good, name, result):
        nonlocal failed
        print(f"{'ok' if good else 'not ok'} - {name}")
        if not good:
            failed = True
            print("".join(f"    {line}\n" for line in (result.stdout + result.stderr).splitlines()), end="")

    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        shutil.copytree(ROOT / "host", root / "host")
        shutil.copy(ROOT / "CMakeLists.txt", root)
        for check, name, file, old, new, words in FAULTS:
            restore = plant(root, file, old, new)
            result = run(check, root, file)
            restore()
            said = result.stdout + result.stderr
            good = result.returncode != 0 and pathlib.PurePath(file).stem in said and words in said
            tell(good, f"{check} sees {name}", result)
        for check, file in sorted({check: file for check, _, file, *_ in FAULTS}.items()):
            result = run(check, root, file)
            tell(result.returncode == 0 and not result.stdout, f"{check} is content when they are gone", result)
    sys.exit(failed)


main()
