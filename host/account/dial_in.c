/* userParameters: the field of a user where dial-in rights stand.
 *
 * UTF-16. Units 0 to 21 belong to others; unit 22 is "d" where rights follow: u16 privilege at byte
 * 46, callback number in bytes 48 to 95. Unit 48 is "P" where properties follow: u16 count, then
 * each {u16 name bytes, u16 value bytes, u16 type, name, value as hex digits in single bytes}. That
 * local accounts keep the properties of the list below in this form is not verified. */
#include "account/internal.h"

#include "base/text.h"

#include <string.h>

enum { RIGHTS = 44, PRIVILEGE = 46, NUMBER = 48, NUMBER_END = 96, PROPERTIES = 96 };
#define PROPERTIES_MAX 256
#define PROPERTY_NAME_MAX 128 /* bytes */

/* Names of the attributes: the directory attribute table of [MS-RNAP]. */
static const char *const known[] = {
    "msNPAllowDialin",        "msNPCallingStationID",     "msNPSavedCallingStationID",
    "msRADIUSCallbackNumber", "msRADIUSFramedIPAddress",  "msRADIUSFramedRoute",
    "msRADIUSServiceType",    "msRASSavedCallbackNumber", "msRASSavedFramedIPAddress",
    "msRASSavedFramedRoute",
};

static bool is_known(const char *name) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (rh_name_equal(known[i], name))
      return true;
  }
  return false;
}

static rh_status read_number(rh_dial_in *out, rh_reader *reader, rh_error *error) {
  rh_buffer number = {0};
  rh_reader_seek(reader, NUMBER);
  size_t left = reader->len - reader->position;
  size_t len = left < NUMBER_END - NUMBER ? left : NUMBER_END - NUMBER;
  rh_status status = rh_utf8_from_utf16(&number, rh_reader_bytes(reader, len), len, error);
  if (status == RH_OK) {
    const char *text = rh_buffer_text(&number);
    out->callback_number = rh_copy_bytes(text, strcspn(text, " "));
    status = out->callback_number ? RH_OK : rh_error_memory(error);
  }
  rh_buffer_dispose(&number);
  return status;
}

static rh_status read_rights(rh_dial_in *out, rh_reader *reader, rh_error *error) {
  rh_reader_seek(reader, RIGHTS);
  if (reader->failed || rh_reader_u16(reader) != 'd')
    return RH_OK;
  out->privilege = rh_reader_u16(reader);
  out->present = !reader->failed;
  return out->present ? read_number(out, reader, error) : RH_OK;
}

/* Anything but hex digits is no value that could be read. */
static rh_status read_digits(rh_dial_in_property *out, rh_buffer *data, const unsigned char *value,
                             size_t len, rh_error *error) {
  rh_status status = rh_hex_parse(data, (const char *)value, len, error);
  if (status != RH_OK)
    return status == RH_ERR_FORMAT ? RH_OK : status;
  out->data = (unsigned char *)rh_copy_bytes(rh_buffer_text(data), data->len);
  out->len = data->len;
  return out->data ? RH_OK : rh_error_memory(error);
}

static rh_status add_property(rh_dial_in *out, const unsigned char *name, size_t name_len,
                              const unsigned char *value, size_t value_len, rh_error *error) {
  rh_buffer text = {0}, data = {0};
  rh_dial_in_property property = {0};
  rh_dial_in_property *properties = NULL;
  rh_status status = rh_utf8_from_utf16(&text, name, name_len, error);
  if (status == RH_OK && is_known(rh_buffer_text(&text)))
    status = read_digits(&property, &data, value, value_len, error);
  if (status == RH_OK) {
    property.name = rh_copy_text(rh_buffer_text(&text));
    properties = rh_resize(out->properties, out->property_count + 1, sizeof *properties);
    out->properties = properties ? properties : out->properties;
    status = property.name && properties ? RH_OK : rh_error_memory(error);
  }
  if (status == RH_OK)
    properties[out->property_count++] = property;
  else {
    rh_free(property.name);
    rh_free(property.data);
  }
  rh_buffer_dispose(&text);
  rh_buffer_dispose(&data);
  return status;
}

static rh_status read_properties(rh_dial_in *out, rh_reader *reader, rh_error *error) {
  rh_status status = RH_OK;
  rh_reader_seek(reader, PROPERTIES);
  if (reader->failed || rh_reader_u16(reader) != 'P')
    return RH_OK;
  unsigned count = rh_reader_u16(reader);
  for (unsigned i = 0; status == RH_OK && i < count && i < PROPERTIES_MAX; i++) {
    size_t name_len = rh_reader_u16(reader), value_len = rh_reader_u16(reader);
    rh_reader_u16(reader);
    const unsigned char *name = rh_reader_bytes(reader, name_len);
    const unsigned char *value = rh_reader_bytes(reader, value_len);
    if (reader->failed || name_len > PROPERTY_NAME_MAX)
      return RH_OK;
    status = add_property(out, name, name_len, value, value_len, error);
  }
  return status;
}

rh_status dial_in_read(rh_dial_in *out, const unsigned char *data, size_t len, rh_error *error) {
  rh_reader reader = rh_reader_of(data, len);
  *out = (rh_dial_in){0};
  rh_status status = read_rights(out, &reader, error);
  reader = rh_reader_of(data, len);
  if (status == RH_OK)
    status = read_properties(out, &reader, error);
  if (status != RH_OK)
    dial_in_dispose(out);
  return status;
}

/* What was not read is written with a name and without a value. */
static rh_status write_property(rh_buffer *out, const rh_dial_in_property *property,
                                rh_error *error) {
  rh_buffer name = {0};
  rh_status status = rh_utf16_from_utf8(&name, property->name, strlen(property->name), error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(out, (unsigned)name.len, error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(out, (unsigned)property->len * 2, error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(out, 1, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, name.data, name.len, error);
  if (status == RH_OK)
    status = rh_buffer_append_hex(out, property->data, property->len, error);
  rh_buffer_dispose(&name);
  return status;
}

static rh_status write_rights(rh_buffer *out, const rh_dial_in *dial_in, rh_error *error) {
  size_t start = out->len;
  rh_status status = RH_OK;
  for (int i = 0; status == RH_OK && i < RIGHTS / 2; i++)
    status = rh_buffer_append_u16(out, ' ', error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(out, dial_in->present ? 'd' : ' ', error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(out, dial_in->privilege, error);
  if (status == RH_OK && dial_in->callback_number)
    status =
        rh_utf16_from_utf8(out, dial_in->callback_number, strlen(dial_in->callback_number), error);
  return status == RH_OK ? rh_buffer_append_zero(out, PROPERTIES - (out->len - start), error)
                         : status;
}

rh_status dial_in_write(rh_buffer *out, const rh_dial_in *dial_in, rh_error *error) {
  if (!dial_in->present && dial_in->property_count == 0)
    return RH_OK;
  rh_status status = write_rights(out, dial_in, error);
  if (status == RH_OK && dial_in->property_count > 0) {
    status = rh_buffer_append_u16(out, 'P', error);
    if (status == RH_OK)
      status = rh_buffer_append_u16(out, (unsigned)dial_in->property_count, error);
  }
  for (size_t i = 0; status == RH_OK && i < dial_in->property_count; i++)
    status = write_property(out, &dial_in->properties[i], error);
  return status;
}

void dial_in_dispose(rh_dial_in *dial_in) {
  for (size_t i = 0; i < dial_in->property_count; i++) {
    rh_free(dial_in->properties[i].name);
    rh_free(dial_in->properties[i].data);
  }
  rh_free(dial_in->properties);
  rh_free(dial_in->callback_number);
  *dial_in = (rh_dial_in){0};
}
