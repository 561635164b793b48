/* The command line: what it has, what it says, and with which code it ends.
 *
 * A command is a row in command.c and one cmd_NAME.c. Options mean the same wherever they are taken
 * and are described once, in options.c; --help is made from those rows. Results go to standard
 * output; with --json that is one JSON document, and text for people goes to standard error. */
#ifndef RH_COMMAND_COMMAND_H
#define RH_COMMAND_COMMAND_H

#include "base/file.h"
#include "registry/hive/hive.h"
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
  RH_OPTION_EXPLAIN_ANSWERS,
  RH_OPTION_MAP,
  RH_OPTION_PLAYBOOK_PATH,
  RH_OPTION_EXCLUDE,
  RH_OPTION_CARRY,
  RH_OPTION_LEAVE,
  RH_OPTION_WAIVE,
  RH_OPTION_BESIDE,
  RH_OPTION_GRAPH,
  RH_OPTION_CERTIFICATE,
  RH_OPTION_CERTIFICATE_PASSWORD_FILE,
  RH_OPTION_ACCEPT_WARNINGS,
  RH_OPTION_EXPECT,
  RH_OPTION_WITHOUT_SOURCE,
  RH_OPTION_TIME,
  RH_OPTION_PREFIX,
  RH_OPTION_CONTROL_SET,
  RH_OPTION_CODE_PAGE,
  RH_OPTION_SKIP_OTHER_HIVES,
  RH_OPTION_CREATE,
  RH_OPTION_OVERWRITE,
  RH_OPTION_ACCEPT_DIRTY,
  RH_OPTION_FORCE_LOGS,
  RH_OPTION_REG,
  RH_OPTION_DETAILS,
  RH_OPTION_RUN_ONCE,
  RH_OPTION_FIRST_START,
  RH_OPTION_NOTE,
  RH_OPTION_BY,
  RH_OPTION_THIS_MACHINE,
  RH_OPTION_YES,
  RH_OPTION_COMPAT,
  RH_OPTION_DRY_RUN,
  RH_OPTION_KEEP_CHANGED,
  RH_OPTION_DISCARD_CHANGED,
  RH_OPTION_KEEP,
  RH_OPTION_DISCARD,
  RH_OPTION_UNATTENDED,
  RH_OPTION_JSON,
  RH_OPTION_HELP
} rh_option;

typedef struct rh_words {
  const char **items; /* texts of the command line */
  size_t count;
} rh_words;

/* What the user said. */
typedef struct rh_cli {
  const struct rh_command *command;
  const char *source, *destination, *store, *passphrase_file, *output, *run, *map, *graph,
      *certificate_password_file, *time, *prefix, *control_set, *code_page, *first_start, *note,
      *by, *expect;
  rh_words recipients, identities, parameters, answers, playbook_paths, excluded, carried, left,
      waived, beside, certificates, kept, discarded, arguments;
  bool accept_dirty, force_logs, skip_other_hives;
  char control_set_name[16]; /* of rh_control_set_option */
  bool this_machine, yes;
  bool compat, explain_answers, without_source;
  bool dry_run, keep_changed, discard_changed;
  bool accept_warnings, create, overwrite, reg, details, unattended, json, help;
  bool progress_open;   /* a progress line stands on the terminal */
  double progress_next; /* when the next line of progress is due elsewhere; 0 = none was yet */
  bool json_printed;    /* the one document is out */
  bool changed;         /* what the command is for is done and stays, whatever is still said */
  char used_up[40]; /* the value of RunOnce that a first start that is done has used up, or "" */
  const char *changed_by; /* the run that has changed its destination; NULL as long as none has */
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
/* Fills cli from argv (options may stand anywhere), and says what is wrong with it. */
rh_exit rh_options_parse(rh_cli *cli, int argc, char **argv);
void rh_options_dispose(rh_cli *cli);
void rh_options_print(FILE *out, const rh_command *command);

/* output.c: all printing. Control characters in what is said are shown, never sent: \x1B. */
/* A line for people: standard output, or standard error with --json. */
void rh_say(rh_cli *cli, const char *format, ...) RH_PRINTF(2, 3);
/* The same in bold where the terminal can. */
void rh_say_title(rh_cli *cli, const char *format, ...) RH_PRINTF(2, 3);
/* A text of several lines, each begun with indent (plan_view.c). */
void rh_say_wrapped(rh_cli *cli, const char *indent, const char *text);
/* A warning, on standard error. */
void rh_warn(rh_cli *cli, const char *format, ...) RH_PRINTF(2, 3);
/* Says an error (object, cause, remedy) and gives the exit code for it. */
rh_exit rh_fail(rh_cli *cli, const rh_error *error);
rh_exit rh_usage(rh_cli *cli, const char *format, ...) RH_PRINTF(2, 3);
rh_exit rh_exit_of(rh_status status);
/* Prints the one JSON document when --json was given; a second one is dropped (what failed after an
 * error, failed by it). Always takes the reference. */
void rh_print_json(rh_cli *cli, json_t *document);
/* Fails, with nothing done yet, when standard output has failed by now: what is going to be said
 * would be lost. */
rh_exit rh_check_output(rh_cli *cli);
/* Foreign text on a stream: as it is, but on a terminal with control characters shown. */
void rh_put(FILE *stream, const char *text, size_t len);
/* A JSON text, also of what is not UTF-8: the bytes that JSON cannot hold are shown. */
json_t *rh_json_text(const char *text);
/* A line that is drawn over on a terminal; elsewhere a line now and then. total 0: not known. */
void rh_progress(rh_cli *cli, const char *phase, uint64_t done, uint64_t total);
void rh_progress_end(rh_cli *cli);
/* Shows how a run goes on. */
rh_run_observer rh_observe(rh_cli *cli);
/* Whether there is somebody to ask: a terminal, and no --unattended. */
bool rh_can_ask(const rh_cli *cli);
/* Asks "text [y/N]". False when there is nobody to ask. */
bool rh_confirm(rh_cli *cli, const char *text);
/* Asks for one of these letters; NUL without an answer. */
char rh_ask(rh_cli *cli, const char *text, const char *letters);
/* "1.5 MB" into out. */
const char *rh_size_text(char out[24], uint64_t len);

/* inputs.c: what several commands open. Each says its own error and returns the exit code, or
 * RH_EXIT_DONE. */
rh_exit rh_open_machine(rh_cli *cli, rh_machine **out, const char *location, const char *option);
/* The same without a word; asks for the passphrase of a store on the terminal. */
rh_status rh_open_asking(rh_cli *cli, rh_machine **out, const char *location, rh_error *error);
/* Says what was remarkable about a machine's hives. NULL is allowed. */
void rh_say_remarks(rh_cli *cli, const rh_machine *machine);
rh_exit rh_open_script(rh_cli *cli, rh_script **out, const rh_words *playbooks);
/* The same without a word. playbooks NULL loads none. */
rh_status rh_load_script(rh_cli *cli, rh_script **out, const rh_words *playbooks, rh_error *error);
rh_exit rh_open_run(rh_cli *cli, rh_run **out);
/* The run with its destination, which is named where it is going to be changed. */
rh_exit rh_find_run(rh_cli *cli, rh_run **out);
/* Finds the machine that a run is about, by --destination and --this-machine. */
rh_exit rh_find_destination(rh_cli *cli, rh_run *run);
/* Says which machine is going to be changed: where it is, its computer name, and the run. */
void rh_say_target(rh_cli *cli, const char *destination, const char *run_folder);
/* Appended; "?" where it cannot be read. */
void rh_read_computer_name(rh_buffer *out, const char *destination);
/* A file that somebody wrote: UTF-8, without the mark that editors of Windows begin it with. */
rh_status rh_read_text(rh_buffer *out, const char *path, size_t limit, rh_error *error);
rh_status rh_read_keys(rh_cli *cli, rh_age_keys *out, rh_error *error);
rh_status rh_read_recipients(rh_cli *cli, rh_age_recipients *out, rh_error *error);
/* --time, else now, in seconds since 1970. */
rh_status rh_session_time(rh_cli *cli, int64_t *out, rh_error *error);
/* The entries of --map, none without it; freed with rh_map_entries_free. */
rh_status rh_read_map(rh_cli *cli, rh_map_entry **out, size_t *count, rh_error *error);

/* input/migration.c: everything between a source, a destination and a script. Starts as {0}. */
typedef struct rh_migration {
  rh_machine *source, *destination, *overlay;
  rh_script *script;
  json_t *request;   /* plan/request.h */
  json_t *explained; /* where the parameters come from, for --json; NULL unless asked for */
  rh_session session;
} rh_migration;
rh_exit rh_migration_open(rh_cli *cli, rh_migration *out);
void rh_migration_close(rh_migration *migration);
void rh_migration_remarks(rh_cli *cli, const rh_migration *migration);

/* input/request.c: what the user asks for; a new reference. The machines and what depends on them
 * are not in it yet. */
rh_status rh_read_request(rh_cli *cli, json_t **out, rh_error *error);
/* Fields of a request, new references. */
/* input/answers.c: the files of --answers. RH_ERR_ARGUMENT for a file that is no such JSON. */
rh_status rh_read_answers(rh_cli *cli, json_t **out, rh_error *error);
/* Says where the value of each parameter comes from and what is waived, and keeps it as
 * migration->explained. Needs the migration's script and request. */
rh_status rh_explain_answers(rh_cli *cli, rh_migration *migration, rh_error *error);
/* Adds migration->explained to what --json prints, when there is any. */
void rh_add_explained_answers(json_t *document, const rh_migration *migration);
/* input/beside.c: the plans of --beside. RH_ERR_ARGUMENT for a plan of another source, or for the
 * same destination. */
rh_status rh_read_beside(rh_cli *cli, json_t **out, const rh_machine *source,
                         const rh_machine *destination, rh_error *error);
/* input/certificate_files.c: the files of --certificate. Passwords come from
 * --certificate-password-file or the terminal. */
rh_status rh_read_certificates(rh_cli *cli, json_t **out, rh_error *error);

/* plan_view.c: plans and checks for people. */
/* Those playbooks of a plan, or of a check, that do not come with rehome. */
void rh_view_own_playbooks(rh_cli *cli, const json_t *playbooks);
void rh_view_checks(rh_cli *cli, const json_t *checks);
void rh_view_notes(rh_cli *cli, const json_t *notes);
void rh_view_plan(rh_cli *cli, const rh_plan *plan);
/* Manual steps as a plan or rh_run_manual gives them: those that are open or deferred. */
/* unjudged.c: by key, name and both values. */
void rh_view_unjudged(rh_cli *cli, const json_t *document);
/* Goes on when nothing is unjudged, or the person at the terminal leaves it behind. */
rh_exit rh_settle_unjudged(rh_cli *cli, const rh_plan *plan);
void rh_view_manual(rh_cli *cli, const json_t *manual);
bool rh_manual_is_open(const json_t *step);
size_t rh_count_open_manual(const json_t *manual);
/* Failed checks of severity "warn", and one more when settings have no verdict. */
size_t rh_count_warnings(const rh_plan *plan);

/* cmd_plan.c, cmd_apply.c, cmd_verify.c: the parts that migrate puts together. */
/* Where a plan is applied: --destination, else where it was made for. */
const char *rh_destination_of(const rh_cli *cli, const rh_plan *plan);
rh_exit rh_make_plan(rh_cli *cli, rh_migration *migration, rh_plan **out);
/* Warns of what the files that a plan replaces lose with it on their volume. */
void rh_warn_unkept(rh_cli *cli, const rh_plan *plan);
/* What planning again needs. Starts as {0}. */
typedef struct rh_again {
  rh_script *script;
  rh_machine *source;      /* NULL: not open */
  const char *destination; /* where it is now; borrowed */
} rh_again;
/* A plan on its way to a run. Starts as {0}; only again is its own. */
typedef struct rh_application {
  const rh_plan *plan;
  const char *path; /* of the plan's file; NULL for a plan that has none */
  const char *run_folder;
  rh_again again;
} rh_application;
rh_exit rh_apply_plan(rh_cli *cli, rh_application *application, json_t *document);
rh_exit rh_verify_run(rh_cli *cli, rh_run *run, json_t *document);

/* plan_again.c */
/* The playbooks that a plan names; RH_ERR_STALE when they are not what they were. Says nothing. */
rh_status rh_open_planned_script(rh_cli *cli, const rh_plan *plan, rh_script **out,
                                 rh_error *error);
/* Whether a plan is what it was made from, and, unless --without-source is given, what its request
 * gives when it is planned again; opens what that needs. RH_ERR_STALE names what differs. path is
 * the plan's. */
rh_status rh_check_planned(rh_cli *cli, const rh_plan *plan, const char *path, rh_again *again,
                           rh_error *error);
/* Plans once more on the destination as it is now, and shows what is left to change: that is
 * RH_EXIT_DIFFERS unless the source has changed. A source that cannot be opened is only warned of.
 */
rh_exit rh_plan_again(rh_cli *cli, const rh_plan *plan, rh_again *again, bool source_changed,
                      json_t *document);
void rh_again_close(rh_again *again);

/* applied.c: what was carried out before. */
/* The run of this plan on its destination: one in the folder of --run, or in the default one. NULL
 * when none is known; one that cannot be read is none. path is the plan's, NULL for one without. */
rh_run *rh_find_run_of(rh_cli *cli, const rh_plan *plan, const char *path);
/* The default folder: the name of the plan, or of the destination, and .run. Appended. */
rh_status rh_default_run(rh_buffer *out, const rh_plan *plan, const char *path, rh_error *error);
/* Tells that a plan was applied, and whether that still stands: RH_EXIT_DONE, _MANUAL or _DIFFERS.
 * RH_EXIT_INTERRUPTED for a run that is half-way. */
rh_exit rh_tell_applied(rh_cli *cli, rh_run *run);
/* Whether a plan that was made just now has nothing to do: no change, and no deferred action but
 * those of the run that the destination has had. Then tells so and sets code. */
bool rh_is_as_planned(rh_cli *cli, const rh_plan *plan, rh_exit *code, json_t *document);

/* cmd_rollback.c: says what became of what others changed since a run that was rolled back, or is
 * on its way, and adds it to document. */
void rh_view_rolled_back(rh_cli *cli, const rh_run *run, json_t *document);

/* cmd_manual.c */
/* The manual steps of a run, or of a plan with that path, with their states; a new reference. */
rh_exit rh_read_manual(rh_cli *cli, const rh_run *run, json_t **out);
rh_exit rh_read_manual_of_plan(rh_cli *cli, const rh_plan *plan, const char *path, json_t **out);
/* Tells what is left to do by hand, adds the number to the document that --json shows, and gives
 * RH_EXIT_MANUAL as long as there is any. */
rh_exit rh_tell_manual(rh_cli *cli, const json_t *manual, json_t *document);
/* Tells those of the steps that belong before the apply and are open, and counts them. With
 * --unattended: RH_EXIT_BLOCKED, naming it, when somebody has to have done one first. */
rh_exit rh_check_manual_before(rh_cli *cli, const json_t *manual, size_t *open);
/* With --unattended: records what may wait as deferred. */
rh_exit rh_defer_unattended(rh_cli *cli, rh_run *run);
/* cmd_report.c: asks the engine for the document `what` of rh_script_view and writes it to
 * --output, whose name says the format. Takes the question; path is what it was made from. */
rh_exit rh_write_document(rh_cli *cli, const char *what, json_t *question, const char *path);

/* Refuses an --output that is the hive of the first argument, or is there without --overwrite. */
rh_status rh_check_hive_output(rh_cli *cli, rh_error *error);
/* cmd_hive.c: opens the hive that is the first argument, with its logs, and says on standard error
 * what they gave. Without an error of its own it returns RH_EXIT_DONE. */
rh_exit rh_open_hive(rh_cli *cli, rh_hive **out, const rh_hive_open_options *options,
                     rh_hive_recovery *report);

/* cmd_hive.c: what of a path is behind HKLM\\SYSTEM or another hive of a machine; all of it where
 * it does not begin so (no hive's root has a key of such a name). */
const char *rh_behind_machine(const char *path);
/* cmd_hive_text.c: what .reg text calls the key that argument index names, appended. */
rh_status rh_hive_text_prefix(rh_cli *cli, size_t index, rh_buffer *out, rh_error *error);
/* cmd_hive.c: a key by its path from the hive's root, or as it is called on a running Windows
 * (HKLM\\SYSTEM\\...); CurrentControlSet is what --control-set or the hive's Select says. */
rh_status rh_find_hive_key(rh_cli *cli, rh_registry *registry, const char *path, rh_key *out,
                           rh_error *error);
/* cmd_hive.c: --control-set as the name of one, NULL without the option. */
rh_exit rh_control_set_option(rh_cli *cli, const char **out);
/* cmd_hive_text.c: says how many keys of .reg text were left out, when there were any. */
void rh_say_skipped_keys(rh_cli *cli, size_t count);

/* cmd_hive.c: a value's data for people, appended: numbers, text up to its NUL, list items with ";
 * " between them, other bytes as hex. */
rh_status rh_describe_data(const rh_value *value, rh_buffer *out, rh_error *error);
/* cmd_hive.c: what lies behind a text's NUL, in parentheses; nothing where nothing does. */
rh_status rh_describe_rest(const rh_value *value, rh_buffer *out, rh_error *error);

/* cmd_explain.c: a folder is a run, a file a plan; document is borrowed from either. */
rh_exit rh_open_plan_or_run(rh_cli *cli, const char *path, rh_plan **plan, rh_run **run,
                            const rh_plan **document);
/* rh_script_view of a plan's document; what only an altered plan can cause is told of `path`. */
rh_status rh_view_document(rh_script *script, const char *what, const json_t *question,
                           json_t **out, const char *path, rh_error *error);
/* first_start.c: writes the scripts of deferred actions into the run's folder, if there are any. */
rh_exit rh_write_first_start(rh_cli *cli, const rh_run *run);
/* Records what the destination did at its first start, as its first-start.json says
 * (--first-start): the manual step of the script is done when all of it is, what an action closes
 * when that action is. */
rh_exit rh_read_first_start(rh_cli *cli, rh_run *run, json_t *document);

/* One function a command. */
rh_exit rh_cmd_inventory(rh_cli *cli);
rh_exit rh_cmd_check(rh_cli *cli);
rh_exit rh_cmd_export(rh_cli *cli);
rh_exit rh_cmd_plan(rh_cli *cli);
rh_exit rh_cmd_apply(rh_cli *cli);
rh_exit rh_cmd_resume(rh_cli *cli);
rh_exit rh_cmd_rollback(rh_cli *cli);
rh_exit rh_cmd_close(rh_cli *cli);
rh_exit rh_cmd_verify(rh_cli *cli);
rh_exit rh_cmd_status(rh_cli *cli);
rh_exit rh_cmd_map(rh_cli *cli);
rh_exit rh_cmd_migrate(rh_cli *cli);
rh_exit rh_cmd_explain(rh_cli *cli);
rh_exit rh_cmd_report(rh_cli *cli);
rh_exit rh_cmd_manual(rh_cli *cli);
rh_exit rh_cmd_log_verify(rh_cli *cli);
rh_exit rh_cmd_store_inspect(rh_cli *cli);
rh_exit rh_cmd_store_verify(rh_cli *cli);
rh_exit rh_cmd_store_extract(rh_cli *cli);
rh_exit rh_cmd_hive_info(rh_cli *cli);
rh_exit rh_cmd_hive_list(rh_cli *cli);
rh_exit rh_cmd_hive_get(rh_cli *cli);
rh_exit rh_cmd_hive_export(rh_cli *cli);
rh_exit rh_cmd_hive_import(rh_cli *cli);
rh_exit rh_cmd_hive_diff(rh_cli *cli);
rh_exit rh_cmd_hive_recover(rh_cli *cli);
rh_exit rh_cmd_hive_check(rh_cli *cli);
rh_exit rh_cmd_hive_rebuild(rh_cli *cli);
rh_exit rh_cmd_image_build(rh_cli *cli);
rh_exit rh_cmd_playbook_list(rh_cli *cli);
rh_exit rh_cmd_playbook_show(rh_cli *cli);
rh_exit rh_cmd_playbook_new(rh_cli *cli);
rh_exit rh_cmd_playbook_lint(rh_cli *cli);
rh_exit rh_cmd_playbook_test(rh_cli *cli);
rh_exit rh_cmd_keygen(rh_cli *cli);

#endif
