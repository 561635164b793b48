/* Fuzz target of the parsers in Lua: runs tests/fuzz/NAME.lua, a spec that sees the modules of
 * remote-access, in the sandbox with the input as the text `input`. It aborts when a test fails or
 * goes beyond the limits.
 *
 * The fuzzer sees no branch of Lua code; what the spec prints tells it that an input is new. */
#include "base/file.h"
#include "script/script.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX_LEN 16384             /* of an input */
#define MEMORY ((size_t)24 << 20) /* all of Lua, the parser included: some 1,000 times MAX_LEN */
#define INSTRUCTIONS 200000000u   /* of one input */

#ifdef REHOME_FUZZ
__attribute__((section("__libfuzzer_extra_counters")))
#endif
static unsigned char told[4096];

static void on_print(void *payload, const char *text) {
  uint32_t sum = 2166136261u; /* FNV-1a */
  (void)payload;
  for (; *text; text++)
    sum = (sum ^ (unsigned char)*text) * 16777619u;
  told[sum % sizeof told] = 1;
}

static void fail(const char *message) {
  fprintf(stderr, "%s\n", message);
  abort();
}

/* `local input = "..."`, then the spec: on one line, so that its lines keep their numbers. */
static rh_status make_chunk(rh_buffer *out, const rh_buffer *spec, const uint8_t *data,
                            size_t len) {
  static const char start[] = "local input = \"", end[] = "\" ";
  rh_status status = rh_buffer_append(out, start, sizeof start - 1, NULL);
  for (size_t i = 0; status == RH_OK && i < len; i++) {
    char escaped[8];
    int size = snprintf(escaped, sizeof escaped, "\\%03u", data[i]);
    status = rh_buffer_append(out, escaped, (size_t)size, NULL);
  }
  if (status == RH_OK)
    status = rh_buffer_append(out, end, sizeof end - 1, NULL);
  return status == RH_OK ? rh_buffer_append(out, spec->data, spec->len, NULL) : status;
}

static void check(const json_t *results) {
  json_t *item;
  size_t index;
  json_array_foreach(results, index, item) {
    if (!json_is_true(json_object_get(item, "ok")))
      fail(json_string_value(json_object_get(item, "message")));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  static rh_script *script; /* opened once; nothing that an input leaves is reached by the next */
  static rh_buffer spec;
  const rh_script_options options = {
      .memory_limit = MEMORY, .instruction_limit = INSTRUCTIONS, .on_print = on_print};
  rh_buffer chunk = {0};
  rh_error error = {0};
  json_t *results = NULL;
  if (len > MAX_LEN)
    return 0;
  if (!script && (rh_file_read(&spec, FUZZ_SPEC, 1 << 20, &error) != RH_OK ||
                  rh_script_open(&script, &options, &error) != RH_OK))
    fail(error.message);
  if (make_chunk(&chunk, &spec, data, len) == RH_OK) {
    json_t *run = json_pack("{s:s, s:s, s:s%}", "playbook", "remote-access", "name", "spec", "text",
                            rh_buffer_text(&chunk), chunk.len);
    if (!run || rh_script_view(script, "spec", run, &results, &error) != RH_OK)
      fail(run ? error.message : "out of memory");
    json_decref(run);
    check(results);
  }
  json_decref(results);
  rh_buffer_dispose(&chunk);
  return 0;
}
