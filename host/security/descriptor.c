/* Security descriptors: reading, writing, comparing. */
#include "security/descriptor.h"

#include "base/reader.h"
#include "security/sid.h"

#include <string.h>

#define HEAD 20
#define ACL_HEAD 8
#define ACE_HEAD 4

static rh_status malformed(rh_error *error, const char *what) {
  return rh_error_set(error, RH_ERR_FORMAT, "the security descriptor", "%s", what);
}

bool rh_bytes_same(rh_bytes a, rh_bytes b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool rh_ace_allows(const rh_ace *ace) {
  return ace->type == RH_ACE_ALLOWED || ace->type == RH_ACE_ALLOWED_OBJECT ||
         ace->type == RH_ACE_ALLOWED_CALLBACK || ace->type == RH_ACE_ALLOWED_CALLBACK_OBJECT;
}

bool rh_ace_denies(const rh_ace *ace) {
  return ace->type == RH_ACE_DENIED || ace->type == RH_ACE_DENIED_OBJECT ||
         ace->type == RH_ACE_DENIED_CALLBACK || ace->type == RH_ACE_DENIED_CALLBACK_OBJECT;
}

static bool is_object(uint8_t type) {
  return type == RH_ACE_ALLOWED_OBJECT || type == RH_ACE_DENIED_OBJECT ||
         type == RH_ACE_AUDIT_OBJECT || type == RH_ACE_ALLOWED_CALLBACK_OBJECT ||
         type == RH_ACE_DENIED_CALLBACK_OBJECT || type == RH_ACE_AUDIT_CALLBACK_OBJECT;
}

static bool is_known(const rh_ace *ace) {
  return rh_ace_allows(ace) || rh_ace_denies(ace) || is_object(ace->type) ||
         ace->type == RH_ACE_AUDIT || ace->type == RH_ACE_AUDIT_CALLBACK ||
         ace->type == RH_ACE_MANDATORY_LABEL || ace->type == RH_ACE_RESOURCE_ATTRIBUTE ||
         ace->type == RH_ACE_SCOPED_POLICY;
}

static rh_bytes rest(rh_reader *reader, size_t len) {
  return (rh_bytes){rh_reader_bytes(reader, len), len};
}

/* Mask, for object entries the types of objects, SID, and what is behind it. */
static bool read_body(rh_ace *ace) {
  rh_reader reader = rh_reader_of(ace->body.data, ace->body.len);
  ace->mask = rh_reader_u32(&reader);
  if (is_object(ace->type)) {
    ace->type_flags = rh_reader_u32(&reader);
    rh_reader_bytes(&reader, (ace->type_flags & 1 ? 16u : 0u) + (ace->type_flags & 2 ? 16u : 0u));
  }
  size_t left = reader.failed ? 0 : reader.len - reader.position;
  size_t sid_len = left ? rh_sid_len(reader.data + reader.position, left) : 0;
  ace->sid = rest(&reader, sid_len);
  ace->tail = rest(&reader, left - sid_len);
  return sid_len > 0;
}

/* An entry and, by its size, where the next one begins. */
static bool read_ace(rh_ace *out, rh_reader *list) {
  *out = (rh_ace){.type = rh_reader_u8(list), .flags = rh_reader_u8(list)};
  size_t size = rh_reader_u16(list);
  if (list->failed || size < ACE_HEAD)
    return false;
  out->body = rest(list, size - ACE_HEAD);
  out->known = !list->failed && is_known(out);
  return !list->failed && (!out->known || read_body(out));
}

static rh_status read_acl(rh_acl *out, const unsigned char *data, size_t len, size_t offset,
                          const char *what, rh_error *error) {
  rh_reader reader = rh_reader_of(data, len);
  out->present = true;
  out->is_null = offset == 0;
  if (out->is_null)
    return RH_OK;
  rh_reader_seek(&reader, offset);
  out->revision = rh_reader_u8(&reader);
  rh_reader_u8(&reader);
  size_t size = rh_reader_u16(&reader), count = rh_reader_u16(&reader);
  rh_reader_u16(&reader);
  /* Each entry has a head: more of them than fit are not made room for. */
  if (reader.failed || offset < HEAD || size < ACL_HEAD || !rh_reader_has(&reader, offset, size) ||
      count > (size - ACL_HEAD) / ACE_HEAD)
    return malformed(error, what);
  out->aces = rh_alloc_zero(count, sizeof *out->aces);
  if (!out->aces)
    return rh_error_memory(error);
  rh_reader list = rh_reader_of(rh_reader_bytes(&reader, size - ACL_HEAD), size - ACL_HEAD);
  for (; out->count < count; out->count++)
    if (!read_ace(&out->aces[out->count], &list))
      return malformed(error, what);
  return RH_OK;
}

static bool read_sid(rh_bytes *out, const unsigned char *data, size_t len, size_t offset) {
  if (offset == 0)
    return true;
  rh_reader reader = rh_reader_of(data, len);
  rh_reader_seek(&reader, offset);
  size_t sid_len = reader.failed || offset < HEAD ? 0 : rh_sid_len(data + offset, len - offset);
  *out = rest(&reader, sid_len);
  return sid_len > 0;
}

rh_status rh_descriptor_parse(rh_descriptor *out, const void *data, size_t len, rh_error *error) {
  rh_reader reader = rh_reader_of(data, len);
  *out = (rh_descriptor){0};
  if (len > RH_DESCRIPTOR_MAX)
    return rh_error_set(error, RH_ERR_LIMIT, "the security descriptor", "has %zu bytes", len);
  uint8_t revision = rh_reader_u8(&reader);
  out->resource_control = rh_reader_u8(&reader);
  out->control = rh_reader_u16(&reader);
  size_t owner = rh_reader_u32(&reader), group = rh_reader_u32(&reader);
  size_t sacl = rh_reader_u32(&reader), dacl = rh_reader_u32(&reader);
  if (reader.failed || revision != 1 || !(out->control & RH_SE_SELF_RELATIVE))
    return malformed(error, "is of no known form");
  if (!read_sid(&out->owner, data, len, owner))
    return malformed(error, "has a malformed owner");
  if (!read_sid(&out->group, data, len, group))
    return malformed(error, "has a malformed group");
  rh_status status = RH_OK;
  if (out->control & RH_SE_SACL_PRESENT)
    status = read_acl(&out->sacl, data, len, sacl, "has a malformed list for auditing", error);
  if (status == RH_OK && out->control & RH_SE_DACL_PRESENT)
    status = read_acl(&out->dacl, data, len, dacl, "has a malformed list of permissions", error);
  if (status != RH_OK)
    rh_descriptor_dispose(out);
  return status;
}

void rh_descriptor_dispose(rh_descriptor *descriptor) {
  rh_free(descriptor->sacl.aces);
  rh_free(descriptor->dacl.aces);
  *descriptor = (rh_descriptor){0};
}

/* Appends a list and gives its place behind start; 0 for none. */
static rh_status add_acl(rh_buffer *out, size_t start, const rh_acl *acl, size_t *place,
                         rh_error *error) {
  *place = 0;
  if (!acl->present || acl->is_null)
    return RH_OK;
  *place = out->len - start;
  size_t size = ACL_HEAD;
  for (size_t i = 0; i < acl->count; i++)
    size += ACE_HEAD + acl->aces[i].body.len;
  if (size > UINT16_MAX)
    return rh_error_set(error, RH_ERR_LIMIT, "the security descriptor",
                        "would have a list of %zu bytes", size);
  rh_status status = rh_buffer_append_u16(out, acl->revision, error);
  if (status == RH_OK)
    status = rh_buffer_append_u16(out, (unsigned)size, error);
  if (status == RH_OK)
    status = rh_buffer_append_u32(out, (unsigned long)acl->count, error);
  for (size_t i = 0; status == RH_OK && i < acl->count; i++) {
    const rh_ace *ace = &acl->aces[i];
    status = rh_buffer_append_u16(out, ace->type | (unsigned)ace->flags << 8, error);
    if (status == RH_OK)
      status = rh_buffer_append_u16(out, (unsigned)(ACE_HEAD + ace->body.len), error);
    if (status == RH_OK && ace->body.len)
      status = rh_buffer_append(out, ace->body.data, ace->body.len, error);
  }
  return status;
}

static rh_status add_bytes(rh_buffer *out, size_t start, rh_bytes bytes, size_t *place,
                           rh_error *error) {
  *place = bytes.len ? out->len - start : 0;
  return bytes.len ? rh_buffer_append(out, bytes.data, bytes.len, error) : RH_OK;
}

rh_status rh_descriptor_build(rh_buffer *out, const rh_descriptor *descriptor, rh_error *error) {
  size_t start = out->len, owner = 0, group = 0, sacl = 0, dacl = 0;
  rh_status status = rh_buffer_append_zero(out, HEAD, error);
  if (status == RH_OK)
    status = add_acl(out, start, &descriptor->sacl, &sacl, error);
  if (status == RH_OK)
    status = add_acl(out, start, &descriptor->dacl, &dacl, error);
  if (status == RH_OK)
    status = add_bytes(out, start, descriptor->owner, &owner, error);
  if (status == RH_OK)
    status = add_bytes(out, start, descriptor->group, &group, error);
  if (status != RH_OK)
    return status;
  unsigned char *head = out->data + start;
  head[0] = 1;
  head[1] = descriptor->resource_control;
  rh_store_u16(head + 2, descriptor->control);
  rh_store_u32(head + 4, (uint32_t)owner);
  rh_store_u32(head + 8, (uint32_t)group);
  rh_store_u32(head + 12, (uint32_t)sacl);
  rh_store_u32(head + 16, (uint32_t)dacl);
  return RH_OK;
}

static bool same_acl(const rh_acl *a, const rh_acl *b) {
  if (a->present != b->present || a->is_null != b->is_null || a->revision != b->revision ||
      a->count != b->count)
    return false;
  for (size_t i = 0; i < a->count; i++)
    if (a->aces[i].type != b->aces[i].type || a->aces[i].flags != b->aces[i].flags ||
        !rh_bytes_same(a->aces[i].body, b->aces[i].body))
      return false;
  return true;
}

bool rh_descriptor_same(const rh_descriptor *a, const rh_descriptor *b) {
  return a->control == b->control && a->resource_control == b->resource_control &&
         rh_bytes_same(a->owner, b->owner) && rh_bytes_same(a->group, b->group) &&
         same_acl(&a->sacl, &b->sacl) && same_acl(&a->dacl, &b->dacl);
}

uint32_t rh_file_rights(uint32_t mask) {
  uint32_t rights = mask & ~RH_GENERIC_RIGHTS;
  if (mask & RH_GENERIC_READ)
    rights |= RH_FILE_GENERIC_READ;
  if (mask & RH_GENERIC_WRITE)
    rights |= RH_FILE_GENERIC_WRITE;
  if (mask & RH_GENERIC_EXECUTE)
    rights |= RH_FILE_GENERIC_EXECUTE;
  if (mask & RH_GENERIC_ALL)
    rights |= RH_FILE_ALL_ACCESS;
  return rights;
}
