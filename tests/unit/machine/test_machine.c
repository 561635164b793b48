/* Machines: opening, hives, registry paths, identity, interfaces, fingerprints. */
#define _POSIX_C_SOURCE 200809L
#include "data_file.h"
#include "machine_fixture.h"

static void open_errors(void **state) {
  fixture self;
  rh_machine *machine = NULL;
  rh_error error = {0};
  char path[300];
  (void)state;
  fixture_folder(&self);
  assert_int_equal(rh_machine_open(&machine, "/nowhere/at/all", NULL, &error), RH_ERR_NOT_FOUND);
  assert_null(machine);
  assert_string_not_equal(error.hint, "");
  assert_int_equal(rh_machine_open(&machine, self.image, NULL, &error), RH_ERR_FORMAT);
  assert_non_null(strstr(error.message, "is not a Windows image"));
  assert_non_null(strstr(error.hint, "Windows/System32/config"));
  put_file(&self, "note.txt", "not a store");
  snprintf(path, sizeof path, "%s/note.txt", self.image);
  assert_int_equal(rh_machine_open(&machine, path, NULL, &error), RH_ERR_FORMAT);
  /* Sealed, but no key: the message says which options to give. */
  put_file(&self, "sealed", "age-encryption.org/v1\n-> X25519 abc\n");
  snprintf(path, sizeof path, "%s/sealed", self.image);
  assert_int_equal(rh_machine_open(&machine, path, NULL, &error), RH_ERR_SEALED);
  assert_non_null(strstr(error.hint, "--identity"));
  assert_null(machine);
  fixture_free(&self);
}

static void other_spelling(void **state) {
  fixture self;
  rh_registry *registry = NULL;
  rh_error told = {0};
  rh_buffer path = {0};
  (void)state;
  fixture_folder(&self);
  rh_hive *hive = new_hive();
  fill_system(rh_hive_registry(hive));
  save_hive(&self, hive, "WINNT/system32/Config/system");
  rh_machine *machine = open_image(&self);
  OK(rh_machine_hive(machine, "system", &registry, error));
  assert_int_equal(rh_machine_hive(machine, "SOFTWARE", &registry, &told), RH_ERR_NOT_FOUND);
  assert_string_not_equal(told.hint, "");
  assert_null(registry);
  assert_int_equal(rh_machine_hive(machine, "CLOCK", &registry, &told), RH_ERR_ARGUMENT);
  /* Facts of the missing hive are empty, the others are there. */
  const rh_identity *identity = NULL;
  OK(rh_machine_identity(machine, &identity, error));
  assert_string_equal(identity->os_name, "");
  assert_string_equal(identity->computer_name, "VPN-ALT");
  put_file(&self, "WINNT/System32/x.txt", "second folder of that name");
  FAILS(RH_ERR_FORMAT, rh_machine_file_path(machine, "%windir%\\SYSTEM32\\x.txt", &path, error));
  rh_buffer_dispose(&path);
  assert_file(machine, "%windir%\\System32\\x.txt", "second folder of that name");
  rh_machine_free(machine);
  fixture_free(&self);
}

static void registry_paths(void **state) {
  static const char *const bad[] = {"",       "HKLM",      "HKCU\\Software",  "SYSTEM\\Select",
                                    "HKLM\\", "HKLM\\FOO", "HKLMX\\SYSTEM\\a"};
  fixture self;
  rh_registry *registry = NULL, *system = NULL;
  rh_buffer path = {0};
  const char *hive = NULL;
  rh_key key;
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self);
  OK(rh_machine_hive(machine, "SYSTEM", &system, error));
  OK(rh_machine_resolve(machine, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess",
                        &registry, &path, &hive, error));
  assert_ptr_equal(registry, system);
  assert_string_equal(rh_buffer_text(&path), "ControlSet001\\Services\\RemoteAccess");
  assert_string_equal(hive, "SYSTEM");
  OK(rh_machine_resolve(machine, "hkey_local_machine\\software\\Microsoft\\", &registry, &path,
                        &hive, error));
  assert_string_equal(rh_buffer_text(&path), "Microsoft");
  assert_string_equal(hive, "SOFTWARE");
  OK(rh_machine_resolve(machine, "HKLM\\System\\currentcontrolset", &registry, &path, NULL, error));
  assert_string_equal(rh_buffer_text(&path), "ControlSet001");
  /* Only as a whole component, only in SYSTEM. */
  OK(rh_machine_resolve(machine, "HKLM\\SYSTEM\\CurrentControlSetX", &registry, &path, NULL,
                        error));
  assert_string_equal(rh_buffer_text(&path), "CurrentControlSetX");
  OK(rh_machine_resolve(machine, "HKLM\\SOFTWARE\\CurrentControlSet", &registry, &path, NULL,
                        error));
  assert_string_equal(rh_buffer_text(&path), "CurrentControlSet");
  OK(rh_machine_resolve(machine, "HKLM\\SYSTEM", &registry, &path, NULL, error));
  assert_int_equal(path.len, 0);
  OK(rh_machine_find_key(machine, "HKLM\\SYSTEM\\CURRENTCONTROLSET\\services\\remoteaccess",
                         &registry, &key, error));
  FAILS(RH_ERR_NOT_FOUND,
        rh_machine_find_key(machine, "HKLM\\SYSTEM\\Nothing", &registry, &key, error));
  FAILS(RH_ERR_NOT_FOUND, rh_machine_find_key(machine, "HKLM\\SAM\\SAM", &registry, &key, error));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(rh_machine_resolve(machine, bad[i], &registry, &path, NULL, NULL),
                     RH_ERR_ARGUMENT);
  rh_buffer_dispose(&path);
  rh_machine_free(machine);
  fixture_free(&self);
}

static void save_system(const fixture *self, uint32_t current, const char *first,
                        const char *second) {
  rh_hive *hive = new_hive();
  rh_registry *registry = rh_hive_registry(hive);
  if (current)
    put_dword(registry, "Select", "Current", current);
  put_dword(registry, first, "x", 1);
  if (second)
    put_dword(registry, second, "x", 1);
  save_hive(self, hive, "Windows/System32/config/SYSTEM");
}

static void control_sets(void **state) {
  static const struct {
    uint32_t current;
    const char *first, *second, *expected;
  } cases[] = {
      {47, "ControlSet001", "ControlSet047", "ControlSet047"},
      {1, "ControlSet001", "ControlSet002", "ControlSet001"},
      {0, "ControlSet003", NULL, "ControlSet003"},
      {2, "ControlSet001", NULL, "ControlSet001"},
      {0, "ControlSet001", "ControlSet002", NULL},
      {9, "ControlSet001", "ControlSet002", NULL},
      {1, "Setup", NULL, NULL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture self;
    rh_registry *registry = NULL;
    rh_buffer path = {0};
    fixture_folder(&self);
    save_system(&self, cases[i].current, cases[i].first, cases[i].second);
    rh_machine *machine = open_image(&self);
    const char *asked = "HKLM\\SYSTEM\\CurrentControlSet";
    if (cases[i].expected) {
      OK(rh_machine_resolve(machine, asked, &registry, &path, NULL, error));
      assert_string_equal(rh_buffer_text(&path), cases[i].expected);
    } else {
      FAILS(RH_ERR_FORMAT, rh_machine_resolve(machine, asked, &registry, &path, NULL, error));
    }
    rh_buffer_dispose(&path);
    rh_machine_free(machine);
    fixture_free(&self);
  }
}

static void identity_facts(void **state) {
  static const char *const expected[][2] = {{"os-name", "Windows Server 2008 R2 Standard"},
                                            {"os-version", "6.1"},
                                            {"build", "7601"},
                                            {"edition", "ServerStandard"},
                                            {"installation-type", "Server"},
                                            {"service-pack", "Service Pack 1"},
                                            {"product-type", "ServerNT"},
                                            {"architecture", "AMD64"},
                                            {"install-language", "0407"},
                                            {"computer-name", "VPN-ALT"},
                                            {"domain", "corp.example"},
                                            {"system-root", "C:\\Windows"},
                                            {"control-set", "ControlSet001"}};
  fixture self;
  const rh_identity *identity = NULL, *again = NULL;
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self), *overlay = overlay_of(machine);
  OK(rh_machine_identity(machine, &identity, error));
  assert_int_equal(rh_identity_count(), 13);
  for (size_t i = 0; i < rh_identity_count(); i++) {
    assert_string_equal(rh_identity_name(i), expected[i][0]);
    assert_string_equal(rh_identity_value(identity, i), expected[i][1]);
  }
  OK(rh_machine_identity(overlay, &again, error));
  assert_ptr_equal(again, identity);
  rh_machine_free(overlay);
  rh_machine_free(machine);
  fixture_free(&self);
}

/* Windows 10 and later keep 6.3 as text; a name comes from "NV Domain" where there is no other;
 * what cannot be shown is replaced; what is no text is not taken for one. */
static void odd_identity(void **state) {
  fixture self;
  const rh_identity *identity = NULL;
  (void)state;
  fixture_folder(&self);
  rh_hive *hive = new_hive();
  rh_registry *registry = rh_hive_registry(hive);
  static const char name[] = "A\0\n\0\0\xD8"
                             "B\0\0\0X"; /* A, LF, half a pair, B, end, rest */
  put_dword(registry, "Select", "Current", 1);
  put_text(registry, SET1 "Services\\Tcpip\\Parameters", "NV Domain", "nv.example");
  put(registry, SET1 "Control\\ComputerName\\ComputerName", "ComputerName", RH_REG_SZ, name,
      sizeof name - 1);
  put_dword(registry, SET1 "Control\\ProductOptions", "ProductType", 5);
  save_hive(&self, hive, "Windows/System32/config/SYSTEM");
  hive = new_hive();
  registry = rh_hive_registry(hive);
  put_text(registry, "Microsoft\\Windows NT\\CurrentVersion", "CurrentVersion", "6.3");
  put_dword(registry, "Microsoft\\Windows NT\\CurrentVersion", "CurrentMajorVersionNumber", 10);
  put_dword(registry, "Microsoft\\Windows NT\\CurrentVersion", "CurrentMinorVersionNumber", 0);
  save_hive(&self, hive, "Windows/System32/config/SOFTWARE");
  rh_machine *machine = open_image(&self);
  OK(rh_machine_identity(machine, &identity, error));
  assert_string_equal(identity->os_version, "10.0");
  assert_string_equal(identity->domain, "nv.example");
  assert_string_equal(identity->computer_name, "A??B");
  assert_string_equal(identity->product_type, "");
  rh_machine_free(machine);
  fixture_free(&self);
}

static void services(void **state) {
  fixture self;
  const rh_service_list *list = NULL;
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self);
  OK(rh_machine_services(machine, &list, error));
  assert_int_equal(list->count, 2); /* keys of settings, such as Tcpip here, are none */
  assert_string_equal(list->items[0].name, "Dhcp");
  assert_int_equal(list->items[0].start, 4);
  assert_string_equal(list->items[1].name, "RemoteAccess");
  assert_int_equal(list->items[1].start, 2);
  assert_string_equal(list->items[1].program, "");
  rh_machine_free(machine);
  fixture_free(&self);
}

static void interfaces_and_xml(void **state) {
  static const char *const bad[] = {
      "<machine>",
      "<server/>",
      "<machine><adapter guid='" CARD_GUID "'/></machine>",
      "<machine><adapter guid='" CARD_GUID "' mac='00-11-22-33-44'/></machine>",
      "<machine><adapter guid='" CARD_GUID "' mac='00-11-22-33-44-5g'/></machine>",
      "<machine><adapter guid='" CARD_GUID "' mac='00-11-22-33-44-55-66'/></machine>",
      "<!DOCTYPE machine [<!ENTITY m SYSTEM 'file:///etc/passwd'>]><machine>&m;</machine>"};
  fixture self;
  const rh_interface_list *list = NULL;
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self);
  OK(rh_machine_interfaces(machine, &list, error));
  assert_int_equal(list->count, 1);
  assert_string_equal(list->items[0].name, "LAN-Verbindung");
  assert_null(list->items[0].mac);
  rh_machine_free(machine);
  put_file(&self, "Machine.XML",
           "<?xml version='1.0'?>\n<machine captured='2026-11-22T12:00:00Z'><!-- x --><other/>"
           "<adapter guid='{11111111-2222-3333-4444-555555555555}' mac='0a:1B-22:33:44:5f'/>"
           "<adapter guid='{00000000-0000-0000-0000-000000000000}' mac='001122334455'/></machine>");
  machine = open_image(&self);
  OK(rh_machine_interfaces(machine, &list, error));
  assert_string_equal(list->items[0].mac, "0A-1B-22-33-44-5F");
  rh_machine_free(machine);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    put_file(&self, "Machine.XML", bad[i]);
    machine = open_image(&self);
    FAILS(RH_ERR_FORMAT, rh_machine_interfaces(machine, &list, error));
    assert_null(list);
    rh_machine_free(machine);
  }
  fixture_free(&self);
}

static const char *digest_of(const rh_fingerprint_list *list, const char *name) {
  for (size_t i = 0; i < list->count; i++) {
    assert_true(i == 0 || strcmp(list->items[i - 1].name, list->items[i].name) < 0);
    if (strcmp(list->items[i].name, name) == 0)
      return list->items[i].sha256;
  }
  return NULL;
}

static void fingerprints(void **state) {
  fixture self;
  rh_fingerprint_list list = {0};
  rh_registry *registry = NULL;
  char path[300], digest[65];
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self), *overlay = overlay_of(machine);
  OK(rh_machine_fingerprints(overlay, &list, error));
  assert_int_equal(list.count, 0); /* opening reads nothing */
  rh_fingerprint_list_dispose(&list);
  OK(rh_machine_hive(overlay, "SYSTEM", &registry, error));
  assert_int_equal(rh_machine_hive(overlay, "SAM", &registry, NULL), RH_ERR_NOT_FOUND);
  assert_file(overlay, "windows\\SYSTEM32\\ras\\Router.pbk", "[Zentrale]\r\n");
  assert_true(rh_machine_file_exists(machine, "Windows/System32/ras/old.dat"));
  assert_false(rh_machine_file_exists(overlay, "Windows/System32/ras/rasphone.pbk"));
  assert_false(rh_machine_file_exists(overlay, "Windows/System32/ras"));
  OK(rh_machine_fingerprints(overlay, &list, error));
  assert_int_equal(list.count, 5);
  snprintf(path, sizeof path, "%s/Windows/System32/config/SYSTEM", self.image);
  OK(rh_file_sha256(digest, path, error));
  assert_string_equal(digest_of(&list, "Windows/System32/config/SYSTEM"), digest);
  assert_string_equal(digest_of(&list, "Windows/System32/config/SAM"), "absent");
  assert_string_equal(digest_of(&list, "Windows/System32/ras/rasphone.pbk"), "absent");
  /* printf '[Zentrale]\r\n' | sha256sum; printf old | sha256sum */
  assert_string_equal(digest_of(&list, "Windows/System32/ras/router.pbk"),
                      "7c6169d4363b8e21500f1cc330d6c74cdf7087e3497ccddb79f1a2c18985812f");
  assert_string_equal(digest_of(&list, "Windows/System32/ras/old.dat"),
                      "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4");
  rh_fingerprint_list_dispose(&list);
  rh_machine_free(overlay);
  rh_machine_free(machine);
  fixture_free(&self);
}

static void damaged_hive(void **state) {
  fixture self;
  rh_registry *registry = NULL;
  (void)state;
  fixture_make(&self);
  put_file(&self, "Windows/System32/config/SOFTWARE", "this is no hive");
  rh_machine *machine = open_image(&self);
  FAILS(RH_ERR_FORMAT, rh_machine_hive(machine, "SOFTWARE", &registry, error));
  const rh_identity *identity = NULL;
  FAILS(RH_ERR_FORMAT, rh_machine_identity(machine, &identity, error));
  assert_null(identity);
  rh_machine_free(machine);
  fixture_free(&self);
}

/* Expected names: README.md of the data folder. */
static void real_hives(void **state) {
  static const struct {
    const char *file, *name, *domain, *product;
    size_t interfaces; /* at least */
  } cases[] = {{"hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz", "WKS-WIN732BITA", "shieldbase.local",
                "WinNT", 13},
               {"hives/SYSTEM_winxp-sp2-cs_POOKY.xz", "POOKY", "", "WinNT", 1},
               {"hives/SYSTEM_win10_DESKTOP-M3OSHQU.xz", "DESKTOP-M3OSHQU", "", "WinNT", 6}};
  rh_buffer software = {0};
  (void)state;
  if (!read_data_file(&software, "hives/SOFTWARE_winxp-sp3_RAWR.xz"))
    skip();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture self;
    rh_buffer system = {0};
    char path[300];
    const rh_identity *identity = NULL;
    const rh_interface_list *interfaces = NULL;
    rh_certificate_list certificates = {0};
    fixture_folder(&self);
    put_file(&self, "WINDOWS/system32/config/system", "");
    assert_true(read_data_file(&system, cases[i].file));
    snprintf(path, sizeof path, "%s/WINDOWS/system32/config/system", self.image);
    OK(rh_file_write(path, system.data, system.len, RH_FILE_PRIVATE, error));
    snprintf(path, sizeof path, "%s/WINDOWS/system32/config/software", self.image);
    OK(rh_file_write(path, software.data, software.len, RH_FILE_PRIVATE, error));
    rh_machine *machine = open_image(&self);
    OK(rh_machine_identity(machine, &identity, error));
    assert_string_equal(identity->computer_name, cases[i].name);
    assert_string_equal(identity->domain, cases[i].domain);
    assert_string_equal(identity->product_type, cases[i].product);
    assert_string_equal(identity->os_name, "Microsoft Windows XP");
    assert_string_equal(identity->os_version, "5.1");
    assert_string_equal(identity->build, "2600");
    assert_string_equal(identity->service_pack, "Service Pack 3");
    OK(rh_machine_interfaces(machine, &interfaces, error));
    assert_true(interfaces->count >= cases[i].interfaces);
    OK(rh_machine_certificates(machine, "AuthRoot", &certificates, error));
    assert_int_equal(certificates.count, 106);
    rh_certificate_list_dispose(&certificates);
    rh_buffer_dispose(&system);
    rh_machine_free(machine);
    fixture_free(&self);
  }
  rh_buffer_dispose(&software);
}

static void no_memory(void **state) {
  fixture self;
  (void)state;
  fixture_make(&self);
  for (unsigned long i = 1; i < 4000; i++) {
    rh_machine *machine = NULL, *overlay = NULL;
    const rh_identity *identity = NULL;
    const rh_interface_list *interfaces = NULL;
    rh_memory_fail_at(i);
    rh_status status = rh_machine_open(&machine, self.image, NULL, NULL);
    if (status == RH_OK)
      status = rh_machine_overlay(&overlay, machine, NULL);
    if (status == RH_OK)
      status = rh_machine_identity(overlay, &identity, NULL);
    if (status == RH_OK)
      status = rh_machine_interfaces(overlay, &interfaces, NULL);
    rh_memory_fail_at(0);
    rh_machine_free(overlay);
    rh_machine_free(machine);
    if (status == RH_OK)
      break;
    assert_int_equal(status, RH_ERR_MEMORY);
    assert_true(i < 3999);
  }
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(open_errors),    cmocka_unit_test(other_spelling),
      cmocka_unit_test(registry_paths), cmocka_unit_test(control_sets),
      cmocka_unit_test(identity_facts), cmocka_unit_test(odd_identity),
      cmocka_unit_test(services),       cmocka_unit_test(interfaces_and_xml),
      cmocka_unit_test(fingerprints),   cmocka_unit_test(damaged_hive),
      cmocka_unit_test(real_hives),     cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
