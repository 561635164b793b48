/* Parts of a machine's hives as new hives. Private to this layer. */
#ifndef RH_MACHINE_STORE_CAPTURE_HIVES_H
#define RH_MACHINE_STORE_CAPTURE_HIVES_H

#include "machine/internal.h"

/* Starts as {.source = ...}. Keys are copied with class name and security; their times come last,
 * by capture_hives_finish. What the source does not have is passed over. */
typedef struct capture_hives {
  rh_machine *source;
  rh_hive *hives[MACHINE_HIVES]; /* NULL while nothing of that hive was taken */
  size_t keys, values;           /* counted by capture_hives_finish */
} capture_hives;

/* A key, by its path below the hive's root, with all below it. */
rh_status capture_hives_take(capture_hives *self, size_t hive, const char *path, rh_error *error);
/* What identifies the machine and its interfaces, and where its folders are. */
rh_status capture_hives_take_identity(capture_hives *self, rh_error *error);
/* The accounts, as a SAM hive made anew. */
rh_status capture_hives_take_accounts(capture_hives *self, bool users, bool groups,
                                      rh_error *error);
/* Gives every key the time that it has in the source. */
rh_status capture_hives_finish(capture_hives *self, rh_error *error);
void capture_hives_dispose(capture_hives *self);

#endif
