/* Files: atomic replacement, what stays after a failure, trees. */
#define _GNU_SOURCE
#include "base/file.h"

#include "permissions.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
/* cmocka wants those first. */
#include <cmocka.h>

static char folder[] = "/tmp/rehome-test-file-XXXXXX";
static char path[64];

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder))
    return 1;
  snprintf(path, sizeof path, "%s/target", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  int failed = rh_file_remove_tree(folder, NULL) != RH_OK;
  memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
  return failed;
}

static void assert_content(const char *file, const char *expected) {
  rh_buffer text = {0};
  assert_int_equal(rh_file_read(&text, file, 1000, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&text), expected);
  rh_buffer_dispose(&text);
}

static size_t file_count(void) {
  rh_name_list list;
  assert_int_equal(rh_platform_list(&list, folder, NULL), RH_OK);
  size_t count = list.count;
  rh_name_list_dispose(&list);
  return count;
}

static void test_commit_replaces_and_keeps_the_previous(void **state) {
  (void)state;
  char previous[64];
  rh_atomic_file *file = NULL;
  snprintf(previous, sizeof previous, "%s/previous", folder);
  assert_int_equal(rh_file_write(path, "old", 3, RH_FILE_SHARED, NULL), RH_OK);
  assert_int_equal(chmod(path, 0640), 0);
  assert_int_equal(rh_atomic_file_open(&file, path, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_write(file, "new", 3, NULL), RH_OK);
  assert_content(path, "old");
  assert_int_equal(rh_atomic_file_commit(file, previous, NULL), RH_OK);
  rh_atomic_file_free(file);
  assert_content(path, "new");
  assert_content(previous, "old");
  assert_int_equal(permissions_of(path), 0640);
  assert_int_equal(file_count(), 2);
}

static void commit_text(const char *text, const char *previous) {
  rh_atomic_file *file = NULL;
  assert_int_equal(rh_atomic_file_open(&file, path, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_write(file, text, strlen(text), NULL), RH_OK);
  assert_int_equal(rh_atomic_file_commit(file, previous, NULL), RH_OK);
  rh_atomic_file_free(file);
}

static void test_commit_replaces_the_kept_file(void **state) {
  (void)state;
  char previous[64];
  snprintf(previous, sizeof previous, "%s/previous", folder);
  assert_int_equal(rh_file_write(path, "one", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  commit_text("two", previous);
  commit_text("three", previous);
  assert_content(path, "three");
  assert_content(previous, "two");
  assert_int_equal(file_count(), 2);
  /* A commit that was stopped before the rename has left two names of one file. */
  assert_int_equal(unlink(previous), 0);
  assert_int_equal(link(path, previous), 0);
  commit_text("four", previous);
  assert_content(path, "four");
  assert_content(previous, "three");
  assert_int_equal(file_count(), 2);
}

static void test_dropping_leaves_nothing(void **state) {
  (void)state;
  rh_atomic_file *file = NULL;
  assert_int_equal(rh_file_write(path, "old", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_open(&file, path, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_write(file, "new", 3, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_prepare(file, NULL), RH_OK);
  assert_content(rh_atomic_file_temporary(file), "new");
  rh_atomic_file_free(file);
  assert_content(path, "old");
  assert_int_equal(file_count(), 1);
}

static void test_a_prepared_file_can_be_left_for_later(void **state) {
  (void)state;
  rh_atomic_file *file = NULL;
  char temporary[256];
  assert_int_equal(rh_atomic_file_open(&file, path, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_write(file, "new", 3, NULL), RH_OK);
  assert_int_equal(rh_atomic_file_prepare(file, NULL), RH_OK);
  snprintf(temporary, sizeof temporary, "%s", rh_atomic_file_temporary(file));
  rh_atomic_file_detach(file);
  assert_false(rh_file_exists(path));
  assert_content(temporary, "new");
}

/* What cannot be looked at must not be taken for nothing: a caller would write over it. */
static void test_what_cannot_be_looked_at_exists(void **state) {
  (void)state;
  char below[300];
  rh_error error = {0};
  assert_int_equal(symlink(rh_platform_base_name(path), path), 0);
  snprintf(below, sizeof below, "%s/file", path);
  assert_true(rh_file_exists(below));
  assert_int_equal(rh_file_write(below, "new", 3, RH_FILE_PRIVATE, &error), RH_ERR_IO);
  assert_true(error.hint[0]);
  assert_int_equal(rh_file_make_folders(below, RH_FILE_PRIVATE, &error), RH_ERR_IO);
  assert_int_equal(unlink(path), 0);
  assert_false(rh_file_exists(below));
  memset(below, 'x', sizeof below - 1);
  below[sizeof below - 1] = '\0';
  assert_false(rh_file_exists(below));
}

static void test_errors_name_object_and_cause(void **state) {
  (void)state;
  rh_error error;
  rh_buffer text = {0};
  assert_int_equal(rh_file_read(&text, "/nonexistent/x", 10, &error), RH_ERR_NOT_FOUND);
  assert_string_equal(error.object, "/nonexistent/x");
  assert_non_null(strstr(error.message, "No such file"));
  assert_int_equal(rh_file_write(path, "0123456789x", 11, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_file_read(&text, path, 10, &error), RH_ERR_LIMIT);
  assert_int_equal(rh_file_make_folders(path, RH_FILE_PRIVATE, &error), RH_ERR_EXISTS);
  rh_buffer_dispose(&text);
}

static void test_a_folder_or_device_is_not_replaced(void **state) {
  (void)state;
  rh_error error;
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_int_equal(rh_file_write(path, "new", 3, RH_FILE_PRIVATE, &error), RH_ERR_EXISTS);
  assert_string_equal(error.object, path);
  assert_int_equal(rh_file_write_private(path, "new", 3, &error), RH_ERR_EXISTS);
  assert_int_equal(rh_platform_remove(path, NULL), RH_OK);
  assert_int_equal(symlink("/dev/null", path), 0);
  assert_int_equal(rh_file_write(path, "new", 3, RH_FILE_PRIVATE, &error), RH_ERR_EXISTS);
  assert_int_equal(rh_file_write(folder, "new", 3, RH_FILE_PRIVATE, &error), RH_ERR_EXISTS);
  assert_int_equal(file_count(), 1);
}

static void test_errors_name_the_target(void **state) {
  (void)state;
  rh_error error;
  char missing[80];
  snprintf(missing, sizeof missing, "%s/missing/target", folder);
  assert_int_equal(rh_file_write(missing, "new", 3, RH_FILE_PRIVATE, &error), RH_ERR_NOT_FOUND);
  assert_string_equal(error.object, missing);
  assert_true(error.hint[0]);
}

static void test_private_and_new_files(void **state) {
  (void)state;
  rh_error error;
  assert_int_equal(rh_file_write_new(path, "first", 5, NULL), RH_OK);
  assert_int_equal(rh_file_write_new(path, "second", 6, &error), RH_ERR_EXISTS);
  assert_content(path, "first");
  assert_int_equal(chmod(path, 0644), 0);
  assert_int_equal(rh_file_write_private(path, "private", 7, NULL), RH_OK);
  assert_content(path, "private");
  assert_int_equal(permissions_of(path), 0600);
  assert_int_equal(file_count(), 1);
}

static void test_access(void **state) {
  (void)state;
  char deep[96], above[80];
  mode_t mask = umask(022);
  assert_int_equal(rh_file_write(path, "x", 1, RH_FILE_SHARED, NULL), RH_OK);
  assert_int_equal(permissions_of(path), 0644);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(rh_file_write(path, "x", 1, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(permissions_of(path), 0600);
  snprintf(above, sizeof above, "%s/shared", folder);
  snprintf(deep, sizeof deep, "%s/private", above);
  assert_int_equal(rh_file_make_folders(above, RH_FILE_SHARED, NULL), RH_OK);
  assert_int_equal(rh_file_make_folders(deep, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(permissions_of(above), 0755);
  assert_int_equal(permissions_of(deep), 0700);
  umask(mask);
}

static void test_a_new_generation_has_the_extended_attributes(void **state) {
  (void)state;
  char value[16] = "";
  assert_int_equal(rh_file_write(path, "old", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  if (setxattr(path, "user.rehome", "kept", 4, 0) != 0) {
    print_message("the file system of /tmp has no extended attributes\n");
    skip();
  }
  assert_int_equal(rh_file_write(path, "new", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_content(path, "new");
  assert_int_equal(getxattr(path, "user.rehome", value, sizeof value), 4);
  assert_memory_equal(value, "kept", 4);
}

static void test_half_a_copy_is_not_kept(void **state) {
  (void)state;
  struct rlimit before, none;
  rh_error error;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = 0;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  /* Of another file system, so that no second name can be given. */
  rh_status status = rh_platform_keep("/proc/self/status", path, &error);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, RH_ERR_IO);
  assert_int_equal(file_count(), 0);
}

static void test_a_pipe_is_not_mapped(void **state) {
  (void)state;
  rh_mapping mapping;
  rh_error error;
  assert_int_equal(mkfifo(path, 0600), 0);
  alarm(20); /* ends a test that waits for a writer */
  assert_int_equal(rh_platform_map(&mapping, path, &error), RH_ERR_FORMAT);
  alarm(0);
}

static void test_a_link_is_not_followed_when_writing(void **state) {
  (void)state;
  char victim[64];
  rh_file *file = NULL;
  rh_error error;
  snprintf(victim, sizeof victim, "%s/victim", folder);
  assert_int_equal(rh_file_write(victim, "safe", 4, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(symlink(victim, path), 0);
  assert_int_not_equal(rh_platform_create(&file, path, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, &error),
                       RH_OK);
  assert_int_not_equal(rh_platform_create(&file, path, RH_FILE_APPEND, RH_FILE_PRIVATE, &error),
                       RH_OK);
  assert_int_equal(rh_file_write(path, "new", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_content(victim, "safe");
  assert_content(path, "new");
}

static void test_a_full_disk_is_reported_and_loses_nothing(void **state) {
  (void)state;
  rh_file *full = NULL;
  rh_error error;
  if (rh_platform_create(&full, "/dev/full", RH_FILE_APPEND, RH_FILE_PRIVATE, &error) != RH_OK) {
    print_message("there is no /dev/full\n");
    skip();
  }
  assert_int_equal(rh_platform_write(full, "x", 1, &error), RH_ERR_IO);
  assert_non_null(strstr(error.message, "No space left"));
  assert_true(error.hint[0] != '\0');
  rh_platform_close(full, NULL);
}

/* Two names of one file stay two names; tests/cli/ntfs.sh has a volume that ignores case. */
static void test_a_name_is_told_as_the_folder_lists_it(void **state) {
  (void)state;
  static const char *const names[] = {"target", "TARGET", "Target", "1"};
  rh_error error = {0};
  char other[64], *stored = NULL;
  assert_int_equal(rh_file_write(path, "x", 1, RH_FILE_PRIVATE, NULL), RH_OK);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(other, sizeof other, "%s/%s", folder, names[i]);
    if (i > 0)
      assert_int_equal(link(path, other), 0);
    assert_int_equal(rh_platform_stored_name(&stored, folder, names[i], &error), RH_OK);
    assert_string_equal(stored, names[i]);
    rh_free(stored);
  }
  assert_int_equal(rh_platform_stored_name(&stored, folder, "tarGet", &error), RH_ERR_NOT_FOUND);
  assert_null(stored);
  assert_non_null(strstr(error.object, "tarGet"));
}

static void test_lock_keeps_others_out(void **state) {
  (void)state;
  rh_lock *first = NULL, *second = NULL;
  rh_error error;
  assert_int_equal(rh_platform_lock_folder(&first, folder, &error), RH_OK);
  assert_int_equal(rh_platform_lock_folder(&second, folder, &error), RH_ERR_LOCKED);
  rh_platform_unlock(first);
  assert_int_equal(rh_platform_lock_folder(&second, folder, &error), RH_OK);
  rh_platform_unlock(second);
  assert_int_equal(file_count(), 0);
}

static void test_sha256_of_a_file(void **state) {
  (void)state;
  char digest[65];
  assert_int_equal(rh_file_write(path, "abc", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  assert_int_equal(rh_file_sha256(digest, path, NULL), RH_OK);
  /* FIPS 180-2, example B.1 */
  assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_memory_failures_are_clean(void **state) {
  (void)state;
  assert_int_equal(rh_file_write(path, "old", 3, RH_FILE_PRIVATE, NULL), RH_OK);
  for (unsigned long n = 1;; n++) {
    rh_error error;
    rh_memory_fail_at(n);
    rh_status status = rh_file_write(path, "new", 3, RH_FILE_PRIVATE, &error);
    rh_memory_fail_at(0);
    assert_int_equal(file_count(), 1);
    if (status == RH_OK)
      break;
    assert_int_equal(status, RH_ERR_MEMORY);
    assert_true(n < 100);
  }
  assert_content(path, "new");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_commit_replaces_and_keeps_the_previous),
      TEST(test_commit_replaces_the_kept_file),
      TEST(test_dropping_leaves_nothing),
      TEST(test_a_prepared_file_can_be_left_for_later),
      TEST(test_what_cannot_be_looked_at_exists),
      TEST(test_errors_name_object_and_cause),
      TEST(test_a_folder_or_device_is_not_replaced),
      TEST(test_errors_name_the_target),
      TEST(test_private_and_new_files),
      TEST(test_access),
      TEST(test_a_new_generation_has_the_extended_attributes),
      TEST(test_half_a_copy_is_not_kept),
      TEST(test_a_pipe_is_not_mapped),
      TEST(test_a_link_is_not_followed_when_writing),
      TEST(test_a_full_disk_is_reported_and_loses_nothing),
      TEST(test_a_name_is_told_as_the_folder_lists_it),
      TEST(test_lock_keeps_others_out),
      TEST(test_sha256_of_a_file),
      TEST(test_memory_failures_are_clean),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
