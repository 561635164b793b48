/* Security descriptors, self-relative: owner, group, who may do what, what is audited.
 *
 * Files, folders, registry keys, users and shares have them in this one form. Read here are the
 * shape and what every entry says; what follows from it is in inherit.h and wider.h.
 *
 * Format: [MS-DTYP] 2.4.4 (ACE), 2.4.5 (ACL), 2.4.6 (SECURITY_DESCRIPTOR); rights of files: 2.4.3
 * and [MS-SMB2] 2.2.13.1. */
#ifndef RH_SECURITY_DESCRIPTOR_H
#define RH_SECURITY_DESCRIPTOR_H

#include "base/memory.h"

#include <stdint.h>

#define RH_DESCRIPTOR_MAX ((size_t)256 * 1024) /* two lists of 64 KB each and more fit */

/* rh_descriptor.control */
enum {
  RH_SE_DACL_PRESENT = 0x0004,
  RH_SE_DACL_DEFAULTED = 0x0008,
  RH_SE_SACL_PRESENT = 0x0010,
  RH_SE_DACL_AUTO_INHERITED = 0x0400,
  RH_SE_SACL_AUTO_INHERITED = 0x0800,
  RH_SE_DACL_PROTECTED = 0x1000,
  RH_SE_SACL_PROTECTED = 0x2000,
  RH_SE_SELF_RELATIVE = 0x8000
};

/* rh_ace.type */
enum {
  RH_ACE_ALLOWED = 0x00,
  RH_ACE_DENIED = 0x01,
  RH_ACE_AUDIT = 0x02,
  RH_ACE_ALLOWED_OBJECT = 0x05,
  RH_ACE_DENIED_OBJECT = 0x06,
  RH_ACE_AUDIT_OBJECT = 0x07,
  RH_ACE_ALLOWED_CALLBACK = 0x09,
  RH_ACE_DENIED_CALLBACK = 0x0A,
  RH_ACE_ALLOWED_CALLBACK_OBJECT = 0x0B,
  RH_ACE_DENIED_CALLBACK_OBJECT = 0x0C,
  RH_ACE_AUDIT_CALLBACK = 0x0D,
  RH_ACE_AUDIT_CALLBACK_OBJECT = 0x0F,
  RH_ACE_MANDATORY_LABEL = 0x11,
  RH_ACE_RESOURCE_ATTRIBUTE = 0x12,
  RH_ACE_SCOPED_POLICY = 0x13
};

/* rh_ace.flags; RH_ACE_INHERITANCE is all that is about inheritance, the others say what is
 * audited. */
enum {
  RH_ACE_OBJECT_INHERIT = 0x01,
  RH_ACE_CONTAINER_INHERIT = 0x02,
  RH_ACE_NO_PROPAGATE = 0x04,
  RH_ACE_INHERIT_ONLY = 0x08,
  RH_ACE_INHERITED = 0x10,
  RH_ACE_INHERITANCE = 0x1F
};

/* Rights in a mask; those of RH_FILE_ALL_ACCESS are what a file or folder knows. */
enum {
  RH_READ_CONTROL = 0x00020000,
  RH_WRITE_DAC = 0x00040000,
  RH_FILE_ALL_ACCESS = 0x001F01FF,
  RH_FILE_MODIFY = 0x001301BF,
  RH_FILE_READ_EXECUTE = 0x001200A9,
  RH_FILE_GENERIC_READ = 0x00120089,
  RH_FILE_GENERIC_WRITE = 0x00120116,
  RH_FILE_GENERIC_EXECUTE = 0x001200A0
};
#define RH_GENERIC_READ 0x80000000u
#define RH_GENERIC_WRITE 0x40000000u
#define RH_GENERIC_EXECUTE 0x20000000u
#define RH_GENERIC_ALL 0x10000000u
#define RH_GENERIC_RIGHTS 0xF0000000u

/* Bytes that stand elsewhere; len 0 for none. */
typedef struct rh_bytes {
  const unsigned char *data;
  size_t len;
} rh_bytes;

typedef struct rh_ace {
  uint8_t type, flags;
  bool known;    /* of a type with a mask and a SID; nothing but body is set otherwise */
  uint32_t mask; /* as it stands there, generic rights not mapped */
  uint32_t
      type_flags; /* of an object entry: 1 an object type, 2 an inherited object type follows */
  rh_bytes sid;
  rh_bytes tail; /* behind the SID: a condition, an attribute, padding */
  rh_bytes body; /* all behind the four bytes of the head */
} rh_ace;

/* present with no list (NULL ACL) allows everybody everything; present and empty nobody anything.
 */
typedef struct rh_acl {
  bool present, is_null;
  uint8_t revision;
  rh_ace *aces;
  size_t count;
} rh_acl;

typedef struct rh_descriptor {
  uint16_t control;
  uint8_t resource_control;
  rh_bytes owner, group; /* SIDs */
  rh_acl sacl, dacl;
} rh_descriptor;

/* Reads a descriptor; what it gives points into data, which must outlive it. Parts may share bytes,
 * and bytes that no part covers are allowed: NTFS leaves room. RH_ERR_FORMAT for one that is cut,
 * of another form, or has a part that does not lie in it, RH_ERR_LIMIT beyond RH_DESCRIPTOR_MAX. */
rh_status rh_descriptor_parse(rh_descriptor *out, const void *data, size_t len, rh_error *error);
void rh_descriptor_dispose(rh_descriptor *descriptor);

/* Appends a descriptor in the order SACL, DACL, owner, group, without gaps. Of an entry its type,
 * flags and body count. RH_ERR_LIMIT for a list beyond 64 KB. */
rh_status rh_descriptor_build(rh_buffer *out, const rh_descriptor *descriptor, rh_error *error);

/* Whether two say the same, however their parts are laid out. */
bool rh_descriptor_same(const rh_descriptor *a, const rh_descriptor *b);

bool rh_bytes_same(rh_bytes a, rh_bytes b);
/* A mask with its generic rights replaced by what they mean for files and folders. */
uint32_t rh_file_rights(uint32_t mask);
/* True for the types that allow or deny. */
bool rh_ace_allows(const rh_ace *ace);
bool rh_ace_denies(const rh_ace *ace);

#endif
