"""Holds plans against docs/plan.schema.json: check_plans.py SCHEMA FOLDER

Every file below the folder that is a plan of today's format, whatever it is called, and that nobody altered since: its
id fits. Those called forged... are left out: tests make their ids fit. Prints a line for each that the schema refuses,
and at the end how many there were."""
import hashlib
import json
import os
import sys

import jsonschema


def plans(folder):
    seen = set()
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if name.startswith("forged") or not os.path.isfile(path) or not os.access(path, os.R_OK):
                continue
            with open(path, "rb") as file:
                start = file.read(1)
                data = start + file.read() if start == b"{" else b""
            digest = hashlib.sha256(data).digest()
            if b'\n "tool": "rehome",\n' in data and digest not in seen:
                seen.add(digest)
                yield path, data


def is_sound(plan):
    rest = {key: value for key, value in plan.items() if key != "id"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() == plan.get("id")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    count = wrong = 0
    for path, data in plans(sys.argv[2]):
        try:
            plan = json.loads(data)
        except ValueError:
            continue  # a test cut it short
        if plan.get("format") != schema["$defs"]["plan"]["properties"]["format"]["const"] or not is_sound(plan):
            continue
        count += 1
        for error in validator.iter_errors(plan):
            wrong += 1
            print(f"{path}: {'.'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}")
    print(f"{count} plans")
    sys.exit(1 if wrong else 0)


main()
