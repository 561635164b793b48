/* Capturing: what is declared is in the store, exactly, and nothing else is; stores as machines. */
#define _POSIX_C_SOURCE 200809L
#include "data_file.h"
#include "machine/store/capture.h"
#include "machine_fixture.h"

#include "certificate/make_certificate.h"

#include <time.h>

typedef struct sealed {
  fixture base;
  char store[220];
  rh_age_keys keys;
  rh_age_recipients recipients;
} sealed;

static const char *const registry_scopes[] = {
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess",
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess\\Parameters",
    "HKLM\\SYSTEM\\CurrentControlSet\\Services\\NotThere", "HKLM\\DEFAULT\\Software",
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\RAS"};
static const char *const file_scopes[] = {
    "%SystemRoot%\\System32\\ras\\*.pbk", "%ProgramFiles%\\CMAK\\Profiles\\**",
    "%SystemRoot%\\SYSTEM32\\ras\\router.pbk", "D:\\not here\\*", "none.txt"};
static const char *const store_scopes[] = {"MY"};
static const rh_scopes scopes = {.registry = registry_scopes,
                                 .registry_count = 5,
                                 .files = file_scopes,
                                 .file_count = 5,
                                 .certificates = store_scopes,
                                 .certificate_count = 1};

static void sealed_make(sealed *self) {
  rh_buffer identity = {0}, recipient = {0};
  *self = (sealed){0};
  fixture_make(&self->base);
  snprintf(self->store, sizeof self->store, "%s/server.store", self->base.folder);
  OK(rh_age_keygen(&identity, &recipient, error));
  OK(rh_age_keys_add_identities(&self->keys, rh_buffer_text(&identity), identity.len, "k", error));
  OK(rh_age_recipients_add(&self->recipients, rh_buffer_text(&recipient), error));
  rh_buffer_dispose_secret(&identity);
  rh_buffer_dispose(&recipient);
  put_file(&self->base, "machine.xml",
           "<machine><adapter guid='" CARD_GUID "' mac='00-11-22-33-44-55'/></machine>");
}

static void sealed_free(sealed *self) {
  rh_age_keys_dispose(&self->keys);
  rh_age_recipients_dispose(&self->recipients);
  fixture_free(&self->base);
}

static rh_store_manifest manifest_for(void) {
  rh_store_manifest manifest = {.created = rh_copy_text("2026-11-22T12:00:00Z")};
  manifest.playbooks = rh_alloc_zero(1, sizeof *manifest.playbooks);
  manifest.playbook_count = 1;
  manifest.playbooks[0].id = rh_copy_text("remote-access");
  manifest.playbooks[0].version = rh_copy_text("1.0.0");
  manifest.playbooks[0].sha256 =
      rh_copy_text("cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4");
  return manifest;
}

static rh_capture_counts capture(sealed *self, rh_machine *source, rh_store_manifest *manifest) {
  rh_capture_counts counts = {0};
  OK(rh_capture(source, &scopes, manifest, self->store, true, &self->recipients, &counts, NULL,
                NULL, error));
  return counts;
}

static rh_machine *open_store(const sealed *self) {
  rh_machine *machine = NULL;
  OK(rh_machine_open(&machine, self->store, &self->keys, error));
  return machine;
}

static bool has_key(rh_machine *machine, const char *path) {
  rh_registry *registry = NULL;
  rh_key key;
  rh_status status = rh_machine_find_key(machine, path, &registry, &key, NULL);
  assert_true(status == RH_OK || status == RH_ERR_NOT_FOUND);
  return status == RH_OK;
}

static bool has_value(rh_machine *machine, const char *path, const char *name) {
  rh_registry *registry = NULL;
  rh_key key;
  rh_value value = {0};
  OK(rh_machine_find_key(machine, path, &registry, &key, error));
  rh_status status = rh_registry_find_value(registry, key, name, strlen(name), &value, NULL);
  rh_value_dispose(&value);
  return status == RH_OK;
}

static rh_status add_line(void *payload, const rh_visit *visit, rh_error *unused) {
  (void)unused;
  OK(rh_buffer_printf(payload, error, "%s %llu ", visit->path,
                      (unsigned long long)visit->info->last_write));
  OK(rh_buffer_append_hex(payload, visit->info->security, visit->info->security_len, error));
  return rh_buffer_append(payload, "\n", 1, NULL);
}

static rh_status add_value(void *payload, const rh_visit *visit, const rh_value *value,
                           rh_error *unused) {
  (void)unused;
  OK(rh_buffer_printf(payload, error, "%s:%.*s %u ", visit->path, (int)value->name_len, value->name,
                      value->type));
  OK(rh_buffer_append_hex(payload, value->data, value->len, error));
  return rh_buffer_append(payload, "\n", 1, NULL);
}

static char *tree_text(rh_machine *machine, const char *path) {
  rh_buffer out = {0};
  rh_registry *registry = NULL;
  rh_key key;
  const rh_walker walker = {.on_key = add_line, .on_value = add_value, .payload = &out};
  OK(rh_machine_find_key(machine, path, &registry, &key, error));
  OK(rh_registry_walk(registry, key, &walker, error));
  return (char *)out.data;
}

static void assert_same_tree(rh_machine *a, rh_machine *b, const char *path) {
  char *x = tree_text(a, path), *y = tree_text(b, path);
  assert_string_equal(x, y);
  rh_free(x);
  rh_free(y);
}

static uint64_t time_of(rh_machine *machine, const char *path) {
  rh_registry *registry = NULL;
  rh_key key;
  rh_key_info info = {0};
  OK(rh_machine_find_key(machine, path, &registry, &key, error));
  OK(rh_registry_read_key(registry, key, &info, error));
  uint64_t time = info.last_write;
  rh_key_info_dispose(&info);
  return time;
}

static void captured(void **state) {
  static const char *const same[] = {
      "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess", "HKLM\\SYSTEM\\Select",
      ("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Network\\" NETWORK_CLASS),
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName"};
  static const char *const timed[] = {
      "HKLM\\SYSTEM",
      "HKLM\\SYSTEM\\CurrentControlSet",
      "HKLM\\SYSTEM\\CurrentControlSet\\Services",
      "HKLM\\SYSTEM\\CurrentControlSet\\Control",
      "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters",
      "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI",
      "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"};
  static const char *const absent[] = {
      "HKLM\\SYSTEM\\ControlSet002",
      "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\VEN_8086&DEV_100E\\3&1\\Device Parameters",
      "HKLM\\SYSTEM\\CurrentControlSet\\Services\\NotThere", "HKLM\\DEFAULT", "HKLM\\SAM"};
  sealed self;
  rh_store_manifest manifest = manifest_for();
  rh_fingerprint_list prints = {0};
  rh_name_list files = {0};
  char digest[65];
  (void)state;
  sealed_make(&self);
  rh_machine *source = open_image(&self.base);
  rh_capture_counts counts = capture(&self, source, &manifest);
  rh_machine *store = open_store(&self);
  assert_int_equal(rh_machine_kind_of(store), RH_MACHINE_STORE);
  assert_string_equal(rh_machine_location(store), self.store);
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    assert_same_tree(source, store, same[i]);
  for (size_t i = 0; i < sizeof timed / sizeof *timed; i++)
    assert_int_equal(time_of(source, timed[i]), time_of(store, timed[i]));
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
    assert_false(has_key(store, absent[i]));
  assert_true(has_key(store, "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\VEN_8086&DEV_100E\\3&1"));
  const char *tcpip = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters";
  assert_true(has_value(store, tcpip, "Domain"));
  assert_false(has_value(store, tcpip, "DataBasePath"));
  assert_true(has_value(store, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Dhcp", "Start"));
  assert_false(
      has_value(store, "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "RegisteredOwner"));
  assert_false(has_value(
      store, "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", "Path"));

  OK(rh_machine_file_list(store, "", &files, error));
  static const char *const expected[] = {
      "Programme/CMAK/Profiles/x/x.cms", "Windows/System32/config/SOFTWARE",
      "Windows/System32/config/SYSTEM", "Windows/System32/ras/router.pbk", "machine.xml"};
  assert_int_equal(files.count, 5);
  for (size_t i = 0; i < 5; i++)
    assert_string_equal(files.names[i], expected[i]);
  rh_name_list_dispose(&files);
  assert_int_equal(counts.files, 3);
  size_t keys = 0, values = 0;
  for (size_t i = 0; i < 2; i++) {
    rh_registry *registry = NULL;
    OK(rh_machine_hive(store, i ? "SOFTWARE" : "SYSTEM", &registry, error));
    listing lines = listing_of(registry, false);
    keys += lines.keys;
    values += lines.values;
    listing_dispose(&lines);
  }
  assert_int_equal(counts.keys, keys);
  assert_int_equal(counts.values, values);
  assert_file(store, "c:\\windows\\SYSTEM32\\RAS\\Router.pbk", "[Zentrale]\r\n");
  assert_false(rh_machine_file_exists(store, "Windows/System32/ras/old.dat"));

  /* The store is the same machine: identity, folders, interfaces. */
  const rh_identity *a = NULL, *b = NULL;
  const rh_interface_list *source_list = NULL, *list = NULL;
  OK(rh_machine_identity(source, &a, error));
  OK(rh_machine_identity(store, &b, error));
  const rh_store_manifest *read = rh_machine_manifest(store);
  assert_int_equal(read->fact_count, rh_identity_count());
  for (size_t i = 0; i < rh_identity_count(); i++) {
    assert_string_equal(rh_identity_value(a, i), rh_identity_value(b, i));
    assert_string_equal(read->facts[i].name, rh_identity_name(i));
    assert_string_equal(read->facts[i].value, rh_identity_value(a, i));
  }
  assert_true(rh_machine_file_exists(store, "%ProgramFiles%\\CMAK\\Profiles\\x\\x.cms"));
  OK(rh_machine_interfaces(source, &source_list, error));
  OK(rh_machine_interfaces(store, &list, error));
  assert_int_equal(list->count, 1);
  assert_string_equal(list->items[0].name, "LAN-Verbindung");
  assert_string_equal(list->items[0].mac, "00-11-22-33-44-55");
  assert_int_equal(list->items[0].is_card, source_list->items[0].is_card);
  assert_int_equal(read->scope_count, 11);
  assert_string_equal(read->scopes[5], "file:%SystemRoot%\\System32\\ras\\*.pbk");
  assert_string_equal(read->scopes[10], "certificates:MY");
  assert_string_equal(read->playbooks[0].id, "remote-access");
  assert_null(rh_machine_manifest(source));

  OK(rh_machine_fingerprints(store, &prints, error));
  OK(rh_file_sha256(digest, self.store, error));
  assert_int_equal(prints.count, 1);
  assert_string_equal(prints.items[0].name, "store");
  assert_string_equal(prints.items[0].sha256, digest);
  rh_fingerprint_list_dispose(&prints);
  rh_store_manifest_dispose(&manifest);
  rh_machine_free(store);
  rh_machine_free(source);
  sealed_free(&self);
}

/* The same source gives the same members; so does the store of it, and an overlay without changes.
 */
static void repeated(void **state) {
  sealed self;
  rh_store_manifest manifests[4];
  (void)state;
  sealed_make(&self);
  for (size_t i = 0; i < 4; i++)
    manifests[i] = manifest_for();
  rh_machine *source = open_image(&self.base), *overlay = overlay_of(source);
  capture(&self, source, &manifests[0]);
  capture(&self, source, &manifests[1]);
  capture(&self, overlay, &manifests[2]);
  rh_machine *store = open_store(&self);
  capture(&self, store, &manifests[3]);
  for (size_t i = 1; i < 4; i++) {
    assert_int_equal(manifests[i].member_count, manifests[0].member_count);
    for (size_t j = 0; j < manifests[0].member_count; j++) {
      assert_string_equal(manifests[i].members[j].path, manifests[0].members[j].path);
      assert_string_equal(manifests[i].members[j].sha256, manifests[0].members[j].sha256);
    }
  }
  for (size_t i = 0; i < 4; i++)
    rh_store_manifest_dispose(&manifests[i]);
  /* An overlay's changes are captured as it shows them. */
  rh_machine *changed = overlay_of(store);
  rh_registry *registry = NULL;
  OK(rh_machine_hive(changed, "SYSTEM", &registry, error));
  put_dword(registry, "ControlSet001\\Services\\RemoteAccess", "Start", 9);
  OK(rh_machine_file_write(changed, "%SystemRoot%\\System32\\ras\\new.pbk", "n", 1, error));
  manifests[0] = manifest_for();
  capture(&self, changed, &manifests[0]);
  rh_machine *again = open_store(&self);
  assert_file(again, "Windows/System32/ras/new.pbk", "n");
  OK(rh_machine_hive(again, "SYSTEM", &registry, error));
  rh_value value = {0};
  OK(rh_registry_get(registry, "ControlSet001\\Services\\RemoteAccess", "Start", &value, error));
  assert_int_equal(value.data[0], 9);
  rh_value_dispose(&value);
  rh_store_manifest_dispose(&manifests[0]);
  rh_machine_free(again);
  rh_machine_free(changed);
  rh_machine_free(store);
  rh_machine_free(overlay);
  rh_machine_free(source);
  sealed_free(&self);
}

static void refused(void **state) {
  static const char *const registry[] = {"HKLM\\SAM\\SAM", "HKLM\\SECURITY", "HKCU\\Software",
                                         "HKLM", "HKLM\\sam\\sam\\Domains"};
  static const char *const files[] = {"%SystemRoot%\\System32\\config\\SAM",
                                      "%SystemRoot%\\System32\\**", "Windows/repair/sam", "..\\x",
                                      "%TEMP%\\*"};
  static const char *const stores[] = {"", "MY\\..\\Root"};
  sealed self;
  (void)state;
  sealed_make(&self);
  put_file(&self.base, "Windows/System32/config/SAM", "not even a hive");
  put_file(&self.base, "Windows/repair/sam", "an old one");
  rh_machine *source = open_image(&self.base);
  for (size_t i = 0; i < 12; i++) {
    rh_scopes bad = {0};
    if (i < 5)
      bad = (rh_scopes){.registry = &registry[i], .registry_count = 1};
    else if (i < 10)
      bad = (rh_scopes){.files = &files[i - 5], .file_count = 1};
    else
      bad = (rh_scopes){.certificates = &stores[i - 10], .certificate_count = 1};
    rh_store_manifest manifest = manifest_for();
    FAILS(RH_ERR_ARGUMENT, rh_capture(source, &bad, &manifest, self.store, false, &self.recipients,
                                      NULL, NULL, NULL, error));
    assert_false(rh_file_exists(self.store));
    rh_store_manifest_dispose(&manifest);
  }
  rh_store_manifest manifest = manifest_for(), second = manifest_for();
  capture(&self, source, &manifest);
  FAILS(RH_ERR_EXISTS, rh_capture(source, &scopes, &second, self.store, false, &self.recipients,
                                  NULL, NULL, NULL, error));
  rh_store_manifest_dispose(&second);
  rh_store_manifest_dispose(&manifest);
  /* Another key does not open it. */
  sealed other;
  sealed_make(&other);
  rh_machine *machine = NULL;
  FAILS(RH_ERR_SEALED, rh_machine_open(&machine, self.store, &other.keys, error));
  assert_null(machine);
  FAILS(RH_ERR_SEALED, rh_machine_open(&machine, self.store, NULL, error));
  sealed_free(&other);
  rh_machine_free(source);
  sealed_free(&self);
}

static void created_now(void **state) {
  sealed self;
  rh_store_manifest manifest = {0};
  char before[32], after[32];
  (void)state;
  sealed_make(&self);
  rh_machine *source = open_image(&self.base);
  time_t now = time(NULL);
  strftime(before, sizeof before, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  capture(&self, source, &manifest);
  now = time(NULL);
  strftime(after, sizeof after, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  assert_true(strcmp(before, manifest.created) <= 0 && strcmp(manifest.created, after) <= 0);
  rh_store_manifest_dispose(&manifest);
  rh_machine_free(source);
  sealed_free(&self);
}

static void put_certificate(rh_registry *software, const char *store, const made *one) {
  rh_buffer path = {0}, blob = {0};
  OK(rh_buffer_printf(&path, error, "%s\\Certificates\\%s", store, one->certificate->thumbprint));
  OK(rh_certificate_write_blob(&blob, one->certificate->der, one->certificate->der_len, NULL,
                               error));
  put(software, rh_buffer_text(&path), "Blob", RH_REG_BINARY, blob.data, blob.len);
  rh_buffer_dispose(&path);
  rh_buffer_dispose(&blob);
}

#define STORES "Microsoft\\SystemCertificates\\"
static void certificates(void **state) {
  sealed self;
  rh_store_manifest manifest = manifest_for();
  rh_certificate_list list = {0};
  rh_chain chain;
  (void)state;
  sealed_make(&self);
  made root = make((recipe){.name = "Root"}),
       middle = make((recipe){.name = "CA", .issuer = &root});
  made leaf = make((recipe){.name = "vpn", .issuer = &middle, .no_authority = true});
  rh_machine *image = open_image(&self.base), *source = overlay_of(image);
  rh_machine *other = overlay_of(image);
  rh_registry *software = NULL;
  OK(rh_machine_hive(source, "SOFTWARE", &software, error));
  put_certificate(software, STORES "MY", &leaf);
  put_certificate(software, STORES "CA", &middle);
  put_certificate(software, "Policies\\" STORES "Root", &root);
  put_certificate(software, STORES "TrustedPeople", &root);
  OK(rh_machine_certificates(source, "my", &list, error));
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0]->thumbprint, leaf.certificate->thumbprint);
  OK(rh_machine_chain(&chain, &source, 1, list.items[0], TEST_NOW, error));
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_string_equal(chain.root_sha256, root.certificate->sha256);
  /* A machine that knows none of them; both together; one that forbids the root. */
  OK(rh_machine_chain(&chain, &other, 1, list.items[0], TEST_NOW, error));
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  rh_machine *both[] = {other, source};
  OK(rh_machine_chain(&chain, both, 2, list.items[0], TEST_NOW, error));
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  OK(rh_machine_hive(other, "SOFTWARE", &software, error));
  put_certificate(software, "Microsoft\\EnterpriseCertificates\\Disallowed", &root);
  OK(rh_machine_chain(&chain, both, 2, list.items[0], TEST_NOW, error));
  assert_int_equal(chain.result, RH_CHAIN_DISALLOWED);
  rh_certificate_list_dispose(&list);
  FAILS(RH_ERR_ARGUMENT, rh_machine_certificates(source, "MY\\x", &list, error));
  OK(rh_machine_certificates(source, "None", &list, error));
  assert_int_equal(list.count, 0);

  capture(&self, source, &manifest);
  rh_machine *store = open_store(&self);
  OK(rh_machine_certificates(store, "MY", &list, error));
  assert_int_equal(list.count, 1);
  OK(rh_machine_chain(&chain, &store, 1, list.items[0], TEST_NOW, error));
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  rh_certificate_list_dispose(&list);
  OK(rh_machine_certificates(store, "TrustedPeople", &list, error));
  assert_int_equal(list.count, 0); /* not declared */
  rh_certificate_list_dispose(&list);
  rh_store_manifest_dispose(&manifest);
  unmake(&leaf);
  unmake(&middle);
  unmake(&root);
  rh_machine_free(store);
  rh_machine_free(other);
  rh_machine_free(source);
  rh_machine_free(image);
  sealed_free(&self);
}

/* A capture that cannot get its memory leaves no file; one allocation in 29 is tried. */
static void no_memory(void **state) {
  sealed self;
  rh_status status = RH_ERR_MEMORY;
  (void)state;
  sealed_make(&self);
  rh_machine *source = open_image(&self.base);
  for (unsigned long n = 1; status != RH_OK; n += 29) {
    rh_store_manifest manifest = manifest_for();
    rh_memory_fail_at(n);
    status = rh_capture(source, &scopes, &manifest, self.store, false, &self.recipients, NULL, NULL,
                        NULL, NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    assert_int_equal(rh_file_exists(self.store), status == RH_OK);
    rh_store_manifest_dispose(&manifest);
  }
  rh_machine *store = open_store(&self);
  assert_same_tree(source, store, "HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess");
  rh_machine_free(store);
  rh_machine_free(source);
  sealed_free(&self);
}

/* A real server's worth of keys; expected names: README.md of the data folder. */
static void real_hive(void **state) {
  static const char *const scope[] = {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\RemoteAccess"};
  const rh_scopes remote_access = {.registry = scope, .registry_count = 1};
  sealed self;
  rh_buffer data = {0};
  rh_store_manifest manifest = manifest_for();
  rh_capture_counts counts = {0};
  const rh_interface_list *a = NULL, *b = NULL;
  const rh_identity *identity = NULL;
  char path[300];
  (void)state;
  if (!read_data_file(&data, "hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz")) {
    rh_store_manifest_dispose(&manifest);
    skip();
  }
  sealed_make(&self);
  snprintf(path, sizeof path, "%s/Windows/System32/config/SYSTEM", self.base.image);
  OK(rh_file_write(path, data.data, data.len, RH_FILE_PRIVATE, error));
  rh_buffer_dispose(&data);
  rh_machine *source = open_image(&self.base);
  OK(rh_capture(source, &remote_access, &manifest, self.store, false, &self.recipients, &counts,
                NULL, NULL, error));
  rh_machine *store = open_store(&self);
  assert_same_tree(source, store, scope[0]);
  assert_true(counts.keys < 3000); /* of 30756 */
  OK(rh_machine_identity(store, &identity, error));
  assert_string_equal(identity->computer_name, "WKS-WIN732BITA");
  OK(rh_machine_interfaces(source, &a, error));
  OK(rh_machine_interfaces(store, &b, error));
  assert_int_equal(a->count, b->count);
  for (size_t i = 0; i < a->count; i++) {
    assert_string_equal(a->items[i].guid, b->items[i].guid);
    assert_string_equal(a->items[i].name, b->items[i].name);
    assert_int_equal(a->items[i].is_card, b->items[i].is_card);
    assert_int_equal(a->items[i].addresses.count, b->items[i].addresses.count);
  }
  const rh_service_list *services = NULL, *stored = NULL;
  OK(rh_machine_services(source, &services, error));
  OK(rh_machine_services(store, &stored, error));
  assert_true(services->count > 300);
  assert_int_equal(services->count, stored->count);
  for (size_t i = 0; i < services->count; i++) {
    const rh_service *was = &services->items[i], *is = &stored->items[i];
    assert_string_equal(was->name, is->name);
    assert_string_equal(was->program, is->program);
    assert_string_equal(was->account, is->account);
    assert_string_equal(was->title, is->title);
    assert_int_equal(was->start, is->start);
    assert_int_equal(was->type, is->type);
  }
  const rh_interface *lan = rh_interface_by_name(b, "Local Area Connection 2");
  assert_non_null(lan);
  assert_string_equal(lan->addresses.items[0], "10.3.58.5");
  assert_true(lan->is_card);
  rh_store_manifest_dispose(&manifest);
  rh_machine_free(store);
  rh_machine_free(source);
  sealed_free(&self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(captured),    cmocka_unit_test(repeated),     cmocka_unit_test(refused),
      cmocka_unit_test(created_now), cmocka_unit_test(certificates), cmocka_unit_test(real_hive),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
