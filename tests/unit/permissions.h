/* For tests: the permission bits of a file or folder, which a status of the host does not have. */
#ifndef TEST_PERMISSIONS_H
#define TEST_PERMISSIONS_H

#include <sys/stat.h>

/* All bits set when there is no such file. */
static inline unsigned permissions_of(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 ? (unsigned)info.st_mode & 07777u : ~0u;
}

#endif
