/* The lock of a destination, and who holds it.
 *
 * The lock itself is the system's, on what the target says: it ends with its process, whatever
 * happens. Who holds it stands in a file, so that another process can name it; an image has it
 * beside its folder. A file that is there although the lock was free is what a killed process left:
 * the evidence that its run was not ended. Where no file can be written there (a read-only folder,
 * a foreign file of that name), the lock holds without a name. */
#include "base/calendar.h"
#include "plan/json.h"
#include "run/internal.h"

#include <string.h>

#define FACTS_MAX 16384 /* bytes */

struct rh_run_guard {
  rh_lock *lock;
  char *path; /* of the facts; NULL when a foreign file is there */
  json_t *facts, *left;
};

static json_t *read_facts(const char *path) {
  rh_buffer text = {0};
  json_t *facts = NULL;
  if (rh_file_read(&text, path, FACTS_MAX, NULL) == RH_OK)
    facts = json_loadb(rh_buffer_text(&text), text.len, RH_JSON_LOAD_FLAGS, NULL);
  rh_buffer_dispose(&text);
  if (!json_is_integer(json_object_get(facts, "process"))) {
    json_decref(facts);
    return NULL;
  }
  return facts;
}

rh_status rh_run_describe_holder(rh_buffer *out, const json_t *facts, rh_error *error) {
  const char *command = json_string_value(json_object_get(facts, "command"));
  const char *since = json_string_value(json_object_get(facts, "since"));
  const char *user = json_string_value(json_object_get(facts, "user"));
  json_int_t process = json_integer_value(json_object_get(facts, "process"));
  return rh_buffer_printf(out, error, "process %lld (rehome %s, by %s, since %s)",
                          (long long)process, command ? command : "?", user ? user : "?",
                          since ? since : "?");
}

/* Adds the holder to RH_ERR_LOCKED. */
static void name_holder(const char *path, const char *destination, rh_error *error) {
  rh_buffer holder = {0};
  json_t *facts = read_facts(path);
  if (facts && rh_run_describe_holder(&holder, facts, NULL) == RH_OK) {
    rh_error_set(error, RH_ERR_LOCKED, destination, "%s works here", rh_buffer_text(&holder));
    if (error)
      rh_error_hint(error, "wait until it ends, then run the command again");
  }
  rh_buffer_dispose(&holder);
  json_decref(facts);
}

static json_t *own_facts(const char *command, const char *run) {
  char now[RH_TIME_TEXT];
  rh_buffer user = {0}, line = {0};
  json_t *facts = NULL;
  rh_time_print(now, rh_seconds_from_filetime(rh_platform_filetime()));
  if (rh_platform_user_name(&user, NULL) == RH_OK &&
      rh_buffer_printf(&line, NULL, "%s, run folder %s", command, run) == RH_OK)
    facts = json_pack("{s:I, s:o, s:s, s:o}", "process", (json_int_t)rh_platform_process_id(),
                      "command", rh_json_from_name(rh_buffer_text(&line), line.len), "since", now,
                      "user", rh_json_from_name(rh_buffer_text(&user), user.len));
  rh_buffer_dispose(&user);
  rh_buffer_dispose(&line);
  return facts;
}

static void write_facts(const char *path, const json_t *facts) {
  rh_buffer text = {0};
  if (facts && rh_json_dump(&text, facts, JSON_COMPACT | JSON_SORT_KEYS, NULL) == RH_OK &&
      rh_buffer_append_text(&text, "\n", NULL) == RH_OK)
    rh_file_write(path, text.data, text.len, RH_FILE_SHARED, NULL);
  rh_buffer_dispose(&text);
}

/* The system's lock, and the name of its holder when it cannot be had. */
static rh_status lock_target(rh_lock **out, rh_buffer *holder, rh_target *target, rh_error *error) {
  rh_status status = rh_target_lock(out, holder, target, error);
  if (status == RH_ERR_LOCKED)
    name_holder(rh_buffer_text(holder), rh_target_location(target), error);
  return status;
}

rh_status rh_run_check_free(const char *destination, rh_error *error) {
  rh_target *target = NULL;
  rh_lock *lock = NULL;
  rh_buffer holder = {0};
  rh_status status = rh_target_open(&target, destination, error);
  if (status == RH_OK)
    status = lock_target(&lock, &holder, target, error);
  rh_platform_unlock(lock);
  rh_target_free(target);
  rh_buffer_dispose(&holder);
  return status;
}

rh_status rh_run_lock(rh_run_guard **out, rh_target *target, const char *command, const char *run,
                      rh_error *error) {
  rh_buffer path = {0};
  *out = NULL;
  rh_run_guard *guard = rh_alloc_zero(1, sizeof *guard);
  rh_status status =
      guard ? lock_target(&guard->lock, &path, target, error) : rh_error_memory(error);
  if (status != RH_OK) {
    rh_buffer_dispose(&path);
    rh_free(guard);
    return status;
  }
  guard->left = read_facts(rh_buffer_text(&path));
  if (guard->left || !rh_file_exists(rh_buffer_text(&path))) {
    guard->path = (char *)path.data;
    guard->facts = own_facts(command, run);
    write_facts(guard->path, guard->facts);
  } else {
    rh_buffer_dispose(&path); /* somebody's own file has that name */
  }
  *out = guard;
  return RH_OK;
}

void rh_run_unlock(rh_run_guard *guard) {
  if (!guard)
    return;
  if (guard->path && rh_file_exists(guard->path))
    rh_platform_remove(guard->path, NULL);
  rh_platform_unlock(guard->lock);
  json_decref(guard->facts);
  json_decref(guard->left);
  rh_free(guard->path);
  rh_free(guard);
}

void rh_run_tell_left(rh_run *run, const rh_run_guard *guard, const rh_run_observer *observer) {
  rh_buffer text = {0};
  if (!guard->left)
    return;
  json_t *facts = json_copy(guard->left);
  json_object_set_new(facts, "what", json_string("lock-taken-over"));
  rh_run_event(run, "run", facts, NULL);
  json_decref(facts);
  if (observer && observer->on_note && rh_run_describe_holder(&text, guard->left, NULL) == RH_OK &&
      rh_buffer_append_text(&text, " ended without giving its lock back; it was taken over",
                            NULL) == RH_OK)
    observer->on_note(observer->payload, rh_buffer_text(&text));
  rh_buffer_dispose(&text);
}
