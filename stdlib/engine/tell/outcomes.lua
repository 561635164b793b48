-- What verdicts come to, the same in every summary: losses first.

local M = {}

---In the order of a summary.
M.list = {
  { name = "unjudged", verdicts = { "unjudged" }, meaning = "no rule says what happens: --carry or --leave does" },
  { name = "left out", verdicts = { "dropped", "excluded" }, meaning = "not carried over" },
  { name = "by hand", verdicts = { "manual" }, meaning = "to be done by hand" },
  { name = "changed", verdicts = { "transformed", "defaulted" }, meaning = "carried over with a change, or a default" },
  { name = "kept", verdicts = { "kept" }, meaning = "the destination's own stays" },
  { name = "carried", verdicts = { "migrated" }, meaning = "as on the source" },
}

local by_verdict = {}
for _, outcome in ipairs(M.list) do
  for _, verdict in ipairs(outcome.verdicts) do by_verdict[verdict] = outcome end
end

---The verdicts by what they come to.
---@param verdicts table[] of a plan
---@return table<string, table[]> by the name of the outcome; none is missing
function M.sorted(verdicts)
  local sorted = {}
  for _, outcome in ipairs(M.list) do sorted[outcome.name] = {} end
  for _, item in ipairs(verdicts) do table.insert(sorted[by_verdict[item.verdict].name], item) end
  return sorted
end

---@param verdicts table[] of a plan
---@return table[] summary {name, meaning, count}: those that there are
function M.summary(verdicts)
  local sorted, summary = M.sorted(verdicts), {}
  for _, outcome in ipairs(M.list) do
    local count = #sorted[outcome.name]
    if count > 0 then summary[#summary + 1] = { name = outcome.name, meaning = outcome.meaning, count = count } end
  end
  return summary
end

return M
