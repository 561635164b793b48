-- The NPS model: objects by their names, typed properties, bytes that nothing touched.

local lu = require "luaunit"
local nps = require "format.nps"
local xml = require "format.xml"

local t = {}

local NAMESPACE = 'xmlns:dt="urn:schemas-microsoft-com:datatypes"'

local function configuration(sections, root)
  return "<Root " .. (root or NAMESPACE) .. [[><Children><Version name="Version" dt:dt="int">257</Version>
<Microsoft_Internet_Authentication_Service name="Microsoft_Internet_Authentication_Service"><Children>]] .. sections
    .. [[</Children><Properties><Description>x</Description></Properties>
</Microsoft_Internet_Authentication_Service></Children></Root>]]
end

local client = [[<Protocols name="Protocols"><Children><Microsoft_Radius_Protocol name="Microsoft Radius Protocol">
<Children><Clients name="Clients"><Children><_Com name="3Com"><Properties>
<IP_Address other:dt="string" xmlns:other="urn:schemas-microsoft-com:datatypes">10.0.0.1</IP_Address>
<Count dt:dt="int"> -5 </Count><Count dt:dt="int">7</Count><Flag dt:dt="boolean">1</Flag>
<Flag2 dt:dt="boolean">2</Flag2>
<Data dt:dt="bin.hex">00fFa0</Data><Odd dt:dt="bin.hex">0</Odd><Empty dt:dt="string" /><Plain>text</Plain>
</Properties></_Com></Children></Clients></Children></Microsoft_Radius_Protocol></Children></Protocols>]]

local function only_client(text)
  local model = assert(nps.parse(text or configuration(client)))
  return nps.clients(model)[1], model
end

function t.test_types()
  local object = only_client()
  lu.assertEquals(object.name, "3Com")
  lu.assertEquals(nps.get(object, "IP_Address"), "10.0.0.1")
  lu.assertEquals(nps.get_all(object, "Count"), { -5, 7 })
  lu.assertEquals(nps.get(object, "Flag"), true)
  lu.assertNil(nps.get(object, "Flag2"))
  lu.assertEquals(nps.get(object, "Data"), "\0\xFF\xA0")
  lu.assertNil(nps.get(object, "Odd"))
  lu.assertEquals(nps.get(object, "Empty"), "")
  lu.assertEquals(nps.get(object, "Plain"), "text")
  lu.assertNil(nps.get(object, "Missing"))
  lu.assertEquals(nps.properties(object)[3], "Flag")
end

function t.test_a_property_of_another_type_is_refused()
  local function section(property)
    return ('<NetworkPolicy name="NetworkPolicy"><Children><a name="a"><Properties>%s</Properties></a></Children>'
      .. '</NetworkPolicy>'):format(property)
  end
  for _, property in ipairs { '<msNPSequence dt:dt="string">1</msNPSequence>', '<msNPSequence>1</msNPSequence>',
                              '<Policy_Enabled dt:dt="int">1</Policy_Enabled>',
                              '<IP_Address dt:dt="boolean">1</IP_Address>',
                              '<msNPAllowedEapType dt:dt="string">1a</msNPAllowedEapType>' } do
    local model, err = nps.parse(configuration(section(property)))
    lu.assertNil(model)
    lu.assertStrContains(err.message, "is not of type")
  end
  local fits = '<msNPSequence dt:dt="int">x</msNPSequence><IP_Address>h</IP_Address>'
  lu.assertNotNil(nps.parse(configuration(section(fits))))
end

function t.test_without_changes_every_byte_stays()
  local _, model = only_client()
  lu.assertEquals(nps.build(model), configuration(client))
end

function t.test_changes_are_small()
  local object, model = only_client()
  nps.set(object, "Flag", false)
  nps.set(object, "IP_Address", "10.0.0.1")
  nps.set(object, "Empty", "<new>")
  nps.set(object, "Added", 3, "int")
  nps.each(object, "Count", function(value) return value > 0 and value + 1 or nil end)
  lu.assertEquals(nps.get_all(object, "Count"), { 8 })
  lu.assertEquals(nps.get(object, "Flag"), false)
  local text = configuration(client):gsub('(<Flag [^>]*>)1', "%10"):gsub(' />', ">&lt;new&gt;</Empty>", 1)
    :gsub('<Count dt:dt="int"> %-5 </Count>', ""):gsub(">7<", ">8<")
    :gsub("text</Plain>", '%0<Added ' .. NAMESPACE .. ' dt:dt="int">3</Added>')
  lu.assertEquals(nps.build(model), text)
  lu.assertEquals(nps.get(only_client(text), "Added"), 3)
end

function t.test_policies_and_their_profiles()
  local function object(name, leaves)
    return ('<x name="%s"><Properties>%s</Properties></x>'):format(name, leaves)
  end
  local model = assert(nps.parse(configuration('<NetworkPolicy name="NetworkPolicy"><Children>'
    .. object("None", "<msNPAction>a b</msNPAction>")
    .. object("B", '<msNPSequence dt:dt="int">2</msNPSequence><msNPAction>A B</msNPAction>')
    .. object("A", '<msNPSequence dt:dt="int">1</msNPSequence><msNPAction>gone</msNPAction>')
    .. '</Children></NetworkPolicy><RadiusProfiles name="RadiusProfiles"><Children>' .. object("a b", "")
    .. "</Children></RadiusProfiles>")))
  local found = {}
  for index, policy in ipairs(nps.policies(model, "NetworkPolicy")) do
    found[index] = policy.name .. "=" .. (policy.profile and policy.profile.name or "")
  end
  lu.assertEquals(found, { "A=", "B=a b", "None=a b" })
end

function t.test_grafting_takes_objects_as_they_are()
  local section = '<NetworkPolicy name="NetworkPolicy">%s</NetworkPolicy>'
  local from = assert(nps.parse(configuration(section:format '<Children >\r\n <P  name="P"/>\r\n</Children>')))
  for _, there in ipairs { "<Children><Q name='Q'/></Children>", "<Children/>", "<Properties/>", "" } do
    local to = assert(nps.parse(configuration(section:format(there))))
    nps.graft(nps.find(to, "NetworkPolicy"), nps.find(from, "NetworkPolicy"))
    local text = assert(nps.build(to))
    lu.assertStrContains(text, '>\r\n <P  name="P"/>\r\n</Children>')
    lu.assertEquals(#nps.objects(assert(nps.parse(text)), "NetworkPolicy"), 1)
  end
end

function t.test_a_prefix_that_means_nothing_there_is_noticed()
  local from = assert(nps.parse(configuration('<A name="A"><Children><b name="b" dt:dt="int"/></Children></A>')))
  local to = assert(nps.parse((configuration('<A name="A"><Children/></A>', ""):gsub(' dt:dt="int"', ""))))
  nps.graft(nps.find(to, "A"), nps.find(from, "A"))
  local text, err = nps.build(to)
  lu.assertNil(text)
  lu.assertStrContains(err.message, "not well-formed")
end

function t.test_what_is_refused()
  local twins = '<RadiusProfiles name="RadiusProfiles"><Children><a name="P"/><b name="p"/></Children></RadiusProfiles>'
  for text, message in pairs {
    [""] = "no element",
    ["<Root/>"] = "no configuration of NPS",
    [configuration(client, 'xmlns:dt="urn:wrong"')] = "namespace",
    [configuration(client, NAMESPACE .. ' xmlns="urn:x"')] = "namespace",
    [configuration(twins)] = "two objects of RadiusProfiles are called 'p'",
  } do
    local model, err = nps.parse(text)
    lu.assertNil(model)
    lu.assertStrContains(err.message, message)
  end
end

function t.test_edits_of_one_place_are_a_mistake()
  local document = assert(xml.parse "<a><b>1</b><c/></a>")
  local b = document.root.children[1]
  xml.set_text(document, b, "2")
  lu.assertErrorMsgContains("two edits", xml.remove, document, b)
  xml.set_inner(document, document.root.children[2], "<d/>")
  lu.assertEquals(xml.inner(document, document.root.children[2]), "<d/>")
  lu.assertEquals(xml.build(document), "<a><b>2</b><c><d/></c></a>")
end

return t
