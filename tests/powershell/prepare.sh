# Sourced: where PowerShell 7 is. It comes with the .NET SDK's own client and is kept outside of the checkout.

powershell_version=7.6.9

# find_powershell: puts its path into $pwsh; fails where there is none to be had.
find_powershell() {
  pwsh=$(command -v pwsh || true)
  [ -n "$pwsh" ] && return 0
  kept=${XDG_CACHE_HOME:-$HOME/.cache}/rehome-tests/powershell-$powershell_version
  pwsh=$kept/pwsh
  [ -x "$pwsh" ] && return 0
  command -v dotnet >/dev/null || return 1
  mkdir -p "$(dirname "$kept")"
  rm -rf "$kept.new"
  DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 dotnet tool install PowerShell --version "$powershell_version" \
    --tool-path "$kept.new" >/dev/null 2>&1 && mv "$kept.new" "$kept"
}
