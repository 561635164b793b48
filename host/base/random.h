/* Random bytes, by OpenSSL. */
#ifndef RH_BASE_RANDOM_H
#define RH_BASE_RANDOM_H

#include "base/status.h"

#define RH_RANDOM_ID 33 /* with the NUL */

rh_status rh_random(unsigned char *out, size_t len, rh_error *error);
/* A name that nothing else has: 128 random bits in lower-case hex. */
rh_status rh_random_id(char out[RH_RANDOM_ID], rh_error *error);

#endif
