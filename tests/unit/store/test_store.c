/* The migration store: sealed, opened, extracted; every byte of it counts. */
#include "fixture.h"

#include "base/hash.h"
#include "permissions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BIG 200000

static rh_status seal(const fixture *fix, const rh_store_content *content, size_t count,
                      rh_error *error) {
  rh_store_manifest manifest = fixture_manifest();
  rh_status status = rh_store_seal(fix->store, true, &manifest, content, count, &fix->recipients,
                                   NULL, NULL, error);
  rh_store_manifest_dispose(&manifest);
  return status;
}

static rh_status open_and_close(const fixture *fix, rh_error *error) {
  rh_store *store = NULL;
  rh_status status = rh_store_open(&store, fix->store, &fix->keys, NULL, NULL, error);
  assert_true((store != NULL) == (status == RH_OK));
  rh_store_free(store);
  return status;
}

static char *path_in(const fixture *fix, const char *name) {
  char *path = rh_platform_join(fix->folder, name);
  assert_non_null(path);
  return path;
}

static void write_in(const fixture *fix, const char *name, const void *data, size_t len) {
  char *path = path_in(fix, name);
  assert_int_equal(rh_file_write(path, data, len, RH_FILE_PRIVATE, NULL), RH_OK);
  rh_free(path);
}

static void count_progress(void *payload, uint64_t done, uint64_t total) {
  uint64_t *last = payload;
  assert_true(done >= *last && done <= total);
  *last = done;
}

/* A store with members in memory and on disk, empty and of several blocks, out of order. */
static unsigned char *seal_sample(const fixture *fix) {
  unsigned char *big = malloc(BIG);
  uint64_t last = 0;
  assert_non_null(big);
  for (size_t i = 0; i < BIG; i++)
    big[i] = (unsigned char)(i * 2654435761u >> 13);
  write_in(fix, "hive", big, BIG);
  char *file = path_in(fix, "hive");
  rh_store_content content[] = {
      {"machine.xml", (const unsigned char *)"<machine/>", 10, NULL},
      {"Windows/System32/ras/Zp\xC4\x9Btn\xC3\xA1.pbk", (const unsigned char *)"[a]\r\n", 5, NULL},
      {"Windows/System32/config/SYSTEM", NULL, 0, file},
      {"Windows/empty", NULL, 0, NULL},
  };
  rh_store_manifest manifest = fixture_manifest();
  rh_error error = {0};
  assert_int_equal(rh_store_seal(fix->store, false, &manifest, content, 4, &fix->recipients,
                                 count_progress, &last, &error),
                   RH_OK);
  assert_true(last == BIG + 15);
  assert_int_equal(manifest.member_count, 4);
  assert_string_equal(manifest.members[0].path, "Windows/System32/config/SYSTEM");
  assert_true(manifest.members[0].size == BIG);
  assert_string_equal(manifest.members[2].path, "Windows/empty");
  assert_string_equal(manifest.members[2].sha256,
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_int_equal(
      rh_store_seal(fix->store, false, &manifest, content, 4, &fix->recipients, NULL, NULL, &error),
      RH_ERR_EXISTS);
  rh_store_manifest_dispose(&manifest);
  rh_free(file);
  return big;
}

static void test_round_trip(void **state) {
  const fixture *fix = *state;
  unsigned char *big = seal_sample(fix), piece[100];
  rh_store *store = NULL;
  rh_error error = {0};
  rh_buffer data = {0};
  size_t done = 0;
  uint64_t last = 0;
  assert_int_equal(rh_store_open(&store, fix->store, &fix->keys, count_progress, &last, &error),
                   RH_OK);
  assert_true(last > 1000);
  const rh_store_manifest *manifest = rh_store_manifest_of(store);
  assert_int_equal(manifest->member_count, 4);
  assert_string_equal(manifest->facts[0].value, "Windows Server 2008 R2 Standard");
  size_t system = rh_store_member_find(store, "windows/SYSTEM32/config/system");
  assert_int_equal(system, 0);
  assert_true(rh_store_member_find(store, "Windows/System32/config") == SIZE_MAX);
  assert_int_equal(rh_store_member_find(store, "WINDOWS/SYSTEM32/RAS/ZP\xC4\x9ATN\xC3\x81.PBK"), 1);
  assert_int_equal(rh_store_member_read(store, system, &data, &error), RH_OK);
  assert_int_equal(data.len, BIG);
  assert_memory_equal(data.data, big, BIG);
  assert_int_equal(rh_store_member_read(store, 1, &data, &error), RH_OK);
  assert_int_equal(data.len, 5);
  assert_string_equal(rh_buffer_text(&data), "[a]\r\n");
  assert_int_equal(rh_store_member_read(store, 2, &data, &error), RH_OK);
  assert_int_equal(data.len, 0);
  assert_int_equal(rh_store_member_read_at(store, 0, BIG - 60, piece, 100, &done, &error), RH_OK);
  assert_int_equal(done, 60);
  assert_memory_equal(piece, big + BIG - 60, 60);
  assert_int_equal(rh_store_member_read_at(store, 0, UINT64_MAX, piece, 100, &done, &error), RH_OK);
  assert_int_equal(done, 0);
  assert_int_equal(rh_store_member_read_at(store, 4, 0, piece, 1, &done, &error), RH_ERR_ARGUMENT);
  assert_int_equal(rh_store_member_read(store, SIZE_MAX, &data, &error), RH_ERR_ARGUMENT);
  rh_store_free(store);
  rh_buffer_dispose(&data);
  free(big);
}

static void test_extract(void **state) {
  const fixture *fix = *state;
  unsigned char *big = seal_sample(fix);
  rh_store *store = NULL;
  rh_error error = {0};
  rh_buffer data = {0};
  rh_file_info info;
  char *folder = path_in(fix, "out/below"), *file = path_in(fix, "out/below/Windows/empty");
  assert_int_equal(rh_store_open(&store, fix->store, &fix->keys, NULL, NULL, &error), RH_OK);
  assert_int_equal(rh_store_extract(store, fix->folder, &error), RH_ERR_EXISTS);
  assert_int_equal(rh_store_extract(store, fix->store, &error), RH_ERR_NOT_FOUND);
  assert_int_equal(rh_store_extract(store, folder, &error), RH_OK);
  assert_int_equal(rh_platform_info(file, &info, &error), RH_OK);
  assert_true(info.kind == RH_FILE_REGULAR && info.size == 0 && permissions_of(file) == 0600);
  rh_free(file);
  file = path_in(fix, "out/below/Windows/System32");
  assert_int_equal(rh_platform_info(file, &info, &error), RH_OK);
  assert_true(info.kind == RH_FILE_FOLDER && permissions_of(file) == 0700);
  rh_free(file);
  file = path_in(fix, "out/below/Windows/System32/config/SYSTEM");
  assert_int_equal(rh_file_read(&data, file, BIG + 1, &error), RH_OK);
  assert_int_equal(data.len, BIG);
  assert_memory_equal(data.data, big, BIG);
  rh_free(file);
  file = path_in(fix, "out/below/manifest.xml");
  rh_store_manifest manifest = {0};
  assert_int_equal(rh_file_read(&data, file, 100000, &error), RH_OK);
  assert_int_equal(rh_store_manifest_read(&manifest, data.data, data.len, &error), RH_OK);
  assert_int_equal(manifest.member_count, 4);
  assert_int_equal(rh_store_extract(store, folder, &error), RH_ERR_EXISTS);
  rh_store_manifest_dispose(&manifest);
  rh_free(file);
  rh_free(folder);
  rh_store_free(store);
  rh_buffer_dispose(&data);
  free(big);
}

static void test_same_bytes_inside(void **state) {
  const fixture *fix = *state;
  rh_store_content content[] = {{"b/c", (const unsigned char *)"1", 1, NULL},
                                {"a", (const unsigned char *)"2", 1, NULL}};
  rh_store_content other_order[] = {content[1], content[0]};
  rh_buffer first = {0}, second = {0}, sealed = {0}, sealed_again = {0};
  assert_int_equal(seal(fix, content, 2, NULL), RH_OK);
  assert_int_equal(fixture_decrypt(fix, &first), RH_OK);
  assert_int_equal(rh_file_read(&sealed, fix->store, 1 << 20, NULL), RH_OK);
  assert_int_equal(seal(fix, other_order, 2, NULL), RH_OK);
  assert_int_equal(fixture_decrypt(fix, &second), RH_OK);
  assert_int_equal(rh_file_read(&sealed_again, fix->store, 1 << 20, NULL), RH_OK);
  assert_true(first.len > 100);
  assert_int_equal(first.len, second.len);
  assert_memory_equal(first.data, second.data, first.len);
  /* Zstandard's magic number (RFC 8878); and nothing of it shows outside. */
  assert_memory_equal(first.data, "\x28\xB5\x2F\xFD", 4);
  assert_int_equal(sealed.len, sealed_again.len);
  assert_memory_not_equal(sealed.data + 150, sealed_again.data + 150, sealed.len - 150);
  rh_buffer_dispose(&first);
  rh_buffer_dispose(&second);
  rh_buffer_dispose(&sealed);
  rh_buffer_dispose(&sealed_again);
}

static void test_every_byte_counts(void **state) {
  fixture *fix = *state;
  rh_store_content content = {"a", (const unsigned char *)"secret", 6, NULL};
  rh_buffer sealed = {0};
  rh_error error = {0};
  assert_int_equal(seal(fix, &content, 1, &error), RH_OK);
  assert_int_equal(open_and_close(fix, &error), RH_OK);
  assert_int_equal(rh_file_read(&sealed, fix->store, 1 << 20, NULL), RH_OK);
  char *other = path_in(fix, "other.store");
  snprintf(fix->store, sizeof fix->store, "%s", other);
  for (size_t i = 0; i < sealed.len; i++) {
    rh_file *file = NULL;
    sealed.data[i] ^= (unsigned char)(1u << i % 8);
    assert_int_equal(rh_platform_create(&file, other, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, NULL),
                     RH_OK);
    assert_int_equal(rh_platform_write(file, sealed.data, sealed.len, NULL), RH_OK);
    assert_int_equal(rh_platform_close(file, NULL), RH_OK);
    assert_int_equal(open_and_close(fix, &error), RH_ERR_SEALED);
    assert_int_equal(rh_platform_remove(other, NULL), RH_OK);
    sealed.data[i] ^= (unsigned char)(1u << i % 8);
    /* And cut off here. */
    assert_int_equal(rh_platform_create(&file, other, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, NULL),
                     RH_OK);
    assert_int_equal(rh_platform_write(file, sealed.data, i, NULL), RH_OK);
    assert_int_equal(rh_platform_close(file, NULL), RH_OK);
    assert_int_equal(open_and_close(fix, &error), RH_ERR_SEALED);
    assert_int_equal(rh_platform_remove(other, NULL), RH_OK);
  }
  rh_free(other);
  rh_buffer_dispose(&sealed);
}

static void test_bad_content(void **state) {
  const fixture *fix = *state;
  static const struct {
    const char *first, *second;
  } cases[] = {
      {"a", "a"},    {"a", "A"}, {"a/b", "A"}, {"../a", "b"}, {"/a", "b"},           {"C:/a", "b"},
      {"a\\b", "b"}, {"", "b"},  {"a/", "b"},  {"a\nb", "b"}, {"manifest.xml", "b"}, {"a/b ", "b"},
      {"\xFF", "b"},
  };
  rh_error error = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_store_content content[] = {{cases[i].first, (const unsigned char *)"x", 1, NULL},
                                  {cases[i].second, (const unsigned char *)"x", 1, NULL}};
    assert_int_equal(seal(fix, content, 2, &error), RH_ERR_ARGUMENT);
  }
  rh_store_content folder = {"a", NULL, 0, fix->folder}, none = {"a", NULL, 0, "/no/such/file"};
  assert_int_equal(seal(fix, &folder, 1, &error), RH_ERR_ARGUMENT);
  assert_int_equal(seal(fix, &none, 1, &error), RH_ERR_NOT_FOUND);
  rh_age_recipients nobody = {0};
  rh_store_manifest manifest = fixture_manifest();
  assert_int_equal(
      rh_store_seal(fix->store, false, &manifest, NULL, 0, &nobody, NULL, NULL, &error),
      RH_ERR_ARGUMENT);
  rh_store_manifest_dispose(&manifest);
  /* Nothing is left behind, not even a temporary file. */
  rh_name_list list = {0};
  assert_int_equal(rh_platform_list(&list, fix->folder, &error), RH_OK);
  assert_int_equal(list.count, 0);
  rh_name_list_dispose(&list);
}

typedef struct rewriting {
  const fixture *fix;
  const char *bytes;
} rewriting;

static void rewrite(void *payload, uint64_t done, uint64_t total) {
  rewriting *change = payload;
  (void)total;
  if (done == 5)
    write_in(change->fix, "hive", change->bytes, strlen(change->bytes));
}

static void test_changing_file(void **state) {
  const fixture *fix = *state;
  static const char *const later[] = {"longer bytes", "other", "less"};
  char *file = path_in(fix, "hive");
  rh_store_content content[] = {{"a", (const unsigned char *)"first", 5, NULL},
                                {"b", NULL, 0, file}};
  for (size_t i = 0; i < 3; i++) {
    rewriting change = {fix, later[i]};
    rh_store_manifest manifest = fixture_manifest();
    rh_error error = {0};
    write_in(fix, "hive", "bytes", 5);
    assert_int_equal(rh_store_seal(fix->store, false, &manifest, content, 2, &fix->recipients,
                                   rewrite, &change, &error),
                     RH_ERR_IO);
    assert_string_equal(error.object, file);
    assert_string_equal(error.message, "changed while it was read");
    assert_false(rh_file_exists(fix->store));
    rh_store_manifest_dispose(&manifest);
  }
  rh_free(file);
}

static void test_is_store_file(void **state) {
  const fixture *fix = *state;
  assert_false(rh_store_is_store_file(fix->store));
  assert_false(rh_store_is_store_file(fix->folder));
  assert_int_equal(seal(fix, NULL, 0, NULL), RH_OK);
  assert_true(rh_store_is_store_file(fix->store));
  assert_int_equal(open_and_close(fix, NULL), RH_OK);
  write_in(fix, "short", "age-encryption.org", 18);
  char *path = path_in(fix, "short");
  assert_false(rh_store_is_store_file(path));
  rh_free(path);
}

static void test_other_key(void **state) {
  const fixture *fix = *state;
  rh_age_keys none = {0};
  rh_store *store = NULL;
  rh_error error = {0};
  assert_int_equal(seal(fix, NULL, 0, NULL), RH_OK);
  assert_int_equal(rh_store_open(&store, fix->store, &none, NULL, NULL, &error), RH_ERR_SEALED);
  assert_string_equal(error.object, fix->store);
  assert_null(store);
  assert_int_equal(rh_store_open(&store, "/no/such/file", &none, NULL, NULL, &error),
                   RH_ERR_NOT_FOUND);
  assert_int_equal(rh_store_open(&store, fix->folder, &none, NULL, NULL, &error), RH_ERR_ARGUMENT);
}

static void test_no_memory(void **state) {
  const fixture *fix = *state;
  char *file = path_in(fix, "hive"), *folder = path_in(fix, "out");
  rh_store_content content[] = {{"a", (const unsigned char *)"first", 5, NULL},
                                {"b/c", NULL, 0, file}};
  write_in(fix, "hive", "bytes", 5);
  rh_status status = RH_ERR_MEMORY;
  unsigned long n = 1;
  for (; status != RH_OK; n++) {
    rh_store_manifest manifest = fixture_manifest();
    rh_store *store = NULL;
    rh_buffer data = {0};
    rh_error error = {0};
    rh_memory_fail_at(n);
    status = rh_store_seal(fix->store, true, &manifest, content, 2, &fix->recipients, NULL, NULL,
                           &error);
    if (status == RH_OK)
      status = rh_store_open(&store, fix->store, &fix->keys, NULL, NULL, &error);
    if (status == RH_OK)
      status = rh_store_member_read(store, 1, &data, &error);
    if (status == RH_OK)
      status = rh_store_extract(store, folder, &error);
    rh_memory_fail_at(0);
    if (status != RH_OK && status != RH_ERR_MEMORY)
      fail_msg("allocation %lu: %s", n, error.message);
    rh_store_free(store);
    rh_store_manifest_dispose(&manifest);
    rh_buffer_dispose(&data);
    if (rh_file_exists(folder))
      assert_int_equal(rh_file_remove_tree(folder, NULL), RH_OK);
  }
  assert_true(n > 60);
  rh_free(file);
  rh_free(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_round_trip),        TEST(test_extract),     TEST(test_same_bytes_inside),
      TEST(test_every_byte_counts), TEST(test_bad_content), TEST(test_changing_file),
      TEST(test_is_store_file),     TEST(test_other_key),   TEST(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
