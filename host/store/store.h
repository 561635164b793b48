/* The migration store: one sealed file that holds a partial image of a server.
 *
 * age v1 around zstd around tar (pax, sorted members, fixed times and owners), manifest.xml first:
 *     age -d -i KEY STORE | zstd -d | tar -t
 * Nothing in it is believed before the whole file has proved sound: rh_store_open reads to the end,
 * checks the manifest against every member (path, size, SHA-256, none missing, none more), and
 * spools the members into a file without a name, so that memory does not grow with the store and a
 * killed process leaves no plain copy. internal.h has the limits against hostile files. */
#ifndef RH_STORE_STORE_H
#define RH_STORE_STORE_H

#include "age/age.h"
#include "base/platform.h"

#define RH_STORE_FORMAT_VERSION 1

/* manifest.xml as a struct. Texts are owned, may be NULL where optional. */
typedef struct rh_store_fact {
  char *name, *value; /* "os-name", "Windows Server 2008 R2 Standard" */
} rh_store_fact;
typedef struct rh_store_playbook {
  char *id, *version, *sha256;
} rh_store_playbook;
typedef struct rh_store_member {
  char *path; /* image-relative, forward slashes: "Windows/System32/config/SYSTEM" */
  uint64_t size;
  char sha256[65];
} rh_store_member;
typedef struct rh_store_manifest {
  unsigned format_version;
  char *tool_version;
  char *created;        /* "2026-11-22T12:00:00Z" */
  rh_store_fact *facts; /* the source's identity */
  size_t fact_count;
  rh_store_playbook *playbooks;
  size_t playbook_count;
  rh_store_fact *parameters;
  size_t parameter_count;
  char **scopes; /* what was captured, as declared: "HKLM\\SYSTEM\\...", "file:...",
                    "certificates:MY" */
  size_t scope_count;
  rh_store_member *members; /* sorted by path; without manifest.xml itself */
  size_t member_count;
} rh_store_manifest;
void rh_store_manifest_dispose(rh_store_manifest *manifest);
rh_status rh_store_manifest_write(const rh_store_manifest *manifest, rh_buffer *out,
                                  rh_error *error);
/* No entities, no network, no DTD; RH_ERR_FORMAT for what the schema does not allow. */
rh_status rh_store_manifest_read(rh_store_manifest *out, const void *data, size_t len,
                                 rh_error *error);

/* Writing: the content is named first, then sealed in one go, since the manifest comes first. */
typedef struct rh_store_content {
  const char *path;          /* as in rh_store_member */
  const unsigned char *data; /* in memory, borrowed; or NULL and: */
  size_t len;
  const char *file; /* a file to stream from, borrowed */
} rh_store_content;
/* Fills manifest->members from content (any order; RH_ERR_ARGUMENT for an unsafe or double path),
 * writes path atomically, then opens nothing: the caller may verify with rh_store_open when it has
 * a key. RH_ERR_EXISTS when path is there and overwrite is false. progress may be NULL. */
typedef void (*rh_store_progress)(void *payload, uint64_t done, uint64_t total);
rh_status rh_store_seal(const char *path, bool overwrite, rh_store_manifest *manifest,
                        const rh_store_content *content, size_t count,
                        const rh_age_recipients *recipients, rh_store_progress progress,
                        void *payload, rh_error *error);

/* Reading. */
typedef struct rh_store rh_store;
rh_status rh_store_open(rh_store **out, const char *path, const rh_age_keys *keys,
                        rh_store_progress progress, void *payload, rh_error *error);
const rh_store_manifest *rh_store_manifest_of(const rh_store *store);
/* Member by index into the manifest: the whole into out, or in pieces from an offset. */
rh_status rh_store_member_read(rh_store *store, size_t index, rh_buffer *out, rh_error *error);
rh_status rh_store_member_read_at(rh_store *store, size_t index, uint64_t offset, void *data,
                                  size_t len, size_t *done, rh_error *error);
/* Index of the member of that path, compared without case; SIZE_MAX when there is none. */
size_t rh_store_member_find(const rh_store *store, const char *path);
/* Writes all members and manifest.xml below a folder that must not exist or be empty. After a
 * failure it is not there. */
rh_status rh_store_extract(rh_store *store, const char *folder, rh_error *error);
void rh_store_free(rh_store *store);

/* True when the file begins as a sealed store does. */
bool rh_store_is_store_file(const char *path);

#endif
