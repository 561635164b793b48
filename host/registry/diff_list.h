/* For the comparison of registry trees: what is left of two lists whose names do not agree. */
#ifndef RH_REGISTRY_DIFF_LIST_H
#define RH_REGISTRY_DIFF_LIST_H

#include "registry/registry.h"

enum { A, B };

/* An entry of a list: its name, and how to come back to it. */
typedef struct diff_entry {
  size_t name, name_len; /* in names */
  int in;                /* A or B */
  size_t order;
  rh_key key;       /* of a list of keys */
  rh_cursor cursor; /* of a list of values: just before this one */
  const char *text; /* the name, once names no longer moves */
} diff_entry;

typedef struct diff_gathering {
  diff_entry *items;
  size_t count, capacity;
  rh_buffer names;
} diff_gathering;

bool diff_same_name(const char *a, size_t a_len, const char *b, size_t b_len);
/* Adds an entry whose in, name_len and place are set. */
rh_status diff_gather(diff_gathering *into, diff_entry item, const char *name, rh_error *error);
/* By name, A's before B's; text may be used from here on. */
void diff_sort(diff_gathering *all);
/* The partner in B of the entry of A at index: the next one, when it has the same name. Of entries
 * of one side with the same name, which a sound key does not have, the first one is paired. */
const diff_entry *diff_partner_of(const diff_gathering *all, size_t index);
/* Is the entry of B at index the partner of one of A? */
bool diff_has_partner(const diff_gathering *all, size_t index);
void diff_gathering_dispose(diff_gathering *all);

#endif
