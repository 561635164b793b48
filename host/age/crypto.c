/* The primitives of the age format, by OpenSSL. */
#include "age/internal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

#define SCRYPT_BLOCK 8u

static rh_status failed(rh_error *error, const char *what) {
  return rh_error_set(error, RH_ERR_UNSUPPORTED, what, "OpenSSL cannot compute %s", what);
}

static bool derive(const char *algorithm, unsigned char *out, size_t len, OSSL_PARAM *params) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, algorithm, NULL);
  EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
  bool done = context && EVP_KDF_derive(context, out, len, params) == 1;
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
  return done;
}

static OSSL_PARAM octets(const char *name, const void *data, size_t len) {
  return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, len);
}

rh_status rh_age_hkdf(unsigned char out[RH_AGE_KEY], const void *secret, size_t secret_len,
                      const void *salt, size_t salt_len, const char *info, rh_error *error) {
  char digest[] = "SHA256";
  OSSL_PARAM params[5], *next = params;
  *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
  *next++ = octets(OSSL_KDF_PARAM_KEY, secret, secret_len);
  if (salt_len)
    *next++ = octets(OSSL_KDF_PARAM_SALT, salt, salt_len);
  *next++ = octets(OSSL_KDF_PARAM_INFO, info, strlen(info));
  *next = OSSL_PARAM_construct_end();
  return derive("HKDF", out, RH_AGE_KEY, params) ? RH_OK : failed(error, "HKDF-SHA-256");
}

rh_status rh_age_hmac(unsigned char out[32], const unsigned char key[RH_AGE_KEY], const void *data,
                      size_t len, rh_error *error) {
  size_t done = 0;
  if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, RH_AGE_KEY, data, len, out, 32, &done) &&
      done == 32)
    return RH_OK;
  return failed(error, "HMAC-SHA-256");
}

rh_status rh_age_scrypt(unsigned char out[RH_AGE_KEY], const rh_buffer *passphrase,
                        const unsigned char salt[RH_AGE_SALT], unsigned work_factor,
                        rh_error *error) {
  static const char label[] = "age-encryption.org/v1/scrypt";
  unsigned char salted[sizeof label - 1 + RH_AGE_SALT];
  uint64_t n = UINT64_C(1) << work_factor;
  uint32_t r = SCRYPT_BLOCK, p = 1;
  /* OpenSSL needs 128 r (n + p) bytes and a little; its own limit is 32 MiB. */
  uint64_t memory = (n + 64) * SCRYPT_BLOCK * 128;
  memcpy(salted, label, sizeof label - 1);
  memcpy(salted + sizeof label - 1, salt, RH_AGE_SALT);
  OSSL_PARAM params[] = {
      octets(OSSL_KDF_PARAM_PASSWORD, passphrase->data, passphrase->len),
      octets(OSSL_KDF_PARAM_SALT, salted, sizeof salted),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end(),
  };
  if (derive("SCRYPT", out, RH_AGE_KEY, params))
    return RH_OK;
  return rh_error_set(error, RH_ERR_MEMORY, "passphrase",
                      "cannot derive a key from it: scrypt needs %llu MiB of memory",
                      (unsigned long long)(memory >> 20));
}

rh_status rh_age_x25519_public(unsigned char out[32], const unsigned char secret[32],
                               rh_error *error) {
  size_t len = 32;
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
  bool done = key && EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == 32;
  EVP_PKEY_free(key);
  return done ? RH_OK : failed(error, "X25519");
}

rh_status rh_age_x25519_shared(unsigned char out[32], bool *usable, const unsigned char secret[32],
                               const unsigned char peer[32], rh_error *error) {
  size_t len = 32;
  EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
  EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
  EVP_PKEY_CTX *context = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
  bool ready = context && other && EVP_PKEY_derive_init(context) == 1 &&
               EVP_PKEY_derive_set_peer(context, other) == 1;
  /* The one reason for which this fails is the all-zero secret (RFC 7748, section 6.1). */
  *usable = ready && EVP_PKEY_derive(context, out, &len) == 1 && len == 32;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(other);
  EVP_PKEY_free(own);
  return ready ? RH_OK : failed(error, "X25519");
}

rh_status rh_age_box_seal(unsigned char *out, const unsigned char key[RH_AGE_KEY],
                          const unsigned char nonce[RH_AGE_BOX_NONCE], const void *data, size_t len,
                          rh_error *error) {
  int done = 0, rest = 0;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  bool sealed = context &&
                EVP_EncryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce) == 1 &&
                (len == 0 || EVP_EncryptUpdate(context, out, &done, data, (int)len) == 1) &&
                EVP_EncryptFinal_ex(context, out + done, &rest) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, RH_AGE_TAG, out + len) == 1;
  EVP_CIPHER_CTX_free(context);
  return sealed ? RH_OK : failed(error, "ChaCha20-Poly1305");
}

rh_status rh_age_box_open(unsigned char *out, bool *opened, const unsigned char key[RH_AGE_KEY],
                          const unsigned char nonce[RH_AGE_BOX_NONCE], const unsigned char *box,
                          size_t len, rh_error *error) {
  unsigned char tag[RH_AGE_TAG], none[1];
  size_t plain = len - RH_AGE_TAG;
  int done = 0, rest = 0;
  memcpy(tag, box + plain, sizeof tag);
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  bool ready = context &&
               EVP_DecryptInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce) == 1 &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, RH_AGE_TAG, tag) == 1 &&
               (plain == 0 || EVP_DecryptUpdate(context, out, &done, box, (int)plain) == 1);
  *opened = ready && EVP_DecryptFinal_ex(context, none, &rest) == 1;
  EVP_CIPHER_CTX_free(context);
  if (!*opened)
    rh_wipe(out, plain);
  return ready ? RH_OK : failed(error, "ChaCha20-Poly1305");
}
