/* What guards a file: its line for journals, and reading and writing it as POSIX has it. */
#define _GNU_SOURCE
#include "base/protection.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
/* cmocka wants those first. */
#include <cmocka.h>

static char folder[] = "/tmp/rehome-test-protection-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder))
    return 1;
  snprintf(path, sizeof path, "%s/one", folder);
  snprintf(other, sizeof other, "%s/two", folder);
  return rh_file_write(path, "one", 3, RH_FILE_PRIVATE, NULL) == RH_OK &&
                 rh_file_write(other, "two", 3, RH_FILE_PRIVATE, NULL) == RH_OK
             ? 0
             : 1;
}

static int remove_folder(void **state) {
  (void)state;
  int failed = rh_file_remove_tree(folder, NULL) != RH_OK;
  memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
  return failed;
}

/* --- lines --- */

static void assert_comes_back(const char *line) {
  rh_protection read;
  rh_buffer again = {0};
  rh_error error = {0};
  if (rh_protection_decode(&read, line, strlen(line), &error) != RH_OK)
    fail_msg("%s is refused: %s", line, error.message);
  assert_int_equal(rh_protection_encode(&again, &read, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&again), line);
  rh_protection_dispose(&read);
  rh_buffer_dispose(&again);
}

static void test_lines(void **state) {
  (void)state;
  assert_comes_back("none");
  assert_comes_back("none modified=1.000000000");
  assert_comes_back("posix owner=0 group=4294967295 mode=0640 modified=-1.000000001 "
                    "accessed=1700000000.999999999");
  assert_comes_back("posix owner=0 group=0 mode=7777 x:757365722e61=00ff x:757365722e62= "
                    "x:757365722e63>0");
  assert_comes_back("ntfs descriptor= marks=0x0");
  assert_comes_back("ntfs descriptor=01000480 marks=0x26 short=4c4f4e477e312e545854 "
                    "created=-11644473600.000000100");
}

static void test_a_line_says_what_it_means(void **state) {
  (void)state;
  static const char line[] = "ntfs descriptor=0102 marks=0x26 short=41 created=5.000000007 "
                             "x:757365722e61=6263";
  rh_protection read;
  assert_int_equal(rh_protection_decode(&read, line, sizeof line - 1, NULL), RH_OK);
  assert_int_equal(read.kind, RH_PROTECTION_NTFS);
  assert_int_equal(read.descriptor.len, 2);
  assert_memory_equal(read.descriptor.data, "\1\2", 2);
  assert_int_equal(read.marks, RH_MARK_HIDDEN | RH_MARK_SYSTEM | RH_MARK_ARCHIVE);
  assert_string_equal(read.short_name, "A");
  assert_true(read.created.known && !read.modified.known);
  assert_int_equal(read.created.seconds, 5);
  assert_int_equal(read.created.nanoseconds, 7);
  const rh_attribute *attribute = rh_protection_attribute(&read, "user.a");
  assert_non_null(attribute);
  assert_int_equal(attribute->len, 2);
  assert_memory_equal(attribute->data, "bc", 2);
  rh_protection_dispose(&read);
}

static void test_other_lines_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    " ",
                                    "xfs",
                                    "none ",
                                    " none",
                                    "none  modified=1.000000000",
                                    "none owner=0",
                                    "none marks=0x0",
                                    "none modified=1.0",
                                    "none modified=1.0000000000",
                                    "none modified=1.-00000001",
                                    "none modified= 1.000000000",
                                    "none modified=99999999999999999999.000000000",
                                    "posix",
                                    "posix owner=0 group=0",
                                    "posix owner=0 group=0 mode=640",
                                    "posix owner=0 group=0 mode=10000",
                                    "posix owner=0 group=0 mode=0648",
                                    "posix owner=-1 group=0 mode=0640",
                                    "posix owner=+1 group=0 mode=0640",
                                    "posix owner=4294967296 group=0 mode=0640",
                                    "posix group=0 owner=0 mode=0640",
                                    "posix owner=0 owner=0 group=0 mode=0640",
                                    "posix owner=0 group=0 mode=0640 marks=0x0",
                                    "posix owner=0 group=0 mode=0640 x:",
                                    "posix owner=0 group=0 mode=0640 x:61",
                                    "posix owner=0 group=0 mode=0640 x:=61",
                                    "posix owner=0 group=0 mode=0640 x:00=61",
                                    "posix owner=0 group=0 mode=0640 x:61=6",
                                    "posix owner=0 group=0 mode=0640 x:61=6G",
                                    "posix owner=0 group=0 mode=0640 x:61=6A",
                                    "posix owner=0 group=0 mode=0640 x:61>",
                                    "posix owner=0 group=0 mode=0640 x:61>-1",
                                    "posix owner=0 group=0 mode=0640 x:61=00 x:61=01",
                                    "posix owner=0 group=0 mode=0640 x:62=00 x:61=01",
                                    "ntfs descriptor=0 marks=0x0",
                                    "ntfs descriptor=00 marks=0",
                                    "ntfs descriptor=00 marks=0x100000000",
                                    "ntfs descriptor=00 descriptor=00 marks=0x0",
                                    "ntfs descriptor=00 marks=0x0 short=",
                                    "ntfs descriptor=00 marks=0x0 short=4100",
                                    "ntfs descriptor=00 marks=0x0 short=41 short=41",
                                    "ntfs descriptor=00 marks=0x0 unknown=1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    rh_protection read;
    if (rh_protection_decode(&read, bad[i], strlen(bad[i]), NULL) != RH_ERR_FORMAT)
      fail_msg("'%s' is taken", bad[i]);
  }
  rh_protection read;
  assert_int_equal(rh_protection_decode(&read, "none\0", 5, NULL), RH_ERR_FORMAT);
}

static void test_lines_without_memory(void **state) {
  (void)state;
  static const char line[] = "ntfs descriptor=0102 marks=0x26 short=41 x:757365722e61=6263 "
                             "x:757365722e62=";
  rh_status status;
  unsigned long count = 0;
  do {
    rh_protection read;
    rh_memory_fail_at(++count);
    status = rh_protection_decode(&read, line, sizeof line - 1, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    rh_protection_dispose(&read);
  } while (status != RH_OK);
  assert_true(count > 6);
}

/* Printable ASCII that needs no escape in JSON, whatever a name or an attribute holds. */
static void test_lines_are_plain_text(void **state) {
  (void)state;
  unsigned char data[256];
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)i;
  rh_attribute odd = {(char *)(uintptr_t) "user.\"\\\n =>", data, sizeof data};
  rh_protection made = {.kind = RH_PROTECTION_POSIX, .attributes = &odd, .attribute_count = 1};
  rh_protection again;
  rh_buffer line = {0};
  assert_int_equal(rh_protection_encode(&line, &made, NULL), RH_OK);
  for (size_t i = 0; i < line.len; i++)
    assert_true(line.data[i] >= ' ' && line.data[i] < 0x7F && line.data[i] != '"' &&
                line.data[i] != '\\');
  assert_int_equal(rh_protection_decode(&again, rh_buffer_text(&line), line.len, NULL), RH_OK);
  assert_int_equal(rh_protection_compare(&made, &again), 0);
  rh_protection_dispose(&again);
  rh_buffer_dispose(&line);
}

/* --- POSIX files --- */

static void read_one(rh_protection *out, const char *file) {
  rh_error error = {0};
  if (rh_protection_read(out, file, &error) != RH_OK)
    fail_msg("%s: %s", error.object, error.message);
}

static unsigned mode_of(const char *file) {
  struct stat info;
  assert_int_equal(stat(file, &info), 0);
  return info.st_mode & 07777;
}

static void test_a_volume_is_known(void **state) {
  (void)state;
  rh_volume volume;
  assert_int_equal(rh_platform_volume(&volume, folder, NULL), RH_OK);
  assert_int_equal(volume.kind, RH_PROTECTION_POSIX);
  assert_string_equal(volume.driver, "");
  assert_int_equal(rh_platform_volume(&volume, "/nonexistent", NULL), RH_ERR_NOT_FOUND);
  rh_protection read;
  assert_int_equal(rh_protection_read(&read, "/nonexistent", NULL), RH_ERR_NOT_FOUND);
}

#define ALL (RH_PART_ACCESS | RH_PART_MARKS | RH_PART_ATTRIBUTES | RH_PART_TIMES)

/* An access list with a named user 1000 who may read and write, in the kernel's form. */
static const unsigned char with_1000[] = {
    2, 0,    0,    0,    1,    0,    6,  0, 0xFF, 0xFF, 0xFF, 0xFF, 2,    0,   6,
    0, 0xE8, 3,    0,    0,    4,    0,  4, 0,    0xFF, 0xFF, 0xFF, 0xFF, 16,  0,
    6, 0,    0xFF, 0xFF, 0xFF, 0xFF, 32, 0, 0,    0,    0xFF, 0xFF, 0xFF, 0xFF};
#define ACCESS_LIST "system.posix_acl_access"

static void set_list(const char *file) {
  if (setxattr(file, ACCESS_LIST, with_1000, sizeof with_1000, 0) != 0)
    skip();
}

static void test_all_parts_come_over(void **state) {
  (void)state;
  rh_protection model = {0}, copied = {0};
  unsigned lost = 99;
  set_list(path);
  assert_int_equal(setxattr(path, "user.note", "x", 1, 0), 0);
  assert_int_equal(setxattr(other, "user.stale", "y", 1, 0), 0);
  if (geteuid() == 0)
    assert_int_equal(chown(path, 1234, 4321), 0);
  assert_int_equal(chmod(path, 04764), 0);
  struct timespec times[2] = {{1000, 1}, {2000, 123456789}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
  read_one(&model, path);
  assert_int_equal(model.modified.seconds, 2000);
  assert_int_equal(model.modified.nanoseconds, 123456789);
  assert_int_equal(model.mode, 04764);
  assert_int_equal(rh_protection_write(other, &model, ALL, &lost, NULL), RH_OK);
  assert_int_equal(lost, 0);
  read_one(&copied, other);
  assert_int_equal(rh_protection_compare(&model, &copied), 0);
  assert_int_equal(copied.accessed.seconds, 1000);
  assert_int_equal(getxattr(other, "user.stale", NULL, 0), -1);
  assert_int_equal(getxattr(other, ACCESS_LIST, NULL, 0), sizeof with_1000);
  rh_protection_dispose(&model);
  rh_protection_dispose(&copied);
}

static void test_only_the_parts_asked_for(void **state) {
  (void)state;
  rh_protection model = {0}, before = {0}, after = {0};
  unsigned lost = 99;
  assert_int_equal(setxattr(path, "user.note", "x", 1, 0), 0);
  assert_int_equal(chmod(path, 0644), 0);
  assert_int_equal(setxattr(other, "user.own", "y", 1, 0), 0);
  read_one(&model, path);
  read_one(&before, other);
  assert_int_equal(rh_protection_write(other, &model, RH_PART_ACCESS, &lost, NULL), RH_OK);
  assert_int_equal(lost, 0);
  assert_int_equal(mode_of(other), 0644);
  read_one(&after, other);
  assert_int_equal(rh_protection_compare(&before, &after), RH_PART_ACCESS);
  assert_int_equal(rh_protection_compare(&model, &after) & ~(unsigned)RH_PART_TIMES,
                   RH_PART_ATTRIBUTES);
  rh_protection_dispose(&model);
  rh_protection_dispose(&before);
  rh_protection_dispose(&after);
}

/* The folder gives new files a list for user 1000, the model has none. */
static void test_a_list_that_the_model_has_not_is_taken_away(void **state) {
  (void)state;
  rh_protection model = {0};
  unsigned lost = 99;
  assert_int_equal(chmod(path, 0660), 0);
  read_one(&model, path);
  set_list(other);
  assert_int_equal(rh_protection_write(other, &model, RH_PART_ACCESS, &lost, NULL), RH_OK);
  assert_int_equal(lost, 0);
  assert_int_equal(getxattr(other, ACCESS_LIST, NULL, 0), -1);
  rh_protection_dispose(&model);
}

/* What is of another kind leaves the file as it was made. */
static void test_another_kind(void **state) {
  (void)state;
  rh_protection model = {.kind = RH_PROTECTION_NTFS, .marks = 2, .modified = {true, 77, 0}};
  unsigned lost = 0;
  assert_int_equal(setxattr(other, "user.own", "y", 1, 0), 0);
  assert_int_equal(rh_protection_write(other, &model, ALL, &lost, NULL), RH_OK);
  assert_int_equal(lost, RH_PART_ACCESS | RH_PART_MARKS | RH_PART_ATTRIBUTES);
  assert_int_equal(mode_of(other), 0600);
  assert_int_equal(getxattr(other, "user.own", NULL, 0), 1);
  struct stat info;
  assert_int_equal(stat(other, &info), 0);
  assert_int_equal(info.st_mtime, 77);
  assert_int_equal(rh_platform_make_private(other, false, NULL), RH_OK);
  assert_int_equal(mode_of(other), 0600);
}

/* --- as a user who may not give files away --- */

/* Runs a check in a child as nobody, who owns the file `other`. */
static void as_nobody(void (*check)(const rh_protection *model), const rh_protection *model) {
  int result = 0;
  assert_int_equal(chown(other, 65534, 65534), 0);
  assert_int_equal(chmod(folder, 0755), 0);
  pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0)
      _exit(2);
    check(model);
    _exit(0);
  }
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_int_equal(result, 0);
}

static void expect_mode(const rh_protection *model, unsigned mode, bool list) {
  unsigned lost = 0;
  struct stat info;
  if (rh_protection_write(other, model, ALL, &lost, NULL) != RH_OK || stat(other, &info) != 0 ||
      !(lost & RH_PART_ACCESS) || (info.st_mode & 07777) != mode ||
      (getxattr(other, ACCESS_LIST, NULL, 0) >= 0) != list)
    _exit(1);
}

static void check_640(const rh_protection *model) {
  expect_mode(model, 0600, false);
}

static void check_644(const rh_protection *model) {
  expect_mode(model, 0644, false);
}

static void check_closed_list(const rh_protection *model) {
  expect_mode(model, 0600, false);
}

/* A group that cannot be given gets nothing that others have not: it is another group. */
static void test_a_group_that_cannot_be_given(void **state) {
  (void)state;
  rh_protection model = {0};
  if (geteuid() != 0)
    skip();
  assert_int_equal(chmod(path, 06640), 0);
  read_one(&model, path);
  as_nobody(check_640, &model);
  model.mode = 0664;
  as_nobody(check_644, &model);
  rh_protection_dispose(&model);
}

static void test_a_list_whose_group_cannot_be_given(void **state) {
  (void)state;
  rh_protection model = {0};
  if (geteuid() != 0)
    skip();
  set_list(path);
  read_one(&model, path);
  assert_int_equal(model.mode, 0660);
  as_nobody(check_closed_list, &model);
  rh_protection_dispose(&model);
}

/* --- through base/file.h --- */

static void test_a_replaced_file_is_guarded_as_before(void **state) {
  (void)state;
  rh_protection before = {0}, after = {0};
  set_list(path);
  assert_int_equal(setxattr(path, "user.note", "x", 1, 0), 0);
  if (geteuid() == 0)
    assert_int_equal(chown(path, 1234, 4321), 0);
  read_one(&before, path);
  assert_int_equal(rh_file_write(path, "new", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  read_one(&after, path);
  assert_int_equal(rh_protection_compare(&before, &after) & ~(unsigned)RH_PART_TIMES, 0);
  rh_protection_dispose(&before);
  rh_protection_dispose(&after);
}

static void test_a_link_to_nothing_is_replaced(void **state) {
  (void)state;
  assert_int_equal(unlink(path), 0);
  assert_int_equal(symlink("nothing", path), 0);
  assert_int_equal(rh_file_write(path, "new", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  struct stat info;
  assert_int_equal(lstat(path, &info), 0);
  assert_true(S_ISREG(info.st_mode));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
  umask(022);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_a_line_says_what_it_means),
      cmocka_unit_test(test_other_lines_are_refused),
      cmocka_unit_test(test_lines_without_memory),
      cmocka_unit_test(test_lines_are_plain_text),
      TEST(test_a_volume_is_known),
      TEST(test_all_parts_come_over),
      TEST(test_only_the_parts_asked_for),
      TEST(test_a_list_that_the_model_has_not_is_taken_away),
      TEST(test_another_kind),
      TEST(test_a_group_that_cannot_be_given),
      TEST(test_a_list_whose_group_cannot_be_given),
      TEST(test_a_replaced_file_is_guarded_as_before),
      TEST(test_a_link_to_nothing_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
