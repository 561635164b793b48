/* What the files of this layer share: values as texts, IPv4 addresses, what an adapter is.
 * Not for other layers. */
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

/* Sets an interface's kind, and the maker of a team, from its pnp_id and the adapter's component id
 * (may be NULL). An id of no known kind is a card's where the adapter is installed, that is, has a
 * key below Control\\Class. */
void rh_adapter_tell_kind(rh_interface *interface, const char *component_id, bool installed);
/* The number behind "VLAN" in a name, or that of a text which is nothing else: 1 to 4094, or 0. */
uint32_t rh_vlan_of(const char *text);
/* Whether a hypervisor made the card. */
bool rh_adapter_is_virtual(const rh_interface *interface);

/* What one adapter does not tell alone: VLANs of teams, members, cards that are probably gone. Sets
 * is_card of each. The list has to be whole but for it. */
void rh_adapters_tell_apart(rh_interface_list *list);

#endif
