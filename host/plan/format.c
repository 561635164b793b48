/* What a plan holds: the keys of format 2, as docs/plan.schema.json describes them. */
#include "plan/shape.h"

#define LEAF(id, kind_) static const rh_shape id = {.kind = kind_}
#define LIST(id, item_) static const rh_shape id = {.kind = RH_SHAPE_LIST, .item = &item_}
#define MAP(id, item_) static const rh_shape id = {.kind = RH_SHAPE_MAP, .item = &item_}
#define FIELDS(id) static const rh_field id##_fields[]
#define END                                                                                        \
  { NULL, NULL, false }
#define OBJECT(id)                                                                                 \
  { .kind = RH_SHAPE_OBJECT, .name = #id, .fields = id##_fields }

LEAF(text, RH_SHAPE_TEXT);
LEAF(name, RH_SHAPE_NAME);
LEAF(scalar, RH_SHAPE_SCALAR);
LEAF(integer, RH_SHAPE_INTEGER);
LEAF(count, RH_SHAPE_COUNT);
LEAF(flag, RH_SHAPE_FLAG);
LEAF(sha256, RH_SHAPE_SHA256);
LEAF(fingerprint, RH_SHAPE_FINGERPRINT);
LIST(texts, text);
MAP(scalars, scalar);
MAP(digests, sha256);
MAP(fingerprints, fingerprint);
MAP(parameters, scalars);

/* What was asked. */

FIELDS(machine) = {{"kind", &text, false}, {"location", &text, false}, END};
static const rh_shape machine = OBJECT(machine);

FIELDS(answers_file) = {{"carry", &texts, false}, {"file", &text, false},
                        {"leave", &texts, false}, {"parameters", &scalars, false},
                        {"waive", &texts, false}, END};
static const rh_shape answers_file = OBJECT(answers_file);
LIST(answers_files, answers_file);

FIELDS(map_entry) = {{"destination", &text, false}, {"source", &text, false}, END};
static const rh_shape map_entry = OBJECT(map_entry);
LIST(map_entries, map_entry);

FIELDS(certificate) = {{"der", &text, false}, {"thumbprint", &text, false}, END};
static const rh_shape certificate = OBJECT(certificate);
LIST(chain, certificate);

FIELDS(certificate_file) = {{"certificate", &certificate, false},
                            {"chain", &chain, false},
                            {"modern", &flag, true},
                            {"path", &text, false},
                            {"sha256", &sha256, false},
                            END};
static const rh_shape certificate_file = OBJECT(certificate_file);
LIST(certificate_files, certificate_file);

FIELDS(take) = {
    {"parameter", &text, true}, {"playbook", &text, false}, {"what", &text, false}, END};
static const rh_shape take = OBJECT(take);
LIST(takes, take);

FIELDS(other_playbook) = {{"id", &text, false}, {"title", &text, false}, END};
static const rh_shape other_playbook = OBJECT(other_playbook);
LIST(other_playbooks, other_playbook);

FIELDS(other_plan) = {{"destination", &name, false},
                      {"file", &text, false},
                      {"location", &text, false},
                      {"plan", &sha256, false},
                      {"playbooks", &other_playbooks, false},
                      {"takes", &takes, false},
                      END};
static const rh_shape other_plan = OBJECT(other_plan);
LIST(other_plans, other_plan);

FIELDS(request) = {{"accept_dirty", &flag, false},
                   {"answers", &answers_files, false},
                   {"beside", &other_plans, false},
                   {"carried", &texts, false},
                   {"certificates", &certificate_files, false},
                   {"destination", &machine, false},
                   {"excluded", &texts, false},
                   {"first_start", &text, true},
                   {"left", &texts, false},
                   {"map", &map_entries, false},
                   {"parameters", &scalars, false},
                   {"playbooks", &texts, false},
                   {"source", &machine, false},
                   {"time", &integer, false},
                   {"waived", &texts, false},
                   END};
const rh_shape rh_request_shape = OBJECT(request);

/* What was found and decided. */

FIELDS(identity) = {{"architecture", &name, false},     {"build", &name, false},
                    {"computer-name", &name, false},    {"control-set", &name, false},
                    {"domain", &name, false},           {"edition", &name, false},
                    {"install-language", &name, false}, {"installation-type", &name, false},
                    {"os-name", &name, false},          {"os-version", &name, false},
                    {"product-type", &name, false},     {"service-pack", &name, false},
                    {"system-root", &name, false},      END};
static const rh_shape identity = OBJECT(identity);

FIELDS(side) = {{"fingerprints", &fingerprints, false}, {"identity", &identity, false}, END};
static const rh_shape side = OBJECT(side);

FIELDS(playbook) = {
    {"id", &text, false},      {"modules", &digests, false}, {"place", &text, false},
    {"replaces", &text, true}, {"sha256", &sha256, false},   {"source", &text, false},
    {"title", &text, false},   {"version", &text, false},    END};
static const rh_shape playbook = OBJECT(playbook);
LIST(playbooks, playbook);

FIELDS(interface) = {{"guid", &text, false}, {"name", &text, false}, END};
static const rh_shape interface = OBJECT(interface);

FIELDS(pair) = {{"destination", &interface, true},
                {"reason", &text, false},
                {"source", &interface, false},
                END};
static const rh_shape pair = OBJECT(pair);
LIST(pairs, pair);

FIELDS(check) = {{"guide", &texts, false},   {"hint", &text, true},
                 {"id", &text, false},       {"message", &text, true},
                 {"ok", &flag, false},       {"playbook", &text, false},
                 {"severity", &text, false}, {"title", &text, false},
                 {"waived", &flag, true},    END};
static const rh_shape check = OBJECT(check);
LIST(checks, check);

FIELDS(step) = {{"guide", &texts, false},
                {"id", &text, false},
                {"kind", &text, false},
                {"place", &text, true},
                {"playbook", &text, false},
                {"state", &text, false},
                {"summary", &text, true},
                {"title", &text, false},
                {"users", &texts, true},
                {"verdicts", &count, true},
                END};
static const rh_shape step = OBJECT(step);
LIST(steps, step);

FIELDS(target) = {{"name", &text, true},
                  {"path", &text, false},
                  {"sha256", &sha256, true},
                  {"type", &text, true},
                  END};
static const rh_shape target = OBJECT(target);

FIELDS(verdict) = {{"after", &text, true},
                   {"before", &text, true},
                   {"guide", &text, true},
                   {"name", &text, true},
                   {"path", &text, false},
                   {"rule", &text, false},
                   {"step", &text, false},
                   {"to", &target, true},
                   {"verdict", &text, false},
                   {"why", &text, true},
                   END};
static const rh_shape verdict = OBJECT(verdict);
LIST(verdicts, verdict);

FIELDS(sums) = {
    {"settings", &count, false}, {"unjudged", &count, false}, {"verdicts", &count, false}, END};
static const rh_shape sums = OBJECT(sums);

FIELDS(outcome) = {
    {"count", &count, false}, {"meaning", &text, false}, {"name", &text, false}, END};
static const rh_shape outcome = OBJECT(outcome);
LIST(outcomes, outcome);

FIELDS(evidence) = {{"by", &text, false}, {"note", &text, false}, END};
static const rh_shape evidence = OBJECT(evidence);

FIELDS(manual_step) = {{"details", &texts, false},
                       {"evidence", &evidence, true},
                       {"guide", &texts, false},
                       {"id", &text, false},
                       {"on", &text, false},
                       {"phase", &text, false},
                       {"playbook", &text, false},
                       {"state", &text, false},
                       {"text", &text, false},
                       {"title", &text, false},
                       {"unattended", &text, false},
                       {"users", &texts, true},
                       END};
static const rh_shape manual_step = OBJECT(manual_step);
LIST(manual_steps, manual_step);

FIELDS(deferred_action) = {{"asks", &flag, true},
                           {"closes", &texts, true},
                           {"guide", &texts, false},
                           {"id", &text, false},
                           {"playbook", &text, false},
                           {"requires", &texts, true},
                           {"run", &text, false},
                           {"title", &text, false},
                           {"undo", &text, false},
                           {"users", &texts, true},
                           END};
static const rh_shape deferred_action = OBJECT(deferred_action);
LIST(deferred_actions, deferred_action);

FIELDS(note) = {{"step", &text, false}, {"text", &text, false}, END};
static const rh_shape note = OBJECT(note);
LIST(notes, note);

FIELDS(waiver) = {{"consequence", &text, true},
                  {"name", &text, false},
                  {"used", &flag, false},
                  {"what", &text, true},
                  END};
static const rh_shape waiver = OBJECT(waiver);
LIST(waivers, waiver);

/* What is done. */

FIELDS(change_side) = {{"data", &text, true}, {"present", &flag, false}, {"security", &text, true},
                       {"time", &text, true}, {"type", &count, true},    END};
static const rh_shape change_side = OBJECT(change_side);

FIELDS(change) = {
    {"action", &text, false}, {"after", &change_side, false}, {"before", &change_side, false},
    {"hive", &text, true},    {"name", &name, true},          {"origin", &count, false},
    {"path", &name, false},   {"secret", &flag, false},       END};
static const rh_shape change = OBJECT(change);
LIST(changes, change);

FIELDS(plan) = {{"accounted", &sums, false},
                {"changes", &changes, false},
                {"checks", &checks, false},
                {"deferred", &deferred_actions, false},
                {"destination", &side, false},
                {"engine", &sha256, false},
                {"format", &count, false},
                {"id", &sha256, false},
                {"manual", &manual_steps, false},
                {"map", &pairs, false},
                {"notes", &notes, false},
                {"parameters", &parameters, false},
                {"parts", &digests, false},
                {"playbooks", &playbooks, false},
                {"request", &rh_request_shape, false},
                {"secret_key", &sha256, false},
                {"source", &side, false},
                {"steps", &steps, false},
                {"summary", &outcomes, false},
                {"takes", &takes, false},
                {"tool", &text, false},
                {"verdicts", &verdicts, false},
                {"version", &text, false},
                {"waived", &waivers, false},
                END};
const rh_shape rh_plan_shape = OBJECT(plan);
