# Sourced behind servers.sh by tests that disturb rehome: a small plan with a change of every sort.

# playbook ID STEPS: in mine/ID, with these steps behind its own.
playbook() {
  mkdir -p "mine/$1"
  cat >"mine/$1/playbook.lua" <<LUA
local ras = [[HKLM\SYSTEM\CurrentControlSet\Services\RasMan]]
local files = { [[%SystemRoot%\System32\ras\**]] }
return playbook {
  id = "$1", title = "$1", version = "1",
  consults = { registry = { ras, [[HKLM\SOFTWARE\Microsoft\RAS]] }, files = files },
  writes = { registry = { ras, [[HKLM\SOFTWARE\Microsoft\RAS]] }, files = files },
  steps = { step "all" { guide = "XX-TEST-01", run = function(ctx)
    local to = ctx.destination
    to:set(ras .. [[\Parameters]], "Torture", "dword", 7)
    to:set(ras .. [[\Made\Deep]], "Value", "sz", "made")
    to:delete_value(ras .. [[\Parameters]], "Medias")
    to:set([[HKLM\SOFTWARE\Microsoft\RAS\Made]], "Value", "binary", "bytes")
    to:write_file([[%SystemRoot%\System32\ras\new\deep.txt]], "new")
    to:write_file([[%SystemRoot%\System32\ras\present.txt]], "after")
    to:delete_file([[%SystemRoot%\System32\ras\old.txt]])
  end }, $2 },
}
LUA
}

# make_small: source/; image/, the destination before; mine/, two playbooks: values and keys of two
# hives, three files, a new folder, and in "hands" also steps to do by hand; plans/, theirs for
# world/EDGE02; world/, empty.
make_small() {
  mkdir preparing plans world
  cd preparing
  use_servers
  playbook small ''
  playbook hands 'manual "one" { guide = "XX-TEST-02", title = "One", on = "people", phase = "after", text = "One." },
    manual "two" { guide = "XX-TEST-03", title = "Two", on = "people", phase = "after", text = "Two." }'
  mkdir -p EDGE02/Windows/System32/ras
  printf 'old' >EDGE02/Windows/System32/ras/old.txt
  printf 'before' >EDGE02/Windows/System32/ras/present.txt
  chmod 640 EDGE02/Windows/System32/config/SYSTEM
  mv EDGE01 ../source
  mv EDGE02 ../image
  mv mine ../mine
  cd ../world
  cp -R ../image EDGE02
  for plan in small hands; do
    "$rehome" plan --source ../source --destination EDGE02 --playbook-path ../mine \
      --output ../plans/$plan.plan $plan >/dev/null
  done
  rm -r EDGE02
  cd ..
  rmdir preparing
}
