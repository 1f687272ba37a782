"""A PostgreSQL server for the benchmarks, with the data that they work on; seeded, so that every run measures the same rows."""
import glob
import os
import shutil
import socket
import subprocess

BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))[-1] if glob.glob("/usr/lib/postgresql/*/bin") else None
SETTINGS = {"listen_addresses": "127.0.0.1", "shared_buffers": "1GB", "maintenance_work_mem": "256MB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "synchronous_commit": "off", "archive_mode": "on"}

# Of 2,048 MiB: a third narrow rows, a third wide text, a third jsonb, with indexes.
LARGE = """
SELECT setseed(0.42);
CREATE TABLE account (id int PRIMARY KEY, branch int NOT NULL, balance int NOT NULL, filler char(40) NOT NULL);
INSERT INTO account SELECT i, i %% 1000, (random() * 1e6)::int, 'account' FROM generate_series(1, %(rows)d * 12) i;
CREATE INDEX ON account (branch);
CREATE TABLE article (id int PRIMARY KEY, title text, body text, written timestamptz);
INSERT INTO article SELECT i, 'Article ' || i, string_agg(word, ' '), timestamptz '2026-01-01' + i * interval '1 s' FROM (SELECT i, md5((i * 31 + w %% 40)::text) || ' the quick brown fox ' AS word FROM generate_series(1, %(rows)d * 2) i, generate_series(1, 10) w) s GROUP BY i;
CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text, payload jsonb);
INSERT INTO event (kind, payload) SELECT 'kind ' || i %% 20, jsonb_build_object('user', i %% 9999, 'amount', random(), 'tags', jsonb_build_array('a' || i %% 7, 'b' || i %% 13), 'note', md5(i::text), 'more', md5((i * 7)::text)) FROM generate_series(1, %(rows)d * 5) i;
CREATE INDEX ON event (kind);
CREATE INDEX ON event ((payload ->> 'user'));
"""
SMALL = """
CREATE TABLE setting (key text PRIMARY KEY, value text);
INSERT INTO setting SELECT 'key ' || i, md5(i::text) FROM generate_series(1, 200) i;
CREATE TABLE item (id int PRIMARY KEY, note text, at date);
INSERT INTO item SELECT i, repeat(md5(i::text), 2), date '2026-01-01' + i %% 300 FROM generate_series(1, 2000) i;
CREATE INDEX ON item (at);
"""


class Cluster:
    """One server, in a folder that is kept from run to run. The role 'holdfast' owns its databases."""

    def __init__(self, folder):
        self.folder, self.data, self.socket = folder, os.path.join(folder, "data"), os.path.join(folder, "socket")
        self.password, self.passfile = os.path.join(folder, "password"), os.path.join(folder, "pgpass")
        self.port = self.free_port()
        self.url = "postgresql://holdfast@127.0.0.1:%d" % self.port

    @staticmethod
    def free_port():
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    def as_postgres(self, *command):
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        subprocess.run([*prefix, *command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def start(self, **settings):
        is_new = not os.path.exists(self.password)
        if is_new:
            shutil.rmtree(self.folder, ignore_errors=True)
            for path in (self.data, self.socket):
                os.makedirs(path)
                if os.getuid() == 0:
                    shutil.chown(path, "postgres")
            self.as_postgres(os.path.join(BIN, "initdb"), "-D", self.data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8")
        options = " ".join("-c %s=%s" % (k, str(v).replace(" ", "\\ ")) for k, v in {**SETTINGS, **settings}.items())
        self.as_postgres(os.path.join(BIN, "pg_ctl"), "-D", self.data, "-w", "-t", "120", "-l", os.path.join(self.data, "log"), "-o", "-p %d -k %s %s" % (self.port, self.socket, options), "start")
        if is_new:
            self.sql("postgres", "CREATE ROLE holdfast LOGIN CREATEDB BYPASSRLS PASSWORD 'bench'; GRANT pg_read_all_data TO holdfast")
            for path, text in ((self.password, "bench\n"), (self.passfile, "*:*:*:*:bench\n")):
                with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                    file.write(text)
        with open(self.passfile, "w") as file:
            file.write("*:*:*:*:bench\n")

    def stop(self):
        self.as_postgres(os.path.join(BIN, "pg_ctl"), "-D", self.data, "-w", "-m", "fast", "stop")

    def sql(self, database, text):
        return subprocess.run(["psql", "-h", self.socket, "-p", str(self.port), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-q", "-A", "-t"], input=text, text=True, check=True, stdout=subprocess.PIPE).stdout

    def ensure(self, name, text):
        """Makes a database where it is not there yet."""
        if self.sql("postgres", "SELECT count(*) FROM pg_database WHERE datname = '%s'" % name).strip() == "0":
            self.sql("postgres", 'CREATE DATABASE "%s" OWNER holdfast TEMPLATE template0' % name)
            self.sql(name, "SET ROLE holdfast; " + text)
            self.sql(name, "VACUUM ANALYZE")

    def large(self, mib):
        self.ensure("large", LARGE % {"rows": mib * 400})
        return "large"

    def small(self, count):
        names = ["small%03d" % i for i in range(count)]
        for name in names:
            self.ensure(name, SMALL.replace("%%", "%"))
        return names
