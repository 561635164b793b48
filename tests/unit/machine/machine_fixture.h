/* For the machine tests: a fresh folder with a small image of a server, and its hives as text. */
#ifndef TEST_MACHINE_FIXTURE_H
#define TEST_MACHINE_FIXTURE_H

#include "base/text.h"
#include "machine/machine.h"
#include "registry/hive/hive.h"
#include "registry/hive_listing.h"

#include <stdio.h>

#define FIXTURE_TIME 127000000000000000u
#define NETWORK_CLASS "{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define CARD_GUID "{11111111-2222-3333-4444-555555555555}"

#define OK(call)                                                                                   \
  do {                                                                                             \
    rh_error ok_error = {0};                                                                       \
    rh_error *error = &ok_error;                                                                   \
    if ((call) != RH_OK)                                                                           \
      fail_msg("%s: %s: %s", #call, ok_error.object, ok_error.message);                            \
  } while (0)

typedef struct fixture {
  char folder[160];
  char image[200];
} fixture;

static inline void put(rh_registry *registry, const char *path, const char *name, uint32_t type,
                       const void *data, size_t len) {
  rh_key root, key;
  /* A key has its own time, so that a wrong one is seen. */
  registry->clock += 600000000u;
  OK(rh_registry_root(registry, &root, error));
  OK(rh_registry_create_path(registry, root, path, &key, error));
  OK(rh_registry_set_value(registry, key, name, strlen(name), type, data, len, error));
}

static inline void put_text(rh_registry *registry, const char *path, const char *name,
                            const char *text) {
  rh_buffer units = {0};
  OK(rh_utf16_from_utf8(&units, text, strlen(text) + 1, error));
  put(registry, path, name, RH_REG_SZ, units.data, units.len);
  rh_buffer_dispose(&units);
}

static inline void put_dword(rh_registry *registry, const char *path, const char *name,
                             uint32_t value) {
  const unsigned char data[4] = {(unsigned char)value, (unsigned char)(value >> 8),
                                 (unsigned char)(value >> 16), (unsigned char)(value >> 24)};
  put(registry, path, name, RH_REG_DWORD, data, 4);
}

static inline rh_hive *new_hive(void) {
  rh_hive *hive = NULL;
  const rh_hive_options options = {.time = FIXTURE_TIME};
  OK(rh_hive_create(&hive, &options, error));
  rh_hive_registry(hive)->clock = FIXTURE_TIME;
  return hive;
}

/* Makes a file below the image with the folders above it. */
static inline void put_file(const fixture *self, const char *path, const char *text) {
  char target[600];
  snprintf(target, sizeof target, "%s/%s", self->image, path);
  char *folder = rh_platform_folder_of(target);
  OK(rh_file_make_folders(folder, RH_FILE_SHARED, error));
  OK(rh_file_write(target, text, strlen(text), RH_FILE_SHARED, error));
  rh_free(folder);
}

static inline void save_hive(const fixture *self, rh_hive *hive, const char *path) {
  char target[600];
  put_file(self, path, "");
  snprintf(target, sizeof target, "%s/%s", self->image, path);
  OK(rh_hive_commit(hive, target, NULL, error));
  rh_hive_free(hive);
}

#define SET1 "ControlSet001\\"
static inline void fill_system(rh_registry *system) {
  put_dword(system, "Select", "Current", 1);
  put_dword(system, "Select", "Default", 1);
  put_text(system, SET1 "Control\\ComputerName\\ComputerName", "ComputerName", "VPN-ALT");
  put_text(system, SET1 "Control\\Nls\\Language", "InstallLanguage", "0407");
  put_text(system, SET1 "Control\\ProductOptions", "ProductType", "ServerNT");
  put_text(system, SET1 "Control\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE", "AMD64");
  put_text(system, SET1 "Control\\Session Manager\\Environment", "Path", "C:\\Private");
  put_text(system, SET1 "Services\\Tcpip\\Parameters", "Domain", "corp.example");
  put_text(system, SET1 "Services\\Tcpip\\Parameters", "DataBasePath", "unasked");
  put_text(system, SET1 "Control\\Network\\" NETWORK_CLASS "\\" CARD_GUID "\\Connection", "Name",
           "LAN-Verbindung");
  put_text(system, SET1 "Control\\Network\\" NETWORK_CLASS "\\" CARD_GUID "\\Connection",
           "PnpInstanceID", "PCI\\VEN_8086&DEV_100E\\3&1");
  put_text(system, SET1 "Enum\\PCI\\VEN_8086&DEV_100E\\3&1", "Class", "Net");
  put_text(system, SET1 "Enum\\PCI\\VEN_8086&DEV_100E\\3&1\\Device Parameters", "Inner", "unasked");
  put_dword(system, SET1 "Services\\RemoteAccess", "Start", 2);
  put_dword(system, SET1 "Services\\RemoteAccess\\Parameters", "RouterType", 6);
  put_dword(system, SET1 "Services\\RemoteAccess\\Parameters\\Ip", "AllowNetworkAccess", 1);
  put_dword(system, SET1 "Services\\Dhcp", "Start", 4);
  put_dword(system, "ControlSet002\\Services\\RemoteAccess", "Start", 3);
}

static inline void fill_software(rh_registry *software) {
  static const char *const nt = "Microsoft\\Windows NT\\CurrentVersion";
  put_text(software, nt, "ProductName", "Windows Server 2008 R2 Standard");
  put_text(software, nt, "CurrentVersion", "6.1");
  put_text(software, nt, "CurrentBuildNumber", "7601");
  put_text(software, nt, "EditionID", "ServerStandard");
  put_text(software, nt, "InstallationType", "Server");
  put_text(software, nt, "CSDVersion", "Service Pack 1");
  put_text(software, nt, "SystemRoot", "C:\\Windows");
  put_text(software, nt, "RegisteredOwner", "unasked");
  put_text(software, "Microsoft\\Windows NT\\CurrentVersion\\ProfileList", "ProgramData",
           "%SystemDrive%\\ProgramData");
  put_text(software, "Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir", "C:\\Programme");
}

static inline void fixture_folder(fixture *self) {
  static unsigned counter;
  snprintf(self->folder, sizeof self->folder, "/tmp/rehome-machine-%llx-%x",
           (unsigned long long)rh_platform_filetime(), counter++);
  snprintf(self->image, sizeof self->image, "%s/image", self->folder);
  OK(rh_file_make_folders(self->image, RH_FILE_PRIVATE, error));
}

static inline void fixture_make(fixture *self) {
  fixture_folder(self);
  rh_hive *hive = new_hive();
  fill_system(rh_hive_registry(hive));
  save_hive(self, hive, "Windows/System32/config/SYSTEM");
  hive = new_hive();
  fill_software(rh_hive_registry(hive));
  save_hive(self, hive, "Windows/System32/config/SOFTWARE");
  put_file(self, "Windows/System32/ras/router.pbk", "[Zentrale]\r\n");
  put_file(self, "Windows/System32/ras/old.dat", "old");
  put_file(self, "Programme/CMAK/Profiles/x/x.cms", "profile");
}

static inline void fixture_free(fixture *self) {
  OK(rh_file_remove_tree(self->folder, error));
}

static inline rh_machine *open_image(const fixture *self) {
  rh_machine *machine = NULL;
  OK(rh_machine_open(&machine, self->image, NULL, error));
  return machine;
}

static inline rh_machine *overlay_of(rh_machine *base) {
  rh_machine *machine = NULL;
  OK(rh_machine_overlay(&machine, base, error));
  return machine;
}

static inline char *listing_text(rh_registry *registry, bool times) {
  listing lines = listing_of(registry, times);
  rh_buffer text = {0};
  for (size_t i = 0; i < lines.count; i++)
    OK(rh_buffer_append(&text, lines.lines[i].data, lines.lines[i].len, error));
  listing_dispose(&lines);
  return (char *)text.data;
}

static inline char *hive_text(rh_machine *machine, const char *hive, bool times) {
  rh_registry *registry = NULL;
  OK(rh_machine_hive(machine, hive, &registry, error));
  return listing_text(registry, times);
}

static inline char *file_text(rh_machine *machine, const char *path) {
  rh_buffer data = {0};
  OK(rh_machine_file_read(machine, path, &data, error));
  OK(rh_buffer_append_zero(&data, 0, error));
  return (char *)data.data;
}

#define assert_file(machine, path, expected)                                                       \
  do {                                                                                             \
    char *assert_text = file_text(machine, path);                                                  \
    assert_string_equal(assert_text, expected);                                                    \
    rh_free(assert_text);                                                                          \
  } while (0)

/* Expects a call to fail with a code, and its hint and object not to be empty where asked. */
#define FAILS(expected, call)                                                                      \
  do {                                                                                             \
    rh_error fails_error = {0};                                                                    \
    rh_error *error = &fails_error;                                                                \
    rh_status fails_status = (call);                                                               \
    if (fails_status != (expected))                                                                \
      fail_msg("%s gives %s: %s: %s", #call, rh_status_name(fails_status), fails_error.object,     \
               fails_error.message);                                                               \
    assert_int_equal(fails_error.code, (expected));                                                \
    assert_string_not_equal(fails_error.object, "");                                               \
    assert_string_not_equal(fails_error.message, "");                                              \
  } while (0)

#endif
