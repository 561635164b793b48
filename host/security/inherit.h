/* What a new file or folder inherits, as Windows computes it when nobody says anything else.
 *
 * - Owner and group are the creator's, never the parent's: Windows takes them from the token of who
 *   creates. rehome does what the machine itself would do, so the creator is LocalSystem, whose
 *   objects belong to BUILTIN\Administrators, with SYSTEM as the primary group.
 * - Every entry of the parent that is inheritable comes down, in its order, with INHERITED. For a
 *   file: OBJECT_INHERIT ones, in effect. For a folder: CONTAINER_INHERIT ones in effect, and
 *   further inheritable unless NO_PROPAGATE; OBJECT_INHERIT alone as inherit-only, unless
 *   NO_PROPAGATE.
 * - What comes into effect names the creator's owner and group in place of CREATOR OWNER and
 * CREATOR GROUP (and their SERVER forms), and the rights of files in place of generic ones. A
 * folder's entry that says either and goes on further becomes two: one in effect without
 * inheritance, and behind it the inherit-only one as it was.
 * - Nothing for the DACL to inherit: SYSTEM and BUILTIN\Administrators, full control, and
 *   DACL_DEFAULTED. (Windows takes the default list of the creator's token, which for LocalSystem
 *   names these two.) Nothing for the SACL: none.
 * - Object entries for a named type of object are for no file. In a folder they go on,
 * inherit-only.
 * - A mandatory label comes down when it is inheritable; no other is made, since LocalSystem labels
 *   nothing that it creates.
 *
 * Sources: [MS-DTYP] 2.5.3.4.1, .2, .4, .7 (CreateSecurityDescriptor to PostProcessACL) and "ACE
 * Inheritance Rules", "DACL for a New Object", "SACL for a New Object" of the Windows SDK. Where
 * the pseudocode of [MS-DTYP] leaves inherit-only entries of the parent out, the SDK's rules are
 * taken: CREATOR OWNER is usually such an entry. */
#ifndef RH_SECURITY_INHERIT_H
#define RH_SECURITY_INHERIT_H

#include "security/descriptor.h"

/* Appends the descriptor of a new file or folder in a folder with the descriptor parent. An error
 * of rh_descriptor_parse when the parent's cannot be read; RH_ERR_LIMIT when the lists get too
 * long. */
rh_status rh_descriptor_inherit(rh_buffer *out, const void *parent, size_t parent_len, bool folder,
                                rh_error *error);

#endif
