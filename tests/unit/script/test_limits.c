/* Playbooks that eat memory or do not end are stopped, and the host goes on. */
#include "script_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#define MEGABYTE ((size_t)1024 * 1024)

/* Runs a text under small limits. It has to be stopped by this one, at this line; after that the
 * script stays stopped, and a new one works. */
static void expect_stop(const char *text, const char *message, const char *line) {
  const rh_script_options options = {.memory_limit = 16 * MEGABYTE, .instruction_limit = 3000000};
  rh_script *script = open_script(&options);
  expect_error(script, text, RH_ERR_LIMIT, message);
  if (line)
    expect_error(script, "return 1", RH_ERR_LIMIT, line);
  rh_script_free(script);
  script = open_script(&options);
  EXPECT(script, "return 1", "1");
  rh_script_free(script);
}

#define AT(line) "remote-access/checks.lua:" #line ": playbook "
#define INSTRUCTIONS "runs more than 3000000 instructions"
#define MEMORY "uses more than 16 MiB of memory"

static void loops_end(void **state) {
  (void)state;
  expect_stop("local x = 1\n"
              "while true do x = x + 1 end",
              INSTRUCTIONS, AT(2));
  expect_stop("\n\n"
              "repeat until false",
              INSTRUCTIONS, AT(3));
  expect_stop("local function f() return f() end\n"
              "return f()",
              INSTRUCTIONS, AT(1));
  expect_stop("local t\n"
              "t = setmetatable({}, { __index = function(_, k)\n"
              "  local n = 0\n"
              "  while true do n = n + 1 end end })\n"
              "return t.x",
              INSTRUCTIONS, AT(4));
  expect_stop("return ('x'):rep(100):gsub('x', function()\n"
              "  while true do end end)",
              INSTRUCTIONS, AT(2));
  expect_stop("table.sort({ 3, 2, 1 }, function() while true do end end)", INSTRUCTIONS, AT(1));
  expect_stop("for _ in pairs(setmetatable({}, { __pairs = function() return function()\n"
              "  return 1 end end })) do end",
              INSTRUCTIONS, NULL);
  expect_stop("return tostring(setmetatable({}, { __tostring = function()\n"
              "  while true do end end }))",
              INSTRUCTIONS, AT(2));
}

static void a_limit_cannot_be_swallowed(void **state) {
  (void)state;
  expect_stop("while true do\n"
              "  pcall(function() while true do end end)\n"
              "end",
              INSTRUCTIONS, AT(2));
  expect_stop("local function again() pcall(again) end\n"
              "while true do pcall(again) end",
              INSTRUCTIONS, NULL);
  expect_stop("xpcall(function() while true do end end,\n"
              "  function() while true do end end)\n"
              "return 'done'",
              INSTRUCTIONS, AT(1));
  expect_stop("xpcall(error,\n"
              "  function() while true do end end)\n"
              "return 'done'",
              INSTRUCTIONS, AT(2));
  expect_stop("local m = {}\n"
              "local o = setmetatable({}, m)\n"
              "m.__close = function() while true do end end\n"
              "while true do pcall(function() local x <close> = o; while true do end end) end",
              INSTRUCTIONS, AT(4));
  expect_stop("local t = {}\n"
              "pcall(function() while true do t[#t + 1] = { 1 } end end)\n"
              "t = nil\n"
              "return 'done'",
              MEMORY, AT(2));
  expect_stop(
      "local ok = xpcall(function() return ('x'):rep(1 << 30) end, function() return 1 end)\n"
      "return 'done'",
      MEMORY, AT(1));
}

static void memory_is_bounded(void **state) {
  (void)state;
  expect_stop("local t = {}\n"
              "for i = 1, 1e9 do\n"
              "  t[i] = i\n"
              "end",
              MEMORY, AT(3));
  expect_stop("local s = 'x'\n"
              "while true do s = s .. s end",
              MEMORY, AT(2));
  expect_stop("\n"
              "return ('x'):rep(1 << 30)",
              MEMORY, AT(2));
  expect_stop("local t = {} for i = 1, 100 do t[i] = ('x'):rep(100000) end\n"
              "return table.concat(t, ('y'):rep(100000))",
              MEMORY, AT(2));
  expect_stop("return ('x'):rep(1000000):gsub('x', ('y'):rep(1000))", MEMORY, AT(1));
  expect_stop("local s = ('x'):rep(99)\n"
              "local t = {}\n"
              "while true do t[#t + 1] = s:format(1) .. #t end",
              MEMORY, AT(3));
  /* Shared tables grow without end only when they become JSON. */
  expect_stop("local t = {}\n"
              "for i = 1, 40 do t = { t, t } end\n"
              "return t",
              MEMORY, NULL);
}

/* Garbage is no reason to stop. */
static void garbage_is_collected(void **state) {
  (void)state;
  rh_script *script = open_script(&(rh_script_options){.memory_limit = 16 * MEGABYTE});
  EXPECT(script,
         "local n = 0 local x = ('x'):rep(5000)\n"
         "for i = 1, 200 do n = n + #x:rep(1000) end return n",
         "1000000000");
  rh_script_free(script);
}

/* Deep recursion is an ordinary error of Lua and may be caught. */
static void recursion_is_an_ordinary_error(void **state) {
  (void)state;
  rh_script *script = open_script(&(rh_script_options){0});
  expect_error(script, "local function f() return 1 + f() end\nf()", RH_ERR_SCRIPT,
               "stack overflow");
  expect_error(script,
               "local m = {} m.__index = function(t, k) return t[k] end\n"
               "return setmetatable({}, m).x",
               RH_ERR_SCRIPT, "stack overflow");
  expect_error(script, "local function f() return (('x'):gsub('x', f)) end f()", RH_ERR_SCRIPT,
               "stack overflow");
  expect_error(script, "xpcall(error, function() error() end) error('after', 0)", RH_ERR_SCRIPT,
               "after");
  EXPECT(script, "local function f() return 1 + f() end return (pcall(f))", "false");
  rh_script_free(script);
}

static void time_is_bounded(void **state) {
  (void)state;
  rh_script *script = open_script(&(rh_script_options){.seconds_limit = 1});
  expect_error(script, "\nwhile true do end", RH_ERR_LIMIT, AT(2) "runs longer than 1 seconds");
  rh_script_free(script);
}

/* A C function that looks at no limit. */
static void sit(void *payload, const char *text) {
  (void)payload;
  (void)text;
  for (;;)
    pause();
}

static int say_stuck(void *payload) {
  (void)!write(*(int *)payload, "stuck", 5);
  return 7;
}

/* No hook runs there; the process ends instead. */
static void a_stuck_process_ends(void **state) {
  (void)state;
  int ends[2], result = 0;
  char said[6] = "";
  assert_int_equal(0, pipe(ends));
  pid_t child = fork();
  if (child == 0) {
    rh_script *script = open_script(&(rh_script_options){
        .seconds_limit = 1, .on_print = sit, .on_stuck = say_stuck, .payload = &ends[1]});
    rh_error error;
    json_t *out = NULL;
    run_named(script, "x", "print(1)", &out, &error);
    _exit(0);
  }
  assert_int_equal(child, waitpid(child, &result, 0));
  assert_true(WIFEXITED(result));
  assert_int_equal(7, WEXITSTATUS(result));
  assert_int_equal(5, read(ends[0], said, 5));
  assert_string_equal("stuck", said);
  close(ends[0]);
  close(ends[1]);
}

/* Opening and running with the n-th allocation failing, for every n. */
static void failing_allocations_are_told(void **state) {
  (void)state;
  bool opened = false;
  for (unsigned long n = 1; !opened; n++) {
    rh_script *script = NULL;
    rh_error error = {0};
    rh_memory_fail_at(n);
    rh_status status = script_open_with(&script, &(rh_script_options){0}, test_engine,
                                        sizeof test_engine - 1, &error);
    rh_memory_fail_at(0);
    opened = status == RH_OK;
    if (!opened) {
      assert_int_equal(RH_ERR_MEMORY, status);
      assert_int_equal(RH_ERR_MEMORY, error.code);
      assert_null(script);
    }
    rh_script_free(script);
  }
  bool done = false;
  for (unsigned long n = 1; !done; n++) {
    rh_script *script = open_script(&(rh_script_options){0});
    json_t *result = NULL;
    rh_error error = {0};
    rh_memory_fail_at(n);
    rh_status status = run_named(script, "remote-access/checks.lua",
                                 "local t = {} for i = 1, 9 do t['k' .. i] = { i } end\n"
                                 "pcall(string.rep, 'x', 1000)\n"
                                 "return freeze(t)",
                                 &result, &error);
    rh_memory_fail_at(0);
    done = status == RH_OK;
    if (!done)
      assert_int_equal(RH_ERR_MEMORY, error.code);
    json_decref(result);
    rh_script_free(script);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loops_end),
      cmocka_unit_test(a_limit_cannot_be_swallowed),
      cmocka_unit_test(memory_is_bounded),
      cmocka_unit_test(garbage_is_collected),
      cmocka_unit_test(recursion_is_an_ordinary_error),
      cmocka_unit_test(time_is_bounded),
      cmocka_unit_test(a_stuck_process_ends),
      cmocka_unit_test(failing_allocations_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
