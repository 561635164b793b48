/* One typed mutation of a machine with its before-image: what plans, journals and rollback are made
 * of.
 *
 * Times. Applying a change stamps the key that it touches, and making or deleting a key stamps its
 * parent too. So that the way back restores every time, a change made by rh_machine_changes tells
 * what they were:
 *   - the side `before` has the last write, in the base, of the key that the change touches: the
 *     key of a value, the key whose details change, the key that is deleted;
 *   - the absent side of RH_CREATE_KEY (before) and of RH_DELETE_KEY (after) has the last write, in
 *     the base, of the parent;
 *   - 0 stands for what the base does not have, and for what only the clock will tell.
 * All inverted changes, applied in reverse order with restore_times, give the same registry to the
 * last time stamp. */
#ifndef RH_MACHINE_CHANGE_H
#define RH_MACHINE_CHANGE_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum rh_change_action {
  RH_CREATE_KEY,
  RH_DELETE_KEY,  /* an empty key: what was in it is deleted by changes before this one */
  RH_SET_DETAILS, /* class name and security of a key */
  RH_SET_VALUE,
  RH_DELETE_VALUE,
  RH_WRITE_FILE,
  RH_DELETE_FILE
} rh_change_action;

/* One side of a change. For a value: type and data. For a file: data. For a key: class name in
 * data, security, and its time. */
typedef struct rh_change_side {
  bool present;
  uint32_t type;
  rh_buffer data;
  rh_buffer security;
  uint64_t time; /* FILETIME, see above */
} rh_change_side;

typedef struct rh_change {
  rh_change_action action;
  char *hive; /* "SYSTEM", "SOFTWARE", ...; NULL for a file */
  char *path; /* key path below the hive's root, "\ControlSet001\..."; or the image-relative file */
  size_t path_len;
  char *name; /* value name, NULL for keys and files */
  size_t name_len;
  rh_change_side before, after;
  uint32_t origin; /* the step that made it: a number that the plan gives a meaning */
  bool secret;     /* the data must not be shown */
} rh_change;

/* An ordered list that owns its changes. Starts as {0}. */
typedef struct rh_change_list {
  rh_change *items;
  size_t count, capacity;
} rh_change_list;

/* Appends a zeroed change and gives it for filling in; valid until the next append. */
rh_status rh_change_list_add(rh_change_list *list, rh_change **out, rh_error *error);
void rh_change_list_dispose(rh_change_list *list);
void rh_change_dispose(rh_change *change);

/* What undoes a change: sides swapped, action turned round. Deep copy into out, whose old content
 * is not looked at. */
rh_status rh_change_invert(rh_change *out, const rh_change *change, rh_error *error);

/* "SYSTEM\ControlSet001\...: Name", or the file's path, for people. Appended to out. */
rh_status rh_change_describe(rh_buffer *out, const rh_change *change, rh_error *error);
const char *rh_change_action_name(rh_change_action action); /* "set-value" */
/* RH_ERR_NOT_FOUND for an unknown name. */
rh_status rh_change_action_parse(rh_change_action *out, const char *name, rh_error *error);

#endif
