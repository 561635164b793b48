-- Checks that several playbooks have: each gives a declaration for `check`, to which a playbook adds what is its own.
--
--     check "language" (checks.same_language { guide = "XX-CHK-05" })

local adapters = require "windows.adapters"
local shared = require "shared"
local editions = require "windows.editions"
local gone_things = require "windows.gone"
local releases = require "windows.releases"
local roles = require "windows.roles"
local windows = require "windows"

local M = {}

local with = shared.with
local sides = { "source", "destination" }

---"Windows Server 2003 to 2012 R2", "Windows Server 2012 and newer".
---@param side "source"|"destination"
---@param playbook string|table its id, or the releases that it takes
---@return string
function M.span(side, playbook)
  local list = releases.of(side, playbook)
  local first, last = list[1], list[#list]
  if last.key == releases.list[#releases.list].key then return first.name .. " and newer" end
  return first == last and first.name or first.name .. " to " .. last.name:gsub("^Windows Server ", "")
end

---The pair of releases, by the table of releases.
---@param playbook string|table its id, or the releases that it takes: { source = { "2012" }, destination = { "2022" } }
---@param role string what it is called in the text
---@param own table guide, and what is the playbook's own
---@param strictly boolean? also the processors of both
---@return table declaration
function M.supported_pair(playbook, role, own, strictly)
  for _, side in ipairs(sides) do
    if #releases.of(side, playbook) == 0 then
      error(("supported_pair: no release is a %s for '%s'; say which: { source = {...}, destination = {...} }"):format(
        side, tostring(playbook)), 2)
    end
  end
  return with(own, {
    severity = "block", title = "Supported pair of systems",
    problem = function(ctx)
      local source, destination = ctx.source:identity(), ctx.destination:identity()
      local from, to = ctx.source_os, ctx.destination_os
      if not releases.takes("source", playbook, from, strictly and source.architecture or nil)
        or not releases.takes("destination", playbook, to, strictly and destination.architecture or nil)
        or not releases.at_most(from, to) then
        return ("Unsupported source and destination pair for %s: %s to %s."):format(role, windows.describe(source),
          windows.describe(destination)),
          ("Sources are %s; the destination is %s, and not older than the source."):format(
            M.span("source", playbook), M.span("destination", playbook))
      end
    end,
  })
end

---A pair that the role's guide does not know goes all the same, and it is said: as a warning where Microsoft has no
---page for it either.
---@param playbook string its id
---@param own table guide
function M.beyond_the_guide(playbook, own)
  local guide = releases.guides[playbook]
  return with(own, {
    severity = guide.page and "info" or "warn", title = "A pair of systems that the guide knows",
    found = function(ctx) return releases.beyond(playbook, ctx.source_os, ctx.destination_os) end,
    problem = ("The guide ends with %s as the source and %s as the destination; beyond it is: %%s."):format(
      releases.by_key[guide.source].name, releases.by_key[guide.destination].name),
    remedy = "The same rules are used, and what newer releases have or lack (RA-NEW) is told. "
      .. (guide.page and "Microsoft's page for newer releases: " .. guide.page .. "."
        or "Microsoft has no page for it: compare what was moved before clients do."),
  })
end

---Something that the source uses and the destination's release no longer has, or has off: a row of windows.gone.
---@param id string of the row
---@param own table guide, title, and `used(ctx)`: what uses it on the source, as a text; nil when nothing does
function M.gone(id, own)
  local row, used = gone_things[id] or error(("gone: there is no row '%s'"):format(id), 2), own.used
  return {
    guide = own.guide, severity = "warn", title = own.title,
    when = function(ctx) return releases.crosses(row.since, ctx.source_os, ctx.destination_os) end,
    problem = function(ctx)
      local text = used(ctx)
      if text then
        return ("%s; the destination %s."):format(text, row.what),
          ("%s (Microsoft Learn: %s)"):format(row.remedy, row.page)
      end
    end,
  }
end

---The destination's edition may have the role.
---@param own table guide, fits: names of special editions that may
function M.edition(own)
  local fits = {}
  for _, name in ipairs(own.fits or {}) do fits[name] = true end
  return {
    guide = own.guide, severity = "block", title = "Edition of the destination",
    waiver = "what this edition forbids, leaves out or sets up itself is not looked at",
    problem = function(ctx)
      local edition = editions.special(ctx.destination)
      if edition and not fits[edition.name] then
        return ("The destination is a %s: it %s."):format(edition.name, edition.means),
          "Install Standard or Datacenter on the destination."
      end
    end,
  }
end

---The source's edition is one of which more is known than its settings.
---@param own table guide, fits: names of special editions that are ordinary here
function M.source_edition(own)
  local fits = {}
  for _, name in ipairs(own.fits or {}) do fits[name] = true end
  return {
    guide = own.guide, severity = "warn", title = "Edition of the source",
    problem = function(ctx)
      local edition = editions.special(ctx.source)
      if edition and not fits[edition.name] then
        return ("The source is a %s: it %s."):format(edition.name, edition.means),
          "Look at what it set up itself; nothing of that is known here."
      end
    end,
  }
end

---A domain controller on either side, and what that means for the role.
---@param own table guide
---@param means {source: string[]?, destination: string[]?} for each side a sentence, and the remedy
function M.domain_controller(own, means)
  return with(own, {
    severity = "warn", title = "Domain controllers",
    problem = function(ctx)
      for _, side in ipairs(sides) do
        if means[side] and windows.is_domain_controller(ctx[side]:identity()) then
          return ("The %s is a domain controller. %s"):format(side, means[side][1]), means[side][2]
        end
      end
    end,
  })
end

---The role's service is on the destination, and not disabled.
---@param service string
---@param feature string what Install-WindowsFeature calls it
---@param own table guide
function M.role_installed(service, feature, own)
  return with(own, {
    severity = "block", title = "The role is installed on the destination",
    problem = function(ctx)
      local start = roles.start_of(ctx.destination, service)
      if not start or start == roles.DISABLED then
        return start and ("The service %s of the destination is disabled."):format(service)
          or "The destination does not have the role.",
          ("Run on the destination: Install-WindowsFeature -Name %s -IncludeManagementTools"):format(feature)
      end
    end,
  })
end

---No Server Core.
---@param own table guide
function M.full_installation(own)
  return with(own, {
    severity = "block", title = "No Server Core",
    problem = function(ctx)
      for _, side in ipairs(sides) do
        if windows.is_core(ctx[side]:identity()) then
          return ("The %s is a Server Core; the role needs the full installation."):format(side),
            "Install the server with its desktop."
        end
      end
    end,
  })
end

---A source of these releases is no Server Core; any other may be one.
---@param keys string[] releases
---@param own table guide
function M.full_source(keys, own)
  local asked = {}
  for _, key in ipairs(keys) do asked[key] = true end
  return with(own, {
    severity = "block", title = "No Server Core as a source",
    when = function(ctx) return asked[ctx.source_os] or false end,
    problem = function(ctx)
      if windows.is_core(ctx.source:identity()) then
        return ("The source is a Server Core installation of %s."):format(releases.by_key[ctx.source_os].name),
          "Of this release only full installations can be a source: set the destination up by hand."
      end
    end,
  })
end

---@param own table guide
function M.same_language(own)
  return with(own, {
    severity = "block", title = "Same language of installation",
    problem = function(ctx)
      local source = ctx.source:identity().install_language
      local destination = ctx.destination:identity().install_language
      if not windows.same_name(source, destination) then
        return ("The source was installed in %s, the destination in %s."):format(windows.language(source),
          windows.language(destination)), ("Install the destination again, in %s."):format(windows.language(source))
      end
    end,
  })
end

---Two machines. A card's GUID is made when Windows is installed: two machines never share one.
---@param own table guide
function M.second_machine(own)
  return with(own, {
    severity = "block", title = "Two machines",
    problem = function(ctx)
      local there = {}
      for _, card in ipairs(ctx.destination:interfaces()) do there[card.guid:upper()] = card.is_card end
      for _, card in ipairs(ctx.source:interfaces()) do
        if card.is_card and there[card.guid:upper()] then
          return ("Source and destination both have the adapter %s: they are the same machine, or one is a clone.")
            :format(card.guid), "Give a second machine with a clean installation as the destination."
        end
      end
    end,
  })
end

---The destination is in the source's domain.
---@param own table guide, and severity where it does not block
---@param consequence string? what else happens, as the end of a sentence
function M.same_domain(own, consequence)
  return with(own, {
    severity = "block", title = "Same domain",
    problem = function(ctx)
      local source, destination = ctx.source:identity().domain, ctx.destination:identity().domain
      if source ~= "" and not windows.same_name(source, destination) then
        return ("The source belongs to the domain %s, the destination to %s%s."):format(source,
          destination ~= "" and destination or "none", consequence and ": " .. consequence or ""),
          ("Join the destination to %s, with an account that may do so."):format(source)
      end
    end,
  })
end

local load_balancing = roles.key [[WLBS\Parameters\Interface]]

---What a playbook with M.no_cluster consults.
M.cluster_keys = { load_balancing }

---Neither server belongs to a cluster, of either kind.
---@param own table guide
function M.no_cluster(own)
  return with(own, {
    severity = "block", title = "No cluster",
    problem = function(ctx)
      for _, side in ipairs(sides) do
        if roles.runs(ctx[side], "ClusSvc") then
          return ("The Cluster service is active on the %s."):format(side),
            "Clustered servers cannot be migrated: evict the server from its cluster first, or move the role by the"
              .. " means of the cluster."
        elseif #ctx[side]:keys(load_balancing) > 0 then
          return ("Network Load Balancing is set up on the %s."):format(side),
            "Clustered servers cannot be migrated: take the server out of its cluster first."
        end
      end
    end,
  })
end

-- Interfaces of the source that carry something and have no place on the destination, as texts; and whether there are
-- teams among them.
local function without_place(ctx, needs)
  local in_map, missing, teams = {}, {}, false
  for _, pair in ipairs(ctx.map) do in_map[pair.source.guid:upper()] = pair end
  for _, interface in ipairs(ctx.source:interfaces()) do
    local pair = in_map[interface.guid:upper()]
    local open = not pair or not pair.destination and pair.reason ~= "given"
    local carries = interface.is_card and adapters.carries(interface)
      or interface.presence == "present" and not interface.is_member and #adapters.fixed_addresses(interface) > 0
    if open and (carries or needs and needs(ctx, interface)) then
      missing[#missing + 1] = adapters.describe(interface)
      teams = teams or interface.kind == "team" or interface.kind == "vlan"
    end
  end
  return missing, teams
end

---Every adapter of the source that carries something has one of the destination in its place. A user's map stands for
---the names, and may leave one out; a proposal of the program has to be confirmed.
---@param own table guide
---@param needs (fun(ctx: table, interface: table): boolean)? what else an interface carries for the role
function M.adapters_mapped(own, needs)
  return with(own, {
    severity = "block", title = "An adapter of the destination for each of the source that carries something",
    problem = function(ctx)
      local proposed = {}
      for _, pair in ipairs(ctx.map) do
        if pair.reason == "subnet" then
          proposed[#proposed + 1] = ("%s = %s"):format(pair.source.name, pair.destination.name)
        end
      end
      local missing, teams = without_place(ctx, needs)
      if #missing > 0 then
        return ("No adapter of the destination is called %s."):format(table.concat(missing, ", ")),
          "Rename the adapter with the same purpose, or give a map file with --map, a line each: SOURCE NAME ="
            .. " DESTINATION NAME. An empty right side leaves one out, such as a card that is not there any more."
            .. (teams and " To make the team on the destination first: "
              .. table.concat(adapters.commands(ctx.source), "; ") .. "." or "")
      elseif #proposed > 0 then
        return "Adapters have other names on the destination; by their subnets these would be the ones: "
          .. table.concat(proposed, ", ") .. ".", "If that is right, confirm it with a map file (--map) of these lines."
      end
    end,
  })
end

---Adapters with fixed addresses that are not there any more, or probably not: their settings stay behind, by name.
---@param own table guide
function M.gone_adapters(own)
  return with(own, {
    severity = "warn", title = "Adapters that are not there any more",
    found = function(ctx)
      local gone = {}
      for _, interface in ipairs(ctx.source:interfaces()) do
        local fixed = interface.presence ~= "present" and adapters.fixed_addresses(interface) or {}
        local paired = #fixed > 0 and ctx:interface(interface.guid)
        if #fixed > 0 and not paired then
          gone[#gone + 1] = ("%s has %s"):format(adapters.describe(interface), table.concat(fixed, ", "))
        end
      end
      return gone
    end,
    problem = "Settings of adapters that were taken out are not migrated: %s.",
    remedy = "Windows keeps what a removed card had, as after a move into a virtual machine. If one of these is in use,"
      .. " name it in a map file (--map).",
  })
end

return M
