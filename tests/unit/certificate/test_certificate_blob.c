/* Certificate blobs: every property, and bytes that are none. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certificate/sample_blob.h"
#include "data_file.h"

static void expect_format(const rh_buffer *blob, const char *cause) {
  rh_error error = {0};
  rh_certificate *certificate = (rh_certificate *)1;
  assert_int_equal(read_blob(&certificate, blob, &error), RH_ERR_FORMAT);
  assert_null(certificate);
  assert_string_equal(error.object, "blob");
  if (!strstr(error.message, cause))
    fail_msg("\"%s\" does not say \"%s\"", error.message, cause);
}

static void test_blob_properties(void **state) {
  (void)state;
  rh_buffer blob = full_blob();
  rh_certificate *c = NULL;
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_string_equal(c->thumbprint, sample_sha1);
  assert_true(c->archived);
  assert_true(c->has_private_key);
  assert_string_equal(c->key_container, "box");
  assert_string_equal(c->key_provider, "Key Storage Provider");
  assert_string_equal(c->friendly_name, "Brána do světa");
  assert_int_equal(c->usage_count, 1); /* the property's, not the extension's */
  assert_string_equal(c->usages[0], "1.3.6.1.5.5.7.3.2");
  assert_false(c->any_usage);
  rh_certificate_free(c);
  /* What follows id 0 is not looked at. */
  rh_buffer_append_zero(&blob, 4, NULL);
  rh_buffer_append_text(&blob, "garbage", NULL);
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  rh_certificate_free(c);
  rh_buffer_dispose(&blob);
}

static void test_blob_stops_at_zero(void **state) {
  (void)state;
  rh_buffer blob = {0}, rest = full_blob();
  rh_buffer_append_zero(&blob, 12, NULL);
  rh_buffer_append(&blob, rest.data, rest.len, NULL);
  expect_format(&blob, "no certificate");
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&rest);
}

static void test_blob_refusals(void **state) {
  (void)state;
  rh_buffer der = sample(), blob = {0};
  expect_format(&blob, "no certificate");
  add(&blob, 33, 1, der.data, der.len); /* a revocation list's id */
  expect_format(&blob, "no certificate");
  rh_buffer_clear(&blob);
  add(&blob, 32, 1, der.data, der.len);
  add(&blob, 32, 1, der.data, der.len);
  expect_format(&blob, "two certificates");
  rh_buffer_clear(&blob);
  add(&blob, 32, 2, der.data, der.len);
  expect_format(&blob, "not marked with 1");
  rh_buffer_clear(&blob);
  add(&blob, 32, 1, der.data, der.len);
  blob.data[8]++; /* the low byte of the length */
  expect_format(&blob, "beyond the end");
  blob.data[8]--;
  blob.data[11] = 0xFF; /* the high byte */
  expect_format(&blob, "beyond the end");
  rh_buffer_clear(&blob);
  add(&blob, 32, 1, der.data, der.len - 1);
  expect_format(&blob, "not an X.509 certificate");
  rh_buffer_clear(&blob);
  rh_buffer_append(&der, "", 1, NULL);
  add(&blob, 32, 1, der.data, der.len);
  expect_format(&blob, "1 bytes follow");
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

static void test_blob_bad_properties(void **state) {
  (void)state;
  static const struct {
    unsigned id;
    const char *data;
    size_t len;
    const char *cause;
  } cases[] = {
      {3, "12345678901234567890", 20, "hash is not"},
      {3, "123", 3, "hash is not"},
      {107, "12345678901234567890123456789012", 32, "hash is not"},
      {9, "garbage", 7, "list of purposes"},
      {9, "\x30\x00\x00", 3, "list of purposes"},
      {2, "short", 5, "too short"},
  };
  rh_buffer der = sample();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_buffer blob = {0};
    add(&blob, 32, 1, der.data, der.len);
    add(&blob, cases[i].id, 1, cases[i].data, cases[i].len);
    expect_format(&blob, cases[i].cause);
    rh_buffer_dispose(&blob);
  }
  rh_buffer blob = {0};
  add(&blob, 32, 1, der.data, der.len);
  add_key_provider(&blob, 28, 1000);
  expect_format(&blob, "outside its property");
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

/* A text without its NUL, at an odd place, or not there at all is no reason to lose a key's link.
 */
static void test_blob_key_provider_edges(void **state) {
  (void)state;
  rh_buffer der = sample(), blob = {0};
  rh_certificate *c = NULL;
  add(&blob, 32, 1, der.data, der.len);
  add_key_provider(&blob, 0, 76); /* the last letters and the NUL: "r", then nothing */
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_true(c->has_private_key);
  assert_null(c->key_container);
  assert_string_equal(c->key_provider, "");
  rh_certificate_free(c);
  rh_buffer_clear(&blob);
  add(&blob, 32, 1, der.data, der.len);
  add(&blob, 11, 1, "a\0b\0c", 5);
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_string_equal(c->friendly_name, "ab");
  rh_certificate_free(c);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

/* An empty list of purposes forbids all; an empty property says nothing. */
static void test_blob_empty_usages(void **state) {
  (void)state;
  rh_buffer der = sample(), blob = {0};
  rh_certificate *c = NULL;
  add(&blob, 32, 1, der.data, der.len);
  add(&blob, 9, 1, "\x30\x00", 2);
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_int_equal(c->usage_count, 0);
  assert_false(c->any_usage);
  rh_certificate_free(c);
  rh_buffer_clear(&blob);
  add(&blob, 32, 1, der.data, der.len);
  add(&blob, 9, 1, "", 0);
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_int_equal(c->usage_count, 2);
  rh_certificate_free(c);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

static void test_blob_cut_anywhere(void **state) {
  (void)state;
  rh_buffer blob = full_blob();
  size_t good = 0;
  for (size_t len = 0; len < blob.len; len++) {
    rh_certificate *c = NULL;
    char *copy = rh_copy_bytes(blob.data, len); /* so that the sanitizer guards its end */
    rh_status status = rh_certificate_read_blob(&c, copy, len, "cut", NULL);
    if (status == RH_OK)
      good++;
    else
      assert_int_equal(status, RH_ERR_FORMAT);
    assert_int_equal(status == RH_OK, c != NULL);
    rh_certificate_free(c);
    rh_free(copy);
  }
  assert_int_equal(good, 6); /* the borders of the properties after the certificate */
  rh_buffer_dispose(&blob);
}

static void test_blob_each_byte_changed(void **state) {
  (void)state;
  static const unsigned char masks[] = {0x01, 0x80, 0xFF};
  rh_buffer blob = full_blob();
  size_t refused = 0, tried = 0;
  for (size_t i = 0; i < blob.len * 3; i++, tried++) {
    rh_certificate *c = NULL;
    blob.data[i / 3] ^= masks[i % 3];
    rh_status status = rh_certificate_read_blob(&c, blob.data, blob.len, "changed", NULL);
    blob.data[i / 3] ^= masks[i % 3];
    assert_true(status == RH_OK || status == RH_ERR_FORMAT);
    assert_int_equal(status == RH_OK, c != NULL);
    refused += status != RH_OK;
    rh_certificate_free(c);
  }
  assert_true(refused > 508 * 3); /* each one inside the certificate: its hashes are there */
  assert_true(refused < tried);
  rh_buffer_dispose(&blob);
}

static void test_blob_without_memory(void **state) {
  (void)state;
  rh_buffer blob = full_blob();
  rh_status status = RH_ERR_MEMORY;
  unsigned long n = 0;
  while (status == RH_ERR_MEMORY) {
    rh_certificate *c = NULL;
    rh_memory_fail_at(++n);
    status = read_blob(&c, &blob, NULL);
    rh_memory_fail_at(0);
    assert_int_equal(status == RH_OK, c != NULL);
    rh_certificate_free(c);
  }
  assert_int_equal(status, RH_OK);
  assert_true(n > 15);
  rh_buffer_dispose(&blob);
}

static void test_write_blob(void **state) {
  (void)state;
  static const unsigned char head[] = {3, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0x4A, 0xAA, 0xF0};
  static const unsigned char name[] = {11, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 'A', 0, 0xE9, 0, 0, 0};
  static const unsigned char last[] = {32, 0, 0, 0, 1, 0, 0, 0, 0xFC, 1, 0, 0, 0x30, 0x82};
  rh_buffer der = sample(), blob = {0};
  rh_buffer_append_text(&blob, "before", NULL);
  assert_int_equal(rh_certificate_write_blob(&blob, der.data, der.len, "Aé", NULL), RH_OK);
  assert_int_equal(blob.len, 6 + 32 + 18 + 12 + 508);
  assert_memory_equal(blob.data, "before", 6);
  assert_memory_equal(blob.data + 6, head, sizeof head);
  assert_memory_equal(blob.data + 38, name, sizeof name);
  assert_memory_equal(blob.data + 56, last, sizeof last);
  rh_certificate *c = NULL;
  assert_int_equal(rh_certificate_read_blob(&c, blob.data + 6, blob.len - 6, "own", NULL), RH_OK);
  assert_string_equal(c->friendly_name, "Aé");
  rh_certificate_free(c);
  rh_buffer_clear(&blob);
  assert_int_equal(rh_certificate_write_blob(&blob, der.data, der.len, NULL, NULL), RH_OK);
  assert_int_equal(blob.len, 32 + 12 + 508);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

static void test_link_key(void **state) {
  (void)state;
  rh_buffer der = sample(), blob = {0};
  rh_certificate *c = NULL;
  assert_int_equal(rh_certificate_write_blob(&blob, der.data, der.len, NULL, NULL), RH_OK);
  assert_int_equal(rh_certificate_link_key(&blob, "schránka", NULL), RH_OK);
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_true(c->has_private_key);
  assert_string_equal(c->key_container, "schránka");
  assert_string_equal(c->key_provider, "Microsoft RSA SChannel Cryptographic Provider");
  rh_certificate_free(c);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

static void test_write_blob_failures(void **state) {
  (void)state;
  rh_buffer der = sample(), blob = {0};
  rh_buffer_append_text(&blob, "before", NULL);
  assert_int_equal(rh_certificate_write_blob(&blob, "no", 2, NULL, NULL), RH_ERR_FORMAT);
  assert_int_equal(rh_certificate_write_blob(&blob, der.data, der.len, "\xFF", NULL),
                   RH_ERR_FORMAT);
  assert_string_equal(rh_buffer_text(&blob), "before");
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long n = 1; status == RH_ERR_MEMORY; n++) {
    rh_memory_fail_at(n);
    status = rh_certificate_write_blob(&blob, der.data, der.len, "name", NULL);
    rh_memory_fail_at(0);
    if (status != RH_OK)
      assert_int_equal(blob.len, 6);
  }
  assert_int_equal(status, RH_OK);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&der);
}

/* A blob that Windows wrote: version 1, MD5, expired 2004; expected values by the openssl program.
 */
static void test_real_blob(void **state) {
  (void)state;
  rh_buffer blob = {0};
  rh_certificate *c = NULL;
  if (!read_data_file(&blob, "certs/registry-cert-blob_root.bin"))
    skip();
  assert_int_equal(read_blob(&c, &blob, NULL), RH_OK);
  assert_string_equal(c->thumbprint, "18F7C1FCC3090203FD5BAA2F861A754976C8DD25");
  assert_string_equal(c->friendly_name, "VeriSign Time Stamping CA");
  assert_string_equal(
      c->subject, "OU=NO LIABILITY ACCEPTED\\, (c)97 VeriSign\\, Inc.,OU=VeriSign Time Stamping "
                  "Service Root,OU=VeriSign\\, Inc.,O=VeriSign Trust Network");
  assert_string_equal(c->serial, "4A19D2388C82591CA55D735F155DDCA3");
  assert_int_equal(c->not_before, 863395200);
  assert_int_equal(c->not_after, 1073519999);
  assert_int_equal(c->usage_count, 1);
  assert_string_equal(c->usages[0], "1.3.6.1.5.5.7.3.8");
  assert_true(c->self_signed);
  assert_false(c->is_authority); /* version 1 has no extensions */
  assert_false(c->has_private_key);
  assert_int_equal(c->der_len, 704);
  assert_int_equal(c->key_bits, 1024);
  rh_certificate_free(c);
  rh_buffer_dispose(&blob);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blob_properties),
      cmocka_unit_test(test_blob_stops_at_zero),
      cmocka_unit_test(test_blob_refusals),
      cmocka_unit_test(test_blob_bad_properties),
      cmocka_unit_test(test_blob_key_provider_edges),
      cmocka_unit_test(test_blob_empty_usages),
      cmocka_unit_test(test_blob_cut_anywhere),
      cmocka_unit_test(test_blob_each_byte_changed),
      cmocka_unit_test(test_blob_without_memory),
      cmocka_unit_test(test_write_blob),
      cmocka_unit_test(test_link_key),
      cmocka_unit_test(test_write_blob_failures),
      cmocka_unit_test(test_real_blob),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
