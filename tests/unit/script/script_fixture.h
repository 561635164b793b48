/* For the script tests: a small engine in the place of the real one, which runs a text as a
 * playbook: as a spec without machines, or as a check with those of a session. */
#ifndef TEST_SCRIPT_FIXTURE_H
#define TEST_SCRIPT_FIXTURE_H

#include "script/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char test_engine[] =
    "local M, playbook, scopes = {}, nil, {}\n"
    "local function run(text, name, words)\n"
    "  local env = host.sandbox()\n"
    "  env.freeze, env.stdlib, env.sha256 = host.freeze, host.stdlib, host.sha256\n"
    "  for word, value in pairs(words) do env[word] = value end\n"
    "  local chunk, message = host.load(text, '@' .. name, env)\n"
    "  if not chunk then error(message, 0) end\n"
    "  return chunk()\n"
    "end\n"
    "function M.spec(o) return { result = run(o.text, o.name, { machine = host.new_machine,\n"
    "    scoped = host.scoped, host = o.name == 'trusted' and host or nil }) } end\n"
    "function M.load(o)\n"
    "  playbook = o.ids[1]\n"
    "  scopes = { registry = { o.ids[2] }, files = { o.ids[3] }, certificates = { o.ids[4] } }\n"
    "end\n"
    "function M.scopes() return scopes end\n"
    "function M.check(session)\n"
    "  local source = host.scoped(session.source, { reads = scopes }, 'remote-access')\n"
    "  local destination = host.scoped(session.destination, { reads = scopes, writes = scopes },\n"
    "                                  'remote-access')\n"
    "  return { result = run(playbook, 'remote-access/checks.lua', { source = source,\n"
    "    destination = destination, map = session.map, request = session.request,\n"
    "    copy = { session.source, session.destination } }) }\n"
    "end\n"
    "function M.plan(session) return M.check(session).result end\n"
    "return M\n";

static inline rh_script *open_script(const rh_script_options *options) {
  rh_script *script = NULL;
  rh_error error = {0};
  if (script_open_with(&script, options, test_engine, sizeof test_engine - 1, &error) != RH_OK)
    fail_msg("open: %s: %s", error.object, error.message);
  return script;
}

static inline rh_status run_named(rh_script *script, const char *name, const char *text,
                                  json_t **out, rh_error *error) {
  json_t *document = NULL;
  *out = NULL;
  rh_status status = rh_script_run_spec(script, name, text, strlen(text), &document, error);
  if (status == RH_OK)
    *out = json_incref(json_object_get(document, "result"));
  json_decref(document);
  return status;
}

/* Runs a text as a playbook and compares what it returns, as compact JSON with sorted keys. */
static inline void expect_result(rh_script *script, const char *name, const char *text,
                                 const char *expected) {
  rh_error error = {0};
  json_t *result = NULL;
  if (run_named(script, name, text, &result, &error) != RH_OK)
    fail_msg("%s\n%s: %s (%s)", text, error.object, error.message, error.hint);
  char *dump = result ? json_dumps(result, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
  if (strcmp(dump ? dump : "nothing", expected) != 0)
    fail_msg("%s\ngives %s\nnot   %s", text, dump ? dump : "nothing", expected);
  free(dump);
  json_decref(result);
}

#define EXPECT(script, text, expected)                                                             \
  expect_result(script, "remote-access/checks.lua", text, expected)

/* Runs a text that has to fail, with this in "object: message". */
static inline void expect_error(rh_script *script, const char *text, rh_status code,
                                const char *message) {
  rh_error error = {0};
  json_t *result = NULL;
  rh_status status = run_named(script, "remote-access/checks.lua", text, &result, &error);
  if (status == RH_OK)
    fail_msg("no error: %s", text);
  if (status != code || error.code != code)
    fail_msg("%s\n%s instead of %s: %s", text, rh_status_name(status), rh_status_name(code),
             error.message);
  char said[sizeof error.object + sizeof error.message + 2];
  snprintf(said, sizeof said, "%s: %s", error.object, error.message);
  if (!strstr(said, message))
    fail_msg("%s\n'%s' is not in '%s'", text, message, said);
}

#endif
