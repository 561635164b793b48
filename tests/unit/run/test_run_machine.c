/* Which machine a run is about, where the system names volumes; and the record of runs when a
 * process is killed at any step of a close. */
#define _POSIX_C_SOURCE 200809L
#include "run/image.h"

#include "run/internal.h"

#include <sys/wait.h>
#include <unistd.h>

#define KILLED 9

/* What names the volume of each path (linked with --wrap). */
static const char *volume = "";
rh_status __wrap_rh_platform_volume_id(rh_buffer *out, const char *path, rh_error *error);
rh_status __wrap_rh_platform_volume_id(rh_buffer *out, const char *path, rh_error *error) {
  assert_non_null(path);
  return rh_buffer_append_text(out, volume, error);
}

static rh_run *apply(const world *self) {
  rh_run *run = NULL;
  OK(rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, error));
  return run;
}

static rh_run *reopen(const world *self) {
  rh_run *run = NULL;
  OK(rh_run_open(&run, self->run, error));
  return run;
}

/* Another volume is a copy, whatever has become of the original. */
static void test_another_volume(void **state) {
  (void)state;
  world self;
  rh_error problem = {0};
  volume = "0A1B-2C3D";
  world_make(&self);
  char *before = bytes_of(self.image);
  rh_run_free(apply(&self));
  rh_run *run = reopen(&self);
  volume = "ffff-0000";
  char *applied = bytes_of(self.image);
  assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_BLOCKED);
  assert_non_null(strstr(problem.message, "it was on volume 0A1B-2C3D, and is on ffff-0000"));
  assert_non_null(strstr(problem.hint, "--this-machine"));
  assert_int_equal(rh_run_find(run, self.image, false, &problem), RH_ERR_BLOCKED);
  char *now = bytes_of(self.image);
  assert_string_equal(now, applied);
  free(now);
  volume = ""; /* not known now: no reason to refuse */
  OK(rh_run_find(run, self.image, false, error));
  volume = "ffff-0000";
  OK(rh_run_find(run, self.image, true, error));
  OK(rh_run_rollback(run, NULL, error));
  now = bytes_of(self.image);
  assert_string_equal(now, before);
  volume = "";
  free(now);
  free(applied);
  free(before);
  rh_run_free(run);
  world_free(&self);
}

static int steps_left;

static void stop(const char *step) {
  (void)step;
  if (steps_left-- == 0)
    _exit(KILLED);
}

/* Closes in a process that ends after so many steps. True when it came to its end before. */
static bool closed(const world *self, int steps) {
  int status = 0;
  fflush(stdout);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    rh_run *run = reopen(self);
    steps_left = steps;
    rh_run_test_stop = stop;
    _exit(rh_run_close(run, NULL, NULL) == RH_OK ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
  return WEXITSTATUS(status) == 0;
}

/* The secret of the plan, as hex, in a file of the run. */
static bool holds_secret(const world *self, const char *name) {
  char path[128];
  rh_buffer text = {0};
  snprintf(path, sizeof path, "%s/%s", self->run, name);
  OK(rh_file_read(&text, path, 1u << 24, error));
  bool found = strstr(rh_buffer_text(&text), "68756e74657232") != NULL; /* hunter2 */
  rh_buffer_dispose(&text);
  return found;
}

static size_t runs_on(const world *self) {
  json_t *runs = NULL;
  OK(rh_run_list(&runs, self->image, error));
  size_t count = json_array_size(runs);
  json_decref(runs);
  return count;
}

static void test_close_killed(void **state) {
  (void)state;
  int steps = 0;
  for (bool done = false; !done; steps++) {
    world self;
    rh_error problem = {0};
    world_make(&self);
    rh_run_free(apply(&self));
    char *applied = settings_of(self.image);
    assert_true(holds_secret(&self, "journal.jsonl") && holds_secret(&self, "plan.json"));
    assert_int_equal(runs_on(&self), 1);
    done = closed(&self, steps);
    rh_run *run = reopen(&self);
    if (rh_run_state_of(run) != RH_RUN_APPLIED) {
      assert_int_equal(rh_run_rollback(run, NULL, &problem), RH_ERR_ARGUMENT);
      assert_non_null(strstr(problem.message, "was closed"));
      assert_int_equal(rh_run_resume(run, NULL, &problem), RH_ERR_ARGUMENT);
    }
    OK(rh_run_close(run, NULL, error));
    rh_run_free(run);
    run = reopen(&self);
    assert_int_equal(rh_run_state_of(run), RH_RUN_CLOSED);
    assert_int_equal(rh_plan_change_count(rh_run_plan(run)), rh_plan_change_count(self.plan));
    assert_false(holds_secret(&self, "journal.jsonl") || holds_secret(&self, "plan.json"));
    assert_int_equal(runs_on(&self), 0);
    rh_log_state logs[RH_LOG_COUNT];
    OK(rh_run_check_logs(logs, self.run, error));
    rh_run_free(run);
    char *now = settings_of(self.image);
    char *line = strstr(applied, "F Windows/System32/config/rehome-runs.json \n");
    assert_non_null(line);
    memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n')));
    assert_string_equal(now, applied);
    free(now);
    free(applied);
    world_free(&self);
  }
  assert_true(steps > 5);
}

/* Without memory it is not begun, or can be finished. */
static void test_close_without_memory(void **state) {
  (void)state;
  world self;
  rh_status status = RH_ERR_MEMORY;
  world_make(&self);
  rh_run_free(apply(&self));
  for (unsigned long n = 1; status != RH_OK; n += 1 + n / 20) {
    rh_run *run = reopen(&self);
    rh_memory_fail_at(n);
    status = rh_run_close(run, NULL, NULL);
    rh_memory_fail_at(0);
    rh_run_free(run);
    run = reopen(&self);
    rh_run_state now = rh_run_state_of(run);
    assert_true(now == RH_RUN_CLOSED || (status != RH_OK && now == RH_RUN_APPLIED) ||
                (status != RH_OK && now == RH_RUN_CLOSING));
    rh_run_free(run);
  }
  assert_int_equal(runs_on(&self), 0);
  assert_false(holds_secret(&self, "journal.jsonl") || holds_secret(&self, "plan.json"));
  world_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_another_volume),
      cmocka_unit_test(test_close_killed),
      cmocka_unit_test(test_close_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
