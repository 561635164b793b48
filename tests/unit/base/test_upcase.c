/* The upper-case table against the one of an NTFS volume that mkntfs makes, unit by unit. */
#define _POSIX_C_SOURCE 200809L

#include "base/reader.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define UNITS 65536u

/* $UpCase is file 10 of a volume. */
static bool read_volume(unsigned char out[2 * UNITS]) {
  char image[] = "/tmp/rehome-upcase-XXXXXX", command[256];
  int descriptor = mkstemp(image);
  if (descriptor < 0 || ftruncate(descriptor, 4 << 20) != 0)
    return false;
  close(descriptor);
  snprintf(command, sizeof command,
           "PATH=$PATH:/usr/sbin:/sbin; mkntfs -qF %s >/dev/null 2>&1 && ntfscat -f -i 10 %s "
           "2>/dev/null",
           image, image);
  FILE *pipe = popen(command, "r");
  size_t len = pipe ? fread(out, 1, 2 * UNITS, pipe) : 0;
  if (pipe)
    pclose(pipe);
  remove(image);
  return len == 2 * UNITS;
}

static void test_every_unit_is_as_ntfs_has_it(void **state) {
  (void)state;
  static unsigned char table[2 * UNITS];
  size_t pairs = 0;
  if (!read_volume(table)) {
    printf("skipped: mkntfs or ntfscat is not installed\n");
    skip();
  }
  for (uint32_t unit = 0; unit < UNITS; unit++) {
    uint16_t upper = rh_load_u16(table + (size_t)2 * unit);
    if (rh_upcase((uint16_t)unit) != upper)
      fail_msg("U+%04X: 0x%04X, not 0x%04X", (unsigned)unit, rh_upcase((uint16_t)unit), upper);
    pairs += upper != unit;
  }
  assert_true(pairs > 900);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_unit_is_as_ntfs_has_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
