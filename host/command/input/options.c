/* Options: each described once, taken by the commands that name it. */
#include "command/command.h"

#include <getopt.h>
#include <string.h>

typedef struct option_row {
  rh_option option;
  char letter; /* 0: none */
  const char *name;
  const char *argument; /* NULL: takes none; "[=WORD]": may be left out */
  const char *help;
} option_row;

static const option_row rows[] = {
    {RH_OPTION_SOURCE, 0, "source", "MACHINE", "the old server: a folder or a store file"},
    {RH_OPTION_DESTINATION, 0, "destination", "MACHINE", "the new server: a folder"},
    {RH_OPTION_STORE, 0, "store", "FILE", "the migration store to write"},
    {RH_OPTION_RECIPIENT, 'r', "recipient", "KEY", "seal to this key (age1...)"},
    {RH_OPTION_IDENTITY, 'i', "identity", "FILE", "open a store with the keys in this file"},
    {RH_OPTION_PASSPHRASE_FILE, 0, "passphrase-file", "FILE",
     "the passphrase is this file's first line"},
    {RH_OPTION_OUTPUT, 'o', "output", "FILE", "where the result goes"},
    {RH_OPTION_RUN, 0, "run", "FOLDER", "the run folder (default: the plan's name and .run)"},
    {RH_OPTION_PARAM, 'p', "param", "NAME=VALUE", "a parameter of a playbook"},
    {RH_OPTION_ANSWERS, 0, "answers", "FILE",
     "parameters and waivers as a JSON object; of a name the last file counts"},
    {RH_OPTION_EXPLAIN_ANSWERS, 0, "explain-answers", NULL,
     "tell of each parameter where its value comes from"},
    {RH_OPTION_MAP, 0, "map", "FILE", "which interface becomes which: SOURCE = DESTINATION a line"},
    {RH_OPTION_PLAYBOOK_PATH, 0, "playbook-path", "FOLDER",
     "look for playbooks here before those that come with rehome"},
    {RH_OPTION_EXCLUDE, 0, "exclude", "PATH",
     "leave a registry key, a value or a file as the destination has it"},
    {RH_OPTION_WAIVE, 0, "waive", "NAME",
     "go on although PLAYBOOK/CHECK blocks, or PLAYBOOK/OTHER is missing"},
    {RH_OPTION_BESIDE, 0, "beside", "PLAN",
     "another part of the source goes to another server with this plan"},
    {RH_OPTION_GRAPH, 0, "graph", "[=dot]",
     "only the order of the playbooks and their steps, with its reasons"},
    {RH_OPTION_CERTIFICATE, 0, "certificate", "FILE",
     "a certificate with its key (.pfx) for the destination"},
    {RH_OPTION_CERTIFICATE_PASSWORD_FILE, 0, "certificate-password-file", "FILE",
     "passwords of these files, a line each in their order, or one for all"},
    {RH_OPTION_ACCEPT_WARNINGS, 0, "accept-warnings", NULL, "go on in spite of warnings"},
    {RH_OPTION_TIME, 0, "time", "TIME",
     "judge certificates as of this time (2026-01-31T12:00:00Z)"},
    {RH_OPTION_PREFIX, 0, "prefix", "KEY", "what the hive's root is called in .reg text"},
    {RH_OPTION_CONTROL_SET, 0, "control-set", "NAME", "what CurrentControlSet stands for"},
    {RH_OPTION_CODE_PAGE, 0, "code-page", "NUMBER", "of text in REGEDIT4 files (default 1252)"},
    {RH_OPTION_CREATE, 0, "create", NULL, "make the hive when it is not there"},
    {RH_OPTION_OVERWRITE, 0, "overwrite", NULL, "replace the result when it exists"},
    {RH_OPTION_ACCEPT_DIRTY, 0, "accept-dirty", NULL,
     "take a hive that was not closed cleanly as it is when no log helps"},
    {RH_OPTION_FORCE_LOGS, 0, "force-logs", NULL,
     "apply later entries of its logs to a hive that was closed cleanly, too"},
    {RH_OPTION_REG, 0, "reg", NULL, "as .reg text that makes the first hive the second"},
    {RH_OPTION_DETAILS, 0, "details", NULL, "every setting, not only the summary"},
    {RH_OPTION_COMPAT, 0, "compat", NULL, "its table of what each release has, and nothing else"},
    {RH_OPTION_NOTE, 0, "note", "TEXT", "what is to be known of it: a ticket, a reason"},
    {RH_OPTION_BY, 0, "by", "NAME", "who did it (default: your account's name)"},
    {RH_OPTION_UNATTENDED, 0, "unattended", NULL, "never ask"},
    {RH_OPTION_JSON, 0, "json", NULL, "one JSON document on standard output"},
    {RH_OPTION_HELP, 'h', "help", NULL, "this text"},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static bool takes(const rh_command *command, rh_option option) {
  if (option >= RH_OPTION_UNATTENDED)
    return true;
  for (const rh_option *taken = command->options; *taken != RH_OPTION_END; taken++)
    if (*taken == option)
      return true;
  return false;
}

static void add_word(rh_words *words, const char *word) {
  words->items[words->count++] = word;
}

/* Where the values of an option go that may be repeated; NULL for those of one value. */
static rh_words *list_of(rh_cli *cli, rh_option option) {
  switch (option) {
  case RH_OPTION_RECIPIENT:
    return &cli->recipients;
  case RH_OPTION_IDENTITY:
    return &cli->identities;
  case RH_OPTION_PARAM:
    return &cli->parameters;
  case RH_OPTION_ANSWERS:
    return &cli->answers;
  case RH_OPTION_PLAYBOOK_PATH:
    return &cli->playbook_paths;
  case RH_OPTION_EXCLUDE:
    return &cli->excluded;
  case RH_OPTION_WAIVE:
    return &cli->waived;
  case RH_OPTION_BESIDE:
    return &cli->beside;
  case RH_OPTION_CERTIFICATE:
    return &cli->certificates;
  default:
    return NULL;
  }
}

static bool repeats(rh_option option) {
  rh_cli nothing = {0};
  return list_of(&nothing, option) != NULL;
}

static void store_value(rh_cli *cli, rh_option option, const char *value) {
  rh_words *list = list_of(cli, option);
  if (list)
    add_word(list, value);
  switch (option) {
  case RH_OPTION_SOURCE:
    cli->source = value;
    break;
  case RH_OPTION_DESTINATION:
    cli->destination = value;
    break;
  case RH_OPTION_STORE:
    cli->store = value;
    break;
  case RH_OPTION_PASSPHRASE_FILE:
    cli->passphrase_file = value;
    break;
  case RH_OPTION_OUTPUT:
    cli->output = value;
    break;
  case RH_OPTION_RUN:
    cli->run = value;
    break;
  case RH_OPTION_EXPLAIN_ANSWERS:
    cli->explain_answers = true;
    break;
  case RH_OPTION_MAP:
    cli->map = value;
    break;
  case RH_OPTION_GRAPH:
    cli->graph = value ? value : "text";
    break;
  case RH_OPTION_CERTIFICATE_PASSWORD_FILE:
    cli->certificate_password_file = value;
    break;
  case RH_OPTION_ACCEPT_WARNINGS:
    cli->accept_warnings = true;
    break;
  case RH_OPTION_TIME:
    cli->time = value;
    break;
  case RH_OPTION_PREFIX:
    cli->prefix = value;
    break;
  case RH_OPTION_CONTROL_SET:
    cli->control_set = value;
    break;
  case RH_OPTION_CODE_PAGE:
    cli->code_page = value;
    break;
  case RH_OPTION_CREATE:
    cli->create = true;
    break;
  case RH_OPTION_OVERWRITE:
    cli->overwrite = true;
    break;
  case RH_OPTION_ACCEPT_DIRTY:
    cli->accept_dirty = true;
    break;
  case RH_OPTION_FORCE_LOGS:
    cli->force_logs = true;
    break;
  case RH_OPTION_REG:
    cli->reg = true;
    break;
  case RH_OPTION_DETAILS:
    cli->details = true;
    break;
  case RH_OPTION_COMPAT:
    cli->compat = true;
    break;
  case RH_OPTION_NOTE:
    cli->note = value;
    break;
  case RH_OPTION_BY:
    cli->by = value;
    break;
  case RH_OPTION_UNATTENDED:
    cli->unattended = true;
    break;
  case RH_OPTION_JSON:
    cli->json = true;
    break;
  case RH_OPTION_RECIPIENT:
  case RH_OPTION_IDENTITY:
  case RH_OPTION_PARAM:
  case RH_OPTION_ANSWERS:
  case RH_OPTION_PLAYBOOK_PATH:
  case RH_OPTION_EXCLUDE:
  case RH_OPTION_WAIVE:
  case RH_OPTION_BESIDE:
  case RH_OPTION_CERTIFICATE:
  case RH_OPTION_END:
  case RH_OPTION_HELP:
  case RH_OPTION_COUNT:
    break;
  }
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
static void say_wrong(rh_cli *cli, int found, const char *word) {
  const char *format = found == ':' ? "'%.*s' needs a value" : "there is no option '%.*s' here";
  char letter[] = {'-', (char)optopt, '\0'};
  if (optopt > 0 && optopt < 0x80)
    word = letter;
  rh_usage(cli, format, (int)strcspn(word, "="), word);
}

bool rh_options_parse(rh_cli *cli, int argc, char **argv, bool *help) {
  struct option known[ROW_COUNT + 1] = {{0}};
  bool given[ROW_COUNT] = {false};
  /* "-": words that are no options come in their order, whatever POSIXLY_CORRECT says. */
  char letters[ROW_COUNT * 2 + 3] = "-:";
  size_t count = 0, letter_count = 2;
  for (size_t i = 0; i < ROW_COUNT; i++) {
    if (!takes(cli->command, rows[i].option))
      continue;
    known[count++] = (struct option){rows[i].name, argument_kind(&rows[i]), NULL, 256 + (int)i};
    if (rows[i].letter) {
      letters[letter_count++] = rows[i].letter;
      if (rows[i].argument)
        letters[letter_count++] = ':';
    }
  }
  *help = false;
  optind = 1;
  opterr = 0;
  for (int found; (found = getopt_long(argc, argv, letters, known, NULL)) != -1;) {
    const option_row *row = NULL;
    if (found == 1) {
      add_word(&cli->arguments, optarg);
      continue;
    }
    if (found >= 256)
      row = &rows[found - 256];
    if (row &&
        !is_whole(row, argv[optarg && optarg == argv[optind - 1] ? optind - 2 : optind - 1])) {
      found = '?';
      row = NULL;
      optopt = 0;
      if (optarg && optarg == argv[optind - 1])
        optind--;
    }
    for (size_t i = 0; !row && i < ROW_COUNT; i++)
      if (rows[i].letter && rows[i].letter == found)
        row = &rows[i];
    if (!row) {
      say_wrong(cli, found, argv[optind - 1]);
      return false;
    }
    bool twice = given[row - rows] && row->argument && !repeats(row->option);
    given[row - rows] = true;
    if (twice) {
      rh_usage(cli, "'--%s' is given twice, and takes one value", row->name);
      return false;
    }
    if (row->option == RH_OPTION_HELP)
      *help = true;
    else
      store_value(cli, row->option, optarg);
  }
  for (int i = optind; i < argc; i++)
    add_word(&cli->arguments, argv[i]);
  return true;
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
            repeats(rows[i].option) ? "; may be repeated" : "");
  }
}
