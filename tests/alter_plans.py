"""Edits of a plan, each of them what somebody could want to slip in: alter_plans.py PLAN

Each makes altered-NAME.plan, whose digests and id fit, and prints NAME, a tab and what a refusal has to name. All of them
are plans in the eyes of the schema. Edits of the request alone are among them: what they ask for is not in the plan."""
import copy
import json
import sys

from forge_plans import fit

SERVICE = "\\ControlSet001\\Services\\Helper"
ABSENT = {"present": False}


def first(plan, **wanted):
    return next(item for item in plan["changes"] if all(item[key] == value for key, value in wanted.items()))


def value(name, kind, data):
    return {"action": "set-value", "hive": "SYSTEM", "path": SERVICE, "name": name, "origin": 1, "secret": False,
            "before": ABSENT, "after": {"present": True, "type": kind, "data": data}}


def text(string):
    return (string + "\0").encode("utf-16-le").hex()


def a_value(plan):
    first(plan, action="set-value", secret=False)["after"]["data"] += "00"
    return "change set-value"


def a_value_more(plan):
    change = copy.deepcopy(first(plan, action="set-value"))
    change.update(name="Slipped in", before=ABSENT)
    plan["changes"].append(change)
    return "Slipped in (one more)"


def a_service(plan):
    key = {"action": "create-key", "hive": "SYSTEM", "path": SERVICE, "origin": 1, "secret": False, "before": ABSENT,
           "after": {"present": True, "data": ""}}
    plan["changes"] += [key, value("ImagePath", 2, text("C:\\evil.exe")), value("Start", 4, "02000000"),
                        value("Type", 4, "10000000")]
    return "4 differences"


def utilman(plan):
    plan["changes"].append({"action": "write-file", "path": "Windows/System32/utilman.exe", "origin": 1, "secret": False,
                            "before": ABSENT, "after": {"present": True, "data": b"MZ".hex()}})
    return "change write-file Windows/System32/utilman.exe (one more)"


def a_change_less(plan):
    plan["changes"].remove(first(plan, action="set-value"))
    return "(missing)"


def the_order_of_changes(plan):
    a, b = [index for index, change in enumerate(plan["changes"]) if change["action"] == "set-value"][:2]
    plan["changes"][a], plan["changes"][b] = plan["changes"][b], plan["changes"][a]
    return "changes (their order or number)"


def a_change_twice(plan):
    plan["changes"].append(plan["changes"][-1])
    return "changes (their order or number)"


def a_deletion(plan):
    change = copy.deepcopy(first(plan, action="set-value"))
    index = plan["changes"].index(first(plan, action="set-value"))
    change.update(action="delete-value", after=ABSENT)
    plan["changes"][index] = change
    return "change delete-value"


def a_deleted_key(plan):
    plan["changes"].append({"action": "delete-key", "hive": "SYSTEM", "path": "\\ControlSet001\\Services\\W32Time",
                            "origin": 1, "secret": False, "before": {"present": True, "data": ""}, "after": ABSENT})
    return "change delete-key SYSTEM \\ControlSet001\\Services\\W32Time (one more)"


def the_content_of_a_file(plan):
    first(plan, action="write-file")["after"]["data"] += b"\r\n# more".hex()
    return "change write-file"


def permissions_of_a_key(plan):
    first(plan, action="create-key")["after"]["security"] = "01000480000000000000000000000000" + "14000000"
    return "after.security"


def a_secret_shown(plan):
    first(plan, secret=True)["secret"] = False
    return ": secret"


def whose_change_it_is(plan):
    first(plan, action="set-value")["origin"] += 1
    return ": origin"


def a_line_of_a_script(plan):
    plan["deferred"][1]["run"] += "\nStart-Process C:\\evil.exe\n"
    return "deferred action %s: run" % plan["deferred"][1]["id"]


def the_way_back_of_a_script(plan):
    plan["deferred"][1]["undo"] = ""
    return "deferred action %s: undo" % plan["deferred"][1]["id"]


def a_script_more(plan):
    plan["deferred"].append({**plan["deferred"][0], "id": "remote-access/helper", "run": "Start-Process C:\\evil.exe"})
    return "deferred action remote-access/helper (one more)"


def the_order_of_scripts(plan):
    plan["deferred"].reverse()
    return "deferred (their order or number)"


def a_manual_step_less(plan):
    return "manual step %s (missing)" % plan["manual"].pop(0)["id"]


def a_manual_step_done(plan):
    plan["manual"][0].update(state="done", evidence={"by": "rehome", "note": "checked by rehome"})
    return "manual step %s: " % plan["manual"][0]["id"]


def a_step(plan):
    plan["steps"][0]["title"] += "!"
    return "step %s: title" % plan["steps"][0]["id"]


def a_verdict(plan):
    verdict = next(item for item in plan["verdicts"] if item["verdict"] == "migrated")
    verdict["verdict"] = "dropped"
    return "verdict on %s" % verdict["path"]


def what_a_verdict_expects(plan):
    verdict = next(item for item in plan["verdicts"] if "sha256" in item.get("to", {}))
    verdict["to"]["sha256"] = "0" * 64
    return ": to.sha256"


def a_check_that_warns(plan):
    check = next(item for item in plan["checks"] if not item["ok"])
    check["ok"] = True
    return "check %s %s: ok" % (check["playbook"], check["id"])


def a_parameter(plan):
    plan["parameters"]["remote-access"]["helper"] = "yes"
    return "parameters: remote-access.helper"


def the_map(plan):
    plan["map"][0]["reason"] = "given"
    return "interface "


def a_note_less(plan):
    plan["notes"].pop()
    return "note"


def what_the_destination_was(plan):
    plan["destination"]["fingerprints"].pop("Windows/System32/config/SYSTEM")
    return "destination: fingerprints.Windows/System32/config/SYSTEM"


def who_the_source_is(plan):
    plan["source"]["identity"]["computer-name"] = "OTHER"
    return "source: identity.computer-name"


def what_a_playbook_is_called(plan):
    plan["playbooks"][0]["title"] = "Harmless"
    return "playbook %s: title" % plan["playbooks"][0]["id"]


def the_sums(plan):
    plan["accounted"]["settings"] += 1
    return "accounted: settings"


def an_exclusion_asked_for(plan):
    plan["request"]["excluded"].append(
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RasMan\\Parameters\\AllowPPTPWeakCrypto")
    return "AllowPPTPWeakCrypto"


def a_parameter_asked_for(plan):
    plan["request"]["parameters"]["no_such"] = "yes"
    return "its request gives no plan now"


EDITS = [edit for name, edit in list(globals().items()) if callable(edit) and edit.__module__ == __name__
         and name not in ("first", "value", "text")]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        sound = json.load(file)
    for edit in EDITS:
        plan = copy.deepcopy(sound)
        named = edit(plan)
        fit(plan)
        with open(f"altered-{edit.__name__}.plan", "w", encoding="utf-8") as file:
            json.dump(plan, file, ensure_ascii=False, indent=1, sort_keys=True)
            file.write("\n")
        print(f"{edit.__name__}\t{named}")


main()
