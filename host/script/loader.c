/* Where the text of playbooks comes from: folders of the user, or the program itself. */
#include "base/file.h"
#include "script/embedded.h"
#include "script/internal.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)1024 * 1024)
#define FILE_COUNT_MAX 200
#define NAME_MAX_LEN 100

const rh_embedded_file *script_find_embedded(const char *path) {
  for (const rh_embedded_file *file = rh_embedded_files; file->path; file++)
    if (strcmp(file->path, path) == 0)
      return file;
  return NULL;
}

/* A name of letters, digits, "-", "_" and dots inside: no path, nothing hidden. */
static bool is_plain_name(const char *name, size_t len) {
  if (len == 0 || len > NAME_MAX_LEN || name[0] == '.' || name[len - 1] == '.')
    return false;
  for (size_t i = 0; i < len; i++) {
    char c = name[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
          c == '_' || c == '.'))
      return false;
  }
  return true;
}

/* "x.lua" or "folder/x.lua". */
static bool is_lua_file_name(const char *name) {
  size_t len = strlen(name);
  const char *slash = strchr(name, '/');
  if (len < 5 || strcmp(name + len - 4, ".lua") != 0)
    return false;
  if (!slash)
    return is_plain_name(name, len);
  size_t folder = (size_t)(slash - name);
  return is_plain_name(name, folder) && is_plain_name(slash + 1, len - folder - 1);
}

static bool is_id(const char *id) {
  return is_plain_name(id, strlen(id)) && strcmp(id, "stdlib") != 0;
}

/* path = that of the playbook in the folder, or of what is in it. False for what is absent, a
 * link, or not of that kind. */
static rh_status find_in_folder(rh_buffer *path, const char *folder, const char *id,
                                const char *name, rh_file_kind kind, bool *found, rh_error *error) {
  rh_file_info info;
  const char *rest = name;
  *found = false;
  rh_buffer_clear(path);
  rh_status status = rh_buffer_printf(path, error, "%s/%s", folder, id);
  /* Each component is looked at, so that none on the way is a link. */
  while (status == RH_OK) {
    status = rh_platform_info(rh_buffer_text(path), &info, error);
    if (status == RH_ERR_NOT_FOUND)
      return RH_OK;
    if (status != RH_OK || *rest == '\0')
      break;
    if (info.kind != RH_FILE_FOLDER)
      return RH_OK;
    size_t len = strcspn(rest, "/");
    status = rh_buffer_append_text(path, "/", error);
    if (status == RH_OK)
      status = rh_buffer_append(path, rest, len, error);
    rest += len + (rest[len] == '/');
  }
  *found = status == RH_OK && info.kind == kind;
  return status;
}

static rh_status holds_playbook(rh_buffer *path, const char *folder, const char *id, bool *found,
                                rh_error *error) {
  return find_in_folder(path, folder, id, "playbook.lua", RH_FILE_REGULAR, found, error);
}

/* The first of the user's folders that has the playbook; NULL when none has. Uses path. */
static rh_status find_folder(const rh_script *script, rh_buffer *path, const char *id,
                             const char **out, rh_error *error) {
  rh_status status = RH_OK;
  *out = NULL;
  for (size_t i = 0; status == RH_OK && !*out && i < script->playbook_path_count; i++) {
    bool found = false;
    status = holds_playbook(path, script->playbook_paths[i], id, &found, error);
    if (found)
      *out = script->playbook_paths[i];
  }
  return status;
}

/* An embedded playbook's file; NULL when there is none. path is filled with its name. */
static rh_status find_embedded(rh_buffer *path, const char *id, const char *name,
                               const rh_embedded_file **out, rh_error *error) {
  rh_buffer_clear(path);
  rh_status status = rh_buffer_printf(path, error, "playbooks/%s/%s", id, name);
  *out = status == RH_OK ? script_find_embedded(rh_buffer_text(path)) : NULL;
  return status;
}

/* Adds a field to the table of names on the top of the stack: a set. */
static void add_name(lua_State *L, const char *name, size_t len, const char *value) {
  lua_pushlstring(L, name, len);
  lua_pushstring(L, value);
  lua_rawset(L, -3);
}

/* host.playbooks(): the ids of all that there are, sorted. */
static int host_playbooks(lua_State *L) {
  rh_script *script = script_of(L);
  lua_settop(L, 0);
  lua_newtable(L);
  for (const rh_embedded_file *file = rh_embedded_files; file->path; file++) {
    static const char prefix[] = "playbooks/";
    if (strncmp(file->path, prefix, sizeof prefix - 1) != 0)
      continue;
    const char *id = file->path + sizeof prefix - 1;
    const char *slash = strchr(id, '/');
    if (slash && strcmp(slash, "/playbook.lua") == 0)
      add_name(L, id, (size_t)(slash - id), "embedded");
  }
  for (size_t at = 0; at < script->playbook_path_count; at++) {
    const char *folder = script->playbook_paths[at];
    script_scratch *scratch = script_begin(L);
    if (rh_platform_list(&scratch->names, folder, &scratch->error) != RH_OK)
      return script_raise(L);
    for (size_t i = 0; i < scratch->names.count; i++) {
      const char *id = scratch->names.names[i];
      bool found = false;
      if (!is_id(id))
        continue;
      if (holds_playbook(&scratch->path, folder, id, &found, &scratch->error) != RH_OK)
        return script_raise(L);
      if (found)
        add_name(L, id, strlen(id), "folder");
    }
  }
  script_push_sorted_keys(L, 1);
  return 1;
}

/* host.places(id): {folders = {...}, embedded = bool}: where a playbook is, the folders in the
 * order in which they were given. The first place is the one that is used. */
static int host_places(lua_State *L) {
  const char *id = script_check_text(L, 1);
  rh_script *script = script_of(L);
  script_scratch *scratch = script_begin(L);
  const rh_embedded_file *file = NULL;
  lua_Integer count = 0;
  bool valid = is_id(id);
  lua_createtable(L, 0, 2);
  lua_newtable(L);
  for (size_t i = 0; valid && i < script->playbook_path_count; i++) {
    bool found = false;
    if (holds_playbook(&scratch->path, script->playbook_paths[i], id, &found, &scratch->error) !=
        RH_OK)
      return script_raise(L);
    if (!found)
      continue;
    lua_pushstring(L, script->playbook_paths[i]);
    lua_rawseti(L, -2, ++count);
  }
  lua_setfield(L, -2, "folders");
  if (valid && find_embedded(&scratch->path, id, "playbook.lua", &file, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_pushboolean(L, file != NULL);
  lua_setfield(L, -2, "embedded");
  return 1;
}

int script_host_read(lua_State *L) {
  const char *id = script_check_text(L, 1), *name = script_check_text(L, 2);
  script_scratch *scratch = script_begin(L);
  const char *folder = NULL;
  bool found = false;
  if (!is_id(id) || !is_lua_file_name(name))
    return 0;
  if (find_folder(script_of(L), &scratch->path, id, &folder, &scratch->error) != RH_OK)
    return script_raise(L);
  if (!folder) {
    const rh_embedded_file *file = NULL;
    if (find_embedded(&scratch->path, id, name, &file, &scratch->error) != RH_OK)
      return script_raise(L);
    if (!file)
      return 0;
    lua_pushlstring(L, (const char *)file->data, file->len);
    return 1;
  }
  if (find_in_folder(&scratch->path, folder, id, name, RH_FILE_REGULAR, &found, &scratch->error) !=
      RH_OK)
    return script_raise(L);
  if (!found)
    return 0;
  if (rh_file_read(&scratch->data, rh_buffer_text(&scratch->path), FILE_MAX, &scratch->error) !=
      RH_OK)
    return script_raise(L);
  lua_pushlstring(L, rh_buffer_text(&scratch->data), scratch->data.len);
  return 1;
}

/* Adds the Lua files of one folder of a playbook to the set on the top of the stack as "file";
 * below NULL is the playbook's own folder, of which what could be a folder is added as "other". */
static void add_files(lua_State *L, const char *folder, const char *id, const char *below,
                      int *count) {
  script_scratch *scratch = script_begin(L);
  bool found = false;
  if (find_in_folder(&scratch->path, folder, id, below ? below : "", RH_FILE_FOLDER, &found,
                     &scratch->error) != RH_OK)
    script_raise(L);
  if (found &&
      rh_platform_list(&scratch->names, rh_buffer_text(&scratch->path), &scratch->error) != RH_OK)
    script_raise(L);
  for (size_t i = 0; i < scratch->names.count; i++) {
    const char *name = scratch->names.names[i];
    if (!is_plain_name(name, strlen(name)))
      continue;
    rh_buffer_clear(&scratch->text);
    if (rh_buffer_printf(&scratch->text, &scratch->error, "%s%s%s", below ? below : "",
                         below ? "/" : "", name) != RH_OK)
      script_raise(L);
    const char *relative = rh_buffer_text(&scratch->text);
    bool is_file = false;
    if (find_in_folder(&scratch->path, folder, id, relative, RH_FILE_REGULAR, &is_file,
                       &scratch->error) != RH_OK)
      script_raise(L);
    if (is_file && is_lua_file_name(relative)) {
      if (++*count > FILE_COUNT_MAX) {
        rh_error_set(&scratch->error, RH_ERR_LIMIT, id, "a playbook has more than %d files",
                     FILE_COUNT_MAX);
        script_raise(L);
      }
      add_name(L, relative, scratch->text.len, "file");
    } else if (!is_file && !below) {
      add_name(L, relative, scratch->text.len, "other");
    }
  }
}

static void add_embedded_files(lua_State *L, const char *id) {
  static const char prefix[] = "playbooks/";
  size_t len = strlen(id);
  for (const rh_embedded_file *file = rh_embedded_files; file->path; file++) {
    if (strncmp(file->path, prefix, sizeof prefix - 1) != 0)
      continue;
    const char *name = file->path + sizeof prefix - 1;
    if (strncmp(name, id, len) == 0 && name[len] == '/')
      add_name(L, name + len + 1, strlen(name + len + 1), "file");
  }
}

int script_host_files(lua_State *L) {
  const char *id = script_check_text(L, 1);
  script_scratch *scratch = script_begin(L);
  const char *folder = NULL;
  int count = 0;
  lua_settop(L, 1);
  lua_newtable(L);
  if (!is_id(id))
    return 1;
  if (find_folder(script_of(L), &scratch->path, id, &folder, &scratch->error) != RH_OK)
    return script_raise(L);
  if (!folder) {
    add_embedded_files(L, id);
  } else {
    add_files(L, folder, id, NULL, &count);
    script_push_sorted_keys(L, 2);
    for (lua_Integer i = 1; lua_rawgeti(L, 3, i) != LUA_TNIL; i++) {
      const char *name = lua_tostring(L, -1);
      lua_pushvalue(L, 2);
      lua_pushvalue(L, -2);
      lua_rawget(L, -2);
      bool other = strcmp(lua_tostring(L, -1), "other") == 0;
      lua_pop(L, 1);
      if (other) {
        add_files(L, folder, id, name, &count);
        lua_pushnil(L);
        lua_setfield(L, -2, name);
      }
      lua_pop(L, 2);
    }
    lua_settop(L, 2);
  }
  script_push_sorted_keys(L, 2);
  return 1;
}

int script_load(lua_State *L, const char *text, size_t len, const char *chunk, int environment) {
  static const char mark[] = "\xEF\xBB\xBF";
  environment = lua_absindex(L, environment);
  if (len >= 3 && memcmp(text, mark, 3) == 0) {
    text += 3;
    len -= 3;
  }
  const char *name = chunk[0] == '@' ? chunk + 1 : chunk;
  if (len > 0 && text[0] == LUA_SIGNATURE[0]) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s: precompiled Lua is not loaded: a playbook is Lua text", name);
    return 2;
  }
  int status = luaL_loadbufferx(L, text, len, chunk, "t");
  script_check_killed(L, status);
  if (status != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  lua_pushvalue(L, environment);
  if (!lua_setupvalue(L, -2, 1))
    lua_pop(L, 1);
  return 1;
}

static int host_load(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  const char *chunk = script_check_text(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  return script_load(L, text, len, chunk, 3);
}

const luaL_Reg script_loader_functions[] = {
    {"playbooks", host_playbooks}, {"places", host_places}, {"read", script_host_read},
    {"files", script_host_files},  {"load", host_load},     {NULL, NULL}};
