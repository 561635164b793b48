/* --beside: what a plan needs to know of the plans that move other parts of its source. */
#include "command/command.h"

#include <string.h>

/* [{id, title}] of a plan's playbooks. */
static json_t *playbooks_of(const json_t *document) {
  json_t *list = json_array(), *playbook;
  size_t index;
  json_array_foreach(json_object_get(document, "playbooks"), index, playbook) {
    json_array_append_new(list, json_pack("{s:O,s:O}", "id", json_object_get(playbook, "id"),
                                          "title", json_object_get(playbook, "title")));
  }
  return list;
}

static rh_status check_part(const rh_plan *part, const char *path, const rh_machine *source,
                            const rh_machine *destination, rh_error *error) {
  rh_error cause = {0};
  char *target = NULL;
  rh_status status = rh_plan_check_source(part, rh_machine_location(source), &cause);
  if (status != RH_OK) {
    rh_error_set(error, RH_ERR_ARGUMENT, path,
                 "was made from another source than %s, or from one that has changed since: %s",
                 rh_machine_location(source), cause.message);
    rh_error_hint(error, "make that plan again from this source, then this one beside it");
    return RH_ERR_ARGUMENT;
  }
  status = rh_platform_absolute(&target, rh_machine_location(destination), error);
  if (status == RH_OK && strcmp(target, rh_plan_destination(part)) == 0) {
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "goes to the same destination");
    rh_error_hint(error, "plan what goes to one destination together, in one plan");
  }
  rh_free(target);
  return status;
}

static rh_status add_part(json_t *out, const char *path, const rh_machine *source,
                          const rh_machine *destination, rh_error *error) {
  rh_plan *part = NULL;
  rh_status status = rh_plan_load(&part, path, error);
  if (status == RH_OK)
    status = check_part(part, path, source, destination, error);
  if (status == RH_OK) {
    const json_t *document = rh_plan_document(part);
    const json_t *side = json_object_get(document, "destination");
    json_t *entry =
        json_pack("{s:O, s:o, s:O, s:s, s:o, s:O}", "plan", json_object_get(document, "id"), "file",
                  rh_json_text(path), "destination",
                  json_object_get(json_object_get(side, "identity"), "computer-name"), "location",
                  rh_plan_destination(part), "playbooks", playbooks_of(document), "takes",
                  json_object_get(document, "takes"));
    if (json_array_append_new(out, entry))
      status = rh_error_memory(error);
  }
  rh_plan_free(part);
  return status;
}

rh_status rh_read_beside(rh_cli *cli, json_t **out, const rh_machine *source,
                         const rh_machine *destination, rh_error *error) {
  *out = json_array();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < cli->beside.count; i++)
    status = add_part(*out, cli->beside.items[i], source, destination, error);
  return status;
}
