/* inventory: what a machine is and has. */
#include "command/command.h"

#include <string.h>

static json_t *identity_json(rh_cli *cli, const rh_identity *identity) {
  json_t *object = json_object();
  rh_say_title(cli, "System");
  for (size_t i = 0; i < rh_identity_count(); i++) {
    const char *name = rh_identity_name(i), *value = rh_identity_value(identity, i);
    if (*value)
      rh_say(cli, "  %-18s %s", name, value);
    json_object_set_new(object, name, rh_json_text(value));
  }
  return object;
}

static json_t *texts_json(const rh_text_list *list) {
  json_t *array = json_array();
  for (size_t i = 0; i < list->count; i++)
    json_array_append_new(array, rh_json_text(list->items[i]));
  return array;
}

static const char *name_of(const rh_interface_list *list, const char *guid) {
  const rh_interface *found = guid[0] ? rh_interface_by_guid(list, guid) : NULL;
  return found ? found->name : NULL;
}

static json_t *interface_json(const rh_interface_list *list, const rh_interface *item) {
  json_t *object = json_pack(
      "{s:o,s:o,s:o?,s:b,s:s,s:s,s:b,s:b,s:o,s:o,s:o,s:o}", "name", rh_json_text(item->name),
      "guid", rh_json_text(item->guid), "description",
      item->description ? rh_json_text(item->description) : NULL, "card", item->is_card, "kind",
      rh_adapter_kind_name(item->kind), "presence", rh_presence_name(item->presence), "member",
      item->is_member, "dhcp", item->uses_dhcp, "addresses", texts_json(&item->addresses), "masks",
      texts_json(&item->masks), "gateways", texts_json(&item->gateways), "dns",
      texts_json(&item->dns_servers));
  const char *carrier = name_of(list, item->carrier);
  if (carrier)
    json_object_set_new(object, "of", rh_json_text(carrier));
  if (item->vlan_id != 0)
    json_object_set_new(object, "vlan", json_integer(item->vlan_id));
  return object;
}

/* What people have to know of an adapter beside its name: a team, a member, one that is gone. */
static void say_kind(rh_cli *cli, const rh_interface_list *list, const rh_interface *item) {
  const char *carrier = name_of(list, item->carrier);
  if (item->kind == RH_ADAPTER_TEAM)
    rh_say(cli, "      team (%s)", item->maker);
  if (item->kind == RH_ADAPTER_SWITCH_PORT)
    rh_say(cli, "      port of the server on a virtual switch");
  if (item->vlan_id != 0)
    rh_say(cli, "      VLAN %u%s%s", item->vlan_id, carrier ? " of " : "", carrier ? carrier : "");
  if (item->is_member)
    rh_say(cli, "      member of %s", carrier ? carrier : "a team or a switch");
  if (item->presence == RH_ABSENT)
    rh_say(cli, "      not there any more");
  if (item->presence == RH_PROBABLY_ABSENT)
    rh_say(cli, "      probably not there any more: a newer adapter has its address");
}

static json_t *interfaces_json(rh_cli *cli, const rh_interface_list *list) {
  json_t *array = json_array();
  rh_say_title(cli, "Network interfaces");
  for (size_t i = 0; i < list->count; i++) {
    const rh_interface *item = &list->items[i];
    json_array_append_new(array, interface_json(list, item));
    if (item->kind == RH_ADAPTER_SOFTWARE && (item->uses_dhcp || item->addresses.count == 0))
      continue;
    rh_say(cli, "  %s  %s", item->name, item->guid);
    if (item->description)
      rh_say(cli, "      %s", item->description);
    say_kind(cli, list, item);
    for (size_t j = 0; j < item->addresses.count; j++)
      rh_say(cli, "      %s %s%s", item->addresses.items[j],
             j < item->masks.count ? item->masks.items[j] : "",
             item->uses_dhcp ? " (by DHCP)" : "");
    for (size_t j = 0; j < item->gateways.count; j++)
      rh_say(cli, "      gateway %s", item->gateways.items[j]);
  }
  return array;
}

static json_t *certificates_json(rh_cli *cli, const rh_certificate_list *list) {
  json_t *array = json_array();
  rh_say_title(cli, "Server certificates (store MY)");
  for (size_t i = 0; i < list->count; i++) {
    const rh_certificate *item = list->items[i];
    rh_say(cli, "  %s  %s\n      issued by %s%s", item->thumbprint, item->subject, item->issuer,
           item->has_private_key ? "; private key: export it by hand" : "; no private key");
    json_array_append_new(
        array, json_pack("{s:s,s:o,s:o,s:I,s:I,s:b}", "thumbprint", item->thumbprint, "subject",
                         rh_json_text(item->subject), "issuer", rh_json_text(item->issuer),
                         "not_before", (json_int_t)item->not_before, "not_after",
                         (json_int_t)item->not_after, "private_key", item->has_private_key));
  }
  return array;
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* What stands in the way of a playbook that fits, and what only a destination can answer. */
static size_t say_checks(rh_cli *cli, const json_t *checks, bool blocking) {
  size_t index, open = 0;
  json_t *check;
  json_array_foreach(checks, index, check) {
    const char *state = text_of(check, "state"), *severity = text_of(check, "severity");
    open += strcmp(state, "needs a destination") == 0;
    if (strcmp(state, "failed") != 0 || strcmp(severity, blocking ? "block" : "warn") != 0)
      continue;
    const char *guide = json_string_value(json_array_get(json_object_get(check, "guide"), 0));
    rh_say(cli, "      %-7s %s%s%s", blocking ? "BLOCKED" : severity, guide ? guide : "",
           guide ? ": " : "", text_of(check, "message"));
    if (*text_of(check, "hint"))
      rh_say(cli, "              %s", text_of(check, "hint"));
  }
  return open;
}

static void say_playbooks(rh_cli *cli, const json_t *playbooks) {
  size_t index;
  json_t *item;
  rh_say_title(cli, "What can be migrated");
  json_array_foreach(playbooks, index, item) {
    const json_t *checks = json_object_get(item, "checks");
    rh_say(cli, "  %-18s %s%s%s", text_of(item, "id"),
           json_is_true(json_object_get(item, "failed"))    ? "cannot be told"
           : json_is_true(json_object_get(item, "present")) ? "yes"
                                                            : "not here",
           *text_of(item, "why") ? ": " : "", text_of(item, "why"));
    say_checks(cli, checks, true);
    size_t open = say_checks(cli, checks, false);
    if (open > 0)
      rh_say(cli, "      %zu of %zu checks need a destination: 'rehome check'", open,
             json_array_size(checks));
  }
}

static void say_unknown(rh_cli *cli, const json_t *found) {
  const json_t *unknown = json_object_get(found, "unknown");
  size_t index;
  json_t *item;
  rh_say_title(cli, "What no playbook knows");
  json_array_foreach(unknown, index, item) {
    rh_say(cli, "  %-18s %s: %s", text_of(item, "service"), text_of(item, "title"),
           text_of(item, "why"));
  }
  rh_say_wrapped(cli, "  ", text_of(found, "not_looked_for"));
}

static void say_roles(rh_cli *cli, const json_t *found) {
  size_t index;
  json_t *item;
  rh_say_title(cli, "Roles and services");
  json_array_foreach(json_object_get(found, "roles"), index, item) {
    rh_say(cli, "  %-34s %s", text_of(item, "title"), text_of(item, "state"));
  }
  say_playbooks(cli, json_object_get(found, "playbooks"));
  say_unknown(cli, found);
}

rh_exit rh_cmd_inventory(rh_cli *cli) {
  rh_machine *machine = NULL;
  rh_script *script = NULL;
  rh_certificate_list certificates = {0};
  rh_error error = {0};
  const rh_identity *identity = NULL;
  const rh_interface_list *interfaces = NULL;
  json_t *document = json_object(), *found = NULL;
  rh_exit code = RH_EXIT_DONE;
  if (cli->arguments.count != 1)
    code = rh_usage(cli, "name one machine");
  if (code == RH_EXIT_DONE)
    code = rh_open_machine(cli, &machine, cli->arguments.items[0], "source");
  if (code == RH_EXIT_DONE)
    code = rh_open_script(cli, &script, NULL);
  if (code != RH_EXIT_DONE)
    goto done;
  rh_status status = rh_machine_identity(machine, &identity, &error);
  if (status == RH_OK)
    status = rh_machine_interfaces(machine, &interfaces, &error);
  if (status == RH_OK) {
    status = rh_machine_certificates(machine, "MY", &certificates, &error);
    if (status == RH_ERR_NOT_FOUND)
      status = RH_OK; /* an image without SOFTWARE has no certificates to tell of */
  }
  if (status == RH_OK)
    status = rh_script_inventory(script, machine, &found, &error);
  if (status != RH_OK) {
    code = rh_fail(cli, &error);
    goto done;
  }
  json_object_set_new(document, "identity", identity_json(cli, identity));
  json_object_set_new(document, "interfaces", interfaces_json(cli, interfaces));
  json_object_set_new(document, "certificates", certificates_json(cli, &certificates));
  say_roles(cli, found);
  json_object_update(document, found);
  rh_print_json(cli, json_incref(document));
done:
  rh_say_remarks(cli, machine);
  json_decref(found);
  json_decref(document);
  rh_certificate_list_dispose(&certificates);
  rh_script_free(script);
  rh_machine_free(machine);
  return code;
}
