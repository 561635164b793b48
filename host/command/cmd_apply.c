/* apply, resume and rollback: the commands that write to a destination. */
#include "command/command.h"

#include <string.h>

static void show_progress(void *payload, const char *phase, size_t done, size_t total) {
  rh_progress(payload, phase, done, total);
}

/* The playbooks that a plan names, with the digests that they have now. */
static rh_exit check_playbooks(rh_cli *cli, const rh_plan *plan, rh_script **script) {
  const json_t *planned = json_object_get(rh_plan_document(plan), "playbooks");
  size_t count = json_array_size(planned);
  const char **ids = rh_alloc_zero(count, sizeof *ids);
  rh_error error = {0};
  json_t *found = NULL;
  if (!ids) {
    rh_error_memory(&error);
    return rh_fail(cli, &error);
  }
  for (size_t i = 0; i < count; i++)
    ids[i] = json_string_value(json_object_get(json_array_get(planned, i), "id"));
  rh_words words = {ids, count};
  rh_exit code = rh_open_script(cli, script, &words);
  if (code == RH_EXIT_DONE && rh_script_describe(*script, &found, &error) != RH_OK)
    code = rh_fail(cli, &error);
  for (size_t i = 0; code == RH_EXIT_DONE && i < count; i++) {
    const json_t *is = json_object_get(json_array_get(found, i), "sha256");
    if (!json_equal(json_object_get(json_array_get(planned, i), "sha256"), is)) {
      rh_error_set(&error, RH_ERR_STALE, ids[i],
                   "the playbook was changed after the plan was made");
      rh_error_hint(&error, "make a new plan");
      code = rh_fail(cli, &error);
    }
  }
  json_decref(found);
  rh_free(ids);
  return code;
}

/* {"playbook": {"name": value}} of a plan as the flat table that a session takes. */
static json_t *flat_parameters(const rh_plan *plan) {
  json_t *flat = json_object(), *values;
  const char *playbook;
  json_object_foreach(json_object_get(rh_plan_document(plan), "parameters"), playbook, values) {
    json_object_update(flat, values);
  }
  return flat;
}

static rh_status planned_map(const rh_plan *plan, rh_migration *out, rh_error *error) {
  size_t index;
  json_t *pair;
  const json_t *map = json_object_get(rh_plan_document(plan), "map");
  out->map = rh_alloc_zero(json_array_size(map), sizeof *out->map);
  if (!out->map)
    return rh_error_memory(error);
  json_array_foreach(map, index, pair) {
    const char *destination =
        json_string_value(json_object_get(json_object_get(pair, "destination"), "guid"));
    rh_map_entry *entry = &out->map[out->map_count++];
    entry->source =
        rh_copy_text(json_string_value(json_object_get(json_object_get(pair, "source"), "guid")));
    entry->destination = rh_copy_text(destination ? destination : "");
    if (!entry->source || !entry->destination)
      return rh_error_memory(error);
  }
  return RH_OK;
}

/* Plans again on the destination as it is now: whatever the second plan holds was not reached. */
static rh_exit plan_again(rh_cli *cli, const rh_plan *plan, rh_script *script, json_t *document) {
  rh_migration again = {.script = script};
  rh_error error = {0};
  rh_plan *second = NULL;
  rh_age_keys keys = {0};
  rh_status status = rh_read_keys(cli, &keys, &error);
  if (status == RH_OK)
    status = rh_machine_open(&again.source, rh_plan_source(plan), &keys, &error);
  rh_age_keys_dispose(&keys);
  if (status != RH_OK) {
    rh_warn(cli, "the source cannot be read now, so it was not planned again: %s", error.message);
    rh_migration_close(&again);
    return RH_EXIT_DONE;
  }
  status = rh_machine_open(&again.destination, rh_plan_destination(plan), NULL, &error);
  if (status == RH_OK)
    status = rh_machine_overlay(&again.overlay, again.destination, &error);
  if (status == RH_OK)
    status = planned_map(plan, &again, &error);
  again.parameters = flat_parameters(plan);
  again.session =
      (rh_session){.source = again.source,
                   .destination = again.overlay,
                   .map = again.map,
                   .map_count = again.map_count,
                   .parameters = again.parameters,
                   .time = json_integer_value(json_object_get(rh_plan_document(plan), "time"))};
  if (status == RH_OK)
    status = rh_plan_new(&second, &error);
  if (status == RH_OK)
    status = rh_script_plan(script, &again.session, second, &error);
  rh_exit code = RH_EXIT_DONE;
  if (status != RH_OK) {
    code = rh_fail(cli, &error);
  } else {
    size_t left = rh_plan_change_count(second);
    json_object_set_new(document, "changes_left", json_integer((json_int_t)left));
    if (left > 0) {
      rh_warn(cli, "planned again, %zu changes are left; the run did not reach its end:", left);
      rh_view_plan(cli, second);
      code = RH_EXIT_DIFFERS;
    } else {
      rh_say(cli, "  planned again: nothing is left to change");
    }
  }
  rh_plan_free(second);
  rh_migration_close(&again);
  return code;
}

static rh_exit ask_about_warnings(rh_cli *cli, const rh_plan *plan) {
  rh_error error = {0};
  size_t warnings = rh_count_warnings(plan);
  if (warnings == 0 || cli->accept_warnings)
    return RH_EXIT_DONE;
  char question[64];
  snprintf(question, sizeof question, "Go on in spite of %zu warning%s?", warnings,
           warnings == 1 ? "" : "s");
  if (rh_confirm(cli, question))
    return RH_EXIT_DONE;
  rh_error_set(&error, RH_ERR_BLOCKED, rh_plan_destination(plan),
               "%zu checks warn and nobody accepted that; nothing was changed", warnings);
  rh_error_hint(&error, "read the warnings, then use --accept-warnings");
  return rh_fail(cli, &error);
}

static rh_exit finish(rh_cli *cli, rh_run *run, json_t *document) {
  rh_exit code = rh_verify_run(cli, run, document);
  json_object_set_new(document, "run", json_string(rh_run_folder(run)));
  size_t open = rh_count_open_manual(rh_run_plan(run));
  json_object_set_new(document, "manual_open", json_integer((json_int_t)open));
  rh_view_manual(cli, rh_run_plan(run));
  if (code == RH_EXIT_DONE && open > 0)
    code = RH_EXIT_MANUAL;
  return code;
}

rh_exit rh_apply_plan(rh_cli *cli, const rh_plan *plan, rh_script *script, const char *run_folder,
                      json_t *document) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = {show_progress, cli};
  rh_exit code = ask_about_warnings(cli, plan);
  if (code != RH_EXIT_DONE)
    return code;
  rh_status status =
      rh_run_apply(&run, run_folder, plan, rh_plan_destination(plan), &observer, &error);
  if (status != RH_OK) {
    rh_run_free(run);
    return rh_fail(cli, &error);
  }
  rh_say_title(cli, "Applied");
  rh_say(cli, "  %zu changes to %s", rh_plan_change_count(plan), rh_plan_destination(plan));
  code = plan_again(cli, plan, script, document);
  rh_exit finished = finish(cli, run, document);
  rh_say(cli, "\nThe run is in %s; 'rehome rollback %s' undoes it.", run_folder, run_folder);
  rh_run_free(run);
  return code != RH_EXIT_DONE ? code : finished;
}

rh_exit rh_cmd_apply(rh_cli *cli) {
  rh_error error = {0};
  rh_plan *plan = NULL;
  rh_script *script = NULL;
  rh_buffer folder = {0};
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one plan file");
  const char *path = cli->arguments.items[0];
  rh_exit code = RH_EXIT_DONE;
  rh_status status = rh_plan_load(&plan, path, &error);
  if (status == RH_OK)
    status = rh_plan_check_fresh(plan, rh_plan_source(plan), rh_plan_destination(plan), &error);
  if (status == RH_OK)
    status = cli->run ? rh_buffer_append_text(&folder, cli->run, &error)
                      : rh_buffer_printf(&folder, &error, "%s.run", path);
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE)
    code = check_playbooks(cli, plan, &script);
  if (code == RH_EXIT_DONE) {
    json_t *document = json_object();
    code = rh_apply_plan(cli, plan, script, rh_buffer_text(&folder), document);
    script = NULL;
    if (code == RH_EXIT_DONE || code == RH_EXIT_MANUAL || code == RH_EXIT_DIFFERS)
      rh_print_json(cli, json_incref(document));
    json_decref(document);
  }
  rh_script_free(script);
  rh_plan_free(plan);
  rh_buffer_dispose(&folder);
  return code;
}

rh_exit rh_cmd_resume(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = {show_progress, cli};
  json_t *document = json_object();
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE && rh_run_resume(run, &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    rh_say(cli, "%s: %s", rh_run_folder(run), rh_run_state_name(rh_run_state_of(run)));
    if (rh_run_state_of(run) == RH_RUN_APPLIED)
      code = finish(cli, run, document);
    rh_print_json(cli, json_incref(document));
  }
  json_decref(document);
  rh_run_free(run);
  return code;
}

rh_exit rh_cmd_rollback(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_run_observer observer = {show_progress, cli};
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE && rh_run_rollback(run, &observer, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    rh_say(cli, "%s is as it was before the run.", rh_run_destination(run));
    rh_print_json(cli, json_pack("{s:s,s:s}", "run", rh_run_folder(run), "state",
                                 rh_run_state_name(rh_run_state_of(run))));
  }
  rh_run_free(run);
  return code;
}
