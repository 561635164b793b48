/* log verify: whether the journal and the events of a run are as they were written. */
#include "command/command.h"

#include <string.h>

static json_t *json_of(const rh_log_state *log) {
  bool sound = log->problem.code == RH_OK;
  return json_pack("{s:s,s:I,s:b,s:b,s:o*}", "file", log->name, "records", (json_int_t)log->count,
                   "sound", sound, "torn", log->torn, "problem",
                   sound ? NULL : rh_json_text(log->problem.message));
}

static void say_log(rh_cli *cli, const rh_log_state *log) {
  if (log->problem.code != RH_OK)
    rh_say(cli, "%-14s %s", log->name, log->problem.message);
  else
    rh_say(cli, "%-14s sound, %zu records%s", log->name, log->count,
           log->torn ? "; behind them the torn end of a write that was stopped" : "");
}

rh_exit rh_cmd_log_verify(rh_cli *cli) {
  rh_log_state logs[RH_LOG_COUNT];
  rh_error error = {0};
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one run folder");
  const char *folder = cli->arguments.items[0];
  rh_status status = rh_run_check_logs(logs, folder, &error);
  if (status != RH_OK && status != RH_ERR_DIFFERS)
    return rh_fail(cli, &error);
  json_t *list = json_array();
  for (size_t i = 0; i < RH_LOG_COUNT; i++) {
    say_log(cli, &logs[i]);
    json_array_append_new(list, json_of(&logs[i]));
  }
  rh_print_json(cli, json_pack("{s:o,s:o}", "run", rh_json_text(folder), "logs", list));
  return rh_exit_of(status);
}
