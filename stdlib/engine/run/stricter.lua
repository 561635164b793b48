-- The rule "the stricter of what both servers do, and the difference told" for what hardens a server.
--
-- It decides over what either server has. A looser value of the source stays behind, unless the user carries it by its
-- exact path; a looser one of the destination goes, also where the source relies on what Windows does without a value.

local document = require "engine.tell.document"
local hardening = require "windows.hardening"
local switches = require "windows.switches"
local unjudged = require "engine.run.unjudged"

local M = {}

local function own_of(ctx, action, to, name)
  local value = ctx.destination:read(to, name)
  return hardening.effective(value, action.options.absent, ctx.destination_os), value ~= nil
end

---Decides over a value that the source has.
---@param ctx table
---@param action table the rule
---@param of table what the rule decides over
---@return string|nil verdict nil: it is the user's to say
---@return string|nil why
---@return boolean|nil loosens
function M.decide(ctx, action, of)
  local by, ask = action.options.by, action.options.ask
  if math.type(of.value) ~= "integer" then
    return nil, "it is no number: nothing tells which of both servers is stricter"
  end
  local own, has_own = own_of(ctx, action, of.to, of.name)
  local best = hardening.stricter(by, of.value, own)
  local is_looser, is_carried = hardening.is_looser(by, of.value, own), unjudged.is_carried(ctx, of.path, of.name)
  if is_carried or is_looser and ask then
    local what = action.options.why or "it hardens the server"
    return nil, is_looser and ("%s; %d is looser than the destination's %d"):format(what, of.value, own) or what,
      is_looser
  end
  if is_looser then
    ctx:note(("%s: %d on the source, %d on the destination. The stricter one holds%s."):format(
      document.full(of.to, of.name), of.value, own, best == own and "" or (", %d"):format(best)))
  end
  if best == own and has_own then return "kept", "the destination's own is as strict, or stricter" end
  if best == own and best ~= of.value then return "kept", "what the destination does without the value is stricter" end
  ctx.destination:set(of.to, of.name, of.type, best)
  if best ~= of.value then return "transformed", "the stricter of both servers' values" end
  return "migrated", has_own and ("stricter than the destination's %d"):format(own) or nil
end

---Hardens what the destination has loosened, or does by itself, and the source has no value for.
function M.harden(ctx, action, of)
  local by = action.options.by
  local own = own_of(ctx, action, of.to, of.name)
  local wanted = hardening.without(action.options.absent, ctx.source_os)
  if not hardening.is_looser(by, own, wanted) then return end
  local best = hardening.stricter(by, wanted, own)
  ctx.destination:set(of.to, of.name, "dword", best)
  ctx:note(("%s: %d on the destination; the source, without the value, does as with %d. %d is written."):format(
    document.full(of.to, of.name), own, wanted, best))
end

-- What the user took out and what the user carried all the same.
local function weakened(settler, book)
  local list = {}
  for _, item in ipairs(book.items) do
    local row = item.verdict == "excluded" and item.name and switches.find(item.path, item.name)
    if row and row.stricter then
      list[#list + 1] = ("%s (%s on the source, taken out)"):format(document.full(item.path, item.name),
        tostring(item.before))
    end
  end
  for _, item in ipairs(settler.loosened) do
    list[#list + 1] = ("%s (%s, carried)"):format(document.full(item.path, item.name), tostring(item.value.value))
  end
  return list
end

---The warning that names what is weaker on the destination than either server was.
---@param settler table of the run
---@param book table the ledger
---@param playbook string the first that takes part
---@return table|nil check
function M.check(settler, book, playbook)
  local list = weakened(settler, book)
  if #list == 0 then return nil end
  return {
    id = "never-weaker", playbook = playbook, guide = {}, severity = "warn", ok = false,
    title = "No weaker than it was",
    message = "The user's word makes the destination weaker here than a server was, or may: " ..
      table.concat(list, ", ") .. ".",
    hint = "Leave out the --carry or --exclude of what need not be so.",
  }
end

return M
