/* For tests: SYSTEM hives made value by value. Include after cmocka.h. */
#ifndef TEST_SYSTEM_FIXTURE_H
#define TEST_SYSTEM_FIXTURE_H

#include "base/text.h"
#include "interface/interface.h"
#include "registry/hive/hive.h"

#include <stdio.h>
#include <string.h>

#define NET "{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define CONNECTION "CS\\Control\\Network\\" NET "\\%s\\Connection"
#define ADAPTER "CS\\Control\\Class\\" NET "\\%s"
#define TCPIP "CS\\Services\\Tcpip\\Parameters\\Interfaces\\%s"
#define GUID_A "{AAAAAAAA-0000-4000-8000-000000000001}"
#define GUID_B "{BBBBBBBB-0000-4000-8000-000000000002}"
#define GUID_C "{CCCCCCCC-0000-4000-8000-000000000003}"
#define GUID_D "{DDDDDDDD-0000-4000-8000-000000000004}"

static inline rh_hive *make_system(void) {
  rh_hive *hive = NULL;
  rh_key root, key;
  rh_hive_options options = {.root_name = "SYSTEM"};
  assert_int_equal(rh_hive_create(&hive, &options, NULL), RH_OK);
  assert_int_equal(rh_registry_root(rh_hive_registry(hive), &root, NULL), RH_OK);
  assert_int_equal(rh_registry_create_path(rh_hive_registry(hive), root, "CS", &key, NULL), RH_OK);
  return hive;
}

/* Sets raw bytes below the path that pattern makes of part. */
static inline void set_raw(rh_hive *hive, const char *pattern, const char *part, const char *name,
                           uint32_t type, const void *data, size_t len) {
  rh_buffer path = {0};
  rh_key root, key;
  for (const char *at = pattern; *at; at++) {
    if (at[0] == '%' && at[1] == 's') {
      rh_buffer_append_text(&path, part, NULL);
      at++;
    } else {
      rh_buffer_append(&path, at, 1, NULL);
    }
  }
  rh_registry *registry = rh_hive_registry(hive);
  assert_int_equal(rh_registry_root(registry, &root, NULL), RH_OK);
  assert_int_equal(rh_registry_create_path(registry, root, rh_buffer_text(&path), &key, NULL),
                   RH_OK);
  if (name)
    assert_int_equal(
        rh_registry_set_value(registry, key, name, strlen(name), type, data, len, NULL), RH_OK);
  rh_buffer_dispose(&path);
}

/* Sets a text in which each "|" stands for a NUL; there is none that is not written. */
static inline void set_units(rh_hive *hive, const char *pattern, const char *part, const char *name,
                             uint32_t type, const char *text) {
  rh_buffer units = {0};
  assert_int_equal(rh_utf16_from_utf8(&units, text, strlen(text), NULL), RH_OK);
  for (size_t i = 0; i < units.len; i++)
    if (units.data[i] == '|')
      units.data[i] = 0;
  set_raw(hive, pattern, part, name, type, units.data, units.len);
  rh_buffer_dispose(&units);
}

static inline void set_text(rh_hive *hive, const char *pattern, const char *part, const char *name,
                            const char *text) {
  rh_buffer ended = {0};
  rh_buffer_printf(&ended, NULL, "%s|", text);
  set_units(hive, pattern, part, name, RH_REG_SZ, rh_buffer_text(&ended));
  rh_buffer_dispose(&ended);
}

/* One item as REG_MULTI_SZ. */
static inline void set_one(rh_hive *hive, const char *pattern, const char *part, const char *name,
                           const char *text) {
  rh_buffer ended = {0};
  rh_buffer_printf(&ended, NULL, "%s||", text);
  set_units(hive, pattern, part, name, RH_REG_MULTI_SZ, rh_buffer_text(&ended));
  rh_buffer_dispose(&ended);
}

static inline void set_number(rh_hive *hive, const char *pattern, const char *part,
                              const char *name, unsigned char number) {
  unsigned char data[4] = {number, 0, 0, 0};
  set_raw(hive, pattern, part, name, RH_REG_DWORD, data, 4);
}

/* A card of that name, with a static address in 255.255.255.0 unless address is NULL. */
static inline void add_card(rh_hive *hive, const char *guid, const char *name,
                            const char *address) {
  set_text(hive, CONNECTION, guid, "Name", name);
  set_text(hive, CONNECTION, guid, "PnpInstanceID", "PCI\\VEN_8086\\1");
  if (!address)
    return;
  set_one(hive, TCPIP, guid, "IPAddress", address);
  set_one(hive, TCPIP, guid, "SubnetMask", "255.255.255.0");
}

static inline rh_interface_list read_list(rh_hive *hive, const char *control_set) {
  rh_interface_list list;
  rh_error error = {0};
  if (rh_interface_list_read(&list, rh_hive_registry(hive), control_set, &error) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
  return list;
}

#endif
