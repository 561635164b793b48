/* Gathering, sorting and pairing the entries of two lists. */
#include "registry/diff_list.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool diff_same_name(const char *a, size_t a_len, const char *b, size_t b_len) {
  return (a_len == b_len && memcmp(a, b, a_len) == 0) || rh_name_compare(a, a_len, b, b_len) == 0;
}

rh_status diff_gather(diff_gathering *into, diff_entry item, const char *name, rh_error *error) {
  if (into->count == into->capacity) {
    size_t capacity = into->capacity ? into->capacity * 2 : 64;
    diff_entry *items = rh_resize(into->items, capacity, sizeof *items);
    if (!items)
      return rh_error_memory(error);
    into->items = items;
    into->capacity = capacity;
  }
  item.name = into->names.len;
  item.order = into->count;
  into->items[into->count] = item;
  rh_status status = rh_buffer_append(&into->names, name, item.name_len, error);
  if (status == RH_OK)
    into->count++;
  return status;
}

static int compare_entries(const void *a, const void *b) {
  const diff_entry *x = a, *y = b;
  int order = rh_name_compare(x->text, x->name_len, y->text, y->name_len);
  if (order == 0 && x->in != y->in)
    order = x->in - y->in;
  return order ? order : (x->order > y->order) - (x->order < y->order);
}

void diff_sort(diff_gathering *all) {
  for (size_t i = 0; i < all->count; i++)
    all->items[i].text = rh_buffer_text(&all->names) + all->items[i].name;
  if (all->count > 1)
    qsort(all->items, all->count, sizeof *all->items, compare_entries);
}

const diff_entry *diff_partner_of(const diff_gathering *all, size_t index) {
  const diff_entry *item = &all->items[index];
  if (index > 0 && all->items[index - 1].in == A &&
      diff_same_name(all->items[index - 1].text, all->items[index - 1].name_len, item->text,
                     item->name_len))
    return NULL;
  for (size_t i = index + 1; i < all->count; i++) {
    const diff_entry *other = &all->items[i];
    if (!diff_same_name(other->text, other->name_len, item->text, item->name_len))
      break;
    if (other->in == B)
      return other;
  }
  return NULL;
}

bool diff_has_partner(const diff_gathering *all, size_t index) {
  const diff_entry *item = &all->items[index];
  if (index == 0)
    return false;
  const diff_entry *before = &all->items[index - 1];
  return before->in == A &&
         diff_same_name(before->text, before->name_len, item->text, item->name_len);
}

void diff_gathering_dispose(diff_gathering *all) {
  rh_free(all->items);
  rh_buffer_dispose(&all->names);
}
