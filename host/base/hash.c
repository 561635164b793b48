/* SHA-256, by OpenSSL. */
#include "base/hash.h"

#include "base/text.h"

#include <openssl/evp.h>

struct rh_hash {
  EVP_MD_CTX *context;
};

static rh_status failed(rh_error *error) {
  return rh_error_set(error, RH_ERR_UNSUPPORTED, "SHA-256", "OpenSSL cannot compute SHA-256");
}

rh_status rh_hash_new(rh_hash **out, rh_error *error) {
  *out = NULL;
  rh_hash *hash = rh_alloc_zero(1, sizeof *hash);
  if (!hash)
    return rh_error_memory(error);
  hash->context = EVP_MD_CTX_new();
  if (!hash->context || EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1) {
    rh_hash_free(hash);
    return failed(error);
  }
  *out = hash;
  return RH_OK;
}

rh_status rh_hash_add(rh_hash *hash, const void *data, size_t len, rh_error *error) {
  return EVP_DigestUpdate(hash->context, data, len) == 1 ? RH_OK : failed(error);
}

rh_status rh_hash_finish(rh_hash *hash, char out[RH_SHA256_HEX], rh_error *error) {
  unsigned char digest[RH_SHA256_LEN];
  if (EVP_DigestFinal_ex(hash->context, digest, NULL) != 1 ||
      EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1)
    return failed(error);
  rh_hex_print(out, digest, sizeof digest, false);
  return RH_OK;
}

void rh_hash_free(rh_hash *hash) {
  if (!hash)
    return;
  EVP_MD_CTX_free(hash->context);
  rh_free(hash);
}

rh_status rh_sha256(unsigned char out[RH_SHA256_LEN], const void *data, size_t len,
                    rh_error *error) {
  size_t done = 0;
  return EVP_Q_digest(NULL, "SHA256", NULL, data, len, out, &done) == 1 ? RH_OK : failed(error);
}

rh_status rh_sha256_hex(char out[RH_SHA256_HEX], const void *data, size_t len, rh_error *error) {
  unsigned char digest[RH_SHA256_LEN];
  rh_status status = rh_sha256(digest, data, len, error);
  if (status == RH_OK)
    rh_hex_print(out, digest, sizeof digest, false);
  return status;
}

rh_status rh_hmac_sha256_hex(char out[RH_SHA256_HEX], const void *key, size_t key_len,
                             const void *data, size_t len, rh_error *error) {
  unsigned char digest[RH_SHA256_LEN];
  size_t done = 0;
  if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, data, len, digest, sizeof digest,
                 &done))
    return failed(error);
  rh_hex_print(out, digest, sizeof digest, false);
  return RH_OK;
}
