/* Reads a PKCS#12 file: its key, the certificate that the key belongs to, and the chain. */
#include "certificate/pkcs12_internal.h"

#include <openssl/err.h>
#include <string.h>

static rh_status open_context(pkcs12_reader *self, rh_error *error) {
  self->context = OSSL_LIB_CTX_new();
  self->standard = self->context ? OSSL_PROVIDER_load(self->context, "default") : NULL;
  self->legacy = self->context ? OSSL_PROVIDER_load(self->context, "legacy") : NULL;
  self->certificates = sk_X509_new_null();
  return self->standard && self->certificates ? RH_OK : rh_error_memory(error);
}

static void close_context(pkcs12_reader *self) {
  sk_X509_pop_free(self->certificates, X509_free);
  PKCS8_PRIV_KEY_INFO_free(self->key);
  if (self->legacy)
    OSSL_PROVIDER_unload(self->legacy);
  if (self->standard)
    OSSL_PROVIDER_unload(self->standard);
  OSSL_LIB_CTX_free(self->context);
}

static rh_status parse(pkcs12_reader *self, PKCS12 **out, const void *data, size_t len,
                       rh_error *error) {
  if (len > RH_PKCS12_FILE_LIMIT) {
    rh_error_set(error, RH_ERR_LIMIT, self->label, "%zu bytes are too many for a PKCS#12 file",
                 len);
    rh_error_hint(error, "give the .pfx file of one certificate");
    return RH_ERR_LIMIT;
  }
  const unsigned char *position = data;
  /* The new file carries the context into all that is parsed. */
  PKCS12 *file = PKCS12_init_ex(NID_pkcs7_data, self->context, NULL);
  if (!file)
    return rh_error_memory(error);
  if (len == 0 || !d2i_PKCS12(&file, &position, (long)len)) {
    /* d2i frees what it was given when it fails. */
    if (len == 0)
      PKCS12_free(file);
    rh_error_set(error, RH_ERR_FORMAT, self->label, "is no PKCS#12 file, or a damaged one");
    rh_error_hint(error, "give the .pfx file that was exported, whole");
    return RH_ERR_FORMAT;
  }
  *out = file;
  if (position != (const unsigned char *)data + len)
    return pkcs12_damaged(self, "bytes follow its end", error);
  return RH_OK;
}

static rh_status read_x509(rh_certificate **out, const pkcs12_reader *self, X509 *x509,
                           rh_error *error) {
  unsigned char *der = NULL;
  int len = i2d_X509(x509, &der);
  rh_status status = len > 0 ? rh_certificate_read_der(out, der, (size_t)len, self->label, error)
                             : pkcs12_damaged(self, "a certificate", error);
  OPENSSL_free(der);
  return status;
}

/* The certificate of the key; a file has it once, else the first. -1: none. */
static int find_own(const pkcs12_reader *self, const EVP_PKEY *key) {
  for (int i = 0; i < sk_X509_num(self->certificates); i++) {
    EVP_PKEY *its = X509_get0_pubkey(sk_X509_value(self->certificates, i));
    if (its && EVP_PKEY_eq(its, key) == 1)
      return i;
  }
  return -1;
}

static rh_status tell_missing(const pkcs12_reader *self, const char *what, rh_error *error) {
  rh_error_set(error, RH_ERR_NOT_FOUND, self->label, "%s", what);
  rh_error_hint(error, "export the certificate again together with its private key");
  return RH_ERR_NOT_FOUND;
}

static rh_status take_out(rh_pkcs12 *out, pkcs12_reader *self, rh_error *error) {
  int count = sk_X509_num(self->certificates), own = -1;
  if (self->keys == 0)
    return tell_missing(self, "it holds no private key", error);
  if (self->keys > 1) {
    rh_error_set(error, RH_ERR_UNSUPPORTED, self->label, "it holds %zu private keys", self->keys);
    rh_error_hint(error, "export each certificate with its key into a file of its own");
    return RH_ERR_UNSUPPORTED;
  }
  if (count == 0)
    return tell_missing(self, "it holds no certificate", error);
  EVP_PKEY *key = EVP_PKCS82PKEY_ex(self->key, self->context, NULL);
  if (!key)
    return pkcs12_damaged(self, "its private key cannot be read", error);
  own = find_own(self, key);
  EVP_PKEY_free(key);
  if (own < 0)
    return tell_missing(self, "it holds no certificate of its private key", error);
  rh_status status =
      read_x509(&out->certificate, self, sk_X509_value(self->certificates, own), error);
  out->chain.items = rh_alloc_zero((size_t)count, sizeof *out->chain.items);
  if (!out->chain.items)
    return rh_error_memory(error);
  for (int i = 0; status == RH_OK && i < count; i++) {
    if (i == own)
      continue;
    status = read_x509(&out->chain.items[out->chain.count], self,
                       sk_X509_value(self->certificates, i), error);
    out->chain.count += status == RH_OK;
  }
  if (status == RH_OK)
    out->certificate->has_private_key = true;
  return status;
}

rh_status rh_pkcs12_read(rh_pkcs12 *out, const void *data, size_t len, const char *password,
                         const char *label, rh_error *error) {
  pkcs12_reader self = {.label = label};
  PKCS12 *file = NULL;
  ERR_set_mark();
  rh_status status = open_context(&self, error);
  if (status == RH_OK)
    status = parse(&self, &file, data, len, error);
  if (status == RH_OK)
    status = pkcs12_check_mac(&self, file, password, error);
  if (status == RH_OK)
    status = pkcs12_collect(&self, file, error);
  if (status == RH_OK)
    status = take_out(out, &self, error);
  out->modern = self.modern;
  PKCS12_free(file);
  close_context(&self);
  ERR_pop_to_mark();
  return status;
}

void rh_pkcs12_dispose(rh_pkcs12 *pkcs12) {
  rh_certificate_free(pkcs12->certificate);
  rh_certificate_list_dispose(&pkcs12->chain);
  *pkcs12 = (rh_pkcs12){0};
}
