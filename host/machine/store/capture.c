/* Capturing scopes of a machine as a migration store: the export. */
#include "machine/store/capture.h"

#include "base/calendar.h"
#include "machine/store/capture_hives.h"

#include <string.h>

/* One member of the store: bytes, or a file of the image to stream from. */
typedef struct member {
  char *path, *file;
  rh_buffer data;
} member;

typedef struct capture {
  rh_machine *source;
  const rh_scopes *scopes;
  capture_hives hives;
  member *members;
  size_t count;
  size_t files;
} capture;

static rh_status never_captured(rh_error *error, const char *what, const char *why) {
  rh_error_set(error, RH_ERR_ARGUMENT, what, "%s; it is never captured", why);
  rh_error_hint(error, "take this scope out of the playbook's reads");
  return RH_ERR_ARGUMENT;
}

/* --- registry and certificates --- */

static rh_status take_registry_scope(capture *self, const char *scope, rh_error *error) {
  size_t hive = 0;
  const char *rest = NULL;
  rh_buffer path = {0};
  rh_status status = machine_split_path(scope, &hive, &rest, error);
  if (status == RH_OK && rh_machine_is_private_key(scope))
    status = never_captured(error, scope, "holds password hashes and secrets of the system");
  if (status == RH_OK)
    status = machine_resolve_rest(self->source, hive, rest, &path, error);
  if (status == RH_OK)
    status = capture_hives_take(&self->hives, hive, rh_buffer_text(&path), error);
  rh_buffer_dispose(&path);
  return status;
}

static rh_status take_store(capture *self, const char *root, const char *store, rh_error *error) {
  rh_buffer path = {0};
  rh_status status = rh_buffer_printf(&path, error, "%s\\%s", root, store);
  if (status == RH_OK)
    status = capture_hives_take(&self->hives, MACHINE_SOFTWARE, rh_buffer_text(&path), error);
  rh_buffer_dispose(&path);
  return status;
}

/* The declared stores, and what a chain is judged by. */
static rh_status take_certificates(capture *self, rh_error *error) {
  static const char *const roots[] = {"Microsoft\\SystemCertificates",
                                      "Policies\\Microsoft\\SystemCertificates",
                                      "Microsoft\\EnterpriseCertificates"};
  static const char *const trust[] = {"Root", "AuthRoot", "CA", "Disallowed"};
  const rh_scopes *scopes = self->scopes;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < scopes->certificate_count; i++) {
    const char *store = scopes->certificates[i];
    if (!store[0] || strchr(store, '\\'))
      status = rh_error_set(error, RH_ERR_ARGUMENT, "certificate store", "\"%s\" is no name of one",
                            store);
    else
      status = take_store(self, roots[0], store, error);
  }
  for (size_t i = 0; status == RH_OK && scopes->certificate_count && i < 12; i++)
    status = take_store(self, roots[i / 4], trust[i % 4], error);
  return status;
}

static rh_status take_accounts(capture *self, rh_error *error) {
  const rh_scopes *scopes = self->scopes;
  bool users = rh_scopes_allow_accounts(scopes, "users");
  bool groups = rh_scopes_allow_accounts(scopes, "groups");
  if (scopes->account_count > (size_t)users + groups) {
    rh_error_set(error, RH_ERR_ARGUMENT, "accounts", "a scope is neither \"users\" nor \"groups\"");
    return RH_ERR_ARGUMENT;
  }
  return users || groups ? capture_hives_take_accounts(&self->hives, users, groups, error) : RH_OK;
}

static rh_status add_member(capture *self, const char *path, member **out, rh_error *error) {
  member *members = rh_resize(self->members, self->count + 1, sizeof *members);
  if (!members)
    return rh_error_memory(error);
  self->members = members;
  *out = &members[self->count];
  **out = (member){.path = rh_copy_text(path)};
  if (!(*out)->path)
    return rh_error_memory(error);
  self->count++;
  return RH_OK;
}

static rh_status take_hives(capture *self, rh_error *error) {
  rh_buffer path = {0};
  machine_entry entry;
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < self->scopes->registry_count; i++)
    status = take_registry_scope(self, self->scopes->registry[i], error);
  if (status == RH_OK)
    status = take_certificates(self, error);
  /* After whole keys, whose values keep their order so. */
  if (status == RH_OK)
    status = capture_hives_take_identity(&self->hives, error);
  if (status == RH_OK)
    status = take_accounts(self, error);
  if (status == RH_OK)
    status = capture_hives_finish(&self->hives, error);
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    member *added = NULL;
    if (!self->hives.hives[i])
      continue;
    /* In the spelling of the source, as its files are: two spellings of one folder would become
     * two folders. */
    status = machine_hive_path(&path, self->source, i, error);
    if (status == RH_OK)
      status = self->source->backend->locate(self->source, &path, &entry, error);
    if (status == RH_OK)
      status = add_member(self, rh_buffer_text(&path), &added, error);
    if (status == RH_OK)
      status = rh_hive_serialize(self->hives.hives[i], &added->data, error);
  }
  rh_buffer_dispose(&path);
  return status;
}

/* --- files --- */

static bool is_captured(const capture *self, const char *path) {
  for (size_t i = 0; i < self->count; i++) {
    if (strcmp(self->members[i].path, path) == 0)
      return true;
  }
  return false;
}

static rh_status take_file(capture *self, const char *path, rh_error *error) {
  rh_machine *source = self->source;
  member *added = NULL;
  const char *private_by = rh_machine_private_file(source, path);
  if (private_by)
    return never_captured(error, path, private_by);
  if (is_captured(self, path))
    return RH_OK;
  rh_status status = add_member(self, path, &added, error);
  if (status != RH_OK)
    return status;
  self->files++;
  /* An image's files are streamed, however large; a changed one is in memory anyway. */
  if (source->kind == RH_MACHINE_IMAGE && !machine_files_find(&source->files, path))
    return machine_image_path(&added->file, source, path, error);
  return rh_machine_file_read(source, path, &added->data, error);
}

/* Matches below the folder that the pattern begins with. */
static rh_status take_matches(capture *self, const char *pattern, rh_error *error) {
  rh_name_list names = {0};
  size_t len = strcspn(pattern, "*?");
  while (len > 0 && pattern[len - 1] != '/')
    len--;
  char *folder = rh_copy_bytes(pattern, len);
  rh_status status =
      folder ? rh_machine_file_list(self->source, folder, &names, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < names.count; i++) {
    if (machine_glob_match(pattern, names.names[i]))
      status = take_file(self, names.names[i], error);
  }
  rh_name_list_dispose(&names);
  rh_free(folder);
  return status;
}

static rh_status take_file_scope(capture *self, const char *scope, rh_error *error) {
  rh_buffer path = {0};
  machine_entry entry = MACHINE_NOTHING;
  rh_status status = machine_path_normalise(&path, self->source, scope, true, error);
  if (status == RH_OK && strpbrk(rh_buffer_text(&path), "*?"))
    status = take_matches(self, rh_buffer_text(&path), error);
  else if (status == RH_OK) {
    status = self->source->backend->locate(self->source, &path, &entry, error);
    if (status == RH_OK && entry == MACHINE_FILE)
      status = take_file(self, rh_buffer_text(&path), error);
  }
  rh_buffer_dispose(&path);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static rh_status take_files(capture *self, rh_error *error) {
  rh_status status = take_file_scope(self, MACHINE_XML, error);
  for (size_t i = 0; status == RH_OK && i < self->scopes->file_count; i++)
    status = take_file_scope(self, self->scopes->files[i], error);
  return status;
}

/* --- manifest --- */

static rh_status fill_facts(rh_store_manifest *manifest, rh_machine *source, rh_error *error) {
  const rh_identity *identity = NULL;
  rh_status status = rh_machine_identity(source, &identity, error);
  if (status != RH_OK)
    return status;
  manifest->facts = rh_alloc_zero(rh_identity_count(), sizeof *manifest->facts);
  if (!manifest->facts)
    return rh_error_memory(error);
  for (; manifest->fact_count < rh_identity_count(); manifest->fact_count++) {
    rh_store_fact *fact = &manifest->facts[manifest->fact_count];
    fact->name = rh_copy_text(rh_identity_name(manifest->fact_count));
    fact->value = rh_copy_text(rh_identity_value(identity, manifest->fact_count));
    if (!fact->name || !fact->value) {
      rh_free(fact->name);
      rh_free(fact->value);
      return rh_error_memory(error);
    }
  }
  return RH_OK;
}

static rh_status add_scope(rh_store_manifest *manifest, const char *prefix, const char *text,
                           rh_error *error) {
  rh_buffer scope = {0};
  rh_status status = rh_buffer_printf(&scope, error, "%s%s", prefix, text);
  if (status == RH_OK)
    manifest->scopes[manifest->scope_count++] = (char *)scope.data;
  return status;
}

static rh_status fill_scopes(rh_store_manifest *manifest, const rh_scopes *scopes,
                             rh_error *error) {
  rh_status status = RH_OK;
  manifest->scopes = rh_alloc_zero(scopes->registry_count + scopes->file_count +
                                       scopes->certificate_count + scopes->account_count,
                                   sizeof *manifest->scopes);
  if (!manifest->scopes)
    return rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < scopes->registry_count; i++)
    status = add_scope(manifest, "", scopes->registry[i], error);
  for (size_t i = 0; status == RH_OK && i < scopes->file_count; i++)
    status = add_scope(manifest, "file:", scopes->files[i], error);
  for (size_t i = 0; status == RH_OK && i < scopes->certificate_count; i++)
    status = add_scope(manifest, "certificates:", scopes->certificates[i], error);
  for (size_t i = 0; status == RH_OK && i < scopes->account_count; i++)
    status = add_scope(manifest, "accounts:", scopes->accounts[i], error);
  return status;
}

static rh_status fill_created(rh_store_manifest *manifest, rh_error *error) {
  char now[RH_TIME_TEXT];
  rh_time_print(now, rh_seconds_from_filetime(rh_platform_filetime()));
  manifest->created = rh_copy_text(now);
  return manifest->created ? RH_OK : rh_error_memory(error);
}

static rh_status fill_manifest(rh_store_manifest *manifest, const capture *self, rh_error *error) {
  if (manifest->facts || manifest->scopes)
    return rh_error_set(error, RH_ERR_ARGUMENT, "manifest", "has facts or scopes already");
  manifest->format_version = RH_STORE_FORMAT_VERSION;
  rh_status status = fill_facts(manifest, self->source, error);
  if (status == RH_OK)
    status = fill_scopes(manifest, self->scopes, error);
  if (status == RH_OK && !manifest->created)
    status = fill_created(manifest, error);
  return status;
}

static void dispose(capture *self) {
  capture_hives_dispose(&self->hives);
  for (size_t i = 0; i < self->count; i++) {
    rh_free(self->members[i].path);
    rh_free(self->members[i].file);
    rh_buffer_dispose_secret(&self->members[i].data);
  }
  rh_free(self->members);
}

rh_status rh_capture(rh_machine *source, const rh_scopes *scopes, rh_store_manifest *manifest,
                     const char *path, bool overwrite, const rh_age_recipients *recipients,
                     rh_capture_counts *counts, rh_store_progress progress, void *payload,
                     rh_error *error) {
  capture self = {.source = source, .scopes = scopes, .hives = {.source = source}};
  rh_store_content *content = NULL;
  rh_status status = take_hives(&self, error);
  if (status == RH_OK)
    status = take_files(&self, error);
  if (status == RH_OK)
    status = fill_manifest(manifest, &self, error);
  if (status == RH_OK) {
    content = rh_alloc_zero(self.count, sizeof *content);
    status = content ? RH_OK : rh_error_memory(error);
  }
  for (size_t i = 0; status == RH_OK && i < self.count; i++)
    content[i] = (rh_store_content){.path = self.members[i].path,
                                    .data = self.members[i].data.data,
                                    .len = self.members[i].data.len,
                                    .file = self.members[i].file};
  if (status == RH_OK)
    status = rh_store_seal(path, overwrite, manifest, content, self.count, recipients, progress,
                           payload, error);
  if (status == RH_OK && counts)
    *counts = (rh_capture_counts){self.hives.keys, self.hives.values, self.files};
  rh_free(content);
  dispose(&self);
  return status;
}
