/* A machine: one Windows server behind a backend.
 *
 *   image    a folder laid out as a Windows volume (hives under Windows/System32/config)
 *   store    a sealed migration store, opened
 *   memory   hives and files in memory (machine/memory/memory.h)
 *   live     a Windows that runs, each change of which is at once
 *   overlay  copy-on-write on top of another machine: registry and files
 *
 * Everything above works on rh_machine and does not know which it is. Reading works on all; writing
 * on overlays only. What an overlay holds is put into an image or a live machine by its target
 * (machine/target.h).
 *
 * Registry paths are HKLM\HIVE\..., also HKEY_LOCAL_MACHINE\...; CurrentControlSet below SYSTEM is
 * resolved by Select\Current. File paths may be Windows paths ("%SystemRoot%\System32\ras\x.pbk",
 * "C:\Windows\...") or image-relative ("Windows/System32/..."), compared without case; none leaves
 * the image: "..", links and devices are refused (RH_ERR_ARGUMENT, RH_ERR_UNSUPPORTED for a link),
 * and a drive other than the system's is RH_ERR_NOT_FOUND. Variables stand at the beginning only:
 * %SystemRoot%, %windir%, %SystemDrive%, %ProgramFiles%, %ProgramFiles(x86)%, %CommonProgramFiles%,
 * %ProgramData%, %ALLUSERSPROFILE%, with the values of the machine's own registry. */
#ifndef RH_MACHINE_MACHINE_H
#define RH_MACHINE_MACHINE_H

#include "account/account.h"
#include "certificate/certificate.h"
#include "interface/interface.h"
#include "machine/change.h"
#include "registry/registry.h"
#include "store/store.h"

#define RH_FILE_LIMIT 0x10000000u /* of one file read whole: 256 MiB */

typedef struct rh_machine rh_machine;
typedef enum rh_machine_kind {
  RH_MACHINE_IMAGE,
  RH_MACHINE_STORE,
  RH_MACHINE_OVERLAY,
  RH_MACHINE_MEMORY,
  RH_MACHINE_LIVE
} rh_machine_kind;

/* Opens a folder as an image, a sealed file as a store. keys may be NULL (a store is then refused
 * with the option to give). No hive is opened before it is asked for. */
rh_status rh_machine_open(rh_machine **out, const char *location, const rh_age_keys *keys,
                          rh_error *error);
/* base is borrowed and must outlive the overlay. */
rh_status rh_machine_overlay(rh_machine **out, rh_machine *base, rh_error *error);
void rh_machine_free(rh_machine *machine);

/* Sentences about what was found while hives were opened so far: recovered from its logs, read
 * although it was not closed cleanly, and so on. An overlay tells its base's. Borrowed. */
const rh_name_list *rh_machine_remarks(const rh_machine *machine);
/* An overlay on this machine may open hives that were not closed cleanly and that no log helps;
 * otherwise that is RH_ERR_DIRTY: what is to be written must be known to be whole. */
void rh_machine_accept_dirty(rh_machine *machine);

rh_machine_kind rh_machine_kind_of(const rh_machine *machine);
const char *rh_machine_kind_name(const rh_machine *machine); /* "image" */
const char *rh_machine_location(const rh_machine *machine);  /* as it was opened; borrowed */
/* The location under which it is found from any folder; the caller frees. A machine in memory has
 * its name. */
rh_status rh_machine_absolute(char **out, const rh_machine *machine, rh_error *error);
/* The store behind a store machine, NULL otherwise. Borrowed. */
const rh_store_manifest *rh_machine_manifest(const rh_machine *machine);

/* What the hives say the machine is. Texts are never NULL; empty where unknown. Raw facts: what a
 * build number means is decided in stdlib/windows.lua. */
typedef struct rh_identity {
  char *os_name;           /* ProductName */
  char *os_version;        /* CurrentVersion: "6.1" */
  char *build;             /* CurrentBuildNumber: "7601" */
  char *edition;           /* EditionID */
  char *installation_type; /* "Server", "Server Core", "Client" */
  char *service_pack;      /* CSDVersion */
  char *product_type;      /* WinNT, ServerNT, LanmanNT */
  char *architecture;      /* x86, AMD64, IA64 */
  char *install_language;  /* LCID as hex text: "0409" */
  char *computer_name;
  char *domain;      /* DNS domain; empty when none */
  char *system_root; /* "C:\Windows" */
  char *control_set; /* "ControlSet001" */
} rh_identity;
/* Needs SYSTEM; SOFTWARE's facts stay empty without it. Computed once. */
rh_status rh_machine_identity(rh_machine *machine, const rh_identity **out, rh_error *error);
/* name/value pairs in a fixed order, for manifests, JSON and Lua: "os-name", "os-version", "build",
 * "edition", "installation-type", "service-pack", "product-type", "architecture",
 * "install-language", "computer-name", "domain", "system-root", "control-set". */
size_t rh_identity_count(void);
const char *rh_identity_name(size_t index);
const char *rh_identity_value(const rh_identity *identity, size_t index);

/* A hive by name: SYSTEM, SOFTWARE, SAM, SECURITY, DEFAULT. Borrowed. RH_ERR_NOT_FOUND when the
 * machine has no such file. */
rh_status rh_machine_hive(rh_machine *machine, const char *hive, rh_registry **out,
                          rh_error *error);
/* Splits a full registry path: the hive it is in, and the rest ("ControlSet001\Services\...") with
 * CurrentControlSet replaced, cleared into path. hive_name may be NULL; borrowed constant. */
rh_status rh_machine_resolve(rh_machine *machine, const char *full_path, rh_registry **out,
                             rh_buffer *path, const char **hive_name, rh_error *error);
/* Opens a key by full path. RH_ERR_NOT_FOUND as usual. */
rh_status rh_machine_find_key(rh_machine *machine, const char *full_path, rh_registry **registry,
                              rh_key *out, rh_error *error);

rh_status rh_machine_interfaces(rh_machine *machine, const rh_interface_list **out,
                                rh_error *error); /* computed once */
/* A service or driver. Texts are as the registry has them, empty where it has none: "@FILE,-ID"
 * names a text of a file. type, start: SERVICE_WIN32_OWN_PROCESS 0x10 ..., 2 automatic, 4 disabled.
 */
typedef struct rh_service {
  char *name, *title, *program, *account;
  uint32_t type, start;
} rh_service;
typedef struct rh_service_list {
  rh_service *items;
  size_t count;
} rh_service_list;
/* Keys below Services that have a start type, in stored order. Computed once, of an overlay from
 * its base. */
rh_status rh_machine_services(rh_machine *machine, const rh_service_list **out, rh_error *error);
/* Certificates of a machine store ("MY", "ROOT", "CA", "AuthRoot", "Disallowed", ...). */
rh_status rh_machine_certificates(rh_machine *machine, const char *store, rh_certificate_list *out,
                                  rh_error *error);
/* Chain by the stores of all machines given together: Root, AuthRoot, policy and enterprise Root,
 * CA, Disallowed. */
rh_status rh_machine_chain(rh_chain *out, rh_machine *const *machines, size_t count,
                           const rh_certificate *certificate, int64_t time, rh_error *error);

/* The users and groups of the SAM hive; none without one. Read once, of an overlay from its base.
 * There is no other way to them: see rh_machine_is_private_key. */
rh_status rh_machine_accounts(rh_machine *machine, const rh_account_list **out, rh_error *error);
/* SAM and SECURITY hold password hashes and secrets of the system: they are neither captured nor
 * shown to a playbook. False for what is no path. */
bool rh_machine_is_private_key(const char *full_path);
/* The same of files (machine/private.c has the table): why this one is private, in words that go on
 * behind its path; a constant. NULL for one that is not, and for what is no path. */
const char *rh_machine_private_file(rh_machine *machine, const char *path);

/* The image-relative form of a file path ("Windows/System32/ras/router.pbk"), as found where it
 * exists; cleared into out. */
rh_status rh_machine_file_path(rh_machine *machine, const char *path, rh_buffer *out,
                               rh_error *error);
rh_status rh_machine_file_read(rh_machine *machine, const char *path, rh_buffer *out,
                               rh_error *error);
bool rh_machine_file_exists(rh_machine *machine, const char *path);
/* False also for a folder of another drive than the system's, which no image holds. */
bool rh_machine_folder_exists(rh_machine *machine, const char *path);
/* Image-relative paths of all files below a folder, sorted bytewise; "" is the whole machine. Links
 * are left out. An absent folder gives none. */
rh_status rh_machine_file_list(rh_machine *machine, const char *folder, rh_name_list *out,
                               rh_error *error);

/* Overlays only. What lies in Windows/System32/config is refused: hives change by their keys. A
 * write of what the base has is no change. RH_ERR_NOT_FOUND for deleting what is not there. */
rh_status rh_machine_file_write(rh_machine *machine, const char *path, const void *data, size_t len,
                                rh_error *error);
rh_status rh_machine_file_delete(rh_machine *machine, const char *path, rh_error *error);
/* Overlays only. What was written to a file is not shown (rh_change.secret); nothing for a file
 * that is not written to. */
rh_status rh_machine_file_mark_secret(rh_machine *machine, const char *path, rh_error *error);
/* Changes made from now on belong to this step, in registry and files. */
void rh_machine_set_origin(rh_machine *machine, uint32_t origin);
/* All changes with before-images, in an order in which they can be applied: hives in fixed order,
 * then files. Key times are those of the base. */
rh_status rh_machine_changes(rh_machine *machine, rh_change_list *out, rh_error *error);

/* The name and SHA-256 of every hive and file that was read or asked for so far from an image
 * ("absent" for what was not there), or of the sealed file for a store; sorted by name. An overlay
 * tells its base's. For binding a plan to its input. */
typedef struct rh_fingerprint {
  char *name; /* image-relative path, or "store" */
  char sha256[65];
} rh_fingerprint;
typedef struct rh_fingerprint_list {
  rh_fingerprint *items;
  size_t count;
} rh_fingerprint_list;
rh_status rh_machine_fingerprints(rh_machine *machine, rh_fingerprint_list *out, rh_error *error);
void rh_fingerprint_list_dispose(rh_fingerprint_list *list);

/* Compares what is at a location now with what was read there: changed gets the names that are not
 * the same, in the order of was. A store needs no key for this. */
rh_status rh_machine_check_fresh(rh_name_list *changed, const char *location,
                                 const rh_fingerprint_list *was, rh_error *error);
rh_status rh_fingerprint_list_add(rh_fingerprint_list *list, const char *name, const char *sha256,
                                  rh_error *error);

#endif
