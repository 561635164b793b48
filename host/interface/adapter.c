/* What one adapter does not tell alone: which VLAN it is, whose member, whether it is still there.
 *
 * Windows keeps the members of teams where they are not read. A card that TCP/IP does not use, on a
 * machine with teams or a switch, is taken for a member of one (general knowledge: a member's
 * protocols are unbound but for the team's). */
#include "interface/values.h"

#include "base/text.h"

#include <string.h>

uint32_t rh_vlan_of(const char *text) {
  const char *at = text;
  uint32_t number = 0;
  if (*text < '0' || *text > '9') {
    while (*at && !(strlen(at) >= 4 && rh_name_compare(at, 4, "VLAN", 4) == 0))
      at++;
    for (at += *at ? 4 : 0; *at && (*at < '0' || *at > '9'); at++)
      if (!strchr(" -_:#=VLANIDvlanid", *at))
        return 0;
  }
  for (size_t digits = 0; *at >= '0' && *at <= '9' && digits < 5; digits++)
    number = number * 10 + (uint32_t)(*at++ - '0');
  return number >= 1 && number <= 4094 ? number : 0;
}

static bool is_carrier(const rh_interface *interface) {
  return interface->presence == RH_PRESENT &&
         (interface->kind == RH_ADAPTER_TEAM || interface->kind == RH_ADAPTER_SWITCH_PORT);
}

/* "Team1 - VLAN 20", "TEAM : Team #0 - VLAN : VLAN20": named by the programs that make them. */
static void find_vlans(rh_interface_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_interface *one = &list->items[i];
    if (one->kind != RH_ADAPTER_TEAM)
      continue;
    uint32_t id = rh_vlan_of(one->name);
    if (id == 0 && one->description)
      id = rh_vlan_of(one->description);
    if (id == 0)
      id = one->vlan_id;
    one->vlan_id = id;
    if (id != 0)
      one->kind = RH_ADAPTER_VLAN;
  }
}

/* The team whose name one's begins with, or else the only one; NULL when nothing tells. */
static const rh_interface *carrier_of(const rh_interface_list *list, const rh_interface *one) {
  const rh_interface *only = NULL;
  size_t count = 0;
  for (size_t i = 0; i < list->count; i++) {
    const rh_interface *other = &list->items[i];
    if (!is_carrier(other) || other == one)
      continue;
    size_t len = strlen(other->name);
    if (one->kind == RH_ADAPTER_VLAN && strlen(one->name) > len &&
        rh_name_compare(one->name, len, other->name, len) == 0)
      return other;
    only = other;
    count++;
  }
  return count == 1 ? only : NULL;
}

static void find_members(rh_interface_list *list) {
  bool carriers = false;
  for (size_t i = 0; i < list->count; i++)
    carriers = carriers || is_carrier(&list->items[i]) || list->items[i].kind == RH_ADAPTER_VLAN;
  for (size_t i = 0; i < list->count; i++) {
    rh_interface *one = &list->items[i];
    bool idle = one->addresses.count == 0 && one->gateways.count == 0;
    if (one->kind == RH_ADAPTER_CARD && one->presence == RH_PRESENT)
      one->is_member = one->is_bound || (carriers && idle);
    if (!one->is_member && one->kind != RH_ADAPTER_VLAN)
      continue;
    const rh_interface *carrier = carrier_of(list, one);
    if (carrier)
      memcpy(one->carrier, carrier->guid, sizeof one->carrier);
  }
}

static bool share_address(const rh_interface *a, const rh_interface *b) {
  for (size_t i = 0; !a->uses_dhcp && !b->uses_dhcp && i < a->addresses.count; i++)
    for (size_t j = 0; j < b->addresses.count; j++)
      if (strcmp(a->addresses.items[i], b->addresses.items[j]) == 0)
        return true;
  return false;
}

/* Of two adapters with one fixed address one is gone, as after a move into a virtual machine:
 * Windows refuses to give two that are there the same. The hypervisor's is the live one, else the
 * newer. */
static void find_gone_twins(rh_interface_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    for (size_t j = 0; j < list->count; j++) {
      rh_interface *one = &list->items[i];
      const rh_interface *other = &list->items[j];
      if (i == j || one->kind == RH_ADAPTER_SOFTWARE || other->kind == RH_ADAPTER_SOFTWARE ||
          one->presence != RH_PRESENT || other->presence != RH_PRESENT ||
          !share_address(one, other))
        continue;
      bool is_virtual = rh_adapter_is_virtual(one), twin_is = rh_adapter_is_virtual(other);
      if (is_virtual != twin_is ? twin_is : one->number < other->number)
        one->presence = RH_PROBABLY_ABSENT;
    }
  }
}

void rh_adapters_tell_apart(rh_interface_list *list) {
  find_vlans(list);
  find_gone_twins(list);
  find_members(list);
  for (size_t i = 0; i < list->count; i++) {
    rh_interface *one = &list->items[i];
    one->is_card =
        one->kind != RH_ADAPTER_SOFTWARE && one->presence == RH_PRESENT && !one->is_member;
  }
}

const char *rh_adapter_kind_name(rh_adapter_kind kind) {
  switch (kind) {
  case RH_ADAPTER_SOFTWARE:
    return "software";
  case RH_ADAPTER_CARD:
    return "card";
  case RH_ADAPTER_TEAM:
    return "team";
  case RH_ADAPTER_VLAN:
    return "vlan";
  case RH_ADAPTER_SWITCH_PORT:
    return "switch port";
  }
  return "unknown";
}

const char *rh_presence_name(rh_presence presence) {
  switch (presence) {
  case RH_PRESENT:
    return "present";
  case RH_ABSENT:
    return "absent";
  case RH_PROBABLY_ABSENT:
    return "probably absent";
  }
  return "unknown";
}
