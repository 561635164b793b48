/* The network interfaces of a machine, read from its SYSTEM hive, and the map between two machines.
 *
 * A connection has a GUID, a name that people see, and an adapter behind it. Names are the only
 * thing that two machines share. Places and meaning of the values: Control\Network, Control\Class,
 * Services\Tcpip\Parameters\Interfaces (general knowledge where no document shows them). */
#ifndef RH_INTERFACE_INTERFACE_H
#define RH_INTERFACE_INTERFACE_H

#include "registry/registry.h"

/* Below a device's key: the dates of its life (since Windows 8). */
#define RH_DEVICE_DATES "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}"

typedef struct rh_text_list {
  char **items;
  size_t count;
} rh_text_list;
void rh_text_list_dispose(rh_text_list *list);

typedef enum rh_adapter_kind {
  RH_ADAPTER_SOFTWARE,   /* a tunnel, a miniport, a loopback: nothing with a cable */
  RH_ADAPTER_CARD,       /* a network card, also a virtual machine's */
  RH_ADAPTER_TEAM,       /* cards that are one: of Windows (LBFO) or of a maker of cards */
  RH_ADAPTER_VLAN,       /* one VLAN of a team or a card */
  RH_ADAPTER_SWITCH_PORT /* vEthernet: the host's own port on a switch of Hyper-V */
} rh_adapter_kind;

typedef enum rh_presence {
  RH_PRESENT,        /* as far as an image tells */
  RH_ABSENT,         /* Windows does not list the device any more, or saw it go */
  RH_PROBABLY_ABSENT /* another card has its fixed address, and is the newer one */
} rh_presence;

typedef struct rh_interface {
  char guid[39];     /* "{...}" upper case */
  char *name;        /* connection name: "Local Area Connection"; the GUID when it has none */
  char *description; /* adapter: "Intel(R) PRO/1000 MT"; NULL when unknown */
  char *pnp_id;      /* PnpInstanceID, or the adapter's DeviceInstanceID; NULL when unknown */
  rh_adapter_kind kind;
  rh_presence presence;
  const char *maker; /* of a team: "Windows", "HP"; else NULL; static */
  uint32_t vlan_id;  /* 0: none */
  bool is_bound;     /* a team or a switch is bound to it in place of TCP/IP */
  bool is_member;    /* a card that a team or a switch has: TCP/IP does not use it */
  char carrier[39];  /* GUID of the team of a member or a VLAN; "" when nothing tells which */
  uint32_t number;   /* of its key below Control\\Class; newer adapters have higher ones */
  bool is_card;      /* what TCP/IP uses and the map is about: present, no software, no member */
  bool uses_dhcp;
  rh_text_list addresses; /* static IPv4, or the last DHCP lease */
  rh_text_list masks;     /* parallel to addresses; "" where there is no sound one */
  rh_text_list gateways;
  rh_text_list dns_servers;
  char *mac; /* "00-11-22-33-44-55" from machine.xml; NULL when unknown */
} rh_interface;

typedef struct rh_interface_list {
  rh_interface *items; /* sorted by name, then GUID */
  size_t count;
} rh_interface_list;

/* control_set is a path below the SYSTEM root: "ControlSet001". */
rh_status rh_interface_list_read(rh_interface_list *out, rh_registry *system,
                                 const char *control_set, rh_error *error);
void rh_interface_list_dispose(rh_interface_list *list);
const rh_interface *rh_interface_by_guid(const rh_interface_list *list, const char *guid);
/* Where several have the name, a card goes before the others. */
const rh_interface *rh_interface_by_name(const rh_interface_list *list, const char *name);
/* "card", "team", "vlan", "switch port", "software"; "present", "absent", "probably absent". */
const char *rh_adapter_kind_name(rh_adapter_kind kind);
const char *rh_presence_name(rh_presence presence);

/* Which source interface becomes which on the destination. */
typedef enum rh_map_reason { RH_MAP_GIVEN, RH_MAP_NAME, RH_MAP_SUBNET, RH_MAP_NONE } rh_map_reason;
typedef struct rh_interface_pair {
  const rh_interface *source;
  const rh_interface *destination; /* NULL when there is none */
  rh_map_reason reason;            /* SUBNET is a proposal: the user has to confirm it */
} rh_interface_pair;
typedef struct rh_interface_map {
  rh_interface_pair *pairs; /* one for each source card, and each other interface that an entry
                             * names, in the source list's order */
  size_t count;
} rh_interface_map;

/* One line of a user's map: source = destination, each a connection name or a GUID. */
typedef struct rh_map_entry {
  char *source, *destination; /* destination empty: not mapped on purpose */
} rh_map_entry;
/* Reads a map file: one "SOURCE = DESTINATION" a line, names quoted when they hold "=" or begin
 * with "#"; "#" comments; UTF-8. An error names the line. */
rh_status rh_map_read(rh_map_entry **out, size_t *count, const char *text, size_t len,
                      const char *label, rh_error *error);
void rh_map_entries_free(rh_map_entry *entries, size_t count);

/* Pairs given entries first, then cards of equal connection name, then one-to-one by IPv4 subnet.
 * RH_ERR_ARGUMENT when an entry names an interface that is not there, or one destination twice.
 * The lists are borrowed and must outlive the map. */
rh_status rh_interface_map_build(rh_interface_map *out, const rh_interface_list *source,
                                 const rh_interface_list *destination, const rh_map_entry *entries,
                                 size_t entry_count, rh_error *error);
void rh_interface_map_dispose(rh_interface_map *map);
const char *rh_map_reason_name(rh_map_reason reason);

#endif
