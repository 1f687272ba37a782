#!/usr/bin/env python3
"""Makes the test data of one release: make.py OUT VERSION [WORK]

OUT is the folder with the release's `holdfast` (what `make build` leaves), VERSION names the result, VERSION.tar.gz beside this file; WORK is an
empty folder to work in. The release runs as a server for twelve days of a clock of its own (Faults/faults.c), so gcc, sqlite3 and python3 are needed.
README.md says what is made and why.
"""
import base64
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(sys.argv[1]).resolve()
VERSION = sys.argv[2]
WORK = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="holdfast-upgrade-"))
PORT = 18437
TOKEN = "token-of-the-test-data-0123456789abcdef"
HR_KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
ARCHIVE_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PLACE = WORK / "place"  # all of it: holdfast.json, source, backups, node
CONTROL = WORK / "control"

server = None


def clock(text):
    """Sets the wall clock of the release."""
    ahead = int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()) - int(time.time())
    with open(CONTROL, "r+b") as file:
        file.seek(8 * 8)
        file.write(struct.pack("q", ahead))


def start():
    global server
    environment = dict(os.environ, LD_PRELOAD=str(WORK / "faults.so"), HOLDFAST_FAULTS=str(CONTROL), HOLDFAST_FAULTS_UNDER="/none", TZ="UTC", XDG_DATA_HOME=str(WORK / "home"))
    # Its working folder is the place, and destinations are named by way of it: so the data can be unpacked anywhere.
    server = subprocess.Popen(
        [OUT / "holdfast", "serve", "--config", "holdfast.json", "--data", "node", "--admin-token-file", str(WORK / "token")],
        cwd=PLACE, env=environment, stdout=open(WORK / "log", "a"), stderr=subprocess.STDOUT)
    until(lambda: ask("GET", "session", quiet=True))


def stop():
    server.send_signal(signal.SIGTERM)
    server.wait(60)


def ask(method, path, body=None, quiet=False):
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v1/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise SystemExit(f"{method} {path}: {e.code} {e.read().decode()}")
    except OSError:
        if quiet:
            return None
        raise


def until(is_so):
    for _ in range(1200):
        if found := is_so():
            return found
        time.sleep(0.05)
    raise SystemExit(f"it does not come to that; see {WORK}/log")


def quiet():
    time.sleep(0.3)
    until(lambda: not any(ask("GET", f"operations?state={s}&limit=1")["items"] for s in ("Queued", "Running")))


def ended(begun):
    return until(lambda: (o := ask("GET", f"operations/{begun['operationId']}")).get("ended") and o)


def at(text):
    """The server is off until then, and catches up."""
    stop()
    clock(text)
    start()
    quiet()


def sql(name, text):
    connection = sqlite3.connect(PLACE / "source" / name)
    connection.executescript(text)
    connection.close()


def encrypted(name, text):
    library = ctypes.CDLL(str(OUT / "libsqlite3mc.so"))
    connection = ctypes.c_void_p()
    assert library.sqlite3_open(str(PLACE / "source" / name).encode(), ctypes.byref(connection)) == 0
    for statement in ("PRAGMA cipher='sqlcipher'; PRAGMA legacy=4", f"PRAGMA key=\"x'{HR_KEY}'\"", text):
        assert library.sqlite3_exec(connection, statement.encode(), None, None, None) == 0, statement
    assert library.sqlite3_close(connection) == 0


def contents(path, key):
    """SHA-256 of the rows of a database."""
    library = ctypes.CDLL(str(OUT / "libsqlite3mc.so"))
    rows, connection = [], ctypes.c_void_p()
    assert library.sqlite3_open(str(path).encode(), ctypes.byref(connection)) == 0
    if key:
        assert library.sqlite3_exec(connection, f"PRAGMA cipher='sqlcipher'; PRAGMA legacy=4; PRAGMA key=\"x'{key}'\"".encode(), None, None, None) == 0
    row = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p)(lambda _, n, values, names: rows.append(values[0]) or 0)
    assert library.sqlite3_exec(connection, b"SELECT id||':'||v FROM t ORDER BY id", row, None, None) == 0
    library.sqlite3_close(connection)
    return hashlib.sha256(b"\n".join(rows)).hexdigest()


def points():
    """What each archive holds, as the release itself restores it."""
    keys = WORK / "keys"
    keys.write_text(f"{ARCHIVE_KEY}\n")
    keys.chmod(0o600)
    found = {}
    for archive in sorted(PLACE.glob("backups/**/*.tar.zst*")):
        target = WORK / "restored.db"
        target.unlink(missing_ok=True)
        hr = "hr.enc.db" in str(archive)
        # A logical backup of an encrypted database is encrypted with its key, and restored as an encrypted one.
        if hr:
            keys.write_text(base64.b64encode(bytes.fromhex(HR_KEY)).decode() + "\n")
        subprocess.run([OUT / "holdfast", "restore", archive, "--to", target, "--key-file", keys], check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, XDG_DATA_HOME=str(WORK / "home")))
        found[str(archive.relative_to(PLACE / "backups"))] = contents(target, HR_KEY if hr else None)
        keys.write_text(f"{ARCHIVE_KEY}\n")
    return found


def answers(folder):
    """What the release says of itself, and what each point holds."""
    folder.mkdir()
    (folder / "points.json").write_text(json.dumps(points(), indent=1))

    def keep(name, path):
        answer = ask("GET", path)
        (folder / f"{name}.json").write_text(json.dumps(answer, indent=1))
        return answer

    databases = keep("databases", "databases?limit=1000")["items"]
    for name in ("counts", "alerts", "destinations", "server-wide-backups", "users", "tokens"):
        keep(name, "databases/counts" if name == "counts" else name)
    keep("operations", "operations?limit=1000")
    for database in databases:
        keep("tasks-" + database["id"].split("/")[1], f"databases/{database['id'].replace('/', '%2F')}/tasks")
    keep("chains", "backups/chains?from=local%2Forders.db")


def main():
    WORK.mkdir(exist_ok=True)
    (PLACE / "source").mkdir(parents=True)
    (PLACE / "backups").mkdir()
    CONTROL.write_bytes(bytes(256))
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", WORK / "faults.so", HERE.parent / "Faults" / "faults.c", "-ldl"], check=True)
    with open(os.open(WORK / "token", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(TOKEN)
    (PLACE / "holdfast.json").write_text(json.dumps({
        "listen": f"http://127.0.0.1:{PORT}", "localRoots": ["backups"],
        "sources": [{"name": "local", "engine": "sqlite", "path": "source", "encrypted": ["hr.enc.db"]}],
        "limits": {"discoverySeconds": 1}}))

    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{0}) INSERT INTO t SELECT i, 'row '||i||' of {1}' FROM n;"
    sql("orders.db", "PRAGMA journal_mode=wal; CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);" + rows.format(400, "orders"))
    sql("stock.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);" + rows.format(200, "stock"))
    sql("gone.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);" + rows.format(20, "gone"))
    sql("calm.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);" + rows.format(20, "calm"))
    encrypted("hr.enc.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);" + rows.format(50, "hr"))

    clock("2026-11-13 12:00:00")
    start()
    for name in ("nas", "offsite"):
        (PLACE / "backups" / name).mkdir()
        ask("PUT", f"destinations/{name}", {"kind": "local", "path": f"/proc/self/cwd/backups/{name}"})
    until(lambda: len(ask("GET", "databases")["items"]) == 5)
    ask("PUT", "databases/local%2Fhr.enc.db/key", {"key": HR_KEY})
    ask("PUT", "server-wide-backups/nightly", {
        "type": "Snapshot", "fullBackup": "0 2 * * 0", "incrementalBackup": "0 2 * * *", "timeZone": "UTC", "retention": {"minimumAgeDays": 5},
        "destinations": ["nas", "offsite"]})
    ask("PUT", "server-wide-backups/sealed", {
        "type": "Backup", "fullBackup": "0 3 * * 0", "incrementalBackup": "0 3 * * *", "timeZone": "UTC", "destinations": ["nas"],
        "encryption": {"mode": "Key", "key": ARCHIVE_KEY}, "excluded": ["local/stock.db"]})
    ask("POST", "databases/local%2Forders.db/tasks", {
        "name": "at noon", "type": "Backup", "fullBackup": "0 12 * * *", "timeZone": "UTC", "retention": {"minimumAgeDays": 3}, "destinations": ["offsite"]})
    ask("PUT", "users/anna", {"role": "Viewer", "password": "a-password-of-anna-1"})
    ask("POST", "tokens", {"name": "monitoring", "role": "Viewer"})

    at("2026-11-14 13:00:00")
    for day in range(15, 25):
        sql("orders.db", f"UPDATE t SET v='changed on {day}' WHERE id % 50 = {day}")
        if day % 3 == 0:
            sql("stock.db", f"DELETE FROM t WHERE id = {day}")
            encrypted("hr.enc.db", f"UPDATE t SET v='changed on {day}' WHERE id = {day}")
        at(f"2026-11-{day} 03:10:00")
        if day % 4 == 0:
            at(f"2026-11-{day} 12:10:00")
        if day == 17:
            os.remove(PLACE / "source" / "gone.db")
            until(lambda: "gone.db" not in [d["id"].split("/")[1] for d in ask("GET", "databases?limit=1000")["items"] if not d.get("dropped")])
    ended(ask("POST", "databases/local%2Fstock.db/backup", {"type": "Snapshot", "destinations": ["nas"]}))
    ended(ask("POST", "restores", {"from": "local/stock.db", "target": "local/stock-again.db"}))
    ended(ask("POST", "backups/verify", {"from": "local/orders.db"}))
    time.sleep(1)
    at("2026-11-25 02:10:00")
    at("2026-11-25 03:10:00")

    answers(PLACE / "answers")
    stop()
    shutil.copytree(PLACE, WORK / VERSION / "stopped", symlinks=True)
    start()
    until(lambda: ask("GET", "databases/counts"))
    sql("orders.db", "UPDATE t SET v='changed before the kill' WHERE id % 50 = 7")
    task = next(t for t in ask("GET", "databases/local%2Forders.db/tasks")["items"] if t["name"] == "at noon")
    ended(ask("POST", f"databases/local%2Forders.db/tasks/{task['id']}/backup", {"kind": "Full"}))
    shutil.rmtree(PLACE / "answers")
    answers(PLACE / "answers")
    time.sleep(6)  # progress and statuses are stored every 5 seconds
    server.kill()
    server.wait()
    with open(CONTROL, "rb") as file:
        file.seek(8 * 8)
        ended_at = datetime.fromtimestamp(int(time.time()) + struct.unpack("q", file.read(8))[0] + 30, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    shutil.copytree(PLACE, WORK / VERSION / "killed", symlinks=True)
    for copy in ("stopped", "killed"):
        place = WORK / VERSION / copy
        (place / "made.json").write_text(json.dumps({"at": ended_at, "archiveKey": ARCHIVE_KEY, "databaseKey": HR_KEY}))
    subprocess.run(["tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf", HERE / f"{VERSION}.tar.gz", "-C", WORK / VERSION, "stopped", "killed"], check=True)
    print(HERE / f"{VERSION}.tar.gz", (HERE / f"{VERSION}.tar.gz").stat().st_size, "bytes; work in", WORK)


main()
