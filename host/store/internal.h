/* Inside the migration store: limits and checks that writing and reading share. For store_*.c. */
#ifndef RH_STORE_INTERNAL_H
#define RH_STORE_INTERNAL_H

#include "store/store.h"

#define RH_STORE_MANIFEST "manifest.xml"
#define RH_STORE_NAMESPACE "urn:rehome:manifest:1"
#define RH_STORE_MANIFEST_LIMIT (16u << 20) /* bytes of manifest.xml */
#define RH_STORE_MEMBER_LIMIT 100000
#define RH_STORE_PATH_LIMIT 1024 /* bytes of a member's path */
#define RH_STORE_BLOCK 65536

/* What a stranger's tar may need beyond the members' bytes: headers, padding, read-ahead. */
#define RH_STORE_MEMBER_OVERHEAD 4096
#define RH_STORE_OVERHEAD (1u << 20)

/* NULL, or what is wrong with a member's path: it must name a file below a folder on every system,
 * and the same one for everybody. */
const char *rh_store_path_fault(const char *path);

/* Whether the manifest is one that its schema allows; fails with code. Members are to be sorted. */
rh_status rh_store_manifest_check(const rh_store_manifest *manifest, rh_status code,
                                  rh_error *error);

/* The members sorted by name without case; the caller frees the list, not what it points to. Fails
 * with code when two differ by case only, or one is also a folder on the path of another. */
rh_status rh_store_sort_by_name(const rh_store_member ***out, const rh_store_manifest *manifest,
                                rh_status code, rh_error *error);
/* The member of that name in such a list, NULL when there is none. */
const rh_store_member *rh_store_find_by_name(const rh_store_member *const *list, size_t count,
                                             const char *path, size_t len);

#endif
