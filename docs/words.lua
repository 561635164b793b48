---@meta
-- The words of playbooks for editors that know LuaCATS, and for luacheck. Made by tests/cli/reference.sh.

---@class PlaybookFields
---@field id string the folder's name
---@field steps table all items; lists in lists are flattened
---@field title string for people
---@field version string its own
---@field after? table runs after these playbooks, when they take part
---@field before? table runs before these
---@field compat? table tables for people, by release
---@field conflicts? table none of these
---@field consults? table what is only looked at
---@field divisible? boolean a part may move to each of several servers
---@field guide? table the items that it follows
---@field params? table what the user may choose, by name
---@field points? string who looks for the role by the source's name or address
---@field present? function function(source): whether the role is on a machine, and why
---@field reads? table what the role owns: read, exported and accounted for
---@field requires? table these must take part, and come first
---@field services? string[] the Windows services that it moves
---@field summary? string what moves, in a line
---@field takes? string[] name, addresses: what of the source one server alone can have
---@field together? table all of these or none
---@field writes? table what may be changed on the destination

---A playbook: what one server role needs in order to move.
---@param declaration PlaybookFields
---@return table
function playbook(declaration) end

---@class CheckFields
---@field guide string|string[] the items of the guide, such as RA-CHK-01
---@field problem string|function function(ctx): nothing, or what is wrong and what to do; or a text with %s for what `found` gives
---@field severity string block, warn or info
---@field found? function function(ctx): nothing when all is well, else true, a list of texts, or values for the text
---@field remedy? string|function what to do, beside a text; function(ctx)
---@field title? string for people; else the id
---@field waiver? string what may go wrong for who goes on with --waive
---@field when? function function(ctx): whether it is needed

---What may be in the way, asked before any step runs.
---@param id string
---@return fun(declaration: CheckFields): table
function check(id) end

---@class SettingsFields
---@field guide string|string[] the items of the guide, such as RA-CHK-01
---@field after? string|string[] comes after these steps, of this playbook or PLAYBOOK/STEP
---@field before? string|string[] comes before these
---@field each? function function(source, ctx): a list of what the table stands for; subkeys [[...\*]] gives one
---@field key? string|function the key on both servers; with each: function(thing, ctx), else its path; nil: the source has no such thing
---@field replace? boolean|string what the destination has there goes first; with each: a key that goes first
---@field requires? string|string[] as after; the playbook has to take part
---@field title? string for people; else the id
---@field to? string|function another key on the destination; with each: function(thing, ctx), which may give nil, a reason and a verdict (dropped, kept, manual) for all that the thing has
---@field value? function function(thing, ctx): the one value of the key that stands for the thing
---@field when? function function(ctx): whether it is needed

---What becomes of the values of a key, or of one for each thing that there is: rules, the first that holds decides.
---@param id string
---@return fun(declaration: SettingsFields): table
function settings(id) end

---@class AccountFields
---@field guide string|string[] the items of the guide, such as RA-CHK-01
---@field accounts? string users, groups or members; a rule names them
---@field after? string|string[] comes after these steps, of this playbook or PLAYBOOK/STEP
---@field before? string|string[] comes before these
---@field certificates? string a store; a rule names thumbprints
---@field each? function function(source, ctx): a list in place of all that there is
---@field files? string|string[] folders; a rule names files below them
---@field name? function function(thing, ctx): the name of what each gives; else its name
---@field parts? function function(ctx): the file whose parts each gives, as m:files does: {name, value, there, write}
---@field requires? string|string[] as after; the playbook has to take part
---@field title? string for people; else the id
---@field to? string the folder that files go to; else the same
---@field when? function function(ctx): whether it is needed

---What becomes of files, parts of a file, certificates or accounts: rules, the first that holds decides.
---@param id string
---@return fun(declaration: AccountFields): table
function account(id) end

---@class StepFields
---@field guide string|string[] the items of the guide, such as RA-CHK-01
---@field run function function(ctx): may give a summary for the plan
---@field after? string|string[] comes after these steps, of this playbook or PLAYBOOK/STEP
---@field before? string|string[] comes before these
---@field requires? string|string[] as after; the playbook has to take part
---@field shared? string one with the items of this shared name in other playbooks
---@field title? string for people; else the id
---@field when? function function(ctx): whether it is needed

---What no table of rules can say, in code.
---@param id string
---@return fun(declaration: StepFields): table
function step(id) end

---@class ManualFields
---@field guide string|string[] the items of the guide, such as RA-CHK-01
---@field on string source, destination, network, domain or people
---@field phase string before or after the apply, or back: only for a rollback
---@field text string|function what to do; function(ctx)
---@field after? string|string[] comes after these steps, of this playbook or PLAYBOOK/STEP
---@field before? string|string[] comes before these
---@field on_demand? boolean|function only when a rule or a step asks for it; function(ctx): or when that is true, or gives a list of details
---@field requires? string|string[] as after; the playbook has to take part
---@field secret_needed? boolean it needs a secret
---@field shared? string one with the items of this shared name in other playbooks
---@field title? string for people; else the id
---@field unattended? string of apply --unattended: defer, fail or accept-if-verified
---@field verify? function function(ctx): whether it is done
---@field when? function function(ctx): whether it is needed

---What a person does.
---@param id string
---@return fun(declaration: ManualFields): table
function manual(id) end

---@class DeferredFields
---@field guide string|string[] the items of the guide, such as RA-CHK-01
---@field run string|function PowerShell; function(ctx)
---@field undo string|function PowerShell for the way back
---@field after? string|string[] comes after these steps, of this playbook or PLAYBOOK/STEP
---@field asks? boolean|function it asks a person for something, so that it cannot run by itself; function(ctx)
---@field before? string|string[] comes before these
---@field closes? string|string[] manual steps of this playbook that are done when it is
---@field requires? string|string[] as after; the playbook has to take part
---@field shared? string one with the items of this shared name in other playbooks
---@field title? string for people; else the id
---@field when? function function(ctx): whether it is needed

---What only the running destination can do: PowerShell for its first start, and for the way back.
---@param id string
---@return fun(declaration: DeferredFields): table
function deferred(id) end

---@class MigrateFields
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field replace? boolean of [[Sub\**]]: what the destination has below Sub goes first
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field through? function function(value, ctx, about): the new value and a reason, or nil and a reason
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---as on the source, or as `through` changes it (transformed) or leaves it out (dropped)
---@param names string|string[]|MigrateFields
---@return any
function migrate(names) end

---@class SetFields
---@field compute? function function(ctx, about): the value; nothing: not written (kept)
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field value? table such as dword(1)
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---the playbook's own value, whether the source has one or not
---@param names string|string[]|SetFields
---@return any
function set(names) end

---@class DefaultFields
---@field value table such as dword(0)
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---the default that the rule gives, where the source has a value
---@param names string|string[]|DefaultFields
---@return any
function default(names) end

---@class RemoveFields
---@field always? boolean also where the source has none; by a wildcard what the destination has in the key itself
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---the destination's value goes, so that Windows' default holds
---@param names string|string[]|RemoveFields
---@return any
function remove(names) end

---@class KeepFields
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---the destination's own stays; what it meets by `*` or `**` alone, without `when` and with one reason for all, is unjudged
---@param names string|string[]|KeepFields
---@return any
function keep(names) end

---@class DropFields
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---not carried over; what it meets by `*` or `**` alone, without `when` and with one reason for all, is unjudged
---@param names string|string[]|DropFields
---@return any
function drop(names) end

---@class ShippedFields
---@field from string the hive or the page that it comes from
---@field value table such as dword(3)
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true

---where the source has what Windows comes with, the destination's own stays; another value is the next rule's
---@param names string|string[]|ShippedFields
---@return any
function shipped(names) end

---@class StricterFields
---@field absent integer|table what Windows does without the value; { ["2003,2008"] = 1, otherwise = 0 }
---@field by string|table higher, lower, on, off, bits, or a list of numbers, the strictest first
---@field ask? boolean a looser value of the source is unjudged instead of left behind
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string what it means

---the stricter of what both servers do, and the difference told, also where the source has no value: kept, or transformed; a looser one arrives by --carry of its exact path
---@param names string|string[]|StricterFields
---@return any
function stricter(names) end

---@class UnjudgedFields
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function what it means, shown in the plan; function(ctx, about)

---the user says what becomes of it (--carry, --leave), where it differs from the destination's; so is what no rule names
---@param names string|string[]|UnjudgedFields
---@return any
function unjudged(names) end

---@class ByHandFields
---@field detail? string|string[]|function what its text is told; function(ctx, about)
---@field note? string|string[]|function lines for the report; function(ctx, about)
---@field secret? boolean|function the data are not printed; function(ctx, about): or when that is true
---@field step? string the on-demand manual step that is asked for
---@field when? function function(ctx, about): whether the rule decides; else the next one that names it does
---@field why? string|function the reason, shown in the plan; function(ctx, about)

---a person does it
---@param names string|string[]|ByHandFields
---@return any
function by_hand(names) end

---@class ByReleaseFields
---@field destination? table the same
---@field source? table rules by release: ["2003"] = ..., ["2008,2008r2"] = ..., otherwise = ...

---a rule for each release of a side: the column of the destination's release, where there is one, else that of the source's; the side that is asked last has a column `otherwise`
---@param names string|string[]|ByReleaseFields
---@return any
function by_release(names) end

---the rules for what stdlib/windows/switches.lua knows of a key, which it names below Services; with \** behind it also of the keys below
---@param value any
---@return any
function switches(value) end

---a number of 32 bits, for `value` and m:set
---@param value any
---@return any
function dword(value) end

---a number of 64 bits, for `value` and m:set
---@param value any
---@return any
function qword(value) end

---a text, for `value` and m:set
---@param value any
---@return any
function sz(value) end

---a text with %variables%, for `value` and m:set
---@param value any
---@return any
function expand_sz(value) end

---a list of texts, for `value` and m:set
---@param value any
---@return any
function multi_sz(value) end

---bytes, for `value` and m:set
---@param value any
---@return any
function binary(value) end

---for `each`: the keys of the source that a path with `*` in place of names means, as { name, path }; name is what stands for the last `*`
---@param value any
---@return any
function subkeys(value) end
