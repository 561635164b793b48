/* Methods of machines that read and write files. */
#include "base/text.h"
#include "script/internal.h"

#include <string.h>

#define FILE_COST 512 /* bytes that a changed file takes in memory beside its data, about */

static rh_machine *check_file(lua_State *L, script_access access, const char **path) {
  const script_machine *self = script_check_machine(L, 1);
  *path = script_check_text(L, 2);
  script_need_file(L, self, access, *path);
  return script_machine_of(self);
}

static int machine_read_file(lua_State *L) {
  const char *path;
  rh_machine *machine = check_file(L, SCRIPT_READS, &path);
  script_scratch *scratch = script_begin(L);
  rh_status status = rh_machine_file_read(machine, path, &scratch->data, &scratch->error);
  if (status == RH_ERR_NOT_FOUND)
    return 0;
  if (status != RH_OK)
    return script_raise(L);
  lua_pushlstring(L, rh_buffer_text(&scratch->data), scratch->data.len);
  script_begin(L);
  return 1;
}

static int machine_has_file(lua_State *L) {
  const char *path;
  rh_machine *machine = check_file(L, SCRIPT_READS, &path);
  lua_pushboolean(L, rh_machine_file_exists(machine, path));
  return 1;
}

/* Asked of any folder: its name is all that is told, and a share may be anywhere. */
static int machine_has_folder(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const char *path = script_check_text(L, 2);
  lua_pushboolean(L, rh_machine_folder_exists(script_machine_of(self), path));
  return 1;
}

static int machine_write_file(lua_State *L) {
  const char *path;
  size_t len;
  rh_machine *machine = check_file(L, SCRIPT_WRITES, &path);
  luaL_checktype(L, 3, LUA_TSTRING);
  const char *text = lua_tolstring(L, 3, &len);
  script_charge(L, FILE_COST + len);
  script_scratch *scratch = script_begin(L);
  if (rh_machine_file_write(machine, path, text, len, &scratch->error) != RH_OK)
    return script_raise(L);
  script_touch(L, "file", NULL, 0);
  return 0;
}

static int machine_mark_secret_file(lua_State *L) {
  const char *path;
  rh_machine *machine = check_file(L, SCRIPT_WRITES, &path);
  script_scratch *scratch = script_begin(L);
  if (rh_machine_file_mark_secret(machine, path, &scratch->error) != RH_OK)
    return script_raise(L);
  script_touch(L, "secret", NULL, 0);
  return 0;
}

static int machine_delete_file(lua_State *L) {
  const char *path;
  rh_machine *machine = check_file(L, SCRIPT_WRITES, &path);
  script_charge(L, FILE_COST);
  script_scratch *scratch = script_begin(L);
  bool exists = rh_machine_file_exists(machine, path);
  if (exists && rh_machine_file_delete(machine, path, &scratch->error) != RH_OK)
    return script_raise(L);
  script_touch(L, "file", NULL, 0);
  lua_pushboolean(L, exists);
  return 1;
}

/* Bytes of a pattern up to the folder that its first wildcard is in. */
static size_t literal_len(const char *pattern) {
  size_t len = strcspn(pattern, "*?");
  if (pattern[len] == '\0')
    return len;
  while (len > 0 && pattern[len - 1] != '/' && pattern[len - 1] != '\\')
    len--;
  return len;
}

/* True when one of two image-relative paths is the other, or above it. */
static bool related(const char *a, const char *b) {
  size_t a_len = strlen(a), b_len = strlen(b), len = a_len < b_len ? a_len : b_len;
  const char *longer = a_len < b_len ? b : a;
  return rh_name_compare(a, len, b, len) == 0 && (len == 0 || a_len == b_len || longer[len] == '/');
}

/* True when files of a scope may be in or below the folder. */
static bool may_hold(script_scratch *scratch, rh_machine *machine, const rh_scopes *scopes,
                     const char *folder) {
  for (size_t i = 0; i < scopes->file_count; i++) {
    const char *pattern = scopes->files[i];
    size_t len = literal_len(pattern);
    while (len > 0 && (pattern[len - 1] == '/' || pattern[len - 1] == '\\'))
      len--;
    rh_buffer_clear(&scratch->text);
    if (len == 0)
      return true;
    if (rh_buffer_append(&scratch->text, pattern, len, NULL) == RH_OK &&
        rh_machine_file_path(machine, rh_buffer_text(&scratch->text), &scratch->path, NULL) ==
            RH_OK &&
        related(rh_buffer_text(&scratch->path), folder))
      return true;
  }
  return false;
}

/* The files below a folder that the scopes allow; a folder that no scope has to do with is an
 * error, since an empty list would look like an empty folder. */
static int machine_files(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const char *folder = script_check_text(L, 2);
  rh_machine *machine = script_machine_of(self);
  lua_Integer count = 0;
  script_scratch *scratch = script_begin(L);
  if (self->scoped) {
    if (rh_machine_file_path(machine, folder, &scratch->data, &scratch->error) != RH_OK)
      return script_raise(L);
    const char *relative = rh_buffer_text(&scratch->data);
    if (!may_hold(scratch, machine, &self->reads, relative) &&
        !may_hold(scratch, machine, &self->writes, relative))
      script_need_file(L, self, SCRIPT_READS, folder);
  }
  if (rh_machine_file_list(machine, folder, &scratch->names, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_newtable(L);
  for (size_t i = 0; i < scratch->names.count; i++) {
    const char *name = scratch->names.names[i];
    if (self->scoped && !rh_scopes_allow_file(&self->reads, machine, name) &&
        !rh_scopes_allow_file(&self->writes, machine, name))
      continue;
    lua_pushstring(L, name);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

const luaL_Reg script_file_methods[] = {{"read_file", machine_read_file},
                                        {"has_file", machine_has_file},
                                        {"has_folder", machine_has_folder},
                                        {"write_file", machine_write_file},
                                        {"delete_file", machine_delete_file},
                                        {"files", machine_files},
                                        {"mark_secret_file", machine_mark_secret_file},
                                        {NULL, NULL}};
