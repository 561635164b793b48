/* verify: whether the destination still is what a run made of it. */
#include "command/command.h"

#include <string.h>

/* Windows takes out of RunOnce what has run: that is as it should be. */
static bool is_used_up(const rh_cli *cli, const rh_difference *item) {
  size_t len = strlen(cli->used_up), what = strlen(item->what);
  return len > 0 && what > len && strcmp(item->what + what - len, cli->used_up) == 0 &&
         strcmp(item->found, "absent") == 0;
}

rh_exit rh_verify_run(rh_cli *cli, rh_run *run, json_t *document) {
  rh_difference_list differences = {0};
  rh_error error = {0};
  size_t checked = 0, differ = 0;
  rh_status status = rh_run_verify(run, &differences, &checked, &error);
  if (status != RH_OK && status != RH_ERR_DIFFERS)
    return rh_fail(cli, &error);
  for (size_t i = 0; i < differences.count; i++)
    differ += !is_used_up(cli, &differences.items[i]);
  rh_say_title(cli, "Verified");
  rh_say(cli, "  %zu settings and files compared, %zu %s", checked, differ,
         cli->first_start ? "changed since" : "differ");
  json_t *list = json_array();
  for (size_t i = 0; i < differences.count; i++) {
    const rh_difference *item = &differences.items[i];
    if (is_used_up(cli, item))
      continue;
    rh_say(cli, "  %s\n      is        %s\n      should be %s", item->what, item->found,
           item->expected);
    json_array_append_new(list, json_pack("{s:o,s:o,s:o}", "what", rh_json_text(item->what),
                                          "found", rh_json_text(item->found), "expected",
                                          rh_json_text(item->expected)));
  }
  json_object_set_new(document, "checked", json_integer((json_int_t)checked));
  json_object_set_new(document, "differences", list);
  rh_difference_list_dispose(&differences);
  return differ == 0 ? RH_EXIT_DONE : RH_EXIT_DIFFERS;
}

/* What the source has become since, for the record: a drift of it is no fault of the run. Sets
 * changed, and gives false when the source is not there to be read. */
static bool look_at_source(rh_cli *cli, const rh_plan *plan, bool *changed, json_t *document) {
  rh_error error = {0};
  rh_status status = rh_plan_check_source(plan, rh_plan_source(plan), &error);
  *changed = status == RH_ERR_STALE;
  const char *word = status == RH_OK ? "same" : *changed ? "changed" : "unavailable";
  json_object_set_new(document, "source", json_string(word));
  if (*changed)
    rh_say(cli, "  note: %s", error.message);
  else if (status != RH_OK)
    rh_say(cli, "  note: the source is not there any more, so it was not planned again");
  return status == RH_OK || *changed;
}

/* Planning again looks at each setting that the playbooks know, whatever the run had to do there.
 */
static rh_exit verify_by_planning(rh_cli *cli, const rh_run *run, json_t *document) {
  const rh_plan *plan = rh_run_plan(run);
  rh_again again = {.destination = rh_run_destination(run)};
  rh_error error = {0};
  bool changed = false;
  if (!look_at_source(cli, plan, &changed, document))
    return RH_EXIT_DONE;
  rh_exit code = RH_EXIT_DONE;
  if (rh_open_planned_script(cli, plan, &again.script, &error) == RH_OK)
    code = rh_plan_again(cli, plan, &again, changed, document);
  else
    rh_say(cli, "  note: not planned again: %s: %s", error.object, error.message);
  rh_again_close(&again);
  return code;
}

rh_exit rh_cmd_verify(rh_cli *cli) {
  rh_run *run = NULL;
  json_t *document = json_object();
  rh_exit code = rh_open_run(cli, &run);
  if (code == RH_EXIT_DONE)
    code = rh_find_destination(cli, run);
  if (code == RH_EXIT_DONE && cli->first_start)
    code = rh_read_first_start(cli, run, document);
  if (code == RH_EXIT_DONE) {
    code = rh_verify_run(cli, run, document);
    rh_exit again = code == RH_EXIT_DONE || code == RH_EXIT_DIFFERS
                        ? verify_by_planning(cli, run, document)
                        : RH_EXIT_DONE;
    if (code == RH_EXIT_DONE)
      code = again;
    if (code == RH_EXIT_DONE || code == RH_EXIT_DIFFERS)
      rh_print_json(cli, json_incref(document));
  }
  json_decref(document);
  rh_run_free(run);
  return code;
}
