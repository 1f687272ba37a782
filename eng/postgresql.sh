#!/usr/bin/env bash
# Usage: eng/postgresql.sh DIR - starts a PostgreSQL server for samples and demonstrations in DIR, which must not exist: on loopback, with a few databases, and a
# role 'holdfast' whose password is in DIR/password; that of holdfast_restore is in DIR/restore-password. Prints its port. DIR/stop ends it. Exit 3: this machine has no PostgreSQL server.
set -euo pipefail
dir=$(realpath -m "$1")
cd "$(dirname "$0")/.."
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)
[ -x "$bin/initdb" ] || { echo "There is no PostgreSQL server here: apt install postgresql" >&2; exit 3; }
mkdir -p "$dir"
as=()
if [ "$(id -u)" = 0 ]; then as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi # the server refuses to run as root
mkdir "$dir/data" "$dir/socket"
if [ "$(id -u)" = 0 ]; then chown postgres "$dir/data" "$dir/socket"; fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# Who is alone on the socket is let in there; over the network nobody is without the password.
(cd / && "${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log")
(cd / && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -o "-p $port -k $dir/socket -c listen_addresses=127.0.0.1 -c fsync=off" start >>"$dir/log" </dev/null)
chmod 0711 "$dir"
chmod 0700 "$dir/socket"
(umask 077 && for name in password restore-password; do head -c 18 /dev/urandom | base64 >"$dir/$name"; done)
sql() { "$bin/psql" -h "$dir/socket" -p "$port" -U postgres -q -v ON_ERROR_STOP=1 "$@"; }
sql -v role=holdfast -f eng/postgresql-role.sql
sql <<SQL
ALTER ROLE holdfast PASSWORD '$(cat "$dir/password")';
ALTER ROLE holdfast_restore PASSWORD '$(cat "$dir/restore-password")';
CREATE DATABASE shop OWNER holdfast;
CREATE DATABASE blog OWNER holdfast;
CREATE DATABASE "tenant ash" OWNER holdfast;
SQL
sql -d shop -c "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, placed date, total numeric, note text); INSERT INTO orders (placed, total, note) SELECT date '2026-01-01' + i % 300, i * 31 % 9973 / 10.0, md5(i::text) FROM generate_series(1, 5000) i; ALTER TABLE orders OWNER TO holdfast"
sql -d blog -c "CREATE TABLE article (id int PRIMARY KEY, title text, body jsonb); INSERT INTO article SELECT i, 'Article ' || i, jsonb_build_object('text', repeat(md5(i::text), 5)) FROM generate_series(1, 300) i; ALTER TABLE article OWNER TO holdfast"
printf '#!/bin/sh\nexec kill -INT %s\n' "$(head -1 "$dir/data/postmaster.pid")" >"$dir/stop"
chmod +x "$dir/stop"
echo "$port"
