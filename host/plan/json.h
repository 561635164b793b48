/* JSON as plans and journals need it: dumps with a digest, names that need not be UTF-8, FILETIMEs
 * that fit no JSON number, and getters that say where something is wrong.
 *
 * Getters name what they miss as "WHERE: FIELD is ..."; where is the path of the object that holds
 * the field ("changes[3].after"). A FILETIME is a text of decimal digits: programs that read
 * numbers as doubles would round it. */
#ifndef RH_PLAN_JSON_H
#define RH_PLAN_JSON_H

#include "base/memory.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define RH_JSON_FILE_LIMIT ((size_t)1 << 30) /* of a plan or a journal, in bytes */
#define RH_JSON_LOAD_FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

/* From now on JSON is wiped when it is freed: plans hold secrets. Before the first JSON is made. */
void rh_json_prepare(void);

/* Appended to out. */
rh_status rh_json_dump(rh_buffer *out, const json_t *json, size_t flags, rh_error *error);
/* SHA-256 of the compact form with sorted keys. */
rh_status rh_json_sha256(char out[65], const json_t *json, rh_error *error);

/* New references; NULL without memory. */
json_t *rh_json_from_name(const char *text, size_t len);  /* {"wtf8": hex} when not UTF-8 */
json_t *rh_json_from_bytes(const void *data, size_t len); /* lower-case hex */
json_t *rh_json_from_time(uint64_t filetime);
/* Sets a key to a new reference that may be NULL for want of memory. */
rh_status rh_json_set(json_t *object, const char *key, json_t *value, rh_error *error);

/* All give RH_ERR_FORMAT for a field that is missing or of another kind. */
rh_status rh_json_get_text(const char **out, const json_t *object, const char *key,
                           const char *where, rh_error *error); /* borrowed; without NUL */
rh_status rh_json_get_name(char **out, size_t *len, const json_t *object, const char *key,
                           const char *where, rh_error *error); /* the caller frees */
/* The same for an item of a list; the caller names the place. */
rh_status rh_json_copy_name(char **out, size_t *len, const json_t *json, rh_error *error);
/* The next two take an absent field for 0 and for no bytes. */
rh_status rh_json_get_number(uint64_t *out, uint64_t limit, const json_t *object, const char *key,
                             const char *where, rh_error *error);
rh_status rh_json_get_bytes(rh_buffer *out, const json_t *object, const char *key,
                            const char *where, rh_error *error);
rh_status rh_json_get_time(uint64_t *out, const json_t *object, const char *key, const char *where,
                           rh_error *error); /* absent = 0 */
/* 64 lower-case hex digits; JSON null gives "" when null_allowed. */
rh_status rh_json_get_sha256(char out[65], const json_t *object, const char *key, bool null_allowed,
                             const char *where, rh_error *error);
bool rh_json_is_sha256(const char *text);

#endif
