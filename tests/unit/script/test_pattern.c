/* Patterns as Lua's own library matches them, and an end to those that do not end. */
#include "script_fixture.h"

#include <lualib.h>

/* Gives one text of what came of many random patterns on random texts: seeded, so that both states
 * try the same. */
static const char trial[] =
    "local seed = ...\n"
    "local function pick(n) seed = (seed * 1103515245 + 12345) % 2147483648\n"
    "  return seed // 65536 % n + 1 end\n"
    "local parts = { 'a', 'b', 'A', '.', '%a', '%A', '%d', '%s', '%w', '%p', '%x', '%.', '%%', "
    "'[ab]',\n"
    "  '[^a]', '[a-c]', '[%d_]', '[]]', '[^]]', '[a-]', '[-a]', '[%]]', '(', ')', '()', '(a)', "
    "'(.-)',\n"
    "  '%1', '%2', '%b()', '%bab', '%f[%w]', '%f[^%w]', '^', '$', '*', '+', '-', '?', '[', ']', "
    "'%',\n"
    "  '%b', '%f', '%0', '%z', '%Z', '%g', '%c', '%l', '%U', '[%z%l]', '%S', '%y', '\\0', '[%', "
    "'[a-%]', '\\255', 'ab' }\n"
    "local signs = { 'a', 'b', 'c', 'A', '1', '_', ' ', '(', ')', '.', '%', ']', '-', '\\0', "
    "'\\255' }\n"
    "local function text(of, most) local t = {} for i = 1, pick(most) - 1 do t[i] = of[pick(#of)] "
    "end\n"
    "  return table.concat(t) end\n"
    "local function shown(value) local t = {}\n"
    "  for i = 1, #tostring(value) do local byte = tostring(value):byte(i)\n"
    "    t[i] = byte > 31 and byte < 127 and string.char(byte) or '\\\\' .. byte end\n"
    "  return table.concat(t) end\n"
    "local all = {}\n"
    "local function try(call, s, p, ...) local got = table.pack(pcall(call, s, p, ...))\n"
    "  local t = { shown(s), shown(p), got[1] and 'gives' or 'fails' }\n"
    "  for i = 2, got[1] and got.n or 0 do t[#t + 1] = shown(got[i]) end\n"
    "  all[#all + 1] = table.concat(t, ' , ') end\n"
    "local function each(s, p, from) local t = {}\n"
    "  for a, b in s:gmatch(p, from) do t[#t + 1] = tostring(a) .. ':' .. tostring(b) end\n"
    "  return table.concat(t, ';') end\n"
    "for round = 1, 4000 do\n"
    "  local s, p, from = text(signs, 10), text(parts, 7), pick(12) - 6\n"
    "  try(string.find, s, p) try(string.match, s, p, from)\n"
    "  try(string.find, s, p, from, round % 9 == 0)\n"
    "  try(each, s, p, round % 2 == 0 and from or nil)\n"
    "  try(string.gsub, s, p, '<%0%1>') try(string.gsub, s, p, '<%%>', pick(4) - 2)\n"
    "  try(string.gsub, s, p, { a = 'x', b = false, ab = 7 })\n"
    "  try(string.gsub, s, p, function(a, b) return b and a .. b end)\n"
    "end\n"
    "return table.concat(all, '\\n')\n";

static int open_shared(void **state) {
  *state = open_script(&(rh_script_options){0});
  return 0;
}

static int close_shared(void **state) {
  rh_script_free(*state);
  return 0;
}

/* Compares what the library gives with what the sandbox gave, line by line. */
static void compare_with_library(lua_Integer seed, const char *got) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  assert_int_equal(LUA_OK, luaL_loadstring(L, trial));
  lua_pushinteger(L, seed);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK)
    fail_msg("%s", lua_tostring(L, -1));
  const char *wanted = lua_tostring(L, -1);
  assert_true(strlen(wanted) > 100000);
  while (*wanted) {
    size_t len = strcspn(wanted, "\n"), got_len = strcspn(got, "\n");
    if (len != got_len || memcmp(wanted, got, len) != 0)
      fail_msg("%.*s\nnot %.*s", (int)got_len, got, (int)len, wanted);
    wanted += len + (wanted[len] == '\n');
    got += len + (got[len] == '\n');
  }
  lua_close(L);
}

static void matches_are_those_of_the_library(void **state) {
  for (lua_Integer seed = 1; seed <= 3; seed++) {
    rh_buffer text = {0};
    rh_error error;
    json_t *result = NULL;
    assert_int_equal(RH_OK, rh_buffer_printf(&text, NULL,
                                             "local function trial(...) %s end\nreturn trial(%lld)",
                                             trial, (long long)seed));
    if (run_named(*state, "x", rh_buffer_text(&text), &result, &error) != RH_OK)
      fail_msg("%s", error.message);
    compare_with_library(seed, json_string_value(result));
    json_decref(result);
    rh_buffer_dispose(&text);
  }
}

static void no_pattern_goes_on_for_ever(void **state) {
  static const char *const hostile[] = {
      "local s = ('a'):rep(%d)\nreturn s:find(('a*'):rep(30) .. 'b')",
      "local s = ('a'):rep(%d)\nreturn s:match(('a-'):rep(30) .. 'b')",
      "local s = ('a'):rep(%d)\nreturn s:match(('a?'):rep(100) .. ('a'):rep(%d) .. 'b')",
      "local s = ('a'):rep(%d)\nfor x in s:gmatch(('.+'):rep(20) .. 'b') do end",
      "local s = ('a'):rep(%d)\nreturn s:gsub(('(.-)'):rep(20) .. '%%1b', 'x')",
      "local s = ('a'):rep(%d)\nreturn pcall(string.find, s, ('a*'):rep(30) .. 'b')",
      "local s = ('('):rep(%d)\nreturn s:rep(30):gsub('%%b()' , 'x'):find(('.-'):rep(30) .. 'b')",
  };
  static const int lengths[] = {40, 1000, 100000};
  (void)state;
  for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
    for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++) {
      char text[300];
      snprintf(text, sizeof text, hostile[i], lengths[j], lengths[j] / 2);
      rh_script *script = open_script(&(rh_script_options){.instruction_limit = 3000000});
      expect_error(script, text, RH_ERR_LIMIT,
                   "remote-access/checks.lua:2: playbook runs more than");
      rh_script_free(script);
    }
  rh_script *script = open_script(&(rh_script_options){.seconds_limit = 1});
  expect_error(script, "\nreturn ('a'):rep(100000):find(('a*'):rep(30) .. 'b')", RH_ERR_LIMIT,
               "remote-access/checks.lua:2: playbook runs longer than 1 seconds");
  rh_script_free(script);
  script = open_script(&(rh_script_options){.instruction_limit = 3000000});
  expect_error(script,
               "local s = ('a'):rep(1 << 20)\nreturn s:find(('a'):rep(1 << 19) .. 'b', 1, true)",
               RH_ERR_LIMIT, "runs more than");
  rh_script_free(script);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(matches_are_those_of_the_library),
      cmocka_unit_test(no_pattern_goes_on_for_ever),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
