/* Making an image from text: how examples and tests come to have servers.
 *
 *   FOLDER/NAME.reg                               read in sorted order, each key into its hive
 *   FOLDER/files/                                 copied as it is
 *   FOLDER/certificates/STORE/NAME.cer            DER or PEM, put into that machine store
 *   FOLDER/certificates/STORE/NAME.container      links a private key of that container */
#ifndef RH_MACHINE_IMAGE_BUILD_H
#define RH_MACHINE_IMAGE_BUILD_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct rh_build_options {
  uint64_t time;         /* FILETIME that stamps every key; 0 = now */
  bool skip_other_hives; /* leave out keys that lie in no hive of a machine (HKEY_USERS, ...) */
  const char
      *control_set; /* what CurrentControlSet stands for; NULL = what Select\\Current names */
} rh_build_options;

typedef struct rh_build_counts {
  size_t hives, values, skipped_keys, files, certificates;
} rh_build_counts;

/* Makes the image in a folder that must not exist: the same input with the same time gives the same
 * bytes. A failure removes what was made. */
rh_status rh_image_build(const char *folder, const char *image, const rh_build_options *options,
                         rh_build_counts *counts, rh_error *error);

#endif
