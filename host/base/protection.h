/* What guards a file or folder, carried whole: who owns it, who may do what with it, how it is
 * marked, its times. security/protection.h says what it means.
 *
 * Two kinds are known. POSIX: owner, group, mode, access lists and other extended attributes. NTFS:
 * security descriptor, DOS attributes, short name, and extended attributes, which are the file's
 * streams. How a system shows the second differs by driver and is hidden here:
 *
 *   ntfs-3g   system.ntfs_acl, ntfs_attrib_be, ntfs_times_be, ntfs_dos_name (its manual, "extended
 *             attributes")
 *   ntfs3     system.ntfs_security, ntfs_attrib_be (Linux, Documentation/filesystems/ntfs3.rst);
 *             written from that page and never run
 *
 * What a driver cannot hold is told, never passed over: see rh_protection_write. */
#ifndef RH_BASE_PROTECTION_H
#define RH_BASE_PROTECTION_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum rh_protection_kind {
  RH_PROTECTION_NONE, /* FAT, exFAT: nothing but times */
  RH_PROTECTION_POSIX,
  RH_PROTECTION_NTFS
} rh_protection_kind;

/* Where a path lies. */
typedef struct rh_volume {
  rh_protection_kind kind;
  const char *driver; /* "ntfs-3g", "ntfs3"; "" for the system's own */
} rh_volume;
rh_status rh_platform_volume(rh_volume *out, const char *path, rh_error *error);

/* rh_protection.marks: attributes of files [MS-FSCC] 2.6. DIRECTORY and NORMAL are left out. */
enum {
  RH_MARK_READ_ONLY = 0x1,
  RH_MARK_HIDDEN = 0x2,
  RH_MARK_SYSTEM = 0x4,
  RH_MARK_ARCHIVE = 0x20,
  RH_MARK_TEMPORARY = 0x100,
  RH_MARK_SPARSE = 0x200,
  RH_MARK_REPARSE = 0x400,
  RH_MARK_COMPRESSED = 0x800,
  RH_MARK_OFFLINE = 0x1000,
  RH_MARK_NOT_INDEXED = 0x2000,
  RH_MARK_ENCRYPTED = 0x4000
};

/* Seconds since 1970 UTC; known is false where the volume does not tell. */
typedef struct rh_file_time {
  bool known;
  int64_t seconds;
  uint32_t nanoseconds;
} rh_file_time;

typedef struct rh_attribute {
  char *name;
  unsigned char *data; /* NULL: it cannot be read, being too long or not for this user */
  size_t len;
} rh_attribute;

typedef struct rh_protection {
  rh_protection_kind kind;
  uint32_t owner, group, mode; /* POSIX; mode: the twelve permission bits */
  rh_buffer descriptor;        /* NTFS: security descriptor, self-relative */
  uint32_t marks;              /* NTFS */
  char *short_name;            /* NTFS: the 8.3 name that stands beside the long one; or NULL */
  rh_attribute *attributes;    /* sorted by name */
  size_t attribute_count;
  rh_file_time created, modified, accessed;
} rh_protection;

/* Parts of a protection, to be added up. */
enum {
  RH_PART_ACCESS = 1, /* owner, group, mode, access lists, security descriptor */
  RH_PART_MARKS = 2,
  RH_PART_ATTRIBUTES = 4, /* what is no access list */
  RH_PART_TIMES = 8,
  RH_PART_SHORT_NAME = 16 /* needs the name at its place, and that the file has no second one */
};

/* Reads what guards path; a link is followed. out starts as {0}. */
rh_status rh_protection_read(rh_protection *out, const char *path, rh_error *error);

/* Gives path those parts of a protection, and takes from it what the protection has not. lost gets
 * the parts that did not come out whole, as read back: the system does not let this user, the
 * volume cannot hold them, or they are of the other kind.
 *
 * What comes out never grants more than the protection does. Where an owner or group cannot be
 * given, what was theirs is granted to nobody, and a volume of the other kind is left as it was
 * made. RH_ERR_ACCESS when the volume guards files but refuses the security descriptor. */
rh_status rh_protection_write(const char *path, const rh_protection *protection, unsigned parts,
                              unsigned *lost, rh_error *error);

/* The parts that differ, byte for byte; of times, those that both know, and not the last access. */
unsigned rh_protection_compare(const rh_protection *a, const rh_protection *b);
const rh_attribute *rh_protection_attribute(const rh_protection *protection, const char *name);
bool rh_attribute_is_access_list(const char *name);
void rh_protection_dispose(rh_protection *protection);

/* Appends a protection as one line of printable ASCII without quotes or backslashes, for journals:
 *
 *   posix owner=0 group=0 mode=0640 modified=1700000000.000000001 x:757365722e61=6162
 *   ntfs descriptor=0100... marks=0x26 short=414c4f7e312e545854 created=...
 *
 * x:NAME=DATA is an attribute, both in hex; "x:NAME>LEN" one that cannot be read. */
rh_status rh_protection_encode(rh_buffer *out, const rh_protection *protection, rh_error *error);
/* The way back. RH_ERR_FORMAT for anything that rh_protection_encode does not write. */
rh_status rh_protection_decode(rh_protection *out, const char *text, size_t len, rh_error *error);

/* The security descriptor of a private file or folder on NTFS: owner BUILTIN\Administrators, group
 * SYSTEM, full control for both and nobody else, nothing inherited; a folder passes it on. */
const unsigned char *rh_private_descriptor(bool folder, size_t *len);
/* Closes a file or folder that was made a moment ago to all but its owner, where the permissions
 * that it was made with have no effect: on NTFS. */
rh_status rh_platform_make_private(const char *path, bool folder, rh_error *error);

#endif
