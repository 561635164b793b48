/* What differs between systems, for POSIX: files, folders, paths. */
#define _GNU_SOURCE
#include "base/platform.h"

#include "base/protection.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct rh_file {
  int descriptor;
  char *path; /* for messages */
};

static void fill_info(const struct stat *stat, rh_file_info *out) {
  out->kind = S_ISREG(stat->st_mode)   ? RH_FILE_REGULAR
              : S_ISDIR(stat->st_mode) ? RH_FILE_FOLDER
                                       : RH_FILE_OTHER;
  out->size = (uint64_t)stat->st_size;
  out->volume = stat->st_dev;
  out->serial = stat->st_ino;
  out->links = stat->st_nlink;
}

rh_status rh_platform_info(const char *path, rh_file_info *out, rh_error *error) {
  struct stat stat;
  if (lstat(path, &stat) != 0)
    return rh_error_system(error, errno, path, "cannot look at the file");
  fill_info(&stat, out);
  return RH_OK;
}

rh_status rh_platform_target_info(const char *path, rh_file_info *out, rh_error *error) {
  struct stat target;
  if (stat(path, &target) != 0)
    return rh_error_system(error, errno, path, "cannot look at the file");
  fill_info(&target, out);
  return RH_OK;
}

rh_status rh_platform_list(rh_name_list *out, const char *folder, rh_error *error) {
  rh_status status = RH_OK;
  size_t capacity = 0;
  *out = (rh_name_list){0};
  DIR *stream = opendir(folder);
  if (!stream)
    return rh_error_system(error, errno, folder, "cannot list the folder");
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(stream);
    if (!entry) {
      if (errno)
        status = rh_error_system(error, errno, folder, "cannot list the folder");
      break;
    }
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (out->count == capacity) {
      capacity = capacity ? capacity * 2 : 16;
      char **names = rh_resize(out->names, capacity, sizeof *names);
      if (!names) {
        status = rh_error_memory(error);
        break;
      }
      out->names = names;
    }
    out->names[out->count] = rh_copy_text(entry->d_name);
    if (!out->names[out->count]) {
      status = rh_error_memory(error);
      break;
    }
    out->count++;
  }
  closedir(stream);
  if (status != RH_OK)
    rh_name_list_dispose(out);
  return status;
}

void rh_name_list_dispose(rh_name_list *list) {
  for (size_t i = 0; i < list->count; i++)
    rh_free(list->names[i]);
  rh_free(list->names);
  *list = (rh_name_list){0};
}

static bool is_same(const char *folder, const char *name, const struct stat *file) {
  struct stat found;
  char *path = rh_platform_join(folder, name);
  bool same = path && lstat(path, &found) == 0 && found.st_dev == file->st_dev &&
              found.st_ino == file->st_ino;
  rh_free(path);
  return same;
}

/* Whether folder finds the file by another spelling of its name, too. Without a letter to change
 * it may. */
static bool has_spellings(const char *folder, const char *name, const struct stat *file) {
  char *other = rh_copy_text(name);
  bool found = true;
  for (char *sign = other; sign && *sign; sign++) {
    if ((*sign >= 'a' && *sign <= 'z') || (*sign >= 'A' && *sign <= 'Z')) {
      *sign = (char)(*sign ^ ('a' ^ 'A'));
      found = is_same(folder, other, file);
      break;
    }
  }
  rh_free(other);
  return found;
}

rh_status rh_platform_stored_name(char **out, const char *folder, const char *name,
                                  rh_error *error) {
  struct stat file;
  rh_name_list list = {0};
  const char *stored = name;
  char *path = rh_platform_join(folder, name);
  *out = NULL;
  rh_status status = !path ? rh_error_memory(error)
                     : lstat(path, &file) < 0
                         ? rh_error_system(error, errno, path, "cannot look at the file")
                         : RH_OK;
  if (status == RH_OK && has_spellings(folder, name, &file))
    status = rh_platform_list(&list, folder, error);
  for (size_t i = 0; i < list.count; i++) {
    if (strcmp(list.names[i], name) == 0) {
      stored = name;
      break;
    }
    if (stored == name && is_same(folder, list.names[i], &file))
      stored = list.names[i];
  }
  if (status == RH_OK && !(*out = rh_copy_text(stored)))
    status = rh_error_memory(error);
  rh_name_list_dispose(&list);
  rh_free(path);
  return status;
}

rh_status rh_platform_map(rh_mapping *out, const char *path, rh_error *error) {
  struct stat stat;
  rh_status status = RH_OK;
  *out = (rh_mapping){0};
  /* Without waiting: a pipe that nobody writes to would never open. */
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return rh_error_system(error, errno, path, "cannot open the file");
  if (fstat(descriptor, &stat) != 0) {
    status = rh_error_system(error, errno, path, "cannot look at the file");
  } else if (!S_ISREG(stat.st_mode)) {
    status = rh_error_set(error, RH_ERR_FORMAT, path, "is not a regular file");
  } else if (stat.st_size > 0) {
    void *data = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED)
      status = rh_error_system(error, errno, path, "cannot map the file");
    else
      *out = (rh_mapping){data, (size_t)stat.st_size};
  }
  close(descriptor);
  return status;
}

void rh_platform_unmap(rh_mapping *mapping) {
  if (mapping->data)
    munmap((void *)(uintptr_t)mapping->data, mapping->len);
  *mapping = (rh_mapping){0};
}

/* The handle comes before the file: without memory nothing may be left on the disk. */
static rh_status new_handle(rh_file **out, const char *path, rh_error *error) {
  rh_file *file = rh_alloc_zero(1, sizeof *file);
  char *copy = rh_copy_text(path);
  if (!file || !copy) {
    rh_free(file);
    rh_free(copy);
    return rh_error_memory(error);
  }
  *file = (rh_file){-1, copy};
  *out = file;
  return RH_OK;
}

static void free_handle(rh_file *file) {
  rh_free(file->path);
  rh_free(file);
}

static rh_status open_file(rh_file **out, const char *path, int flags, mode_t permissions,
                           const char *failure, rh_error *error) {
  rh_file *file = NULL;
  *out = NULL;
  rh_status status = new_handle(&file, path, error);
  if (status != RH_OK)
    return status;
  file->descriptor = open(path, flags | O_CLOEXEC, permissions);
  if (file->descriptor < 0) {
    status = rh_error_system(error, errno, path, "%s", failure);
    free_handle(file);
    return status;
  }
  *out = file;
  return RH_OK;
}

rh_status rh_platform_open(rh_file **out, const char *path, rh_error *error) {
  return open_file(out, path, O_RDONLY, 0, "cannot open the file", error);
}

rh_status rh_platform_create(rh_file **out, const char *path, rh_file_mode mode,
                             rh_file_access access, rh_error *error) {
  struct stat info;
  rh_status status = open_file(
      out, path, O_WRONLY | O_CREAT | O_NOFOLLOW | (mode == RH_FILE_APPEND ? O_APPEND : O_EXCL),
      access == RH_FILE_SHARED ? 0644 : 0600, "cannot make the file", error);
  if (status != RH_OK || access == RH_FILE_SHARED)
    return status;
  /* One that was there may hold something, and belong to somebody. */
  if (mode == RH_FILE_APPEND && fstat((*out)->descriptor, &info) == 0 && info.st_size > 0)
    return RH_OK;
  status = rh_platform_make_private(path, false, error);
  if (status != RH_OK) {
    rh_platform_close(*out, NULL);
    *out = NULL;
    if (mode == RH_FILE_CREATE_NEW)
      unlink(path);
  }
  return status;
}

static int open_unnamed(const char *folder) {
  int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0)
    return descriptor;
  char *name = rh_platform_join(folder, "rehome-XXXXXX");
  if (!name) {
    errno = ENOMEM;
    return -1;
  }
  descriptor = mkostemp(name, O_CLOEXEC);
  if (descriptor >= 0)
    unlink(name);
  rh_free(name);
  return descriptor;
}

rh_status rh_platform_open_temporary(rh_file **out, rh_error *error) {
  rh_file *file = NULL;
  const char *folder = getenv("TMPDIR");
  if (!folder || !*folder)
    folder = "/tmp";
  *out = NULL;
  rh_status status = new_handle(&file, folder, error);
  if (status != RH_OK)
    return status;
  file->descriptor = open_unnamed(folder);
  if (file->descriptor < 0) {
    status = rh_error_system(error, errno, folder, "cannot make a temporary file");
    rh_error_hint(error, "set TMPDIR to a folder that can be written to");
    free_handle(file);
    return status;
  }
  *out = file;
  return RH_OK;
}

rh_status rh_platform_read(rh_file *file, void *data, size_t len, size_t *done, rh_error *error) {
  ssize_t got;
  do
    got = read(file->descriptor, data, len);
  while (got < 0 && errno == EINTR);
  *done = got < 0 ? 0 : (size_t)got;
  return got < 0 ? rh_error_system(error, errno, file->path, "cannot read") : RH_OK;
}

rh_status rh_platform_read_at(rh_file *file, uint64_t offset, void *data, size_t len, size_t *done,
                              rh_error *error) {
  ssize_t got;
  do
    got = pread(file->descriptor, data, len, (off_t)offset);
  while (got < 0 && errno == EINTR);
  *done = got < 0 ? 0 : (size_t)got;
  return got < 0 ? rh_error_system(error, errno, file->path, "cannot read") : RH_OK;
}

rh_status rh_platform_write(rh_file *file, const void *data, size_t len, rh_error *error) {
  const char *bytes = data;
  while (len > 0) {
    ssize_t done = write(file->descriptor, bytes, len);
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      return rh_error_system(error, errno, file->path, "cannot write");
    bytes += done;
    len -= (size_t)done;
  }
  return RH_OK;
}

void rh_platform_begin_sync(rh_file *file) {
#ifdef SYNC_FILE_RANGE_WRITE
  if (sync_file_range(file->descriptor, 0, 0, SYNC_FILE_RANGE_WRITE) != 0)
    errno = 0;
#else
  (void)file;
#endif
}

rh_status rh_platform_sync(rh_file *file, rh_error *error) {
  if (fsync(file->descriptor) != 0)
    return rh_error_system(error, errno, file->path, "cannot write to the disk");
  return RH_OK;
}

rh_status rh_platform_close(rh_file *file, rh_error *error) {
  if (!file)
    return RH_OK;
  rh_status status = RH_OK;
  if (close(file->descriptor) != 0)
    status = rh_error_system(error, errno, file->path, "cannot close");
  free_handle(file);
  return status;
}

rh_status rh_platform_rename(const char *from, const char *to, rh_error *error) {
  if (rename(from, to) != 0)
    return rh_error_system(error, errno, to, "cannot put the new file in place");
  return RH_OK;
}

static rh_status copy_protection(const char *path, const char *model, rh_error *error) {
  rh_protection protection = {0};
  unsigned lost;
  rh_status status = rh_protection_read(&protection, model, error);
  if (status == RH_OK)
    status = rh_protection_write(
        path, &protection, RH_PART_ACCESS | RH_PART_MARKS | RH_PART_ATTRIBUTES | RH_PART_TIMES,
        &lost, error);
  rh_protection_dispose(&protection);
  return status;
}

static rh_status copy_file(const char *from, const char *to, rh_error *error) {
  rh_file *source = NULL, *target = NULL;
  unsigned char *block = rh_alloc(65536);
  rh_status status = block ? RH_OK : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_platform_open(&source, from, error);
  if (status == RH_OK)
    status = rh_platform_create(&target, to, RH_FILE_CREATE_NEW, RH_FILE_PRIVATE, error);
  bool made = target != NULL;
  for (size_t done = 1; status == RH_OK && done > 0;) {
    status = rh_platform_read(source, block, 65536, &done, error);
    if (status == RH_OK)
      status = rh_platform_write(target, block, done, error);
  }
  if (status == RH_OK)
    status = copy_protection(to, from, error); /* now: the sync is for it, too */
  if (status == RH_OK)
    status = rh_platform_sync(target, error);
  rh_platform_close(source, NULL);
  rh_status closed = rh_platform_close(target, status == RH_OK ? error : NULL);
  rh_free_secret(block, 65536);
  status = status != RH_OK ? status : closed;
  if (status != RH_OK && made) /* half a copy must not be taken for a whole one */
    unlink(to);
  return status;
}

rh_status rh_platform_keep(const char *from, const char *to, rh_error *error) {
  if (link(from, to) == 0)
    return RH_OK;
  if (errno == EEXIST || errno == ENOENT)
    return rh_error_system(error, errno, to, "cannot keep the previous generation");
  return copy_file(from, to, error);
}

rh_status rh_platform_remove(const char *path, rh_error *error) {
  if (unlink(path) != 0)
    return rh_error_system(error, errno, path, "cannot remove the file");
  return RH_OK;
}

rh_status rh_platform_remove_folder(const char *path, rh_error *error) {
  if (rmdir(path) != 0)
    return rh_error_system(error, errno, path, "cannot remove the folder");
  return RH_OK;
}

rh_status rh_platform_make_folder(const char *path, rh_file_access access, rh_error *error) {
  if (mkdir(path, access == RH_FILE_SHARED ? 0755 : 0700) != 0)
    return rh_error_system(error, errno, path, "cannot make the folder");
  rh_status status =
      access == RH_FILE_PRIVATE ? rh_platform_make_private(path, true, error) : RH_OK;
  if (status != RH_OK)
    rmdir(path);
  return status;
}

rh_status rh_platform_sync_folder(const char *folder, rh_error *error) {
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return rh_error_system(error, errno, folder, "cannot open the folder");
  int failed = fsync(descriptor) != 0 && errno != EINVAL ? errno : 0;
  close(descriptor);
  return failed ? rh_error_system(error, failed, folder, "cannot write to the disk") : RH_OK;
}

char *rh_platform_join(const char *folder, const char *name) {
  size_t folder_len = strlen(folder), name_len = strlen(name);
  char *path = rh_alloc(folder_len + name_len + 2);
  if (!path)
    return NULL;
  memcpy(path, folder, folder_len);
  if (folder_len > 0 && folder[folder_len - 1] != '/')
    path[folder_len++] = '/';
  memcpy(path + folder_len, name, name_len + 1);
  return path;
}

char *rh_platform_folder_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash)
    return rh_copy_text(".");
  return rh_copy_bytes(path, slash == path ? 1 : (size_t)(slash - path));
}

const char *rh_platform_base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

rh_status rh_platform_absolute(char **out, const char *path, rh_error *error) {
  *out = NULL;
  char *resolved = realpath(path, NULL);
  if (!resolved)
    return rh_error_system(error, errno, path, "cannot find");
  *out = rh_copy_text(resolved);
  free(resolved);
  return *out ? RH_OK : rh_error_memory(error);
}

unsigned long rh_platform_process_id(void) {
  return (unsigned long)getpid();
}
