/* The interfaces of a machine out of its SYSTEM registry.
 *
 * Three places know of an interface, by its GUID: Control\Network has the connection and its name,
 * Control\Class the adapter behind it, Tcpip\Parameters\Interfaces its addresses. A connection
 * outlives its adapter: Enum has the devices that are still there, and since Windows 8 when they
 * came and went (DEVPKEY_Device_LastArrivalDate and _LastRemovalDate). */
#include "interface/interface.h"

#include "base/reader.h"
#include "base/text.h"
#include "interface/values.h"

#include <stdlib.h>
#include <string.h>

#define NETWORK_CLASS "{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define ARRIVAL RH_DEVICE_DATES "\\0066"
#define REMOVAL RH_DEVICE_DATES "\\0067"

/* A registry and the control set in it. */
typedef struct system_reader {
  rh_registry *registry;
  rh_key control_set;
} system_reader;

static bool is_missing(rh_status status) {
  return status == RH_ERR_NOT_FOUND || status == RH_ERR_FORMAT;
}

/* *out is RH_KEY_NONE when the path is not there. */
static rh_status find_optional(rh_key *out, const system_reader *reader, rh_key parent,
                               const char *path, rh_error *error) {
  rh_status status = rh_registry_find_path(reader->registry, parent, path, out, error);
  /* The path may be a value's text, and one that no key can have. */
  if (!is_missing(status) && status != RH_ERR_ARGUMENT && status != RH_ERR_LIMIT)
    return status;
  *out = RH_KEY_NONE;
  return RH_OK;
}

/* Writes a GUID in braces in upper case; false when name is none. */
static bool read_guid(char out[39], const char *name, size_t len) {
  static const char shape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
  if (len != sizeof shape - 1)
    return false;
  for (size_t i = 0; i < len; i++) {
    char sign = name[i];
    if (sign >= 'a' && sign <= 'f')
      sign = (char)(sign - 'a' + 'A');
    bool hex = (sign >= '0' && sign <= '9') || (sign >= 'A' && sign <= 'F');
    if (shape[i] == 'x' ? !hex : sign != shape[i])
      return false;
    out[i] = sign;
  }
  out[len] = '\0';
  return true;
}

static int compare_guids(const void *a, const void *b) {
  return strcmp(((const rh_interface *)a)->guid, ((const rh_interface *)b)->guid);
}

static int compare_names(const void *a, const void *b) {
  const char *first = ((const rh_interface *)a)->name, *second = ((const rh_interface *)b)->name;
  int order = rh_name_compare(first, strlen(first), second, strlen(second));
  return order ? order : compare_guids(a, b);
}

/* One key below Control\Network: a GUID with a subkey "Connection", or something else. */
static rh_status read_connection(rh_interface_list *list, const system_reader *reader, rh_key key,
                                 rh_error *error) {
  rh_key_info info = {0};
  rh_key connection = RH_KEY_NONE;
  rh_interface interface = {0};
  rh_status status = rh_registry_read_key(reader->registry, key, &info, error);
  bool is_guid = status == RH_OK && read_guid(interface.guid, info.name, info.name_len);
  rh_key_info_dispose(&info);
  if (is_guid)
    status = find_optional(&connection, reader, key, "Connection", error);
  if (connection == RH_KEY_NONE || status != RH_OK)
    return status;
  rh_interface *items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  list->items = items;
  rh_interface *out = &items[list->count++];
  *out = interface;
  status = rh_value_read_text(&out->name, reader->registry, connection, "Name", error);
  if (status == RH_OK && !out->name && !(out->name = rh_copy_text(out->guid)))
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = rh_value_read_text(&out->pnp_id, reader->registry, connection, "PnpInstanceID", error);
  rh_adapter_tell_kind(out, NULL, false);
  return status;
}

/* What is bound to a card in place of TCP/IP: names of services in Linkage\\UpperBind (general
 * knowledge; the protocols of the teams that card.c knows, and of the switch of Hyper-V). */
static rh_status read_bindings(rh_interface *interface, const system_reader *reader, rh_key key,
                               rh_error *error) {
  static const char *const carriers[] = {"NdisImPlatform", "CPQTeam", "iANSProtocol", "iANSP",
                                         "Blfp",           "VMSP",    "RTTEAMPT"};
  rh_text_list bound = {0};
  rh_key linkage = RH_KEY_NONE;
  bool carried = false, tcpip = false;
  rh_status status = find_optional(&linkage, reader, key, "Linkage", error);
  if (status == RH_OK && linkage != RH_KEY_NONE)
    status = rh_value_read_list(&bound, reader->registry, linkage, "UpperBind", error);
  for (size_t i = 0; i < bound.count; i++) {
    tcpip = tcpip || rh_name_equal(bound.items[i], "Tcpip");
    for (size_t j = 0; j < sizeof carriers / sizeof *carriers; j++)
      carried = carried || rh_name_equal(bound.items[i], carriers[j]);
  }
  interface->is_bound = carried && !tcpip;
  rh_text_list_dispose(&bound);
  return status;
}

/* The number of a key below Control\\Class, "0007"; 0 for another name. */
static uint32_t number_of(const rh_key_info *info) {
  uint32_t number = 0;
  for (size_t i = 0; i < info->name_len && i < 9; i++) {
    if (info->name[i] < '0' || info->name[i] > '9')
      return 0;
    number = number * 10 + (uint32_t)(info->name[i] - '0');
  }
  return number;
}

/* The VLAN that a driver was given: VlanID, a text (standardised INF keyword) or a number. */
static rh_status read_vlan(rh_interface *interface, rh_registry *registry, rh_key key,
                           rh_error *error) {
  char *text = NULL;
  rh_status status = rh_value_read_number(&interface->vlan_id, registry, key, "VlanID", 0, error);
  if (status == RH_OK)
    status = rh_value_read_text(&text, registry, key, "VlanID", error);
  if (text)
    interface->vlan_id = rh_vlan_of(text);
  rh_free(text);
  return status;
}

/* One key below Control\Class: adds what it knows to the interface that it belongs to. */
static rh_status read_adapter(rh_interface_list *list, const system_reader *reader, rh_key key,
                              rh_error *error) {
  char *guid = NULL, *component = NULL;
  rh_interface wanted = {0}, *interface = NULL;
  rh_registry *registry = reader->registry;
  rh_key_info info = {0};
  rh_status status = rh_value_read_text(&guid, registry, key, "NetCfgInstanceId", error);
  if (guid && list->count > 0 && read_guid(wanted.guid, guid, strlen(guid)))
    interface = bsearch(&wanted, list->items, list->count, sizeof wanted, compare_guids);
  if (interface) {
    status = rh_value_read_text(&component, registry, key, "ComponentId", error);
    if (status == RH_OK && !interface->description)
      status = rh_value_read_text(&interface->description, registry, key, "DriverDesc", error);
    if (status == RH_OK && !interface->pnp_id)
      status = rh_value_read_text(&interface->pnp_id, registry, key, "DeviceInstanceID", error);
    if (status == RH_OK)
      status = read_vlan(interface, registry, key, error);
    if (status == RH_OK)
      status = read_bindings(interface, reader, key, error);
    if (status == RH_OK)
      status = rh_registry_read_key(registry, key, &info, error);
    if (status == RH_OK)
      interface->number = number_of(&info);
    rh_adapter_tell_kind(interface, component, true);
  }
  rh_key_info_dispose(&info);
  rh_free(component);
  rh_free(guid);
  return status;
}

/* Calls on_key for each subkey of path below the control set; damaged ones are passed over. */
static rh_status
for_each_key(rh_interface_list *list, const system_reader *reader, const char *path,
             rh_status (*on_key)(rh_interface_list *list, const system_reader *reader, rh_key key,
                                 rh_error *error),
             rh_error *error) {
  rh_key parent = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = find_optional(&parent, reader, reader->control_set, path, error);
  if (status != RH_OK || parent == RH_KEY_NONE)
    return status;
  rh_cursor cursor = rh_registry_keys(reader->registry, parent);
  while ((status = rh_cursor_next_key(&cursor, &key, error)) != RH_END) {
    if (status == RH_OK)
      status = on_key(list, reader, key, error);
    if (status != RH_OK && status != RH_ERR_FORMAT)
      return status;
  }
  return RH_OK;
}

/* Addresses that are set, and the masks beside them; those that are no addresses are left out. */
static rh_status read_addresses(rh_interface *interface, rh_registry *registry, rh_key key,
                                rh_error *error) {
  rh_text_list addresses = {0}, masks = {0};
  const char *address_name = interface->uses_dhcp ? "DhcpIPAddress" : "IPAddress";
  const char *mask_name = interface->uses_dhcp ? "DhcpSubnetMask" : "SubnetMask";
  rh_status status = rh_value_read_list(&addresses, registry, key, address_name, error);
  if (status == RH_OK)
    status = rh_value_read_list(&masks, registry, key, mask_name, error);
  for (size_t i = 0; i < addresses.count && status == RH_OK; i++) {
    uint32_t number;
    const char *mask = i < masks.count ? masks.items[i] : "";
    if (!rh_ipv4_parse(&number, addresses.items[i]) || number == 0)
      continue;
    if (!rh_ipv4_parse_mask(&number, mask))
      mask = "";
    status = rh_text_list_add(&interface->addresses, addresses.items[i], strlen(addresses.items[i]),
                              error);
    if (status == RH_OK)
      status = rh_text_list_add(&interface->masks, mask, strlen(mask), error);
  }
  rh_text_list_dispose(&addresses);
  rh_text_list_dispose(&masks);
  return status;
}

/* The list that an administrator set, or else, with DHCP, the one that came with the lease. */
static rh_status read_servers(rh_text_list *out, const rh_interface *interface,
                              rh_registry *registry, rh_key key, const char *set_name,
                              const char *lease_name, rh_error *error) {
  rh_status status = rh_value_read_list(out, registry, key, set_name, error);
  if (status == RH_OK && out->count == 0 && interface->uses_dhcp)
    status = rh_value_read_list(out, registry, key, lease_name, error);
  return status;
}

static rh_status read_tcpip(rh_interface *interface, rh_registry *registry, rh_key key,
                            rh_error *error) {
  uint32_t dhcp = 0;
  rh_status status = rh_value_read_number(&dhcp, registry, key, "EnableDHCP", 0, error);
  interface->uses_dhcp = dhcp != 0;
  if (status == RH_OK)
    status = read_addresses(interface, registry, key, error);
  if (status == RH_OK)
    status = read_servers(&interface->gateways, interface, registry, key, "DefaultGateway",
                          "DhcpDefaultGateway", error);
  if (status == RH_OK)
    status = read_servers(&interface->dns_servers, interface, registry, key, "NameServer",
                          "DhcpNameServer", error);
  return status;
}

static rh_status read_all_tcpip(rh_interface_list *list, const system_reader *reader,
                                rh_error *error) {
  rh_key parent = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = find_optional(&parent, reader, reader->control_set,
                                   "Services\\Tcpip\\Parameters\\Interfaces", error);
  for (size_t i = 0; parent != RH_KEY_NONE && i < list->count && status == RH_OK; i++) {
    status = find_optional(&key, reader, parent, list->items[i].guid, error);
    if (status == RH_OK && key != RH_KEY_NONE)
      status = read_tcpip(&list->items[i], reader->registry, key, error);
  }
  return status;
}

/* A time of a device, 0 where it has none: the default value of a key of its properties. */
static rh_status read_time(uint64_t *out, const system_reader *reader, rh_key device,
                           const char *path, rh_error *error) {
  rh_key key = RH_KEY_NONE;
  rh_value value = {0};
  *out = 0;
  rh_status status = find_optional(&key, reader, device, path, error);
  if (status != RH_OK || key == RH_KEY_NONE)
    return status;
  status = rh_registry_find_value(reader->registry, key, "", 0, &value, error);
  if (status == RH_OK && value.len == 8)
    *out = rh_load_u64(value.data);
  rh_value_dispose(&value);
  return is_missing(status) ? RH_OK : status;
}

/* Where devices are listed, one that is not listed has been taken out; so has one that went after
 * it came. */
static rh_status find_removed(rh_interface_list *list, const system_reader *reader,
                              rh_error *error) {
  rh_key devices = RH_KEY_NONE, device = RH_KEY_NONE;
  uint64_t came = 0, went = 0;
  rh_status status = find_optional(&devices, reader, reader->control_set, "Enum", error);
  for (size_t i = 0; devices != RH_KEY_NONE && i < list->count && status == RH_OK; i++) {
    rh_interface *interface = &list->items[i];
    if (interface->kind == RH_ADAPTER_SOFTWARE || !interface->pnp_id)
      continue;
    status = find_optional(&device, reader, devices, interface->pnp_id, error);
    if (status == RH_OK && device != RH_KEY_NONE)
      status = read_time(&came, reader, device, ARRIVAL, error);
    if (status == RH_OK && device != RH_KEY_NONE)
      status = read_time(&went, reader, device, REMOVAL, error);
    if (device == RH_KEY_NONE || (went != 0 && went > came))
      interface->presence = RH_ABSENT;
  }
  return status;
}

static rh_status read_list(rh_interface_list *list, const system_reader *reader, rh_error *error) {
  rh_status status =
      for_each_key(list, reader, "Control\\Network\\" NETWORK_CLASS, read_connection, error);
  if (status == RH_OK && list->count > 0)
    qsort(list->items, list->count, sizeof *list->items, compare_guids);
  if (status == RH_OK)
    status = for_each_key(list, reader, "Control\\Class\\" NETWORK_CLASS, read_adapter, error);
  if (status == RH_OK)
    status = read_all_tcpip(list, reader, error);
  if (status == RH_OK)
    status = find_removed(list, reader, error);
  if (status == RH_OK && list->count > 0)
    qsort(list->items, list->count, sizeof *list->items, compare_names);
  if (status == RH_OK)
    rh_adapters_tell_apart(list);
  return status;
}

rh_status rh_interface_list_read(rh_interface_list *out, rh_registry *system,
                                 const char *control_set, rh_error *error) {
  *out = (rh_interface_list){0};
  rh_interface_list list = {0};
  rh_key root = RH_KEY_NONE;
  system_reader reader = {system, RH_KEY_NONE};
  rh_status status = rh_registry_root(system, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(system, root, control_set, &reader.control_set, error);
  if (status == RH_OK)
    status = read_list(&list, &reader, error);
  if (status != RH_OK) {
    rh_interface_list_dispose(&list);
    return status;
  }
  *out = list;
  return RH_OK;
}
