/* Points in time: seconds since 1970 UTC, FILETIME, and text. */
#include "base/calendar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400
#define FILETIME_OF_1970 116444736000000000u

/* The calendar repeats every 400 years of 146097 days. Years are counted from March, so that a leap
 * day ends one; 719468 days lie between 0000-03-01 and 1970-01-01. */
static int64_t day_of(int year, int month, int day) {
  int64_t from_march = month <= 2 ? year - 1 : year;
  int64_t era = from_march / 400, of_era = from_march - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in_month(int year, int month) {
  bool last = month == 12;
  return (int)(day_of(last ? year + 1 : year, last ? 1 : month + 1, 1) - day_of(year, month, 1));
}

uint64_t rh_filetime_from_seconds(int64_t seconds) {
  return (uint64_t)seconds * 10000000u + FILETIME_OF_1970;
}

int64_t rh_seconds_from_filetime(uint64_t filetime) {
  return (int64_t)(filetime / 10000000u) - (int64_t)(FILETIME_OF_1970 / 10000000u);
}

void rh_time_print(char out[RH_TIME_TEXT], int64_t seconds) {
  if (seconds < 0)
    seconds = 0;
  if (seconds > RH_TIME_LAST)
    seconds = RH_TIME_LAST;
  int64_t days = seconds / DAY + 719468;
  int64_t era = days / 146097, of_era = days % 146097;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153;
  unsigned of_day = (unsigned)(seconds % DAY);
  unsigned fields[6] = {(unsigned)(era * 400 + year + (month >= 10)),
                        (unsigned)(month < 10 ? month + 3 : month - 9),
                        (unsigned)(of_year - (153 * month + 2) / 5 + 1),
                        of_day / 3600,
                        of_day / 60 % 60,
                        of_day % 60};
  snprintf(out, RH_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", fields[0] % 10000, fields[1] % 100,
           fields[2] % 100, fields[3] % 100, fields[4] % 100, fields[5] % 100);
}

rh_status rh_time_parse(int64_t *out, const char *text, rh_error *error) {
  int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
  int fields = sscanf(text, "%4d-%2d-%2d%nT%2d:%2d:%2dZ%n", &year, &month, &day, &used, &hour,
                      &minute, &second, &used);
  bool whole = ((fields == 3 && used == 10) || (fields == 6 && used == 20)) && text[used] == '\0' &&
               strspn(text, "0123456789-:TZ") == (size_t)used;
  if (!whole || year < 1970 || month < 1 || month > 12 || day < 1 ||
      day > days_in_month(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    rh_error_set(error, RH_ERR_ARGUMENT, text, "is not a time");
    rh_error_hint(error, "write it as 2026-01-31 or 2026-01-31T12:00:00Z (UTC)");
    return RH_ERR_ARGUMENT;
  }
  *out = day_of(year, month, day) * DAY + (int64_t)(hour * 60 + minute) * 60 + second;
  return RH_OK;
}
