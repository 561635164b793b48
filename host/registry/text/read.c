/* Reading .reg text into a registry. */
#include "registry/text/internal.h"

#include "base/reader.h"
#include "base/text.h"
#include "registry/control_set.h"

#include <stdio.h>
#include <string.h>

typedef struct reg_reader {
  rh_regtext_source source;
  rh_registry *registry;
  const rh_regtext_read_options *options;
  rh_regtext_counts counts;
  rh_buffer prefix; /* components as in the file, root names in their long form */
  bool has_prefix;
  rh_key key; /* RH_KEY_NONE: no values may come */
  bool skipping;
  bool is_link;               /* the key is CurrentControlSet itself */
  rh_buffer name, path, data; /* scratch */
  /* The keys on the way to the one that was opened last, and how much of its path leads to each:
   * mostly the next one lies beside or below it. */
  rh_buffer trail;
  struct {
    size_t len;
    rh_key key;
  } steps[RH_KEY_DEPTH_MAX];
  size_t step_count;
} reg_reader;

static const struct {
  const char *brief, *full;
} root_names[] = {{"HKLM", "HKEY_LOCAL_MACHINE"},
                  {"HKCU", "HKEY_CURRENT_USER"},
                  {"HKCR", "HKEY_CLASSES_ROOT"},
                  {"HKU", "HKEY_USERS"},
                  {"HKCC", "HKEY_CURRENT_CONFIG"}};

static size_t component_len(const char *path, size_t len) {
  const char *end = memchr(path, '\\', len);
  return end ? (size_t)(end - path) : len;
}

static bool same_name(const char *a, size_t a_len, const char *b) {
  return rh_name_compare(a, a_len, b, strlen(b)) == 0;
}

/* Appends a key name with its root in the long form. */
static rh_status expand_root(rh_buffer *out, const char *name, size_t len, rh_error *error) {
  size_t first = component_len(name, len);
  const char *root = NULL;
  for (size_t i = 0; i < sizeof root_names / sizeof *root_names; i++) {
    if (same_name(name, first, root_names[i].brief))
      root = root_names[i].full;
  }
  if (!root)
    return rh_buffer_append(out, name, len, error);
  rh_status status = rh_buffer_append_text(out, root, error);
  return status == RH_OK ? rh_buffer_append(out, name + first, len - first, error) : status;
}

/* The registry is what the first key of the file lies in: the hive below HKLM and HKU, the root
 * itself otherwise. */
static rh_status choose_prefix(reg_reader *self, const char *name, size_t len, rh_error *error) {
  size_t used = component_len(name, len);
  if (used < len &&
      (same_name(name, used, "HKEY_LOCAL_MACHINE") || same_name(name, used, "HKEY_USERS")))
    used += 1 + component_len(name + used + 1, len - used - 1);
  self->has_prefix = true;
  return rh_buffer_append(&self->prefix, name, used, error);
}

/* What is left of a key name behind the prefix; NULL when it lies elsewhere. */
static const char *behind_prefix(const reg_reader *self, const char *name, size_t *len) {
  const char *prefix = rh_buffer_text(&self->prefix);
  size_t prefix_left = self->prefix.len, left = *len;
  for (;;) {
    size_t want = component_len(prefix, prefix_left), have = component_len(name, left);
    if (rh_name_compare(prefix, want, name, have) != 0)
      return NULL;
    name += have + (have < left);
    left -= have + (have < left);
    if (want == prefix_left)
      break;
    prefix += want + 1;
    prefix_left -= want + 1;
  }
  *len = left;
  return name;
}

static bool is_machine(const char *name, size_t len) {
  return same_name(name, component_len(name, len), "HKEY_LOCAL_MACHINE");
}

/* Goes over to the registry of the hive that a key of a machine lies in, and leaves what is behind
 * the hive's name. NULL when there is none. */
static rh_status choose_hive(reg_reader *self, const char *name, size_t *len, const char **rest,
                             rh_error *error) {
  size_t root = component_len(name, *len), left = *len - root - (root < *len);
  const char *hive = name + *len - left;
  size_t hive_len = component_len(hive, left);
  rh_registry *registry = NULL;
  rh_status status = RH_OK;
  if (is_machine(name, *len) && hive_len > 0)
    status = self->options->hive_of(self->options->payload, hive, hive_len, &registry, error);
  *rest = registry ? hive + hive_len + (hive_len < left) : NULL;
  *len = left - hive_len - (hive_len < left);
  if (registry && registry != self->registry) {
    self->registry = registry;
    self->step_count = 0;
  }
  return status;
}

static rh_status outside(reg_reader *self, size_t position, rh_error *error) {
  const char *name = rh_buffer_text(&self->name);
  if (self->options->hive_of) {
    rh_status status = rh_regtext_error(&self->source, position, error, RH_ERR_ARGUMENT,
                                        "the key \"%.200s\" lies in no hive of a machine", name);
    rh_error_hint(error,
                  "take it out of the file; a machine's hives are HKEY_LOCAL_MACHINE\\SYSTEM, "
                  "SOFTWARE, SAM, SECURITY and DEFAULT");
    return status;
  }
  rh_status status = rh_regtext_error(&self->source, position, error, RH_ERR_ARGUMENT,
                                      "the key \"%.200s\" lies outside \"%.200s\"", name,
                                      rh_buffer_text(&self->prefix));
  rh_error_hint(error, "say which hive this is and leave the keys of others out: --prefix "
                       "'HKEY_LOCAL_MACHINE\\SYSTEM' --skip-other-hives");
  return status;
}

/* Is it the key that alone is read, or one below it? */
static bool is_wanted(const reg_reader *self) {
  const char *only = self->options->only, *path = rh_buffer_text(&self->path);
  size_t len = only ? strlen(only) : 0;
  return !only || (self->path.len >= len && rh_name_compare(path, len, only, len) == 0 &&
                   (path[len] == '\0' || path[len] == '\\'));
}

/* Finds the registry and the path below its root of a key name of the file: self->path. RH_END for
 * a key that is not read. */
static rh_status resolve(reg_reader *self, const char *name, size_t len, size_t position,
                         rh_error *error) {
  rh_error inner = {0};
  const char *rest = NULL;
  rh_buffer_clear(&self->name);
  rh_status status = expand_root(&self->name, name, len, error);
  if (status == RH_OK && !self->has_prefix && !self->options->hive_of)
    status = choose_prefix(self, rh_buffer_text(&self->name), self->name.len, error);
  size_t left = self->name.len;
  if (status == RH_OK && self->options->hive_of)
    status = choose_hive(self, rh_buffer_text(&self->name), &left, &rest, error);
  else if (status == RH_OK)
    rest = behind_prefix(self, rh_buffer_text(&self->name), &left);
  if (status != RH_OK)
    return status;
  if (!rest && self->options->skip_other_keys) {
    self->counts.skipped_keys++;
    return RH_END;
  }
  if (!rest)
    return outside(self, position, error);
  if (left > 0 && rest[0] == '\\')
    return rh_regtext_error(&self->source, position, error, RH_ERR_ARGUMENT,
                            "the key \"%.200s\" has an empty component",
                            rh_buffer_text(&self->name));
  if (self->options->only) { /* before Select is known */
    rh_buffer_clear(&self->path);
    status = rh_buffer_append(&self->path, rest, left, error);
    return status == RH_OK && !is_wanted(self) ? RH_END : status;
  }
  self->is_link = rh_control_set_is_current(rest, left) && !memchr(rest, '\\', left);
  status = rh_control_set_resolve(&self->path, self->registry, rest, left,
                                  self->options->control_set, &inner);
  return status == RH_OK ? RH_OK
                         : rh_regtext_located(&self->source, position, status, &inner, error);
}

static rh_status delete_key(reg_reader *self, rh_error *error) {
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = RH_OK;
  if (self->is_link) {
    rh_error_set(error, RH_ERR_ARGUMENT, self->registry->label,
                 "CurrentControlSet is no key of a hive; %s, which it stands for, is not deleted",
                 rh_buffer_text(&self->path));
    rh_error_hint(error, "take the line out, or name the control set");
    return RH_ERR_ARGUMENT;
  }
  status = rh_registry_root(self->registry, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(self->registry, root, rh_buffer_text(&self->path), &key, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  self->step_count = 0;
  if (status == RH_OK)
    status = rh_registry_delete_key(self->registry, key, error);
  if (status == RH_OK)
    self->counts.deleted_keys++;
  return status;
}

/* Keeps the steps that the path that is to be opened has too, letter by letter. */
static void keep_steps(reg_reader *self) {
  const char *path = rh_buffer_text(&self->path), *trail = rh_buffer_text(&self->trail);
  size_t most = self->path.len < self->trail.len ? self->path.len : self->trail.len, same = 0;
  while (same < most && path[same] == trail[same])
    same++;
  while (self->step_count > 0) {
    size_t len = self->steps[self->step_count - 1].len;
    if (len <= same && (len == self->path.len || path[len] == '\\'))
      break;
    self->step_count--;
  }
}

static rh_status open_key(reg_reader *self, rh_error *error) {
  const char *path = rh_buffer_text(&self->path);
  size_t done = 0, len = self->path.len;
  rh_key key = RH_KEY_NONE;
  keep_steps(self);
  rh_status status = RH_OK;
  if (self->step_count > 0) {
    key = self->steps[self->step_count - 1].key;
    done = self->steps[self->step_count - 1].len;
  } else {
    status = rh_registry_root(self->registry, &key, error);
  }
  while (status == RH_OK && done < len) {
    size_t from = done > 0 || path[0] == '\\' ? done + 1 : 0;
    done = from + component_len(path + from, len - from);
    if (self->step_count == RH_KEY_DEPTH_MAX)
      return rh_error_set(error, RH_ERR_LIMIT, self->registry->label,
                          "the key lies deeper than %d keys", RH_KEY_DEPTH_MAX);
    status = rh_registry_create_key(self->registry, key, path + from, done - from, &key, error);
    self->steps[self->step_count].len = done;
    self->steps[self->step_count].key = key;
    self->step_count += status == RH_OK;
  }
  rh_buffer_clear(&self->trail);
  if (status == RH_OK)
    status = rh_buffer_append(&self->trail, path, len, error);
  if (status != RH_OK) {
    self->step_count = 0;
    return status;
  }
  self->key = key;
  self->counts.keys++;
  return RH_OK;
}

/* "[KEY]" or "[-KEY]". A name may hold a bracket: the last one on the line ends it, before which
 * nothing but blanks and a comment may stand. */
static rh_status read_key_line(reg_reader *self, rh_error *error) {
  rh_regtext_source *source = &self->source;
  rh_error inner = {0};
  const unsigned char *text = source->text.data;
  size_t start = source->position, line_end = start;
  bool deletes = rh_regtext_peek(source, 1) == '-';
  size_t name_start = start + (deletes ? 2 : 1);
  while (line_end < source->text.len && !rh_regtext_is_line_end(text[line_end]))
    line_end++;
  size_t end = line_end;
  while (end > start && text[end - 1] != ']')
    end--;
  end -= end > start;
  if (end < name_start)
    return rh_regtext_error(source, line_end, error, RH_ERR_FORMAT,
                            "the key is not closed with \"]\"");
  source->position = end + 1;
  rh_regtext_skip_blanks(source);
  if (source->position < line_end && rh_regtext_peek(source, 0) != ';')
    return rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                            "unexpected text behind the key");
  source->position = line_end;
  if (end > name_start + 1 && source->text.data[end - 1] == '\\')
    end--; /* as regedit reads it */
  self->key = RH_KEY_NONE;
  rh_status status =
      resolve(self, (const char *)source->text.data + name_start, end - name_start, start, error);
  self->skipping = status == RH_END;
  if (status != RH_OK)
    return status == RH_END ? RH_OK : status;
  status = deletes ? delete_key(self, &inner) : open_key(self, &inner);
  return status == RH_OK ? RH_OK : rh_regtext_located(source, start, status, &inner, error);
}

static rh_status expect_line_end(reg_reader *self, rh_error *error) {
  rh_regtext_source *source = &self->source;
  rh_regtext_skip_blanks(source);
  int sign = rh_regtext_peek(source, 0);
  if (!rh_regtext_is_line_end(sign) && sign != ';')
    return rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                            "unexpected text behind the data");
  rh_regtext_skip_line(source);
  return RH_OK;
}

static rh_status delete_value(reg_reader *self, rh_error *error) {
  rh_status status = rh_registry_delete_value(self->registry, self->key,
                                              rh_buffer_text(&self->name), self->name.len, error);
  if (status == RH_OK)
    self->counts.deleted_values++;
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static rh_status read_value_line(reg_reader *self, rh_error *error) {
  rh_regtext_source *source = &self->source;
  rh_error inner = {0};
  size_t start = source->position;
  uint32_t type = 0;
  rh_status status = RH_OK;
  if (self->key == RH_KEY_NONE && !self->skipping)
    return rh_regtext_error(source, start, error, RH_ERR_FORMAT, "a value stands in no key");
  rh_buffer_clear(&self->name);
  if (rh_regtext_peek(source, 0) == '@')
    source->position++;
  else
    status = rh_regtext_read_string(source, &self->name, true, error);
  if (status != RH_OK)
    return status;
  rh_regtext_skip_blanks(source);
  if (!rh_regtext_take_word(source, "="))
    return rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                            "\"=\" is expected behind the value's name");
  rh_regtext_skip_blanks(source);
  bool deletes = rh_regtext_take_word(source, "-");
  if (!deletes)
    status = rh_regtext_read_data(source, &type, &self->data, error);
  if (status == RH_OK)
    status = expect_line_end(self, error);
  if (status != RH_OK || self->skipping)
    return status;
  if (deletes)
    status = delete_value(self, &inner);
  else
    status = rh_registry_set_value(self->registry, self->key, rh_buffer_text(&self->name),
                                   self->name.len, type, self->data.data, self->data.len, &inner);
  if (status != RH_OK)
    return rh_regtext_located(source, start, status, &inner, error);
  self->counts.values += !deletes;
  return RH_OK;
}

static rh_status read_lines(reg_reader *self, rh_error *error) {
  rh_regtext_source *source = &self->source;
  rh_status status = RH_OK;
  while (status == RH_OK) {
    rh_regtext_next_line(source);
    rh_regtext_skip_blanks(source);
    int sign = rh_regtext_peek(source, 0);
    if (sign < 0) {
      if (source->failure.code != RH_OK && error)
        *error = source->failure;
      return source->failure.code;
    }
    if (sign == ';' || sign == '#' || rh_regtext_is_line_end(sign))
      rh_regtext_skip_line(source);
    else if (sign == '[')
      status = read_key_line(self, error);
    else if (sign == '"' || sign == '@')
      status = read_value_line(self, error);
    else
      status = rh_regtext_error(source, source->position, error, RH_ERR_FORMAT,
                                "a key, a value or a comment is expected");
  }
  return status;
}

rh_status rh_regtext_read_stream(rh_registry *registry, rh_regtext_pull *pull, void *payload,
                                 const char *label, const rh_regtext_read_options *options,
                                 rh_regtext_counts *counts, rh_error *error) {
  static const rh_regtext_read_options no_options = {0};
  reg_reader self = {.registry = registry, .options = options ? options : &no_options};
  rh_status status =
      rh_regtext_source_open(&self.source, pull, payload, label, self.options->code_page, error);
  if (status == RH_OK && self.options->prefix) {
    self.has_prefix = true;
    status = expand_root(&self.prefix, self.options->prefix, strlen(self.options->prefix), error);
  }
  if (status == RH_OK)
    status = read_lines(&self, error);
  if (counts)
    *counts = self.counts;
  rh_regtext_source_dispose(&self.source);
  rh_buffer_dispose(&self.prefix);
  rh_buffer_dispose(&self.name);
  rh_buffer_dispose(&self.path);
  rh_buffer_dispose(&self.trail);
  rh_buffer_dispose_secret(&self.data);
  return status;
}

static rh_status pull_bytes(void *payload, void *out, size_t capacity, size_t *len,
                            rh_error *error) {
  rh_reader *bytes = payload;
  size_t left = bytes->len - bytes->position;
  (void)error;
  *len = left < capacity ? left : capacity;
  if (*len > 0)
    memcpy(out, rh_reader_bytes(bytes, *len), *len);
  return RH_OK;
}

rh_status rh_regtext_read(rh_registry *registry, const void *data, size_t len, const char *label,
                          const rh_regtext_read_options *options, rh_regtext_counts *counts,
                          rh_error *error) {
  rh_reader bytes = rh_reader_of(data, len);
  return rh_regtext_read_stream(registry, pull_bytes, &bytes, label, options, counts, error);
}
