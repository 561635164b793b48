"""What a migration of NPS changed, as Python's own XML reader sees it.

    nps_differences.py SOURCE DESTINATION-BEFORE DESTINATION-AFTER

Prints a line for each property that is not the source's (of objects that move) or not what it was before (of all else).
"""
import sys
import xml.etree.ElementTree as tree

SERVICE = "Microsoft_Internet_Authentication_Service"
MOVING = [SERVICE + "/" + name + "/" for name in (
    "RadiusProfiles", "NetworkPolicy", "Proxy_Policies", "Proxy_Profiles", "RADIUS_Server_Groups",
    "Protocols/Microsoft Radius Protocol/Clients")]


def flatten(element, path, found):
    for child in element:
        if child.tag in ("Children", "Properties"):
            flatten(child, path, found)
            continue
        name = path + (child.get("name") or child.tag)
        if len(child):
            found.setdefault(name + "/", [])
            flatten(child, name + "/", found)
        else:
            kind = child.get("{urn:schemas-microsoft-com:datatypes}dt", "")
            found.setdefault(name, []).append((kind, child.text or ""))
    return found


def main():
    source, before, after = (flatten(tree.parse(path).getroot(), "", {}) for path in sys.argv[1:4])
    moves = lambda name: any(name.startswith(prefix) for prefix in MOVING)
    expected = {name: values for name, values in before.items() if not moves(name)}
    expected.update({name: values for name, values in source.items() if moves(name)})
    show = lambda values: "absent" if values is None else ",".join(text for _, text in values) or "(empty)"
    for name in sorted(set(expected) | set(after)):
        if expected.get(name) != after.get(name):
            short = name[len(SERVICE) + 1:] if name.startswith(SERVICE) else name
            print("%s: %s -> %s" % (short, show(expected.get(name)), show(after.get(name))))


main()
