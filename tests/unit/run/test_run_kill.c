/* A run over an image whose process is killed, and what a kill may leave: kills at every change are
 * in test_run_torture.c. */
#define _POSIX_C_SOURCE 200809L
#include "run/image.h"

#include "run/internal.h"

#include <sys/wait.h>
#include <unistd.h>

#define KILLED 9

static int steps_left;

static void stop(const char *step) {
  (void)step;
  if (steps_left-- == 0)
    _exit(KILLED);
}

typedef rh_status (*work)(const world *self);

static rh_status do_apply(const world *self) {
  rh_run *run = NULL;
  rh_status status = rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, NULL);
  rh_run_free(run);
  return status;
}

static rh_status do_resume(const world *self) {
  rh_run *run = NULL;
  rh_status status = rh_run_open(&run, self->run, NULL);
  if (status == RH_OK)
    status = rh_run_resume(run, NULL, NULL);
  rh_run_free(run);
  return status;
}

static rh_status do_rollback(const world *self) {
  rh_run *run = NULL;
  rh_status status = rh_run_open(&run, self->run, NULL);
  if (status == RH_OK)
    status = rh_run_rollback(run, NULL, NULL);
  rh_run_free(run);
  return status;
}

/* Does work in a process that ends after so many steps. True when it came to its end before. */
static bool finished(const world *self, work todo, int steps) {
  int status = 0;
  fflush(stdout);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    steps_left = steps;
    rh_run_test_stop = stop;
    _exit(todo(self) == RH_OK ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
  return WEXITSTATUS(status) == 0;
}

static char *expected_settings(void) {
  world self;
  world_make(&self);
  assert_int_equal(do_apply(&self), RH_OK);
  char *settings = settings_of(self.image);
  world_free(&self);
  return settings;
}

static void assert_state(const world *self, rh_run_state state) {
  rh_run *run = NULL;
  OK(rh_run_open(&run, self->run, error));
  assert_int_equal(rh_run_state_of(run), state);
  rh_run_free(run);
}

/* Killed while it applies, killed again while it resumes, and then resumed. */
static void test_killed_resume(void **state) {
  (void)state;
  char *expected = expected_settings();
  for (int first = 1; first < 14; first += 2) {
    int second = 0;
    for (bool done = false; !done; second++) {
      world self;
      world_make(&self);
      assert_false(finished(&self, do_apply, first));
      done = finished(&self, do_resume, second);
      assert_int_equal(do_resume(&self), RH_OK);
      char *now = settings_of(self.image);
      assert_string_equal(now, expected);
      free(now);
      world_free(&self);
    }
    assert_true(second > 1);
  }
  free(expected);
}

static void test_killed_rollback_by_settings(void **state) {
  (void)state;
  int steps = 0;
  for (bool done = false; !done; steps++) {
    world self;
    world_make(&self);
    meddle(self.image, "\\ControlSet001\\Services\\Other", "Added", 9);
    rh_plan_free(self.plan);
    char *before = settings_of(self.image);
    self.plan = plan_for(self.image);
    assert_int_equal(do_apply(&self), RH_OK);
    meddle(self.image, "\\ControlSet001\\Services\\Other", "Added", 10);
    meddle(self.image, "\\ControlSet001\\Services\\Other", "Added", 9);
    done = finished(&self, do_rollback, steps);
    assert_int_equal(do_rollback(&self), RH_OK);
    assert_state(&self, RH_RUN_ROLLED_BACK);
    char *now = settings_of(self.image);
    assert_string_equal(now, before);
    free(before);
    free(now);
    world_free(&self);
  }
  assert_int_equal(steps, 15 + 1);
}

/* Between keeping the old file and renaming the new one the process can be killed, too. */
static void test_killed_between_keep_and_rename(void **state) {
  (void)state;
  char *expected = expected_settings();
  for (int back = 0; back < 2; back++) {
    world self;
    char target[160], kept[200];
    world_make(&self);
    char *before = bytes_of(self.image);
    assert_false(finished(&self, do_apply, 5)); /* the first file is in place and noted */
    snprintf(target, sizeof target, "%s/Windows/System32/config/SOFTWARE", self.image);
    snprintf(kept, sizeof kept, "%s/previous/Windows%%2FSystem32%%2Fconfig%%2FSOFTWARE", self.run);
    assert_false(rh_file_exists(kept));
    OK(rh_platform_keep(target, kept, error));
    assert_state(&self, RH_RUN_PLACING);
    assert_int_equal(back ? do_rollback(&self) : do_resume(&self), RH_OK);
    char *now = back ? bytes_of(self.image) : settings_of(self.image);
    assert_string_equal(now, back ? before : expected);
    free(now);
    free(before);
    world_free(&self);
  }
  free(expected);
}

/* A prepared file that is lost or damaged is not put in place, and the run can go back. */
static void test_lost_prepared_file(void **state) {
  (void)state;
  for (int damaged = 0; damaged < 2; damaged++) {
    world self;
    rh_run *run = NULL;
    rh_error problem = {0};
    world_make(&self);
    char *before = bytes_of(self.image);
    assert_false(finished(&self, do_apply, 5));
    OK(rh_run_open(&run, self.run, error));
    assert_string_equal(run->job.items[1].path, "Windows/System32/config/SOFTWARE");
    if (damaged)
      OK(rh_file_write(run->job.items[1].temporary, "x", 1, RH_FILE_PRIVATE, error));
    else
      OK(rh_platform_remove(run->job.items[1].temporary, error));
    assert_int_equal(rh_run_resume(run, NULL, &problem), RH_ERR_INTERRUPTED);
    assert_string_equal(problem.object, "Windows/System32/config/SOFTWARE");
    assert_non_null(strstr(problem.hint, "rehome rollback"));
    OK(rh_run_rollback(run, NULL, error));
    rh_run_free(run);
    char *now = bytes_of(self.image);
    assert_string_equal(now, before);
    free(before);
    free(now);
    world_free(&self);
  }
}

/* As long as no file is in place, a run prepares what it lost anew. */
static void test_lost_before_placing(void **state) {
  (void)state;
  char *expected = expected_settings();
  world self;
  rh_run *run = NULL;
  world_make(&self);
  char *before = bytes_of(self.image);
  assert_false(finished(&self, do_apply, 4));
  OK(rh_run_open(&run, self.run, error));
  assert_int_equal(rh_run_state_of(run), RH_RUN_PLACING);
  for (size_t i = 0; i < run->job.item_count; i++)
    if (run->job.items[i].temporary)
      OK(rh_platform_remove(run->job.items[i].temporary, error));
  OK(rh_run_resume(run, NULL, error));
  char *now = settings_of(self.image);
  assert_string_equal(now, expected);
  free(now);
  rh_run_free(run);
  /* The journal has both preparations now; the later one counts. */
  assert_int_equal(do_rollback(&self), RH_OK);
  now = bytes_of(self.image);
  assert_string_equal(now, before);
  free(now);
  free(before);
  free(expected);
  world_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_killed_resume),
      cmocka_unit_test(test_killed_rollback_by_settings),
      cmocka_unit_test(test_killed_between_keep_and_rename),
      cmocka_unit_test(test_lost_prepared_file),
      cmocka_unit_test(test_lost_before_placing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
