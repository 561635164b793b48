/* Reading a sealed archive as a stream: age, then zstd, then tar, each bounded and to its end. */
#ifndef RH_STORE_STREAM_H
#define RH_STORE_STREAM_H

#include "store/internal.h"

#include <archive.h>
#include <archive_entry.h>

/* Starts as {0}, with progress and payload set by the caller. Failures that show in what is sealed
 * are RH_ERR_SEALED. */
typedef struct rh_store_stream {
  const char *path; /* borrowed */
  rh_store_progress progress;
  void *payload;
  rh_error *error; /* filled by all functions below; may be NULL */
  rh_file *file;
  rh_age_reader *age;
  struct archive *zstd, *tar;
  rh_status status; /* of a callback: libarchive cannot carry it */
  bool ended;       /* age has given its authenticated end */
  uint64_t done, total;
  uint64_t unpacked, bound; /* bytes of tar so far, and how many there may be */
} rh_store_stream;

rh_status rh_store_stream_open(rh_store_stream *stream, const char *path, const rh_age_keys *keys,
                               uint64_t bound, rh_error *error);
/* Goes to the next member, which must be a regular file of that path. */
rh_status rh_store_stream_next(rh_store_stream *stream, const char *path, uint64_t *size);
/* Bytes of the member; *done is 0 at its end only. */
rh_status rh_store_stream_read(rh_store_stream *stream, void *data, size_t len, size_t *done);
/* Checks that no member and no byte follows, down to the sealed file's end. */
rh_status rh_store_stream_finish(rh_store_stream *stream);
void rh_store_stream_close(rh_store_stream *stream);

/* Says that what is sealed is damaged or altered, in which member (NULL: none); RH_ERR_SEALED. */
rh_status rh_store_stream_damaged(const rh_store_stream *stream, const char *member,
                                  const char *what);

#endif
