#!/usr/bin/env bash
# Usage: eng/test.sh [--fast] - builds and runs the tests. Its last line is "N passed, N failed, N skipped"; the exit code is that of the tests.
# --fast leaves out Holdfast.EndToEnd, Holdfast.Api.Tests, Holdfast.Browser.Tests, Holdfast.Docs.Tests, Holdfast.RoundTrip.Tests and what has the trait Category=Slow.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

log=$(mktemp)
work=
trap 'rm -rf "$log" ${work:+"$work"}' EXIT
run() {
  "$@" 2>&1 | tee -a "$log"
  return "${PIPESTATUS[0]}"
}

dotnet build Holdfast.slnx --nologo -v quiet || { echo "0 passed, 0 failed, 0 skipped"; exit 1; }
# Databases, archives and servers of tests live in memory where there is room: every flush of them to a disk would be waited for.
room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "${room:-0}" -ge $((8 << 20)) ]; then
  work=$(mktemp -d /dev/shm/holdfast-XXXXXX)
  chmod 0711 "$work" # servers that tests start run as users of their own
  export TMPDIR=$work
fi
code=0
if [ "${1:-}" = --fast ]; then
  for project in test/*.Tests; do
    name=$(basename "$project")
    case "$name" in Holdfast.Api.Tests | Holdfast.Browser.Tests | Holdfast.Docs.Tests | Holdfast.RoundTrip.Tests) continue ;; esac
    run dotnet test --project "$project" --no-build --filter-not-trait Category=Slow --ignore-exit-code 8 || code=$?
  done
else
  run dotnet test --solution Holdfast.slnx --no-build || code=$?
fi
grep -A 40 '^failed ' "$log" # once more, where it is seen
awk '/^  failed:/{f+=$2} /^  succeeded:/{p+=$2} /^  skipped:/{s+=$2} END{printf "%d passed, %d failed, %d skipped\n", p, f, s}' "$log"
exit "$code"
