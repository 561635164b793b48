/* Lists of interfaces: looking up and letting go. */
#include "interface/interface.h"

#include "base/text.h"

void rh_interface_list_dispose(rh_interface_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_interface *interface = &list->items[i];
    rh_free(interface->name);
    rh_free(interface->description);
    rh_free(interface->pnp_id);
    rh_free(interface->mac);
    rh_text_list_dispose(&interface->addresses);
    rh_text_list_dispose(&interface->masks);
    rh_text_list_dispose(&interface->gateways);
    rh_text_list_dispose(&interface->dns_servers);
  }
  rh_free(list->items);
  *list = (rh_interface_list){0};
}

const rh_interface *rh_interface_by_guid(const rh_interface_list *list, const char *guid) {
  for (size_t i = 0; i < list->count; i++)
    if (rh_name_equal(list->items[i].guid, guid))
      return &list->items[i];
  return NULL;
}

const rh_interface *rh_interface_by_name(const rh_interface_list *list, const char *name) {
  const rh_interface *found = NULL;
  for (size_t i = 0; i < list->count; i++)
    if (rh_name_equal(list->items[i].name, name) &&
        (!found || (list->items[i].is_card && !found->is_card)))
      found = &list->items[i];
  return found;
}
