/* A run on a small image: applied, verified, rolled back, refused; what it leaves in its folder. */
#define _POSIX_C_SOURCE 200809L
#include "run/image.h"

#include "data_file.h"

static rh_run *apply(world *self) {
  rh_run *run = NULL;
  OK(rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_APPLIED);
  return run;
}

static rh_run *reopen(rh_run *run, const world *self) {
  rh_run_free(run);
  OK(rh_run_open(&run, self->run, error));
  return run;
}

static bool has_line(const char *text, const char *line) {
  const char *found = strstr(text, line);
  return found && (found == text || found[-1] == '\n') && found[strlen(line)] == '\n';
}

static void test_apply(void **state) {
  (void)state;
  world self;
  rh_difference_list differences;
  size_t checked = 0;
  char path[256];
  world_make(&self);
  rh_run *run = apply(&self);
  char *settings = settings_of(self.image);
  assert_true(has_line(settings, "V " RAS_KEY "\\Parameters RouterType 4 17000000"));
  assert_true(has_line(settings, "V " RAS_KEY "\\Parameters\\New\\Deep Made 4 01000000"));
  assert_true(has_line(settings, "V " RAS_KEY "\\Parameters\\Ip Secret 3 68756e74657232"));
  assert_true(has_line(settings, "V \\Microsoft\\RAS Name 1 5200410053000000"));
  assert_true(has_line(settings, "V \\Microsoft\\RAS Version 4 05000000"));
  assert_true(has_line(settings, "V \\ControlSet001\\Services\\Other Start 4 03000000"));
  assert_true(has_line(settings, "F Windows/System32/ias/log/ias.xml 3c526f6f742f3e"));
  assert_true(has_line(settings, "F Windows/System32/ras/router.pbk 5b4272616e63685d0d0a"));
  assert_null(strstr(settings, "Obsolete"));
  assert_null(strstr(settings, "AllowClientIpAddresses"));
  assert_null(strstr(settings, "old.dat"));
  assert_null(strstr(settings, ".rehome-"));
  free(settings);

  run = reopen(run, &self);
  assert_int_equal(rh_run_state_of(run), RH_RUN_APPLIED);
  assert_string_equal(rh_run_destination(run), self.image);
  assert_string_equal(rh_run_folder(run), self.run);
  OK(rh_run_verify(run, &differences, &checked, error));
  assert_int_equal(checked, rh_plan_change_count(self.plan));
  assert_int_equal(differences.count, 0);
  OK(rh_run_resume(run, NULL, error));
  rh_run_free(run);

  static const struct {
    const char *name;
    unsigned mode;
  } made[] = {{"", 0700},
              {"plan.json", 0600},
              {"journal.jsonl", 0600},
              {"events.jsonl", 0600},
              {"previous", 0700},
              {"previous/Windows%2FSystem32%2Fconfig%2FSYSTEM", 0600},
              {"previous/Windows%2FSystem32%2Fras%2Fold.dat", 0644}};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
    snprintf(path, sizeof path, "%s/%s", self.run, made[i].name);
    if (!strstr(path, "SYSTEM"))
      assert_int_equal(permissions_of(path), made[i].mode);
  }
  world_free(&self);
}

static void test_rollback(void **state) {
  (void)state;
  world self;
  world_make(&self);
  char *before = bytes_of(self.image);
  rh_run *run = apply(&self);
  char *after = bytes_of(self.image);
  assert_string_not_equal(before, after);
  run = reopen(run, &self);
  OK(rh_run_rollback(run, NULL, error));
  char *now = bytes_of(self.image);
  assert_string_equal(now, before);
  run = reopen(run, &self);
  assert_int_equal(rh_run_state_of(run), RH_RUN_ROLLED_BACK);
  OK(rh_run_rollback(run, NULL, error));
  assert_int_equal(rh_run_resume(run, NULL, NULL), RH_ERR_ARGUMENT);
  rh_difference_list differences;
  size_t checked;
  assert_int_equal(rh_run_verify(run, &differences, &checked, NULL), RH_ERR_ARGUMENT);
  rh_run_free(run);
  /* The same plan fits again. */
  snprintf(self.run, sizeof self.run, "%s/second", self.root);
  rh_run_free(apply(&self));
  free(before);
  free(after);
  free(now);
  world_free(&self);
}

/* A run folder on another file system keeps copies where it cannot keep names. */
static void test_other_file_system(void **state) {
  (void)state;
  world self;
  rh_file_info here, there;
  world_make(&self);
  OK(rh_platform_info(self.image, &here, error));
  OK(rh_platform_info("/tmp", &there, error));
  if (here.volume == there.volume) {
    printf("skipped: /dev/shm and /tmp are one file system\n");
    world_free(&self);
    skip();
  }
  snprintf(self.run, sizeof self.run, "/tmp/%s", rh_platform_base_name(self.root));
  char *before = bytes_of(self.image);
  rh_run *run = apply(&self);
  OK(rh_run_rollback(run, NULL, error));
  rh_run_free(run);
  char *now = bytes_of(self.image);
  assert_string_equal(now, before);
  free(before);
  free(now);
  OK(rh_file_remove_tree(self.run, error));
  world_free(&self);
}

/* A hive of a real machine, its 30756 keys beside the two that change. */
static void test_real_hive(void **state) {
  (void)state;
  world self;
  rh_buffer hive = {0};
  char path[256];
  if (!read_data_file(&hive, "hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz"))
    skip();
  world_make(&self);
  snprintf(path, sizeof path, "%s/Windows/System32/config/SYSTEM", self.image);
  OK(rh_file_write(path, hive.data, hive.len, RH_FILE_SHARED, error));
  rh_buffer_dispose(&hive);
  char *bytes = bytes_of(self.image), *settings = sorted(settings_of(self.image));
  for (int meddled = 0; meddled < 2; meddled++) {
    rh_machine *base = NULL, *overlay = NULL;
    rh_registry *system = NULL;
    rh_plan_free(self.plan);
    OK(rh_machine_open(&base, self.image, NULL, error));
    OK(rh_machine_overlay(&overlay, base, error));
    OK(rh_machine_hive(overlay, "SYSTEM", &system, error));
    put_dword(system, RAS_KEY "\\Parameters", "RouterType", 1);
    rh_key key = key_at(overlay, "HKLM\\SYSTEM" RAS_KEY "\\Interfaces", &system);
    OK(rh_registry_delete_key(system, key, error));
    plan_make(&self.plan);
    OK(rh_plan_bind(self.plan, base, overlay, error));
    OK(rh_plan_take_changes(self.plan, overlay, error));
    rh_machine_free(overlay);
    rh_machine_free(base);
    snprintf(self.run, sizeof self.run, "%s/run%d", self.root, meddled);
    rh_run *run = apply(&self);
    OK(rh_machine_open(&base, self.image, NULL, error));
    rh_value value = {0};
    key = key_at(base, "HKLM\\SYSTEM" RAS_KEY "\\Parameters", &system);
    OK(rh_registry_find_value(system, key, "RouterType", 10, &value, error));
    assert_memory_equal(value.data, "\1\0\0\0", 4);
    rh_value_dispose(&value);
    assert_int_equal(
        rh_machine_find_key(base, "HKLM\\SYSTEM" RAS_KEY "\\Interfaces", &system, &key, NULL),
        RH_ERR_NOT_FOUND);
    rh_machine_free(base);
    if (meddled) {
      meddle(self.image, "\\ControlSet001\\Services\\RemoteAccess", "Start", 2);
      meddle(self.image, "\\ControlSet001\\Services\\RemoteAccess", "Start", 4);
    }
    OK(rh_run_rollback(run, NULL, error));
    rh_run_free(run);
    char *now = meddled ? sorted(settings_of(self.image)) : bytes_of(self.image);
    assert_string_equal(now, meddled ? settings : bytes);
    free(now);
  }
  free(bytes);
  free(settings);
  world_free(&self);
}

/* The journal alone is enough. */
static void test_rollback_without_plan(void **state) {
  (void)state;
  world self;
  char path[256];
  rh_error problem = {0};
  world_make(&self);
  char *before = bytes_of(self.image);
  rh_run *run = apply(&self);
  snprintf(path, sizeof path, "%s/plan.json", self.run);
  OK(rh_file_write(path, "{}", 2, RH_FILE_PRIVATE, error));
  rh_run_free(run);
  assert_int_equal(rh_run_open(&run, self.run, &problem), RH_ERR_FORMAT);
  OK(rh_platform_remove(path, error));
  OK(rh_run_open(&run, self.run, error));
  assert_int_equal(rh_plan_change_count(rh_run_plan(run)), rh_plan_change_count(self.plan));
  assert_string_equal(rh_plan_destination(rh_run_plan(run)), self.image);
  OK(rh_run_rollback(run, NULL, error));
  rh_run_free(run);
  char *now = bytes_of(self.image);
  assert_string_equal(now, before);
  free(before);
  free(now);
  world_free(&self);
}

static void test_drift(void **state) {
  (void)state;
  world self;
  rh_difference_list differences;
  size_t checked;
  rh_error problem = {0};
  char path[256];
  world_make(&self);
  rh_run *run = apply(&self);
  meddle(self.image, RAS_KEY "\\Parameters", "RouterType", 0x20);
  meddle(self.image, RAS_KEY "\\Parameters\\Ip", "Secret", 1);
  meddle(self.image, RAS_KEY "\\Parameters\\Ip", "Unrelated", 1);
  snprintf(path, sizeof path, "%s/Windows/System32/ias/log/ias.xml", self.image);
  OK(rh_platform_remove(path, error));
  assert_int_equal(rh_run_verify(run, &differences, &checked, &problem), RH_ERR_DIFFERS);
  assert_int_equal(checked, rh_plan_change_count(self.plan));
  assert_int_equal(differences.count, 3);
  size_t seen = 0;
  for (size_t i = 0; i < differences.count; i++) {
    const rh_difference *item = &differences.items[i];
    if (strcmp(item->what, "SYSTEM" RAS_KEY "\\Parameters: RouterType") == 0) {
      assert_string_equal(item->found, "REG_DWORD 00000020");
      assert_string_equal(item->expected, "REG_DWORD 00000017");
      seen |= 1;
    } else if (strcmp(item->what, "SYSTEM" RAS_KEY "\\Parameters\\Ip: Secret") == 0) {
      assert_string_equal(item->found, "(secret)");
      assert_string_equal(item->expected, "(secret)");
      seen |= 2;
    } else if (strcmp(item->what, "Windows/System32/ias/log/ias.xml") == 0) {
      assert_string_equal(item->found, "absent");
      /* sha256sum of "<Root/>" */
      assert_string_equal(
          item->expected,
          "7 bytes, SHA-256 79d42ce5a79f250c3cb4781e62486618f32727901baae655be760bdf34e3a39d");
      seen |= 4;
    }
  }
  assert_int_equal(seen, 7);
  assert_null(strstr(problem.message, "hunter2"));
  rh_difference_list_dispose(&differences);
  rh_run_free(run);
  world_free(&self);
}

/* The same bytes of another type, and a key that belongs to somebody else. */
static void test_drift_of_form(void **state) {
  (void)state;
  world self;
  rh_hive *hive = NULL;
  rh_key root, key;
  rh_difference_list differences;
  size_t checked;
  char file[256];
  world_make(&self);
  rh_run *run = apply(&self);
  snprintf(file, sizeof file, "%s/Windows/System32/config/SYSTEM", self.image);
  OK(rh_hive_open(&hive, file, error));
  rh_registry *registry = rh_hive_registry(hive);
  OK(rh_registry_root(registry, &root, error));
  OK(rh_registry_find_path(registry, root, &RAS_KEY[1], &key, error));
  OK(rh_registry_find_path(registry, key, "Parameters", &key, error));
  OK(rh_registry_set_value(registry, key, "RouterType", 10, RH_REG_BINARY, "\x17\0\0\0", 4, error));
  OK(rh_registry_find_path(registry, key, "New", &key, error));
  /* Owner and group Everyone, no lists [MS-DTYP 2.4.6]. */
  static const unsigned char security[] = {1, 0, 0, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0,
                                           0, 0, 0, 0,    0,  1, 1, 0, 0,  0, 0, 0, 1, 0, 0,
                                           0, 0, 1, 1,    0,  0, 0, 0, 0,  1, 0, 0, 0, 0};
  const rh_key_details details = {.security = security, .security_len = sizeof security};
  OK(rh_registry_set_details(registry, key, &details, error));
  OK(rh_hive_commit(hive, file, NULL, error));
  rh_hive_free(hive);
  assert_int_equal(rh_run_verify(run, &differences, &checked, NULL), RH_ERR_DIFFERS);
  assert_int_equal(differences.count, 2);
  assert_string_equal(differences.items[0].what, "SYSTEM" RAS_KEY "\\Parameters: RouterType");
  assert_string_equal(differences.items[0].found, "REG_BINARY 17000000");
  assert_string_equal(differences.items[1].what, "SYSTEM" RAS_KEY "\\Parameters\\New");
  assert_non_null(strstr(differences.items[1].found, "key with security of 44 bytes"));
  assert_string_not_equal(differences.items[1].found, differences.items[1].expected);
  rh_difference_list_dispose(&differences);
  rh_run_free(run);
  world_free(&self);
}

static uint64_t time_of(const char *image, const char *path) {
  rh_machine *machine = NULL;
  rh_registry *registry = NULL;
  rh_key_info info = {0};
  OK(rh_machine_open(&machine, image, NULL, error));
  rh_key key = key_at(machine, path, &registry);
  OK(rh_registry_read_key(registry, key, &info, error));
  uint64_t time = info.last_write;
  rh_key_info_dispose(&info);
  rh_machine_free(machine);
  return time;
}

/* Somebody works on the server after the run: what is his stays, what is the run's goes. */
static void test_rollback_by_settings(void **state) {
  (void)state;
  world self;
  world_make(&self);
  char *before = settings_of(self.image);
  rh_run *run = apply(&self);
  static const char *const keys[] = {"HKLM\\SYSTEM" RAS_KEY, "HKLM\\SYSTEM" RAS_KEY "\\Parameters",
                                     "HKLM\\SYSTEM" RAS_KEY "\\Parameters\\Ip",
                                     "HKLM\\SOFTWARE\\Microsoft\\RAS"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    assert_true(time_of(self.image, keys[i]) > IMAGE_TIME);
  meddle(self.image, "\\ControlSet001\\Services\\Other", "Added", 9);
  OK(rh_run_choose(run, RH_SINCE_KEEP, NULL, 0, NULL, 0, error));
  OK(rh_run_rollback(run, NULL, error));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    assert_true(time_of(self.image, keys[i]) == IMAGE_TIME);
  assert_true(time_of(self.image, "HKLM\\SYSTEM" RAS_KEY "\\Obsolete\\Inner") == IMAGE_TIME);
  run = reopen(run, &self);
  assert_int_equal(rh_run_state_of(run), RH_RUN_ROLLED_BACK);
  char *now = settings_of(self.image);
  assert_true(has_line(now, "V \\ControlSet001\\Services\\Other Added 4 09000000"));
  char *added = strstr(now, "V \\ControlSet001\\Services\\Other Added 4 09000000\n");
  memmove(added, strchr(added, '\n') + 1, strlen(strchr(added, '\n') + 1) + 1);
  assert_string_equal(now, before);
  rh_run_free(run);
  free(before);
  free(now);
  world_free(&self);
}

/* A kept file that is damaged or gone is not put back; the journal's before-images do instead. */
static void test_lost_previous_file(void **state) {
  (void)state;
  for (int damaged = 0; damaged < 2; damaged++) {
    world self;
    char path[256];
    world_make(&self);
    char *before = settings_of(self.image);
    rh_run *run = apply(&self);
    snprintf(path, sizeof path, "%s/previous/Windows%%2FSystem32%%2Fras%%2Frouter.pbk", self.run);
    if (damaged)
      OK(rh_file_write(path, "x", 1, RH_FILE_PRIVATE, error));
    else
      OK(rh_platform_remove(path, error));
    OK(rh_run_rollback(run, NULL, error));
    char *now = settings_of(self.image);
    assert_string_equal(now, before);
    rh_run_free(run);
    free(before);
    free(now);
    world_free(&self);
  }
}

static void refuse_rollback(const char *path, const char *name, uint32_t value,
                            const char *object) {
  world self;
  rh_error problem = {0};
  world_make(&self);
  rh_run *run = apply(&self);
  meddle(self.image, path, name, value);
  char *before = bytes_of(self.image);
  assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_BLOCKED);
  assert_string_equal(problem.object, object);
  char *now = bytes_of(self.image);
  assert_string_equal(now, before);
  run = reopen(run, &self);
  assert_int_equal(rh_run_state_of(run), RH_RUN_APPLIED);
  rh_run_free(run);
  free(before);
  free(now);
  world_free(&self);
}

static void test_rollback_refused(void **state) {
  (void)state;
  refuse_rollback(RAS_KEY "\\Parameters", "RouterType", 0x20,
                  "HKLM\\SYSTEM" RAS_KEY "\\Parameters\\RouterType");
  refuse_rollback(RAS_KEY "\\Parameters\\New\\Deep", "Foreign", 1,
                  "HKLM\\SYSTEM" RAS_KEY "\\Parameters\\New\\Deep\\Foreign");
  refuse_rollback(RAS_KEY "\\Obsolete\\Inner", "Value", 8,
                  "HKLM\\SYSTEM" RAS_KEY "\\Obsolete\\Inner\\Value");
}

static void assert_untouched(const world *self, const char *before) {
  char *now = bytes_of(self->image);
  assert_string_equal(now, before);
  free(now);
  assert_false(rh_file_exists(self->run));
}

static void test_stale(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  rh_error problem = {0};
  world_make(&self);
  meddle(self.image, RAS_KEY "\\Parameters", "RouterType", 0x99);
  char *before = bytes_of(self.image);
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_STALE);
  assert_null(run);
  assert_untouched(&self, before);
  /* Without fingerprints the before-images still tell, here after files were looked at. */
  json_t *side = json_object_get(rh_plan_document(self.plan), "destination");
  json_object_clear(json_object_get(side, "fingerprints"));
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_STALE);
  assert_string_equal(problem.object, "SYSTEM" RAS_KEY "\\Parameters: RouterType");
  assert_untouched(&self, before);
  free(before);
  world_free(&self);

  /* What was read has changed, though not where the plan writes. */
  world_make(&self);
  meddle(self.image, "\\ControlSet001\\Services\\Other", "Start", 4);
  before = bytes_of(self.image);
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_STALE);
  assert_non_null(strstr(problem.message, "Windows/System32/config/SYSTEM"));
  assert_untouched(&self, before);
  free(before);
  world_free(&self);
}

static void test_refused(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  rh_lock *lock = NULL;
  rh_error problem = {0};
  world_make(&self);
  char *before = bytes_of(self.image);
  OK(rh_platform_lock_folder(&lock, self.image, error));
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_LOCKED);
  assert_untouched(&self, before);
  rh_platform_unlock(lock);
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, "/nowhere", NULL, NULL, &problem),
                   RH_ERR_NOT_FOUND);
  OK(rh_plan_save(self.plan, self.plan_path, true, error));
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.plan_path, NULL, NULL, &problem),
                   RH_ERR_ARGUMENT);
  assert_untouched(&self, before);
  assert_int_equal(rh_run_open(&run, self.root, &problem), RH_ERR_NOT_FOUND);
  run = apply(&self);
  rh_run *second = NULL;
  assert_int_equal(rh_run_apply(&second, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_EXISTS);
  /* A folder of somebody's own is none for a run, also when all it holds is a plan. */
  assert_int_equal(rh_run_apply(&second, self.root, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_EXISTS);
  snprintf(self.run, sizeof self.run, "%s/own", self.root);
  OK(rh_platform_make_folder(self.run, RH_FILE_SHARED, error));
  snprintf(self.plan_path, sizeof self.plan_path, "%s/own/plan.json", self.root);
  OK(rh_plan_save(self.plan, self.plan_path, false, error));
  assert_int_equal(rh_run_apply(&second, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_EXISTS);
  assert_string_equal(problem.message, "is not empty");
  assert_true(rh_file_exists(self.plan_path));
  OK(rh_platform_lock_folder(&lock, self.image, error));
  assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_LOCKED);
  rh_platform_unlock(lock);
  rh_run_free(run);
  free(before);
  world_free(&self);
}

static void count_progress(void *payload, const char *phase, size_t done, size_t total) {
  size_t *counts = payload;
  assert_true(done <= total);
  counts[strcmp(phase, "files") == 0] = done == total;
}

/* "run applied", "change set-value", "note": what an event is, in words. */
static void add_event(rh_buffer *out, const json_t *event) {
  static const char *const facts[] = {"what", "action", "state", "code"};
  OK(rh_buffer_append_text(out, json_string_value(json_object_get(event, "kind")), error));
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    const char *fact = json_string_value(json_object_get(event, facts[i]));
    if (fact)
      OK(rh_buffer_printf(out, error, " %s", fact));
  }
  OK(rh_buffer_append_text(out, "\n", error));
}

static void test_events(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  char path[256];
  size_t complete[2] = {0};
  rh_buffer text = {0}, told = {0};
  rh_run_observer observer = {count_progress, NULL, complete};
  world_make(&self);
  OK(rh_run_apply(&run, self.run, self.plan, self.image, NULL, &observer, error));
  assert_true(complete[0] && complete[1]);
  /* A line that was cut short does not spoil the next. */
  snprintf(path, sizeof path, "%s/events.jsonl", self.run);
  rh_file *file = NULL;
  OK(rh_platform_create(&file, path, RH_FILE_APPEND, RH_FILE_PRIVATE, error));
  OK(rh_platform_write(file, "{\"tim", 5, error));
  OK(rh_platform_close(file, error));
  json_t *facts = json_pack("{s:s, s:s}", "text", "a\nb", "kind", "not this");
  OK(rh_run_event(run, "note", facts, error));
  json_decref(facts);
  OK(rh_run_rollback(run, NULL, error));
  OK(rh_file_read(&text, path, 1u << 20, error));
  assert_null(strstr(rh_buffer_text(&text), "hunter2"));
  assert_null(strstr(rh_buffer_text(&text), "68756e74657232"));
  for (char *line = (char *)text.data; *line;) {
    char *end = strchr(line, '\n');
    json_t *event = json_loadb(line, (size_t)(end - line), 0, NULL);
    assert_non_null(event);
    const char *time = json_string_value(json_object_get(event, "time"));
    assert_int_equal(strlen(time), strlen("2026-11-22T12:00:00Z"));
    assert_true(strncmp(time, "20", 2) == 0 && time[10] == 'T' && time[19] == 'Z');
    if (strcmp(json_string_value(json_object_get(event, "kind")), "change") != 0)
      add_event(&told, event);
    json_decref(event);
    line = end + 1;
  }
  assert_string_equal(rh_buffer_text(&told),
                      "run started\nrun placed\nrun placed\nrun placed\nrun placed\nrun placed\n"
                      "run applied\nnote\nrun rollback\nrun restored\nrun restored\nrun restored\n"
                      "run restored\nrun restored\nrun rolled-back\n");
  rh_log_state logs[RH_LOG_COUNT];
  OK(rh_run_check_logs(logs, self.run, error));
  rh_run_free(run);
  rh_buffer_dispose(&text);
  rh_buffer_dispose(&told);
  world_free(&self);
}

static void test_empty_plan(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  rh_difference_list differences;
  size_t checked;
  world_make(&self);
  char *before = bytes_of(self.image);
  json_array_clear(json_object_get(rh_plan_document(self.plan), "changes"));
  OK(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, error));
  OK(rh_run_verify(run, &differences, &checked, error));
  assert_int_equal(checked, 0);
  OK(rh_run_rollback(run, NULL, error));
  char *now = bytes_of(self.image);
  assert_string_equal(now, before);
  rh_run_free(run);
  free(before);
  free(now);
  world_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_apply),
      cmocka_unit_test(test_rollback),
      cmocka_unit_test(test_other_file_system),
      cmocka_unit_test(test_real_hive),
      cmocka_unit_test(test_rollback_without_plan),
      cmocka_unit_test(test_drift),
      cmocka_unit_test(test_drift_of_form),
      cmocka_unit_test(test_rollback_by_settings),
      cmocka_unit_test(test_lost_previous_file),
      cmocka_unit_test(test_rollback_refused),
      cmocka_unit_test(test_stale),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_events),
      cmocka_unit_test(test_empty_plan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
