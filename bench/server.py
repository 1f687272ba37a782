"""Measures the server with many small databases: a sweep beside a shell loop, its memory, its rest, its API."""
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import time


class Server:
    """A real `holdfast serve` on a free port of this machine, with a token of its own."""

    def __init__(self, holdfast, folder, source):
        self.holdfast, self.folder = holdfast, folder
        os.makedirs(os.path.join(folder, "backups"))
        self.token = secrets.token_hex(32)
        self.token_file = os.path.join(folder, "token")
        with open(os.open(self.token_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write(self.token)
        self.config = os.path.join(folder, "holdfast.json")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with open(self.config, "w") as f:
            json.dump({"listen": "http://127.0.0.1:%d" % self.port, "localRoots": [os.path.join(folder, "backups")], "sources": [{"name": "fleet", "engine": "sqlite", "path": source}]}, f)
        self.process = None
        self.most = 0  # MiB of the server and its readers together, the most that a sweep has seen

    def start(self):
        self.process = subprocess.Popen([self.holdfast, "serve", "--config", self.config, "--data", os.path.join(self.folder, "data"), "--admin-token-file", self.token_file],
                                        stdout=open(os.path.join(self.folder, "server.log"), "ab"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.get("/session")
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit("the server did not start: see %s/server.log" % self.folder)
                time.sleep(0.1)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body), {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit("%s %s: %d %s" % (method, path, answer.status, text.decode()))
        return json.loads(text) if text else None

    def get(self, path):
        return self.call("GET", path)

    def milliseconds(self, path):
        """How long a GET takes, with a connection of its own."""
        begun = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - begun) * 1000

    def readers(self):
        """The processes that read databases for the server."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if b"read-sqlite" in open("/proc/%s/cmdline" % pid, "rb").read() and int(open("/proc/%s/stat" % pid).read().rsplit(")", 1)[1].split()[1]) == self.process.pid:
                    found.append(int(pid))
            except OSError:
                pass  # it has ended
        return found

    def status(self, name, pid=None):
        """A figure of /proc/PID/status, in MiB."""
        for line in open("/proc/%d/status" % (pid or self.process.pid)):
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024

    def memory(self):
        """MiB that the server and its readers have together, at this moment; pages that they share count once."""
        total = 0
        for pid in [self.process.pid, *self.readers()]:
            try:
                total += next(int(line.split()[1]) for line in open("/proc/%d/smaps_rollup" % pid) if line.startswith("Pss:"))
            except OSError:
                pass  # a reader that has ended
        return total / 1024

    def cpu(self):
        """Seconds of CPU so far."""
        fields = open("/proc/%d/stat" % self.process.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cpu_of_all(self):
        """The same with that of the processes that read for it."""
        total = 0
        for pid in [self.process.pid, *self.readers()]:
            fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def quiet(self):
        """Whether nothing waits or runs."""
        return all(not self.get("/operations?state=%s&limit=1" % state)["items"] for state in ("Queued", "Running"))

    def sweep(self, name, kind):
        """Backs all databases of a template up; returns the seconds from the call to the end of the last, and what GET /databases took meanwhile."""
        lists = []
        begun = time.monotonic()
        ids = self.call("POST", "/server-wide-backups/%s/backup" % name, {"kind": kind})["operationIds"]
        while not self.quiet():
            lists.append(self.milliseconds("/databases?limit=100"))
            self.most = max(self.most, self.memory())
            time.sleep(0.25)
        return time.monotonic() - begun, len(ids), lists

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(120)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
