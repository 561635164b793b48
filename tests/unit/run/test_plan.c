/* The plan: its bytes, its id, what is refused, and whether it still fits its machines. */
#include "plan/internal.h"
#include "run/image.h"

#define PATH "/tmp/rehome-test-plan.json"

/* By Python: hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":"))) */
#define EMPTY_LIST "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
#define EMPTY_SIDE "5898d4dcb9d8d21e837d0526279e782c375ba5082f700f2ec7a37e7cf260f611"
#define EMPTY_ID "2fbc368244fec6c927bd999f9658e094e9b4d5e0478392528fccf4fb9cebd1af"

static void read_plan(rh_buffer *out) {
  OK(rh_file_read(out, PATH, 1u << 24, error));
}

static void test_empty_plan(void **state) {
  (void)state;
  static const char expected[] =
      "{\n"
      " \"changes\": [],\n"
      " \"checks\": [],\n"
      " \"destination\": {\n"
      "  \"fingerprints\": {},\n"
      "  \"identity\": {},\n"
      "  \"location\": \"\"\n"
      " },\n"
      " \"format\": 1,\n"
      " \"id\": \"" EMPTY_ID "\",\n"
      " \"manual\": [],\n"
      " \"map\": [],\n"
      " \"notes\": [],\n"
      " \"parameters\": {},\n"
      " \"parts\": {\n"
      "  \"changes\": \"" EMPTY_LIST "\",\n"
      "  \"checks\": \"" EMPTY_LIST "\",\n"
      "  \"destination\": \"" EMPTY_SIDE "\",\n"
      "  \"format\": \"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\",\n"
      "  \"manual\": \"" EMPTY_LIST "\",\n"
      "  \"map\": \"" EMPTY_LIST "\",\n"
      "  \"notes\": \"" EMPTY_LIST "\",\n"
      "  \"playbooks\": \"" EMPTY_LIST "\",\n"
      "  \"source\": \"" EMPTY_SIDE "\",\n"
      "  \"steps\": \"" EMPTY_LIST "\",\n"
      "  \"tool\": \"5e280facfdd5a59ae180a051a5098b2b7fd59d4d23955fe7d0828ed22840c6b1\",\n"
      "  \"verdicts\": \"" EMPTY_LIST "\"\n"
      " },\n"
      " \"playbooks\": [],\n"
      " \"source\": {\n"
      "  \"fingerprints\": {},\n"
      "  \"identity\": {},\n"
      "  \"location\": \"\"\n"
      " },\n"
      " \"steps\": [],\n"
      " \"tool\": \"rehome\",\n"
      " \"verdicts\": []\n"
      "}\n";
  rh_plan *plan = NULL;
  rh_buffer text = {0};
  char id[65];
  OK(rh_plan_new(&plan, error));
  OK(rh_plan_id(plan, id, error));
  assert_string_equal(id, EMPTY_ID);
  /* A file that everybody may read does not hand that on. */
  OK(rh_file_write(PATH, "x", 1, RH_FILE_SHARED, error));
  assert_int_equal(rh_plan_save(plan, PATH, false, NULL), RH_ERR_EXISTS);
  OK(rh_plan_save(plan, PATH, true, error));
  read_plan(&text);
  assert_string_equal(rh_buffer_text(&text), expected);
  assert_int_equal(permissions_of(PATH), 0600);
  rh_plan_free(plan);
  OK(rh_plan_load(&plan, PATH, error));
  assert_string_equal(rh_plan_destination(plan), "");
  assert_int_equal(rh_plan_change_count(plan), 0);
  rh_plan_free(plan);
  rh_buffer_dispose(&text);
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
  OK(rh_plan_save(self.plan, PATH, true, error));
  read_plan(&first_text);
  second = plan_for(self.image);
  OK(rh_plan_save(second, PATH, true, error));
  read_plan(&second_text);
  assert_string_equal(rh_buffer_text(&first_text), rh_buffer_text(&second_text));
  OK(rh_plan_load(&loaded, PATH, error));
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
  rh_plan *plan = NULL;
  rh_buffer text = {0};
  OK(rh_plan_new(&plan, error));
  json_object_set_new(rh_plan_document(plan), "parameters", json_pack("{s:s}", "zone", "inside"));
  OK(rh_plan_save(plan, PATH, true, error));
  rh_plan_free(plan);
  read_plan(&text);
  for (size_t at = 0; at < text.len; at++) {
    rh_error problem = {0};
    text.data[at] ^= 1;
    OK(rh_file_write(PATH, text.data, text.len, RH_FILE_PRIVATE, error));
    rh_status status = rh_plan_load(&plan, PATH, &problem);
    assert_true(status == RH_ERR_FORMAT || status == RH_ERR_UNSUPPORTED || status == RH_ERR_STALE);
    assert_null(plan);
    assert_string_equal(problem.object, PATH);
    text.data[at] ^= 1;
  }
  rh_buffer_dispose(&text);
}

/* Saves a changed document, with an id that fits it, and expects a refusal that names the place. */
static void refuse(void (*change)(json_t *document), const char *expected, rh_status code) {
  world self;
  rh_plan *loaded = NULL;
  rh_error problem = {0};
  world_make(&self);
  change(rh_plan_document(self.plan));
  OK(rh_plan_save(self.plan, PATH, true, error));
  assert_int_equal(rh_plan_load(&loaded, PATH, &problem), code);
  if (!strstr(problem.message, expected))
    fail_msg("\"%s\" lacks \"%s\"", problem.message, expected);
  world_free(&self);
}

static json_t *change_at(json_t *document, size_t index) {
  return json_array_get(json_object_get(document, "changes"), index);
}

static void newer(json_t *document) {
  json_object_set_new(document, "format", json_integer(2));
}
static void other_tool(json_t *document) {
  json_object_set_new(document, "tool", json_string("other"));
}
static void no_steps(json_t *document) {
  json_object_del(document, "steps");
}
static void bad_fingerprint(json_t *document) {
  json_object_set_new(json_object_get(json_object_get(document, "source"), "fingerprints"), "x",
                      json_string("ABSENT"));
}
static void no_location(json_t *document) {
  json_object_set_new(json_object_get(document, "destination"), "location", json_integer(1));
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
  refuse(newer, "format: is 2", RH_ERR_UNSUPPORTED);
  refuse(other_tool, "is no plan of rehome", RH_ERR_FORMAT);
  refuse(no_steps, "steps: is not a list", RH_ERR_FORMAT);
  refuse(bad_fingerprint, "source: fingerprints[\"x\"]", RH_ERR_FORMAT);
  refuse(no_location, "destination: location is not a text", RH_ERR_FORMAT);
  refuse(bad_action, "changes[0]: action \"format-disk\" is unknown", RH_ERR_FORMAT);
  refuse(bad_hex, "changes[2].after: data is not a text of hex digits", RH_ERR_FORMAT);
  refuse(bad_time, "changes[1].before: time is not a FILETIME", RH_ERR_FORMAT);
  refuse(bad_type, "changes[1].before: type is out of range", RH_ERR_FORMAT);
  refuse(no_path, "changes[3]: path is missing", RH_ERR_FORMAT);
  refuse(no_hive, "changes[4]: hive is missing", RH_ERR_FORMAT);
  refuse(no_after, "changes[12]: after is not an object", RH_ERR_FORMAT);
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
                                      "{\"tool\":\"rehome\",\"format\":\"1\"}",
                                      "{\"tool\":",
                                      "{\"format\":1,\"format\":1,\"tool\":\"rehome\"}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    OK(rh_file_write(PATH, texts[i], strlen(texts[i]), RH_FILE_PRIVATE, error));
    assert_int_equal(rh_plan_load(&plan, PATH, &problem), RH_ERR_FORMAT);
  }
  rh_platform_remove(PATH, NULL);
  assert_int_equal(rh_plan_load(&plan, PATH, &problem), RH_ERR_NOT_FOUND);
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

static int remove_plan(void **state) {
  (void)state;
  rh_platform_remove(PATH, NULL);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty_plan), cmocka_unit_test(test_change_round_trip),
      cmocka_unit_test(test_made_plan),  cmocka_unit_test(test_any_byte),
      cmocka_unit_test(test_refused),    cmocka_unit_test(test_other_files),
      cmocka_unit_test(test_fresh),
  };
  return cmocka_run_group_tests(tests, NULL, remove_plan);
}
