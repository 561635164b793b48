/* map: which interface of the source becomes which of the destination, proposed and written down.
 */
#include "base/text.h"
#include "command/command.h"

#include <string.h>

static const char *reason_text(const rh_interface_pair *pair) {
  switch (pair->reason) {
  case RH_MAP_GIVEN:
    return pair->destination ? "given" : "left out on purpose";
  case RH_MAP_NAME:
    return "same name";
  case RH_MAP_SUBNET:
    return "same subnet: a proposal";
  case RH_MAP_NONE:
    return pair->source->addresses.count > 0 ? "no counterpart found"
                                             : "no counterpart found; it has no address";
  }
  return "";
}

static const char *first_text(const rh_text_list *list) {
  return list->count > 0 ? list->items[0] : "";
}

static void say_pair(rh_cli *cli, const rh_interface_pair *pair) {
  rh_say(cli, "  %-28s -> %-28s %s", pair->source->name,
         pair->destination ? pair->destination->name : "(none)", reason_text(pair));
  rh_say(cli, "      %-24s    %s", first_text(&pair->source->addresses),
         pair->destination ? first_text(&pair->destination->addresses) : "");
}

static bool is_used(const rh_interface_map *map, const rh_interface *interface) {
  for (size_t i = 0; i < map->count; i++)
    if (map->pairs[i].destination == interface)
      return true;
  return false;
}

static void say_unused(rh_cli *cli, const rh_interface_map *map, const rh_interface_list *list) {
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i].is_card && !is_used(map, &list->items[i]))
      rh_say(cli, "  %-28s    %-28s only on the destination", "", list->items[i].name);
}

/* A GUID where the name cannot stand in a line of its own, or is not the only one of its kind. */
static const char *map_name(const rh_interface *interface, const rh_interface_list *list) {
  size_t same = 0;
  for (size_t i = 0; i < list->count; i++)
    same += rh_name_equal(list->items[i].name, interface->name);
  return same > 1 || strpbrk(interface->name, "\"\r\n") ? interface->guid : interface->name;
}

static rh_status add_line(rh_buffer *out, const rh_interface_pair *pair,
                          const rh_interface_list *source, const rh_interface_list *destination,
                          rh_error *error) {
  const char *from = map_name(pair->source, source);
  if (pair->reason == RH_MAP_NONE)
    return rh_buffer_printf(out, error, "# %s\n# \"%s\" = \n", reason_text(pair), from);
  if (!pair->destination)
    return rh_buffer_printf(out, error, "# %s\n\"%s\" = \n", reason_text(pair), from);
  return rh_buffer_printf(out, error, "# %s\n%s\"%s\" = \"%s\"\n", reason_text(pair),
                          pair->reason == RH_MAP_SUBNET ? "# " : "", from,
                          map_name(pair->destination, destination));
}

static rh_status write_map(rh_cli *cli, const rh_interface_map *map,
                           const rh_interface_list *source, const rh_interface_list *destination,
                           rh_error *error) {
  rh_buffer text = {0};
  rh_status status = RH_OK;
  if (!cli->overwrite && rh_file_exists(cli->output)) {
    rh_error_set(error, RH_ERR_EXISTS, cli->output, "exists");
    rh_error_hint(error, "choose another name, or use --overwrite");
    return RH_ERR_EXISTS;
  }
  status = rh_buffer_append_text(
      &text,
      "# SOURCE = DESTINATION, for --map. Look at every line; an empty right side\n"
      "# leaves an interface out on purpose.\n",
      error);
  for (size_t i = 0; status == RH_OK && i < map->count; i++)
    status = add_line(&text, &map->pairs[i], source, destination, error);
  if (status == RH_OK)
    status = rh_file_write(cli->output, text.data, text.len, RH_FILE_SHARED, error);
  if (status == RH_OK)
    rh_say(cli, "\nMap written to %s. Look at it, then give it with --map %s", cli->output,
           cli->output);
  rh_buffer_dispose(&text);
  return status;
}

static json_t *pair_json(const rh_interface_pair *pair) {
  json_t *item = json_object();
  json_object_set_new(item, "source", rh_json_text(pair->source->name));
  json_object_set_new(item, "source_guid", json_string(pair->source->guid));
  json_object_set_new(item, "reason", json_string(rh_map_reason_name(pair->reason)));
  if (pair->destination) {
    json_object_set_new(item, "destination", rh_json_text(pair->destination->name));
    json_object_set_new(item, "destination_guid", json_string(pair->destination->guid));
  }
  return item;
}

static rh_status show(rh_cli *cli, rh_machine *source, rh_machine *destination, json_t *pairs,
                      rh_error *error) {
  const rh_interface_list *from = NULL, *to = NULL;
  rh_map_entry *entries = NULL;
  size_t count = 0;
  rh_interface_map map = {0};
  rh_status status = rh_read_map(cli, &entries, &count, error);
  if (status == RH_OK)
    status = rh_machine_interfaces(source, &from, error);
  if (status == RH_OK)
    status = rh_machine_interfaces(destination, &to, error);
  if (status == RH_OK)
    status = rh_interface_map_build(&map, from, to, entries, count, error);
  if (status == RH_OK)
    rh_say_title(cli, "Interfaces");
  for (size_t i = 0; status == RH_OK && i < map.count; i++) {
    say_pair(cli, &map.pairs[i]);
    json_array_append_new(pairs, pair_json(&map.pairs[i]));
  }
  if (status == RH_OK)
    say_unused(cli, &map, to);
  if (status == RH_OK && cli->output)
    status = write_map(cli, &map, from, to, error);
  rh_interface_map_dispose(&map);
  rh_map_entries_free(entries, count);
  return status;
}

rh_exit rh_cmd_map(rh_cli *cli) {
  rh_machine *source = NULL, *destination = NULL;
  rh_error error = {0};
  json_t *pairs = json_array();
  rh_exit code = RH_EXIT_DONE;
  if (cli->arguments.count != 2)
    code = rh_usage(cli, "it takes %s", cli->command->arguments);
  if (code == RH_EXIT_DONE)
    code = rh_open_machine(cli, &source, cli->arguments.items[0], "source");
  if (code == RH_EXIT_DONE)
    code = rh_open_machine(cli, &destination, cli->arguments.items[1], "destination");
  if (code == RH_EXIT_DONE && show(cli, source, destination, pairs, &error) != RH_OK)
    code = rh_fail(cli, &error);
  if (code == RH_EXIT_DONE)
    rh_print_json(cli, json_incref(pairs));
  json_decref(pairs);
  rh_machine_free(destination);
  rh_machine_free(source);
  return code;
}
