/* Writes the scripts of the first start of a plan, or of as much of one as they need:
 * first_start_of PLAN FOLDER */
#include "base/file.h"
#include "script/script.h"

#include <stdio.h>

static rh_status write_script(const char *folder, const char *name, const json_t *text,
                              rh_error *error) {
  char *path = rh_platform_join(folder, name);
  rh_status status = text ? rh_file_write(path, json_string_value(text), json_string_length(text),
                                          RH_FILE_SHARED, error)
                          : RH_OK;
  rh_free(path);
  return status;
}

int main(int argc, char **argv) {
  rh_script *script = NULL;
  rh_error error = {0};
  json_t *scripts = NULL, *plan = argc == 3 ? json_load_file(argv[1], JSON_ALLOW_NUL, NULL) : NULL;
  rh_status status = plan ? rh_script_open(&script, &(rh_script_options){0}, &error)
                          : rh_error_set(&error, RH_ERR_ARGUMENT, "PLAN FOLDER", "no plan");
  if (status == RH_OK)
    status = rh_script_view(script, "first_start", plan, &scripts, &error);
  if (status == RH_OK)
    status = write_script(argv[2], "first-start.ps1", json_object_get(scripts, "run"), &error);
  if (status == RH_OK)
    status =
        write_script(argv[2], "first-start-undo.ps1", json_object_get(scripts, "undo"), &error);
  if (status != RH_OK)
    fprintf(stderr, "%s: %s\n", error.object, error.message);
  json_decref(scripts);
  json_decref(plan);
  rh_script_free(script);
  return status == RH_OK ? 0 : 1;
}
