/* --answers: parameters, waivers and what to carry or leave in JSON files, for the plan of one
 * server or of several; and --explain-answers, where parameters and waivers come from. */
#include "command/command.h"
#include "plan/json.h"

#include <string.h>

/* Puts a list of texts of the file into the answers; without one an empty list. */
static rh_status move_list(json_t *answers, json_t *file, const char *key, const char *path,
                           rh_error *error) {
  size_t index;
  json_t *name, *names = json_object_get(file, key);
  bool right = !names || json_is_array(names);
  json_array_foreach(names, index, name) {
    right = right && json_is_string(name);
  }
  if (!right)
    return rh_error_set(error, RH_ERR_ARGUMENT, path, "\"%s\" is no list of texts", key);
  rh_status status = rh_json_set(answers, key, names ? json_incref(names) : json_array(), error);
  json_object_del(file, key);
  return status;
}

static rh_status check_parameters(const char *path, json_t *parameters, rh_error *error) {
  const char *name;
  json_t *value;
  json_object_foreach(parameters, name, value) {
    if (json_is_null(value) || json_is_array(value) || json_is_object(value))
      return rh_error_set(error, RH_ERR_ARGUMENT, path,
                          "the value of \"%s\" is no text, number, true or false", name);
  }
  return RH_OK;
}

static rh_status parse(json_t **out, const char *path, const rh_buffer *text, rh_error *error) {
  json_error_t problem;
  *out = json_loadb(rh_buffer_text(text), text->len, JSON_REJECT_DUPLICATES, &problem);
  if (!*out)
    return rh_error_set(error, RH_ERR_ARGUMENT, path, "is not JSON (line %d: %s)", problem.line,
                        problem.text);
  return json_is_object(*out) ? RH_OK
                              : rh_error_set(error, RH_ERR_ARGUMENT, path, "is no JSON object");
}

static rh_status read_file(json_t **out, const char *path, rh_error *error) {
  static const char *const lists[] = {"waive", "carry", "leave"};
  rh_buffer text = {0};
  json_t *file = NULL, *answers = json_object();
  rh_status status = rh_read_text(&text, path, 1 << 20, error);
  if (status != RH_OK)
    goto done;
  status = parse(&file, path, &text, error);
  for (size_t i = 0; status == RH_OK && i < sizeof lists / sizeof *lists; i++)
    status = move_list(answers, file, lists[i], path, error);
  if (status == RH_OK)
    status = check_parameters(path, file, error);
  if (status != RH_OK) {
    rh_error_hint(error, "save {\"PARAMETER\": VALUE, ..., \"waive\": [\"PLAYBOOK/CHECK\"], "
                         "\"carry\": [\"PATH\"], \"leave\": [\"PATH\"]} as UTF-8 text in it");
    goto done;
  }
  status = rh_json_set(answers, "file", rh_json_text(path), error);
  if (status == RH_OK)
    status = rh_json_set(answers, "parameters", json_incref(file), error);
done:
  rh_buffer_dispose_secret(&text);
  json_decref(file);
  if (status == RH_OK)
    *out = answers;
  else
    json_decref(answers);
  return status;
}

rh_status rh_read_answers(rh_cli *cli, json_t **out, rh_error *error) {
  *out = json_array();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < cli->answers.count; i++) {
    json_t *file = NULL;
    status = read_file(&file, cli->answers.items[i], error);
    if (status == RH_OK && json_array_append_new(*out, file))
      status = rh_error_memory(error);
  }
  return status;
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* "site.json", "--param", "default": who gave a value. */
static rh_status add_giver(rh_buffer *out, const json_t *giver, rh_error *error) {
  const char *from = text_of(giver, "from");
  if (strcmp(from, "answers") == 0)
    return rh_buffer_append_text(out, text_of(giver, "file"), error);
  return rh_buffer_printf(out, error, "%s%s", strcmp(from, "default") == 0 ? "" : "--", from);
}

static rh_status add_givers(rh_buffer *out, const char *before, const json_t *givers,
                            rh_error *error) {
  rh_status status = RH_OK;
  size_t index;
  json_t *giver;
  json_array_foreach(givers, index, giver) {
    if (status == RH_OK)
      status = rh_buffer_append_text(out, index == 0 ? before : ", ", error);
    if (status == RH_OK)
      status = add_giver(out, giver, error);
  }
  return status;
}

static rh_status say_parameter(rh_cli *cli, const json_t *parameter, rh_error *error) {
  rh_buffer value = {0}, givers = {0};
  const json_t *found = json_object_get(parameter, "value");
  size_t index;
  json_t *playbook;
  rh_status status = found ? rh_json_dump(&value, found, JSON_ENCODE_ANY, error)
                           : rh_buffer_append_text(&value, "(none)", error);
  if (status == RH_OK)
    status = add_giver(&givers, parameter, error);
  if (status == RH_OK)
    status = add_givers(&givers, ", in place of ", json_object_get(parameter, "over"), error);
  json_array_foreach(json_object_get(parameter, "playbooks"), index, playbook) {
    if (status == RH_OK)
      status = rh_buffer_printf(&givers, error, "%s%s", index == 0 ? "  (" : ", ",
                                json_string_value(playbook));
  }
  if (status == RH_OK)
    rh_say(cli, "  %-24s %-12s %s)", text_of(parameter, "name"), rh_buffer_text(&value),
           rh_buffer_text(&givers));
  rh_buffer_dispose(&value);
  rh_buffer_dispose(&givers);
  return status;
}

static rh_status say_waiver(rh_cli *cli, const json_t *waiver, rh_error *error) {
  rh_buffer givers = {0};
  rh_status status = add_givers(&givers, "", json_object_get(waiver, "by"), error);
  if (status == RH_OK)
    rh_say(cli, "  %-37s %s", text_of(waiver, "name"), rh_buffer_text(&givers));
  rh_buffer_dispose(&givers);
  return status;
}

rh_status rh_explain_answers(rh_cli *cli, rh_migration *migration, rh_error *error) {
  size_t index;
  json_t *item;
  if (!cli->explain_answers)
    return RH_OK;
  rh_status status = rh_script_view(migration->script, "answers", migration->request,
                                    &migration->explained, error);
  if (status != RH_OK)
    return status;
  rh_say_title(cli, "Where the parameters come from");
  json_array_foreach(json_object_get(migration->explained, "parameters"), index, item) {
    if (status == RH_OK)
      status = say_parameter(cli, item, error);
  }
  if (json_array_size(json_object_get(migration->explained, "waived")) > 0)
    rh_say_title(cli, "Where the waivers come from");
  json_array_foreach(json_object_get(migration->explained, "waived"), index, item) {
    if (status == RH_OK)
      status = say_waiver(cli, item, error);
  }
  return status;
}

void rh_add_explained_answers(json_t *document, const rh_migration *migration) {
  if (migration->explained)
    json_object_set(document, "answers", migration->explained);
}
