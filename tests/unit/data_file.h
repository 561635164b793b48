/* For tests: reads a file of the data folder, unpacking it with the xz program when it is packed.
 * Define _POSIX_C_SOURCE before the first include. */
#ifndef TEST_DATA_FILE_H
#define TEST_DATA_FILE_H

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* False, and the reason is printed, when there is no such file: the test should skip. */
static inline bool read_data_file(rh_buffer *out, const char *name) {
  char command[1024];
  unsigned char bytes[65536];
  snprintf(command, sizeof command, "%s '%s/%s'",
           strstr(name, ".xz") ? "xz -dc 2>/dev/null" : "cat 2>/dev/null", TEST_DATA_DIR, name);
  FILE *pipe = popen(command, "r");
  for (size_t len = 0; pipe && (len = fread(bytes, 1, sizeof bytes, pipe)) > 0;)
    if (rh_buffer_append(out, bytes, len, NULL) != RH_OK)
      break;
  if (pipe)
    pclose(pipe);
  if (out->len == 0)
    printf("skipped: %s/%s is not there or cannot be unpacked\n", TEST_DATA_DIR, name);
  return out->len > 0;
}

#endif
