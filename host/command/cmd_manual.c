/* manual: what is left to do by hand, recording who did it, and a checklist to take along. */
#include "command/command.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

rh_exit rh_read_manual(rh_cli *cli, const rh_run *run, json_t **out) {
  rh_error error = {0};
  return rh_run_manual(run, out, &error) == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

/* What a person has to have done before an unattended apply: nothing else can vouch for it. */
static bool needs_somebody(const json_t *step) {
  const char *policy = text_of(step, "unattended");
  return strcmp(text_of(step, "phase"), "before") == 0 &&
         strcmp(text_of(step, "state"), "open") == 0 &&
         (strcmp(policy, "fail") == 0 || strcmp(policy, "accept-if-verified") == 0);
}

rh_exit rh_check_unattended(rh_cli *cli, const rh_plan *plan) {
  size_t index;
  json_t *step;
  rh_error error = {0};
  if (!cli->unattended)
    return RH_EXIT_DONE;
  json_array_foreach(json_object_get(rh_plan_document(plan), "manual"), index, step) {
    if (!needs_somebody(step))
      continue;
    rh_error_set(&error, RH_ERR_BLOCKED, text_of(step, "id"),
                 "'%s' has to be done first, and nobody attends; nothing was changed",
                 text_of(step, "title"));
    rh_error_hint(&error, "do it, then plan again or apply without --unattended");
    return rh_fail(cli, &error);
  }
  return RH_EXIT_DONE;
}

static bool may_wait(const json_t *step) {
  const char *policy = text_of(step, "unattended");
  return strcmp(text_of(step, "state"), "open") == 0 && (!*policy || strcmp(policy, "defer") == 0);
}

rh_exit rh_defer_unattended(rh_cli *cli, rh_run *run) {
  size_t index;
  json_t *steps = NULL, *step;
  rh_error error = {0};
  if (!cli->unattended)
    return RH_EXIT_DONE;
  rh_exit code = rh_read_manual(cli, run, &steps);
  json_array_foreach(steps, index, step) {
    if (code == RH_EXIT_DONE && may_wait(step) &&
        rh_run_record_manual(run, text_of(step, "id"), "deferred", "rehome", "unattended run",
                             &error) != RH_OK)
      code = rh_fail(cli, &error);
  }
  json_decref(steps);
  return code;
}

static void say_step(rh_cli *cli, const json_t *step) {
  const json_t *evidence = json_object_get(step, "evidence");
  const char *time = text_of(evidence, "time"), *note = text_of(evidence, "note");
  rh_say(cli, "  %-9s %-7s %-40s %s", text_of(step, "state"), text_of(step, "phase"),
         text_of(step, "id"), text_of(step, "title"));
  if (evidence)
    rh_say(cli, "            by %s%s%s%s%s", text_of(evidence, "by"), *time ? ", " : "", time,
           *note ? ": " : "", note);
}

static rh_exit list(rh_cli *cli, const rh_run *run, const json_t *steps) {
  size_t index, open = rh_count_open_manual(steps);
  json_t *step;
  json_array_foreach(steps, index, step) {
    say_step(cli, step);
  }
  rh_say(cli, "%zu of %zu steps are left to do", open, json_array_size(steps));
  rh_print_json(cli, json_pack("{s:o,s:I,s:O}", "run", rh_json_text(rh_run_folder(run)),
                               "manual_open", (json_int_t)open, "manual", steps));
  return open > 0 ? RH_EXIT_MANUAL : RH_EXIT_DONE;
}

static rh_exit write_checklist(rh_cli *cli, const rh_run *run, json_t *steps) {
  json_t *question =
      json_pack("{s:o,s:O}", "destination",
                rh_json_text(rh_platform_base_name(rh_run_destination(run))), "manual", steps);
  rh_exit code = rh_write_document(cli, "checklist", question, rh_run_folder(run));
  if (code == RH_EXIT_DONE) {
    rh_say(cli, "%zu steps written to %s", json_array_size(steps), cli->output);
    rh_print_json(cli, json_pack("{s:o,s:o}", "run", rh_json_text(rh_run_folder(run)), "output",
                                 rh_json_text(cli->output)));
  }
  return code;
}

static const char *state_of_word(const char *word) {
  static const char *const words[][2] = {
      {"done", "done"}, {"skip", "skipped"}, {"defer", "deferred"}, {"reopen", "open"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(word, words[i][0]) == 0)
      return words[i][1];
  return NULL;
}

static rh_exit record(rh_cli *cli, rh_run *run) {
  rh_buffer user = {0};
  rh_error error = {0};
  const char *step = cli->arguments.items[1], *word = cli->arguments.items[2];
  const char *state = state_of_word(word);
  if (!state)
    return rh_usage(cli, "'%s' is none of done, skip, defer, reopen", word);
  if (strcmp(word, "done") != 0 && !(cli->note && *cli->note))
    return rh_usage(cli, "say why with --note");
  rh_status status = cli->by ? rh_buffer_append_text(&user, cli->by, &error)
                             : rh_platform_user_name(&user, &error);
  if (status == RH_OK)
    status = rh_run_record_manual(run, step, state, rh_buffer_text(&user), cli->note, &error);
  if (status == RH_OK)
    rh_say(cli, "%s: %s, by %s", step, state, rh_buffer_text(&user));
  rh_buffer_dispose(&user);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

/* The steps as they are now, printed. */
static rh_exit tell(rh_cli *cli, const rh_run *run) {
  json_t *steps = NULL;
  rh_exit code = rh_read_manual(cli, run, &steps);
  if (code == RH_EXIT_DONE)
    code = cli->output ? write_checklist(cli, run, steps) : list(cli, run, steps);
  json_decref(steps);
  return code;
}

/* What fails behind the recording must not be told as "failed, nothing changed". */
static rh_exit record_and_tell(rh_cli *cli, rh_run *run) {
  rh_exit code = record(cli, run);
  if (code != RH_EXIT_DONE)
    return code;
  code = tell(cli, run);
  if (code != RH_EXIT_FAILED)
    return code;
  rh_warn(cli, "what became of the step is recorded; 'rehome manual %s' tells all of them",
          rh_run_folder(run));
  return RH_EXIT_INTERRUPTED;
}

rh_exit rh_cmd_manual(rh_cli *cli) {
  rh_run *run = NULL;
  rh_error error = {0};
  size_t words = cli->arguments.count;
  if (words != 1 && words != 3)
    return rh_usage(cli, "name one run folder, and a step with what became of it");
  rh_exit code = RH_EXIT_DONE;
  if (rh_run_open(&run, cli->arguments.items[0], &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE)
    code = words == 3 ? record_and_tell(cli, run) : tell(cli, run);
  rh_run_free(run);
  return code;
}
