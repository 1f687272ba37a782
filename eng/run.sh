#!/usr/bin/env bash
# Usage: eng/run.sh [DIR] - starts a node in DIR, which must not exist (default out/demo, made anew): a source of sample databases, a PostgreSQL server
# where this machine has one (in a temporary folder, for its user may not see DIR), a local destination, and one server-wide backup task that has run once. Serves until it is stopped; with RUN_ONCE=1 it ends by itself. HOLDFAST_LISTEN names another
# address, HOLDFAST_BIN another folder with the command (default out).
set -euo pipefail
cd "$(dirname "$0")/.."
shown=${1:-out/demo}
demo=$(realpath -m "$shown")
bin=${HOLDFAST_BIN:-$PWD/out}
server=${HOLDFAST_LISTEN:-http://127.0.0.1:8420}
export PATH="$bin:$PATH" HOLDFAST_LISTEN=$server XDG_DATA_HOME="$demo/home" XDG_CONFIG_HOME="$demo/home"

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
say() { printf '%s%d.%s %s\n' "$bold" "$((number = ${number:-0} + 1))" "$plain" "$1"; }

pid= postgresql=
stop() {
  trap '' INT TERM # a second Ctrl+C must not leave the PostgreSQL server running
  [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid"; } || true
  pid=
  [ -z "$postgresql" ] || { [ ! -e "$postgresql/server/stop" ] || "$postgresql/server/stop" 2>/dev/null; while [ -e "$postgresql/server/data/postmaster.pid" ]; do sleep 0.1; done; rm -rf "$postgresql"; } || true
  postgresql=
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ $# = 0 ] || [ ! -e "$demo" ] || { echo "$shown is there already; only out/demo is made anew." >&2; exit 2; }
rm -rf "$demo"
mkdir -p "$demo/backups"
code=0
eng/samples.sh "$demo/data" small || code=$?
[ "$code" = 0 ] || [ "$code" = 3 ] || exit "$code" # 3: all but the encrypted one
source=
if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  postgresql=$(mktemp -d)
  chmod 0711 "$postgresql"
  port=$(eng/postgresql.sh "$postgresql/server")
  source=", { \"name\": \"main\", \"engine\": \"postgresql\", \"url\": \"postgresql://holdfast@127.0.0.1:$port\", \"passwordFile\": \"$postgresql/server/password\", \"restore\": { \"user\": \"holdfast_restore\", \"passwordFile\": \"$postgresql/server/restore-password\" } }"
fi
cd "$demo"
(umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >token)
cat >holdfast.json <<JSON
{
  "node": "A",
  "localRoots": ["backups"],
  "sources": [{ "name": "demo", "engine": "sqlite", "path": "data", "encrypted": ["hr/*"] }$source]
}
JSON
cat >setup.json <<JSON
{
  "destinations": { "local": { "kind": "local", "path": "$demo/backups/local" } },
  "serverWideBackups": {
    "nightly": {
      "type": "Backup", "fullBackup": "0 2 * * 0", "incrementalBackup": "0 2 * * *", "retention": { "minimumAgeDays": 14 },
      "encryption": { "mode": "Key" }, "destinations": ["local"]
    }
  }
}
JSON

holdfast serve --config holdfast.json --data server --admin-token-file token >server.log 2>&1 &
pid=$!
client() { holdfast "$@" --server "$server" --token-file token; }
for _ in $(seq 150); do
  if grep -q 'Now listening' server.log; then break; fi
  kill -0 "$pid" 2>/dev/null || { pid=; echo "The server did not start:" >&2; tail -n 5 server.log >&2; exit 1; }
  sleep 0.2
done
server=$(sed -n 's/.*Now listening on: //p' server.log)

[ ! -f payroll.key ] || client databases key 'demo/hr/*' --key-file payroll.key >/dev/null
(umask 077 && client apply -f setup.json --output json >applied.json) # with the key that was made: it is shown once
(umask 077 && python3 - <<'PYTHON' >backup.key
import json
key = next(i["generatedKey"] for i in json.load(open("applied.json"))["items"] if i.get("generatedKey"))
print(f"# public key: {key['recipient']}\n{key['secretKey']}")
PYTHON
)
rm applied.json
say "Saved the server-wide backup task 'nightly': full on Sundays at 2, incremental every night, kept 14 days, encrypted; its key is in $shown/backup.key"
covered=$(client server-wide show nightly --output json | python3 -c 'import json, sys; print(json.load(sys.stdin)["summary"])')
say "Each database has its task by itself: it $covered"
client backup --template nightly >backup.log || { cat backup.log >&2; exit 1; }
say "Backed up every database once: $(tail -n 1 backup.log)"
client restore demo/orders.db --to demo/orders-restored.db >restore.log
say "$(cat restore.log)"
rows() { sqlite3 "$1" "PRAGMA integrity_check; SELECT count(*), round(sum(total), 1) FROM orders" | tr '\n' ' '; }
[ "$(rows data/orders.db)" = "$(rows data/orders-restored.db)" ] || { echo "The restored database differs: $(rows data/orders-restored.db)" >&2; exit 1; }
client databases --output json | python3 -c 'import json, sys; exit(0 if any(d["id"] == "demo/orders-restored.db" and d["tasks"] == 1 for d in json.load(sys.stdin)["items"]) else 1)'
say "Verified: it holds the same orders as the original, and 'nightly' covers it from now on"
if [ -n "$postgresql" ]; then
  client restore main/shop --to main/shop-restored >restore.log
  say "$(cat restore.log) That one is PostgreSQL, covered by the same task"
else
  echo "(Without a PostgreSQL server: apt-get install postgresql, and its databases are covered by the same task.)"
fi

cat <<TEXT

Holdfast serves at $bold$server$plain (Studio, for a browser; the API: $server/api; the log: $shown/server.log)
Sign in as 'admin' with the one-time password in $shown/server/admin-password
Next: make a new database, and see that it is covered within half a minute:
  export PATH="$bin:\$PATH"
  sqlite3 $shown/data/mine.db 'CREATE TABLE t (a)'
  holdfast databases --server $server --token-file $shown/token
TEXT
if [ "${RUN_ONCE:-}" = 1 ]; then exit 0; fi
echo "Ctrl+C stops it."
trap 'exit 0' INT
wait "$pid"
