/* The commands, their help, and the way from argv to one of them. */
#include "command/command.h"

#include "base/openssl.h"
#include "base/version.h"
#include "plan/json.h"

#include <locale.h>
#include <string.h>

#define CERTIFICATE_OPTIONS RH_OPTION_CERTIFICATE, RH_OPTION_CERTIFICATE_PASSWORD_FILE
#define PLAYBOOK_OPTIONS                                                                           \
  RH_OPTION_PARAM, RH_OPTION_ANSWERS, RH_OPTION_EXPLAIN_ANSWERS, RH_OPTION_PLAYBOOK_PATH
#define KEY_OPTIONS RH_OPTION_IDENTITY, RH_OPTION_PASSPHRASE_FILE
#define FIND_OPTIONS RH_OPTION_DESTINATION, RH_OPTION_THIS_MACHINE
#define HIVE_OPTIONS RH_OPTION_ACCEPT_DIRTY, RH_OPTION_FORCE_LOGS
#define OPTIONS(...)                                                                               \
  (const rh_option[]) {                                                                            \
    __VA_ARGS__, RH_OPTION_END                                                                     \
  }

static const rh_command commands[] = {
    {"inventory", "MACHINE", "what is there: system, roles, interfaces, certificates",
     "MACHINE is a folder laid out as a Windows volume, or a migration store.",
     "rehome inventory /mnt/edge01", OPTIONS(KEY_OPTIONS, RH_OPTION_PLAYBOOK_PATH),
     rh_cmd_inventory},
    {"check", "PLAYBOOK...", "what stands in the way of a migration", NULL,
     "rehome check --source /mnt/edge01 --destination /mnt/edge02 remote-access",
     OPTIONS(RH_OPTION_SOURCE, RH_OPTION_DESTINATION, KEY_OPTIONS, PLAYBOOK_OPTIONS, RH_OPTION_MAP,
             RH_OPTION_WAIVE, RH_OPTION_BESIDE, CERTIFICATE_OPTIONS, RH_OPTION_TIME,
             RH_OPTION_ACCEPT_DIRTY),
     rh_cmd_check},
    {"map", "SOURCE DESTINATION",
     "which network interface becomes which, proposed and written down",
     "Equal names belong together; one pair of the same subnet is proposed. --map shows what a "
     "file\n"
     "of your own makes of it.",
     "rehome map /mnt/edge01 /mnt/edge02 --output edge.map",
     OPTIONS(KEY_OPTIONS, RH_OPTION_MAP, RH_OPTION_OUTPUT, RH_OPTION_OVERWRITE), rh_cmd_map},
    {"export", "PLAYBOOK...", "seal what playbooks need of a server into a migration store",
     "Sealed to recipients (age1..., from 'rehome keygen' or age-keygen) or with a passphrase.",
     "rehome export --source /mnt/edge01 --store edge01.rehome --recipient age1... remote-access",
     OPTIONS(RH_OPTION_SOURCE, RH_OPTION_STORE, RH_OPTION_RECIPIENT, RH_OPTION_PASSPHRASE_FILE,
             RH_OPTION_PLAYBOOK_PATH, RH_OPTION_TIME, RH_OPTION_OVERWRITE),
     rh_cmd_export},
    {"plan", "PLAYBOOK...", "work out every change, and write none",
     "The plan file holds the values that will be written, secrets among them: keep it as safe as\n"
     "the server. Without --output the plan is only shown. --graph needs no server: it shows in "
     "which\n"
     "order the playbooks and their steps run, and why there; --graph=dot for graphviz.",
     "rehome plan --source edge01.rehome --identity key.txt --destination /mnt/edge02 \\\n"
     "       --output edge.plan remote-access",
     OPTIONS(RH_OPTION_SOURCE, RH_OPTION_DESTINATION, KEY_OPTIONS, RH_OPTION_OUTPUT,
             PLAYBOOK_OPTIONS, RH_OPTION_MAP, RH_OPTION_EXCLUDE, RH_OPTION_CARRY, RH_OPTION_LEAVE,
             RH_OPTION_WAIVE, RH_OPTION_BESIDE, RH_OPTION_GRAPH, CERTIFICATE_OPTIONS,
             RH_OPTION_RUN_ONCE, RH_OPTION_TIME, RH_OPTION_ACCEPT_DIRTY, RH_OPTION_DETAILS,
             RH_OPTION_OVERWRITE),
     rh_cmd_plan},
    {"apply", "PLAN", "carry a plan out, and compare the result with it",
     "Plans again from the source first, and refuses a plan that is not what comes of that, or "
     "whose\n"
     "source, destination or playbooks have changed (exit code 4): the same keys and folders of\n"
     "playbooks are given as to 'plan'. The run folder keeps what is needed to resume or undo it.\n"
     "A plan that was applied already is compared with the destination, and nothing is written.",
     "rehome apply edge.plan",
     OPTIONS(RH_OPTION_DESTINATION, RH_OPTION_RUN, RH_OPTION_EXPECT, RH_OPTION_ACCEPT_WARNINGS,
             RH_OPTION_WITHOUT_SOURCE, KEY_OPTIONS, RH_OPTION_PLAYBOOK_PATH),
     rh_cmd_apply},
    {"resume", "RUN", "finish a run that was interrupted", NULL, "rehome resume edge.plan.run",
     OPTIONS(FIND_OPTIONS), rh_cmd_resume},
    {"rollback", "RUN", "put the destination back as it was before a run",
     "Runs that were applied on top of it go back first. A destination that was moved is found by\n"
     "the run that it carries, beside the run folder or with --destination.\n"
     "What others changed since the run is never overwritten unasked: it is listed, and nothing "
     "is\n"
     "done (exit code 5) until --keep-changed, --discard-changed or, for single places, --keep "
     "and\n"
     "--discard say what becomes of it. --dry-run tells all of it, and what would go back.",
     "rehome rollback edge.plan.run",
     OPTIONS(FIND_OPTIONS, RH_OPTION_DRY_RUN, RH_OPTION_KEEP_CHANGED, RH_OPTION_DISCARD_CHANGED,
             RH_OPTION_KEEP, RH_OPTION_DISCARD, RH_OPTION_DETAILS),
     rh_cmd_rollback},
    {"close", "RUN", "end a run: what leads back is removed, secrets among it",
     "Replaced files, before-images and secrets go from the run folder, and the run from the\n"
     "destination. Journal, events, report and explanations stay. There is no way back then.",
     "rehome close edge.plan.run --yes", OPTIONS(FIND_OPTIONS, RH_OPTION_YES), rh_cmd_close},
    {"verify", "RUN", "compare the destination with what a run made of it",
     "Also what was right already is compared. Where source and playbooks are at hand, it is "
     "planned\n"
     "again: nothing may be left to change. Once Windows has run, --first-start reads what its "
     "script\n"
     "did: the step by hand is closed with that as its evidence, and what differs has changed "
     "since.",
     "rehome verify edge.plan.run",
     OPTIONS(FIND_OPTIONS, KEY_OPTIONS, RH_OPTION_PLAYBOOK_PATH, RH_OPTION_FIRST_START),
     rh_cmd_verify},
    {"status", "[RUN]", "where a run stands, and what to type next",
     "With --destination and no RUN: the runs that stand on that machine, the last one on top.",
     "rehome status edge.plan.run", OPTIONS(FIND_OPTIONS), rh_cmd_status},
    {"manual", "PLAN|RUN [STEP done|skip|defer|reopen]",
     "what is left to do by hand, and who did it",
     "STEP is a step's number, its id, the id's last part, or an id of the guide (RA-PRE-03). "
     "What\n"
     "is recorded of a plan stands beside it, in PLAN.manual.jsonl, and its run takes it over.\n"
     "With --output a checklist is written: HTML when the file's name ends with .html, else\n"
     "Markdown. Exit code 3 while steps are open or deferred.",
     "rehome manual edge.plan.run remote-access/dns done --note 'changed in ticket 4711'",
     OPTIONS(FIND_OPTIONS, RH_OPTION_NOTE, RH_OPTION_BY, RH_OPTION_OUTPUT, RH_OPTION_OVERWRITE),
     rh_cmd_manual},
    {"log verify", "RUN", "whether a run's journal and events are as they were written",
     "Exit code 6 names the record that was altered, is missing or stands out of order.",
     "rehome log verify edge.plan.run", OPTIONS(RH_OPTION_END), rh_cmd_log_verify},
    {"migrate", "PLAYBOOK...", "check, plan, apply and verify in one go", NULL,
     "rehome migrate --source /mnt/edge01 --destination /mnt/edge02 --run edge.run remote-access",
     OPTIONS(RH_OPTION_SOURCE, RH_OPTION_DESTINATION, KEY_OPTIONS, RH_OPTION_RUN, PLAYBOOK_OPTIONS,
             RH_OPTION_MAP, RH_OPTION_EXCLUDE, RH_OPTION_CARRY, RH_OPTION_LEAVE, RH_OPTION_WAIVE,
             RH_OPTION_BESIDE, CERTIFICATE_OPTIONS, RH_OPTION_RUN_ONCE, RH_OPTION_TIME,
             RH_OPTION_ACCEPT_DIRTY, RH_OPTION_ACCEPT_WARNINGS, RH_OPTION_DETAILS),
     rh_cmd_migrate},
    {"explain", "PLAN|RUN PATH", "what became of a setting and why, or where it comes from",
     "PATH is a registry key or value (HKLM\\...), a file, a certificate's thumbprint, or an\n"
     "interface's name or GUID, of the source or of the destination.",
     "rehome explain edge.plan 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess\\Start'",
     OPTIONS(RH_OPTION_END), rh_cmd_explain},
    {"report", "PLAN|RUN", "a plan or a run as one file for people",
     "HTML, or Markdown when the file's name ends with .md. No secret is in it.",
     "rehome report edge.plan.run --output report.html",
     OPTIONS(RH_OPTION_OUTPUT, RH_OPTION_OVERWRITE), rh_cmd_report},
    {"store inspect", "FILE", "what a migration store holds", NULL,
     "rehome store inspect edge01.rehome --identity key.txt", OPTIONS(KEY_OPTIONS),
     rh_cmd_store_inspect},
    {"store verify", "FILE", "read a migration store to its end and check every member", NULL,
     "rehome store verify edge01.rehome --identity key.txt", OPTIONS(KEY_OPTIONS),
     rh_cmd_store_verify},
    {"store extract", "FILE", "unpack a migration store into a new folder",
     "The folder holds the source's secrets in the clear: remove it when it is no longer needed.",
     "rehome store extract edge01.rehome --identity key.txt --output edge01",
     OPTIONS(KEY_OPTIONS, RH_OPTION_OUTPUT), rh_cmd_store_extract},
    {"hive info", "HIVE", "a registry hive's header and counts", NULL,
     "rehome hive info Windows/System32/config/SYSTEM", OPTIONS(HIVE_OPTIONS), rh_cmd_hive_info},
    {"hive list", "HIVE [KEY]", "every key and value, one a line, tab-separated",
     "K, path, last write (FILETIME) for a key; V, path, name, type, size, SHA-256 for a value.",
     "rehome hive list SYSTEM | LC_ALL=C sort | sha256sum",
     OPTIONS(RH_OPTION_CONTROL_SET, HIVE_OPTIONS), rh_cmd_hive_list},
    {"hive get", "HIVE KEY [NAME]", "one value, or all values of a key", NULL,
     "rehome hive get SYSTEM 'Select' Current", OPTIONS(RH_OPTION_CONTROL_SET, HIVE_OPTIONS),
     rh_cmd_hive_get},
    {"hive export", "HIVE [KEY]", "a hive, or a key with all below it, as .reg text", NULL,
     "rehome hive export SYSTEM Select --prefix 'HKEY_LOCAL_MACHINE\\SYSTEM' --output select.reg",
     OPTIONS(RH_OPTION_PREFIX, RH_OPTION_CONTROL_SET, RH_OPTION_OUTPUT, RH_OPTION_OVERWRITE,
             HIVE_OPTIONS),
     rh_cmd_hive_export},
    {"hive import", "HIVE FILE.reg...", "apply .reg text to a hive",
     "The hive is replaced as a whole; the one before is kept as HIVE.previous.",
     "rehome hive import SYSTEM changes.reg --prefix 'HKEY_LOCAL_MACHINE\\SYSTEM'",
     OPTIONS(RH_OPTION_PREFIX, RH_OPTION_SKIP_OTHER_HIVES, RH_OPTION_CONTROL_SET,
             RH_OPTION_CODE_PAGE, RH_OPTION_CREATE, RH_OPTION_ACCEPT_DIRTY),
     rh_cmd_hive_import},
    {"hive diff", "HIVE HIVE [KEY]", "what differs between two hives, or below a key of both",
     "Lines begin with + (only in the second), - (only in the first) or ~ (changed); times alone "
     "are\n"
     "no difference. Exit code 0: equal, 6: different.",
     "rehome hive diff SYSTEM.previous SYSTEM --reg --prefix 'HKEY_LOCAL_MACHINE\\SYSTEM'",
     OPTIONS(RH_OPTION_REG, RH_OPTION_PREFIX, RH_OPTION_CONTROL_SET, RH_OPTION_OUTPUT,
             RH_OPTION_OVERWRITE, HIVE_OPTIONS),
     rh_cmd_hive_diff},
    {"hive recover", "HIVE", "apply a hive's transaction logs, and write the result",
     "HIVE.LOG, .LOG1 and .LOG2 are looked for beside HIVE, in any letter case. HIVE and its logs\n"
     "stay as they are; --output gets a clean hive that none of the logs fits any more.",
     "rehome hive recover Windows/System32/config/SYSTEM --output SYSTEM.clean",
     OPTIONS(RH_OPTION_OUTPUT, RH_OPTION_OVERWRITE, HIVE_OPTIONS), rh_cmd_hive_recover},
    {"hive check", "HIVE", "look at every bin, cell, key and value of a hive",
     "Exit code 0: nothing is wrong. 6: each thing that is wrong was told, with place and key.",
     "rehome hive check SYSTEM", OPTIONS(RH_OPTION_END), rh_cmd_hive_check},
    {"hive rebuild", "HIVE", "write a fresh hive from what can be read of a damaged one",
     "HIVE stays as it is. What could not be read is told, each with place and key; exit code 6\n"
     "when there was any.",
     "rehome hive rebuild SYSTEM --output SYSTEM.rebuilt",
     OPTIONS(RH_OPTION_OUTPUT, RH_OPTION_OVERWRITE), rh_cmd_hive_rebuild},
    {"image build", "FOLDER", "make a machine from .reg text, files and certificates",
     "FOLDER holds *.reg (each key goes into its hive), files/ (copied as they are) and\n"
     "certificates/STORE/*.cer, DER or PEM; NAME.container beside NAME.cer links a private key.",
     "rehome image build examples/vpn-server/EDGE01 --output edge01",
     OPTIONS(RH_OPTION_OUTPUT, RH_OPTION_SKIP_OTHER_HIVES, RH_OPTION_CONTROL_SET, RH_OPTION_TIME),
     rh_cmd_image_build},
    {"playbook list", "", "the playbooks that there are", NULL, "rehome playbook list",
     OPTIONS(RH_OPTION_PLAYBOOK_PATH), rh_cmd_playbook_list},
    {"playbook show", "PLAYBOOK", "what a playbook reads, writes, checks and does", NULL,
     "rehome playbook show remote-access --compat",
     OPTIONS(RH_OPTION_COMPAT, RH_OPTION_PLAYBOOK_PATH), rh_cmd_playbook_show},
    {"playbook new", "FOLDER", "a playbook to start from; its id is the folder's name", NULL,
     "rehome playbook new my-playbooks/dhcp-relay", OPTIONS(RH_OPTION_END), rh_cmd_playbook_new},
    {"playbook lint", "PLAYBOOK...", "load playbooks and say what is wrong with them", NULL,
     "rehome playbook lint remote-access", OPTIONS(RH_OPTION_PLAYBOOK_PATH), rh_cmd_playbook_lint},
    {"playbook test", "PLAYBOOK...", "run the tests in a playbook's folder", NULL,
     "rehome playbook test remote-access", OPTIONS(RH_OPTION_PLAYBOOK_PATH), rh_cmd_playbook_test},
    {"keygen", "", "a key pair for sealing stores",
     "The file is made for its owner alone; the recipient, which is no secret, is printed.",
     "rehome keygen --output key.txt", OPTIONS(RH_OPTION_OUTPUT), rh_cmd_keygen},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void print_overview(FILE *out) {
  fprintf(out, "rehome %s: gives server roles a new home.\n\n", rh_version());
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    fprintf(out, "  rehome %-15s %s\n", commands[i].name, commands[i].summary);
  fputs("\n'rehome COMMAND --help' tells what a command takes, with an example.\n\n"
        "Exit codes: 0 done and verified, 1 failed and nothing changed, 2 wrong usage,\n"
        "3 done and manual steps are open, 4 the plan is stale, 5 blocked by a check,\n"
        "6 verification found differences, 7 interrupted half-way, 8 store cannot be opened,\n"
        "9 another run holds the lock.\n",
        out);
}

static void print_help(FILE *out, const rh_command *command) {
  fprintf(out, "usage: rehome %s %s%s[options]\n\n%s.\n", command->name, command->arguments,
          *command->arguments ? " " : "", command->summary);
  if (command->text)
    fprintf(out, "%s\n", command->text);
  fputs("\nOptions:\n", out);
  rh_options_print(out, command);
  fprintf(out, "\nExample:\n  %s\n", command->example);
}

static size_t words_in(const char *name) {
  return strchr(name, ' ') ? 2 : 1;
}

/* The command that argv names; a group's name alone gives NULL and is told in *group. */
static const rh_command *find_command(int argc, char **argv, const char **group) {
  *group = NULL;
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    const char *space = strchr(commands[i].name, ' ');
    size_t len = space ? (size_t)(space - commands[i].name) : strlen(commands[i].name);
    if (strlen(argv[1]) != len || strncmp(argv[1], commands[i].name, len) != 0)
      continue;
    if (!space || (argc > 2 && strcmp(argv[2], space + 1) == 0))
      return &commands[i];
    *group = argv[1];
  }
  return NULL;
}

static rh_exit print_group(FILE *out, const char *group) {
  size_t len = strlen(group);
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strncmp(commands[i].name, group, len) == 0 && commands[i].name[len] == ' ')
      fprintf(out, "  rehome %-15s %s\n", commands[i].name, commands[i].summary);
  return out == stdout ? RH_EXIT_DONE : RH_EXIT_USAGE;
}

static bool is_help(const char *word) {
  return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* Also what is wrong with the words before the options are read has to be told as JSON. */
static bool wants_json(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--json") == 0)
      return true;
  return false;
}

/* What only tells may end when nobody listens any more, as is usual for listings. All else comes to
 * its end. */
static bool only_tells(const rh_cli *cli) {
  static const char *const listings[] = {
      "check",     "explain",       "hive check",    "hive diff",     "hive export", "hive get",
      "hive info", "hive list",     "inventory",     "log verify",    "map",         "plan",
      "status",    "playbook list", "playbook show", "store inspect", "store verify"};
  for (size_t i = 0; i < sizeof listings / sizeof *listings; i++)
    if (strcmp(listings[i], cli->command->name) == 0)
      return !cli->output;
  return false;
}

/* result_stays: what the command was for is not its text, and is done. */
static rh_exit run_command(const rh_command *command, int argc, char **argv, bool *result_stays) {
  rh_cli cli = {.command = command, .json = wants_json(argc, argv)};
  rh_exit result = rh_options_parse(&cli, argc, argv);
  if (result == RH_EXIT_DONE && cli.help)
    print_help(stdout, command);
  else if (result == RH_EXIT_DONE)
    result = rh_check_output(&cli);
  if (result == RH_EXIT_DONE && !cli.help) {
    if (!only_tells(&cli))
      rh_platform_survive_readers();
    result = command->run(&cli);
  }
  rh_progress_end(&cli);
  *result_stays = cli.changed || ((cli.output || cli.store) && result == RH_EXIT_DONE);
  rh_options_dispose(&cli);
  return result;
}

static rh_exit dispatch(int argc, char **argv, bool *result_stays) {
  const char *group = NULL;
  rh_cli nothing = {.json = wants_json(argc, argv)};
  setlocale(LC_CTYPE, "C.UTF-8");
  rh_platform_prepare_process(RH_EXIT_INTERRUPTED);
  rh_json_prepare();
  /* Too late only where another program has made this one a part of itself. */
  rh_openssl_prepare(NULL);
  if (argc < 2) {
    print_overview(stderr);
    return RH_EXIT_USAGE;
  }
  if (is_help(argv[1])) {
    print_overview(stdout);
    return RH_EXIT_DONE;
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("rehome %s\n", rh_version());
    return RH_EXIT_DONE;
  }
  const rh_command *command = find_command(argc, argv, &group);
  if (!command && group && argc > 2 && argv[2][0] != '-' && !is_help(argv[2]))
    return rh_usage(&nothing, "there is no command '%s %s'", argv[1], argv[2]);
  if (!command && group && argc > 2 && is_help(argv[2]))
    return print_group(stdout, group);
  if (!command && group && nothing.json)
    return rh_usage(&nothing, "'%s' needs a second word", group);
  if (!command && group)
    return print_group(stderr, group);
  if (!command)
    return rh_usage(&nothing, "there is no command '%s'", argv[1]);
  int skip = (int)words_in(command->name);
  return run_command(command, argc - skip, argv + skip, result_stays);
}

int rh_command_main(int argc, char **argv) {
  bool result_stays = false;
  rh_exit result = dispatch(argc, argv, &result_stays);
  /* A full disk under a redirected standard output shows only here. */
  if (fflush(stdout) != 0 || ferror(stdout)) {
    fprintf(stderr,
            "rehome: standard output: cannot write%s\n"
            "        make room where it goes, or send it elsewhere\n",
            result_stays ? "; what the command does is done all the same" : "");
    if (result == RH_EXIT_DONE && !result_stays)
      result = RH_EXIT_FAILED;
  }
  return (int)result;
}
