/* Files of an overlay whose data must not be shown. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "machine_fixture.h"

static void the_mark_is_in_the_change(void **state) {
  fixture self;
  rh_machine *image = NULL, *overlay = NULL;
  rh_change_list changes = {0};
  rh_error failure = {0};
  (void)state;
  fixture_make(&self);
  OK(rh_machine_open(&image, self.image, NULL, error));
  OK(rh_machine_overlay(&overlay, image, error));
  OK(rh_machine_file_write(overlay, "Windows/a.xml", "one", 3, error));
  OK(rh_machine_file_write(overlay, "Windows/b.xml", "two", 3, error));
  OK(rh_machine_file_mark_secret(overlay, "windows\\A.XML", error));
  OK(rh_machine_file_write(overlay, "Windows/a.xml", "three", 5, error));
  OK(rh_machine_file_mark_secret(overlay, "Windows/absent.xml", error));
  OK(rh_machine_changes(overlay, &changes, error));
  assert_int_equal(changes.count, 2);
  assert_string_equal(changes.items[0].path, "Windows/a.xml");
  assert_true(changes.items[0].secret);
  assert_false(changes.items[1].secret);
  assert_int_equal(rh_machine_file_mark_secret(image, "Windows/a.xml", &failure),
                   RH_ERR_UNSUPPORTED);
  assert_int_equal(rh_machine_file_mark_secret(overlay, "../a.xml", &failure), RH_ERR_ARGUMENT);
  rh_change_list_dispose(&changes);
  rh_machine_free(overlay);
  rh_machine_free(image);
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_mark_is_in_the_change)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
