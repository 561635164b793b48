/* What the protection of a file or folder means. */
#include "security/protection.h"

#include "security/inherit.h"
#include "security/posix_acl.h"
#include "security/wider.h"
#include "security/words.h"

#include <string.h>

#define SETS_ID 0xC00u /* of the mode: runs as its owner, or as its group */

static rh_status parse(rh_descriptor *out, const rh_protection *protection, rh_error *error) {
  return rh_descriptor_parse(out, protection->descriptor.data, protection->descriptor.len, error);
}

/* --- words --- */

static rh_status describe_marks(rh_buffer *out, uint32_t marks, rh_error *error) {
  static const struct {
    uint32_t mark;
    const char *word;
  } words[] = {{RH_MARK_READ_ONLY, "read-only"},     {RH_MARK_HIDDEN, "hidden"},
               {RH_MARK_SYSTEM, "system"},           {RH_MARK_ARCHIVE, "archive"},
               {RH_MARK_TEMPORARY, "temporary"},     {RH_MARK_SPARSE, "sparse"},
               {RH_MARK_REPARSE, "a reparse point"}, {RH_MARK_COMPRESSED, "compressed"},
               {RH_MARK_OFFLINE, "offline"},         {RH_MARK_NOT_INDEXED, "not indexed"},
               {RH_MARK_ENCRYPTED, "encrypted"}};
  const char *between = "";
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < sizeof words / sizeof *words; i++) {
    if (!(marks & words[i].mark))
      continue;
    status = rh_buffer_printf(out, error, "%s%s", between, words[i].word);
    between = ", ";
  }
  return status == RH_OK && !*between ? rh_buffer_append_text(out, "no attributes", error) : status;
}

static rh_status describe_access(rh_buffer *out, const rh_protection *protection, rh_error *error) {
  rh_descriptor descriptor = {0};
  rh_posix_access access;
  rh_status status = RH_OK;
  if (protection->kind == RH_PROTECTION_NTFS) {
    status = parse(&descriptor, protection, error);
    if (status == RH_OK)
      status = rh_descriptor_describe(out, &descriptor, error);
    rh_descriptor_dispose(&descriptor);
  } else if (protection->kind == RH_PROTECTION_POSIX) {
    status = rh_posix_access_of(&access, protection, error);
    if (status == RH_OK)
      status = rh_posix_access_describe(out, &access, error);
  } else {
    status = rh_buffer_append_text(out, "no permissions on this kind of volume", error);
  }
  return status == RH_ERR_FORMAT || status == RH_ERR_LIMIT
             ? rh_buffer_append_text(out, "permissions that cannot be read", error)
             : status;
}

rh_status rh_protection_describe(rh_buffer *out, const rh_protection *protection, rh_error *error) {
  rh_status status = describe_access(out, protection, error);
  if (status == RH_OK && protection->marks)
    status = rh_buffer_append_text(out, "; ", error);
  return status == RH_OK && protection->marks ? describe_marks(out, protection->marks, error)
                                              : status;
}

/* --- comparing --- */

static bool descriptors_same(const rh_protection *a, const rh_protection *b) {
  rh_descriptor one = {0}, other = {0};
  bool same = parse(&one, a, NULL) == RH_OK && parse(&other, b, NULL) == RH_OK &&
              rh_descriptor_same(&one, &other);
  rh_descriptor_dispose(&one);
  rh_descriptor_dispose(&other);
  return same;
}

unsigned rh_protection_differ(const rh_protection *a, const rh_protection *b) {
  unsigned parts = rh_protection_compare(a, b);
  if (parts & RH_PART_ACCESS && a->kind == RH_PROTECTION_NTFS && b->kind == RH_PROTECTION_NTFS &&
      descriptors_same(a, b))
    parts &= ~(unsigned)RH_PART_ACCESS;
  return parts;
}

static rh_status tell_attributes(rh_buffer *out, const rh_protection *found,
                                 const rh_protection *expected, const char *between,
                                 rh_error *error) {
  for (size_t i = 0; i < expected->attribute_count; i++) {
    const rh_attribute *was = &expected->attributes[i];
    const rh_attribute *is = rh_protection_attribute(found, was->name);
    if (!is || is->len != was->len || (was->len && memcmp(is->data, was->data, was->len) != 0))
      return rh_buffer_printf(out, error, "%s%s the attribute %s", between,
                              is ? "has changed" : "has lost", was->name);
  }
  return rh_buffer_printf(out, error, "%shas more attributes", between);
}

rh_status rh_protection_tell_difference(rh_buffer *out, const rh_protection *found,
                                        const rh_protection *expected, unsigned parts,
                                        rh_error *error) {
  rh_status status = RH_OK;
  const char *between = "";
  parts &= rh_protection_differ(found, expected);
  if (parts & (RH_PART_ACCESS | RH_PART_MARKS)) {
    status = rh_buffer_append_text(out, "is ", error);
    if (status == RH_OK)
      status = parts & RH_PART_ACCESS ? rh_protection_describe(out, found, error)
                                      : describe_marks(out, found->marks, error);
    if (status == RH_OK)
      status = rh_buffer_append_text(out, ", not ", error);
    if (status == RH_OK)
      status = parts & RH_PART_ACCESS ? rh_protection_describe(out, expected, error)
                                      : describe_marks(out, expected->marks, error);
    between = "; ";
  }
  if (status == RH_OK && parts & RH_PART_ATTRIBUTES) {
    status = tell_attributes(out, found, expected, between, error);
    between = "; ";
  }
  if (status == RH_OK && parts & RH_PART_TIMES) {
    status = rh_buffer_printf(out, error, "%shas other times", between);
    between = "; ";
  }
  if (status == RH_OK && parts & RH_PART_SHORT_NAME)
    status = rh_buffer_printf(out, error, "%shas the short name %s, not %s", between,
                              found->short_name ? found->short_name : "(none)",
                              expected->short_name ? expected->short_name : "(none)");
  return status;
}

/* --- never wider --- */

static bool labels_differ(const rh_protection *a, const rh_protection *b) {
  for (size_t i = 0; i < a->attribute_count; i++) {
    const rh_attribute *one = &a->attributes[i];
    if (strncmp(one->name, "security.", 9) != 0)
      continue;
    const rh_attribute *other = rh_protection_attribute(b, one->name);
    if (!other || !one->data || !other->data || one->len != other->len ||
        memcmp(one->data, other->data, one->len) != 0)
      return true;
  }
  return false;
}

static rh_status posix_is_wider(bool *out, rh_buffer *why, const rh_protection *a,
                                const rh_protection *b, rh_error *error) {
  rh_posix_access one, other;
  *out = true;
  if (a->mode & ~b->mode & SETS_ID)
    return why ? rh_buffer_append_text(why, "it runs as its owner or group", error) : RH_OK;
  if (labels_differ(a, b) || labels_differ(b, a))
    return why ? rh_buffer_append_text(why, "it has another label or other capabilities", error)
               : RH_OK;
  rh_status status = rh_posix_access_of(&one, a, error);
  if (status == RH_OK)
    status = rh_posix_access_of(&other, b, error);
  return status == RH_OK ? rh_posix_access_is_wider(out, why, &one, &other, error) : status;
}

static rh_status ntfs_is_wider(bool *out, rh_buffer *why, const rh_protection *a,
                               const rh_protection *b, rh_error *error) {
  rh_descriptor one = {0}, other = {0};
  *out = true;
  rh_status status = parse(&one, a, error);
  if (status == RH_OK)
    status = parse(&other, b, error);
  if (status == RH_OK)
    status = rh_descriptor_is_wider(out, why, &one, &other, error);
  rh_descriptor_dispose(&one);
  rh_descriptor_dispose(&other);
  return status;
}

rh_status rh_protection_is_wider(bool *out, rh_buffer *why, const rh_protection *a,
                                 const rh_protection *b, rh_error *error) {
  rh_status status = RH_OK;
  *out = a->kind != b->kind;
  if (*out)
    return why ? rh_buffer_append_text(why, "it is on another kind of volume", error) : RH_OK;
  if (!(rh_protection_compare(a, b) & (RH_PART_ACCESS | RH_PART_ATTRIBUTES)))
    return RH_OK;
  if (a->kind == RH_PROTECTION_POSIX)
    status = posix_is_wider(out, why, a, b, error);
  else if (a->kind == RH_PROTECTION_NTFS)
    status = ntfs_is_wider(out, why, a, b, error);
  if (status != RH_ERR_FORMAT && status != RH_ERR_LIMIT)
    return status;
  return why ? rh_buffer_append_text(why, "its permissions cannot be read", error) : RH_OK;
}

/* --- a new file, and what it cannot have --- */

rh_status rh_protection_inherit(rh_protection *out, const rh_protection *parent, bool folder,
                                rh_error *error) {
  *out = (rh_protection){.kind = parent->kind};
  if (parent->kind != RH_PROTECTION_NTFS)
    return RH_END;
  out->marks = (folder ? 0u : (unsigned)RH_MARK_ARCHIVE) | (parent->marks & RH_MARK_NOT_INDEXED);
  rh_status status = rh_descriptor_inherit(&out->descriptor, parent->descriptor.data,
                                           parent->descriptor.len, folder, error);
  if (status != RH_OK)
    rh_protection_dispose(out);
  return status;
}

/* One more of a list. */
static rh_status unkept(rh_buffer *out, const char *what, const char *name, rh_error *error) {
  return rh_buffer_printf(out, error, "%s%s%s", out->len ? ", " : "", what, name);
}

rh_status rh_protection_tell_unkept(rh_buffer *out, const rh_protection *protection,
                                    const rh_volume *volume, rh_error *error) {
  rh_buffer list = {0};
  rh_status status = RH_OK;
  bool ntfs = protection->kind == RH_PROTECTION_NTFS;
  bool as_given = strcmp(volume->driver, "ntfs-3g") == 0;
  if (protection->kind != volume->kind)
    status = unkept(&list, "owner, permissions and attributes", "", error);
  if (status == RH_OK && ntfs && protection->marks & RH_MARK_COMPRESSED)
    status = unkept(&list, "being compressed", "", error);
  if (status == RH_OK && ntfs && protection->marks & RH_MARK_SPARSE)
    status = unkept(&list, "being sparse", "", error);
  if (status == RH_OK && ntfs && protection->marks & RH_MARK_ENCRYPTED)
    status = unkept(&list, "being encrypted", "", error);
  if (status == RH_OK && ntfs && protection->marks & RH_MARK_REPARSE)
    status = unkept(&list, "being a reparse point", "", error);
  if (status == RH_OK && protection->short_name && !as_given)
    status = unkept(&list, "the short name ", protection->short_name, error);
  if (status == RH_OK && ntfs && !as_given)
    status = unkept(&list, "the time when it was made", "", error);
  for (size_t i = 0; status == RH_OK && i < protection->attribute_count; i++)
    if (!protection->attributes[i].data)
      status = unkept(&list, ntfs ? "the stream " : "the attribute ",
                      protection->attributes[i].name, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, list.data, list.len, error);
  rh_buffer_dispose(&list);
  return status;
}
