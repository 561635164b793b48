/* For the run tests: the same world over an image and over a live machine, both of which can be
 * made to fail at the n-th change, or to end the process there. */
#ifndef TEST_RUN_TARGETS_H
#define TEST_RUN_TARGETS_H

#include "run/image.h"

#include "live_machine.h"

/* --- the image: a change is a rename or a removal in it (linked with --wrap) --- */

static const char *watched = ""; /* the image's folder */

rh_status __real_rh_platform_rename(const char *from, const char *to, rh_error *error);
rh_status __real_rh_platform_remove(const char *path, rh_error *error);
rh_status __wrap_rh_platform_rename(const char *from, const char *to, rh_error *error);
rh_status __wrap_rh_platform_remove(const char *path, rh_error *error);

static bool is_watched(const char *path) {
  size_t len = strlen(watched);
  return len > 0 && strncmp(path, watched, len) == 0 && path[len] == '/';
}

rh_status __wrap_rh_platform_rename(const char *from, const char *to, rh_error *error) {
  bool met = is_watched(to);
  rh_status status = met ? change_begins(to, error) : RH_OK;
  if (status == RH_OK)
    status = __real_rh_platform_rename(from, to, error);
  if (status == RH_OK && met)
    change_made();
  return status;
}

rh_status __wrap_rh_platform_remove(const char *path, rh_error *error) {
  bool met = is_watched(path);
  rh_status status = met ? change_begins(path, error) : RH_OK;
  if (status == RH_OK)
    status = __real_rh_platform_remove(path, error);
  if (status == RH_OK && met)
    change_made();
  return status;
}

/* --- both --- */

typedef struct target_kind {
  bool live;
} target_kind;

static target_kind target_kinds[] = {{false}, {true}};
#define image_kind target_kinds[0]
#define live_kind target_kinds[1]

static inline void kind_world(world *self, const target_kind *kind) {
  static char image[80];
  changes_met = (change_control){0};
  watched = "";
  world_make(self);
  if (kind->live) {
    live_fill(self->image);
    live_install(self->root);
    OK(rh_file_remove_tree(self->image, error));
    snprintf(self->image, sizeof self->image, "live");
    rh_plan_free(self->plan);
    self->plan = plan_for(self->image);
    return;
  }
  snprintf(image, sizeof image, "%s", self->image);
  watched = image;
}

static inline void kind_world_free(world *self) {
  changes_met = (change_control){0};
  watched = "";
  world_free(self);
}

static inline rh_status add_exact_key(void *payload, const rh_visit *visit, rh_error *unused) {
  const rh_key_info *info = visit->info;
  (void)unused;
  OK(rh_buffer_printf(payload, error, "K %s %llu ", visit->path,
                      (unsigned long long)info->last_write));
  OK(rh_buffer_append_hex(payload, info->class_name, info->class_len, error));
  OK(rh_buffer_append_text(payload, " ", error));
  OK(rh_buffer_append_hex(payload, info->security, info->security_len, error));
  OK(rh_buffer_append_text(payload, "\n", error));
  return RH_OK;
}

/* Everything that can be put back: of an image each byte and permission, of a live machine each
 * setting with its times and security. */
static inline char *exact_of(const world *self, const target_kind *kind) {
  if (!kind->live)
    return bytes_of(self->image);
  rh_buffer out = {0};
  rh_machine *machine = NULL;
  rh_registry *registry = NULL;
  rh_key root = RH_KEY_NONE;
  const rh_walker walker = {add_exact_key, NULL, NULL, &out};
  char *settings = settings_of(self->image);
  OK(rh_machine_open(&machine, self->image, NULL, error));
  OK(rh_buffer_append_text(&out, settings, error));
  for (size_t i = 0; i < 2; i++) {
    OK(rh_machine_hive(machine, i ? "SOFTWARE" : "SYSTEM", &registry, error));
    OK(rh_registry_root(registry, &root, error));
    OK(rh_registry_walk(registry, root, &walker, error));
  }
  rh_machine_free(machine);
  free(settings);
  return sorted((char *)out.data);
}

#define ASSERT_EXACT(world, kind, expected)                                                        \
  do {                                                                                             \
    char *exact_now = exact_of(world, kind);                                                       \
    assert_string_equal(exact_now, expected);                                                      \
    free(exact_now);                                                                               \
  } while (0)

/* Changes one value behind the run's back. */
static inline void kind_meddle(const world *self, const target_kind *kind, const char *path,
                               const char *name, uint32_t value) {
  rh_machine *machine = NULL;
  rh_registry *registry = NULL;
  if (!kind->live) {
    meddle(self->image, path, name, value);
    return;
  }
  OK(rh_machine_open(&machine, self->image, NULL, error));
  OK(rh_machine_hive(machine, "SYSTEM", &registry, error));
  put_dword(registry, path, name, value);
  OK(live_publish(machine, error));
  rh_machine_free(machine);
}

#endif
