/* Options: each described once, taken by the commands that name it. */
#include "base/table.h"
#include "command/command.h"

#include <getopt.h>
#include <string.h>

typedef struct option_row {
  rh_option option;
  enum { FLAG_KIND, TEXT_KIND, LIST_KIND } kind;
  size_t member; /* of rh_cli: a bool, a text, or the words of an option that may be repeated */
  char letter;   /* 0: none */
  const char *name;
  const char *argument; /* NULL: takes none; "[=WORD]": may be left out */
  const char *help;
} option_row;

/* A member of another type does not compile. */
#define MEMBER(name, type) _Generic(((rh_cli *)0)->name, type : offsetof(rh_cli, name))
#define FLAG(name) FLAG_KIND, MEMBER(name, bool)
#define TEXT(name) TEXT_KIND, MEMBER(name, const char *)
#define LIST(name) LIST_KIND, MEMBER(name, rh_words)

static const option_row rows[] = {
    {RH_OPTION_SOURCE, TEXT(source), 0, "source", "MACHINE",
     "the old server: a folder or a store file"},
    {RH_OPTION_DESTINATION, TEXT(destination), 0, "destination", "MACHINE",
     "the new server: a folder"},
    {RH_OPTION_STORE, TEXT(store), 0, "store", "FILE", "the migration store to write"},
    {RH_OPTION_RECIPIENT, LIST(recipients), 'r', "recipient", "KEY", "seal to this key (age1...)"},
    {RH_OPTION_IDENTITY, LIST(identities), 'i', "identity", "FILE",
     "open a store with the keys in this file"},
    {RH_OPTION_PASSPHRASE_FILE, TEXT(passphrase_file), 0, "passphrase-file", "FILE",
     "the passphrase is this file's first line"},
    {RH_OPTION_OUTPUT, TEXT(output), 'o', "output", "FILE", "where the result goes"},
    {RH_OPTION_RUN, TEXT(run), 0, "run", "FOLDER",
     "the run folder (default: the plan's name and .run)"},
    {RH_OPTION_PARAM, LIST(parameters), 'p', "param", "NAME=VALUE", "a parameter of a playbook"},
    {RH_OPTION_ANSWERS, LIST(answers), 0, "answers", "FILE",
     "parameters, waivers, what to carry and leave as a JSON object; the last file counts"},
    {RH_OPTION_EXPLAIN_ANSWERS, FLAG(explain_answers), 0, "explain-answers", NULL,
     "tell of each parameter where its value comes from"},
    {RH_OPTION_MAP, TEXT(map), 0, "map", "FILE",
     "which interface becomes which: SOURCE = DESTINATION a line"},
    {RH_OPTION_PLAYBOOK_PATH, LIST(playbook_paths), 0, "playbook-path", "FOLDER",
     "look for playbooks here before those that come with rehome"},
    {RH_OPTION_EXCLUDE, LIST(excluded), 0, "exclude", "PATH",
     "leave a registry key, a value or a file as the destination has it"},
    {RH_OPTION_CARRY, LIST(carried), 0, "carry", "PATH",
     "carry what no rule judges in a key, a value or a file, as it is"},
    {RH_OPTION_LEAVE, LIST(left), 0, "leave", "PATH",
     "leave behind what no rule judges in a key, a value or a file"},
    {RH_OPTION_WAIVE, LIST(waived), 0, "waive", "NAME",
     "go on although PLAYBOOK/CHECK blocks, or PLAYBOOK/OTHER is missing"},
    {RH_OPTION_BESIDE, LIST(beside), 0, "beside", "PLAN",
     "another part of the source goes to another server with this plan"},
    {RH_OPTION_GRAPH, TEXT(graph), 0, "graph", "[=dot]",
     "only the order of the playbooks and their steps, with its reasons"},
    {RH_OPTION_CERTIFICATE, LIST(certificates), 0, "certificate", "FILE",
     "a certificate with its key (.pfx) for the destination"},
    {RH_OPTION_CERTIFICATE_PASSWORD_FILE, TEXT(certificate_password_file), 0,
     "certificate-password-file", "FILE",
     "passwords of these files, a line each in their order, or one for all"},
    {RH_OPTION_ACCEPT_WARNINGS, FLAG(accept_warnings), 0, "accept-warnings", NULL,
     "go on in spite of warnings"},
    {RH_OPTION_EXPECT, TEXT(expect), 0, "expect", "ID",
     "refuse any plan but the one with this id, or this beginning of it"},
    {RH_OPTION_WITHOUT_SOURCE, FLAG(without_source), 0, "without-source", NULL,
     "trust the plan as it is, without planning again from its source"},
    {RH_OPTION_TIME, TEXT(time), 0, "time", "TIME",
     "judge certificates as of this time (2026-01-31T12:00:00Z)"},
    {RH_OPTION_PREFIX, TEXT(prefix), 0, "prefix", "KEY",
     "what the hive's root is called in .reg text"},
    {RH_OPTION_CONTROL_SET, TEXT(control_set), 0, "control-set", "NAME",
     "what CurrentControlSet stands for: ControlSet002 or 2 (default: what Select\\Current says)"},
    {RH_OPTION_CODE_PAGE, TEXT(code_page), 0, "code-page", "NUMBER",
     "of text in REGEDIT4 files (default 1252)"},
    {RH_OPTION_SKIP_OTHER_HIVES, FLAG(skip_other_hives), 0, "skip-other-hives", NULL,
     "leave out keys of .reg text that lie in other hives"},
    {RH_OPTION_CREATE, FLAG(create), 0, "create", NULL, "make the hive when it is not there"},
    {RH_OPTION_OVERWRITE, FLAG(overwrite), 0, "overwrite", NULL,
     "replace the result when it exists"},
    {RH_OPTION_ACCEPT_DIRTY, FLAG(accept_dirty), 0, "accept-dirty", NULL,
     "take a hive that was not closed cleanly as it is when no log helps"},
    {RH_OPTION_FORCE_LOGS, FLAG(force_logs), 0, "force-logs", NULL,
     "apply later entries of its logs to a hive that was closed cleanly, too"},
    {RH_OPTION_REG, FLAG(reg), 0, "reg", NULL, "as .reg text that makes the first hive the second"},
    {RH_OPTION_DETAILS, FLAG(details), 0, "details", NULL, "every setting, not only the summary"},
    {RH_OPTION_COMPAT, FLAG(compat), 0, "compat", NULL,
     "its table of what each release has, and nothing else"},
    {RH_OPTION_RUN_ONCE, TEXT(first_start), 0, "first-start", "run-once",
     "have the script of the first start run by itself when an administrator first signs in"},
    {RH_OPTION_FIRST_START, TEXT(first_start), 0, "first-start", "FILE",
     "first-start.json of the destination, which says what its first start did"},
    {RH_OPTION_DRY_RUN, FLAG(dry_run), 0, "dry-run", NULL, "only tell what would be done"},
    {RH_OPTION_KEEP_CHANGED, FLAG(keep_changed), 0, "keep-changed", NULL,
     "what others changed since the run stays as it is"},
    {RH_OPTION_DISCARD_CHANGED, FLAG(discard_changed), 0, "discard-changed", NULL,
     "what others changed since the run goes; changed files are kept in the run folder"},
    {RH_OPTION_KEEP, LIST(kept), 0, "keep", "PATH",
     "leave a registry key, a value or a file as others changed it"},
    {RH_OPTION_DISCARD, LIST(discarded), 0, "discard", "PATH",
     "put a registry key, a value or a file back although others changed it"},
    {RH_OPTION_NOTE, TEXT(note), 0, "note", "TEXT",
     "what is to be known of it: a ticket, a reason"},
    {RH_OPTION_BY, TEXT(by), 0, "by", "NAME", "who did it (default: your account's name)"},
    {RH_OPTION_THIS_MACHINE, FLAG(this_machine), 0, "this-machine", NULL,
     "the --destination is meant, although it is a copy, or does not know the run"},
    {RH_OPTION_YES, FLAG(yes), 0, "yes", NULL, "do not ask: it is meant so"},
    {RH_OPTION_UNATTENDED, FLAG(unattended), 0, "unattended", NULL, "never ask"},
    {RH_OPTION_JSON, FLAG(json), 0, "json", NULL, "one JSON document on standard output"},
    {RH_OPTION_HELP, FLAG(help), 'h', "help", NULL, "this text"},
};
RH_TABLE_FITS(rows, RH_OPTION_HELP - 1); /* all but RH_OPTION_END */
#define ROW_COUNT (sizeof rows / sizeof *rows)

static bool takes(const rh_command *command, rh_option option) {
  if (option >= RH_OPTION_UNATTENDED)
    return true;
  for (const rh_option *taken = command->options; *taken != RH_OPTION_END; taken++)
    if (*taken == option)
      return true;
  return false;
}

static rh_status add_word(rh_words *words, const char *word, rh_error *error) {
  const char **items = rh_resize(words->items, words->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  words->items = items;
  items[words->count++] = word;
  return RH_OK;
}

static void *member_of(rh_cli *cli, const option_row *row) {
  return (char *)cli + row->member;
}

static rh_status store_value(rh_cli *cli, const option_row *row, const char *value,
                             rh_error *error) {
  if (row->kind == LIST_KIND)
    return add_word(member_of(cli, row), value, error);
  if (row->kind == TEXT_KIND)
    *(const char **)member_of(cli, row) = value ? value : "";
  else
    *(bool *)member_of(cli, row) = true;
  return RH_OK;
}

static int argument_kind(const option_row *row) {
  if (!row->argument)
    return no_argument;
  return row->argument[0] == '[' ? optional_argument : required_argument;
}

/* getopt takes every beginning of a name. "--passphrase SECRET" would be --passphrase-file then,
 * and its error would tell the secret. */
static bool is_whole(const option_row *row, const char *word) {
  return strcspn(word, "=") == strlen(row->name) + 2;
}

/* Of a wrong option only the name: behind it may stand a secret. */
static rh_exit say_wrong(rh_cli *cli, bool no_value, const char *word) {
  const char *format = no_value ? "'%.*s' needs a value" : "there is no option '%.*s' here";
  char letter[] = {'-', (char)optopt, '\0'};
  if (optopt > 0 && optopt < 0x80)
    word = letter;
  return rh_usage(cli, format, (int)strcspn(word, "="), word);
}

/* What getopt is told of the options that the command takes. */
typedef struct option_list {
  struct option known[ROW_COUNT + 1];
  char letters[ROW_COUNT * 2 + 3];
} option_list;

/* getopt gives these for words that are no options, and for the row of a long one. */
enum { FOUND_WORD = 1, FOUND_ROW = 256 };

static void list_options(option_list *out, const rh_command *command) {
  size_t count = 0, letter_count = 2;
  /* "-": words that are no options come in their order, whatever POSIXLY_CORRECT says. */
  *out = (option_list){.letters = "-:"};
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (!takes(command, rows[i].option))
      continue;
    out->known[count++] =
        (struct option){rows[i].name, argument_kind(&rows[i]), NULL, FOUND_ROW + (int)i};
    if (!rows[i].letter)
      continue;
    out->letters[letter_count++] = rows[i].letter;
    if (rows[i].argument)
      out->letters[letter_count++] = ':';
  }
}

/* The row of what getopt found in the word before optind; NULL for none that may be taken. */
static const option_row *row_found(int found, char **argv) {
  for (size_t i = 0; found < FOUND_ROW && i < ROW_COUNT; i++)
    if (rows[i].letter && rows[i].letter == found)
      return &rows[i];
  if (found < FOUND_ROW)
    return NULL;
  const option_row *row = &rows[found - FOUND_ROW];
  bool value_apart = optarg && optarg == argv[optind - 1];
  if (is_whole(row, argv[optind - (value_apart ? 2 : 1)]))
    return row;
  optopt = 0;
  if (value_apart)
    optind--;
  return NULL;
}

rh_exit rh_options_parse(rh_cli *cli, int argc, char **argv) {
  option_list list;
  bool given[ROW_COUNT] = {false};
  rh_error error = {0};
  rh_status status = RH_OK;
  list_options(&list, cli->command);
  optind = 1;
  opterr = 0;
  for (int found; status == RH_OK &&
                  (found = getopt_long(argc, argv, list.letters, list.known, NULL)) != -1;) {
    if (found == FOUND_WORD) {
      status = add_word(&cli->arguments, optarg, &error);
      continue;
    }
    const option_row *row = row_found(found, argv);
    if (!row)
      return say_wrong(cli, found == ':', argv[optind - 1]);
    if (given[row - rows] && row->kind == TEXT_KIND)
      return rh_usage(cli, "'--%s' is given twice, and takes one value", row->name);
    given[row - rows] = true;
    status = store_value(cli, row, optarg, &error);
  }
  for (int i = optind; status == RH_OK && i < argc; i++)
    status = add_word(&cli->arguments, argv[i], &error);
  return status == RH_OK ? RH_EXIT_DONE : rh_fail(cli, &error);
}

void rh_options_dispose(rh_cli *cli) {
  for (size_t i = 0; i < ROW_COUNT; i++)
    if (rows[i].kind == LIST_KIND)
      rh_free(((rh_words *)member_of(cli, &rows[i]))->items);
  rh_free(cli->arguments.items);
}

void rh_options_print(FILE *out, const rh_command *command) {
  for (size_t i = 0; i < ROW_COUNT; i++) {
    char left[40];
    if (!takes(command, rows[i].option))
      continue;
    char letter[5] = "    ";
    if (rows[i].letter)
      snprintf(letter, sizeof letter, "-%c, ", rows[i].letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, rows[i].name,
             argument_kind(&rows[i]) == required_argument ? " " : "",
             rows[i].argument ? rows[i].argument : "");
    fprintf(out, "  %-30s %s%s\n", left, rows[i].help,
            rows[i].kind == LIST_KIND ? "; may be repeated" : "");
  }
}
