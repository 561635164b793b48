/* A run over both targets that is stopped at every change: by an error, by errors from there on, by
 * a kill before or after it, by want of memory. It goes on to the same end, or back to exactly what
 * was; and it says that nothing was changed only when nothing was. */
#define _GNU_SOURCE
#include "run/targets.h"

#include "run/internal.h"

#include <sys/wait.h>
#include <unistd.h>

#define KILLED 9
#define NEVER 1000 /* more than there are changes or steps */

/* Read by AddressSanitizer: what it keeps of freed memory is copied with each process. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

typedef rh_status (*work)(const world *self, rh_error *error);

static rh_status do_apply(const world *self, rh_error *error) {
  rh_run *run = NULL;
  rh_status status = rh_run_apply(&run, self->run, self->plan, self->image, NULL, NULL, error);
  rh_run_free(run);
  return status;
}

static rh_status do_resume(const world *self, rh_error *error) {
  rh_run *run = NULL;
  rh_status status = rh_run_open(&run, self->run, error);
  if (status == RH_OK)
    status = rh_run_resume(run, NULL, error);
  rh_run_free(run);
  return status;
}

static rh_status do_rollback(const world *self, rh_error *error) {
  rh_run *run = NULL;
  rh_status status = rh_run_open(&run, self->run, error);
  if (status == RH_OK)
    status = rh_run_rollback(run, NULL, error);
  rh_run_free(run);
  return status;
}

static bool is_run(const world *self) {
  char path[128];
  snprintf(path, sizeof path, "%s/journal.jsonl", self->run);
  return rh_file_exists(path);
}

static rh_run_state state_of(const world *self) {
  rh_run *run = NULL;
  OK(rh_run_open(&run, self->run, error));
  rh_run_state state = rh_run_state_of(run);
  rh_run_free(run);
  return state;
}

/* The settings and files after an undisturbed run. */
static char *expected_settings(const target_kind *kind) {
  world self;
  kind_world(&self, kind);
  OK(do_apply(&self, error));
  char *settings = sorted(settings_of(self.image));
  kind_world_free(&self);
  return settings;
}

static void assert_settings(const world *self, const char *expected) {
  char *now = sorted(settings_of(self->image));
  assert_string_equal(now, expected);
  free(now);
}

static void assert_verified(const world *self) {
  rh_run *run = NULL;
  rh_difference_list differences;
  size_t checked;
  OK(rh_run_open(&run, self->run, error));
  OK(rh_run_verify(run, &differences, &checked, error));
  rh_run_free(run);
}

/* What became of an apply is what it says: only RH_ERR_INTERRUPTED may leave something changed, and
 * then with a journal that leads on. */
static void assert_honest(const world *self, const target_kind *kind, const char *before,
                          rh_status status) {
  char *now = exact_of(self, kind);
  bool same = strcmp(now, before) == 0;
  free(now);
  if (status == RH_ERR_INTERRUPTED)
    assert_true(is_run(self));
  else
    assert_true(status == RH_OK || same);
  if (!same)
    assert_true(is_run(self));
}

static void goes_on(const world *self, const target_kind *kind, const char *before,
                    const char *expected) {
  if (is_run(self))
    OK(do_resume(self, error));
  else
    OK(do_apply(self, error));
  assert_int_equal(state_of(self), RH_RUN_APPLIED);
  assert_settings(self, expected);
  assert_verified(self);
  OK(do_rollback(self, error));
  ASSERT_EXACT(self, kind, before);
}

static void goes_back(const world *self, const target_kind *kind, const char *before) {
  if (is_run(self)) {
    OK(do_rollback(self, error));
    assert_int_equal(state_of(self), RH_RUN_ROLLED_BACK);
  }
  ASSERT_EXACT(self, kind, before);
}

/* --- errors --- */

/* Lets the n-th change of what is todo fail, for every n, and gives the world to what comes then.
 * How often something failed. */
static unsigned fail_each(const target_kind *kind, bool lasting, work first, work todo,
                          void (*then)(const world *self, const target_kind *kind,
                                       const char *before, const char *expected,
                                       rh_status status)) {
  char *expected = expected_settings(kind);
  unsigned n = 0;
  for (bool done = false; !done; n++) {
    world self;
    rh_error problem = {0};
    kind_world(&self, kind);
    char *before = exact_of(&self, kind);
    if (first)
      OK(first(&self, error));
    changes_met = (change_control){.fail_at = n + 1, .lasting = lasting};
    rh_status status = todo(&self, &problem);
    done = changes_met.count <= n;
    changes_met = (change_control){0};
    if (done)
      assert_int_equal(status, RH_OK);
    then(&self, kind, before, expected, status);
    free(before);
    kind_world_free(&self);
    assert_true(n < NEVER);
  }
  free(expected);
  return n - 1;
}

static void resume_after(const world *self, const target_kind *kind, const char *before,
                         const char *expected, rh_status status) {
  assert_honest(self, kind, before, status);
  goes_on(self, kind, before, expected);
}

static void roll_back_after(const world *self, const target_kind *kind, const char *before,
                            const char *expected, rh_status status) {
  (void)expected;
  assert_honest(self, kind, before, status);
  goes_back(self, kind, before);
}

/* A live machine is changed thirteen times, an image in five files. */
#define CHANGES(kind) ((kind)->live ? 13u : 5u)

static void test_apply_fails(void **state) {
  const target_kind *kind = *state;
  for (int lasting = 0; lasting < 2; lasting++) {
    assert_true(fail_each(kind, lasting, NULL, do_apply, resume_after) >= CHANGES(kind));
    assert_true(fail_each(kind, lasting, NULL, do_apply, roll_back_after) >= CHANGES(kind));
  }
}

/* A rollback that was stopped goes on, whichever command is given. */
static void back_after(const world *self, const target_kind *kind, const char *before,
                       const char *expected, rh_status status) {
  rh_run_state now = state_of(self);
  if (status == RH_ERR_INTERRUPTED)
    assert_int_equal(now, RH_RUN_ROLLING_BACK);
  else if (status == RH_OK)
    assert_int_equal(now, RH_RUN_ROLLED_BACK);
  else
    assert_settings(self, expected);
  OK(changes_met.count % 2 ? do_resume(self, error) : do_rollback(self, error));
  assert_int_equal(state_of(self), RH_RUN_ROLLED_BACK);
  ASSERT_EXACT(self, kind, before);
}

static void back_by_rollback(const world *self, const target_kind *kind, const char *before,
                             const char *expected, rh_status status) {
  changes_met.count = 0;
  back_after(self, kind, before, expected, status);
}

static void back_by_resume(const world *self, const target_kind *kind, const char *before,
                           const char *expected, rh_status status) {
  changes_met.count = status == RH_ERR_INTERRUPTED;
  back_after(self, kind, before, expected, status);
}

static void test_rollback_fails(void **state) {
  const target_kind *kind = *state;
  for (int lasting = 0; lasting < 2; lasting++) {
    assert_true(fail_each(kind, lasting, do_apply, do_rollback, back_by_rollback) >= CHANGES(kind));
    assert_true(fail_each(kind, lasting, do_apply, do_rollback, back_by_resume) >= CHANGES(kind));
  }
}

/* Stopped in the middle. */
static rh_status apply_half(const world *self, rh_error *error) {
  changes_met = (change_control){.fail_at = 3, .lasting = true};
  rh_status status = do_apply(self, error);
  assert_int_equal(status, RH_ERR_INTERRUPTED);
  changes_met = (change_control){0};
  return RH_OK;
}

static void on_after_half(const world *self, const target_kind *kind, const char *before,
                          const char *expected, rh_status status) {
  assert_true(status == RH_OK || status == RH_ERR_INTERRUPTED);
  goes_on(self, kind, before, expected);
}

static void back_after_half(const world *self, const target_kind *kind, const char *before,
                            const char *expected, rh_status status) {
  (void)expected;
  assert_true(status == RH_OK || status == RH_ERR_INTERRUPTED);
  goes_back(self, kind, before);
}

static void test_resume_fails(void **state) {
  const target_kind *kind = *state;
  for (int lasting = 0; lasting < 2; lasting++) {
    fail_each(kind, lasting, apply_half, do_resume, on_after_half);
    fail_each(kind, lasting, apply_half, do_resume, back_after_half);
    fail_each(kind, lasting, apply_half, do_rollback, back_after_half);
  }
}

/* --- kills --- */

static int steps_left;

static void stop(const char *step) {
  (void)step;
  if (steps_left-- == 0)
    _exit(KILLED);
}

/* Does work in a process that ends after so many steps, each of which is a record, a change that is
 * about to be made, or one that was made. True when it came to its end before. */
static bool finished(const world *self, work todo, int steps) {
  int status = 0;
  fflush(stdout);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    steps_left = steps;
    rh_run_test_stop = stop;
    changes_met.reached = stop;
    _exit(todo(self, NULL) == RH_OK ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
  return WEXITSTATUS(status) == 0;
}

/* Three steps a change beside its record, and the records of the whole. */
static void test_apply_killed(void **state) {
  const target_kind *kind = *state;
  char *expected = expected_settings(kind);
  for (int back = 0; back < 2; back++) {
    int steps = 0;
    for (bool done = false; !done; steps++) {
      world self;
      kind_world(&self, kind);
      char *before = exact_of(&self, kind);
      done = finished(&self, do_apply, steps);
      if (!is_run(&self))
        ASSERT_EXACT(&self, kind, before);
      if (back)
        goes_back(&self, kind, before);
      else
        goes_on(&self, kind, before, expected);
      free(before);
      kind_world_free(&self);
      assert_true(steps < NEVER);
    }
    assert_true(steps > (int)CHANGES(kind) * 4 + 4);
  }
  free(expected);
}

static void test_rollback_killed(void **state) {
  const target_kind *kind = *state;
  int steps = 0;
  for (bool done = false; !done; steps++) {
    world self;
    kind_world(&self, kind);
    char *before = exact_of(&self, kind);
    OK(do_apply(&self, error));
    done = finished(&self, do_rollback, steps);
    OK(do_rollback(&self, error));
    assert_int_equal(state_of(&self), RH_RUN_ROLLED_BACK);
    ASSERT_EXACT(&self, kind, before);
    free(before);
    kind_world_free(&self);
    assert_true(steps < NEVER);
  }
  assert_true(steps > (int)CHANGES(kind) * 4 + 2);
}

/* Killed while it resumes, and while it rolls back what was half applied. */
static void test_killed_again(void **state) {
  const target_kind *kind = *state;
  char *expected = expected_settings(kind);
  for (int back = 0; back < 2; back++) {
    int steps = 0;
    for (bool done = false; !done; steps++) {
      world self;
      kind_world(&self, kind);
      char *before = exact_of(&self, kind);
      OK(apply_half(&self, error));
      done = finished(&self, back ? do_rollback : do_resume, steps);
      if (back || steps % 2)
        goes_back(&self, kind, before);
      else
        goes_on(&self, kind, before, expected);
      free(before);
      kind_world_free(&self);
      assert_true(steps < NEVER);
    }
    assert_true(steps > 6);
  }
  free(expected);
}

/* --- what others changed since --- */

#define ROUTER_PBK "Windows/System32/ras/router.pbk"

/* A value of the run, a value in a key that it made, and of an image a file. */
static rh_status apply_and_use(const world *self, rh_error *problem) {
  const target_kind *kind = strcmp(self->image, "live") == 0 ? &live_kind : &image_kind;
  rh_status status = do_apply(self, problem);
  kind_meddle(self, kind, RAS_KEY "\\Parameters", "RouterType", 0x99);
  kind_meddle(self, kind, RAS_KEY "\\Parameters\\New\\Deep", "Foreign", 1);
  if (!kind->live) {
    char path[256];
    snprintf(path, sizeof path, "%s/" ROUTER_PBK, self->image);
    OK(rh_file_write(path, "theirs", 6, RH_FILE_SHARED, error));
  }
  changes_met = (change_control){0};
  return status;
}

static rh_status roll_back_choosing(const world *self, rh_since_choice choice, rh_error *error) {
  rh_run *run = NULL;
  rh_status status = rh_run_open(&run, self->run, error);
  if (status == RH_OK)
    status = rh_run_choose(run, choice, NULL, 0, NULL, 0, error);
  if (status == RH_OK)
    status = rh_run_rollback(run, NULL, error);
  rh_run_free(run);
  return status;
}

static rh_status do_keep(const world *self, rh_error *error) {
  return roll_back_choosing(self, RH_SINCE_KEEP, error);
}

static rh_status do_discard(const world *self, rh_error *error) {
  return roll_back_choosing(self, RH_SINCE_DISCARD, error);
}

/* What was begun goes on with the choice that it began with, whichever command is given. */
static void go_on_choosing(const world *self, work choosing, bool resume) {
  if (state_of(self) == RH_RUN_ROLLING_BACK)
    OK((resume ? do_resume : do_rollback)(self, error));
  else
    OK(choosing(self, error));
  assert_int_equal(state_of(self), RH_RUN_ROLLED_BACK);
}

/* As before, with what others made in its place. */
static void assert_kept(const world *self, const target_kind *kind) {
  rh_run *run = NULL;
  json_t *facts = NULL;
  char *now = sorted(settings_of(self->image));
  assert_non_null(strstr(now, "Parameters RouterType 4 99000000\n"));
  assert_non_null(strstr(now, "Deep Foreign 4 01000000\n"));
  assert_null(strstr(now, "Deep Made"));
  assert_null(strstr(now, "Secret"));
  assert_non_null(strstr(now, "Ip AllowClientIpAddresses 4 01000000\n"));
  assert_non_null(strstr(now, "Obsolete\\Inner Value 4 07000000\n"));
  assert_null(strstr(now, "RAS Name"));
  assert_non_null(strstr(now, "old.dat 6f6c64\n"));
  assert_null(strstr(now, "ias.xml"));
  if (!kind->live)
    assert_non_null(strstr(now, "router.pbk 746865697273\n"));
  free(now);
  OK(rh_run_open(&run, self->run, error));
  OK(rh_run_rollback_facts(run, &facts, error));
  assert_int_equal(json_array_size(json_object_get(facts, "kept")), kind->live ? 2 : 3);
  json_decref(facts);
  rh_run_free(run);
}

static void assert_theirs_is_there(const world *self, const target_kind *kind) {
  char path[256];
  rh_buffer data = {0};
  if (kind->live)
    return;
  snprintf(path, sizeof path, "%s/Windows%%2FSystem32%%2Fras%%2Frouter.pbk.changed", self->run);
  OK(rh_file_read(&data, path, 100, error));
  assert_string_equal(rh_buffer_text(&data), "theirs");
  rh_buffer_dispose(&data);
  snprintf(path, sizeof path, "%s/Windows%%2FSystem32%%2Fconfig%%2FSYSTEM.changed", self->run);
  assert_true(rh_file_exists(path));
  assert_int_equal(permissions_of(path), 0600);
}

static void assert_chosen(const world *self, const target_kind *kind, work choosing,
                          const char *before) {
  if (choosing == do_keep) {
    assert_kept(self, kind);
    return;
  }
  ASSERT_EXACT(self, kind, before);
  assert_theirs_is_there(self, kind);
}

static void test_choosing_killed(void **state) {
  const target_kind *kind = *state;
  static const work choices[] = {do_keep, do_discard};
  for (size_t i = 0; i < 2; i++) {
    int steps = 0;
    for (bool done = false; !done; steps++) {
      world self;
      kind_world(&self, kind);
      char *before = exact_of(&self, kind);
      OK(apply_and_use(&self, error));
      done = finished(&self, choices[i], steps);
      if (!done)
        go_on_choosing(&self, choices[i], steps % 2);
      assert_chosen(&self, kind, choices[i], before);
      free(before);
      kind_world_free(&self);
      assert_true(steps < NEVER);
    }
    assert_true(steps > 10);
  }
}

static void keep_after(const world *self, const target_kind *kind, const char *before,
                       const char *expected, rh_status status) {
  (void)expected;
  (void)status;
  go_on_choosing(self, do_keep, false);
  assert_chosen(self, kind, do_keep, before);
}

static void discard_after(const world *self, const target_kind *kind, const char *before,
                          const char *expected, rh_status status) {
  (void)expected;
  (void)status;
  go_on_choosing(self, do_discard, true);
  assert_chosen(self, kind, do_discard, before);
}

static void test_choosing_fails(void **state) {
  const target_kind *kind = *state;
  for (int lasting = 0; lasting < 2; lasting++) {
    assert_true(fail_each(kind, lasting, apply_and_use, do_keep, keep_after) >= 3);
    assert_true(fail_each(kind, lasting, apply_and_use, do_discard, discard_after) >= 5);
  }
}

/* Allocations whose failing is tried: all of the first, then one in so many. */
static unsigned long next_allocation(unsigned long n) {
  return n + 1 + n / 40;
}

static void test_choosing_without_memory(void **state) {
  const target_kind *kind = *state;
  static const work choices[] = {do_keep, do_discard};
  for (size_t i = 0; i < 2; i++) {
    world self;
    rh_status status = RH_ERR_MEMORY;
    kind_world(&self, kind);
    char *before = exact_of(&self, kind);
    OK(apply_and_use(&self, error));
    for (unsigned long n = 1; status != RH_OK; n = next_allocation(n)) {
      rh_error problem = {0};
      rh_memory_fail_at(n);
      status = choices[i](&self, &problem);
      rh_memory_fail_at(0);
    }
    assert_int_equal(state_of(&self), RH_RUN_ROLLED_BACK);
    assert_chosen(&self, kind, choices[i], before);
    free(before);
    kind_world_free(&self);
  }
}

/* --- memory --- */

static void apply_without_memory(const world *self, const target_kind *kind, const char *before) {
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long n = 1; status != RH_OK; n = next_allocation(n)) {
    rh_error problem = {0};
    rh_memory_fail_at(n);
    status = do_apply(self, &problem);
    rh_memory_fail_at(0);
    if (status == RH_OK)
      break;
    assert_honest(self, kind, before, status);
    if (status == RH_ERR_INTERRUPTED)
      OK(do_rollback(self, error));
    ASSERT_EXACT(self, kind, before);
    if (rh_file_exists(self->run))
      OK(rh_file_remove_tree(self->run, error));
  }
}

static void test_no_memory(void **state) {
  const target_kind *kind = *state;
  world self;
  rh_status status = RH_ERR_MEMORY;
  kind_world(&self, kind);
  char *before = exact_of(&self, kind);
  apply_without_memory(&self, kind, before);
  for (unsigned long n = 1; status != RH_OK; n = next_allocation(n)) {
    rh_error problem = {0};
    rh_memory_fail_at(n);
    status = do_rollback(&self, &problem);
    rh_memory_fail_at(0);
    rh_run_state now = state_of(&self);
    if (status == RH_OK)
      assert_int_equal(now, RH_RUN_ROLLED_BACK);
    else
      assert_true(now == RH_RUN_APPLIED || now == RH_RUN_ROLLING_BACK);
  }
  ASSERT_EXACT(&self, kind, before);
  free(before);
  kind_world_free(&self);
}

int main(void) {
#define OVER_BOTH(test)                                                                            \
  {#test " (image)", test, NULL, NULL, &image_kind}, {                                             \
#test " (live)", test, NULL, NULL, &live_kind                                                  \
  }
  const struct CMUnitTest tests[] = {
      OVER_BOTH(test_apply_fails),     OVER_BOTH(test_rollback_fails),
      OVER_BOTH(test_resume_fails),    OVER_BOTH(test_apply_killed),
      OVER_BOTH(test_rollback_killed), OVER_BOTH(test_killed_again),
      OVER_BOTH(test_no_memory),       OVER_BOTH(test_choosing_killed),
      OVER_BOTH(test_choosing_fails),  OVER_BOTH(test_choosing_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
