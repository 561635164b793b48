/* The Blob element that links a private key: property 2, CRYPT_KEY_PROV_INFO.
 *
 * Layout: seven u32 (offset of container name, offset of provider name, provider type, flags,
 * parameter count, offset of parameters, key spec), then the two names in UTF-16 (wincrypt.h as
 * published; stored with 32-bit offsets that count from the property's start). */
#include "base/reader.h"
#include "base/text.h"
#include "certificate/certificate.h"

#include <string.h>

#define HEADER_LEN 28
#define PROVIDER "Microsoft RSA SChannel Cryptographic Provider"
#define PROVIDER_TYPE_RSA_SCHANNEL 12
#define FLAG_MACHINE_KEYS 0x20
#define KEY_SPEC_EXCHANGE 1

rh_status rh_certificate_link_key(rh_buffer *blob, const char *container, rh_error *error) {
  rh_buffer info = {0};
  rh_status status = rh_buffer_append_zero(&info, HEADER_LEN, error);
  if (status == RH_OK)
    status = rh_utf16_from_utf8(&info, container, strlen(container), error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(&info, 0, error);
  size_t provider_offset = info.len;
  if (status == RH_OK)
    status = rh_utf16_from_utf8(&info, PROVIDER, strlen(PROVIDER), error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(&info, 0, error);
  if (status == RH_OK) {
    rh_store_u32(info.data, HEADER_LEN);
    rh_store_u32(info.data + 4, (uint32_t)provider_offset);
    rh_store_u32(info.data + 8, PROVIDER_TYPE_RSA_SCHANNEL);
    rh_store_u32(info.data + 12, FLAG_MACHINE_KEYS);
    rh_store_u32(info.data + 24, KEY_SPEC_EXCHANGE);
    status = rh_buffer_append_u32(blob, 2, error);
  }
  if (status == RH_OK)
    status = rh_buffer_append_u32(blob, 1, error);
  if (status == RH_OK)
    status = rh_buffer_append_u32(blob, (unsigned long)info.len, error);
  if (status == RH_OK)
    status = rh_buffer_append(blob, info.data, info.len, error);
  rh_buffer_dispose(&info);
  return status;
}
