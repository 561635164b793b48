/* Marvin32, the hash that guards the entries of new-format logs.
 *
 * Two words of state take in one little-endian word of data a round; the end is padded with a byte
 * 0x80 and stirred twice. Seed: the number 0x82EF4D887A4E55C5, whose bytes [regf spec] gives in the
 * order in which they are written here; real logs tell which end comes first. */
#include "registry/hive/log.h"

static uint32_t rotate(uint32_t word, unsigned count) {
  return word << count | word >> (32 - count);
}

static void stir(uint32_t *low, uint32_t *high) {
  *high ^= *low;
  *low = rotate(*low, 20) + *high;
  *high = rotate(*high, 9) ^ *low;
  *low = rotate(*low, 27) + *high;
  *high = rotate(*high, 19);
}

uint64_t hive_marvin32(const unsigned char *data, size_t len) {
  uint32_t low = 0x7A4E55C5u, high = 0x82EF4D88u;
  for (size_t at = 0; at < len; at += 4) {
    low += rh_load_u32(data + at);
    stir(&low, &high);
  }
  low += 0x80;
  stir(&low, &high);
  stir(&low, &high);
  return (uint64_t)high << 32 | low;
}
