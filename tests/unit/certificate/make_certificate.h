/* For tests: certificates made on the spot with OpenSSL. Include after cmocka.h. */
#ifndef TEST_MAKE_CERTIFICATE_H
#define TEST_MAKE_CERTIFICATE_H

#include "certificate/certificate.h"

#include <openssl/x509v3.h>

#define TEST_NOW ((int64_t)1577836800) /* 2020-01-01 00:00:00 UTC */
#define TEST_DAY 86400

typedef struct made {
  X509 *x509;
  EVP_PKEY *key;
  rh_certificate *certificate;
} made;

typedef struct recipe {
  const char *name;     /* its CN */
  const made *issuer;   /* NULL: itself */
  const made *same_key; /* whose key it has; NULL: a new one */
  bool no_authority, no_key_ids;
  long from_days, to_days; /* after TEST_NOW; 0, 0: a year before to a year after */
  const EVP_MD *digest;    /* NULL: SHA-256 */
  const char *alt_name, *usage;
  bool rsa;
} recipe;

static inline void add_extension(X509 *x509, X509 *issuer, int nid, const char *text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
  assert_non_null(extension);
  assert_int_equal(X509_add_ext(x509, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

static inline made make(recipe spec) {
  static long serial = 1;
  made out = {0};
  long from = spec.from_days || spec.to_days ? spec.from_days : -365;
  long to = spec.from_days || spec.to_days ? spec.to_days : 365;
  if (spec.same_key) {
    out.key = spec.same_key->key;
    EVP_PKEY_up_ref(out.key);
  } else {
    out.key = spec.rsa ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256");
  }
  assert_non_null(out.key);
  X509 *x509 = out.x509 = X509_new();
  X509 *issuer = spec.issuer ? spec.issuer->x509 : x509;
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
  ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(TEST_NOW + from * TEST_DAY));
  ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(TEST_NOW + to * TEST_DAY));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                             (const unsigned char *)spec.name, -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer));
  X509_set_pubkey(x509, out.key);
  add_extension(x509, issuer, NID_basic_constraints,
                spec.no_authority ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (!spec.no_key_ids) {
    add_extension(x509, issuer, NID_subject_key_identifier, "hash");
    add_extension(x509, issuer, NID_authority_key_identifier, "keyid:always");
  }
  if (spec.alt_name)
    add_extension(x509, issuer, NID_subject_alt_name, spec.alt_name);
  if (spec.usage)
    add_extension(x509, issuer, NID_ext_key_usage, spec.usage);
  assert_true(X509_sign(x509, spec.issuer ? spec.issuer->key : out.key,
                        spec.digest ? spec.digest : EVP_sha256()) > 0);
  unsigned char *der = NULL;
  int len = i2d_X509(x509, &der);
  assert_true(len > 0);
  assert_int_equal(rh_certificate_read_der(&out.certificate, der, (size_t)len, spec.name, NULL),
                   RH_OK);
  OPENSSL_free(der);
  return out;
}

static inline void unmake(made *one) {
  X509_free(one->x509);
  EVP_PKEY_free(one->key);
  rh_certificate_free(one->certificate);
  *one = (made){0};
}

#endif
