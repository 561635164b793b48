/* Whether one security descriptor grants anybody more than another does.
 *
 * Exactly: there is a set of SIDs to which a, checked as Windows checks access [MS-DTYP 2.5.3.2],
 * grants a right that b does not grant it. All sets count, since no descriptor says who is a member
 * of what: "Users: read" is wider than "Everyone: read", although every user is one of everyone. So
 * a false answer is certain, and a true one may be too careful.
 *
 * Looked at is what is in effect for the file or folder itself: the DACL in its order, with what it
 * denies; the owner, who may read and change permissions unless b has an entry for OWNER RIGHTS;
 * and of the SACL a mandatory label that is lower or forbids less than the other's (medium, no
 * writing from below, where there is none), and central access policies that are not there any
 * more. Conditions and object types count as SIDs of their own. Generic rights are mapped in what a
 * allows and b denies, and count for nothing the other way round. What a folder passes on is not
 * looked at.
 *
 * Where it cannot be told, the answer is true: a type of entry that is not known, resource
 * attributes that differ while conditions are there to read them, more than 200 entries. Two that
 * say the same (rh_descriptor_same) are never wider than each other. */
#ifndef RH_SECURITY_WIDER_H
#define RH_SECURITY_WIDER_H

#include "security/descriptor.h"

/* why (or NULL) gets the reason appended when *out is true: who gets which rights. */
rh_status rh_descriptor_is_wider(bool *out, rh_buffer *why, const rh_descriptor *a,
                                 const rh_descriptor *b, rh_error *error);

#endif
