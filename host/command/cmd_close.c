/* close: the end of a run, after which nothing leads back. */
#include "command/command.h"

static rh_exit ask(rh_cli *cli, const rh_run *run) {
  rh_error error = {0};
  rh_say(cli,
         "The replaced files, what was before and all secrets go from %s. There is no way back "
         "then.",
         rh_run_folder(run));
  if (cli->yes || rh_confirm(cli, "Close the run?"))
    return RH_EXIT_DONE;
  rh_error_set(&error, RH_ERR_BLOCKED, rh_run_folder(run),
               "nobody said that it is to be closed; nothing was changed");
  rh_error_hint(&error, "say so with --yes");
  return rh_fail(cli, &error);
}

rh_exit rh_cmd_close(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE)
    code = rh_find_destination(cli, run);
  if (code == RH_EXIT_DONE && rh_run_check_close(run, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE && rh_run_state_of(run) != RH_RUN_CLOSED) {
    rh_say_target(cli, rh_run_destination(run), rh_run_folder(run));
    code = ask(cli, run);
    if (code == RH_EXIT_DONE && rh_run_close(run, NULL, &error) != RH_OK)
      code = rh_fail(cli, &error);
  }
  if (code == RH_EXIT_DONE) {
    cli->changed = true;
    rh_say(cli, "The run in %s is closed.", rh_run_folder(run));
    rh_print_json(cli, json_pack("{s:o,s:s}", "run", rh_json_text(rh_run_folder(run)), "state",
                                 rh_run_state_name(rh_run_state_of(run))));
  }
  rh_run_free(run);
  return code;
}
