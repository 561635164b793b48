/* What guards files on NTFS, on a volume that ntfs-3g has mounted: what is read is what the
 * driver's own program shows, what is written lasts over a new mount. */
#define _GNU_SOURCE
#include "base/protection.h"

#include "base/file.h"
#include "ntfs_volume.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/xattr.h>
/* cmocka wants those first. */
#include <cmocka.h>

static ntfs_volume volume;
static bool usable;

static int open_volume(void **state) {
  (void)state;
  usable = ntfs_open(&volume);
  if (!usable)
    printf("skipped: NTFS needs root, /dev/fuse and the package ntfs-3g\n");
  return 0;
}

static int close_volume(void **state) {
  (void)state;
  return usable && !ntfs_close(&volume) ? 1 : 0;
}

/* A file of that name with that content; its path stays until the next call but three. */
static const char *make_file(const char *name, const char *text) {
  static char paths[4][160];
  static unsigned turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", volume.mount, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  return path;
}

static void read_one(rh_protection *out, const char *file) {
  rh_error error = {0};
  if (rh_protection_read(out, file, &error) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
}

#define NEED_VOLUME()                                                                              \
  do {                                                                                             \
    (void)state;                                                                                   \
    if (!usable)                                                                                   \
      skip();                                                                                      \
  } while (0)
#define ALL (RH_PART_ACCESS | RH_PART_MARKS | RH_PART_ATTRIBUTES | RH_PART_TIMES)

/* Owner Administrators, group SYSTEM, an audit entry and a label, all to SYSTEM: 148 bytes, more
 * than the 128 that some programs make room for. */
static const unsigned char guarded[] = {
    1, 0,    0x14, 0x84, 0x64, 0,    0,    0, 0x74, 0,    0,    0, 0x14, 0, 0,    0, 0x48, 0, 0, 0,
    2, 0,    0x34, 0,    2,    0,    0,    0, 0x02, 0xC0, 0x14, 0, 0xFF, 1, 0x1F, 0, 1,    1, 0, 0,
    0, 0,    0,    1,    0,    0,    0,    0, 0x11, 0,    0x18, 0, 1,    0, 0,    0, 1,    2, 0, 0,
    0, 0,    0,    0x10, 0,    0x30, 0,    0, 0,    0,    0,    0, 2,    0, 0x1C, 0, 1,    0, 0, 0,
    0, 0x10, 0x14, 0,    0xFF, 1,    0x1F, 0, 1,    1,    0,    0, 0,    0, 0,    5, 0x12, 0, 0, 0,
    1, 2,    0,    0,    0,    0,    0,    5, 0x20, 0,    0,    0, 0x20, 2, 0,    0, 1,    1, 0, 0,
    0, 0,    0,    5,    0x12, 0,    0,    0};

static rh_protection protection_of(const unsigned char *descriptor, size_t len, uint32_t marks) {
  rh_protection made = {.kind = RH_PROTECTION_NTFS, .marks = marks};
  assert_int_equal(rh_buffer_append(&made.descriptor, descriptor, len, NULL), RH_OK);
  return made;
}

static void test_the_volume_is_known(void **state) {
  NEED_VOLUME();
  rh_volume found;
  assert_int_equal(rh_platform_volume(&found, volume.mount, NULL), RH_OK);
  assert_int_equal(found.kind, RH_PROTECTION_NTFS);
  assert_string_equal(found.driver, "ntfs-3g");
}

/* What the driver gives to a new file: full control for Everyone. */
static void test_reading(void **state) {
  NEED_VOLUME();
  static const unsigned char everyone[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
  static const unsigned char times[24] = {0x01, 0xD0, 0, 0, 0, 0,    0, 1, 0x01, 0xD1, 0, 0,
                                          0,    0,    0, 2, 1, 0xD2, 0, 0, 0,    0,    0, 3};
  const char *file = make_file("plain", "x");
  rh_protection read;
  assert_int_equal(setxattr(file, "system.ntfs_times_be", times, sizeof times, 0), 0);
  assert_int_equal(setxattr(file, "system.ntfs_attrib_be", "\0\0\x20\x27", 4, 0), 0);
  assert_int_equal(setxattr(file, "user.stream", "abc", 3, 0), 0);
  read_one(&read, file);
  assert_int_equal(read.kind, RH_PROTECTION_NTFS);
  assert_non_null(memmem(read.descriptor.data, read.descriptor.len, everyone, sizeof everyone));
  assert_int_equal(read.marks, RH_MARK_READ_ONLY | RH_MARK_HIDDEN | RH_MARK_SYSTEM |
                                   RH_MARK_ARCHIVE | RH_MARK_NOT_INDEXED);
  /* 0x01D0000000000001 ticks of 100 ns since 1601 are 1,414,..., by python's datetime. */
  assert_int_equal(read.created.seconds, 0x01D0000000000001 / 10000000 - 11644473600);
  assert_int_equal(read.created.nanoseconds, 0x01D0000000000001 % 10000000 * 100);
  assert_int_equal(read.modified.seconds, 0x01D1000000000002 / 10000000 - 11644473600);
  assert_int_equal(read.accessed.seconds, 0x01D2000000000003 / 10000000 - 11644473600);
  assert_int_equal(read.attribute_count, 1);
  assert_string_equal(read.attributes[0].name, "user.stream");
  assert_int_equal(read.attributes[0].len, 3);
  rh_protection_dispose(&read);
  /* A folder, and one whose descriptor has room behind it: the volume's root. */
  read_one(&read, volume.mount);
  assert_true(read.descriptor.len > 4096);
  assert_int_equal(read.marks & 0x90, 0);
  rh_protection_dispose(&read);
}

static void test_writing_lasts(void **state) {
  NEED_VOLUME();
  static const char *const mades[] = {"system", "long name of a file.text"};
  rh_protection model = protection_of(guarded, sizeof guarded, RH_MARK_HIDDEN | RH_MARK_SYSTEM);
  unsigned char data[] = "abc";
  rh_attribute stream = {(char *)(uintptr_t) "user.stream", data, 3};
  unsigned lost = 99;
  model.attributes = &stream;
  model.attribute_count = 1;
  model.created = (rh_file_time){true, 1000000000, 100};
  model.modified = (rh_file_time){true, 1100000000, 999999900};
  model.accessed = (rh_file_time){true, 1200000000, 0};
  for (size_t i = 0; i < 2; i++) {
    const char *file = make_file(mades[i], "x");
    assert_int_equal(setxattr(file, "user.stale", "x", 1, 0), 0);
    assert_int_equal(rh_protection_write(file, &model, ALL, &lost, NULL), RH_OK);
    assert_int_equal(lost, 0);
  }
  assert_true(ntfs_unmount(&volume) && ntfs_mount(&volume));
  for (size_t i = 0; i < 2; i++) {
    char file[160];
    rh_protection read;
    snprintf(file, sizeof file, "%s/%s", volume.mount, mades[i]);
    read_one(&read, file);
    assert_int_equal(rh_protection_compare(&model, &read), 0);
    assert_int_equal(read.accessed.seconds, 1200000000);
    rh_protection_dispose(&read);
  }
  model.attributes = NULL;
  model.attribute_count = 0;
  rh_protection_dispose(&model);
}

/* What says how data is stored cannot be set, and is told. */
static void test_marks_that_cannot_be_kept(void **state) {
  NEED_VOLUME();
  const char *file = make_file("not-compressed", "x");
  rh_protection model = protection_of(guarded, sizeof guarded, RH_MARK_HIDDEN | RH_MARK_COMPRESSED);
  rh_protection read;
  unsigned lost = 0;
  assert_int_equal(rh_protection_write(file, &model, ALL, &lost, NULL), RH_OK);
  assert_int_equal(lost, RH_PART_MARKS);
  read_one(&read, file);
  assert_int_equal(read.marks, RH_MARK_HIDDEN);
  rh_protection_dispose(&read);
  rh_protection_dispose(&model);
}

static void test_a_stream_that_is_too_long(void **state) {
  NEED_VOLUME();
  const char *file = make_file("long-stream", "x"), *copy = make_file("copy", "x");
  unsigned char block[60000] = {1};
  rh_protection model;
  unsigned lost = 0;
  assert_int_equal(setxattr(file, "user.fits", block, sizeof block, 0), 0);
  read_one(&model, file);
  assert_int_equal(model.attributes[0].len, sizeof block);
  assert_int_equal(rh_protection_write(copy, &model, ALL, &lost, NULL), RH_OK);
  assert_int_equal(lost, 0);
  rh_protection_dispose(&model);
  /* 70,000 bytes, as Windows may make it; the driver opens streams by name when it is asked to. */
  assert_true(ntfs_unmount(&volume));
  char command[500];
  snprintf(command, sizeof command,
           "head -c 70000 /dev/zero >%s/zeros && ntfscp -q -N big %s %s/zeros long-stream "
           ">/dev/null 2>&1; code=$?; rm %s/zeros; exit $code",
           volume.folder, volume.image, volume.folder, volume.folder);
  int made = system(command);
  assert_true(ntfs_mount(&volume));
  assert_int_equal(made, 0);
  read_one(&model, file);
  const rh_attribute *big = rh_protection_attribute(&model, "user.big");
  assert_non_null(big);
  assert_null(big->data);
  assert_int_equal(rh_protection_write(copy, &model, ALL, &lost, NULL), RH_OK);
  assert_int_equal(lost, RH_PART_ATTRIBUTES);
  rh_protection_dispose(&model);
}

/* The driver takes no descriptor without an owner: what is not guarded is an error. */
static void test_a_descriptor_that_is_refused(void **state) {
  NEED_VOLUME();
  unsigned char without_owner[sizeof guarded];
  memcpy(without_owner, guarded, sizeof guarded);
  memset(without_owner + 4, 0, 4);
  const char *file = make_file("refused", "x");
  rh_protection model = protection_of(without_owner, sizeof without_owner, 0);
  unsigned lost = 0;
  rh_error error = {0};
  assert_int_equal(rh_protection_write(file, &model, ALL, &lost, &error), RH_ERR_ACCESS);
  assert_string_equal(error.object, file);
  assert_non_null(strstr(error.message, "ntfs-3g"));
  assert_true(error.hint[0] != '\0');
  rh_protection_dispose(&model);
}

static void test_short_names(void **state) {
  NEED_VOLUME();
  const char *file = make_file("another long name.text", "x");
  rh_protection model, read;
  unsigned lost = 0;
  assert_int_equal(setxattr(file, "system.ntfs_dos_name", "ANOTHE~1.TEX", 12, 0), 0);
  read_one(&model, file);
  assert_string_equal(model.short_name, "ANOTHE~1.TEX");
  assert_int_equal(unlink(file), 0);
  file = make_file("another long name.text", "y");
  assert_int_equal(rh_protection_write(file, &model, ALL, &lost, NULL), RH_OK);
  read_one(&read, file);
  assert_null(read.short_name);
  assert_int_equal(rh_protection_compare(&model, &read), RH_PART_SHORT_NAME);
  rh_protection_dispose(&read);
  assert_int_equal(rh_protection_write(file, &model, RH_PART_SHORT_NAME, &lost, NULL), RH_OK);
  assert_int_equal(lost, 0);
  read_one(&read, file);
  assert_string_equal(read.short_name, "ANOTHE~1.TEX");
  rh_protection_dispose(&read);
  rh_protection_dispose(&model);
}

static void assert_private(const char *path, bool of_folder) {
  rh_protection read;
  size_t len = 0;
  const unsigned char *expected = rh_private_descriptor(of_folder, &len);
  read_one(&read, path);
  assert_int_equal(read.descriptor.len, len);
  assert_memory_equal(read.descriptor.data, expected, len);
  rh_protection_dispose(&read);
}

/* Private is by the descriptor: the driver shows and takes any mode. */
static void test_private_files_and_folders(void **state) {
  NEED_VOLUME();
  char folder[160];
  const char *file = make_file("private", "x");
  size_t len = 0;
  assert_int_equal(rh_file_write_private(file, "y", 1, NULL), RH_OK);
  assert_private(file, false);
  assert_int_equal(unlink(file), 0);
  assert_int_equal(rh_file_write_new(file, "y", 1, NULL), RH_OK);
  assert_private(file, false);
  assert_int_equal(unlink(file), 0);
  assert_int_equal(rh_file_write(file, "y", 1, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_private(file, false);
  snprintf(folder, sizeof folder, "%s/private-folder", volume.mount);
  assert_int_equal(rh_platform_make_folder(folder, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_private(folder, true);
  /* The flags of its first entry: files and folders in it inherit. */
  assert_int_equal(rh_private_descriptor(true, &len)[29], 3);
}

/* A log that is made by its first line is private; one that is there stays as it is. */
static void test_appending(void **state) {
  NEED_VOLUME();
  char path[160];
  rh_file *log = NULL;
  rh_protection model = protection_of(guarded, sizeof guarded, 0), read;
  unsigned lost = 0;
  snprintf(path, sizeof path, "%s/log", volume.mount);
  for (int turn = 0; turn < 2; turn++) {
    assert_int_equal(rh_platform_create(&log, path, RH_FILE_APPEND, RH_FILE_PRIVATE, NULL), RH_OK);
    assert_int_equal(rh_platform_write(log, "line", 4, NULL), RH_OK);
    assert_int_equal(rh_platform_close(log, NULL), RH_OK);
    if (turn == 0)
      assert_private(path, false);
    assert_int_equal(rh_protection_write(path, &model, RH_PART_ACCESS, &lost, NULL), RH_OK);
  }
  read_one(&read, path);
  assert_int_equal(rh_protection_compare(&model, &read) & RH_PART_ACCESS, 0);
  rh_protection_dispose(&read);
  rh_protection_dispose(&model);
}

/* Over and to another volume: with base/file.h and rh_platform_keep. */
static void test_replacing_and_keeping(void **state) {
  NEED_VOLUME();
  char kept[160], copy[160];
  const char *file = make_file("replaced", "old");
  rh_protection model = protection_of(guarded, sizeof guarded, RH_MARK_HIDDEN | RH_MARK_SYSTEM);
  rh_protection before, after;
  unsigned lost = 0;
  snprintf(kept, sizeof kept, "%s/kept", volume.folder);
  snprintf(copy, sizeof copy, "%s/kept", volume.mount);
  assert_int_equal(rh_protection_write(file, &model, ALL, &lost, NULL), RH_OK);
  assert_int_equal(lost, 0);
  read_one(&before, file);
  assert_int_equal(rh_file_write(file, "new", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  read_one(&after, file);
  assert_int_equal(rh_protection_compare(&before, &after) & ~(unsigned)RH_PART_TIMES, 0);
  rh_protection_dispose(&before);
  rh_protection_dispose(&after);
  /* On the same volume a second name, elsewhere a copy that nobody else may read. */
  struct stat one, two;
  assert_int_equal(rh_platform_keep(file, copy, NULL), RH_OK);
  assert_int_equal(stat(file, &one), 0);
  assert_int_equal(stat(copy, &two), 0);
  assert_int_equal(one.st_ino, two.st_ino);
  assert_int_equal(rh_platform_keep(file, kept, NULL), RH_OK);
  assert_int_equal(stat(kept, &two), 0);
  assert_int_equal(two.st_mode & 0777, 0600);
  assert_int_equal(two.st_mtim.tv_sec, one.st_mtim.tv_sec);
  assert_int_equal(two.st_mtim.tv_nsec, one.st_mtim.tv_nsec);
  assert_int_equal(unlink(kept), 0);
  rh_protection_dispose(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_volume_is_known),
      cmocka_unit_test(test_reading),
      cmocka_unit_test(test_writing_lasts),
      cmocka_unit_test(test_marks_that_cannot_be_kept),
      cmocka_unit_test(test_a_stream_that_is_too_long),
      cmocka_unit_test(test_a_descriptor_that_is_refused),
      cmocka_unit_test(test_short_names),
      cmocka_unit_test(test_private_files_and_folders),
      cmocka_unit_test(test_appending),
      cmocka_unit_test(test_replacing_and_keeping),
  };
  return cmocka_run_group_tests(tests, open_volume, close_volume);
}
