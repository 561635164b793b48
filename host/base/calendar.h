/* Points in time: seconds since 1970 UTC, FILETIME, and text as "2026-11-22T12:00:00Z". */
#ifndef RH_BASE_CALENDAR_H
#define RH_BASE_CALENDAR_H

#include "base/status.h"

#include <stdint.h>

#define RH_TIME_TEXT 21           /* with the NUL */
#define RH_TIME_LAST 253402300799 /* 9999-12-31T23:59:59Z */

/* FILETIME counts 100 ns since 1601 UTC. */
uint64_t rh_filetime_from_seconds(int64_t seconds);
int64_t rh_seconds_from_filetime(uint64_t filetime);

/* Years 1970 to 9999; what lies outside is shown as the nearest of them. */
void rh_time_print(char out[RH_TIME_TEXT], int64_t seconds);
/* "2026-01-31" or "2026-01-31T12:00:00Z", years 1970 to 9999. RH_ERR_ARGUMENT for anything else. */
rh_status rh_time_parse(int64_t *out, const char *text, rh_error *error);

#endif
