/* For the run tests: a small image in a folder of its own, a plan made for it, and what the image
 * holds as text. */
#ifndef TEST_RUN_IMAGE_H
#define TEST_RUN_IMAGE_H

#include "base/file.h"
#include "base/reader.h"
#include "permissions.h"
#include "registry/hive/hive.h"
#include "registry/overlay/overlay.h"
#include "run/run.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define IMAGE_TIME 127000000000000000u /* of all keys, FILETIME */
#define RAS_KEY "\\ControlSet001\\Services\\RemoteAccess"

#define OK(call)                                                                                   \
  do {                                                                                             \
    rh_error ok_error = {0};                                                                       \
    rh_error *error = &ok_error;                                                                   \
    if ((call) != RH_OK)                                                                           \
      fail_msg("%s: %s: %s", #call, ok_error.object, ok_error.message);                            \
  } while (0)

/* Everything of one test, below one folder that is gone afterwards. */
typedef struct world {
  char root[64], image[80], run[80], plan_path[96];
  rh_plan *plan;
} world;

static inline void put_dword(rh_registry *registry, const char *path, const char *name,
                             uint32_t value) {
  rh_key root, key;
  unsigned char data[4];
  rh_store_u32(data, value);
  OK(rh_registry_root(registry, &root, error));
  OK(rh_registry_create_path(registry, root, path, &key, error));
  OK(rh_registry_set_value(registry, key, name, strlen(name), RH_REG_DWORD, data, 4, error));
}

static inline void save_hive(rh_hive *hive, const char *image, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "%s/Windows/System32/config/%s", image, name);
  OK(rh_hive_commit(hive, path, NULL, error));
  rh_hive_free(hive);
}

static inline void make_image(const char *image) {
  char path[256];
  rh_hive *hive = NULL;
  rh_hive_options options = {.time = IMAGE_TIME};
  snprintf(path, sizeof path, "%s/Windows/System32/config", image);
  OK(rh_file_make_folders(path, RH_FILE_SHARED, error));
  snprintf(path, sizeof path, "%s/Windows/System32/ras", image);
  OK(rh_file_make_folders(path, RH_FILE_SHARED, error));
  snprintf(path, sizeof path, "%s/Windows/System32/ras/router.pbk", image);
  OK(rh_file_write(path, "[Head office]\r\n", 15, RH_FILE_SHARED, error));
  snprintf(path, sizeof path, "%s/Windows/System32/ras/old.dat", image);
  OK(rh_file_write(path, "old", 3, RH_FILE_SHARED, error));

  OK(rh_hive_create(&hive, &options, error));
  rh_registry *registry = rh_hive_registry(hive);
  registry->clock = IMAGE_TIME;
  put_dword(registry, "Select", "Current", 1);
  put_dword(registry, RAS_KEY "\\Parameters", "RouterType", 1);
  put_dword(registry, RAS_KEY "\\Parameters\\Ip", "AllowClientIpAddresses", 1);
  put_dword(registry, RAS_KEY "\\Obsolete\\Inner", "Value", 7);
  put_dword(registry, "\\ControlSet001\\Services\\Other", "Start", 3);
  save_hive(hive, image, "SYSTEM");

  OK(rh_hive_create(&hive, &options, error));
  registry = rh_hive_registry(hive);
  registry->clock = IMAGE_TIME;
  put_dword(registry, "Microsoft\\RAS", "Version", 5);
  save_hive(hive, image, "SOFTWARE");
}

static inline rh_key key_at(rh_machine *machine, const char *path, rh_registry **registry) {
  rh_key key = RH_KEY_NONE;
  OK(rh_machine_find_key(machine, path, registry, &key, error));
  return key;
}

/* What the plan of these tests does: every action but details of a key, two hives, three files. */
static inline void make_changes(rh_machine *overlay) {
  rh_registry *system = NULL, *software = NULL;
  rh_key key, root;
  OK(rh_machine_hive(overlay, "SYSTEM", &system, error));
  OK(rh_machine_hive(overlay, "SOFTWARE", &software, error));
  rh_machine_set_origin(overlay, 1);
  put_dword(system, RAS_KEY "\\Parameters", "RouterType", 0x17);
  put_dword(system, RAS_KEY "\\Parameters\\New\\Deep", "Made", 1);
  key = key_at(overlay, "HKLM\\SYSTEM\\ControlSet001\\Services\\RemoteAccess\\Parameters\\Ip",
               &system);
  OK(rh_registry_delete_value(system, key, "AllowClientIpAddresses", 22, error));
  OK(rh_registry_set_value(system, key, "Secret", 6, RH_REG_BINARY, "hunter2", 7, error));
  OK(rh_overlay_mark_secret(system, key, "Secret", 6, error));
  key = key_at(overlay, "HKLM\\SYSTEM\\ControlSet001\\Services\\RemoteAccess\\Obsolete", &system);
  OK(rh_registry_delete_key(system, key, error));
  rh_machine_set_origin(overlay, 2);
  OK(rh_registry_root(software, &root, error));
  OK(rh_registry_find_path(software, root, "Microsoft\\RAS", &key, error));
  OK(rh_registry_set_value(software, key, "Name", 4, RH_REG_SZ, "R\0A\0S\0\0", 8, error));
  OK(rh_machine_file_write(overlay, "Windows/System32/ras/router.pbk", "[Branch]\r\n", 10, error));
  OK(rh_machine_file_write(overlay, "Windows/System32/ias/log/ias.xml", "<Root/>", 7, error));
  OK(rh_machine_file_delete(overlay, "Windows/System32/ras/old.dat", error));
}

/* A plan that needs nothing of an engine any more. */
static inline void plan_make(rh_plan **plan) {
  static const char digest[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  OK(rh_plan_new(plan, error));
  json_t *given = json_pack("{s:s, s:s}", "engine", digest, "secret_key", digest);
  OK(rh_plan_take(*plan, given, error));
  json_decref(given);
}

static inline rh_plan *plan_for(const char *image) {
  rh_machine *base = NULL, *overlay = NULL;
  rh_plan *plan = NULL;
  json_t *request = NULL;
  OK(rh_machine_open(&base, image, NULL, error));
  OK(rh_machine_overlay(&overlay, base, error));
  make_changes(overlay);
  OK(rh_request_new(&request, error));
  OK(rh_request_set_machine(request, "source", base, error));
  OK(rh_request_set_machine(request, "destination", base, error));
  plan_make(&plan);
  OK(rh_plan_ask(plan, request, error));
  json_decref(request);
  OK(rh_plan_bind(plan, base, overlay, error));
  OK(rh_plan_take_changes(plan, overlay, error));
  rh_machine_free(overlay);
  rh_machine_free(base);
  return plan;
}

static inline void world_make(world *self) {
  static unsigned counter;
  snprintf(self->root, sizeof self->root, "%s/rehome-run-%llx-%x",
           rh_file_exists("/dev/shm") ? "/dev/shm" : "/tmp", /* quick to sync */
           (unsigned long long)rh_platform_filetime(), counter++);
  OK(rh_file_make_folders(self->root, RH_FILE_PRIVATE, error));
  snprintf(self->image, sizeof self->image, "%s/image", self->root);
  snprintf(self->run, sizeof self->run, "%s/run", self->root);
  snprintf(self->plan_path, sizeof self->plan_path, "%s/plan.json", self->root);
  make_image(self->image);
  self->plan = plan_for(self->image);
}

static inline void world_free(world *self) {
  rh_plan_free(self->plan);
  OK(rh_file_remove_tree(self->root, error));
}

static inline int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines in order: values that were deleted and are set again come in another order. */
static inline char *sorted(char *text) {
  rh_buffer out = {0};
  size_t count = 0;
  for (const char *at = text; (at = strchr(at, '\n')); at++)
    count++;
  char **lines = malloc(count * sizeof *lines), *rest = text;
  assert_non_null(lines);
  for (size_t i = 0; i < count; i++) {
    lines[i] = rest;
    rest = strchr(rest, '\n');
    *rest++ = '\0';
  }
  qsort(lines, count, sizeof *lines, compare_names);
  for (size_t i = 0; i < count; i++) {
    OK(rh_buffer_append_text(&out, lines[i], error));
    OK(rh_buffer_append_text(&out, "\n", error));
  }
  free(lines);
  free(text);
  return (char *)out.data;
}

static inline void add_tree(rh_buffer *out, const char *folder, const char *shown) {
  rh_name_list list = {0};
  OK(rh_platform_list(&list, folder, error));
  if (list.count)
    qsort(list.names, list.count, sizeof *list.names, compare_names);
  for (size_t i = 0; i < list.count; i++) {
    char digest[65] = "folder";
    rh_file_info info;
    char *path = rh_platform_join(folder, list.names[i]);
    char *name = rh_platform_join(shown, list.names[i]);
    assert_true(path && name);
    OK(rh_platform_info(path, &info, error));
    if (info.kind == RH_FILE_REGULAR)
      OK(rh_file_sha256(digest, path, error));
    OK(rh_buffer_printf(out, error, "%s %o %s\n", name, permissions_of(path), digest));
    if (info.kind == RH_FILE_FOLDER)
      add_tree(out, path, name);
    rh_free(path);
    rh_free(name);
  }
  rh_name_list_dispose(&list);
}

/* Every file and folder with its permissions and its bytes' digest. */
static inline char *bytes_of(const char *folder) {
  rh_buffer out = {0};
  add_tree(&out, folder, "");
  return (char *)out.data;
}

static inline rh_status add_key(void *payload, const rh_visit *visit, rh_error *error) {
  return rh_buffer_printf(payload, error, "K %s\n", visit->path);
}

static inline rh_status add_value(void *payload, const rh_visit *visit, const rh_value *value,
                                  rh_error *problem) {
  (void)problem;
  OK(rh_buffer_printf(payload, error, "V %s %.*s %lu ", visit->path, (int)value->name_len,
                      value->name, (unsigned long)value->type));
  OK(rh_buffer_append_hex(payload, value->data, value->len, error));
  OK(rh_buffer_append_text(payload, "\n", error));
  return RH_OK;
}

static inline void add_hive(rh_buffer *out, rh_machine *machine, const char *name) {
  rh_registry *registry = NULL;
  rh_key root = RH_KEY_NONE;
  const rh_walker walker = {add_key, add_value, NULL, out};
  OK(rh_buffer_printf(out, error, "%s\n", name));
  OK(rh_machine_hive(machine, name, &registry, error));
  OK(rh_registry_root(registry, &root, error));
  OK(rh_registry_walk(registry, root, &walker, error));
}

/* The settings and the files of an image, without times and without the form of the hives. */
static inline char *settings_of(const char *image) {
  rh_buffer out = {0}, data = {0};
  rh_machine *machine = NULL;
  rh_name_list files = {0};
  OK(rh_machine_open(&machine, image, NULL, error));
  add_hive(&out, machine, "SYSTEM");
  add_hive(&out, machine, "SOFTWARE");
  OK(rh_machine_file_list(machine, "", &files, error));
  for (size_t i = 0; i < files.count; i++) {
    OK(rh_buffer_printf(&out, error, "F %s ", files.names[i]));
    if (!strstr(files.names[i], "config/")) {
      OK(rh_machine_file_read(machine, files.names[i], &data, error));
      OK(rh_buffer_append_hex(&out, data.data, data.len, error));
    }
    OK(rh_buffer_append_text(&out, "\n", error));
  }
  rh_name_list_dispose(&files);
  rh_buffer_dispose(&data);
  rh_machine_free(machine);
  return (char *)out.data;
}

/* Changes one value of the image behind the run's back. */
static inline void meddle(const char *image, const char *path, const char *name, uint32_t value) {
  char file[256];
  rh_hive *hive = NULL;
  snprintf(file, sizeof file, "%s/Windows/System32/config/SYSTEM", image);
  OK(rh_hive_open(&hive, file, error));
  put_dword(rh_hive_registry(hive), path, name, value);
  OK(rh_hive_commit(hive, file, NULL, error));
  rh_hive_free(hive);
}

#endif
