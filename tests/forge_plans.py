"""Changes a plan so that its id fits: forge_plans.py SCHEMA PLAN, a change a line on standard input.

A line is PLACE, a tab and JSON (the key gets this value), or PLACE alone (the key goes); PLACE is spelt like
"changes[3].before.time". Line n makes forged-n.plan, and prints its name, the place and what the schema says of it."""
import copy
import hashlib
import json
import re
import sys

import jsonschema


def digest(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def change(plan, place, value):
    *above, last = [int(part[1:-1]) if part[0] == "[" else part for part in re.findall(r"\[\d+\]|[^.\[\]]+", place)]
    for part in above:
        plan = plan[part]
    if value is None:
        del plan[last]
    else:
        plan[last] = json.loads(value)


def add_parts(parts, name, value, depth):
    if depth == 0 or not isinstance(value, dict):
        parts[name] = digest(value)
    else:
        for key, below in value.items():
            add_parts(parts, f"{name}.{key}", below, depth - 1)


def parts_of(plan):
    parts = {}
    for key, value in plan.items():
        if key not in ("id", "parts"):
            add_parts(parts, key, value, {"parameters": 2, "request": 1}.get(key, 0))
    return parts


def fit(plan):
    """Makes digests and id those of the plan as it is now."""
    plan["parts"] = parts_of(plan)
    del plan["id"]
    plan["id"] = digest(plan)


def main():
    schema, sound = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
    validator = jsonschema.Draft202012Validator(schema)
    for number, line in enumerate(sys.stdin, 1):
        place, _, value = line.rstrip("\n").partition("\t")
        plan = copy.deepcopy(sound)
        change(plan, place, value or None)
        if place not in ("id", "parts"):
            plan["parts"] = parts_of(plan)
        if place != "id":
            del plan["id"]
            plan["id"] = digest(plan)
        with open(f"forged-{number}.plan", "w", encoding="utf-8") as file:
            json.dump(plan, file, ensure_ascii=False)
        print(f"forged-{number}.plan\t{place}\t{'accepted' if validator.is_valid(plan) else 'refused'}")


if __name__ == "__main__":
    main()
