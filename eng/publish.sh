#!/usr/bin/env bash
# Puts the command into out/holdfast: one file beside its native libraries, for the .NET runtime of this machine. Precompiled (ReadyToRun), which
# halves the time of a short command; where the compiler's package cannot be fetched, without. Builds in a folder of its own: artifacts/ is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p out
export DOTNET_NOLOGO=1
publish() {
  dotnet publish src/Holdfast.Cli -c Release --artifacts-path out/build -o out --nologo -v quiet \
    -p:PublishSingleFile=true -p:DebugType=embedded -p:PublishDocumentationFile=false -p:PublishReferencesDocumentationFiles=false "$@"
}
# Where the one file is up to date, publishing takes the native libraries beside it for leftovers and deletes them. So it is made each time.
rm -f out/holdfast
if ! publish -p:PublishReadyToRun=true >out/publish.log 2>&1; then
  if ! publish; then exit 1; fi
  echo "(not precompiled: see out/publish.log)"
fi
echo "Built: out/holdfast"
