/* Comparing registry trees, and the .reg text that turns one into the other. */
#include "registry_dump.h"

#include "registry/diff.h"
#include "registry/text/regtext.h"

typedef struct hives {
  rh_hive *a, *b;
} hives;

static rh_registry *side(const hives *self, char which) {
  return rh_hive_registry(which == 'a' ? self->a : self->b);
}

static int set_up(void **state) {
  hives *self = calloc(1, sizeof *self);
  must(rh_hive_create(&self->a, &(rh_hive_options){.time = 1000}, NULL));
  must(rh_hive_create(&self->b, &(rh_hive_options){.time = 2000}, NULL));
  *state = self;
  return 0;
}

static int tear_down(void **state) {
  hives *self = *state;
  rh_hive_free(self->a);
  rh_hive_free(self->b);
  free(self);
  return 0;
}

static rh_status note(void *payload, const rh_registry_difference *difference, rh_error *error) {
  const rh_value *value = difference->a_value ? difference->a_value : difference->b_value;
  assert_int_equal(strlen(difference->path), difference->path_len);
  return rh_buffer_printf(payload, error, "%c%s %s%s%.*s%s%s\n", "+-~"[difference->kind],
                          difference -> within ? "w" : "", difference->path, value ? " : " : "",
                          value ? (int)value->name_len : 0, value ? value->name : "",
                          difference->class_differs ? " class" : "",
                          difference->security_differs ? " security" : "");
}

static char *differences_of(const hives *self) {
  rh_buffer text = {0};
  const rh_registry_differ differ = {.on_difference = note, .payload = &text};
  rh_registry *a = side(self, 'a'), *b = side(self, 'b');
  must(rh_registry_diff(a, root_of(a), b, root_of(b), &differ, NULL));
  must(rh_buffer_append(&text, "", 0, NULL));
  return text.data ? (char *)text.data : calloc(1, 1);
}

static void assert_differences(const hives *self, const char *wanted) {
  char *got = differences_of(self);
  assert_string_equal(got, wanted);
  rh_free(got);
}

static void test_each_kind(void **state) {
  hives *self = *state;
  rh_registry *a = side(self, 'a'), *b = side(self, 'b');
  rh_key key;
  assert_differences(self, "");
  for (int i = 0; i < 2; i++) {
    set_text(i ? b : a, "Same", "one", "1");
    set_text(i ? b : a, "Same\\Below", "two", "2");
  }
  assert_differences(self, ""); /* although times differ */
  set_text(a, "Gone\\Below", "x", "1");
  set_text(b, "New\\Below", "", "1");
  set_text(b, "Same", "one", "other");
  set_text(a, "Same", "only a", "1");
  set_text(b, "Same", "only b", "1");
  /* The same data with another type. */
  must(rh_registry_set_value(b, key_at(b, "Same\\Below"), "two", 3, RH_REG_SZ, "2", 1, NULL));
  assert_differences(self, "- \\Gone\n-w \\Gone\\Below\n-w \\Gone\\Below : x\n"
                           "+ \\New\n+w \\New\\Below\n+w \\New\\Below : \n"
                           "~ \\Same : one\n- \\Same : only a\n+ \\Same : only b\n"
                           "~ \\Same\\Below : two\n");
  must(rh_registry_create_path(b, root_of(b), "Gone\\Below", &key, NULL));
  const rh_key_details details = {.class_name = (const unsigned char *)"c\0", .class_len = 2};
  must(rh_registry_set_details(b, key, &details, NULL));
  must(rh_registry_delete_key(b, key_at(b, "New"), NULL));
  must(rh_registry_delete_key(b, key_at(b, "Same"), NULL));
  assert_differences(self, "~ \\Gone\\Below class\n- \\Gone\\Below : x\n"
                           "- \\Same\n-w \\Same : one\n-w \\Same : only a\n"
                           "-w \\Same\\Below\n-w \\Same\\Below : two\n");
}

/* Names in another case and values in another order are the same. */
static void test_case_and_order(void **state) {
  hives *self = *state;
  rh_registry *a = side(self, 'a'), *b = side(self, 'b');
  set_text(a, "K\xC3\xA4se", "one", "1");
  set_text(a, "K\xC3\xA4se", "two", "2");
  set_text(a, "K\xC3\xA4se", "three", "3");
  set_text(b, "K\xC3\x84SE", "THREE", "3");
  set_text(b, "K\xC3\x84SE", "Two", "2");
  set_text(b, "K\xC3\x84SE", "one", "1");
  assert_differences(self, "");
  set_text(b, "K\xC3\x84SE", "four", "4");
  set_text(b, "K\xC3\x84SE", "two", "different");
  assert_differences(self, "+ \\K\xC3\xA4se : four\n~ \\K\xC3\xA4se : two\n");
}

static rh_status collect(void *payload, const void *data, size_t len, rh_error *error) {
  return rh_buffer_append(payload, data, len, error);
}

static rh_status stop_at_second(void *payload, const rh_registry_difference *difference,
                                rh_error *error) {
  (void)difference;
  return ++*(int *)payload == 2 ? rh_error_set(error, RH_ERR_IO, "sink", "is full") : RH_OK;
}

static void test_callback_ends_it(void **state) {
  hives *self = *state;
  int count = 0;
  rh_error error = {0};
  const rh_registry_differ differ = {.on_difference = stop_at_second, .payload = &count};
  rh_registry *a = side(self, 'a'), *b = side(self, 'b');
  set_text(a, "A\\B\\C", "x", "1");
  must_fail(rh_registry_diff(a, root_of(a), b, root_of(b), &differ, &error), RH_ERR_IO);
  assert_int_equal(count, 2);
  assert_string_equal(error.object, "sink");
}

/* --- random trees: applying the differences makes the first the second --- */

static uint32_t next_random(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static void grow(rh_registry *registry, uint32_t *seed, int count) {
  for (int i = 0; i < count; i++) {
    char path[64], name[16], data[16];
    uint32_t deep = next_random(seed) % 3;
    size_t len = (size_t)snprintf(path, sizeof path, "%c%u", "kK"[next_random(seed) % 2],
                                  next_random(seed) % 6);
    for (uint32_t d = 0; d < deep; d++)
      len += (size_t)snprintf(path + len, sizeof path - len, "\\s%u", next_random(seed) % 4);
    snprintf(name, sizeof name, "%c%u", "vV"[next_random(seed) % 2], next_random(seed) % 8);
    snprintf(data, sizeof data, "%u", next_random(seed) % 3);
    set_text(registry, path, name, data);
    if (next_random(seed) % 12 == 0)
      must(rh_registry_delete_key(registry, key_at(registry, path), NULL));
  }
}

typedef struct patch {
  rh_regtext_writer *writer;
  rh_buffer key;
} patch;

static rh_status write_difference(void *payload, const rh_registry_difference *difference,
                                  rh_error *error) {
  patch *self = payload;
  const rh_value *value = difference->b_value ? difference->b_value : difference->a_value;
  bool removed = difference->kind == RH_REGISTRY_REMOVED;
  if (removed && difference->within)
    return RH_OK;
  must(rh_regtext_writer_key(self->writer, difference->path, difference->path_len,
                             removed && !value, error));
  return value ? rh_regtext_writer_value(self->writer, difference->path, difference->path_len,
                                         value, removed, error)
               : RH_OK;
}

/* Applies what differs to a. */
static void patch_a(const hives *self) {
  static const rh_regtext_read_options options = {.prefix = "HKEY_LOCAL_MACHINE\\X"};
  rh_buffer text = {0};
  patch made = {0};
  const rh_registry_differ differ = {.on_difference = write_difference, .payload = &made};
  rh_registry *a = side(self, 'a'), *b = side(self, 'b');
  must(rh_regtext_writer_open(&made.writer, options.prefix, "patch", collect, &text, NULL));
  must(rh_registry_diff(a, root_of(a), b, root_of(b), &differ, NULL));
  must(rh_regtext_writer_close(made.writer, NULL));
  rh_regtext_writer_free(made.writer);
  must(rh_regtext_read(a, text.data, text.len, "patch", &options, NULL, NULL));
  rh_buffer_dispose(&text);
}

static void test_random_patches(void **state) {
  (void)state;
  for (uint32_t round = 0; round < 60; round++) {
    void *own;
    uint32_t seed = round * 7919 + 1, shared = round * 31 + 5;
    set_up(&own);
    hives *self = own;
    for (int i = 0; i < 2; i++) {
      uint32_t same = shared;
      grow(side(self, "ab"[i]), &same, 30);
      grow(side(self, "ab"[i]), &seed, (int)(round % 20));
    }
    char *before = differences_of(self);
    patch_a(self);
    assert_differences(self, "");
    if (round % 20 > 10)
      assert_true(strlen(before) > 0);
    rh_free(before);
    tear_down(&own);
  }
}

/* Both sides of a damaged tree: what cannot be read is told, and the rest compared. */
static rh_status count_damage(void *payload, bool in_b, const char *path, size_t path_len,
                              const rh_error *damage) {
  assert_true(in_b);
  assert_int_equal(strlen(path), path_len);
  assert_int_equal(damage->code, RH_ERR_FORMAT);
  rh_buffer_append_text(payload, "!", NULL);
  return RH_OK;
}

static void test_damage(void **state) {
  hives *self = *state;
  rh_buffer bytes = {0}, text = {0};
  rh_registry *a = side(self, 'a');
  set_text(a, "One", "x", "1");
  set_text(a, "Two", "x", "1");
  must(rh_hive_serialize(self->a, &bytes, NULL));
  for (size_t i = 4096; i + 80 < bytes.len; i++) {
    if (memcmp(bytes.data + i, "nk", 2) == 0 && memcmp(bytes.data + i + 76, "One", 3) == 0)
      bytes.data[i] = 'x';
  }
  rh_hive_free(self->b);
  must(rh_hive_open_memory(&self->b, bytes.data, bytes.len, "b", NULL));
  rh_buffer_dispose(&bytes);
  rh_registry *b = side(self, 'b');
  const rh_registry_differ differ = {
      .on_difference = note, .on_damage = count_damage, .payload = &text};
  must(rh_registry_diff(a, root_of(a), b, root_of(b), &differ, NULL));
  assert_non_null(strchr(rh_buffer_text(&text), '!'));
  assert_non_null(strstr(rh_buffer_text(&text), "- \\One\n-w \\One : x\n"));
  assert_null(strstr(rh_buffer_text(&text), "Two"));
  rh_buffer_dispose(&text);
  const rh_registry_differ strict = {.on_difference = note, .payload = &text};
  must_fail(rh_registry_diff(a, root_of(a), b, root_of(b), &strict, NULL), RH_ERR_FORMAT);
  rh_buffer_dispose(&text);
}

int main(void) {
#define WITH_HIVES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      WITH_HIVES(test_each_kind),        WITH_HIVES(test_case_and_order),
      WITH_HIVES(test_callback_ends_it), cmocka_unit_test(test_random_patches),
      WITH_HIVES(test_damage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
