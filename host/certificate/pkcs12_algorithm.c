/* What a PKCS#12 file wants computed: its MAC and its key derivations, judged before they are made.
 */
#include "certificate/pkcs12_internal.h"

#include <openssl/err.h>
#include <string.h>

/* PBMAC1 [RFC 9579]; OpenSSL knows it from 3.4 on, Windows does not read it. */
#define OID_PBMAC1 "1.2.840.113549.1.5.14"

static const char again[] = "export the file again, as Windows does it (TripleDES-SHA1 or "
                            "AES256-SHA256)";

rh_status pkcs12_damaged(const pkcs12_reader *self, const char *cause, rh_error *error) {
  rh_error_set(error, RH_ERR_FORMAT, self->label, "damaged PKCS#12 file: %s", cause);
  rh_error_hint(error, "copy the file again, or export it again");
  return RH_ERR_FORMAT;
}

static rh_status unsupported(const pkcs12_reader *self, const ASN1_OBJECT *algorithm,
                             const char *what, rh_error *error) {
  char oid[128] = "";
  OBJ_obj2txt(oid, sizeof oid, algorithm, 1);
  const char *name = strcmp(oid, OID_PBMAC1) == 0 ? "PBMAC1" : OBJ_nid2ln(OBJ_obj2nid(algorithm));
  rh_error_set(error, RH_ERR_UNSUPPORTED, self->label, "%s %s (%s), which cannot be used here",
               what, name && strcmp(name, "undefined") != 0 ? name : "an unknown algorithm", oid);
  rh_error_hint(error, "%s", again);
  return RH_ERR_UNSUPPORTED;
}

static rh_status take_rounds(pkcs12_reader *self, const ASN1_INTEGER *count, rh_error *error) {
  int64_t rounds = 0;
  if (count && ASN1_INTEGER_get_int64(&rounds, count) != 1)
    rounds = RH_PKCS12_ROUNDS_LIMIT + 1;
  if (rounds < 1)
    return pkcs12_damaged(self, "a key derivation has no rounds", error);
  if ((uint64_t)rounds > RH_PKCS12_ROUNDS_LIMIT - self->rounds) {
    rh_error_set(error, RH_ERR_LIMIT, self->label,
                 "opening it takes more than %d rounds of key derivation", RH_PKCS12_ROUNDS_LIMIT);
    rh_error_hint(error, "export the file again with a usual number of rounds");
    return RH_ERR_LIMIT;
  }
  self->rounds += (uint64_t)rounds;
  return RH_OK;
}

static const ASN1_STRING *parameter_of(const X509_ALGOR *algorithm) {
  int type = V_ASN1_UNDEF;
  const void *value = NULL;
  X509_ALGOR_get0(NULL, &type, &value, algorithm);
  return type == V_ASN1_SEQUENCE ? value : NULL;
}

static rh_status admit_pbes1(pkcs12_reader *self, const ASN1_STRING *parameter, rh_error *error) {
  const unsigned char *position = ASN1_STRING_get0_data(parameter);
  PBEPARAM *pbe = d2i_PBEPARAM(NULL, &position, ASN1_STRING_length(parameter));
  rh_status status = pbe ? take_rounds(self, pbe->iter, error)
                         : pkcs12_damaged(self, "parameters of an encryption", error);
  PBEPARAM_free(pbe);
  return status;
}

static rh_status admit_pbes2(pkcs12_reader *self, const ASN1_STRING *parameter, rh_error *error) {
  const unsigned char *position = ASN1_STRING_get0_data(parameter);
  PBKDF2PARAM *derivation = NULL;
  rh_status status = RH_OK;
  PBE2PARAM *pbe = d2i_PBE2PARAM(NULL, &position, ASN1_STRING_length(parameter));
  if (!pbe) {
    status = pkcs12_damaged(self, "parameters of an encryption", error);
  } else if (OBJ_obj2nid(pbe->keyfunc->algorithm) != NID_id_pbkdf2) {
    status = unsupported(self, pbe->keyfunc->algorithm, "its keys are derived by", error);
  } else {
    const ASN1_STRING *inner = parameter_of(pbe->keyfunc);
    position = inner ? ASN1_STRING_get0_data(inner) : NULL;
    derivation = inner ? d2i_PBKDF2PARAM(NULL, &position, ASN1_STRING_length(inner)) : NULL;
    status = derivation ? take_rounds(self, derivation->iter, error)
                        : pkcs12_damaged(self, "parameters of a key derivation", error);
  }
  PBKDF2PARAM_free(derivation);
  PBE2PARAM_free(pbe);
  return status;
}

rh_status pkcs12_admit(pkcs12_reader *self, const X509_ALGOR *algorithm, rh_error *error) {
  const ASN1_OBJECT *object = NULL;
  X509_ALGOR_get0(&object, NULL, NULL, algorithm);
  const ASN1_STRING *parameter = parameter_of(algorithm);
  switch (OBJ_obj2nid(object)) {
  case NID_pbe_WithSHA1And128BitRC4:
  case NID_pbe_WithSHA1And40BitRC4:
  case NID_pbe_WithSHA1And128BitRC2_CBC:
  case NID_pbe_WithSHA1And40BitRC2_CBC:
    if (!self->legacy) {
      rh_error_set(error, RH_ERR_UNSUPPORTED, self->label,
                   "it is encrypted with %s, for which OpenSSL's legacy provider is missing",
                   OBJ_nid2ln(OBJ_obj2nid(object)));
      rh_error_hint(error, "install the provider (legacy.so of OpenSSL), or export the file again "
                           "with AES256-SHA256");
      return RH_ERR_UNSUPPORTED;
    }
    break;
  case NID_pbe_WithSHA1And3_Key_TripleDES_CBC:
  case NID_pbe_WithSHA1And2_Key_TripleDES_CBC:
    break;
  case NID_pbes2:
    self->modern = true;
    return parameter ? admit_pbes2(self, parameter, error)
                     : pkcs12_damaged(self, "parameters of an encryption", error);
  default:
    return unsupported(self, object, "it is encrypted with", error);
  }
  return parameter ? admit_pbes1(self, parameter, error)
                   : pkcs12_damaged(self, "parameters of an encryption", error);
}

static rh_status admit_mac(pkcs12_reader *self, const PKCS12 *file, rh_error *error) {
  const X509_ALGOR *algorithm = NULL;
  const ASN1_INTEGER *rounds = NULL;
  const ASN1_OBJECT *object = NULL;
  char name[128] = "";
  PKCS12_get0_mac(NULL, &algorithm, NULL, &rounds, file);
  X509_ALGOR_get0(&object, NULL, NULL, algorithm);
  OBJ_obj2txt(name, sizeof name, object, 0);
  ERR_set_mark();
  EVP_MD *digest = EVP_MD_fetch(self->context, name, NULL);
  ERR_pop_to_mark();
  if (!digest)
    return unsupported(self, object, "its MAC is", error);
  EVP_MD_free(digest);
  self->modern = self->modern || OBJ_obj2nid(object) != NID_sha1;
  return rounds ? take_rounds(self, rounds, error) : RH_OK; /* absent: one round */
}

static void use(pkcs12_reader *self, const char *password) {
  self->password = password;
  self->password_len = password ? (int)strlen(password) : 0;
}

rh_status pkcs12_check_mac(pkcs12_reader *self, PKCS12 *file, const char *password,
                           rh_error *error) {
  use(self, password);
  if (!PKCS12_mac_present(file))
    return RH_OK;
  rh_status status = admit_mac(self, file, error);
  if (status != RH_OK)
    return status;
  self->has_mac = PKCS12_verify_mac(file, self->password, self->password_len) == 1;
  if (!self->has_mac && !*password) {
    use(self, NULL);
    self->has_mac = PKCS12_verify_mac(file, NULL, 0) == 1;
  }
  if (self->has_mac)
    return RH_OK;
  rh_error_set(error, RH_ERR_SEALED, self->label, "the password does not fit%s",
               *password ? "" : "; none was given");
  rh_error_hint(error, "give the password that was set at the export; if it is right, the file was "
                       "altered: copy it again");
  return RH_ERR_SEALED;
}
