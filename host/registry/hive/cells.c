/* Cells of a hive that is being changed: where they are, which are free, taking and freeing them.
 *
 * Free cells hang in doubly linked lists by size, whose links lie beside the hive, one for each
 * possible cell. Sizes up to 504 bytes have a list each, larger ones a list for each power of 2. */
#include "registry/hive/internal.h"

#include <string.h>

#define PAGE 4096u
#define EXACT_CLASSES 64u
#define CANDIDATES 64 /* how far a list of mixed sizes is searched for one that fits */

static unsigned char *bytes_at(rh_hive *hive, uint32_t offset) {
  return hive->memory.data + HIVE_BASE_LEN + offset;
}

static void publish(rh_hive *hive) {
  hive->data = hive->memory.data;
}

static bool is_start(const hive_space *space, uint32_t offset) {
  uint32_t unit = offset / 8;
  return space->starts[unit / 64] >> unit % 64 & 1;
}

static void mark_start(hive_space *space, uint32_t offset, bool start) {
  uint32_t unit = offset / 8;
  uint64_t bit = (uint64_t)1 << unit % 64;
  if (start)
    space->starts[unit / 64] |= bit;
  else
    space->starts[unit / 64] &= ~bit;
}

/* A bin begins at offset, and not a cell, which in a bin of several pages may lie there as well: no
 * cell is as large as "hbin" read as a size. */
static bool is_bin(rh_hive *hive, uint32_t offset) {
  return offset % PAGE == 0 && memcmp(bytes_at(hive, offset), "hbin", 4) == 0 &&
         rh_load_u32(bytes_at(hive, offset) + 4) == offset;
}

/* The size of the free cell at offset, 0 when no free cell begins there. */
static uint32_t free_size(rh_hive *hive, uint32_t offset) {
  if (offset >= hive->bins_size || !is_start(&hive->space, offset) || is_bin(hive, offset))
    return 0;
  uint32_t size = rh_load_u32(bytes_at(hive, offset));
  return size > HIVE_BINS_MAX ? 0 : size;
}

static unsigned class_of(uint32_t size) {
  uint32_t units = size / 8;
  if (units < EXACT_CLASSES)
    return units;
  unsigned size_class = EXACT_CLASSES;
  while (units >= 2 * EXACT_CLASSES) {
    units /= 2;
    size_class++;
  }
  return size_class;
}

static void set_head(hive_space *space, unsigned size_class, uint32_t offset) {
  uint64_t bit = (uint64_t)1 << size_class % 64;
  space->heads[size_class] = offset;
  if (offset)
    space->filled[size_class / 64] |= bit;
  else
    space->filled[size_class / 64] &= ~bit;
}

/* The first class from size_class on whose list is not empty, HIVE_CLASSES when there is none. */
static unsigned next_filled(const hive_space *space, unsigned size_class) {
  for (; size_class < HIVE_CLASSES; size_class = (size_class / 64 + 1) * 64) {
    uint64_t bits = space->filled[size_class / 64] >> size_class % 64;
    if (bits)
      return size_class + (unsigned)__builtin_ctzll(bits);
  }
  return HIVE_CLASSES;
}

/* Makes [offset, offset + size) one free cell. */
static void enter_free(rh_hive *hive, uint32_t offset, uint32_t size) {
  hive_space *space = &hive->space;
  unsigned size_class = class_of(size);
  uint32_t head = space->heads[size_class];
  rh_store_u32(bytes_at(hive, offset), size);
  mark_start(space, offset, true);
  space->links[offset / 8] = (hive_link){.next = head};
  if (head)
    space->links[head / 8].previous = offset;
  set_head(space, size_class, offset);
}

static void leave_free(rh_hive *hive, uint32_t offset, uint32_t size) {
  hive_space *space = &hive->space;
  hive_link link = space->links[offset / 8];
  if (link.previous)
    space->links[link.previous / 8].next = link.next;
  else
    set_head(space, class_of(size), link.next);
  if (link.next)
    space->links[link.next / 8].previous = link.previous;
}

/* Room in the map for bins of this size. */
static rh_status reserve_space(hive_space *space, uint32_t bins_size, rh_error *error) {
  size_t words = (size_t)bins_size / 512;
  if (space->starts && words <= space->word_capacity)
    return RH_OK;
  size_t capacity = words + words / 2;
  uint64_t *starts = rh_resize(space->starts, capacity, sizeof *starts);
  if (!starts)
    return rh_error_memory(error);
  space->starts = starts;
  hive_link *links = rh_resize(space->links, capacity * 64, sizeof *links);
  if (!links)
    return rh_error_memory(error);
  space->links = links;
  memset(starts + space->word_capacity, 0, (capacity - space->word_capacity) * sizeof *starts);
  space->word_capacity = capacity;
  return RH_OK;
}

/* Maps the cells of one bin. What lies behind a broken cell is left alone for good. */
static void map_bin(rh_hive *hive, uint32_t bin, uint32_t bin_size) {
  mark_start(&hive->space, bin, true);
  for (uint32_t offset = bin + HIVE_BIN_HEADER_LEN; offset < bin + bin_size;) {
    uint32_t field = rh_load_u32(bytes_at(hive, offset));
    uint32_t size = field > HIVE_BINS_MAX ? 0u - field : field;
    if (size < 8 || size % 8 != 0 || size > bin + bin_size - offset)
      return;
    if (size == field)
      enter_free(hive, offset, size);
    else
      mark_start(&hive->space, offset, true);
    offset += size;
  }
}

rh_status hive_require_bins(rh_hive *hive, rh_error *error) {
  if (hive->space.starts)
    return RH_OK;
  if (!hive->damaged)
    return hive_check_bins(hive->data, HIVE_BASE_LEN + (size_t)hive->bins_size,
                           hive->registry.label, error);
  rh_error_set(error, RH_ERR_FORMAT, hive->registry.label,
               "is a damaged hive, which can be read but not be changed");
  rh_error_hint(error, "make a fresh one of it: rehome hive rebuild FILE -o OUT");
  return RH_ERR_FORMAT;
}

rh_status hive_own(rh_hive *hive, rh_error *error) {
  if (hive->space.starts)
    return RH_OK;
  size_t len = HIVE_BASE_LEN + (size_t)hive->bins_size;
  hive_space space = {0};
  rh_status status = hive_require_bins(hive, error);
  if (status == RH_OK)
    status = reserve_space(&space, hive->bins_size, error);
  if (status == RH_OK && !hive->memory.data)
    status = rh_buffer_append(&hive->memory, hive->data, len, error);
  if (status != RH_OK) {
    hive_space_dispose(&space);
    return status;
  }
  rh_platform_unmap(&hive->mapping);
  publish(hive);
  hive->space = space;
  for (uint32_t bin = 0; bin < hive->bins_size;) {
    uint32_t size = rh_load_u32(bytes_at(hive, bin) + 8);
    map_bin(hive, bin, size);
    bin += size;
  }
  return RH_OK;
}

/* One more bin at the end, with one free cell that has room for size bytes. */
static rh_status add_bin(rh_hive *hive, uint32_t size, rh_error *error) {
  uint32_t bin = hive->bins_size;
  if (size > HIVE_BINS_MAX - HIVE_BIN_HEADER_LEN - PAGE)
    size = HIVE_BINS_MAX;
  uint32_t bin_size = (size + HIVE_BIN_HEADER_LEN + PAGE - 1) / PAGE * PAGE;
  if (size == HIVE_BINS_MAX || bin_size > HIVE_BINS_MAX - bin)
    return rh_error_set(error, RH_ERR_LIMIT, hive->registry.label,
                        "the hive would be larger than 2 GiB");
  rh_status status = reserve_space(&hive->space, bin + bin_size, error);
  if (status == RH_OK)
    status = rh_buffer_append_zero(&hive->memory, bin_size, error);
  if (status != RH_OK)
    return status;
  publish(hive);
  hive->bins_size += bin_size;
  unsigned char *header = bytes_at(hive, bin);
  memcpy(header, "hbin", 4);
  rh_store_u32(header + 4, bin);
  rh_store_u32(header + 8, bin_size);
  mark_start(&hive->space, bin, true);
  enter_free(hive, bin + HIVE_BIN_HEADER_LEN, bin_size - HIVE_BIN_HEADER_LEN);
  return RH_OK;
}

/* A free cell of at least size bytes, 0 when there is none. */
static uint32_t find_free(rh_hive *hive, uint32_t size) {
  const hive_space *space = &hive->space;
  for (unsigned size_class = next_filled(space, class_of(size)); size_class < HIVE_CLASSES;
       size_class = next_filled(space, size_class + 1)) {
    uint32_t offset = space->heads[size_class];
    for (int i = 0; offset && i < CANDIDATES; i++, offset = space->links[offset / 8].next) {
      if (rh_load_u32(bytes_at(hive, offset)) >= size)
        return offset;
    }
  }
  return 0;
}

rh_status hive_allocate(rh_hive *hive, uint32_t len, uint32_t *out, rh_error *error) {
  *out = HIVE_NONE;
  if (len > HIVE_BINS_MAX - PAGE)
    return rh_error_set(error, RH_ERR_LIMIT, hive->registry.label,
                        "a cell of %u bytes does not fit into a hive", (unsigned)len);
  uint32_t size = (len + 4 + 7) / 8 * 8;
  uint32_t offset = find_free(hive, size);
  if (!offset) {
    rh_status status = add_bin(hive, size, error);
    if (status != RH_OK)
      return status;
    offset = find_free(hive, size);
  }
  uint32_t found = rh_load_u32(bytes_at(hive, offset));
  leave_free(hive, offset, found);
  if (found > size)
    enter_free(hive, offset + size, found - size);
  memset(bytes_at(hive, offset), 0, size);
  rh_store_u32(bytes_at(hive, offset), 0u - size);
  *out = offset;
  hive->generation++;
  return RH_OK;
}

/* The start of what lies before offset in the same bin, which may be the bin's header. */
static uint32_t start_before(const hive_space *space, uint32_t offset) {
  uint32_t unit = offset / 8 - 1;
  uint64_t word = space->starts[unit / 64] << (63 - unit % 64);
  while (!word) {
    unit = unit / 64 * 64 - 1;
    word = space->starts[unit / 64];
  }
  while (!(word >> 63)) {
    word <<= 1;
    unit--;
  }
  return unit * 8;
}

void hive_release(rh_hive *hive, uint32_t offset) {
  uint32_t len;
  if (!hive_cell_for_change(hive, offset, 4, &len))
    return;
  uint32_t size = len + 4;
  uint32_t before = start_before(&hive->space, offset);
  uint32_t before_size = free_size(hive, before);
  uint32_t after_size = free_size(hive, offset + size);
  if (after_size) {
    leave_free(hive, offset + size, after_size);
    mark_start(&hive->space, offset + size, false);
    size += after_size;
  }
  if (before_size && before + before_size == offset) {
    leave_free(hive, before, before_size);
    mark_start(&hive->space, offset, false);
    offset = before;
    size += before_size;
  }
  enter_free(hive, offset, size);
  hive->generation++;
}

unsigned char *hive_cell_for_change(rh_hive *hive, uint32_t offset, uint32_t need, uint32_t *len) {
  if (!hive->space.starts || !hive_cell(hive, offset, need, len) ||
      !is_start(&hive->space, offset) || is_bin(hive, offset))
    return NULL;
  return bytes_at(hive, offset) + 4;
}

void hive_space_dispose(hive_space *space) {
  rh_free(space->starts);
  rh_free(space->links);
  *space = (hive_space){0};
}
