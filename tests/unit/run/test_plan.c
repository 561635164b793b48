/* The plan: its bytes, its id, what is refused, and whether it still fits its machines. */
#include "plan/internal.h"
#include "plan/json.h"
#include "run/image.h"

static char plan_path[80]; /* of this process alone */

static void read_plan(rh_buffer *out) {
  OK(rh_file_read(out, plan_path, 1u << 24, error));
}

/* The file is the document with sorted keys and one space of indent; its id and its parts are what
 * docs/plan-format.md says they are. */
static void test_bytes(void **state) {
  (void)state;
  world self;
  rh_plan *plan = NULL;
  rh_buffer text = {0}, dump = {0};
  char id[65], digest[65];
  world_make(&self);
  OK(rh_plan_id(self.plan, id, error));
  /* A file that everybody may read does not hand that on. */
  OK(rh_file_write(plan_path, "x", 1, RH_FILE_SHARED, error));
  assert_int_equal(rh_plan_save(self.plan, plan_path, false, NULL), RH_ERR_EXISTS);
  OK(rh_plan_save(self.plan, plan_path, true, error));
  assert_int_equal(permissions_of(plan_path), 0600);
  read_plan(&text);
  json_t *document = json_loadb(rh_buffer_text(&text), text.len, RH_JSON_LOAD_FLAGS, NULL);
  OK(rh_json_dump(&dump, document, JSON_INDENT(1) | JSON_SORT_KEYS, error));
  OK(rh_buffer_append_text(&dump, "\n", error));
  assert_string_equal(rh_buffer_text(&text), rh_buffer_text(&dump));
  assert_string_equal(json_string_value(json_object_get(document, "id")), id);
  const json_t *parts = json_object_get(document, "parts");
  OK(rh_json_sha256(digest, json_object_get(document, "changes"), error));
  assert_string_equal(json_string_value(json_object_get(parts, "changes")), digest);
  /* By Python: hashlib.sha256(b"[]") and hashlib.sha256(b"0") */
  assert_string_equal(json_string_value(json_object_get(parts, "request.excluded")),
                      "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
  assert_string_equal(json_string_value(json_object_get(parts, "request.time")),
                      "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9");
  assert_null(json_object_get(parts, "request"));
  json_object_del(document, "id");
  OK(rh_json_sha256(digest, document, error));
  assert_string_equal(digest, id);
  json_decref(document);
  OK(rh_plan_load(&plan, plan_path, error));
  assert_string_equal(rh_plan_destination(plan), self.image);
  assert_string_equal(rh_plan_source(plan), self.image);
  rh_plan_free(plan);
  rh_buffer_dispose(&text);
  rh_buffer_dispose(&dump);
  world_free(&self);
}

/* What the engine has not given is missed before anything is written. */
static void test_unfinished(void **state) {
  (void)state;
  rh_plan *plan = NULL;
  rh_error problem = {0};
  rh_platform_remove(plan_path, NULL);
  OK(rh_plan_new(&plan, error));
  assert_int_equal(rh_plan_save(plan, plan_path, false, &problem), RH_ERR_FORMAT);
  assert_false(rh_file_exists(plan_path));
  rh_plan_free(plan);
}

static void fill(rh_buffer *buffer, const char *bytes, size_t len) {
  OK(rh_buffer_append(buffer, bytes, len, error));
}

static bool same_buffer(const rh_buffer *a, const rh_buffer *b) {
  return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void assert_same_side(const rh_change_side *a, const rh_change_side *b) {
  assert_int_equal(a->present, b->present);
  assert_int_equal(a->type, b->type);
  assert_true(a->time == b->time);
  assert_true(same_buffer(&a->data, &b->data));
  assert_true(same_buffer(&a->security, &b->security));
}

/* Names that JSON texts cannot hold as they are, and numbers that doubles cannot. */
static void test_change_round_trip(void **state) {
  (void)state;
  static const struct {
    rh_change_action action;
    const char *hive, *path;
    size_t path_len;
    const char *name;
    size_t name_len;
  } cases[] = {
      {RH_SET_VALUE, "SYSTEM", "\\A\\B", 4, "a\0b", 3},
      {RH_SET_VALUE, "SYSTEM", "\\A\xED\xA0\x80", 5, "", 0},
      {RH_DELETE_VALUE, "SOFTWARE", "", 0, "\xED\xBF\xBF\0x", 5},
      {RH_CREATE_KEY, "SAM", "\\K\0K", 4, NULL, 0},
      {RH_DELETE_KEY, "SECURITY", "\\\xC3\xA4\xF0\x9F\x98\x80", 7, NULL, 0},
      {RH_SET_DETAILS, "DEFAULT", "\\\"\\/", 4, NULL, 0},
      {RH_WRITE_FILE, NULL, "Windows/\xC3\xA4.txt", 14, NULL, 0},
      {RH_DELETE_FILE, NULL, "a", 1, NULL, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_change change = {0}, again = {0};
    json_t *json = NULL;
    change.action = cases[i].action;
    change.hive = rh_copy_text(cases[i].hive);
    change.path = rh_copy_bytes(cases[i].path, cases[i].path_len);
    change.path_len = cases[i].path_len;
    change.name = cases[i].name ? rh_copy_bytes(cases[i].name, cases[i].name_len) : NULL;
    change.name_len = cases[i].name_len;
    change.before.present = cases[i].action != RH_CREATE_KEY;
    change.after.present = cases[i].action == RH_SET_VALUE || cases[i].action == RH_CREATE_KEY ||
                           cases[i].action == RH_SET_DETAILS || cases[i].action == RH_WRITE_FILE;
    change.before.time = UINT64_MAX;
    change.after.time = 132223104000000001u;
    change.origin = UINT32_MAX;
    change.secret = i % 2;
    if (change.before.present)
      fill(&change.before.data, "\0\xFF\n", 3);
    if (change.after.present)
      fill(&change.after.security, "sd", 2);
    if (cases[i].name && change.after.present)
      change.after.type = UINT32_MAX;
    OK(rh_change_to_json(&json, &change, error));
    char *text = json_dumps(json, 0);
    json_decref(json);
    json = json_loads(text, JSON_ALLOW_NUL, NULL);
    free(text);
    OK(rh_change_decode(&again, json, "change", error));
    json_decref(json);
    assert_int_equal(again.action, change.action);
    assert_int_equal(again.hive != NULL, change.hive != NULL);
    if (change.hive)
      assert_string_equal(again.hive, change.hive);
    assert_int_equal(again.path_len, change.path_len);
    assert_memory_equal(again.path, change.path, change.path_len + 1);
    assert_int_equal(again.name != NULL, change.name != NULL);
    assert_int_equal(again.name_len, change.name_len);
    if (change.name)
      assert_memory_equal(again.name, change.name, change.name_len + 1);
    assert_same_side(&again.before, &change.before);
    assert_same_side(&again.after, &change.after);
    assert_true(again.origin == change.origin);
    assert_int_equal(again.secret, change.secret);
    rh_change_dispose(&change);
    rh_change_dispose(&again);
  }
}

static void test_made_plan(void **state) {
  (void)state;
  world self;
  rh_plan *second = NULL, *loaded = NULL;
  rh_buffer first_text = {0}, second_text = {0};
  rh_change_list changes = {0};
  world_make(&self);
  OK(rh_plan_save(self.plan, plan_path, true, error));
  read_plan(&first_text);
  second = plan_for(self.image);
  OK(rh_plan_save(second, plan_path, true, error));
  read_plan(&second_text);
  assert_string_equal(rh_buffer_text(&first_text), rh_buffer_text(&second_text));
  OK(rh_plan_load(&loaded, plan_path, error));
  assert_string_equal(rh_plan_destination(loaded), self.image);
  OK(rh_plan_changes(loaded, &changes, error));
  assert_int_equal(changes.count, rh_plan_change_count(self.plan));
  /* Two new keys and a value; one changed, one deleted, one secret; a key with one below and its
   * value; one in SOFTWARE; three files. */
  assert_int_equal(changes.count, 3 + 3 + 3 + 1 + 3);
  size_t secrets = 0, files = 0;
  for (size_t i = 0; i < changes.count; i++) {
    secrets += changes.items[i].secret;
    files += changes.items[i].hive == NULL;
    assert_int_equal(changes.items[i].origin,
                     changes.items[i].hive && strcmp(changes.items[i].hive, "SYSTEM") == 0 ? 1 : 2);
  }
  assert_int_equal(secrets, 1);
  assert_int_equal(files, 3);
  rh_change_list_dispose(&changes);
  rh_plan_free(second);
  rh_plan_free(loaded);
  rh_buffer_dispose(&first_text);
  rh_buffer_dispose(&second_text);
  world_free(&self);
}

/* One changed byte anywhere is refused. */
static void test_any_byte(void **state) {
  (void)state;
  world self;
  rh_plan *plan = NULL;
  rh_buffer text = {0};
  world_make(&self);
  json_array_clear(json_object_get(rh_plan_document(self.plan), "changes"));
  OK(rh_plan_save(self.plan, plan_path, true, error));
  read_plan(&text);
  for (size_t at = 0; at < text.len; at++) {
    rh_error problem = {0};
    text.data[at] ^= 1;
    OK(rh_file_write(plan_path, text.data, text.len, RH_FILE_PRIVATE, error));
    rh_status status = rh_plan_load(&plan, plan_path, &problem);
    assert_true(status == RH_ERR_FORMAT || status == RH_ERR_UNSUPPORTED || status == RH_ERR_STALE);
    assert_null(plan);
    assert_string_equal(problem.object, plan_path);
    text.data[at] ^= 1;
  }
  rh_buffer_dispose(&text);
  world_free(&self);
}

/* Writes a document as it is, with parts and an id that fit it. */
static void write_document(json_t *document) {
  json_t *parts = NULL;
  rh_buffer text = {0};
  char id[65];
  OK(rh_plan_digest_parts(&parts, document, error));
  OK(rh_json_set(document, "parts", parts, error));
  OK(rh_json_sha256(id, document, error));
  OK(rh_json_set(document, "id", json_string(id), error));
  OK(rh_json_dump(&text, document, 0, error));
  OK(rh_file_write(plan_path, text.data, text.len, RH_FILE_PRIVATE, error));
  rh_buffer_dispose(&text);
}

/* A changed document with an id that fits it is refused with a message that names the place. */
static void refuse(void (*change)(json_t *document), const char *expected, rh_status code) {
  world self;
  rh_plan *loaded = NULL;
  rh_error problem = {0};
  world_make(&self);
  change(rh_plan_document(self.plan));
  write_document(rh_plan_document(self.plan));
  assert_int_equal(rh_plan_load(&loaded, plan_path, &problem), code);
  if (!strstr(problem.message, expected))
    fail_msg("\"%s\" lacks \"%s\"", problem.message, expected);
  assert_true(problem.hint[0]);
  world_free(&self);
}

static json_t *change_at(json_t *document, size_t index) {
  return json_array_get(json_object_get(document, "changes"), index);
}

static void newer(json_t *document) {
  json_object_set_new(document, "format", json_integer(3));
}
static void older(json_t *document) {
  json_object_set_new(document, "format", json_integer(1));
}
static void other_tool(json_t *document) {
  json_object_set_new(document, "tool", json_string("other"));
}
static void no_steps(json_t *document) {
  json_object_del(document, "steps");
}
static void other_steps(json_t *document) {
  json_object_set_new(document, "steps", json_object());
}
static void one_key_more(json_t *document) {
  json_object_set_new(document, "colour", json_string("red"));
}
static void one_key_more_below(json_t *document) {
  json_object_set_new(json_object_get(change_at(document, 1), "before"), "colour",
                      json_string("red"));
}
static void no_excluded(json_t *document) {
  json_object_del(json_object_get(document, "request"), "excluded");
}
static void a_password(json_t *document) {
  json_object_set_new(json_object_get(document, "request"), "password", json_string("x"));
}
static void no_build(json_t *document) {
  json_object_del(json_object_get(json_object_get(document, "source"), "identity"), "build");
}
static void bad_fingerprint(json_t *document) {
  json_object_set_new(json_object_get(json_object_get(document, "source"), "fingerprints"), "x",
                      json_string("ABSENT"));
}
static void no_location(json_t *document) {
  json_object_set_new(json_object_get(json_object_get(document, "request"), "destination"),
                      "location", json_integer(1));
}
static void bad_action(json_t *document) {
  json_object_set_new(change_at(document, 0), "action", json_string("format-disk"));
}
static void bad_hex(json_t *document) {
  json_object_set_new(json_object_get(change_at(document, 2), "after"), "data", json_string("0g"));
}
static void bad_time(json_t *document) {
  json_object_set_new(json_object_get(change_at(document, 1), "before"), "time",
                      json_string("18446744073709551616"));
}
static void bad_type(json_t *document) {
  json_object_set_new(json_object_get(change_at(document, 1), "before"), "type",
                      json_integer(0x100000000));
}
static void no_path(json_t *document) {
  json_object_del(change_at(document, 3), "path");
}
static void no_hive(json_t *document) {
  json_object_del(change_at(document, 4), "hive");
}
static void no_after(json_t *document) {
  json_object_set_new(change_at(document, 12), "after", json_null());
}

static void test_refused(void **state) {
  (void)state;
  refuse(newer, "format: is 3", RH_ERR_UNSUPPORTED);
  refuse(older, "format: is 1", RH_ERR_STALE);
  refuse(other_tool, "is no plan of rehome", RH_ERR_FORMAT);
  refuse(no_steps, "steps: is missing", RH_ERR_FORMAT);
  refuse(other_steps, "steps: is no list", RH_ERR_FORMAT);
  refuse(one_key_more, "colour: does not belong here", RH_ERR_FORMAT);
  refuse(one_key_more_below, "changes[1].before.colour: does not belong here", RH_ERR_FORMAT);
  refuse(no_excluded, "request.excluded: is missing", RH_ERR_FORMAT);
  refuse(a_password, "request.password: does not belong here", RH_ERR_FORMAT);
  refuse(no_build, "source.identity.build: is missing", RH_ERR_FORMAT);
  refuse(bad_fingerprint, "source.fingerprints.x: is neither a SHA-256", RH_ERR_FORMAT);
  refuse(no_location, "request.destination.location: is no text", RH_ERR_FORMAT);
  refuse(bad_action, "changes[0]: action \"format-disk\" is unknown", RH_ERR_FORMAT);
  refuse(bad_hex, "changes[2].after: data is not a text of hex digits", RH_ERR_FORMAT);
  refuse(bad_time, "changes[1].before: time is not a FILETIME", RH_ERR_FORMAT);
  refuse(bad_type, "changes[1].before: type is out of range", RH_ERR_FORMAT);
  refuse(no_path, "changes[3].path: is missing", RH_ERR_FORMAT);
  refuse(no_hive, "changes[4]: hive is missing", RH_ERR_FORMAT);
  refuse(no_after, "changes[12].after: is no object", RH_ERR_FORMAT);
}

static void test_other_files(void **state) {
  (void)state;
  rh_plan *plan = NULL;
  rh_error problem = {0};
  static const char *const texts[] = {"",
                                      "[]",
                                      "null",
                                      "{}",
                                      "{\"tool\":\"rehome\"}",
                                      "{\"tool\":\"rehome\",\"format\":\"2\"}",
                                      "{\"tool\":",
                                      "{\"tool\":\"rehome\",\"format\":2}",
                                      "{\"format\":2,\"format\":2,\"tool\":\"rehome\"}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    OK(rh_file_write(plan_path, texts[i], strlen(texts[i]), RH_FILE_PRIVATE, error));
    assert_int_equal(rh_plan_load(&plan, plan_path, &problem), RH_ERR_FORMAT);
  }
  rh_platform_remove(plan_path, NULL);
  assert_int_equal(rh_plan_load(&plan, plan_path, &problem), RH_ERR_NOT_FOUND);
}

static void test_fresh(void **state) {
  (void)state;
  world self;
  rh_error problem = {0};
  char path[256], store[160];
  world_make(&self);
  OK(rh_plan_check_fresh(self.plan, self.image, self.image, error));
  json_t *side = json_object_get(rh_plan_document(self.plan), "destination");
  json_t *fingerprints = json_object_get(side, "fingerprints");
  snprintf(path, sizeof path, "%s/Windows/System32/ras/added.pbk", self.image);
  json_object_set_new(fingerprints, "Windows/System32/ras/added.pbk", json_string("absent"));
  OK(rh_plan_check_fresh(self.plan, self.image, self.image, error));
  OK(rh_file_write(path, "x", 1, RH_FILE_SHARED, error));
  assert_int_equal(rh_plan_check_fresh(self.plan, NULL, self.image, &problem), RH_ERR_STALE);
  assert_non_null(strstr(problem.message, "the destination has changed since the plan was made"));
  assert_non_null(strstr(problem.message, "Windows/System32/ras/added.pbk"));
  assert_string_equal(problem.hint, "make a new plan");
  OK(rh_platform_remove(path, error));

  meddle(self.image, "\\ControlSet001\\Services\\Other", "Start", 4);
  assert_int_equal(rh_plan_check_fresh(self.plan, NULL, self.image, &problem), RH_ERR_STALE);
  assert_non_null(strstr(problem.message, "Windows/System32/config/SYSTEM"));
  assert_null(strstr(problem.message, "SOFTWARE"));
  assert_int_equal(rh_plan_check_fresh(self.plan, self.image, self.image, &problem), RH_ERR_STALE);
  assert_non_null(strstr(problem.message, "the source"));

  /* A store is one file, compared as a whole. */
  char digest[65];
  snprintf(store, sizeof store, "%s/x.store", self.root);
  OK(rh_file_write(store, "sealed", 6, RH_FILE_PRIVATE, error));
  OK(rh_file_sha256(digest, store, error));
  fingerprints =
      json_object_get(json_object_get(rh_plan_document(self.plan), "source"), "fingerprints");
  json_object_clear(fingerprints);
  json_object_set_new(fingerprints, "store", json_string(digest));
  json_object_clear(json_object_get(side, "fingerprints"));
  OK(rh_plan_check_fresh(self.plan, store, self.image, error));
  OK(rh_file_write(store, "Sealed", 6, RH_FILE_PRIVATE, error));
  assert_int_equal(rh_plan_check_fresh(self.plan, store, self.image, &problem), RH_ERR_STALE);
  assert_int_equal(rh_plan_check_fresh(self.plan, self.image, self.image, &problem), RH_ERR_STALE);
  assert_int_equal(rh_plan_check_fresh(self.plan, "/nowhere", self.image, &problem),
                   RH_ERR_NOT_FOUND);
  world_free(&self);
}

static int name_plan(void **state) {
  (void)state;
  snprintf(plan_path, sizeof plan_path, "/tmp/rehome-test-plan-%llx.json",
           (unsigned long long)rh_platform_filetime());
  return 0;
}

static int remove_plan(void **state) {
  (void)state;
  rh_platform_remove(plan_path, NULL);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bytes),
      cmocka_unit_test(test_unfinished),
      cmocka_unit_test(test_change_round_trip),
      cmocka_unit_test(test_made_plan),
      cmocka_unit_test(test_any_byte),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_other_files),
      cmocka_unit_test(test_fresh),
  };
  return cmocka_run_group_tests(tests, name_plan, remove_plan);
}
