/* The target of an image: prepared first, put in place file by file, or not at all. */
#include "machine_fixture.h"

#include "machine/target.h"

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
static rh_target_job job_for(const fixture *self) {
  rh_target_job job = {.clock = CLOCK};
  rh_registry *registry = NULL;
  rh_machine *image = open_image(self), *overlay = overlay_of(image);
  OK(rh_machine_hive(overlay, "SYSTEM", &registry, error));
  put_dword(registry, "ControlSet001\\Services\\RemoteAccess", "Start", 4);
  OK(rh_machine_hive(overlay, "SOFTWARE", &registry, error));
  put_dword(registry, "Microsoft\\RAS", "New", 1);
  OK(rh_machine_file_write(overlay, RAS "router.pbk", "[Branch]\r\n", 10, error));
  OK(rh_machine_file_write(overlay, "New/Folder/file", "x", 1, error));
  OK(rh_machine_file_delete(overlay, RAS "old.dat", error));
  OK(rh_machine_changes(overlay, &job.changes, error));
  rh_machine_free(overlay);
  rh_machine_free(image);
  job.keep = rh_platform_join(self->folder, "kept");
  OK(rh_file_make_folders(job.keep, RH_FILE_PRIVATE, error));
  return job;
}

static rh_target *open_target(const fixture *self) {
  rh_target *target = NULL;
  OK(rh_target_open(&target, self->image, error));
  assert_string_equal(rh_target_location(target), self->image);
  assert_string_equal(rh_target_unit(target), "files");
  return target;
}

static void assert_tree(const fixture *self, const char *expected) {
  char *now = tree_text(self);
  assert_string_equal(now, expected);
  rh_free(now);
}

static void assert_state(rh_target *target, const rh_target_job *job, size_t index,
                         rh_item_state expected) {
  rh_item_state state;
  OK(rh_target_check(&state, target, job, index, error));
  assert_int_equal(state, expected);
}

static const char *const paths[] = {"Windows/System32/config/SYSTEM",
                                    "Windows/System32/config/SOFTWARE", "New/Folder/file",
                                    RAS "old.dat", RAS "router.pbk"};
enum { NEW_FILE = 2, DELETED_FILE = 3, ITEMS = 5 };

static void assert_item(const fixture *self, const rh_target_item *item, size_t index) {
  char target[400], digest[65];
  snprintf(target, sizeof target, "%s/%s", self->image, paths[index]);
  assert_string_equal(item->path, paths[index]);
  assert_string_equal(item->target, target);
  assert_int_equal(item->change, 0);
  if (index == NEW_FILE) {
    assert_string_equal(item->before, "");
    assert_false(rh_file_exists(target));
  } else {
    OK(rh_file_sha256(digest, target, error));
    assert_string_equal(item->before, digest);
  }
  if (index == DELETED_FILE) {
    assert_null(item->temporary);
    assert_string_equal(item->after, "");
  } else {
    OK(rh_file_sha256(digest, item->temporary, error));
    assert_string_equal(item->after, digest);
  }
}

/* Each file is as the item says, and what it was is kept. */
static void assert_placed(const fixture *self, const rh_target_job *job, size_t index) {
  const rh_target_item *item = &job->items[index];
  char digest[65];
  char *kept = rh_platform_join(job->keep, item->previous);
  (void)self;
  assert_int_equal(rh_file_exists(item->target), index != DELETED_FILE);
  if (index != DELETED_FILE) {
    OK(rh_file_sha256(digest, item->target, error));
    assert_string_equal(digest, item->after);
  }
  assert_int_equal(rh_file_exists(kept), index != NEW_FILE);
  if (index != NEW_FILE) {
    OK(rh_file_sha256(digest, kept, error));
    assert_string_equal(digest, item->before);
  }
  rh_free(kept);
}

static void there_and_back(void **state) {
  fixture self;
  size_t count = 0;
  const char *path = NULL;
  (void)state;
  fixture_make(&self);
  char *before = tree_text(&self);
  rh_target *target = open_target(&self);
  rh_target_job job = job_for(&self);
  OK(rh_target_foresee(target, &job, error));
  assert_int_equal(job.folders.count, 2);
  assert_string_equal(job.folders.names[0], "New");
  assert_string_equal(job.folders.names[1], "New/Folder");
  assert_tree(&self, before);
  OK(rh_target_prepare(target, &job, NULL, error));
  assert_int_equal(job.item_count, ITEMS);
  assert_false(rh_target_has_changed(target, &job));
  for (size_t i = 0; i < ITEMS; i++)
    assert_item(&self, &job.items[i], i);
  for (size_t i = 0; i < ITEMS; i++) {
    assert_state(target, &job, i, RH_ITEM_BEFORE);
    OK(rh_target_place(target, &job, i, error));
    assert_state(target, &job, i, RH_ITEM_AFTER);
    assert_placed(&self, &job, i);
    OK(rh_target_place(target, &job, i, error)); /* once more is nothing more */
    assert_placed(&self, &job, i);
    assert_true(rh_target_has_changed(target, &job));
  }
  OK(rh_target_prepare_undo(&count, target, &job, NULL, error));
  assert_int_equal(count, ITEMS);
  for (size_t i = 0; i < ITEMS; i++) {
    OK(rh_target_undo(&path, target, &job, i, error));
    assert_string_equal(path, paths[ITEMS - 1 - i]);
    assert_state(target, &job, ITEMS - 1 - i, RH_ITEM_BEFORE);
  }
  OK(rh_target_check_undone(target, &job, error));
  OK(rh_target_clear(target, &job, error));
  assert_tree(&self, before);
  rh_target_free(target);
  rh_target_job_dispose(&job);
  rh_free(before);
  fixture_free(&self);
}

/* What is prepared stays for another process, until it is cleared away. */
static void prepared_and_dropped(void **state) {
  fixture self;
  (void)state;
  fixture_make(&self);
  char *before = tree_text(&self);
  rh_target *target = open_target(&self);
  rh_target_job job = job_for(&self);
  OK(rh_target_foresee(target, &job, error));
  OK(rh_target_prepare(target, &job, NULL, error));
  rh_target_free(target);
  char *prepared = tree_text(&self);
  assert_string_not_equal(prepared, before);
  rh_free(prepared);
  target = open_target(&self);
  assert_false(rh_target_has_changed(target, &job));
  OK(rh_target_place(target, &job, 0, error));
  rh_target_free(target);
  target = open_target(&self);
  assert_true(rh_target_has_changed(target, &job));
  for (size_t i = 1; i < ITEMS; i++)
    OK(rh_target_place(target, &job, i, error));
  for (size_t i = 0; i < ITEMS; i++)
    assert_placed(&self, &job, i);
  rh_target_free(target);
  rh_target_job_dispose(&job);
  fixture_free(&self);

  fixture_make(&self);
  rh_free(before);
  before = tree_text(&self);
  target = open_target(&self);
  job = job_for(&self);
  OK(rh_target_foresee(target, &job, error));
  OK(rh_target_prepare(target, &job, NULL, error));
  OK(rh_target_clear(target, &job, error));
  assert_tree(&self, before);
  rh_target_free(target);
  rh_target_job_dispose(&job);
  rh_free(before);
  fixture_free(&self);
}

/* A rename that is not atomic, stopped: nothing has the name, and both ways lead on. */
static void stopped_inside_a_rename(void **state) {
  (void)state;
  for (int back = 0; back < 2; back++) {
    fixture self;
    const char *path = NULL;
    size_t count = 0;
    fixture_make(&self);
    char *before = tree_text(&self);
    rh_target *target = open_target(&self);
    rh_target_job job = job_for(&self);
    OK(rh_target_foresee(target, &job, error));
    OK(rh_target_prepare(target, &job, NULL, error));
    rh_target_item *item = &job.items[1];
    char *kept = rh_platform_join(job.keep, item->previous);
    OK(rh_platform_keep(item->target, kept, error));
    OK(rh_platform_remove(item->target, error));
    assert_state(target, &job, 1, RH_ITEM_HALF);
    assert_true(rh_target_has_changed(target, &job));
    if (back) {
      OK(rh_target_prepare_undo(&count, target, &job, NULL, error));
      /* The way back is stopped there, too: the new file is away, the old one has no name yet. */
      char old[500];
      snprintf(old, sizeof old, "%s.rehome-back", item->target);
      OK(rh_platform_keep(kept, old, error));
      OK(rh_platform_remove(item->temporary, error));
      assert_state(target, &job, 1, RH_ITEM_HALF);
      OK(rh_target_prepare_undo(&count, target, &job, NULL, error));
      for (size_t i = 0; i < count; i++)
        OK(rh_target_undo(&path, target, &job, i, error));
      OK(rh_target_clear(target, &job, error));
      assert_tree(&self, before);
    } else {
      OK(rh_target_place(target, &job, 1, error));
      assert_placed(&self, &job, 1);
    }
    rh_free(kept);
    rh_target_free(target);
    rh_target_job_dispose(&job);
    rh_free(before);
    fixture_free(&self);
  }
}

/* A file that somebody takes away when all is in place is no half-way rename: it is told. */
static void taken_away_afterwards(void **state) {
  fixture self;
  size_t count = 0;
  (void)state;
  fixture_make(&self);
  rh_target *target = open_target(&self);
  rh_target_job job = job_for(&self);
  OK(rh_target_prepare(target, &job, NULL, error));
  for (size_t i = 0; i < ITEMS; i++)
    OK(rh_target_place(target, &job, i, error));
  OK(rh_platform_remove(job.items[4].target, error));
  assert_state(target, &job, 4, RH_ITEM_OTHER);
  FAILS(RH_ERR_DIFFERS, rh_target_place(target, &job, 4, error));
  rh_error problem = {0};
  assert_int_equal(rh_target_prepare_undo(&count, target, &job, NULL, &problem), RH_ERR_DIFFERS);
  assert_string_equal(problem.object, RAS "router.pbk");
  rh_target_free(target);
  rh_target_job_dispose(&job);
  fixture_free(&self);
}

/* Between preparing and placing somebody may come, too. */
static void changed_before_its_turn(void **state) {
  fixture self;
  (void)state;
  fixture_make(&self);
  rh_target *target = open_target(&self);
  rh_target_job job = job_for(&self);
  OK(rh_target_prepare(target, &job, NULL, error));
  put_file(&self, RAS "router.pbk", "somebody else");
  put_file(&self, "New/Folder/file", "somebody else");
  char *before = tree_text(&self);
  FAILS(RH_ERR_DIFFERS, rh_target_place(target, &job, 4, error));
  FAILS(RH_ERR_DIFFERS, rh_target_place(target, &job, NEW_FILE, error));
  assert_tree(&self, before);
  OK(rh_file_write(job.items[0].temporary, "x", 1, RH_FILE_PRIVATE, error));
  FAILS(RH_ERR_DIFFERS, rh_target_place(target, &job, 0, error)); /* the prepared one is damaged */
  assert_state(target, &job, 0, RH_ITEM_BEFORE);
  rh_free(before);
  rh_target_free(target);
  rh_target_job_dispose(&job);
  fixture_free(&self);
}

static void stale_file(void **state) {
  fixture self;
  (void)state;
  fixture_make(&self);
  rh_target *target = open_target(&self);
  rh_target_job job = job_for(&self);
  put_file(&self, RAS "router.pbk", "somebody else");
  char *before = tree_text(&self);
  FAILS(RH_ERR_STALE, rh_target_prepare(target, &job, NULL, error));
  assert_int_equal(job.item_count, 0);
  assert_tree(&self, before);
  rh_free(before);
  rh_target_free(target);
  rh_target_job_dispose(&job);
  fixture_free(&self);
}

static void count_progress(void *payload, size_t done, size_t total) {
  size_t *last = payload;
  assert_int_equal(done, *last + 1);
  assert_true(done <= total);
  *last = done;
}

static void changes_that_take_each_other_back(void **state) {
  fixture self;
  size_t told = 0;
  (void)state;
  fixture_make(&self);
  rh_target *target = open_target(&self);
  rh_target_job job = {.clock = CLOCK, .keep = rh_copy_text(self.folder)};
  rh_change *there = NULL, *back = NULL, copy = {0};
  OK(rh_change_list_add(&job.changes, &there, error));
  there->action = RH_DELETE_FILE;
  there->path = rh_copy_text(RAS "old.dat");
  there->path_len = strlen(there->path);
  there->before.present = true;
  OK(rh_buffer_append(&there->before.data, "old", 3, error));
  OK(rh_change_invert(&copy, there, error));
  OK(rh_change_list_add(&job.changes, &back, error));
  *back = copy;
  const rh_target_progress progress = {count_progress, &told};
  OK(rh_target_prepare(target, &job, &progress, error));
  assert_int_equal(told, 2);
  assert_int_equal(job.item_count, 0);
  rh_target_free(target);
  rh_target_job_dispose(&job);
  fixture_free(&self);
}

static void what_is_no_target(void **state) {
  fixture self;
  rh_target *target = NULL;
  char path[300];
  (void)state;
  fixture_make(&self);
  FAILS(RH_ERR_NOT_FOUND, rh_target_open(&target, "/nowhere/at/all", error));
  snprintf(path, sizeof path, "%s/" RAS "old.dat", self.image);
  FAILS(RH_ERR_ARGUMENT, rh_target_open(&target, path, error));
  assert_null(target);
  fixture_free(&self);
}

static void one_at_a_time(void **state) {
  fixture self;
  rh_lock *first = NULL, *second = NULL;
  rh_buffer holder = {0};
  char expected[300];
  (void)state;
  fixture_make(&self);
  snprintf(expected, sizeof expected, "%s.rehome-lock", self.image);
  rh_target *target = open_target(&self);
  OK(rh_target_lock(&first, &holder, target, error));
  assert_string_equal(rh_buffer_text(&holder), expected);
  FAILS(RH_ERR_LOCKED, rh_target_lock(&second, &holder, target, error));
  assert_string_equal(rh_buffer_text(&holder), expected);
  rh_platform_unlock(first);
  OK(rh_target_lock(&second, &holder, target, error));
  rh_platform_unlock(second);
  rh_buffer_dispose(&holder);
  rh_target_free(target);
  fixture_free(&self);
}

/* A journal is a file: what it names may lead anywhere. */
static void items_that_lead_out(void **state) {
  static const char *const targets[] = {"/etc/passwd", "/place/../outside", "/placex/file",
                                        "/place", "/place/a\\..\\b"};
  (void)state;
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    char target[40], inside[] = "/place/file", previous[] = "kept";
    snprintf(target, sizeof target, "%s", targets[i]);
    rh_target_item item = {.target = target, .previous = previous};
    FAILS(RH_ERR_FORMAT, rh_target_check_item(&item, "/place", "here", error));
    item = (rh_target_item){.target = inside, .temporary = target, .previous = previous};
    FAILS(RH_ERR_FORMAT, rh_target_check_item(&item, "/place", "here", error));
  }
  char inside[] = "/place/a..b/file", above[] = "../kept", itself[] = "..", kept[] = "kept";
  rh_target_item item = {.target = inside, .previous = above};
  FAILS(RH_ERR_FORMAT, rh_target_check_item(&item, "/place", "here", error));
  item.previous = itself;
  FAILS(RH_ERR_FORMAT, rh_target_check_item(&item, "/place", "here", error));
  item.previous = kept;
  OK(rh_target_check_item(&item, "/place", "here", error));
  OK(rh_target_check_folder("New/Folder", "here", error));
  FAILS(RH_ERR_FORMAT, rh_target_check_folder("New/..", "here", error));
  /* A setting where a file should be is refused before anything is touched. */
  fixture self;
  rh_item_state found;
  fixture_make(&self);
  rh_target *target = open_target(&self);
  char setting[] = "SYSTEM\\x", keep[] = "/nowhere";
  rh_target_item foreign = {.path = setting, .change = 1};
  const rh_target_job job = {.keep = keep, .items = &foreign, .item_count = 1};
  size_t count;
  FAILS(RH_ERR_FORMAT, rh_target_check(&found, target, &job, 0, error));
  FAILS(RH_ERR_FORMAT, rh_target_place(target, &job, 0, error));
  FAILS(RH_ERR_FORMAT, rh_target_prepare_undo(&count, target, &job, NULL, error));
  rh_target_free(target);
  fixture_free(&self);
}

/* What was read is compared name by name: a file, one that was not there, another kind of machine.
 */
static void freshness(void **state) {
  fixture self;
  rh_fingerprint_list was = {0};
  rh_name_list changed = {0};
  (void)state;
  fixture_make(&self);
  rh_machine *image = open_image(&self);
  char *text = hive_text(image, "SYSTEM", false);
  rh_free(text);
  assert_true(rh_machine_file_exists(image, RAS "old.dat"));
  assert_false(rh_machine_file_exists(image, RAS "none.dat"));
  OK(rh_machine_fingerprints(image, &was, error));
  rh_machine_free(image);
  assert_int_equal(was.count, 3);
  OK(rh_machine_check_fresh(&changed, self.image, &was, error));
  assert_int_equal(changed.count, 0);
  put_file(&self, RAS "none.dat", "now it is there");
  put_file(&self, RAS "old.dat", "other");
  OK(rh_machine_check_fresh(&changed, self.image, &was, error));
  assert_int_equal(changed.count, 2);
  assert_string_equal(changed.names[0], RAS "none.dat");
  assert_string_equal(changed.names[1], RAS "old.dat");
  rh_name_list_dispose(&changed);
  rh_fingerprint_list_dispose(&was);
  OK(rh_fingerprint_list_add(&was, "store", "absent", error));
  OK(rh_machine_check_fresh(&changed, self.image, &was, error));
  assert_int_equal(changed.count, 1);
  rh_name_list_dispose(&changed);
  rh_fingerprint_list_dispose(&was);
  FAILS(RH_ERR_NOT_FOUND, rh_machine_check_fresh(&changed, "/nowhere/at/all", &was, error));
  fixture_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_and_back),
      cmocka_unit_test(prepared_and_dropped),
      cmocka_unit_test(stopped_inside_a_rename),
      cmocka_unit_test(taken_away_afterwards),
      cmocka_unit_test(changed_before_its_turn),
      cmocka_unit_test(stale_file),
      cmocka_unit_test(changes_that_take_each_other_back),
      cmocka_unit_test(what_is_no_target),
      cmocka_unit_test(one_at_a_time),
      cmocka_unit_test(items_that_lead_out),
      cmocka_unit_test(freshness),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
