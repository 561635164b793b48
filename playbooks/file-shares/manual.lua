-- What a person has to do: data, and what an image cannot tell.

local facts = require "facts"

local function any_moved(ctx)
  return ctx.state.moved ~= nil
end

-- What is known of a folder on the destination.
local function state_of(ctx, path)
  local drive = path:sub(1, 2):upper()
  if drive ~= facts.system_drive(ctx.destination) then return "whether it is there cannot be seen in an image" end
  return ctx.destination:has_folder(path) and "it is there" or "it is not there yet"
end

-- Through the administrative share of its drive, since the share itself may narrow rights. A backslash in front of a
-- quote would hide it. PowerShell would take $RECYCLE for a variable: the command is for cmd.
local function robocopy(ctx, share)
  local source = ("\\\\%s\\%s$%s"):format(ctx.source:identity().computer_name, share.from:sub(1, 1),
    (share.from:sub(3):gsub("\\+$", "")))
  local target = share.to:match "^%a:\\$" or '"' .. share.to:gsub("\\+$", "") .. '"'
  local whole_drive = share.from:match "^%a:\\$" and [[ /XD "System Volume Information" $RECYCLE.BIN]] or ""
  return ('robocopy "%s" %s /E /COPYALL /DCOPY:T /B /XJ /R:1 /W:1%s'):format(source, target, whole_drive)
end

local function inside_another(moved, share)
  for _, other in ipairs(moved) do
    if #other.from < #share.from and facts.is_below(share.from, other.from) and facts.is_below(share.to, other.to) then
      return other
    end
  end
end

local stays = "\nUntil all is copied the source keeps its name and, with other addresses, its place on the network."

local function copy_lines(ctx)
  local lines = {}
  for _, share in ipairs(ctx.state.moved) do
    local outer = inside_another(ctx.state.moved, share)
    lines[#lines + 1] = ("%s, %s: %s."):format(share.name, share.to, state_of(ctx, share.to))
    lines[#lines + 1] = outer and ("It is copied with %s."):format(outer.name) or robocopy(ctx, share)
  end
  return lines
end

return {
  manual "freeze" {
    guide = "FILE-PRE-01", title = "Change nothing on the source any more", on = "people", phase = "before",
    when = function(ctx) return #facts.shared_folders(ctx.source) > 0 end,
    text = "From here on nobody makes or changes shares, permissions or groups on the source. Keep its list: net"
      .. " share.",
  },

  manual "missing-drives" {
    guide = { "FILE-PRE-02", "FILE-DATA-02" }, title = "Attach the disks", on = "destination", phase = "after",
    when = function(ctx) return #facts.missing_drives(ctx) > 0 end,
    text = function(ctx)
      local lines = { "These drives are missing. Move or attach the disks, give them these letters, then start the"
        .. " service Server again. What local accounts of the source may do on a moved disk has to be set again." }
      for _, drive in ipairs(facts.missing_drives(ctx)) do
        lines[#lines + 1] = ("%s for %s"):format(drive.letter, table.concat(drive.shares, ", "))
      end
      return table.concat(lines, "\n")
    end,
  },

  manual "copy-data" {
    guide = { "FILE-DATA-01", "FILE-PRE-02" }, title = "Copy the data, twice", on = "destination", phase = "after",
    when = any_moved,
    text = function(ctx)
      local lines = {
        "On the destination, in a command prompt (cmd) as an administrator: once while users work, then again without"
          .. " them (net file; take away the source's shares) with /MIR in place of /E, which deletes what is gone on"
          .. " the source. Folders above the shared ones need the same permissions on both servers. A share whose"
          .. " folder was not there when the destination started appears when the service Server starts again:"
          .. " powershell Restart-Service LanmanServer -Force" .. (ctx.params.takes_over_name and stays or ""),
      }
      return table.concat(table.move(copy_lines(ctx), 1, 2 * #ctx.state.moved, 2, lines), "\n")
    end,
  },

  manual "links" {
    guide = "FILE-DATA-03", title = "What robocopy leaves behind", on = "destination", phase = "after",
    when = any_moved,
    text = "Junctions, symbolic links and mounted volumes are not copied (/XJ): make them again with mklink and"
      .. " mountvol. EFS files go with /EFSRAW and their users' keys alone.",
  },

  manual "shadow-copies" {
    guide = "FILE-VSS-01", title = "Shadow copies", on = "destination", phase = "after", when = any_moved,
    text = "If the source's volumes have shadow copies (vssadmin list shadowstorage): set place, size and schedule"
      .. " again.",
  },

  manual "share-permissions" {
    guide = { "FILE-SMB-02", "FILE-PRE-03" }, title = "Permissions for accounts of the source", on = "destination",
    phase = "after", on_demand = true,
    text = "These entries name accounts that are not known on the destination: they let nobody in. Enter the accounts"
      .. " that they mean, and remove them:",
  },

  manual "shares-by-hand" {
    guide = { "FILE-SMB-01", "FILE-SMB-02" }, title = "Shares that were not moved", on = "destination", phase = "after",
    on_demand = true,
    text = "Make these shares by hand; until then they do not exist on the destination:",
  },

  manual "shares-of-roles" {
    guide = "FILE-SMB-01", title = "Shares of roles", on = "destination", phase = "after", on_demand = true,
    text = "These shares belong to roles, which make them anew: move each role by its own means, its data with it. A"
      .. " copy of the share alone is of no use:",
  },

  manual "printers" {
    guide = "FILE-PRINT-01", title = "Shared printers", on = "destination", phase = "after", on_demand = true,
    text = [[Move them with %WINDIR%\System32\Spool\Tools\Printbrm.exe: -s \\OLD -b -f FILE, then -s \\NEW -r -f FILE.]]
      .. " A destination on x64 needs an x64 driver for each queue on the source first. Unpublish on the source before"
      .. " it is renamed:",
  },

  manual "policies" {
    guide = { "FILE-SMB-03", "FILE-SMB-04" }, title = "Policies for file servers", on = "domain", phase = "after",
    when = any_moved,
    text = "Let the same policies apply to the destination as to the source: signing and idle time of Microsoft network"
      .. " server, hash publication for BranchCache (gpresult on both).",
  },

  manual "verify" {
    guide = "FILE-VER-01", title = "Compare shares and data", on = "destination", phase = "after", when = any_moved,
    text = "net share on both servers; Get-SmbShareAccess; icacls of some folders; open files as a user from a client.",
  },
}
