/* What the files of this layer share: values as texts, IPv4 addresses, what is a card. Not for
 * other layers. */
#ifndef RH_INTERFACE_VALUES_H
#define RH_INTERFACE_VALUES_H

#include "interface/interface.h"

/* A value as text, up to its first NUL; NULL in out when it is absent, empty, damaged or no text.
 * The caller frees. */
rh_status rh_value_read_text(char **out, rh_registry *registry, rh_key key, const char *name,
                             rh_error *error);
/* A value as a list: REG_MULTI_SZ, or a text with commas or blanks between the items. Empty items
 * are left out. Absent as above: an empty list. */
rh_status rh_value_read_list(rh_text_list *out, rh_registry *registry, rh_key key, const char *name,
                             rh_error *error);
/* A REG_DWORD; fallback when it is absent or something else. */
rh_status rh_value_read_number(uint32_t *out, rh_registry *registry, rh_key key, const char *name,
                               uint32_t fallback, rh_error *error);

/* Appends a copy of len bytes of text. */
rh_status rh_text_list_add(rh_text_list *list, const char *text, size_t len, rh_error *error);

/* "10.3.58.5" as a number; false when text is no such address. */
bool rh_ipv4_parse(uint32_t *out, const char *text);
/* The same for a mask: ones, then zeros, beginning with a one. */
bool rh_ipv4_parse_mask(uint32_t *out, const char *text);

/* Whether an adapter is a card, from its two ids (each may be NULL). An id of no known kind is a
 * card's where the adapter is installed, that is, has a key below Control\Class. */
bool rh_card_is(const char *pnp_id, const char *component_id, bool installed);

#endif
