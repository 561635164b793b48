/* Security descriptors in words, short: names as Windows shows them in English, rights as icacls
 * groups them.
 *
 *   owner BUILTIN\Administrators; NT AUTHORITY\SYSTEM: full control; Everyone: denied write */
#ifndef RH_SECURITY_WORDS_H
#define RH_SECURITY_WORDS_H

#include "security/descriptor.h"

/* The name of a SID, or the SID where only its own machine knows one. */
rh_status rh_sid_describe(rh_buffer *out, const void *sid, size_t len, rh_error *error);
/* The rights of a mask, generic ones as files have them: "full control", "read, write". */
rh_status rh_rights_describe(rh_buffer *out, uint32_t mask, rh_error *error);
/* The whole, in one line. What comes from above is not told from the folder's or file's own. */
rh_status rh_descriptor_describe(rh_buffer *out, const rh_descriptor *descriptor, rh_error *error);

#endif
