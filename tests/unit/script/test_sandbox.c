/* What a playbook can reach, and what it cannot. */
#include "script_fixture.h"

static void reaches_the_listed_words_and_no_others(void **state) {
  rh_script *script = *state;
  EXPECT(script, "return type(_G)", "\"nil\"");
  EXPECT(script,
         "local names = {} for name in pairs(_ENV) do names[#names + 1] = name end\n"
         "return table.concat(names, ' ')",
         "\"assert error freeze getmetatable ipairs machine math next pairs pcall print rawequal "
         "rawlen scoped select setmetatable sha256 stdlib string table tonumber tostring type utf8 "
         "xpcall\"");
  EXPECT(script,
         "local names = {} for name in pairs(string) do names[#names + 1] = name end\n"
         "return table.concat(names, ' ')",
         "\"byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack "
         "upper\"");
  EXPECT(script,
         "local names = {} for name in pairs(math) do names[#names + 1] = name end\n"
         "return table.concat(names, ' ')",
         "\"abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger "
         "modf pi rad sin sqrt tan tointeger type ult\"");
  EXPECT(script,
         "local names = {} for name in pairs(table) do names[#names + 1] = name end\n"
         "return table.concat(names, ' ')",
         "\"concat insert move pack remove sort unpack\"");
}

static void a_sandbox_is_fresh_each_time(void **state) {
  EXPECT(*state, "mine = 1 string = nil return mine", "1");
  EXPECT(*state, "return { type(mine), type(string) }", "[\"nil\",\"table\"]");
}

static void libraries_cannot_be_changed(void **state) {
  rh_script *script = *state;
  expect_error(script, "\nstring.upper = nil", RH_ERR_SCRIPT,
               "remote-access/checks.lua:2: string is read-only");
  expect_error(script, "table.new = 1", RH_ERR_SCRIPT, "table is read-only");
  expect_error(script, "getmetatable('').__index = {}", RH_ERR_SCRIPT, "attempt to index");
  expect_error(script, "table.insert(string, 1)", RH_ERR_SCRIPT, "read-only");
  expect_error(script, "table.sort(math)", RH_ERR_SCRIPT, "read-only");
  expect_error(script, "table.move({1}, 1, 1, 1, utf8)", RH_ERR_SCRIPT, "utf8 is read-only");
  expect_error(script, "setmetatable(string, {})", RH_ERR_SCRIPT, "protected");
  EXPECT(script, "return { getmetatable(''), getmetatable(string), getmetatable(1) == nil }",
         "[\"protected\",\"protected\",true]");
  EXPECT(script,
         "local iterate, state, first = pairs(string)\n"
         "return { type(iterate), type(state), type(first), (next(string)) ~= nil }",
         "[\"function\",\"nil\",\"nil\",true]");
  EXPECT(script, "return ('x'):upper() .. ('ab'):rep(2, '-') .. #string.rep('', 1 << 60)",
         "\"Xab-ab0\"");
  EXPECT(script, "return type(('').dump) .. type(string.dump)", "\"nilnil\"");
}

static void views_read_like_tables(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         "local t = freeze({ 3, 4, inner = { 5, 6 }, name = 'x' }, 'facts')\n"
         "local list = {}\n"
         "for k, v in pairs(t) do list[#list + 1] = tostring(k) .. type(v) end\n"
         "for i, v in ipairs(t.inner) do list[#list + 1] = i .. '=' .. v end\n"
         "return { list, #t, table.concat(t, '+'), t.inner == t.inner, { table.unpack(t) } }",
         "[[\"1number\",\"2number\",\"innertable\",\"namestring\",\"1=5\",\"2=6\"],2,\"3+4\",true,"
         "[3,4]]");
  EXPECT(script, "return freeze({ a = { 1, 2 }, b = {} })", "{\"a\":[1,2],\"b\":[]}");
  EXPECT(script, "local t = { 1 } return { freeze(t) == freeze(t), freeze(t) == t }",
         "[true,false]");
}

static void what_is_in_a_view_is_read_only(void **state) {
  rh_script *script = *state;
  expect_error(script, "freeze({}, 'facts').x = 1", RH_ERR_SCRIPT, "facts is read-only");
  expect_error(script, "freeze({ inner = {} }).inner.x = 1", RH_ERR_SCRIPT, "inner is read-only");
  expect_error(script, "for _, v in pairs(freeze({ {} })) do v.x = 1 end", RH_ERR_SCRIPT,
               "table is read-only");
  expect_error(script, "local _, v = next(freeze({ {} })) v.x = 1", RH_ERR_SCRIPT,
               "table is read-only");
}

static void metatables_of_others_stay_theirs(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         "local m = { __index = { a = 1 } } local t = setmetatable({}, m)\n"
         "return { t.a, getmetatable(t) == m, setmetatable(t, nil) == t, t.a == nil }",
         "[1,true,true,true]");
  expect_error(script, "setmetatable({}, { __gc = print })", RH_ERR_SCRIPT, "cannot have __gc");
  expect_error(script, "setmetatable({}, { __close = print })", RH_ERR_SCRIPT,
               "cannot have __close");
  expect_error(script, "setmetatable({}, { __metatable = 1 })", RH_ERR_SCRIPT,
               "cannot have __metatable");
  expect_error(script, "setmetatable('', {})", RH_ERR_SCRIPT, "table expected");
  /* An error of the host carries a metatable of the host. */
  EXPECT(script, "return getmetatable(select(2, pcall(machine, { registry = { X = '' } })))",
         "\"protected\"");
  expect_error(script, "setmetatable(select(2, pcall(machine, { registry = { X = '' } })), {})",
               RH_ERR_SCRIPT, "metatable is protected");
}

static void pairs_come_in_one_order(void **state) {
  EXPECT(*state,
         "local t, list = { zeta = 1, alpha = 2, [10] = 3, [2] = 4, [2.5] = 5, beta = 6 }, {}\n"
         "for k in pairs(t) do list[#list + 1] = tostring(k); t[k] = nil end\n"
         "return { table.concat(list, ' '), next(t) == nil }",
         "[\"2 2.5 10 alpha beta zeta\",true]");
  EXPECT(*state,
         "local t = setmetatable({}, { __pairs = function(x) return next, { a = 1 }, nil end })\n"
         "for k, v in pairs(t) do return k .. v end",
         "\"a1\"");
}

static void only_text_is_loaded(void **state) {
  rh_script *script = *state;
  rh_error error = {0};
  json_t *result = NULL;
  expect_error(script, "\x1bLua", RH_ERR_SCRIPT,
               "remote-access/checks.lua: precompiled Lua is not loaded");
  expect_error(script, "\xEF\xBB\xBF\x1bLua", RH_ERR_SCRIPT, "precompiled");
  EXPECT(script, "\xEF\xBB\xBFreturn 1", "1");
  expect_error(script, "x = = 1", RH_ERR_SCRIPT, "remote-access/checks.lua:1:");
  expect_error(script, "return load('x')", RH_ERR_SCRIPT, "global 'load'");
  assert_int_equal(RH_ERR_SCRIPT, run_named(script, "trusted",
                                            "local f, m = host.load('\\27Lua', '@x', {})\n"
                                            "error(m)",
                                            &result, &error));
  assert_non_null(strstr(error.message, "precompiled"));
}

static void pcall_and_xpcall_work_as_usual(void **state) {
  rh_script *script = *state;
  EXPECT(script, "return { pcall(function(...) return select('#', ...), ... end, 1, 2) }",
         "[true,2,1,2]");
  EXPECT(script, "return { pcall(error, 'x') }", "[false,\"x\"]");
  EXPECT(script, "return { xpcall(function(a) return a end, print, 7) }", "[true,7]");
  EXPECT(script,
         "return { xpcall(function() error('bad', 0) end, function(m) return m .. '!' end) }",
         "[false,\"bad!\"]");
  EXPECT(script, "local ok, e = pcall(function() error({ code = 'x' }) end) return e.code",
         "\"x\"");
}

static void tables_that_only_claim_to_be_long(void **state) {
  rh_script *script = *state;
  expect_error(script,
               "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)",
               RH_ERR_SCRIPT, "computes its length");
  expect_error(script, "local t = {} for i = 62, 0, -1 do t[1 << i] = 1 end table.remove(t, 1)",
               RH_ERR_SCRIPT, "too long");
  expect_error(script, "table.move({}, 1, math.maxinteger - 1, 2)", RH_ERR_SCRIPT,
               "too many elements");
  EXPECT(script,
         "local t = { 3, 1, 2 } table.insert(t, 1, 4) table.sort(t) table.remove(t, 1)\n"
         "return table.move(t, 1, 3, 2)",
         "[2,2,3,4]");
  expect_error(script, "\ntable.insert({}, 5, 1)", RH_ERR_SCRIPT,
               "remote-access/checks.lua:2: bad argument #2 to 'insert'");
}

static char printed[200];
static void on_print(void *payload, const char *text) {
  snprintf(payload, sizeof printed, "%s", text);
}

static void print_reaches_the_host(void **state) {
  (void)state;
  rh_script *script = open_script(&(rh_script_options){.on_print = on_print, .payload = printed});
  EXPECT(script, "print('a', 1, nil, setmetatable({}, { __tostring = function() return 'T' end }))",
         "nothing");
  assert_string_equal(printed, "a\t1\tnil\tT");
  rh_script_free(script);
}

static void no_address_is_shown(void **state) {
  EXPECT(*state,
         "local f, t = function() end, {}\n"
         "local named = setmetatable({}, { __name = 'mine' })\n"
         "return { tostring(t), tostring(f), tostring(print), tostring(named), tostring(string),\n"
         "  ('%s %5s|%-6s|%p %p %p %%p %d'):format(t, f, named, t, 'x', 1, 7),\n"
         "  ('%s'):format(setmetatable({}, { __tostring = function() return 'own' end })),\n"
         "  tostring(nil), tostring(1.5), ('%5.2f%%|%q|%10.3s'):format(1, 'a', 'abcdef') }",
         "[\"table\",\"function\",\"function\",\"table\",\"table\","
         "\"table function|table |table string number %p 7\",\"own\",\"nil\",\"1.5\","
         "\" 1.00%|\\\"a\\\"|       abc\"]");
  expect_error(*state, "return ('%s'):format()", RH_ERR_SCRIPT, "no value");
  expect_error(*state, "return ('%d'):format({})", RH_ERR_SCRIPT, "number expected, got table");
  expect_error(*state, "return ('%y'):format(1)", RH_ERR_SCRIPT, "invalid conversion");
}

static void take_line(void *payload, const char *text) {
  rh_buffer *out = payload;
  if (rh_buffer_printf(out, NULL, "%s\n", text) != RH_OK)
    fail_msg("no memory");
}

static void print_has_an_end(void **state) {
  (void)state;
  rh_buffer said = {0};
  rh_script *script = open_script(&(rh_script_options){.on_print = take_line, .payload = &said});
  static const char end[] = "(what a step prints beyond 64 KiB is left out)\n";
  EXPECT(script, "for i = 1, 1e5 do print(('x'):rep(99)) end print(('y'):rep(1e6)) return 1", "1");
  assert_true(said.len > 60000 && said.len <= 65536 + sizeof end);
  assert_string_equal(end, rh_buffer_text(&said) + said.len - (sizeof end - 1));
  /* The next steps have room of their own, up to the limit of all. */
  for (size_t i = 0; i < 40; i++) {
    script_begin_print(script);
    EXPECT(script, "for i = 1, 1e3 do print(('x'):rep(99)) end return 1", "1");
  }
  assert_true(said.len > 1000000 && said.len <= 1048576 + 4096);
  assert_non_null(strstr(rh_buffer_text(&said), "(what playbooks print beyond 1 MiB is left out)"));
  rh_buffer_dispose(&said);
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
      cmocka_unit_test(reaches_the_listed_words_and_no_others),
      cmocka_unit_test(no_address_is_shown),
      cmocka_unit_test(print_has_an_end),
      cmocka_unit_test(a_sandbox_is_fresh_each_time),
      cmocka_unit_test(libraries_cannot_be_changed),
      cmocka_unit_test(views_read_like_tables),
      cmocka_unit_test(what_is_in_a_view_is_read_only),
      cmocka_unit_test(metatables_of_others_stay_theirs),
      cmocka_unit_test(pairs_come_in_one_order),
      cmocka_unit_test(only_text_is_loaded),
      cmocka_unit_test(pcall_and_xpcall_work_as_usual),
      cmocka_unit_test(tables_that_only_claim_to_be_long),
      cmocka_unit_test(print_reaches_the_host),
  };
  return cmocka_run_group_tests(tests, open_shared, close_shared);
}
