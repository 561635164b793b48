/* export: what playbooks need of a server, sealed into a migration store. */
#include "base/calendar.h"
#include "base/version.h"
#include "command/command.h"

#include <string.h>

static void show_sealing(void *payload, uint64_t done, uint64_t total) {
  rh_progress(payload, "sealing", done, total);
}

static rh_status name_playbooks(rh_script *script, rh_store_manifest *manifest, rh_error *error) {
  json_t *list = NULL, *item;
  size_t index;
  rh_status status = rh_script_describe(script, &list, error);
  if (status != RH_OK)
    return status;
  manifest->playbooks = rh_alloc_zero(json_array_size(list), sizeof *manifest->playbooks);
  if (!manifest->playbooks)
    status = rh_error_memory(error);
  else
    json_array_foreach(list, index, item) {
      rh_store_playbook *playbook = &manifest->playbooks[manifest->playbook_count++];
      playbook->id = rh_copy_text(json_string_value(json_object_get(item, "id")));
      playbook->version = rh_copy_text(json_string_value(json_object_get(item, "version")));
      playbook->sha256 = rh_copy_text(json_string_value(json_object_get(item, "sha256")));
      if (!playbook->id || !playbook->version || !playbook->sha256)
        status = rh_error_memory(error);
    }
  json_decref(list);
  return status;
}

rh_exit rh_cmd_export(rh_cli *cli) {
  rh_script *script = NULL;
  rh_machine *source = NULL;
  rh_age_recipients recipients = {0};
  rh_store_manifest manifest = {0};
  rh_capture_counts counts = {0};
  rh_error error = {0};
  const rh_scopes *scopes = NULL;
  int64_t now = 0;
  if (!cli->store)
    return rh_usage(cli, "--store is missing: the file to write");
  rh_exit code = rh_open_script(cli, &script, &cli->arguments);
  if (code == RH_EXIT_DONE)
    code = rh_open_machine(cli, &source, cli->source, "source");
  if (code != RH_EXIT_DONE)
    goto done;
  rh_status status = rh_read_recipients(cli, &recipients, &error);
  if (status == RH_OK)
    status = rh_session_time(cli, &now, &error);
  if (status == RH_OK) {
    char created[RH_TIME_TEXT];
    rh_time_print(created, now);
    manifest.created = rh_copy_text(created);
    manifest.tool_version = rh_copy_text(rh_version());
    if (!manifest.created || !manifest.tool_version)
      status = rh_error_memory(&error);
  }
  if (status == RH_OK)
    status = name_playbooks(script, &manifest, &error);
  if (status == RH_OK)
    status = rh_script_scopes(script, &scopes, &error);
  if (status == RH_OK)
    status = rh_capture(source, scopes, &manifest, cli->store, cli->overwrite, &recipients, &counts,
                        show_sealing, cli, &error);
  if (status != RH_OK) {
    code = rh_fail(cli, &error);
    goto done;
  }
  rh_say(cli, "%s: %zu keys, %zu values, %zu files, sealed", cli->store, counts.keys, counts.values,
         counts.files);
  rh_print_json(cli, json_pack("{s:o,s:I,s:I,s:I}", "store", rh_json_text(cli->store), "keys",
                               (json_int_t)counts.keys, "values", (json_int_t)counts.values,
                               "files", (json_int_t)counts.files));
done:
  rh_store_manifest_dispose(&manifest);
  rh_age_recipients_dispose(&recipients);
  rh_say_remarks(cli, source);
  rh_machine_free(source);
  rh_script_free(script);
  return code;
}
