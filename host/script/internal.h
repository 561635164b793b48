/* Shared by the files of the scripting host: the script, its limits, and how a binding works.
 *
 * Lua raises by a long jump, so nothing here may own C memory while it calls a Lua function that
 * can raise. A binding checks its arguments, calls script_begin for the script's scratch space,
 * works in there, then pushes its results or raises once. What a jump leaves in the scratch space
 * is released by the next binding. No binding calls back into Lua while it uses the scratch. */
#ifndef RH_SCRIPT_INTERNAL_H
#define RH_SCRIPT_INTERNAL_H

#include "script/embedded.h"
#include "script/script.h"

#include <lauxlib.h>
#include <lua.h>

#define SCRIPT_MACHINE "machine" /* metatable names in Lua's registry */
#define SCRIPT_ERROR "error"

typedef enum script_kill {
  SCRIPT_ALIVE,
  SCRIPT_KILL_MEMORY,
  SCRIPT_KILL_SYSTEM_MEMORY, /* the system has none left */
  SCRIPT_KILL_INSTRUCTIONS,
  SCRIPT_KILL_TIME,
  SCRIPT_KILL_STOP /* the user asked the process to end */
} script_kill;

typedef struct script_limits {
  size_t memory_limit, memory_used; /* bytes of the Lua heap */
  size_t charged; /* bytes that this call made machines and documents hold outside that heap */
  bool refused;   /* the last failed allocation failed by the limit, not for want of memory */
  uint64_t instruction_limit, instructions;
  int interval; /* instructions between two looks at the limits */
  unsigned seconds_limit;
  double deadline; /* rh_platform_seconds */
  script_kill kill;
  char where[160]; /* "chunk:line" of what was killed; empty when not known */
} script_limits;

/* What bindings own while they work; see above. */
typedef struct script_scratch {
  rh_buffer path, data, text;
  rh_value value;
  rh_key_info info;
  rh_name_list names;
  rh_certificate_list certificates;
  rh_error error;
} script_scratch;

/* Scopes handed out by rh_script_scopes; kept until the script is freed. */
typedef struct script_kept_scopes {
  rh_scopes scopes;
  json_t *texts;
  const char **list; /* what scopes point at: texts' own */
  struct script_kept_scopes *next;
} script_kept_scopes;

struct rh_script {
  lua_State *state;
  rh_script_options options;
  char **playbook_paths; /* owned, and so is each */
  size_t playbook_path_count;
  script_limits limits;
  script_scratch scratch;
  script_kept_scopes *kept_scopes;
  size_t printed, printed_by_step; /* bytes */
  bool print_is_cut;               /* and that was told */
  rh_error error; /* of the call that fails: filled inside Lua, where its error value is at hand */
};

static inline rh_script *script_of(lua_State *L) {
  return *(rh_script **)lua_getextraspace(L);
}

/* --- script.c --- */

/* rh_script_open with another engine than the embedded one; for tests. */
rh_status script_open_with(rh_script **out, const rh_script_options *options, const char *engine,
                           size_t len, rh_error *error);
/* Calls body(light userdata payload) under limits; its error becomes an rh_error. */
rh_status script_run(rh_script *script, lua_CFunction body, void *payload, rh_error *error);
/* Releases what is in the scratch space and gives it. */
script_scratch *script_begin(lua_State *L);
void script_scratch_dispose(script_scratch *scratch);
/* Raises scratch.error as a table {code, object, message, hint}; the message begins with the
 * playbook's "chunk:line: ". */
int script_raise(lua_State *L);
/* Pushes such a table as it stands. */
void script_push_error(lua_State *L, const rh_error *error);
/* "chunk:line" of the innermost playbook function, else of the innermost Lua function; else "". */
void script_where(lua_State *L, char *out, size_t size);

/* --- limits.c --- */

void *script_allocate(void *payload, void *block, size_t old_len, size_t len);
void script_limits_init(rh_script *script, const rh_script_options *options);
/* Round one call into Lua: counters at zero, hook and watchdog set. */
rh_status script_limits_begin(rh_script *script, rh_error *error);
void script_limits_end(rh_script *script);
/* Marks the script as killed and raises. From here on every instruction raises again. */
int script_kill_now(lua_State *L, script_kill kill);
void script_kill_error(const rh_script *script, rh_error *error);
/* Called after every protected call with its status: raises when the script was killed. */
void script_check_killed(lua_State *L, int status);
/* A binding is about to do long work: raises when the time is over. */
void script_tick(lua_State *L);
/* Work in C that is counted like so many instructions: raises beyond the limits. */
void script_spend(lua_State *L, unsigned steps);
/* len more bytes are about to be held outside the Lua heap: raises beyond the memory limit. */
void script_charge(lua_State *L, size_t len);

/* --- sandbox.c --- */

/* Opens the libraries and keeps what sandboxes share. */
void script_open_sandbox(lua_State *L);
/* The error table at index is raised by, or in a call of, a playbook: what its code says is not
 * believed where that would choose how the command ends. */
void script_mark_raised(lua_State *L, int index);
bool script_is_raised(lua_State *L, int index);
/* Pushes a fresh environment for a playbook. */
void script_push_sandbox(lua_State *L);
/* Pushes the environment of the engine, without host and require. */
void script_push_engine_environment(lua_State *L);

/* --- tables.c --- */

void script_open_tables(lua_State *L);
/* Enters a new table with that __mode into Lua's registry. */
void script_new_weak_table(lua_State *L, const void *key, const char *mode);
/* Pushes a read-only view of the table at index, and of the plain tables in it when they are
 * read through it. The same table gives the same view. */
void script_push_frozen(lua_State *L, int index, const char *name);
/* Replaces a view at index by what is behind it; leaves everything else alone. */
void script_unfreeze(lua_State *L, int index);
/* host.plain(table, where, kept): a copy that shares no table with it, but for those that are keys
 * of kept. Raises, beginning with where, for a table with a metatable. */
int script_host_plain(lua_State *L);
/* Pushes a list of the table's keys: numbers, then texts, each ascending, then the rest. */
void script_push_sorted_keys(lua_State *L, int index);
int script_pairs(lua_State *L); /* pairs in that order */
int script_next(lua_State *L);  /* next that sees through views */

/* --- show.c --- */

/* Pushes the value at index as a text without addresses: "table" where it has none of its own. */
void script_push_shown(lua_State *L, int index);
int script_tostring(lua_State *L);
int script_print(lua_State *L);
int script_format(lua_State *L); /* upvalue: the library's */
/* A step begins to print. */
void script_begin_print(rh_script *script);

/* --- pattern.c --- */

extern const luaL_Reg script_pattern_functions[]; /* find, match, gmatch, gsub */

/* --- json.c --- */

void script_open_json(lua_State *L);
/* The value at index as JSON; raises for what JSON cannot hold. A new reference. Nothing may raise
 * between this and its use. */
json_t *script_to_json(lua_State *L, int index);
void script_push_json(lua_State *L, const json_t *json);

/* --- loader.c --- */

const rh_embedded_file *script_find_embedded(const char *path); /* NULL when there is none */
/* Pushes the loaded text chunk, or nil and a message; gives how many. environment is an index. */
int script_load(lua_State *L, const char *text, size_t len, const char *chunk, int environment);
extern const luaL_Reg script_loader_functions[]; /* of the table host */
int script_host_files(lua_State *L);             /* host.files */
int script_host_read(lua_State *L);              /* host.read */

/* --- modules.c --- */

/* Loads the engine: engine is its text, or NULL for the embedded one. */
void script_open_engine(lua_State *L, const char *engine, size_t len);
/* Calls the engine's function of that name with count arguments from the stack; leaves one
 * result. */
void script_call_engine(lua_State *L, const char *name, int count);
int script_host_stdlib(lua_State *L); /* host.stdlib */
int script_host_module(lua_State *L); /* host.module */

/* --- exclude.c --- */

/* Takes the changes at and below the excluded paths (an array of texts, or NULL) out of the plan.
 */
rh_status script_drop_excluded(rh_plan *plan, rh_machine *destination, const json_t *excluded,
                               rh_error *error);

/* --- script/bind/machine.c --- */

/* A machine in Lua: one of a session (borrowed), one made of text (owned), or a scoped view of such
 * a one. */
typedef struct script_machine {
  rh_machine *machine;           /* NULL when closed, and in a view */
  bool borrowed;                 /* a session's: not freed here */
  rh_machine *base;              /* owned, under an owned overlay */
  struct script_machine *behind; /* of a view; kept alive by a user value */
  bool scoped;
  rh_scopes reads, writes; /* of a view; the texts are kept alive by a user value */
  const char *label;
} script_machine;

void script_open_machine(lua_State *L);
/* Pushes a new closed machine. */
script_machine *script_push_machine(lua_State *L);
void script_machine_close(script_machine *self);
/* The argument at index, open. */
script_machine *script_check_machine(lua_State *L, int index);
rh_machine *script_machine_of(const script_machine *self);
/* A text argument without NUL; other types are not converted. */
const char *script_check_text(lua_State *L, int index);

typedef enum script_access { SCRIPT_READS, SCRIPT_WRITES } script_access;
/* Raise when the machine's scopes do not allow it, or when it cannot be written to. */
void script_need_key(lua_State *L, const script_machine *self, script_access access,
                     const char *path);
void script_need_file(lua_State *L, const script_machine *self, script_access access,
                      const char *path);
void script_need_certificates(lua_State *L, const script_machine *self, const char *store);
/* Which of both the scopes allow; raises when they allow neither. */
void script_need_accounts(lua_State *L, const script_machine *self, bool *users, bool *groups);
int script_host_scoped(lua_State *L); /* host.scoped */
/* Notes that the machine and path at 1 and 2 were written to, for host.touched. kind: "value" with
 * its name, "key", "tree" (a key with all below it), "file", or "secret", which is what a value or
 * a file is known to hold from now on. */
void script_touch(lua_State *L, const char *kind, const char *name, size_t len);
int script_host_touched(lua_State *L); /* host.touched */

/* --- the other bind_*.c: methods of machines, and the table host --- */

extern const luaL_Reg script_registry_methods[];
extern const luaL_Reg script_change_methods[];
extern const luaL_Reg script_file_methods[];
extern const luaL_Reg script_certificate_methods[];
extern const luaL_Reg script_interface_methods[];
extern const luaL_Reg script_service_methods[];
extern const luaL_Reg script_account_methods[];
extern const luaL_Reg script_store_methods[];
int script_host_new_machine(lua_State *L); /* host.new_machine (script/bind/text_machine.c) */
void script_push_xmlscan(
    lua_State *L); /* the module of stdlib/format/xml.lua (script/bind/xml.c) */
void script_push_wintext(lua_State *L); /* the module `wintext` (script/bind/text.c) */
void script_push_host(lua_State *L);

/* --- value.c: registry values in Lua --- */

/* Pushes what the data mean (see docs of m:get). scratch.text is used. */
void script_push_interpreted(lua_State *L, uint32_t type, const unsigned char *data, size_t len);
void script_push_value(lua_State *L, const rh_value *value);
/* The name of a value as an argument; "" and "@" are the default value. */
const char *script_check_name(lua_State *L, int index, size_t *len);
/* The type argument: a name or a number. */
uint32_t script_check_type(lua_State *L, int index);
/* Encodes the Lua value at index into scratch.data; raises when it does not fit the type. */
void script_encode_value(lua_State *L, uint32_t type, int index);

#endif
