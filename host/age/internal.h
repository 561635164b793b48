/* Inside the age format: primitives, encodings and the header. For age_*.c only. */
#ifndef RH_AGE_INTERNAL_H
#define RH_AGE_INTERNAL_H

#include "age/age.h"
#include "base/random.h"

#define RH_AGE_FILE_KEY 16
#define RH_AGE_KEY 32
#define RH_AGE_TAG 16
#define RH_AGE_BODY (RH_AGE_FILE_KEY + RH_AGE_TAG) /* a wrapped file key */
#define RH_AGE_SALT 16                             /* of a scrypt stanza */
#define RH_AGE_NONCE 16                            /* of the payload */
#define RH_AGE_BOX_NONCE 12
#define RH_AGE_HEADER_LIMIT 65536 /* longer headers are refused */
#define RH_AGE_STANZA_LIMIT 256   /* and such with more stanzas; the format sets no limits */

/* Primitives, all by OpenSSL. */
rh_status rh_age_hkdf(unsigned char out[RH_AGE_KEY], const void *secret, size_t secret_len,
                      const void *salt, size_t salt_len, const char *info, rh_error *error);
rh_status rh_age_hmac(unsigned char out[32], const unsigned char key[RH_AGE_KEY], const void *data,
                      size_t len, rh_error *error);
/* RH_ERR_MEMORY when the system cannot give the memory that the work factor asks for. */
rh_status rh_age_scrypt(unsigned char out[RH_AGE_KEY], const rh_buffer *passphrase,
                        const unsigned char salt[RH_AGE_SALT], unsigned work_factor,
                        rh_error *error);
rh_status rh_age_x25519_public(unsigned char out[32], const unsigned char secret[32],
                               rh_error *error);
/* *usable is false when the peer's share leads to the all-zero secret. */
rh_status rh_age_x25519_shared(unsigned char out[32], bool *usable, const unsigned char secret[32],
                               const unsigned char peer[32], rh_error *error);
/* ChaCha20-Poly1305 without associated data. out holds len + RH_AGE_TAG. */
rh_status rh_age_box_seal(unsigned char *out, const unsigned char key[RH_AGE_KEY],
                          const unsigned char nonce[RH_AGE_BOX_NONCE], const void *data, size_t len,
                          rh_error *error);
/* out holds len - RH_AGE_TAG. *opened is false, and out wiped, when the tag does not fit. */
rh_status rh_age_box_open(unsigned char *out, bool *opened, const unsigned char key[RH_AGE_KEY],
                          const unsigned char nonce[RH_AGE_BOX_NONCE], const unsigned char *box,
                          size_t len, rh_error *error);

/* Base64, standard alphabet, no padding, canonical. */
rh_status rh_age_base64_append(rh_buffer *out, const void *data, size_t len, rh_error *error);
/* False when text is not canonical base64 of at most capacity bytes. */
bool rh_age_base64_decode(unsigned char *out, size_t *out_len, size_t capacity, const char *text,
                          size_t len);

/* Bech32 (BIP 173) of 32 bytes, without its limit on the length. */
rh_status rh_age_bech32_append(rh_buffer *out, const char *prefix, const unsigned char data[32],
                               bool upper, rh_error *error);
/* prefix is in lower case. False when text is not 32 bytes in Bech32 with this prefix. */
bool rh_age_bech32_decode(unsigned char out[32], const char *prefix, const char *text, size_t len);

/* The header, up to and including the line feed of its MAC line. */
rh_status rh_age_header_write(rh_buffer *out, const unsigned char file_key[RH_AGE_FILE_KEY],
                              const rh_age_recipients *recipients, unsigned work_factor,
                              rh_error *error);
rh_status rh_age_header_read(unsigned char file_key[RH_AGE_FILE_KEY], size_t *header_len,
                             const void *data, size_t len, const rh_age_keys *keys,
                             const char *label, rh_error *error);

#endif
