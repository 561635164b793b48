/* SHA-256, by OpenSSL. */
#ifndef RH_BASE_HASH_H
#define RH_BASE_HASH_H

#include "base/memory.h"

#define RH_SHA256_LEN 32
#define RH_SHA256_HEX 65 /* with the NUL */

typedef struct rh_hash rh_hash;

rh_status rh_hash_new(rh_hash **out, rh_error *error);
rh_status rh_hash_add(rh_hash *hash, const void *data, size_t len, rh_error *error);
/* Finishes; the hash starts anew with the next byte. Lower-case hex. */
rh_status rh_hash_finish(rh_hash *hash, char out[RH_SHA256_HEX], rh_error *error);
void rh_hash_free(rh_hash *hash);

/* All at once. */
rh_status rh_sha256(unsigned char out[RH_SHA256_LEN], const void *data, size_t len,
                    rh_error *error);
rh_status rh_sha256_hex(char out[RH_SHA256_HEX], const void *data, size_t len, rh_error *error);
/* HMAC-SHA-256 [RFC 2104]. Lower-case hex. */
rh_status rh_hmac_sha256_hex(char out[RH_SHA256_HEX], const void *key, size_t key_len,
                             const void *data, size_t len, rh_error *error);

#endif
