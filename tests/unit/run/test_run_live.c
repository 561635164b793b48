/* A run over a live machine: its changes are made one at a time, and what stands there is looked at
 * before each. Stops at every change are in test_run_torture.c. */
#define _GNU_SOURCE
#include "run/targets.h"

#include "run/internal.h"

static rh_run *apply(const world *self) {
  rh_run *run = NULL;
  OK(rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_APPLIED);
  return run;
}

/* Stops before that change, with a run that is half-way. */
static rh_run *apply_until(const world *self, unsigned change) {
  rh_run *run = NULL;
  rh_error problem = {0};
  changes_met = (change_control){.fail_at = change, .lasting = true};
  assert_int_equal(rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, &problem),
                   RH_ERR_INTERRUPTED);
  changes_met = (change_control){0};
  assert_non_null(strstr(problem.message, "access is denied"));
  assert_non_null(strstr(problem.hint, "rehome rollback"));
  OK(rh_run_open(&run, self->run, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_PLACING);
  return run;
}

/* The number of the change that is described so. */
static unsigned number_of(const world *self, const char *described) {
  rh_change_list changes;
  rh_buffer what = {0};
  unsigned number = 0;
  OK(rh_plan_changes(self->plan, &changes, error));
  for (size_t i = 0; i < changes.count; i++) {
    rh_buffer_clear(&what);
    OK(rh_change_describe(&what, &changes.items[i], error));
    if (strcmp(rh_buffer_text(&what), described) == 0)
      number = (unsigned)i + 1;
  }
  rh_buffer_dispose(&what);
  rh_change_list_dispose(&changes);
  assert_true(number > 0);
  return number;
}

static bool has(const world *self, const char *line) {
  char *settings = settings_of(self->image);
  bool found = strstr(settings, line) != NULL;
  free(settings);
  return found;
}

static void count_progress(void *payload, const char *phase, size_t done, size_t total) {
  size_t *counts = payload;
  assert_true(strcmp(phase, "changes") == 0 || strcmp(phase, "settings") == 0);
  counts[strcmp(phase, "settings") == 0] = done == total;
}

static void test_there_and_back(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  rh_difference_list differences;
  size_t checked = 0, complete[2] = {0};
  const rh_run_observer observer = {count_progress, NULL, complete};
  kind_world(&self, &live_kind);
  char *before = exact_of(&self, &live_kind);
  OK(rh_run_apply(&run, self.run, self.plan, self.image, NULL, &observer, error));
  assert_int_equal(changes_met.count, rh_plan_change_count(self.plan));
  assert_true(complete[0] && complete[1]);
  assert_string_equal(rh_run_destination(run), "live");
  rh_run_free(run);
  assert_true(has(&self, "V " RAS_KEY "\\Parameters RouterType 4 17000000\n"));
  assert_true(has(&self, "F Windows/System32/ias/log/ias.xml 3c526f6f742f3e\n"));
  assert_false(has(&self, "Obsolete"));
  OK(rh_run_open(&run, self.run, error));
  assert_int_equal(run->job.item_count, rh_plan_change_count(self.plan));
  OK(rh_run_verify(run, &differences, &checked, error));
  assert_int_equal(checked, rh_plan_change_count(self.plan));
  OK(rh_run_rollback(run, NULL, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_ROLLED_BACK);
  ASSERT_EXACT(&self, &live_kind, before);
  rh_run_free(run);
  free(before);
  kind_world_free(&self);
}

/* Everything is checked before the first change, so that a stale plan changes nothing. */
static void test_stale(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  rh_error problem = {0};
  /* What was read, though nothing is written there. */
  kind_world(&self, &live_kind);
  kind_meddle(&self, &live_kind, "\\ControlSet001\\Services\\Other", "Start", 4);
  char *before = exact_of(&self, &live_kind);
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_STALE);
  assert_non_null(strstr(problem.message, "SYSTEM"));
  /* The before-images tell without what was read: here the last change of a hive. */
  json_t *side = json_object_get(rh_plan_document(self.plan), "destination");
  json_object_clear(json_object_get(side, "fingerprints"));
  rh_buffer names = {0};
  OK(rh_plan_name_stale(&names, self.plan, self.image, error));
  assert_int_equal(names.len, 0);
  kind_meddle(&self, &live_kind, RAS_KEY "\\Parameters\\Ip", "Secret", 4);
  free(before);
  before = exact_of(&self, &live_kind);
  OK(rh_plan_name_stale(&names, self.plan, self.image, error));
  assert_non_null(strstr(rh_buffer_text(&names), "Secret"));
  rh_buffer_dispose(&names);
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_STALE);
  assert_string_equal(problem.object, "SYSTEM" RAS_KEY "\\Parameters\\Ip: Secret");
  assert_int_equal(changes_met.count, 0);
  assert_false(rh_file_exists(self.run));
  ASSERT_EXACT(&self, &live_kind, before);
  free(before);
  kind_world_free(&self);
}

/* A key that nobody may write to, in the middle: not "nothing was changed", and all goes back. */
static void test_denied(void **state) {
  (void)state;
  world self;
  rh_difference_list differences;
  size_t checked;
  kind_world(&self, &live_kind);
  char *before = exact_of(&self, &live_kind);
  unsigned secret = number_of(&self, "SYSTEM" RAS_KEY "\\Parameters\\Ip: Secret");
  rh_run *run = apply_until(&self, secret);
  assert_int_equal(rh_run_verify(run, &differences, &checked, NULL), RH_ERR_INTERRUPTED);
  assert_true(has(&self, "RouterType 4 17000000"));
  OK(rh_run_rollback(run, NULL, error));
  ASSERT_EXACT(&self, &live_kind, before);
  rh_run_free(run);
  /* The first change of all: there nothing was changed, and nothing is left. */
  rh_error problem = {0};
  snprintf(self.run, sizeof self.run, "%s/second", self.root);
  changes_met = (change_control){.fail_at = 1};
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_ACCESS);
  assert_false(rh_file_exists(self.run));
  ASSERT_EXACT(&self, &live_kind, before);
  free(before);
  kind_world_free(&self);
}

static void assert_names(const rh_error *problem, const char *object, const char *is,
                         const char *was) {
  assert_string_equal(problem->object, object);
  assert_non_null(strstr(problem->message, is));
  assert_non_null(strstr(problem->message, was));
}

/* Each is compared when its turn comes: as before is to do, as after is done, the rest stops. */
static void test_changed_while_half_way(void **state) {
  (void)state;
  static const struct {
    const char *path, *name, *object, *place, *is, *was;
    uint32_t value;
  } cases[] = {
      /* done by the run, and changed since */
      {RAS_KEY "\\Parameters", "RouterType", "SYSTEM" RAS_KEY "\\Parameters: RouterType",
       "HKLM\\SYSTEM" RAS_KEY "\\Parameters\\RouterType", "REG_DWORD 00000099",
       "REG_DWORD 00000001", 0x99},
      /* still to do */
      {"\\ControlSet001\\Services\\RemoteAccess\\Obsolete\\Inner", "Value",
       "SYSTEM" RAS_KEY "\\Obsolete\\Inner: Value",
       "HKLM\\SYSTEM" RAS_KEY "\\Obsolete\\Inner\\Value", "REG_DWORD 00000098",
       "REG_DWORD 00000007", 0x98},
      {RAS_KEY "\\Parameters\\Ip", "Secret", "SYSTEM" RAS_KEY "\\Parameters\\Ip: Secret",
       "HKLM\\SYSTEM" RAS_KEY "\\Parameters\\Ip\\Secret", "(secret)", "absent", 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    world self;
    rh_error problem = {0};
    kind_world(&self, &live_kind);
    char *before = exact_of(&self, &live_kind);
    rh_run *run = apply_until(&self, 4);
    kind_meddle(&self, &live_kind, cases[i].path, cases[i].name, cases[i].value);
    assert_int_equal(rh_run_resume(run, NULL, &problem), RH_ERR_INTERRUPTED);
    assert_names(&problem, cases[i].object, cases[i].is, cases[i].was);
    assert_null(strstr(problem.hint, "resume"));
    /* Neither does the way back take away what somebody else has made. */
    changes_met = (change_control){0};
    assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_BLOCKED);
    assert_string_equal(problem.object, cases[i].place);
    assert_int_equal(changes_met.count, 0);
    assert_int_equal(rh_run_state_of(run), RH_RUN_PLACING);
    rh_run_free(run);
    free(before);
    kind_world_free(&self);
  }
}

/* Somebody has done the same, or has taken back what the run did: both is as it should be. */
static void test_done_by_somebody_else(void **state) {
  (void)state;
  world self;
  rh_difference_list differences;
  size_t checked;
  kind_world(&self, &live_kind);
  rh_run *run = apply_until(&self, 5);
  kind_meddle(&self, &live_kind, RAS_KEY "\\Parameters\\New\\Deep", "Made", 1);
  kind_meddle(&self, &live_kind, RAS_KEY "\\Parameters", "RouterType", 1);
  OK(rh_run_resume(run, NULL, error));
  OK(rh_run_verify(run, &differences, &checked, error));
  rh_run_free(run);
  kind_world_free(&self);
}

/* What somebody puts into a key that is to go is not taken with it, on neither way. */
static void test_key_that_is_used(void **state) {
  (void)state;
  world self;
  rh_error problem = {0};
  kind_world(&self, &live_kind);
  rh_run *run = apply_until(&self, 4);
  kind_meddle(&self, &live_kind, RAS_KEY "\\Obsolete\\Inner", "Foreign", 1);
  assert_int_equal(rh_run_resume(run, NULL, &problem), RH_ERR_INTERRUPTED);
  assert_string_equal(problem.object, "SYSTEM" RAS_KEY "\\Obsolete\\Inner");
  assert_true(has(&self, "Inner Foreign"));
  rh_run_free(run);
  kind_world_free(&self);

  kind_world(&self, &live_kind);
  run = apply(&self);
  kind_meddle(&self, &live_kind, RAS_KEY "\\Parameters\\New\\Deep", "Foreign", 1);
  char *now = exact_of(&self, &live_kind);
  assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_BLOCKED);
  assert_string_equal(problem.object, "HKLM\\SYSTEM" RAS_KEY "\\Parameters\\New\\Deep\\Foreign");
  assert_non_null(strstr(problem.message, "nothing was rolled back"));
  ASSERT_EXACT(&self, &live_kind, now);
  assert_int_equal(rh_run_state_of(run), RH_RUN_APPLIED);
  rh_run_free(run);
  free(now);
  kind_world_free(&self);
}

/* Everything is put back, registry and files, and what is another's stays. */
static void test_rollback_leaves_others_alone(void **state) {
  (void)state;
  world self;
  kind_world(&self, &live_kind);
  kind_meddle(&self, &live_kind, "\\ControlSet001\\Services\\Other", "Added", 8);
  rh_plan_free(self.plan);
  self.plan = plan_for(self.image);
  char *before = sorted(settings_of(self.image));
  rh_run *run = apply(&self);
  kind_meddle(&self, &live_kind, "\\ControlSet001\\Services\\Other", "Added", 9);
  OK(rh_run_rollback(run, NULL, error));
  assert_true(has(&self, "Other Added 4 09000000"));
  kind_meddle(&self, &live_kind, "\\ControlSet001\\Services\\Other", "Added", 8);
  char *now = sorted(settings_of(self.image));
  assert_string_equal(now, before);
  rh_run_free(run);
  free(before);
  free(now);
  kind_world_free(&self);
}

/* A change that is told as made and was not is no success. */
static rh_status pretend(rh_machine *machine, const rh_change *change, uint64_t clock,
                         bool restore_times, rh_error *error) {
  return change->name && strcmp(change->name, "Secret") == 0
             ? RH_OK
             : live_change_now(machine, change, clock, restore_times, error);
}

static void test_change_that_does_not_stay(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  rh_error problem = {0};
  kind_world(&self, &live_kind);
  char *before = exact_of(&self, &live_kind);
  live_backend.change_now = pretend;
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem),
                   RH_ERR_INTERRUPTED);
  assert_string_equal(problem.object, "SYSTEM" RAS_KEY "\\Parameters\\Ip: Secret");
  assert_null(strstr(problem.message, "hunter2"));
  live_backend.change_now = live_change_now;
  OK(rh_run_open(&run, self.run, error));
  OK(rh_run_rollback(run, NULL, error));
  ASSERT_EXACT(&self, &live_kind, before);
  rh_run_free(run);
  free(before);
  kind_world_free(&self);
}

/* An item of a journal that names no change of the run. */
static void test_journal_of_files(void **state) {
  (void)state;
  char sum[] = "0000000000000000000000000000000000000000000000000000000000000000";
  world self;
  char path[256];
  rh_run *run = NULL;
  rh_error problem = {0};
  kind_world(&self, &live_kind);
  snprintf(path, sizeof path, "%s/journal.jsonl", self.run);
  OK(rh_file_make_folders(self.run, 0700, error));
  for (int change = 0; change < 2; change++) {
    rh_journal *journal = NULL;
    json_t *records = json_pack("[{s:s, s:i, s:s, s:s, s:s, s:i, s:[]}, {s:s, s:i, s:i, s:s, s:i}]",
                                "kind", "begin", "format", 1, "plan", sum, "destination", "live",
                                "clock", "1", "changes", 0, "folders", "kind", "prepared", "item",
                                1, "items", 1, "path", "x", "change", change);
    OK(rh_journal_create(&journal, path, records, error));
    rh_journal_free(journal);
    json_decref(records);
    assert_int_equal(rh_run_open(&run, self.run, &problem), RH_ERR_FORMAT);
  }
  /* One for files, as an image's is. */
  rh_journal *journal = NULL;
  json_t *records = json_pack(
      "[{s:s, s:i, s:s, s:s, s:s, s:i, s:[]}, {s:s, s:i, s:i, s:s, s:s, s:n, s:s, s:s, s:n}, "
      "{s:s}]",
      "kind", "begin", "format", 1, "plan", sum, "destination", "live", "clock", "1", "changes", 0,
      "folders", "kind", "prepared", "item", 1, "items", 1, "path", "x", "target", "live/x",
      "temporary", "previous", "x", "before", sum, "after", "kind", "placing");
  OK(rh_journal_create(&journal, path, records, error));
  rh_journal_free(journal);
  json_decref(records);
  OK(rh_run_open(&run, self.run, error));
  assert_int_equal(rh_run_resume(run, NULL, &problem), RH_ERR_INTERRUPTED);
  rh_run_free(run);
  kind_world_free(&self);
}

static void test_locked(void **state) {
  (void)state;
  world self;
  rh_lock *lock = NULL;
  rh_run *run = NULL;
  kind_world(&self, &live_kind);
  OK(rh_run_check_free("live", error));
  OK(rh_platform_lock_folder(&lock, self.root, error));
  assert_int_equal(rh_run_check_free("live", NULL), RH_ERR_LOCKED);
  assert_int_equal(rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, NULL),
                   RH_ERR_LOCKED);
  assert_false(rh_file_exists(self.run));
  rh_platform_unlock(lock);
  run = apply(&self);
  OK(rh_platform_lock_folder(&lock, self.root, error));
  assert_int_equal(rh_run_rollback(run, NULL, NULL), RH_ERR_LOCKED);
  rh_platform_unlock(lock);
  rh_run_free(run);
  kind_world_free(&self);
}

/* A half-way run that cannot even be looked at is still half-way. */
static void test_half_way_without_its_machine(void **state) {
  (void)state;
  world self;
  rh_error problem = {0};
  kind_world(&self, &live_kind);
  rh_run *run = apply_until(&self, 4);
  machine_live_backend = NULL;
  assert_int_equal(rh_run_resume(run, NULL, &problem), RH_ERR_INTERRUPTED);
  assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_INTERRUPTED);
  assert_non_null(strstr(problem.message, "there is no such folder or file"));
  machine_live_backend = &live_backend;
  OK(rh_run_resume(run, NULL, error));
  rh_run_free(run);
  kind_world_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_there_and_back),
      cmocka_unit_test(test_stale),
      cmocka_unit_test(test_denied),
      cmocka_unit_test(test_changed_while_half_way),
      cmocka_unit_test(test_done_by_somebody_else),
      cmocka_unit_test(test_key_that_is_used),
      cmocka_unit_test(test_rollback_leaves_others_alone),
      cmocka_unit_test(test_change_that_does_not_stay),
      cmocka_unit_test(test_journal_of_files),
      cmocka_unit_test(test_locked),
      cmocka_unit_test(test_half_way_without_its_machine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
