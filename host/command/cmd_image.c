/* image build: a machine from .reg text, files and certificates. */
#include "base/calendar.h"
#include "command/command.h"
#include "machine/image/build.h"

rh_exit rh_cmd_image_build(rh_cli *cli) {
  rh_build_counts counts;
  rh_error error = {0};
  int64_t seconds = 0;
  if (cli->arguments.count != 1)
    return rh_usage(cli, "name one folder");
  if (!cli->output)
    return rh_usage(cli, "--output is missing: the folder to make");
  rh_status status = rh_session_time(cli, &seconds, &error);
  rh_build_options options = {.time = rh_filetime_from_seconds(seconds),
                              .skip_other_hives = cli->skip_other_hives};
  rh_exit code = rh_control_set_option(cli, &options.control_set);
  if (code != RH_EXIT_DONE)
    return code;
  if (status == RH_OK)
    status = rh_image_build(cli->arguments.items[0], cli->output, &options, &counts, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  rh_say(cli, "%s: %zu hives with %zu values, %zu files, %zu certificates", cli->output,
         counts.hives, counts.values, counts.files, counts.certificates);
  rh_say_skipped_keys(cli, counts.skipped_keys);
  rh_print_json(cli, json_pack("{s:o,s:I,s:I,s:I,s:I,s:I}", "image", rh_json_text(cli->output),
                               "hives", (json_int_t)counts.hives, "values",
                               (json_int_t)counts.values, "skipped_keys",
                               (json_int_t)counts.skipped_keys, "files", (json_int_t)counts.files,
                               "certificates", (json_int_t)counts.certificates));
  return RH_EXIT_DONE;
}
