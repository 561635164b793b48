/* What the protection of a file or folder (base/protection.h) means: in words, compared, for a new
 * file, and whether it lets anybody do more than another one. */
#ifndef RH_SECURITY_PROTECTION_H
#define RH_SECURITY_PROTECTION_H

#include "base/protection.h"

/* Access and marks in one line: "owner BUILTIN\Administrators; NT AUTHORITY\SYSTEM: full control;
 * hidden, system". */
rh_status rh_protection_describe(rh_buffer *out, const rh_protection *protection, rh_error *error);

/* The parts (RH_PART_...) that differ in what they say: as rh_protection_compare, but the layout of
 * a security descriptor does not count. */
unsigned rh_protection_differ(const rh_protection *a, const rh_protection *b);
/* Appends what differs of those parts: "is owner ...; hidden, not owner ..."; nothing when they say
 * the same. */
rh_status rh_protection_tell_difference(rh_buffer *out, const rh_protection *found,
                                        const rh_protection *expected, unsigned parts,
                                        rh_error *error);

/* Whether a grants anybody more than b does: for a secret, which must not be open to more people in
 * its new file than in the old one. A false answer is certain; security/wider.h and
 * security/posix_acl.h say what counts. Also true for set-id bits that b has not, other file
 * capabilities or labels (security.*), protections of different kinds, and what cannot be read. why
 * (or NULL) gets the reason appended. */
rh_status rh_protection_is_wider(bool *out, rh_buffer *why, const rh_protection *a,
                                 const rh_protection *b, rh_error *error);

/* What a new file or folder in a folder is given: the security descriptor that it inherits
 * (security/inherit.h), ARCHIVE for a file, and NOT_INDEXED where the folder has it. RH_END where
 * the system does it by itself, which is everywhere but on NTFS. */
rh_status rh_protection_inherit(rh_protection *out, const rh_protection *parent, bool folder,
                                rh_error *error);

/* Appends what a new file on that volume cannot have of this protection, as a list in words: "the
 * stream big, being compressed". Nothing when it can have all. The times of the last change of the
 * file's record, and object identifiers of NTFS, are never kept and not told. */
rh_status rh_protection_tell_unkept(rh_buffer *out, const rh_protection *protection,
                                    const rh_volume *volume, rh_error *error);

#endif
