/* The image backend: a folder laid out as a Windows volume. */
#include "machine/image/internal.h"

#include "base/text.h"

#include <string.h>

#define FOLDER_DEPTH_MAX 128

/* Where one component of a path is: its spelling, and what it is. */
typedef struct component {
  char *name; /* owned; NULL when it is not there */
  rh_file_kind kind;
} component;

rh_status machine_image_path(char **out, const rh_machine *machine, const char *path,
                             rh_error *error) {
  *out = path[0] ? rh_platform_join(machine->location, path) : rh_copy_text(machine->location);
  return *out ? RH_OK : rh_error_memory(error);
}

static rh_status look_at(component *out, const char *folder, const char *name, rh_error *error) {
  rh_file_info info;
  char *path = rh_platform_join(folder, name);
  rh_status status = path ? rh_platform_info(path, &info, error) : rh_error_memory(error);
  if (status == RH_OK) {
    out->kind = info.kind;
    status = rh_platform_stored_name(&out->name, folder, name, error);
  }
  rh_free(path);
  return status;
}

/* Finds a name in a folder: as the folder finds it, else the only one that differs in case. Windows
 * cannot tell two such names apart, so that neither may be chosen for it. */
static rh_status find_component(component *out, const char *folder, const char *name,
                                rh_error *error) {
  rh_name_list list = {0};
  const char *match = NULL;
  *out = (component){0};
  rh_status status = look_at(out, folder, name, error);
  if (status != RH_ERR_NOT_FOUND)
    return status;
  status = rh_platform_list(&list, folder, error);
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    const char *other = list.names[i];
    if (!rh_utf8_is_valid(other, strlen(other)) || !rh_name_equal(other, name))
      continue;
    if (match)
      status = rh_error_set(error, RH_ERR_FORMAT, folder,
                            "\"%s\" and \"%s\" differ in upper and lower case only", match, other);
    match = other;
  }
  if (status == RH_OK && match)
    status = look_at(out, folder, match, error);
  rh_name_list_dispose(&list);
  return status;
}

rh_status image_walk(const char *location, const char *path, rh_buffer *found, machine_entry *out,
                     rh_error *error) {
  rh_buffer full = {0}, name = {0};
  component at = {.kind = RH_FILE_FOLDER};
  rh_status status = rh_buffer_append_text(&full, location, error);
  *out = MACHINE_FOLDER;
  while (status == RH_OK && *path) {
    size_t len = strcspn(path, "/");
    rh_free(at.name);
    at.name = NULL;
    rh_buffer_clear(&name);
    status = rh_buffer_append(&name, path, len, error);
    if (status == RH_OK && *out == MACHINE_FOLDER)
      status = find_component(&at, rh_buffer_text(&full), rh_buffer_text(&name), error);
    if (status == RH_OK && at.name && at.kind == RH_FILE_OTHER) {
      status =
          rh_error_set(error, RH_ERR_UNSUPPORTED, rh_buffer_text(&full),
                       "\"%s\" is a link or a device, which may lead out of the image", at.name);
      rh_error_hint(error, "put the file or folder itself in its place");
    }
    if (status == RH_OK)
      *out = !at.name                     ? MACHINE_NOTHING
             : at.kind == RH_FILE_REGULAR ? MACHINE_FILE
                                          : MACHINE_FOLDER;
    const char *shown = at.name ? at.name : rh_buffer_text(&name);
    if (status == RH_OK)
      status = rh_buffer_printf(&full, error, "/%s", shown);
    if (status == RH_OK)
      status = rh_buffer_printf(found, error, "%s%s", found->len ? "/" : "", shown);
    path += path[len] ? len + 1 : len;
  }
  rh_free(at.name);
  rh_buffer_dispose(&full);
  rh_buffer_dispose(&name);
  return status;
}

static rh_status locate(rh_machine *machine, rh_buffer *path, machine_entry *out, rh_error *error) {
  rh_buffer found = {0};
  rh_status status = image_walk(machine->location, rh_buffer_text(path), &found, out, error);
  if (status == RH_OK) {
    machine_files_look(&machine->files, &found, out);
    rh_buffer_clear(path);
    status = rh_buffer_append(path, found.data, found.len, error);
  }
  rh_buffer_dispose(&found);
  return status;
}

static rh_status touch(rh_machine *machine, const char *path, machine_entry entry,
                       rh_error *error) {
  char digest[65] = MACHINE_ABSENT;
  char *target = NULL;
  if (entry == MACHINE_FOLDER || machine_files_find(&machine->files, path) ||
      machine_fingerprint_find(machine, path))
    return RH_OK;
  rh_status status = machine_image_path(&target, machine, path, error);
  if (status == RH_OK && entry == MACHINE_FILE)
    status = rh_file_sha256(digest, target, error);
  if (status == RH_OK)
    status = machine_fingerprint_add(machine, path, digest, error);
  rh_free(target);
  return status;
}

static rh_status read_file(rh_machine *machine, const char *path, rh_buffer *out, rh_error *error) {
  char *target = NULL;
  const machine_file *file = machine_files_find(&machine->files, path);
  if (file)
    return rh_buffer_append(out, file->data.data, file->data.len, error);
  rh_status status = machine_image_path(&target, machine, path, error);
  if (status == RH_OK)
    status = rh_file_read(out, target, RH_FILE_LIMIT, error);
  rh_free(target);
  return status;
}

static rh_status list_folder(const char *root, const char *folder, unsigned depth,
                             rh_name_list *out, rh_error *error) {
  rh_name_list names = {0};
  rh_file_info info;
  char *path = folder[0] ? rh_platform_join(root, folder) : rh_copy_text(root);
  rh_status status = path ? rh_platform_list(&names, path, error) : rh_error_memory(error);
  if (status == RH_OK && depth > FOLDER_DEPTH_MAX)
    status =
        rh_error_set(error, RH_ERR_LIMIT, path, "lies deeper than %d folders", FOLDER_DEPTH_MAX);
  for (size_t i = 0; status == RH_OK && i < names.count; i++) {
    rh_buffer below = {0}; /* a path in the image, whose separator is / on every system */
    char *target = rh_platform_join(path, names.names[i]);
    status = target ? rh_platform_info(target, &info, error) : rh_error_memory(error);
    if (status == RH_OK)
      status = rh_check_stop(error);
    if (status == RH_OK)
      status =
          rh_buffer_printf(&below, error, "%s%s%s", folder, folder[0] ? "/" : "", names.names[i]);
    if (status == RH_OK && info.kind == RH_FILE_FOLDER)
      status = list_folder(root, rh_buffer_text(&below), depth + 1, out, error);
    else if (status == RH_OK && info.kind == RH_FILE_REGULAR)
      status = machine_names_add(out, rh_buffer_text(&below), error);
    rh_buffer_dispose(&below);
    rh_free(target);
  }
  rh_name_list_dispose(&names);
  rh_free(path);
  return status;
}

static rh_status list_files(rh_machine *machine, const char *folder, rh_name_list *out,
                            rh_error *error) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  rh_status status = image_walk(machine->location, folder, &found, &entry, error);
  if (status == RH_OK && entry == MACHINE_FOLDER)
    status = list_folder(machine->location, rh_buffer_text(&found), 0, out, error);
  if (status == RH_OK)
    status = machine_files_merge(&machine->files, folder, out, error);
  rh_buffer_dispose(&found);
  return status;
}

static rh_status add_remark(rh_machine *machine, const char *path, const char *text,
                            rh_error *error) {
  rh_buffer line = {0};
  rh_status status = rh_buffer_printf(&line, error, "%s: %s", path, text);
  if (status == RH_OK)
    status = machine_names_add(&machine->remarks, rh_buffer_text(&line), error);
  rh_buffer_dispose(&line);
  return status;
}

/* Remembers how the hive was opened. Where its logs mattered, they belong to what was read of the
 * machine. */
static rh_status note_recovery(rh_machine *machine, const char *path,
                               const rh_hive_recovery *report, rh_error *error) {
  static const char *const endings[] = {".LOG1", ".LOG2", ".LOG"};
  rh_buffer text = {0};
  rh_status status = RH_OK;
  if (report->entries > 0) {
    status =
        rh_buffer_printf(&text, error, "was not closed cleanly; recovered from %s", report->logs);
    if (status == RH_OK)
      status = add_remark(machine, path, rh_buffer_text(&text), error);
  }
  for (size_t i = 0; status == RH_OK && i < report->remarks.count; i++)
    status = add_remark(machine, path, report->remarks.names[i], error);
  for (size_t i = 0; status == RH_OK && report->state != RH_HIVE_CLEAN && i < 3; i++) {
    machine_entry entry = MACHINE_NOTHING;
    rh_buffer_clear(&text);
    status = rh_buffer_printf(&text, error, "%s%s", path, endings[i]);
    if (status == RH_OK)
      status = locate(machine, &text, &entry, error);
    if (status == RH_OK)
      status = touch(machine, rh_buffer_text(&text), entry, error);
  }
  rh_buffer_dispose(&text);
  return status;
}

static rh_status open_hive(rh_machine *machine, size_t index, machine_hive *out, rh_error *error) {
  const rh_hive_open_options options = {.use_logs = true, .accept_dirty = true, .all_bins = true};
  rh_hive_recovery report = {0};
  rh_buffer path = {0};
  machine_entry entry = MACHINE_NOTHING;
  char *target = NULL;
  rh_status status = machine_hive_path(&path, machine, index, error);
  if (status == RH_OK)
    status = locate(machine, &path, &entry, error);
  if (status == RH_OK)
    status = touch(machine, rh_buffer_text(&path), entry, error);
  if (status == RH_OK)
    status = machine_image_path(&target, machine, rh_buffer_text(&path), error);
  if (status == RH_OK && entry != MACHINE_FILE) {
    status = rh_error_set(error, RH_ERR_NOT_FOUND, target, "the machine has no hive %s",
                          machine_hive_names[index]);
    rh_error_hint(error, "copy the hive from the server into the folder");
  }
  if (status == RH_OK)
    status = rh_hive_open_with(&out->hive, target, &options, &report, error);
  if (status == RH_OK)
    status = note_recovery(machine, rh_buffer_text(&path), &report, error);
  if (status == RH_OK) {
    out->registry = rh_hive_registry(out->hive);
    out->path = (char *)path.data;
    path = (rh_buffer){0};
  } else {
    rh_hive_free(out->hive);
    out->hive = NULL;
  }
  rh_hive_recovery_dispose(&report);
  rh_free(target);
  rh_buffer_dispose(&path);
  return status;
}

/* The folder below location that has System32/config/SYSTEM; RH_ERR_NOT_FOUND without a text. */
static rh_status find_windows(char **out, const char *location, rh_error *error) {
  static const char *const names[] = {"Windows", "WINNT"};
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && !*out && i < sizeof names / sizeof *names; i++) {
    rh_buffer path = {0}, found = {0};
    machine_entry entry = MACHINE_NOTHING;
    status = rh_buffer_printf(&path, error, "%s/System32/config/SYSTEM", names[i]);
    if (status == RH_OK)
      status = image_walk(location, rh_buffer_text(&path), &found, &entry, error);
    if (status == RH_OK && entry == MACHINE_FILE) {
      *out = rh_copy_bytes(found.data, strcspn(rh_buffer_text(&found), "/"));
      if (!*out)
        status = rh_error_memory(error);
    }
    rh_buffer_dispose(&path);
    rh_buffer_dispose(&found);
  }
  return status == RH_OK && !*out ? RH_ERR_NOT_FOUND : status;
}

static rh_status open_image(rh_machine **out, const char *location, const rh_age_keys *keys,
                            rh_error *error) {
  char *windows = NULL;
  (void)keys;
  *out = NULL;
  rh_status status = find_windows(&windows, location, error);
  if (status == RH_ERR_NOT_FOUND) {
    status = rh_error_set(error, RH_ERR_FORMAT, location,
                          "is not a Windows image: it has no Windows/System32/config/SYSTEM");
    rh_error_hint(error, "give the folder that holds Windows, as the root of the server's system "
                         "volume does; its registry hives lie in Windows/System32/config");
  }
  if (status == RH_OK)
    status = machine_new(out, RH_MACHINE_IMAGE, &machine_image_backend, location, error);
  if (status == RH_OK)
    (*out)->windows = windows;
  else
    rh_free(windows);
  return status;
}

/* The names are paths of files below the folder; a store has none of them. */
static rh_status is_fresh(bool *out, const char *location, const rh_fingerprint *was,
                          rh_error *error) {
  char *path = rh_platform_join(location, was->name);
  *out = false;
  rh_status status = path ? RH_OK : rh_error_memory(error);
  if (status == RH_OK && strcmp(was->name, MACHINE_STORE_NAME) != 0)
    status = machine_file_is(out, path, was->sha256, error);
  rh_free(path);
  return status;
}

static rh_status fresh(rh_name_list *changed, const char *location, const rh_fingerprint_list *was,
                       rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < was->count; i++) {
    bool same = false;
    status = rh_check_stop(error);
    if (status == RH_OK)
      status = is_fresh(&same, location, &was->items[i], error);
    if (status == RH_OK && !same)
      status = machine_names_add(changed, was->items[i].name, error);
  }
  return status;
}

/* The lock is on the folder itself; the file lies beside it, since it is not the image's. */
static rh_status lock(rh_lock **out, rh_buffer *holder, const char *location, rh_error *error) {
  rh_status status = rh_buffer_printf(holder, error, "%s.rehome-lock", location);
  return status == RH_OK ? rh_platform_lock_folder(out, location, error) : status;
}

const machine_backend machine_image_backend = {.open = open_image,
                                               .absolute = rh_platform_absolute,
                                               .fresh = fresh,
                                               .target = &machine_image_target,
                                               .lock = lock,
                                               .open_hive = open_hive,
                                               .locate = locate,
                                               .touch = touch,
                                               .read = read_file,
                                               .list = list_files};
