#!/usr/bin/env bash
# Coverage-guided fuzzing of the archive and index readers: eng/fuzz.sh [SECONDS], default ten minutes. Fails when there is a finding, and keeps it.
# Needs afl++ (Debian: afl++) and SharpFuzz's instrumenter, which is fetched once into out/tools.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
command -v afl-fuzz >/dev/null || { echo "fuzz: afl-fuzz is missing; install Debian's package afl++" >&2; exit 1; }
[ -x out/tools/sharpfuzz ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path out/tools >/dev/null

rm -rf out/fuzz
mkdir -p out/fuzz/seeds
dotnet build test/Holdfast.Fuzz -c Release --nologo -v q
cp -r artifacts/bin/Holdfast.Fuzz/release out/fuzz/program
dotnet out/fuzz/program/Holdfast.Fuzz.dll seeds out/fuzz/seeds
DOTNET_ROLL_FORWARD=Major out/tools/sharpfuzz out/fuzz/program/Holdfast.Archive.dll # our own code only, and in this copy only

AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
  DOTNET_TieredCompilation=0 afl-fuzz -i out/fuzz/seeds -o out/fuzz/findings -t 10000 -m none -V "$seconds" -- dotnet out/fuzz/program/Holdfast.Fuzz.dll >out/fuzz/log 2>&1 || { tail -20 out/fuzz/log >&2; exit 1; }

grep -E '^(execs_done|execs_per_sec|corpus_count|edges_found|saved_crashes|saved_hangs)' out/fuzz/findings/default/fuzzer_stats
found=$(find out/fuzz/findings/default/crashes out/fuzz/findings/default/hangs -name 'id:*' | wc -l)
[ "$found" -eq 0 ] || { echo "fuzz: $found findings in out/fuzz/findings; try one again with: dotnet out/fuzz/program/Holdfast.Fuzz.dll run FILE" >&2; exit 1; }
