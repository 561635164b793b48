/* The store backend: an opened migration store as a machine. */
#include "machine/internal.h"

#include "base/text.h"

#include <string.h>

static const char hive_tail[] = "/System32/config/SYSTEM";

static rh_status locate(rh_machine *machine, rh_buffer *path, machine_entry *out, rh_error *error) {
  const rh_store_manifest *manifest = rh_store_manifest_of(machine->store);
  size_t index = rh_store_member_find(machine->store, rh_buffer_text(path));
  *out = MACHINE_FILE;
  if (index != SIZE_MAX) {
    rh_buffer_clear(path);
    return rh_buffer_append_text(path, manifest->members[index].path, error);
  }
  *out = path->len == 0 ? MACHINE_FOLDER : MACHINE_NOTHING;
  for (size_t i = 0; *out == MACHINE_NOTHING && i < manifest->member_count; i++) {
    if (machine_path_is_below(manifest->members[i].path, rh_buffer_text(path)))
      *out = MACHINE_FOLDER;
  }
  return RH_OK;
}

static rh_status read_file(rh_machine *machine, const char *path, rh_buffer *out, rh_error *error) {
  size_t index = rh_store_member_find(machine->store, path);
  if (index == SIZE_MAX)
    return rh_error_set(error, RH_ERR_NOT_FOUND, path, "is not in the store");
  if (rh_store_manifest_of(machine->store)->members[index].size > RH_FILE_LIMIT)
    return rh_error_set(error, RH_ERR_LIMIT, path, "is larger than %u bytes", RH_FILE_LIMIT);
  return rh_store_member_read(machine->store, index, out, error);
}

static rh_status list_files(rh_machine *machine, const char *folder, rh_name_list *out,
                            rh_error *error) {
  const rh_store_manifest *manifest = rh_store_manifest_of(machine->store);
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < manifest->member_count; i++) {
    if (machine_path_is_below(manifest->members[i].path, folder))
      status = machine_names_add(out, manifest->members[i].path, error);
  }
  return status;
}

static rh_status open_hive(rh_machine *machine, size_t index, machine_hive *out, rh_error *error) {
  rh_buffer path = {0}, data = {0}, label = {0};
  rh_status status = machine_hive_path(&path, machine, index, error);
  size_t member =
      status == RH_OK ? rh_store_member_find(machine->store, rh_buffer_text(&path)) : SIZE_MAX;
  if (status == RH_OK && member == SIZE_MAX)
    status = rh_error_set(error, RH_ERR_NOT_FOUND, machine->location, "the store holds no hive %s",
                          machine_hive_names[index]);
  if (status == RH_OK)
    status = rh_store_member_read(machine->store, member, &data, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&label, error, "%s: %s", machine->location, rh_buffer_text(&path));
  if (status == RH_OK)
    status = rh_hive_open_memory(&out->hive, data.data, data.len, rh_buffer_text(&label), error);
  if (status == RH_OK)
    out->registry = rh_hive_registry(out->hive);
  rh_buffer_dispose(&path);
  rh_buffer_dispose(&label);
  rh_buffer_dispose_secret(&data);
  return status;
}

static rh_status find_windows(rh_machine *machine, rh_error *error) {
  const rh_store_manifest *manifest = rh_store_manifest_of(machine->store);
  for (size_t i = 0; i < manifest->member_count; i++) {
    const char *path = manifest->members[i].path;
    size_t len = strcspn(path, "/");
    if (!rh_name_equal(path + len, hive_tail))
      continue;
    machine->windows = rh_copy_bytes(path, len);
    return machine->windows ? RH_OK : rh_error_memory(error);
  }
  return rh_error_set(error, RH_ERR_FORMAT, machine->location,
                      "the store holds no Windows/System32/config/SYSTEM");
}

static rh_status open_store(rh_machine **out, const char *location, const rh_age_keys *keys,
                            rh_error *error) {
  rh_machine *machine = NULL;
  char digest[65];
  *out = NULL;
  if (!rh_store_is_store_file(location)) {
    rh_error_set(error, RH_ERR_FORMAT, location, "is neither a folder nor a migration store");
    rh_error_hint(error, "a machine is a folder that holds Windows/System32/config/SYSTEM, or a "
                         "migration store");
    return RH_ERR_FORMAT;
  }
  if (!keys || (keys->identity_count == 0 && keys->passphrase.len == 0)) {
    rh_error_set(error, RH_ERR_SEALED, location, "the store is sealed and no key was given");
    rh_error_hint(error, "give --identity FILE or --passphrase-file FILE");
    return RH_ERR_SEALED;
  }
  rh_status status =
      machine_new(&machine, RH_MACHINE_STORE, &machine_store_backend, location, error);
  if (status == RH_OK)
    status = rh_file_sha256(digest, location, error);
  if (status == RH_OK)
    status = machine_fingerprint_add(machine, MACHINE_STORE_NAME, digest, error);
  if (status == RH_OK)
    status = rh_store_open(&machine->store, location, keys, NULL, NULL, error);
  if (status == RH_OK)
    status = find_windows(machine, error);
  if (status != RH_OK) {
    rh_machine_free(machine);
    return status;
  }
  *out = machine;
  return RH_OK;
}

/* What was a folder has other names than the one of a store. */
static rh_status fresh(rh_name_list *changed, const char *location, const rh_fingerprint_list *was,
                       rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < was->count; i++) {
    bool same = false;
    if (strcmp(was->items[i].name, MACHINE_STORE_NAME) == 0)
      status = machine_file_is(&same, location, was->items[i].sha256, error);
    if (status == RH_OK && !same)
      status = machine_names_add(changed, was->items[i].name, error);
  }
  return status;
}

const machine_backend machine_store_backend = {.open = open_store,
                                               .absolute = rh_platform_absolute,
                                               .fresh = fresh,
                                               .open_hive = open_hive,
                                               .locate = locate,
                                               .read = read_file,
                                               .list = list_files};
