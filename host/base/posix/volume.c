/* What names a volume, for Linux: the links that udev makes from UUIDs to devices. */
#define _GNU_SOURCE
#include "base/platform.h"

#include <sys/stat.h>

#define BY_UUID "/dev/disk/by-uuid"

rh_status rh_platform_volume_id(rh_buffer *out, const char *path, rh_error *error) {
  struct stat file, device;
  rh_name_list list = {0};
  rh_status status = RH_OK;
  if (stat(path, &file) != 0 || rh_platform_list(&list, BY_UUID, NULL) != RH_OK)
    return RH_OK;
  for (size_t i = 0; status == RH_OK && i < list.count; i++) {
    char *link = rh_platform_join(BY_UUID, list.names[i]);
    bool found = link && stat(link, &device) == 0 && S_ISBLK(device.st_mode) &&
                 device.st_rdev == file.st_dev;
    status = !link   ? rh_error_memory(error)
             : found ? rh_buffer_append_text(out, list.names[i], error)
                     : RH_OK;
    rh_free(link);
    if (found)
      break;
  }
  rh_name_list_dispose(&list);
  return status;
}
