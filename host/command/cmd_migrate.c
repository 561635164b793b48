/* migrate: check, plan, apply and verify in one go. */
#include "command/command.h"

rh_exit rh_cmd_migrate(rh_cli *cli) {
  rh_migration migration = {0};
  rh_plan *plan = NULL;
  rh_script *script = NULL;
  rh_buffer folder = {0};
  rh_exit code = rh_migration_open(cli, &migration);
  if (code == RH_EXIT_DONE)
    code = rh_make_plan(cli, &migration, &plan);
  if (code == RH_EXIT_DONE) {
    rh_view_plan(cli, plan);
    if (!cli->run &&
        rh_buffer_printf(&folder, NULL, "%s.run", rh_platform_base_name(cli->destination)) == RH_OK)
      cli->run = rh_buffer_text(&folder);
    script = migration.script;
    migration.script = NULL;
  }
  /* The run opens the machines anew: what it writes must not be mapped here. */
  rh_migration_close(&migration);
  if (code == RH_EXIT_DONE) {
    json_t *document = json_object();
    code = rh_apply_plan(cli, plan, script, cli->run, document);
    if (code == RH_EXIT_DONE || code == RH_EXIT_MANUAL || code == RH_EXIT_DIFFERS)
      rh_print_json(cli, json_incref(document));
    json_decref(document);
  }
  rh_plan_free(plan);
  rh_buffer_dispose(&folder);
  return code;
}
