/* What several commands open: machines, keys, scripts, runs, parameters, maps. */
#include "command/command.h"

#include <string.h>
#include <time.h>

static rh_status add_first_line(rh_buffer *out, const char *path, rh_error *error) {
  rh_buffer text = {0};
  rh_status status = rh_file_read(&text, path, 65536, error);
  size_t len = 0;
  while (len < text.len && text.data[len] != '\n' && text.data[len] != '\r')
    len++;
  if (status == RH_OK && len == 0)
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "its first line is empty");
  if (status == RH_OK)
    status = rh_buffer_append(out, text.data, len, error);
  rh_buffer_dispose_secret(&text);
  return status;
}

rh_status rh_read_keys(rh_cli *cli, rh_age_keys *out, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < cli->identities.count; i++) {
    rh_buffer text = {0};
    status = rh_file_read(&text, cli->identities.items[i], 1 << 20, error);
    if (status == RH_OK)
      status = rh_age_keys_add_identities(out, (const char *)text.data, text.len,
                                          cli->identities.items[i], error);
    rh_buffer_dispose_secret(&text);
  }
  if (status == RH_OK && cli->passphrase_file)
    status = add_first_line(&out->passphrase, cli->passphrase_file, error);
  return status;
}

static rh_status ask_new_passphrase(rh_buffer *out, rh_error *error) {
  rh_buffer again = {0};
  rh_status status = rh_platform_ask_secret(out, "Passphrase for the store: ", error);
  if (status == RH_OK && out->len < 12)
    status = rh_error_set(error, RH_ERR_ARGUMENT, "passphrase",
                          "is shorter than 12 characters; a store holds a server's secrets");
  if (status == RH_OK)
    status = rh_platform_ask_secret(&again, "The same again: ", error);
  if (status == RH_OK && (again.len != out->len || memcmp(again.data, out->data, out->len) != 0))
    status = rh_error_set(error, RH_ERR_ARGUMENT, "passphrase", "the two are not the same");
  rh_buffer_dispose_secret(&again);
  return status;
}

rh_status rh_read_recipients(rh_cli *cli, rh_age_recipients *out, rh_error *error) {
  rh_status status = RH_OK;
  if (cli->recipients.count > 0 && cli->passphrase_file)
    return rh_error_set(error, RH_ERR_ARGUMENT, "export",
                        "--recipient and --passphrase-file exclude each other");
  for (size_t i = 0; status == RH_OK && i < cli->recipients.count; i++)
    status = rh_age_recipients_add(out, cli->recipients.items[i], error);
  if (status != RH_OK || cli->recipients.count > 0)
    return status;
  if (cli->passphrase_file)
    return add_first_line(&out->passphrase, cli->passphrase_file, error);
  if (cli->unattended || !rh_platform_is_terminal(stdin)) {
    rh_error_set(error, RH_ERR_ARGUMENT, "export",
                 "a store is always sealed; to whom was not said");
    rh_error_hint(error, "give --recipient age1... or --passphrase-file FILE");
    return RH_ERR_ARGUMENT;
  }
  return ask_new_passphrase(&out->passphrase, error);
}

rh_exit rh_open_machine(rh_cli *cli, rh_machine **out, const char *location, const char *option) {
  rh_age_keys keys = {0};
  rh_error error = {0};
  *out = NULL;
  if (!location)
    return rh_usage(cli, "--%s is missing", option);
  rh_status status = rh_read_keys(cli, &keys, &error);
  bool is_store = status == RH_OK && rh_store_is_store_file(location);
  bool no_key = keys.identity_count == 0 && keys.passphrase.len == 0;
  if (is_store && no_key && !cli->unattended && rh_platform_is_terminal(stdin))
    status = rh_platform_ask_secret(&keys.passphrase, "Passphrase of the store: ", &error);
  if (is_store)
    rh_progress(cli, "reading the store", 0, 0);
  if (status == RH_OK)
    status = rh_machine_open(out, location, &keys, &error);
  rh_age_keys_dispose(&keys);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

static void print_from_playbook(void *payload, const char *text) {
  rh_say(payload, "%s", text);
}

static void say_stuck(void *payload) {
  (void)payload;
  fputs("\nrehome: a playbook takes longer than its time limit inside one call and cannot be "
        "stopped; the program ends here. Nothing was written.\n",
        stderr);
}

rh_exit rh_open_script(rh_cli *cli, rh_script **out, const rh_words *playbooks) {
  rh_error error = {0};
  rh_script_options options = {.playbook_path = cli->playbook_path,
                               .on_print = print_from_playbook,
                               .on_stuck = say_stuck,
                               .payload = cli};
  *out = NULL;
  if (playbooks && playbooks->count == 0)
    return rh_usage(cli, "name at least one playbook; 'rehome playbook list' shows them");
  rh_status status = rh_script_open(out, &options, &error);
  if (status == RH_OK && playbooks)
    status = rh_script_load(*out, playbooks->items, playbooks->count, &error);
  if (status == RH_OK)
    return RH_EXIT_DONE;
  rh_script_free(*out);
  *out = NULL;
  return rh_fail(cli, &error);
}

rh_exit rh_open_run(rh_cli *cli, rh_run **out) {
  rh_error error = {0};
  *out = NULL;
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one run folder");
  rh_status status = rh_run_open(out, cli->arguments.items[0], &error);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

/* Days since 1970 of a Gregorian date. */
static int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = year / 400;
  int64_t of_era = year - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

rh_status rh_session_time(rh_cli *cli, int64_t *out, rh_error *error) {
  int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
  if (!cli->time) {
    *out = (int64_t)time(NULL);
    return RH_OK;
  }
  int fields = sscanf(cli->time, "%4d-%2d-%2d%nT%2d:%2d:%2dZ%n", &year, &month, &day, &used, &hour,
                      &minute, &second, &used);
  if ((fields != 3 && fields != 6) || cli->time[used] != '\0' || year < 1970 || month < 1 ||
      month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    rh_error_set(error, RH_ERR_ARGUMENT, cli->time, "is not a time");
    rh_error_hint(error, "write it as 2026-01-31 or 2026-01-31T12:00:00Z (UTC)");
    return RH_ERR_ARGUMENT;
  }
  *out = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return RH_OK;
}

static rh_status read_parameters(rh_cli *cli, json_t **out, rh_error *error) {
  *out = json_object();
  if (cli->answers) {
    rh_buffer text = {0};
    json_error_t problem;
    rh_status status = rh_file_read(&text, cli->answers, 1 << 20, error);
    json_t *answers =
        status == RH_OK ? json_loadb((char *)text.data, text.len, JSON_REJECT_DUPLICATES, &problem)
                        : NULL;
    rh_buffer_dispose(&text);
    if (status != RH_OK)
      return status;
    if (!json_is_object(answers)) {
      json_decref(answers);
      return rh_error_set(error, RH_ERR_ARGUMENT, cli->answers,
                          "is not a JSON object of parameters (line %d: %s)", problem.line,
                          problem.text);
    }
    json_object_update(*out, answers);
    json_decref(answers);
  }
  for (size_t i = 0; i < cli->parameters.count; i++) {
    const char *text = cli->parameters.items[i];
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
      rh_error_set(error, RH_ERR_ARGUMENT, text, "is no parameter");
      rh_error_hint(error, "write --param NAME=VALUE");
      return RH_ERR_ARGUMENT;
    }
    char *name = rh_copy_bytes(text, (size_t)(equals - text));
    int failed = name ? json_object_set_new(*out, name, json_string(equals + 1)) : -1;
    rh_free(name);
    if (failed)
      return rh_error_set(error, RH_ERR_ARGUMENT, text, "is not valid UTF-8");
  }
  return RH_OK;
}

static rh_status read_map(rh_cli *cli, rh_migration *migration, rh_error *error) {
  rh_buffer text = {0};
  if (!cli->map)
    return RH_OK;
  rh_status status = rh_file_read(&text, cli->map, 1 << 20, error);
  if (status == RH_OK)
    status = rh_map_read(&migration->map, &migration->map_count, rh_buffer_text(&text), text.len,
                         cli->map, error);
  rh_buffer_dispose(&text);
  return status;
}

rh_exit rh_migration_open(rh_cli *cli, rh_migration *out) {
  rh_error error = {0};
  int64_t now = 0;
  rh_exit result = rh_open_script(cli, &out->script, &cli->arguments);
  if (result != RH_EXIT_DONE)
    return result;
  rh_status status = read_parameters(cli, &out->parameters, &error);
  if (status == RH_OK)
    status = read_map(cli, out, &error);
  if (status == RH_OK)
    status = rh_session_time(cli, &now, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  result = rh_open_machine(cli, &out->source, cli->source, "source");
  if (result == RH_EXIT_DONE)
    result = rh_open_machine(cli, &out->destination, cli->destination, "destination");
  if (result != RH_EXIT_DONE)
    return result;
  status = rh_machine_overlay(&out->overlay, out->destination, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  out->session = (rh_session){.source = out->source,
                              .destination = out->overlay,
                              .map = out->map,
                              .map_count = out->map_count,
                              .parameters = out->parameters,
                              .time = now};
  return RH_EXIT_DONE;
}

void rh_migration_close(rh_migration *migration) {
  rh_script_free(migration->script);
  rh_machine_free(migration->overlay);
  rh_machine_free(migration->destination);
  rh_machine_free(migration->source);
  json_decref(migration->parameters);
  rh_map_entries_free(migration->map, migration->map_count);
  *migration = (rh_migration){0};
}
