/* What differs between two registry trees.
 *
 * Keys and values are paired by name without case; names that differ only in case are one. A key
 * that both trees have differs by its class or its security descriptor, a value by its type or its
 * data. Times are told, but alone make no difference, and neither does the order of values. */
#ifndef RH_REGISTRY_DIFF_H
#define RH_REGISTRY_DIFF_H

#include "registry/registry.h"

typedef enum rh_registry_difference_kind {
  RH_REGISTRY_ADDED,   /* only in b */
  RH_REGISTRY_REMOVED, /* only in a */
  RH_REGISTRY_CHANGED
} rh_registry_difference_kind;

/* One difference: of a value when a_value or b_value is there, of the key otherwise. All pointers
 * are borrowed for the call. */
typedef struct rh_registry_difference {
  rh_registry_difference_kind kind;
  const char *path; /* of the key, from the keys that are compared: "" or "\A\B"; may hold NULs */
  size_t path_len;
  bool within; /* part of a difference that was told: the key above, or the value's key, is itself
                  added or removed */
  const rh_key_info *a_key, *b_key; /* NULL where the key is not */
  const rh_value *a_value, *b_value;
  bool class_differs, security_differs; /* of a changed key */
} rh_registry_difference;

/* Callbacks as in rh_walker: a status other than RH_OK ends the comparison and is returned;
 * on_damage may be NULL, and then damage ends it. What is damaged in one tree counts as missing
 * there. */
typedef struct rh_registry_differ {
  rh_status (*on_difference)(void *payload, const rh_registry_difference *difference,
                             rh_error *error);
  rh_status (*on_damage)(void *payload, bool in_b, const char *path, size_t path_len,
                         const rh_error *damage);
  void *payload;
} rh_registry_differ;

/* Compares a_key of a with b_key of b, values and all below. Keys come before what is in them, a
 * key's values before its subkeys. Needs memory for the names of one key's subkeys a level where
 * the two differ, and none where they are the same. */
rh_status rh_registry_diff(rh_registry *a, rh_key a_key, rh_registry *b, rh_key b_key,
                           const rh_registry_differ *differ, rh_error *error);

#endif
