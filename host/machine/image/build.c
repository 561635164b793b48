/* Making an image from text. */
#include "machine/image/build.h"

#include "base/file.h"
#include "certificate/certificate.h"
#include "machine/internal.h"
#include "registry/hive/hive.h"
#include "registry/text/regtext.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG "Windows/System32/config"
#define REG_LIMIT ((size_t)1 << 30)
#define CERTIFICATE_LIMIT ((size_t)1 << 20)

typedef struct build {
  const char *folder, *image;
  rh_build_options options;
  rh_hive *hives[MACHINE_HIVES]; /* those that something lies in */
  rh_build_counts *counts;
} build;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder's names sorted; none when there is no such folder. */
static rh_status list_sorted(rh_name_list *out, const char *folder, rh_error *error) {
  *out = (rh_name_list){0};
  if (!rh_file_exists(folder))
    return RH_OK;
  rh_status status = rh_platform_list(out, folder, error);
  if (status == RH_OK && out->count > 1)
    qsort(out->names, out->count, sizeof *out->names, by_name);
  return status;
}

static bool ends_with(const char *text, const char *end) {
  size_t len = strlen(text), end_len = strlen(end);
  return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static rh_status need_hive(build *job, size_t index, rh_error *error) {
  rh_hive **hive = &job->hives[index];
  if (*hive)
    return RH_OK;
  const rh_hive_options options = {.root_name = machine_hive_names[index],
                                   .time = job->options.time};
  rh_status status = rh_hive_create(hive, &options, error);
  if (status == RH_OK)
    rh_hive_registry(*hive)->clock = job->options.time;
  return status;
}

static rh_status hive_of(void *payload, const char *name, size_t len, rh_registry **out,
                         rh_error *error) {
  build *job = payload;
  size_t index = machine_hive_index(name, len);
  if (index == MACHINE_HIVES)
    return RH_OK;
  rh_status status = need_hive(job, index, error);
  if (status == RH_OK)
    *out = rh_hive_registry(job->hives[index]);
  return status;
}

/* only: as in rh_regtext_read_options. A file that is named after a hive makes it, empty or not. */
static rh_status import_text(build *job, const char *name, const char *only, rh_error *error) {
  rh_buffer text = {0};
  rh_regtext_counts counts = {0};
  const rh_regtext_read_options options = {.hive_of = hive_of,
                                           .payload = job,
                                           .only = only,
                                           .skip_other_keys = job->options.skip_other_hives || only,
                                           .control_set = job->options.control_set};
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++)
    if (strncmp(name, machine_hive_names[i], strlen(machine_hive_names[i])) == 0)
      status = need_hive(job, i, error);
  char *path = rh_platform_join(job->folder, name);
  if (status == RH_OK)
    status = path ? rh_file_read(&text, path, REG_LIMIT, error) : rh_error_memory(error);
  if (status == RH_OK)
    status = rh_regtext_read(NULL, text.data, text.len, path, &options, &counts, error);
  if (!only) {
    job->counts->values += counts.values;
    job->counts->skipped_keys += counts.skipped_keys;
  }
  rh_buffer_dispose(&text);
  rh_free(path);
  return status;
}

/* Which control set is the current one may stand behind the keys of CurrentControlSet: it is read
 * first. */
static rh_status import_texts(build *job, const rh_name_list *names, rh_error *error) {
  static const char *const passes[] = {"Select", NULL};
  rh_status status = RH_OK;
  for (size_t pass = 0; pass < 2; pass++)
    for (size_t i = 0; status == RH_OK && i < names->count; i++)
      if (ends_with(names->names[i], ".reg"))
        status = import_text(job, names->names[i], passes[pass], error);
  return status;
}

/* A PEM file's first certificate, or the bytes as they are. */
static rh_status read_der(rh_buffer *out, const char *path, rh_error *error) {
  unsigned char *der = NULL;
  rh_status status = rh_file_read(out, path, CERTIFICATE_LIMIT, error);
  if (status != RH_OK || !strstr(rh_buffer_text(out), "-----BEGIN CERTIFICATE-----"))
    return status;
  BIO *bio = BIO_new_mem_buf(out->data, (int)out->len);
  X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
  int len = x509 ? i2d_X509(x509, &der) : -1;
  rh_buffer_clear(out);
  if (len < 0)
    status = rh_error_set(error, RH_ERR_FORMAT, path, "is no certificate in PEM form");
  else
    status = rh_buffer_append(out, der, (size_t)len, error);
  OPENSSL_free(der);
  X509_free(x509);
  BIO_free(bio);
  return status;
}

/* NAME.container beside NAME.cer: the first line names the key container. */
static rh_status link_container(rh_buffer *blob, const char *certificate_path, rh_error *error) {
  rh_buffer path = {0}, text = {0};
  rh_status status =
      rh_buffer_append(&path, certificate_path, strlen(certificate_path) - strlen("cer"), error);
  if (status == RH_OK)
    status = rh_buffer_append_text(&path, "container", error);
  if (status == RH_OK && rh_file_exists(rh_buffer_text(&path))) {
    status = rh_file_read(&text, rh_buffer_text(&path), CERTIFICATE_LIMIT, error);
    if (status == RH_OK) {
      text.data[strcspn((char *)text.data, "\r\n")] = '\0';
      status = rh_certificate_link_key(blob, (char *)text.data, error);
    }
  }
  rh_buffer_dispose(&path);
  rh_buffer_dispose(&text);
  return status;
}

static rh_status add_certificate(rh_hive *software, const char *store, const char *path, build *job,
                                 rh_error *error) {
  rh_buffer der = {0}, blob = {0}, key_path = {0};
  rh_certificate *certificate = NULL;
  rh_registry *registry = rh_hive_registry(software);
  rh_key root, key;
  rh_status status = read_der(&der, path, error);
  if (status == RH_OK)
    status = rh_certificate_read_der(&certificate, der.data, der.len, path, error);
  if (status == RH_OK)
    status = link_container(&blob, path, error);
  if (status == RH_OK)
    status = rh_certificate_write_blob(&blob, der.data, der.len, NULL, error);
  if (status == RH_OK)
    status =
        rh_buffer_printf(&key_path, error, "Microsoft\\SystemCertificates\\%s\\Certificates\\%s",
                         store, certificate->thumbprint);
  if (status == RH_OK)
    status = rh_registry_root(registry, &root, error);
  if (status == RH_OK)
    status = rh_registry_create_path(registry, root, rh_buffer_text(&key_path), &key, error);
  if (status == RH_OK)
    status =
        rh_registry_set_value(registry, key, "Blob", 4, RH_REG_BINARY, blob.data, blob.len, error);
  job->counts->certificates++;
  rh_certificate_free(certificate);
  rh_buffer_dispose(&der);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&key_path);
  return status;
}

static rh_status add_certificates(rh_hive *software, build *job, rh_error *error) {
  rh_name_list stores = {0}, files = {0};
  char *above = rh_platform_join(job->folder, "certificates");
  rh_status status = above ? list_sorted(&stores, above, error) : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < stores.count; i++) {
    char *store = rh_platform_join(above, stores.names[i]);
    status = store ? list_sorted(&files, store, error) : rh_error_memory(error);
    for (size_t j = 0; status == RH_OK && j < files.count; j++) {
      if (!ends_with(files.names[j], ".cer"))
        continue;
      char *path = rh_platform_join(store, files.names[j]);
      status = path ? add_certificate(software, stores.names[i], path, job, error)
                    : rh_error_memory(error);
      rh_free(path);
    }
    rh_name_list_dispose(&files);
    rh_free(store);
  }
  rh_name_list_dispose(&stores);
  rh_free(above);
  return status;
}

static rh_status write_hives(build *job, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && i < MACHINE_HIVES; i++) {
    rh_buffer target = {0};
    if (!job->hives[i])
      continue;
    status =
        rh_buffer_printf(&target, error, "%s/%s/%s", job->image, CONFIG, machine_hive_names[i]);
    if (status == RH_OK)
      status = rh_hive_commit(job->hives[i], rh_buffer_text(&target), NULL, error);
    job->counts->hives++;
    rh_buffer_dispose(&target);
  }
  return status;
}

static rh_status copy_tree(const char *from, const char *to, build *job, rh_error *error) {
  rh_name_list names = {0};
  rh_status status = list_sorted(&names, from, error);
  if (status == RH_OK && names.count > 0)
    status = rh_file_make_folders(to, RH_FILE_SHARED, error);
  for (size_t i = 0; status == RH_OK && i < names.count; i++) {
    rh_file_info info = {0};
    rh_buffer text = {0};
    char *source = rh_platform_join(from, names.names[i]);
    char *target = rh_platform_join(to, names.names[i]);
    if (!source || !target)
      status = rh_error_memory(error);
    if (status == RH_OK)
      status = rh_platform_info(source, &info, error);
    if (status == RH_OK && info.kind == RH_FILE_FOLDER)
      status = copy_tree(source, target, job, error);
    else if (status == RH_OK && info.kind != RH_FILE_REGULAR) {
      status = rh_error_set(error, RH_ERR_UNSUPPORTED, source, "is a link or a device");
      rh_error_hint(error, "put the file or folder itself in its place");
    } else if (status == RH_OK) {
      status = rh_file_read(&text, source, REG_LIMIT, error);
      if (status == RH_OK)
        status = rh_file_write(target, text.data, text.len, RH_FILE_SHARED, error);
      job->counts->files++;
    }
    rh_buffer_dispose(&text);
    rh_free(source);
    rh_free(target);
  }
  rh_name_list_dispose(&names);
  return status;
}

static rh_status build_image(build *job, const rh_name_list *names, rh_error *error) {
  rh_status status = RH_OK;
  char *config = rh_platform_join(job->image, CONFIG);
  char *files = rh_platform_join(job->folder, "files");
  if (!config || !files)
    status = rh_error_memory(error);
  if (status == RH_OK)
    status = rh_file_make_folders(config, RH_FILE_SHARED, error);
  if (status == RH_OK)
    status = import_texts(job, names, error);
  if (status == RH_OK)
    status = need_hive(job, MACHINE_SOFTWARE, error);
  if (status == RH_OK)
    status = add_certificates(job->hives[MACHINE_SOFTWARE], job, error);
  if (status == RH_OK)
    status = write_hives(job, error);
  if (status == RH_OK)
    status = copy_tree(files, job->image, job, error);
  for (size_t i = 0; i < MACHINE_HIVES; i++)
    rh_hive_free(job->hives[i]);
  rh_free(config);
  rh_free(files);
  return status;
}

rh_status rh_image_build(const char *folder, const char *image, const rh_build_options *options,
                         rh_build_counts *counts, rh_error *error) {
  rh_name_list names = {0};
  build job = {.folder = folder, .image = image, .options = *options, .counts = counts};
  if (job.options.time == 0)
    job.options.time = rh_platform_filetime();
  *counts = (rh_build_counts){0};
  rh_status status = rh_platform_list(&names, folder, error);
  if (status == RH_OK && rh_file_exists(image)) {
    status = rh_error_set(error, RH_ERR_EXISTS, image, "exists");
    rh_error_hint(error, "choose another folder, or remove it first");
  }
  if (status == RH_OK) {
    if (names.count > 1)
      qsort(names.names, names.count, sizeof *names.names, by_name);
    status = build_image(&job, &names, error);
    if (status != RH_OK && rh_file_exists(image))
      rh_file_remove_tree(image, NULL);
  }
  rh_name_list_dispose(&names);
  return status;
}
