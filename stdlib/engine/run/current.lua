-- The step that runs, by context: not in the context, where a playbook could give itself the name of another's step.

local M = {}

local steps = setmetatable({}, { __mode = "k" })

---@param ctx table
---@param step table|nil {full_id, guide, rule}; gets `verdicts`, their count. nil: none runs any more
function M.enter(ctx, step) steps[ctx] = step end

---@param ctx table
---@return table|nil step
function M.step_of(ctx) return steps[ctx] end

return M
