/* What differs between systems, for POSIX: what the numbers of errno mean. */
#include "base/platform.h"

#include <errno.h>
#include <string.h>

static rh_status code_of(int system_code) {
  switch (system_code) {
  case ENOENT:
  case ENOTDIR:
  case ENAMETOOLONG: /* nothing can have that name */
    return RH_ERR_NOT_FOUND;
  case EACCES:
  case EPERM:
  case EROFS:
    return RH_ERR_ACCESS;
  case EEXIST:
    return RH_ERR_EXISTS;
  case ENOMEM:
    return RH_ERR_MEMORY;
  default:
    return RH_ERR_IO;
  }
}

static const char *remedy_of(int system_code) {
  switch (system_code) {
  case ENOSPC:
  case EDQUOT:
    return "free some space on that disk and run the command again";
  case EFBIG:
    return "lift the limit on file sizes (ulimit -f) and run the command again";
  case EMFILE:
  case ENFILE:
    return "allow more open files (ulimit -n) and run the command again";
  case EACCES:
  case EPERM:
    return "check the permissions, or run as a user that has them";
  case EROFS:
    return "mount the disk for writing, or give a place on another one";
  case ENOENT:
  case ENOTDIR:
  case EISDIR:
  case ENAMETOOLONG:
  case ELOOP:
    return "check the path";
  case EEXIST:
    return "move away what is there, or choose another name";
  case EIO:
    return "check the disk and its file system, then run the command again";
  default:
    return "remove that cause and run the command again";
  }
}

void rh_platform_explain(rh_platform_failure *out, int system_code) {
  *out = (rh_platform_failure){code_of(system_code), strerror(system_code), remedy_of(system_code)};
}
