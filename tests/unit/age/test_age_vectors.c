/* The public test vectors of the age format (C2SP/CCTV, age/testdata). */
#include "base/file.h"
#include "base/hash.h"
#include "memory_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#define FOLDER TEST_DATA_DIR "/age"
#define VECTOR_COUNT 143
#define ANY_IDENTITY "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"

typedef struct vector {
  char expect[32], payload[65];
  rh_age_keys keys;
  memory_file file;
} vector;

/* A zlib stream is a deflate stream in another wrapping than gzip's, which libarchive reads. */
static void inflate_zlib(rh_buffer *out, const unsigned char *data, size_t len) {
  static const unsigned char gzip_start[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
  rh_buffer gzip = {0};
  struct archive_entry *entry;
  char block[4096];
  la_ssize_t done;
  assert_true(len > 6);
  assert_int_equal(rh_buffer_append(&gzip, gzip_start, sizeof gzip_start, NULL), RH_OK);
  assert_int_equal(rh_buffer_append(&gzip, data + 2, len - 6, NULL), RH_OK);
  assert_int_equal(rh_buffer_append_zero(&gzip, 8, NULL), RH_OK);
  struct archive *archive = archive_read_new();
  assert_int_equal(archive_read_support_filter_gzip(archive), ARCHIVE_OK);
  assert_int_equal(archive_read_support_format_raw(archive), ARCHIVE_OK);
  assert_int_equal(archive_read_open_memory(archive, gzip.data, gzip.len), ARCHIVE_OK);
  assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
  while ((done = archive_read_data(archive, block, sizeof block)) > 0)
    assert_int_equal(rh_buffer_append(out, block, (size_t)done, NULL), RH_OK);
  assert_true(done == 0);
  archive_read_free(archive);
  rh_buffer_dispose(&gzip);
}

static bool value_of(const char *line, const char *key, const char **value) {
  *value = line + strlen(key) + 2;
  return strncmp(line, key, strlen(key)) == 0 && strncmp(line + strlen(key), ": ", 2) == 0;
}

static void read_vector(vector *out, const char *name) {
  rh_buffer bytes = {0};
  rh_error error;
  bool packed = false;
  char *path = rh_platform_join(FOLDER, name);
  assert_int_equal(rh_file_read(&bytes, path, 1 << 20, &error), RH_OK);
  rh_free(path);
  size_t position = 0;
  for (;;) {
    char *line = (char *)bytes.data + position;
    char *end = memchr(line, '\n', bytes.len - position);
    const char *value;
    assert_non_null(end);
    *end = '\0';
    position += (size_t)(end - line) + 1;
    if (end == line)
      break;
    if (value_of(line, "expect", &value))
      snprintf(out->expect, sizeof out->expect, "%s", value);
    else if (value_of(line, "payload", &value))
      snprintf(out->payload, sizeof out->payload, "%s", value);
    else if (value_of(line, "compressed", &value))
      packed = true;
    else if (value_of(line, "passphrase", &value) && out->keys.passphrase.len == 0)
      assert_int_equal(rh_buffer_append_text(&out->keys.passphrase, value, &error), RH_OK);
    else if (value_of(line, "identity", &value) && !strstr(value, "-PQ-"))
      assert_int_equal(
          rh_age_keys_add_identities(&out->keys, value, strlen(value), "vector", &error), RH_OK);
  }
  if (packed)
    inflate_zlib(&out->file.bytes, bytes.data + position, bytes.len - position);
  else
    assert_int_equal(
        rh_buffer_append(&out->file.bytes, bytes.data + position, bytes.len - position, &error),
        RH_OK);
  rh_buffer_dispose(&bytes);
}

static bool starts(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

/* The class of a failure, in the words of the vectors. */
static const char *class_of(rh_status status, const rh_error *error) {
  if (status == RH_OK)
    return "success";
  if (status != RH_ERR_SEALED)
    return "other";
  if (starts(error->message, "no key fits: ") || starts(error->message, "wrong passphrase"))
    return "no match";
  if (starts(error->message, "the header was altered"))
    return "HMAC failure";
  if (starts(error->message, "the header "))
    return "header failure";
  if (starts(error->message, "the payload "))
    return "payload failure";
  if (strcmp(error->message, "ASCII armor is not supported") == 0)
    return "armor failure";
  return "other";
}

static void check_outcome(vector *sample, const char *name, const char *expect) {
  static const size_t pieces[] = {0, 7919, 1};
  rh_buffer released = {0};
  for (size_t i = 0; i < 3; i++) {
    rh_error error = {0};
    char sha256[RH_SHA256_HEX];
    sample->file.piece = pieces[i];
    if (pieces[i] == 1 && sample->file.bytes.len > 300000)
      continue;
    rh_status status = memory_file_open(&sample->file, &sample->keys, &released, &error);
    if (strcmp(class_of(status, &error), expect) != 0)
      fail_msg("%s: %s expected, got: %s", name, expect, error.message);
    assert_int_equal(rh_sha256_hex(sha256, released.data, released.len, &error), RH_OK);
    if (sample->payload[0] && strcmp(expect, sample->expect) == 0) {
      if (strcmp(sha256, sample->payload) != 0)
        fail_msg("%s: other bytes were released", name);
    } else {
      assert_int_equal(released.len, 0);
    }
  }
  rh_buffer_dispose(&released);
}

static void check_vector(const char *name) {
  vector sample = {0};
  read_vector(&sample, name);
  const char *expect = sample.expect;
  if (starts(name, "armor_"))
    expect = sample.file.bytes.len && starts((char *)sample.file.bytes.data, "-----BEGIN AGE")
                 ? "armor failure"
                 : "header failure";
  /* Stanzas of an unknown kind are not looked into, but must be well-formed. */
  else if (starts(name, "hybrid") && strcmp(name, "hybrid_x25519_arg") != 0 &&
           strcmp(name, "hybrid_not_canonical_body") != 0)
    expect = "no match";
  if (sample.keys.identity_count == 0 && sample.keys.passphrase.len == 0)
    assert_int_equal(rh_age_keys_add_identities(&sample.keys, ANY_IDENTITY, sizeof ANY_IDENTITY - 1,
                                                "vector", NULL),
                     RH_OK);
  check_outcome(&sample, name, expect);
  rh_age_keys_dispose(&sample.keys);
  rh_buffer_dispose(&sample.file.bytes);
}

static void test_vectors(void **state) {
  (void)state;
  rh_name_list list = {0};
  if (!rh_file_exists(FOLDER)) {
    printf("skipped: no test vectors in %s\n", FOLDER);
    skip();
  }
  assert_int_equal(rh_platform_list(&list, FOLDER, NULL), RH_OK);
  assert_int_equal(list.count, VECTOR_COUNT);
  for (size_t i = 0; i < list.count; i++)
    check_vector(list.names[i]);
  rh_name_list_dispose(&list);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
