/* Shared by the files of this layer: the records of the SAM. Not for other layers. */
#ifndef RH_ACCOUNT_INTERNAL_H
#define RH_ACCOUNT_INTERNAL_H

#include "account/account.h"
#include "base/reader.h"

#define ACCOUNT_DOMAIN "SAM\\Domains\\Account"
#define BUILTIN_DOMAIN "SAM\\Domains\\Builtin"
#define BUILTIN_SID "S-1-5-32"

/* V: a table of fields, each {u32 offset, u32 length, u32 extra}, offsets from behind the table.
 * Those from V_HASHES on hold hashes; no more than where they lie is looked at. */
enum {
  V_SECURITY,
  V_NAME,
  V_FULL_NAME,
  V_COMMENT,
  V_USER_COMMENT,
  V_PARAMETERS,
  V_HOME_DIRECTORY,
  V_HOME_DRIVE,
  V_SCRIPT,
  V_PROFILE,
  V_WORKSTATIONS,
  V_LOGON_HOURS,
  V_NAMED,
  V_HASHES = 13,
  V_FIELDS = 17,
  V_TABLE = V_FIELDS * 12 /* bytes */
};

/* F: offsets of what is read, and how long it is when it is written. */
enum { F_EXPIRES = 32, F_RID = 48, F_GROUP = 52, F_FLAGS = 56, F_LEN = 80 };
#define F_NEVER 0x7FFFFFFFFFFFFFFFu

/* C of a group: a head whose offsets count from behind it. */
enum { C_RID = 0, C_NAME = 16, C_COMMENT = 28, C_MEMBERS = 40, C_MEMBER_COUNT = 48, C_HEAD = 52 };

/* The right to change one's password in the descriptor of a user [MS-SAMR 2.2.1.7]. */
#define USER_CHANGE_PASSWORD 0x40u

/* The text of a user that a field of V holds, or NULL for the other fields. */
char **user_text(rh_user *user, unsigned field);

/* --- dial_in.c --- */

/* Reads userParameters. What cannot be understood is no error: it is not there. */
rh_status dial_in_read(rh_dial_in *out, const unsigned char *data, size_t len, rh_error *error);
/* Appends userParameters made anew; nothing when there is nothing to tell. */
rh_status dial_in_write(rh_buffer *out, const rh_dial_in *dial_in, rh_error *error);
void dial_in_dispose(rh_dial_in *dial_in);

/* --- record.c --- */

/* RH_ERR_FORMAT for what cannot be a user of that RID. machine_sid may be empty. */
rh_status user_read(rh_user *out, uint32_t rid, const char *machine_sid, const rh_value *f,
                    const rh_value *v, rh_error *error);
rh_status group_read(rh_group *out, uint32_t rid, const rh_value *c, rh_error *error);
void user_dispose(rh_user *user);
void group_dispose(rh_group *group);

#endif
