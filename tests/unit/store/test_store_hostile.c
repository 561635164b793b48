/* Stores that somebody else sealed properly: what is inside need not be what rehome writes. */
#include "fixture.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

typedef enum tar_format { TAR_PAX, TAR_USTAR, TAR_GNU } tar_format;

typedef struct entry {
  const char *path, *text;
  unsigned type; /* 0: a regular file */
  const char *link;
} entry;

static la_ssize_t to_buffer(struct archive *archive, void *payload, const void *data, size_t len) {
  (void)archive;
  return rh_buffer_append(payload, data, len, NULL) == RH_OK ? (la_ssize_t)len : -1;
}

/* A tar of the entries, not compressed. */
static void make_tar(rh_buffer *out, tar_format format, const entry *entries, size_t count) {
  struct archive *archive = archive_write_new();
  assert_int_equal(format == TAR_PAX     ? archive_write_set_format_pax(archive)
                   : format == TAR_USTAR ? archive_write_set_format_ustar(archive)
                                         : archive_write_set_format_gnutar(archive),
                   ARCHIVE_OK);
  assert_int_equal(archive_write_open(archive, out, NULL, to_buffer, NULL), ARCHIVE_OK);
  for (size_t i = 0; i < count; i++) {
    struct archive_entry *made = archive_entry_new();
    archive_entry_set_pathname(made, entries[i].path);
    archive_entry_set_filetype(made, entries[i].type ? entries[i].type : AE_IFREG);
    archive_entry_set_perm(made, 0644);
    archive_entry_set_mtime(made, 1000000000, 500);
    if (entries[i].type == AE_IFLNK)
      archive_entry_set_symlink(made, entries[i].link);
    else if (entries[i].link)
      archive_entry_set_hardlink(made, entries[i].link);
    else
      archive_entry_set_size(made, (la_int64_t)strlen(entries[i].text));
    assert_int_equal(archive_write_header(archive, made), ARCHIVE_OK);
    if (!entries[i].type && !entries[i].link)
      assert_true(archive_write_data(archive, entries[i].text, strlen(entries[i].text)) >= 0);
    archive_entry_free(made);
  }
  assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
}

/* Compresses bytes as they are, by a filter of libarchive. */
static void compress(rh_buffer *out, const rh_buffer *bytes, int filter) {
  struct archive *archive = archive_write_new();
  struct archive_entry *made = archive_entry_new();
  assert_int_equal(archive_write_add_filter(archive, filter), ARCHIVE_OK);
  assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
  assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
  assert_int_equal(archive_write_open(archive, out, NULL, to_buffer, NULL), ARCHIVE_OK);
  archive_entry_set_filetype(made, AE_IFREG);
  assert_int_equal(archive_write_header(archive, made), ARCHIVE_OK);
  assert_true(archive_write_data(archive, bytes->data, bytes->len) == (la_ssize_t)bytes->len);
  archive_entry_free(made);
  assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
}

static void seal_bytes(const fixture *fix, const rh_buffer *bytes) {
  memory_file file = {0};
  rh_age_writer *writer = NULL;
  assert_int_equal(rh_age_writer_open(&writer, &fix->recipients, 0, memory_file_write, &file, NULL),
                   RH_OK);
  assert_int_equal(rh_age_writer_add(writer, bytes->data, bytes->len, NULL), RH_OK);
  assert_int_equal(rh_age_writer_finish(writer, NULL), RH_OK);
  rh_age_writer_free(writer);
  /* Not rh_file_write, which waits for the disk: this is done some thousand times. */
  rh_file *out = NULL;
  rh_platform_remove(fix->store, NULL);
  assert_int_equal(rh_platform_create(&out, fix->store, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, NULL),
                   RH_OK);
  assert_int_equal(rh_platform_write(out, file.bytes.data, file.bytes.len, NULL), RH_OK);
  assert_int_equal(rh_platform_close(out, NULL), RH_OK);
  rh_buffer_dispose(&file.bytes);
}

static rh_status open_store(const fixture *fix, rh_error *error) {
  rh_store *store = NULL;
  rh_status status = rh_store_open(&store, fix->store, &fix->keys, NULL, NULL, error);
  assert_true((store != NULL) == (status == RH_OK));
  rh_store_free(store);
  return status;
}

/* manifest.xml that lists the entries from the second on. */
static void make_manifest(rh_buffer *xml, const entry *entries, size_t count) {
  rh_store_manifest manifest = fixture_manifest();
  manifest.members = rh_alloc_zero(count, sizeof *manifest.members);
  assert_non_null(manifest.members);
  for (size_t i = 1; i < count; i++) {
    rh_store_member *member = &manifest.members[manifest.member_count++];
    member->path = rh_copy_text(entries[i].path);
    member->size = strlen(entries[i].text);
    assert_int_equal(rh_sha256_hex(member->sha256, entries[i].text, strlen(entries[i].text), NULL),
                     RH_OK);
  }
  assert_int_equal(rh_store_manifest_write(&manifest, xml, NULL), RH_OK);
  rh_store_manifest_dispose(&manifest);
}

static void seal_tar(const fixture *fix, tar_format format, const entry *entries, size_t count) {
  rh_buffer tar = {0}, packed = {0};
  make_tar(&tar, format, entries, count);
  compress(&packed, &tar, ARCHIVE_FILTER_ZSTD);
  seal_bytes(fix, &packed);
  rh_buffer_dispose(&tar);
  rh_buffer_dispose(&packed);
}

static void assert_refused(const fixture *fix, const char *message) {
  rh_error error = {0};
  rh_status status = open_store(fix, &error);
  if (status != RH_ERR_SEALED || !strstr(error.message, message))
    fail_msg("\"%s\" expected, got status %d: %s", message, status, error.message);
}

static void test_other_tar_formats(void **state) {
  const fixture *fix = *state;
  rh_buffer xml = {0};
  entry entries[] = {{"manifest.xml", NULL, 0, NULL},
                     {"Windows/Zp\xC4\x9Btn\xC3\xA1", "1", 0, NULL},
                     {"a", "", 0, NULL}};
  make_manifest(&xml, entries, 3);
  entries[0].text = rh_buffer_text(&xml);
  /* In the C locale libarchive writes such a name to pax with a warning; the others take it. */
  seal_tar(fix, TAR_USTAR, entries, 3);
  assert_int_equal(open_store(fix, NULL), RH_OK);
  seal_tar(fix, TAR_GNU, entries, 3);
  assert_int_equal(open_store(fix, NULL), RH_OK);
  entries[1].path = "Windows/a";
  rh_buffer_dispose(&xml);
  make_manifest(&xml, entries, 3);
  entries[0].text = rh_buffer_text(&xml);
  seal_tar(fix, TAR_PAX, entries, 3);
  assert_int_equal(open_store(fix, NULL), RH_OK);
  rh_buffer_dispose(&xml);
}

static void test_wrong_members(void **state) {
  const fixture *fix = *state;
  rh_buffer xml = {0};
  entry listed[] = {{"manifest.xml", "", 0, NULL}, {"a", "one", 0, NULL}, {"b", "two", 0, NULL}};
  make_manifest(&xml, listed, 3);
  const entry manifest = {"manifest.xml", rh_buffer_text(&xml), 0, NULL};
  const struct {
    entry entries[5];
    size_t count;
    const char *message;
  } cases[] = {
      {{{0}}, 0, "damaged or altered"},
      {{manifest}, 1, "this member is missing"},
      {{manifest, listed[1]}, 2, "this member is missing"},
      {{manifest, listed[1], listed[2], {"c", "", 0, NULL}}, 4, "the manifest does not list"},
      {{manifest, listed[1], listed[2], listed[2]}, 4, "the manifest does not list"},
      {{manifest, listed[1], listed[1], listed[2]}, 4, "another member is in its place"},
      {{manifest, listed[2], listed[1]}, 3, "another member is in its place"},
      {{listed[1], manifest, listed[2]}, 3, "another member is in its place"},
      {{listed[1], listed[2]}, 2, "another member is in its place"},
      {{manifest, {"A", "one", 0, NULL}, listed[2]}, 3, "another member is in its place"},
      {{manifest, {"./a", "one", 0, NULL}, listed[2]}, 3, "another member is in its place"},
      {{manifest, {"../a", "one", 0, NULL}, listed[2]}, 3, "another member is in its place"},
      {{manifest, {"/a", "one", 0, NULL}, listed[2]}, 3, "another member is in its place"},
      {{manifest, {"a", "onE", 0, NULL}, listed[2]}, 3, "a: is not what the manifest lists"},
      {{manifest, {"a", "ones", 0, NULL}, listed[2]}, 3, "a: has another size"},
      {{manifest, {"a", "", 0, NULL}, listed[2]}, 3, "a: has another size"},
      {{manifest, {"a", "", AE_IFLNK, "b"}, listed[2]}, 3, "not a regular file"},
      {{manifest, {"a", "", AE_IFDIR, NULL}, listed[2]}, 3, "not"},
      {{manifest, {"a", "", AE_IFIFO, NULL}, listed[2]}, 3, "not a regular file"},
      {{manifest, listed[1], {"b", "", 0, "a"}}, 3, "not a regular file"},
      {{{"manifest.xml", "<manifest/>", 0, NULL}}, 1, "another namespace"},
      {{{"manifest.xml", "", 0, NULL}}, 1, "is empty"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    seal_tar(fix, TAR_GNU, cases[i].entries, cases[i].count);
    assert_refused(fix, cases[i].message);
  }
  rh_buffer_dispose(&xml);
}

static void test_unsafe_path_in_manifest(void **state) {
  const fixture *fix = *state;
  static const char *const paths[] = {"../a", "/a", "C:/a", "a\\b", "a/../../b"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    rh_buffer xml = {0};
    assert_int_equal(
        rh_buffer_printf(&xml, NULL,
                         "<manifest xmlns=\"urn:rehome:manifest:1\" version=\"1\"><source/>"
                         "<playbooks/><parameters/><scopes/><members><member path=\"%s\" size=\"0\""
                         " sha256=\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
                         "5\"/></members></manifest>",
                         paths[i]),
        RH_OK);
    entry entries[] = {{"manifest.xml", rh_buffer_text(&xml), 0, NULL}, {paths[i], "", 0, NULL}};
    seal_tar(fix, TAR_GNU, entries, 2);
    assert_refused(fix, "the path of this member");
    rh_buffer_dispose(&xml);
  }
}

/* One sound tar, in other wrappings and with something behind it. */
static void test_wrappings(void **state) {
  const fixture *fix = *state;
  rh_buffer xml = {0}, tar = {0}, packed = {0}, twice = {0}, bytes = {0};
  entry entries[] = {{"manifest.xml", NULL, 0, NULL}, {"a", "one", 0, NULL}};
  make_manifest(&xml, entries, 2);
  entries[0].text = rh_buffer_text(&xml);
  make_tar(&tar, TAR_PAX, entries, 2);
  compress(&packed, &tar, ARCHIVE_FILTER_ZSTD);
  seal_bytes(fix, &packed);
  assert_int_equal(open_store(fix, NULL), RH_OK);

  seal_bytes(fix, &tar);
  assert_refused(fix, "not compressed with zstd");
  compress(&bytes, &tar, ARCHIVE_FILTER_GZIP);
  seal_bytes(fix, &bytes);
  assert_refused(fix, "not compressed with zstd");
  compress(&twice, &packed, ARCHIVE_FILTER_ZSTD);
  seal_bytes(fix, &twice);
  assert_refused(fix, "not compressed with zstd");
  rh_buffer_clear(&bytes);
  seal_bytes(fix, &bytes);
  assert_refused(fix, "damaged or altered");
  packed.len -= 10;
  seal_bytes(fix, &packed);
  assert_refused(fix, "damaged or altered");
  packed.len += 10;

  /* Behind the compressed stream; a second stream; behind the tar, seen and unseen by its reader.
   */
  assert_int_equal(rh_buffer_append(&packed, "more", 4, NULL), RH_OK);
  seal_bytes(fix, &packed);
  assert_refused(fix, "damaged or altered");
  packed.len -= 4;
  rh_buffer_clear(&bytes);
  assert_int_equal(rh_buffer_append(&bytes, packed.data, packed.len, NULL), RH_OK);
  assert_int_equal(rh_buffer_append(&bytes, packed.data, packed.len, NULL), RH_OK);
  seal_bytes(fix, &bytes);
  assert_refused(fix, "the manifest does not list");
  for (size_t zeros = 0; zeros < 600000; zeros += 299520) {
    rh_buffer_clear(&bytes);
    rh_buffer_clear(&packed);
    assert_int_equal(rh_buffer_append(&bytes, tar.data, tar.len, NULL), RH_OK);
    assert_int_equal(rh_buffer_append_zero(&bytes, zeros, NULL), RH_OK);
    compress(&packed, &bytes, ARCHIVE_FILTER_ZSTD);
    seal_bytes(fix, &packed);
    assert_int_equal(open_store(fix, NULL), RH_OK);
    assert_int_equal(rh_buffer_append(&bytes, "more", 4, NULL), RH_OK);
    rh_buffer_clear(&packed);
    compress(&packed, &bytes, ARCHIVE_FILTER_ZSTD);
    seal_bytes(fix, &packed);
    assert_refused(fix, "damaged or altered");
  }
  rh_buffer_dispose(&xml);
  rh_buffer_dispose(&tar);
  rh_buffer_dispose(&packed);
  rh_buffer_dispose(&twice);
  rh_buffer_dispose(&bytes);
}

/* Little that unpacks to much: refused as soon as it is more than what was promised. */
static void test_bombs(void **state) {
  const fixture *fix = *state;
  rh_buffer xml = {0}, tar = {0}, packed = {0};
  entry entries[] = {{"manifest.xml", NULL, 0, NULL}};
  make_manifest(&xml, entries, 1);
  entries[0].text = rh_buffer_text(&xml);
  make_tar(&tar, TAR_PAX, entries, 1);
  assert_int_equal(rh_buffer_append_zero(&tar, 64 << 20, NULL), RH_OK);
  compress(&packed, &tar, ARCHIVE_FILTER_ZSTD);
  assert_true(packed.len < 20000);
  seal_bytes(fix, &packed);
  assert_refused(fix, "more than its manifest says");

  rh_buffer_clear(&tar);
  rh_buffer_clear(&packed);
  rh_buffer_clear(&xml);
  assert_int_equal(rh_buffer_append_zero(&xml, 17 << 20, NULL), RH_OK);
  memset(xml.data, ' ', xml.len);
  entries[0].text = rh_buffer_text(&xml);
  make_tar(&tar, TAR_PAX, entries, 1);
  compress(&packed, &tar, ARCHIVE_FILTER_ZSTD);
  seal_bytes(fix, &packed);
  assert_refused(fix, "manifest.xml: is too large");
  rh_buffer_dispose(&xml);
  rh_buffer_dispose(&tar);
  rh_buffer_dispose(&packed);
}

/* A bit of each byte of the tar (of some of its zeros): refused, or of no effect on what is given
 * out. */
static void test_changed_tar(void **state) {
  const fixture *fix = *state;
  rh_buffer xml = {0}, tar = {0}, packed = {0}, data = {0};
  entry entries[] = {{"manifest.xml", NULL, 0, NULL}, {"a", "one", 0, NULL}};
  size_t refused = 0;
  make_manifest(&xml, entries, 2);
  entries[0].text = rh_buffer_text(&xml);
  make_tar(&tar, TAR_PAX, entries, 2);
  for (size_t i = 0; i < tar.len; i++) {
    rh_store *store = NULL;
    if (tar.data[i] == 0 && i % 29 != 0)
      continue;
    tar.data[i] ^= (unsigned char)(1u << i % 8);
    rh_buffer_clear(&packed);
    compress(&packed, &tar, ARCHIVE_FILTER_ZSTD);
    seal_bytes(fix, &packed);
    rh_status status = rh_store_open(&store, fix->store, &fix->keys, NULL, NULL, NULL);
    assert_true(status == RH_OK || status == RH_ERR_SEALED);
    if (status == RH_OK) {
      assert_int_equal(rh_store_manifest_of(store)->member_count, 1);
      assert_int_equal(rh_store_member_read(store, 0, &data, NULL), RH_OK);
      assert_string_equal(rh_buffer_text(&data), "one");
    }
    refused += status != RH_OK;
    rh_store_free(store);
    tar.data[i] ^= (unsigned char)(1u << i % 8);
  }
  /* At least each byte of the manifest's root, path, size and hash, and of two tar headers. */
  assert_true(refused > 600);
  rh_buffer_dispose(&xml);
  rh_buffer_dispose(&tar);
  rh_buffer_dispose(&packed);
  rh_buffer_dispose(&data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_other_tar_formats), TEST(test_wrong_members), TEST(test_unsafe_path_in_manifest),
      TEST(test_wrappings),         TEST(test_bombs),         TEST(test_changed_tar),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
