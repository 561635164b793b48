/* The module `wintext`: text as Windows compares it, and text in a code page. */
#include "base/text.h"
#include "base/code_page.h"
#include "script/internal.h"

static int push_text(lua_State *L, rh_buffer *text) {
  lua_pushlstring(L, rh_buffer_text(text), text->len);
  return 1;
}

/* upcase(text) -> text: the same for names that Windows takes for one. */
static int wintext_upcase(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  script_scratch *scratch = script_begin(L);
  if (rh_utf8_upcase(&scratch->text, text, len, &scratch->error) != RH_OK)
    return script_raise(L);
  return push_text(L, &scratch->text);
}

/* decode(bytes, code_page) -> text, or nil where the code page is not known or the bytes are none
 * of its. */
static int wintext_decode(lua_State *L) {
  size_t len;
  const char *bytes = luaL_checklstring(L, 1, &len);
  lua_Integer code_page = luaL_checkinteger(L, 2);
  luaL_argcheck(L, code_page >= 0 && code_page <= UINT16_MAX, 2, "a code page expected");
  script_scratch *scratch = script_begin(L);
  rh_status status =
      rh_utf8_from_code_page(&scratch->text, bytes, len, (unsigned)code_page, &scratch->error);
  if (status == RH_ERR_UNSUPPORTED || status == RH_ERR_FORMAT)
    return 0;
  return status == RH_OK ? push_text(L, &scratch->text) : script_raise(L);
}

void script_push_wintext(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"upcase", wintext_upcase}, {"decode", wintext_decode}, {NULL, NULL}};
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
}
