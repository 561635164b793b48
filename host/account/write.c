/* A SAM hive made from a list of accounts, for migration stores. */
#include "account/internal.h"

#include "base/text.h"

#include <string.h>

/* A field's place in the head that is being made, and the bytes that go behind the head. */
typedef struct record {
  unsigned char head[V_TABLE];
  size_t head_len;
  rh_buffer body;
} record;

static void place_field(record *out, size_t place, size_t start) {
  rh_store_u32(out->head + place, (uint32_t)start);
  rh_store_u32(out->head + place + 4, (uint32_t)(out->body.len - start));
}

static rh_status put_text(record *out, size_t place, const char *text, rh_error *error) {
  size_t start = out->body.len;
  rh_status status = rh_utf16_from_utf8(&out->body, text, strlen(text), error);
  if (status == RH_OK)
    place_field(out, place, start);
  return status;
}

static rh_status set_value(rh_registry *sam, const char *path, const char *name, uint32_t type,
                           const void *data, size_t len, rh_error *error) {
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = rh_registry_root(sam, &root, error);
  if (status == RH_OK)
    status = rh_registry_create_path(sam, root, path, &key, error);
  if (status == RH_OK && name)
    status = rh_registry_set_value(sam, key, name, strlen(name), type, data, len, error);
  return status;
}

static rh_status set_record(rh_registry *sam, const char *path, const char *name,
                            const record *made, rh_error *error) {
  rh_buffer data = {0};
  rh_status status = rh_buffer_append(&data, made->head, made->head_len, error);
  if (status == RH_OK && made->body.len)
    status = rh_buffer_append(&data, made->body.data, made->body.len, error);
  if (status == RH_OK)
    status = set_value(sam, path, name, RH_REG_BINARY, data.data, data.len, error);
  rh_buffer_dispose(&data);
  return status;
}

/* A descriptor with one entry: everybody may read, and change the password or not. */
static rh_status put_security(record *out, const rh_user *user, rh_error *error) {
  static const unsigned char head[] = {1,  0, 4, 0x80, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0,  0,
                                       20, 0, 0, 0,    2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0};
  static const unsigned char everybody[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
  const unsigned rights = 0x2031Bu | (user->cannot_change_password ? 0 : USER_CHANGE_PASSWORD);
  size_t start = out->body.len;
  rh_status status = rh_buffer_append(&out->body, head, sizeof head, error);
  if (status == RH_OK)
    status = rh_buffer_append_u32(&out->body, rights, error);
  if (status == RH_OK)
    status = rh_buffer_append(&out->body, everybody, sizeof everybody, error);
  place_field(out, (size_t)V_SECURITY * 12, start);
  return status;
}

static rh_status put_named(record *v, const rh_user *user, rh_error *error) {
  rh_user *texts = (rh_user *)(uintptr_t)user; /* only looked at */
  rh_status status = put_security(v, user, error);
  for (unsigned i = 0; status == RH_OK && i < V_NAMED; i++) {
    char **text = user_text(texts, i);
    if (text)
      status = put_text(v, (size_t)i * 12, *text, error);
  }
  size_t start = v->body.len;
  if (status == RH_OK)
    status = dial_in_write(&v->body, &user->dial_in, error);
  place_field(v, (size_t)V_PARAMETERS * 12, start);
  start = v->body.len;
  if (status == RH_OK && user->has_logon_hours)
    status = rh_buffer_append(&v->body, user->logon_hours, sizeof user->logon_hours, error);
  place_field(v, (size_t)V_LOGON_HOURS * 12, start);
  return status;
}

static rh_status write_user(rh_registry *sam, const rh_user *user, rh_error *error) {
  unsigned char f[F_LEN] = {2, 0, 1};
  record v = {.head_len = V_TABLE};
  rh_buffer path = {0};
  rh_store_u64(f + F_EXPIRES, user->expires ? user->expires : F_NEVER);
  rh_store_u32(f + F_RID, user->rid);
  rh_store_u32(f + F_GROUP, 513);
  rh_store_u16(f + F_FLAGS, (uint16_t)user->flags);
  rh_status status =
      rh_buffer_printf(&path, error, ACCOUNT_DOMAIN "\\Users\\%08X", (unsigned)user->rid);
  if (status == RH_OK)
    status = set_value(sam, rh_buffer_text(&path), "F", RH_REG_BINARY, f, sizeof f, error);
  if (status == RH_OK)
    status = put_named(&v, user, error);
  if (status == RH_OK)
    status = set_record(sam, rh_buffer_text(&path), "V", &v, error);
  rh_buffer_dispose(&path);
  rh_buffer_dispose(&v.body);
  return status;
}

static rh_status write_group(rh_registry *sam, const rh_group *group, rh_error *error) {
  record c = {.head_len = C_HEAD};
  rh_buffer path = {0};
  rh_store_u32(c.head + C_RID, group->rid);
  rh_store_u32(c.head + C_MEMBER_COUNT, (uint32_t)group->member_count);
  rh_status status = put_text(&c, C_NAME, group->name, error);
  if (status == RH_OK)
    status = put_text(&c, C_COMMENT, group->comment, error);
  size_t start = c.body.len;
  for (size_t i = 0; status == RH_OK && i < group->member_count; i++)
    status = rh_sid_parse(&c.body, group->members[i], error);
  place_field(&c, C_MEMBERS, start);
  if (status == RH_OK)
    status =
        rh_buffer_printf(&path, error, "%s\\Aliases\\%08X",
                         group->builtin ? BUILTIN_DOMAIN : ACCOUNT_DOMAIN, (unsigned)group->rid);
  if (status == RH_OK)
    status = set_record(sam, rh_buffer_text(&path), "C", &c, error);
  rh_buffer_dispose(&path);
  rh_buffer_dispose(&c.body);
  return status;
}

/* An account without values is a problem again when it is read. Damage of a list, which is no
 * account's, becomes one that no account can have. */
static rh_status write_problem(rh_registry *sam, const char *path, rh_error *error) {
  const char *end = strrchr(path, '\\');
  bool of_list = end && (strcmp(end, "\\Users") == 0 || strcmp(end, "\\Aliases") == 0);
  rh_buffer key = {0};
  rh_status status = rh_buffer_printf(&key, error, "%s%s", path, of_list ? "\\00000000" : "");
  if (status == RH_OK)
    status = set_value(sam, rh_buffer_text(&key), NULL, 0, NULL, 0, error);
  rh_buffer_dispose(&key);
  return status;
}

rh_status rh_account_list_write(rh_registry *sam, const rh_account_list *list, bool users,
                                bool groups, rh_error *error) {
  rh_buffer sid = {0};
  rh_status status = RH_OK;
  if (list->machine_sid[0]) {
    status = rh_sid_parse(&sid, list->machine_sid, error);
    if (status == RH_OK)
      status = set_value(sam, ACCOUNT_DOMAIN, "V", RH_REG_BINARY, sid.data, sid.len, error);
  }
  for (size_t i = 0; status == RH_OK && users && i < list->user_count; i++)
    status = write_user(sam, &list->users[i], error);
  for (size_t i = 0; status == RH_OK && groups && i < list->group_count; i++)
    status = write_group(sam, &list->groups[i], error);
  for (size_t i = 0; status == RH_OK && i < list->problem_count; i++)
    status = write_problem(sam, list->problems[i].path, error);
  rh_buffer_dispose(&sid);
  return status;
}
