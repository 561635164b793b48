/* migrate: check, plan, apply and verify in one go. */
#include "command/command.h"

static rh_exit apply(rh_cli *cli, rh_application *application, json_t *document) {
  rh_exit code;
  if (!rh_is_as_planned(cli, application->plan, &code, document))
    code = rh_apply_plan(cli, application, document);
  if (code == RH_EXIT_DONE || code == RH_EXIT_MANUAL || code == RH_EXIT_DIFFERS)
    rh_print_json(cli, json_incref(document));
  return code;
}

rh_exit rh_cmd_migrate(rh_cli *cli) {
  rh_migration migration = {0};
  rh_application application = {0};
  rh_plan *plan = NULL;
  rh_error error = {0};
  rh_buffer folder = {0};
  rh_exit code = rh_migration_open(cli, &migration);
  if (code == RH_EXIT_DONE)
    code = rh_make_plan(cli, &migration, &plan);
  if (code == RH_EXIT_DONE) {
    rh_view_plan(cli, plan);
    if (!cli->run && rh_default_run(&folder, plan, NULL, &error) != RH_OK)
      code = rh_fail(cli, &error);
    application.plan = plan;
    application.run_folder = cli->run ? cli->run : rh_buffer_text(&folder);
  }
  json_t *document = json_object();
  if (plan)
    json_object_set(document, "summary", json_object_get(rh_plan_document(plan), "summary"));
  rh_add_explained_answers(document, &migration);
  rh_migration_remarks(cli, &migration);
  application.again =
      (rh_again){migration.script, migration.source, plan ? rh_destination_of(cli, plan) : NULL};
  migration.script = NULL;
  migration.source = NULL;
  /* The run opens the destination anew: what it writes must not be mapped here. */
  rh_migration_close(&migration);
  if (code == RH_EXIT_DONE)
    code = apply(cli, &application, document);
  json_decref(document);
  rh_again_close(&application.again);
  rh_plan_free(plan);
  rh_buffer_dispose(&folder);
  return code;
}
