/* File paths: variables, spelling, safety; files of images and overlays. */
#define _POSIX_C_SOURCE 200809L
#include "machine_fixture.h"

#include <unistd.h>

static void assert_path(rh_machine *machine, const char *path, const char *expected) {
  rh_buffer found = {0};
  OK(rh_machine_file_path(machine, path, &found, error));
  assert_string_equal(rh_buffer_text(&found), expected);
  rh_buffer_dispose(&found);
}

static void spelling_and_variables(void **state) {
  fixture self;
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self);
  static const char expected[] = "Windows/System32/ras/router.pbk";
  assert_path(machine, expected, expected);
  assert_path(machine, "windows\\system32\\RAS\\ROUTER.PBK", expected);
  assert_path(machine, "C:\\Windows\\System32\\ras\\router.pbk", expected);
  assert_path(machine, "c:/windows//system32/./ras/router.pbk", expected);
  assert_path(machine, "\\Windows\\System32\\ras\\router.pbk", expected);
  assert_path(machine, "%SystemRoot%\\System32\\ras\\router.pbk", expected);
  assert_path(machine, "%WINDIR%\\System32\\ras\\router.pbk", expected);
  assert_path(machine, "%systemdrive%\\Windows\\System32\\ras\\router.pbk", expected);
  assert_path(machine, "%ProgramFiles%\\cmak\\profiles\\X\\x.CMS",
              "Programme/CMAK/Profiles/x/x.cms");
  /* Absent: as asked for behind what is there. */
  assert_path(machine, "%ProgramFiles%\\cmak\\New\\y.cms", "Programme/CMAK/New/y.cms");
  assert_path(machine, "%ProgramFiles(x86)%\\a", "Program Files (x86)/a");
  assert_path(machine, "%CommonProgramFiles%\\a", "Program Files/Common Files/a");
  assert_path(machine, "%ProgramData%\\a", "ProgramData/a");
  assert_path(machine, "%ALLUSERSPROFILE%\\a", "ProgramData/a");
  assert_path(machine, "notes 100%.txt", "notes 100%.txt");
  assert_path(machine, "", "");
  rh_machine_free(machine);
  fixture_free(&self);
}

/* Before Windows Vista the folder has a name in the system's language. */
static void older_folders(void **state) {
  fixture self;
  (void)state;
  fixture_make(&self);
  rh_hive *hive = new_hive();
  rh_registry *software = rh_hive_registry(hive);
  put_text(software, "Microsoft\\Windows NT\\CurrentVersion\\ProfileList", "ProfilesDirectory",
           "%SystemDrive%\\Dokumente und Einstellungen");
  put_text(software, "Microsoft\\Windows NT\\CurrentVersion\\ProfileList", "AllUsersProfile",
           "Alle");
  put_text(software, "Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir",
           "%ProgramFiles%\\again");
  save_hive(&self, hive, "Windows/System32/config/SOFTWARE");
  rh_machine *machine = open_image(&self);
  assert_path(machine, "%ALLUSERSPROFILE%\\a", "Dokumente und Einstellungen/Alle/a");
  rh_buffer path = {0};
  FAILS(RH_ERR_ARGUMENT, rh_machine_file_path(machine, "%ProgramFiles%\\a", &path, error));
  rh_buffer_dispose(&path);
  rh_machine_free(machine);
  hive = new_hive();
  put_text(rh_hive_registry(hive), "Microsoft\\Windows NT\\CurrentVersion", "CurrentVersion",
           "5.2");
  save_hive(&self, hive, "Windows/System32/config/SOFTWARE");
  machine = open_image(&self);
  assert_path(machine, "%ALLUSERSPROFILE%\\a", "Documents and Settings/All Users/a");
  rh_machine_free(machine);
  fixture_free(&self);
}

static void refused(void **state) {
  static const char *const bad[] = {"..\\..\\etc\\passwd",
                                    "Windows\\..\\..\\x",
                                    "Windows/System32/..",
                                    "%SystemRoot%\\..\\x",
                                    "%SystemRoot%..\\x\\..",
                                    "\\\\server\\share\\x",
                                    "//server/share",
                                    "\\\\?\\C:\\x",
                                    "\\\\.\\PhysicalDrive0",
                                    "C:x",
                                    "Windows\\x:stream",
                                    "Windows\\con",
                                    "Windows\\NUL.txt",
                                    "lpt1",
                                    "COM9.log",
                                    "Windows\\x.",
                                    "Windows\\x ",
                                    "Windows \\x",
                                    "a\\*.pbk",
                                    "a?b",
                                    "a\nb",
                                    "a\"b",
                                    "%HOME%\\x",
                                    "%USERPROFILE%\\x",
                                    "a\xFF"};
  static const char *const fine[] = {"console", "com10", "nullify.txt", "...a", "lpt0", "a%b%c"};
  fixture self;
  rh_buffer path = {0};
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self), *overlay = overlay_of(machine);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    FAILS(RH_ERR_ARGUMENT, rh_machine_file_path(machine, bad[i], &path, error));
    FAILS(RH_ERR_ARGUMENT, rh_machine_file_read(machine, bad[i], &path, error));
    FAILS(RH_ERR_ARGUMENT, rh_machine_file_write(overlay, bad[i], "x", 1, error));
    assert_false(rh_machine_file_exists(overlay, bad[i]));
  }
  for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
    OK(rh_machine_file_path(machine, fine[i], &path, error));
  /* Another volume is not part of the machine. */
  FAILS(RH_ERR_NOT_FOUND, rh_machine_file_path(machine, "D:\\Windows\\x", &path, error));
  rh_buffer_dispose(&path);
  rh_machine_free(overlay);
  rh_machine_free(machine);
  fixture_free(&self);
}

static void links(void **state) {
  fixture self;
  char target[400], outside[400];
  rh_buffer data = {0};
  rh_name_list list = {0};
  (void)state;
  fixture_make(&self);
  snprintf(outside, sizeof outside, "%s/outside", self.folder);
  OK(rh_file_write(outside, "secret", 6, RH_FILE_PRIVATE, error));
  snprintf(target, sizeof target, "%s/Windows/System32/ras/Link.pbk", self.image);
  assert_int_equal(symlink(outside, target), 0);
  snprintf(target, sizeof target, "%s/Windows/System32/up", self.image);
  assert_int_equal(symlink("../../..", target), 0);
  rh_machine *machine = open_image(&self), *overlay = overlay_of(machine);
  FAILS(RH_ERR_UNSUPPORTED,
        rh_machine_file_read(machine, "Windows/System32/ras/link.PBK", &data, error));
  FAILS(RH_ERR_UNSUPPORTED,
        rh_machine_file_read(machine, "Windows/System32/up/outside", &data, error));
  FAILS(RH_ERR_UNSUPPORTED,
        rh_machine_file_write(overlay, "Windows/System32/up/new", "x", 1, error));
  FAILS(RH_ERR_UNSUPPORTED, rh_machine_file_list(machine, "Windows/System32/up", &list, error));
  assert_int_equal(data.len, 0);
  OK(rh_machine_file_list(machine, "windows/system32/RAS", &list, error));
  assert_int_equal(list.count, 2);
  assert_string_equal(list.names[0], "Windows/System32/ras/old.dat");
  assert_string_equal(list.names[1], "Windows/System32/ras/router.pbk");
  rh_name_list_dispose(&list);
  rh_machine_free(overlay);
  rh_machine_free(machine);
  fixture_free(&self);
}

static void reading(void **state) {
  fixture self;
  rh_buffer data = {0};
  rh_name_list list = {0};
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self);
  FAILS(RH_ERR_NOT_FOUND, rh_machine_file_read(machine, "Windows/none", &data, error));
  FAILS(RH_ERR_NOT_FOUND,
        rh_machine_file_read(machine, "Windows/System32/ras/old.dat/x", &data, error));
  FAILS(RH_ERR_ARGUMENT, rh_machine_file_read(machine, "Windows/System32", &data, error));
  OK(rh_machine_file_list(machine, "none", &list, error));
  assert_int_equal(list.count, 0);
  OK(rh_machine_file_list(machine, "Windows/System32/ras/old.dat", &list, error));
  assert_int_equal(list.count, 0);
  OK(rh_machine_file_list(machine, "", &list, error));
  assert_int_equal(list.count, 5);
  rh_name_list_dispose(&list);
  FAILS(RH_ERR_UNSUPPORTED, rh_machine_file_write(machine, "a", "x", 1, error));
  FAILS(RH_ERR_UNSUPPORTED, rh_machine_file_delete(machine, "Windows/System32/ras/old.dat", error));
  rh_buffer_dispose(&data);
  rh_machine_free(machine);
  fixture_free(&self);
}

static void overlay_files(void **state) {
  fixture self;
  rh_change_list changes = {0};
  rh_name_list list = {0};
  rh_buffer data = {0};
  (void)state;
  fixture_make(&self);
  rh_machine *machine = open_image(&self), *overlay = overlay_of(machine);
  rh_machine_set_origin(overlay, 7);
  OK(rh_machine_file_write(overlay, "%windir%\\system32\\RAS\\router.pbk", "new", 3, error));
  OK(rh_machine_file_write(overlay, "Data/New/B.txt", "b", 1, error));
  rh_machine_set_origin(overlay, 8);
  /* The spelling of the first write holds for the folders of the second. */
  OK(rh_machine_file_write(overlay, "data/NEW/a.txt", "", 0, error));
  OK(rh_machine_file_delete(overlay, "Windows/System32/ras/OLD.dat", error));
  assert_file(overlay, "Windows/System32/ras/router.pbk", "new");
  assert_file(machine, "Windows/System32/ras/router.pbk", "[Zentrale]\r\n");
  assert_file(overlay, "DATA/new/b.TXT", "b");
  assert_false(rh_machine_file_exists(overlay, "Windows/System32/ras/old.dat"));
  FAILS(RH_ERR_NOT_FOUND,
        rh_machine_file_read(overlay, "Windows/System32/ras/old.dat", &data, error));
  FAILS(RH_ERR_NOT_FOUND, rh_machine_file_delete(overlay, "Windows/System32/ras/old.dat", error));
  FAILS(RH_ERR_NOT_FOUND, rh_machine_file_delete(overlay, "nothing", error));
  FAILS(RH_ERR_ARGUMENT, rh_machine_file_delete(overlay, "Windows/System32", error));
  FAILS(RH_ERR_EXISTS, rh_machine_file_write(overlay, "Windows/System32", "x", 1, error));
  FAILS(RH_ERR_EXISTS, rh_machine_file_write(overlay, "Data/new", "x", 1, error));
  FAILS(RH_ERR_EXISTS, rh_machine_file_write(overlay, "data/new/b.txt/c", "x", 1, error));
  FAILS(RH_ERR_EXISTS,
        rh_machine_file_write(overlay, "Windows/System32/ras/router.pbk/c", "x", 1, error));
  FAILS(RH_ERR_ARGUMENT,
        rh_machine_file_write(overlay, "Windows/System32/config/system.LOG1", "x", 1, error));
  FAILS(RH_ERR_ARGUMENT, rh_machine_file_delete(overlay, "windows/system32/CONFIG/SAM", error));
  OK(rh_machine_file_list(overlay, "", &list, error));
  static const char *const expected[] = {"Data/New/B.txt",
                                         "Data/New/a.txt",
                                         "Programme/CMAK/Profiles/x/x.cms",
                                         "Windows/System32/config/SOFTWARE",
                                         "Windows/System32/config/SYSTEM",
                                         "Windows/System32/ras/router.pbk"};
  assert_int_equal(list.count, 6);
  for (size_t i = 0; i < 6; i++)
    assert_string_equal(list.names[i], expected[i]);
  rh_name_list_dispose(&list);
  OK(rh_machine_changes(overlay, &changes, error));
  assert_int_equal(changes.count, 4);
  assert_string_equal(changes.items[0].path, "Data/New/a.txt");
  assert_int_equal(changes.items[0].origin, 8);
  assert_false(changes.items[0].before.present);
  assert_true(changes.items[0].after.present);
  assert_null(changes.items[0].hive);
  assert_int_equal(changes.items[2].action, RH_DELETE_FILE);
  assert_memory_equal(changes.items[2].before.data.data, "old", 3);
  assert_int_equal(changes.items[3].action, RH_WRITE_FILE);
  assert_int_equal(changes.items[3].origin, 7);
  assert_string_equal(rh_buffer_text(&changes.items[3].before.data), "[Zentrale]\r\n");
  rh_change_list_dispose(&changes);
  /* What is as in the base again is no change. */
  OK(rh_machine_file_write(overlay, "Windows/System32/ras/router.pbk", "[Zentrale]\r\n", 12,
                           error));
  OK(rh_machine_file_write(overlay, "Windows/System32/ras/old.dat", "old", 3, error));
  OK(rh_machine_file_delete(overlay, "Data/New/a.txt", error));
  OK(rh_machine_file_delete(overlay, "Data/New/b.txt", error));
  OK(rh_machine_changes(overlay, &changes, error));
  assert_int_equal(changes.count, 0);
  rh_change_list_dispose(&changes);
  rh_buffer_dispose(&data);
  rh_machine_free(overlay);
  rh_machine_free(machine);
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spelling_and_variables),
      cmocka_unit_test(older_folders),
      cmocka_unit_test(refused),
      cmocka_unit_test(links),
      cmocka_unit_test(reading),
      cmocka_unit_test(overlay_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
