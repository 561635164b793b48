/* Who may read, write and execute a file by POSIX: owner, group, others, and access lists.
 *
 * Format of system.posix_acl_access: Linux, include/uapi/linux/posix_acl_xattr.h; meaning: acl(5).
 */
#ifndef RH_SECURITY_POSIX_ACL_H
#define RH_SECURITY_POSIX_ACL_H

#include "base/protection.h"

#define RH_POSIX_NAMED_MAX 32

typedef struct rh_posix_entry {
  uint32_t id;
  unsigned rights; /* 4 read, 2 write, 1 execute; the mask taken into account */
} rh_posix_entry;

typedef struct rh_posix_access {
  uint32_t owner, group;
  unsigned of_owner, of_group, of_others;
  rh_posix_entry users[RH_POSIX_NAMED_MAX], groups[RH_POSIX_NAMED_MAX];
  size_t user_count, group_count;
} rh_posix_access;

/* What a POSIX protection grants. RH_ERR_FORMAT for a damaged list, RH_ERR_LIMIT for more than
 * RH_POSIX_NAMED_MAX named users or groups. */
rh_status rh_posix_access_of(rh_posix_access *out, const rh_protection *protection,
                             rh_error *error);
/* Whether there is a user, in any groups, to whom a grants a right that b does not: reading,
 * writing, executing, or changing the permissions, which is the owner's. Root may do everything by
 * either. why (or NULL) gets the reason appended when *out is true. */
rh_status rh_posix_access_is_wider(bool *out, rh_buffer *why, const rh_posix_access *a,
                                   const rh_posix_access *b, rh_error *error);
/* "owner 0, group 0, rw-r-----; user 1000: r--" */
rh_status rh_posix_access_describe(rh_buffer *out, const rh_posix_access *access, rh_error *error);

#endif
