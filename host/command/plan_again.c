/* Planning once more what a plan was asked, with the rules that it was made with: before it is
 * applied, to see that it is what its request gives, and after, to see that nothing is left. */
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

void rh_again_close(rh_again *again) {
  rh_script_free(again->script);
  rh_machine_free(again->source);
  *again = (rh_again){0};
}

/* The destination is read only, so a hive that somebody left open since then is no obstacle. */
static rh_status open_destination(const char *location, rh_migration *again, bool accept_dirty,
                                  rh_error *error) {
  rh_status status = rh_machine_open(&again->destination, location, NULL, error);
  if (status != RH_OK)
    return status;
  if (accept_dirty)
    rh_machine_accept_dirty(again->destination);
  return rh_machine_overlay(&again->overlay, again->destination, error);
}

/* The one way to plan again: on the destination as it is now. Takes the request. */
static rh_status plan_again(rh_plan **out, const rh_again *again, json_t *request,
                            bool accept_dirty, rh_error *error) {
  rh_migration machines = {.request = request};
  *out = NULL;
  rh_status status = open_destination(again->destination, &machines, accept_dirty, error);
  if (status == RH_OK)
    status = rh_plan_new(out, error);
  if (status == RH_OK) {
    const rh_session session = {again->source, machines.overlay, request};
    status = rh_script_plan(again->script, &session, *out, error);
  }
  rh_migration_close(&machines);
  return status;
}

static rh_status cannot_read_source(rh_status status, rh_error *error) {
  rh_error cause = *error;
  rh_error_set(error, status, cause.object,
               "the source cannot be read, so the plan cannot be compared with what it gives: %s",
               cause.message);
  error->system_code = cause.system_code;
  rh_error_hint(error, "attach the source, give a store's key (--identity, --passphrase-file), or "
                       "trust the plan as it is: --without-source");
  return status;
}

/* What the request gives now is no plan at all. */
static rh_status no_plan_again(rh_status status, const char *path, rh_error *error) {
  if (status != RH_ERR_BLOCKED && status != RH_ERR_ARGUMENT)
    return status;
  rh_error cause = *error;
  rh_error_set(error, RH_ERR_STALE, path, "its request gives no plan now: %s: %s", cause.object,
               cause.message);
  rh_error_hint(error, "it was altered after it was made: make a new plan");
  return RH_ERR_STALE;
}

/* A plan whose id fits may have been altered all the same. */
static rh_status check_content(rh_cli *cli, const rh_plan *plan, const char *path,
                               const rh_again *again, rh_error *error) {
  rh_plan *now = NULL;
  json_t *request = json_deep_copy(rh_plan_request(plan));
  if (!request)
    return rh_error_memory(error);
  bool accept_dirty = json_is_true(json_object_get(request, "accept_dirty"));
  rh_progress(cli, "planning again", 0, 0);
  rh_status status =
      no_plan_again(plan_again(&now, again, request, accept_dirty, error), path, error);
  if (status == RH_OK)
    status = rh_plan_compare(plan, now, path, error);
  rh_plan_free(now);
  return status;
}

/* Adds the settings to what says which files are stale. */
static void name_stale_settings(const rh_plan *plan, const char *destination, rh_error *error) {
  rh_buffer names = {0};
  if (rh_plan_name_stale(&names, plan, destination, NULL) == RH_OK && names.len > 0)
    rh_error_hint(error, "%s; make a new plan", rh_buffer_text(&names));
  rh_buffer_dispose(&names);
}

rh_status rh_check_planned(rh_cli *cli, const rh_plan *plan, const char *path, rh_again *again,
                           rh_error *error) {
  rh_status status =
      cli->without_source ? RH_OK : rh_plan_check_source(plan, rh_plan_source(plan), error);
  if (status != RH_OK && status != RH_ERR_STALE)
    return cannot_read_source(status, error);
  if (status == RH_OK)
    status = rh_plan_check_fresh(plan, NULL, again->destination, error);
  if (status == RH_ERR_STALE)
    name_stale_settings(plan, again->destination, error);
  if (status == RH_OK)
    status = rh_open_planned_script(cli, plan, &again->script, error);
  if (status != RH_OK || cli->without_source)
    return status;
  status = rh_open_asking(cli, &again->source, rh_plan_source(plan), error);
  return status == RH_OK ? check_content(cli, plan, path, again, error)
                         : cannot_read_source(status, error);
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

/* Asks for no passphrase: what the run did can be told without. */
static rh_status open_source(rh_cli *cli, const rh_plan *plan, rh_again *again, rh_error *error) {
  rh_age_keys keys = {0};
  if (again->source)
    return RH_OK;
  rh_status status = rh_read_keys(cli, &keys, error);
  if (status == RH_OK)
    status = rh_machine_open(&again->source, rh_plan_source(plan), &keys, error);
  rh_age_keys_dispose(&keys);
  return status;
}

rh_exit rh_plan_again(rh_cli *cli, const rh_plan *plan, rh_again *again, bool source_changed,
                      json_t *document) {
  rh_error error = {0};
  rh_plan *second = NULL;
  json_t *request = NULL;
  rh_exit code = RH_EXIT_DONE;
  if (cli->without_source) {
    rh_warn(cli, "it was not planned again: the source is left out (--without-source)");
    return RH_EXIT_DONE;
  }
  if (open_source(cli, plan, again, &error) != RH_OK) {
    rh_warn(cli, "the source cannot be read now, so it was not planned again: %s", error.message);
    return RH_EXIT_DONE;
  }
  rh_status status = rh_request_again(&request, rh_plan_request(plan),
                                      json_object_get(rh_plan_document(plan), "map"), &error);
  if (status == RH_OK)
    status = plan_again(&second, again, request, true, &error);
  if (status != RH_OK) {
    code = rh_fail(cli, &error);
    if (code != RH_EXIT_INTERRUPTED)
      code = RH_EXIT_DIFFERS; /* not what the error alone would be: the destination has changed */
  } else {
    code = say_what_is_left(cli, second, source_changed, document);
  }
  rh_plan_free(second);
  return code;
}
