/* What declared scopes allow: registry paths, file globs, certificate stores, accounts. */
#include "machine/internal.h"
#include "machine/store/capture.h"

#include "base/text.h"

#include <string.h>

/* "HKEY_LOCAL_MACHINE" and "HKLM" are one. */
static const char *below_root(const char *path) {
  size_t len = strcspn(path, "\\");
  bool known = rh_name_compare(path, len, "HKLM", 4) == 0 ||
               rh_name_compare(path, len, "HKEY_LOCAL_MACHINE", 18) == 0;
  return known && path[len] ? path + len + 1 : NULL;
}

/* True when path is scope or below it, component by component. */
static bool covers(const char *scope, const char *path) {
  while (*scope) {
    size_t a = strcspn(scope, "\\"), b = strcspn(path, "\\");
    if (rh_name_compare(scope, a, path, b) != 0)
      return false;
    scope += scope[a] ? a + 1 : a;
    path += path[b] ? b + 1 : b;
  }
  return true;
}

bool rh_scopes_allow_key(const rh_scopes *scopes, const char *full_path) {
  const char *path = below_root(full_path);
  for (size_t i = 0; path && i < scopes->registry_count; i++) {
    const char *scope = below_root(scopes->registry[i]);
    if (scope && *scope && covers(scope, path))
      return true;
  }
  return false;
}

static bool names(const char *const *list, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (rh_name_equal(list[i], name))
      return true;
  }
  return false;
}

bool rh_scopes_allow_certificates(const rh_scopes *scopes, const char *store) {
  return names(scopes->certificates, scopes->certificate_count, store);
}

bool rh_scopes_allow_accounts(const rh_scopes *scopes, const char *kind) {
  return names(scopes->accounts, scopes->account_count, kind);
}

/* UTF-16 units in upper case, so that one unit is one character to compare. */
static rh_status fold(rh_buffer *out, const char *text) {
  size_t position = 0;
  uint16_t pending = 0;
  int32_t unit;
  rh_status status = RH_OK;
  while (status == RH_OK && (unit = rh_utf16_next(text, strlen(text), &position, &pending)) >= 0)
    status = rh_buffer_append_u16(out, rh_upcase((uint16_t)unit), NULL);
  return status;
}

static unsigned unit_at(const rh_buffer *text, size_t index) {
  return index * 2 < text->len ? text->data[index * 2] | (unsigned)text->data[index * 2 + 1] << 8
                               : 0;
}

/* One step of the pattern for all positions at once: reach[i] says that the pattern so far matches
 * the first i units. The cost is pattern times path, whatever the pattern. */
static size_t step(bool *reach, size_t count, const rh_buffer *pattern, size_t at,
                   const rh_buffer *path) {
  unsigned unit = unit_at(pattern, at);
  bool across = unit == '*' && unit_at(pattern, at + 1) == '*';
  bool folders =
      across && unit_at(pattern, at + 2) == '/' && (at == 0 || unit_at(pattern, at - 1) == '/');
  if (unit == '*') {
    bool begun = false; /* the star's beginning was reached in this run */
    for (size_t i = 0; i <= count; i++) {
      if (!across && i > 0 && unit_at(path, i - 1) == '/')
        begun = false;
      begun = begun || reach[i];
      reach[i] = folders ? reach[i] || (begun && i > 0 && unit_at(path, i - 1) == '/') : begun;
    }
    return folders ? 3 : across ? 2 : 1;
  }
  for (size_t i = count; i > 0; i--) {
    unsigned sign = unit_at(path, i - 1);
    reach[i] = reach[i - 1] && (unit == sign || (unit == '?' && sign != '/'));
  }
  reach[0] = false;
  return 1;
}

bool machine_glob_match(const char *pattern, const char *path) {
  rh_buffer folded = {0}, units = {0};
  bool *reach = NULL, matches = false;
  if (fold(&folded, pattern) == RH_OK && fold(&units, path) == RH_OK)
    reach = rh_alloc_zero(units.len / 2 + 1, sizeof *reach);
  if (reach) {
    size_t count = units.len / 2;
    reach[0] = true;
    for (size_t at = 0; at < folded.len / 2;)
      at += step(reach, count, &folded, at, &units);
    matches = reach[count];
  }
  rh_free(reach);
  rh_buffer_dispose(&folded);
  rh_buffer_dispose(&units);
  return matches;
}

bool rh_scopes_allow_file(const rh_scopes *scopes, rh_machine *machine, const char *path) {
  rh_buffer asked = {0}, pattern = {0};
  bool allowed = false;
  bool known = machine_path_normalise(&asked, machine, path, false, NULL) == RH_OK;
  for (size_t i = 0; known && !allowed && i < scopes->file_count; i++)
    allowed = machine_path_normalise(&pattern, machine, scopes->files[i], true, NULL) == RH_OK &&
              machine_glob_match(rh_buffer_text(&pattern), rh_buffer_text(&asked));
  rh_buffer_dispose(&asked);
  rh_buffer_dispose(&pattern);
  return allowed;
}
