-- What several roles need once: the source's name, its addresses, a certificate with its key, a restarted service.
--
-- Each gives a declaration for `manual` or `deferred`, to which a playbook adds what is its own: guide, when, after,
-- before. Equal by construction, they are one item for all playbooks that have them:
--
--     manual "old-name" (shared.rename { guide = "XX-POST-02", when = function(ctx) ... end })

local certificate_of = require "certificate"

local M = {}

---A declaration with what a playbook says for itself.
---@param own table
---@param common table
---@return table
function M.with(own, common)
  local declaration = {}
  for key, value in pairs(common) do declaration[key] = value end
  for key, value in pairs(own) do declaration[key] = value end
  return declaration
end

local with = M.with

---The parameter of who takes over the source's name and addresses: one question for all roles, and only one
---destination can answer yes.
---@param meaning string? what it means for the role
---@return table parameter
function M.takes_over_name(meaning)
  return {
    type = "boolean", default = false, takes = { "name", "addresses" },
    help = "the destination takes over the source's name and addresses afterwards"
      .. (meaning and ": " .. meaning or ""),
  }
end

local security_policy = {
  shared = "security-policy", title = "Compare the local security policy", on = "people", phase = "after",
  text = "What Control\\Lsa itself holds (LmCompatibilityLevel, RestrictAnonymous, RestrictAnonymousSAM, NoLMHash,"
    .. " EveryoneIncludesAnonymous) is not read, because keys below it guard the server's secrets. Where the domain"
    .. " does not set it: secedit /export /cfg policy.inf on both servers; what is stricter on the source goes into"
    .. " secpol.msc of the destination.",
}

---The manual step for what hardens a server and is not read.
---@param own table guide, and when, after, before
function M.security_policy(own)
  return with(own, security_policy)
end

local rename = {
  shared = "rename-computer", title = "Give the source's name to the destination", on = "destination", phase = "after",
  text = function(ctx)
    local name = ctx.source:identity().computer_name
    local first = ctx.params.takes_over_name and ("Rename the destination to %s"):format(name)
      or ("If clients use the name %s: rename the destination"):format(name)
    return first .. ", but only after the source has left the network: out of the domain, and shut down. A certificate"
      .. " for the other name is to be replaced then. The way back: rename the destination, take it out of the domain,"
      .. " and bring the source back."
  end,
}

---The manual step that gives the destination the source's name.
---@param own table guide, and when, after, before
function M.rename(own)
  return with(own, rename)
end

-- "192.0.2.10 255.255.255.0 on 'Internet'": the fixed addresses of the cards.
local function fixed_addresses(machine)
  local lines = {}
  for _, card in ipairs(machine:interfaces()) do
    for index, address in ipairs(card.is_card and not card.uses_dhcp and card.addresses or {}) do
      lines[#lines + 1] = ("%s %s on '%s'"):format(address, card.masks[index] or "", card.name)
    end
  end
  return lines
end

---How the destination goes back, for the text of a step of the way back.
M.roll_back = "With the destination shut down and its disk at hand, 'rehome rollback RUN --dry-run' tells what goes"
  .. " back and all that was changed there since; 'rehome rollback RUN' takes the run back. What was changed since"
  .. " stays with --keep-changed, and goes with --discard-changed, which keeps a copy in the run folder; --keep PATH"
  .. " and --discard PATH decide by name."

local take_addresses = {
  shared = "take-over-addresses", title = "Give the source's addresses to the destination", on = "destination",
  phase = "after",
  text = function(ctx)
    local lines = fixed_addresses(ctx.source)
    if #lines == 0 or ctx:takes_part("ip-configuration", "here") then return nil end
    return "When the source is off the network, give the destination its addresses. The way back: change them again,"
      .. " then bring the source back.\n" .. table.concat(lines, "\n")
  end,
}

---The manual step that gives the destination the source's addresses. None where the source has no fixed ones, or
---where ip-configuration gives them.
---@param own table guide, and when, after, before
function M.take_addresses(own)
  return with(own, take_addresses)
end

local import_certificate = {
  shared = "import-certificates", title = "Move certificates with their private keys", on = "destination",
  phase = "before", on_demand = true,
  text = certificate_of.how_to_export,
}

---The manual step that moves certificates. It appears when a step asks for it, for a certificate:
---`ctx:call_for("certificates", certificate.to_export(ctx, certificate))`.
---@param own table guide, and after, before
function M.import_certificates(own)
  return with(own, import_certificate)
end

---The action of the first start that restarts a service, after all that its users do there.
---@param service string
---@param own table guide, and when, after, before
function M.restart(service, own)
  return with(own, {
    shared = "restart-" .. service:lower(), title = "Restart the service " .. service,
    run = ("Restart-AndWait '%s'"):format(service), undo = ("Restart-AndWait '%s'"):format(service),
  })
end

return M
