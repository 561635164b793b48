/* status: where a run stands, or the runs that stand on a machine. */
#include "command/command.h"

#include <string.h>

static const char *next_step(rh_run_state state) {
  switch (state) {
  case RH_RUN_STARTED:
    return "nothing was changed yet; 'rehome resume' goes on, 'rehome rollback' ends it";
  case RH_RUN_PLACING:
    return "stopped half-way; 'rehome resume' finishes it, 'rehome rollback' undoes it";
  case RH_RUN_APPLIED:
    return "'rehome verify' compares, 'rehome rollback' undoes it, 'rehome close' gives up the way "
           "back";
  case RH_RUN_ROLLING_BACK:
    return "stopped half-way back; 'rehome rollback' goes on";
  case RH_RUN_ROLLED_BACK:
    return "nothing is left to do";
  case RH_RUN_CLOSING:
    return "stopped while it was closed; 'rehome close' finishes that";
  case RH_RUN_CLOSED:
    return "nothing is left to do; there is no way back";
  }
  return "";
}

static rh_exit tell_run(rh_cli *cli, const rh_run *run) {
  rh_run_state state = rh_run_state_of(run);
  json_t *manual = NULL;
  if (rh_read_manual(cli, run, &manual) != RH_EXIT_DONE)
    rh_warn(cli, "the events were altered, so what was done by hand is not known");
  size_t open = rh_count_open_manual(
      manual ? manual : json_object_get(rh_plan_document(rh_run_plan(run)), "manual"));
  rh_say(cli, "run          %s", rh_run_folder(run));
  rh_say(cli, "destination  %s", rh_run_destination(run));
  rh_say(cli, "state        %s", rh_run_state_name(state));
  rh_say(cli, "changes      %zu", rh_plan_change_count(rh_run_plan(run)));
  if (rh_run_was_without_source(run))
    rh_say(cli, "source       left out: applied without planning again");
  rh_say(cli, "by hand      %zu steps are open%s", open,
         open > 0 ? "; 'rehome manual' lists them" : "");
  rh_say(cli, "next         %s", next_step(state));
  json_t *document =
      json_pack("{s:o,s:s,s:s,s:I,s:I,s:b}", "run", rh_json_text(rh_run_folder(run)), "destination",
                rh_run_destination(run), "state", rh_run_state_name(state), "changes",
                (json_int_t)rh_plan_change_count(rh_run_plan(run)), "manual_open", (json_int_t)open,
                "without_source", rh_run_was_without_source(run));
  rh_view_rolled_back(cli, run, document);
  rh_print_json(cli, document);
  json_decref(manual);
  if (state == RH_RUN_PLACING || state == RH_RUN_ROLLING_BACK || state == RH_RUN_CLOSING)
    return RH_EXIT_INTERRUPTED;
  return state == RH_RUN_APPLIED && open > 0 ? RH_EXIT_MANUAL : RH_EXIT_DONE;
}

/* A run is told wherever its destination is; only what was named has to be right. */
static rh_exit tell_one(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE && cli->destination)
    code = rh_find_destination(cli, run);
  else if (code == RH_EXIT_DONE && rh_run_find(run, NULL, false, &error) != RH_OK)
    rh_warn(cli, "%s: %s", error.object, error.message);
  if (code == RH_EXIT_DONE)
    code = tell_run(cli, run);
  rh_run_free(run);
  return code;
}

static const char *text_of(const json_t *entry, const char *key) {
  const char *text = json_string_value(json_object_get(entry, key));
  return text ? text : "?";
}

static rh_exit tell_machine(rh_cli *cli) {
  json_t *runs = NULL, *entry;
  rh_error error = {0};
  rh_buffer computer = {0};
  size_t index;
  rh_exit code = RH_EXIT_DONE;
  if (rh_run_list(&runs, cli->destination, &error) != RH_OK)
    return rh_fail(cli, &error);
  rh_read_computer_name(&computer, cli->destination);
  rh_say(cli, "destination  %s", cli->destination);
  rh_say(cli, "computer     %s", rh_buffer_text(&computer));
  rh_say(cli, "runs         %zu%s", json_array_size(runs),
         json_array_size(runs) > 1 ? ", the last one on top" : "");
  json_array_foreach(runs, index, entry) {
    const char *state = text_of(entry, "state");
    rh_say(cli, "  %zu  %-12s %s  %s", index + 1, state, text_of(entry, "time"),
           text_of(entry, "folder"));
    if (strcmp(state, rh_run_state_name(RH_RUN_APPLIED)) != 0)
      code = RH_EXIT_INTERRUPTED;
  }
  rh_print_json(cli, json_pack("{s:o,s:o,s:O}", "destination", rh_json_text(cli->destination),
                               "computer", rh_json_text(rh_buffer_text(&computer)), "runs", runs));
  rh_buffer_dispose(&computer);
  json_decref(runs);
  return code;
}

rh_exit rh_cmd_status(rh_cli *cli) {
  if (cli->arguments.count == 0 && cli->destination)
    return tell_machine(cli);
  return tell_one(cli);
}
