/* Security descriptors in words. */
#include "security/words.h"

#include "security/sid.h"

#define SYNCHRONIZE 0x00100000u

rh_status rh_sid_describe(rh_buffer *out, const void *sid, size_t len, rh_error *error) {
  char text[RH_SID_TEXT];
  const char *name = rh_sid_name(sid, len);
  if (!name && !rh_sid_print(text, sid, len, NULL))
    return rh_buffer_append_text(out, "nobody", error);
  return rh_buffer_append_text(out, name ? name : text, error);
}

rh_status rh_rights_describe(rh_buffer *out, uint32_t mask, rh_error *error) {
  /* From all to little: what one word says is not said again. */
  static const struct {
    uint32_t mask;
    const char *words;
  } groups[] = {{RH_FILE_ALL_ACCESS, "full control"},
                {RH_FILE_MODIFY, "modify"},
                {RH_FILE_READ_EXECUTE, "read and execute"},
                {RH_FILE_GENERIC_READ, "read"},
                {RH_FILE_GENERIC_WRITE & ~(uint32_t)RH_READ_CONTROL & ~SYNCHRONIZE, "write"},
                {0x00010000, "delete"},
                {RH_WRITE_DAC, "change permissions"},
                {0x00080000, "take ownership"},
                {RH_READ_CONTROL, "read permissions"}};
  uint32_t left = rh_file_rights(mask);
  const char *between = "";
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < sizeof groups / sizeof *groups; i++) {
    if ((left & groups[i].mask) != groups[i].mask)
      continue;
    status = rh_buffer_printf(out, error, "%s%s", between, groups[i].words);
    left &= ~groups[i].mask;
    between = ", ";
  }
  if (*between || left & ~SYNCHRONIZE) /* which says nothing by itself */
    left &= ~SYNCHRONIZE;
  if (status == RH_OK && (left || !*between))
    status = rh_buffer_printf(out, error, "%srights 0x%X", between, (unsigned)left);
  return status;
}

static rh_status describe_entry(rh_buffer *out, const rh_ace *ace, rh_error *error) {
  bool allows = rh_ace_allows(ace), denies = rh_ace_denies(ace);
  if (!allows && !denies)
    return rh_buffer_printf(out, error, "; an entry of type %u", ace->type);
  rh_status status = rh_buffer_append_text(out, "; ", error);
  if (status == RH_OK)
    status = rh_sid_describe(out, ace->sid.data, ace->sid.len, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, denies ? ": denied " : ": ", error);
  if (status == RH_OK)
    status = rh_rights_describe(out, ace->mask, error);
  if (status == RH_OK && ace->type >= RH_ACE_ALLOWED_CALLBACK)
    status = rh_buffer_append_text(out, " on a condition", error);
  if (status == RH_OK && ace->flags & RH_ACE_INHERIT_ONLY)
    status = rh_buffer_append_text(out, " in what it holds", error);
  return status;
}

static rh_status describe_list(rh_buffer *out, const rh_acl *dacl, rh_error *error) {
  if (!dacl->present || dacl->is_null)
    return rh_buffer_append_text(out, "; everybody: full control, there being no list", error);
  if (dacl->count == 0)
    return rh_buffer_append_text(out, "; nobody may do anything", error);
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < dacl->count; i++)
    status = describe_entry(out, &dacl->aces[i], error);
  return status;
}

static rh_status describe_sacl(rh_buffer *out, const rh_acl *sacl, rh_error *error) {
  size_t audited = 0;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < sacl->count; i++) {
    const rh_ace *ace = &sacl->aces[i];
    if (ace->type != RH_ACE_MANDATORY_LABEL) {
      audited++;
      continue;
    }
    status = rh_buffer_append_text(out, "; ", error);
    if (status == RH_OK)
      status = rh_sid_describe(out, ace->sid.data, ace->sid.len, error);
  }
  if (status == RH_OK && audited)
    status = rh_buffer_printf(out, error, "; %zu %s for auditing", audited,
                              audited == 1 ? "entry" : "entries");
  return status;
}

rh_status rh_descriptor_describe(rh_buffer *out, const rh_descriptor *descriptor, rh_error *error) {
  rh_status status = rh_buffer_append_text(out, "owner ", error);
  if (status == RH_OK)
    status = rh_sid_describe(out, descriptor->owner.data, descriptor->owner.len, error);
  if (status == RH_OK)
    status = describe_list(out, &descriptor->dacl, error);
  if (status == RH_OK)
    status = describe_sacl(out, &descriptor->sacl, error);
  if (status == RH_OK && descriptor->control & RH_SE_DACL_PROTECTED)
    status = rh_buffer_append_text(out, "; inherits nothing", error);
  return status;
}
