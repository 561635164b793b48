/* What the files of this layer share: DER to X509, and lists of texts. Not for other layers. */
#ifndef RH_CERTIFICATE_X509_H
#define RH_CERTIFICATE_X509_H

#include "base/memory.h"

#include <openssl/x509v3.h>

/* The certificate that der is, whole: bytes behind it are RH_ERR_FORMAT. X509_free frees it. */
rh_status rh_x509_parse(X509 **out, const void *der, size_t len, const char *label,
                        rh_error *error);

/* The OIDs of an extended key usage as numbers and dots. */
rh_status rh_x509_usages(char ***out, size_t *count, const EXTENDED_KEY_USAGE *usage,
                         rh_error *error);

void rh_x509_free_texts(char **texts, size_t count);

#endif
