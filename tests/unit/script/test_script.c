/* The scripting host as its callers see it: errors, playbook folders, modules, sessions. */
#define _POSIX_C_SOURCE 200809L
#include "script_fixture.h"

#include "base/file.h"
#include "machine/machine_fixture.h"

#include <unistd.h>

static void lua_errors_become_errors(void **state) {
  rh_script *script = *state;
  rh_error error = {0};
  json_t *result = NULL;
  expect_error(script, "\nlocal x = nil\nreturn x.y", RH_ERR_SCRIPT,
               "remote-access/checks.lua:3: attempt to index a nil value (local 'x')");
  expect_error(script, "error({ code = 'not-found', message = 'm' })", RH_ERR_NOT_FOUND, "m");
  expect_error(script, "error({ code = 'ok', message = 'm' })", RH_ERR_SCRIPT, "m");
  expect_error(script, "error({})", RH_ERR_SCRIPT, "without a message");
  expect_error(script, "error()", RH_ERR_SCRIPT, "raised a nil");
  expect_error(script, "error(print)", RH_ERR_SCRIPT, "raised a function");
  expect_error(script, "error(setmetatable({}, { __index = function() while true do end end }))",
               RH_ERR_SCRIPT, "without a message");
  assert_int_equal(
      RH_ERR_SCRIPT, /* how the command ends is not the playbook's to choose */
      run_named(script, "x",
                "error({ code = 'argument', object = 'o', message = 'm', hint = 'h' })", &result,
                &error));
  assert_string_equal("o", error.object);
  assert_string_equal("m", error.message);
  assert_string_equal("h", error.hint);
  EXPECT(script, "return 'goes on'", "\"goes on\"");
}

/* Every code that stands for another exit code than 1, however it is raised. */
static void a_playbook_chooses_no_exit_code(void **state) {
  static const char *const raised[] = {
      "error({ code = '%s', message = 'm' })",
      "assert(false, { code = '%s', message = 'm' })",
      "local ok, e = pcall(error, { code = '%s', message = 'm' }) error(e, 0)",
      "local t = setmetatable({}, { __index = function() error({ code = '%s' }) end }) return t.x",
      "local ok, e = pcall(machine, { files = { ['../x'] = '' } }) e.code = '%s' error(e)",
      "table.sort({ 1, 2, 3 }, function() error({ code = '%s', exit = 0, status = 3 }) end)"};
  static const rh_status codes[] = {
      RH_OK,          RH_END,        RH_ERR_ARGUMENT, RH_ERR_SEALED,      RH_ERR_STALE,
      RH_ERR_BLOCKED, RH_ERR_LOCKED, RH_ERR_DIFFERS,  RH_ERR_INTERRUPTED, RH_ERR_STOPPED};
  char text[300];
  for (size_t i = 0; i < sizeof raised / sizeof *raised; i++)
    for (size_t j = 0; j < sizeof codes / sizeof *codes; j++) {
      snprintf(text, sizeof text, raised[i], rh_status_name(codes[j]));
      expect_error(*state, text, RH_ERR_SCRIPT, "");
    }
}

static void engine_functions_are_checked(void **state) {
  json_t *json = NULL;
  rh_error error = {0};
  rh_script *script = NULL;
  assert_int_equal(RH_ERR_SCRIPT, rh_script_list(*state, &json, &error));
  assert_non_null(strstr(error.message, "no function 'list'"));
  assert_int_equal(RH_ERR_SCRIPT,
                   script_open_with(&script, &(rh_script_options){0}, "return 1", 8, &error));
  assert_non_null(strstr(error.message, "the engine gives no table"));
  assert_int_equal(RH_ERR_SCRIPT,
                   script_open_with(&script, &(rh_script_options){0}, "x =", 3, &error));
  assert_string_equal("stdlib/engine.lua:1", error.object);
  assert_null(script);
  const rh_script_options missing = {.playbook_paths = (const char *const[]){"/nowhere/at/all"},
                                     .playbook_path_count = 1};
  assert_int_equal(RH_ERR_NOT_FOUND, rh_script_open(&script, &missing, &error));
}

static void the_embedded_engine_opens(void **state) {
  rh_script *script = NULL;
  json_t *list = NULL;
  (void)state;
  OK(rh_script_open(&script, &(rh_script_options){0}, error));
  OK(rh_script_list(script, &list, error));
  assert_true(json_is_array(list));
  json_decref(list);
  rh_script_free(script);
}

static void put_playbook(const char *folder, const char *name, const char *text, size_t len) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  char *parent = rh_platform_folder_of(path);
  OK(rh_file_make_folders(parent, RH_FILE_PRIVATE, error));
  OK(rh_file_write(path, text, len, RH_FILE_PRIVATE, error));
  rh_free(parent);
}

static void playbooks_are_found_in_a_folder(void **state) {
  char folder[100], path[300], other[300];
  static char big[1024 * 1024 + 1];
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/rehome-script-%llx",
           (unsigned long long)rh_platform_filetime());
  put_playbook(folder, "mine/playbook.lua", "return 'mine'", 13);
  put_playbook(folder, "mine/b.lua", "b", 1);
  put_playbook(folder, "mine/notes.txt", "n", 1);
  put_playbook(folder, "mine/.hidden.lua", "h", 1);
  put_playbook(folder, "mine/tests/a.lua", "a", 1);
  put_playbook(folder, "mine/tests/deeper/c.lua", "c", 1);
  put_playbook(folder, "mine/big.lua", big, sizeof big);
  put_playbook(folder, "empty/other.lua", "x", 1);
  put_playbook(folder, "stdlib/playbook.lua", "x", 1);
  snprintf(path, sizeof path, "%s/mine/link.lua", folder);
  assert_int_equal(0, symlink("b.lua", path));
  snprintf(path, sizeof path, "%s/linked", folder);
  assert_int_equal(0, symlink("mine", path));
  snprintf(path, sizeof path, "%s/mine/folder", folder);
  assert_int_equal(0, symlink("tests", path));
  const char *const paths[] = {folder};
  rh_script *script =
      open_script(&(rh_script_options){.playbook_paths = paths, .playbook_path_count = 1});
  snprintf(other, sizeof other, "[[\"mine\"],{\"embedded\":false,\"folders\":[\"%s\"]}]", folder);
  expect_result(script, "trusted",
                "local own = {}\n"
                "for _, id in ipairs(host.playbooks()) do\n"
                "  if #host.places(id).folders > 0 then own[#own + 1] = id end end\n"
                "return { own, host.places 'mine' }",
                other);
  expect_result(script, "trusted", "return host.files 'mine'",
                "[\"b.lua\",\"big.lua\",\"playbook.lua\",\"tests/a.lua\"]");
  expect_result(script, "trusted",
                "local read = {}\n"
                "for _, name in ipairs { 'b.lua', 'tests/a.lua', 'notes.txt', '../mine/b.lua',\n"
                "    'link.lua', 'folder/a.lua', 'tests/../b.lua', '/etc/passwd', 'x.lua',\n"
                "    '.hidden.lua', 'tests/deeper/c.lua', 'a.lua.lua/../x.lua', '..lua' } do\n"
                "  read[name] = host.read('mine', name) end\n"
                "return { read, host.read('linked', 'b.lua') == nil,\n"
                "  host.read('../mine', 'b.lua') == nil, host.files('empty'), host.files('..') }",
                "[{\"b.lua\":\"b\",\"tests/a.lua\":\"a\"},true,true,[],[]]");
  rh_error problem = {0};
  json_t *result = NULL;
  assert_int_equal(RH_ERR_LIMIT, run_named(script, "trusted", "return host.read('mine', 'big.lua')",
                                           &result, &problem));
  for (int i = 0; i < 200; i++) {
    snprintf(path, sizeof path, "mine/many%d.lua", i);
    put_playbook(folder, path, "x", 1);
  }
  assert_int_equal(RH_ERR_LIMIT,
                   run_named(script, "trusted", "return host.files 'mine'", &result, &problem));
  rh_script_free(script);
  OK(rh_file_remove_tree(folder, error));
}

/* An embedded playbook is read as without folders, whatever was looked for in them before. */
static void the_first_place_of_a_playbook_wins(void **state) {
  static const char ask[] =
      "local digests = {}\n"
      "for _, id in ipairs { 'nps', 'dns-server' } do\n"
      "  for _, file in ipairs(host.files(id)) do\n"
      "    digests[id .. '/' .. file] = host.sha256(host.read(id, file)) end end\n"
      "return digests";
  char one[100], two[200], expected[800];
  rh_error problem = {0};
  json_t *with = NULL, *without = NULL;
  (void)state;
  snprintf(one, sizeof one, "/tmp/rehome-script-%llx", (unsigned long long)rh_platform_filetime());
  snprintf(two, sizeof two, "%s-two", one);
  put_playbook(one, "mine/playbook.lua", "one", 3);
  put_playbook(two, "mine/playbook.lua", "two", 3);
  put_playbook(two, "theirs/playbook.lua", "two", 3);
  put_playbook(two, "certificates/playbook.lua", "two", 3);
  const char *const paths[] = {one, two};
  rh_script *script =
      open_script(&(rh_script_options){.playbook_paths = paths, .playbook_path_count = 2});
  expect_result(
      script, "trusted",
      "return { host.read('mine', 'playbook.lua'), host.read('theirs', 'playbook.lua'),\n"
      "  host.read('certificates', 'playbook.lua'), host.read('nps', 'playbook.lua') and 1,\n"
      "  host.files 'theirs', host.read('nps', 'no-such.lua') == nil }",
      "[\"one\",\"two\",\"two\",1,[\"playbook.lua\"],true]");
  snprintf(expected, sizeof expected,
           "[{\"embedded\":false,\"folders\":[\"%s\",\"%s\"]},"
           "{\"embedded\":true,\"folders\":[\"%s\"]},"
           "{\"embedded\":true,\"folders\":[]},{\"embedded\":false,\"folders\":[]}]",
           one, two, two);
  expect_result(script, "trusted",
                "return { host.places 'mine', host.places 'certificates', host.places 'nps',\n"
                "  host.places '../mine' }",
                expected);
  rh_script *plain = open_script(&(rh_script_options){0});
  assert_int_equal(RH_OK, run_named(script, "trusted", ask, &with, &problem));
  assert_int_equal(RH_OK, run_named(plain, "trusted", ask, &without, &problem));
  assert_true(json_object_size(without) > 10);
  assert_true(json_equal(with, without));
  json_decref(with);
  json_decref(without);
  rh_script_free(plain);
  rh_script_free(script);
  OK(rh_file_remove_tree(one, error));
  OK(rh_file_remove_tree(two, error));
}

/* The engine that is shipped runs a playbook's specs, and says what is on a machine. */
static void specs_run_on_the_embedded_engine(void **state) {
  static const char playbook[] =
      "return playbook { id = 'mine', title = 'Mine', version = '1.0.0',\n"
      "  reads = {}, writes = {}, steps = {} }";
  static const char spec[] = "local unit = require 'luaunit'\n"
                             "return { test_good = function()\n"
                             "  local m = machine.from { registry = { SOFTWARE = "
                             "'[HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\X]' } }\n"
                             "  unit.assertTrue(m:has_key 'HKLM\\\\SOFTWARE\\\\X') end,\n"
                             "  test_poor = function() unit.assertEquals(1, 2) end }";
  char folder[100];
  rh_script *script = NULL;
  rh_error problem = {0};
  json_t *results = NULL;
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/rehome-script-%llx",
           (unsigned long long)rh_platform_filetime());
  put_playbook(folder, "mine/playbook.lua", playbook, sizeof playbook - 1);
  put_playbook(folder, "mine/tests/one.lua", spec, sizeof spec - 1);
  put_playbook(folder, "bare/playbook.lua", playbook, sizeof playbook - 1);
  const char *const paths[] = {folder};
  OK(rh_script_open(
      &script, &(rh_script_options){.playbook_paths = paths, .playbook_path_count = 1}, error));
  OK(rh_script_test(script, "mine", &results, error));
  assert_int_equal(2, json_array_size(results));
  for (size_t i = 0; i < 2; i++) {
    const json_t *item = json_array_get(results, i);
    const char *name = json_string_value(json_object_get(item, "name"));
    assert_non_null(strstr(name, "mine/tests/one.lua"));
    assert_int_equal(strstr(name, "test_good") != NULL, json_is_true(json_object_get(item, "ok")));
  }
  json_decref(results);
  results = NULL;
  assert_int_equal(RH_ERR_NOT_FOUND, rh_script_test(script, "bare", &results, &problem));
  assert_int_equal(RH_ERR_NOT_FOUND, rh_script_test(script, "nothing", &results, &problem));
  assert_null(results);
  rh_script_free(script);
  OK(rh_file_remove_tree(folder, error));
}

static void the_inventory_needs_one_machine(void **state) {
  rh_script *script = NULL;
  json_t *result = NULL;
  fixture files;
  (void)state;
  fixture_make(&files);
  rh_machine *machine = open_image(&files);
  OK(rh_script_open(&script, &(rh_script_options){0}, error));
  OK(rh_script_inventory(script, machine, &result, error));
  assert_true(json_is_array(json_object_get(result, "roles")));
  assert_non_null(strstr(json_string_value(json_object_get(result, "system")), "2008 R2"));
  json_decref(result);
  rh_script_free(script);
  rh_machine_free(machine);
  fixture_free(&files);
}

static void modules_are_kept_apart(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         "return { stdlib 'engine' == nil, stdlib 'engine.words' == nil, stdlib 'nothing' == nil,\n"
         "  stdlib '../engine' == nil, stdlib 'engine/words' == nil, stdlib '' == nil }",
         "[true,true,true,true,true,true]");
  EXPECT(script,
         "local unit = stdlib 'luaunit'\n"
         "local ok, message = pcall(unit.assertEquals, { 1 }, { 2 })\n"
         "unit.assertEquals({ a = { 1 } }, { a = { 1 } })\n"
         "return { ok, message:match 'FAILURE' ~= nil, unit.LuaUnit == nil, unit == stdlib "
         "'luaunit' }",
         "[false,true,true,true]");
  expect_error(script, "stdlib('luaunit').assertEquals = nil", RH_ERR_SCRIPT,
               "luaunit is read-only");
  EXPECT(script, "return sha256 'abc'",
         "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
}

#define PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess"

typedef struct pair {
  fixture files;
  rh_machine *image, *source, *destination;
  rh_session session;
} pair;

static void pair_open(pair *self) {
  fixture_make(&self->files);
  self->source = open_image(&self->files);
  self->image = open_image(&self->files);
  self->destination = overlay_of(self->image);
  self->session = (rh_session){.source = self->source, .destination = self->destination};
  OK(rh_request_new(&self->session.request, error));
  OK(rh_request_set(self->session.request, "time", json_integer(1700000000), error));
  OK(rh_request_set_machine(self->session.request, "source", self->source, error));
  OK(rh_request_set_machine(self->session.request, "destination", self->destination, error));
}

static void pair_free(pair *self) {
  json_decref(self->session.request);
  rh_machine_free(self->destination);
  rh_machine_free(self->image);
  rh_machine_free(self->source);
  fixture_free(&self->files);
}

static void load(rh_script *script, const char *text) {
  const char *const words[] = {text, PARAMETERS, "%SystemRoot%\\System32\\ras\\*.pbk", "MY"};
  OK(rh_script_load(script, words, 4, error));
}

static void a_session_reaches_the_engine(void **state) {
  rh_script *script = open_script(&(rh_script_options){0});
  pair machines;
  json_t *result = NULL;
  (void)state;
  pair_open(&machines);
  OK(rh_request_set(machines.session.request, "parameters",
                    json_pack("{s:s,s:[i,i]}", "name", "value", "list", 1, 2), error));
  load(script,
       "local id = source:identity()\n"
       "return { source:kind(), destination:kind(), request.time, request.parameters, #map,\n"
       "  map[1].source.name, map[1].destination.guid, map[1].reason, id.computer_name,\n"
       "  id.os_version, source:interfaces()[1].is_card,\n"
       "  source:read_file([[%SystemRoot%\\System32\\ras\\router.pbk]]) }");
  OK(rh_script_check(script, &machines.session, &result, error));
  char *dump = json_dumps(json_object_get(result, "result"), JSON_COMPACT | JSON_SORT_KEYS);
  assert_string_equal(
      "[\"image\",\"overlay\",1700000000,{\"list\":[1,2],\"name\":\"value\"},1,"
      "\"LAN-Verbindung\",\"{11111111-2222-3333-4444-555555555555}\",\"name\",\"VPN-ALT\",\"6.1\","
      "true,\"[Zentrale]\\r\\n\"]",
      dump);
  free(dump);
  json_decref(result);
  pair_free(&machines);
  rh_script_free(script);
}

static void the_source_is_read_only(void **state) {
  rh_script *script = open_script(&(rh_script_options){0});
  pair machines;
  json_t *result = NULL;
  rh_error error = {0};
  (void)state;
  pair_open(&machines);
  load(script, "\ncopy[1]:set([[" PARAMETERS "]], 'Start', 'dword', 1)");
  assert_int_equal(RH_ERR_ACCESS, rh_script_check(script, &machines.session, &result, &error));
  assert_string_equal("remote-access/checks.lua:2: this machine is read-only", error.message);
  load(script, "source:write_file([[%SystemRoot%\\System32\\ras\\x.pbk]], '')");
  assert_int_equal(RH_ERR_SCOPE, rh_script_check(script, &machines.session, &result, &error));
  pair_free(&machines);
  rh_script_free(script);
}

/* A playbook that keeps a machine finds it closed in the next call. */
static void machines_close_with_their_session(void **state) {
  static const char engine[] =
      "local kept, M = nil, {}\n"
      "function M.check(s) kept = host.scoped(s.source, {}, 'x') return { kept:kind() } end\n"
      "function M.list() return { pcall(kept.kind, kept) } end\n"
      "return M";
  rh_script *script = NULL;
  pair machines;
  json_t *result = NULL;
  (void)state;
  OK(script_open_with(&script, &(rh_script_options){0}, engine, sizeof engine - 1, error));
  pair_open(&machines);
  OK(rh_script_check(script, &machines.session, &result, error));
  json_decref(result);
  pair_free(&machines);
  OK(rh_script_list(script, &result, error));
  assert_true(json_is_false(json_array_get(result, 0)));
  assert_non_null(strstr(json_string_value(json_array_get(result, 1)), "machine is closed"));
  json_decref(result);
  rh_script_free(script);
}

static void scopes_outlive_another_load(void **state) {
  rh_script *script = open_script(&(rh_script_options){0});
  const rh_scopes *first = NULL, *second = NULL;
  (void)state;
  load(script, "");
  OK(rh_script_scopes(script, &first, error));
  const char *const words[] = {"", "HKLM\\SOFTWARE\\X"};
  OK(rh_script_load(script, words, 2, error));
  OK(rh_script_scopes(script, &second, error));
  assert_int_equal(1, first->registry_count);
  assert_string_equal(PARAMETERS, first->registry[0]);
  assert_string_equal("%SystemRoot%\\System32\\ras\\*.pbk", first->files[0]);
  assert_string_equal("MY", first->certificates[0]);
  assert_string_equal("HKLM\\SOFTWARE\\X", second->registry[0]);
  assert_int_equal(0, second->file_count);
  rh_script_free(script);
}

static void a_plan_gets_lists_and_changes(void **state) {
  rh_script *script = open_script(&(rh_script_options){0});
  pair machines;
  rh_plan *plan = NULL;
  rh_change_list changes = {0};
  (void)state;
  pair_open(&machines);
  load(script,
       "destination:set([[" PARAMETERS "]], 'Start', 'dword', 3)\n"
       "destination:set([[" PARAMETERS "]], 'Secret', 'sz', 's')\n"
       "destination:mark_secret([[" PARAMETERS "]], 'Secret')\n"
       "return { plan = { steps = { { id = 'a' } }, verdicts = {}, parameters = { x = {} } } }");
  OK(rh_plan_new(&plan, error));
  OK(rh_script_plan(script, &machines.session, plan, error));
  json_t *document = rh_plan_document(plan);
  assert_int_equal(1, json_array_size(json_object_get(document, "steps")));
  assert_true(json_is_object(json_object_get(json_object_get(document, "parameters"), "x")));
  assert_true(json_object_get(document, "request") == machines.session.request);
  assert_int_equal(2, rh_plan_change_count(plan));
  assert_string_equal(machines.files.image, rh_plan_source(plan));
  OK(rh_plan_changes(plan, &changes, error));
  for (size_t i = 0; i < changes.count; i++) {
    bool secret = strcmp(changes.items[i].name, "Secret") == 0;
    assert_int_equal(secret, changes.items[i].secret);
    assert_int_equal(RH_SET_VALUE, changes.items[i].action);
  }
  rh_change_list_dispose(&changes);
  rh_plan_free(plan);
  pair_free(&machines);
  rh_script_free(script);
}

/* A key that the engine adds cannot get lost on the way. */
static void what_a_plan_does_not_have_is_refused(void **state) {
  rh_script *script = open_script(&(rh_script_options){0});
  pair machines;
  rh_plan *plan = NULL;
  rh_error problem = {0};
  (void)state;
  pair_open(&machines);
  load(script, "return { plan = { unheard_of = {} } }");
  OK(rh_plan_new(&plan, error));
  OK(rh_script_plan(script, &machines.session, plan, error));
  assert_int_equal(RH_ERR_FORMAT, rh_plan_save(plan, "/tmp/rehome-test-no.plan", true, &problem));
  assert_string_equal("unheard_of", problem.object);
  rh_plan_free(plan);
  load(script, "return { blocked = false }");
  OK(rh_plan_new(&plan, error));
  assert_int_equal(RH_ERR_SCRIPT, rh_script_plan(script, &machines.session, plan, &problem));
  rh_plan_free(plan);
  pair_free(&machines);
  rh_script_free(script);
}

static void a_blocked_plan_has_its_checks(void **state) {
  rh_script *script = open_script(&(rh_script_options){0});
  pair machines;
  rh_plan *plan = NULL;
  rh_error problem = {0};
  (void)state;
  pair_open(&machines);
  load(script, "return { blocked = true, plan = { checks = {\n"
               "  { id = 'w', severity = 'warn', ok = false, message = 'a warning' },\n"
               "  { id = 'b', severity = 'block', ok = false, message = 'no', hint = 'do' } } } }");
  OK(rh_plan_new(&plan, error));
  assert_int_equal(RH_ERR_BLOCKED, rh_script_plan(script, &machines.session, plan, &problem));
  assert_string_equal("b", problem.object);
  assert_string_equal("no", problem.message);
  assert_string_equal("do", problem.hint);
  assert_int_equal(2, json_array_size(json_object_get(rh_plan_document(plan), "checks")));
  assert_int_equal(0, rh_plan_change_count(plan));
  rh_plan_free(plan);
  pair_free(&machines);
  rh_script_free(script);
}

static int open_shared(void **state) {
  *state = open_script(&(rh_script_options){0});
  return 0;
}

static int close_shared(void **state) {
  rh_script_free(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lua_errors_become_errors),
      cmocka_unit_test(a_playbook_chooses_no_exit_code),
      cmocka_unit_test(a_playbook_chooses_no_exit_code),
      cmocka_unit_test(engine_functions_are_checked),
      cmocka_unit_test(the_embedded_engine_opens),
      cmocka_unit_test(playbooks_are_found_in_a_folder),
      cmocka_unit_test(the_first_place_of_a_playbook_wins),
      cmocka_unit_test(specs_run_on_the_embedded_engine),
      cmocka_unit_test(the_inventory_needs_one_machine),
      cmocka_unit_test(modules_are_kept_apart),
      cmocka_unit_test(a_session_reaches_the_engine),
      cmocka_unit_test(the_source_is_read_only),
      cmocka_unit_test(machines_close_with_their_session),
      cmocka_unit_test(scopes_outlive_another_load),
      cmocka_unit_test(a_plan_gets_lists_and_changes),
      cmocka_unit_test(what_a_plan_does_not_have_is_refused),
      cmocka_unit_test(a_blocked_plan_has_its_checks),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
