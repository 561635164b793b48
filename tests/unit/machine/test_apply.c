/* Applying changes to an image: equal to the overlay's view, undone to the last time stamp, refused
 * when stale. */
#include "machine/image/internal.h"
#include "machine_fixture.h"

#define CLOCK 133000000000000000u

static rh_status add_full_key(void *payload, const rh_visit *visit, rh_error *unused) {
  rh_buffer *out = payload;
  (void)unused;
  OK(rh_buffer_printf(out, error, "K %s %llu ", visit->path,
                      (unsigned long long)visit->info->last_write));
  OK(rh_buffer_append_hex(out, visit->info->class_name, visit->info->class_len, error));
  OK(rh_buffer_append(out, " ", 1, error));
  OK(rh_buffer_append_hex(out, visit->info->security, visit->info->security_len, error));
  return rh_buffer_append(out, "\n", 1, NULL);
}

/* Every key with its time, class and security. */
static char *keys_text(rh_machine *machine, const char *hive) {
  rh_buffer out = {0};
  rh_registry *registry = NULL;
  rh_key root;
  const rh_walker walker = {.on_key = add_full_key, .payload = &out};
  OK(rh_machine_hive(machine, hive, &registry, error));
  OK(rh_registry_root(registry, &root, error));
  OK(rh_registry_walk(registry, root, &walker, error));
  return (char *)out.data;
}

static void commit(rh_machine *image) {
  image_prepared prepared;
  OK(image_prepare(&prepared, image, error));
  for (size_t i = 0; i < prepared.count; i++)
    OK(image_place_item(&prepared.items[i], NULL, error));
  image_prepared_dispose(&prepared);
}

static void apply_all(const fixture *self, const rh_change_list *changes, bool backwards) {
  rh_machine *image = open_image(self);
  for (size_t i = 0; i < changes->count; i++) {
    const rh_change *change = &changes->items[backwards ? changes->count - 1 - i : i];
    rh_change inverse = {0};
    if (backwards) {
      OK(rh_change_invert(&inverse, change, error));
      OK(machine_apply_change(image, &inverse, CLOCK + 1, true, error));
    } else {
      OK(machine_apply_change(image, change, CLOCK, false, error));
    }
    rh_change_dispose(&inverse);
  }
  commit(image);
  rh_machine_free(image);
}

static unsigned long next(unsigned long *seed) {
  *seed = *seed * 6364136223846793005ul + 1442695040888963407ul;
  return *seed >> 33;
}

/* Some key of the registry, by a random walk from the root. */
static rh_key some_key(rh_registry *registry, unsigned long *seed, size_t *depth) {
  rh_key key, child, chosen;
  OK(rh_registry_root(registry, &key, error));
  for (*depth = 0;; ++*depth) {
    rh_cursor cursor = rh_registry_keys(registry, key);
    size_t count = 0;
    chosen = RH_KEY_NONE;
    while (rh_cursor_next_key(&cursor, &child, NULL) == RH_OK)
      if (next(seed) % ++count == 0)
        chosen = child;
    if (chosen == RH_KEY_NONE || next(seed) % 4 == 0)
      return key;
    key = chosen;
  }
}

static void change_something(rh_registry *registry, unsigned long *seed) {
  static unsigned char security[20] = {1, 0, 4, 0x80};
  static const char *const names[] = {"", "a", "Start", "B\xC3\xA4", "long name of a value"};
  unsigned char data[40];
  size_t depth, len = next(seed) % 40;
  rh_key key = some_key(registry, seed, &depth), child;
  const char *name = names[next(seed) % 5];
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)next(seed);
  rh_key_details details = {0};
  switch (next(seed) % 8) {
  case 0:
    if (depth > 1)
      OK(rh_registry_delete_key(registry, key, error));
    break;
  case 1:
    details = (rh_key_details){.class_name = data, .class_len = len & ~(size_t)1};
    details.clear_class = details.class_len == 0;
    if (next(seed) % 2) {
      security[19] = data[0] & 3;
      details.security = security;
      details.security_len = sizeof security;
    }
    OK(rh_registry_set_details(registry, key, &details, error));
    break;
  case 2:
  case 3:
    OK(rh_registry_create_key(registry, key, name[0] ? name : "x", name[0] ? strlen(name) : 1,
                              &child, error));
    break;
  case 4: {
    rh_cursor cursor = rh_registry_values(registry, key);
    rh_value value = {0};
    if (rh_cursor_next_value(&cursor, &value, NULL) == RH_OK) {
      char *copy = rh_copy_bytes(value.name, value.name_len);
      OK(rh_registry_delete_value(registry, key, copy, value.name_len, error));
      rh_free(copy);
    }
    rh_value_dispose(&value);
    break;
  }
  default:
    OK(rh_registry_set_value(registry, key, name, strlen(name), (uint32_t)(next(seed) % 12), data,
                             len, error));
  }
}

static void random_changes(void **state) {
  size_t actions[7] = {0};
  (void)state;
  for (unsigned long round = 0; round < 40; round++) {
    fixture self;
    unsigned long seed = round + 1;
    rh_change_list changes = {0};
    rh_registry *registry = NULL;
    fixture_make(&self);
    rh_machine *image = open_image(&self), *overlay = overlay_of(image);
    char *system = hive_text(image, "SYSTEM", true), *software = hive_text(image, "SOFTWARE", true);
    char *keys = keys_text(image, "SYSTEM");
    for (size_t i = 0; i < 30 + round * 3; i++) {
      OK(rh_machine_hive(overlay, i % 5 ? "SYSTEM" : "SOFTWARE", &registry, error));
      change_something(registry, &seed);
    }
    char *system_after = hive_text(overlay, "SYSTEM", false);
    char *software_after = hive_text(overlay, "SOFTWARE", false);
    OK(rh_machine_changes(overlay, &changes, error));
    for (size_t i = 0; i < changes.count; i++)
      actions[changes.items[i].action]++;
    rh_machine_free(overlay);
    rh_machine_free(image);

    apply_all(&self, &changes, false);
    image = open_image(&self);
    char *now = hive_text(image, "SYSTEM", false);
    assert_string_equal(now, system_after);
    rh_free(now);
    now = hive_text(image, "SOFTWARE", false);
    assert_string_equal(now, software_after);
    rh_free(now);
    rh_machine_free(image);

    apply_all(&self, &changes, true);
    image = open_image(&self);
    now = hive_text(image, "SYSTEM", true);
    assert_string_equal(now, system);
    rh_free(now);
    now = hive_text(image, "SOFTWARE", true);
    assert_string_equal(now, software);
    rh_free(now);
    now = keys_text(image, "SYSTEM");
    assert_string_equal(now, keys);
    rh_free(now);
    rh_machine_free(image);
    rh_free(keys);
    rh_free(system);
    rh_free(software);
    rh_free(system_after);
    rh_free(software_after);
    rh_change_list_dispose(&changes);
    fixture_free(&self);
  }
  for (size_t i = RH_CREATE_KEY; i <= RH_DELETE_VALUE; i++)
    assert_true(actions[i] > 20);
}

/* Class and security as the overlay has them; the clock on what was touched, the old time on what
 * was not. */
static void details_and_clock(void **state) {
  static const unsigned char security[20] = {1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0,
                                             0, 0, 0, 0,    0, 0, 0, 0, 0, 9};
  static const char *const ras = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess";
  fixture self;
  rh_change_list changes = {0};
  rh_registry *registry = NULL;
  rh_key key, child;
  rh_key_info info = {0};
  (void)state;
  fixture_make(&self);
  rh_machine *image = open_image(&self), *overlay = overlay_of(image);
  OK(rh_machine_find_key(overlay, ras, &registry, &key, error));
  OK(rh_registry_create_key(registry, key, "New", 3, &child, error));
  const rh_key_details details = {.class_name = (const unsigned char *)"c\0",
                                  .class_len = 2,
                                  .security = security,
                                  .security_len = sizeof security};
  OK(rh_registry_set_details(registry, child, &details, error));
  OK(rh_machine_changes(overlay, &changes, error));
  assert_int_equal(changes.count, 1);
  uint64_t dhcp = 0, services = 0;
  OK(rh_machine_find_key(image, "HKLM\\SYSTEM\\CurrentControlSet\\Services", &registry, &key,
                         error));
  OK(rh_registry_read_key(registry, key, &info, error));
  services = info.last_write;
  OK(rh_registry_find_key(registry, key, "Dhcp", 4, &child, error));
  OK(rh_registry_read_key(registry, child, &info, error));
  dhcp = info.last_write;
  OK(rh_registry_find_key(registry, key, "RemoteAccess", 12, &child, error));
  OK(rh_registry_read_key(registry, child, &info, error));
  assert_int_equal(changes.items[0].before.time, info.last_write); /* of the parent */
  rh_machine_free(overlay);
  OK(machine_apply_change(image, &changes.items[0], CLOCK, false, error));
  OK(rh_registry_read_key(registry, key, &info, error));
  assert_int_equal(info.last_write, services);
  OK(rh_registry_find_key(registry, key, "Dhcp", 4, &child, error));
  OK(rh_registry_read_key(registry, child, &info, error));
  assert_int_equal(info.last_write, dhcp);
  OK(rh_registry_find_key(registry, key, "RemoteAccess", 12, &key, error));
  OK(rh_registry_read_key(registry, key, &info, error));
  assert_int_equal(info.last_write, CLOCK);
  OK(rh_registry_find_key(registry, key, "New", 3, &key, error));
  OK(rh_registry_read_key(registry, key, &info, error));
  assert_int_equal(info.last_write, CLOCK);
  assert_int_equal(info.class_len, 2);
  assert_memory_equal(info.class_name, "c\0", 2);
  assert_int_equal(info.security_len, sizeof security);
  assert_memory_equal(info.security, security, sizeof security);
  rh_key_info_dispose(&info);
  rh_change_list_dispose(&changes);
  rh_machine_free(image);
  fixture_free(&self);
}

/* A change written by hand: paths without NULs. */
static rh_change change_of(rh_change_action action, const char *path, const char *name) {
  rh_change change = {.action = action};
  bool is_file = action == RH_WRITE_FILE || action == RH_DELETE_FILE;
  change.hive = is_file ? NULL : rh_copy_text("SYSTEM");
  change.path = rh_copy_text(path);
  change.path_len = strlen(path);
  change.name = rh_copy_text(name);
  change.name_len = name ? strlen(name) : 0;
  return change;
}

static void assert_stale(rh_machine *image, rh_change change, const char *object) {
  rh_error error = {0};
  assert_int_equal(machine_apply_change(image, &change, CLOCK, false, &error), RH_ERR_STALE);
  assert_string_equal(error.object, object);
  assert_string_not_equal(error.hint, "");
  rh_change_dispose(&change);
}

#define RAS "\\ControlSet001\\Services\\RemoteAccess"
static void stale(void **state) {
  fixture self;
  rh_change change;
  (void)state;
  fixture_make(&self);
  rh_machine *image = open_image(&self);
  char *before = hive_text(image, "SYSTEM", true);

  change = change_of(RH_SET_VALUE, RAS, "Start"); /* is there, was not to be */
  change.after = (rh_change_side){.present = true, .type = RH_REG_DWORD};
  assert_stale(image, change, "SYSTEM" RAS ": Start");
  change = change_of(RH_SET_VALUE, RAS, "None");
  change.before.present = true;
  assert_stale(image, change, "SYSTEM" RAS ": None");
  change = change_of(RH_DELETE_VALUE, RAS, "Start"); /* other data */
  change.before = (rh_change_side){.present = true, .type = RH_REG_DWORD};
  OK(rh_buffer_append(&change.before.data, "\3\0\0\0", 4, error));
  assert_stale(image, change, "SYSTEM" RAS ": Start");
  change = change_of(RH_DELETE_VALUE, RAS, "Start"); /* other type */
  change.before = (rh_change_side){.present = true, .type = RH_REG_BINARY};
  OK(rh_buffer_append(&change.before.data, "\2\0\0\0", 4, error));
  assert_stale(image, change, "SYSTEM" RAS ": Start");
  change = change_of(RH_SET_VALUE, RAS "\\Gone", "x"); /* no key */
  assert_stale(image, change, "SYSTEM" RAS "\\Gone: x");
  change = change_of(RH_CREATE_KEY, RAS, NULL);
  assert_stale(image, change, "SYSTEM" RAS);
  change = change_of(RH_CREATE_KEY, RAS "\\Gone\\Below", NULL);
  assert_stale(image, change, "SYSTEM" RAS "\\Gone\\Below");
  change = change_of(RH_DELETE_KEY, RAS "\\Gone", NULL);
  assert_stale(image, change, "SYSTEM" RAS "\\Gone");
  change = change_of(RH_DELETE_KEY, RAS, NULL); /* not empty */
  change.before.present = true;
  assert_stale(image, change, "SYSTEM" RAS);
  change = change_of(RH_SET_DETAILS, RAS, NULL); /* other class */
  OK(rh_buffer_append(&change.before.data, "c\0", 2, error));
  assert_stale(image, change, "SYSTEM" RAS);
  change = change_of(RH_SET_DETAILS, RAS, NULL); /* other security */
  OK(rh_buffer_append(&change.before.security, "12345678901234567890", 20, error));
  assert_stale(image, change, "SYSTEM" RAS);

  change = change_of(RH_WRITE_FILE, "Windows/System32/ras/old.dat", NULL);
  assert_stale(image, change, "Windows/System32/ras/old.dat");
  change = change_of(RH_WRITE_FILE, "Windows/System32/ras/new.dat", NULL);
  change.before.present = true;
  assert_stale(image, change, "Windows/System32/ras/new.dat");
  change = change_of(RH_DELETE_FILE, "Windows/System32/ras/old.dat", NULL);
  change.before.present = true;
  OK(rh_buffer_append(&change.before.data, "OLD", 3, error));
  assert_stale(image, change, "Windows/System32/ras/old.dat");

  char *after = hive_text(image, "SYSTEM", true);
  assert_string_equal(before, after);
  rh_free(before);
  rh_free(after);
  rh_machine_free(image);
  fixture_free(&self);
}

/* A plan is a file: what it names may be wrong, or mean harm. */
static void refused(void **state) {
  static const struct {
    rh_change_action action;
    const char *path;
    rh_status expected;
  } cases[] = {
      {RH_WRITE_FILE, "../outside", RH_ERR_ARGUMENT},
      {RH_WRITE_FILE, "Windows/System32/config/SYSTEM", RH_ERR_ARGUMENT},
      {RH_WRITE_FILE, "Windows/System32", RH_ERR_EXISTS},
      {RH_WRITE_FILE, "Windows/System32/ras/old.dat/x", RH_ERR_EXISTS},
      {RH_CREATE_KEY, "no backslash", RH_ERR_ARGUMENT},
      {RH_CREATE_KEY, "\\ControlSet001\\\\x", RH_ERR_ARGUMENT},
      {RH_CREATE_KEY, "\\ControlSet001\\", RH_ERR_ARGUMENT},
      {RH_CREATE_KEY, "", RH_ERR_STALE},
      {RH_DELETE_KEY, "", RH_ERR_STALE},
  };
  fixture self;
  (void)state;
  fixture_make(&self);
  rh_machine *image = open_image(&self);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_change change = change_of(cases[i].action, cases[i].path, NULL);
    FAILS(cases[i].expected, machine_apply_change(image, &change, CLOCK, false, error));
    rh_change_dispose(&change);
  }
  rh_change change = change_of(RH_CREATE_KEY, "\\x", NULL);
  rh_free(change.hive);
  change.hive = rh_copy_text("NOHIVE");
  FAILS(RH_ERR_ARGUMENT, machine_apply_change(image, &change, CLOCK, false, error));
  rh_free(change.hive);
  change.hive = rh_copy_text("SAM");
  FAILS(RH_ERR_NOT_FOUND, machine_apply_change(image, &change, CLOCK, false, error));
  rh_free(change.hive);
  change.hive = NULL;
  FAILS(RH_ERR_ARGUMENT, machine_apply_change(image, &change, CLOCK, false, error));
  rh_change_dispose(&change);
  change = change_of(RH_SET_VALUE, "\\Select", NULL);
  FAILS(RH_ERR_ARGUMENT, machine_apply_change(image, &change, CLOCK, false, error));
  rh_change_dispose(&change);
  rh_machine_free(image);
  fixture_free(&self);
}

/* A change that cannot get its memory is refused; what is on the disk is not touched. */
static void no_memory(void **state) {
  fixture self;
  rh_change_list changes = {0};
  rh_registry *registry = NULL;
  rh_key key;
  (void)state;
  fixture_make(&self);
  rh_machine *image = open_image(&self), *overlay = overlay_of(image);
  OK(rh_machine_hive(overlay, "SYSTEM", &registry, error));
  put_dword(registry, "ControlSet001\\Services\\RemoteAccess\\New", "x", 1);
  OK(rh_machine_find_key(overlay, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Dhcp", &registry,
                         &key, error));
  OK(rh_registry_delete_key(registry, key, error));
  OK(rh_machine_file_write(overlay, "New/file", "data", 4, error));
  for (unsigned long n = 1;; n++) {
    rh_memory_fail_at(n);
    rh_status status = rh_machine_changes(overlay, &changes, NULL);
    rh_memory_fail_at(0);
    if (status == RH_OK)
      break;
    assert_int_equal(status, RH_ERR_MEMORY);
    assert_null(changes.items);
  }
  assert_int_equal(changes.count, 5);
  rh_machine_free(overlay);
  rh_machine_free(image);
  bool done = false;
  for (unsigned long n = 1; !done; n++) {
    image_prepared prepared = {0};
    rh_status status = RH_OK;
    image = open_image(&self);
    rh_memory_fail_at(n);
    for (size_t i = 0; status == RH_OK && i < changes.count; i++)
      status = machine_apply_change(image, &changes.items[i], CLOCK, false, NULL);
    if (status == RH_OK)
      status = image_prepare(&prepared, image, NULL);
    rh_memory_fail_at(0);
    done = status == RH_OK;
    if (!done)
      assert_int_equal(status, RH_ERR_MEMORY);
    image_prepared_discard(&prepared);
    rh_machine_free(image);
  }
  /* Nothing is left over, and everything is as it was. */
  rh_name_list list = {0};
  char folder[300];
  snprintf(folder, sizeof folder, "%s/Windows/System32/config", self.image);
  OK(rh_platform_list(&list, folder, error));
  assert_int_equal(list.count, 2);
  rh_name_list_dispose(&list);
  snprintf(folder, sizeof folder, "%s/New", self.image);
  assert_false(rh_file_exists(folder));
  rh_change_list_dispose(&changes);
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_changes), cmocka_unit_test(details_and_clock),
      cmocka_unit_test(stale),          cmocka_unit_test(refused),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
