/* The map from source interfaces to destination interfaces.
 *
 * What the user gave comes first. What is left is paired only where there is no choice: one card on
 * each side has the name, or lies in the subnet. */
#include "interface/interface.h"

#include "base/text.h"
#include "interface/values.h"

#include <string.h>

/* The map in the making: what became of each interface of both lists, by its place there. */
typedef struct mapping {
  const rh_interface_list *source, *destination;
  rh_interface_pair *of_source; /* reason NONE while open */
  bool *named;                  /* the source is in the user's map */
  bool *taken;                  /* the destination has its source */
} mapping;

/* The names that a side has, cards first, for an error's hint. */
static void hint_names(rh_error *error, const rh_interface_list *list, const char *side) {
  rh_buffer names = {0};
  for (int cards = 1; cards >= 0; cards--)
    for (size_t i = 0; i < list->count; i++)
      if (list->items[i].is_card == (cards == 1))
        rh_buffer_printf(&names, NULL, "%s\"%s\"", names.len ? ", " : "", list->items[i].name);
  if (list->count == 0)
    rh_error_hint(error, "the %s has no interfaces", side);
  else
    rh_error_hint(error, "the %s has %s", side, rh_buffer_text(&names));
  rh_buffer_dispose(&names);
}

/* The place of the interface that a user's text means: a GUID, a card's name, another's name. */
static rh_status find_meant(size_t *out, const rh_interface_list *list, const char *text,
                            const char *side, rh_error *error) {
  size_t found = 0;
  const rh_interface *interface = rh_interface_by_guid(list, text);
  if (!interface && (interface = rh_interface_by_name(list, text))) {
    for (size_t i = 0; i < list->count; i++)
      found +=
          list->items[i].is_card == interface->is_card && rh_name_equal(list->items[i].name, text);
  }
  if (!interface) {
    rh_error_set(error, RH_ERR_ARGUMENT, text,
                 "the map names an interface that the %s does not have", side);
    hint_names(error, list, side);
    return RH_ERR_ARGUMENT;
  }
  if (found > 1) {
    rh_error_set(error, RH_ERR_ARGUMENT, text, "%zu interfaces of the %s have this name", found,
                 side);
    rh_error_hint(error, "name it by its GUID in the map, for example %s", interface->guid);
    return RH_ERR_ARGUMENT;
  }
  *out = (size_t)(interface - list->items);
  return RH_OK;
}

static void pair(mapping *map, size_t source, size_t destination, rh_map_reason reason) {
  map->of_source[source].destination = &map->destination->items[destination];
  map->of_source[source].reason = reason;
  map->taken[destination] = true;
}

static rh_status pair_given(mapping *map, const rh_map_entry *entry, rh_error *error) {
  size_t source = 0, destination = 0;
  rh_status status = find_meant(&source, map->source, entry->source, "source", error);
  if (status != RH_OK)
    return status;
  if (map->named[source]) {
    rh_error_set(error, RH_ERR_ARGUMENT, entry->source, "the map has this source twice");
    rh_error_hint(error, "keep one of its lines");
    return RH_ERR_ARGUMENT;
  }
  map->named[source] = true;
  map->of_source[source].reason = RH_MAP_GIVEN;
  if (!entry->destination || entry->destination[0] == '\0')
    return RH_OK;
  status = find_meant(&destination, map->destination, entry->destination, "destination", error);
  if (status != RH_OK)
    return status;
  if (map->taken[destination]) {
    rh_error_set(error, RH_ERR_ARGUMENT, entry->destination,
                 "the map gives this destination twice");
    rh_error_hint(error, "give each source an interface of its own, or none: %s =", entry->source);
    return RH_ERR_ARGUMENT;
  }
  pair(map, source, destination, RH_MAP_GIVEN);
  return RH_OK;
}

static bool same_name(const rh_interface *a, const rh_interface *b) {
  return rh_name_equal(a->name, b->name);
}

/* The network and the mask of an interface's address; false where it says nothing of a subnet:
 * without a mask, or in 169.254/16, where Windows puts whoever has no address. */
static bool network_of(uint32_t *network, uint32_t *mask, const rh_interface *interface,
                       size_t index) {
  uint32_t address;
  if (!rh_ipv4_parse(&address, interface->addresses.items[index]) ||
      !rh_ipv4_parse_mask(mask, interface->masks.items[index]))
    return false;
  *network = address & *mask;
  return address >> 16 != 0xA9FE;
}

static bool same_subnet(const rh_interface *a, const rh_interface *b) {
  uint32_t network[2], mask[2];
  for (size_t i = 0; i < a->addresses.count; i++) {
    if (!network_of(&network[0], &mask[0], a, i))
      continue;
    for (size_t j = 0; j < b->addresses.count; j++)
      if (network_of(&network[1], &mask[1], b, j) && network[0] == network[1] && mask[0] == mask[1])
        return true;
  }
  return false;
}

typedef bool (*likeness)(const rh_interface *a, const rh_interface *b);

static bool is_open_source(const mapping *map, size_t index) {
  return map->source->items[index].is_card && map->of_source[index].reason == RH_MAP_NONE;
}

static bool is_open_destination(const mapping *map, size_t index) {
  return map->destination->items[index].is_card && !map->taken[index];
}

/* How many open destinations are like a source; *last is one of them. */
static size_t count_destinations(const mapping *map, size_t source, likeness like, size_t *last) {
  size_t count = 0;
  for (size_t i = 0; i < map->destination->count; i++) {
    if (is_open_destination(map, i) &&
        like(&map->source->items[source], &map->destination->items[i])) {
      *last = i;
      count++;
    }
  }
  return count;
}

static size_t count_sources(const mapping *map, size_t destination, likeness like) {
  size_t count = 0;
  for (size_t i = 0; i < map->source->count; i++)
    count += is_open_source(map, i) &&
             like(&map->source->items[i], &map->destination->items[destination]);
  return count;
}

/* Pairs the open cards that are like each other and like no third. */
static void pair_alike(mapping *map, likeness like, rh_map_reason reason) {
  for (size_t i = 0; i < map->source->count; i++) {
    size_t destination = 0;
    if (is_open_source(map, i) && count_destinations(map, i, like, &destination) == 1 &&
        count_sources(map, destination, like) == 1)
      pair(map, i, destination, reason);
  }
}

/* Keeps the pairs of cards and of what the user named. */
static void take_pairs(rh_interface_map *out, mapping *map) {
  out->pairs = map->of_source;
  map->of_source = NULL;
  for (size_t i = 0; i < map->source->count; i++)
    if (map->source->items[i].is_card || map->named[i])
      out->pairs[out->count++] = out->pairs[i];
}

rh_status rh_interface_map_build(rh_interface_map *out, const rh_interface_list *source,
                                 const rh_interface_list *destination, const rh_map_entry *entries,
                                 size_t entry_count, rh_error *error) {
  *out = (rh_interface_map){0};
  mapping map = {source, destination, NULL, NULL, NULL};
  rh_status status = RH_OK;
  map.of_source = rh_alloc_zero(source->count, sizeof *map.of_source);
  map.named = rh_alloc_zero(source->count, sizeof *map.named);
  map.taken = rh_alloc_zero(destination->count, sizeof *map.taken);
  if (!map.of_source || !map.named || !map.taken) {
    status = rh_error_memory(error);
    goto done;
  }
  for (size_t i = 0; i < source->count; i++)
    map.of_source[i] = (rh_interface_pair){&source->items[i], NULL, RH_MAP_NONE};
  for (size_t i = 0; i < entry_count && status == RH_OK; i++)
    status = pair_given(&map, &entries[i], error);
  if (status != RH_OK)
    goto done;
  pair_alike(&map, same_name, RH_MAP_NAME);
  pair_alike(&map, same_subnet, RH_MAP_SUBNET);
  take_pairs(out, &map);
done:
  rh_free(map.of_source);
  rh_free(map.named);
  rh_free(map.taken);
  return status;
}

void rh_interface_map_dispose(rh_interface_map *map) {
  rh_free(map->pairs);
  *map = (rh_interface_map){0};
}

const char *rh_map_reason_name(rh_map_reason reason) {
  switch (reason) {
  case RH_MAP_GIVEN:
    return "given";
  case RH_MAP_NAME:
    return "name";
  case RH_MAP_SUBNET:
    return "subnet";
  case RH_MAP_NONE:
    return "none";
  }
  return "unknown";
}
