/* A machine in memory: made of text, read as any other, overlaid, captured. */
#include "machine_fixture.h"

#include "machine/memory/memory.h"

static rh_machine *new_machine(void) {
  rh_machine *machine = NULL;
  OK(rh_memory_machine_new(&machine, "made of text", error));
  return machine;
}

static void set_hive(rh_machine *machine, const char *hive, const char *text) {
  OK(rh_memory_machine_set_hive(machine, hive, text, strlen(text), error));
}

static void set_file(rh_machine *machine, const char *path, const char *text) {
  OK(rh_memory_machine_set_file(machine, path, text, strlen(text), error));
}

static void assert_dword(rh_machine *machine, const char *path, const char *name,
                         unsigned char low) {
  const unsigned char expected[4] = {low, 0, 0, 0};
  rh_registry *registry = NULL;
  rh_key key = RH_KEY_NONE;
  rh_value value = {0};
  OK(rh_machine_find_key(machine, path, &registry, &key, error));
  OK(rh_registry_find_value(registry, key, name, strlen(name), &value, error));
  assert_int_equal(value.type, RH_REG_DWORD);
  assert_int_equal(value.len, 4);
  assert_memory_equal(value.data, expected, 4);
  rh_value_dispose(&value);
}

static void empty(void **state) {
  (void)state;
  rh_machine *machine = new_machine();
  rh_registry *registry = NULL;
  rh_name_list files = {0};
  rh_fingerprint_list fingerprints = {0};
  const rh_identity *identity = NULL;
  assert_int_equal(rh_machine_kind_of(machine), RH_MACHINE_MEMORY);
  assert_string_equal(rh_machine_kind_name(machine), "memory");
  assert_string_equal(rh_machine_location(machine), "made of text");
  char *absolute = NULL;
  OK(rh_machine_absolute(&absolute, machine, error));
  assert_string_equal(absolute, "made of text");
  rh_free(absolute);
  assert_dword(machine, "HKLM\\SYSTEM\\Select", "Current", 1);
  FAILS(RH_ERR_NOT_FOUND, rh_machine_hive(machine, "SOFTWARE", &registry, error));
  FAILS(RH_ERR_FORMAT, rh_machine_identity(machine, &identity, error)); /* no control set at all */
  OK(rh_machine_file_list(machine, "", &files, error));
  assert_int_equal(files.count, 0);
  assert_true(rh_machine_folder_exists(machine, ""));
  assert_false(rh_machine_file_exists(machine, "Windows/x"));
  OK(rh_machine_fingerprints(machine, &fingerprints, error));
  assert_int_equal(fingerprints.count, 2);
  assert_string_equal(fingerprints.items[0].name, "Windows/System32/config/SYSTEM");
  assert_string_equal(fingerprints.items[1].name, "Windows/x");
  assert_string_equal(fingerprints.items[1].sha256, "absent");
  rh_fingerprint_list_dispose(&fingerprints);
  rh_machine_free(machine);
}

/* They are those of what it was made of: sha256sum of "b" and of the text. */
static void fingerprints(void **state) {
  static const char text[] = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\n";
  (void)state;
  rh_machine *machine = new_machine();
  rh_fingerprint_list list = {0};
  set_hive(machine, "SOFTWARE", text);
  set_file(machine, "Windows/b", "b");
  set_file(machine, "Windows/unread", "x");
  assert_true(rh_machine_file_exists(machine, "WINDOWS\\B"));
  OK(rh_machine_fingerprints(machine, &list, error));
  assert_int_equal(list.count, 2);
  assert_string_equal(list.items[0].name, "Windows/System32/config/SOFTWARE");
  assert_string_equal(list.items[0].sha256,
                      "03d99878240cbc2e4637ef0db163e0cd307d4ff059702be2a780ac8eb25f54be");
  assert_string_equal(list.items[1].name, "Windows/b");
  assert_string_equal(list.items[1].sha256,
                      "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d");
  rh_fingerprint_list_dispose(&list);
  rh_machine_free(machine);
}

static void hives(void **state) {
  (void)state;
  rh_machine *machine = new_machine();
  const rh_identity *identity = NULL;
  set_hive(
      machine, "system",
      "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\X]\n\"Start\"=dword:00000002\n");
  set_hive(machine, "SOFTWARE",
           "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\"
           "Windows NT\\CurrentVersion]\r\n\"SystemRoot\"=\"D:\\\\Windows\"\r\n");
  assert_dword(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\X", "Start", 2);
  assert_dword(machine, "HKLM\\SYSTEM\\ControlSet001\\Services\\X", "Start", 2);
  OK(rh_machine_identity(machine, &identity, error));
  assert_string_equal(identity->system_root, "D:\\Windows");
  assert_string_equal(identity->control_set, "ControlSet001");
  rh_machine_free(machine);

  machine = new_machine();
  set_hive(machine, "SYSTEM",
           "[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]\n\"Current\"=dword:00000002\n"
           "[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Services\\X]\n\"Start\"=dword:00000003\n");
  assert_dword(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\X", "Start", 3);
  FAILS(RH_ERR_ARGUMENT, rh_memory_machine_set_hive(machine, "NOHIVE", "", 0, error));
  FAILS(RH_ERR_FORMAT, rh_memory_machine_set_hive(machine, "SAM", "no text", 7, error));
  static const char outside[] = "[HKEY_LOCAL_MACHINE\\SYSTEM\\X]\n";
  FAILS(RH_ERR_ARGUMENT,
        rh_memory_machine_set_hive(machine, "SAM", outside, strlen(outside), error));
  rh_machine_free(machine);
}

/* A hive's own file, as a folder would have it. */
static void hive_as_a_file(void **state) {
  (void)state;
  rh_machine *machine = new_machine();
  rh_buffer bytes = {0};
  rh_registry *registry = NULL;
  rh_hive *hive = new_hive();
  put_dword(rh_hive_registry(hive), "Key", "Value", 9);
  OK(rh_hive_serialize(hive, &bytes, error));
  OK(rh_memory_machine_set_file(machine, "Windows/System32/config/SAM", bytes.data, bytes.len,
                                error));
  assert_dword(machine, "HKLM\\SAM\\Key", "Value", 9);
  set_file(machine, "Windows/System32/config/SECURITY", "no hive");
  FAILS(RH_ERR_FORMAT, rh_machine_hive(machine, "SECURITY", &registry, error));
  rh_hive_free(hive);
  rh_buffer_dispose(&bytes);
  rh_machine_free(machine);
}

static void files(void **state) {
  static const char *const expected[] = {"Program Files/b.txt", "Windows/System32/ras/Router.pbk",
                                         "Windows/System32/ras/empty"};
  (void)state;
  rh_machine *machine = new_machine();
  rh_name_list list = {0};
  rh_buffer path = {0};
  set_file(machine, "%SystemRoot%\\System32\\ras\\Router.pbk", "one");
  set_file(machine, "windows/system32/RAS/ROUTER.PBK", "[Head office]");
  set_file(machine, "WINDOWS/System32/ras/empty", "");
  set_file(machine, "%ProgramFiles%\\b.txt", "b");
  OK(rh_machine_file_list(machine, "", &list, error));
  assert_int_equal(list.count, 3);
  for (size_t i = 0; i < list.count; i++)
    assert_string_equal(list.names[i], expected[i]);
  rh_name_list_dispose(&list);
  OK(rh_machine_file_list(machine, "WINDOWS\\system32", &list, error));
  assert_int_equal(list.count, 2);
  rh_name_list_dispose(&list);
  assert_file(machine, "\\WINDOWS\\System32\\ras\\router.pbk", "[Head office]");
  OK(rh_machine_file_path(machine, "windows/SYSTEM32/ras/router.PBK", &path, error));
  assert_string_equal(rh_buffer_text(&path), "Windows/System32/ras/Router.pbk");
  OK(rh_machine_file_path(machine, "windows/SYSTEM32/Ras", &path, error));
  assert_string_equal(rh_buffer_text(&path), "Windows/System32/ras");
  OK(rh_machine_file_path(machine, "windows/SYSTEM32/Ras/new", &path, error));
  assert_string_equal(rh_buffer_text(&path), "Windows/System32/ras/new");
  assert_true(rh_machine_folder_exists(machine, "program files"));
  assert_false(rh_machine_file_exists(machine, "program files"));
  FAILS(RH_ERR_NOT_FOUND, rh_machine_file_read(machine, "Windows/none", &path, error));
  FAILS(RH_ERR_ARGUMENT, rh_machine_file_read(machine, "Windows", &path, error));
  FAILS(RH_ERR_ARGUMENT, rh_memory_machine_set_file(machine, "../x", "", 0, error));
  FAILS(RH_ERR_EXISTS, rh_memory_machine_set_file(machine, "Windows/System32", "", 0, error));
  FAILS(RH_ERR_EXISTS,
        rh_memory_machine_set_file(machine, "Program Files/b.txt/below", "", 0, error));
  rh_buffer_dispose(&path);
  rh_machine_free(machine);
}

/* An overlay on it holds what is written, and the machine stays as it is. */
static void overlaid(void **state) {
  (void)state;
  rh_machine *machine = new_machine();
  rh_registry *registry = NULL;
  rh_change_list changes = {0};
  set_hive(
      machine, "SYSTEM",
      "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\X]\n\"Start\"=dword:00000002\n");
  set_file(machine, "Windows/a.txt", "one");
  rh_machine *overlay = overlay_of(machine);
  OK(rh_machine_hive(overlay, "SYSTEM", &registry, error));
  put_dword(registry, "ControlSet001\\Services\\X", "Start", 4);
  OK(rh_machine_file_write(overlay, "Windows/a.txt", "two", 3, error));
  OK(rh_machine_file_write(overlay, "Windows/b.txt", "new", 3, error));
  assert_file(overlay, "Windows/a.txt", "two");
  assert_file(machine, "Windows/a.txt", "one");
  assert_dword(overlay, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\X", "Start", 4);
  assert_dword(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\X", "Start", 2);
  OK(rh_machine_changes(overlay, &changes, error));
  assert_int_equal(changes.count, 3);
  assert_memory_equal(changes.items[1].before.data.data, "one", 3);
  rh_change_list_dispose(&changes);
  rh_machine_free(overlay);
  rh_machine_free(machine);
}

static void no_memory(void **state) {
  static const char text[] = "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\X]\n\"Y\"=dword:1\n";
  (void)state;
  bool done = false;
  for (unsigned long n = 1; !done; n++) {
    rh_machine *machine = NULL;
    rh_memory_fail_at(n);
    rh_status status = rh_memory_machine_new(&machine, "made of text", NULL);
    if (status == RH_OK)
      status = rh_memory_machine_set_hive(machine, "SYSTEM", text, strlen(text), NULL);
    if (status == RH_OK)
      status = rh_memory_machine_set_file(machine, "Windows/x", "x", 1, NULL);
    rh_memory_fail_at(0);
    done = status == RH_OK;
    assert_true(done || status == RH_ERR_MEMORY);
    rh_machine_free(machine);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty),          cmocka_unit_test(hives), cmocka_unit_test(fingerprints),
      cmocka_unit_test(hive_as_a_file), cmocka_unit_test(files), cmocka_unit_test(overlaid),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
