/* store inspect, verify, extract: looking into a migration store. */
#include "command/command.h"

static void show_reading(void *payload, uint64_t done, uint64_t total) {
  rh_progress(payload, "reading the store", done, total);
}

static rh_exit open_store(rh_cli *cli, rh_store **out) {
  rh_age_keys keys = {0};
  rh_error error = {0};
  *out = NULL;
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one store file");
  rh_status status = rh_read_keys(cli, &keys, &error);
  bool no_key = keys.identity_count == 0 && keys.passphrase.len == 0;
  if (status == RH_OK && no_key && !cli->unattended && rh_platform_is_terminal(stdin))
    status = rh_platform_ask_secret(&keys.passphrase, "Passphrase of the store: ", &error);
  if (status == RH_OK)
    status = rh_store_open(out, cli->arguments.items[0], &keys, show_reading, cli, &error);
  rh_age_keys_dispose(&keys);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

static json_t *facts_json(const rh_store_fact *facts, size_t count) {
  json_t *object = json_object();
  for (size_t i = 0; i < count; i++)
    json_object_set_new(object, facts[i].name, json_string(facts[i].value));
  return object;
}

static json_t *manifest_json(const rh_store_manifest *manifest) {
  json_t *members = json_array(), *playbooks = json_array(), *scopes = json_array();
  for (size_t i = 0; i < manifest->member_count; i++)
    json_array_append_new(members, json_pack("{s:s,s:I,s:s}", "path", manifest->members[i].path,
                                             "size", (json_int_t)manifest->members[i].size,
                                             "sha256", manifest->members[i].sha256));
  for (size_t i = 0; i < manifest->playbook_count; i++)
    json_array_append_new(playbooks, json_pack("{s:s,s:s,s:s}", "id", manifest->playbooks[i].id,
                                               "version", manifest->playbooks[i].version, "sha256",
                                               manifest->playbooks[i].sha256));
  for (size_t i = 0; i < manifest->scope_count; i++)
    json_array_append_new(scopes, json_string(manifest->scopes[i]));
  return json_pack("{s:i,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "format", (int)manifest->format_version,
                   "tool_version", manifest->tool_version, "created", manifest->created, "source",
                   facts_json(manifest->facts, manifest->fact_count), "playbooks", playbooks,
                   "parameters", facts_json(manifest->parameters, manifest->parameter_count),
                   "scopes", scopes, "members", members);
}

rh_exit rh_cmd_store_inspect(rh_cli *cli) {
  rh_store *store = NULL;
  rh_exit code = open_store(cli, &store);
  if (code != RH_EXIT_DONE)
    return code;
  const rh_store_manifest *manifest = rh_store_manifest_of(store);
  rh_say(cli, "format %u, made %s by rehome %s", manifest->format_version, manifest->created,
         manifest->tool_version);
  rh_say_title(cli, "Source");
  for (size_t i = 0; i < manifest->fact_count; i++)
    if (*manifest->facts[i].value)
      rh_say(cli, "  %-18s %s", manifest->facts[i].name, manifest->facts[i].value);
  rh_say_title(cli, "Playbooks");
  for (size_t i = 0; i < manifest->playbook_count; i++)
    rh_say(cli, "  %s %s", manifest->playbooks[i].id, manifest->playbooks[i].version);
  rh_say_title(cli, "Captured");
  for (size_t i = 0; i < manifest->scope_count; i++)
    rh_say(cli, "  %s", manifest->scopes[i]);
  rh_say_title(cli, "Members");
  for (size_t i = 0; i < manifest->member_count; i++) {
    char size[24];
    rh_say(cli, "  %-10s %s", rh_size_text(size, manifest->members[i].size),
           manifest->members[i].path);
  }
  rh_print_json(cli, manifest_json(manifest));
  rh_store_free(store);
  return RH_EXIT_DONE;
}

rh_exit rh_cmd_store_verify(rh_cli *cli) {
  rh_store *store = NULL;
  uint64_t total = 0;
  char size[24];
  rh_exit code = open_store(cli, &store);
  if (code != RH_EXIT_DONE)
    return code;
  const rh_store_manifest *manifest = rh_store_manifest_of(store);
  for (size_t i = 0; i < manifest->member_count; i++)
    total += manifest->members[i].size;
  rh_say(cli, "%s is sound: %zu members, %s", cli->arguments.items[0], manifest->member_count,
         rh_size_text(size, total));
  rh_print_json(cli, json_pack("{s:b,s:I,s:I}", "sound", 1, "members",
                               (json_int_t)manifest->member_count, "size", (json_int_t)total));
  rh_store_free(store);
  return RH_EXIT_DONE;
}

rh_exit rh_cmd_store_extract(rh_cli *cli) {
  rh_store *store = NULL;
  rh_error error = {0};
  if (!cli->output)
    return rh_usage(cli, "--output is missing: the folder to make");
  rh_exit code = open_store(cli, &store);
  if (code == RH_EXIT_DONE && rh_store_extract(store, cli->output, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE) {
    size_t count = rh_store_manifest_of(store)->member_count;
    rh_say(cli, "%zu files in %s", count, cli->output);
    rh_print_json(cli, json_pack("{s:o,s:I}", "folder", rh_json_text(cli->output), "members",
                                 (json_int_t)count));
  }
  rh_store_free(store);
  return code;
}
