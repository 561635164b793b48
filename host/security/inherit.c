/* What a new file or folder inherits. */
#include "security/inherit.h"

#include "base/protection.h"
#include "base/reader.h"
#include "security/sid.h"

#include <string.h>

/* A list that is being made. bodies holds what entries became, at offsets until all are there. */
typedef struct heir {
  bool folder;
  rh_bytes owner, group;
  rh_acl list;
  size_t capacity;
  rh_buffer bodies;
} heir;

static bool is_creator(rh_bytes sid, unsigned number) {
  static const unsigned char head[] = {1, 1, 0, 0, 0, 0, 0, 3};
  return sid.len == 12 && memcmp(sid.data, head, sizeof head) == 0 &&
         rh_load_u32(sid.data + 8) == number;
}

/* Who stands for CREATOR OWNER (0), CREATOR GROUP (1) and their SERVER forms (2, 3). */
static rh_bytes stands_for(const heir *self, rh_bytes sid) {
  if (is_creator(sid, 0) || is_creator(sid, 2))
    return self->owner;
  if (is_creator(sid, 1) || is_creator(sid, 3))
    return self->group;
  return sid;
}

/* The masks of labels, attributes and policies are no rights. */
static bool is_generic(const heir *self, const rh_ace *ace) {
  return ace->known && ace->type < RH_ACE_MANDATORY_LABEL &&
         (ace->mask & RH_GENERIC_RIGHTS || !rh_bytes_same(stands_for(self, ace->sid), ace->sid));
}

static rh_status add(heir *self, const rh_ace *ace, uint8_t inheritance, rh_error *error) {
  if (self->list.count == self->capacity) {
    size_t capacity = self->capacity ? self->capacity * 2 : 16;
    rh_ace *aces = rh_resize(self->list.aces, capacity, sizeof *aces);
    if (!aces)
      return rh_error_memory(error);
    self->list.aces = aces;
    self->capacity = capacity;
  }
  rh_ace *added = &self->list.aces[self->list.count++];
  *added = *ace;
  added->flags =
      (uint8_t)((ace->flags & ~(unsigned)RH_ACE_INHERITANCE) | inheritance | RH_ACE_INHERITED);
  return RH_OK;
}

/* In effect: with its own SID and rights. The changed body goes to bodies, which may move: data is
 * set by settle. */
static rh_status add_effective(heir *self, const rh_ace *ace, uint8_t inheritance,
                               rh_error *error) {
  rh_status status = add(self, ace, inheritance, error);
  if (status != RH_OK || !is_generic(self, ace))
    return status;
  rh_ace *added = &self->list.aces[self->list.count - 1];
  rh_bytes sid = stands_for(self, ace->sid);
  size_t head = (size_t)(ace->sid.data - ace->body.data), start = self->bodies.len;
  status = rh_buffer_append_u32(&self->bodies, rh_file_rights(ace->mask), error);
  if (status == RH_OK)
    status = rh_buffer_append(&self->bodies, ace->body.data + 4, head - 4, error);
  if (status == RH_OK)
    status = rh_buffer_append(&self->bodies, sid.data, sid.len, error);
  if (status == RH_OK)
    status = rh_buffer_append(&self->bodies, ace->tail.data, ace->tail.len, error);
  added->body = (rh_bytes){NULL, self->bodies.len - start};
  return status;
}

static void settle(heir *self) {
  size_t at = 0;
  for (size_t i = 0; i < self->list.count; i++) {
    rh_bytes *body = &self->list.aces[i].body;
    if (body->data || body->len == 0)
      continue;
    body->data = self->bodies.data + at;
    at += body->len;
  }
}

static rh_status inherit_by_folder(heir *self, const rh_ace *ace, rh_error *error) {
  const uint8_t both = RH_ACE_OBJECT_INHERIT | RH_ACE_CONTAINER_INHERIT;
  bool goes_on = !(ace->flags & RH_ACE_NO_PROPAGATE);
  uint8_t further = goes_on ? ace->flags & both : 0;
  bool for_other_type = ace->type_flags & 2;
  bool in_effect = ace->flags & RH_ACE_CONTAINER_INHERIT && !for_other_type;
  if (in_effect && (!further || !is_generic(self, ace)))
    return add_effective(self, ace, further, error);
  rh_status status = in_effect ? add_effective(self, ace, 0, error) : RH_OK;
  if (status == RH_OK && further)
    status = add(self, ace, further | RH_ACE_INHERIT_ONLY, error);
  return status;
}

static rh_status inherit_list(heir *self, const rh_acl *parent, rh_error *error) {
  rh_status status = RH_OK;
  self->list = (rh_acl){.revision = parent->revision};
  for (size_t i = 0; status == RH_OK && i < parent->count; i++) {
    const rh_ace *ace = &parent->aces[i];
    if (self->folder)
      status = inherit_by_folder(self, ace, error);
    else if (ace->flags & RH_ACE_OBJECT_INHERIT && !(ace->type_flags & 2))
      status = add_effective(self, ace, 0, error);
  }
  self->list.present = self->list.count > 0;
  settle(self);
  return status;
}

static void dispose(heir *self) {
  rh_free(self->list.aces);
  rh_buffer_dispose(&self->bodies);
}

rh_status rh_descriptor_inherit(rh_buffer *out, const void *parent, size_t parent_len, bool folder,
                                rh_error *error) {
  rh_descriptor above = {0}, fallback = {0};
  size_t private_len = 0;
  const unsigned char *private = rh_private_descriptor(false, &private_len);
  rh_status status = rh_descriptor_parse(&above, parent, parent_len, error);
  if (status == RH_OK)
    status = rh_descriptor_parse(&fallback, private, private_len, error);
  heir dacl = {.folder = folder, .owner = fallback.owner, .group = fallback.group}, sacl = dacl;
  if (status == RH_OK)
    status = inherit_list(&dacl, &above.dacl, error);
  if (status == RH_OK)
    status = inherit_list(&sacl, &above.sacl, error);
  if (status == RH_OK) {
    rh_descriptor made = {.control = RH_SE_SELF_RELATIVE | RH_SE_DACL_PRESENT,
                          .owner = fallback.owner,
                          .group = fallback.group,
                          .dacl = dacl.list.present ? dacl.list : fallback.dacl,
                          .sacl = sacl.list};
    made.control |= dacl.list.present ? RH_SE_DACL_AUTO_INHERITED : RH_SE_DACL_DEFAULTED;
    made.control |= sacl.list.present ? RH_SE_SACL_PRESENT | RH_SE_SACL_AUTO_INHERITED : 0;
    status = rh_descriptor_build(out, &made, error);
  }
  dispose(&dacl);
  dispose(&sacl);
  rh_descriptor_dispose(&above);
  rh_descriptor_dispose(&fallback);
  return status;
}
