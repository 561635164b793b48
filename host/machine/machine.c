/* A machine: opening, freeing, and the way from a full registry path or a file path to its backend.
 */
#include "machine/internal.h"

#include "base/table.h"
#include "base/text.h"

#include <string.h>

const char *const machine_hive_names[] = {"SYSTEM", "SOFTWARE", "SAM", "SECURITY", "DEFAULT"};
RH_TABLE_FITS(machine_hive_names, MACHINE_HIVES - 1);

size_t machine_hive_index(const char *name, size_t len) {
  for (size_t i = 0; i < MACHINE_HIVES; i++) {
    if (rh_name_compare(name, len, machine_hive_names[i], strlen(machine_hive_names[i])) == 0)
      return i;
  }
  return MACHINE_HIVES;
}

rh_status machine_new(rh_machine **out, rh_machine_kind kind, const machine_backend *backend,
                      const char *location, rh_error *error) {
  *out = NULL;
  rh_machine *machine = rh_alloc_zero(1, sizeof *machine);
  if (!machine)
    return rh_error_memory(error);
  machine->kind = kind;
  machine->backend = backend;
  machine->location = rh_copy_text(location);
  if (!machine->location) {
    rh_machine_free(machine);
    return rh_error_memory(error);
  }
  *out = machine;
  return RH_OK;
}

const machine_backend *machine_live_backend;

rh_status machine_backend_at(const machine_backend **out, const char *location, rh_error *error) {
  rh_file_info info;
  *out = machine_live_backend;
  if (machine_live_backend && strcmp(location, "live") == 0)
    return RH_OK;
  rh_status status = rh_platform_target_info(location, &info, error);
  if (status == RH_ERR_NOT_FOUND) {
    rh_error_set(error, status, location, "there is no such folder or file");
    rh_error_hint(error, "a machine is a folder that holds Windows/System32/config/SYSTEM, or a "
                         "migration store");
  }
  if (status == RH_OK)
    *out = info.kind == RH_FILE_FOLDER ? &machine_image_backend : &machine_store_backend;
  return status;
}

rh_status rh_machine_open(rh_machine **out, const char *location, const rh_age_keys *keys,
                          rh_error *error) {
  const machine_backend *backend = NULL;
  *out = NULL;
  rh_status status = machine_backend_at(&backend, location, error);
  return status == RH_OK ? backend->open(out, location, keys, error) : status;
}

void rh_machine_free(rh_machine *machine) {
  if (!machine)
    return;
  for (size_t i = 0; i < MACHINE_HIVES; i++) {
    if (machine->kind == RH_MACHINE_OVERLAY)
      rh_registry_free(machine->hives[i].registry);
    rh_hive_free(machine->hives[i].hive);
    rh_free(machine->hives[i].path);
  }
  machine_identity_free(machine->identity);
  rh_interface_list_dispose(&machine->interfaces);
  machine_services_dispose(&machine->services);
  rh_account_list_dispose(&machine->accounts);
  rh_name_list_dispose(&machine->remarks);
  rh_fingerprint_list_dispose(&machine->fingerprints);
  machine_files_dispose(&machine->files);
  rh_free(machine->private_files.items);
  rh_store_free(machine->store);
  rh_free(machine->control_set);
  rh_free(machine->windows);
  rh_free(machine->location);
  rh_free(machine);
}

const rh_name_list *rh_machine_remarks(const rh_machine *machine) {
  return machine->base ? rh_machine_remarks(machine->base) : &machine->remarks;
}

void rh_machine_accept_dirty(rh_machine *machine) {
  machine->accept_dirty = true;
}

rh_machine_kind rh_machine_kind_of(const rh_machine *machine) {
  return machine->kind;
}

const char *rh_machine_kind_name(const rh_machine *machine) {
  static const char *const names[] = {[RH_MACHINE_IMAGE] = "image",
                                      [RH_MACHINE_STORE] = "store",
                                      [RH_MACHINE_OVERLAY] = "overlay",
                                      [RH_MACHINE_MEMORY] = "memory",
                                      [RH_MACHINE_LIVE] = "live"};
  RH_TABLE_FITS(names, RH_MACHINE_LIVE);
  return names[machine->kind];
}

const char *rh_machine_location(const rh_machine *machine) {
  return machine->location;
}

const rh_store_manifest *rh_machine_manifest(const rh_machine *machine) {
  return machine->store ? rh_store_manifest_of(machine->store) : NULL;
}

static rh_status open_hive(rh_machine *machine, size_t index, rh_registry **out, rh_error *error) {
  machine_hive *slot = &machine->hives[index];
  *out = NULL;
  if (!slot->registry) {
    rh_status status = machine->backend->open_hive(machine, index, slot, error);
    if (status != RH_OK)
      return status;
  }
  *out = slot->registry;
  return RH_OK;
}

static rh_status unknown_hive(const char *name, rh_error *error) {
  rh_error_set(error, RH_ERR_ARGUMENT, "registry path",
               "\"%s\" names no registry hive of a machine", name);
  rh_error_hint(error, "write HKLM\\SYSTEM\\..., HKLM\\SOFTWARE\\..., SAM, SECURITY or DEFAULT");
  return RH_ERR_ARGUMENT;
}

rh_status rh_machine_hive(rh_machine *machine, const char *hive, rh_registry **out,
                          rh_error *error) {
  size_t index = machine_hive_index(hive, strlen(hive));
  *out = NULL;
  return index == MACHINE_HIVES ? unknown_hive(hive, error) : open_hive(machine, index, out, error);
}

rh_status machine_split_path(const char *full_path, size_t *index, const char **rest,
                             rh_error *error) {
  static const char *const roots[] = {"HKLM", "HKEY_LOCAL_MACHINE"};
  size_t len = strcspn(full_path, "\\");
  bool known = false;
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
    known = known || rh_name_compare(full_path, len, roots[i], strlen(roots[i])) == 0;
  if (!known || full_path[len] == '\0')
    return unknown_hive(full_path, error);
  const char *hive = full_path + len + 1;
  len = strcspn(hive, "\\");
  *index = machine_hive_index(hive, len);
  if (*index == MACHINE_HIVES)
    return unknown_hive(full_path, error);
  *rest = hive + len + (hive[len] == '\\');
  return RH_OK;
}

rh_status machine_resolve_rest(rh_machine *machine, size_t index, const char *rest, rh_buffer *out,
                               rh_error *error) {
  static const char current[] = "CurrentControlSet";
  rh_status status = RH_OK;
  size_t len = strcspn(rest, "\\");
  rh_buffer_clear(out);
  if (index == MACHINE_SYSTEM && rh_name_compare(rest, len, current, sizeof current - 1) == 0) {
    const char *set = NULL;
    status = machine_control_set(machine, &set, error);
    if (status == RH_OK)
      status = rh_buffer_append_text(out, set, error);
    rest += len;
  }
  if (status == RH_OK)
    status = rh_buffer_append_text(out, rest, error);
  if (status == RH_OK && out->len > 0 && out->data[out->len - 1] == '\\')
    out->data[--out->len] = '\0';
  return status;
}

rh_status rh_machine_resolve(rh_machine *machine, const char *full_path, rh_registry **out,
                             rh_buffer *path, const char **hive_name, rh_error *error) {
  size_t index = 0;
  const char *rest = NULL;
  *out = NULL;
  if (hive_name)
    *hive_name = NULL;
  rh_status status = machine_split_path(full_path, &index, &rest, error);
  if (status == RH_OK)
    status = open_hive(machine, index, out, error);
  if (status == RH_OK)
    status = machine_resolve_rest(machine, index, rest, path, error);
  if (status == RH_OK && hive_name)
    *hive_name = machine_hive_names[index];
  return status;
}

rh_status rh_machine_find_key(rh_machine *machine, const char *full_path, rh_registry **registry,
                              rh_key *out, rh_error *error) {
  rh_buffer path = {0};
  rh_key root = RH_KEY_NONE;
  *out = RH_KEY_NONE;
  rh_status status = rh_machine_resolve(machine, full_path, registry, &path, NULL, error);
  if (status == RH_OK)
    status = rh_registry_root(*registry, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(*registry, root, rh_buffer_text(&path), out, error);
  rh_buffer_dispose(&path);
  return status;
}

rh_status rh_machine_interfaces(rh_machine *machine, const rh_interface_list **out,
                                rh_error *error) {
  rh_registry *system = NULL;
  const char *control_set = NULL;
  *out = NULL;
  if (machine->base)
    return rh_machine_interfaces(machine->base, out, error);
  if (machine->interfaces_known) {
    *out = &machine->interfaces;
    return RH_OK;
  }
  rh_status status = open_hive(machine, MACHINE_SYSTEM, &system, error);
  if (status == RH_OK)
    status = machine_control_set(machine, &control_set, error);
  if (status == RH_OK)
    status = rh_interface_list_read(&machine->interfaces, system, control_set, error);
  if (status == RH_OK)
    status = machine_xml_apply(machine, &machine->interfaces, error);
  if (status != RH_OK) {
    rh_interface_list_dispose(&machine->interfaces);
    return status;
  }
  machine->interfaces_known = true;
  *out = &machine->interfaces;
  return RH_OK;
}

rh_status rh_machine_file_path(rh_machine *machine, const char *path, rh_buffer *out,
                               rh_error *error) {
  machine_entry entry;
  return machine_path_locate(out, machine, path, &entry, error);
}

/* Locates a path and remembers that it was asked for. */
static rh_status ask(rh_machine *machine, const char *path, rh_buffer *out, machine_entry *entry,
                     rh_error *error) {
  rh_status status = machine_path_locate(out, machine, path, entry, error);
  if (status == RH_OK && machine->backend->touch)
    status = machine->backend->touch(machine, rh_buffer_text(out), *entry, error);
  return status;
}

rh_status rh_machine_file_read(rh_machine *machine, const char *path, rh_buffer *out,
                               rh_error *error) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  rh_buffer_clear(out);
  rh_status status = ask(machine, path, &found, &entry, error);
  if (status == RH_OK && entry == MACHINE_NOTHING)
    status = rh_error_set(error, RH_ERR_NOT_FOUND, path, "there is no such file in %s",
                          machine->location);
  else if (status == RH_OK && entry == MACHINE_FOLDER)
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is a folder");
  if (status == RH_OK)
    status = machine->backend->read(machine, rh_buffer_text(&found), out, error);
  rh_buffer_dispose(&found);
  return status;
}

bool rh_machine_file_exists(rh_machine *machine, const char *path) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  rh_status status = ask(machine, path, &found, &entry, NULL);
  rh_buffer_dispose(&found);
  return status == RH_OK && entry == MACHINE_FILE;
}

bool rh_machine_folder_exists(rh_machine *machine, const char *path) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  rh_status status = machine_path_locate(&found, machine, path, &entry, NULL);
  rh_buffer_dispose(&found);
  return status == RH_OK && entry == MACHINE_FOLDER;
}

rh_status rh_machine_file_list(rh_machine *machine, const char *folder, rh_name_list *out,
                               rh_error *error) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  *out = (rh_name_list){0};
  rh_status status = machine_path_locate(&found, machine, folder, &entry, error);
  if (status == RH_OK)
    status = machine->backend->list(machine, rh_buffer_text(&found), out, error);
  if (status == RH_OK)
    machine_names_sort(out);
  else
    rh_name_list_dispose(out);
  rh_buffer_dispose(&found);
  return status;
}
