/* The registry's form of a certificate: a run of properties, one of which is the certificate.
 *
 * Element: u32 property id, u32 1, u32 length, bytes. Ids and the layout of property 2: wincrypt.h
 * and the serialised stores as Wine publishes them. */
#include "certificate/certificate.h"

#include "base/reader.h"
#include "base/text.h"
#include "certificate/x509.h"

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

enum {
  PROPERTY_END = 0,
  PROPERTY_KEY_PROVIDER = 2,
  PROPERTY_SHA1 = 3,
  PROPERTY_USAGES = 9,
  PROPERTY_FRIENDLY_NAME = 11,
  PROPERTY_ARCHIVED = 19,
  PROPERTY_CERTIFICATE = 32,
  PROPERTY_SHA256 = 107
};

/* The properties that are used, as bytes inside the blob. A NULL data says that there is none. */
typedef struct property {
  const unsigned char *data;
  size_t len;
} property;
typedef struct properties {
  property certificate, key_provider, sha1, sha256, usages, friendly_name;
  bool archived;
} properties;

static rh_status damaged(rh_error *error, const char *label, const char *cause) {
  rh_error_set(error, RH_ERR_FORMAT, label, "damaged certificate blob: %s", cause);
  rh_error_hint(error, "this certificate is not taken along; import it by hand if it is needed");
  return RH_ERR_FORMAT;
}

static property *property_of(properties *all, uint32_t id) {
  switch (id) {
  case PROPERTY_KEY_PROVIDER:
    return &all->key_provider;
  case PROPERTY_SHA1:
    return &all->sha1;
  case PROPERTY_USAGES:
    return &all->usages;
  case PROPERTY_FRIENDLY_NAME:
    return &all->friendly_name;
  case PROPERTY_CERTIFICATE:
    return &all->certificate;
  case PROPERTY_SHA256:
    return &all->sha256;
  default:
    return NULL;
  }
}

static rh_status find_properties(properties *out, const void *blob, size_t len, const char *label,
                                 rh_error *error) {
  rh_reader reader = rh_reader_of(blob, len);
  *out = (properties){0};
  while (reader.position < reader.len) {
    uint32_t id = rh_reader_u32(&reader);
    if (id == PROPERTY_END && !reader.failed)
      break;
    uint32_t one = rh_reader_u32(&reader);
    uint32_t property_len = rh_reader_u32(&reader);
    const unsigned char *data = rh_reader_bytes(&reader, property_len);
    if (reader.failed)
      return damaged(error, label, "a property goes beyond the end");
    if (one != 1)
      return damaged(error, label, "a property is not marked with 1");
    if (id == PROPERTY_ARCHIVED)
      out->archived = true;
    property *place = property_of(out, id);
    if (!place)
      continue;
    if (id == PROPERTY_CERTIFICATE && place->data)
      return damaged(error, label, "it holds two certificates");
    *place = (property){data, property_len};
  }
  return out->certificate.data ? RH_OK : damaged(error, label, "it holds no certificate");
}

/* The UTF-16 text at offset of a property, up to its NUL or the property's end. */
static rh_status read_text(char **out, property from, size_t offset, const char *label,
                           rh_error *error) {
  rh_buffer text = {0};
  rh_reader reader = rh_reader_of(from.data, from.len);
  rh_reader_seek(&reader, offset);
  if (reader.failed)
    return damaged(error, label, "a text lies outside its property");
  size_t end = offset;
  while (rh_reader_has(&reader, end, 2) && rh_reader_u16(&reader) != 0)
    end += 2;
  rh_reader_seek(&reader, offset);
  rh_status status =
      rh_utf8_from_utf16(&text, rh_reader_bytes(&reader, end - offset), end - offset, error);
  if (status == RH_OK && !(*out = rh_copy_text(rh_buffer_text(&text))))
    status = rh_error_memory(error);
  rh_buffer_dispose(&text);
  return status;
}

/* Property 2 begins with seven u32: offset of the container's name, offset of the provider's name,
 * and five that are not needed. Offset 0 stands for no text. */
static rh_status read_key_provider(rh_certificate *certificate, property from, const char *label,
                                   rh_error *error) {
  enum { HEAD_LEN = 28 };
  rh_reader reader = rh_reader_of(from.data, from.len);
  if (!rh_reader_has(&reader, 0, HEAD_LEN))
    return damaged(error, label, "the property that links the private key is too short");
  uint32_t container = rh_reader_u32(&reader);
  uint32_t provider = rh_reader_u32(&reader);
  rh_status status = RH_OK;
  certificate->has_private_key = true;
  if (container != 0)
    status = read_text(&certificate->key_container, from, container, label, error);
  if (status == RH_OK && provider != 0)
    status = read_text(&certificate->key_provider, from, provider, label, error);
  return status;
}

static rh_status override_usages(rh_certificate *certificate, property from, const char *label,
                                 rh_error *error) {
  const unsigned char *position = from.data;
  char **usages = NULL;
  size_t count = 0;
  ERR_set_mark();
  EXTENDED_KEY_USAGE *usage =
      from.len <= INT_MAX ? d2i_EXTENDED_KEY_USAGE(NULL, &position, (long)from.len) : NULL;
  ERR_pop_to_mark();
  if (!usage || position != from.data + from.len) {
    EXTENDED_KEY_USAGE_free(usage);
    return damaged(error, label, "its list of purposes cannot be read");
  }
  rh_status status = rh_x509_usages(&usages, &count, usage, error);
  EXTENDED_KEY_USAGE_free(usage);
  if (status != RH_OK)
    return status;
  rh_x509_free_texts(certificate->usages, certificate->usage_count);
  certificate->usages = usages;
  certificate->usage_count = count;
  certificate->any_usage = false;
  return RH_OK;
}

static bool is_hash(property hash, size_t len, const char *hex) {
  char text[65];
  if (!hash.data)
    return true;
  if (hash.len != len)
    return false;
  rh_hex_print(text, hash.data, len, true);
  return strcmp(text, hex) == 0;
}

static rh_status apply_properties(rh_certificate *certificate, const properties *all,
                                  const char *label, rh_error *error) {
  if (!is_hash(all->sha1, 20, certificate->thumbprint) ||
      !is_hash(all->sha256, 32, certificate->sha256))
    return damaged(error, label, "its hash is not that of the certificate in it");
  certificate->archived = all->archived;
  rh_status status = RH_OK;
  if (all->key_provider.len > 0)
    status = read_key_provider(certificate, all->key_provider, label, error);
  if (status == RH_OK && all->usages.len > 0)
    status = override_usages(certificate, all->usages, label, error);
  if (status == RH_OK && all->friendly_name.len > 0)
    status = read_text(&certificate->friendly_name, all->friendly_name, 0, label, error);
  return status;
}

rh_status rh_certificate_read_blob(rh_certificate **out, const void *blob, size_t len,
                                   const char *label, rh_error *error) {
  *out = NULL;
  properties all;
  rh_certificate *certificate = NULL;
  rh_status status = find_properties(&all, blob, len, label, error);
  if (status == RH_OK)
    status = rh_certificate_read_der(&certificate, all.certificate.data, all.certificate.len, label,
                                     error);
  if (status == RH_OK)
    status = apply_properties(certificate, &all, label, error);
  if (status != RH_OK) {
    rh_certificate_free(certificate);
    return status;
  }
  *out = certificate;
  return RH_OK;
}

static rh_status append_property(rh_buffer *out, uint32_t id, const void *data, size_t len,
                                 rh_error *error) {
  rh_status status = rh_buffer_append_u32(out, id, error);
  if (status == RH_OK)
    status = rh_buffer_append_u32(out, 1, error);
  if (status == RH_OK)
    status = rh_buffer_append_u32(out, (unsigned long)len, error);
  return status == RH_OK ? rh_buffer_append(out, data, len, error) : status;
}

rh_status rh_certificate_write_blob(rh_buffer *out, const void *der, size_t der_len,
                                    const char *friendly_name, rh_error *error) {
  size_t start = out->len;
  rh_certificate *certificate = NULL;
  rh_buffer hash = {0}, name = {0};
  rh_status status = rh_certificate_read_der(&certificate, der, der_len, "certificate", error);
  if (status == RH_OK)
    status = rh_hex_parse(&hash, certificate->thumbprint, 40, error);
  if (status == RH_OK)
    status = append_property(out, PROPERTY_SHA1, hash.data, hash.len, error);
  if (status == RH_OK && friendly_name) {
    status = rh_utf16_from_utf8(&name, friendly_name, strlen(friendly_name), error);
    if (status == RH_OK)
      status = rh_buffer_append_u16(&name, 0, error);
    if (status == RH_OK)
      status = append_property(out, PROPERTY_FRIENDLY_NAME, name.data, name.len, error);
  }
  if (status == RH_OK)
    status = append_property(out, PROPERTY_CERTIFICATE, der, der_len, error);
  if (status != RH_OK && out->len > start) {
    out->len = start;
    out->data[start] = 0;
  }
  rh_buffer_dispose(&hash);
  rh_buffer_dispose(&name);
  rh_certificate_free(certificate);
  return status;
}
