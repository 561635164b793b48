/* Keys of the age format as text: what is taken, what is refused, and that no secret is told. */
#include "age/age.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Made by age-keygen 1.1.1. */
#define IDENTITY_1 "AGE-SECRET-KEY-16HDQUNRK3D5G5PT475D9CP3UU5KS80V8AJDE2CL6D3W2RFYPNJUQZLPG85"
#define RECIPIENT_1 "age1egmde8aer2fzg802u9vk03t02jxpqvpx03yakngnrsh9n3m67fksvuvwnh"
#define IDENTITY_2 "AGE-SECRET-KEY-150UZNC45XR0M5CJ2JA72953M87YG5CRYSGWGEEMYNT4DPJ7LJ88Q3HPP4V"

static void test_keys_in_text(void **state) {
  (void)state;
  static const struct {
    const char *text;
    rh_status status;
    const char *message;
  } cases[] = {
      {"# made today\r\n\r\n" IDENTITY_1 "\r\n" IDENTITY_2, RH_OK, NULL},
      {"", RH_ERR_FORMAT, "holds no age identity"},
      {"# nothing\n", RH_ERR_FORMAT, "holds no age identity"},
      {"#\nAGE-SECRET-KEY-16HDQUNRK3D5G5PT475D9CP3UU5KS80V8AJDE2CL6D3W2RFYPNJUQZLPG8\n",
       RH_ERR_FORMAT, "line 2 is not"},
      /* One letter changed, two swapped, mixed case, a recipient instead. */
      {"AGE-SECRET-KEY-16HDQUNRK3D5G5PT475D9CP3UU5KS80V8AJDE2CL6D3W2RFYPNJUQZLPG86", RH_ERR_FORMAT,
       "line 1 is not"},
      {"AGE-SECRET-KEY-1H6DQUNRK3D5G5PT475D9CP3UU5KS80V8AJDE2CL6D3W2RFYPNJUQZLPG85", RH_ERR_FORMAT,
       "line 1 is not"},
      {"AGE-SECRET-KEY-16hDQUNRK3D5G5PT475D9CP3UU5KS80V8AJDE2CL6D3W2RFYPNJUQZLPG85", RH_ERR_FORMAT,
       "line 1 is not"},
      {RECIPIENT_1, RH_ERR_FORMAT, "line 1 is not"},
      {"AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG",
       RH_ERR_UNSUPPORTED, "line 1 is an identity of a kind"},
      {"age-encryption.org/v1\n-> scrypt", RH_ERR_UNSUPPORTED, "is itself sealed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_age_keys keys = {0};
    rh_error error = {0};
    assert_int_equal(
        rh_age_keys_add_identities(&keys, cases[i].text, strlen(cases[i].text), "keys.txt", &error),
        cases[i].status);
    assert_int_equal(keys.identity_count, cases[i].status == RH_OK ? 2 : 0);
    if (cases[i].message) {
      assert_non_null(strstr(error.message, cases[i].message));
      assert_null(strstr(error.message, "HDQUNRK"));
      assert_null(strstr(error.hint, "HDQUNRK"));
      assert_string_equal(error.object, "keys.txt");
    }
    rh_age_keys_dispose(&keys);
  }
}

static void test_case_of_keys(void **state) {
  (void)state;
  rh_age_keys upper = {0}, lower = {0};
  rh_age_recipients recipients = {0};
  rh_error error;
  char text[] = IDENTITY_1, recipient[] = RECIPIENT_1;
  for (char *sign = text; *sign; sign++)
    *sign = (char)(*sign >= 'A' && *sign <= 'Z' ? *sign + 32 : *sign);
  assert_int_equal(rh_age_keys_add_identities(&upper, IDENTITY_1, strlen(IDENTITY_1), "a", &error),
                   RH_OK);
  assert_int_equal(rh_age_keys_add_identities(&lower, text, strlen(text), "b", &error), RH_OK);
  assert_memory_equal(upper.identities[0], lower.identities[0], 32);
  for (char *sign = recipient; *sign; sign++)
    *sign = (char)(*sign >= 'a' && *sign <= 'z' ? *sign - 32 : *sign);
  assert_int_equal(rh_age_recipients_add(&recipients, recipient, &error), RH_OK);
  recipient[3] = 'b';
  assert_int_equal(rh_age_recipients_add(&recipients, recipient, &error), RH_ERR_ARGUMENT);
  assert_int_equal(rh_age_recipients_add(&recipients, "age1", &error), RH_ERR_ARGUMENT);
  assert_int_equal(rh_age_recipients_add(&recipients, "ssh-ed25519 AAAA", &error),
                   RH_ERR_UNSUPPORTED);
  assert_int_equal(rh_age_recipients_add(&recipients, IDENTITY_1, &error), RH_ERR_ARGUMENT);
  assert_null(strstr(error.object, "HDQUNRK"));
  assert_null(strstr(error.message, "HDQUNRK"));
  assert_int_equal(recipients.count, 1);
  rh_age_keys_dispose(&upper);
  rh_age_keys_dispose(&lower);
  rh_age_recipients_dispose(&recipients);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys_in_text),
                                     cmocka_unit_test(test_case_of_keys)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
