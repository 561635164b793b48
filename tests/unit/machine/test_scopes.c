/* What declared scopes allow. */
#include "machine/store/capture.h"
#include "machine_fixture.h"

static void keys(void **state) {
  static const char *const registry[] = {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess",
                                         "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\RAS\\"};
  static const char *const allowed[] = {
      "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess",
      "hklm\\system\\currentcontrolset\\services\\REMOTEACCESS\\Parameters\\Ip",
      "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess\\",
      "HKLM\\SOFTWARE\\Microsoft\\RAS", "HKLM\\SOFTWARE\\Microsoft\\RAS\\x"};
  static const char *const refused[] = {"HKLM\\SYSTEM\\CurrentControlSet\\Services",
                                        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccessX",
                                        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Remote",
                                        "HKLM\\SYSTEM\\ControlSet002\\Services\\RemoteAccess",
                                        "SYSTEM\\CurrentControlSet\\Services\\RemoteAccess",
                                        "HKCU\\SOFTWARE\\Microsoft\\RAS",
                                        "HKLM\\SAM\\SAM",
                                        "HKLM",
                                        ""};
  static const char *const empty[] = {"HKLM\\", "HKLM", "", "SYSTEM"};
  const rh_scopes scopes = {.registry = registry, .registry_count = 2};
  const rh_scopes none = {.registry = empty, .registry_count = 4};
  (void)state;
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
    assert_true(rh_scopes_allow_key(&scopes, allowed[i]));
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    assert_false(rh_scopes_allow_key(&scopes, refused[i]));
  /* A scope that names no hive allows nothing. */
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
    assert_false(rh_scopes_allow_key(&none, allowed[i]));
}

static void certificates(void **state) {
  static const char *const stores[] = {"MY", "Root"};
  const rh_scopes scopes = {.certificates = stores, .certificate_count = 2};
  (void)state;
  assert_true(rh_scopes_allow_certificates(&scopes, "my"));
  assert_true(rh_scopes_allow_certificates(&scopes, "ROOT"));
  assert_false(rh_scopes_allow_certificates(&scopes, "CA"));
  assert_false(rh_scopes_allow_certificates(&scopes, ""));
}

static void files(void **state) {
  static const struct {
    const char *pattern, *path;
    bool allowed;
  } cases[] = {
      {"%SystemRoot%\\System32\\ras\\*.pbk", "C:\\WINDOWS\\system32\\ras\\Router.PBK", true},
      {"%SystemRoot%\\System32\\ras\\*.pbk", "Windows/System32/ras/.pbk", true},
      {"%SystemRoot%\\System32\\ras\\*.pbk", "Windows/System32/ras/x/y.pbk", false},
      {"%SystemRoot%\\System32\\ras\\*.pbk", "Windows/System32/ras/y.pbk.old", false},
      {"Windows/System32/ras/router.pbk", "%windir%\\System32\\ras\\router.pbk", true},
      {"Windows/System32/ras", "Windows/System32/ras/router.pbk", false},
      {"%ProgramFiles%\\CMAK\\Profiles\\**", "Programme/CMAK/Profiles/x/y/z.cms", true},
      {"%ProgramFiles%\\CMAK\\Profiles\\**", "Programme/CMAK/Profiles", false},
      {"%ProgramFiles%\\CMAK\\Profiles\\**", "Programme/CMAK/Profile", false},
      {"a/**/b.txt", "a/b.txt", true},
      {"a/**/b.txt", "A/x/y/B.TXT", true},
      {"a/**/b.txt", "a/xb.txt", false},
      {"a/**b.txt", "a/x/yb.txt", true},
      {"a/*/c", "a/b/c", true},
      {"a/*/c", "a/c", false},
      {"a/*/c", "a/b/b/c", false},
      {"a/?x", "a/bx", true},
      {"a/?x", "a/x", false},
      {"a?x", "a/x", false},
      {"a*x", "a/x", false},
      {"*", "x", true},
      {"*", "x/y", false},
      {"**", "x/y", true},
      {"\xC3\xA4/*", "\xC3\x84/x", true}, /* a umlaut */
      {"a*b*c", "aXbXbc", true},
      {"a*b*c", "aXbXcd", false},
      {"..\\**", "x", false},
      {"Windows/**", "Windows/../x", false},
  };
  fixture self;
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const rh_scopes scopes = {.files = &cases[i].pattern, .file_count = 1};
    if (rh_scopes_allow_file(&scopes, machine, cases[i].path) != cases[i].allowed)
      fail_msg("%s and %s", cases[i].pattern, cases[i].path);
  }
  /* Many stars cost no more than their number. */
  rh_buffer pattern = {0}, path = {0};
  for (int i = 0; i < 100; i++) {
    OK(rh_buffer_append(&pattern, "**a", 3, error));
    OK(rh_buffer_append(&path, "aa", 2, error));
  }
  OK(rh_buffer_append(&path, "b", 1, error));
  const char *text = rh_buffer_text(&pattern);
  const rh_scopes scopes = {.files = &text, .file_count = 1};
  assert_false(rh_scopes_allow_file(&scopes, machine, rh_buffer_text(&path)));
  rh_buffer_dispose(&pattern);
  rh_buffer_dispose(&path);
  rh_machine_free(machine);
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys),
      cmocka_unit_test(certificates),
      cmocka_unit_test(files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
