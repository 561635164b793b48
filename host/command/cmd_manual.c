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

rh_exit rh_read_manual_of_plan(rh_cli *cli, const rh_plan *plan, const char *path, json_t **out) {
  rh_error error = {0};
  json_t *before = NULL;
  size_t others = 0;
  *out = NULL;
  rh_status status = rh_manual_before(&before, &others, plan, path, &error);
  if (status == RH_OK)
    status = rh_manual_with_before(out, plan, before, &error);
  json_decref(before);
  if (status == RH_OK && others > 0)
    rh_warn(cli, "%s.manual.jsonl: %zu record%s of another plan do%s not count", path, others,
            others == 1 ? "" : "s", others == 1 ? "es" : "");
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

rh_exit rh_tell_manual(rh_cli *cli, const json_t *manual, json_t *document) {
  size_t open = rh_count_open_manual(manual);
  json_object_set_new(document, "manual_open", json_integer((json_int_t)open));
  rh_view_manual(cli, manual);
  return open > 0 ? RH_EXIT_MANUAL : RH_EXIT_DONE;
}

static bool is_open_before(const json_t *step) {
  return strcmp(text_of(step, "phase"), "before") == 0 &&
         strcmp(text_of(step, "state"), "open") == 0;
}

/* What a person has to have done before an unattended apply: nothing else can vouch for it. */
static bool needs_somebody(const json_t *step) {
  const char *policy = text_of(step, "unattended");
  return is_open_before(step) &&
         (strcmp(policy, "fail") == 0 || strcmp(policy, "accept-if-verified") == 0);
}

static rh_exit refuse_unattended(rh_cli *cli, const json_t *step) {
  rh_error error = {0};
  rh_error_set(&error, RH_ERR_BLOCKED, text_of(step, "id"),
               "'%s' has to be done first, and nobody attends; nothing was changed",
               text_of(step, "title"));
  rh_error_hint(&error,
                "do it and record that ('rehome manual PLAN %s done'), or apply without "
                "--unattended",
                text_of(step, "id"));
  return rh_fail(cli, &error);
}

rh_exit rh_check_manual_before(rh_cli *cli, const json_t *manual, size_t *open) {
  size_t index;
  json_t *step;
  *open = 0;
  json_array_foreach(manual, index, step) {
    if (cli->unattended && needs_somebody(step))
      return refuse_unattended(cli, step);
    if (!is_open_before(step))
      continue;
    if ((*open)++ == 0)
      rh_say_title(cli, "Open, and to be done before the apply");
    rh_say(cli, "  %zu. %s  (%s)", index + 1, text_of(step, "title"), text_of(step, "id"));
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

/* What steps are of: a plan with its file, or a run. */
typedef struct owner {
  rh_plan *plan; /* NULL for a run */
  rh_run *run;
  const char *path;
} owner;

static const char *destination_of(const owner *of) {
  return of->run ? rh_run_destination(of->run) : rh_plan_destination(of->plan);
}

/* {"run": folder} or {"plan": file} */
static json_t *name_of(const owner *of) {
  return of->run ? json_pack("{s:o}", "run", rh_json_text(rh_run_folder(of->run)))
                 : json_pack("{s:o}", "plan", rh_json_text(of->path));
}

static void say_step(rh_cli *cli, size_t number, const json_t *step) {
  const json_t *evidence = json_object_get(step, "evidence");
  const char *time = text_of(evidence, "time"), *note = text_of(evidence, "note");
  rh_say(cli, "  %2zu  %-9s %-7s %-40s %s", number, text_of(step, "state"), text_of(step, "phase"),
         text_of(step, "id"), text_of(step, "title"));
  if (evidence)
    rh_say(cli, "                by %s%s%s%s%s", text_of(evidence, "by"), *time ? ", " : "", time,
           *note ? ": " : "", note);
}

static rh_exit list(rh_cli *cli, const owner *of, json_t *steps) {
  size_t index, open = rh_count_open_manual(steps), count = 0;
  json_t *step, *document = name_of(of);
  json_array_foreach(steps, index, step) {
    say_step(cli, index + 1, step);
    count += strcmp(text_of(step, "phase"), "back") != 0;
  }
  rh_say(cli, "%zu of %zu steps are left to do", open, count);
  json_object_set_new(document, "manual_open", json_integer((json_int_t)open));
  json_object_set(document, "manual", steps);
  rh_print_json(cli, document);
  return open > 0 ? RH_EXIT_MANUAL : RH_EXIT_DONE;
}

static rh_exit write_checklist(rh_cli *cli, const owner *of, json_t *steps) {
  json_t *question =
      json_pack("{s:o,s:O}", "destination", rh_json_text(rh_platform_base_name(destination_of(of))),
                "manual", steps);
  rh_exit code = rh_write_document(cli, "checklist", question, of->path);
  if (code == RH_EXIT_DONE) {
    json_t *document = name_of(of);
    rh_say(cli, "%zu steps written to %s", json_array_size(steps), cli->output);
    json_object_set_new(document, "output", rh_json_text(cli->output));
    rh_print_json(cli, document);
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

static rh_exit record(rh_cli *cli, const owner *of) {
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
  const char *by = rh_buffer_text(&user);
  if (status == RH_OK)
    status = of->run
                 ? rh_run_record_manual(of->run, step, state, by, cli->note, &error)
                 : rh_manual_record_before(of->plan, of->path, step, state, by, cli->note, &error);
  cli->changed = status == RH_OK;
  if (status == RH_OK)
    rh_say(cli, "%s: %s, by %s", step, state, by);
  rh_buffer_dispose(&user);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

/* The steps as they are now, printed. */
static rh_exit tell(rh_cli *cli, const owner *of) {
  json_t *steps = NULL;
  rh_exit code = of->run ? rh_read_manual(cli, of->run, &steps)
                         : rh_read_manual_of_plan(cli, of->plan, of->path, &steps);
  if (code == RH_EXIT_DONE)
    code = cli->output ? write_checklist(cli, of, steps) : list(cli, of, steps);
  json_decref(steps);
  return code;
}

/* What fails behind the recording must not be told as "failed, nothing changed". */
static rh_exit record_and_tell(rh_cli *cli, const owner *of) {
  rh_exit code = record(cli, of);
  if (code != RH_EXIT_DONE)
    return code;
  code = tell(cli, of);
  if (code != RH_EXIT_FAILED)
    return code;
  rh_warn(cli, "what became of the step is recorded; 'rehome manual %s' tells all of them",
          of->path);
  return RH_EXIT_INTERRUPTED;
}

/* Of a plan that was applied, the run knows more. */
static void find_run(rh_cli *cli, owner *of) {
  rh_run *run = rh_find_run_of(cli, of->plan, of->path);
  if (run && rh_run_state_of(run) != RH_RUN_ROLLED_BACK) {
    of->run = run;
    of->path = rh_run_folder(run);
    rh_say(cli, "The plan's run is %s.", of->path);
  } else {
    rh_run_free(run);
  }
}

rh_exit rh_cmd_manual(rh_cli *cli) {
  const rh_plan *document = NULL;
  size_t words = cli->arguments.count;
  if (words != 1 && words != 3)
    return rh_usage(cli, "name a plan file or a run folder, and a step with what became of it");
  owner of = {.path = cli->arguments.items[0]};
  rh_exit code = rh_open_plan_or_run(cli, of.path, &of.plan, &of.run, &document);
  if (code == RH_EXIT_DONE && of.run)
    of.path = rh_run_folder(of.run);
  else if (code == RH_EXIT_DONE)
    find_run(cli, &of);
  if (code == RH_EXIT_DONE && of.run && cli->destination)
    code = rh_find_destination(cli, of.run);
  if (code == RH_EXIT_DONE)
    code = words == 3 ? record_and_tell(cli, &of) : tell(cli, &of);
  rh_run_free(of.run);
  rh_plan_free(of.plan);
  return code;
}
