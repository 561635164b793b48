/* The age format: round trips, keys, and files that were changed on the way. */
#include "memory_file.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Two pairs made by age-keygen 1.1.1. */
#define IDENTITY_1 "AGE-SECRET-KEY-16HDQUNRK3D5G5PT475D9CP3UU5KS80V8AJDE2CL6D3W2RFYPNJUQZLPG85"
#define RECIPIENT_1 "age1egmde8aer2fzg802u9vk03t02jxpqvpx03yakngnrsh9n3m67fksvuvwnh"
#define IDENTITY_2 "AGE-SECRET-KEY-150UZNC45XR0M5CJ2JA72953M87YG5CRYSGWGEEMYNT4DPJ7LJ88Q3HPP4V"
#define RECIPIENT_2 "age1uczxf9rrrhffn6h3qwvz7tsya8hu49v3vjcr2dnsp2tc65kjgujqg553uk"

/* "new home", sealed to the first pair by age 1.1.1. */
static const char sealed_by_age[] =
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20583235353139203273376776324844"
    "2b4e4f6d7045583970394c4f52314e6e56567765765167596a4453456a4675685756630a70494f6a"
    "79316a6a72424233454474554c37454d4742595251594f6f5836726e79636d67306a5472424f410a"
    "2d2d2d20716f354b39555453786f5162566539616f534d676b536e776a6f6550322f414442455251"
    "6f454f594c57340a3699fafa8efb9ce2d564669270f3163798c63da27d2caab61d603ffb039550ef"
    "a7ebf7159887be79";

static void add_identity(rh_age_keys *keys, const char *text) {
  rh_error error;
  assert_int_equal(rh_age_keys_add_identities(keys, text, strlen(text), "keys", &error), RH_OK);
}

/* Bytes that differ from place to place. */
static void fill(rh_buffer *out, size_t len) {
  assert_int_equal(rh_buffer_append_zero(out, len, NULL), RH_OK);
  for (size_t i = 0; i < len; i++)
    out->data[i] = (unsigned char)(i * 31 + i / 251);
}

static rh_status seal(memory_file *out, const rh_age_recipients *recipients, unsigned factor,
                      const rh_buffer *plain, size_t piece, rh_error *error) {
  rh_age_writer *writer = NULL;
  rh_buffer_clear(&out->bytes);
  out->calls = 0;
  rh_status status = rh_age_writer_open(&writer, recipients, factor, memory_file_write, out, error);
  for (size_t done = 0; status == RH_OK && done < plain->len; done += piece)
    status = rh_age_writer_add(writer, plain->data + done,
                               piece < plain->len - done ? piece : plain->len - done, error);
  if (status == RH_OK)
    status = rh_age_writer_finish(writer, error);
  rh_age_writer_free(writer);
  return status;
}

static void seal_to(memory_file *out, const char *recipient, const rh_buffer *plain) {
  rh_age_recipients recipients = {0};
  assert_int_equal(rh_age_recipients_add(&recipients, recipient, NULL), RH_OK);
  assert_int_equal(seal(out, &recipients, 0, plain, SIZE_MAX / 2, NULL), RH_OK);
  rh_age_recipients_dispose(&recipients);
}

static void assert_sealed(memory_file *file, const rh_age_keys *keys, const char *message) {
  rh_buffer released = {0};
  rh_error error = {0};
  rh_status status = memory_file_open(file, keys, &released, &error);
  if (status != RH_ERR_SEALED || !strstr(error.message, message))
    fail_msg("\"%s\" expected, got status %d: %s", message, status, error.message);
  rh_buffer_dispose(&released);
}

static void test_opens_what_age_sealed(void **state) {
  (void)state;
  memory_file file = {0};
  rh_age_keys keys = {0};
  rh_buffer released = {0};
  assert_int_equal(rh_hex_parse(&file.bytes, sealed_by_age, strlen(sealed_by_age), NULL), RH_OK);
  add_identity(&keys, IDENTITY_2);
  assert_sealed(&file, &keys, "no key fits: it is sealed to other recipients");
  add_identity(&keys, IDENTITY_1);
  assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_OK);
  assert_string_equal(rh_buffer_text(&released), "new home");
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_age_keys_dispose(&keys);
}

static void test_sizes(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 200000};
  static const size_t pieces[] = {SIZE_MAX / 2, 65536, 999};
  rh_age_recipients recipients = {0};
  rh_age_keys keys = {0};
  memory_file file = {0};
  rh_buffer plain = {0}, released = {0};
  assert_int_equal(rh_age_recipients_add(&recipients, RECIPIENT_1, NULL), RH_OK);
  add_identity(&keys, IDENTITY_1);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    rh_buffer_clear(&plain);
    fill(&plain, sizes[i]);
    for (size_t j = 0; j < 3; j++) {
      assert_int_equal(seal(&file, &recipients, 0, &plain, pieces[j], NULL), RH_OK);
      /* Version 22, stanza 54 and 44, MAC 48, nonce 16; a tag for each chunk begun. */
      size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + 65535) / 65536;
      assert_int_equal(file.bytes.len, 22 + 54 + 44 + 48 + 16 + sizes[i] + 16 * chunks);
      file.piece = pieces[j];
      assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_OK);
      assert_int_equal(released.len, sizes[i]);
      if (sizes[i])
        assert_memory_equal(released.data, plain.data, sizes[i]);
    }
  }
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_age_keys_dispose(&keys);
  rh_age_recipients_dispose(&recipients);
}

static void test_several_recipients(void **state) {
  (void)state;
  static const char *const identities[] = {IDENTITY_1, IDENTITY_2};
  rh_age_recipients recipients = {0};
  memory_file file = {0};
  rh_buffer plain = {0}, released = {0};
  fill(&plain, 100);
  assert_int_equal(rh_age_recipients_add(&recipients, RECIPIENT_1, NULL), RH_OK);
  assert_int_equal(rh_age_recipients_add(&recipients, RECIPIENT_2, NULL), RH_OK);
  assert_int_equal(seal(&file, &recipients, 0, &plain, 100, NULL), RH_OK);
  for (size_t i = 0; i < 2; i++) {
    rh_age_keys keys = {0};
    add_identity(&keys, identities[i]);
    assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_OK);
    assert_memory_equal(released.data, plain.data, 100);
    rh_age_keys_dispose(&keys);
  }
  rh_age_keys none = {0};
  assert_sealed(&file, &none, "no key fits: it is sealed to recipients, and no identity was given");
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_age_recipients_dispose(&recipients);
}

static void test_passphrase(void **state) {
  (void)state;
  rh_age_recipients recipients = {0};
  rh_age_keys keys = {0}, none = {0};
  memory_file file = {0};
  rh_buffer plain = {0}, released = {0};
  fill(&plain, 70000);
  assert_int_equal(rh_buffer_append_text(&recipients.passphrase, "korrekt häst", NULL), RH_OK);
  assert_int_equal(seal(&file, &recipients, 10, &plain, 70000, NULL), RH_OK);
  assert_sealed(&file, &none, "sealed with a passphrase, and none was given");
  assert_int_equal(rh_buffer_append_text(&keys.passphrase, "korrekt hast", NULL), RH_OK);
  assert_sealed(&file, &keys, "wrong passphrase");
  rh_buffer_clear(&keys.passphrase);
  assert_int_equal(rh_buffer_append_text(&keys.passphrase, "korrekt häst", NULL), RH_OK);
  assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_OK);
  assert_int_equal(released.len, 70000);
  assert_memory_equal(released.data, plain.data, 70000);
  /* The factor is not believed blindly: 2^23 would take eight gigabytes. */
  char *factor = strstr((char *)file.bytes.data, " 10\n");
  assert_non_null(factor);
  memcpy(factor, " 23\n", 4);
  assert_sealed(&file, &keys, "the header asks for a work factor of 23; up to 22 is accepted");

  assert_int_equal(seal(&file, &recipients, 23, &plain, 70000, NULL), RH_ERR_ARGUMENT);
  assert_int_equal(rh_age_recipients_add(&recipients, RECIPIENT_1, NULL), RH_OK);
  assert_int_equal(seal(&file, &recipients, 10, &plain, 70000, NULL), RH_ERR_ARGUMENT);
  rh_age_recipients_dispose(&recipients);
  assert_int_equal(seal(&file, &recipients, 10, &plain, 70000, NULL), RH_ERR_ARGUMENT);
  assert_int_equal(file.bytes.len, 0);
  rh_age_keys_dispose(&keys);
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
}

static void test_keygen(void **state) {
  (void)state;
  rh_buffer identity = {0}, recipient = {0}, other = {0}, other_recipient = {0};
  rh_buffer plain = {0}, released = {0};
  memory_file file = {0};
  rh_age_keys keys = {0};
  assert_int_equal(rh_age_keygen(&identity, &recipient, NULL), RH_OK);
  assert_int_equal(rh_age_keygen(&other, &other_recipient, NULL), RH_OK);
  assert_int_equal(identity.len, strlen(IDENTITY_1));
  assert_int_equal(recipient.len, strlen(RECIPIENT_1));
  assert_memory_equal(identity.data, "AGE-SECRET-KEY-1", 16);
  assert_memory_equal(recipient.data, "age1", 4);
  assert_string_not_equal(rh_buffer_text(&recipient), rh_buffer_text(&other_recipient));
  fill(&plain, 10);
  seal_to(&file, rh_buffer_text(&recipient), &plain);
  add_identity(&keys, rh_buffer_text(&identity));
  assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_OK);
  assert_int_equal(released.len, 10);
  rh_buffer_dispose_secret(&identity);
  rh_buffer_dispose_secret(&other);
  rh_buffer_dispose(&recipient);
  rh_buffer_dispose(&other_recipient);
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_age_keys_dispose(&keys);
}

static void test_every_bit_counts(void **state) {
  (void)state;
  memory_file file = {0};
  rh_age_keys keys = {0};
  rh_buffer plain = {0}, released = {0};
  fill(&plain, 20);
  seal_to(&file, RECIPIENT_1, &plain);
  add_identity(&keys, IDENTITY_1);
  for (size_t bit = 0; bit < file.bytes.len * 8; bit++) {
    unsigned char *byte = &file.bytes.data[bit / 8], kept = *byte;
    *byte = (unsigned char)(kept ^ 1u << bit % 8);
    assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_ERR_SEALED);
    assert_int_equal(released.len, 0);
    *byte = kept;
  }
  size_t whole = file.bytes.len;
  for (file.bytes.len = 0; file.bytes.len < whole; file.bytes.len++) {
    assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_ERR_SEALED);
    assert_int_equal(released.len, 0);
  }
  assert_int_equal(memory_file_open(&file, &keys, &released, NULL), RH_OK);
  assert_int_equal(rh_buffer_append(&file.bytes, "", 1, NULL), RH_OK);
  assert_sealed(&file, &keys, "the payload is");
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_age_keys_dispose(&keys);
}

/* Whole chunks taken away, swapped and doubled: each is sound in itself. */
static void test_chunks_in_order(void **state) {
  (void)state;
  enum { BOX = 65536 + 16, HEADER = 22 + 54 + 44 + 48 + 16 };
  memory_file file = {0}, changed = {0};
  rh_age_keys keys = {0};
  rh_buffer plain = {0}, released = {0};
  fill(&plain, 3 * 65536);
  seal_to(&file, RECIPIENT_1, &plain);
  assert_int_equal(file.bytes.len, HEADER + 3 * BOX);
  add_identity(&keys, IDENTITY_1);
  static const int orders[][5] = {
      {-1},       {0, -1},       {0, 1, -1},    {2, -1},          {1, 2, -1},
      {0, 2, -1}, {1, 0, 2, -1}, {0, 2, 1, -1}, {0, 1, 2, 2, -1}, {0, 1, 1, 2, -1}};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    rh_buffer_clear(&changed.bytes);
    assert_int_equal(rh_buffer_append(&changed.bytes, file.bytes.data, HEADER, NULL), RH_OK);
    for (const int *chunk = orders[i]; *chunk >= 0; chunk++)
      assert_int_equal(rh_buffer_append(&changed.bytes,
                                        file.bytes.data + HEADER + (size_t)*chunk * BOX, BOX, NULL),
                       RH_OK);
    rh_error error = {0};
    assert_int_equal(memory_file_open(&changed, &keys, &released, &error), RH_ERR_SEALED);
    assert_memory_equal(error.message, "the payload is", 14);
    assert_true(released.len <= plain.len && released.len % 65536 == 0);
    if (released.len)
      assert_memory_equal(released.data, plain.data, released.len);
  }
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_buffer_dispose(&changed.bytes);
  rh_age_keys_dispose(&keys);
}

static void test_failing_files(void **state) {
  (void)state;
  memory_file file = {0};
  rh_age_recipients recipients = {0};
  rh_age_keys keys = {0};
  rh_buffer plain = {0}, released = {0};
  rh_error error = {0};
  fill(&plain, 150000);
  assert_int_equal(rh_age_recipients_add(&recipients, RECIPIENT_1, NULL), RH_OK);
  add_identity(&keys, IDENTITY_1);
  for (file.fail_at = 1; file.fail_at <= 4; file.fail_at++)
    assert_int_equal(seal(&file, &recipients, 0, &plain, 5000, &error), RH_ERR_IO);
  assert_int_equal(seal(&file, &recipients, 0, &plain, 5000, &error), RH_OK);
  file.piece = 50000;
  for (file.fail_at = 1; file.fail_at <= 6; file.fail_at++)
    assert_int_equal(memory_file_open(&file, &keys, &released, &error), RH_ERR_IO);
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&file.bytes);
  rh_age_keys_dispose(&keys);
  rh_age_recipients_dispose(&recipients);
}

/* One seal and open with everything in it; the status of what failed. */
static rh_status everything(void) {
  rh_age_recipients recipients = {0};
  rh_age_keys keys = {0};
  memory_file file = {0};
  rh_buffer plain = {0}, released = {0}, identity = {0}, recipient = {0};
  rh_error error;
  rh_status status = rh_age_keygen(&identity, &recipient, &error);
  if (status == RH_OK)
    status = rh_age_recipients_add(&recipients, rh_buffer_text(&recipient), &error);
  if (status == RH_OK)
    status =
        rh_age_keys_add_identities(&keys, rh_buffer_text(&identity), identity.len, "k", &error);
  if (status == RH_OK)
    status = rh_buffer_append_text(&plain, "plain", &error);
  if (status == RH_OK)
    status = seal(&file, &recipients, 0, &plain, 3, &error);
  if (status == RH_OK)
    status = memory_file_open(&file, &keys, &released, &error);
  rh_buffer_dispose(&plain);
  rh_buffer_dispose(&released);
  rh_buffer_dispose(&identity);
  rh_buffer_dispose(&recipient);
  rh_buffer_dispose(&file.bytes);
  rh_age_keys_dispose(&keys);
  rh_age_recipients_dispose(&recipients);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  unsigned long n = 1;
  for (rh_status status = RH_ERR_MEMORY; status != RH_OK; n++) {
    rh_memory_fail_at(n);
    status = everything();
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
  }
  assert_true(n > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opens_what_age_sealed),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_several_recipients),
      cmocka_unit_test(test_passphrase),

      cmocka_unit_test(test_keygen),
      cmocka_unit_test(test_every_bit_counts),
      cmocka_unit_test(test_chunks_in_order),
      cmocka_unit_test(test_failing_files),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
