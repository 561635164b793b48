/* Machines for specs: written as .reg text and small files, thrown away with their userdata. */
#include "base/file.h"
#include "base/text.h"
#include "registry/text/regtext.h"
#include "script/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "Windows Registry Editor Version 5.00\r\n\r\n"
#define CONTROL_SET "ControlSet001"
#define MACHINE_COST 65536 /* bytes that an empty machine takes, about */

/* The hive that a key names: "HKLM\SYSTEM", "HKEY_LOCAL_MACHINE\SYSTEM" or "SYSTEM". NULL for what
 * is none. */
static const char *hive_name(const char *key) {
  static const char *const names[] = {"SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"};
  const char *slash = strrchr(key, '\\');
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (rh_name_equal(names[i], slash ? slash + 1 : key))
      return names[i];
  return NULL;
}

static rh_status make_temporary_folder(char **out, rh_error *error) {
  const char *parent = getenv("TMPDIR");
  char name[64];
  rh_status status = RH_ERR_EXISTS;
  if (!parent || !*parent)
    parent = getenv("TEMP");
  if (!parent || !*parent)
    parent = "/tmp";
  for (unsigned i = 0; i < 100 && status == RH_ERR_EXISTS; i++) {
    snprintf(name, sizeof name, "rehome-spec-%llx-%u", (unsigned long long)rh_platform_filetime(),
             i);
    char *folder = rh_platform_join(parent, name);
    if (!folder)
      return rh_error_memory(error);
    status = rh_platform_make_folder(folder, RH_FILE_PRIVATE, error);
    if (status == RH_OK)
      *out = folder;
    else
      rh_free(folder);
  }
  return status;
}

/* A machine whose SYSTEM hive does not say which control set is current has the first. */
static rh_status select_control_set(rh_registry *system, rh_error *error) {
  static const unsigned char first[4] = {1, 0, 0, 0};
  rh_value value = {0};
  rh_key root, key;
  rh_status status = rh_registry_get(system, "Select", "Current", &value, error);
  rh_value_dispose(&value);
  if (status != RH_ERR_NOT_FOUND)
    return status;
  status = rh_registry_root(system, &root, error);
  if (status == RH_OK)
    status = rh_registry_create_path(system, root, "Select", &key, error);
  if (status == RH_OK)
    status =
        rh_registry_set_value(system, key, "Current", 7, RH_REG_DWORD, first, sizeof first, error);
  return status;
}

/* Builds one hive from .reg text and writes it into the image. */
static rh_status write_hive(script_scratch *scratch, const char *folder, const char *name,
                            const char *text, size_t len) {
  rh_error *error = &scratch->error;
  bool is_system = rh_name_equal(name, "SYSTEM");
  size_t blank = strspn(text, " \t\r\n");
  rh_buffer_clear(&scratch->path);
  rh_status status = rh_buffer_printf(&scratch->path, error, "HKEY_LOCAL_MACHINE\\%s", name);
  const rh_regtext_read_options options = {.prefix = rh_buffer_text(&scratch->path),
                                           .control_set = is_system ? CONTROL_SET : NULL};
  rh_buffer_clear(&scratch->text);
  if (status == RH_OK && (text[blank] == '[' || text[blank] == '\0'))
    status = rh_buffer_append_text(&scratch->text, HEADER, error);
  if (status == RH_OK)
    status = rh_buffer_append(&scratch->text, text, len, error);
  if (status == RH_OK)
    status = rh_hive_create(&scratch->hive, &(rh_hive_options){0}, error);
  if (status == RH_OK)
    status = rh_regtext_read(rh_hive_registry(scratch->hive), scratch->text.data, scratch->text.len,
                             name, &options, NULL, error);
  if (status == RH_OK && is_system)
    status = select_control_set(rh_hive_registry(scratch->hive), error);
  rh_buffer_clear(&scratch->data);
  if (status == RH_OK)
    status = rh_hive_serialize(scratch->hive, &scratch->data, error);
  rh_buffer_clear(&scratch->path);
  if (status == RH_OK)
    status = rh_buffer_printf(&scratch->path, error, "%s/Windows/System32/config/%s", folder, name);
  if (status == RH_OK)
    status = rh_file_write(rh_buffer_text(&scratch->path), scratch->data.data, scratch->data.len,
                           RH_FILE_PRIVATE, error);
  rh_hive_free(scratch->hive);
  scratch->hive = NULL;
  return status;
}

/* Writes one file into the image; the machine says where its path is and that it stays inside. */
static rh_status write_file(script_scratch *scratch, const char *folder, rh_machine *image,
                            const char *path, const char *text, size_t len) {
  rh_error *error = &scratch->error;
  rh_status status = rh_machine_file_path(image, path, &scratch->path, error);
  char *target = NULL, *parent = NULL;
  if (status == RH_OK) {
    target = rh_platform_join(folder, rh_buffer_text(&scratch->path));
    parent = target ? rh_platform_folder_of(target) : NULL;
    status = parent ? rh_file_make_folders(parent, RH_FILE_PRIVATE, error) : rh_error_memory(error);
  }
  if (status == RH_OK)
    status = rh_file_write(target, text, len, RH_FILE_PRIVATE, error);
  rh_free(target);
  rh_free(parent);
  return status;
}

/* Calls back for each text of the table field of the argument; a missing one is empty. */
static void for_each_text(lua_State *L, const char *field, script_machine *self,
                          rh_status (*add)(script_scratch *scratch, script_machine *self,
                                           const char *name, const char *text, size_t len)) {
  lua_getfield(L, 1, field);
  if (lua_isnil(L, -1))
    lua_newtable(L);
  luaL_checktype(L, -1, LUA_TTABLE);
  script_unfreeze(L, -1);
  int table = lua_gettop(L);
  script_push_sorted_keys(L, table);
  for (lua_Integer i = 1; lua_rawgeti(L, table + 1, i) != LUA_TNIL; i++) {
    size_t len;
    const char *name = script_check_text(L, -1);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    luaL_checktype(L, -1, LUA_TSTRING);
    const char *text = lua_tolstring(L, -1, &len);
    script_charge(L, len);
    if (add(script_begin(L), self, name, text, len) != RH_OK)
      script_raise(L);
    lua_pop(L, 2);
  }
  lua_settop(L, table - 1);
}

static rh_status add_hive(script_scratch *scratch, script_machine *self, const char *name,
                          const char *text, size_t len) {
  const char *hive = hive_name(name);
  if (!hive)
    return rh_error_set(&scratch->error, RH_ERR_ARGUMENT, name,
                        "is no hive; give SYSTEM, SOFTWARE, SAM, SECURITY or DEFAULT");
  return write_hive(scratch, self->folder, hive, text, len);
}

static rh_status add_file(script_scratch *scratch, script_machine *self, const char *name,
                          const char *text, size_t len) {
  return write_file(scratch, self->folder, self->base, name, text, len);
}

static rh_status make_image_folder(script_scratch *scratch, script_machine *self) {
  rh_status status = make_temporary_folder(&self->folder, &scratch->error);
  if (status == RH_OK)
    status = rh_buffer_printf(&scratch->path, &scratch->error, "%s/Windows/System32/config",
                              self->folder);
  if (status == RH_OK)
    status = rh_file_make_folders(rh_buffer_text(&scratch->path), RH_FILE_PRIVATE, &scratch->error);
  /* An image is known by its SYSTEM hive; a given one replaces this. */
  if (status == RH_OK)
    status = write_hive(scratch, self->folder, "SYSTEM", "", 0);
  return status;
}

/* host.new_machine{registry = {SYSTEM = ".reg text"}, files = {["Windows/x"] = "text"}} */
int script_host_new_machine(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  script_unfreeze(L, 1);
  script_tick(L);
  script_charge(L, MACHINE_COST);
  script_machine *self = script_push_machine(L);
  if (make_image_folder(script_begin(L), self) != RH_OK)
    return script_raise(L);
  for_each_text(L, "registry", self, add_hive);
  if (rh_machine_open(&self->base, self->folder, NULL, &script_begin(L)->error) != RH_OK)
    return script_raise(L);
  for_each_text(L, "files", self, add_file);
  if (rh_machine_overlay(&self->machine, self->base, &script_begin(L)->error) != RH_OK)
    return script_raise(L);
  lua_settop(L, 2);
  return 1;
}
