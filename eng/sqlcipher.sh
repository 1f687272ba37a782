#!/usr/bin/env bash
# Builds eng/sqlcipher.c into out/native/sqlcipher. Exit 3: SQLite3 Multiple Ciphers or gcc is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
program=out/native/sqlcipher
[ -f out/native/libsqlite3mc.so ] || exit 3
[ "$program" -nt eng/sqlcipher.c ] && exit 0
command -v gcc >/dev/null || exit 3
# The library is found beside the program, wherever the folder lies.
gcc -O1 -Wall -Wextra eng/sqlcipher.c -o "$program.new" -Lout/native -l:libsqlite3mc.so -Wl,-rpath,'$ORIGIN'
mv "$program.new" "$program"
