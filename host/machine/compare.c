/* One setting or file of a machine against one side of a change, and sides in words. */
#include "machine/compare.h"

#include "base/hash.h"
#include "base/reader.h"
#include "base/text.h"

#include <string.h>

#define SHOWN_TEXT_MAX 200 /* bytes */
#define SHOWN_HEX_MAX 16

static bool is_file(const rh_change *change) {
  return change->hive == NULL;
}

static bool is_value(const rh_change *change) {
  return change->action == RH_SET_VALUE || change->action == RH_DELETE_VALUE;
}

/* Names in a path may hold NULs, so it is walked by its length. */
static rh_status find_key(rh_key *out, rh_registry *registry, const rh_change *change,
                          rh_error *error) {
  rh_status status = rh_registry_root(registry, out, error);
  for (size_t start = 0; status == RH_OK && start < change->path_len;) {
    const char *name = change->path + start;
    size_t rest = change->path_len - start;
    const char *end = memchr(name, '\\', rest);
    size_t len = end ? (size_t)(end - name) : rest;
    if (len > 0)
      status = rh_registry_find_key(registry, *out, name, len, out, error);
    start += len + 1;
  }
  return status;
}

static rh_status read_value(rh_change_side *out, rh_registry *registry, rh_key key,
                            const rh_change *change, rh_error *error) {
  rh_value value = {0};
  rh_status status =
      rh_registry_find_value(registry, key, change->name, change->name_len, &value, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->data, value.data, value.len, error);
  out->type = value.type;
  rh_value_dispose(&value);
  return status;
}

static rh_status read_key(rh_change_side *out, rh_registry *registry, rh_key key, rh_error *error) {
  rh_key_info info = {0};
  rh_status status = rh_registry_read_key(registry, key, &info, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->data, info.class_name, info.class_len, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->security, info.security, info.security_len, error);
  rh_key_info_dispose(&info);
  return status;
}

rh_status rh_machine_read_side(rh_change_side *out, rh_machine *machine, const rh_change *change,
                               rh_error *error) {
  rh_registry *registry = NULL;
  rh_key key = RH_KEY_NONE;
  rh_status status;
  if (is_file(change)) {
    status = rh_machine_file_read(machine, change->path, &out->data, error);
  } else {
    status = rh_machine_hive(machine, change->hive, &registry, error);
    if (status == RH_OK)
      status = find_key(&key, registry, change, error);
    if (status == RH_OK)
      status = is_value(change) ? read_value(out, registry, key, change, error)
                                : read_key(out, registry, key, error);
  }
  out->present = status == RH_OK;
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static bool same_bytes(const rh_buffer *a, const rh_buffer *b) {
  return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool rh_change_side_is(const rh_change *change, const rh_change_side *now,
                       const rh_change_side *side) {
  if (now->present != side->present)
    return false;
  if (!side->present)
    return true;
  if (is_value(change) && now->type != side->type)
    return false;
  /* A key that was made without saying whose it is took its parent's security. */
  if (!is_file(change) && !is_value(change) && side->security.len > 0 &&
      !same_bytes(&now->security, &side->security))
    return false;
  return same_bytes(&now->data, &side->data);
}

static rh_status add_digest(rh_buffer *out, const rh_buffer *data, rh_error *error) {
  char digest[65];
  rh_status status = rh_sha256_hex(digest, data->data, data->len, error);
  return status == RH_OK ? rh_buffer_printf(out, error, "%zu bytes, SHA-256 %s", data->len, digest)
                         : status;
}

/* The text of a string value in quotes. RH_ERR_UNSUPPORTED for what a terminal should not get. */
static rh_status add_text(rh_buffer *out, const rh_buffer *data, rh_error *error) {
  rh_buffer text = {0};
  rh_status status = rh_utf8_from_utf16(&text, data->data, data->len, error);
  while (text.len > 0 && text.data[text.len - 1] == 0)
    text.len--;
  bool shown =
      data->len % 2 == 0 && text.len <= SHOWN_TEXT_MAX && rh_utf8_is_valid(text.data, text.len);
  for (size_t i = 0; shown && i < text.len; i++)
    shown = text.data[i] >= 0x20 && text.data[i] != 0x7F &&
            !(text.data[i] == 0xC2 && text.data[i + 1] < 0xA0);
  if (status == RH_OK)
    status = shown ? rh_buffer_printf(out, error, "\"%.*s\"", (int)text.len, rh_buffer_text(&text))
                   : RH_ERR_UNSUPPORTED;
  rh_buffer_dispose_secret(&text);
  return status;
}

static rh_status describe_value(rh_buffer *out, const rh_change_side *side, rh_error *error) {
  char number[16];
  const rh_buffer *data = &side->data;
  rh_status status = rh_buffer_printf(out, error, "%s ", rh_value_type_name(side->type, number));
  if (status != RH_OK)
    return status;
  if (side->type == RH_REG_DWORD && data->len == 4)
    return rh_buffer_printf(out, error, "%08lx", (unsigned long)rh_load_u32(data->data));
  if (side->type == RH_REG_QWORD && data->len == 8)
    return rh_buffer_printf(out, error, "%016llx", (unsigned long long)rh_load_u64(data->data));
  if (side->type == RH_REG_SZ || side->type == RH_REG_EXPAND_SZ) {
    status = add_text(out, data, error);
    if (status != RH_ERR_UNSUPPORTED)
      return status;
  }
  if (data->len > 0 && data->len <= SHOWN_HEX_MAX)
    return rh_buffer_append_hex(out, data->data, data->len, error);
  return add_digest(out, data, error);
}

static rh_status describe_key(rh_buffer *out, const rh_change_side *side, rh_error *error) {
  rh_status status = rh_buffer_append_text(out, "key", error);
  if (status == RH_OK && side->data.len > 0) {
    status = rh_buffer_append_text(out, " of class ", error);
    if (status == RH_OK)
      status = add_digest(out, &side->data, error);
  }
  if (status == RH_OK && side->security.len > 0) {
    status = rh_buffer_append_text(out, " with security of ", error);
    if (status == RH_OK)
      status = add_digest(out, &side->security, error);
  }
  return status;
}

rh_status rh_change_describe_side(rh_buffer *out, const rh_change *change,
                                  const rh_change_side *side, rh_error *error) {
  if (!side->present)
    return rh_buffer_append_text(out, "absent", error);
  if (change->secret)
    return rh_buffer_append_text(out, "(secret)", error);
  if (is_file(change))
    return add_digest(out, &side->data, error);
  return is_value(change) ? describe_value(out, side, error) : describe_key(out, side, error);
}

rh_status rh_machine_compare(bool *same, rh_buffer *found, rh_machine *machine,
                             const rh_change *change, const rh_change_side *side, rh_error *error) {
  rh_change_side now = {0};
  rh_status status = rh_machine_read_side(&now, machine, change, error);
  *same = status == RH_OK && rh_change_side_is(change, &now, side);
  if (status == RH_OK && found)
    status = rh_change_describe_side(found, change, &now, error);
  rh_buffer_dispose_secret(&now.data);
  rh_buffer_dispose(&now.security);
  return status;
}

rh_status rh_machine_key_is_empty(bool *out, rh_machine *machine, const rh_change *change,
                                  rh_error *error) {
  rh_registry *registry = NULL;
  rh_key key = RH_KEY_NONE;
  rh_key_info info = {0};
  rh_status status = rh_machine_hive(machine, change->hive, &registry, error);
  if (status == RH_OK)
    status = find_key(&key, registry, change, error);
  if (status == RH_OK)
    status = rh_registry_read_key(registry, key, &info, error);
  *out = status == RH_OK && info.subkey_count == 0 && info.value_count == 0;
  rh_key_info_dispose(&info);
  return status;
}
