/* Which rehome this is. */
#ifndef RH_BASE_VERSION_H
#define RH_BASE_VERSION_H

/* "0.1.0": the version of the project in CMakeLists.txt, and nowhere else. */
const char *rh_version(void);

#endif
