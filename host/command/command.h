/* The command line: what it has, what it says, and with which code it ends.
 *
 * A command is a row in command.c and one cmd_NAME.c. Options mean the same wherever they are taken
 * and are described once, in options.c; --help is made from those rows. Results go to standard
 * output; with --json that is one JSON document, and text for people goes to standard error. */
#ifndef RH_COMMAND_COMMAND_H
#define RH_COMMAND_COMMAND_H

#include "base/file.h"
#include "run/run.h"
#include "script/script.h"

#include <stdio.h>

typedef enum rh_exit {
  RH_EXIT_DONE = 0,
  RH_EXIT_FAILED = 1,      /* nothing changed */
  RH_EXIT_USAGE = 2,       /* wrong usage */
  RH_EXIT_MANUAL = 3,      /* done, manual steps are open */
  RH_EXIT_STALE = 4,       /* the plan no longer fits */
  RH_EXIT_BLOCKED = 5,     /* a check forbids it */
  RH_EXIT_DIFFERS = 6,     /* verification found differences */
  RH_EXIT_INTERRUPTED = 7, /* half-way: resume or roll back */
  RH_EXIT_SEALED = 8,      /* the store cannot be opened */
  RH_EXIT_LOCKED = 9       /* another run holds the lock */
} rh_exit;

typedef enum rh_option {
  RH_OPTION_END = 0,
  RH_OPTION_SOURCE,
  RH_OPTION_DESTINATION,
  RH_OPTION_STORE,
  RH_OPTION_RECIPIENT,
  RH_OPTION_IDENTITY,
  RH_OPTION_PASSPHRASE_FILE,
  RH_OPTION_OUTPUT,
  RH_OPTION_RUN,
  RH_OPTION_PARAM,
  RH_OPTION_ANSWERS,
  RH_OPTION_MAP,
  RH_OPTION_PLAYBOOK_PATH,
  RH_OPTION_ACCEPT_WARNINGS,
  RH_OPTION_TIME,
  RH_OPTION_PREFIX,
  RH_OPTION_CONTROL_SET,
  RH_OPTION_CODE_PAGE,
  RH_OPTION_CREATE,
  RH_OPTION_OVERWRITE,
  RH_OPTION_DETAILS,
  RH_OPTION_UNATTENDED,
  RH_OPTION_JSON,
  RH_OPTION_HELP,
  RH_OPTION_COUNT
} rh_option;

typedef struct rh_words {
  const char **items; /* borrowed from the command line */
  size_t count;
} rh_words;

/* What the user said. */
typedef struct rh_cli {
  const struct rh_command *command;
  const char *source, *destination, *store, *passphrase_file, *output, *run, *answers, *map,
      *playbook_path, *time, *prefix, *control_set, *code_page;
  rh_words recipients, identities, parameters, arguments;
  bool accept_warnings, create, overwrite, details, unattended, json;
  bool progress_open; /* a progress line stands on the terminal */
} rh_cli;

typedef struct rh_command {
  const char *name;      /* "store inspect" for a verb of a group */
  const char *arguments; /* as in the usage line */
  const char *summary;
  const char *text;         /* what --help says beyond the options; may be NULL */
  const char *example;      /* one or more lines, shown and tested as they are */
  const rh_option *options; /* ends with RH_OPTION_END; --json, --unattended, --help always */
  rh_exit (*run)(rh_cli *cli);
} rh_command;

int rh_command_main(int argc, char **argv);

/* options.c */
/* Fills cli from argv (options may stand anywhere). On wrong usage says so and returns false. */
bool rh_options_parse(rh_cli *cli, int argc, char **argv, bool *help);
void rh_options_print(FILE *out, const rh_command *command);

/* output.c: all printing. */
/* A line for people: standard output, or standard error with --json. */
void rh_say(rh_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same in bold where the terminal can. */
void rh_say_title(rh_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A warning, on standard error. */
void rh_warn(rh_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says an error (object, cause, remedy) and gives the exit code for it. */
rh_exit rh_fail(rh_cli *cli, const rh_error *error);
rh_exit rh_usage(rh_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
rh_exit rh_exit_of(rh_status status);
/* Prints the one JSON document when --json was given; always takes the reference. */
void rh_print_json(rh_cli *cli, json_t *document);
/* A line that is drawn over on a terminal; elsewhere one line a phase. total 0: not known. */
void rh_progress(rh_cli *cli, const char *phase, uint64_t done, uint64_t total);
void rh_progress_end(rh_cli *cli);
/* Asks "text [y/N]". False without a terminal or with --unattended. */
bool rh_confirm(rh_cli *cli, const char *text);
/* "1.5 MB" into out. */
const char *rh_size_text(char out[24], uint64_t len);

/* inputs.c: what several commands open. Each says its own error and returns the exit code, or
 * RH_EXIT_DONE. */
rh_exit rh_open_machine(rh_cli *cli, rh_machine **out, const char *location, const char *option);
rh_exit rh_open_script(rh_cli *cli, rh_script **out, const rh_words *playbooks);
rh_exit rh_open_run(rh_cli *cli, rh_run **out);
rh_status rh_read_keys(rh_cli *cli, rh_age_keys *out, rh_error *error);
rh_status rh_read_recipients(rh_cli *cli, rh_age_recipients *out, rh_error *error);
/* --time, else now, in seconds since 1970. */
rh_status rh_session_time(rh_cli *cli, int64_t *out, rh_error *error);
/* Everything between a source, a destination and a script. Starts as {0}. */
typedef struct rh_migration {
  rh_machine *source, *destination, *overlay;
  rh_script *script;
  json_t *parameters;
  rh_map_entry *map;
  size_t map_count;
  rh_session session;
} rh_migration;
rh_exit rh_migration_open(rh_cli *cli, rh_migration *out);
void rh_migration_close(rh_migration *migration);

/* plan_view.c: plans and checks for people. */
void rh_view_checks(rh_cli *cli, const json_t *checks);
void rh_view_plan(rh_cli *cli, const rh_plan *plan);
void rh_view_manual(rh_cli *cli, const rh_plan *plan);
size_t rh_count_open_manual(const rh_plan *plan);
/* Failed checks of severity "warn". */
size_t rh_count_warnings(const rh_plan *plan);

/* cmd_plan.c, cmd_apply.c, cmd_verify.c: the parts that migrate puts together. */
rh_exit rh_make_plan(rh_cli *cli, rh_migration *migration, rh_plan **out);
/* Takes the script, which planning again uses up. */
rh_exit rh_apply_plan(rh_cli *cli, const rh_plan *plan, rh_script *script, const char *run_folder,
                      json_t *document);
rh_exit rh_verify_run(rh_cli *cli, rh_run *run, json_t *document);

/* One function a command. */
rh_exit rh_cmd_inventory(rh_cli *cli);
rh_exit rh_cmd_check(rh_cli *cli);
rh_exit rh_cmd_export(rh_cli *cli);
rh_exit rh_cmd_plan(rh_cli *cli);
rh_exit rh_cmd_apply(rh_cli *cli);
rh_exit rh_cmd_resume(rh_cli *cli);
rh_exit rh_cmd_rollback(rh_cli *cli);
rh_exit rh_cmd_verify(rh_cli *cli);
rh_exit rh_cmd_status(rh_cli *cli);
rh_exit rh_cmd_migrate(rh_cli *cli);
rh_exit rh_cmd_store_inspect(rh_cli *cli);
rh_exit rh_cmd_store_verify(rh_cli *cli);
rh_exit rh_cmd_store_extract(rh_cli *cli);
rh_exit rh_cmd_hive_info(rh_cli *cli);
rh_exit rh_cmd_hive_list(rh_cli *cli);
rh_exit rh_cmd_hive_get(rh_cli *cli);
rh_exit rh_cmd_hive_export(rh_cli *cli);
rh_exit rh_cmd_hive_import(rh_cli *cli);
rh_exit rh_cmd_image_build(rh_cli *cli);
rh_exit rh_cmd_playbook_list(rh_cli *cli);
rh_exit rh_cmd_playbook_show(rh_cli *cli);
rh_exit rh_cmd_playbook_new(rh_cli *cli);
rh_exit rh_cmd_playbook_lint(rh_cli *cli);
rh_exit rh_cmd_playbook_test(rh_cli *cli);
rh_exit rh_cmd_keygen(rh_cli *cli);

#endif
