/* A run that something stops: no memory, a full disk, a file that cannot be placed, a journal that
 * cannot be believed. */
#define _GNU_SOURCE
#include "run/image.h"

#include "run/internal.h"

#include <sys/mount.h>

static rh_run *apply(world *self) {
  rh_run *run = NULL;
  OK(rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_APPLIED);
  return run;
}

static void assert_untouched(const world *self, const char *before) {
  char *now = bytes_of(self->image);
  assert_string_equal(now, before);
  free(now);
  assert_false(rh_file_exists(self->run));
}

static void test_altered_journal(void **state) {
  (void)state;
  world self;
  char path[256];
  rh_buffer bytes = {0};
  rh_error problem = {0};
  world_make(&self);
  rh_run *run = apply(&self);
  rh_run_free(run);
  snprintf(path, sizeof path, "%s/journal.jsonl", self.run);
  OK(rh_file_read(&bytes, path, 1u << 24, error));
  size_t number = 1;
  for (size_t at = 0; at < bytes.len; number++) {
    char expected[48];
    char *line = (char *)bytes.data + at, *kind = strstr(line, "\"kind\":\"") + 8;
    char kept = *kind;
    *kind = 'x';
    OK(rh_file_write(path, bytes.data, bytes.len, RH_FILE_PRIVATE, error));
    assert_int_equal(rh_run_open(&run, self.run, &problem), RH_ERR_FORMAT);
    snprintf(expected, sizeof expected, "record %zu was altered", number);
    assert_string_equal(problem.message, expected);
    *kind = kept;
    at = (size_t)(strchr(line, '\n') - (char *)bytes.data) + 1;
  }
  /* begin, the changes, four or more files prepared and placed, placing, applied */
  assert_true(number > rh_plan_change_count(self.plan) + 10);
  rh_buffer_dispose(&bytes);
  world_free(&self);
}

/* A journal with a sound chain must still not lead outside the destination. */
static void test_journal_outside(void **state) {
  (void)state;
  static const char *const targets[] = {"/etc/passwd", "%s/../outside", "%sx/file", "%s"};
  world self;
  world_make(&self);
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    char target[256], path[256],
        sum[] = "0000000000000000000000000000000000000000000000000000000000000000";
    rh_journal *journal = NULL;
    rh_run *run = NULL;
    rh_error problem = {0};
    snprintf(target, sizeof target, targets[i], self.image);
    snprintf(path, sizeof path, "%s/journal.jsonl", self.run);
    OK(rh_file_make_folders(self.run, RH_FILE_PRIVATE, error));
    json_t *records = json_pack(
        "[{s:s, s:i, s:s, s:s, s:s, s:i, s:[]}, {s:s, s:i, s:i, s:s, s:s, s:n, s:s, s:s, s:n}]",
        "kind", "begin", "format", 1, "plan", sum, "destination", self.image, "clock", "1",
        "changes", 0, "folders", "kind", "prepared", "item", 1, "items", 1, "path", "x", "target",
        target, "temporary", "previous", "x", "before", sum, "after");
    OK(rh_journal_create(&journal, path, records, error));
    rh_journal_free(journal);
    json_decref(records);
    assert_int_equal(rh_run_open(&run, self.run, &problem), RH_ERR_FORMAT);
    assert_non_null(strstr(problem.message, "is outside the destination"));
  }
  world_free(&self);
}

/* Takes away what placing needs, once it is announced. */
static const char *removed;
static void remove_previous(const char *step) {
  if (strcmp(step, "placing") == 0)
    assert_int_equal(rh_platform_remove_folder(removed, NULL), RH_OK);
}

/* The first file cannot be placed: nothing has changed, so nothing is left. */
static void test_first_place_fails(void **state) {
  (void)state;
  world self;
  rh_run *run = NULL;
  char previous[128];
  rh_error problem = {0};
  world_make(&self);
  char *before = bytes_of(self.image);
  snprintf(previous, sizeof previous, "%s/previous", self.run);
  removed = previous;
  rh_run_test_stop = remove_previous;
  rh_status status = rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem);
  rh_run_test_stop = NULL;
  assert_int_equal(status, RH_ERR_NOT_FOUND);
  assert_untouched(&self, before);
  free(before);
  world_free(&self);
}

static unsigned placed;
static void remove_second_kept(const char *step) {
  if (strcmp(step, "placed-item") == 0 && placed++ == 0)
    assert_int_equal(rh_file_remove_tree(removed, NULL), RH_OK);
}

/* A later one fails in a process that lives on: the run says so, and goes on. */
static void test_later_place_fails(void **state) {
  (void)state;
  world self, other;
  rh_run *run = NULL;
  char previous[128];
  rh_error problem = {0};
  world_make(&self);
  snprintf(previous, sizeof previous, "%s/previous", self.run);
  removed = previous;
  placed = 0;
  rh_run_test_stop = remove_second_kept;
  rh_status status = rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem);
  rh_run_test_stop = NULL;
  assert_int_equal(status, RH_ERR_INTERRUPTED);
  assert_non_null(strstr(problem.hint, "rehome resume"));
  OK(rh_run_open(&run, self.run, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_PLACING);
  rh_difference_list differences;
  size_t checked;
  assert_int_equal(rh_run_verify(run, &differences, &checked, &problem), RH_ERR_INTERRUPTED);
  OK(rh_platform_make_folder(previous, RH_FILE_PRIVATE, error));
  OK(rh_run_resume(run, NULL, error));
  OK(rh_run_verify(run, &differences, &checked, error));
  rh_run_free(run);
  world_make(&other);
  rh_run_free(apply(&other));
  char *expected = settings_of(other.image), *now = settings_of(self.image);
  assert_string_equal(now, expected);
  free(expected);
  free(now);
  world_free(&self);
  world_free(&other);
}

/* The n-th allocation fails: the image is as it was, or the run is complete. */
static void test_no_memory(void **state) {
  (void)state;
  world self;
  world_make(&self);
  char *before = bytes_of(self.image);
  for (unsigned long n = 1;; n++) {
    rh_run *run = NULL;
    rh_error problem = {0};
    rh_memory_fail_at(n);
    rh_status status = rh_run_apply(&run, self.run, self.plan, self.image, NULL, NULL, &problem);
    rh_memory_fail_at(0);
    if (status == RH_OK) {
      rh_run_free(run);
      break;
    }
    if (status == RH_ERR_INTERRUPTED) {
      OK(rh_run_open(&run, self.run, error));
      OK(rh_run_rollback(run, NULL, error));
      rh_run_free(run);
    }
    char *now = bytes_of(self.image);
    assert_string_equal(now, before);
    free(now);
    if (rh_file_exists(self.run))
      OK(rh_file_remove_tree(self.run, error));
  }
  free(before);
  world_free(&self);
}

/* Whatever a full disk stops, the image stays as it was or the run can be undone. */
static void test_disk_full(void **state) {
  (void)state;
  world self, small;
  world_make(&self);
  snprintf(small.root, sizeof small.root, "%.50s/small", self.root);
  snprintf(small.image, sizeof small.image, "%s/image", small.root);
  OK(rh_platform_make_folder(small.root, RH_FILE_PRIVATE, error));
  bool complete = false;
  size_t stopped = 0;
  for (unsigned pages = 6; !complete && pages < 200; pages++) {
    char options[64];
    rh_run *run = NULL;
    snprintf(options, sizeof options, "size=%u,mode=0700", pages * 4096);
    if (mount("none", small.root, "tmpfs", 0, options) != 0) {
      printf("skipped: no small file system can be mounted here\n");
      world_free(&self);
      skip();
    }
    make_image(small.image);
    rh_plan *plan = plan_for(small.image);
    char *before = bytes_of(small.image);
    snprintf(small.run, sizeof small.run, "%s/run", small.root);
    rh_status status = rh_run_apply(&run, small.run, plan, small.image, NULL, NULL, NULL);
    complete = status == RH_OK;
    if (status == RH_ERR_INTERRUPTED)
      OK(rh_run_open(&run, small.run, error));
    rh_status back = run ? rh_run_rollback(run, NULL, NULL) : RH_OK;
    rh_run_free(run);
    char *now = bytes_of(small.image);
    assert_int_equal(umount(small.root), 0);
    if (back == RH_OK)
      assert_string_equal(now, before);
    else /* no room for the way back either; it says so */
      assert_true(back == RH_ERR_IO || back == RH_ERR_INTERRUPTED);
    stopped += status == RH_ERR_IO;
    rh_plan_free(plan);
    free(before);
    free(now);
  }
  assert_true(stopped > 0);
  assert_true(complete);
  world_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_altered_journal),   cmocka_unit_test(test_journal_outside),
      cmocka_unit_test(test_first_place_fails), cmocka_unit_test(test_later_place_fails),
      cmocka_unit_test(test_no_memory),         cmocka_unit_test(test_disk_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
