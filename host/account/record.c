/* One user, one group: the values F, V and C of their keys. */
#include "account/internal.h"

#include "base/text.h"
#include "security/descriptor.h"

#include <string.h>

/* Field by field what lies behind the head, or nothing when the field is empty. */
typedef struct field {
  const unsigned char *data;
  size_t len;
} field;

static rh_status damaged(rh_error *error, const char *what) {
  return rh_error_set(error, RH_ERR_FORMAT, "account", "%s", what);
}

/* The field whose {offset, length} stand at `place` of a head of head_len bytes. */
static bool find_field(field *out, const rh_value *value, size_t place, size_t head_len) {
  rh_reader reader = rh_reader_of(value->data, value->len);
  rh_reader_seek(&reader, place);
  size_t offset = rh_reader_u32(&reader), len = rh_reader_u32(&reader);
  *out = (field){0};
  if (reader.failed || (len > 0 && !rh_reader_has(&reader, head_len + offset, len)))
    return false;
  if (len > 0) {
    rh_reader_seek(&reader, head_len + offset);
    *out = (field){rh_reader_bytes(&reader, len), len};
  }
  return true;
}

static rh_status read_text(char **out, const field *text, rh_error *error) {
  rh_buffer utf8 = {0};
  rh_status status = rh_utf8_from_utf16(&utf8, text->data, text->len, error);
  /* A NUL would end the text for everybody else. */
  if (status == RH_OK) {
    *out = rh_copy_text(rh_buffer_text(&utf8));
    status = *out ? RH_OK : rh_error_memory(error);
  }
  rh_buffer_dispose(&utf8);
  return status;
}

char **user_text(rh_user *user, unsigned index) {
  switch (index) {
  case V_NAME:
    return &user->name;
  case V_FULL_NAME:
    return &user->full_name;
  case V_COMMENT:
    return &user->comment;
  case V_USER_COMMENT:
    return &user->user_comment;
  case V_HOME_DIRECTORY:
    return &user->home_directory;
  case V_HOME_DRIVE:
    return &user->home_drive;
  case V_SCRIPT:
    return &user->script;
  case V_PROFILE:
    return &user->profile;
  case V_WORKSTATIONS:
    return &user->workstations;
  default:
    return NULL;
  }
}

/* Whether an entry gives the right to change the password to everybody or to this very user. */
static bool entry_allows(const rh_ace *entry, const char *own_sid) {
  char sid[RH_SID_TEXT];
  return entry->type == RH_ACE_ALLOWED && entry->mask & USER_CHANGE_PASSWORD &&
         rh_sid_print(sid, entry->sid.data, entry->sid.len, NULL) &&
         (strcmp(sid, "S-1-1-0") == 0 || strcmp(sid, own_sid) == 0);
}

/* A descriptor that cannot be read forbids nothing, nor does one without a list. */
static rh_status may_change_password(bool *out, const field *descriptor, const char *own_sid,
                                     rh_error *error) {
  rh_descriptor parsed = {0};
  rh_status status = rh_descriptor_parse(&parsed, descriptor->data, descriptor->len, NULL);
  if (status == RH_ERR_MEMORY)
    return rh_error_memory(error);
  *out = status != RH_OK || !parsed.dacl.present || parsed.dacl.is_null;
  for (size_t i = 0; i < parsed.dacl.count; i++)
    *out = *out || entry_allows(&parsed.dacl.aces[i], own_sid);
  rh_descriptor_dispose(&parsed);
  return RH_OK;
}

static rh_status read_security(rh_user *out, const char *machine_sid, const field *descriptor,
                               rh_error *error) {
  rh_buffer own = {0};
  rh_status status = rh_buffer_printf(&own, error, "%s-%u", machine_sid, (unsigned)out->rid);
  bool may = true;
  if (status == RH_OK)
    status = may_change_password(&may, descriptor, rh_buffer_text(&own), error);
  out->cannot_change_password = !may;
  rh_buffer_dispose(&own);
  return status;
}

static void read_hours(rh_user *out, const field *hours) {
  if (hours->len != sizeof out->logon_hours)
    return;
  memcpy(out->logon_hours, hours->data, hours->len);
  for (size_t i = 0; i < hours->len; i++)
    out->has_logon_hours = out->has_logon_hours || hours->data[i] != 0xFF;
}

/* Whether a field shares bytes with one that holds hashes: only a made-up V has that. */
static bool meets_hashes(const rh_value *v, unsigned index) {
  rh_reader reader = rh_reader_of(v->data, v->len);
  rh_reader_seek(&reader, (size_t)index * 12);
  uint64_t start = rh_reader_u32(&reader), end = start + rh_reader_u32(&reader);
  for (size_t i = V_HASHES; i < V_FIELDS; i++) {
    rh_reader_seek(&reader, i * 12);
    uint64_t hash = rh_reader_u32(&reader), hash_end = hash + rh_reader_u32(&reader);
    if (start < hash_end && hash < end)
      return true;
  }
  return false;
}

static rh_status read_named(rh_user *out, const char *machine_sid, const rh_value *v,
                            rh_error *error) {
  rh_status status = RH_OK;
  for (unsigned i = 0; status == RH_OK && i < V_NAMED; i++) {
    field found;
    if (!find_field(&found, v, (size_t)i * 12, V_TABLE))
      return damaged(error, "a field of V lies outside of it");
    if (found.len > 0 && meets_hashes(v, i))
      return damaged(error, "a field of V lies over another: it was tampered with");
    char **text = user_text(out, i);
    if (text)
      status = read_text(text, &found, error);
    else if (i == V_SECURITY)
      status = read_security(out, machine_sid, &found, error);
    else if (i == V_PARAMETERS)
      status = dial_in_read(&out->dial_in, found.data, found.len, error);
    else
      read_hours(out, &found);
  }
  return status;
}

rh_status user_read(rh_user *out, uint32_t rid, const char *machine_sid, const rh_value *f,
                    const rh_value *v, rh_error *error) {
  rh_reader reader = rh_reader_of(f->data, f->len);
  *out = (rh_user){.rid = rid};
  rh_reader_seek(&reader, F_EXPIRES);
  uint64_t expires = rh_reader_u64(&reader);
  rh_reader_seek(&reader, F_RID);
  uint32_t own_rid = rh_reader_u32(&reader);
  rh_reader_seek(&reader, F_FLAGS);
  out->flags = rh_reader_u16(&reader);
  out->expires = expires >= F_NEVER ? 0 : expires;
  if (reader.failed)
    return damaged(error, "F is too short");
  if (own_rid != rid)
    return damaged(error, "F names another RID than the key: it was tampered with");
  if (v->len < V_TABLE)
    return damaged(error, "V is too short");
  rh_status status = read_named(out, machine_sid, v, error);
  if (status == RH_OK && !out->name[0])
    status = damaged(error, "V holds no name");
  if (status != RH_OK)
    user_dispose(out);
  return status;
}

static rh_status read_members(rh_group *out, const field *members, uint32_t count,
                              rh_error *error) {
  rh_reader reader = rh_reader_of(members->data, members->len);
  if (count > members->len / 8) /* no SID is shorter */
    return damaged(error, "C says more members than it holds");
  out->members = count ? rh_alloc_zero(count, sizeof *out->members) : NULL;
  if (count && !out->members)
    return rh_error_memory(error);
  for (uint32_t i = 0; i < count; i++) {
    size_t left = reader.len - reader.position, used = 0;
    if (!rh_sid_print(out->members[i], reader.data + reader.position, left, &used))
      return damaged(error, "a member of C is no SID");
    out->member_count++;
    rh_reader_seek(&reader, reader.position + used);
  }
  return RH_OK;
}

rh_status group_read(rh_group *out, uint32_t rid, const rh_value *c, rh_error *error) {
  rh_reader reader = rh_reader_of(c->data, c->len);
  field name, comment, members;
  *out = (rh_group){.rid = rid};
  uint32_t own_rid = rh_reader_u32(&reader);
  rh_reader_seek(&reader, C_MEMBER_COUNT);
  uint32_t count = rh_reader_u32(&reader);
  if (reader.failed)
    return damaged(error, "C is too short");
  if (own_rid != rid)
    return damaged(error, "C names another RID than the key: it was tampered with");
  if (!find_field(&name, c, C_NAME, C_HEAD) || !find_field(&comment, c, C_COMMENT, C_HEAD) ||
      !find_field(&members, c, C_MEMBERS, C_HEAD))
    return damaged(error, "a field of C lies outside of it");
  rh_status status = read_text(&out->name, &name, error);
  if (status == RH_OK)
    status = read_text(&out->comment, &comment, error);
  if (status == RH_OK)
    status = read_members(out, &members, count, error);
  if (status == RH_OK && !out->name[0])
    status = damaged(error, "C holds no name");
  if (status != RH_OK)
    group_dispose(out);
  return status;
}

void user_dispose(rh_user *user) {
  for (unsigned i = 0; i < V_NAMED; i++) {
    char **text = user_text(user, i);
    if (text)
      rh_free(*text);
  }
  dial_in_dispose(&user->dial_in);
  *user = (rh_user){0};
}

void group_dispose(rh_group *group) {
  rh_free(group->name);
  rh_free(group->comment);
  rh_free(group->members);
  *group = (rh_group){0};
}
