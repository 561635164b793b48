/* explain: what a plan or a run knows of a setting, a file, a certificate or an interface. */
#include "command/command.h"

rh_exit rh_open_plan_or_run(rh_cli *cli, const char *path, rh_plan **plan, rh_run **run,
                            const rh_plan **document) {
  rh_error error = {0};
  rh_file_info info;
  rh_status status = rh_platform_target_info(path, &info, &error);
  if (status == RH_OK && info.kind == RH_FILE_FOLDER) {
    status = rh_run_open(run, path, &error);
    *document = status == RH_OK ? rh_run_plan(*run) : NULL;
  } else if (status == RH_OK) {
    status = rh_plan_load(plan, path, &error);
    *document = *plan;
  }
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

rh_status rh_view_document(rh_script *script, const char *what, const json_t *question,
                           json_t **out, const char *path, rh_error *error) {
  rh_status status = rh_script_view(script, what, question, out, error);
  if (status != RH_ERR_SCRIPT)
    return status;
  rh_error cause = *error;
  status = rh_error_set(error, RH_ERR_FORMAT, path, "holds what no plan holds: %s", cause.message);
  rh_error_hint(error, "it was not written by this rehome, or altered: plan again");
  return status;
}

static rh_exit nothing_known(rh_cli *cli, const char *path, const json_t *answer) {
  rh_error error = {0};
  const char *hint = json_string_value(json_object_get(answer, "hint"));
  rh_error_set(&error, RH_ERR_NOT_FOUND, path, "nothing is known of it here");
  if (hint)
    rh_error_hint(&error, "%s", hint);
  return rh_fail(cli, &error);
}

rh_exit rh_cmd_explain(rh_cli *cli) {
  rh_plan *plan = NULL;
  rh_run *run = NULL;
  const rh_plan *document = NULL;
  rh_script *script = NULL;
  rh_error error = {0};
  json_t *question = NULL, *answer = NULL, *line;
  size_t index;
  if (cli->arguments.count != 2)
    return rh_usage(cli, "name a plan file or a run folder, and a path");
  const char *path = cli->arguments.items[1];
  rh_exit code = rh_open_plan_or_run(cli, cli->arguments.items[0], &plan, &run, &document);
  if (code == RH_EXIT_DONE)
    code = rh_open_script(cli, &script, NULL);
  if (code == RH_EXIT_DONE) {
    question = json_pack("{s:O,s:s}", "document", rh_plan_document(document), "path", path);
    rh_status status = question ? rh_view_document(script, "explain", question, &answer,
                                                   cli->arguments.items[0], &error)
                                : rh_error_set(&error, RH_ERR_ARGUMENT, path, "is not valid UTF-8");
    if (status != RH_OK)
      code = rh_fail(cli, &error);
  }
  if (code == RH_EXIT_DONE && !json_is_true(json_object_get(answer, "known"))) {
    code = nothing_known(cli, path, answer);
  } else if (code == RH_EXIT_DONE) {
    json_array_foreach(json_object_get(answer, "lines"), index, line) {
      rh_say(cli, "%s", json_string_value(line));
    }
    json_object_set_new(answer, "path", json_string(path));
    json_object_del(answer, "lines");
    rh_print_json(cli, json_incref(answer));
  }
  json_decref(answer);
  json_decref(question);
  rh_script_free(script);
  rh_run_free(run);
  rh_plan_free(plan);
  return code;
}
