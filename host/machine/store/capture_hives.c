/* Parts of a machine's hives as new hives: what a migration store holds of the registry. */
#include "machine/store/capture_hives.h"

#include <string.h>

#define NETWORK_CLASS "{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define CURRENT_VERSION "Microsoft\\Windows\\CurrentVersion"
#define NT_CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define PROFILE_LIST NT_CURRENT_VERSION "\\ProfileList"

/* What is always captured: the tree at a path, or one value of it. */
typedef struct part {
  const char *path, *value;
} part;

/* Below the control set: what identity.c and the interface layer read. */
static const part system_parts[] = {
    {"Control\\ComputerName\\ComputerName", NULL},
    {"Control\\Nls\\Language", NULL},
    {"Control\\ProductOptions", NULL},
    {"Control\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE"},
    {"Services\\Tcpip\\Parameters", "Domain"},
    {"Services\\Tcpip\\Parameters", "NV Domain"},
    {"Services\\Tcpip\\Parameters", "Hostname"},
    {"Services\\Tcpip\\Parameters", "NV Hostname"},
    {"Services\\Tcpip\\Parameters\\Interfaces", NULL},
    {"Control\\Network\\" NETWORK_CLASS, NULL},
    {"Control\\Class\\" NETWORK_CLASS, NULL},
};

/* What identity.c and file_path.c read. */
static const part software_parts[] = {
    {NT_CURRENT_VERSION, "ProductName"},
    {NT_CURRENT_VERSION, "CurrentVersion"},
    {NT_CURRENT_VERSION, "CurrentMajorVersionNumber"},
    {NT_CURRENT_VERSION, "CurrentMinorVersionNumber"},
    {NT_CURRENT_VERSION, "CurrentBuildNumber"},
    {NT_CURRENT_VERSION, "EditionID"},
    {NT_CURRENT_VERSION, "InstallationType"},
    {NT_CURRENT_VERSION, "CSDVersion"},
    {NT_CURRENT_VERSION, "SystemRoot"},
    {CURRENT_VERSION, "ProgramFilesDir"},
    {CURRENT_VERSION, "ProgramFilesDir (x86)"},
    {CURRENT_VERSION, "CommonFilesDir"},
    {PROFILE_LIST, "ProgramData"},
    {PROFILE_LIST, "ProfilesDirectory"},
    {PROFILE_LIST, "AllUsersProfile"},
};

/* A key in the source and its copy. */
typedef struct key_pair {
  rh_registry *from, *to;
  rh_key from_key, to_key;
} key_pair;

static rh_status copy_details(const key_pair *pair, rh_key_info *info, rh_error *error) {
  rh_status status = rh_registry_read_key(pair->from, pair->from_key, info, error);
  const rh_key_details details = {.class_name = info->class_name,
                                  .class_len = info->class_len,
                                  .security = info->security,
                                  .security_len = info->security_len};
  return status == RH_OK ? rh_registry_set_details(pair->to, pair->to_key, &details, error)
                         : status;
}

static rh_status make_hive(rh_hive **out, rh_registry *from, rh_error *error) {
  rh_key_info info = {0};
  rh_key root = RH_KEY_NONE;
  rh_status status = rh_registry_root(from, &root, error);
  if (status == RH_OK)
    status = rh_registry_read_key(from, root, &info, error);
  if (status == RH_OK) {
    /* The time of the root also stands in the new hive's header: the same source gives the same
     * bytes. */
    const rh_hive_options options = {
        .time = info.last_write, .security = info.security, .security_len = info.security_len};
    status = rh_hive_create(out, &options, error);
  }
  if (status == RH_OK)
    rh_hive_registry(*out)->clock = info.last_write;
  rh_key_info_dispose(&info);
  return status;
}

/* Goes down the path in the source, making in the copy what is not there yet. RH_ERR_NOT_FOUND,
 * without a text, when the source does not have it. */
static rh_status enter(capture_hives *self, size_t hive, const char *path, key_pair *out,
                       rh_error *error) {
  rh_key_info info = {0};
  rh_key found = RH_KEY_NONE;
  *out = (key_pair){0};
  rh_status status = rh_machine_hive(self->source, machine_hive_names[hive], &out->from, error);
  if (status == RH_OK)
    status = rh_registry_root(out->from, &out->from_key, error);
  if (status == RH_OK)
    status = rh_registry_find_path(out->from, out->from_key, path, &found, error);
  if (status == RH_OK && !self->hives[hive])
    status = make_hive(&self->hives[hive], out->from, error);
  if (status != RH_OK)
    return status;
  out->to = rh_hive_registry(self->hives[hive]);
  status = rh_registry_root(out->to, &out->to_key, error);
  if (status == RH_OK)
    status = copy_details(out, &info, error);
  while (status == RH_OK && *path) {
    size_t len = strcspn(path, "\\");
    rh_key parent = out->to_key;
    status = rh_registry_find_key(out->from, out->from_key, path, len, &out->from_key, error);
    if (status == RH_OK)
      status = rh_registry_read_key(out->from, out->from_key, &info, error);
    if (status == RH_OK)
      status =
          rh_registry_create_key(out->to, parent, info.name, info.name_len, &out->to_key, error);
    if (status == RH_OK)
      status = copy_details(out, &info, error);
    path += path[len] ? len + 1 : len;
  }
  rh_key_info_dispose(&info);
  return status;
}

static rh_status copy_key(capture_hives *self, size_t hive, const char *path, bool deep,
                          rh_error *error) {
  key_pair pair;
  rh_status status = enter(self, hive, path, &pair, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  return status == RH_OK
             ? rh_registry_copy(pair.to, pair.to_key, pair.from, pair.from_key, deep, error)
             : status;
}

static rh_status copy_value(capture_hives *self, size_t hive, const char *path, const char *name,
                            rh_error *error) {
  key_pair pair;
  rh_value value = {0};
  rh_status status = enter(self, hive, path, &pair, error);
  if (status == RH_OK)
    status = rh_registry_find_value(pair.from, pair.from_key, name, strlen(name), &value, error);
  if (status == RH_OK)
    status = rh_registry_set_value(pair.to, pair.to_key, value.name, value.name_len, value.type,
                                   value.data, value.len, error);
  rh_value_dispose(&value);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

rh_status capture_hives_take(capture_hives *self, size_t hive, const char *path, rh_error *error) {
  return copy_key(self, hive, path, true, error);
}

static rh_status take_parts(capture_hives *self, size_t hive, const char *prefix, const part *parts,
                            size_t count, rh_error *error) {
  rh_buffer path = {0};
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    rh_buffer_clear(&path);
    status = rh_buffer_printf(&path, error, "%s%s", prefix, parts[i].path);
    if (status == RH_OK && parts[i].value)
      status = copy_value(self, hive, rh_buffer_text(&path), parts[i].value, error);
    else if (status == RH_OK)
      status = copy_key(self, hive, rh_buffer_text(&path), true, error);
  }
  rh_buffer_dispose(&path);
  return status;
}

/* The device key of each interface says that its adapter is still there, and when it came and went.
 */
static rh_status take_devices(capture_hives *self, const char *control_set, rh_error *error) {
  const rh_interface_list *interfaces = NULL;
  rh_buffer path = {0};
  rh_status status = rh_machine_interfaces(self->source, &interfaces, error);
  for (size_t i = 0; status == RH_OK && i < interfaces->count; i++) {
    const char *id = interfaces->items[i].pnp_id;
    if (!id || !id[0])
      continue;
    rh_buffer_clear(&path);
    status = rh_buffer_printf(&path, error, "%s\\Enum\\%s", control_set, id);
    if (status == RH_OK)
      status = copy_key(self, MACHINE_SYSTEM, rh_buffer_text(&path), false, error);
    if (status == RH_OK)
      status = rh_buffer_append_text(&path, "\\" RH_DEVICE_DATES, error);
    if (status == RH_OK)
      status = copy_key(self, MACHINE_SYSTEM, rh_buffer_text(&path), true, error);
    /* The text is a value of the source and may be no path at all. */
    if (status == RH_ERR_ARGUMENT || status == RH_ERR_LIMIT)
      status = RH_OK;
  }
  rh_buffer_dispose(&path);
  return status;
}

/* What each service is; its settings are taken where a playbook declares them. */
static rh_status take_services(capture_hives *self, const char *control_set, rh_error *error) {
  static const char *const values[] = {"Start", "Type", "ImagePath", "DisplayName", "ObjectName"};
  const rh_service_list *services = NULL;
  rh_buffer path = {0};
  rh_status status = rh_machine_services(self->source, &services, error);
  for (size_t i = 0; status == RH_OK && i < services->count; i++) {
    rh_buffer_clear(&path);
    status =
        rh_buffer_printf(&path, error, "%s\\Services\\%s", control_set, services->items[i].name);
    for (size_t j = 0; status == RH_OK && j < sizeof values / sizeof *values; j++)
      status = copy_value(self, MACHINE_SYSTEM, rh_buffer_text(&path), values[j], error);
  }
  rh_buffer_dispose(&path);
  return status;
}

rh_status capture_hives_take_identity(capture_hives *self, rh_error *error) {
  const char *control_set = NULL;
  rh_buffer prefix = {0};
  rh_status status = machine_control_set(self->source, &control_set, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&prefix, error, "%s\\", control_set);
  if (status == RH_OK)
    status = copy_key(self, MACHINE_SYSTEM, "Select", true, error);
  if (status == RH_OK)
    status = take_parts(self, MACHINE_SYSTEM, rh_buffer_text(&prefix), system_parts,
                        sizeof system_parts / sizeof *system_parts, error);
  if (status == RH_OK)
    status = take_devices(self, control_set, error);
  if (status == RH_OK)
    status = take_services(self, control_set, error);
  if (status == RH_OK)
    status = take_parts(self, MACHINE_SOFTWARE, "", software_parts,
                        sizeof software_parts / sizeof *software_parts, error);
  rh_buffer_dispose(&prefix);
  return status;
}

rh_status capture_hives_take_accounts(capture_hives *self, bool users, bool groups,
                                      rh_error *error) {
  const rh_account_list *list = NULL;
  rh_registry *sam = NULL;
  rh_status status = rh_machine_accounts(self->source, &list, error);
  if (status == RH_OK)
    status = rh_machine_hive(self->source, machine_hive_names[MACHINE_SAM], &sam, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK)
    status = make_hive(&self->hives[MACHINE_SAM], sam, error);
  return status == RH_OK ? rh_account_list_write(rh_hive_registry(self->hives[MACHINE_SAM]), list,
                                                 users, groups, error)
                         : status;
}

/* Depth is bounded: the copy cannot be deeper than a registry allows. */
static rh_status restore_times(capture_hives *self, const key_pair *pair, rh_error *error) {
  rh_key_info info = {0};
  rh_key child = RH_KEY_NONE;
  rh_status status = rh_registry_read_key(pair->to, pair->to_key, &info, error);
  self->keys++;
  self->values += status == RH_OK ? info.value_count : 0;
  rh_cursor cursor = rh_registry_keys(pair->to, pair->to_key);
  while (status == RH_OK) {
    key_pair below = *pair;
    status = rh_cursor_next_key(&cursor, &child, error);
    below.to_key = child;
    if (status == RH_OK)
      status = rh_registry_read_key(pair->to, child, &info, error);
    if (status == RH_OK)
      status = rh_registry_find_key(pair->from, pair->from_key, info.name, info.name_len,
                                    &below.from_key, error);
    if (status == RH_OK)
      status = restore_times(self, &below, error);
  }
  if (status == RH_END)
    status = rh_registry_read_key(pair->from, pair->from_key, &info, error);
  if (status == RH_OK) {
    const rh_key_details details = {.last_write = info.last_write};
    status = rh_registry_set_details(pair->to, pair->to_key, &details, error);
  }
  rh_key_info_dispose(&info);
  return status;
}

rh_status capture_hives_finish(capture_hives *self, rh_error *error) {
  rh_status status = RH_OK;
  self->keys = self->values = 0;
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    key_pair pair = {0};
    if (!self->hives[i])
      continue;
    pair.to = rh_hive_registry(self->hives[i]);
    status = rh_machine_hive(self->source, machine_hive_names[i], &pair.from, error);
    if (status == RH_OK)
      status = rh_registry_root(pair.to, &pair.to_key, error);
    if (status == RH_OK)
      status = rh_registry_root(pair.from, &pair.from_key, error);
    if (status == RH_OK)
      status = restore_times(self, &pair, error);
  }
  return status;
}

void capture_hives_dispose(capture_hives *self) {
  for (size_t i = 0; i < MACHINE_HIVES; i++)
    rh_hive_free(self->hives[i]);
  *self = (capture_hives){0};
}
