/* What a manifest may hold: texts, numbers, and paths that are safe on every system. */
#include "base/text.h"
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

/* The limits of XML 1.0, section 2.2, in UTF-8. */
static bool fits_xml(const char *text) {
  size_t len = strlen(text);
  for (const char *sign = text; *sign; sign++)
    if ((unsigned char)*sign < 0x20 && !strchr("\t\n\r", *sign))
      return false;
  return rh_utf8_is_valid(text, len) && !strstr(text, "\xEF\xBF\xBE") &&
         !strstr(text, "\xEF\xBF\xBF");
}

static bool is_sha256(const char *text) {
  return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool is_time(const char *text) {
  static const char shape[] = "0000-00-00T00:00:00Z";
  if (strlen(text) != sizeof shape - 1)
    return false;
  for (size_t i = 0; i < sizeof shape - 1; i++)
    if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
      return false;
  return true;
}

static const char *component_fault(const char *component, size_t len) {
  if (len == 0)
    return "has an empty component";
  if ((len == 1 && component[0] == '.') || (len == 2 && memcmp(component, "..", 2) == 0))
    return "leads elsewhere";
  /* Windows drops them, so that two names become one. */
  if (component[len - 1] == '.' || component[len - 1] == ' ')
    return "has a component that ends in a dot or a space";
  return NULL;
}

const char *rh_store_path_fault(const char *path) {
  size_t len = strlen(path);
  if (len == 0)
    return "is empty";
  if (len > RH_STORE_PATH_LIMIT)
    return "is too long";
  if (!fits_xml(path))
    return "is not UTF-8 text";
  for (const char *sign = path; *sign; sign++)
    if ((unsigned char)*sign < 0x20 || *sign == 0x7F)
      return "holds a control character";
  if (strpbrk(path, "\\:*?\"<>|"))
    return "holds a sign that a file name cannot have on Windows";
  for (const char *start = path;;) {
    size_t part = strcspn(start, "/");
    const char *fault = component_fault(start, part);
    if (fault)
      return fault;
    if (start == path && part == strlen(RH_STORE_MANIFEST) &&
        rh_name_compare(path, part, RH_STORE_MANIFEST, part) == 0)
      return "is the manifest's own";
    if (!start[part])
      return NULL;
    start += part + 1;
  }
}

static rh_status invalid(rh_status code, rh_error *error, const char *what) {
  return rh_error_set(error, code, RH_STORE_MANIFEST, "%s", what);
}

static rh_status check_facts(const rh_store_fact *facts, size_t count, const char *kind,
                             rh_status code, rh_error *error) {
  for (size_t i = 0; i < count; i++) {
    if (!facts[i].name || !facts[i].name[0] || !fits_xml(facts[i].name))
      return rh_error_set(error, code, RH_STORE_MANIFEST, "%s %zu has no proper name", kind, i + 1);
    if (!facts[i].value || !fits_xml(facts[i].value))
      return rh_error_set(error, code, facts[i].name,
                          "the value of this %s is not text that XML can hold", kind);
  }
  return RH_OK;
}

static rh_status check_playbooks(const rh_store_manifest *manifest, rh_status code,
                                 rh_error *error) {
  for (size_t i = 0; i < manifest->playbook_count; i++) {
    const rh_store_playbook *playbook = &manifest->playbooks[i];
    if (!playbook->id || !playbook->id[0] || !fits_xml(playbook->id))
      return rh_error_set(error, code, RH_STORE_MANIFEST, "playbook %zu has no proper id", i + 1);
    if (playbook->version && !fits_xml(playbook->version))
      return rh_error_set(error, code, playbook->id,
                          "the version of this playbook is not text that XML can hold");
    if (playbook->sha256 && !is_sha256(playbook->sha256))
      return rh_error_set(error, code, playbook->id, "the hash of this playbook is no SHA-256");
  }
  return RH_OK;
}

static rh_status check_members(const rh_store_manifest *manifest, rh_status code, rh_error *error) {
  uint64_t total = 0;
  if (manifest->member_count > RH_STORE_MEMBER_LIMIT)
    return rh_error_set(error, code, RH_STORE_MANIFEST, "more than %d members",
                        RH_STORE_MEMBER_LIMIT);
  for (size_t i = 0; i < manifest->member_count; i++) {
    const rh_store_member *member = &manifest->members[i];
    const char *fault = member->path ? rh_store_path_fault(member->path) : "is missing";
    if (fault)
      return rh_error_set(error, code, member->path, "the path of this member %s", fault);
    if (i > 0 && strcmp(manifest->members[i - 1].path, member->path) >= 0)
      return rh_error_set(error, code, member->path, "this member is out of order, or double");
    if (!is_sha256(member->sha256))
      return rh_error_set(error, code, member->path, "the hash of this member is no SHA-256");
    if (member->size > INT64_MAX - total)
      return rh_error_set(error, code, member->path, "the members up to here are too large");
    total += member->size;
  }
  const rh_store_member **list = NULL;
  rh_status status = rh_store_sort_by_name(&list, manifest, code, error);
  rh_free(list);
  return status;
}

rh_status rh_store_manifest_check(const rh_store_manifest *manifest, rh_status code,
                                  rh_error *error) {
  if (manifest->format_version != RH_STORE_FORMAT_VERSION)
    return invalid(code, error, "the format version is not one that rehome knows");
  if (manifest->tool_version && !fits_xml(manifest->tool_version))
    return invalid(code, error, "the version of the tool is not text that XML can hold");
  if (manifest->created && !is_time(manifest->created))
    return invalid(code, error, "the time is not written like 2026-11-22T12:00:00Z");
  rh_status status = check_facts(manifest->facts, manifest->fact_count, "fact", code, error);
  if (status == RH_OK)
    status = check_playbooks(manifest, code, error);
  if (status == RH_OK)
    status = check_facts(manifest->parameters, manifest->parameter_count, "parameter", code, error);
  for (size_t i = 0; status == RH_OK && i < manifest->scope_count; i++)
    if (!manifest->scopes[i] || !manifest->scopes[i][0] || !fits_xml(manifest->scopes[i]))
      status = rh_error_set(error, code, RH_STORE_MANIFEST,
                            "scope %zu is not text that XML can hold", i + 1);
  return status == RH_OK ? check_members(manifest, code, error) : status;
}

static int compare_names(const void *a, const void *b) {
  const rh_store_member *left = *(const rh_store_member *const *)a;
  const rh_store_member *right = *(const rh_store_member *const *)b;
  return rh_name_compare(left->path, strlen(left->path), right->path, strlen(right->path));
}

const rh_store_member *rh_store_find_by_name(const rh_store_member *const *list, size_t count,
                                             const char *path, size_t len) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = rh_name_compare(list[middle]->path, strlen(list[middle]->path), path, len);
    if (order == 0)
      return list[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static rh_status check_names(const rh_store_member *const *list, size_t count, rh_status code,
                             rh_error *error) {
  for (size_t i = 0; i < count; i++) {
    const char *path = list[i]->path;
    if (i > 0 && compare_names(&list[i - 1], &list[i]) == 0)
      return rh_error_set(error, code, path, "two members have this path, apart from case");
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
      if (rh_store_find_by_name(list, count, path, (size_t)(slash - path)))
        return rh_error_set(error, code, path, "a folder of this member is a member itself");
  }
  return RH_OK;
}

rh_status rh_store_sort_by_name(const rh_store_member ***out, const rh_store_manifest *manifest,
                                rh_status code, rh_error *error) {
  size_t count = manifest->member_count;
  *out = NULL;
  const rh_store_member **list = rh_alloc_zero(count, sizeof *list);
  if (!list)
    return rh_error_memory(error);
  for (size_t i = 0; i < count; i++)
    list[i] = &manifest->members[i];
  if (count > 1)
    qsort(list, count, sizeof *list, compare_names);
  rh_status status = check_names(list, count, code, error);
  if (status == RH_OK)
    *out = list;
  else
    rh_free(list);
  return status;
}
