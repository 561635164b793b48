/* Methods of machines about certificates. */
#include "base/text.h"
#include "script/internal.h"

#include <openssl/x509.h>

#define MACHINES_MAX 8

static void set_text(lua_State *L, const char *field, const char *text) {
  lua_pushstring(L, text); /* nil for NULL */
  lua_setfield(L, -2, field);
}

static void set_flag(lua_State *L, const char *field, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, field);
}

static void set_number(lua_State *L, const char *field, lua_Integer number) {
  lua_pushinteger(L, number);
  lua_setfield(L, -2, field);
}

static void set_list(lua_State *L, const char *field, char *const *texts, size_t count) {
  lua_newtable(L);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, texts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, field);
}

/* The DER bytes of the subject name go into scratch.data. */
static rh_status read_subject(script_scratch *scratch, const rh_certificate *certificate) {
  const unsigned char *position = certificate->der, *name = NULL;
  size_t len = 0;
  rh_status status = RH_OK;
  X509 *parsed = d2i_X509(NULL, &position, (long)certificate->der_len);
  rh_buffer_clear(&scratch->data);
  if (!parsed || X509_NAME_get0_der(X509_get_subject_name(parsed), &name, &len) != 1)
    status = rh_error_set(&scratch->error, RH_ERR_FORMAT, certificate->thumbprint,
                          "the certificate's subject cannot be read");
  else
    status = rh_buffer_append(&scratch->data, name, len, &scratch->error);
  X509_free(parsed);
  return status;
}

static void push_certificate(lua_State *L, const rh_certificate *certificate) {
  script_scratch *scratch = &script_of(L)->scratch;
  if (read_subject(scratch, certificate) != RH_OK)
    script_raise(L);
  luaL_checkstack(L, 4, "certificate");
  lua_createtable(L, 0, 18);
  lua_pushlstring(L, rh_buffer_text(&scratch->data), scratch->data.len);
  lua_setfield(L, -2, "subject_der");
  set_text(L, "thumbprint", certificate->thumbprint);
  set_text(L, "sha256", certificate->sha256);
  set_text(L, "subject", certificate->subject);
  set_text(L, "issuer", certificate->issuer);
  set_text(L, "serial", certificate->serial);
  set_text(L, "friendly_name", certificate->friendly_name);
  set_text(L, "key_algorithm", certificate->key_algorithm);
  set_number(L, "key_bits", certificate->key_bits);
  set_number(L, "not_before", certificate->not_before);
  set_number(L, "not_after", certificate->not_after);
  set_list(L, "dns_names", certificate->dns_names, certificate->dns_name_count);
  set_list(L, "usages", certificate->usages, certificate->usage_count);
  set_flag(L, "any_usage", certificate->any_usage);
  set_flag(L, "self_signed", certificate->self_signed);
  set_flag(L, "is_authority", certificate->is_authority);
  set_flag(L, "has_private_key", certificate->has_private_key);
  set_flag(L, "archived", certificate->archived);
}

/* Reads the store argument's certificates into the scratch space. */
static script_scratch *read_store(lua_State *L) {
  const script_machine *self = script_check_machine(L, 1);
  const char *store = script_check_text(L, 2);
  script_need_certificates(L, self, store);
  script_scratch *scratch = script_begin(L);
  if (rh_machine_certificates(script_machine_of(self), store, &scratch->certificates,
                              &scratch->error) != RH_OK)
    script_raise(L);
  return scratch;
}

static int machine_certificates(lua_State *L) {
  script_scratch *scratch = read_store(L);
  lua_newtable(L);
  for (size_t i = 0; i < scratch->certificates.count; i++) {
    push_certificate(L, scratch->certificates.items[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  script_begin(L);
  return 1;
}

/* m:chain(store, thumbprint, {other machines...}, time) */
static int machine_chain(lua_State *L) {
  rh_machine *machines[MACHINES_MAX];
  size_t count = 0;
  machines[count++] = script_machine_of(script_check_machine(L, 1));
  const char *thumbprint = script_check_text(L, 3);
  if (!lua_isnoneornil(L, 4)) {
    luaL_checktype(L, 4, LUA_TTABLE);
    script_unfreeze(L, 4);
    for (lua_Integer i = 1; lua_rawgeti(L, 4, i) != LUA_TNIL; i++) {
      luaL_argcheck(L, count < MACHINES_MAX, 4, "fewer machines expected");
      machines[count++] = script_machine_of(script_check_machine(L, -1));
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  int64_t time = luaL_checkinteger(L, 5);
  script_scratch *scratch = read_store(L);
  const rh_certificate *certificate = NULL;
  for (size_t i = 0; i < scratch->certificates.count && !certificate; i++)
    if (rh_name_equal(scratch->certificates.items[i]->thumbprint, thumbprint))
      certificate = scratch->certificates.items[i];
  if (!certificate)
    return 0;
  rh_chain chain;
  if (rh_machine_chain(&chain, machines, count, certificate, time, &scratch->error) != RH_OK)
    return script_raise(L);
  lua_createtable(L, 0, 3);
  set_text(L, "result", rh_chain_result_name(chain.result));
  set_text(L, "root_sha256", chain.root_sha256);
  lua_newtable(L);
  for (size_t i = 0; i < chain.length; i++) {
    lua_pushstring(L, chain.thumbprints[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "thumbprints");
  script_begin(L);
  return 1;
}

const luaL_Reg script_certificate_methods[] = {
    {"certificates", machine_certificates}, {"chain", machine_chain}, {NULL, NULL}};
