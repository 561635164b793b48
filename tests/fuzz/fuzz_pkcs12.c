/* Fuzz target: the input is a PKCS#12 file, its password "rehome". What it holds has to be a
 * certificate that can be read again. */
#include "certificate/pkcs12.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_again(const rh_certificate *certificate) {
  rh_certificate *again = NULL;
  if (rh_certificate_read_der(&again, certificate->der, certificate->der_len, "again", NULL) !=
          RH_OK ||
      strcmp(again->sha256, certificate->sha256) != 0)
    abort();
  rh_certificate_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  rh_pkcs12 file = {0};
  if (rh_pkcs12_read(&file, data, len, "rehome", "fuzz", NULL) == RH_OK) {
    if (!file.certificate)
      abort();
    read_again(file.certificate);
    for (size_t i = 0; i < file.chain.count; i++)
      read_again(file.chain.items[i]);
  }
  rh_pkcs12_dispose(&file);
  return 0;
}
