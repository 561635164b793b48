/* A machine in memory: hives from .reg text, files from bytes. Nothing of it is on a disk, and it
 * has no target; an overlay on it is written to as on any other. Its fingerprints are those of the
 * texts of all its hives, and of the files that were asked for. */
#ifndef RH_MACHINE_MEMORY_MEMORY_H
#define RH_MACHINE_MEMORY_MEMORY_H

#include "machine/machine.h"

/* A machine without a file, whose SYSTEM hive is empty unless one is set; name is its location, for
 * messages. */
rh_status rh_memory_machine_new(rh_machine **out, const char *name, rh_error *error);
/* Makes a hive (SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT) of .reg text, whose first line may be
 * missing. A SYSTEM hive that does not say which control
 * set is current has ControlSet001, which is what CurrentControlSet in the text stands for. After
 * an error the machine is to be freed. Hives are set once, before anything is read. */
rh_status rh_memory_machine_set_hive(rh_machine *machine, const char *hive, const char *text,
                                     size_t len, rh_error *error);
/* How many bytes its hives take: more than their text where keys are many and names short. */
size_t rh_memory_machine_hive_len(const rh_machine *machine);
/* Any path of machine.h; a hive's own file is one, too, as long as its hive was not set. */
rh_status rh_memory_machine_set_file(rh_machine *machine, const char *path, const void *data,
                                     size_t len, rh_error *error);

#endif
