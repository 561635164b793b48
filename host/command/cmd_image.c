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
  uint64_t time = rh_filetime_from_seconds(seconds);
  if (status == RH_OK)
    status = rh_image_build(cli->arguments.items[0], cli->output, time, &counts, &error);
  if (status != RH_OK)
    return rh_fail(cli, &error);
  rh_say(cli, "%s: %zu hives with %zu values, %zu files, %zu certificates", cli->output,
         counts.hives, counts.values, counts.files, counts.certificates);
  rh_print_json(cli, json_pack("{s:o,s:I,s:I,s:I,s:I}", "image", rh_json_text(cli->output), "hives",
                               (json_int_t)counts.hives, "values", (json_int_t)counts.values,
                               "files", (json_int_t)counts.files, "certificates",
                               (json_int_t)counts.certificates));
  return RH_EXIT_DONE;
}
