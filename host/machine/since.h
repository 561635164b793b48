/* What others have changed on a machine since a job was done there: what the job left, and what is
 * there now, place by place. */
#ifndef RH_MACHINE_SINCE_H
#define RH_MACHINE_SINCE_H

#include "machine/change.h"

typedef struct rh_since {
  rh_change change; /* before: what the job left; after: what is there now */
  bool ours;        /* the job changed something there, too */
  bool is_before;   /* it is again what it was before the job: nothing is to be decided */
  bool discard;     /* decided by the caller: it goes; else it stays */
} rh_since;

/* Owns its items. In an order in which they could have been made: keys before what is in them,
 * deleted ones behind. Starts as {0}. */
typedef struct rh_since_list {
  rh_since *items;
  size_t count, capacity;
} rh_since_list;
void rh_since_list_dispose(rh_since_list *list);

/* What is there now in words, or what the job left; where the job wrote nothing only numbers are
 * shown: nobody has said that the rest is no secret. */
rh_status rh_since_describe_now(rh_buffer *out, const rh_since *item, rh_error *error);
rh_status rh_since_describe_left(rh_buffer *out, const rh_since *item, rh_error *error);
/* "changed", "new" or "deleted". */
const char *rh_since_kind(const rh_since *item);
/* Whether a change of the job stays as it is because of what is kept: that is at its place, is a
 * key above it that is gone, or stands in the key that it made. */
bool rh_since_holds(const rh_since_list *list, const rh_change *change);

#endif
