/* The events of a run: JSON lines for machines. */
#include "run/run_internal.h"
#include "run/run_json.h"

#include <string.h>
#include <time.h>

#define EPOCH_SECONDS 11644473600 /* from 1601 to 1970 */

static rh_status time_text(char *out, size_t size, rh_error *error) {
  time_t seconds = (time_t)(rh_platform_filetime() / 10000000) - EPOCH_SECONDS;
  const struct tm *utc = gmtime(&seconds);
  if (!utc || strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", utc) == 0)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, "clock", "shows no usable time");
  return RH_OK;
}

/* A write that was cut short must not spoil the line that follows. */
static rh_status end_torn_line(rh_buffer *line, const char *path, rh_error *error) {
  rh_file_info info;
  rh_file *file = NULL;
  char last = '\n';
  size_t done = 0;
  if (rh_platform_info(path, &info, NULL) != RH_OK || info.size == 0)
    return RH_OK;
  rh_status status = rh_platform_open(&file, path, RH_FILE_READ, 0, error);
  if (status == RH_OK)
    status = rh_platform_read_at(file, info.size - 1, &last, 1, &done, error);
  rh_platform_close(file, NULL);
  if (status == RH_OK && last != '\n')
    status = rh_buffer_append_text(line, "\n", error);
  return status;
}

rh_status rh_run_event(rh_run *run, const char *kind, json_t *facts, rh_error *error) {
  char now[32];
  rh_buffer line = {0};
  rh_file *file = NULL;
  json_t *event = NULL;
  char *path = rh_run_path(run, "events.jsonl");
  rh_status status = path ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = time_text(now, sizeof now, error);
  if (status == RH_OK && !(event = json_pack("{s:s, s:s}", "time", now, "kind", kind)))
    status = rh_error_memory(error);
  if (status == RH_OK && facts && json_object_update_missing(event, facts) != 0)
    status = rh_error_set(error, RH_ERR_ARGUMENT, kind, "the facts of an event are no object");
  if (status == RH_OK)
    status = end_torn_line(&line, path, error);
  if (status == RH_OK)
    status = rh_json_dump(&line, event, JSON_COMPACT, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(&line, "\n", error);
  if (status == RH_OK)
    status = rh_platform_open(&file, path, RH_FILE_APPEND, 0600, error);
  if (status == RH_OK)
    status = rh_platform_write(file, line.data, line.len, error);
  rh_status closed = rh_platform_close(file, status == RH_OK ? error : NULL);
  json_decref(event);
  rh_buffer_dispose(&line);
  rh_free(path);
  return status != RH_OK ? status : closed;
}

void rh_run_tell(rh_run *run, const char *kind, const char *path) {
  json_t *facts = path ? json_pack("{s:o}", "path", rh_json_from_name(path, strlen(path))) : NULL;
  rh_run_event(run, kind, facts, NULL);
  json_decref(facts);
}
