/* For tests: a small NTFS volume in a file, mounted by ntfs-3g. Only root can have one; without it,
 * /dev/fuse or the programs there is none, and the test should skip.
 *
 * The driver is a child that the system ends with the test, however that ends; it unmounts then. */
#ifndef TEST_NTFS_VOLUME_H
#define TEST_NTFS_VOLUME_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct ntfs_volume {
  char folder[64], image[96], mount[96];
  pid_t driver;
} ntfs_volume;

static inline bool ntfs_is_mounted(const ntfs_volume *volume) {
  struct stat above, there;
  return stat(volume->folder, &above) == 0 && stat(volume->mount, &there) == 0 &&
         above.st_dev != there.st_dev;
}

/* Starts the driver on the image that is there and waits until the volume is mounted. */
static inline bool ntfs_mount(ntfs_volume *volume) {
  volume->driver = fork();
  if (volume->driver == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
      _exit(1);
    execlp("ntfs-3g", "ntfs-3g", "-o", "no_detach", volume->image, volume->mount, (char *)NULL);
    _exit(1);
  }
  for (int i = 0; i < 1000; i++) {
    if (ntfs_is_mounted(volume))
      return true;
    if (waitpid(volume->driver, NULL, WNOHANG) == volume->driver)
      break;
    usleep(10000);
  }
  return false;
}

static inline bool ntfs_unmount(ntfs_volume *volume) {
  bool done = umount2(volume->mount, 0) == 0;
  if (!done)
    kill(volume->driver, SIGTERM);
  waitpid(volume->driver, NULL, 0);
  return done;
}

static inline bool ntfs_open(ntfs_volume *volume) {
  char command[400];
  strcpy(volume->folder, "/tmp/rehome-test-ntfs-XXXXXX");
  if (geteuid() != 0 || access("/dev/fuse", W_OK) != 0 || !mkdtemp(volume->folder))
    return false;
  snprintf(volume->image, sizeof volume->image, "%s/image", volume->folder);
  snprintf(volume->mount, sizeof volume->mount, "%s/mount", volume->folder);
  snprintf(command, sizeof command,
           "command -v mkntfs ntfs-3g >/dev/null && truncate -s 32M %s && mkntfs -qF %s "
           ">/dev/null 2>&1 && mkdir %s",
           volume->image, volume->image, volume->mount);
  return system(command) == 0 && ntfs_mount(volume);
}

static inline bool ntfs_close(ntfs_volume *volume) {
  bool done = ntfs_unmount(volume);
  rmdir(volume->mount);
  unlink(volume->image);
  return rmdir(volume->folder) == 0 && done;
}

#endif
