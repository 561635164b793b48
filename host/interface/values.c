/* Registry values as texts and lists, and IPv4 addresses as numbers. */
#include "interface/values.h"

#include "base/reader.h"
#include "base/text.h"

#include <string.h>

/* Damage and absence of one value are the same to a reader of interfaces. */
static bool is_missing(rh_status status) {
  return status == RH_ERR_NOT_FOUND || status == RH_ERR_FORMAT;
}

/* The value's whole text, NULs included; empty when it is missing or no text. */
static rh_status read_units(rh_buffer *out, rh_registry *registry, rh_key key, const char *name,
                            uint32_t *type, rh_error *error) {
  rh_value value = {0};
  rh_status status = rh_registry_find_value(registry, key, name, strlen(name), &value, error);
  if (is_missing(status))
    status = RH_OK;
  else if (status == RH_OK && (value.type == RH_REG_SZ || value.type == RH_REG_EXPAND_SZ ||
                               value.type == RH_REG_MULTI_SZ))
    status = rh_utf8_from_utf16(out, value.data, value.len, error);
  *type = value.type;
  rh_value_dispose(&value);
  return status;
}

rh_status rh_value_read_text(char **out, rh_registry *registry, rh_key key, const char *name,
                             rh_error *error) {
  *out = NULL;
  uint32_t type;
  rh_buffer text = {0};
  rh_status status = read_units(&text, registry, key, name, &type, error);
  if (status == RH_OK && rh_buffer_text(&text)[0] != '\0') {
    *out = rh_copy_text(rh_buffer_text(&text));
    if (!*out)
      status = rh_error_memory(error);
  }
  rh_buffer_dispose(&text);
  return status;
}

rh_status rh_text_list_add(rh_text_list *list, const char *text, size_t len, rh_error *error) {
  char **items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  list->items = items;
  if (!(items[list->count] = rh_copy_bytes(text, len)))
    return rh_error_memory(error);
  list->count++;
  return RH_OK;
}

void rh_text_list_dispose(rh_text_list *list) {
  for (size_t i = 0; i < list->count; i++)
    rh_free(list->items[i]);
  rh_free(list->items);
  *list = (rh_text_list){0};
}

rh_status rh_value_read_list(rh_text_list *out, rh_registry *registry, rh_key key, const char *name,
                             rh_error *error) {
  *out = (rh_text_list){0};
  uint32_t type;
  rh_buffer buffer = {0};
  rh_status status = read_units(&buffer, registry, key, name, &type, error);
  const char *text = rh_buffer_text(&buffer);
  bool multiple = type == RH_REG_MULTI_SZ;
  size_t end = multiple ? buffer.len : strlen(text);
  for (size_t at = 0; at < end && status == RH_OK; at++) {
    size_t len = multiple ? strlen(text + at) : strcspn(text + at, ", \t;");
    if (len > 0)
      status = rh_text_list_add(out, text + at, len, error);
    else if (multiple)
      break; /* the empty string is a REG_MULTI_SZ's end, whatever follows */
    at += len;
  }
  if (status != RH_OK)
    rh_text_list_dispose(out);
  rh_buffer_dispose(&buffer);
  return status;
}

rh_status rh_value_read_number(uint32_t *out, rh_registry *registry, rh_key key, const char *name,
                               uint32_t fallback, rh_error *error) {
  rh_value value = {0};
  rh_status status = rh_registry_find_value(registry, key, name, strlen(name), &value, error);
  bool is_number = status == RH_OK && value.type == RH_REG_DWORD && value.len == 4;
  *out = is_number ? rh_load_u32(value.data) : fallback;
  rh_value_dispose(&value);
  return is_missing(status) ? RH_OK : status;
}

bool rh_ipv4_parse(uint32_t *out, const char *text) {
  uint32_t address = 0;
  for (int part = 0; part < 4; part++) {
    uint32_t number = 0;
    size_t digits = 0;
    for (; digits < 4 && *text >= '0' && *text <= '9'; digits++)
      number = number * 10 + (uint32_t)(*text++ - '0');
    if (digits == 0 || digits > 3 || number > 255 || *text != (part < 3 ? '.' : '\0'))
      return false;
    address = address << 8 | number;
    text++;
  }
  *out = address;
  return true;
}

bool rh_ipv4_parse_mask(uint32_t *out, const char *text) {
  if (!rh_ipv4_parse(out, text) || *out == 0)
    return false;
  uint32_t zeros = ~*out;
  return (zeros & (zeros + 1)) == 0;
}
