/* A place that the user names on a machine, and which changes are made there.
 *
 * A registry key with all below it ("HKLM\SYSTEM\..."), a value (its key, a backslash and its name,
 * "@" for the default one), or a file ("C:\Windows\...", "%SystemRoot%\...", "file:Windows/...").
 */
#ifndef RH_MACHINE_PLACE_H
#define RH_MACHINE_PLACE_H

#include "machine/machine.h"

typedef struct rh_place {
  const char *hive; /* NULL for a file; a constant */
  rh_buffer path;   /* a key as in a change, "\ControlSet001\..."; or an image-relative file */
  size_t parent_len;
} rh_place;

/* RH_ERR_NOT_FOUND for a hive or drive that the machine has not. */
rh_status rh_place_parse(rh_place *out, rh_machine *machine, const char *path, rh_error *error);
void rh_place_dispose(rh_place *place);
/* A change there, below it, or of a key that cannot go while the place stays. */
bool rh_place_concerns(const rh_place *place, const rh_change *change);
/* Appends the place of a change in the form above. */
rh_status rh_place_name(rh_buffer *out, const rh_change *change, rh_error *error);

#endif
