/* .reg text that comes in pieces, and random registries there and back. */
#include "registry_dump.h"

#include "registry/text/regtext.h"

#define PREFIX "HKEY_LOCAL_MACHINE\\X"

typedef struct pieces {
  const unsigned char *data;
  size_t left, most;
} pieces;

static rh_status pull(void *payload, void *out, size_t capacity, size_t *len, rh_error *error) {
  pieces *self = payload;
  size_t room = capacity < self->most ? capacity : self->most;
  (void)error;
  *len = self->left < room ? self->left : room;
  if (*len > 0)
    memcpy(out, self->data, *len);
  self->data += *len;
  self->left -= *len;
  return RH_OK;
}

static rh_status collect(void *payload, const void *data, size_t len, rh_error *error) {
  return rh_buffer_append(payload, data, len, error);
}

static rh_hive *new_hive(void) {
  rh_hive *hive;
  must(rh_hive_create(&hive, &(rh_hive_options){.time = 1}, NULL));
  return hive;
}

static rh_status read_in_pieces(rh_hive *hive, const rh_buffer *text, size_t most,
                                rh_error *error) {
  static const rh_regtext_read_options options = {.prefix = PREFIX};
  pieces file = {text->data, text->len, most};
  return rh_regtext_read_stream(rh_hive_registry(hive), pull, &file, "text", &options, NULL, error);
}

/* --- a file that is larger than any window --- */

typedef struct endless {
  size_t line, lines;
  const char *end;
  char text[120]; /* what was begun */
  size_t at, len;
} endless;

static void next_text(endless *self) {
  self->at = self->len = 0;
  if (self->line == 0)
    self->len = (size_t)snprintf(self->text, sizeof self->text,
                                 "Windows Registry Editor Version 5.00\n\n[%s]\n", PREFIX);
  if (self->line < self->lines)
    self->len +=
        (size_t)snprintf(self->text + self->len, sizeof self->text - self->len,
                         "\"v%zu\"=hex:%02zx,\\\n  00\n", self->line % 100, self->line % 256);
  else if (self->line == self->lines)
    self->len = (size_t)snprintf(self->text, sizeof self->text, "%s", self->end);
  self->line++;
}

static rh_status make_lines(void *payload, void *out, size_t capacity, size_t *len,
                            rh_error *error) {
  endless *self = payload;
  (void)error;
  if (self->at == self->len)
    next_text(self);
  *len = self->len - self->at < capacity ? self->len - self->at : capacity;
  memcpy(out, self->text + self->at, *len);
  self->at += *len;
  return RH_OK;
}

/* Twelve million bytes: positions are told as those of the file, and the last line counts. */
static void test_long_file(void **state) {
  (void)state;
  static const rh_regtext_read_options options = {.prefix = PREFIX};
  endless file = {.lines = 600000, .end = "\"last\"=dword:1\n\"bad\"=dword:x\n"};
  rh_hive *hive = new_hive();
  rh_error error = {0};
  rh_value value = {0};
  must_fail(rh_regtext_read_stream(rh_hive_registry(hive), make_lines, &file, "long", &options,
                                   NULL, &error),
            RH_ERR_FORMAT);
  assert_string_equal(error.object, "long");
  assert_non_null(strstr(error.message, "line 1200005, column 13:"));
  must(rh_registry_get(rh_hive_registry(hive), "", "last", &value, NULL));
  must(rh_registry_get(rh_hive_registry(hive), "", "v99", &value, NULL));
  assert_int_equal(value.data[0], 599999 % 256);
  rh_value_dispose(&value);
  rh_hive_free(hive);
}

static rh_status break_off(void *payload, void *out, size_t capacity, size_t *len,
                           rh_error *error) {
  if (*(int *)payload == 0)
    return rh_error_set(error, RH_ERR_IO, "disk", "is gone");
  --*(int *)payload;
  *len = (size_t)snprintf(out, capacity, "REGEDIT4\n[%s\\A]\n\"x\"=hex:01,\\\n", PREFIX);
  return RH_OK;
}

/* A source that fails is told as it says, not as broken text. */
static void test_failing_source(void **state) {
  (void)state;
  int calls = 1;
  rh_hive *hive = new_hive();
  rh_error error = {0};
  must_fail(
      rh_regtext_read_stream(rh_hive_registry(hive), break_off, &calls, "text", NULL, NULL, &error),
      RH_ERR_IO);
  assert_string_equal(error.object, "disk");
  rh_hive_free(hive);
}

/* --- random registries --- */

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static size_t random_name(char out[64], uint32_t *seed, bool of_key) {
  static const char *const parts[] = {"a",
                                      "B",
                                      "[",
                                      "]",
                                      "\"",
                                      "=",
                                      "-",
                                      "@",
                                      ";",
                                      " ",
                                      "\xC3\xA4",
                                      "\xE2\x82\xAC",
                                      "{}",
                                      "hex:",
                                      "\xED\xA0\x80",
                                      "\t",
                                      "\xF0\x9F\x98\x80",
                                      "\\"};
  size_t len = 0, count = 1 + next_random(seed) % 6;
  for (size_t i = 0; i < count; i++) {
    const char *part = parts[next_random(seed) % (of_key ? 17 : 18)];
    len += (size_t)snprintf(out + len, 64 - len, "%s", part);
  }
  return len;
}

static void fill(rh_registry *registry, uint32_t *seed) {
  rh_key keys[20] = {root_of(registry)};
  for (size_t i = 1; i < 20; i++) {
    char name[64];
    size_t len = random_name(name, seed, true);
    must(rh_registry_create_key(registry, keys[next_random(seed) % i], name, len, &keys[i], NULL));
    for (uint32_t v = next_random(seed) % 5; v > 0; v--) {
      static const uint32_t types[] = {0, 1, 1, 2, 3, 4, 7, 11, 0x80000001u};
      unsigned char data[300];
      size_t size = next_random(seed) % 8 ? next_random(seed) % 12 : next_random(seed) % 300;
      for (size_t b = 0; b < size; b++)
        data[b] = (unsigned char)(b % 2                   ? 0
                                  : next_random(seed) % 4 ? 'a' + b % 26
                                                          : next_random(seed));
      len = random_name(name, seed, false);
      must(rh_registry_set_value(registry, keys[i], name, next_random(seed) % 6 ? len : 0,
                                 types[next_random(seed) % 9], data, size, NULL));
    }
  }
}

/* Written, and read again in pieces of any size, also as UTF-8, it is the same. */
static void test_random_round_trips(void **state) {
  (void)state;
  for (uint32_t round = 0; round < 200; round++) {
    uint32_t seed = round * 2654435761u + 12345;
    rh_hive *hive = new_hive(), *copy = new_hive();
    rh_buffer text = {0};
    rh_error error = {0};
    fill(rh_hive_registry(hive), &seed);
    must(rh_regtext_write(rh_hive_registry(hive), root_of(rh_hive_registry(hive)), PREFIX, collect,
                          &text, NULL));
    if (read_in_pieces(copy, &text, 1 + next_random(&seed) % 500, &error) != RH_OK)
      fail_msg("round %u: %s", round, error.message);
    assert_same_text(sorted_dump_of(rh_hive_registry(copy), false),
                     sorted_dump_of(rh_hive_registry(hive), false));
    rh_buffer_dispose(&text);
    rh_hive_free(hive);
    rh_hive_free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_long_file),
      cmocka_unit_test(test_failing_source),
      cmocka_unit_test(test_random_round_trips),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
