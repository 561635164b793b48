/* The memory backend: hives that were made of text, and files that are nowhere else. */
#include "machine/memory/memory.h"

#include "base/hash.h"
#include "machine/internal.h"
#include "registry/text/regtext.h"

#include <string.h>

#define HEADER "Windows Registry Editor Version 5.00\r\n\r\n"

/* --- hives --- */

/* The file of a hive, as an image has it. */
static rh_status open_file(rh_machine *machine, size_t index, machine_hive *out, rh_error *error) {
  rh_buffer path = {0};
  rh_status status = machine_hive_path(&path, machine, index, error);
  const machine_file *file =
      status == RH_OK ? machine_files_find(&machine->files, rh_buffer_text(&path)) : NULL;
  if (file && file->present)
    status = rh_hive_open_memory(&out->hive, file->data.data, file->data.len, file->path, error);
  else if (status == RH_OK)
    status = rh_error_set(error, RH_ERR_NOT_FOUND, machine->location, "the machine has no hive %s",
                          machine_hive_names[index]);
  rh_buffer_dispose(&path);
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

static rh_status read_text(rh_registry *registry, const char *hive, const char *text, size_t len,
                           bool is_system, rh_error *error) {
  rh_buffer prefix = {0}, whole = {0};
  size_t blank = strspn(text, " \t\r\n");
  rh_status status = rh_buffer_printf(&prefix, error, "HKEY_LOCAL_MACHINE\\%s", hive);
  if (status == RH_OK && (text[blank] == '[' || text[blank] == '\0'))
    status = rh_buffer_append_text(&whole, HEADER, error);
  if (status == RH_OK)
    status = rh_buffer_append(&whole, text, len, error);
  rh_regtext_read_options options = {.prefix = rh_buffer_text(&prefix), .only = "Select"};
  if (status == RH_OK && is_system)
    status = rh_regtext_read(registry, whole.data, whole.len, hive, &options, NULL, error);
  if (status == RH_OK && is_system)
    status = select_control_set(registry, error);
  options.only = NULL;
  if (status == RH_OK)
    status = rh_regtext_read(registry, whole.data, whole.len, hive, &options, NULL, error);
  rh_buffer_dispose(&prefix);
  rh_buffer_dispose(&whole);
  return status;
}

/* Names the hive in messages. */
static rh_status set_label(rh_registry *registry, const rh_machine *machine, size_t index,
                           rh_error *error) {
  rh_buffer label = {0};
  rh_status status =
      rh_buffer_printf(&label, error, "%s: %s", machine->location, machine_hive_names[index]);
  if (status != RH_OK) {
    rh_buffer_dispose(&label);
    return status;
  }
  rh_free(registry->label);
  registry->label = (char *)label.data;
  return RH_OK;
}

/* What a hive is made of stands for what is read of it. */
static rh_status note_text(rh_machine *machine, size_t index, const char *text, size_t len,
                           rh_error *error) {
  char digest[65];
  rh_buffer path = {0};
  rh_status status = rh_sha256_hex(digest, text, len, error);
  if (status == RH_OK)
    status = machine_hive_path(&path, machine, index, error);
  if (status == RH_OK)
    status = machine_fingerprint_add(machine, rh_buffer_text(&path), digest, error);
  rh_buffer_dispose(&path);
  return status;
}

static rh_status make_hive(rh_machine *machine, machine_hive *out, size_t index, const char *text,
                           size_t len, rh_error *error) {
  rh_hive *made = NULL;
  rh_status status = rh_hive_create(&made, &(rh_hive_options){0}, error);
  if (status == RH_OK)
    status = set_label(rh_hive_registry(made), machine, index, error);
  if (status == RH_OK)
    status = read_text(rh_hive_registry(made), machine_hive_names[index], text, len,
                       index == MACHINE_SYSTEM, error);
  if (status == RH_OK)
    status = note_text(machine, index, text, len, error);
  if (status != RH_OK) {
    rh_hive_free(made);
    return status;
  }
  rh_hive_free(out->hive);
  out->hive = made;
  out->registry = rh_hive_registry(made);
  return RH_OK;
}

/* Every machine has a SYSTEM hive. */
static rh_status open_hive(rh_machine *machine, size_t index, machine_hive *out, rh_error *error) {
  rh_status status = open_file(machine, index, out, error);
  if (status == RH_ERR_NOT_FOUND && index == MACHINE_SYSTEM)
    return make_hive(machine, out, index, "", 0, error);
  if (status == RH_OK)
    out->registry = rh_hive_registry(out->hive);
  return status;
}

rh_status rh_memory_machine_set_hive(rh_machine *machine, const char *hive, const char *text,
                                     size_t len, rh_error *error) {
  size_t index = machine_hive_index(hive, strlen(hive));
  if (index == MACHINE_HIVES)
    return rh_error_set(error, RH_ERR_ARGUMENT, hive,
                        "is no hive; give SYSTEM, SOFTWARE, SAM, SECURITY or DEFAULT");
  return make_hive(machine, &machine->hives[index], index, text, len, error);
}

size_t rh_memory_machine_hive_len(const rh_machine *machine) {
  size_t len = 0;
  for (size_t i = 0; i < MACHINE_HIVES; i++) {
    rh_hive_header header;
    if (!machine->hives[i].hive)
      continue;
    rh_hive_header_get(machine->hives[i].hive, &header);
    len += header.bins_size;
  }
  return len;
}

/* --- files --- */

static rh_status locate(rh_machine *machine, rh_buffer *path, machine_entry *out, rh_error *error) {
  (void)error;
  *out = path->len == 0 ? MACHINE_FOLDER : MACHINE_NOTHING;
  machine_files_look(&machine->files, path, out);
  return RH_OK;
}

static rh_status touch(rh_machine *machine, const char *path, machine_entry entry,
                       rh_error *error) {
  char digest[65] = MACHINE_ABSENT;
  const machine_file *file = machine_files_find(&machine->files, path);
  rh_status status = RH_OK;
  if (entry == MACHINE_FOLDER || machine_fingerprint_find(machine, path))
    return RH_OK;
  if (file && file->present)
    status = rh_sha256_hex(digest, file->data.data, file->data.len, error);
  return status == RH_OK ? machine_fingerprint_add(machine, path, digest, error) : status;
}

static rh_status read_file(rh_machine *machine, const char *path, rh_buffer *out, rh_error *error) {
  const machine_file *file = machine_files_find(&machine->files, path);
  if (!file || !file->present)
    return rh_error_set(error, RH_ERR_NOT_FOUND, path, "there is no such file in %s",
                        machine->location);
  return rh_buffer_append(out, file->data.data, file->data.len, error);
}

static rh_status list_files(rh_machine *machine, const char *folder, rh_name_list *out,
                            rh_error *error) {
  return machine_files_merge(&machine->files, folder, out, error);
}

rh_status rh_memory_machine_set_file(rh_machine *machine, const char *path, const void *data,
                                     size_t len, rh_error *error) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  rh_status status = machine_path_locate(&found, machine, path, &entry, error);
  if (status == RH_OK)
    status = machine_files_check_place(machine, rh_buffer_text(&found), entry, error);
  if (status == RH_OK)
    status = machine_files_set(&machine->files, rh_buffer_text(&found), true, data, len, 0, error);
  rh_buffer_dispose(&found);
  return status;
}

const machine_backend machine_memory_backend = {.open_hive = open_hive,
                                                .locate = locate,
                                                .touch = touch,
                                                .read = read_file,
                                                .list = list_files};

rh_status rh_memory_machine_new(rh_machine **out, const char *name, rh_error *error) {
  rh_status status = machine_new(out, RH_MACHINE_MEMORY, &machine_memory_backend, name, error);
  if (status == RH_OK && !((*out)->windows = rh_copy_text("Windows"))) {
    rh_machine_free(*out);
    *out = NULL;
    status = rh_error_memory(error);
  }
  return status;
}
