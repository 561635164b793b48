/* Which adapters are cards: the rules, in one table.
 *
 * The beginnings of hardware ids are general knowledge, checked against the adapters of Windows XP,
 * 7, 8 and 10 machines. A card is what a server can have an address and a cable on: also the
 * adapters that a hypervisor gives to its guest, a Hyper-V host's virtual ports and teams. */
#include "interface/values.h"

#include "base/text.h"

#include <string.h>

typedef enum card_kind { KIND_UNKNOWN, KIND_CARD, KIND_SOFTWARE } card_kind;

/* Tried from the top, compared without case; the first that an id begins with decides. */
static const struct {
  const char *prefix;
  card_kind kind;
} rules[] = {
    /* exceptions to what is below */
    {"ROOT\\VMS_MP", KIND_CARD},                                 /* Hyper-V host: vEthernet */
    {"VMS_MP", KIND_CARD},                                       /* the same */
    {"COMPOSITEBUS\\MS_IMPLAT_MP", KIND_CARD},                   /* a team, Server 2012 and on */
    {"MS_IMPLAT_MP", KIND_CARD},                                 /* the same */
    {"{5D624F94-8850-40C3-A3FA-A4FD2080BAF3}\\", KIND_SOFTWARE}, /* Wi-Fi Direct */
    /* made of software */
    {"ROOT\\", KIND_SOFTWARE}, /* legacy enumerated */
    {"SW\\", KIND_SOFTWARE},   /* RAS Async Adapter */
    {"SWD\\", KIND_SOFTWARE},  /* tunnels since Windows 8 */
    {"MS_", KIND_SOFTWARE},    /* WAN miniports, scheduler */
    {"*ISATAP", KIND_SOFTWARE},
    {"*TEREDO", KIND_SOFTWARE},
    {"*6TO4", KIND_SOFTWARE},
    {"*IPHTTPS", KIND_SOFTWARE},
    {"*TUNMP", KIND_SOFTWARE},
    {"*MSLOOP", KIND_SOFTWARE},
    {"TUNNEL", KIND_SOFTWARE},
    {"BTH\\", KIND_SOFTWARE},   /* Bluetooth networks */
    {"V1394\\", KIND_SOFTWARE}, /* IP over FireWire */
    {"COMPOSITEBUS\\", KIND_SOFTWARE},
    /* hardware, and what hypervisors present as such */
    {"PCI\\", KIND_CARD},
    {"USB\\", KIND_CARD},
    {"PCMCIA\\", KIND_CARD},
    {"ISAPNP\\", KIND_CARD},
    {"ACPI\\", KIND_CARD},
    {"VMBUS\\", KIND_CARD},                                /* Hyper-V guest */
    {"{F8615163-DF3E-46C5-913F-F2D2F965ED0E}", KIND_CARD}, /* the same, by class */
    {"XEN", KIND_CARD},                                    /* XEN\, XENVIF\, XENBUS\ */
    {"VIRTIO\\", KIND_CARD},
    {"B06BDRV\\", KIND_CARD}, /* Broadcom, later QLogic */
    {"B57", KIND_CARD},
    {"EBDRV\\", KIND_CARD},
    {"QEBDRV\\", KIND_CARD},
    {"MLX", KIND_CARD}, /* Mellanox */
    {"IBA\\", KIND_CARD},
};

static bool begins_with(const char *text, const char *prefix) {
  size_t len = strlen(prefix);
  return strlen(text) >= len && rh_name_compare(text, len, prefix, len) == 0;
}

static card_kind kind_of(const char *id) {
  for (size_t i = 0; id && i < sizeof rules / sizeof *rules; i++)
    if (begins_with(id, rules[i].prefix))
      return rules[i].kind;
  return KIND_UNKNOWN;
}

bool rh_card_is(const char *pnp_id, const char *component_id, bool installed) {
  card_kind pnp = kind_of(pnp_id), component = kind_of(component_id);
  if (pnp == KIND_SOFTWARE || component == KIND_SOFTWARE)
    return false;
  return pnp == KIND_CARD || component == KIND_CARD || installed;
}
