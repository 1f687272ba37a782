#!/usr/bin/env bash
# Builds SQLite3 Multiple Ciphers (MIT) from the sources in its npm package into out/native/libsqlite3mc.so.
# Does nothing where that is built already. Exit 0: built; 3: not possible here, and why.
set -euo pipefail
version=13.0.3
sha256=24a11e221247fc003f755ad0f82126bc6b0295d0be1c06f3cb3e48d9db8eb898
cd "$(dirname "$0")/.."
target=out/native/libsqlite3mc.so
stamp=out/native/libsqlite3mc.version
[ -f "$target" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$version-2" ] && exit 0

unavailable() {
  echo "SQLite3 Multiple Ciphers is not built: $1. Everything but encrypted SQLite databases works without it." >&2
  exit 3
}
for tool in gcc npm tar sha256sum; do
  command -v "$tool" >/dev/null || unavailable "$tool is missing (Debian: apt-get install gcc libc6-dev npm)"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "better-sqlite3-multiple-ciphers@$version" >/dev/null) || unavailable "its npm package cannot be fetched"
package="$work/better-sqlite3-multiple-ciphers-$version.tgz"
echo "$sha256  $package" | sha256sum --check --quiet || { echo "The package's SHA-256 is not the pinned one." >&2; exit 1; }
tar -xzf "$package" -C "$work" package/deps/sqlite3
case "$(uname -m)" in
  x86_64) machine="-msse4.2 -maes" ;;
  *) machine="" ;;
esac
echo "Building SQLite3 Multiple Ciphers (about 40 s, once) ..."
# shellcheck disable=SC2086
gcc -O2 -w -include stdint.h -D_GNU_SOURCE -fPIC -shared -Wl,-Bsymbolic $machine \
  -DCODEC_TYPE=CODEC_TYPE_SQLCIPHER -DSQLITE_TEMP_STORE=2 -DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_USE_URI=0 \
  -DSQLITE_ENABLE_SNAPSHOT -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS -DSQLITE_ENABLE_FTS4 \
  -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_GEOPOLY -DSQLITE_ENABLE_STAT4 -DSQLITE_ENABLE_MATH_FUNCTIONS \
  -DSQLITE_ENABLE_PERCENTILE -DSQLITE_SOUNDEX -DSQLITE_ENABLE_DBSTAT_VTAB \
  "$work/package/deps/sqlite3/sqlite3.c" -lpthread -ldl -lm -o "$work/libsqlite3mc.so"
mkdir -p out/native
mv "$work/libsqlite3mc.so" "$target"
echo "$version-2" > "$stamp"
