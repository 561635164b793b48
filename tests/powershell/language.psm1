# What Windows PowerShell 3.0 does not have and PowerShell 7 takes: found in the syntax tree of a script.
# Pages: "What's New in PowerShell" of 4.0, 5.0, 5.1, 6.x and 7.x, about_Operators, and the reference of 3.0.

# Commands of Windows PowerShell 3.0 with their parameters there, of those that scripts may want
# (Microsoft.PowerShell.Management, .Utility, .Core, .Security; reference of 3.0).
$path = 'Path', 'LiteralPath', 'Filter', 'Include', 'Exclude', 'Force', 'Credential', 'UseTransaction', 'Confirm', 'WhatIf'
$core = @{
  'Add-Content' = $path + 'Value', 'PassThru', 'Encoding', 'Stream'
  'Add-Member' = 'InputObject', 'MemberType', 'Name', 'Value', 'SecondValue', 'TypeName', 'Force', 'PassThru', 'NotePropertyName', 'NotePropertyValue', 'NotePropertyMembers'
  'ConvertTo-Json' = 'InputObject', 'Depth', 'Compress'
  'ConvertFrom-Json' = , 'InputObject'
  'ConvertTo-SecureString' = 'String', 'AsPlainText', 'Force', 'SecureKey', 'Key'
  'ForEach-Object' = 'InputObject', 'Begin', 'Process', 'End', 'RemainingScripts', 'MemberName', 'ArgumentList', 'Confirm', 'WhatIf'
  'Get-Acl' = 'Path', 'LiteralPath', 'InputObject', 'Audit', 'AllCentralAccessPolicies', 'Filter', 'Include', 'Exclude', 'UseTransaction'
  'Get-ChildItem' = 'Path', 'LiteralPath', 'Filter', 'Include', 'Exclude', 'Recurse', 'Force', 'Name', 'UseTransaction', 'Attributes', 'Directory', 'File', 'Hidden', 'ReadOnly', 'System'
  'Get-Command' = 'Name', 'Verb', 'Noun', 'Module', 'CommandType', 'TotalCount', 'Syntax', 'ArgumentList', 'All', 'ListImported', 'ParameterName', 'ParameterType'
  'Get-Content' = 'Path', 'LiteralPath', 'Filter', 'Include', 'Exclude', 'Force', 'Credential', 'UseTransaction', 'ReadCount', 'TotalCount', 'Tail', 'Delimiter', 'Wait', 'Raw', 'Encoding', 'Stream'
  'Get-Date' = 'Date', 'Year', 'Month', 'Day', 'Hour', 'Minute', 'Second', 'Millisecond', 'DisplayHint', 'Format', 'UFormat'
  'Get-ExecutionPolicy' = 'Scope', 'List'
  'Get-Item' = 'Path', 'LiteralPath', 'Filter', 'Include', 'Exclude', 'Force', 'Credential', 'UseTransaction', 'Stream'
  'Get-ItemProperty' = 'Path', 'LiteralPath', 'Name', 'Filter', 'Include', 'Exclude', 'Credential', 'UseTransaction'
  'Join-Path' = 'Path', 'ChildPath', 'Resolve', 'Credential', 'UseTransaction'
  'Move-Item' = 'Path', 'LiteralPath', 'Destination', 'Force', 'Filter', 'Include', 'Exclude', 'PassThru', 'Credential', 'Confirm', 'WhatIf', 'UseTransaction'
  'New-Item' = 'Path', 'Name', 'ItemType', 'Value', 'Force', 'Credential', 'Confirm', 'WhatIf', 'UseTransaction'
  'New-Object' = 'TypeName', 'ArgumentList', 'Property', 'ComObject', 'Strict'
  'Out-Null' = , 'InputObject'
  'Remove-Item' = $path + 'Recurse', 'Stream', 'DeleteKey'
  'Remove-ItemProperty' = $path + 'Name'
  'Select-Object' = 'InputObject', 'Property', 'ExcludeProperty', 'ExpandProperty', 'Unique', 'Last', 'First', 'Skip', 'Wait', 'Index'
  'Set-Acl' = 'Path', 'LiteralPath', 'InputObject', 'AclObject', 'CentralAccessPolicy', 'ClearCentralAccessPolicy', 'PassThru', 'Filter', 'Include', 'Exclude', 'Confirm', 'WhatIf', 'UseTransaction'
  'Set-Content' = $path + 'Value', 'PassThru', 'Encoding', 'Stream'
  'Set-ItemProperty' = $path + 'Name', 'Value', 'InputObject', 'PassThru', 'Type'
  'Sort-Object' = 'InputObject', 'Property', 'Descending', 'Unique', 'Culture', 'CaseSensitive'
  'Split-Path' = 'Path', 'LiteralPath', 'Parent', 'Leaf', 'Qualifier', 'NoQualifier', 'IsAbsolute', 'Resolve', 'Credential', 'UseTransaction'
  'Test-Path' = 'Path', 'LiteralPath', 'Filter', 'Include', 'Exclude', 'PathType', 'IsValid', 'Credential', 'UseTransaction', 'OlderThan', 'NewerThan'
  'Where-Object' = 'InputObject', 'FilterScript', 'Property', 'Value', 'EQ', 'NE', 'CEQ', 'CNE', 'GT', 'LT', 'GE', 'LE', 'Like', 'NotLike', 'Match', 'NotMatch', 'Contains', 'NotContains', 'In', 'NotIn', 'Is', 'IsNot'
  'Write-Host' = 'Object', 'NoNewline', 'Separator', 'ForegroundColor', 'BackgroundColor'
  'Write-Output' = , 'InputObject'
}
$common = 'Verbose', 'Debug', 'ErrorAction', 'ErrorVariable', 'WarningAction', 'WarningVariable', 'OutVariable', 'OutBuffer'
$asts = 'Management.Automation.Language.'

# Every construct of a script that 3.0 lacks, with its line.
function Find-Newer([string]$Text, [hashtable]$Stubs) {
  $tokens = $problems = $null
  $ast = [Management.Automation.Language.Parser]::ParseInput($Text, [ref]$tokens, [ref]$problems)
  foreach ($problem in $problems) { "$($problem.Extent.StartLineNumber): $($problem.Message)" }
  $own = @{}
  foreach ($function in $ast.FindAll({ param($n) $n.GetType().Name -eq 'FunctionDefinitionAst' }, $true)) {
    $own[$function.Name] = @(@($function.Parameters) + @($function.Body.ParamBlock.Parameters) | Where-Object { $_ } |
      ForEach-Object { $_.Name.VariablePath.UserPath })
  }
  foreach ($node in $ast.FindAll({ $true }, $true)) {
    $what = switch ($node.GetType().Name) {
      'TernaryExpressionAst' { 'the ternary operator (7.0)' }
      'PipelineChainAst' { 'a chain of pipelines, && or || (7.0)' }
      'TypeDefinitionAst' { 'a class or enumeration (5.0)' }
      'UsingStatementAst' { 'using (5.0)' }
      'ConfigurationDefinitionAst' { 'a configuration (4.0)' }
      'DynamicKeywordStatementAst' { 'a dynamic keyword (4.0)' }
      'AssignmentStatementAst' { if ([string]$node.Operator -match '^QuestionQuestion') { '??= (7.0)' } }
      'BinaryExpressionAst' { if ([string]$node.Operator -match '^QuestionQuestion') { '?? (7.0)' } }
      'PipelineAst' { if ($node.Background) { 'a pipeline in the background, & (6.0)' } }
      'MemberExpressionAst' { if ($node.NullConditional) { '?. (7.1)' } }
      'IndexExpressionAst' { if ($node.NullConditional) { '?[] (7.1)' } }
      'InvokeMemberExpressionAst' {
        if ($node.NullConditional) { '?. (7.1)' }
        elseif ($node.Static -and [string]$node.Member -eq 'new') { '::new() (5.0)' }
        elseif (-not $node.Static -and @('ForEach', 'Where') -contains [string]$node.Member) { 'a method on collections (4.0)' }
      }
      'ScriptBlockAst' {
        if ($node.CleanBlock) { 'a clean block (7.3)' }
        elseif ($node.ScriptRequirements.RequiredPSVersion -gt [version]'3.0') { '#requires of a newer version' }
        elseif ($node.ScriptRequirements.RequiredPSEditions) { '#requires an edition (5.1)' }
      }
      'ParameterAst' { if ($node.Attributes.TypeName.Name -match '^Validate(Drive|UserDrive|NotNullOrWhiteSpace)$|^ArgumentCompletions$') { 'an attribute of newer versions' } }
      'CommandAst' { Find-NewerCommand $node $own $Stubs }
    }
    foreach ($one in $what) { if ($one) { "$($node.Extent.StartLineNumber): $one" } }
  }
  foreach ($token in $tokens) {
    if ($token.Kind -eq 'Number' -and $token.Text -match '^-?(0b[01]+|(\d[\d.]*(e[+-]?\d+)?|0x[\da-f]+)(u|us|ul|uy|y|s|n))(kb|mb|gb|tb|pb)?$') { "$($token.Extent.StartLineNumber): the number $($token.Text) (6.2)" }
    if ([string]$token.Kind -match '^(StringExpandable|HereStringExpandable)$' -and $token.Text -match '(?<!`)(``)*`(e|u\{)') { "$($token.Extent.StartLineNumber): an escape of 6.0" }
  }
}

function Find-NewerCommand($Node, $Own, $Stubs) {
  $name = $Node.GetCommandName()
  if (-not $name) { return }
  $common = $script:common
  if ($Own.ContainsKey($name)) { $known = $Own[$name] }
  elseif ($Stubs.ContainsKey($name)) { $known = $Stubs[$name].Parameters }
  elseif ($script:core.ContainsKey($name)) { $known = $script:core[$name] }
  else { return "the command $name, which is not known" }
  if ($null -eq $known) { return }
  foreach ($element in $Node.CommandElements) {
    if ($element -is [Management.Automation.Language.CommandParameterAst] -and
        $known -notcontains $element.ParameterName -and $common -notcontains $element.ParameterName) {
      "the parameter -$($element.ParameterName) of $name"
    }
    if ($name -match '^(Add|Set|Get)-Content$' -and [string]$element -match '^(utf8NoBOM|utf8BOM|ansi)$') { "the encoding $element (6.0)" }
  }
}

Export-ModuleMember -Function Find-Newer
