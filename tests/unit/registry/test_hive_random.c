/* Tens of thousands of random changes to hives and to a plain list of what they should hold.
 *
 * With REHOME_KEEP_HIVES=FOLDER some of the hives that are written on the way stay there, each NAME
 * with NAME.expected beside it: the listing of what it must hold, without times. */
#define _POSIX_C_SOURCE 200809L

#include "registry/log_make.h"

#include "data_file.h"

#define ROUNDS 5000u
#define ROUNDS_A_COMMIT 250u
#define COMMITS_A_KEPT_ONE 10u

typedef struct model_value {
  char name[64];
  uint32_t type;
  size_t len;
  char digest[RH_SHA256_HEX];
} model_value;

/* Keys by their path, "" for the root. An unused entry has no path. */
typedef struct model_key {
  char *path;
  model_value *values;
  size_t count;
} model_key;

#define MODEL_KEYS 1500
typedef struct model {
  model_key keys[MODEL_KEYS];
  size_t count, most; /* keys that are there, and that may be */
  uint64_t random;
} model;

static unsigned roll(model *self, unsigned sides) {
  self->random ^= self->random << 13;
  self->random ^= self->random >> 7;
  self->random ^= self->random << 17;
  return (unsigned)(self->random >> 11) % sides;
}

static model_key *add_key(model *self, const char *path, size_t len) {
  assert_true(self->count < MODEL_KEYS);
  model_key *key = &self->keys[self->count++];
  *key = (model_key){.path = rh_copy_bytes(path, len)};
  return key;
}

static void put_value(model_key *key, const char *name, uint32_t type, const void *data,
                      size_t len) {
  model_value *value = NULL;
  for (size_t i = 0; i < key->count && !value; i++) {
    if (rh_name_equal(key->values[i].name, name))
      value = &key->values[i];
  }
  if (!value) {
    key->values = realloc(key->values, (key->count + 1) * sizeof *key->values);
    value = &key->values[key->count++];
    snprintf(value->name, sizeof value->name, "%s", name);
  }
  value->type = type;
  value->len = len;
  OK(rh_sha256_hex(value->digest, data, len, &error));
}

static rh_status load_key(void *payload, const rh_visit *visit, rh_error *unused) {
  (void)unused;
  add_key(payload, visit->path, visit->path_len);
  return RH_OK;
}

static rh_status load_value(void *payload, const rh_visit *visit, const rh_value *value,
                            rh_error *unused) {
  model *self = payload;
  char name[64];
  (void)visit;
  (void)unused;
  assert_true(value->name_len < sizeof name);
  memcpy(name, value->name, value->name_len);
  name[value->name_len] = '\0';
  put_value(&self->keys[self->count - 1], name, value->type, value->data, value->len);
  return RH_OK;
}

static void free_key(model_key *key) {
  rh_free(key->path);
  free(key->values);
}

static void remove_tree(model *self, const char *path) {
  size_t len = strlen(path), kept = 0;
  char *copy = rh_copy_text(path);
  for (size_t i = 0; i < self->count; i++) {
    const char *other = self->keys[i].path;
    if (strncmp(other, copy, len) == 0 && (other[len] == '\0' || other[len] == '\\'))
      free_key(&self->keys[i]);
    else
      self->keys[kept++] = self->keys[i];
  }
  self->count = kept;
  rh_free(copy);
}

static listing expected_of(const model *self) {
  listing expected = {0};
  for (size_t i = 0; i < self->count; i++) {
    const model_key *key = &self->keys[i];
    rh_buffer line = {0};
    OK(rh_buffer_printf(&line, &error, "K\t%s\t0", key->path));
    listing_add(&expected, &line);
    for (size_t v = 0; v < key->count; v++) {
      const model_value *value = &key->values[v];
      line = (rh_buffer){0};
      OK(rh_buffer_printf(&line, &error, "V\t%s\t%s\t%u\t%zu\t%s", key->path, value->name,
                          (unsigned)value->type, value->len, value->digest));
      listing_add(&expected, &line);
    }
  }
  qsort(expected.lines, expected.count, sizeof *expected.lines, listing_compare);
  return expected;
}

/* The hive's listing is the model's. */
static void compare(const listing *expected, rh_hive *hive) {
  listing real = listing_of(rh_hive_registry(hive), false);
  assert_int_equal(real.damaged, 0);
  assert_int_equal(real.count, expected->count);
  for (size_t i = 0; i < real.count; i++) {
    if (listing_compare(&real.lines[i], &expected->lines[i]) != 0)
      fail_msg("%.*s instead of %.*s", (int)real.lines[i].len, (char *)real.lines[i].data,
               (int)expected->lines[i].len, (char *)expected->lines[i].data);
  }
  listing_dispose(&real);
}

static rh_key key_at(rh_hive *hive, const char *path) {
  rh_key key = RH_KEY_NONE;
  OK(rh_registry_find_path(rh_hive_registry(hive), root_of(hive), path, &key, &error));
  return key;
}

static void random_name(model *self, char out[64]) {
  static const char *const stems[] = {"key", "KEY", "Zpětná", "ZPĚTNÁ",
                                      "ë",   "Ë",   "日本",   "a longer name than the others"};
  snprintf(out, 64, "%s%u", stems[roll(self, 8)], roll(self, 40));
}

static void change_at_random(model *self, rh_hive *hive, unsigned char *data) {
  static const unsigned sizes[] = {5, 30, 30, 300, 300, 2000, 20000, 70000};
  rh_registry *registry = rh_hive_registry(hive);
  model_key *key = &self->keys[roll(self, (unsigned)self->count)];
  rh_key handle = key_at(hive, key->path), child;
  char name[64], path[2048];
  random_name(self, name);
  unsigned choice = roll(self, 100);
  if (choice < 30 && self->count < self->most && strlen(key->path) < 1500) {
    bool absent = rh_registry_find_key(registry, handle, name, strlen(name), &child, &error) ==
                  RH_ERR_NOT_FOUND;
    OK(rh_registry_create_key(registry, handle, name, strlen(name), &child, &error));
    snprintf(path, sizeof path, "%s\\%s", key->path, name);
    if (absent)
      add_key(self, path, strlen(path));
  } else if (choice < 40 && key->path[0]) {
    OK(rh_registry_delete_key(registry, handle, &error));
    remove_tree(self, key->path);
  } else if (choice < 50 && key->count > 0) {
    size_t index = roll(self, (unsigned)key->count);
    OK(rh_registry_delete_value(registry, handle, key->values[index].name,
                                strlen(key->values[index].name), &error));
    memmove(&key->values[index], &key->values[index + 1],
            (key->count - index - 1) * sizeof *key->values);
    key->count--;
  } else {
    size_t len = roll(self, sizes[roll(self, 8)]);
    uint32_t type = roll(self, 12);
    data[roll(self, 70000)]++;
    OK(rh_registry_set_value(registry, handle, name, strlen(name), type, data, len, &error));
    put_value(key, name, type, data, len);
  }
}

/* Leaves the hive that was just written, and what it must hold, for other programs to look at. */
static void keep(const listing *expected, const char *label, unsigned rounds) {
  const char *kept = getenv("REHOME_KEEP_HIVES");
  rh_buffer bytes = {0}, lines = {0}, path = {0};
  if (!kept || rounds / ROUNDS_A_COMMIT % COMMITS_A_KEPT_ONE != 0)
    return;
  for (size_t i = 0; i < expected->count; i++)
    OK(rh_buffer_append(&lines, expected->lines[i].data, expected->lines[i].len, &error));
  OK(rh_buffer_printf(&path, &error, "%s/%s-%u", kept, label, rounds));
  OK(rh_file_read(&bytes, in_folder("HIVE"), (size_t)1 << 30, &error));
  OK(rh_file_write(rh_buffer_text(&path), bytes.data, bytes.len, RH_FILE_PRIVATE, &error));
  OK(rh_buffer_append_text(&path, ".expected", &error));
  OK(rh_file_write(rh_buffer_text(&path), lines.data, lines.len, RH_FILE_PRIVATE, &error));
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&lines);
  rh_buffer_dispose(&path);
}

/* The hive as it is in memory, written, checked against the format, and read back from the disk. */
static rh_hive *commit(const model *self, rh_hive *hive, bool sound, const char *label,
                       unsigned rounds) {
  rh_hive *again = NULL;
  rh_buffer bytes = {0};
  listing expected = expected_of(self);
  compare(&expected, hive);
  OK(rh_hive_commit(hive, in_folder("HIVE"), NULL, &error));
  OK(rh_file_read(&bytes, in_folder("HIVE"), (size_t)1 << 30, &error));
  check_hive_bytes(&bytes, sound);
  rh_buffer_dispose(&bytes);
  OK(rh_hive_open(&again, in_folder("HIVE"), &error));
  compare(&expected, again);
  keep(&expected, label, rounds);
  listing_dispose(&expected);
  rh_hive_free(hive);
  return again;
}

static void run(rh_hive *hive, bool sound, const char *label, uint64_t seed) {
  model *self = calloc(1, sizeof *self);
  unsigned char *data = calloc(70000, 1);
  rh_walker walker = {.on_key = load_key, .on_value = load_value, .payload = self};
  assert_true(self && data);
  self->random = seed;
  OK(rh_registry_walk(rh_hive_registry(hive), root_of(hive), &walker, &error));
  self->most = self->count + 300;
  for (unsigned i = 1; i <= ROUNDS; i++) {
    change_at_random(self, hive, data);
    if (i % ROUNDS_A_COMMIT == 0)
      hive = commit(self, hive, sound, label, i);
  }
  for (size_t i = 0; i < self->count; i++)
    free_key(&self->keys[i]);
  free(self);
  free(data);
  rh_hive_free(hive);
}

static void made_hives(void **state) {
  (void)state;
  for (unsigned minor = 3; minor <= 6; minor++) {
    char label[] = "made-0";
    label[5] = (char)('0' + minor);
    run(new_hive(minor), true, label, 0x9E3779B97F4A7C15u + minor);
  }
}

static void real_hives(void **state) {
  (void)state;
  static const char *const files[] = {
      "hives/BCD_uefi.xz", "hives/SAM_win10_velociraptor.xz", "hives/NTUSER_win81_Default.xz",
      "hives/SECURITY_winxp-sp2-cs_POOKY.xz", "synthetic/nt-hive_testhive.xz"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    rh_buffer bytes = {0};
    rh_hive *hive = NULL;
    char label[] = "real-0";
    label[5] = (char)('0' + i);
    if (!read_data_file(&bytes, files[i]))
      skip();
    OK(rh_hive_open_memory(&hive, bytes.data, bytes.len, files[i], &error));
    rh_buffer_dispose(&bytes);
    run(hive, false, label, 88172645463325252u + i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(made_hives), cmocka_unit_test(real_hives)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
