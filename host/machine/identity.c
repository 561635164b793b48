/* What the hives say a machine is: control set, operating system, names. Places of the values:
 * published registry research (winreg-kb) and general knowledge. */
#include "machine/internal.h"
#include "registry/control_set.h"

#include "base/reader.h"
#include "base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* One fact: its public name, its member of rh_identity, and the hive, key and value it is read
 * from. Keys of SYSTEM are below the control set. Facts without a key are computed. */
typedef struct fact {
  const char *name;
  size_t member;
  size_t hive;
  const char *key, *value;
} fact;

#define MEMBER(name) offsetof(rh_identity, name)
#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"
static const fact facts[] = {
    {"os-name", MEMBER(os_name), MACHINE_SOFTWARE, CURRENT_VERSION, "ProductName"},
    {"os-version", MEMBER(os_version), MACHINE_SOFTWARE, CURRENT_VERSION, "CurrentVersion"},
    {"build", MEMBER(build), MACHINE_SOFTWARE, CURRENT_VERSION, "CurrentBuildNumber"},
    {"edition", MEMBER(edition), MACHINE_SOFTWARE, CURRENT_VERSION, "EditionID"},
    {"installation-type", MEMBER(installation_type), MACHINE_SOFTWARE, CURRENT_VERSION,
     "InstallationType"},
    {"service-pack", MEMBER(service_pack), MACHINE_SOFTWARE, CURRENT_VERSION, "CSDVersion"},
    {"product-type", MEMBER(product_type), MACHINE_SYSTEM, "Control\\ProductOptions",
     "ProductType"},
    {"architecture", MEMBER(architecture), MACHINE_SYSTEM, "Control\\Session Manager\\Environment",
     "PROCESSOR_ARCHITECTURE"},
    {"install-language", MEMBER(install_language), MACHINE_SYSTEM, "Control\\Nls\\Language",
     "InstallLanguage"},
    {"computer-name", MEMBER(computer_name), MACHINE_SYSTEM, "Control\\ComputerName\\ComputerName",
     "ComputerName"},
    {"domain", MEMBER(domain), MACHINE_SYSTEM, "Services\\Tcpip\\Parameters", "Domain"},
    {"system-root", MEMBER(system_root), MACHINE_SOFTWARE, CURRENT_VERSION, "SystemRoot"},
    {"control-set", MEMBER(control_set), MACHINE_SYSTEM, NULL, NULL},
};
#define FACT_COUNT (sizeof facts / sizeof *facts)

static char **text_of(rh_identity *identity, size_t index) {
  return (char **)(void *)((char *)identity + facts[index].member);
}

size_t rh_identity_count(void) {
  return FACT_COUNT;
}

const char *rh_identity_name(size_t index) {
  return index < FACT_COUNT ? facts[index].name : "";
}

const char *rh_identity_value(const rh_identity *identity, size_t index) {
  if (index >= FACT_COUNT)
    return "";
  return *(char *const *)(const void *)((const char *)identity + facts[index].member);
}

void machine_identity_free(rh_identity *identity) {
  for (size_t i = 0; identity && i < FACT_COUNT; i++)
    rh_free(*text_of(identity, i));
  rh_free(identity);
}

/* Control characters and unpaired surrogates become "?": they come from a hive, and go into XML and
 * onto terminals. */
static void clean(rh_buffer *text) {
  size_t kept = 0;
  for (size_t i = 0; i < text->len; i++) {
    unsigned char byte = text->data[i];
    bool surrogate = byte == 0xED && i + 2 < text->len && text->data[i + 1] >= 0xA0;
    if (surrogate)
      i += 2;
    text->data[kept++] = surrogate || byte < 0x20 || byte == 0x7F ? '?' : byte;
  }
  text->len = kept;
  if (text->data)
    text->data[kept] = 0;
}

/* RH_OK without a value when the key or the value is not there. */
static rh_status get(rh_value *out, bool *found, rh_registry *registry, const char *path,
                     const char *name, rh_error *error) {
  rh_status status = rh_registry_get(registry, path, name, out, error);
  *found = status == RH_OK;
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

rh_status machine_value_text(char **out, rh_registry *registry, const char *path, const char *name,
                             rh_error *error) {
  rh_value value = {0};
  rh_buffer text = {0};
  bool found = false;
  *out = NULL;
  rh_status status = get(&value, &found, registry, path, name, error);
  if (status == RH_OK && found && (value.type == RH_REG_SZ || value.type == RH_REG_EXPAND_SZ)) {
    size_t len = 0;
    while (len + 1 < value.len && (value.data[len] || value.data[len + 1]))
      len += 2;
    status = rh_utf8_from_utf16(&text, value.data, len, error);
  }
  if (status == RH_OK) {
    clean(&text);
    *out = rh_copy_bytes(text.data, text.len);
    if (!*out)
      status = rh_error_memory(error);
  }
  rh_buffer_dispose(&text);
  rh_value_dispose(&value);
  return status;
}

static rh_status get_dword(uint32_t *out, bool *found, rh_registry *registry, const char *path,
                           const char *name, rh_error *error) {
  rh_value value = {0};
  rh_status status = get(&value, found, registry, path, name, error);
  *found = *found && value.type == RH_REG_DWORD && value.len == 4;
  *out = *found ? rh_load_u32(value.data) : 0;
  rh_value_dispose(&value);
  return status;
}

/* The name of the only ControlSetNNN, empty when there are several or none. */
static rh_status only_control_set(rh_buffer *out, rh_registry *system, rh_key root,
                                  rh_error *error) {
  rh_key_info info = {0};
  rh_key key = RH_KEY_NONE;
  size_t count = 0;
  rh_cursor cursor = rh_registry_keys(system, root);
  rh_status status = RH_OK;
  while ((status = rh_cursor_next_key(&cursor, &key, error)) == RH_OK) {
    status = rh_registry_read_key(system, key, &info, error);
    if (status != RH_OK)
      break;
    if (info.name_len != 13 || rh_name_compare(info.name, 10, "ControlSet", 10) != 0)
      continue;
    rh_buffer_clear(out);
    status = rh_buffer_append(out, info.name, info.name_len, error);
    if (status != RH_OK)
      break;
    count++;
  }
  rh_key_info_dispose(&info);
  if (count != 1)
    rh_buffer_clear(out);
  return status == RH_END ? RH_OK : status;
}

rh_status machine_control_set(rh_machine *machine, const char **out, rh_error *error) {
  rh_registry *system = NULL;
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_buffer name = {0};
  bool found = false;
  *out = NULL;
  if (machine->base)
    return machine_control_set(machine->base, out, error);
  if (machine->control_set) {
    *out = machine->control_set;
    return RH_OK;
  }
  rh_status status = rh_machine_hive(machine, "SYSTEM", &system, error);
  if (status == RH_OK)
    status = rh_registry_root(system, &root, error);
  if (status == RH_OK) {
    status = rh_control_set_current(&name, system, error);
    found = status == RH_OK;
    status = status == RH_ERR_NOT_FOUND ? RH_OK : status;
  }
  if (status == RH_OK && found) {
    status = rh_registry_find_path(system, root, rh_buffer_text(&name), &key, error);
    found = status == RH_OK;
    status = status == RH_ERR_NOT_FOUND ? RH_OK : status;
  }
  if (status == RH_OK && !found)
    status = only_control_set(&name, system, root, error);
  if (status == RH_OK && name.len == 0) {
    status = rh_error_set(error, RH_ERR_FORMAT, system->label,
                          "Select\\Current does not say which control set is the current one, and "
                          "there is not exactly one");
    rh_error_hint(error, "check that this is the SYSTEM hive of the server, copied whole");
  }
  if (status == RH_OK) {
    machine->control_set = rh_copy_bytes(name.data, name.len);
    *out = machine->control_set;
    if (!*out)
      status = rh_error_memory(error);
  }
  rh_buffer_dispose(&name);
  return status;
}

/* Reads one fact; *text is replaced. A hive that the machine lacks gives an empty text. */
static rh_status read_fact(char **text, rh_machine *machine, size_t hive, const char *key,
                           const char *value, rh_error *error) {
  rh_registry *registry = NULL;
  rh_buffer path = {0};
  const char *control_set = NULL;
  char *read = NULL;
  rh_status status = rh_machine_hive(machine, machine_hive_names[hive], &registry, error);
  bool absent = status == RH_ERR_NOT_FOUND && hive != MACHINE_SYSTEM;
  if (status == RH_OK && hive == MACHINE_SYSTEM) {
    status = machine_control_set(machine, &control_set, error);
    if (status == RH_OK)
      status = rh_buffer_printf(&path, error, "%s\\", control_set);
  }
  if (status == RH_OK)
    status = rh_buffer_append_text(&path, key, error);
  if (status == RH_OK)
    status = machine_value_text(&read, registry, rh_buffer_text(&path), value, error);
  if (absent) {
    read = rh_copy_text("");
    status = read ? RH_OK : rh_error_memory(error);
  }
  if (status == RH_OK) {
    rh_free(*text);
    *text = read;
  }
  rh_buffer_dispose(&path);
  return status;
}

/* Since Windows 10 CurrentVersion stays "6.3" and the version is in two numbers. */
static rh_status read_newer_version(rh_machine *machine, rh_identity *identity, rh_error *error) {
  rh_registry *software = NULL;
  uint32_t major = 0, minor = 0;
  bool found = false, minor_found = false;
  rh_status status = rh_machine_hive(machine, "SOFTWARE", &software, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK)
    status =
        get_dword(&major, &found, software, CURRENT_VERSION, "CurrentMajorVersionNumber", error);
  if (status == RH_OK)
    status = get_dword(&minor, &minor_found, software, CURRENT_VERSION, "CurrentMinorVersionNumber",
                       error);
  if (status != RH_OK || !found)
    return status;
  rh_buffer text = {0};
  status = rh_buffer_printf(&text, error, "%u.%u", (unsigned)major, (unsigned)minor);
  if (status == RH_OK) {
    rh_free(identity->os_version);
    identity->os_version = (char *)text.data;
  }
  return status;
}

rh_status rh_machine_identity(rh_machine *machine, const rh_identity **out, rh_error *error) {
  const char *control_set = NULL;
  *out = NULL;
  if (machine->base)
    return rh_machine_identity(machine->base, out, error);
  if (machine->identity) {
    *out = machine->identity;
    return RH_OK;
  }
  rh_identity *identity = rh_alloc_zero(1, sizeof *identity);
  if (!identity)
    return rh_error_memory(error);
  rh_status status = machine_control_set(machine, &control_set, error);
  if (status == RH_OK) {
    identity->control_set = rh_copy_text(control_set);
    status = identity->control_set ? RH_OK : rh_error_memory(error);
  }
  for (size_t i = 0; status == RH_OK && i < FACT_COUNT; i++) {
    if (facts[i].key)
      status = read_fact(text_of(identity, i), machine, facts[i].hive, facts[i].key, facts[i].value,
                         error);
  }
  if (status == RH_OK && !identity->domain[0])
    status = read_fact(&identity->domain, machine, MACHINE_SYSTEM, "Services\\Tcpip\\Parameters",
                       "NV Domain", error);
  if (status == RH_OK)
    status = read_newer_version(machine, identity, error);
  if (status != RH_OK) {
    machine_identity_free(identity);
    return status;
  }
  machine->identity = identity;
  *out = identity;
  return RH_OK;
}
