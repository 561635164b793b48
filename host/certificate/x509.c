/* What a DER certificate says, told as plain fields. */
#include "certificate/certificate.h"

#include "base/text.h"
#include "certificate/x509.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

rh_status rh_x509_parse(X509 **out, const void *der, size_t len, const char *label,
                        rh_error *error) {
  *out = NULL;
  const unsigned char *position = der;
  ERR_set_mark();
  X509 *x509 = len > 0 && len <= INT_MAX ? d2i_X509(NULL, &position, (long)len) : NULL;
  ERR_pop_to_mark();
  if (!x509) {
    rh_error_set(error, RH_ERR_FORMAT, label, "these %zu bytes are not an X.509 certificate", len);
    rh_error_hint(error, "export the certificate again from where it works");
    return RH_ERR_FORMAT;
  }
  size_t behind = len - (size_t)(position - (const unsigned char *)der);
  if (behind > 0) {
    X509_free(x509);
    return rh_error_set(error, RH_ERR_FORMAT, label, "%zu bytes follow the certificate", behind);
  }
  *out = x509;
  return RH_OK;
}

void rh_x509_free_texts(char **texts, size_t count) {
  for (size_t i = 0; i < count; i++)
    rh_free(texts[i]);
  rh_free(texts);
}

rh_status rh_x509_usages(char ***out, size_t *count, const EXTENDED_KEY_USAGE *usage,
                         rh_error *error) {
  int total = sk_ASN1_OBJECT_num(usage);
  size_t done = 0;
  char **texts = rh_alloc_zero(total > 0 ? (size_t)total : 0, sizeof *texts);
  if (!texts)
    return rh_error_memory(error);
  for (int i = 0; i < total; i++) {
    char oid[256];
    int len = OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1);
    if (len <= 0 || len >= (int)sizeof oid)
      continue; /* no purpose that anybody asks for has such a number */
    if (!(texts[done] = rh_copy_text(oid))) {
      rh_x509_free_texts(texts, done);
      return rh_error_memory(error);
    }
    done++;
  }
  *out = texts;
  *count = done;
  return RH_OK;
}

static rh_status print_name(char **out, const X509_NAME *name, unsigned long flags,
                            const char *label, rh_error *error) {
  char *data = NULL;
  rh_status status = RH_OK;
  BIO *bio = BIO_new(BIO_s_mem());
  if (!bio)
    return rh_error_memory(error);
  bool printed = X509_NAME_print_ex(bio, name, 0, flags) >= 0;
  size_t len = (size_t)BIO_get_mem_data(bio, &data);
  if (!printed || !rh_utf8_is_valid(data, len))
    status = rh_error_set(error, RH_ERR_FORMAT, label, "a name in the certificate is no text");
  else if (!(*out = rh_copy_bytes(data, len)))
    status = rh_error_memory(error);
  BIO_free(bio);
  return status;
}

/* RFC 2253 with letters as they are. A name whose strings break the rules of their own type is
 * told byte by byte in escapes rather than not at all. */
static rh_status read_name(char **out, const X509_NAME *name, const char *label, rh_error *error) {
  unsigned long letters = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
  unsigned long escapes = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_UTF8_CONVERT;
  rh_status status = print_name(out, name, letters, label, error);
  return status == RH_ERR_FORMAT ? print_name(out, name, escapes, label, error) : status;
}

static rh_status read_serial(char **out, const X509 *x509, rh_error *error) {
  BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
  char *hex = number ? BN_bn2hex(number) : NULL;
  bool zero = hex && strcmp(hex, "0") == 0;
  *out = rh_copy_text(zero ? "00" : hex); /* whole bytes, as Windows shows them */
  OPENSSL_free(hex);
  BN_free(number);
  return *out ? RH_OK : rh_error_memory(error);
}

static rh_status read_time(int64_t *out, const ASN1_TIME *time, const char *label,
                           rh_error *error) {
  int days = 0, seconds = 0;
  ERR_set_mark();
  ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
  bool known = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
  ASN1_TIME_free(epoch);
  ERR_pop_to_mark();
  if (!known)
    return rh_error_set(error, RH_ERR_FORMAT, label, "the certificate's validity is no time");
  *out = (int64_t)days * 86400 + seconds;
  return RH_OK;
}

static bool is_dns_name(const ASN1_STRING *text) {
  const unsigned char *data = ASN1_STRING_get0_data(text);
  int len = ASN1_STRING_length(text);
  for (int i = 0; i < len; i++)
    if (data[i] <= ' ' || data[i] >= 0x7F)
      return false; /* also a NUL, which would show another name than the one that is compared */
  return len > 0;
}

static rh_status read_dns_names(rh_certificate *certificate, const X509 *x509, rh_error *error) {
  rh_status status = RH_OK;
  GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
  int total = names ? sk_GENERAL_NAME_num(names) : 0;
  if (total > 0) {
    certificate->dns_names = rh_alloc_zero((size_t)total, sizeof *certificate->dns_names);
    if (!certificate->dns_names)
      status = rh_error_memory(error);
  }
  for (int i = 0; i < total && status == RH_OK; i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS || !is_dns_name(name->d.dNSName))
      continue;
    char *copy = rh_copy_bytes(ASN1_STRING_get0_data(name->d.dNSName),
                               (size_t)ASN1_STRING_length(name->d.dNSName));
    if (copy)
      certificate->dns_names[certificate->dns_name_count++] = copy;
    else
      status = rh_error_memory(error);
  }
  GENERAL_NAMES_free(names);
  return status;
}

static rh_status read_usages(rh_certificate *certificate, const X509 *x509, rh_error *error) {
  int found = 0;
  rh_status status = RH_OK;
  EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x509, NID_ext_key_usage, &found, NULL);
  /* An extension that cannot be read limits the certificate to nothing; only its absence (-1)
   * leaves it open. */
  certificate->any_usage = !usage && found == -1;
  if (usage)
    status = rh_x509_usages(&certificate->usages, &certificate->usage_count, usage, error);
  EXTENDED_KEY_USAGE_free(usage);
  return status;
}

static bool is_authority(const X509 *x509) {
  BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, NULL, NULL);
  bool authority = constraints && constraints->ca;
  BASIC_CONSTRAINTS_free(constraints);
  return authority;
}

static void read_key(rh_certificate *certificate, X509 *x509) {
  EVP_PKEY *key = X509_get0_pubkey(x509);
  const char *algorithm = key ? EVP_PKEY_get0_type_name(key) : NULL;
  snprintf(certificate->key_algorithm, sizeof certificate->key_algorithm, "%s",
           algorithm ? algorithm : "unknown");
  certificate->key_bits = key ? EVP_PKEY_get_bits(key) : 0;
  certificate->self_signed =
      key && X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0 &&
      X509_verify(x509, key) == 1;
}

static rh_status print_hash(char *out, const char *algorithm, const void *der, size_t len,
                            rh_error *error) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  size_t digest_len = 0;
  if (EVP_Q_digest(NULL, algorithm, NULL, der, len, digest, &digest_len) != 1)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, algorithm, "OpenSSL cannot compute this hash");
  rh_hex_print(out, digest, digest_len, true);
  return RH_OK;
}

static rh_status read_fields(rh_certificate *certificate, X509 *x509, const char *label,
                             rh_error *error) {
  rh_status status =
      print_hash(certificate->thumbprint, "SHA1", certificate->der, certificate->der_len, error);
  if (status == RH_OK)
    status =
        print_hash(certificate->sha256, "SHA256", certificate->der, certificate->der_len, error);
  if (status == RH_OK)
    status = read_name(&certificate->subject, X509_get_subject_name(x509), label, error);
  if (status == RH_OK)
    status = read_name(&certificate->issuer, X509_get_issuer_name(x509), label, error);
  if (status == RH_OK)
    status = read_serial(&certificate->serial, x509, error);
  if (status == RH_OK)
    status = read_time(&certificate->not_before, X509_get0_notBefore(x509), label, error);
  if (status == RH_OK)
    status = read_time(&certificate->not_after, X509_get0_notAfter(x509), label, error);
  if (status == RH_OK)
    status = read_dns_names(certificate, x509, error);
  if (status == RH_OK)
    status = read_usages(certificate, x509, error);
  certificate->is_authority = is_authority(x509);
  read_key(certificate, x509);
  return status;
}

rh_status rh_certificate_read_der(rh_certificate **out, const void *der, size_t len,
                                  const char *label, rh_error *error) {
  *out = NULL;
  X509 *x509 = NULL;
  rh_certificate *certificate = NULL;
  ERR_set_mark();
  rh_status status = rh_x509_parse(&x509, der, len, label, error);
  if (status != RH_OK)
    goto done;
  certificate = rh_alloc_zero(1, sizeof *certificate);
  if (!certificate || !(certificate->der = (unsigned char *)rh_copy_bytes(der, len))) {
    status = rh_error_memory(error);
    goto done;
  }
  certificate->der_len = len;
  status = read_fields(certificate, x509, label, error);
  if (status != RH_OK)
    goto done;
  *out = certificate;
  certificate = NULL;
done:
  rh_certificate_free(certificate);
  X509_free(x509);
  ERR_pop_to_mark();
  return status;
}

void rh_certificate_free(rh_certificate *certificate) {
  if (!certificate)
    return;
  rh_free(certificate->subject);
  rh_free(certificate->issuer);
  rh_free(certificate->serial);
  rh_x509_free_texts(certificate->dns_names, certificate->dns_name_count);
  rh_x509_free_texts(certificate->usages, certificate->usage_count);
  rh_free(certificate->friendly_name);
  rh_free(certificate->key_provider);
  rh_free(certificate->key_container);
  rh_free(certificate->der);
  rh_free(certificate);
}
