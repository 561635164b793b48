/* Sealing a migration store: manifest and members into tar, zstd and age, in one go. */
#include "base/file.h"
#include "base/hash.h"
#include "store/internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

/* In the tar header, POSIX bits: a tool that unpacks a store keeps it to its user. */
#define MEMBER_PERMISSIONS 0600

typedef struct sealing {
  const char *path;
  rh_atomic_file *file;
  rh_age_writer *age;
  struct archive *archive;
  rh_status status; /* of the callback: libarchive cannot carry it */
  rh_store_progress progress;
  void *payload;
  uint64_t done, total;
  rh_error *error;
} sealing;

/* Where the bytes of one member go while it is read. */
typedef struct member_sink {
  rh_hash *hash;
  uint64_t size;        /* so far */
  uint64_t limit;       /* more is an error */
  sealing *seal;        /* NULL in the first pass */
  const char *changing; /* the member's file */
} member_sink;

static rh_status changed_while_read(const char *file, rh_error *error) {
  rh_error_set(error, RH_ERR_IO, file, "changed while it was read");
  rh_error_hint(error, "stop what writes to it, or work on a copy of it");
  return RH_ERR_IO;
}

/* What became of a call of libarchive. */
static rh_status archive_result(const sealing *seal, bool done) {
  if (done || seal->status != RH_OK)
    return seal->status;
  const char *cause = archive_error_string(seal->archive);
  return rh_error_set(seal->error, RH_ERR_IO, seal->path, "cannot write the archive: %s",
                      cause ? cause : "no cause is given");
}

static rh_status take(member_sink *sink, const void *data, size_t len, rh_error *error) {
  if (len > sink->limit - sink->size)
    return changed_while_read(sink->changing, error);
  sink->size += len;
  rh_status status = rh_check_stop(error);
  if (status == RH_OK)
    status = rh_hash_add(sink->hash, data, len, error);
  sealing *seal = sink->seal;
  if (status != RH_OK || !seal || len == 0)
    return status;
  status = archive_result(seal, archive_write_data(seal->archive, data, len) == (la_ssize_t)len);
  seal->done += len;
  if (status == RH_OK && seal->progress)
    seal->progress(seal->payload, seal->done, seal->total);
  return status;
}

static rh_status take_file(member_sink *sink, const char *path, rh_error *error) {
  rh_file *file = NULL;
  rh_file_info info;
  unsigned char *block = rh_alloc(RH_STORE_BLOCK);
  rh_status status = block ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_platform_target_info(path, &info, error);
  if (status == RH_OK && info.kind != RH_FILE_REGULAR)
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is not a regular file");
  if (status == RH_OK)
    status = rh_platform_open(&file, path, error);
  for (size_t done = 1; status == RH_OK && done > 0;) {
    status = rh_platform_read(file, block, RH_STORE_BLOCK, &done, error);
    if (status == RH_OK)
      status = take(sink, block, done, error);
  }
  rh_platform_close(file, NULL);
  rh_free_secret(block, RH_STORE_BLOCK);
  return status;
}

/* Reads content once: into hash, and with seal into the archive. */
static rh_status read_content(uint64_t *size, char sha256[RH_SHA256_HEX],
                              const rh_store_content *content, uint64_t limit, sealing *seal,
                              rh_error *error) {
  member_sink sink = {NULL, 0, limit, seal, content->file ? content->file : content->path};
  rh_status status = rh_hash_new(&sink.hash, error);
  if (status == RH_OK && content->data)
    status = take(&sink, content->data, content->len, error);
  else if (status == RH_OK && content->file)
    status = take_file(&sink, content->file, error);
  if (status == RH_OK)
    status = rh_hash_finish(sink.hash, sha256, error);
  rh_hash_free(sink.hash);
  *size = sink.size;
  return status;
}

static int compare_content(const void *a, const void *b) {
  const rh_store_content *left = *(const rh_store_content *const *)a;
  const rh_store_content *right = *(const rh_store_content *const *)b;
  return strcmp(left->path, right->path);
}

/* The content by path, bytewise; the caller frees the list. */
static rh_status sort_content(const rh_store_content ***out, const rh_store_content *content,
                              size_t count, rh_error *error) {
  *out = NULL;
  for (size_t i = 0; i < count; i++) {
    const char *fault = content[i].path ? rh_store_path_fault(content[i].path) : "is missing";
    if (!fault && !content[i].data && !content[i].file && content[i].len > 0)
      fault = "has no content";
    if (fault)
      return rh_error_set(error, RH_ERR_ARGUMENT, content[i].path, "the path of this member %s",
                          fault);
  }
  const rh_store_content **sorted = rh_alloc_zero(count, sizeof *sorted);
  if (!sorted)
    return rh_error_memory(error);
  for (size_t i = 0; i < count; i++)
    sorted[i] = &content[i];
  if (count > 1)
    qsort(sorted, count, sizeof *sorted, compare_content);
  *out = sorted;
  return RH_OK;
}

/* The first pass: what the manifest says of the members. */
static rh_status fill_members(rh_store_manifest *manifest, const rh_store_content *const *sorted,
                              size_t count, uint64_t *total, rh_error *error) {
  for (size_t i = 0; i < manifest->member_count; i++)
    rh_free(manifest->members[i].path);
  rh_free(manifest->members);
  manifest->member_count = 0;
  manifest->members = rh_alloc_zero(count, sizeof *manifest->members);
  rh_status status = manifest->members ? RH_OK : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    rh_store_member *member = &manifest->members[i];
    member->path = rh_copy_text(sorted[i]->path);
    if (!member->path)
      return rh_error_memory(error);
    manifest->member_count++;
    status = read_content(&member->size, member->sha256, sorted[i], INT64_MAX, NULL, error);
    if (member->size > INT64_MAX - *total)
      status = rh_error_set(error, RH_ERR_LIMIT, member->path, "the store would be too large");
    *total += member->size;
  }
  return status;
}

static rh_status to_file(void *payload, const void *data, size_t len, rh_error *error) {
  return rh_atomic_file_write(payload, data, len, error);
}

/* Never fails: libarchive would not release what it holds. After a failure the bytes are dropped.
 */
static la_ssize_t to_age(struct archive *archive, void *payload, const void *data, size_t len) {
  sealing *seal = payload;
  (void)archive;
  if (seal->status == RH_OK)
    seal->status = rh_age_writer_add(seal->age, data, len, seal->error);
  return (la_ssize_t)len;
}

static bool is_ascii(const char *text) {
  while (*text && (unsigned char)*text < 0x80)
    text++;
  return !*text;
}

static rh_status open_archive(sealing *seal, const rh_store_manifest *manifest) {
  struct archive *archive = seal->archive = archive_write_new();
  if (!archive)
    return rh_error_memory(seal->error);
  if (archive_write_add_filter_zstd(archive) != ARCHIVE_OK) {
    rh_error_set(seal->error, RH_ERR_UNSUPPORTED, seal->path,
                 "this build of libarchive cannot write zstd");
    rh_error_hint(seal->error, "use a libarchive that was built with libzstd");
    return RH_ERR_UNSUPPORTED;
  }
  bool ascii = true;
  for (size_t i = 0; ascii && i < manifest->member_count; i++)
    ascii = is_ascii(manifest->members[i].path);
  /* Without this the bytes of a path depend on the locale, or cannot be written. */
  return archive_result(
      seal,
      archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK &&
          (ascii || archive_write_set_format_option(archive, "pax", "hdrcharset", "BINARY") == 0) &&
          archive_write_set_bytes_per_block(archive, RH_STORE_BLOCK) == ARCHIVE_OK &&
          archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
          archive_write_open(archive, seal, NULL, to_age, NULL) == ARCHIVE_OK);
}

static rh_status begin_entry(sealing *seal, const char *path, uint64_t size) {
  struct archive_entry *entry = archive_entry_new();
  if (!entry)
    return rh_error_memory(seal->error);
  archive_entry_set_pathname(entry, path);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, MEMBER_PERMISSIONS);
  archive_entry_set_uid(entry, 0);
  archive_entry_set_gid(entry, 0);
  archive_entry_set_mtime(entry, 0, 0);
  archive_entry_set_size(entry, (la_int64_t)size);
  int written = archive_write_header(seal->archive, entry);
  archive_entry_free(entry);
  return archive_result(seal, written == ARCHIVE_OK);
}

/* The second pass: what is sealed has to be what the manifest says. */
static rh_status write_members(sealing *seal, const rh_store_manifest *manifest,
                               const rh_store_content *const *sorted) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < manifest->member_count; i++) {
    const rh_store_member *member = &manifest->members[i];
    char sha256[RH_SHA256_HEX];
    uint64_t size = 0;
    status = begin_entry(seal, member->path, member->size);
    if (status == RH_OK)
      status = read_content(&size, sha256, sorted[i], member->size, seal, seal->error);
    if (status == RH_OK && (size != member->size || strcmp(sha256, member->sha256) != 0))
      status = changed_while_read(sorted[i]->file ? sorted[i]->file : member->path, seal->error);
  }
  return status;
}

static rh_status write_archive(sealing *seal, const rh_store_manifest *manifest,
                               const rh_store_content *const *sorted) {
  rh_buffer xml = {0};
  rh_status status = rh_store_manifest_write(manifest, &xml, seal->error);
  if (status == RH_OK)
    status = open_archive(seal, manifest);
  if (status == RH_OK)
    status = begin_entry(seal, RH_STORE_MANIFEST, xml.len);
  if (status == RH_OK)
    status = archive_result(seal, archive_write_data(seal->archive, xml.data, xml.len) ==
                                      (la_ssize_t)xml.len);
  if (status == RH_OK)
    status = write_members(seal, manifest, sorted);
  if (status == RH_OK)
    status = archive_result(seal, archive_write_close(seal->archive) == ARCHIVE_OK);
  seal->status = status;
  archive_write_free(seal->archive);
  rh_buffer_dispose_secret(&xml);
  return status;
}

rh_status rh_store_seal(const char *path, bool overwrite, rh_store_manifest *manifest,
                        const rh_store_content *content, size_t count,
                        const rh_age_recipients *recipients, rh_store_progress progress,
                        void *payload, rh_error *error) {
  sealing seal = {
      .path = path, .progress = progress, .payload = payload, .error = error, .status = RH_OK};
  const rh_store_content **sorted = NULL;
  if (!overwrite && rh_file_exists(path)) {
    rh_error_set(error, RH_ERR_EXISTS, path, "exists");
    rh_error_hint(error, "give another name, or allow to overwrite it");
    return RH_ERR_EXISTS;
  }
  if (count > RH_STORE_MEMBER_LIMIT)
    return rh_error_set(error, RH_ERR_LIMIT, path, "a store holds at most %d members",
                        RH_STORE_MEMBER_LIMIT);
  manifest->format_version = RH_STORE_FORMAT_VERSION;
  rh_status status = sort_content(&sorted, content, count, error);
  if (status == RH_OK)
    status = fill_members(manifest, sorted, count, &seal.total, error);
  if (status == RH_OK)
    status = rh_store_manifest_check(manifest, RH_ERR_ARGUMENT, error);
  if (status == RH_OK)
    status = rh_atomic_file_open(&seal.file, path, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_age_writer_open(&seal.age, recipients, 0, to_file, seal.file, error);
  if (status == RH_OK)
    status = write_archive(&seal, manifest, sorted);
  if (status == RH_OK)
    status = rh_age_writer_finish(seal.age, error);
  if (status == RH_OK)
    status = rh_atomic_file_commit(seal.file, NULL, error);
  rh_age_writer_free(seal.age);
  rh_atomic_file_free(seal.file);
  rh_free(sorted);
  return status;
}
