/* The calendar against the C library's, and what is no time. */
#define _GNU_SOURCE
#include "base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
/* cmocka wants those first. */
#include <cmocka.h>

static void test_every_few_hours_of_five_centuries(void **state) {
  (void)state;
  for (int64_t seconds = 0; seconds < 500LL * 366 * 86400; seconds += 40009) {
    char ours[RH_TIME_TEXT], theirs[RH_TIME_TEXT];
    time_t point = (time_t)seconds;
    int64_t back = -1;
    rh_time_print(ours, seconds);
    strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", gmtime(&point));
    assert_string_equal(ours, theirs);
    assert_int_equal(rh_time_parse(&back, ours, NULL), RH_OK);
    assert_int_equal(back, seconds);
  }
}

static void test_edges(void **state) {
  (void)state;
  char text[RH_TIME_TEXT];
  int64_t seconds = 0;
  rh_time_print(text, INT64_MIN);
  assert_string_equal(text, "1970-01-01T00:00:00Z");
  rh_time_print(text, INT64_MAX);
  assert_string_equal(text, "9999-12-31T23:59:59Z");
  assert_int_equal(rh_time_parse(&seconds, "2000-02-29", NULL), RH_OK);
  assert_int_equal(seconds, 951782400);
  assert_int_equal(rh_time_parse(&seconds, "2017-03-04T16:37:31Z", NULL), RH_OK);
  assert_int_equal(rh_seconds_from_filetime(rh_filetime_from_seconds(seconds)), seconds);
  assert_int_equal(rh_filetime_from_seconds(0), 116444736000000000);
}

static void test_what_is_no_time(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "2026",
                                    "2026-1-1",
                                    "2026-02-29",
                                    "2100-02-29",
                                    "2026-13-01",
                                    "2026-00-10",
                                    "1969-12-31",
                                    "2026-01-01T",
                                    "2026-01-01T24:00:00Z",
                                    " 2026-01-01",
                                    "2026-01-01x",
                                    "-026-01-01",
                                    "2026-01-01T12:00:00",
                                    "2026-01-01T12:60:00Z"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    rh_error error;
    int64_t seconds;
    assert_int_equal(rh_time_parse(&seconds, bad[i], &error), RH_ERR_ARGUMENT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_few_hours_of_five_centuries),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_what_is_no_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
