/* What an adapter is, by its hardware ids: the rules, in one table.
 *
 * The beginnings of hardware ids are general knowledge, checked against the adapters of Windows XP,
 * 7, 8 and 10 machines; those of teams are what makers' drivers and inventory programs name. A card
 * is what has a cable, also one that a hypervisor gives to its guest. */
#include "interface/values.h"

#include "base/text.h"

#include <string.h>

typedef enum id_kind { ID_UNKNOWN, ID_CARD, ID_TEAM, ID_SWITCH_PORT, ID_SOFTWARE } id_kind;

/* Tried from the top, compared without case; the first that an id begins with decides. */
static const struct id_rule {
  const char *prefix;
  id_kind kind;
  const char *maker; /* of a team */
} rules[] = {
    /* exceptions to what is below */
    {"ROOT\\VMS_MP", ID_SWITCH_PORT, NULL},             /* Hyper-V host: vEthernet */
    {"VMS_MP", ID_SWITCH_PORT, NULL},                   /* the same */
    {"COMPOSITEBUS\\MS_IMPLAT_MP", ID_TEAM, "Windows"}, /* LBFO, Server 2012 and on */
    {"MS_IMPLAT_MP", ID_TEAM, "Windows"},               /* the same */
    {"ROOT\\CQ_CPQTEAM", ID_TEAM, "HP"},
    {"CQ_CPQTEAM", ID_TEAM, "HP"},
    {"ROOT\\CPQTEAM", ID_TEAM, "HP"},
    {"CPQTEAM", ID_TEAM, "HP"},
    {"ROOT\\IANS", ID_TEAM, "Intel"}, /* iANSMiniport */
    {"IANS", ID_TEAM, "Intel"},
    {"ROOT\\BRCM_BLF", ID_TEAM, "Broadcom"}, /* BASP Virtual Adapter */
    {"BRCM_BLF", ID_TEAM, "Broadcom"},
    {"ROOT\\BLF", ID_TEAM, "Broadcom"},
    {"BLF", ID_TEAM, "Broadcom"},
    {"ROOT\\RTTEAM", ID_TEAM, "Realtek"},
    {"RTTEAM", ID_TEAM, "Realtek"},
    {"{5D624F94-8850-40C3-A3FA-A4FD2080BAF3}\\", ID_SOFTWARE, NULL}, /* Wi-Fi Direct */
    /* made of software */
    {"ROOT\\", ID_SOFTWARE, NULL}, /* legacy enumerated */
    {"SW\\", ID_SOFTWARE, NULL},   /* RAS Async Adapter */
    {"SWD\\", ID_SOFTWARE, NULL},  /* tunnels since Windows 8 */
    {"MS_", ID_SOFTWARE, NULL},    /* WAN miniports, scheduler */
    {"*ISATAP", ID_SOFTWARE, NULL},
    {"*TEREDO", ID_SOFTWARE, NULL},
    {"*6TO4", ID_SOFTWARE, NULL},
    {"*IPHTTPS", ID_SOFTWARE, NULL},
    {"*TUNMP", ID_SOFTWARE, NULL},
    {"*MSLOOP", ID_SOFTWARE, NULL},
    {"TUNNEL", ID_SOFTWARE, NULL},
    {"BTH\\", ID_SOFTWARE, NULL},   /* Bluetooth networks */
    {"V1394\\", ID_SOFTWARE, NULL}, /* IP over FireWire */
    {"COMPOSITEBUS\\", ID_SOFTWARE, NULL},
    /* hardware, and what hypervisors present as such */
    {"PCI\\", ID_CARD, NULL},
    {"USB\\", ID_CARD, NULL},
    {"PCMCIA\\", ID_CARD, NULL},
    {"ISAPNP\\", ID_CARD, NULL},
    {"ACPI\\", ID_CARD, NULL},
    {"VMBUS\\", ID_CARD, NULL},                                /* Hyper-V guest */
    {"{F8615163-DF3E-46C5-913F-F2D2F965ED0E}", ID_CARD, NULL}, /* the same, by class */
    {"XEN", ID_CARD, NULL},                                    /* XEN\, XENVIF\, XENBUS\ */
    {"VIRTIO\\", ID_CARD, NULL},
    {"B06BDRV\\", ID_CARD, NULL}, /* Broadcom, later QLogic */
    {"B57", ID_CARD, NULL},
    {"EBDRV\\", ID_CARD, NULL},
    {"QEBDRV\\", ID_CARD, NULL},
    {"MLX", ID_CARD, NULL}, /* Mellanox */
    {"IBA\\", ID_CARD, NULL},
};

static bool begins_with(const char *text, const char *prefix) {
  size_t len = strlen(prefix);
  return strlen(text) >= len && rh_name_compare(text, len, prefix, len) == 0;
}

static const struct id_rule *rule_of(const char *id) {
  for (size_t i = 0; id && i < sizeof rules / sizeof *rules; i++)
    if (begins_with(id, rules[i].prefix))
      return &rules[i];
  return NULL;
}

static id_kind kind_of(const struct id_rule *rule) {
  return rule ? rule->kind : ID_UNKNOWN;
}

void rh_adapter_tell_kind(rh_interface *interface, const char *component_id, bool installed) {
  const struct id_rule *pnp = rule_of(interface->pnp_id), *component = rule_of(component_id);
  const struct id_rule *team = kind_of(pnp) == ID_TEAM ? pnp : component;
  interface->maker = NULL;
  if (kind_of(team) == ID_TEAM) {
    interface->kind = RH_ADAPTER_TEAM;
    interface->maker = team->maker;
  } else if (kind_of(pnp) == ID_SWITCH_PORT || kind_of(component) == ID_SWITCH_PORT) {
    interface->kind = RH_ADAPTER_SWITCH_PORT;
  } else if (kind_of(pnp) == ID_SOFTWARE || kind_of(component) == ID_SOFTWARE) {
    interface->kind = RH_ADAPTER_SOFTWARE;
  } else {
    bool card = kind_of(pnp) == ID_CARD || kind_of(component) == ID_CARD || installed;
    interface->kind = card ? RH_ADAPTER_CARD : RH_ADAPTER_SOFTWARE;
  }
}

/* What hypervisors give to their guests (general knowledge). */
bool rh_adapter_is_virtual(const rh_interface *interface) {
  static const char *const prefixes[] = {"PCI\\VEN_15AD", "PCI\\VEN_1AF4",
                                         "VMBUS\\",       "XEN",
                                         "VIRTIO\\",      "{F8615163-DF3E-46C5-913F-F2D2F965ED0E}"};
  for (size_t i = 0; interface->pnp_id && i < sizeof prefixes / sizeof *prefixes; i++)
    if (begins_with(interface->pnp_id, prefixes[i]))
      return true;
  return false;
}
