/* Tables that an enumeration indexes. */
#ifndef RH_BASE_TABLE_H
#define RH_BASE_TABLE_H

#include <stddef.h>

/* Behind the definition of such a table: it does not compile when the table ends before the last
 * constant of its enumeration, or behind it. last is that constant, or the count at the end - 1;
 * tests/lint/tables.py holds that it is, and that no table goes without. */
#define RH_TABLE_FITS(table, last)                                                                 \
  _Static_assert(sizeof(table) / sizeof *(table) == (size_t)(last) + 1,                            \
                 #table " has not one item for each constant up to " #last)

#endif
