/* Runs Lua spec files in the host and prints TAP: run_spec FILE... */
#include "base/file.h"
#include "script/script.h"

#include <stdio.h>

static void on_print(void *payload, const char *text) {
  (void)payload;
  printf("%s\n", text);
}

static int run_file(const char *path) {
  rh_script *script = NULL;
  rh_buffer text = {0};
  rh_error error = {0};
  json_t *results = NULL, *item;
  size_t index;
  int failed = 0;
  rh_status status = rh_file_read(&text, path, 1 << 20, &error);
  if (status == RH_OK)
    status = rh_script_open(&script, &(rh_script_options){.on_print = on_print}, &error);
  if (status == RH_OK)
    status = rh_script_run_spec(script, rh_platform_base_name(path), rh_buffer_text(&text),
                                text.len, &results, &error);
  if (status != RH_OK) {
    printf("not ok - %s: %s: %s\n", path, error.object, error.message);
    failed = 1;
  }
  json_array_foreach(results, index, item) {
    bool ok = json_is_true(json_object_get(item, "ok"));
    const char *message = json_string_value(json_object_get(item, "message"));
    printf("%s - %s\n", ok ? "ok" : "not ok", json_string_value(json_object_get(item, "name")));
    if (!ok)
      printf("    %s\n", message ? message : "");
    failed |= !ok;
  }
  json_decref(results);
  rh_script_free(script);
  rh_buffer_dispose(&text);
  return failed;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; i++)
    failed |= run_file(argv[i]);
  return failed;
}
