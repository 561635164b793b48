/* Times the hive engine: one kind of work on one hive, median of several runs, as one line.
 *
 *     bench_hive walk HIVE [RUNS]          open, visit every key and value with its raw data
 *     bench_hive strings HIVE [RUNS]       the same, and every string as UTF-8
 *     bench_hive get HIVE PATH NAME [RUNS] open and read one value
 *     bench_hive values COUNT [RUNS]       set so many values one by one on one key, in memory
 *     bench_hive keys COUNT [RUNS]         add so many subkeys to one key, in memory
 *     bench_hive churn COUNT [RUNS]        set one value over and over
 *     bench_hive rebuild HIVE OUT [RUNS]   copy every key and value into a new hive, commit it
 *     bench_hive commit HIVE OUT [RUNS]    commit a hive that has been read into memory
 *     bench_hive export HIVE [RUNS]        write it as .reg text, to nowhere
 *     bench_hive import REG OUT [RUNS]     read .reg text into a new hive, commit it
 *     bench_hive diff HIVE HIVE [RUNS]     compare two hives
 *
 * Each line says ms, and what was counted: keys, values, bytes; the size of what was written; and
 * the most memory that the process has had, files that it maps included (0 where unknown). */
#include "base/platform.h"
#include "base/text.h"
#include "registry/diff.h"
#include "registry/hive/hive.h"
#include "registry/text/regtext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 1001

typedef struct tally {
  size_t keys, values, bytes, sum, damaged;
  uint64_t written;
  rh_buffer text;
} tally;

static rh_status on_key(void *payload, const rh_visit *visit, rh_error *error) {
  tally *total = payload;
  (void)error;
  total->keys++;
  total->sum += visit->path_len;
  return RH_OK;
}

static rh_status on_value(void *payload, const rh_visit *visit, const rh_value *value,
                          rh_error *error) {
  tally *total = payload;
  (void)visit, (void)error;
  total->values++;
  total->bytes += value->len;
  total->sum += value->name_len;
  return RH_OK;
}

static rh_status on_string(void *payload, const rh_visit *visit, const rh_value *value,
                           rh_error *error) {
  tally *total = payload;
  on_value(payload, visit, value, error);
  if (value->type != RH_REG_SZ && value->type != RH_REG_EXPAND_SZ && value->type != RH_REG_MULTI_SZ)
    return RH_OK;
  rh_buffer_clear(&total->text);
  rh_status status = rh_utf8_from_utf16(&total->text, value->data, value->len, error);
  total->sum += total->text.len;
  return status;
}

static rh_status on_damage(void *payload, const char *path, size_t path_len,
                           const rh_error *damage) {
  (void)path, (void)path_len, (void)damage;
  ((tally *)payload)->damaged++;
  return RH_OK;
}

static rh_status walk_with(const rh_walker *walker, char **words, rh_error *error) {
  rh_hive *hive = NULL;
  rh_key root = RH_KEY_NONE;
  rh_status status = rh_hive_open(&hive, words[0], error);
  if (status == RH_OK)
    status = rh_registry_root(rh_hive_registry(hive), &root, error);
  if (status == RH_OK)
    status = rh_registry_walk(rh_hive_registry(hive), root, walker, error);
  rh_hive_free(hive);
  return status;
}

static rh_status walk(tally *total, char **words, rh_error *error) {
  return walk_with(&(rh_walker){on_key, on_value, on_damage, total}, words, error);
}

static rh_status walk_strings(tally *total, char **words, rh_error *error) {
  return walk_with(&(rh_walker){on_key, on_string, on_damage, total}, words, error);
}

static rh_status get(tally *total, char **words, rh_error *error) {
  rh_hive *hive = NULL;
  rh_value value = {0};
  rh_status status = rh_hive_open(&hive, words[0], error);
  if (status == RH_OK)
    status = rh_registry_get(rh_hive_registry(hive), words[1], words[2], &value, error);
  total->bytes = value.len;
  rh_value_dispose(&value);
  rh_hive_free(hive);
  return status;
}

/* Makes a hive, adds one thing count times by the letter in how, and tells its size. */
static rh_status make(tally *total, size_t count, char how, rh_error *error) {
  static const unsigned char data[16] = "a\0b\0c\0d\0e\0f\0g";
  rh_hive *hive = NULL;
  rh_key root = RH_KEY_NONE, key = RH_KEY_NONE, child = RH_KEY_NONE;
  rh_hive_header header;
  rh_status status = rh_hive_create(&hive, &(rh_hive_options){.time = 1}, error);
  if (status == RH_OK)
    status = rh_registry_root(rh_hive_registry(hive), &root, error);
  if (status == RH_OK)
    status = rh_registry_create_key(rh_hive_registry(hive), root, "Bench", 5, &key, error);
  for (size_t i = 0; status == RH_OK && i < count; i++) {
    char name[32];
    unsigned char changing[16];
    memcpy(changing, data, sizeof changing);
    changing[0] = (unsigned char)(i % 26 + 'a');
    size_t len = (size_t)snprintf(name, sizeof name, "Value%08zu", how == 'c' ? 0 : i);
    status = how == 'k'
                 ? rh_registry_create_key(rh_hive_registry(hive), key, name, len, &child, error)
                 : rh_registry_set_value(rh_hive_registry(hive), key, name, len, RH_REG_SZ,
                                         changing, sizeof changing, error);
  }
  if (status == RH_OK) {
    rh_hive_header_get(hive, &header);
    total->written = header.bins_size;
  }
  rh_hive_free(hive);
  return status;
}

static rh_status set_values(tally *total, char **words, rh_error *error) {
  total->values = strtoul(words[0], NULL, 10);
  return make(total, total->values, 'v', error);
}

static rh_status add_keys(tally *total, char **words, rh_error *error) {
  total->keys = strtoul(words[0], NULL, 10);
  return make(total, total->keys, 'k', error);
}

static rh_status churn(tally *total, char **words, rh_error *error) {
  total->values = strtoul(words[0], NULL, 10);
  return make(total, total->values, 'c', error);
}

static rh_status rebuild(tally *total, char **words, rh_error *error) {
  rh_hive *from = NULL, *to = NULL;
  rh_key from_root = RH_KEY_NONE, to_root = RH_KEY_NONE;
  rh_hive_header header;
  rh_status status = rh_hive_open(&from, words[0], error);
  if (status == RH_OK)
    status = rh_hive_create(&to, &(rh_hive_options){0}, error);
  if (status == RH_OK)
    status = rh_registry_root(rh_hive_registry(from), &from_root, error);
  if (status == RH_OK)
    status = rh_registry_root(rh_hive_registry(to), &to_root, error);
  if (status == RH_OK)
    status = rh_registry_copy(rh_hive_registry(to), to_root, rh_hive_registry(from), from_root,
                              true, error);
  if (status == RH_OK)
    status = rh_hive_commit(to, words[1], NULL, error);
  if (status == RH_OK) {
    rh_hive_header_get(to, &header);
    total->written = header.bins_size;
  }
  rh_hive_free(from);
  rh_hive_free(to);
  return status;
}

/* The reading is not timed: see measure. Nor is it, as with commitfloor, that the file system lets
 * go of what the new file replaces: it is held open until then. */
static rh_status commit(tally *total, char **words, rh_error *error) {
  rh_hive *hive = NULL;
  rh_file *replaced = NULL;
  rh_hive_header header;
  rh_key root = RH_KEY_NONE;
  rh_status status = rh_hive_open(&hive, words[0], error);
  if (status == RH_OK)
    status = rh_registry_root(rh_hive_registry(hive), &root, error);
  if (status == RH_OK)
    status = rh_registry_set_value(rh_hive_registry(hive), root, "Bench", 5, RH_REG_SZ, "a\0\0", 4,
                                   error);
  if (status == RH_OK && rh_file_exists(words[1]))
    status = rh_platform_open(&replaced, words[1], error);
  double start = rh_platform_seconds();
  if (status == RH_OK)
    status = rh_hive_commit(hive, words[1], NULL, error);
  total->sum = (size_t)((rh_platform_seconds() - start) * 1e9);
  rh_platform_close(replaced, NULL);
  if (status == RH_OK) {
    rh_hive_header_get(hive, &header);
    total->written = header.bins_size;
  }
  rh_hive_free(hive);
  return status;
}

static rh_status count_bytes(void *payload, const void *data, size_t len, rh_error *error) {
  (void)data, (void)error;
  ((tally *)payload)->written += len;
  return RH_OK;
}

static rh_status export(tally *total, char **words, rh_error *error) {
  rh_hive *hive = NULL;
  rh_key root = RH_KEY_NONE;
  rh_status status = rh_hive_open(&hive, words[0], error);
  if (status == RH_OK)
    status = rh_registry_root(rh_hive_registry(hive), &root, error);
  if (status == RH_OK)
    status = rh_regtext_write(rh_hive_registry(hive), root, "", count_bytes, total, error);
  rh_hive_free(hive);
  return status;
}

static rh_status pull(void *payload, void *out, size_t capacity, size_t *len, rh_error *error) {
  return rh_platform_read(payload, out, capacity, len, error);
}

static rh_status import(tally *total, char **words, rh_error *error) {
  rh_hive *hive = NULL;
  rh_file *file = NULL;
  rh_regtext_counts counts = {0};
  rh_hive_header header;
  rh_status status = rh_platform_open(&file, words[0], error);
  if (status == RH_OK)
    status = rh_hive_create(&hive, &(rh_hive_options){0}, error);
  if (status == RH_OK)
    status =
        rh_regtext_read_stream(rh_hive_registry(hive), pull, file, words[0], NULL, &counts, error);
  if (status == RH_OK)
    status = rh_hive_commit(hive, words[1], NULL, error);
  if (status == RH_OK) {
    rh_hive_header_get(hive, &header);
    total->written = header.bins_size;
  }
  total->keys = counts.keys;
  total->values = counts.values;
  rh_hive_free(hive);
  rh_platform_close(file, NULL);
  return status;
}

static rh_status on_difference(void *payload, const rh_registry_difference *difference,
                               rh_error *error) {
  (void)difference, (void)error;
  ((tally *)payload)->sum++;
  return RH_OK;
}

static rh_status diff(tally *total, char **words, rh_error *error) {
  rh_hive *hives[2] = {NULL, NULL};
  rh_key roots[2] = {RH_KEY_NONE, RH_KEY_NONE};
  const rh_registry_differ differ = {.on_difference = on_difference, .payload = total};
  rh_status status = RH_OK;
  for (int i = 0; status == RH_OK && i < 2; i++) {
    status = rh_hive_open(&hives[i], words[i], error);
    if (status == RH_OK)
      status = rh_registry_root(rh_hive_registry(hives[i]), &roots[i], error);
  }
  if (status == RH_OK)
    status = rh_registry_diff(rh_hive_registry(hives[0]), roots[0], rh_hive_registry(hives[1]),
                              roots[1], &differ, error);
  rh_hive_free(hives[0]);
  rh_hive_free(hives[1]);
  return status;
}

static const struct work {
  const char *name;
  int words;
  rh_status (*run)(tally *total, char **words, rh_error *error);
} works[] = {{"walk", 1, walk},         {"strings", 1, walk_strings}, {"get", 3, get},
             {"values", 1, set_values}, {"keys", 1, add_keys},        {"churn", 1, churn},
             {"export", 1, export},     {"import", 2, import},        {"diff", 2, diff},
             {"rebuild", 2, rebuild},   {"commit", 2, commit}};

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static unsigned long peak_memory(void) {
  unsigned long peak = 0;
  char line[128];
  FILE *file = fopen("/proc/self/status", "r");
  while (file && peak == 0 && fgets(line, sizeof line, file))
    sscanf(line, "VmHWM: %lu", &peak);
  if (file)
    fclose(file);
  return peak;
}

static int measure(const struct work *work, char **words, int runs) {
  static double times[RUNS_MAX];
  tally total = {0};
  rh_error error = {0};
  for (int i = 0; i < runs; i++) {
    rh_buffer text = total.text;
    total = (tally){.text = text};
    double start = rh_platform_seconds();
    if (work->run(&total, words, &error) != RH_OK) {
      fprintf(stderr, "%s: %s\n", error.object, error.message);
      return 1;
    }
    times[i] = work->run == commit ? (double)total.sum / 1e9 : rh_platform_seconds() - start;
  }
  qsort(times, (size_t)runs, sizeof *times, compare);
  printf("mode=%s keys=%zu values=%zu databytes=%zu bad=%zu written=%llu ms=%.4f min_ms=%.4f "
         "peak_kb=%lu\n",
         work->name, total.keys, total.values, total.bytes, total.damaged,
         (unsigned long long)total.written, times[runs / 2] * 1e3, times[0] * 1e3, peak_memory());
  rh_buffer_dispose(&total.text);
  return 0;
}

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 2 && i < sizeof works / sizeof *works; i++) {
    if (strcmp(argv[1], works[i].name) != 0 || argc < works[i].words + 2)
      continue;
    int runs = argc > works[i].words + 2 ? atoi(argv[works[i].words + 2]) : 1;
    return measure(&works[i], argv + 2, runs < 1 ? 1 : runs > RUNS_MAX ? RUNS_MAX : runs);
  }
  fputs("usage: bench_hive WORK ARGUMENTS... [RUNS]; see the head of bench_hive.c\n", stderr);
  return 2;
}
