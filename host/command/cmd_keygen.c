/* keygen: a key pair for sealing stores. */
#include "command/command.h"

rh_exit rh_cmd_keygen(rh_cli *cli) {
  rh_buffer identity = {0}, recipient = {0}, text = {0};
  rh_error error = {0};
  rh_exit code = RH_EXIT_DONE;
  if (!cli->output)
    return rh_usage(cli, "--output is missing: the key's file; a secret is never printed");
  rh_status status = rh_age_keygen(&identity, &recipient, &error);
  if (status == RH_OK)
    status = rh_buffer_printf(&text, &error, "# recipient: %s\n%s\n", rh_buffer_text(&recipient),
                              rh_buffer_text(&identity));
  if (status == RH_OK)
    status = rh_file_write_new(cli->output, text.data, text.len, &error);
  if (status == RH_ERR_EXISTS) {
    rh_error_set(&error, status, cli->output, "exists, and may open stores");
    rh_error_hint(&error, "choose another name");
  }
  if (status != RH_OK) {
    code = rh_fail(cli, &error);
  } else {
    rh_say(cli, "%s", rh_buffer_text(&recipient));
    rh_print_json(cli, json_pack("{s:s,s:o}", "recipient", rh_buffer_text(&recipient), "identity",
                                 rh_json_text(cli->output)));
  }
  rh_buffer_dispose_secret(&identity);
  rh_buffer_dispose_secret(&text);
  rh_buffer_dispose(&recipient);
  return code;
}
