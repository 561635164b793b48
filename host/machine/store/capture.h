/* Capturing scopes of a machine as a migration store: the export.
 *
 * The scopes that playbooks declare decide what goes in; beside them always what identifies a
 * machine, its folders and its interfaces, and machine.xml. Registry scopes become new hives that
 * hold only those subtrees, with class names, security and times kept; CurrentControlSet is the
 * current set only. A certificate scope brings the stores along that a chain is judged by: Root,
 * AuthRoot, CA and Disallowed, of the machine, of group policy and of the enterprise. An account
 * scope becomes a SAM hive that holds what account.h tells, made anew. SAM, SECURITY and the files
 * of hives themselves are never captured. */
#ifndef RH_MACHINE_STORE_CAPTURE_H
#define RH_MACHINE_STORE_CAPTURE_H

#include "machine/machine.h"

/* Declared scopes, borrowed texts. registry: full key paths, each with all below it. files: paths
 * or globs ("%SystemRoot%\System32\ras\*.pbk", "...\Profiles\**"). certificates: store names.
 * accounts: "users", "groups". */
typedef struct rh_scopes {
  const char *const *registry;
  size_t registry_count;
  const char *const *files;
  size_t file_count;
  const char *const *certificates;
  size_t certificate_count;
  const char *const *accounts;
  size_t account_count;
} rh_scopes;

/* True when a path is at or below one of the registry scopes, or matches a file scope. Compared
 * without case; "*" matches within a component, "**" across. */
bool rh_scopes_allow_key(const rh_scopes *scopes, const char *full_path);
bool rh_scopes_allow_file(const rh_scopes *scopes, rh_machine *machine, const char *path);
bool rh_scopes_allow_certificates(const rh_scopes *scopes, const char *store);
bool rh_scopes_allow_accounts(const rh_scopes *scopes, const char *kind);

typedef struct rh_capture_counts {
  size_t keys, values, files;
} rh_capture_counts;
/* Seals the scopes of source into path. manifest gives playbooks, parameters, tool_version and, if
 * it is not to be now, created; it gets the rest. The same source gives the same members. A scope
 * that the source does not have is no error; RH_ERR_ARGUMENT for one that names no hive, or what is
 * never captured. counts and progress may be NULL. */
rh_status rh_capture(rh_machine *source, const rh_scopes *scopes, rh_store_manifest *manifest,
                     const char *path, bool overwrite, const rh_age_recipients *recipients,
                     rh_capture_counts *counts, rh_store_progress progress, void *payload,
                     rh_error *error);

#endif
