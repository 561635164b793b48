/* The scripts of a run's deferred actions: what the destination does when it starts again, and what
 * it says it did. */
#include "command/command.h"

#include <string.h>

#define RESULT_MAX ((size_t)4 << 20)

static rh_status write_script(const char *folder, const char *name, const json_t *text,
                              rh_error *error) {
  char *path = rh_platform_join(folder, name);
  rh_status status = path ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_file_write(path, json_string_value(text), json_string_length(text), RH_FILE_PRIVATE,
                           error);
  rh_free(path);
  return status;
}

/* {key, run, undo} of the run's plan as it was saved; empty without deferred actions. */
static rh_exit open_scripts(rh_cli *cli, const rh_run *run, json_t **out) {
  rh_script *script = NULL;
  rh_plan *plan = NULL;
  rh_error error = {0};
  rh_exit code = rh_open_script(cli, &script, NULL);
  if (code != RH_EXIT_DONE)
    return code;
  char *path = rh_platform_join(rh_run_folder(run), "plan.json");
  rh_status status = path ? rh_plan_load_of_run(&plan, path, &error) : rh_error_memory(&error);
  if (status == RH_OK)
    status = rh_script_view(script, "first_start", rh_plan_document(plan), out, &error);
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  rh_plan_free(plan);
  rh_free(path);
  rh_script_free(script);
  return code;
}

rh_exit rh_write_first_start(rh_cli *cli, const rh_run *run) {
  rh_error error = {0};
  json_t *scripts = NULL;
  rh_exit code = open_scripts(cli, run, &scripts);
  rh_status status = RH_OK;
  const json_t *text = json_object_get(scripts, "run");
  if (code == RH_EXIT_DONE && text)
    status = write_script(rh_run_folder(run), "first-start.ps1", text, &error);
  if (status == RH_OK && text)
    status = write_script(rh_run_folder(run), "first-start-undo.ps1",
                          json_object_get(scripts, "undo"), &error);
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  else if (code == RH_EXIT_DONE && text)
    rh_say(cli, "  For the first start: %s/first-start.ps1", rh_run_folder(run));
  json_decref(scripts);
  return code;
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

static rh_status load_result(json_t **out, const char *path, const char *key, rh_error *error) {
  rh_buffer text = {0};
  rh_status status = rh_file_read(&text, path, RESULT_MAX, error);
  if (status == RH_OK) {
    *out = json_loadb(rh_buffer_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!*out || json_integer_value(json_object_get(*out, "format")) != 1 ||
        !json_is_array(json_object_get(*out, "actions")))
      status = rh_error_set(error, RH_ERR_FORMAT, path, "is no result of first-start.ps1");
    else if (strcmp(text_of(*out, "script"), "first-start.ps1") != 0)
      status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is the result of %s",
                            text_of(*out, "script"));
    else if (strcmp(text_of(*out, "key"), key) != 0)
      status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is the result of another run's script");
    if (status != RH_OK)
      rh_error_hint(error,
                    "copy first-start.json of this run's script from the destination: it is in "
                    "ProgramData/rehome/%.16s",
                    key);
  }
  rh_buffer_dispose(&text);
  return status;
}

static bool is_done(rh_cli *cli, const json_t *action, const json_t *result) {
  const char *state = "not tried", *why = "";
  size_t i;
  json_t *said;
  json_array_foreach(json_object_get(result, "actions"), i, said) {
    if (strcmp(text_of(said, "id"), text_of(action, "id")) == 0) {
      state = text_of(said, "state");
      why = text_of(said, "said");
    }
  }
  bool done = strcmp(state, "done") == 0;
  rh_say(cli, "  %-10s %-42s %s", state, text_of(action, "id"), done ? "" : why);
  return done;
}

static bool is_recorded_done(const json_t *manual, const char *id) {
  size_t i;
  json_t *step;
  bool done = false;
  json_array_foreach(manual, i, step) {
    done =
        done || (strcmp(text_of(step, "id"), id) == 0 && !strcmp(text_of(step, "state"), "done"));
  }
  return done;
}

/* What a person has recorded before stays. */
static rh_status close_steps(rh_run *run, const json_t *action, const json_t *manual,
                             const char *note, rh_error *error) {
  rh_status status = RH_OK;
  size_t i;
  json_t *id;
  json_array_foreach(json_object_get(action, "closes"), i, id) {
    if (status == RH_OK && !is_recorded_done(manual, json_string_value(id)))
      status = rh_run_record_manual(run, json_string_value(id), "done", "rehome", note, error);
  }
  return status;
}

/* all: whether the script has nothing left to do. Closes its step then, and what the actions close
 * that are done. */
static rh_status record_actions(rh_cli *cli, rh_run *run, const json_t *result, bool *all,
                                rh_error *error) {
  const json_t *deferred = json_object_get(rh_plan_document(rh_run_plan(run)), "deferred");
  rh_buffer of_script = {0}, of_action = {0};
  json_t *manual = NULL, *action;
  size_t i, done = 0;
  rh_status status = rh_run_manual(run, &manual, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&of_script, error, "first-start.ps1 on %s at %s",
                              text_of(result, "computer"), text_of(result, "time"));
  json_array_foreach(deferred, i, action) {
    if (status != RH_OK || !is_done(cli, action, result))
      continue;
    done++;
    rh_buffer_clear(&of_action);
    status = rh_buffer_printf(&of_action, error, "%s: %s", rh_buffer_text(&of_script),
                              text_of(action, "id"));
    if (status == RH_OK)
      status = close_steps(run, action, manual, rh_buffer_text(&of_action), error);
  }
  *all = done == json_array_size(deferred);
  if (status == RH_OK)
    status = rh_run_record_manual(run, "rehome/first-start", *all ? "done" : "open", "rehome",
                                  rh_buffer_text(&of_script), error);
  rh_buffer_dispose(&of_action);
  rh_buffer_dispose(&of_script);
  json_decref(manual);
  return status;
}

rh_exit rh_read_first_start(rh_cli *cli, rh_run *run, json_t *document) {
  rh_error error = {0};
  json_t *scripts = NULL, *result = NULL;
  rh_exit code = open_scripts(cli, run, &scripts);
  rh_status status = RH_OK;
  if (code == RH_EXIT_DONE && !json_object_get(scripts, "run"))
    status =
        rh_error_set(&error, RH_ERR_ARGUMENT, rh_run_folder(run), "has no script of a first start");
  else if (code == RH_EXIT_DONE)
    status = load_result(&result, cli->first_start, text_of(scripts, "key"), &error);
  if (status == RH_OK && result) {
    rh_say_title(cli, "First start");
    bool all = false;
    status = record_actions(cli, run, result, &all, &error);
    if (all)
      snprintf(cli->used_up, sizeof cli->used_up, "%s", text_of(scripts, "once"));
    json_object_set(document, "first_start", json_object_get(result, "actions"));
  }
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  json_decref(result);
  json_decref(scripts);
  return code;
}
