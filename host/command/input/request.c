/* What the user asks a plan for, read once: from the command line and the files that it names. */
#include "command/command.h"

#include <string.h>

static rh_status add_text(json_t *list, const char *given, const char *text, size_t len,
                          rh_error *error) {
  return json_array_append_new(list, json_stringn(text, len)) == 0
             ? RH_OK
             : rh_error_set(error, RH_ERR_ARGUMENT, given, "is not valid UTF-8");
}

static rh_status read_words(json_t **out, const rh_words *words, rh_error *error) {
  *out = json_array();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < words->count; i++)
    status = add_text(*out, words->items[i], words->items[i], strlen(words->items[i]), error);
  return status;
}

static rh_status read_playbooks(rh_cli *cli, json_t **out, rh_error *error) {
  return read_words(out, &cli->arguments, error);
}

static rh_status read_waived(rh_cli *cli, json_t **out, rh_error *error) {
  return read_words(out, &cli->waived, error);
}

/* As plans spell paths: a file may begin with "file:", and a separator at the end means nothing. */
static rh_status read_paths(json_t **out, const rh_words *given, rh_error *error) {
  *out = json_array();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < given->count; i++) {
    const char *word = given->items[i];
    const char *path = strncmp(word, "file:", 5) == 0 ? word + 5 : word;
    size_t len = strlen(path);
    while (len > 0 && (path[len - 1] == '\\' || path[len - 1] == '/'))
      len--;
    status = add_text(*out, word, path, len, error);
  }
  return status;
}

static rh_status read_excluded(rh_cli *cli, json_t **out, rh_error *error) {
  return read_paths(out, &cli->excluded, error);
}

static rh_status read_carried(rh_cli *cli, json_t **out, rh_error *error) {
  return read_paths(out, &cli->carried, error);
}

static rh_status read_left(rh_cli *cli, json_t **out, rh_error *error) {
  return read_paths(out, &cli->left, error);
}

static rh_status add_parameter(json_t *parameters, const char *text, rh_error *error) {
  const char *equals = strchr(text, '=');
  if (!equals || equals == text) {
    rh_error_set(error, RH_ERR_ARGUMENT, text, "is no parameter");
    rh_error_hint(error, "write --param NAME=VALUE");
    return RH_ERR_ARGUMENT;
  }
  char *name = rh_copy_bytes(text, (size_t)(equals - text));
  rh_status status = name ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && json_object_get(parameters, name))
    status = rh_error_set(error, RH_ERR_ARGUMENT, "--param", "'%s' is given twice", name);
  if (status == RH_OK && json_object_set_new(parameters, name, json_string(equals + 1)) != 0)
    status = rh_error_set(error, RH_ERR_ARGUMENT, text, "is not valid UTF-8");
  rh_free(name);
  return status;
}

static rh_status read_parameters(rh_cli *cli, json_t **out, rh_error *error) {
  *out = json_object();
  rh_status status = *out ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < cli->parameters.count; i++)
    status = add_parameter(*out, cli->parameters.items[i], error);
  return status;
}

static rh_status read_map(rh_cli *cli, json_t **out, rh_error *error) {
  rh_map_entry *entries = NULL;
  size_t count = 0;
  *out = NULL;
  rh_status status = rh_read_map(cli, &entries, &count, error);
  if (status == RH_OK)
    status = rh_request_map_field(out, entries, count, error);
  rh_map_entries_free(entries, count);
  return status;
}

static rh_status read_time(rh_cli *cli, json_t **out, rh_error *error) {
  int64_t time = 0;
  rh_status status = rh_session_time(cli, &time, error);
  *out = status == RH_OK ? json_integer(time) : NULL;
  return status;
}

static rh_status read_first_start(rh_cli *cli, json_t **out, rh_error *error) {
  const char *word = cli->first_start ? cli->first_start : "by hand";
  if (cli->first_start && strcmp(word, "run-once") != 0)
    return rh_error_set(error, RH_ERR_ARGUMENT, word,
                        "is no way to run the script: --first-start "
                        "takes 'run-once'");
  *out = json_string(word);
  return RH_OK;
}

static rh_status read_accept_dirty(rh_cli *cli, json_t **out, rh_error *error) {
  (void)error;
  *out = json_boolean(cli->accept_dirty);
  return RH_OK;
}

rh_status rh_read_request(rh_cli *cli, json_t **out, rh_error *error) {
  static const struct {
    const char *field;
    rh_status (*read)(rh_cli *cli, json_t **out, rh_error *error); /* *out also after an error */
  } fields[] = {
      {"playbooks", read_playbooks},
      {"parameters", read_parameters},
      {"answers", rh_read_answers},
      {"waived", read_waived},
      {"excluded", read_excluded},
      {"carried", read_carried},
      {"left", read_left},
      {"map", read_map},
      {"certificates", rh_read_certificates},
      {"time", read_time},
      {"first_start", read_first_start},
      {"accept_dirty", read_accept_dirty},
  };
  rh_status status = rh_request_new(out, error);
  for (size_t i = 0; status == RH_OK && i < sizeof fields / sizeof *fields; i++) {
    json_t *value = NULL;
    status = fields[i].read(cli, &value, error);
    if (status == RH_OK)
      status = rh_request_set(*out, fields[i].field, value, error);
    else
      json_decref(value);
  }
  return status;
}
