/* playbook list, show, new, lint, test: looking at playbooks and working on them. */
#include "command/command.h"
#include "plan/json.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* "embedded", or "mine, in place of theirs and the embedded one": where a playbook is from. */
static rh_status add_origin(rh_buffer *out, const json_t *playbook, rh_error *error) {
  size_t index, count = json_array_size(json_object_get(playbook, "shadows"));
  json_t *shadowed;
  const char *folder = text_of(playbook, "folder");
  rh_status status = rh_buffer_append_text(out, *folder ? folder : "embedded", error);
  json_array_foreach(json_object_get(playbook, "shadows"), index, shadowed) {
    const char *before = index == 0 ? ", in place of " : index + 1 == count ? " and " : ", ";
    const char *other = text_of(shadowed, "folder");
    if (status == RH_OK)
      status = rh_buffer_printf(out, error, "%s%s", before, *other ? other : "the embedded one");
  }
  return status;
}

static void say_in_list(rh_cli *cli, const json_t *playbook) {
  rh_buffer origin = {0};
  rh_error error = {0};
  const char *problem = text_of(playbook, "error");
  if (add_origin(&origin, playbook, &error) == RH_OK)
    rh_say(cli, "%-18s %-8s %s  (%s)", text_of(playbook, "id"), text_of(playbook, "version"),
           *problem ? problem : text_of(playbook, "title"), rh_buffer_text(&origin));
  else
    rh_fail(cli, &error);
  rh_buffer_dispose(&origin);
}

rh_exit rh_cmd_playbook_list(rh_cli *cli) {
  rh_script *script = NULL;
  rh_error error = {0};
  json_t *list = NULL, *item;
  size_t index;
  rh_exit code = rh_open_script(cli, &script, NULL);
  if (code != RH_EXIT_DONE)
    return code;
  if (rh_script_list(script, &list, &error) != RH_OK)
    code = rh_fail(cli, &error);
  json_array_foreach(list, index, item) {
    say_in_list(cli, item);
  }
  if (code == RH_EXIT_DONE)
    rh_print_json(cli, json_incref(list));
  json_decref(list);
  rh_script_free(script);
  return code;
}

static void say_scopes(rh_cli *cli, const char *title, const json_t *scopes) {
  static const struct {
    const char *kind, *before;
  } rows[] = {{"registry", ""},
              {"files", ""},
              {"certificates", "certificates: "},
              {"accounts", "accounts: "}};
  rh_say_title(cli, "%s", title);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t index;
    json_t *scope;
    json_array_foreach(json_object_get(scopes, rows[i].kind), index, scope) {
      rh_say(cli, "  %s%s", rows[i].before, json_string_value(scope));
    }
  }
}

static void say_playbook(rh_cli *cli, const json_t *playbook) {
  size_t index;
  json_t *item;
  rh_buffer origin = {0};
  rh_say(cli, "%s %s: %s", text_of(playbook, "id"), text_of(playbook, "version"),
         text_of(playbook, "title"));
  if (*text_of(playbook, "summary"))
    rh_say(cli, "%s", text_of(playbook, "summary"));
  rh_say(cli, "SHA-256    %s", text_of(playbook, "sha256"));
  if (add_origin(&origin, playbook, NULL) == RH_OK)
    rh_say(cli, "from       %s", rh_buffer_text(&origin));
  rh_buffer_dispose(&origin);
  json_array_foreach(json_object_get(playbook, "relations"), index, item) {
    rh_say(cli, "%-10s %s%s%s%s", text_of(item, "kind"), text_of(item, "id"),
           json_is_true(json_object_get(item, "sometimes")) ? " on some sources" : "",
           *text_of(item, "why") ? ": " : "", text_of(item, "why"));
  }
  say_scopes(cli, "Reads and accounts for", json_object_get(playbook, "reads"));
  say_scopes(cli, "Consults", json_object_get(playbook, "consults"));
  say_scopes(cli, "Writes on the destination", json_object_get(playbook, "writes"));
  if (json_array_size(json_object_get(playbook, "params")) > 0)
    rh_say_title(cli, "Parameters");
  json_array_foreach(json_object_get(playbook, "params"), index, item) {
    rh_buffer value = {0};
    const json_t *standard = json_object_get(item, "default");
    if (standard)
      rh_json_dump(&value, standard, JSON_ENCODE_ANY, NULL);
    rh_say(cli, "  %-24s %s (%s%s%s)", text_of(item, "name"), text_of(item, "help"),
           text_of(item, "type"), value.len ? ", default " : "", rh_buffer_text(&value));
    rh_buffer_dispose(&value);
  }
  rh_say_title(cli, "Steps");
  json_array_foreach(json_object_get(playbook, "steps"), index, item) {
    const char *guide = json_string_value(json_array_get(json_object_get(item, "guide"), 0));
    rh_say(cli, "  %-9s %-14s %s", text_of(item, "kind"), guide ? guide : "",
           text_of(item, "title"));
  }
}

static void widen(size_t *width, const char *text) {
  if (strlen(text) > *width)
    *width = strlen(text);
}

/* One of the tables: the id, the item, a word a column, and where it is in the console. */
static void say_compat_table(rh_cli *cli, const json_t *table) {
  enum { WORD = 15 };
  rh_error error = {0};
  rh_buffer line = {0};
  size_t index, column, id_width = 2, item_width = 4;
  json_t *row, *word;
  const json_t *columns = json_object_get(table, "columns"), *rows = json_object_get(table, "rows");
  json_array_foreach(rows, index, row) {
    widen(&id_width, text_of(row, "id"));
    widen(&item_width, text_of(row, "item"));
  }
  rh_say_title(cli, "%s", text_of(table, "title"));
  for (size_t number = 0; number <= json_array_size(rows); number++) {
    const json_t *item = number ? json_array_get(rows, number - 1) : NULL;
    rh_buffer_clear(&line);
    rh_status status = rh_buffer_printf(&line, &error, "%-*s  %-*s  ", (int)id_width,
                                        item ? text_of(item, "id") : "Id", (int)item_width,
                                        item ? text_of(item, "item") : "Item");
    json_array_foreach(item ? json_object_get(item, "cells") : columns, column, word) {
      if (status == RH_OK)
        status = rh_buffer_printf(&line, &error, "%-*s ", WORD, json_string_value(word));
    }
    if (status == RH_OK)
      rh_say(cli, "%s%s", rh_buffer_text(&line), item ? text_of(item, "where") : "Where");
  }
  json_array_foreach(json_object_get(table, "legend"), index, row) {
    rh_say(cli, "%s", json_string_value(row));
  }
  rh_buffer_dispose(&line);
}

static rh_exit say_compat(rh_cli *cli, const json_t *playbook) {
  const json_t *tables = json_object_get(playbook, "compat");
  size_t index;
  json_t *table;
  if (json_array_size(tables) == 0)
    return rh_usage(cli, "'%s' has no such table", text_of(playbook, "id"));
  json_array_foreach(tables, index, table) {
    say_compat_table(cli, table);
  }
  return RH_EXIT_DONE;
}

rh_exit rh_cmd_playbook_show(rh_cli *cli) {
  rh_script *script = NULL;
  rh_error error = {0};
  json_t *list = NULL, *item;
  size_t index;
  rh_exit code = rh_open_script(cli, &script, &cli->arguments);
  if (code == RH_EXIT_DONE && rh_script_describe(script, &list, &error) != RH_OK)
    code = rh_fail(cli, &error);
  json_array_foreach(list, index, item) {
    if (!cli->compat)
      say_playbook(cli, item);
    else if (code == RH_EXIT_DONE)
      code = say_compat(cli, item);
  }
  if (code == RH_EXIT_DONE)
    rh_print_json(cli, json_incref(list));
  json_decref(list);
  rh_script_free(script);
  return code;
}

rh_exit rh_cmd_playbook_lint(rh_cli *cli) {
  rh_script *script = NULL;
  rh_exit code = rh_open_script(cli, &script, &cli->arguments);
  if (code == RH_EXIT_DONE) {
    for (size_t i = 0; i < cli->arguments.count; i++)
      rh_say(cli, "%s: nothing to complain about", cli->arguments.items[i]);
    rh_print_json(cli, json_pack("{s:b}", "ok", 1));
  }
  rh_script_free(script);
  return code;
}

static size_t say_results(rh_cli *cli, const json_t *results) {
  size_t index, failed = 0;
  json_t *item;
  json_array_foreach(results, index, item) {
    bool ok = json_is_true(json_object_get(item, "ok"));
    failed += !ok;
    rh_say(cli, "%s  %s", ok ? "ok  " : "FAIL", text_of(item, "name"));
    if (!ok)
      rh_say(cli, "      %s", text_of(item, "message"));
  }
  return failed;
}

rh_exit rh_cmd_playbook_test(rh_cli *cli) {
  rh_script *script = NULL;
  rh_error error = {0};
  json_t *all = json_array();
  rh_exit code = rh_open_script(cli, &script, &cli->arguments);
  for (size_t i = 0; code == RH_EXIT_DONE && i < cli->arguments.count; i++) {
    json_t *results = NULL;
    if (rh_script_test(script, cli->arguments.items[i], &results, &error) != RH_OK)
      code = rh_fail(cli, &error);
    else
      json_array_extend(all, results);
    json_decref(results);
  }
  if (code == RH_EXIT_DONE) {
    size_t failed = say_results(cli, all);
    rh_say(cli, "%zu passed, %zu failed", json_array_size(all) - failed, failed);
    code = failed > 0 ? RH_EXIT_FAILED : RH_EXIT_DONE;
    rh_print_json(cli, json_incref(all));
  }
  json_decref(all);
  rh_script_free(script);
  return code;
}

static const char new_playbook[] =
    "-- What this role needs in order to move. docs/playbooks.md tells what can be written here.\n"
    "\n"
    "return playbook {\n"
    "  id      = \"%s\",\n"
    "  title   = \"%s\",\n"
    "  version = \"0.1.0\",\n"
    "  reads   = { registry = { [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\Example]] } },\n"
    "  writes  = { registry = { [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\Example]] } },\n"
    "  steps   = {\n"
    "    settings \"parameters\" {\n"
    "      guide = \"XX-MIG-01\",\n"
    "      key   = [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\Example\\Parameters]],\n"
    "      migrate \"*\",\n"
    "    },\n"
    "    manual \"tell-people\" {\n"
    "      guide = \"XX-POST-01\", on = \"people\", phase = \"after\",\n"
    "      text = \"Say what has moved.\",\n"
    "    },\n"
    "  },\n"
    "}\n";

static const char new_test[] =
    "local lu = require \"luaunit\"\n"
    "local t = {}\n"
    "\n"
    "local function server(number)\n"
    "  return machine.from { registry = { [ [[HKLM\\SYSTEM]] ] = ([[\n"
    "Windows Registry Editor Version 5.00\n"
    "\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]\n"
    "\"Current\"=dword:00000001\n"
    "\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Example\\Parameters]\n"
    "\"Number\"=dword:%08x\n"
    "]]):format(number) } }\n"
    "end\n"
    "\n"
    "function t.test_parameters_are_migrated()\n"
    "  local source, destination = server(7), server(0)\n"
    "  local plan = run { playbooks = { \"%s\" }, source = source, destination = destination }\n"
    "  lu.assertFalse(plan.blocked)\n"
    "  lu.assertEquals(destination:read(\n"
    "    [[HKLM\\SYSTEM\\CurrentControlSet\\Services\\Example\\Parameters]], \"Number\"), 7)\n"
    "end\n"
    "\n"
    "return t\n";

static rh_status write_text(const char *folder, const char *name, const char *text, size_t len,
                            rh_error *error) {
  char *path = rh_platform_join(folder, name);
  if (!path)
    return rh_error_memory(error);
  rh_status status = rh_file_write(path, text, len, RH_FILE_SHARED, error);
  rh_free(path);
  return status;
}

static bool is_playbook_id(const char *id) {
  return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id) && *id && *id != '-';
}

rh_exit rh_cmd_playbook_new(rh_cli *cli) {
  rh_error error = {0};
  rh_buffer text = {0};
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one folder");
  const char *given = cli->arguments.items[0];
  size_t len = strlen(given);
  while (len > 1 && given[len - 1] == '/')
    len--;
  char *folder = rh_copy_bytes(given, len);
  char *tests = folder ? rh_platform_join(folder, "tests") : NULL;
  rh_status status = tests ? RH_OK : rh_error_memory(&error);
  const char *id = folder ? rh_platform_base_name(folder) : "";
  bool made = false;
  if (status == RH_OK && !is_playbook_id(id)) {
    status = rh_error_set(&error, RH_ERR_ARGUMENT, folder, "'%s' is no playbook id", id);
    rh_error_hint(&error, "call the folder as the playbook: small letters, digits and dashes");
  }
  if (status == RH_OK && rh_file_exists(folder)) {
    status = rh_error_set(&error, RH_ERR_EXISTS, folder, "exists");
    rh_error_hint(&error, "choose another folder");
  }
  if (status == RH_OK) {
    made = true;
    status = rh_file_make_folders(tests, RH_FILE_SHARED, &error);
  }
  if (status == RH_OK)
    status = rh_buffer_printf(&text, &error, new_playbook, id, id);
  if (status == RH_OK)
    status = write_text(folder, "playbook.lua", rh_buffer_text(&text), text.len, &error);
  rh_buffer_clear(&text);
  /* The test's own %08x stands in the text: only the id is put in. */
  const char *place = strstr(new_test, "\"%s\"");
  if (status == RH_OK)
    status = rh_buffer_append(&text, new_test, (size_t)(place - new_test), &error);
  if (status == RH_OK)
    status = rh_buffer_printf(&text, &error, "\"%s\"%s", id, place + 4);
  if (status == RH_OK)
    status = write_text(tests, "parameters.lua", rh_buffer_text(&text), text.len, &error);
  rh_exit code = RH_EXIT_DONE;
  if (status == RH_OK) {
    char *above = rh_platform_folder_of(folder);
    cli->changed = true;
    rh_say(cli, "%s made. Next: rehome playbook test --playbook-path %s %s", folder,
           above ? above : ".", id);
    rh_free(above);
    rh_print_json(cli, json_pack("{s:o,s:s}", "folder", rh_json_text(folder), "id", id));
  } else {
    code = rh_fail(cli, &error);
    if (made)
      rh_file_remove_tree(folder, NULL);
  }
  rh_free(tests);
  rh_free(folder);
  rh_buffer_dispose(&text);
  return code;
}
