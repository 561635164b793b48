/* Lua's patterns, by the reference manual (5.4, 6.4.1), with a count of what matching costs.
 *
 * The library's own matching backtracks inside one C call, where no hook is called: a few
 * characters of a pattern can take it years. Here every step is counted like an instruction, and
 * the limits of the script end it as they end a loop. Nothing is allocated while a pattern is
 * matched, so it can be left at any step. The rest of the library is Lua's own. */
#include "script/internal.h"

#include <ctype.h>
#include <string.h>

#define CAPTURES_MAX 32
#define DEPTH_MAX 200       /* of calls in C, as in the library */
#define STEPS_BETWEEN 10000 /* looks at the limits */

enum { OPEN = -1, POSITION = -2 }; /* in place of a capture's length */

typedef struct matcher {
  lua_State *L;
  const char *text, *text_end, *pattern_end;
  unsigned depth, steps;
  int count; /* of captures, closed or not */
  struct {
    const char *at;
    ptrdiff_t len;
  } captures[CAPTURES_MAX];
} matcher;

static const char *match(matcher *self, const char *at, const char *pattern);

static void count_step(matcher *self) {
  if (++self->steps < STEPS_BETWEEN)
    return;
  self->steps = 0;
  script_spend(self->L, STEPS_BETWEEN);
}

/* --- one character --- */

static bool in_class(int sign, int letter) {
  bool in = false;
  switch (tolower(letter)) {
  case 'a':
    in = isalpha(sign);
    break;
  case 'c':
    in = iscntrl(sign);
    break;
  case 'd':
    in = isdigit(sign);
    break;
  case 'g':
    in = isgraph(sign);
    break;
  case 'l':
    in = islower(sign);
    break;
  case 'p':
    in = ispunct(sign);
    break;
  case 's':
    in = isspace(sign);
    break;
  case 'u':
    in = isupper(sign);
    break;
  case 'w':
    in = isalnum(sign);
    break;
  case 'x':
    in = isxdigit(sign);
    break;
  case 'z': /* of Lua 5.1, and still there */
    in = sign == 0;
    break;
  default: /* any other character stands for itself */
    return letter == sign;
  }
  return isupper(letter) ? !in : in;
}

/* Behind the item that begins at pattern: a character, a class or a set. */
static const char *item_end(matcher *self, const char *pattern) {
  if (*pattern == '%') {
    if (pattern + 1 == self->pattern_end)
      luaL_error(self->L, "malformed pattern (ends with '%%')");
    return pattern + 2;
  }
  if (*pattern++ != '[')
    return pattern;
  if (pattern < self->pattern_end && *pattern == '^')
    pattern++;
  for (bool first = true;; first = false) {
    if (pattern >= self->pattern_end)
      luaL_error(self->L, "malformed pattern (missing ']')");
    if (*pattern == ']' && !first)
      return pattern + 1;
    pattern += *pattern == '%' && pattern + 1 < self->pattern_end ? 2 : 1;
  }
}

/* Whether a set has the sign; last is its closing bracket. */
static bool in_set(int sign, const char *set, const char *last) {
  bool found = false;
  const char *at = set + 1;
  bool inverted = at < last && *at == '^';
  for (at += inverted; at < last && !found; at++) {
    if (*at == '%') {
      at++;
      found = in_class(sign, (unsigned char)*at);
    } else if (at + 2 < last && at[1] == '-') {
      found = (unsigned char)at[0] <= sign && sign <= (unsigned char)at[2];
      at += 2;
    } else {
      found = (unsigned char)*at == sign;
    }
  }
  return found != inverted;
}

/* Whether the item from pattern to end meets the character at a place in the text. */
static bool meets(matcher *self, const char *at, const char *pattern, const char *end) {
  count_step(self);
  if (at >= self->text_end)
    return false;
  int sign = (unsigned char)*at;
  switch (*pattern) {
  case '.':
    return true;
  case '%':
    return in_class(sign, (unsigned char)pattern[1]);
  case '[':
    return in_set(sign, pattern, end - 1);
  default:
    return (unsigned char)*pattern == sign;
  }
}

/* --- what stands for more than one --- */

static const char *match_balance(matcher *self, const char *at, const char *pattern) {
  if (self->pattern_end - pattern < 2)
    luaL_error(self->L, "malformed pattern (missing arguments to '%%b')");
  if (at >= self->text_end || *at != pattern[0])
    return NULL;
  size_t open = 1;
  while (++at < self->text_end) {
    count_step(self);
    if (*at == pattern[1]) {
      if (--open == 0)
        return at + 1;
    } else if (*at == pattern[0]) {
      open++;
    }
  }
  return NULL;
}

static const char *match_most(matcher *self, const char *at, const char *pattern, const char *end) {
  ptrdiff_t most = 0;
  while (meets(self, at + most, pattern, end))
    most++;
  for (; most >= 0; most--) {
    const char *found = match(self, at + most, end + 1);
    if (found)
      return found;
  }
  return NULL;
}

static const char *match_least(matcher *self, const char *at, const char *pattern,
                               const char *end) {
  for (;;) {
    const char *found = match(self, at, end + 1);
    if (found)
      return found;
    if (!meets(self, at, pattern, end))
      return NULL;
    at++;
  }
}

/* --- captures --- */

static const char *open_capture(matcher *self, const char *at, const char *pattern,
                                ptrdiff_t kind) {
  if (self->count == CAPTURES_MAX)
    luaL_error(self->L, "too many captures");
  self->captures[self->count].at = at;
  self->captures[self->count++].len = kind;
  const char *found = match(self, at, pattern);
  if (!found)
    self->count--;
  return found;
}

static const char *close_capture(matcher *self, const char *at, const char *pattern) {
  int last = self->count - 1;
  while (last >= 0 && self->captures[last].len != OPEN)
    last--;
  if (last < 0) {
    luaL_error(self->L, "invalid pattern capture");
    return NULL;
  }
  self->captures[last].len = at - self->captures[last].at;
  const char *found = match(self, at, pattern);
  if (!found)
    self->captures[last].len = OPEN;
  return found;
}

static const char *match_again(matcher *self, const char *at, int digit) {
  int index = digit - '1';
  if (index < 0 || index >= self->count || self->captures[index].len == OPEN) {
    luaL_error(self->L, "invalid capture index %%%d in pattern", index + 1);
    return NULL;
  }
  ptrdiff_t len = self->captures[index].len;
  count_step(self);
  bool same = len != POSITION && self->text_end - at >= len &&
              memcmp(self->captures[index].at, at, (size_t)len) == 0;
  return same ? at + len : NULL;
}

/* Whether a place is where the text gets into a set: the character before is not in it, this one
 * is; beyond both ends is "\0". */
static bool is_frontier(const matcher *self, const char *at, const char *set, const char *last) {
  int before = at == self->text ? 0 : (unsigned char)at[-1];
  int here = at == self->text_end ? 0 : (unsigned char)*at;
  return !in_set(before, set, last) && in_set(here, set, last);
}

/* --- a pattern --- */

/* What begins with % and is no class; *behind is what goes on there, NULL when it does not meet.
 * False for a class. */
static bool match_special(matcher *self, const char **at, const char **pattern) {
  const char *end;
  if (*pattern + 1 >= self->pattern_end)
    return false; /* told by item_end */
  switch ((*pattern)[1]) {
  case 'b':
    *at = match_balance(self, *at, *pattern + 2);
    *pattern += 4;
    return true;
  case 'f':
    *pattern += 2;
    if (*pattern >= self->pattern_end || **pattern != '[')
      luaL_error(self->L, "missing '[' after '%%f' in pattern");
    end = item_end(self, *pattern);
    if (!is_frontier(self, *at, *pattern, end - 1))
      *at = NULL;
    *pattern = end;
    return true;
  case '0':
  case '1':
  case '2':
  case '3':
  case '4':
  case '5':
  case '6':
  case '7':
  case '8':
  case '9':
    *at = match_again(self, *at, (unsigned char)(*pattern)[1]);
    *pattern += 2;
    return true;
  default:
    return false;
  }
}

/* Behind what the pattern meets from a place on, or NULL. */
static const char *match_from(matcher *self, const char *at, const char *pattern) {
  while (at && pattern < self->pattern_end) {
    if (*pattern == '(')
      return pattern + 1 < self->pattern_end && pattern[1] == ')'
                 ? open_capture(self, at, pattern + 2, POSITION)
                 : open_capture(self, at, pattern + 1, OPEN);
    if (*pattern == ')')
      return close_capture(self, at, pattern + 1);
    if (*pattern == '$' && pattern + 1 == self->pattern_end)
      return at == self->text_end ? at : NULL;
    if (*pattern == '%' && match_special(self, &at, &pattern))
      continue;
    const char *end = item_end(self, pattern), *found;
    int how_often = end < self->pattern_end ? *end : '\0';
    switch (how_often) {
    case '?':
      if (meets(self, at, pattern, end) && (found = match(self, at + 1, end + 1)))
        return found;
      pattern = end + 1;
      break;
    case '+':
      return meets(self, at, pattern, end) ? match_most(self, at + 1, pattern, end) : NULL;
    case '*':
      return match_most(self, at, pattern, end);
    case '-':
      return match_least(self, at, pattern, end);
    default:
      at = meets(self, at, pattern, end) ? at + 1 : NULL;
      pattern = end;
    }
  }
  return at;
}

static const char *match(matcher *self, const char *at, const char *pattern) {
  if (self->depth == DEPTH_MAX)
    luaL_error(self->L, "pattern too complex");
  self->depth++;
  count_step(self);
  const char *found = match_from(self, at, pattern);
  self->depth--;
  return found;
}

static const char *match_at(matcher *self, const char *at, const char *pattern) {
  self->depth = 0;
  self->count = 0;
  return match(self, at, pattern);
}

/* --- what is given to Lua --- */

static void push_capture(matcher *self, int index, const char *from, const char *to) {
  if (index >= self->count) {
    if (index > 0)
      luaL_error(self->L, "invalid capture index %%%d", index + 1);
    lua_pushlstring(self->L, from, (size_t)(to - from)); /* the whole match */
    return;
  }
  ptrdiff_t len = self->captures[index].len;
  if (len == OPEN)
    luaL_error(self->L, "unfinished capture");
  if (len == POSITION)
    lua_pushinteger(self->L, self->captures[index].at - self->text + 1);
  else
    lua_pushlstring(self->L, self->captures[index].at, (size_t)len);
}

/* All captures; the whole match where there are none and from says where it began. */
static int push_captures(matcher *self, const char *from, const char *to) {
  int count = self->count == 0 && from ? 1 : self->count;
  luaL_checkstack(self->L, count, "too many captures");
  for (int i = 0; i < count; i++)
    push_capture(self, i, from, to);
  return count;
}

/* The arguments 1 and 2. */
static const char *take_arguments(matcher *self, lua_State *L) {
  size_t len, pattern_len;
  *self = (matcher){.L = L};
  self->text = luaL_checklstring(L, 1, &len);
  const char *pattern = luaL_checklstring(L, 2, &pattern_len);
  self->text_end = self->text + len;
  self->pattern_end = pattern + pattern_len;
  return pattern;
}

/* The place from which argument 3 says to begin; NULL beyond the end. */
static const char *take_start(const matcher *self, lua_State *L) {
  lua_Integer start = luaL_optinteger(L, 3, 1);
  ptrdiff_t len = self->text_end - self->text;
  if (start < 0)
    start = start < -(lua_Integer)len ? 1 : len + start + 1;
  else if (start == 0)
    start = 1;
  return start > len + 1 ? NULL : self->text + (start - 1);
}

static const char *find_bytes(matcher *self, const char *at, const char *bytes, size_t len) {
  if (len == 0)
    return at;
  while (at && (size_t)(self->text_end - at) >= len) {
    at = memchr(at, *bytes, (size_t)(self->text_end - at) - len + 1);
    if (at && memcmp(at, bytes, len) == 0)
      return at;
    for (size_t i = 0; i <= len; i += 64) /* as many as it may have compared */
      count_step(self);
    at = at ? at + 1 : NULL;
  }
  return NULL;
}

static int find(lua_State *L, bool wants_place) {
  matcher self;
  const char *pattern = take_arguments(&self, L), *at = take_start(&self, L), *end = NULL;
  size_t len = (size_t)(self.pattern_end - pattern);
  bool plain = wants_place && (lua_toboolean(L, 4) || !memchr(pattern, '%', len));
  for (const char *sign = "^$*+?.([-"; plain && !lua_toboolean(L, 4) && *sign; sign++)
    plain = !memchr(pattern, *sign, len);
  if (at && plain) {
    at = find_bytes(&self, at, pattern, len);
    end = at ? at + len : NULL;
  } else if (at) {
    bool anchored = len > 0 && *pattern == '^';
    pattern += anchored;
    for (; at <= self.text_end; at++) {
      end = match_at(&self, at, pattern);
      if (end || anchored)
        break;
    }
  }
  if (!end) {
    lua_pushnil(L);
    return 1;
  }
  if (!wants_place)
    return push_captures(&self, at, end);
  lua_pushinteger(L, at - self.text + 1);
  lua_pushinteger(L, end - self.text);
  return push_captures(&self, NULL, NULL) + 2;
}

static int pattern_find(lua_State *L) {
  return find(L, true);
}

static int pattern_match(lua_State *L) {
  return find(L, false);
}

/* Upvalues: text, pattern, where to go on, where the last match ended (from 0; -1 none). */
static int next_match(lua_State *L) {
  matcher self = {.L = L};
  size_t len, pattern_len;
  self.text = lua_tolstring(L, lua_upvalueindex(1), &len);
  const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_len);
  self.text_end = self.text + len;
  self.pattern_end = pattern + pattern_len;
  lua_Integer start = lua_tointeger(L, lua_upvalueindex(3));
  lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  for (; start <= (lua_Integer)len; start++) {
    const char *at = self.text + start, *end = match_at(&self, at, pattern);
    if (!end || end - self.text == last)
      continue;
    lua_pushinteger(L, end - self.text);
    lua_copy(L, -1, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return push_captures(&self, at, end);
  }
  return 0;
}

static int pattern_gmatch(lua_State *L) {
  matcher self;
  take_arguments(&self, L);
  const char *start = take_start(&self, L);
  lua_settop(L, 2);
  lua_pushinteger(L, start ? start - self.text : self.text_end - self.text + 1);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, next_match, 4);
  return 1;
}

/* Adds argument 3, a text, with its %0 to %9. */
static void add_text(matcher *self, luaL_Buffer *out, const char *from, const char *to) {
  size_t len;
  const char *text = lua_tolstring(self->L, 3, &len), *end = text + len;
  for (; text < end; text++) {
    if (*text != '%') {
      luaL_addchar(out, *text);
      continue;
    }
    text++;
    if (text < end && *text == '%') {
      luaL_addchar(out, '%');
    } else if (text < end && *text == '0') {
      luaL_addlstring(out, from, (size_t)(to - from));
    } else if (text < end && isdigit((unsigned char)*text)) {
      push_capture(self, *text - '1', from, to);
      luaL_tolstring(self->L, -1, NULL);
      lua_remove(self->L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(self->L, "invalid use of '%%' in replacement string");
    }
  }
}

/* Adds what argument 3 makes of a match; false when that is the match itself. */
static bool add_replacement(matcher *self, luaL_Buffer *out, const char *from, const char *to) {
  lua_State *L = self->L;
  switch (lua_type(L, 3)) {
  case LUA_TFUNCTION:
    lua_pushvalue(L, 3);
    lua_call(L, push_captures(self, from, to), 1);
    break;
  case LUA_TTABLE:
    push_capture(self, 0, from, to);
    lua_gettable(L, 3);
    break;
  default:
    add_text(self, out, from, to);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, from, (size_t)(to - from));
    return false;
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(out);
  return true;
}

static int pattern_gsub(lua_State *L) {
  matcher self;
  luaL_Buffer out;
  const char *pattern = take_arguments(&self, L), *at = self.text, *last = NULL;
  int type = lua_type(L, 3);
  luaL_argexpected(
      L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
      3, "string/function/table");
  lua_Integer most = luaL_optinteger(L, 4, self.text_end - self.text + 1), count = 0;
  bool anchored = pattern < self.pattern_end && *pattern == '^', changed = false;
  pattern += anchored;
  lua_settop(L, 3);
  luaL_buffinit(L, &out);
  while (count < most) {
    const char *end = match_at(&self, at, pattern);
    if (end && end != last) {
      count++;
      changed = add_replacement(&self, &out, at, end) || changed;
      at = last = end;
    } else if (at < self.text_end) {
      luaL_addchar(&out, *at++);
    } else {
      break;
    }
    if (anchored)
      break;
  }
  luaL_addlstring(&out, at, (size_t)(self.text_end - at));
  luaL_pushresult(&out);
  if (!changed)
    lua_pushvalue(L, 1);
  lua_pushinteger(L, count);
  return 2;
}

const luaL_Reg script_pattern_functions[] = {{"find", pattern_find},
                                             {"match", pattern_match},
                                             {"gmatch", pattern_gmatch},
                                             {"gsub", pattern_gsub},
                                             {NULL, NULL}};
