/* For tests: security descriptors from a little SDDL [MS-DTYP 2.5.1], built by code of its own.
 *
 *   O:BAG:SYD:PAI(A;OICI;0x1f01ff;;;SY)(XA;;FR;;;WD;artx)S:(AU;SA;FA;;;WD)(ML;;0x1;;;ME)
 *
 * D:NULL is a list that is not there. The order is SACL, DACL, owner, group. */
#ifndef TEST_MAKE_DESCRIPTOR_H
#define TEST_MAKE_DESCRIPTOR_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct made {
  unsigned char data[70000];
  size_t len;
} made;

static inline void put(made *out, uint64_t number, int count) {
  for (int i = 0; i < count; i++)
    out->data[out->len++] = (unsigned char)(number >> (8 * i));
}

static inline void put_at(made *out, size_t at, uint64_t number, int count) {
  size_t len = out->len;
  out->len = at;
  put(out, number, count);
  out->len = len;
}

/* "BA" or "S-1-5-32-544", up to the end or one of ";)". Gives what follows. */
static inline const char *put_sid(made *out, const char *text) {
  static const char *const short_names[][2] = {
      {"BA", "S-1-5-32-544"},
      {"BU", "S-1-5-32-545"},
      {"SY", "S-1-5-18"},
      {"WD", "S-1-1-0"},
      {"CO", "S-1-3-0"},
      {"CG", "S-1-3-1"},
      {"OW", "S-1-3-4"},
      {"AN", "S-1-5-7"},
      {"AU", "S-1-5-11"},
      {"LW", "S-1-16-4096"},
      {"ME", "S-1-16-8192"},
      {"HI", "S-1-16-12288"},
      {"TI", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"}};
  const char *end = NULL, *sid = text;
  for (size_t i = 0; i < sizeof short_names / sizeof *short_names; i++)
    if (strncmp(text, short_names[i][0], 2) == 0) {
      sid = short_names[i][1];
      end = text + 2;
    }
  assert(strncmp(sid, "S-1-", 4) == 0);
  size_t head = out->len;
  char *next = NULL;
  unsigned long long authority = strtoull(sid + 4, &next, 0);
  put(out, 1, 2);
  for (int i = 5; i >= 0; i--)
    put(out, authority >> (8 * i) & 0xFF, 1);
  while (*next == '-') {
    put(out, strtoull(next + 1, &next, 10), 4);
    out->data[head + 1]++;
  }
  return end ? end : next;
}

static inline int number_of(const char *text, const char *const names[][2]) {
  for (size_t i = 0; names[i][0]; i++)
    if (strncmp(text, names[i][0], strlen(names[i][0])) == 0)
      return (int)strtol(names[i][1], NULL, 0);
  return -1;
}

static inline const char *put_ace(made *out, const char *text) {
  static const char *const types[][2] = {
      {"AU;", "2"},    {"OA;", "5"},    {"OD;", "6"},    {"XA;", "9"}, {"XD;", "10"}, {"ML;", "17"},
      {"RA;", "0x12"}, {"SP;", "0x13"}, {"ZZ;", "0x55"}, {"A;", "0"},  {"D;", "1"},   {NULL, NULL}};
  static const char *const flags[][2] = {{"OI", "1"},    {"CI", "2"},    {"NP", "4"},
                                         {"IO", "8"},    {"ID", "0x10"}, {"SA", "0x40"},
                                         {"FA", "0x80"}, {NULL, NULL}};
  static const char *const rights[][2] = {{"FA;", "0x1f01ff"},
                                          {"FR;", "0x120089"},
                                          {"FW;", "0x120116"},
                                          {"FX;", "0x1200a0"},
                                          {NULL, NULL}};
  static const char *const generic[] = {"GR;", "GW;", "GX;", "GA;"};
  size_t head = out->len;
  int type = number_of(text, types), flag;
  assert(type >= 0);
  text = strchr(text, ';') + 1;
  put(out, (uint64_t)type, 4);
  for (; *text != ';'; text += 2) {
    flag = number_of(text, flags);
    assert(flag > 0);
    out->data[head + 1] |= (unsigned char)flag;
  }
  text++;
  uint64_t mask = (uint64_t)number_of(text, rights);
  for (int i = 0; i < 4; i++)
    if (strncmp(text, generic[i], 3) == 0)
      mask = 0x80000000u >> i;
  if (mask == (uint64_t)-1)
    mask = strtoull(text, NULL, 16);
  put(out, mask, 4);
  text = strchr(text, ';') + 1;
  if (type == 5 || type == 6) { /* ";T" an object type, ";I" an inherited one, of 16 equal bytes */
    uint64_t which = *text == 'T' ? 1 : 2;
    put(out, which, 4);
    for (int i = 0; i < 16; i++)
      put(out, 0x77, 1);
  }
  text = strchr(strchr(text, ';') + 1, ';') + 1;
  text = put_sid(out, text);
  if (*text == ';')
    for (text++; *text != ')'; text++)
      put(out, (unsigned char)*text, 1);
  put_at(out, head + 2, out->len - head, 2);
  assert(*text == ')');
  return text + 1;
}

/* The list behind "D:" or "S:"; its flags become control bits, shift 0 for a DACL, 1 for a SACL. */
static inline const char *put_acl(made *out, const char *text, unsigned *control, int shift,
                                  size_t *place) {
  *control |= shift ? 0x10u : 0x4u;
  if (strncmp(text, "NULL", 4) == 0)
    return text + 4;
  for (; *text && *text != '('; text++) {
    if (*text == 'P')
      *control |= 0x1000u << shift;
    else if (strncmp(text, "AI", 2) == 0 && text++)
      *control |= 0x400u << shift;
    else if (*text == '!') /* not SDDL: defaulted */
      *control |= shift ? 0x20u : 0x8u;
    else
      break;
  }
  size_t head = out->len, count = 0;
  *place = head;
  put(out, 2, 8);
  for (; *text == '('; count++)
    text = put_ace(out, text + 1);
  put_at(out, head + 2, out->len - head, 2);
  put_at(out, head + 4, count, 2);
  return text;
}

static inline void make_descriptor(made *out, const char *sddl) {
  size_t owner = 0, group = 0, dacl = 0, sacl = 0;
  unsigned control = 0x8000;
  const char *d = strstr(sddl, "D:"), *s = strstr(sddl, "S:"), *o = strstr(sddl, "O:"),
             *g = strstr(sddl, "G:");
  *out = (made){.len = 20};
  if (s)
    put_acl(out, s + 2, &control, 1, &sacl);
  if (d)
    put_acl(out, d + 2, &control, 0, &dacl);
  if (o) {
    owner = out->len;
    put_sid(out, o + 2);
  }
  if (g) {
    group = out->len;
    put_sid(out, g + 2);
  }
  put_at(out, 0, 1 | control << 16, 4);
  put_at(out, 4, owner, 4);
  put_at(out, 8, group, 4);
  put_at(out, 12, sacl, 4);
  put_at(out, 16, dacl, 4);
}

#endif
