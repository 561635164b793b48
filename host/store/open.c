/* Opening a migration store: all of it is read and checked before anything is given out. */
#include "base/file.h"
#include "base/hash.h"
#include "store/stream.h"

#include <string.h>

struct rh_store {
  char *path;
  rh_store_manifest manifest;
  const rh_store_member **by_name;
  rh_file *spool;         /* manifest.xml, then the members in their order */
  uint64_t *offsets;      /* of the members in the spool */
  uint64_t xml_len;       /* of manifest.xml, which is at offset 0 */
  rh_store_stream stream; /* while it is opened */
};

/* Reads the manifest, which says what may follow. */
static rh_status read_manifest(rh_store *store, rh_error *error) {
  rh_store_stream *stream = &store->stream;
  rh_buffer xml = {0};
  rh_error cause = {0};
  size_t done = 1;
  rh_status status = rh_store_stream_next(stream, RH_STORE_MANIFEST, &store->xml_len);
  if (status == RH_OK && store->xml_len > RH_STORE_MANIFEST_LIMIT)
    status = rh_store_stream_damaged(stream, RH_STORE_MANIFEST, "is too large");
  if (status == RH_OK)
    status = rh_buffer_reserve(&xml, (size_t)store->xml_len, error);
  while (status == RH_OK && xml.len < store->xml_len && done > 0) {
    status =
        rh_store_stream_read(stream, xml.data + xml.len, (size_t)store->xml_len - xml.len, &done);
    xml.len += done;
  }
  if (status == RH_OK && xml.len != store->xml_len)
    status = rh_store_stream_damaged(stream, RH_STORE_MANIFEST, "is cut off");
  if (status == RH_OK)
    status = rh_platform_write(store->spool, xml.data, xml.len, error);
  if (status == RH_OK) {
    status = rh_store_manifest_read(&store->manifest, xml.data, xml.len, &cause);
    if (status == RH_ERR_FORMAT)
      status = rh_store_stream_damaged(stream, RH_STORE_MANIFEST, cause.message);
    else if (status != RH_OK && error)
      *error = cause;
  }
  rh_buffer_dispose_secret(&xml);
  return status;
}

/* Members lie in the spool one behind the other. */
static rh_status lay_out(rh_store *store, rh_error *error) {
  const rh_store_manifest *manifest = &store->manifest;
  uint64_t next = store->xml_len;
  store->offsets = rh_alloc_zero(manifest->member_count, sizeof *store->offsets);
  if (!store->offsets)
    return rh_error_memory(error);
  for (size_t i = 0; i < manifest->member_count; i++) {
    store->offsets[i] = next;
    next += manifest->members[i].size;
  }
  store->stream.bound =
      next + RH_STORE_OVERHEAD + (uint64_t)manifest->member_count * RH_STORE_MEMBER_OVERHEAD;
  return rh_store_sort_by_name(&store->by_name, manifest, RH_ERR_SEALED, error);
}

static rh_status spool_member(rh_store *store, const rh_store_member *member, rh_hash *hash,
                              unsigned char *block, rh_error *error) {
  rh_store_stream *stream = &store->stream;
  char sha256[RH_SHA256_HEX];
  uint64_t size = 0, left;
  size_t done = 1;
  rh_status status = rh_store_stream_next(stream, member->path, &size);
  if (status == RH_OK && size != member->size)
    status =
        rh_store_stream_damaged(stream, member->path, "has another size than the manifest says");
  for (left = size; status == RH_OK && done > 0;) {
    status = rh_check_stop(error);
    if (status == RH_OK)
      status = rh_store_stream_read(stream, block, RH_STORE_BLOCK, &done);
    if (status == RH_OK && done > left)
      status = rh_store_stream_damaged(stream, member->path, "is longer than it should be");
    if (status == RH_OK)
      status = rh_hash_add(hash, block, done, error);
    if (status == RH_OK)
      status = rh_platform_write(store->spool, block, done, error);
    left -= done;
  }
  if (status == RH_OK)
    status = rh_hash_finish(hash, sha256, error);
  if (status == RH_OK && (left > 0 || strcmp(sha256, member->sha256) != 0))
    status = rh_store_stream_damaged(stream, member->path, "is not what the manifest lists");
  return status;
}

static rh_status spool_members(rh_store *store, rh_error *error) {
  rh_hash *hash = NULL;
  unsigned char *block = rh_alloc(RH_STORE_BLOCK);
  rh_status status = block ? rh_hash_new(&hash, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < store->manifest.member_count; i++)
    status = spool_member(store, &store->manifest.members[i], hash, block, error);
  rh_hash_free(hash);
  rh_free_secret(block, RH_STORE_BLOCK);
  return status;
}

rh_status rh_store_open(rh_store **out, const char *path, const rh_age_keys *keys,
                        rh_store_progress progress, void *payload, rh_error *error) {
  *out = NULL;
  rh_store *store = rh_alloc_zero(1, sizeof *store);
  if (!store)
    return rh_error_memory(error);
  store->stream.progress = progress;
  store->stream.payload = payload;
  store->path = rh_copy_text(path);
  rh_status status = store->path ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_store_stream_open(&store->stream, store->path, keys,
                                  RH_STORE_MANIFEST_LIMIT + RH_STORE_OVERHEAD, error);
  if (status == RH_OK)
    status = rh_platform_open_temporary(&store->spool, error);
  if (status == RH_OK)
    status = read_manifest(store, error);
  if (status == RH_OK)
    status = lay_out(store, error);
  if (status == RH_OK)
    status = spool_members(store, error);
  if (status == RH_OK)
    status = rh_store_stream_finish(&store->stream);
  rh_store_stream_close(&store->stream);
  if (status == RH_OK)
    *out = store;
  else
    rh_store_free(store);
  return status;
}

const rh_store_manifest *rh_store_manifest_of(const rh_store *store) {
  return &store->manifest;
}

void rh_store_free(rh_store *store) {
  if (!store)
    return;
  rh_platform_close(store->spool, NULL);
  rh_store_manifest_dispose(&store->manifest);
  rh_free(store->by_name);
  rh_free(store->offsets);
  rh_free(store->path);
  rh_free(store);
}

/* Members. */

static rh_status read_spool(rh_store *store, uint64_t offset, void *data, size_t len,
                            rh_error *error) {
  unsigned char *bytes = data;
  for (size_t all = 0, done = 0; all < len; all += done) {
    rh_status status =
        rh_platform_read_at(store->spool, offset + all, bytes + all, len - all, &done, error);
    if (status != RH_OK)
      return status;
    if (done == 0)
      return rh_error_set(error, RH_ERR_IO, store->path, "the temporary file was cut off");
  }
  return RH_OK;
}

static rh_status check_index(const rh_store *store, size_t index, rh_error *error) {
  if (index < store->manifest.member_count)
    return RH_OK;
  return rh_error_set(error, RH_ERR_ARGUMENT, store->path, "has no member %zu", index);
}

rh_status rh_store_member_read_at(rh_store *store, size_t index, uint64_t offset, void *data,
                                  size_t len, size_t *done, rh_error *error) {
  *done = 0;
  rh_status status = check_index(store, index, error);
  if (status != RH_OK)
    return status;
  uint64_t size = store->manifest.members[index].size;
  uint64_t left = offset < size ? size - offset : 0;
  if (len > left)
    len = (size_t)left;
  status = read_spool(store, store->offsets[index] + offset, data, len, error);
  *done = status == RH_OK ? len : 0;
  return status;
}

rh_status rh_store_member_read(rh_store *store, size_t index, rh_buffer *out, rh_error *error) {
  size_t done = 0;
  rh_buffer_clear(out);
  rh_status status = check_index(store, index, error);
  if (status != RH_OK)
    return status;
  uint64_t size = store->manifest.members[index].size;
  if (size > SIZE_MAX)
    return rh_error_memory(error);
  status = rh_buffer_append_zero(out, (size_t)size, error);
  if (status == RH_OK)
    status = rh_store_member_read_at(store, index, 0, out->data, (size_t)size, &done, error);
  if (status != RH_OK)
    rh_buffer_clear(out);
  return status;
}

size_t rh_store_member_find(const rh_store *store, const char *path) {
  const rh_store_member *found =
      rh_store_find_by_name(store->by_name, store->manifest.member_count, path, strlen(path));
  return found ? (size_t)(found - store->manifest.members) : SIZE_MAX;
}

/* Copies from the spool to a new file below folder, with the folders on the way. */
static rh_status extract_file(rh_store *store, const char *folder, const char *path,
                              uint64_t offset, uint64_t size, rh_error *error) {
  rh_file *file = NULL;
  unsigned char *block = rh_alloc(RH_STORE_BLOCK);
  char *target = rh_platform_join(folder, path);
  char *above = target ? rh_platform_folder_of(target) : NULL;
  rh_status status = block && above ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_file_make_folders(above, RH_FILE_PRIVATE, error);
  if (status == RH_OK)
    status = rh_platform_create(&file, target, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, error);
  for (uint64_t done = 0; status == RH_OK && done < size;) {
    size_t len = size - done < RH_STORE_BLOCK ? (size_t)(size - done) : RH_STORE_BLOCK;
    status = rh_check_stop(error);
    if (status == RH_OK)
      status = read_spool(store, offset + done, block, len, error);
    if (status == RH_OK)
      status = rh_platform_write(file, block, len, error);
    done += len;
  }
  rh_status closed = rh_platform_close(file, status == RH_OK ? error : NULL);
  rh_free_secret(block, RH_STORE_BLOCK);
  rh_free(target);
  rh_free(above);
  return status == RH_OK ? closed : status;
}

static rh_status make_empty_folder(const char *folder, rh_error *error) {
  rh_name_list list = {0};
  if (!rh_file_exists(folder))
    return rh_file_make_folders(folder, RH_FILE_PRIVATE, error);
  rh_status status = rh_platform_list(&list, folder, error);
  if (status == RH_OK && list.count > 0) {
    status = rh_error_set(error, RH_ERR_EXISTS, folder, "the folder is not empty");
    rh_error_hint(error, "give the name of a new folder");
  }
  rh_name_list_dispose(&list);
  return status;
}

rh_status rh_store_extract(rh_store *store, const char *folder, rh_error *error) {
  const rh_store_manifest *manifest = &store->manifest;
  rh_status status = make_empty_folder(folder, error);
  bool is_ours = status == RH_OK; /* new or empty: all that is in it from here on */
  if (status == RH_OK)
    status = extract_file(store, folder, RH_STORE_MANIFEST, 0, store->xml_len, error);
  for (size_t i = 0; status == RH_OK && i < manifest->member_count; i++)
    status = extract_file(store, folder, manifest->members[i].path, store->offsets[i],
                          manifest->members[i].size, error);
  /* Half a server's secrets in the clear are of no use to anybody who should have them. */
  if (status != RH_OK && is_ours)
    rh_file_remove_tree(folder, NULL);
  return status;
}

bool rh_store_is_store_file(const char *path) {
  static const char age[] = "age-encryption.org/", armor[] = "-----BEGIN AGE ENCRYPTED FILE-----";
  char start[sizeof armor] = {0};
  rh_file_info info;
  rh_file *file = NULL;
  size_t len = 0, done = 1;
  if (rh_platform_target_info(path, &info, NULL) != RH_OK || info.kind != RH_FILE_REGULAR ||
      rh_platform_open(&file, path, NULL) != RH_OK)
    return false;
  while (len < sizeof start - 1 && done > 0) {
    if (rh_platform_read(file, start + len, sizeof start - 1 - len, &done, NULL) != RH_OK)
      break;
    len += done;
  }
  rh_platform_close(file, NULL);
  return strncmp(start, age, sizeof age - 1) == 0 || strcmp(start, armor) == 0;
}
