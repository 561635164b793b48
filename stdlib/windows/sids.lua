-- Security identifiers in what moves: those of a domain stay, those of the source itself do not.
--
-- The SAM hive tells which SIDs are the source's own, and their names; the others are of a domain. Without it what is
-- neither known nor named by the user counts as the source's own.

local windows = require "windows"

local M = {}

local SID = "[Ss]%-1%-5%-21%-%d+%-%d+%-%d+%-%d+"

-- Relative identifiers that accounts of a domain alone have: Domain Admins, Guests, Computers, Controllers, Schema
-- and Enterprise Admins, Policy Creators [MS-DTYP 2.4.2.4].
local only_in_domains = {
  ["512"] = true, ["514"] = true, ["515"] = true, ["516"] = true, ["518"] = true, ["519"] = true, ["520"] = true,
}

local function split(sid)
  return sid:upper():match "^(S%-1%-5%-21%-%d+%-%d+%-%d+)%-(%d+)$"
end

-- "OLD=NEW;OLD=NEW" as a table.
local function given(ctx)
  local map = {}
  for part in ctx.params.group_sids:gmatch "[^;,%s]+" do
    local old, new = part:upper():match "^(S%-1%-[%d%-]+)=(S%-1%-[%d%-]+)$"
    if not old then
      ctx:refuse("group_sids", "'" .. part .. "' is not OLD=NEW with two SIDs",
        "for example S-1-5-21-1-2-3-1001=S-1-5-21-4-5-6-1004")
    end
    map[old] = new
  end
  return map
end

-- A member's own accounts; a domain controller has none.
local function own_accounts(machine)
  return machine:identity().product_type ~= "LanmanNT" and machine:accounts() or {}
end

local function names_of(accounts)
  local names = {}
  for _, kind in ipairs { "users", "groups" } do
    for _, account in ipairs(accounts[kind] or {}) do names[account.sid:upper()] = account.name end
  end
  return names
end

local function in_one_domain(ctx)
  local source, destination = ctx.source:identity(), ctx.destination:identity()
  return source.domain ~= "" and source.domain:lower() == destination.domain:lower()
end

local function known_domains(ctx, texts, own, there)
  local source, domains = ctx.source:identity(), {}
  if not in_one_domain(ctx) then return domains end
  for _, text in ipairs(texts) do
    for sid in text:gmatch(SID) do
      local domain, rid = split(sid)
      -- What named nobody on the source must not name somebody on the destination.
      local is_foreign = own ~= nil and domain ~= own:upper() and (not there or domain ~= there:upper())
      if is_foreign or only_in_domains[rid] or windows.is_domain_controller(source) then domains[domain] = true end
    end
  end
  return domains
end

---What decides on SIDs. `texts`: all that name SIDs, since one may tell what another's domain is. The playbook has the
---parameter `group_sids`, and may consult local users and groups.
---@param texts string[]
---@return fun(text: string): string, string[] translate gives the text for the destination, and what is unknown: SIDs,
---with their names where the source knows them
function M.translator(ctx, texts)
  local own, there = own_accounts(ctx.source), own_accounts(ctx.destination)
  local map, domains, names = given(ctx), known_domains(ctx, texts, own.machine_sid, there.machine_sid), names_of(own)
  return function(text)
    local unknown = {}
    local translated = text:gsub(SID, function(sid)
      local domain, rid = split(sid)
      if map[sid:upper()] then return map[sid:upper()] end
      if map[domain] then return map[domain] ~= domain and map[domain] .. "-" .. rid or nil end
      if domains[domain] then return nil end
      local name = names[sid:upper()]
      unknown[#unknown + 1] = name and ("%s (%s)"):format(name, sid) or sid
    end)
    return translated, unknown
  end
end

return M
