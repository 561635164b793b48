/* The safes of a PKCS#12 file and the bags in them: certificates and keys are taken, the rest is
 * passed over. */
#include "certificate/pkcs12_internal.h"

#include <openssl/err.h>

#define DEPTH_MAX 4 /* of safes in safes */

static rh_status take_bags(pkcs12_reader *self, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth,
                           rh_error *error);

/* With a MAC that fits, the password is right and what cannot be decrypted was made wrong. */
static rh_status not_decrypted(const pkcs12_reader *self, rh_error *error) {
  if (self->has_mac)
    return pkcs12_damaged(self, "a part cannot be decrypted", error);
  rh_error_set(error, RH_ERR_SEALED, self->label, "the password does not fit, or it is damaged");
  rh_error_hint(error, "give the password that was set at the export");
  return RH_ERR_SEALED;
}

static void take_key(pkcs12_reader *self, PKCS8_PRIV_KEY_INFO *key) {
  self->keys++;
  if (self->key)
    PKCS8_PRIV_KEY_INFO_free(key);
  else
    self->key = key;
}

static rh_status take_plain_key(pkcs12_reader *self, const PKCS12_SAFEBAG *bag, rh_error *error) {
  unsigned char *der = NULL;
  int len = i2d_PKCS8_PRIV_KEY_INFO(PKCS12_SAFEBAG_get0_p8inf(bag), &der);
  const unsigned char *position = der;
  PKCS8_PRIV_KEY_INFO *key = len > 0 ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &position, len) : NULL;
  OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
  if (!key)
    return pkcs12_damaged(self, "a private key", error);
  take_key(self, key);
  return RH_OK;
}

static rh_status take_shrouded_key(pkcs12_reader *self, const PKCS12_SAFEBAG *bag,
                                   rh_error *error) {
  const X509_SIG *shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
  const X509_ALGOR *algorithm = NULL;
  X509_SIG_get0(shrouded, &algorithm, NULL);
  if (self->key) { /* only counted: two are too many */
    self->keys++;
    return RH_OK;
  }
  rh_status status = pkcs12_admit(self, algorithm, error);
  if (status != RH_OK)
    return status;
  PKCS8_PRIV_KEY_INFO *key =
      PKCS8_decrypt_ex(shrouded, self->password, self->password_len, self->context, NULL);
  if (!key)
    return not_decrypted(self, error);
  take_key(self, key);
  return RH_OK;
}

static rh_status take_certificate(pkcs12_reader *self, const PKCS12_SAFEBAG *bag, rh_error *error) {
  if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
    return RH_OK; /* an SDSI certificate, which nothing uses */
  X509 *x509 = PKCS12_SAFEBAG_get1_cert(bag);
  if (!x509)
    return pkcs12_damaged(self, "a certificate", error);
  if (sk_X509_push(self->certificates, x509) > 0)
    return RH_OK;
  X509_free(x509);
  return rh_error_memory(error);
}

static rh_status take_bag(pkcs12_reader *self, const PKCS12_SAFEBAG *bag, int depth,
                          rh_error *error) {
  if (++self->bags > RH_PKCS12_BAGS_LIMIT)
    return rh_error_set(error, RH_ERR_LIMIT, self->label, "it has more than %d parts",
                        RH_PKCS12_BAGS_LIMIT);
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
  case NID_keyBag:
    return take_plain_key(self, bag, error);
  case NID_pkcs8ShroudedKeyBag:
    return take_shrouded_key(self, bag, error);
  case NID_certBag:
    return take_certificate(self, bag, error);
  case NID_safeContentsBag:
    return take_bags(self, PKCS12_SAFEBAG_get0_safes(bag), depth + 1, error);
  default:
    return RH_OK; /* revocation lists, secrets: nothing of ours */
  }
}

static rh_status take_bags(pkcs12_reader *self, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth,
                           rh_error *error) {
  rh_status status =
      depth > DEPTH_MAX ? pkcs12_damaged(self, "safes in safes too deep", error) : RH_OK;
  for (int i = 0; status == RH_OK && i < sk_PKCS12_SAFEBAG_num(bags); i++)
    status = take_bag(self, sk_PKCS12_SAFEBAG_value(bags, i), depth, error);
  return status;
}

static rh_status open_encrypted(pkcs12_reader *self, STACK_OF(PKCS12_SAFEBAG) * *out, PKCS7 *safe,
                                rh_error *error) {
  const PKCS7_ENC_CONTENT *content = safe->d.encrypted ? safe->d.encrypted->enc_data : NULL;
  if (!content || !content->enc_data)
    return pkcs12_damaged(self, "an encrypted part is empty", error);
  rh_status status = pkcs12_admit(self, content->algorithm, error);
  if (status != RH_OK)
    return status;
  *out = PKCS12_unpack_p7encdata(safe, self->password, self->password_len);
  if (!*out && !self->has_mac && self->password && !*self->password)
    *out = PKCS12_unpack_p7encdata(safe, self->password = NULL, 0);
  return *out ? RH_OK : not_decrypted(self, error);
}

static rh_status take_safe(pkcs12_reader *self, PKCS7 *safe, rh_error *error) {
  STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
  rh_status status = RH_OK;
  switch (OBJ_obj2nid(safe->type)) {
  case NID_pkcs7_data:
    bags = PKCS12_unpack_p7data(safe);
    if (!bags)
      status = pkcs12_damaged(self, "a part without encryption", error);
    break;
  case NID_pkcs7_encrypted:
    status = open_encrypted(self, &bags, safe, error);
    break;
  default:
    status = rh_error_set(error, RH_ERR_UNSUPPORTED, self->label,
                          "a part of it is encrypted to a key instead of the password");
    rh_error_hint(error, "export the file again with a password");
  }
  if (status == RH_OK)
    status = take_bags(self, bags, 0, error);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  return status;
}

rh_status pkcs12_collect(pkcs12_reader *self, PKCS12 *file, rh_error *error) {
  STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);
  rh_status status = safes ? RH_OK : pkcs12_damaged(self, "its parts", error);
  for (int i = 0; status == RH_OK && i < sk_PKCS7_num(safes); i++)
    status = take_safe(self, sk_PKCS7_value(safes, i), error);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  return status;
}
