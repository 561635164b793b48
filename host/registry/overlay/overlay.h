/* Copy-on-write on top of any registry: changes are seen through it and reach nothing else.
 *
 * The base is borrowed and must not change while the overlay lives; it is not an overlay itself
 * (RH_ERR_UNSUPPORTED). A change that restores what the base has disappears from the list, and
 * times alone are no change. A handle whose key was deleted gives RH_ERR_NOT_FOUND. */
#ifndef RH_REGISTRY_OVERLAY_OVERLAY_H
#define RH_REGISTRY_OVERLAY_OVERLAY_H

#include "registry/registry.h"

rh_status rh_overlay_open(rh_registry **out, rh_registry *base, rh_error *error);

/* Changes made from now on belong to origin, a number that the caller gives a meaning (a step). */
void rh_overlay_set_origin(rh_registry *overlay, uint32_t origin);

/* Beside the backend interface: a value may be known to hold a secret. The mark is kept with the
 * change and told with it, also when the value or its key is deleted later. Call after setting the
 * value, or before deleting it. RH_ERR_NOT_FOUND when there is no such value. */
rh_status rh_overlay_mark_secret(rh_registry *overlay, rh_key key, const char *name, size_t len,
                                 rh_error *error);

typedef enum rh_change_kind {
  RH_CHANGE_KEY_CREATED,
  RH_CHANGE_KEY_DELETED,
  RH_CHANGE_KEY_DETAILS, /* class or security of a key that was there */
  RH_CHANGE_VALUE_SET,   /* new or different */
  RH_CHANGE_VALUE_DELETED
} rh_change_kind;

/* One mutation with what it replaces. All pointers are borrowed for the duration of the callback.
 * before is NULL for what is new, after for what is gone. */
typedef struct rh_overlay_change {
  rh_change_kind kind;
  const char *path; /* "\A\B" */
  size_t path_len;
  const rh_key_info *key_before, *key_after;  /* for the KEY_ kinds */
  const rh_value *value_before, *value_after; /* for the VALUE_ kinds */
  uint32_t origin;
  bool secret;
} rh_overlay_change;

/* Tells the changes in an order in which they can be applied one by one: keys sorted, a new key
 * before what is in it, a deleted key after what was in it. A key deleted and made again is told as
 * its differences. RH_ERR_FORMAT when a deleted key holds what the base cannot read, for which
 * there would be no way back. The callback must not change the overlay. */
rh_status rh_overlay_changes(rh_registry *overlay,
                             rh_status (*on_change)(void *payload, const rh_overlay_change *change,
                                                    rh_error *error),
                             void *payload, rh_error *error);

#endif
