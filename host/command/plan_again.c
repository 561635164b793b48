/* Planning once more with what a plan was made of: its playbooks, parameters and map. */
#include "command/command.h"

#include <string.h>

/* One of a folder that is not given again is another playbook, and not a changed one. */
static rh_status refuse_changed(const json_t *planned, const json_t *found, rh_error *error) {
  const char *id = json_string_value(json_object_get(planned, "id"));
  const char *was = json_string_value(json_object_get(planned, "source"));
  const char *is = json_string_value(json_object_get(found, "source"));
  if (!was || !is || strcmp(was, is) == 0) {
    rh_error_set(error, RH_ERR_STALE, id, "the playbook was changed after the plan was made");
    rh_error_hint(error, "make a new plan");
  } else if (strcmp(is, "embedded") == 0) {
    rh_error_set(error, RH_ERR_STALE, id,
                 "the plan was made with a playbook of your own, and this one comes with rehome");
    rh_error_hint(error, "give its folder with --playbook-path, or make a new plan");
  } else {
    rh_error_set(error, RH_ERR_STALE, id,
                 "the plan was made with the playbook that comes with rehome, and this one is of a "
                 "folder");
    rh_error_hint(error, "leave that --playbook-path out, or make a new plan");
  }
  return RH_ERR_STALE;
}

static rh_status check_digests(const json_t *planned, const json_t *found, rh_error *error) {
  size_t index;
  json_t *playbook;
  json_array_foreach(planned, index, playbook) {
    const json_t *is = json_array_get(found, index);
    if (!json_equal(json_object_get(playbook, "sha256"), json_object_get(is, "sha256")))
      return refuse_changed(playbook, is, error);
  }
  return RH_OK;
}

rh_status rh_open_planned_script(rh_cli *cli, const rh_plan *plan, rh_script **out,
                                 rh_error *error) {
  const json_t *planned = json_object_get(rh_plan_document(plan), "playbooks");
  size_t count = json_array_size(planned);
  const char **ids = rh_alloc_zero(count, sizeof *ids);
  json_t *found = NULL;
  *out = NULL;
  for (size_t i = 0; ids && i < count; i++)
    ids[i] = json_string_value(json_object_get(json_array_get(planned, i), "id"));
  rh_words words = {ids, count};
  rh_status status = ids ? rh_load_script(cli, out, &words, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_script_describe(*out, &found, error);
  if (status == RH_OK)
    status = check_digests(planned, found, error);
  if (status != RH_OK) {
    rh_script_free(*out);
    *out = NULL;
  }
  json_decref(found);
  rh_free(ids);
  return status;
}

/* {"playbook": {"name": value}} of a plan as the flat table that a session takes. */
static json_t *flat_parameters(const rh_plan *plan) {
  json_t *flat = json_object(), *values;
  const char *playbook;
  json_object_foreach(json_object_get(rh_plan_document(plan), "parameters"), playbook, values) {
    json_object_update(flat, values);
  }
  return flat;
}

/* The names that a plan waives. */
static json_t *planned_waivers(const rh_plan *plan) {
  json_t *names = json_array(), *item;
  size_t index;
  json_array_foreach(json_object_get(rh_plan_document(plan), "waived"), index, item) {
    json_array_append(names, json_object_get(item, "name"));
  }
  return names;
}

static rh_status planned_map(const rh_plan *plan, rh_migration *out, rh_error *error) {
  size_t index;
  json_t *pair;
  const json_t *map = json_object_get(rh_plan_document(plan), "map");
  out->map = rh_alloc_zero(json_array_size(map), sizeof *out->map);
  if (!out->map)
    return rh_error_memory(error);
  json_array_foreach(map, index, pair) {
    const char *destination =
        json_string_value(json_object_get(json_object_get(pair, "destination"), "guid"));
    rh_map_entry *entry = &out->map[out->map_count++];
    entry->source =
        rh_copy_text(json_string_value(json_object_get(json_object_get(pair, "source"), "guid")));
    entry->destination = rh_copy_text(destination ? destination : "");
    if (!entry->source || !entry->destination)
      return rh_error_memory(error);
  }
  return RH_OK;
}

static rh_exit say_what_is_left(rh_cli *cli, const rh_plan *second, bool source_changed,
                                json_t *document) {
  size_t left = rh_plan_change_count(second);
  json_object_set_new(document, "changes_left", json_integer((json_int_t)left));
  if (left == 0) {
    rh_say(cli, "  planned again: nothing is left to change");
    return RH_EXIT_DONE;
  }
  if (source_changed)
    rh_warn(cli, "planned again from the source as it is now, %zu changes would be made:", left);
  else
    rh_warn(cli, "planned again, %zu changes are left:", left);
  rh_view_plan(cli, second);
  /* A source that went on living says nothing about the destination. */
  return source_changed ? RH_EXIT_DONE : RH_EXIT_DIFFERS;
}

rh_exit rh_plan_again(rh_cli *cli, const rh_plan *plan, rh_script *script, bool source_changed,
                      json_t *document) {
  rh_migration again = {.script = script};
  rh_error error = {0};
  rh_plan *second = NULL;
  rh_age_keys keys = {0};
  rh_status status = rh_read_keys(cli, &keys, &error);
  if (status == RH_OK)
    status = rh_machine_open(&again.source, rh_plan_source(plan), &keys, &error);
  rh_age_keys_dispose(&keys);
  if (status != RH_OK) {
    rh_warn(cli, "the source cannot be read now, so it was not planned again: %s", error.message);
    rh_migration_close(&again);
    return RH_EXIT_DONE;
  }
  status = rh_machine_open(&again.destination, rh_plan_destination(plan), NULL, &error);
  if (status == RH_OK) {
    rh_machine_accept_dirty(again.destination); /* as it was when the plan was made */
    status = rh_machine_overlay(&again.overlay, again.destination, &error);
  }
  if (status == RH_OK)
    status = planned_map(plan, &again, &error);
  again.parameters = flat_parameters(plan);
  again.excluded = json_incref(json_object_get(rh_plan_document(plan), "excluded"));
  again.waived = planned_waivers(plan);
  again.beside = json_incref(json_object_get(rh_plan_document(plan), "beside"));
  again.certificates = json_incref(json_object_get(rh_plan_document(plan), "certificates"));
  again.session =
      (rh_session){.source = again.source,
                   .destination = again.overlay,
                   .map = again.map,
                   .map_count = again.map_count,
                   .parameters = again.parameters,
                   .excluded = again.excluded,
                   .certificates = again.certificates,
                   .waived = again.waived,
                   .beside = again.beside,
                   .time = json_integer_value(json_object_get(rh_plan_document(plan), "time"))};
  if (status == RH_OK)
    status = rh_plan_new(&second, &error);
  if (status == RH_OK)
    status = rh_script_plan(script, &again.session, second, &error);
  rh_exit code = RH_EXIT_DONE;
  if (status != RH_OK) {
    rh_fail(cli, &error);
    code = RH_EXIT_DIFFERS; /* not what the error alone would be: the destination has changed */
  } else {
    code = say_what_is_left(cli, second, source_changed, document);
  }
  rh_plan_free(second);
  rh_migration_close(&again);
  return code;
}
