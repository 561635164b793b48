/* Limits that a playbook cannot swallow: memory, instructions, time. */
#include "base/platform.h"
#include "script/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MEMORY ((size_t)512 * 1024 * 1024)
#define DEFAULT_INSTRUCTIONS 2000000000u
#define DEFAULT_SECONDS 300u
#define INTERVAL 100          /* instructions between two looks */
#define GRACE 5u              /* seconds after the time limit until the process ends */
#define RESERVE (1024 * 1024) /* bytes that a killed script may still use to tell its error */

void *script_allocate(void *payload, void *block, size_t old_len, size_t len) {
  rh_script *script = payload;
  script_limits *limits = &script->limits;
  if (!block)
    old_len = 0; /* Lua passes the kind of object here */
  if (len == 0) {
    rh_free(block);
    limits->memory_used -= old_len;
    return NULL;
  }
  size_t limit = limits->memory_limit + (limits->kill != SCRIPT_ALIVE ? RESERVE : 0);
  size_t others = limits->memory_used - old_len;
  if (len > old_len && (others > limit || len > limit - others)) {
    /* Lua collects garbage and asks once more; if that fails too, the error has no position, so
     * the line is noted here. */
    limits->refused = true;
    if (script->state && limits->kill == SCRIPT_ALIVE)
      script_where(script->state, limits->where, sizeof limits->where);
    return NULL;
  }
  void *grown = rh_resize(block, len, 1);
  if (!grown && len <= old_len)
    grown = block; /* Lua relies on it that shrinking cannot fail */
  if (!grown) {
    limits->refused = false;
    return NULL;
  }
  limits->memory_used = others + len;
  return grown;
}

void script_limits_init(rh_script *script, const rh_script_options *options) {
  script_limits *limits = &script->limits;
  limits->memory_limit = options->memory_limit ? options->memory_limit : DEFAULT_MEMORY;
  limits->instruction_limit =
      options->instruction_limit ? options->instruction_limit : DEFAULT_INSTRUCTIONS;
  limits->seconds_limit = options->seconds_limit ? options->seconds_limit : DEFAULT_SECONDS;
  limits->interval =
      limits->instruction_limit < INTERVAL ? (int)limits->instruction_limit : INTERVAL;
}

void script_kill_error(const rh_script *script, rh_error *error) {
  const script_limits *limits = &script->limits;
  const char *where = limits->where;
  const char *colon = where[0] ? ": " : "";
  size_t mebibytes = limits->memory_limit >> 20;
  switch (limits->kill) {
  case SCRIPT_ALIVE:
    break;
  case SCRIPT_KILL_SYSTEM_MEMORY:
    rh_error_memory(error);
    break;
  case SCRIPT_KILL_MEMORY:
    rh_error_set(error, RH_ERR_LIMIT, where, "%s%splaybook uses more than %zu MiB of memory", where,
                 colon, mebibytes);
    rh_error_hint(error, "look for a table or text that grows without end at that line");
    break;
  case SCRIPT_KILL_INSTRUCTIONS:
    rh_error_set(error, RH_ERR_LIMIT, where, "%s%splaybook runs more than %llu instructions", where,
                 colon, (unsigned long long)limits->instruction_limit);
    rh_error_hint(error, "look for a loop without end at that line");
    break;
  case SCRIPT_KILL_TIME:
    rh_error_set(error, RH_ERR_LIMIT, where, "%s%splaybook runs longer than %u seconds", where,
                 colon, limits->seconds_limit);
    rh_error_hint(error, "look for a loop without end at that line");
    break;
  case SCRIPT_KILL_STOP:
    rh_check_stop(error);
    break;
  }
}

static int raise_killed(lua_State *L) {
  rh_error error = {0};
  script_kill_error(script_of(L), &error);
  script_push_error(L, &error);
  return lua_error(L);
}

static void on_count(lua_State *L, lua_Debug *activation);

static void mark_killed(lua_State *L, script_kill kill) {
  script_limits *limits = &script_of(L)->limits;
  if (limits->kill != SCRIPT_ALIVE)
    return;
  /* The allocator noted where it refused; by now that function may be gone from the stack. */
  if (kill != SCRIPT_KILL_MEMORY || !limits->refused)
    script_where(L, limits->where, sizeof limits->where);
  limits->kill = kill;
  lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
}

int script_kill_now(lua_State *L, script_kill kill) {
  mark_killed(L, kill);
  return raise_killed(L);
}

static void on_count(lua_State *L, lua_Debug *activation) {
  (void)activation;
  script_limits *limits = &script_of(L)->limits;
  if (limits->kill != SCRIPT_ALIVE)
    raise_killed(L);
  limits->instructions += (uint64_t)limits->interval;
  if (limits->instructions > limits->instruction_limit)
    script_kill_now(L, SCRIPT_KILL_INSTRUCTIONS);
  script_tick(L);
}

void script_spend(lua_State *L, unsigned steps) {
  script_limits *limits = &script_of(L)->limits;
  limits->instructions += steps;
  if (limits->instructions > limits->instruction_limit)
    script_kill_now(L, SCRIPT_KILL_INSTRUCTIONS);
  script_tick(L);
}

void script_tick(lua_State *L) {
  const script_limits *limits = &script_of(L)->limits;
  if (rh_platform_stop_asked())
    script_kill_now(L, SCRIPT_KILL_STOP);
  if (rh_platform_seconds() > limits->deadline)
    script_kill_now(L, SCRIPT_KILL_TIME);
}

void script_charge(lua_State *L, size_t len) {
  script_limits *limits = &script_of(L)->limits;
  limits->refused = false;
  if (len > limits->memory_limit - limits->charged)
    script_kill_now(L, SCRIPT_KILL_MEMORY);
  limits->charged += len;
}

void script_check_killed(lua_State *L, int status) {
  const script_limits *limits = &script_of(L)->limits;
  if (status == LUA_ERRMEM)
    mark_killed(L, limits->refused ? SCRIPT_KILL_MEMORY : SCRIPT_KILL_SYSTEM_MEMORY);
  if (limits->kill != SCRIPT_ALIVE)
    raise_killed(L);
}

/* In the watchdog's thread: the other one sits in a C function that looks at no limit. */
static void on_late(void *payload) {
  const rh_script *script = payload;
  _Exit(script->options.on_stuck ? script->options.on_stuck(script->options.payload) : 1);
}

rh_status script_limits_begin(rh_script *script, rh_error *error) {
  script_limits *limits = &script->limits;
  rh_status status = rh_check_stop(error);
  if (status != RH_OK)
    return status;
  limits->instructions = 0;
  limits->charged = 0;
  limits->deadline = rh_platform_seconds() + limits->seconds_limit;
  lua_sethook(script->state, on_count, LUA_MASKCOUNT, limits->interval);
  return rh_platform_start_watchdog(limits->seconds_limit + GRACE, on_late, script, error);
}

void script_limits_end(rh_script *script) {
  (void)script;
  rh_platform_stop_watchdog();
}
