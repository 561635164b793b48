/* What guards a file or folder, for POSIX: reading and writing it, NTFS through two drivers. */
#define _GNU_SOURCE
#include "base/protection.h"

#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Magic numbers of statfs: Linux, include/uapi/linux/magic.h, and ntfs3's own. */
#define MAGIC_FUSE 0x65735546
#define MAGIC_NTFS3 0x7366746E
#define MAGIC_FAT 0x4D44
#define MAGIC_EXFAT 0x2011BAB0

#define MARKS_BE "system.ntfs_attrib_be" /* both drivers; four bytes, big-endian */
/* What a driver lets be set; the others say how the data is stored. */
#define MARKS_SETTABLE                                                                             \
  (RH_MARK_READ_ONLY | RH_MARK_HIDDEN | RH_MARK_SYSTEM | RH_MARK_ARCHIVE | RH_MARK_TEMPORARY |     \
   RH_MARK_OFFLINE | RH_MARK_NOT_INDEXED)
#define MARK_DIRECTORY 0x10
#define MARK_NORMAL 0x80

/* What a driver calls things; NULL for what it has not. */
typedef struct ntfs_driver {
  const char *name, *descriptor, *times, *short_name;
} ntfs_driver;
static const ntfs_driver ntfs_3g = {"ntfs-3g", "system.ntfs_acl", "system.ntfs_times_be",
                                    "system.ntfs_dos_name"};
static const ntfs_driver ntfs3 = {"ntfs3", "system.ntfs_security", NULL, NULL};

/* FUSE has many file systems; ntfs-3g is known by what it answers. */
static const ntfs_driver *driver_of(const struct statfs *volume, const char *path) {
  unsigned char marks[4];
  if (volume->f_type == MAGIC_NTFS3)
    return &ntfs3;
  if (volume->f_type == MAGIC_FUSE && getxattr(path, MARKS_BE, marks, sizeof marks) == 4)
    return &ntfs_3g;
  return NULL;
}

static rh_status find_driver(const ntfs_driver **out, rh_protection_kind *kind, const char *path,
                             rh_error *error) {
  struct statfs volume;
  if (statfs(path, &volume) != 0)
    return rh_error_system(error, errno, path, "cannot look at the volume");
  *out = driver_of(&volume, path);
  *kind = *out                                                         ? RH_PROTECTION_NTFS
          : volume.f_type == MAGIC_FAT || volume.f_type == MAGIC_EXFAT ? RH_PROTECTION_NONE
                                                                       : RH_PROTECTION_POSIX;
  return RH_OK;
}

rh_status rh_platform_volume(rh_volume *out, const char *path, rh_error *error) {
  const ntfs_driver *driver = NULL;
  *out = (rh_volume){.driver = ""};
  rh_status status = find_driver(&driver, &out->kind, path, error);
  if (status == RH_OK && driver)
    out->driver = driver->name;
  return status;
}

/* --- reading --- */

/* The bytes of one attribute, appended; NOT_FOUND when there is none, LIMIT when it cannot be read.
 * The room is asked for first: ntfs-3g answers with more than it was given room for. */
static rh_status read_attribute(rh_buffer *out, const char *path, const char *name,
                                rh_error *error) {
  for (int attempt = 0;; attempt++) {
    ssize_t len = getxattr(path, name, NULL, 0);
    rh_status status = len > 0 ? rh_buffer_reserve(out, (size_t)len, error) : RH_OK;
    if (status != RH_OK)
      return status;
    if (len > 0)
      len = getxattr(path, name, out->data + out->len, (size_t)len);
    if (len >= 0) {
      out->len += (size_t)len;
      return rh_buffer_reserve(out, 0, error);
    }
    if (errno == E2BIG || errno == EACCES || errno == EPERM)
      return RH_ERR_LIMIT;
    if (errno == ENODATA || errno == EOPNOTSUPP)
      return RH_ERR_NOT_FOUND;
    if (errno != ERANGE || attempt == 8) /* it grew meanwhile */
      return rh_error_system(error, errno, path, "cannot read the attribute %s", name);
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const rh_attribute *)a)->name, ((const rh_attribute *)b)->name);
}

/* Hashes and signatures of the content itself belong to no other. */
static bool is_of_content(const char *name) {
  return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static rh_status add_attribute(rh_protection *out, const char *path, const char *name,
                               rh_error *error) {
  rh_buffer data = {0};
  rh_status status = read_attribute(&data, path, name, error);
  if (status == RH_ERR_NOT_FOUND) { /* somebody removed it meanwhile */
    rh_buffer_dispose(&data);
    return RH_OK;
  }
  if (status != RH_OK && status != RH_ERR_LIMIT) {
    rh_buffer_dispose(&data);
    return status;
  }
  rh_attribute *attributes =
      rh_resize(out->attributes, out->attribute_count + 1, sizeof *attributes);
  char *copy = attributes ? rh_copy_text(name) : NULL;
  if (attributes)
    out->attributes = attributes;
  if (!copy) {
    rh_buffer_dispose(&data);
    return rh_error_memory(error);
  }
  if (status == RH_ERR_LIMIT)
    rh_buffer_dispose(&data);
  out->attributes[out->attribute_count++] = (rh_attribute){copy, data.data, data.len};
  return RH_OK;
}

/* All attributes that the system lists. What stands for an NTFS file's own is not among them. */
static rh_status read_attributes(rh_protection *out, const char *path, rh_error *error) {
  rh_buffer names = {0};
  rh_status status = RH_OK;
  ssize_t len = listxattr(path, NULL, 0);
  if (len > 0) {
    status = rh_buffer_reserve(&names, (size_t)len, error);
    if (status == RH_OK)
      len = listxattr(path, (char *)names.data, (size_t)len);
  }
  if (status == RH_OK && len < 0 && errno != EOPNOTSUPP)
    status = rh_error_system(error, errno, path, "cannot list the attributes");
  const char *name = (const char *)names.data;
  for (ssize_t at = 0; status == RH_OK && at < len; at += (ssize_t)strlen(name + at) + 1)
    if (!is_of_content(name + at))
      status = add_attribute(out, path, name + at, error);
  if (out->attribute_count > 1)
    qsort(out->attributes, out->attribute_count, sizeof *out->attributes, by_name);
  rh_buffer_dispose(&names);
  return status;
}

static rh_file_time time_of(int64_t seconds, int64_t nanoseconds) {
  return (rh_file_time){true, seconds, (uint32_t)nanoseconds};
}

static uint64_t load_be(const unsigned char *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* Between 1601 and 1970 [MS-DTYP 2.3.3], in units of 100 ns. */
#define FILETIME_EPOCH 116444736000000000

static rh_file_time time_of_filetime(const unsigned char *bytes) {
  int64_t ticks = (int64_t)load_be(bytes, 8) - FILETIME_EPOCH;
  int64_t seconds = ticks / 10000000, rest = ticks % 10000000;
  return rest < 0 ? time_of(seconds - 1, (rest + 10000000) * 100) : time_of(seconds, rest * 100);
}

/* The optional part: what is not there stays unknown. */
static rh_status read_short_name(rh_protection *out, const char *path, const ntfs_driver *driver,
                                 rh_error *error) {
  rh_buffer name = {0};
  rh_error ignored;
  /* A file that is its folder's root, or has several names, has none to show. */
  if (driver->short_name && read_attribute(&name, path, driver->short_name, &ignored) == RH_OK &&
      name.len) {
    out->short_name = rh_copy_bytes(name.data, name.len);
    rh_buffer_dispose(&name);
    return out->short_name ? RH_OK : rh_error_memory(error);
  }
  rh_buffer_dispose(&name);
  return RH_OK;
}

static rh_status read_ntfs_times(rh_protection *out, const char *path, const ntfs_driver *driver,
                                 rh_error *error) {
  rh_buffer times = {0};
  rh_status status = driver->times ? read_attribute(&times, path, driver->times, error) : RH_OK;
  if (status == RH_OK && times.len >= 24) {
    out->created = time_of_filetime(times.data);
    out->modified = time_of_filetime(times.data + 8);
    out->accessed = time_of_filetime(times.data + 16);
  }
  rh_buffer_dispose(&times);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static rh_status read_marks(uint32_t *out, const char *path, rh_error *error) {
  unsigned char marks[4];
  if (getxattr(path, MARKS_BE, marks, sizeof marks) != 4)
    return rh_error_system(error, errno, path, "cannot read the attributes of the file");
  *out = (uint32_t)load_be(marks, 4) & ~(uint32_t)(MARK_DIRECTORY | MARK_NORMAL);
  return RH_OK;
}

static rh_status read_ntfs(rh_protection *out, const char *path, const ntfs_driver *driver,
                           rh_error *error) {
  rh_status status = read_attribute(&out->descriptor, path, driver->descriptor, error);
  if (status == RH_ERR_NOT_FOUND || status == RH_ERR_LIMIT)
    status = rh_error_set(error, RH_ERR_UNSUPPORTED, path,
                          "the driver (%s) does not show the security descriptor", driver->name);
  if (status == RH_OK)
    status = read_marks(&out->marks, path, error);
  if (status == RH_OK)
    status = read_ntfs_times(out, path, driver, error);
  return status == RH_OK ? read_short_name(out, path, driver, error) : status;
}

rh_status rh_protection_read(rh_protection *out, const char *path, rh_error *error) {
  struct stat info;
  const ntfs_driver *driver = NULL;
  *out = (rh_protection){0};
  if (stat(path, &info) != 0)
    return rh_error_system(error, errno, path, "cannot look at the file");
  rh_status status = find_driver(&driver, &out->kind, path, error);
  out->modified = time_of(info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  out->accessed = time_of(info.st_atim.tv_sec, info.st_atim.tv_nsec);
  if (status == RH_OK && out->kind == RH_PROTECTION_POSIX) {
    out->owner = info.st_uid;
    out->group = info.st_gid;
    out->mode = info.st_mode & 07777;
  }
  if (status == RH_OK && out->kind == RH_PROTECTION_NTFS)
    status = read_ntfs(out, path, driver, error);
  if (status == RH_OK && out->kind != RH_PROTECTION_NONE)
    status = read_attributes(out, path, error);
  if (status != RH_OK)
    rh_protection_dispose(out);
  return status;
}

/* --- writing --- */

/* Whether a part of a protection is about this attribute. */
static bool is_wanted(const char *name, unsigned parts) {
  return parts & (rh_attribute_is_access_list(name) ? RH_PART_ACCESS : RH_PART_ATTRIBUTES);
}

/* False when an access list stays that the protection has not. Others that stay are told by reading
 * everything back. Labels (security.*) are the system's to give and take. */
static bool remove_attributes(const char *path, const rh_protection *now,
                              const rh_protection *wanted, unsigned parts) {
  bool closed = true;
  for (size_t i = 0; i < now->attribute_count; i++) {
    const char *name = now->attributes[i].name;
    if (is_wanted(name, parts) && !rh_protection_attribute(wanted, name) &&
        strncmp(name, "security.", 9) != 0 && removexattr(path, name) != 0)
      closed = closed && !rh_attribute_is_access_list(name);
  }
  return closed;
}

static void write_attributes(const char *path, const rh_protection *wanted, unsigned parts) {
  for (size_t i = 0; i < wanted->attribute_count; i++) {
    const rh_attribute *attribute = &wanted->attributes[i];
    if (attribute->data && is_wanted(attribute->name, parts) &&
        setxattr(path, attribute->name, attribute->data, attribute->len, 0) != 0)
      errno = 0;
  }
}

/* The mode that grants no more than the wanted one to the group that the file has now. */
static mode_t narrowed(const rh_protection *wanted, const struct stat *now, bool closed) {
  mode_t mode = wanted->mode, others = mode & S_IRWXO;
  if (now->st_uid != wanted->owner)
    mode &= ~(mode_t)S_ISUID;
  if (now->st_gid != wanted->group)
    mode &= ~(mode_t)(S_ISGID | S_IRWXG) | (others << 3 & mode);
  return closed ? mode & ~(mode_t)S_IRWXG : mode;
}

static rh_status write_posix_access(const char *path, const rh_protection *wanted,
                                    const rh_protection *now, rh_error *error) {
  struct stat info;
  /* Owner first: giving a file away clears its set-id bits. */
  if (chown(path, wanted->owner, wanted->group) != 0 && chown(path, (uid_t)-1, wanted->group) != 0)
    errno = 0;
  if (stat(path, &info) != 0)
    return rh_error_system(error, errno, path, "cannot look at the file");
  /* A list says what the file's group may do, too, and that must be the one it means. One that
   * stays although it should not is closed by its mask, which is the group's part of the mode. */
  bool closed =
      !remove_attributes(path, now, wanted, RH_PART_ACCESS) ||
      (info.st_gid != wanted->group && rh_protection_attribute(wanted, "system.posix_acl_access"));
  if (!closed)
    write_attributes(path, wanted, RH_PART_ACCESS);
  if (chmod(path, narrowed(wanted, &info, closed)) != 0)
    errno = 0;
  return RH_OK;
}

static rh_status write_descriptor(const char *path, const ntfs_driver *driver,
                                  const rh_protection *wanted, const rh_protection *now,
                                  rh_error *error) {
  if (setxattr(path, driver->descriptor, wanted->descriptor.data, wanted->descriptor.len, 0) == 0 ||
      !(rh_protection_compare(wanted, now) & RH_PART_ACCESS))
    return RH_OK;
  rh_error_system(error, errno, path, "the driver (%s) refuses the security descriptor",
                  driver->name);
  rh_error_hint(error, "work as root, on a volume that is mounted for writing by ntfs-3g");
  if (error)
    error->code = RH_ERR_ACCESS;
  return RH_ERR_ACCESS;
}

static void write_marks(const char *path, const rh_protection *wanted, const rh_protection *now) {
  uint32_t marks = (wanted->marks & MARKS_SETTABLE) | (now->marks & ~(uint32_t)MARKS_SETTABLE);
  unsigned char bytes[4] = {(unsigned char)(marks >> 24), (unsigned char)(marks >> 16),
                            (unsigned char)(marks >> 8), (unsigned char)marks};
  if (setxattr(path, MARKS_BE, bytes, sizeof bytes, 0) != 0)
    errno = 0;
}

static struct timespec timespec_of(const rh_file_time *time) {
  return time->known ? (struct timespec){(time_t)time->seconds, (long)time->nanoseconds}
                     : (struct timespec){0, UTIME_OMIT};
}

static void store_filetime(unsigned char *out, const rh_file_time *time) {
  uint64_t ticks = (uint64_t)(time->seconds * 10000000 + time->nanoseconds / 100 + FILETIME_EPOCH);
  for (int i = 0; i < 8; i++)
    out[i] = (unsigned char)(ticks >> (56 - 8 * i));
}

static void write_times(const char *path, const ntfs_driver *driver, const rh_protection *wanted) {
  struct timespec times[2] = {timespec_of(&wanted->accessed), timespec_of(&wanted->modified)};
  unsigned char filetimes[24];
  bool all = wanted->created.known && wanted->modified.known && wanted->accessed.known;
  store_filetime(filetimes, &wanted->created);
  store_filetime(filetimes + 8, &wanted->modified);
  store_filetime(filetimes + 16, &wanted->accessed);
  if (driver && driver->times && all &&
      setxattr(path, driver->times, filetimes, sizeof filetimes, 0) == 0)
    return;
  if (utimensat(AT_FDCWD, path, times, 0) != 0)
    errno = 0;
}

static rh_status write_parts(const char *path, const ntfs_driver *driver,
                             const rh_protection *wanted, const rh_protection *now, unsigned parts,
                             rh_error *error) {
  rh_status status = RH_OK;
  if (parts & RH_PART_ACCESS && driver)
    status = write_descriptor(path, driver, wanted, now, error);
  else if (parts & RH_PART_ACCESS && now->kind == RH_PROTECTION_POSIX)
    status = write_posix_access(path, wanted, now, error);
  if (status != RH_OK)
    return status;
  remove_attributes(path, now, wanted, parts & RH_PART_ATTRIBUTES);
  write_attributes(path, wanted, parts & RH_PART_ATTRIBUTES);
  if (parts & RH_PART_MARKS && driver)
    write_marks(path, wanted, now);
  if (parts & RH_PART_SHORT_NAME && driver && driver->short_name && wanted->short_name &&
      setxattr(path, driver->short_name, wanted->short_name, strlen(wanted->short_name), 0) != 0)
    errno = 0;
  if (parts & RH_PART_TIMES)
    write_times(path, driver, wanted);
  return RH_OK;
}

rh_status rh_protection_write(const char *path, const rh_protection *protection, unsigned parts,
                              unsigned *lost, rh_error *error) {
  rh_protection now = {0}, after = {0};
  const ntfs_driver *driver = NULL;
  rh_protection_kind kind;
  *lost = parts;
  rh_status status = rh_protection_read(&now, path, error);
  if (status == RH_OK)
    status = find_driver(&driver, &kind, path, error);
  bool same_kind = now.kind == protection->kind;
  if (status == RH_OK)
    status = write_parts(path, driver, protection, &now, same_kind ? parts : parts & RH_PART_TIMES,
                         error);
  if (status == RH_OK)
    status = rh_protection_read(&after, path, error);
  if (status == RH_OK)
    *lost &=
        rh_protection_compare(protection, &after) | (same_kind ? 0u : ~(unsigned)RH_PART_TIMES);
  rh_protection_dispose(&now);
  rh_protection_dispose(&after);
  return status;
}

rh_status rh_platform_make_private(const char *path, bool folder, rh_error *error) {
  rh_protection private = {.kind = RH_PROTECTION_NTFS}, now = {0};
  const ntfs_driver *driver = NULL;
  rh_protection_kind kind;
  size_t len = 0;
  const unsigned char *descriptor = rh_private_descriptor(folder, &len);
  rh_status status = find_driver(&driver, &kind, path, error);
  if (status != RH_OK || !driver)
    return status;
  status = rh_buffer_append(&private.descriptor, descriptor, len, error);
  if (status == RH_OK)
    status = write_descriptor(path, driver, &private, &now, error);
  rh_protection_dispose(&private);
  return status;
}
