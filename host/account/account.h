/* The local accounts of a machine, as its SAM hive has them: users and local groups (aliases).
 *
 * A user's value V holds names beside password hashes. Nothing here looks at the hashes: of V the
 * table of fields and the fields named below are read where they lie, and what is written for a
 * migration store (rh_account_list_write) is made anew from this list. Places and meaning of the
 * fields: "Security Accounts Manager" of the winreg-kb project; account rights: [MS-SAMR] 2.2.1.7;
 * dial-in properties: the structures CBCP and TSTS (general knowledge where no document shows
 * them). A domain controller keeps its accounts elsewhere; its SAM holds those of its rescue mode.
 */
#ifndef RH_ACCOUNT_ACCOUNT_H
#define RH_ACCOUNT_ACCOUNT_H

#include "registry/registry.h"
#include "security/sid.h"

/* What a user's flags say (F, offset 56). */
enum {
  RH_USER_DISABLED = 0x1,
  RH_USER_NO_PASSWORD = 0x4, /* may be without one */
  RH_USER_NORMAL = 0x10,     /* what is not is the account of a computer or a domain */
  RH_USER_NEVER_EXPIRES = 0x200,
  RH_USER_LOCKED = 0x400,
  RH_USER_REVERSIBLE = 0x800, /* password kept so that it can be read back, for CHAP */
  RH_USER_SMART_CARD = 0x1000
};

/* What may be done by dial-in; other bits are unknown. */
enum {
  RH_DIAL_NO_CALLBACK = 1,
  RH_DIAL_FIXED_CALLBACK = 2, /* to callback_number */
  RH_DIAL_CALLER_SETS = 4,
  RH_DIAL_ALLOWED = 8
};

/* A property of the dial-in tab. Only those of known names have data; others, which may hold
 * anything, passwords too, are told by name. */
typedef struct rh_dial_in_property {
  char *name;
  unsigned char *data; /* NULL: not read */
  size_t len;
} rh_dial_in_property;

typedef struct rh_dial_in {
  bool present;          /* there is an area of dial-in rights */
  unsigned privilege;    /* RH_DIAL_... */
  char *callback_number; /* as it lies there, up to its first NUL or blank */
  rh_dial_in_property *properties;
  size_t property_count;
} rh_dial_in;

typedef struct rh_user {
  uint32_t rid;
  uint32_t flags;
  bool cannot_change_password; /* by its security descriptor */
  uint64_t expires;            /* FILETIME; 0 = never */
  /* WTF-8, empty when not set. */
  char *name, *full_name, *comment, *user_comment, *home_directory, *home_drive, *script, *profile,
      *workstations;
  unsigned char logon_hours[21]; /* a bit an hour of the week, Sunday first, UTC */
  bool has_logon_hours;          /* and not all of them are set */
  rh_dial_in dial_in;
} rh_user;

typedef struct rh_group {
  uint32_t rid;
  bool builtin; /* of the domain S-1-5-32, which every machine has */
  char *name, *comment;
  char (*members)[RH_SID_TEXT];
  size_t member_count;
} rh_group;

/* An account that could not be read. */
typedef struct rh_account_problem {
  char *path; /* of its key, from the hive's root */
  char *text;
} rh_account_problem;

typedef struct rh_account_list {
  bool known;                    /* there was a hive to read */
  char machine_sid[RH_SID_TEXT]; /* "S-1-5-21-a-b-c"; empty when unknown */
  rh_user *users;                /* by RID */
  size_t user_count;
  rh_group *groups; /* of the machine, then built-in ones; by RID */
  size_t group_count;
  rh_account_problem *problems;
  size_t problem_count;
} rh_account_list;

/* Reads the accounts of a SAM hive. What is damaged is told as a problem and left out; an account
 * whose data name another RID than its key was tampered with and counts as damaged. */
rh_status rh_account_list_read(rh_account_list *out, rh_registry *sam, rh_error *error);
void rh_account_list_dispose(rh_account_list *list);

/* Writes a list as a SAM hive that rh_account_list_read reads as the same list: names, flags and
 * members, and no more. An account that could not be read becomes an empty key, a damaged list one
 * with an empty account of RID 0, so that both are told again. */
rh_status rh_account_list_write(rh_registry *sam, const rh_account_list *list, bool users,
                                bool groups, rh_error *error);

#endif
