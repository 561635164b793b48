/* A live machine for tests: a Windows in memory whose changes are made at once, one at a time, and
 * can be made to fail or to end the process.
 *
 * What it holds lies in memory that a forked process shares, so that it survives the process that
 * changes it. An open machine works on a copy of its own; a change is made there and is the
 * machine's when it is published, whole. */
#ifndef TEST_LIVE_MACHINE_H
#define TEST_LIVE_MACHINE_H

#include "base/hash.h"
#include "base/reader.h"
#include "machine/internal.h"
#include "machine/memory/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define LIVE_SIZE ((size_t)1 << 20)
#define LIVE_HIVE_FOLDER "Windows/System32/config/"

/* Records of name and data, each with its length before it; hives under the names of their files.
 */
typedef struct live_bytes {
  size_t len;
  unsigned char data[LIVE_SIZE];
} live_bytes;

/* What changes meet; for those of other machines, too. */
typedef struct change_control {
  unsigned count;                    /* of changes that were begun */
  unsigned fail_at;                  /* the number of the one that fails; 0: none */
  bool lasting;                      /* and all after it */
  void (*reached)(const char *step); /* may end the process */
} change_control;

static live_bytes *live_store;
static char live_lock_folder[128];
static change_control changes_met;

/* Before a change: whether it may be made. */
static inline rh_status change_begins(const char *object, rh_error *error) {
  unsigned number = ++changes_met.count;
  if (changes_met.fail_at &&
      (changes_met.lasting ? number >= changes_met.fail_at : number == changes_met.fail_at))
    return rh_error_set(error, RH_ERR_ACCESS, object, "access is denied");
  if (changes_met.reached)
    changes_met.reached("changing");
  return RH_OK;
}

static inline void change_made(void) {
  if (changes_met.reached)
    changes_met.reached("changed");
}

/* --- what it holds --- */

static inline rh_status live_append(rh_buffer *out, const char *name, const void *data, size_t len,
                                    rh_error *error) {
  rh_status status = rh_buffer_append_u32(out, (unsigned long)strlen(name), error);
  if (status == RH_OK)
    status = rh_buffer_append_u32(out, (unsigned long)len, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, name, error);
  return status == RH_OK ? rh_buffer_append(out, data, len, error) : status;
}

typedef struct live_record {
  const char *name;
  size_t name_len;
  const unsigned char *data;
  size_t len, next; /* where the next record is */
} live_record;

static inline bool live_next(live_record *record) {
  const unsigned char *at = live_store->data + record->next;
  if (record->next >= live_store->len)
    return false;
  record->name_len = rh_load_u32(at);
  record->len = rh_load_u32(at + 4);
  record->name = (const char *)at + 8;
  record->data = at + 8 + record->name_len;
  record->next += 8 + record->name_len + record->len;
  return true;
}

static inline bool live_find(live_record *record, const char *name) {
  *record = (live_record){0};
  while (live_next(record)) {
    if (record->name_len == strlen(name) && memcmp(record->name, name, record->name_len) == 0)
      return true;
  }
  return false;
}

static inline void live_put(const rh_buffer *records) {
  if (!live_store) {
    live_store =
        mmap(NULL, sizeof *live_store, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(live_store != MAP_FAILED);
  }
  assert_true(records->len <= LIVE_SIZE);
  memcpy(live_store->data, records->data, records->len);
  live_store->len = records->len;
}

/* Takes over the hives and files of an image. */
static inline void live_fill(const char *image) {
  rh_machine *machine = NULL;
  rh_name_list names = {0};
  rh_buffer records = {0}, data = {0};
  OK(rh_machine_open(&machine, image, NULL, error));
  OK(rh_machine_file_list(machine, "", &names, error));
  for (size_t i = 0; i < names.count; i++) {
    OK(rh_machine_file_read(machine, names.names[i], &data, error));
    OK(live_append(&records, names.names[i], data.data, data.len, error));
  }
  live_put(&records);
  rh_buffer_dispose(&records);
  rh_buffer_dispose(&data);
  rh_name_list_dispose(&names);
  rh_machine_free(machine);
}

/* --- the machine --- */

static inline rh_status live_digest_key(void *payload, const rh_visit *visit, rh_error *error) {
  return rh_buffer_append(payload, visit->path, visit->path_len + 1, error);
}

static inline rh_status live_digest_value(void *payload, const rh_visit *visit,
                                          const rh_value *value, rh_error *error) {
  (void)visit;
  rh_status status = rh_buffer_printf(payload, error, "%.*s=%lu:", (int)value->name_len,
                                      value->name, (unsigned long)value->type);
  return status == RH_OK ? rh_buffer_append(payload, value->data, value->len, error) : status;
}

/* Registry and files are read piece by piece there, so that what was read of a hive has a digest of
 * its settings. */
static inline rh_status live_hive_digest(char out[65], rh_registry *registry, rh_error *error) {
  rh_buffer text = {0};
  rh_key root = RH_KEY_NONE;
  const rh_walker walker = {live_digest_key, live_digest_value, NULL, &text};
  rh_status status = rh_registry_root(registry, &root, error);
  if (status == RH_OK)
    status = rh_registry_walk(registry, root, &walker, error);
  if (status == RH_OK)
    status = rh_sha256_hex(out, text.data, text.len, error);
  rh_buffer_dispose(&text);
  return status;
}

static inline rh_status live_open_hive(rh_machine *machine, size_t index, machine_hive *out,
                                       rh_error *error) {
  char name[64], digest[65];
  live_record record;
  snprintf(name, sizeof name, LIVE_HIVE_FOLDER "%s", machine_hive_names[index]);
  if (!live_find(&record, name))
    return rh_error_set(error, RH_ERR_NOT_FOUND, "live", "the machine has no hive %s",
                        machine_hive_names[index]);
  rh_status status = rh_hive_open_memory(&out->hive, record.data, record.len, name, error);
  if (status != RH_OK)
    return status;
  out->registry = rh_hive_registry(out->hive);
  status = live_hive_digest(digest, out->registry, error);
  return status == RH_OK
             ? machine_fingerprint_add(machine, machine_hive_names[index], digest, error)
             : status;
}

/* What the machine holds becomes what an open one has. */
static inline rh_status live_publish(rh_machine *machine, rh_error *error) {
  rh_buffer records = {0}, bytes = {0};
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    char name[64];
    live_record record;
    snprintf(name, sizeof name, LIVE_HIVE_FOLDER "%s", machine_hive_names[i]);
    rh_buffer_clear(&bytes);
    if (machine->hives[i].hive)
      status = rh_hive_serialize(machine->hives[i].hive, &bytes, error);
    else if (live_find(&record, name))
      status = rh_buffer_append(&bytes, record.data, record.len, error);
    if (status == RH_OK && bytes.len > 0)
      status = live_append(&records, name, bytes.data, bytes.len, error);
  }
  for (size_t i = 0; status == RH_OK && i < machine->files.count; i++) {
    const machine_file *file = &machine->files.items[i];
    if (file->present)
      status = live_append(&records, file->path, file->data.data, file->data.len, error);
  }
  if (status == RH_OK)
    live_put(&records);
  rh_buffer_dispose(&records);
  rh_buffer_dispose(&bytes);
  return status;
}

static inline rh_status live_change_now(rh_machine *machine, const rh_change *change,
                                        uint64_t clock, bool restore_times, rh_error *error) {
  rh_status status = change_begins(change->path, error);
  if (status == RH_OK)
    status = machine_apply_change(machine, change, clock, restore_times, error);
  if (status == RH_OK)
    status = live_publish(machine, error);
  if (status == RH_OK)
    change_made();
  return status;
}

static inline rh_status live_open(rh_machine **out, const char *location, const rh_age_keys *keys,
                                  rh_error *error);

static inline rh_status live_fresh(rh_name_list *changed, const char *location,
                                   const rh_fingerprint_list *was, rh_error *error) {
  rh_machine *machine = NULL;
  rh_status status = live_open(&machine, location, NULL, error);
  for (size_t i = 0; status == RH_OK && i < was->count; i++) {
    const char *name = was->items[i].name;
    rh_registry *registry = NULL;
    if (machine_hive_index(name, strlen(name)) < MACHINE_HIVES)
      status = rh_machine_hive(machine, name, &registry, error);
    else
      rh_machine_file_exists(machine, name);
    const char *now = status == RH_OK ? machine_fingerprint_find(machine, name) : NULL;
    if (status == RH_OK && (!now || strcmp(now, was->items[i].sha256) != 0))
      status = machine_names_add(changed, name, error);
  }
  rh_machine_free(machine);
  return status;
}

static inline rh_status live_lock(rh_lock **out, rh_buffer *holder, const char *location,
                                  rh_error *error) {
  (void)location;
  rh_status status = rh_buffer_printf(holder, error, "%s/live-lock", live_lock_folder);
  return status == RH_OK ? rh_platform_lock_folder(out, live_lock_folder, error) : status;
}

static machine_backend live_backend;

static inline rh_status live_open(rh_machine **out, const char *location, const rh_age_keys *keys,
                                  rh_error *error) {
  live_record record = {0};
  (void)keys;
  rh_status status = machine_new(out, RH_MACHINE_LIVE, &live_backend, location, error);
  if (status != RH_OK)
    return status;
  (*out)->windows = rh_copy_text("Windows");
  if (!(*out)->windows)
    status = rh_error_memory(error);
  while (status == RH_OK && live_next(&record)) {
    char path[256];
    snprintf(path, sizeof path, "%.*s", (int)record.name_len, record.name);
    if (strncmp(path, LIVE_HIVE_FOLDER, strlen(LIVE_HIVE_FOLDER)) != 0)
      status = machine_files_set(&(*out)->files, path, true, record.data, record.len, 0, error);
  }
  if (status != RH_OK) {
    rh_machine_free(*out);
    *out = NULL;
  }
  return status;
}

/* The machine is "live" from now on; its lock is on the folder. */
static inline void live_install(const char *lock_folder) {
  live_backend = machine_memory_backend;
  live_backend.open = live_open;
  live_backend.fresh = live_fresh;
  live_backend.target = &machine_live_target;
  live_backend.lock = live_lock;
  live_backend.change_now = live_change_now;
  live_backend.open_hive = live_open_hive;
  machine_live_backend = &live_backend;
  snprintf(live_lock_folder, sizeof live_lock_folder, "%s", lock_folder);
}

#endif
