/* Random bytes, by OpenSSL. */
#include "base/random.h"

#include "base/text.h"

#include <openssl/rand.h>

rh_status rh_random(unsigned char *out, size_t len, rh_error *error) {
  if (RAND_bytes(out, (int)len) == 1)
    return RH_OK;
  return rh_error_set(error, RH_ERR_IO, "random numbers", "the system gives no random numbers");
}

rh_status rh_random_id(char out[RH_RANDOM_ID], rh_error *error) {
  unsigned char bytes[(RH_RANDOM_ID - 1) / 2];
  out[0] = '\0';
  rh_status status = rh_random(bytes, sizeof bytes, error);
  if (status == RH_OK)
    rh_hex_print(out, bytes, sizeof bytes, false);
  return status;
}
