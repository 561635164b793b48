/* The methods of machines in Lua, on machines made from .reg text and in a session. */
#define _POSIX_C_SOURCE 200809L
#include "script_fixture.h"

#include <stdlib.h>

/* A machine `m` with values of every type, and a file. */
#define MACHINE                                                                                    \
  "local m = machine { registry = { SOFTWARE = [==[\n"                                             \
  "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test]\n"                                                         \
  "@=\"default\"\n"                                                                                \
  "\"Text\"=\"a \xC3\xA4\"\n"                                                                      \
  "\"Number\"=dword:ffffffff\n"                                                                    \
  "\"Big\"=hex(b):ff,ff,ff,ff,ff,ff,ff,ff\n"                                                       \
  "\"Swapped\"=hex(5):00,00,01,02\n"                                                               \
  "\"List\"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00,64,00\n"                                    \
  "\"Expand\"=hex(2):25,00,61,00,25,00,00,00,7a,00\n"                                              \
  "\"Bytes\"=hex:00,ff\n"                                                                          \
  "\"None\"=hex(0):\n"                                                                             \
  "\"Odd\"=hex(1234):01\n"                                                                         \
  "\"Short\"=hex(4):01,02\n"                                                                       \
  "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test\\Sub\\Deep]\n"                                              \
  "\"X\"=\"1\"\n"                                                                                  \
  "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\n"                                                        \
  "]==], ['HKLM\\\\SYSTEM'] = [==[\n"                                                              \
  "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess]\n"                      \
  "\"Start\"=dword:2\n"                                                                            \
  "]==] }, files = { ['Windows/System32/ras/router.pbk'] = '[Branch]\\n',\n"                       \
  "  ['Windows\\\\System32\\\\ras\\\\readme.txt'] = 'x' } }\n"                                     \
  "local key = [[HKLM\\SOFTWARE\\Test]]\n"

static void values_are_interpreted_by_type(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         MACHINE "return { m:read(key, ''), m:read(key, '@'), m:read(key, 'text'),\n"
                 "  m:read(key, 'Number'), m:read(key, 'Big'), m:read(key, 'Swapped'),\n"
                 "  m:read(key, 'List'), m:read(key, 'Expand') }",
         "[\"default\",\"default\",\"a \xC3\xA4\",4294967295,-1,258,[\"a\",\"bc\"],\"%a%\"]");
  EXPECT(script,
         MACHINE
         "local v = m:get(key, 'bytes')\n"
         "return { v.name, v.type, v.raw == '\\0\\xff', v.value == v.raw,\n"
         "  m:get(key, 'Odd').type, m:get(key, 'None').type, m:get(key, 'None').raw,\n"
         "  m:read(key, 'Short') == '\\1\\2', m:get(key, 'Text').raw == 'a\\0 \\0\\xe4\\0\\0\\0' }",
         "[\"Bytes\",\"binary\",true,true,4660,\"none\",\"\",true,true]");
  EXPECT(script,
         MACHINE
         "local names = {} for i, v in ipairs(m:values(key)) do names[i] = v.name end\n"
         "return { #names, m:keys(key), m:keys('HKLM\\\\SOFTWARE\\\\Nothing'),\n"
         "  m:values('HKLM\\\\SOFTWARE\\\\Nothing'), m:has_key(key), m:has_key(key .. 'x') }",
         "[11,[\"Sub\"],[],[],true,false]");
  EXPECT(script,
         MACHINE
         "return { m:get(key, 'x') == nil, m:read(key .. 'x', 'x') == nil,\n"
         "  m:read('HKLM\\\\DEFAULT\\\\x', 'x') == nil,\n"
         "  m:resolve('HKLM\\\\SYSTEM\\\\CurrentControlSet\\\\Services'),\n"
         "  m:read('HKLM\\\\SYSTEM\\\\CurrentControlSet\\\\Services\\\\RemoteAccess', 'Start') }",
         "[true,true,true,\"HKLM\\\\SYSTEM\\\\ControlSet001\\\\Services\",2]");
}

static void what_is_set_has_exact_bytes(void **state) {
  rh_script *script = *state;
  EXPECT(
      script,
      MACHINE
      "local k = key .. [[\\New\\Key]]\n"
      "local function bytes(name) return (m:get(k, name).raw:gsub('.', function(c)\n"
      "  return ('%02x'):format(c:byte()) end)) end\n"
      "m:set(k, 'sz', 'sz', '\xC3\xA4') m:set(k, 'exp', 'expand_sz', '') m:set(k, 'link', 6, 'a')\n"
      "m:set(k, 'multi', 'multi_sz', { 'a', 'b' }) m:set(k, 'empty', 'multi_sz', {})\n"
      "m:set(k, 'dword', 'dword', 258) m:set(k, 'be', 'dword_be', 258.0)\n"
      "m:set(k, 'qword', 'qword', -2) m:set(k, 'bin', 'binary', '\\0\\1') m:set(k, 'odd', 99, "
      "'x')\n"
      "m:set(k, '@', { type = 'sz', raw = 'raw', value = 'other' })\n"
      "m:set(k, 'table', { type = 'dword', value = 7 })\n"
      "return { bytes 'sz', bytes 'exp', bytes 'link', bytes 'multi', bytes 'empty',\n"
      "  bytes 'dword', bytes 'be', bytes 'qword', bytes 'bin', bytes 'odd', bytes '',\n"
      "  bytes 'table', m:get(k, 'odd').type, m:get(k, 'link').type }",
      "[\"e4000000\",\"0000\",\"61000000\",\"610000006200000000"
      "00\",\"0000\",\"02010000\","
      "\"00000102\",\"feffffffffffffff\",\"0001\",\"78\",\"726177\",\"07000000\",99,\"link\"]");
  EXPECT(script,
         MACHINE "for _, v in ipairs(m:values(key)) do m:set(key .. 'copy', v.name, v) end\n"
                 "for _, v in ipairs(m:values(key)) do\n"
                 "  local c = m:get(key .. 'copy', v.name)\n"
                 "  assert(c.raw == v.raw and c.type == v.type) end\n"
                 "return #m:values(key .. 'copy')",
         "11");
}

static void values_that_do_not_fit_are_refused(void **state) {
  rh_script *script = *state;
  static const struct {
    const char *call, *message;
  } cases[] = {
      {"m:set(key, 'x', 'dword', 4294967296)", "from 0 to 4294967295"},
      {"m:set(key, 'x', 'dword', -1)", "from 0 to 4294967295"},
      {"m:set(key, 'x', 'dword', 1.5)", "whole number expected"},
      {"m:set(key, 'x', 'dword', '1')", "whole number expected"},
      {"m:set(key, 'x', 'sz', 1)", "a text expected"},
      {"m:set(key, 'x', 'sz', 'a\\0b')", "NUL"},
      {"m:set(key, 'x', 'sz', '\\xff')", "not valid UTF-8"},
      {"m:set(key, 'x', 'multi_sz', 'a')", "a list of texts expected"},
      {"m:set(key, 'x', 'multi_sz', { '' })", "without characters"},
      {"m:set(key, 'x', 'multi_sz', { 1 })", "a list of texts expected"},
      {"m:set(key, 'x', 'binary', 1)", "bytes expected"},
      {"m:set(key, 'x', 'word', 1)", "'word' is no type"},
      {"m:set(key, 'x', -1, '')", "a type from 0"},
      {"m:set(key, 1, 'dword', 1)", "string expected"},
      {"m:set('HKCU\\\\x', 'x', 'dword', 1)", "checks.lua"},
      {"m:set('HKLM\\\\SOFTWARE\\\\a\\0b', 'x', 'dword', 1)", "without NUL"},
      {"m:read(key)", "string expected"},
      {"m.read(1, key, 'x')", "machine expected, got number"},
      {"m.read('x', key, 'x')", "machine expected, got string"},
      {"m.read({}, key, 'x')", "machine expected, got table"},
      {"m:chain('MY', 'x', { 1 }, 0)", "machine expected"},
      {"m.x = 1", "attempt to index"},
      {"setmetatable(m, {})", "table expected"},
      {"getmetatable(m).__index = 1", "attempt to index"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[3000];
    snprintf(text, sizeof text, "%s%s", MACHINE, cases[i].call);
    rh_error error = {0};
    json_t *result = NULL;
    if (run_named(script, "remote-access/checks.lua", text, &result, &error) == RH_OK ||
        !strstr(error.message, cases[i].message))
      fail_msg("%s: '%s'", cases[i].call, error.message);
  }
}

static void keys_are_made_copied_and_deleted(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         MACHINE "m:create_key(key .. [[\\Empty]])\n"
                 "return { m:has_key(key .. [[\\Empty]]), m:delete_value(key, 'Text'),\n"
                 "  m:delete_value(key, 'Text'), m:read(key, 'Text') == nil,\n"
                 "  m:delete_key(key .. [[\\Sub]]), m:delete_key(key .. [[\\Sub]]), m:keys(key) }",
         "[true,true,false,true,true,false,[\"Empty\"]]");
  EXPECT(script,
         MACHINE "local to = [[HKLM\\SOFTWARE\\Copy]]\n"
                 "m:set(to, 'old', 'dword', 1)\n"
                 "local other = machine { registry = { SOFTWARE = '' } }\n"
                 "return { m:copy_key(to, m, key), m:read(to, 'old') == nil, #m:values(to),\n"
                 "  m:read(to .. [[\\Sub\\Deep]], 'X'), m:copy_key(to, m, key .. 'none'),\n"
                 "  other:copy_key(key, m, key), #other:values(key), m:has_key(to) }",
         "[true,true,11,\"1\",false,true,11,true]");
  expect_error(script, MACHINE "m:copy_key(key .. [[\\Sub]], m, key)", RH_ERR_SCRIPT,
               "onto itself");
  expect_error(script, MACHINE "m:copy_key(key, m, key .. [[\\Sub]])", RH_ERR_SCRIPT,
               "onto itself");
  EXPECT(script, MACHINE "return m:copy_key(key .. 's', m, key)", "true");
}

static void files_are_read_and_written(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         MACHINE "local f = [[%SystemRoot%\\System32\\ras\\router.pbk]]\n"
                 "local r = { m:read_file(f), m:has_file(f), m:files 'Windows/System32/ras',\n"
                 "  m:read_file 'Windows/nothing' == nil, m:files 'Windows/nothing' }\n"
                 "m:write_file('Windows/System32/ras/new.pbk', 'a\\0b')\n"
                 "r[6] = #m:read_file 'Windows/System32/ras/new.pbk'\n"
                 "r[7] = m:delete_file(f) r[8] = m:delete_file(f) r[9] = m:has_file(f)\n"
                 "return r",
         "[\"[Branch]\\n\",true,[\"Windows/System32/ras/readme.txt\","
         "\"Windows/System32/ras/router.pbk\"],true,[],3,true,false,false]");
  EXPECT(script,
         MACHINE
         "local v = scoped(m, { reads = {}, writes = {} }, 'shares')\n"
         "return { v:has_folder [[C:\\windows\\SYSTEM32\\ras]], v:has_folder 'Windows/nothing',\n"
         "  v:has_folder 'Windows/System32/ras/router.pbk', v:has_folder [[D:\\Data]],\n"
         "  v:has_folder [[C:\\..\\etc]], v:has_folder [[\\\\?\\C:\\Windows]] }",
         "[true,false,false,false,false,false]");
  expect_error(script, "machine { files = { ['../x'] = '' } }", RH_ERR_SCRIPT, "");
  expect_error(script, "machine { registry = { HOLZWEG = '' } }", RH_ERR_SCRIPT, "is no hive");
  expect_error(script, "machine { registry = { SYSTEM = '[nonsense' } }", RH_ERR_FORMAT, "");
}

static void a_view_allows_only_its_scopes(void **state) {
  rh_script *script = *state;
  rh_error error = {0};
  json_t *result = NULL;
#define VIEW                                                                                       \
  MACHINE "local v = scoped(m, { reads = { registry = { key }, certificates = { 'MY' },\n"         \
          "  files = { [[%SystemRoot%\\System32\\ras\\*.pbk]] } },\n"                              \
          "  writes = { registry = { [[HKLM\\SOFTWARE\\Out]] } } }, 'remote-access')\n"            \
          "m = nil\n"
  EXPECT(script,
         VIEW "v:set([[HKLM\\SOFTWARE\\Out\\Deep]], 'x', 'dword', 1)\n"
              "return { v:read(key, ''), v:read(key .. [[\\Sub\\Deep]], 'X'), v:kind(),\n"
              "  v:read([[HKEY_LOCAL_MACHINE\\software\\OUT\\deep]], 'x'),\n"
              "  v:files [[%SystemRoot%\\System32\\ras]], v:certificates 'MY', v:store() == nil }",
         "[\"default\",\"1\",\"overlay\",1,[\"Windows/System32/ras/router.pbk\"],[],true]");
  assert_int_equal(RH_ERR_SCOPE, run_named(script, "remote-access/checks.lua",
                                           VIEW "do\n  v:read([[HKLM\\SOFTWARE\\Other]], 'x')\nend",
                                           &result, &error));
  assert_string_equal("HKLM\\SOFTWARE\\Other", error.object);
  assert_string_equal("remote-access/checks.lua:28: remote-access: reads HKLM\\SOFTWARE\\Other, "
                      "which is outside its declared scopes",
                      error.message);
  assert_string_equal("add [[HKLM\\SOFTWARE\\Other]] to reads.registry in playbook.lua",
                      error.hint);
  static const char *const refused[] = {
      "v:set(key, 'x', 'dword', 1)",
      "v:read(key .. 's', 'x')",
      "v:delete_key(key)",
      "v:create_key [[HKLM\\SOFTWARE\\Outer]]",
      "v:values [[HKLM\\SOFTWARE]]",
      "v:copy_key([[HKLM\\SOFTWARE\\Out]], v, [[HKLM\\SOFTWARE\\Other]])",
      "v:mark_secret(key, 'Text')",
      "v:read_file 'Windows/System32/ras/readme.txt'",
      "v:has_file [[%SystemRoot%\\System32\\drivers\\etc\\hosts]]",
      "v:write_file('Windows/System32/ras/router.pbk', '')",
      "v:files 'Windows/System32/config'",
      "v:certificates 'ROOT'",
      "v:chain('ROOT', '', {}, 0)",
  };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    char text[3000];
    snprintf(text, sizeof text, "%s%s", VIEW, refused[i]);
    expect_error(script, text, RH_ERR_SCOPE, "which is outside its declared scopes");
  }
  EXPECT(
      script,
      VIEW "local ok, e = pcall(v.certificates, v, 'ROOT')\n"
           "return { ok, e.code, e.object, e.hint, tostring(e) == e.message }",
      "[false,\"scope\",\"ROOT\",\"add \\\"ROOT\\\" to reads.certificates in playbook.lua\",true]");
  expect_error(script, VIEW "scoped(v, { reads = { registry = { 'HKLM' } } }, 'x')", RH_ERR_SCRIPT,
               "without scopes");
}

/* Not even a machine without scopes, the engine's, shows the hives that hold hashes. */
static void hives_of_hashes_are_shown_to_nobody(void **state) {
  rh_script *script = *state;
  static const char *const refused[] = {
      "m:read([[HKLM\\SAM\\x]], 'x')",
      "m:keys [[hkey_local_machine\\security]]",
      "m:set([[HKLM\\SAM\\SAM]], 'x', 'dword', 1)",
      "m:copy_key([[HKLM\\SOFTWARE\\Out]], m, [[HKLM\\SAM]])",
      "m:read_file [[%SystemRoot%\\System32\\config\\SAM]]",
      "m:has_file 'windows/REPAIR/sam'",
  };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    char text[3000];
    snprintf(text, sizeof text, "%s%s", MACHINE, refused[i]);
    expect_error(script, text, RH_ERR_ACCESS, "holds password hashes");
  }
  EXPECT(script, MACHINE "return { m:accounts() == nil }", "[true]");
  expect_error(script, MACHINE "scoped(m, { reads = {} }, 'x'):accounts()", RH_ERR_SCOPE,
               "the local accounts, which is outside");
}

static void memory_outside_lua_counts(void **state) {
  (void)state;
  rh_script *script = open_script(&(rh_script_options){.memory_limit = 16 << 20});
  expect_error(script,
               MACHINE "local x = ('x'):rep(1 << 20)\n"
                       "for i = 1, 1e9 do m:set(key, 'v' .. i, 'binary', x) end",
               RH_ERR_LIMIT, "more than 16 MiB of memory");
  rh_script_free(script);
}

/* Nothing of a machine that is made of text is on a disk, and what its hives take counts. */
static void a_machine_of_text_is_in_memory(void **state) {
  (void)state;
  char *folder = getenv("TMPDIR") ? rh_copy_text(getenv("TMPDIR")) : NULL;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  rh_script *script = open_script(&(rh_script_options){.memory_limit = 16 << 20});
  EXPECT(script,
         MACHINE "return { m:read(key, 'Number'), m:read_file 'Windows/System32/ras/readme.txt' }",
         "[4294967295,\"x\"]");
  expect_error(script,
               "local keys = {}\n"
               "for i = 1, 1000 do keys[i] = ('[HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\%d%s]\\n')\n"
               "  :format(i, ('\\\\a'):rep(200)) end\n"
               "return machine { registry = { SOFTWARE = table.concat(keys) } }",
               RH_ERR_LIMIT, "more than 16 MiB of memory");
  rh_script_free(script);
  if (folder)
    setenv("TMPDIR", folder, 1);
  else
    unsetenv("TMPDIR");
  rh_free(folder);
}

/* Whichever allocation fails, nothing is lost and the error says why. */
static void failing_allocations_are_told(void **state) {
  (void)state;
  bool done = false;
  for (unsigned long n = 1; !done; n += n < 100 ? 1 : 37) {
    rh_script *script = open_script(&(rh_script_options){0});
    json_t *result = NULL;
    rh_error error = {0};
    rh_memory_fail_at(n);
    rh_status status = run_named(
        script, "remote-access/checks.lua",
        MACHINE "local to = key .. [[\\Copy]]\n"
                "local v = scoped(m, { reads = { registry = { key }, files = { '**' } } }, 'x')\n"
                "for _, value in ipairs(v:values(key)) do m:set(to, value.name, value) end\n"
                "m:copy_key(key .. 'Other', m, to) m:delete_key(to)\n"
                "m:write_file('Windows/x', 'y')\n"
                "return { v:keys(key), v:files 'Windows', m:identity(), m:interfaces(),\n"
                "  m:certificates 'MY' }",
        &result, &error);
    rh_memory_fail_at(0);
    done = status == RH_OK;
    if (!done && error.code != RH_ERR_MEMORY)
      fail_msg("allocation %lu: %s: %s", n, rh_status_name(error.code), error.message);
    json_decref(result);
    rh_script_free(script);
  }
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
      cmocka_unit_test(values_are_interpreted_by_type),
      cmocka_unit_test(what_is_set_has_exact_bytes),
      cmocka_unit_test(values_that_do_not_fit_are_refused),
      cmocka_unit_test(keys_are_made_copied_and_deleted),
      cmocka_unit_test(files_are_read_and_written),
      cmocka_unit_test(a_view_allows_only_its_scopes),
      cmocka_unit_test(hives_of_hashes_are_shown_to_nobody),
      cmocka_unit_test(memory_outside_lua_counts),
      cmocka_unit_test(a_machine_of_text_is_in_memory),
      cmocka_unit_test(failing_allocations_are_told),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
