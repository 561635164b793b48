/* Being asked to end: noted once, and at once the second time. */
#include "base/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a process of its own: raises the signals one after the other; ends with 0 when the first one
 * was noted by name and the second one did not end it. */
static int ended_by(const int *numbers, size_t count, const char *name) {
  int result = 0;
  pid_t child = fork();
  if (child == 0) {
    rh_error error = {0};
    for (size_t i = 0; i < count; i++)
      signal(numbers[i], SIG_DFL);
    rh_platform_prepare_process(7);
    if (rh_platform_stop_asked() || rh_check_stop(&error) != RH_OK)
      _exit(2);
    raise(numbers[0]);
    if (rh_check_stop(&error) != RH_ERR_STOPPED || strcmp(rh_platform_stop_asked(), name) != 0 ||
        !strstr(error.message, name))
      _exit(3);
    for (size_t i = 1; i < count; i++)
      raise(numbers[i]);
    _exit(0);
  }
  assert_int_equal(child, waitpid(child, &result, 0));
  return WIFSIGNALED(result) ? WTERMSIG(result) : -WEXITSTATUS(result);
}

static void the_second_ends_at_once(void **state) {
  (void)state;
  assert_int_equal(0, ended_by((int[]){SIGINT}, 1, "SIGINT"));
  assert_int_equal(0, ended_by((int[]){SIGTERM}, 1, "SIGTERM"));
  assert_int_equal(0, ended_by((int[]){SIGHUP}, 1, "SIGHUP"));
  assert_int_equal(SIGINT, ended_by((int[]){SIGINT, SIGINT}, 2, "SIGINT"));
  assert_int_equal(SIGTERM, ended_by((int[]){SIGINT, SIGTERM}, 2, "SIGINT"));
  assert_int_equal(SIGHUP, ended_by((int[]){SIGTERM, SIGHUP}, 2, "SIGTERM"));
}

/* As nohup and a shell's background jobs start programs. */
static void what_is_ignored_stays_so(void **state) {
  int result = 0;
  (void)state;
  pid_t child = fork();
  if (child == 0) {
    signal(SIGHUP, SIG_IGN);
    rh_platform_prepare_process(7);
    raise(SIGHUP);
    _exit(rh_platform_stop_asked() ? 1 : 0);
  }
  assert_int_equal(child, waitpid(child, &result, 0));
  assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_second_ends_at_once),
      cmocka_unit_test(what_is_ignored_stays_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
