/* Certificates as the registry stores them, read and judged with OpenSSL.
 *
 * A store is a registry key: ...\SystemCertificates\MY\Certificates\THUMBPRINT with a value "Blob",
 * a run of elements {u32 property id, u32 1, u32 length, bytes}; element 32 is the DER certificate
 * (property ids: wincrypt.h as published in Wine and mingw). Private keys are never read: a blob
 * only says whether one was linked (property 2). */
#ifndef RH_CERTIFICATE_CERTIFICATE_H
#define RH_CERTIFICATE_CERTIFICATE_H

#include "registry/registry.h"

typedef struct rh_certificate {
  char thumbprint[41];           /* SHA-1 of the DER certificate, upper-case hex, computed here */
  char sha256[65];               /* SHA-256 of the DER certificate, upper-case hex */
  char *subject, *issuer;        /* RFC 2253 text, UTF-8 */
  char *serial;                  /* upper-case hex */
  int64_t not_before, not_after; /* seconds since 1970 UTC */
  char **dns_names;              /* subjectAltName */
  size_t dns_name_count;
  char **usages; /* OIDs of the extended key usage: property 9 when present, else the extension */
  size_t usage_count;
  bool any_usage;       /* there is neither: good for all purposes */
  bool self_signed;     /* subject = issuer and its own key verifies it */
  bool is_authority;    /* basicConstraints CA */
  bool has_private_key; /* property 2 links one; whether the key is still there is not known */
  bool archived;        /* property 19 */
  char *friendly_name;  /* property 11, or NULL */
  char *key_provider, *key_container; /* from property 2, or NULL */
  char key_algorithm[16];             /* "RSA", "EC", ... */
  int key_bits;
  unsigned char *der; /* owned */
  size_t der_len;
} rh_certificate;

/* Reads one Blob. RH_ERR_FORMAT for a damaged one or one without a certificate. */
rh_status rh_certificate_read_blob(rh_certificate **out, const void *blob, size_t len,
                                   const char *label, rh_error *error);
rh_status rh_certificate_read_der(rh_certificate **out, const void *der, size_t len,
                                  const char *label, rh_error *error);
void rh_certificate_free(rh_certificate *certificate);

/* Makes the Blob of a DER certificate: property 3 (SHA-1) and element 32, with property 11 when
 * friendly_name is given. Appended to out. */
rh_status rh_certificate_write_blob(rh_buffer *out, const void *der, size_t der_len,
                                    const char *friendly_name, rh_error *error);

/* Appends to a Blob the element that links a machine's private key by its CryptoAPI container
 * (property 2, CRYPT_KEY_PROV_INFO). The key itself is not touched. */
rh_status rh_certificate_link_key(rh_buffer *blob, const char *container, rh_error *error);

/* The certificates of one store key (its subkey "Certificates"), in the key's order. A blob that
 * cannot be read, or whose thumbprint differs from its key's name, is told to on_damage (may be
 * NULL) and left out. An absent key gives an empty list. */
typedef struct rh_certificate_list {
  rh_certificate **items;
  size_t count;
} rh_certificate_list;
rh_status rh_certificate_list_read(rh_certificate_list *out, rh_registry *registry,
                                   const char *store_path,
                                   void (*on_damage)(void *payload, const rh_error *damage),
                                   void *payload, rh_error *error);
void rh_certificate_list_dispose(rh_certificate_list *list);

/* A chain from a certificate to a root, built offline: no revocation is checked. */
typedef enum rh_chain_result {
  RH_CHAIN_TRUSTED,        /* ends in one of roots */
  RH_CHAIN_UNTRUSTED_ROOT, /* complete, but its self-signed end is not among roots */
  RH_CHAIN_INCOMPLETE,     /* an issuer is missing */
  RH_CHAIN_BAD_SIGNATURE,
  RH_CHAIN_EXPIRED,   /* a certificate of the chain is outside its validity at `time` */
  RH_CHAIN_DISALLOWED /* a certificate of the chain is among disallowed */
} rh_chain_result;
typedef struct rh_chain {
  rh_chain_result result;
  char root_sha256[65]; /* of the self-signed end that was reached; empty without one */
  char thumbprints[10][41];
  size_t length;
} rh_chain;
typedef struct rh_chain_stores {
  const rh_certificate_list *roots, *intermediates, *disallowed; /* NULL = empty */
  size_t root_lists, intermediate_lists, disallowed_lists;       /* each is an array of lists */
} rh_chain_stores;
/* time: seconds since 1970. Depth at most 10. The best of several chains is reported: a trusted
 * one, else by what it tells: disallowed, expired, untrusted root, bad signature, incomplete.
 * Within one chain disallowed comes first and expired last. */
rh_status rh_chain_build(rh_chain *out, const rh_certificate *certificate,
                         const rh_chain_stores *stores, int64_t time, rh_error *error);
const char *rh_chain_result_name(rh_chain_result result);

#endif
