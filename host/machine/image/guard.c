/* What guards a file of an item, in the form that items have it: given, compared, told. */
#include "machine/image/internal.h"

#include "base/protection.h"
#include "security/protection.h"

#include <string.h>

#define PARTS_OF_NEW (RH_PART_ACCESS | RH_PART_MARKS)
/* Of times and short names the first change by use, the second cannot stand beside a kept name. */
#define PARTS_TOLD (RH_PART_ACCESS | RH_PART_MARKS | RH_PART_ATTRIBUTES)

static rh_status decode(rh_protection *out, const char *guard, rh_error *error) {
  return rh_protection_decode(out, guard, strlen(guard), error);
}

static rh_status encode(char **out, const rh_protection *protection, rh_error *error) {
  rh_buffer line = {0};
  rh_status status = rh_protection_encode(&line, protection, error);
  if (status == RH_OK)
    *out = (char *)line.data;
  else
    rh_buffer_dispose(&line);
  return status;
}

rh_status image_guard_read(char **out, const char *path, rh_error *error) {
  rh_protection protection = {0};
  *out = NULL;
  rh_status status = rh_protection_read(&protection, path, error);
  if (status == RH_OK)
    status = encode(out, &protection, error);
  rh_protection_dispose(&protection);
  return status;
}

/* Its attributes are on the disk when this returns, of a file as of a folder. */
static rh_status sync_guard(const char *path, rh_error *error) {
  rh_file_info info;
  rh_file *file = NULL;
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_OK && info.kind == RH_FILE_FOLDER)
    return rh_platform_sync_folder(path, error);
  if (status == RH_OK)
    status = rh_platform_open(&file, path, error);
  if (status == RH_OK)
    status = rh_platform_sync(file, error);
  rh_platform_close(file, NULL);
  return status;
}

/* A short name first: it takes a rename, and that sets marks. */
static rh_status write_parts(const char *path, const rh_protection *wanted, unsigned parts,
                             rh_error *error) {
  unsigned lost = 0;
  rh_status status = RH_OK;
  if (parts & RH_PART_SHORT_NAME && wanted->short_name)
    status = rh_protection_write(path, wanted, RH_PART_SHORT_NAME, &lost, error);
  parts = (parts & ~(unsigned)RH_PART_SHORT_NAME) | RH_PART_MARKS;
  return status == RH_OK ? rh_protection_write(path, wanted, parts, &lost, error) : status;
}

rh_status image_guard_give(const char *path, const char *guard, unsigned parts, rh_error *error) {
  rh_protection wanted = {0}, now = {0};
  if (!guard)
    return RH_OK;
  rh_status status = decode(&wanted, guard, error);
  if (status == RH_OK)
    status = rh_protection_read(&now, path, error);
  bool same_kind = now.kind == wanted.kind;
  unsigned differ = same_kind ? rh_protection_compare(&wanted, &now) & parts : 0;
  if (status == RH_OK && differ)
    status = write_parts(path, &wanted, differ, error);
  /* On NTFS always: a process that was killed may have written it and not more. */
  if (status == RH_OK && (differ || (same_kind && now.kind == RH_PROTECTION_NTFS)))
    status = sync_guard(path, error);
  rh_protection_dispose(&wanted);
  rh_protection_dispose(&now);
  return status;
}

rh_status image_guard_inherit(const char *path, const char *folder, bool is_folder,
                              rh_error *error) {
  rh_protection parent = {0}, inherited = {0};
  unsigned lost;
  rh_status status = rh_protection_read(&parent, folder, error);
  if (status == RH_OK)
    status = rh_protection_inherit(&inherited, &parent, is_folder, error);
  if (status == RH_OK)
    status = rh_protection_write(path, &inherited, PARTS_OF_NEW, &lost, error);
  if (status == RH_OK)
    status = sync_guard(path, error);
  rh_protection_dispose(&parent);
  rh_protection_dispose(&inherited);
  return status == RH_END ? RH_OK : status; /* the system does it */
}

static rh_status refuse_wider(const rh_protection *is, const rh_protection *was, const char *path,
                              rh_error *error) {
  rh_buffer why = {0};
  bool wider = false;
  rh_status status = rh_protection_is_wider(&wider, &why, is, was, error);
  if (status == RH_OK && wider) {
    rh_error_set(error, RH_ERR_ACCESS, path,
                 "the new file would be open to more people than the old one: %s",
                 rh_buffer_text(&why));
    rh_error_hint(error, "work as root, on a volume that is mounted for writing by ntfs-3g");
    status = RH_ERR_ACCESS;
  }
  rh_buffer_dispose(&why);
  return status;
}

/* An attribute that could not be read is none that could be kept. */
static unsigned parts_told(const rh_protection *expected) {
  for (size_t i = 0; i < expected->attribute_count; i++)
    if (!expected->attributes[i].data)
      return PARTS_TOLD & ~(unsigned)RH_PART_ATTRIBUTES;
  return PARTS_TOLD;
}

/* What could not be given to the new file of the old one's; NULL when that is nothing. What no new
 * file on that volume can have is told before. */
static rh_status tell_unkept(char **out, const rh_protection *is, const rh_protection *was,
                             rh_error *error) {
  rh_buffer list = {0};
  rh_status status = RH_OK;
  unsigned differ = rh_protection_differ(is, was) & parts_told(was);
  if (differ & RH_PART_ACCESS)
    status = rh_buffer_append_text(&list, "owner and permissions", error);
  if (status == RH_OK && differ & RH_PART_ATTRIBUTES)
    status = rh_buffer_printf(&list, error, "%sextended attributes", list.len ? ", " : "");
  if (status == RH_OK && list.len > 0)
    *out = (char *)list.data;
  else
    rh_buffer_dispose(&list);
  return status;
}

/* Times are those of its content. */
static void forget_times(rh_protection *protection) {
  protection->created = protection->modified = protection->accessed = (rh_file_time){0};
}

static rh_status guard_replacing(rh_target_item *item, rh_protection *is, rh_error *error) {
  rh_protection was = {0};
  unsigned lost;
  rh_status status = decode(&was, item->guard_before, error);
  if (status == RH_OK && was.kind == RH_PROTECTION_NTFS)
    status = rh_protection_write(item->temporary, &was, RH_PART_MARKS, &lost, error);
  if (status == RH_OK)
    status = rh_protection_read(is, item->temporary, error);
  if (status == RH_OK && was.kind == RH_PROTECTION_NTFS)
    status = refuse_wider(is, &was, item->target, error);
  if (status == RH_OK)
    status = tell_unkept(&item->unkept, is, &was, error);
  if (status == RH_OK && was.short_name) { /* which it gets with the long one */
    rh_free(is->short_name);
    is->short_name = rh_copy_text(was.short_name);
    status = is->short_name ? RH_OK : rh_error_memory(error);
  }
  rh_protection_dispose(&was);
  return status;
}

static rh_status guard_new(const rh_target_item *item, rh_protection *is, rh_error *error) {
  char *folder = rh_platform_folder_of(item->target);
  rh_status status =
      folder ? image_guard_inherit(item->temporary, folder, false, error) : rh_error_memory(error);
  rh_free(folder);
  return status == RH_OK ? rh_protection_read(is, item->temporary, error) : status;
}

rh_status image_guard_prepared(rh_target_item *item, rh_error *error) {
  rh_protection is = {0};
  rh_status status =
      item->guard_before ? guard_replacing(item, &is, error) : guard_new(item, &is, error);
  forget_times(&is);
  if (status == RH_OK)
    status = encode(&item->guard_after, &is, error);
  rh_protection_dispose(&is);
  return status;
}

rh_status image_guard_foretell(rh_buffer *out, const char *path, rh_error *error) {
  rh_protection protection = {0};
  rh_volume volume;
  if (!rh_file_exists(path))
    return RH_OK;
  rh_status status = rh_protection_read(&protection, path, error);
  if (status == RH_OK)
    status = rh_platform_volume(&volume, path, error);
  if (status == RH_OK)
    status = rh_protection_tell_unkept(out, &protection, &volume, error);
  rh_protection_dispose(&protection);
  return status;
}

static rh_status tell_guards(rh_buffer *found, rh_buffer *expected, const rh_protection *is,
                             const rh_protection *wanted, unsigned parts, rh_error *error) {
  rh_status status = rh_protection_describe(found, is, error);
  if (status == RH_OK)
    status = rh_protection_describe(expected, wanted, error);
  if (status != RH_OK || !(parts & RH_PART_ATTRIBUTES))
    return status;
  status = rh_buffer_append_text(found, "; ", error);
  if (status == RH_OK)
    status = rh_protection_tell_difference(found, is, wanted, RH_PART_ATTRIBUTES, error);
  return status;
}

rh_status image_guard_compare(rh_buffer *found, rh_buffer *expected, const char *path,
                              const char *guard, rh_error *error) {
  rh_protection wanted = {0}, is = {0};
  if (!guard || !*guard || !rh_file_exists(path))
    return RH_OK;
  rh_status status = decode(&wanted, guard, error);
  if (status == RH_OK)
    status = rh_protection_read(&is, path, error);
  unsigned parts = status == RH_OK ? rh_protection_differ(&is, &wanted) & parts_told(&wanted) : 0;
  if (parts)
    status = tell_guards(found, expected, &is, &wanted, parts, error);
  rh_protection_dispose(&wanted);
  rh_protection_dispose(&is);
  return status;
}
