/* Everything between a source, a destination and a script, opened for what the user asks. */
#include "command/command.h"

/* The machines' part of the request: they have to be open to be told. */
static rh_status ask_of_machines(rh_cli *cli, rh_migration *migration, rh_error *error) {
  json_t *beside = NULL;
  rh_status status = rh_request_set_machine(migration->request, "source", migration->source, error);
  if (status == RH_OK)
    status =
        rh_request_set_machine(migration->request, "destination", migration->destination, error);
  if (status == RH_OK)
    status = rh_read_beside(cli, &beside, migration->source, migration->destination, error);
  if (status == RH_OK)
    return rh_request_set(migration->request, "beside", beside, error);
  json_decref(beside);
  return status;
}

static rh_exit open_machines(rh_cli *cli, rh_migration *out) {
  rh_exit result = rh_open_machine(cli, &out->source, cli->source, "source");
  if (result == RH_EXIT_DONE)
    result = rh_open_machine(cli, &out->destination, cli->destination, "destination");
  if (result == RH_EXIT_DONE && rh_machine_kind_of(out->destination) == RH_MACHINE_STORE)
    result =
        rh_usage(cli, "--destination '%s' is a migration store, which is only read; give a folder",
                 cli->destination);
  if (result == RH_EXIT_DONE && cli->accept_dirty)
    rh_machine_accept_dirty(out->destination);
  return result;
}

rh_exit rh_migration_open(rh_cli *cli, rh_migration *out) {
  rh_error error = {0};
  rh_exit result = rh_open_script(cli, &out->script, &cli->arguments);
  if (result != RH_EXIT_DONE)
    return result;
  rh_status status = rh_read_request(cli, &out->request, &error);
  if (status == RH_OK)
    status = rh_explain_answers(cli, out, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  result = open_machines(cli, out);
  if (result != RH_EXIT_DONE)
    return result;
  status = ask_of_machines(cli, out, &error);
  if (status == RH_OK)
    status = rh_machine_overlay(&out->overlay, out->destination, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  out->session = (rh_session){out->source, out->overlay, out->request};
  return RH_EXIT_DONE;
}

void rh_migration_remarks(rh_cli *cli, const rh_migration *migration) {
  rh_say_remarks(cli, migration->source);
  rh_say_remarks(cli, migration->destination);
}

void rh_migration_close(rh_migration *migration) {
  rh_script_free(migration->script);
  rh_machine_free(migration->overlay);
  rh_machine_free(migration->destination);
  rh_machine_free(migration->source);
  json_decref(migration->request);
  json_decref(migration->explained);
  *migration = (rh_migration){0};
}
