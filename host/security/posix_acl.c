/* Who may read, write and execute a file by POSIX. */
#include "security/posix_acl.h"

#include "base/reader.h"

#include <inttypes.h>

/* Linux, include/uapi/linux/posix_acl.h and posix_acl_xattr.h. */
#define ACL_VERSION 2
enum {
  TAG_OWNER = 0x01,
  TAG_USER = 0x02,
  TAG_OWN_GROUP = 0x04,
  TAG_GROUP = 0x08,
  TAG_MASK = 0x10,
  TAG_OTHERS = 0x20
};

#define NOBODY UINT32_MAX /* no user or group has this number */
#define MAY_CHANGE 8u     /* beside 4, 2, 1: the owner's */

static rh_status malformed(rh_error *error) {
  return rh_error_set(error, RH_ERR_FORMAT, "the access list", "is malformed");
}

static rh_status add_named(rh_posix_entry *list, size_t *count, uint32_t id, unsigned rights,
                           rh_error *error) {
  if (*count == RH_POSIX_NAMED_MAX)
    return rh_error_set(error, RH_ERR_LIMIT, "the access list", "names more than %d",
                        RH_POSIX_NAMED_MAX);
  list[(*count)++] = (rh_posix_entry){id, rights};
  return RH_OK;
}

static rh_status read_entry(rh_posix_access *out, rh_reader *list, unsigned *mask,
                            rh_error *error) {
  unsigned tag = rh_reader_u16(list), rights = rh_reader_u16(list);
  uint32_t id = rh_reader_u32(list);
  if (list->failed || rights > 7)
    return malformed(error);
  switch (tag) {
  case TAG_OWNER:
    out->of_owner = rights;
    return RH_OK;
  case TAG_OWN_GROUP:
    out->of_group = rights;
    return RH_OK;
  case TAG_OTHERS:
    out->of_others = rights;
    return RH_OK;
  case TAG_MASK:
    *mask = rights;
    return RH_OK;
  case TAG_USER:
    return add_named(out->users, &out->user_count, id, rights, error);
  case TAG_GROUP:
    return add_named(out->groups, &out->group_count, id, rights, error);
  default:
    return malformed(error);
  }
}

rh_status rh_posix_access_of(rh_posix_access *out, const rh_protection *protection,
                             rh_error *error) {
  const rh_attribute *acl = rh_protection_attribute(protection, "system.posix_acl_access");
  unsigned mask = 7;
  *out = (rh_posix_access){.owner = protection->owner,
                           .group = protection->group,
                           .of_owner = protection->mode >> 6 & 7,
                           .of_group = protection->mode >> 3 & 7,
                           .of_others = protection->mode & 7};
  if (!acl)
    return RH_OK;
  rh_reader list = rh_reader_of(acl->data, acl->data ? acl->len : 0);
  rh_status status = rh_reader_u32(&list) == ACL_VERSION ? RH_OK : malformed(error);
  while (status == RH_OK && list.position < list.len)
    status = read_entry(out, &list, &mask, error);
  out->of_group &= mask;
  for (size_t i = 0; i < out->user_count; i++)
    out->users[i].rights &= mask;
  for (size_t i = 0; i < out->group_count; i++)
    out->groups[i].rights &= mask;
  return status;
}

/* What a user in two groups (or fewer: NOBODY) may do. The first class that fits decides; in a
 * group's, whichever grants it [acl(5), "Access check algorithm"]. */
static unsigned granted(const rh_posix_access *on, uint32_t user, const uint32_t groups[2]) {
  unsigned rights = 0;
  bool in_group = false;
  if (user == on->owner)
    return on->of_owner | MAY_CHANGE;
  for (size_t i = 0; i < on->user_count; i++)
    if (on->users[i].id == user)
      return on->users[i].rights;
  for (size_t n = 0; n < 2; n++) {
    if (groups[n] == NOBODY)
      continue;
    if (groups[n] == on->group) {
      in_group = true;
      rights |= on->of_group;
    }
    for (size_t i = 0; i < on->group_count; i++)
      if (on->groups[i].id == groups[n]) {
        in_group = true;
        rights |= on->groups[i].rights;
      }
  }
  return in_group ? rights : on->of_others;
}

/* All that can matter: who is named by either, and one who is not. */
typedef struct names {
  uint32_t users[2 * RH_POSIX_NAMED_MAX + 3], groups[2 * RH_POSIX_NAMED_MAX + 3];
  size_t user_count, group_count;
} names;

static void add_names(names *out, const rh_posix_access *access) {
  out->users[out->user_count++] = access->owner;
  out->groups[out->group_count++] = access->group;
  for (size_t i = 0; i < access->user_count; i++)
    out->users[out->user_count++] = access->users[i].id;
  for (size_t i = 0; i < access->group_count; i++)
    out->groups[out->group_count++] = access->groups[i].id;
}

/* A user, and the groups that it is in. */
typedef struct somebody {
  uint32_t user, groups[2];
} somebody;

static unsigned more_for(const rh_posix_access *a, const rh_posix_access *b, const somebody *who) {
  return who->user == 0 ? 0
                        : granted(a, who->user, who->groups) & ~granted(b, who->user, who->groups);
}

/* Somebody in one group, else in two: one that grants by a, one that keeps b from asking others.
 * More groups change nothing. */
static unsigned find_gainer(somebody *out, const names *all, const rh_posix_access *a,
                            const rh_posix_access *b) {
  for (size_t apart = 0; apart < all->group_count; apart++)
    for (size_t user = 0; user < all->user_count; user++)
      for (size_t first = 0; first + apart < all->group_count; first++) {
        *out = (somebody){all->users[user], {all->groups[first], all->groups[first + apart]}};
        unsigned more = more_for(a, b, out);
        if (more)
          return more;
      }
  return 0;
}

static rh_status tell(rh_buffer *why, const somebody *who, const rh_posix_access *a, unsigned more,
                      rh_error *error) {
  const uint32_t alone[2] = {who->groups[0], NOBODY};
  uint32_t group = granted(a, who->user, alone) & more ? who->groups[0] : who->groups[1];
  rh_status status = RH_OK;
  if (who->user != NOBODY)
    status = rh_buffer_printf(why, error, "user %" PRIu32, who->user);
  else if (group != NOBODY)
    status = rh_buffer_printf(why, error, "group %" PRIu32, group);
  else
    status = rh_buffer_append_text(why, "everybody else", error);
  if (status == RH_OK)
    status = rh_buffer_printf(why, error, " may%s%s%s%s", more & 4 ? " read" : "",
                              more & 2 ? " write" : "", more & 1 ? " execute" : "",
                              more & MAY_CHANGE ? " change the permissions" : "");
  return status;
}

rh_status rh_posix_access_is_wider(bool *out, rh_buffer *why, const rh_posix_access *a,
                                   const rh_posix_access *b, rh_error *error) {
  names all = {0};
  somebody gainer;
  add_names(&all, a);
  add_names(&all, b);
  all.users[all.user_count++] = NOBODY;
  all.groups[all.group_count++] = NOBODY;
  unsigned more = find_gainer(&gainer, &all, a, b);
  *out = more != 0;
  return more && why ? tell(why, &gainer, a, more, error) : RH_OK;
}

static void print_rights(char out[4], unsigned rights) {
  out[0] = rights & 4 ? 'r' : '-';
  out[1] = rights & 2 ? 'w' : '-';
  out[2] = rights & 1 ? 'x' : '-';
  out[3] = '\0';
}

static rh_status describe_named(rh_buffer *out, const char *what, const rh_posix_entry *list,
                                size_t count, rh_error *error) {
  char rights[4];
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    print_rights(rights, list[i].rights);
    status = rh_buffer_printf(out, error, "; %s %" PRIu32 ": %s", what, list[i].id, rights);
  }
  return status;
}

rh_status rh_posix_access_describe(rh_buffer *out, const rh_posix_access *access, rh_error *error) {
  char owner[4], group[4], others[4];
  print_rights(owner, access->of_owner);
  print_rights(group, access->of_group);
  print_rights(others, access->of_others);
  rh_status status = rh_buffer_printf(out, error, "owner %" PRIu32 ", group %" PRIu32 ", %s%s%s",
                                      access->owner, access->group, owner, group, others);
  if (status == RH_OK)
    status = describe_named(out, "user", access->users, access->user_count, error);
  return status == RH_OK ? describe_named(out, "group", access->groups, access->group_count, error)
                         : status;
}
