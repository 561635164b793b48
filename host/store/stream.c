/* Reading a sealed archive as a stream: age, then zstd, then tar, each bounded and to its end. */
#include "store/stream.h"

#include <string.h>

rh_status rh_store_stream_damaged(const rh_store_stream *stream, const char *member,
                                  const char *what) {
  rh_error_set(stream->error, RH_ERR_SEALED, stream->path,
               "what is sealed in it is damaged or altered: %s%s%s", member ? member : "",
               member ? ": " : "", what);
  rh_error_hint(stream->error, "fetch the store again, or export it once more");
  return RH_ERR_SEALED;
}

static rh_status archive_failed(const rh_store_stream *stream, struct archive *archive) {
  const char *cause = archive_error_string(archive);
  if (stream->status != RH_OK)
    return stream->status;
  return rh_store_stream_damaged(stream, NULL, cause ? cause : "libarchive gives no cause");
}

static rh_status from_file(void *payload, void *data, size_t len, size_t *done, rh_error *error) {
  rh_store_stream *stream = payload;
  rh_status status = rh_platform_read(stream->file, data, len, done, error);
  stream->done += *done;
  if (status == RH_OK && stream->progress)
    stream->progress(stream->payload, stream->done, stream->total);
  return status;
}

static la_ssize_t from_age(struct archive *archive, void *payload, const void **buffer) {
  rh_store_stream *stream = payload;
  const unsigned char *data = NULL;
  size_t len = 0;
  (void)archive;
  while (stream->status == RH_OK && !stream->ended && len == 0) {
    rh_status status = rh_age_reader_next(stream->age, &data, &len, stream->error);
    if (status == RH_END)
      stream->ended = true;
    else
      stream->status = status;
  }
  *buffer = data;
  return stream->status == RH_OK ? (la_ssize_t)len : -1;
}

static la_ssize_t from_zstd(struct archive *archive, void *payload, const void **buffer) {
  rh_store_stream *stream = payload;
  la_int64_t offset;
  size_t len = 0;
  int got = ARCHIVE_OK;
  (void)archive;
  *buffer = NULL;
  while (stream->status == RH_OK && got == ARCHIVE_OK && len == 0)
    got = archive_read_data_block(stream->zstd, buffer, &len, &offset);
  if (stream->status == RH_OK && got != ARCHIVE_OK && got != ARCHIVE_EOF)
    stream->status = archive_failed(stream, stream->zstd);
  if (got == ARCHIVE_EOF)
    len = 0;
  if (stream->status == RH_OK && (len > stream->bound || stream->unpacked > stream->bound - len))
    stream->status = rh_store_stream_damaged(stream, NULL, "it holds more than its manifest says");
  stream->unpacked += len;
  return stream->status == RH_OK ? (la_ssize_t)len : -1;
}

static rh_status open_zstd(rh_store_stream *stream) {
  struct archive_entry *entry;
  stream->zstd = archive_read_new();
  if (!stream->zstd)
    return rh_error_memory(stream->error);
  if (archive_read_support_filter_zstd(stream->zstd) != ARCHIVE_OK)
    return rh_error_set(stream->error, RH_ERR_UNSUPPORTED, stream->path,
                        "this build of libarchive cannot read zstd");
  if (archive_read_support_format_raw(stream->zstd) != ARCHIVE_OK ||
      archive_read_open(stream->zstd, stream, NULL, from_age, NULL) != ARCHIVE_OK ||
      archive_read_next_header(stream->zstd, &entry) != ARCHIVE_OK)
    return archive_failed(stream, stream->zstd);
  /* libarchive takes off as many layers as it finds; there has to be one (and the plain file). */
  if (archive_filter_count(stream->zstd) != 2 ||
      archive_filter_code(stream->zstd, 0) != ARCHIVE_FILTER_ZSTD)
    return rh_store_stream_damaged(stream, NULL, "it is not compressed with zstd, once");
  return RH_OK;
}

/* Tars behind the first one are read as well: so the end is the end of everything. */
static rh_status open_tar(rh_store_stream *stream) {
  stream->tar = archive_read_new();
  if (!stream->tar)
    return rh_error_memory(stream->error);
  if (archive_read_support_format_tar(stream->tar) != ARCHIVE_OK ||
      archive_read_set_format_option(stream->tar, "tar", "read_concatenated_archives", "1") !=
          ARCHIVE_OK ||
      archive_read_open(stream->tar, stream, NULL, from_zstd, NULL) != ARCHIVE_OK)
    return archive_failed(stream, stream->tar);
  return RH_OK;
}

rh_status rh_store_stream_open(rh_store_stream *stream, const char *path, const rh_age_keys *keys,
                               uint64_t bound, rh_error *error) {
  rh_file_info info;
  stream->path = path;
  stream->error = error;
  stream->bound = bound;
  rh_status status = rh_platform_target_info(path, &info, error);
  if (status == RH_OK && info.kind != RH_FILE_REGULAR)
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is not a regular file");
  if (status == RH_OK)
    status = rh_platform_open(&stream->file, path, error);
  if (status != RH_OK)
    return status;
  stream->total = info.size;
  status = rh_age_reader_open(&stream->age, keys, from_file, stream, path, error);
  if (status == RH_OK)
    status = open_zstd(stream);
  return status == RH_OK ? open_tar(stream) : status;
}

/* A path is bytes here; libarchive has it in two forms, of which the locale may spoil one. */
static bool entry_is(struct archive_entry *entry, const char *path) {
  const char *utf8 = archive_entry_pathname_utf8(entry);
  const char *bytes = archive_entry_pathname(entry);
  return (utf8 && strcmp(utf8, path) == 0) || (bytes && strcmp(bytes, path) == 0);
}

rh_status rh_store_stream_next(rh_store_stream *stream, const char *path, uint64_t *size) {
  struct archive_entry *entry = NULL;
  int got = archive_read_next_header(stream->tar, &entry);
  if (got == ARCHIVE_EOF)
    return rh_store_stream_damaged(stream, path, "this member is missing");
  /* A warning is about what is not looked at, such as a name in another encoding. */
  if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
    return archive_failed(stream, stream->tar);
  if (!entry_is(entry, path))
    return rh_store_stream_damaged(stream, path, "another member is in its place");
  if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
      archive_entry_symlink(entry))
    return rh_store_stream_damaged(stream, path, "this member is not a regular file");
  if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
    return rh_store_stream_damaged(stream, path, "this member has no size");
  *size = (uint64_t)archive_entry_size(entry);
  return RH_OK;
}

rh_status rh_store_stream_read(rh_store_stream *stream, void *data, size_t len, size_t *done) {
  la_ssize_t got = archive_read_data(stream->tar, data, len);
  *done = got < 0 ? 0 : (size_t)got;
  return got < 0 ? archive_failed(stream, stream->tar) : RH_OK;
}

rh_status rh_store_stream_finish(rh_store_stream *stream) {
  struct archive_entry *entry;
  const void *rest;
  int got = archive_read_next_header(stream->tar, &entry);
  if (got == ARCHIVE_OK || got == ARCHIVE_WARN)
    return rh_store_stream_damaged(stream, NULL,
                                   "there is a member that the manifest does not list");
  if (got != ARCHIVE_EOF || stream->status != RH_OK)
    return archive_failed(stream, stream->tar);
  if (from_zstd(stream->tar, stream, &rest) > 0 || from_age(stream->zstd, stream, &rest) > 0)
    return rh_store_stream_damaged(stream, NULL, "something follows the archive");
  return stream->status;
}

void rh_store_stream_close(rh_store_stream *stream) {
  archive_read_free(stream->tar);
  archive_read_free(stream->zstd);
  rh_age_reader_free(stream->age);
  rh_platform_close(stream->file, NULL);
}
