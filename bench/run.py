"""Measures Holdfast beside its peers, in turns in one run, and writes the ratios to bench/results/.

Usage: bench/run.py [CASE...]     cases: snapshot encrypted incremental restore remote buckets logical fleet serve readers postgresql (default: all)
Settings (environment): HOLDFAST_BENCH_MIB (2048), HOLDFAST_BENCH_FLEET (10000), HOLDFAST_BENCH_LOOP (2000: databases of the loop beside the server),
HOLDFAST_BENCH_ROUNDS (5), HOLDFAST_BENCH_DIR (bench/work)

A ratio is the peer's time divided by ours: 2.0 means twice as fast as the peer. Both sides flush to disk before they end.
"""
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

import make_databases
import postgresql as pg
import server

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOLDFAST = os.path.join(ROOT, "out", "holdfast")
MIB = int(os.environ.get("HOLDFAST_BENCH_MIB", "2048"))
FLEET = int(os.environ.get("HOLDFAST_BENCH_FLEET", "10000"))
LOOP = int(os.environ.get("HOLDFAST_BENCH_LOOP", "2000"))
ROUNDS = int(os.environ.get("HOLDFAST_BENCH_ROUNDS", "5"))
WORK = os.environ.get("HOLDFAST_BENCH_DIR", os.path.join(ROOT, "bench", "work"))
os.environ["XDG_DATA_HOME"] = os.path.join(WORK, "data")
PEER = {"RESTIC_PASSWORD": "bench", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_BASE_DIR": os.path.join(WORK, "borg-home")}


class Measured:
    def __init__(self, seconds, cpu, peak_mib):
        self.seconds, self.cpu, self.peak_mib = seconds, cpu, peak_mib


def shell(command):
    """Runs a command as the set-up of a measurement."""
    subprocess.run(["bash", "-ec", command], check=True, cwd=WORK, env={**os.environ, **PEER}, stdout=subprocess.DEVNULL)


def measure(command):
    """Runs a command and returns its wall time, CPU time, and the memory of its largest process."""
    log = os.path.join(WORK, "time.txt")
    started = time.monotonic()
    subprocess.run(["/usr/bin/time", "-o", log, "-f", "%U %S %M", "bash", "-ec", "set -o pipefail; " + command], check=True, cwd=WORK,
                   env={**os.environ, **PEER}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    user, system, peak = open(log).read().split()[-3:]
    return Measured(seconds, float(user) + float(system), int(peak) / 1024)


def compare(contestants):
    """Measures commands in turns; a contestant is (name, set-up, command); the set-up is a command or a function. The first is ours."""
    results = {name: [] for name, _, _ in contestants}
    for turn in range(ROUNDS + 1):
        for name, setup, command in contestants:
            if callable(setup):
                setup()
            elif setup:
                shell(setup)
            shell("sync")
            measured = measure(command)
            if turn > 0:  # the first turn warms the caches
                results[name].append(measured)
    return results


def median(values):
    return statistics.median(values)


def rows(case, results, goals):
    """Table rows: each contestant's median, its range, and how much faster we are, round by round."""
    names = list(results)
    ours = results[names[0]]
    lines = []
    for name in names:
        seconds = [m.seconds for m in results[name]]
        ratio = "" if name == names[0] else "%.2f" % median([peer.seconds / own.seconds for peer, own in zip(results[name], ours)])
        lines.append("| %s | %s | %.2f | %.2f to %.2f | %.1f | %.0f | %s | %s |" % (
            case, name.replace("|", "\\|"), median(seconds), min(seconds), max(seconds), median([m.cpu for m in results[name]]), max(m.peak_mib for m in results[name]), ratio, goals.get(name, "")))
    return lines


def holdfast(verb, *options):
    return " ".join([HOLDFAST, verb, *options])


def large_database():
    folder = os.path.join(WORK, "large-%d" % MIB)
    path = os.path.join(folder, "large.db")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        make_databases.large(path, MIB)
    shell("cat %s > /dev/null" % path)
    return folder, path


def snapshot():
    folder, path = large_database()
    results = compare([
        ("holdfast backup --type snapshot", "rm -rf ours", holdfast("backup", "--source", folder, "--to", "ours", "--type", "snapshot")),
        ("cat db | zstd -1 -T0 > f; sync f", "rm -f f.zst", "cat %s | zstd -q -1 -T0 > f.zst; sync f.zst" % path),
        ("restic backup; sync", "rm -rf restic; restic -q init -r restic", "restic -q -r restic backup --no-cache %s; sync -f restic" % path),
        ("borg create -C zstd,1; sync", "rm -rf borg; borg init -e none borg", "borg create -C zstd,1 borg::one %s; sync -f borg" % path),
    ])
    return rows("snapshot, full, %d MiB" % MIB, results, {"cat db | zstd -1 -T0 > f; sync f": "≥ 0.9", "restic backup; sync": "> 1", "borg create -C zstd,1; sync": "> 1"})


def encrypted():
    folder, path = large_database()
    shell("rm -f key.txt; age-keygen -o key.txt 2> recipient.txt; sed -i 's/Public key: //' recipient.txt")
    recipient = open(os.path.join(WORK, "recipient.txt")).read().strip()
    results = compare([
        ("holdfast backup --type snapshot --recipient", "rm -rf ours", holdfast("backup", "--source", folder, "--to", "ours", "--type", "snapshot", "--recipient", recipient)),
        ("cat db | zstd -1 -T0 | age -r > f; sync f", "rm -f f.age", "cat %s | zstd -q -1 -T0 | age -r %s > f.age; sync f.age" % (path, recipient)),
    ])
    return rows("snapshot, full, encrypted, %d MiB" % MIB, results, {"cat db | zstd -1 -T0 | age -r > f; sync f": "≥ 0.8"})


def incremental():
    folder, path = large_database()
    shell("rm -rf chain changing; mkdir changing; cp %s changing/large.db" % path)
    full = measure(holdfast("backup", "--source", "changing", "--to", "chain", "--type", "snapshot"))
    times, shares = [], []
    for turn in range(ROUNDS):
        changed = make_databases.touch(os.path.join(WORK, "changing", "large.db"), 0.01, turn)
        report = os.path.join(WORK, "report.json")
        shell("sync")
        times.append(measure(holdfast("backup", "--source", "changing", "--to", "chain", "--type", "snapshot", "--kind", "incremental", "--output", "json", ">", report)))

        item = json.load(open(report))["items"][0]
        assert item["kind"] == "Incremental", item
        shares.append(item["ownBytes"] / changed)
    lines = rows("incremental, 1 %% of pages changed, %d MiB" % MIB, {"holdfast backup --kind incremental": times, "its own full": [full] * ROUNDS}, {"its own full": "> 1"})
    lines.append("| incremental, 1 %% of pages changed, %d MiB | bytes stored, before compression, for each changed byte | %.3f | %.3f to %.3f | | | | ≤ 1.5 |" % (MIB, median(shares), min(shares), max(shares)))
    shell("rm -rf chain changing")
    return lines


def restore():
    folder, path = large_database()
    shell("rm -rf ours f.zst; zstd -q -1 -T0 -c %s > f.zst; %s" % (path, holdfast("backup", "--source", folder, "--to", "ours", "--type", "snapshot")))
    results = compare([
        ("holdfast restore", "rm -f back.db", holdfast("restore", "ours", "--to", "back.db")),
        ("zstd -dc f > db; sync db", "rm -f plain.db", "zstd -q -dc f.zst > plain.db; sync plain.db"),
    ])
    shell("cmp back.db plain.db; rm -f back.db plain.db f.zst")
    return rows("restore of the snapshot, %d MiB" % MIB, results, {"zstd -dc f > db; sync db": "≥ 0.8"})


class Store:
    """An S3 server in memory on this machine; commands of holdfast use it for s3:// in the meantime."""
    def __init__(self, latency):
        self._process = subprocess.Popen([os.path.join(WORK, "s3server", "s3server"), str(latency)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        os.environ.update(AWS_ENDPOINT_URL_S3=self._process.stdout.readline().strip(), AWS_ACCESS_KEY_ID="AKTEST0000001", AWS_SECRET_ACCESS_KEY="stub-secret-0001")

    @staticmethod
    def build():
        shell("dotnet build -c Release -v q -o %s %s" % (os.path.join(WORK, "s3server"), os.path.join(ROOT, "bench", "s3server.cs")))

    def clear(self):
        """Removes everything. Returns how many requests of which operation there were since the last time."""
        self._process.stdin.write("clear\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()


def remote():
    """Backs up to a store in memory on this machine, and restores from it, without and with time added to each request, beside a folder."""
    folder, _ = large_database()
    Store.build()
    lines = []
    for latency, backup_goal, restore_goal in ((0, "≥ 0.85", "≥ 0.8"), (30, "≥ 0.7", "≥ 0.7")):
        with Store(latency) as store:
            def to(destination):
                return holdfast("backup", "--source", folder, "--to", destination, "--type", "snapshot")
            results = compare([
                ("holdfast backup --to s3://…", store.clear, to("s3://backups/bench")),
                ("holdfast backup --to DIR", "rm -rf ours", to("ours")),
            ])
            lines += rows("backup to a store, %d ms a request, %d MiB" % (latency, MIB), results, {"holdfast backup --to DIR": backup_goal, "holdfast backup --to s3://…": "≤ 300 MiB"})
            results = compare([
                ("holdfast restore s3://…", "rm -f back.db", holdfast("restore", "s3://backups/bench", "--to", "back.db")),
                ("holdfast restore DIR", "rm -f local.db", holdfast("restore", "ours", "--to", "local.db")),
            ])
            shell("cmp back.db local.db; rm -f back.db local.db")
            lines += rows("restore from a store, %d ms a request, %d MiB" % (latency, MIB), results, {"holdfast restore DIR": restore_goal})
    shell("rm -rf ours")
    return lines


def buckets():
    """The sweep of many small databases to a store in memory on this machine, beside that to a folder."""
    folder = os.path.join(WORK, "fleet-%d" % FLEET)
    if not os.path.exists(folder):
        make_databases.small(folder, FLEET)
    Store.build()
    remote_name, local_name = "holdfast backup --to s3://…", "holdfast backup --to DIR"
    results, requests = {remote_name: [], local_name: []}, {}
    with Store(0) as store:
        for _ in range(max(1, ROUNDS // 2)):
            shell("rm -rf ours; cat %s/*/*.db > /dev/null; sync" % folder)
            store.clear()
            results[remote_name].append(measure(holdfast("backup", "--source", folder, "--to", "s3://backups/bench", "--type", "snapshot")))
            requests = store.clear()
            shell("sync")
            results[local_name].append(measure(holdfast("backup", "--source", folder, "--to", "ours", "--type", "snapshot")))
    shell("rm -rf ours")
    work = "%d databases of 50 to 200 KiB to a store" % FLEET
    count = sum(requests.values())
    cpu = median([m.cpu for m in results[remote_name]]) / count
    more = median([r.cpu - l.cpu for r, l in zip(results[remote_name], results[local_name])]) / count
    kinds = ", ".join("%d %s" % (number, kind) for kind, number in sorted(requests.items()))
    return rows(work, results, {local_name: "≥ 0.35", remote_name: "≤ 300 MiB"}) + [
        "| %s | %.1f requests for each database: %s | | | | | | |" % (work, count / FLEET, kinds),
        "| %s | CPU of the whole backup for each request: %.2f ms; %.2f ms more than to a folder | | | | | | |" % (work, cpu * 1000, more * 1000),
    ]


def logical():
    folder, path = large_database()
    backup = compare([
        ("holdfast backup --type backup", "rm -rf ours", holdfast("backup", "--source", folder, "--to", "ours", "--type", "backup")),
        ("sqlite3 db .dump | zstd -1 -T0 > f; sync f", "rm -f f.sql.zst", "sqlite3 %s .dump | zstd -q -1 -T0 > f.sql.zst; sync f.sql.zst" % path),
    ])
    back = compare([
        ("holdfast restore", "rm -f back.db", holdfast("restore", "ours", "--to", "back.db")),
        ("zstd -dc f | sqlite3 new.db; sync new.db", "rm -f peer.db", "zstd -q -dc f.sql.zst | sqlite3 peer.db; sync peer.db"),
    ])
    shell("rm -f back.db peer.db f.sql.zst")
    return rows("logical, full, %d MiB" % MIB, backup, {"sqlite3 db .dump | zstd -1 -T0 > f; sync f": "> 1"}) + \
        rows("restore of the logical backup, %d MiB" % MIB, back, {"zstd -dc f | sqlite3 new.db; sync new.db": "> 1"})


def fleet():
    folder = os.path.join(WORK, "fleet-%d" % FLEET)
    if not os.path.exists(folder):
        make_databases.small(folder, FLEET)
    loop = "mkdir -p loop; for db in %s/*/*.db; do sqlite3 $db \".backup loop/x.db\"; zstd -q -1 -f loop/x.db -o loop/$(basename $db).zst; done; sync -f loop" % folder
    full = {"holdfast backup --type snapshot": [], "loop of sqlite3 .backup and zstd -1; sync": []}
    unchanged = {"holdfast backup --kind incremental, nothing changed": [], "the same loop": []}
    for _ in range(max(1, ROUNDS // 2)):
        shell("rm -rf ours loop; sync")
        full["holdfast backup --type snapshot"].append(measure(holdfast("backup", "--source", folder, "--to", "ours", "--type", "snapshot")))
        unchanged["holdfast backup --kind incremental, nothing changed"].append(measure(holdfast("backup", "--source", folder, "--to", "ours", "--type", "snapshot", "--kind", "incremental")))
        peer = measure(loop)
        full["loop of sqlite3 .backup and zstd -1; sync"].append(peer)
        unchanged["the same loop"].append(peer)
    shell("rm -rf ours loop")
    return rows("%d databases of 50 to 200 KiB" % FLEET, full, {"loop of sqlite3 .backup and zstd -1; sync": "≥ 5"}) + \
        rows("%d databases, nothing changed" % FLEET, unchanged, {"the same loop": "≥ 20"})


def serve():
    """The server: its sweep beside the loop, which runs half before and half after it, on a part of the databases."""
    folder = os.path.join(WORK, "fleet-%d" % FLEET)
    if not os.path.exists(folder):
        make_databases.small(folder, FLEET)
    databases = sorted(os.path.join(at, f) for at, _, files in os.walk(folder) for f in files if f.endswith(".db"))
    part = databases[:: max(1, len(databases) // LOOP)]
    listing = os.path.join(WORK, "loop.txt")
    open(listing, "w").write("\n".join(part) + "\n")
    loop = "rm -rf loop; mkdir -p loop; while read db; do sqlite3 $db \".backup loop/x.db\"; zstd -q -1 -f loop/x.db -o loop/$(basename $db).zst; done < %s; sync -f loop" % listing
    shell("cat %s/*/*.db > /dev/null; rm -rf serve" % folder)
    node = server.Server(HOLDFAST, os.path.join(WORK, "serve"), folder)
    node.start()
    try:
        node.call("PUT", "/destinations/nas", {"kind": "local", "path": os.path.join(WORK, "serve", "backups", "nas")})
        node.call("PUT", "/server-wide-backups/all", {"type": "Snapshot", "fullBackup": "0 2 * * 0", "incrementalBackup": "0 2 * * *", "timeZone": "UTC", "retention": {"minimumAgeDays": 14}, "destinations": ["nas"]})
        before = measure(loop)
        cpu = node.cpu()
        seconds, count, lists = node.sweep("all", "Full")
        cpu, peak = node.cpu() - cpu, node.status("VmHWM")
        after = measure(loop)
        assert count == FLEET, count
        for state in ("Failed", "CompletedWithErrors", "Aborted"):
            assert not node.get("/operations?state=%s&limit=1" % state)["items"], state
        archives = sum(f.endswith(".tar.zst") for _, _, files in os.walk(os.path.join(WORK, "serve", "backups")) for f in files)
        assert archives == FLEET, archives
        again, _, _ = node.sweep("all", "Incremental")
        time.sleep(10)
        idle = node.cpu()
        time.sleep(60)
        idle = (node.cpu() - idle) / 60 * 100
        rest = [node.milliseconds("/databases?limit=100") for _ in range(200)]
        hwm, rss = node.status("VmHWM"), node.status("VmRSS")
    finally:
        node.stop()
    peer = (before.seconds + after.seconds) / 2 * len(databases) / len(part)
    shell("rm -rf serve loop loop.txt")
    work = "server, %d databases of 50 to 200 KiB" % FLEET
    return [
        "| %s | POST /server-wide-backups/all/backup, full | %.2f | | %.1f | %.0f | | ≤ 300 MiB |" % (work, seconds, cpu, peak),
        "| %s | loop of sqlite3 .backup and zstd -1; sync (%d of them, before and after: %.1f s, %.1f s) | %.2f | | | | %.2f | ≥ 5 |" % (work, len(part), before.seconds, after.seconds, peer, peer / seconds),
        "| %s | the same, incremental, nothing changed | %.2f | | | %.0f | %.1f | ≥ 20 |" % (work, again, hwm, peer / again),
        "| %s | GET /databases?limit=100, p95 in the sweep (%d calls) | %.3f | | | | | |" % (work, len(lists), server.percentile(lists, 0.95) / 1000),
        "| %s | GET /databases?limit=100, p95 after it (200 calls) | %.3f | | | | | < 0.1 |" % (work, server.percentile(rest, 0.95) / 1000),
        "| %s | at rest for 60 s: %.2f %% of a core; resident %.0f MiB | | | %.2f | | | ≤ 1 %% |" % (work, idle, rss, idle * 0.6),
    ]


def readers():
    """The server's sweep of databases that only its user may write to, and of the same ones where others may: then processes of their own read them."""
    folder = os.path.join(WORK, "fleet-%d" % FLEET)
    if not os.path.exists(folder):
        make_databases.small(folder, FLEET)
    shell("cat %s/*/*.db > /dev/null" % folder)
    modes = [("own", "go-w"), ("others'", "go+w")]
    seconds, cpu, peak, server_peak, reader_peak = ({name: [] for name, _ in modes} for _ in range(5))
    try:
        for turn in range(max(2, ROUNDS // 2)):
            for name, mode in modes if turn % 2 == 0 else reversed(modes):
                shell("chmod %s %s; rm -rf serve; sync" % (mode, folder))
                node = server.Server(HOLDFAST, os.path.join(WORK, "serve"), folder)
                node.start()
                try:
                    node.call("PUT", "/destinations/nas", {"kind": "local", "path": os.path.join(WORK, "serve", "backups", "nas")})
                    node.call("PUT", "/server-wide-backups/all", {"type": "Snapshot", "fullBackup": "0 2 * * 0", "incrementalBackup": "0 2 * * *", "timeZone": "UTC", "retention": {"minimumAgeDays": 14}, "destinations": ["nas"]})
                    begun = node.cpu_of_all()
                    taken, count, _ = node.sweep("all", "Full")
                    assert count == FLEET, count
                    for state in ("Failed", "CompletedWithErrors", "Aborted"):
                        assert not node.get("/operations?state=%s&limit=1" % state)["items"], state
                    readers_now = node.readers()
                    assert len(readers_now) == (name != "own"), readers_now
                    seconds[name].append(taken)
                    cpu[name].append(node.cpu_of_all() - begun)
                    peak[name].append(node.most)
                    server_peak[name].append(node.status("VmHWM"))
                    reader_peak[name].append(sum(node.status("VmHWM", reader) for reader in readers_now))
                finally:
                    node.stop()
    finally:
        shell("chmod go-w %s; rm -rf serve" % folder)
    work = "server, %d databases of 50 to 200 KiB" % FLEET
    ratio = median([own / others for own, others in zip(seconds["own"], seconds["others'"])])
    return ["| %s | full, %s | %.2f | %.2f to %.2f | %.1f | %.0f (resident: server %.0f, reader %.0f) | %s | %s |" % (
        work, what, median(seconds[name]), min(seconds[name]), max(seconds[name]), median(cpu[name]), max(peak[name]), max(server_peak[name]), max(reader_peak[name]), "" if name == "own" else "%.2f" % ratio, "≤ 300 MiB" if name == "own" else "≥ 0.8; ≤ 300 MiB")
        for name, what in (("own", "the server reads them"), ("others'", "others may write to their folder, a process of its own reads them"))]


def postgresql():
    """PostgreSQL: one large database full and restored, and many small ones, beside its own programs and pgBackRest."""
    stanza = os.path.join(WORK, "pgbackrest")
    config = os.path.join(stanza, "pgbackrest.conf")
    cluster = pg.Cluster(os.path.join(WORK, "postgresql"))
    cluster.start(archive_command="pgbackrest --config=%s --stanza=bench archive-push %%p" % config)
    try:
        name, small = cluster.large(MIB), cluster.small(100)
        os.environ.update(PGPASSFILE=cluster.passfile, PGHOST="127.0.0.1", PGPORT=str(cluster.port), PGUSER="holdfast")
        source = ["--source", "main=" + cluster.url, "--password-file", cluster.password]
        cluster.sql("postgres", "CHECKPOINT")
        run_backrest = prepare_backrest(cluster, stanza, config)
        full = compare([
            ("holdfast backup", "rm -rf ours", holdfast("backup", *source, "--to", "ours", "--database", name)),
            ("pg_dump -Fc > f; sync f", "rm -f f.dump", "pg_dump -Fc -f f.dump %s; sync f.dump" % name),
            ("pg_dump -Fc -Z0 | zstd -1 -T0 > f; sync f", "rm -f f.zst", "pg_dump -Fc -Z0 %s | zstd -q -1 -T0 > f.zst; sync f.zst" % name),
            ("pg_dump -Fd -j2; sync", "rm -rf f.dir", "pg_dump -Fd -j2 -f f.dir %s; sync -f f.dir" % name),
            ("pgbackrest backup --type=full (the whole server, 2 processes)", "", run_backrest),
        ])
        back = compare([
            ("holdfast restore", "psql -q -d postgres -c 'DROP DATABASE IF EXISTS back'", holdfast("restore", "ours/main/" + name, "--to", cluster.url + "/back", "--password-file", cluster.password, "--allow-powerful-role")),
            ("createdb; pg_restore -j2 f", "psql -q -d postgres -c 'DROP DATABASE IF EXISTS back'", "createdb -T template0 back; pg_restore --no-owner -j2 -d back f.dump"),
        ])
        many = compare([
            ("holdfast backup", "rm -rf many", holdfast("backup", *source, "--to", "many", "--exclude", name, "--exclude", "postgres", "--exclude", "back")),
            ("loop of pg_dump -Fc; sync", "rm -rf loop; mkdir loop", "for db in %s; do pg_dump -Fc -f loop/$db $db; done; sync -f loop" % " ".join(small)),
        ])
        shell("psql -q -d postgres -c 'DROP DATABASE IF EXISTS back'; rm -rf ours many loop f.dump f.zst f.dir")
    finally:
        cluster.stop()
    return rows("PostgreSQL, full, %d MiB" % MIB, full, {"pg_dump -Fc > f; sync f": "≥ 4", "pg_dump -Fc -Z0 | zstd -1 -T0 > f; sync f": "≥ 0.95", "holdfast backup": "≤ 300 MiB"}) + \
        rows("PostgreSQL, restore", back, {"createdb; pg_restore -j2 f": "≥ 1.0"}) + rows("PostgreSQL, 100 databases of 8 MiB", many, {"loop of pg_dump -Fc; sync": "≥ 1.5"})


def prepare_backrest(cluster, stanza, config):
    """pgBackRest runs as the server's user, on the server's files."""
    shutil.rmtree(stanza, ignore_errors=True)
    os.makedirs(os.path.join(stanza, "repo"))
    with open(config, "w") as file:
        file.write("[global]\nrepo1-path=%s/repo\nlog-path=%s\nlock-path=%s\nspool-path=%s\ncompress-type=zst\ncompress-level=1\nprocess-max=2\nstart-fast=y\nrepo1-retention-full=1\n[bench]\npg1-path=%s\npg1-port=%d\npg1-socket-path=%s\npg1-user=postgres\n" % (
            stanza, stanza, stanza, stanza, cluster.data, cluster.port, cluster.socket))
    if os.getuid() == 0:
        subprocess.run(["chown", "-R", "postgres", stanza], check=True)
    user = "setpriv --reuid=postgres --regid=postgres --clear-groups " if os.getuid() == 0 else ""
    subprocess.run(["bash", "-ec", "%spgbackrest --config=%s --stanza=bench stanza-create" % (user, config)], check=True, cwd="/", stdout=subprocess.DEVNULL)
    return "cd /; %spgbackrest --config=%s --stanza=bench --type=full backup; sync -f %s" % (user, config, stanza)


CASES = {f.__name__: f for f in (snapshot, encrypted, incremental, restore, remote, buckets, logical, fleet, serve, readers, postgresql)}


def main():
    chosen = sys.argv[1:] or list(CASES)
    os.makedirs(WORK, exist_ok=True)
    for tool in ("dotnet", "/usr/bin/time") if set(chosen) <= {"remote", "buckets"} else ("zstd", "age", "restic", "borg", "sqlite3", "/usr/bin/time"):
        if shutil.which(tool) is None:
            sys.exit("%s is missing: apt-get install zstd age restic borgbackup sqlite3 time" % tool)
    table = ["| work | command | median s | range s | CPU s | peak MiB | we are faster by | goal |", "|---|---|---|---|---|---|---|---|"]
    for case in chosen:
        lines = CASES[case]()
        table += lines
        print("\n".join(lines), flush=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 30)
    today = datetime.date.today().isoformat()
    title = "# Benchmarks of %s\n\n%d cores (%s), %d GiB of memory, %s. %d rounds in turns after a warm-up, hot cache; both sides flush to disk. Shared machine: the ratios hold, not the seconds.\n\n" % (
        today, os.cpu_count(), platform.machine(), memory, platform.system(), ROUNDS)
    name = os.path.join(ROOT, "bench", "results", "%s%s.md" % (today, "" if len(chosen) == len(CASES) else "-" + "-".join(chosen)))
    open(name, "w").write(title + "\n".join(table) + "\n")
    print("written to %s" % os.path.relpath(name, ROOT))


if __name__ == "__main__":
    main()
