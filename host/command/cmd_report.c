/* report: a plan or a run as one file for people, HTML or Markdown. */
#include "command/command.h"

#include <string.h>

/* "html" or "md" by the file's name; NULL for another. */
static const char *format_of(const char *path) {
  const char *dot = strrchr(path, '.');
  if (dot && (strcmp(dot, ".html") == 0 || strcmp(dot, ".htm") == 0))
    return "html";
  if (dot && (strcmp(dot, ".md") == 0 || strcmp(dot, ".markdown") == 0))
    return "md";
  return NULL;
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* The events of a run that people want to see in a report: what it did as a whole. */
static rh_status read_events(json_t *out, const rh_run *run, rh_error *error) {
  rh_buffer text = {0};
  char *path = rh_platform_join(rh_run_folder(run), "events.jsonl");
  rh_status status = path ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && rh_file_exists(path))
    status = rh_file_read(&text, path, (size_t)1 << 30, error);
  const char *line = rh_buffer_text(&text);
  while (status == RH_OK && *line) {
    size_t len = strcspn(line, "\n");
    json_t *event = json_loadb(line, len, 0, NULL);
    const char *kind = text_of(event, "kind");
    bool is_error = strcmp(kind, "error") == 0;
    bool detail = strcmp(kind, "step") == 0 || strcmp(kind, "verdict") == 0 ||
                  strcmp(kind, "change") == 0 || strcmp(kind, "manual") == 0;
    if (*kind && !detail)
      json_array_append_new(out,
                            json_pack("{s:s,s:s,s:s,s:s}", "time", text_of(event, "time"), "kind",
                                      kind, "what", text_of(event, is_error ? "message" : "what"),
                                      "where", text_of(event, is_error ? "object" : "path")));
    json_decref(event);
    line += len + (line[len] == '\n');
  }
  rh_free(path);
  rh_buffer_dispose(&text);
  return status;
}

static rh_status describe_run(json_t **out, rh_run *run, rh_error *error) {
  json_t *events = json_array(), *manual = NULL, *rollback = NULL;
  rh_status status = events ? read_events(events, run, error) : rh_error_memory(error);
  *out = NULL;
  if (status == RH_OK)
    status = rh_run_manual(run, &manual, error);
  if (status == RH_OK)
    status = rh_run_rollback_facts(run, &rollback, error);
  if (status == RH_OK) {
    *out =
        json_pack("{s:o,s:s,s:O,s:O,s:b,s:O*}", "folder", rh_json_text(rh_run_folder(run)), "state",
                  rh_run_state_name(rh_run_state_of(run)), "events", events, "manual", manual,
                  "without_source", rh_run_was_without_source(run), "rollback", rollback);
    status = *out ? RH_OK : rh_error_memory(error);
  }
  json_decref(events);
  json_decref(manual);
  json_decref(rollback);
  return status;
}

static rh_status write_text(rh_cli *cli, const json_t *text, rh_error *error) {
  if (!cli->overwrite && rh_file_exists(cli->output)) {
    rh_error_set(error, RH_ERR_EXISTS, cli->output, "is there already");
    rh_error_hint(error, "give another name, or --overwrite");
    return RH_ERR_EXISTS;
  }
  return rh_file_write(cli->output, json_string_value(text), json_string_length(text),
                       RH_FILE_SHARED, error);
}

rh_exit rh_write_document(rh_cli *cli, const char *what, json_t *question, const char *path) {
  const char *format = cli->output ? format_of(cli->output) : NULL;
  rh_script *script = NULL;
  json_t *result = NULL;
  rh_error error = {0};
  rh_status status = RH_OK;
  rh_exit code = format ? RH_EXIT_DONE
                        : rh_usage(cli, "--output is missing, or its name does not end with .html "
                                        "or .md");
  if (code == RH_EXIT_DONE)
    code = rh_open_script(cli, &script, NULL);
  if (code == RH_EXIT_DONE) {
    if (!question || json_object_set_new(question, "format", json_string(format)) != 0)
      status = rh_error_memory(&error);
    if (status == RH_OK)
      status = rh_view_document(script, what, question, &result, path, &error);
    if (status == RH_OK)
      status = write_text(cli, json_object_get(result, "text"), &error);
    if (status != RH_OK)
      code = rh_fail(cli, &error);
  }
  json_decref(result);
  json_decref(question);
  rh_script_free(script);
  return code;
}

rh_exit rh_cmd_report(rh_cli *cli) {
  rh_plan *plan = NULL;
  rh_run *run = NULL;
  const rh_plan *document = NULL;
  rh_error error = {0};
  json_t *facts = NULL, *manual = NULL;
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name a plan file or a run folder");
  const char *path = cli->arguments.items[0];
  rh_exit code = rh_open_plan_or_run(cli, path, &plan, &run, &document);
  if (code == RH_EXIT_DONE && run && describe_run(&facts, run, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE && plan)
    code = rh_read_manual_of_plan(cli, plan, path, &manual);
  if (code == RH_EXIT_DONE)
    code = rh_write_document(cli, "report",
                             json_pack("{s:O,s:O*,s:O*}", "document", rh_plan_document(document),
                                       "run", facts, "manual", manual),
                             path);
  if (code == RH_EXIT_DONE) {
    rh_say(cli, "The report is in %s.", cli->output);
    rh_print_json(cli, json_pack("{s:o}", "report", rh_json_text(cli->output)));
  }
  json_decref(facts);
  json_decref(manual);
  rh_run_free(run);
  rh_plan_free(plan);
  return code;
}
