/* File paths of a machine: Windows paths made image-relative, safely, and looked up without case.
 *
 * What a variable stands for is read from the machine's own registry, since folders have other
 * names on Windows in other languages. */
#include "machine/internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLE_DEPTH_MAX 4
#define CURRENT_VERSION "Microsoft\\Windows\\CurrentVersion"
#define PROFILE_LIST "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"

/* A value of SOFTWARE, and what it is where it is missing. machine/store/capture_hives.c captures
 * them. */
typedef struct variable {
  const char *name, *key, *value, *fallback;
} variable;

static const variable variables[] = {
    {"ProgramFiles", CURRENT_VERSION, "ProgramFilesDir", "Program Files"},
    {"ProgramFiles(x86)", CURRENT_VERSION, "ProgramFilesDir (x86)", "Program Files (x86)"},
    {"CommonProgramFiles", CURRENT_VERSION, "CommonFilesDir", "Program Files/Common Files"},
    {"ProgramData", PROFILE_LIST, "ProgramData", "ProgramData"},
};

static rh_status refuse(const char *path, const char *why, rh_error *error) {
  return rh_error_set(error, RH_ERR_ARGUMENT, path, "%s", why);
}

/* A text of SOFTWARE; empty also when there is no such hive. */
static rh_status software_text(char **out, rh_machine *machine, const char *key, const char *value,
                               rh_error *error) {
  rh_registry *software = NULL;
  rh_status status = rh_machine_hive(machine, "SOFTWARE", &software, error);
  if (status == RH_OK)
    return machine_value_text(out, software, key, value, error);
  if (status != RH_ERR_NOT_FOUND)
    return status;
  *out = rh_copy_text("");
  return *out ? RH_OK : rh_error_memory(error);
}

static rh_status append_value(rh_buffer *out, rh_machine *machine, const variable *known,
                              rh_error *error) {
  char *text = NULL;
  rh_status status = software_text(&text, machine, known->key, known->value, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, text[0] ? text : known->fallback, error);
  rh_free(text);
  return status;
}

/* %ALLUSERSPROFILE% is %ProgramData% since Windows Vista; before it has a name in the language of
 * the system. */
static rh_status append_all_users(rh_buffer *out, rh_machine *machine, rh_error *error) {
  char *data = NULL, *folder = NULL, *name = NULL, *version = NULL;
  rh_status status = software_text(&data, machine, PROFILE_LIST, "ProgramData", error);
  if (status == RH_OK)
    status = software_text(&folder, machine, PROFILE_LIST, "ProfilesDirectory", error);
  if (status == RH_OK)
    status = software_text(&name, machine, PROFILE_LIST, "AllUsersProfile", error);
  if (status == RH_OK)
    status = software_text(&version, machine, "Microsoft\\Windows NT\\CurrentVersion",
                           "CurrentVersion", error);
  if (status == RH_OK && data[0])
    status = rh_buffer_append_text(out, data, error);
  else if (status == RH_OK && folder[0] && name[0])
    status = rh_buffer_printf(out, error, "%s\\%s", folder, name);
  else if (status == RH_OK)
    status = rh_buffer_append_text(
        out, version[0] == '5' ? "Documents and Settings/All Users" : "ProgramData", error);
  rh_free(data);
  rh_free(folder);
  rh_free(name);
  rh_free(version);
  return status;
}

static bool is_named(const char *name, size_t len, const char *other) {
  return rh_name_compare(name, len, other, strlen(other)) == 0;
}

static rh_status append_variable(rh_buffer *out, rh_machine *machine, const char *name, size_t len,
                                 rh_error *error) {
  if (is_named(name, len, "SystemRoot") || is_named(name, len, "windir"))
    return rh_buffer_append_text(out, machine->windows, error);
  if (is_named(name, len, "SystemDrive"))
    return RH_OK;
  if (is_named(name, len, "ALLUSERSPROFILE"))
    return append_all_users(out, machine, error);
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    if (is_named(name, len, variables[i].name))
      return append_value(out, machine, &variables[i], error);
  }
  return RH_ERR_NOT_FOUND;
}

/* Replaces a variable at the beginning, also in what it stands for. */
static rh_status expand(rh_buffer *out, rh_machine *machine, const char *path, rh_error *error) {
  rh_buffer before = {0};
  rh_status status = rh_buffer_append_text(out, path, error);
  for (unsigned depth = 0; status == RH_OK && rh_buffer_text(out)[0] == '%'; depth++) {
    rh_buffer_clear(&before);
    status = rh_buffer_append(&before, out->data, out->len, error);
    if (status != RH_OK)
      break;
    const char *name = rh_buffer_text(&before) + 1, *end = strchr(name, '%');
    if (!end)
      break;
    rh_buffer_clear(out);
    if (depth == VARIABLE_DEPTH_MAX)
      status = refuse(path, "its variables stand for each other", error);
    if (status == RH_OK)
      status = append_variable(out, machine, name, (size_t)(end - name), error);
    if (status == RH_ERR_NOT_FOUND) {
      status = refuse(path, "begins with a variable that is not known", error);
      rh_error_hint(error, "known are %%SystemRoot%%, %%windir%%, %%SystemDrive%%, "
                           "%%ProgramFiles%%, %%ProgramFiles(x86)%%, %%CommonProgramFiles%%, "
                           "%%ProgramData%% and %%ALLUSERSPROFILE%%");
    }
    if (status == RH_OK)
      status = rh_buffer_append_text(out, end + 1, error);
  }
  rh_buffer_dispose(&before);
  return status;
}

/* Names that Windows opens as devices in whatever folder [win32 naming-a-file]. */
static bool is_device(const char *name, size_t len) {
  static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};
  const char *dot = memchr(name, '.', len);
  size_t stem = dot ? (size_t)(dot - name) : len;
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    if (is_named(name, stem, devices[i]))
      return true;
  }
  return stem == 4 && (is_named(name, 3, "COM") || is_named(name, 3, "LPT")) && name[3] >= '1' &&
         name[3] <= '9';
}

static rh_status check_component(const char *path, const char *name, size_t len, bool pattern,
                                 rh_error *error) {
  if (len == 2 && memcmp(name, "..", 2) == 0)
    return refuse(path, "leads upwards with \"..\"", error);
  for (size_t i = 0; i < len; i++) {
    if ((unsigned char)name[i] < 0x20 || strchr(":<>|\"", name[i]) ||
        (!pattern && (name[i] == '*' || name[i] == '?')))
      return refuse(path, "holds a character that no file name has", error);
  }
  /* Windows drops them, so that two spellings would be one file. */
  if (name[len - 1] == '.' || name[len - 1] == ' ')
    return refuse(path, "has a name that ends in a dot or a space", error);
  return is_device(name, len) ? refuse(path, "names a device", error) : RH_OK;
}

/* A drive other than the system's is not in the image. */
static rh_status check_drive(rh_machine *machine, const char *path, char letter, rh_error *error) {
  const rh_identity *identity = NULL;
  rh_status status = rh_machine_identity(machine, &identity, error);
  if (status != RH_OK)
    return status;
  const char *root = identity->system_root;
  if (root[0] && root[1] == ':' && rh_name_compare(root, 1, &letter, 1) != 0)
    return rh_error_set(error, RH_ERR_NOT_FOUND, path,
                        "is on drive %c:, of which the machine holds nothing", letter);
  return RH_OK;
}

static bool is_letter(char sign) {
  return (sign >= 'A' && sign <= 'Z') || (sign >= 'a' && sign <= 'z');
}

rh_status machine_path_normalise(rh_buffer *out, rh_machine *machine, const char *path,
                                 bool pattern, rh_error *error) {
  rh_buffer text = {0};
  rh_buffer_clear(out);
  rh_status status = expand(&text, machine, path, error);
  for (size_t i = 0; status == RH_OK && i < text.len; i++) {
    if (text.data[i] == '\\')
      text.data[i] = '/';
  }
  const char *rest = rh_buffer_text(&text);
  if (status == RH_OK && !rh_utf8_is_valid(rest, text.len))
    status = refuse(path, "is not valid UTF-8", error);
  if (status == RH_OK && rest[0] == '/' && rest[1] == '/')
    status = refuse(path, "names another computer or a device", error);
  if (status == RH_OK && is_letter(rest[0]) && rest[1] == ':') {
    status = rest[2] && rest[2] != '/' ? refuse(path, "has a drive but no full path", error)
                                       : check_drive(machine, path, rest[0], error);
    rest += 2;
  }
  while (status == RH_OK && *rest) {
    size_t len = strcspn(rest, "/");
    bool skip = len == 0 || (len == 1 && rest[0] == '.');
    if (!skip)
      status = check_component(path, rest, len, pattern, error);
    if (status == RH_OK && !skip && out->len)
      status = rh_buffer_append(out, "/", 1, error);
    if (status == RH_OK && !skip)
      status = rh_buffer_append(out, rest, len, error);
    rest += rest[len] ? len + 1 : len;
  }
  rh_buffer_dispose(&text);
  return status;
}

rh_status machine_path_locate(rh_buffer *out, rh_machine *machine, const char *path,
                              machine_entry *entry, rh_error *error) {
  *entry = MACHINE_NOTHING;
  rh_status status = machine_path_normalise(out, machine, path, false, error);
  return status == RH_OK ? machine->backend->locate(machine, out, entry, error) : status;
}

rh_status machine_hive_path(rh_buffer *out, const rh_machine *machine, size_t index,
                            rh_error *error) {
  rh_buffer_clear(out);
  return rh_buffer_printf(out, error, "%s/System32/config/%s", machine->windows,
                          machine_hive_names[index]);
}

rh_status machine_path_check_writable(const rh_machine *machine, const char *path,
                                      rh_error *error) {
  rh_buffer folder = {0};
  rh_status status = rh_buffer_printf(&folder, error, "%s/System32/config", machine->windows);
  if (status == RH_OK && machine_path_is_below(path, rh_buffer_text(&folder))) {
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "belongs to the registry hives");
    rh_error_hint(error, "change the registry by its keys and values");
  }
  rh_buffer_dispose(&folder);
  return status;
}

bool machine_path_is_below(const char *path, const char *folder) {
  while (*folder) {
    size_t a = strcspn(path, "/"), b = strcspn(folder, "/");
    if (path[a] != '/' || rh_name_compare(path, a, folder, b) != 0)
      return false;
    path += a + 1;
    folder += folder[b] ? b + 1 : b;
  }
  return *path != '\0';
}

rh_status machine_names_add(rh_name_list *list, const char *name, rh_error *error) {
  /* Grows by doubling: the capacity is the next power of two. */
  if ((list->count & (list->count - 1)) == 0) {
    char **names = rh_resize(list->names, list->count ? list->count * 2 : 1, sizeof *names);
    if (!names)
      return rh_error_memory(error);
    list->names = names;
  }
  list->names[list->count] = rh_copy_text(name);
  if (!list->names[list->count])
    return rh_error_memory(error);
  list->count++;
  return RH_OK;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

void machine_names_sort(rh_name_list *list) {
  if (list->count > 1)
    qsort(list->names, list->count, sizeof *list->names, compare_names);
}
