/* Memory and errors: buffers, limits, texts that are cut. */
#include "base/memory.h"
#include "base/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the four above first. */
#include <cmocka.h>

static void test_buffer_grows_and_terminates(void **state) {
  (void)state;
  rh_buffer buffer = {0};
  assert_string_equal(rh_buffer_text(&buffer), "");
  for (int i = 0; i < 1000; i++)
    assert_int_equal(rh_buffer_printf(&buffer, NULL, "%03d,", i), RH_OK);
  assert_int_equal(buffer.len, 4000);
  assert_memory_equal(rh_buffer_text(&buffer) + 3992, "998,999,\0", 9);
  rh_buffer_clear(&buffer);
  assert_string_equal(rh_buffer_text(&buffer), "");
  assert_int_equal(rh_buffer_append_u32(&buffer, 0x11223344, NULL), RH_OK);
  assert_int_equal(rh_buffer_append_u16(&buffer, 0x5566, NULL), RH_OK);
  assert_memory_equal(buffer.data, "\x44\x33\x22\x11\x66\x55", 6);
  rh_buffer_dispose(&buffer);
  assert_null(buffer.data);
}

static void test_absurd_sizes_fail(void **state) {
  (void)state;
  rh_buffer buffer = {0};
  rh_error error;
  assert_int_equal(rh_buffer_reserve(&buffer, SIZE_MAX, &error), RH_ERR_MEMORY);
  assert_null(rh_resize(NULL, SIZE_MAX, 16));
  assert_null(rh_copy_bytes("x", SIZE_MAX));
  assert_string_equal(error.message, "out of memory");
}

static void test_a_wiped_block_knows_its_length(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, 17, 70000};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    unsigned char *block = rh_alloc_wiped(lengths[i]);
    assert_non_null(block);
    memset(block, 0xA5, lengths[i]);
    assert_int_equal(rh_wiped_len(block), lengths[i]);
    assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
    rh_free_wiped(block);
  }
  assert_null(rh_alloc_wiped(SIZE_MAX));
  rh_free_wiped(NULL);
}

static void test_reader_never_passes_the_end(void **state) {
  (void)state;
  static const unsigned char bytes[] = {1, 2, 3, 4, 5};
  rh_reader reader = rh_reader_of(bytes, sizeof bytes);
  assert_int_equal(rh_reader_u32(&reader), 0x04030201);
  assert_false(reader.failed);
  assert_int_equal(rh_reader_u16(&reader), 0);
  assert_true(reader.failed);
  assert_int_equal(reader.position, 4);
  assert_int_equal(rh_reader_u8(&reader), 5);
  assert_true(reader.failed); /* stays set */
  assert_false(rh_reader_has(&reader, 1, SIZE_MAX));
  assert_false(rh_reader_has(&reader, SIZE_MAX, 1));
  assert_true(rh_reader_has(&reader, 5, 0));
}

static void test_long_error_is_cut_between_characters(void **state) {
  (void)state;
  rh_error error;
  char text[1000];
  for (size_t i = 0; i + 2 < sizeof text; i += 2)
    memcpy(text + i, "\xC3\xA4", 3);
  for (size_t shift = 0; shift < 2; shift++) {
    text[0] = shift ? 'x' : (char)0xC3;
    rh_error_set(&error, RH_ERR_IO, text + shift, "%s", shift ? text + 1 : text);
    size_t len = strlen(error.message);
    assert_true(len >= sizeof error.message - 3);
    /* The last byte ends a character. */
    assert_true((unsigned char)error.message[len - 1] == 0xA4);
  }
}

static void test_every_code_has_a_name(void **state) {
  (void)state;
  for (int code = RH_OK; code <= RH_ERR_SCOPE; code++)
    assert_string_not_equal(rh_status_name((rh_status)code), "unknown");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_buffer_grows_and_terminates),
      cmocka_unit_test(test_absurd_sizes_fail),
      cmocka_unit_test(test_a_wiped_block_knows_its_length),
      cmocka_unit_test(test_reader_never_passes_the_end),
      cmocka_unit_test(test_long_error_is_cut_between_characters),
      cmocka_unit_test(test_every_code_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
