/* verify and status: where a run stands, and whether the destination still is what it made. */
#include "command/command.h"

rh_exit rh_verify_run(rh_cli *cli, rh_run *run, json_t *document) {
  rh_difference_list differences = {0};
  rh_error error = {0};
  size_t checked = 0;
  rh_status status = rh_run_verify(run, &differences, &checked, &error);
  if (status != RH_OK && status != RH_ERR_DIFFERS)
    return rh_fail(cli, &error);
  rh_say_title(cli, "Verified");
  rh_say(cli, "  %zu settings and files compared, %zu differ", checked, differences.count);
  json_t *list = json_array();
  for (size_t i = 0; i < differences.count; i++) {
    const rh_difference *item = &differences.items[i];
    rh_say(cli, "  %s\n      is        %s\n      should be %s", item->what, item->found,
           item->expected);
    json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "what", item->what, "found", item->found,
                                          "expected", item->expected));
  }
  json_object_set_new(document, "checked", json_integer((json_int_t)checked));
  json_object_set_new(document, "differences", list);
  rh_difference_list_dispose(&differences);
  return status == RH_OK ? RH_EXIT_DONE : RH_EXIT_DIFFERS;
}

rh_exit rh_cmd_verify(rh_cli *cli) {
  rh_run *run = NULL;
  json_t *document = json_object();
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE) {
    code = rh_verify_run(cli, run, document);
    if (code == RH_EXIT_DONE || code == RH_EXIT_DIFFERS)
      rh_print_json(cli, json_incref(document));
  }
  json_decref(document);
  rh_run_free(run);
  return code;
}

static const char *next_step(rh_run_state state) {
  switch (state) {
  case RH_RUN_STARTED:
    return "nothing was changed yet; 'rehome resume' goes on, 'rehome rollback' closes it";
  case RH_RUN_PLACING:
    return "stopped half-way; 'rehome resume' finishes it, 'rehome rollback' undoes it";
  case RH_RUN_APPLIED:
    return "'rehome verify' compares, 'rehome rollback' undoes it";
  case RH_RUN_ROLLING_BACK:
    return "stopped half-way back; 'rehome rollback' goes on";
  case RH_RUN_ROLLED_BACK:
    return "nothing is left to do";
  }
  return "";
}

rh_exit rh_cmd_status(rh_cli *cli) {
  rh_run *run = NULL;
  rh_exit code = rh_open_run(cli, &run);
  if (code != RH_EXIT_DONE)
    return code;
  rh_run_state state = rh_run_state_of(run);
  size_t open = rh_count_open_manual(rh_run_plan(run));
  rh_say(cli, "run          %s", rh_run_folder(run));
  rh_say(cli, "destination  %s", rh_run_destination(run));
  rh_say(cli, "state        %s", rh_run_state_name(state));
  rh_say(cli, "changes      %zu", rh_plan_change_count(rh_run_plan(run)));
  rh_say(cli, "by hand      %zu steps", open);
  rh_say(cli, "next         %s", next_step(state));
  rh_print_json(cli, json_pack("{s:s,s:s,s:s,s:I,s:I}", "run", rh_run_folder(run), "destination",
                               rh_run_destination(run), "state", rh_run_state_name(state),
                               "changes", (json_int_t)rh_plan_change_count(rh_run_plan(run)),
                               "manual_open", (json_int_t)open));
  rh_run_free(run);
  return state == RH_RUN_PLACING || state == RH_RUN_ROLLING_BACK ? RH_EXIT_INTERRUPTED
                                                                 : RH_EXIT_DONE;
}
