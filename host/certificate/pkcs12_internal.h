/* What the files that read PKCS#12 share. Not for other layers. */
#ifndef RH_CERTIFICATE_PKCS12_INTERNAL_H
#define RH_CERTIFICATE_PKCS12_INTERNAL_H

#include "certificate/pkcs12.h"

#include <openssl/pkcs12.h>
#include <openssl/provider.h>

/* One file while it is read. */
typedef struct pkcs12_reader {
  OSSL_LIB_CTX *context;
  OSSL_PROVIDER *standard, *legacy; /* legacy is NULL where OpenSSL came without it */
  const char *label;
  const char *password; /* NULL: without one, which is not the same as an empty one */
  int password_len;
  bool has_mac;             /* and the password fits it: what cannot be decrypted is damaged */
  uint64_t rounds;          /* of key derivation so far */
  size_t bags;              /* so far */
  PKCS8_PRIV_KEY_INFO *key; /* the first one; wiped when it is freed */
  size_t keys;
  bool modern; /* as in rh_pkcs12 */
  STACK_OF(X509) * certificates;
} pkcs12_reader;

rh_status pkcs12_damaged(const pkcs12_reader *self, const char *cause, rh_error *error);

/* Before a key is derived by algorithm: refuses what OpenSSL cannot do and what would take too
 * long. */
rh_status pkcs12_admit(pkcs12_reader *self, const X509_ALGOR *algorithm, rh_error *error);
/* Whether the file is whole and the password fits: sets password, password_len and has_mac. */
rh_status pkcs12_check_mac(pkcs12_reader *self, PKCS12 *file, const char *password,
                           rh_error *error);
/* Collects keys and certificates of all safes. */
rh_status pkcs12_collect(pkcs12_reader *self, PKCS12 *file, rh_error *error);

#endif
