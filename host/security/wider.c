/* Whether one security descriptor grants anybody more than another does. */
#include "security/wider.h"

#include "base/reader.h"
#include "security/sid.h"
#include "security/words.h"

#include <string.h>

#define ENTRIES_MAX 200
#define TRUSTEES_MAX (2 * ENTRIES_MAX + 3) /* both owners and OWNER RIGHTS, too */
#define NOBODY TRUSTEES_MAX
#define ANY_RIGHT 0x011FFFFFu /* all but generic ones and MAXIMUM_ALLOWED */

/* Whom an entry is for: a SID, or for entries with a condition or an object type all that they say.
 */
typedef struct trustee {
  uint8_t form; /* 0 for a SID alone */
  rh_bytes bytes;
  rh_bytes sid;
} trustee;

typedef struct rule {
  size_t trustee;
  bool allows;
  uint32_t rights;
} rule;

typedef struct side {
  rule rules[ENTRIES_MAX];
  size_t rule_count;
  size_t owner; /* a trustee, or NOBODY */
  bool owner_is_limited;
  bool open; /* no list: everybody may do everything */
} side;

typedef struct comparison {
  trustee trustees[TRUSTEES_MAX];
  size_t trustee_count;
  size_t owner_rights;
  side a, b;
} comparison;

/* A set of SIDs that is tried: two are enough, since one that a allows and one that b denies
 * decide, and leaving others out changes neither. */
typedef struct token {
  size_t members[2];
} token;

static size_t find_trustee(comparison *self, uint8_t form, rh_bytes bytes, rh_bytes sid) {
  for (size_t i = 0; i < self->trustee_count; i++)
    if (self->trustees[i].form == form && rh_bytes_same(self->trustees[i].bytes, bytes))
      return i;
  self->trustees[self->trustee_count] = (trustee){form, bytes, sid};
  return self->trustee_count++;
}

static uint8_t form_of(const rh_ace *ace) {
  switch (ace->type) {
  case RH_ACE_ALLOWED_OBJECT:
  case RH_ACE_DENIED_OBJECT:
    return 1;
  case RH_ACE_ALLOWED_CALLBACK:
  case RH_ACE_DENIED_CALLBACK:
    return 2;
  case RH_ACE_ALLOWED_CALLBACK_OBJECT:
  case RH_ACE_DENIED_CALLBACK_OBJECT:
    return 3;
  default:
    return 0;
  }
}

/* careful_to_allow: for b, whose grants must be certain. False when an entry cannot be judged. */
static bool add_rule(comparison *self, side *to, const rh_ace *ace, bool careful_to_allow) {
  bool allows = rh_ace_allows(ace);
  if (ace->flags & RH_ACE_INHERIT_ONLY)
    return true;
  if ((!allows && !rh_ace_denies(ace)) || to->rule_count == ENTRIES_MAX)
    return false;
  uint8_t form = form_of(ace);
  rh_bytes all_behind_the_mask = {ace->body.data + 4, ace->body.len - 4};
  rule *added = &to->rules[to->rule_count++];
  added->trustee = find_trustee(self, form, form ? all_behind_the_mask : ace->sid, ace->sid);
  added->allows = allows;
  added->rights = allows != careful_to_allow ? rh_file_rights(ace->mask) : ace->mask;
  added->rights &= ANY_RIGHT;
  to->owner_is_limited = to->owner_is_limited || added->trustee == self->owner_rights;
  return true;
}

static bool add_side(comparison *self, side *to, const rh_descriptor *descriptor,
                     bool careful_to_allow) {
  const rh_acl *dacl = &descriptor->dacl;
  bool sound = true;
  for (size_t i = 0; i < dacl->count; i++)
    sound = sound && add_rule(self, to, &dacl->aces[i], careful_to_allow);
  to->open = !dacl->present || dacl->is_null;
  to->owner =
      descriptor->owner.len ? find_trustee(self, 0, descriptor->owner, descriptor->owner) : NOBODY;
  return sound;
}

static bool has(const token *who, size_t member) {
  return who->members[0] == member || who->members[1] == member;
}

static uint32_t granted(const comparison *self, const side *on, bool owner_keeps,
                        const token *who) {
  bool owns = on->owner != NOBODY && has(who, on->owner);
  uint32_t allowed = owns && owner_keeps ? RH_READ_CONTROL | RH_WRITE_DAC : 0, decided = allowed;
  if (on->open)
    return ANY_RIGHT;
  for (size_t i = 0; i < on->rule_count; i++) {
    const rule *next = &on->rules[i];
    if (!has(who, next->trustee) && !(owns && next->trustee == self->owner_rights))
      continue;
    allowed |= next->allows ? next->rights & ~decided : 0;
    decided |= next->rights;
  }
  return allowed;
}

static bool grants_more(const comparison *self, size_t first, size_t second, uint32_t *more) {
  token who = {{first, second}};
  *more = granted(self, &self->a, true, &who) &
          ~granted(self, &self->b, !self->b.owner_is_limited, &who);
  return *more != 0;
}

/* Who gets more and what; NOBODY when nobody does. OWNER RIGHTS is found by owning only. */
static size_t find_gainer(const comparison *self, uint32_t *more) {
  for (size_t first = 0; first < self->trustee_count; first++)
    if (first != self->owner_rights && grants_more(self, first, NOBODY, more))
      return first;
  for (size_t first = 0; first < self->trustee_count; first++)
    for (size_t second = 0; second < first; second++)
      if (first != self->owner_rights && second != self->owner_rights &&
          grants_more(self, first, second, more))
        return granted(self, &self->a, true, &(token){{first, NOBODY}}) & *more ? first : second;
  return NOBODY;
}

/* --- the SACL --- */

static const rh_ace *find_label(const rh_acl *sacl) {
  for (size_t i = 0; i < sacl->count; i++)
    if (sacl->aces[i].type == RH_ACE_MANDATORY_LABEL &&
        !(sacl->aces[i].flags & RH_ACE_INHERIT_ONLY))
      return &sacl->aces[i];
  return NULL;
}

/* [MS-DTYP] 2.4.4.13: the level is the last number of S-1-16-LEVEL; without a label it is medium
 * and forbids writing from below. False for what is no label. */
static bool read_label(const rh_acl *sacl, uint32_t *level, uint32_t *policy) {
  static const unsigned char head[] = {1, 1, 0, 0, 0, 0, 0, 16};
  const rh_ace *label = find_label(sacl);
  *level = 0x2000;
  *policy = 1;
  if (!label)
    return true;
  if (label->sid.len != 12 || memcmp(label->sid.data, head, sizeof head) != 0)
    return false;
  *level = rh_load_u32(label->sid.data + 8);
  *policy = label->mask;
  return true;
}

static bool holds(const rh_acl *list, const rh_ace *wanted) {
  for (size_t i = 0; i < list->count; i++)
    if (list->aces[i].type == wanted->type &&
        !(list->aces[i].flags & RH_ACE_INHERIT_ONLY) == !(wanted->flags & RH_ACE_INHERIT_ONLY) &&
        rh_bytes_same(list->aces[i].body, wanted->body))
      return true;
  return false;
}

/* True when every entry of a type that b has is in a. */
static bool holds_all(const rh_acl *a, const rh_acl *b, uint8_t type) {
  for (size_t i = 0; i < b->count; i++)
    if (b->aces[i].type == type && !(b->aces[i].flags & RH_ACE_INHERIT_ONLY) &&
        !holds(a, &b->aces[i]))
      return false;
  return true;
}

static bool reads_attributes(const rh_descriptor *descriptor) {
  for (size_t i = 0; i < descriptor->dacl.count; i++)
    if (form_of(&descriptor->dacl.aces[i]) >= 2)
      return true;
  return !holds_all(&(rh_acl){0}, &descriptor->sacl, RH_ACE_SCOPED_POLICY);
}

/* What the SACL of a lets through that b's does not; NULL for nothing. */
static const char *find_in_sacl(const rh_descriptor *a, const rh_descriptor *b) {
  uint32_t a_level, b_level, a_policy, b_policy;
  if (!read_label(&a->sacl, &a_level, &a_policy) || !read_label(&b->sacl, &b_level, &b_policy) ||
      a_level < b_level || b_policy & ~a_policy)
    return "the mandatory label keeps off less";
  if (!holds_all(&a->sacl, &b->sacl, RH_ACE_SCOPED_POLICY))
    return "a central access policy is not there any more";
  if ((!holds_all(&a->sacl, &b->sacl, RH_ACE_RESOURCE_ATTRIBUTE) ||
       !holds_all(&b->sacl, &a->sacl, RH_ACE_RESOURCE_ATTRIBUTE)) &&
      (reads_attributes(a) || reads_attributes(b)))
    return "conditions read resource attributes that differ";
  return NULL;
}

static rh_status tell(rh_buffer *why, const comparison *self, size_t gainer, uint32_t more,
                      rh_error *error) {
  rh_bytes sid = self->trustees[gainer].sid;
  rh_status status = rh_sid_describe(why, sid.data, sid.len, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(why, " gets ", error);
  return status == RH_OK ? rh_rights_describe(why, more, error) : status;
}

static rh_status compare(bool *out, rh_buffer *why, comparison *self, const rh_descriptor *a,
                         const rh_descriptor *b, rh_error *error) {
  static const unsigned char owner_rights[] = {1, 1, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0};
  rh_bytes sid = {owner_rights, sizeof owner_rights};
  uint32_t more = 0;
  const char *reason = find_in_sacl(a, b);
  self->owner_rights = find_trustee(self, 0, sid, sid);
  bool sound = add_side(self, &self->a, a, false) && add_side(self, &self->b, b, true);
  if (!sound)
    reason = "there are more entries than can be judged, or of a kind that cannot";
  else if (self->a.open && !self->b.open)
    reason = "everybody may do everything";
  size_t gainer = reason ? NOBODY : find_gainer(self, &more);
  *out = reason || gainer != NOBODY;
  if (!*out || !why)
    return RH_OK;
  return reason ? rh_buffer_append_text(why, reason, error) : tell(why, self, gainer, more, error);
}

rh_status rh_descriptor_is_wider(bool *out, rh_buffer *why, const rh_descriptor *a,
                                 const rh_descriptor *b, rh_error *error) {
  *out = false;
  if (rh_descriptor_same(a, b))
    return RH_OK;
  comparison *self = rh_alloc_zero(1, sizeof *self);
  if (!self)
    return rh_error_memory(error);
  rh_status status = compare(out, why, self, a, b, error);
  rh_free(self);
  return status;
}
