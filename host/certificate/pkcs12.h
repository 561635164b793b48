/* PKCS#12 files (.pfx, .p12) that a user gives: one certificate with its private key, and the
 * chain.
 *
 * [RFC 7292]: a MAC over safes of bags; certificates and keys are encrypted by the password.
 * Windows up to Server 2012 R2 writes RC2-40 and 3DES with SHA-1, newer ones AES (PBES2) with
 * SHA-256. The key is decrypted to see that it is there and fits its certificate, and is wiped;
 * nothing here gives it away. OpenSSL does the cryptography, in a context of its own. */
#ifndef RH_CERTIFICATE_PKCS12_H
#define RH_CERTIFICATE_PKCS12_H

#include "certificate/certificate.h"

/* Hostile files shall cost little: a real one has some kilobytes and some thousand rounds. */
#define RH_PKCS12_FILE_LIMIT ((size_t)4 << 20)
#define RH_PKCS12_ROUNDS_LIMIT 5000000 /* of all key derivations of a file together */
#define RH_PKCS12_BAGS_LIMIT 1000

typedef struct rh_pkcs12 {
  rh_certificate *certificate; /* the one that the private key belongs to */
  rh_certificate_list chain;   /* the others, in the file's order */
  bool modern; /* by PBES2 (AES), or with a MAC other than SHA-1: older Windows cannot open it */
} rh_pkcs12;

/* Starts as {0}; the caller disposes of it, also after an error. The password is UTF-8; an empty
 * one also opens a file made without one. label names the file in errors, which never hold the
 * password:
 * - RH_ERR_LIMIT: longer, or more costly to open, than the limits above;
 * - RH_ERR_SEALED: the password does not fit;
 * - RH_ERR_FORMAT: no PKCS#12, or a damaged one;
 * - RH_ERR_NOT_FOUND: it holds no private key, or no certificate of its key;
 * - RH_ERR_UNSUPPORTED: several keys, or an algorithm that cannot be checked here (PBMAC1, scrypt,
 *   one of OpenSSL's legacy provider, which is missing). */
rh_status rh_pkcs12_read(rh_pkcs12 *out, const void *data, size_t len, const char *password,
                         const char *label, rh_error *error);
void rh_pkcs12_dispose(rh_pkcs12 *pkcs12);

#endif
