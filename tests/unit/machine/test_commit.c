/* Commits: prepared first, put in place file by file, or not at all. */
#include "machine_fixture.h"

#define CLOCK 133000000000000000u
#define RAS "Windows/System32/ras/"

static void add_tree(rh_buffer *out, const char *folder) {
  rh_name_list list = {0};
  OK(rh_platform_list(&list, folder, error));
  for (size_t i = 0; i < list.count; i++) { /* put into order by the caller's comparison */
    size_t least = i;
    for (size_t j = i + 1; j < list.count; j++)
      if (strcmp(list.names[j], list.names[least]) < 0)
        least = j;
    char *name = list.names[least], *path = rh_platform_join(folder, name), digest[65] = "folder";
    list.names[least] = list.names[i];
    list.names[i] = name;
    rh_file_info info;
    OK(rh_platform_info(path, &info, error));
    if (info.kind == RH_FILE_REGULAR)
      OK(rh_file_sha256(digest, path, error));
    OK(rh_buffer_printf(out, error, "%s %s\n", path, digest));
    if (info.kind == RH_FILE_FOLDER)
      add_tree(out, path);
    rh_free(path);
  }
  rh_name_list_dispose(&list);
}

static char *tree_text(const fixture *self) {
  rh_buffer out = {0};
  add_tree(&out, self->image);
  return (char *)out.data;
}

/* Two hives, a new file in new folders, a replaced file and a deleted one. */
static rh_machine *changed_image(const fixture *self) {
  rh_change_list changes = {0};
  rh_registry *registry = NULL;
  rh_machine *image = open_image(self), *overlay = overlay_of(image);
  OK(rh_machine_hive(overlay, "SYSTEM", &registry, error));
  put_dword(registry, "ControlSet001\\Services\\RemoteAccess", "Start", 4);
  OK(rh_machine_hive(overlay, "SOFTWARE", &registry, error));
  put_dword(registry, "Microsoft\\RAS", "New", 1);
  OK(rh_machine_file_write(overlay, RAS "router.pbk", "[Branch]\r\n", 10, error));
  OK(rh_machine_file_write(overlay, "New/Folder/file", "x", 1, error));
  OK(rh_machine_file_delete(overlay, RAS "old.dat", error));
  OK(rh_machine_changes(overlay, &changes, error));
  for (size_t i = 0; i < changes.count; i++)
    OK(rh_machine_apply(image, &changes.items[i], CLOCK, false, error));
  rh_change_list_dispose(&changes);
  rh_machine_free(overlay);
  return image;
}

static void items(void **state) {
  static const char *const paths[] = {"Windows/System32/config/SYSTEM",
                                      "Windows/System32/config/SOFTWARE", "New/Folder/file",
                                      RAS "old.dat", RAS "router.pbk"};
  fixture self;
  rh_commit *commit = NULL;
  char *before_tree, digest[65], previous[300];
  (void)state;
  fixture_make(&self);
  before_tree = tree_text(&self);
  rh_machine *image = changed_image(&self);
  /* Applied, not committed: the machine reads as changed, the disk is not. */
  assert_file(image, RAS "router.pbk", "[Branch]\r\n");
  assert_false(rh_machine_file_exists(image, RAS "old.dat"));
  assert_true(rh_machine_file_exists(image, "new/folder/FILE"));
  char *now = tree_text(&self);
  assert_string_equal(now, before_tree);
  rh_free(now);
  OK(rh_commit_open(&commit, image, error));
  assert_int_equal(rh_commit_count(commit), 5);
  for (size_t i = 0; i < 5; i++) {
    const rh_commit_item *item = rh_commit_item_at(commit, i);
    char target[400];
    snprintf(target, sizeof target, "%s/%s", self.image, paths[i]);
    assert_string_equal(item->path, paths[i]);
    assert_string_equal(item->target, target);
    if (i == 2) {
      assert_string_equal(item->before_sha256, "");
      assert_false(rh_file_exists(target));
    } else {
      OK(rh_file_sha256(digest, target, error));
      assert_string_equal(item->before_sha256, digest);
    }
    if (i == 3) {
      assert_null(item->temporary);
      assert_string_equal(item->after_sha256, "");
    } else {
      OK(rh_file_sha256(digest, item->temporary, error));
      assert_string_equal(item->after_sha256, digest);
    }
  }
  char before[5][65], after[5][65];
  for (size_t i = 0; i < 5; i++) {
    memcpy(before[i], rh_commit_item_at(commit, i)->before_sha256, 65);
    memcpy(after[i], rh_commit_item_at(commit, i)->after_sha256, 65);
    snprintf(previous, sizeof previous, "%s/previous-%zu", self.folder, i);
    OK(rh_commit_place(commit, i, previous, error));
    assert_int_equal(rh_file_exists(previous), i != 2);
    if (i != 2) {
      OK(rh_file_sha256(digest, previous, error));
      assert_string_equal(digest, before[i]);
    }
  }
  rh_commit_free(commit);
  rh_machine_free(image);
  for (size_t i = 0; i < 5; i++) {
    char target[400];
    snprintf(target, sizeof target, "%s/%s", self.image, paths[i]);
    assert_int_equal(rh_file_exists(target), i != 3);
    if (i != 3) {
      OK(rh_file_sha256(digest, target, error));
      assert_string_equal(digest, after[i]);
    }
  }
  rh_free(before_tree);
  fixture_free(&self);
}

static void dropped(void **state) {
  fixture self;
  rh_commit *commit = NULL;
  (void)state;
  fixture_make(&self);
  char *before = tree_text(&self);
  rh_machine *image = changed_image(&self);
  OK(rh_commit_open(&commit, image, error));
  char *prepared = tree_text(&self);
  assert_string_not_equal(prepared, before);
  rh_free(prepared);
  rh_commit_free(commit);
  rh_machine_free(image);
  char *after = tree_text(&self);
  assert_string_equal(after, before);
  rh_free(after);
  rh_free(before);
  fixture_free(&self);
}

/* After the first file the rest stays prepared for another process. */
static void dropped_half_way(void **state) {
  fixture self;
  rh_commit *commit = NULL;
  char temporary[500], digest[65], expected[65];
  (void)state;
  fixture_make(&self);
  rh_machine *image = changed_image(&self);
  OK(rh_commit_open(&commit, image, error));
  OK(rh_commit_place(commit, 0, NULL, error));
  snprintf(temporary, sizeof temporary, "%s", rh_commit_item_at(commit, 2)->temporary);
  memcpy(expected, rh_commit_item_at(commit, 2)->after_sha256, 65);
  rh_commit_free(commit);
  rh_machine_free(image);
  OK(rh_file_sha256(digest, temporary, error));
  assert_string_equal(digest, expected);
  fixture_free(&self);
}

static void changed_meanwhile(void **state) {
  fixture self;
  rh_commit *commit = NULL;
  (void)state;
  fixture_make(&self);
  rh_machine *image = changed_image(&self);
  put_file(&self, RAS "router.pbk", "somebody else");
  char *before = tree_text(&self);
  FAILS(RH_ERR_STALE, rh_commit_open(&commit, image, error));
  assert_null(commit);
  char *after = tree_text(&self);
  assert_string_equal(after, before);
  rh_free(after);
  rh_free(before);
  rh_machine_free(image);
  fixture_free(&self);
  /* Also a file that was looked for in vain and is there now. */
  fixture_make(&self);
  image = changed_image(&self);
  put_file(&self, "New/Folder/file", "somebody else");
  FAILS(RH_ERR_STALE, rh_commit_open(&commit, image, error));
  rh_machine_free(image);
  fixture_free(&self);
}

static void nothing_to_do(void **state) {
  fixture self;
  rh_commit *commit = NULL;
  rh_registry *registry = NULL;
  (void)state;
  fixture_make(&self);
  rh_machine *image = open_image(&self), *overlay = overlay_of(image);
  OK(rh_machine_hive(image, "SYSTEM", &registry, error));
  /* There and back again. */
  rh_change there = {.action = RH_DELETE_FILE}, back = {0};
  there.path = rh_copy_text(RAS "old.dat");
  there.path_len = strlen(there.path);
  there.before.present = true;
  OK(rh_buffer_append(&there.before.data, "old", 3, error));
  OK(rh_change_invert(&back, &there, error));
  OK(rh_machine_apply(image, &there, CLOCK, false, error));
  OK(rh_machine_apply(image, &back, CLOCK, true, error));
  OK(rh_commit_open(&commit, image, error));
  assert_int_equal(rh_commit_count(commit), 0);
  rh_commit_free(commit);
  FAILS(RH_ERR_UNSUPPORTED, rh_commit_open(&commit, overlay, error));
  rh_change_dispose(&there);
  rh_change_dispose(&back);
  rh_machine_free(overlay);
  rh_machine_free(image);
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(items),
      cmocka_unit_test(dropped),
      cmocka_unit_test(dropped_half_way),
      cmocka_unit_test(changed_meanwhile),
      cmocka_unit_test(nothing_to_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
