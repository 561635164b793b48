/* What several commands open: machines, keys, scripts, runs, maps. */
#include "base/calendar.h"
#include "command/command.h"

#include <string.h>

rh_status rh_read_text(rh_buffer *out, const char *path, size_t limit, rh_error *error) {
  rh_status status = rh_file_read(out, path, limit, error);
  if (status == RH_OK && out->len >= 2 &&
      (memcmp(out->data, "\xFF\xFE", 2) == 0 || memcmp(out->data, "\xFE\xFF", 2) == 0)) {
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is UTF-16, and UTF-8 is expected");
    rh_error_hint(error, "save it as UTF-8");
  }
  if (status == RH_OK && out->len >= 3 && memcmp(out->data, "\xEF\xBB\xBF", 3) == 0) {
    out->len -= 3;
    memmove(out->data, out->data + 3, out->len + 1);
  }
  return status;
}

static rh_status add_first_line(rh_buffer *out, const char *path, rh_error *error) {
  rh_buffer text = {0};
  rh_status status = rh_read_text(&text, path, 65536, error);
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
    status = rh_read_text(&text, cli->identities.items[i], 1 << 20, error);
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

rh_status rh_open_asking(rh_cli *cli, rh_machine **out, const char *location, rh_error *error) {
  rh_age_keys keys = {0};
  *out = NULL;
  rh_status status = rh_read_keys(cli, &keys, error);
  bool is_store = status == RH_OK && rh_store_is_store_file(location);
  bool no_key = keys.identity_count == 0 && keys.passphrase.len == 0;
  if (is_store && no_key && !cli->unattended && rh_platform_is_terminal(stdin))
    status = rh_platform_ask_secret(&keys.passphrase, "Passphrase of the store: ", error);
  if (is_store)
    rh_progress(cli, "reading the store", 0, 0);
  if (status == RH_OK)
    status = rh_machine_open(out, location, &keys, error);
  rh_age_keys_dispose(&keys);
  return status;
}

rh_exit rh_open_machine(rh_cli *cli, rh_machine **out, const char *location, const char *option) {
  rh_error error = {0};
  *out = NULL;
  if (!location)
    return rh_usage(cli, "--%s is missing", option);
  rh_status status = rh_open_asking(cli, out, location, &error);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

void rh_say_remarks(rh_cli *cli, const rh_machine *machine) {
  const rh_name_list *remarks = machine ? rh_machine_remarks(machine) : NULL;
  for (size_t i = 0; remarks && i < remarks->count; i++)
    rh_warn(cli, "%s: %s", rh_machine_location(machine), remarks->names[i]);
}

static void print_from_playbook(void *payload, const char *text) {
  rh_say(payload, "%s", text);
}

static int say_stuck(void *payload) {
  const rh_cli *cli = payload;
  fputs("\nrehome: a playbook takes longer than its time limit inside one call and cannot be "
        "stopped; the program ends here. ",
        stderr);
  if (!cli->changed_by) {
    fputs("Nothing was changed.\n", stderr);
    return RH_EXIT_FAILED;
  }
  fputs("The changes were made before; to go on: rehome resume ", stderr);
  rh_put(stderr, cli->changed_by, strlen(cli->changed_by));
  fputs(", to undo them: rehome rollback ", stderr);
  rh_put(stderr, cli->changed_by, strlen(cli->changed_by));
  fputs("\n", stderr);
  return RH_EXIT_INTERRUPTED;
}

rh_status rh_load_script(rh_cli *cli, rh_script **out, const rh_words *playbooks, rh_error *error) {
  rh_script_options options = {.playbook_paths = cli->playbook_paths.items,
                               .playbook_path_count = cli->playbook_paths.count,
                               .on_print = print_from_playbook,
                               .on_stuck = say_stuck,
                               .payload = cli};
  *out = NULL;
  rh_status status = rh_script_open(out, &options, error);
  if (status == RH_OK && playbooks)
    status = rh_script_load(*out, playbooks->items, playbooks->count, error);
  if (status != RH_OK) {
    rh_script_free(*out);
    *out = NULL;
  }
  return status;
}

rh_exit rh_open_script(rh_cli *cli, rh_script **out, const rh_words *playbooks) {
  rh_error error = {0};
  *out = NULL;
  if (playbooks && playbooks->count == 0)
    return rh_usage(cli, "name at least one playbook; 'rehome playbook list' shows them");
  rh_status status = rh_load_script(cli, out, playbooks, &error);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

rh_exit rh_open_run(rh_cli *cli, rh_run **out) {
  rh_error error = {0};
  *out = NULL;
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one run folder");
  rh_status status = rh_run_open(out, cli->arguments.items[0], &error);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

rh_exit rh_find_destination(rh_cli *cli, rh_run *run) {
  rh_error error = {0};
  if (cli->this_machine && !cli->destination)
    return rh_usage(cli, "--this-machine says of --destination that it is the right one");
  rh_status status = rh_run_find(run, cli->destination, cli->this_machine, &error);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

void rh_read_computer_name(rh_buffer *out, const char *destination) {
  rh_machine *machine = NULL;
  const rh_identity *identity = NULL;
  bool known = rh_machine_open(&machine, destination, NULL, NULL) == RH_OK &&
               rh_machine_identity(machine, &identity, NULL) == RH_OK && *identity->computer_name;
  rh_buffer_append_text(out, known ? identity->computer_name : "?", NULL);
  rh_machine_free(machine);
}

void rh_say_target(rh_cli *cli, const char *destination, const char *run_folder) {
  rh_buffer computer = {0};
  rh_read_computer_name(&computer, destination);
  rh_say(cli, "Destination %s, computer %s, run %s", destination, rh_buffer_text(&computer),
         run_folder);
  rh_buffer_dispose(&computer);
}

rh_status rh_session_time(rh_cli *cli, int64_t *out, rh_error *error) {
  if (cli->time)
    return rh_time_parse(out, cli->time, error);
  *out = rh_seconds_from_filetime(rh_platform_filetime());
  return RH_OK;
}

rh_status rh_read_map(rh_cli *cli, rh_map_entry **out, size_t *count, rh_error *error) {
  rh_buffer text = {0};
  if (!cli->map)
    return RH_OK;
  rh_status status = rh_read_text(&text, cli->map, 1 << 20, error);
  if (status == RH_OK)
    status = rh_map_read(out, count, rh_buffer_text(&text), text.len, cli->map, error);
  rh_buffer_dispose(&text);
  return status;
}
