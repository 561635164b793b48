#!/bin/sh
# report: one file for people on a plan or a run.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

use_plan() {
  use_servers
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access >/dev/null
}

test_html_is_well_formed_and_stands_alone() {
  need xmllint
  use_plan
  expect 0 "$rehome" report edge.plan --output report.html
  xmllint --noout report.html
  ! grep -Eiq '<script|(src|href)=|https?://[^w]|@import|url\(' report.html || fail "it loads something"
  says report.html 'xmlns="http://www.w3.org/1999/xhtml"'
}

# The numbers of the report against those of the plan.
test_html_holds_everything() {
  need xmllint
  use_plan
  "$rehome" report edge.plan --output report.html >/dev/null
  count() { xmllint --xpath "count($1)" report.html | cut -d. -f1; }
  h='*[local-name()="h2"'
  rows() { count "//$h and .='$1']/following-sibling::*[local-name()='$2'][1]//*[local-name()='tbody']/*[local-name()='tr']"; }
  [ "$(rows 'Steps' table)" = "$(jq '.steps | length' edge.plan)" ] || fail "steps"
  [ "$(rows 'Changes to the destination' details)" = "$(jq '.changes | length' edge.plan)" ] || fail "changes"
  [ "$(count '//*[local-name()="ul" and @class="checklist"]/*[local-name()="li"]')" = "$(jq '.manual | length' edge.plan)" ] || fail "manual steps"
  verdicts=$(count "//*[local-name()='th' and .='Rule']/ancestor::*[local-name()='table']//*[local-name()='tbody']/*[local-name()='tr']")
  [ "$verdicts" = "$(jq '.verdicts | length' edge.plan)" ] || fail "verdicts: $verdicts"
  for guide in $(jq -r '.steps[].guide[]' edge.plan | sort -u); do says report.html "$guide"; done
}

test_the_same_plan_gives_the_same_report() {
  use_plan
  for name in one.html two.html one.md two.md; do "$rehome" report edge.plan --output $name >/dev/null; done
  same one.html two.html
  same one.md two.md
}

test_a_report_on_a_run_tells_its_state() {
  use_plan
  expect 3 "$rehome" apply edge.plan --accept-warnings
  "$rehome" report edge.plan.run --output report.md >/dev/null
  says report.md "| State | applied |"
  says report.md "- [ ] "
  expect 0 "$rehome" rollback edge.plan.run
  expect 2 "$rehome" report edge.plan.run
  expect 1 "$rehome" report edge.plan.run --output report.md
  says err "report.md"
  expect 0 "$rehome" report edge.plan.run --output report.md --overwrite
  says report.md "| State | rolled-back |"
}

# Names from a server must not become markup.
test_names_are_escaped() {
  need xmllint
  use_servers
  change EDGE01 SYSTEM <<'REG'
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\RasMan\Parameters]
"<script>alert('&')</script>"=dword:00000001
REG
  "$rehome" plan --source EDGE01 --destination EDGE02 --output edge.plan remote-access >/dev/null
  "$rehome" report edge.plan --output report.html >/dev/null
  xmllint --noout report.html
  says report.html "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"
  "$rehome" report edge.plan --output report.md >/dev/null
  says report.md "\\<script\\>"
}

test_what_went_wrong_is_in_the_report() {
  use_servers
  expect 3 "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access
  hive=$(hive EDGE02 SYSTEM)
  rm "$hive"
  mkdir "$hive"
  code=0
  "$rehome" rollback run >out 2>err || code=$?
  [ $code -ne 0 ]
  "$rehome" report run --output r.html >/dev/null
  tail -n 40 r.html | tr -d '\n' >events
  says events "<td>error</td><td>$(jq -r 'select(.kind == "error") | .message' run/events.jsonl | tail -n 1)"
}

run_tests
