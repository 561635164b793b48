/* The scripting host: opening and closing it, and the one place where Lua's errors end. */
#include "base/file.h"
#include "script/internal.h"

#include <stdio.h>
#include <string.h>

static const char stdlib[] = "stdlib/"; /* begins the chunk names of what comes with rehome */

void script_scratch_dispose(script_scratch *scratch) {
  rh_buffer_dispose(&scratch->path);
  rh_buffer_dispose_secret(&scratch->data);
  rh_buffer_dispose_secret(&scratch->text);
  rh_value_dispose(&scratch->value);
  rh_key_info_dispose(&scratch->info);
  rh_name_list_dispose(&scratch->names);
  rh_certificate_list_dispose(&scratch->certificates);
  *scratch = (script_scratch){0};
}

script_scratch *script_begin(lua_State *L) {
  script_scratch *scratch = &script_of(L)->scratch;
  script_scratch_dispose(scratch);
  return scratch;
}

static bool is_playbook(const char *source) {
  return strncmp(source, "@stdlib/", 8) != 0 && source[0] != '=';
}

void script_where(lua_State *L, char *out, size_t size) {
  enum { LEVELS = 100 };
  lua_Debug activation;
  bool found = false;
  out[0] = '\0';
  for (int level = 0; level < LEVELS && lua_getstack(L, level, &activation); level++) {
    lua_getinfo(L, "Sl", &activation);
    if (activation.currentline <= 0 || (found && !is_playbook(activation.source)))
      continue;
    snprintf(out, size, "%s:%d", activation.short_src, activation.currentline);
    found = true;
    if (is_playbook(activation.source))
      return;
  }
}

void script_push_error(lua_State *L, const rh_error *error) {
  luaL_checkstack(L, 4, "error");
  lua_createtable(L, 0, 4);
  lua_pushstring(L, rh_status_name(error->code));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, error->message);
  lua_setfield(L, -2, "message");
  if (error->object[0]) {
    lua_pushstring(L, error->object);
    lua_setfield(L, -2, "object");
  }
  if (error->hint[0]) {
    lua_pushstring(L, error->hint);
    lua_setfield(L, -2, "hint");
  }
  luaL_setmetatable(L, SCRIPT_ERROR);
}

int script_raise(lua_State *L) {
  script_scratch *scratch = &script_of(L)->scratch;
  rh_error error = scratch->error;
  char where[160];
  script_scratch_dispose(scratch);
  script_where(L, where, sizeof where);
  script_push_error(L, &error);
  if (where[0] && strncmp(where, stdlib, sizeof stdlib - 1) != 0) {
    lua_pushfstring(L, "%s: %s", where, error.message);
    lua_setfield(L, -2, "message");
    script_mark_raised(L, -1);
  }
  return lua_error(L);
}

static int error_text(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushliteral(L, "message");
  lua_rawget(L, 1);
  return 1;
}

/* A text field of the table at index; "" when there is none. Leaves it on the stack. */
static const char *text_field(lua_State *L, int index, const char *name) {
  lua_pushstring(L, name);
  lua_rawget(L, index);
  return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
}

static rh_status code_of(const char *name) {
  for (rh_status code = RH_ERR_MEMORY; code <= RH_ERR_SCOPE; code++)
    if (strcmp(rh_status_name(code), name) == 0)
      return code;
  return RH_ERR_SCRIPT;
}

/* Of an error that a playbook raised: a failed command, and no other exit code. What the others
 * stand for is known to the host, or to the engine. */
static rh_status code_of_playbook(rh_status code) {
  switch (code) {
  case RH_OK:
  case RH_END:
  case RH_ERR_ARGUMENT:
  case RH_ERR_SEALED:
  case RH_ERR_STALE:
  case RH_ERR_BLOCKED:
  case RH_ERR_LOCKED:
  case RH_ERR_DIFFERS:
  case RH_ERR_INTERRUPTED:
  case RH_ERR_STOPPED:
    return RH_ERR_SCRIPT;
  case RH_ERR_MEMORY:
  case RH_ERR_NOT_FOUND:
  case RH_ERR_EXISTS:
  case RH_ERR_IO:
  case RH_ERR_ACCESS:
  case RH_ERR_FORMAT:
  case RH_ERR_UNSUPPORTED:
  case RH_ERR_LIMIT:
  case RH_ERR_DIRTY:
  case RH_ERR_SCRIPT:
  case RH_ERR_SCOPE:
    return code;
  }
  return RH_ERR_SCRIPT;
}

/* Length of a leading "chunk.lua:12" of a message; 0 without one. */
static size_t position_len(const char *message) {
  const char *end = strstr(message, ".lua:");
  if (!end || strcspn(message, " ") < (size_t)(end - message))
    return 0;
  size_t len = (size_t)(end - message) + 5;
  size_t digits = strspn(message + len, "0123456789");
  return digits > 0 && strncmp(message + len + digits, ": ", 2) == 0 ? len + digits : 0;
}

/* Where an error has no other object, the place in the playbook is its object; it is told once. */
static void name_position(rh_error *error) {
  size_t len = position_len(error->message);
  if (len == 0 || len >= sizeof error->object)
    return;
  bool same = strlen(error->object) == len && strncmp(error->object, error->message, len) == 0;
  if (error->object[0] && !same)
    return;
  memcpy(error->object, error->message, len);
  error->object[len] = '\0';
  memmove(error->message, error->message + len + 2, strlen(error->message + len + 2) + 1);
}

/* An error that tells nothing of its own place gets that of the playbook's function in which it was
 * raised. */
static void name_playbook(lua_State *L, rh_error *error) {
  char where[160];
  script_where(L, where, sizeof where);
  if (where[0] && strncmp(where, stdlib, sizeof stdlib - 1) != 0)
    snprintf(error->object, sizeof error->object, "%s", where);
}

/* The message handler of every call into Lua: turns the error value into script->error while it is
 * at hand. Runs no Lua code. */
static int take_error(lua_State *L) {
  rh_script *script = script_of(L);
  rh_error *error = &script->error;
  if (script->limits.kill != SCRIPT_ALIVE) {
    script_kill_error(script, error);
  } else if (lua_type(L, 1) == LUA_TSTRING) {
    rh_error_set(error, RH_ERR_SCRIPT, NULL, "%s", lua_tostring(L, 1));
  } else if (lua_type(L, 1) == LUA_TTABLE) {
    luaL_checkstack(L, 6, NULL);
    const char *message = text_field(L, 1, "message"), *hint = text_field(L, 1, "hint");
    const char *object = text_field(L, 1, "object");
    rh_status code = code_of(text_field(L, 1, "code"));
    if (script_is_raised(L, 1))
      code = code_of_playbook(code);
    rh_error_set(error, code, object, "%s", message[0] ? message : "an error without a message");
    rh_error_hint(error, "%s", hint);
  } else {
    rh_error_set(error, RH_ERR_SCRIPT, NULL, "a playbook raised a %s instead of an error",
                 luaL_typename(L, 1));
  }
  name_position(error);
  if (!error->object[0])
    name_playbook(L, error);
  return 1;
}

rh_status script_run(rh_script *script, lua_CFunction body, void *payload, rh_error *error) {
  script_limits *limits = &script->limits;
  lua_State *L = script->state;
  if (limits->kill != SCRIPT_ALIVE) {
    script_kill_error(script, &script->error);
    if (error)
      *error = script->error;
    return script->error.code;
  }
  rh_status status = script_limits_begin(script, error);
  if (status != RH_OK)
    return status;
  lua_settop(L, 0);
  lua_pushcfunction(L, take_error);
  lua_pushcfunction(L, body);
  lua_pushlightuserdata(L, payload);
  int result = lua_pcall(L, 1, 0, 1);
  script_limits_end(script);
  lua_settop(L, 0);
  script_scratch_dispose(&script->scratch);
  if (result == LUA_OK)
    return RH_OK;
  if (result == LUA_ERRMEM && limits->kill == SCRIPT_ALIVE)
    limits->kill = limits->refused ? SCRIPT_KILL_MEMORY : SCRIPT_KILL_SYSTEM_MEMORY;
  if (limits->kill != SCRIPT_ALIVE) {
    script_kill_error(script, &script->error);
    name_position(&script->error);
  } else if (result == LUA_ERRERR) {
    rh_error_set(&script->error, RH_ERR_SCRIPT, NULL, "a playbook nests calls too deep");
  }
  if (error)
    *error = script->error;
  return script->error.code;
}

static void open_error(lua_State *L) {
  luaL_newmetatable(L, SCRIPT_ERROR);
  lua_pushcfunction(L, error_text);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "protected");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

typedef struct engine_text {
  const char *text;
  size_t len;
} engine_text;

static int open_all(lua_State *L) {
  const engine_text *engine = lua_touserdata(L, 1);
  open_error(L);
  script_open_tables(L);
  script_open_sandbox(L);
  script_open_json(L);
  script_open_machine(L);
  script_open_engine(L, engine->text, engine->len);
  return 0;
}

/* A folder that is not there, or is none, is told before anything is looked for in it. */
static rh_status take_paths(rh_script *script, const rh_script_options *options, rh_error *error) {
  rh_status status = RH_OK;
  rh_file_info info;
  script->playbook_paths = rh_alloc_zero(options->playbook_path_count, sizeof(char *));
  if (!script->playbook_paths)
    return rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < options->playbook_path_count; i++) {
    const char *path = options->playbook_paths[i];
    script->playbook_paths[i] = rh_copy_text(path);
    script->playbook_path_count++;
    status = script->playbook_paths[i] ? rh_platform_target_info(path, &info, error)
                                       : rh_error_memory(error);
    if (status == RH_OK && info.kind != RH_FILE_FOLDER) {
      status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is no folder");
      rh_error_hint(error, "give the folder that holds the playbooks' folders");
    }
  }
  return status;
}

rh_status script_open_with(rh_script **out, const rh_script_options *options, const char *engine,
                           size_t len, rh_error *error) {
  engine_text text = {engine, len};
  *out = NULL;
  rh_script *script = rh_alloc_zero(1, sizeof *script);
  if (!script)
    return rh_error_memory(error);
  script->options = *options;
  script_limits_init(script, options);
  rh_status status = take_paths(script, options, error);
  if (status == RH_OK) {
    lua_State *L = lua_newstate(script_allocate, script);
    if (!L) {
      status = rh_error_memory(error);
    } else {
      *(rh_script **)lua_getextraspace(L) = script;
      script->state = L;
      status = script_run(script, open_all, &text, error);
    }
  }
  if (status != RH_OK) {
    rh_script_free(script);
    return status;
  }
  *out = script;
  return RH_OK;
}

rh_status rh_script_open(rh_script **out, const rh_script_options *options, rh_error *error) {
  return script_open_with(out, options, NULL, 0, error);
}

void rh_script_free(rh_script *script) {
  if (!script)
    return;
  if (script->state)
    lua_close(script->state);
  script_scratch_dispose(&script->scratch);
  while (script->kept_scopes) {
    script_kept_scopes *kept = script->kept_scopes;
    script->kept_scopes = kept->next;
    json_decref(kept->texts);
    rh_free((void *)(uintptr_t)kept->list);
    rh_free(kept);
  }
  for (size_t i = 0; i < script->playbook_path_count; i++)
    rh_free(script->playbook_paths[i]);
  rh_free(script->playbook_paths);
  rh_free(script);
}
