/* Sealing and opening in the age v1 format (age-encryption.org/v1; C2SP age.md).
 *
 * X25519 recipients and scrypt passphrases, all primitives by OpenSSL. Streams both ways: memory
 * does not depend on the length. Plaintext is released chunk by chunk, each authenticated; the end
 * is authenticated by rh_age_reader_next giving RH_END, and nothing that was read may be relied on
 * as complete before that. Every failure to open is RH_ERR_SEALED, with a message that says which:
 * no key fits, wrong passphrase, header damaged, payload damaged or cut off. */
#ifndef RH_AGE_AGE_H
#define RH_AGE_AGE_H

#include "base/memory.h"

#include <stdint.h>

#define RH_AGE_CHUNK 65536
#define RH_AGE_WORK_FACTOR 18     /* log2 of scrypt's N when sealing */
#define RH_AGE_WORK_FACTOR_MAX 22 /* the most that is accepted when opening */

/* What may open a file: identities and passphrases. Secrets; wiped when disposed. Starts as {0}. */
typedef struct rh_age_keys {
  unsigned char (*identities)[32];
  size_t identity_count;
  rh_buffer passphrase; /* len 0: none */
} rh_age_keys;
/* Reads identity lines ("AGE-SECRET-KEY-1..."; "#" comments). Errors name the line, never the key.
 */
rh_status rh_age_keys_add_identities(rh_age_keys *keys, const char *text, size_t len,
                                     const char *label, rh_error *error);
void rh_age_keys_dispose(rh_age_keys *keys);

/* Whom to seal to: recipients ("age1..."), or one passphrase, not both. Starts as {0}. */
typedef struct rh_age_recipients {
  unsigned char (*keys)[32];
  size_t count;
  rh_buffer passphrase;
} rh_age_recipients;
rh_status rh_age_recipients_add(rh_age_recipients *recipients, const char *text, rh_error *error);
void rh_age_recipients_dispose(rh_age_recipients *recipients);

/* A new key pair as text: "AGE-SECRET-KEY-1..." and "age1...". The identity is a secret. */
rh_status rh_age_keygen(rh_buffer *identity, rh_buffer *recipient, rh_error *error);

typedef rh_status (*rh_age_write)(void *payload, const void *data, size_t len, rh_error *error);
/* *done is 0 at the end only. */
typedef rh_status (*rh_age_read)(void *payload, void *data, size_t len, size_t *done,
                                 rh_error *error);

typedef struct rh_age_writer rh_age_writer;
/* Writes the header at once. work_factor 0 = RH_AGE_WORK_FACTOR. */
rh_status rh_age_writer_open(rh_age_writer **out, const rh_age_recipients *recipients,
                             unsigned work_factor, rh_age_write write, void *payload,
                             rh_error *error);
rh_status rh_age_writer_add(rh_age_writer *writer, const void *data, size_t len, rh_error *error);
/* Writes the last chunk. Without it the file is cut off. */
rh_status rh_age_writer_finish(rh_age_writer *writer, rh_error *error);
void rh_age_writer_free(rh_age_writer *writer);

typedef struct rh_age_reader rh_age_reader;
/* Reads and checks the header. label names the file in messages. */
rh_status rh_age_reader_open(rh_age_reader **out, const rh_age_keys *keys, rh_age_read read,
                             void *payload, const char *label, rh_error *error);
/* The next authenticated piece, borrowed until the next call. RH_END after the last one, when the
 * whole file has proved sound. */
rh_status rh_age_reader_next(rh_age_reader *reader, const unsigned char **data, size_t *len,
                             rh_error *error);
void rh_age_reader_free(rh_age_reader *reader);

#endif
