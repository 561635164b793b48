/* The scripts of a run's deferred actions: what the destination does when it starts again. */
#include "command/command.h"

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

rh_exit rh_write_first_start(rh_cli *cli, const rh_run *run) {
  rh_script *script = NULL;
  rh_plan *plan = NULL;
  rh_error error = {0};
  json_t *scripts = NULL;
  rh_exit code = rh_open_script(cli, &script, NULL);
  if (code != RH_EXIT_DONE)
    return code;
  /* As it was saved: a plan gets its id there, and the scripts name it. */
  char *path = rh_platform_join(rh_run_folder(run), "plan.json");
  rh_status status = path ? rh_plan_load_of_run(&plan, path, &error) : rh_error_memory(&error);
  if (status == RH_OK)
    status = rh_script_view(script, "first_start", rh_plan_document(plan), &scripts, &error);
  const json_t *text = json_object_get(scripts, "run");
  if (status == RH_OK && text)
    status = write_script(rh_run_folder(run), "first-start.ps1", text, &error);
  if (status == RH_OK && text)
    status = write_script(rh_run_folder(run), "first-start-undo.ps1",
                          json_object_get(scripts, "undo"), &error);
  if (status != RH_OK)
    code = rh_fail(cli, &error);
  else if (text)
    rh_say(cli, "  For the first start: %s/first-start.ps1", rh_run_folder(run));
  json_decref(scripts);
  rh_plan_free(plan);
  rh_free(path);
  rh_script_free(script);
  return code;
}
