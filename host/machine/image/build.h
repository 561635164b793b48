/* Making an image from text: how examples and tests come to have servers.
 *
 *   FOLDER/SYSTEM*.reg, SOFTWARE*.reg, SAM*.reg   read in sorted order into a new hive each
 *   FOLDER/files/                                 copied as it is
 *   FOLDER/certificates/STORE/NAME.cer            DER or PEM, put into that machine store
 *   FOLDER/certificates/STORE/NAME.container      links a private key of that container */
#ifndef RH_MACHINE_IMAGE_BUILD_H
#define RH_MACHINE_IMAGE_BUILD_H

#include "base/memory.h"

#include <stdint.h>

typedef struct rh_build_counts {
  size_t hives, values, files, certificates;
} rh_build_counts;

/* Makes the image in a folder that must not exist. time (FILETIME, 0 = now) stamps every key: the
 * same input gives the same bytes. A failure removes what was made. */
rh_status rh_image_build(const char *folder, const char *image, uint64_t time,
                         rh_build_counts *counts, rh_error *error);

#endif
