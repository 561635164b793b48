/* Runs a fuzz target over the files and folders named, one after the other, as a normal test. */
#define _POSIX_C_SOURCE 200809L
#include "base/file.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int run_file(const char *path) {
  rh_buffer bytes = {0};
  rh_error error = {0};
  if (rh_file_read(&bytes, path, (size_t)1 << 30, &error) != RH_OK) {
    printf("not ok - %s: %s\n", path, error.message);
    return 1;
  }
  /* A copy of the exact size, so that a sanitizer sees a read behind the end. */
  uint8_t *exact = rh_alloc(bytes.len);
  for (size_t i = 0; exact && i < bytes.len; i++)
    exact[i] = bytes.data[i];
  if (exact)
    LLVMFuzzerTestOneInput(exact, bytes.len);
  printf("ok - %s\n", path);
  rh_free(exact);
  rh_buffer_dispose(&bytes);
  return 0;
}

int main(int argc, char **argv) {
  int failed = argc < 2;
  size_t count = 0;
  for (int i = 1; i < argc; i++) {
    rh_name_list list = {0};
    if (rh_platform_list(&list, argv[i], NULL) != RH_OK) {
      failed |= run_file(argv[i]);
      count++;
    }
    for (size_t n = 0; n < list.count; n++) {
      char *path = rh_platform_join(argv[i], list.names[n]);
      failed |= path ? run_file(path) : 1;
      rh_free(path);
      count++;
    }
    rh_name_list_dispose(&list);
  }
  if (count == 0)
    puts("not ok - no file to run");
  return failed || count == 0;
}
