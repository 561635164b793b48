/* The version of the program. */
#include "base/version.h"

const char *rh_version(void) {
  return REHOME_VERSION;
}
