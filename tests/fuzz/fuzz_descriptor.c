/* Fuzz target: the input is two security descriptors, the first with its length in front. What is
 * read can be written and read again; what is inherited from it is sound; neither is wider than
 * itself. */
#include "base/reader.h"
#include "security/inherit.h"
#include "security/wider.h"
#include "security/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds) {
  if (!holds)
    abort();
}

static void round_trip(const rh_descriptor *read) {
  rh_buffer bytes = {0}, words = {0};
  rh_descriptor again;
  bool wider = true;
  must(rh_descriptor_build(&bytes, read, NULL) == RH_OK);
  must(rh_descriptor_parse(&again, bytes.data, bytes.len, NULL) == RH_OK);
  must(rh_descriptor_same(read, &again));
  must(rh_descriptor_is_wider(&wider, NULL, read, &again, NULL) == RH_OK && !wider);
  must(rh_descriptor_describe(&words, read, NULL) == RH_OK);
  rh_descriptor_dispose(&again);
  rh_buffer_dispose(&bytes);
  rh_buffer_dispose(&words);
}

/* A file's entries are all in effect; a folder's know where they come from. */
static void check_heir(const void *parent, size_t len, bool folder) {
  rh_buffer bytes = {0};
  rh_descriptor heir;
  rh_status status = rh_descriptor_inherit(&bytes, parent, len, folder, NULL);
  must(status == RH_OK || status == RH_ERR_LIMIT);
  if (status == RH_OK) {
    must(rh_descriptor_parse(&heir, bytes.data, bytes.len, NULL) == RH_OK);
    must(heir.dacl.count > 0 && heir.owner.len > 0 && heir.group.len > 0);
    bool inherited = heir.control & RH_SE_DACL_AUTO_INHERITED;
    for (size_t i = 0; i < heir.dacl.count; i++) {
      unsigned flags = heir.dacl.aces[i].flags & RH_ACE_INHERITANCE;
      must(!inherited ? flags == 0 : folder ? flags & RH_ACE_INHERITED : flags == RH_ACE_INHERITED);
    }
    round_trip(&heir);
    rh_descriptor_dispose(&heir);
  }
  rh_buffer_dispose(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  rh_descriptor a = {0}, b = {0};
  rh_buffer why = {0};
  bool wider = false;
  rh_reader input = rh_reader_of(data, len);
  size_t a_len = rh_reader_u16(&input), left = input.len - input.position;
  a_len = a_len < left ? a_len : left;
  const unsigned char *a_data = rh_reader_bytes(&input, a_len);
  size_t b_len = left - a_len;
  const unsigned char *b_data = rh_reader_bytes(&input, b_len);
  bool a_sound = rh_descriptor_parse(&a, a_data, a_len, NULL) == RH_OK;
  bool b_sound = rh_descriptor_parse(&b, b_data, b_len, NULL) == RH_OK;
  if (a_sound) {
    round_trip(&a);
    check_heir(a_data, a_len, false);
    check_heir(a_data, a_len, true);
  }
  if (a_sound && b_sound) {
    must(rh_descriptor_is_wider(&wider, &why, &a, &b, NULL) == RH_OK);
    must(wider == (why.len > 0));
  }
  rh_descriptor_dispose(&a);
  rh_descriptor_dispose(&b);
  rh_buffer_dispose(&why);
  return 0;
}
