/* All accounts of a SAM hive. */
#include "account/internal.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One list of the hive, while it is read. */
typedef struct branch {
  rh_registry *sam;
  rh_account_list *list;
  const char *path;
  bool builtin;
  rh_status (*add)(struct branch *self, uint32_t rid, rh_key key, rh_error *error);
} branch;

static rh_status add_problem(rh_account_list *list, const char *path, const char *text,
                             rh_error *error) {
  rh_account_problem *problems =
      rh_resize(list->problems, list->problem_count + 1, sizeof *problems);
  if (!problems)
    return rh_error_memory(error);
  list->problems = problems;
  rh_account_problem made = {rh_copy_text(path), rh_copy_text(text)};
  if (!made.path || !made.text) {
    rh_free(made.path);
    rh_free(made.text);
    return rh_error_memory(error);
  }
  problems[list->problem_count++] = made;
  return RH_OK;
}

/* Room for one more of `count` items, by doubling; NULL when there is no memory. */
static void *grow(void *items, size_t count, size_t size) {
  return count & (count - 1) ? items : rh_resize(items, count ? count * 2 : 1, size);
}

static rh_status find_value(branch *self, rh_key key, const char *name, rh_value *out,
                            rh_error *error) {
  rh_status status = rh_registry_find_value(self->sam, key, name, strlen(name), out, error);
  return status == RH_ERR_NOT_FOUND
             ? rh_error_set(error, RH_ERR_FORMAT, self->path, "there is no value %s", name)
             : status;
}

static rh_status add_user(branch *self, uint32_t rid, rh_key key, rh_error *error) {
  rh_account_list *list = self->list;
  rh_value f = {0}, v = {0};
  rh_status status = find_value(self, key, "F", &f, error);
  if (status == RH_OK)
    status = find_value(self, key, "V", &v, error);
  rh_user *users = grow(list->users, list->user_count, sizeof *list->users);
  list->users = users ? users : list->users;
  if (status == RH_OK && !users)
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = user_read(&list->users[list->user_count], rid, list->machine_sid, &f, &v, error);
  list->user_count += status == RH_OK;
  rh_value_dispose(&f);
  rh_value_dispose(&v);
  return status;
}

static rh_status add_group(branch *self, uint32_t rid, rh_key key, rh_error *error) {
  rh_account_list *list = self->list;
  rh_value c = {0};
  rh_status status = find_value(self, key, "C", &c, error);
  rh_group *groups = grow(list->groups, list->group_count, sizeof *list->groups);
  list->groups = groups ? groups : list->groups;
  if (status == RH_OK && !groups)
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = group_read(&list->groups[list->group_count], rid, &c, error);
  if (status == RH_OK)
    list->groups[list->group_count++].builtin = self->builtin;
  rh_value_dispose(&c);
  return status;
}

/* "000003E9"; false for the other keys of a branch, such as Names. */
static bool parse_rid(uint32_t *out, const rh_key_info *info) {
  char text[9] = {0}, *end;
  if (info->name_len != 8)
    return false;
  memcpy(text, info->name, 8);
  *out = (uint32_t)strtoul(text, &end, 16);
  return !*end && strspn(text, "0123456789ABCDEFabcdef") == 8;
}

/* One key of a branch; what is damaged in it becomes a problem. */
static rh_status read_entry(branch *self, rh_key key, rh_key_info *info, rh_error *error) {
  rh_error damage = {0};
  rh_buffer path = {0};
  uint32_t rid = 0;
  rh_status status = rh_registry_read_key(self->sam, key, info, error);
  if (status != RH_OK || !parse_rid(&rid, info))
    return status;
  status = self->add(self, rid, key, &damage);
  if (status == RH_ERR_FORMAT) {
    status = rh_buffer_printf(&path, error, "%s\\%.8s", self->path, info->name);
    if (status == RH_OK)
      status = add_problem(self->list, rh_buffer_text(&path), damage.message, error);
  } else if (status != RH_OK && error)
    *error = damage;
  rh_buffer_dispose(&path);
  return status;
}

static rh_status read_branch(branch *self, rh_error *error) {
  rh_key_info info = {0};
  rh_error damage = {0};
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = rh_registry_root(self->sam, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(self->sam, root, self->path, &key, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  rh_cursor cursor = rh_registry_keys(self->sam, key);
  while (status == RH_OK) {
    status = rh_cursor_next_key(&cursor, &key, &damage);
    if (status == RH_OK)
      status = read_entry(self, key, &info, error);
    else if (status == RH_ERR_FORMAT)
      status = add_problem(self->list, self->path, damage.message, error);
    else if (status != RH_END && error)
      *error = damage;
  }
  rh_key_info_dispose(&info);
  return status == RH_END ? RH_OK : status;
}

/* The SID of the machine ends the value V of its domain. */
static rh_status read_machine_sid(rh_account_list *list, rh_registry *sam, rh_error *error) {
  enum { SID_LEN = 24 };
  rh_value v = {0};
  rh_status status = rh_registry_get(sam, ACCOUNT_DOMAIN, "V", &v, error);
  if (status == RH_OK) {
    rh_reader reader = rh_reader_of(v.data, v.len);
    rh_reader_seek(&reader, v.len < SID_LEN ? 0 : v.len - SID_LEN);
    char sid[RH_SID_TEXT];
    const unsigned char *data = rh_reader_bytes(&reader, SID_LEN);
    if (data && rh_sid_print(sid, data, SID_LEN, NULL) && strncmp(sid, "S-1-5-21-", 9) == 0)
      snprintf(list->machine_sid, sizeof list->machine_sid, "%s", sid);
    else
      status = add_problem(list, ACCOUNT_DOMAIN, "V does not end with the SID of a machine", error);
  }
  rh_value_dispose(&v);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static int by_rid_user(const void *a, const void *b) {
  const rh_user *x = a, *y = b;
  return (x->rid > y->rid) - (x->rid < y->rid);
}

static int by_rid_group(const void *a, const void *b) {
  const rh_group *x = a, *y = b;
  return x->builtin != y->builtin ? x->builtin - y->builtin : (x->rid > y->rid) - (x->rid < y->rid);
}

rh_status rh_account_list_read(rh_account_list *out, rh_registry *sam, rh_error *error) {
  *out = (rh_account_list){.known = true};
  branch branches[] = {{sam, out, ACCOUNT_DOMAIN "\\Users", false, add_user},
                       {sam, out, ACCOUNT_DOMAIN "\\Aliases", false, add_group},
                       {sam, out, BUILTIN_DOMAIN "\\Aliases", true, add_group}};
  rh_status status = read_machine_sid(out, sam, error);
  for (size_t i = 0; status == RH_OK && i < sizeof branches / sizeof *branches; i++)
    status = read_branch(&branches[i], error);
  if (status != RH_OK)
    rh_account_list_dispose(out);
  if (out->user_count > 1)
    qsort(out->users, out->user_count, sizeof *out->users, by_rid_user);
  if (out->group_count > 1)
    qsort(out->groups, out->group_count, sizeof *out->groups, by_rid_group);
  return status;
}

void rh_account_list_dispose(rh_account_list *list) {
  for (size_t i = 0; i < list->user_count; i++)
    user_dispose(&list->users[i]);
  for (size_t i = 0; i < list->group_count; i++)
    group_dispose(&list->groups[i]);
  for (size_t i = 0; i < list->problem_count; i++) {
    rh_free(list->problems[i].path);
    rh_free(list->problems[i].text);
  }
  rh_free(list->users);
  rh_free(list->groups);
  rh_free(list->problems);
  *list = (rh_account_list){0};
}
