/* Planning once more what a plan was asked, with the rules that it was made with. */
#include "base/version.h"
#include "command/command.h"

#include <string.h>

/* Before anything of a playbook is read: another rehome would tell all of them apart. */
static rh_status check_version(const json_t *document, rh_error *error) {
  const char *version = json_string_value(json_object_get(document, "version"));
  if (strcmp(version, rh_version()) != 0)
    rh_error_set(error, RH_ERR_STALE, "version", "rehome is %s, the plan was made by %s",
                 rh_version(), version);
  else if (!json_object_get(document, "engine"))
    rh_error_set(error, RH_ERR_STALE, "format",
                 "the plan is of an older format, which does not tell the rules it was made with");
  else
    return RH_OK;
  rh_error_hint(error, "make a new plan");
  return RH_ERR_STALE;
}

rh_status rh_open_planned_script(rh_cli *cli, const rh_plan *plan, rh_script **out,
                                 rh_error *error) {
  *out = NULL;
  rh_status status = check_version(rh_plan_document(plan), error);
  if (status == RH_OK)
    status = rh_load_script(cli, out, NULL, error);
  if (status == RH_OK)
    status = rh_script_load_planned(*out, plan, error);
  if (status != RH_OK) {
    rh_script_free(*out);
    *out = NULL;
  }
  return status;
}

static rh_exit say_what_is_left(rh_cli *cli, const rh_plan *second, bool source_changed,
                                json_t *document) {
  size_t left = rh_plan_change_count(second);
  json_object_set_new(document, "changes_left", json_integer((json_int_t)left));
  if (left == 0) {
    rh_say(cli, "  planned again: nothing is left to change");
    return RH_EXIT_DONE;
  }
  if (source_changed)
    rh_warn(cli, "planned again from the source as it is now, %zu changes would be made:", left);
  else
    rh_warn(cli, "planned again, %zu changes are left:", left);
  rh_view_plan(cli, second);
  /* A source that went on living says nothing about the destination. */
  return source_changed ? RH_EXIT_DONE : RH_EXIT_DIFFERS;
}

static rh_status open_source(rh_cli *cli, const rh_plan *plan, rh_machine **out, rh_error *error) {
  rh_age_keys keys = {0};
  rh_status status = rh_read_keys(cli, &keys, error);
  if (status == RH_OK)
    status = rh_machine_open(out, rh_plan_source(plan), &keys, error);
  rh_age_keys_dispose(&keys);
  return status;
}

/* The destination is read only, so a hive that somebody left open since then is no obstacle. */
static rh_status open_destination(const rh_plan *plan, rh_migration *again, rh_error *error) {
  rh_status status = rh_machine_open(&again->destination, rh_plan_destination(plan), NULL, error);
  if (status != RH_OK)
    return status;
  rh_machine_accept_dirty(again->destination);
  return rh_machine_overlay(&again->overlay, again->destination, error);
}

rh_exit rh_plan_again(rh_cli *cli, const rh_plan *plan, rh_script *script, bool source_changed,
                      json_t *document) {
  rh_migration again = {.script = script};
  rh_error error = {0};
  rh_plan *second = NULL;
  rh_exit code = RH_EXIT_DONE;
  if (open_source(cli, plan, &again.source, &error) != RH_OK) {
    rh_warn(cli, "the source cannot be read now, so it was not planned again: %s", error.message);
    rh_migration_close(&again);
    return RH_EXIT_DONE;
  }
  rh_status status = open_destination(plan, &again, &error);
  if (status == RH_OK)
    status = rh_request_again(&again.request, rh_plan_request(plan),
                              json_object_get(rh_plan_document(plan), "map"), &error);
  if (status == RH_OK)
    status = rh_plan_new(&second, &error);
  if (status == RH_OK) {
    const rh_session session = {again.source, again.overlay, again.request};
    status = rh_script_plan(script, &session, second, &error);
  }
  if (status != RH_OK) {
    rh_fail(cli, &error);
    code = RH_EXIT_DIFFERS; /* not what the error alone would be: the destination has changed */
  } else {
    code = say_what_is_left(cli, second, source_changed, document);
  }
  rh_plan_free(second);
  rh_migration_close(&again);
  return code;
}
