/* What guards a file or folder: the value itself, compared, copied, and as a line for journals. */
#include "base/protection.h"

#include "base/table.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* [MS-DTYP] 2.4.6, 2.4.5, 2.4.4.2: self-relative, DACL present, protected and auto-inherited. */
/* clang-format off */
#define PRIVATE(flags) {                                                                           \
    0x01, 0x00, 0x04, 0x94, 0x48, 0x00, 0x00, 0x00,    /* owner at 72 */                           \
    0x58, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,    /* group at 88, no SACL */                  \
    0x14, 0x00, 0x00, 0x00,                            /* DACL at 20 */                            \
    0x02, 0x00, 0x34, 0x00, 0x02, 0x00, 0x00, 0x00,    /* revision 2, 52 bytes, 2 entries */       \
    0x00, flags, 0x14, 0x00, 0xFF, 0x01, 0x1F, 0x00,   /* all to S-1-5-18, SYSTEM */               \
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,                        \
    0x00, flags, 0x18, 0x00, 0xFF, 0x01, 0x1F, 0x00,   /* all to S-1-5-32-544, Administrators */   \
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,\
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,\
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,                        \
}
/* clang-format on */

const unsigned char *rh_private_descriptor(bool folder, size_t *len) {
  static const unsigned char file_form[] = PRIVATE(0x00);
  static const unsigned char folder_form[] = PRIVATE(0x03); /* objects and containers inherit it */
  *len = sizeof file_form;
  return folder ? folder_form : file_form;
}

bool rh_attribute_is_access_list(const char *name) {
  static const char *const lists[] = {"system.posix_acl_access", "system.posix_acl_default",
                                      "system.nfs4_acl", "system.cifs_acl"};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (strcmp(name, lists[i]) == 0)
      return true;
  return false;
}

const rh_attribute *rh_protection_attribute(const rh_protection *protection, const char *name) {
  for (size_t i = 0; i < protection->attribute_count; i++)
    if (strcmp(protection->attributes[i].name, name) == 0)
      return &protection->attributes[i];
  return NULL;
}

static bool same_attribute(const rh_attribute *a, const rh_attribute *b) {
  return b && a->len == b->len && !a->data == !b->data &&
         (!a->data || memcmp(a->data, b->data, a->len) == 0);
}

/* The parts in which a has an attribute that b has not, or has differently. */
static unsigned lacks(const rh_protection *a, const rh_protection *b) {
  unsigned parts = 0;
  for (size_t i = 0; i < a->attribute_count; i++) {
    const rh_attribute *attribute = &a->attributes[i];
    if (!same_attribute(attribute, rh_protection_attribute(b, attribute->name)))
      parts |= rh_attribute_is_access_list(attribute->name) ? RH_PART_ACCESS : RH_PART_ATTRIBUTES;
  }
  return parts;
}

static bool same_time(const rh_file_time *a, const rh_file_time *b) {
  return !a->known || !b->known || (a->seconds == b->seconds && a->nanoseconds == b->nanoseconds);
}

static bool same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

unsigned rh_protection_compare(const rh_protection *a, const rh_protection *b) {
  unsigned parts = lacks(a, b) | lacks(b, a);
  if (a->kind != b->kind || a->owner != b->owner || a->group != b->group || a->mode != b->mode ||
      a->descriptor.len != b->descriptor.len ||
      (a->descriptor.len && memcmp(a->descriptor.data, b->descriptor.data, a->descriptor.len) != 0))
    parts |= RH_PART_ACCESS;
  if (a->marks != b->marks)
    parts |= RH_PART_MARKS;
  if (!same_time(&a->created, &b->created) || !same_time(&a->modified, &b->modified))
    parts |= RH_PART_TIMES;
  if (!same_text(a->short_name, b->short_name))
    parts |= RH_PART_SHORT_NAME;
  return parts;
}

void rh_protection_dispose(rh_protection *protection) {
  for (size_t i = 0; i < protection->attribute_count; i++) {
    rh_free(protection->attributes[i].name);
    rh_free(protection->attributes[i].data);
  }
  rh_free(protection->attributes);
  rh_free(protection->short_name);
  rh_buffer_dispose(&protection->descriptor);
  *protection = (rh_protection){0};
}

static const char *const kinds[] = {"none", "posix", "ntfs"};
RH_TABLE_FITS(kinds, RH_PROTECTION_NTFS);

static rh_status add_time(rh_buffer *out, const char *name, const rh_file_time *time,
                          rh_error *error) {
  return time->known ? rh_buffer_printf(out, error, " %s=%" PRId64 ".%09" PRIu32, name,
                                        time->seconds, time->nanoseconds)
                     : RH_OK;
}

static rh_status add_attribute(rh_buffer *out, const rh_attribute *attribute, rh_error *error) {
  rh_status status = rh_buffer_append_text(out, " x:", error);
  if (status == RH_OK)
    status = rh_buffer_append_hex(out, attribute->name, strlen(attribute->name), error);
  if (status == RH_OK && !attribute->data)
    return rh_buffer_printf(out, error, ">%zu", attribute->len);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, "=", error);
  return status == RH_OK ? rh_buffer_append_hex(out, attribute->data, attribute->len, error)
                         : status;
}

rh_status rh_protection_encode(rh_buffer *out, const rh_protection *protection, rh_error *error) {
  rh_status status = rh_buffer_append_text(out, kinds[protection->kind], error);
  if (status == RH_OK && protection->kind == RH_PROTECTION_POSIX)
    status = rh_buffer_printf(out, error, " owner=%" PRIu32 " group=%" PRIu32 " mode=%04" PRIo32,
                              protection->owner, protection->group, protection->mode);
  if (status == RH_OK && protection->kind == RH_PROTECTION_NTFS) {
    status = rh_buffer_append_text(out, " descriptor=", error);
    if (status == RH_OK)
      status =
          rh_buffer_append_hex(out, protection->descriptor.data, protection->descriptor.len, error);
    if (status == RH_OK)
      status = rh_buffer_printf(out, error, " marks=0x%" PRIx32, protection->marks);
  }
  if (status == RH_OK && protection->short_name) {
    status = rh_buffer_append_text(out, " short=", error);
    if (status == RH_OK)
      status =
          rh_buffer_append_hex(out, protection->short_name, strlen(protection->short_name), error);
  }
  if (status == RH_OK)
    status = add_time(out, "created", &protection->created, error);
  if (status == RH_OK)
    status = add_time(out, "modified", &protection->modified, error);
  if (status == RH_OK)
    status = add_time(out, "accessed", &protection->accessed, error);
  for (size_t i = 0; status == RH_OK && i < protection->attribute_count; i++)
    status = add_attribute(out, &protection->attributes[i], error);
  return status;
}

static rh_status unsound(rh_error *error) {
  return rh_error_set(error, RH_ERR_FORMAT, "a file's permissions",
                      "are not recorded in a form that rehome writes");
}

static rh_status read_hex(rh_buffer *out, const char *hex, size_t len, rh_error *error) {
  rh_status status = rh_hex_parse(out, hex, len, error);
  return status == RH_ERR_FORMAT ? unsound(error) : status;
}

/* A text, which has no NUL and is not empty, from hex. */
static rh_status read_text(char **out, const char *hex, size_t len, rh_error *error) {
  rh_buffer bytes = {0};
  rh_status status = read_hex(&bytes, hex, len, error);
  if (status == RH_OK && (bytes.len == 0 || memchr(bytes.data, 0, bytes.len)))
    status = unsound(error);
  if (status == RH_OK)
    *out = (char *)bytes.data;
  else
    rh_buffer_dispose(&bytes);
  return status;
}

static rh_status read_number(const char *text, int base, uint64_t limit, uint64_t *out,
                             rh_error *error) {
  char *end = NULL;
  if (*text < '0' || *text > '9')
    return unsound(error);
  *out = strtoull(text, &end, base);
  return *end == '\0' && *out <= limit ? RH_OK : unsound(error);
}

static rh_status read_u32(const char *text, int base, uint32_t limit, uint32_t *out,
                          rh_error *error) {
  uint64_t number = 0;
  rh_status status = read_number(text, base, limit, &number, error);
  *out = (uint32_t)number;
  return status;
}

static rh_status read_time(const char *text, rh_file_time *out, rh_error *error) {
  char *end = NULL;
  out->seconds = strtoll(text, &end, 10);
  out->known = true;
  return *end == '.' && strlen(end + 1) == 9
             ? read_u32(end + 1, 10, 999999999, &out->nanoseconds, error)
             : unsound(error);
}

/* NAME=DATA or NAME>LEN. */
static rh_status read_attribute(rh_protection *out, const char *text, rh_error *error) {
  size_t name_len = strcspn(text, "=>");
  const char *value = text + name_len + 1;
  uint64_t len = 0;
  rh_buffer data = {0};
  if (!text[name_len])
    return unsound(error);
  rh_attribute *attributes =
      rh_resize(out->attributes, out->attribute_count + 1, sizeof *attributes);
  if (!attributes)
    return rh_error_memory(error);
  out->attributes = attributes;
  rh_attribute *added = &attributes[out->attribute_count];
  *added = (rh_attribute){0};
  rh_status status = read_text(&added->name, text, name_len, error);
  if (status != RH_OK)
    return status;
  if (out->attribute_count++ > 0 && strcmp(added[-1].name, added->name) >= 0)
    return unsound(error); /* each once, in their order */
  if (text[name_len] == '>') {
    status = read_number(value, 10, SIZE_MAX, &len, error);
    added->len = (size_t)len;
    return status;
  }
  status = rh_buffer_reserve(&data, 0, error); /* for data that is empty and known, not NULL */
  if (status == RH_OK)
    status = read_hex(&data, value, strlen(value), error);
  added->data = data.data;
  added->len = data.len;
  return status;
}

static rh_status read_posix(rh_protection *out, const char *name, const char *value,
                            rh_error *error) {
  if (strcmp(name, "owner") == 0)
    return read_u32(value, 10, UINT32_MAX, &out->owner, error);
  if (strcmp(name, "group") == 0)
    return read_u32(value, 10, UINT32_MAX, &out->group, error);
  if (strcmp(name, "mode") == 0)
    return read_u32(value, 8, 0xFFF, &out->mode, error);
  return unsound(error);
}

static rh_status read_ntfs(rh_protection *out, const char *name, const char *value,
                           rh_error *error) {
  if (strcmp(name, "descriptor") == 0)
    return read_hex(&out->descriptor, value, strlen(value), error);
  if (strcmp(name, "marks") == 0)
    return read_u32(value, 16, UINT32_MAX, &out->marks, error);
  if (strcmp(name, "short") == 0 && !out->short_name)
    return read_text(&out->short_name, value, strlen(value), error);
  return unsound(error);
}

static rh_status read_word(rh_protection *out, char *word, rh_error *error) {
  if (strncmp(word, "x:", 2) == 0)
    return read_attribute(out, word + 2, error);
  char *equals = strchr(word, '=');
  if (!equals)
    return unsound(error);
  *equals = '\0';
  if (strcmp(word, "created") == 0)
    return read_time(equals + 1, &out->created, error);
  if (strcmp(word, "modified") == 0)
    return read_time(equals + 1, &out->modified, error);
  if (strcmp(word, "accessed") == 0)
    return read_time(equals + 1, &out->accessed, error);
  if (out->kind == RH_PROTECTION_POSIX)
    return read_posix(out, word, equals + 1, error);
  return out->kind == RH_PROTECTION_NTFS ? read_ntfs(out, word, equals + 1, error) : unsound(error);
}

static rh_status read_kind(rh_protection *out, const char *word, rh_error *error) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(word, kinds[i]) == 0) {
      out->kind = (rh_protection_kind)i;
      return RH_OK;
    }
  return unsound(error);
}

/* The first word says the kind. words is changed. */
static rh_status read_words(rh_protection *out, char *words, rh_error *error) {
  rh_status status = RH_OK;
  bool first = true;
  for (char *next = NULL; status == RH_OK && words; words = next) {
    next = strchr(words, ' ');
    if (next)
      *next++ = '\0';
    status = first ? read_kind(out, words, error) : read_word(out, words, error);
    first = false;
  }
  return status;
}

rh_status rh_protection_decode(rh_protection *out, const char *text, size_t len, rh_error *error) {
  rh_buffer again = {0};
  char *words = rh_copy_bytes(text, len);
  *out = (rh_protection){0};
  rh_status status = words ? read_words(out, words, error) : rh_error_memory(error);
  rh_free(words);
  /* What is not written exactly so was not written by rehome. */
  if (status == RH_OK)
    status = rh_protection_encode(&again, out, error);
  if (status == RH_OK && (again.len != len || memcmp(again.data, text, len) != 0))
    status = unsound(error);
  rh_buffer_dispose(&again);
  if (status != RH_OK)
    rh_protection_dispose(out);
  return status;
}
