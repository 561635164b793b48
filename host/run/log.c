/* Whether the logs of a run are as they were written. */
#include "run/internal.h"

#include <string.h>

static rh_status check_log(rh_log_state *out, const char *folder, const rh_journal_end *was,
                           rh_error *error) {
  rh_journal *log = NULL;
  json_t *records = NULL;
  rh_journal_end end;
  char *path = rh_platform_join(folder, out->name);
  if (!path)
    return rh_error_memory(error);
  rh_error *problem = &out->problem;
  rh_status status = rh_journal_open(&log, path, &records, problem);
  if (status == RH_OK) {
    rh_journal_tell_end(log, &end);
    out->count = (size_t)end.count;
    out->torn = end.torn;
    status = rh_run_check_end(log, records, was, path, problem);
  } else if (status == RH_ERR_NOT_FOUND) {
    rh_error_set(problem, status, path, "is missing");
  }
  rh_journal_free(log);
  json_decref(records);
  rh_free(path);
  return status == RH_ERR_MEMORY ? rh_error_memory(error) : RH_OK;
}

/* A run that was killed at its very start has told no event. */
static bool is_only_begun(const char *folder) {
  rh_run *run = NULL;
  bool begun = rh_run_open(&run, folder, NULL) == RH_OK && rh_run_state_of(run) == RH_RUN_STARTED;
  rh_run_free(run);
  return begun;
}

rh_status rh_run_check_logs(rh_log_state out[RH_LOG_COUNT], const char *folder, rh_error *error) {
  rh_run_heads heads;
  rh_log_state *journal = &out[0], *events = &out[1];
  *journal = (rh_log_state){.name = "journal.jsonl"};
  *events = (rh_log_state){.name = "events.jsonl"};
  rh_error problem = {0};
  rh_status known = rh_run_read_heads(&heads, folder, &problem);
  if (known == RH_ERR_MEMORY)
    return rh_error_memory(error);
  rh_status status = check_log(journal, folder, &heads.journal, error);
  if (status == RH_OK)
    status = check_log(events, folder, &heads.events, error);
  if (status != RH_OK)
    return status;
  bool no_events = events->problem.code == RH_ERR_NOT_FOUND;
  if (journal->problem.code == RH_ERR_NOT_FOUND && no_events)
    return rh_error_set(error, RH_ERR_NOT_FOUND, folder, "holds no run");
  if (known == RH_ERR_NOT_FOUND && is_only_begun(folder)) {
    if (no_events)
      events->problem = (rh_error){0};
  } else if (known != RH_OK && events->problem.code == RH_OK) {
    events->problem = problem;
    rh_error_set(&events->problem, RH_ERR_FORMAT, problem.object,
                 "is missing or damaged: whether the logs were cut cannot be told");
  }
  for (size_t i = 0; i < RH_LOG_COUNT; i++)
    if (out[i].problem.code != RH_OK)
      return rh_error_set(error, RH_ERR_DIFFERS, out[i].problem.object, "%s",
                          out[i].problem.message);
  return RH_OK;
}
