/* XML documents in Lua: exact places, values as libxml2 reads them, and hostile documents. */
#include "base/file.h"
#include "script/bind/xml_scan.h"
#include "script_fixture.h"

#define X "local xml = stdlib('format.xml') "

/* The bytes of every element, its text and its attributes, in document order. */
#define SHOW                                                                                       \
  X "local function show(doc, node, out)\n"                                                        \
    "  local attributes = {}\n"                                                                    \
    "  for i, a in ipairs(node.attributes) do attributes[i] = a.uri .. '|' .. a.name .. '=' .. "   \
    "a.value end\n"                                                                                \
    "  out[#out + 1] = { xml.outer(doc, node), xml.inner(doc, node), node.uri .. '|' .. "          \
    "node.name,\n"                                                                                 \
    "    table.concat(attributes, ' '), node.text or false }\n"                                    \
    "  for _, child in ipairs(node.children) do show(doc, child, out) end\n"                       \
    "  return out\n"                                                                               \
    "end\n"                                                                                        \
    "local function all(text) local doc = assert(xml.parse(text)) return show(doc, doc.root, {}) " \
    "end\n"

static void elements_stand_where_they_are(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         SHOW "return all('<?xml version=\"1.0\"?>\\r\\n<a ><!-- <b> --><b x = \">\"/> "
              "<c>t</c\\n></a >\\n<!-- > -->')",
         "[[\"<a ><!-- <b> --><b x = \\\">\\\"/> <c>t</c\\n></a >\","
         "\"<!-- <b> --><b x = \\\">\\\"/> <c>t</c\\n>\",\"|a\",\"\",false],"
         "[\"<b x = \\\">\\\"/>\",\"\",\"|b\",\"|x=>\",\"\"],"
         "[\"<c>t</c\\n>\",\"t\",\"|c\",\"\",\"t\"]]");
  EXPECT(script, SHOW "return all('<a>x<![CDATA[</a>&amp;]]>&#38;&lt;\\r\\ny<?p </a>?></a>')[1][5]",
         "\"x</a>&amp;&<\\ny\"");
  EXPECT(script, SHOW "return all('<a x=\"1 &amp; &#x41;\" y=\\'\"\\'/>')[1][4]",
         "\"|x=1 & A |y=\\\"\"");
}

static void namespaces_are_those_in_force(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         SHOW "local t = all('<r xmlns:dt=\"urn:one\"><a dt:dt=\"int\"/><b xmlns:dt=\"urn:two\" "
              "dt:dt=\"int\"/><dt:c xmlns=\"urn:three\"><d/></dt:c></r>')\n"
              "return { t[2][4], t[3][4], t[4][3], t[5][3], t[1][4] }",
         "[\"urn:one|dt=int\",\"urn:two|dt=int\",\"urn:one|c\",\"urn:three|d\",\"\"]");
}

static void edits_leave_the_rest_alone(void **state) {
  rh_script *script = *state;
  EXPECT(
      script,
      X "local doc = xml.parse('<a>\\r\\n\\t<b  x=\\'1\\'>old</b ><c "
        "/>&#65;<d>x</d>\\r\\n</a>\\r\\n')\n"
        "local a = doc.root\n"
        "xml.set_text(doc, a.children[1], '<&>\\r')\n"
        "xml.set_text(doc, a.children[2], 'new')\n"
        "xml.remove(doc, a.children[3])\n"
        "xml.append(doc, a, '<e/>') xml.append(doc, a, '<f/>')\n"
        "return { xml.build(doc), xml.inner(doc, a.children[2]), xml.outer(doc, a.children[1]) }",
      "[\"<a>\\r\\n\\t<b  x='1'>&lt;&amp;&gt;&#13;</b ><c>new</c>&#65;<e/><f/>\\r\\n</a>\\r\\n\","
      "\"new\",\"<b  x='1'>&lt;&amp;&gt;&#13;</b >\"]");
  EXPECT(script,
         X "local doc = xml.parse('<a><b>1</b></a>')\n"
           "xml.set_text(doc, doc.root.children[1], '2')\n"
           "return { pcall(xml.set_text, doc, doc.root.children[1], '3'),\n"
           "  pcall(xml.set_text, doc, doc.root, '3'), pcall(xml.escape, '\\1'), pcall(xml.escape, "
           "'\\xff') }",
         "[false,false,false,false,\"xml.escape: the text holds characters that XML does not "
         "have\"]");
  EXPECT(script,
         X "local doc = xml.parse('<a/>') xml.append(doc, doc.root, '<b>')\n"
           "local text, err = xml.build(doc) return { text == nil, err.message }",
         "[true,\"line 1: an end tag does not fit its start tag\"]");
}

static void encodings_come_back(void **state) {
  rh_script *script = *state;
  EXPECT(
      script,
      X
      "local function wide(text, big) return (big and '\\xfe\\xff' or '\\xff\\xfe') ..\n"
      "  text:gsub('.', big and '\\0%0' or '%0\\0') end\n"
      "local out = {}\n"
      "for i, text in ipairs { '<a>\xC3\xA4</a>', '\\xEF\\xBB\\xBF<a>x</a>',\n"
      "    wide('<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>x</a>'), wide('<a>x</a>', true),\n"
      "    '<?xml version=\"1.0\" encoding=\\'utf-8\\' ?><a>x</a>' } do\n"
      "  local doc = assert(xml.parse(text))\n"
      "  out[i] = { doc.encoding, xml.build(doc) == text }\n"
      "  xml.set_text(doc, doc.root, 'x\\u{20AC}\\u{1F600}')\n"
      "  local again = xml.parse(xml.build(doc))\n"
      "  out[i][3] = again.root.text == 'x\\u{20AC}\\u{1F600}' and again.encoding == doc.encoding\n"
      "end return out",
      "[[\"utf-8\",true,true],[\"utf-8 with mark\",true,true],[\"utf-16le\",true,true],"
      "[\"utf-16be\",true,true],[\"utf-8\",true,true]]");
}

/* Refused, with a message that has `said` in it and nothing of the document's content. */
static void expect_refused(rh_script *script, const char *document, const char *said) {
  char text[4096];
  snprintf(text, sizeof text,
           X "local doc, err = xml.parse(%s)\n"
             "assert(doc == nil, 'accepted')\n"
             "assert(not err.message:find('secret', 1, true), err.message)\n"
             "return err.message:find([==[%s]==], 1, true) and true or err.message",
           document, said);
  expect_result(script, "remote-access/checks.lua", text, "true");
}

static void hostile_documents_are_refused(void **state) {
  rh_script *script = *state;
  static const char *const cases[][2] = {
      {"''", "there is no element"},
      {"'<!DOCTYPE a><a/>'", "document type"},
      {"'<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>'", "document type"},
      {"'<a><!DOCTYPE b></a>'", "document type"},
      {"'<a>secret&secret;</a>'", "not well-formed"},
      {"'<a>secret&secret</a>'", "not well-formed"},
      {"'<a>&#0;</a>'", "not well-formed"},
      {"'<a>\\0</a>'", "not well-formed"},
      {"'<a>]]></a>'", "not well-formed"},
      {"'<a b=\"1\" b=\"2\"/>'", "not well-formed"},
      {"'<a b=\"<\"/>'", "not well-formed"},
      {"'<a x:b=\"1\"/>'", "not well-formed"},
      {"'<x:a/>'", "not well-formed"},
      {"'<a><b></a></b>'", "does not fit"},
      {"'\\n\\n<a>'", "line 3: elements end"},
      {"'<a/><b/>'", "second root"},
      {"'<a/>x'", "not well-formed"},
      {"'x<a/>'", "not well-formed"},
      {"' <?xml version=\"1.0\"?><a/>'", "not well-formed"},
      {"'<a>\\xff</a>'", "neither UTF-8"},
      {"'\\xff\\xfe<'", "within a UTF-16"},
      {"'\\xff\\xfe\\0\\xd8'", "neither UTF-8"},
      {"'<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>'", "iso-8859-1"},
      {"'<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>'", "utf-16"},
      {"('<a>'):rep(65) .. ('</a>'):rep(65)", "too deep"},
      {"('<a>'):rep(1000000)", "too deep"},
      {"'<a ' .. ('b=\"\" '):rep(257) .. '/>'", "too many attributes"},
      {"'<a>' .. ('<b/>'):rep(200000) .. '</a>'", "too many elements"},
      {"'<a>' .. (' '):rep(64 * 1024 * 1024) .. '</a>'", "64 MiB"},
      {"'<1/>'", "not well-formed"},
      {"'< a/>'", "no name"},
      {"'<a><!-- -- --></a>'", "not well-formed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refused(script, cases[i][0], cases[i][1]);
  EXPECT(script, X "return xml.parse(('<a>'):rep(64) .. ('</a>'):rep(64)) ~= nil", "true");
}

/* Every beginning of a document is refused, and every byte of it may be anything. */
static void truncated_and_altered_documents(void **state) {
  rh_script *script = *state;
  EXPECT(script,
         X
         "local text = '<?xml version=\"1.0\"?>\\r\\n<a xmlns:d=\"u\"><!-- c --><b d:e=\"1\">x&amp;"
         "<![CDATA[y]]></b><c/></a>'\n"
         "local accepted = 0\n"
         "for len = 0, #text - 1 do assert(xml.parse(text:sub(1, len)) == nil, len) end\n"
         "for at = 1, #text do for _, byte in ipairs { 0, 32, 34, 38, 45, 47, 60, 62, 65, 93, 255 "
         "} do\n"
         "  local changed = text:sub(1, at - 1) .. string.char(byte) .. text:sub(at + 1)\n"
         "  local doc = xml.parse(changed)\n"
         "  if doc then accepted = accepted + 1 assert(xml.build(doc) == changed) end\n"
         "end end\n"
         "return { xml.parse(text) ~= nil, accepted > 100 }",
         "[true,true]");
}

/* The places that are found are those of the tags, in a document made without the scanner. */
static void places_agree_with_a_made_document(void **state) {
  (void)state;
  rh_buffer text = {0}, found = {0};
  size_t starts[300], ends[300];
  rh_buffer_append_text(&text, "<r>", NULL);
  for (size_t i = 0; i < 300; i++) {
    rh_buffer_printf(&text, NULL, "%.*s<!-- <e> -->", (int)(i % 7), "       ");
    starts[i] = text.len;
    rh_buffer_printf(&text, NULL, i % 3 ? "<e n='%zu>'>%zu</e>" : "<e n=\"%zu\" m='%zu/>'/>", i, i);
    ends[i] = text.len;
  }
  rh_buffer_append_text(&text, "</r>", NULL);
  assert_int_equal(xml_scan(&found, rh_buffer_text(&text), text.len, NULL), RH_OK);
  const xml_element *elements = (const xml_element *)(const void *)found.data;
  assert_int_equal(found.len, 301 * sizeof *elements);
  assert_int_equal(elements[0].start, 0);
  assert_int_equal(elements[0].end, text.len);
  for (size_t i = 0; i < 300; i++) {
    assert_int_equal(elements[i + 1].start, starts[i]);
    assert_int_equal(elements[i + 1].end, ends[i]);
    assert_int_equal(elements[i + 1].parent, 0);
  }
  rh_buffer_dispose(&text);
  rh_buffer_dispose(&found);
}

static void memory_may_run_out_anywhere(void **state) {
  (void)state;
  static const char text[] = "<a><b c=\"1\">x</b></a>";
  for (unsigned long at = 1; at < 20; at++) {
    rh_buffer found = {0};
    rh_error error = {0};
    rh_memory_fail_at(at);
    rh_status status = xml_scan(&found, text, sizeof text - 1, &error);
    rh_memory_fail_at(0);
    rh_buffer_dispose(&found);
    if (status == RH_OK)
      return;
    assert_int_equal(status, RH_ERR_MEMORY);
  }
  fail_msg("it never succeeds");
}

static int setup(void **state) {
  *state = open_script(&(rh_script_options){0});
  return 0;
}

static int teardown(void **state) {
  rh_script_free(*state);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(elements_stand_where_they_are),
      TEST(namespaces_are_those_in_force),
      TEST(edits_leave_the_rest_alone),
      TEST(encodings_come_back),
      TEST(hostile_documents_are_refused),
      TEST(truncated_and_altered_documents),
      cmocka_unit_test(places_agree_with_a_made_document),
      cmocka_unit_test(memory_may_run_out_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
