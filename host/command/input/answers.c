/* --answers: parameters and waivers in a JSON file, for the plan of one server or of several. */
#include "command/command.h"

#include <string.h>

static rh_status check_waivers(const char *path, const json_t *names, rh_error *error) {
  size_t index;
  json_t *name;
  bool right = !names || json_is_array(names);
  json_array_foreach(names, index, name) {
    right = right && json_is_string(name);
  }
  return right ? RH_OK
               : rh_error_set(error, RH_ERR_ARGUMENT, path, "\"waive\" is no list of texts");
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

rh_status rh_read_answers(rh_cli *cli, json_t **out, rh_error *error) {
  rh_buffer text = {0};
  json_t *parameters = NULL, *names = NULL;
  *out = NULL;
  if (!cli->answers)
    return RH_OK;
  rh_status status = rh_read_text(&text, cli->answers, 1 << 20, error);
  if (status != RH_OK)
    goto done;
  status = parse(&parameters, cli->answers, &text, error);
  if (status == RH_OK) {
    names = json_incref(json_object_get(parameters, "waive"));
    status = check_waivers(cli->answers, names, error);
    json_object_del(parameters, "waive");
  }
  if (status == RH_OK)
    status = check_parameters(cli->answers, parameters, error);
  if (status != RH_OK)
    rh_error_hint(error, "save {\"PARAMETER\": VALUE, ..., \"waive\": [\"PLAYBOOK/CHECK\"]} as "
                         "UTF-8 text in it");
  else if (!(*out = json_pack("{s:O, s:O*}", "parameters", parameters, "waive", names)))
    status = rh_error_memory(error);
done:
  rh_buffer_dispose_secret(&text);
  json_decref(names);
  json_decref(parameters);
  return status;
}
