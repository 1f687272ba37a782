#!/usr/bin/env python3
"""Restores a database from the archives of Holdfast without Holdfast (the format: docs/format.md, version 1).

Needs Python 3.7 or later and the program zstd; for archives that end with .age also the program age."""

import argparse
import base64
import collections
import contextlib
import datetime
import getpass
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

VERSION = 4  # raised with every change: a server replaces an older script at its destinations, never a newer one

BLOCK = 1 << 20
MAX_JSON, MAX_MAP, MAX_NUMBER = 1 << 29, 1 << 30, 1 << 60
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
ID = re.compile(r"[0-9a-f]{32}")
ARCHIVE = re.compile(r".+\.tar\.zst(\.age)?")
TIME = r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d"
LAID_OUT = re.compile(rf"({TIME})\.(full-backup|snapshot|encrypted-snapshot|incremental-backup)\.tar\.zst(?:\.age)?")
CHAIN = re.compile(rf"({TIME})\.[A-Z]{{1,4}}-(backup|snapshot)(?:-(.*))?")
ROOT_FILES = ".holdfast-destination", "HOW-TO-RESTORE.txt", "restore.py"
SLACK = datetime.timedelta(hours=1)  # an earlier version took the time after it had opened the destinations
Part = collections.namedtuple("Part", "archive offset length sha256")
Archive = collections.namedtuple("Archive", "path id parent kind header")
PASSPHRASE, MAX_KEYS = "passphrase: ", 32768
passphrases = []


class Problem(Exception):
    """What stands in the way of the restore, in words for the person who needs it."""


class Tar:
    """The tar stream of one archive, read once from its first byte to its last through age and zstd."""

    def __init__(self, path, keys):
        """Starts the programs that decrypt and decompress."""
        self.path, self.position, self.children, self.terminal = path, 0, [], []
        self.complaints = tempfile.TemporaryFile()
        self.source = open(path, "rb", 0)  # unbuffered: the programs go on from where it stands
        head = self.source.read(40)
        self.source.seek(0)
        stream = self.source
        if head.startswith(b"age-encryption.org/"):
            stream = self.start_age(b"\n-> scrypt " in head, keys)
        self.stream = self.start(["zstd", "-d", "-q", "-c"], stream)

    def start(self, command, source, **options):
        """Starts a program that reads the source and gives its output."""
        child = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=self.complaints, **options)
        self.children.append(child)
        source.close()  # only the program reads it: it must learn when the next one stops
        return child.stdout

    def start_age(self, has_passphrase, keys):
        """Starts age; a passphrase is asked for once and typed into a terminal that is made for age."""
        need_program("age")
        if not has_passphrase:
            if not keys:
                raise Problem(f"'{self.path}' is encrypted to a key. Give the file with the key: -i KEYFILE.")
            return self.start_with_keys(keys)
        if os.name != "posix":
            return self.start(["age", "-d"], self.source)  # age itself asks, for each file
        import fcntl, pty, termios
        if not passphrases:
            passphrases.append(getpass.getpass(f"Passphrase of '{os.path.basename(self.path)}': "))
        self.terminal = pty.openpty()

        def own_terminal():
            os.setsid()
            fcntl.ioctl(self.terminal[1], termios.TIOCSCTTY, 0)
        os.write(self.terminal[0], passphrases[0].encode() + b"\n")
        return self.start(["age", "-d"], self.source, preexec_fn=own_terminal)

    def start_with_keys(self, keys):
        """Starts age with key files; lines that it does not know go to it as it writes them, through a pipe and never to a disk."""
        paths, lines = keys.paths, "".join(line + "\n" for line in keys.lines)
        if not lines:
            return self.start(["age", "-d"] + [word for path in paths for word in ("-i", path)], self.source)
        if os.name != "posix":
            raise Problem("age takes keys as AGE-SECRET-KEY-1... only. Make a file of such a line: --show-key.")
        reading, writing = os.pipe()
        try:
            with os.fdopen(writing, "w") as pipe:
                pipe.write(lines)  # it is shorter than what a pipe holds
            paths = [*paths, f"/dev/fd/{reading}"]
            return self.start(["age", "-d"] + [word for path in paths for word in ("-i", path)], self.source, pass_fds=[reading])
        finally:
            os.close(reading)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends the programs, if they have not ended by themselves."""
        for child in self.children:
            child.kill()
            child.wait()
            child.stdout.close()
        for terminal in self.terminal:
            os.close(terminal)
        self.source.close()
        self.complaints.close()

    def finish(self):
        """Waits for the programs at the end of their output; each must have been content."""
        for child in self.children:
            if child.wait() != 0:
                self.complaints.seek(0)
                said = self.complaints.read(500).decode("ascii", "replace").partition("\n")[0]
                raise Problem(f"'{self.path}' cannot be read (cut, damaged, or not the right key): "
                              f"{child.args[0]} ended with code {child.returncode}: {said}")

    def read(self, length):
        """Reads exactly so many bytes."""
        data = self.stream.read(length)
        self.position += len(data)
        if len(data) < length:
            self.finish()
            raise Problem(f"'{self.path}' is cut: it ends at byte {self.position} of its tar stream, before its end mark.")
        return data

    def entries(self):
        """Yields name, offset and length of each file; what the caller does not read of it is passed over."""
        large = None
        while True:
            header = self.read(512)
            if header == bytes(512):
                break
            try:
                name, kind = header[:100].rstrip(b"\0").decode("ascii"), header[156:157]
                size = int(header[124:136].rstrip(b"\0 "), 8)
                if int(header[148:156].strip(b"\0 "), 8) != sum(header) - sum(header[148:156]) + 8 * 32:
                    raise ValueError("wrong checksum")
                if kind == b"x" and size <= 4096:
                    record = re.fullmatch(rb"\d+ size=(\d{1,18})\n", self.read(size))
                    if not record:
                        raise ValueError("a PAX header with more than a size")
                    large = int(record.group(1))
                elif kind not in (b"0", b"\0") or not NAME.fullmatch(name):
                    raise ValueError(f"a file {name!r} of kind {kind!r}")
            except ValueError as error:
                raise Problem(f"'{self.path}' is damaged at byte {self.position} of its tar stream: {error}.")
            if kind != b"x":
                size, large = size if large is None else large, None
                start = self.position
                yield name, start, size
                while self.position < start + size:
                    self.read(min(BLOCK, start + size - self.position))
            self.read(-self.position % 512)
        while self.stream.read(BLOCK):
            pass
        self.finish()

    def read_whole(self, name, length, limit):
        """Reads one small file into memory."""
        if length > limit:
            raise Problem(f"'{self.path}' is damaged: its '{name}' has {length} bytes.")
        return b"".join(self.read(min(BLOCK, length - at)) for at in range(0, length, BLOCK))


class Keys:
    """Keys as the person gave them: files that age reads by itself, and lines of the others as age writes them."""

    def __init__(self, files):
        """Reads the files; a passphrase in them is not asked for."""
        self.paths, self.lines = [], []
        for path in files:
            if not os.path.exists(path):
                raise Problem(f"There is no key file '{path}'.")
            with open(path, "rb") as file:
                text = file.read(MAX_KEYS + 1)
            texts = text.decode("utf-8-sig", "replace").replace("\r", "").split("\n")
            texts = [line for line in texts if line.strip() and not line.lstrip().startswith("#")]
            keys = [line.strip() if line.strip().startswith("AGE-SECRET-KEY-1") else secret_key(raw_key(line)) for line in texts]
            words = [line[len(PASSPHRASE):] if line.startswith(PASSPHRASE) else None for line in texts]
            if len(text) > MAX_KEYS or not all(key or word for key, word in zip(keys, words)):
                self.paths.append(path)  # age knows other forms, or tells what is wrong
                continue
            self.lines += [key for key in keys if key]
            passphrases.extend(word for word in words if word)
        if len("\n".join(self.lines)) > MAX_KEYS:
            raise Problem("These are too many keys. Give only those that may fit.")
        if len(passphrases) > 1:
            raise Problem(f"The key files hold {len(passphrases)} passphrases. Give only the one that fits.")

    def __bool__(self):
        return bool(self.paths or self.lines)


class Item:
    """One file of the database as a manifest describes it, and its output."""

    def __init__(self, archives, fields):
        """Takes over the manifest's words; whatever is not as it should be is a ValueError or the like."""
        def part(words):
            return Part(archives[number(words["archive"])], number(words["offset"]), number(words["length"]), words["sha256"])
        self.name, self.kind, self.length = fields["name"], fields["kind"], number(fields["length"])
        self.parts = [part(words) for words in fields["parts"]]
        self.map = part(fields["pageMap"]) if fields.get("pageMap") else None
        self.sha256, self.output = fields.get("sha256"), None
        if not NAME.fullmatch(self.name) or self.kind not in ("Stream", "Image"):
            raise ValueError(f"item {self.name!r} of kind {self.kind!r}")
        if self.kind == "Stream":
            if sum(p.length for p in self.parts) != self.length:
                raise ValueError(f"the parts of '{self.name}' are not as long as it is")
            return
        self.page_size = number(fields["pageSize"])
        if self.page_size not in [1 << bits for bits in range(9, 17)] or any(p.length % self.page_size for p in self.parts) or self.length % self.page_size:
            raise ValueError(f"page size {self.page_size} of '{self.name}'")
        self.pages = self.missing = self.length // self.page_size

    def create(self, folder):
        """Makes the output file, readable by its owner only, under a name that tells that it is not whole yet."""
        self.path = os.path.join(folder, self.name)
        for path in (self.path, self.path + ".partial"):
            if os.path.lexists(path):
                raise Problem(f"'{path}' exists already and is not overwritten. Give another output folder, or move it away.")
        self.output = open(self.path + ".partial", "x+b", BLOCK, opener=lambda path, flags: os.open(path, flags, 0o600))
        try:
            self.output.truncate(self.length)
            self.done = bytearray((self.pages + 7) // 8) if self.kind == "Image" else None
        except (OSError, OverflowError, MemoryError) as error:
            raise Problem(f"There is no room for '{self.path}' of {self.length} bytes: {error}.")

    def write(self, offset, data):
        """Writes bytes at an offset of the output."""
        self.output.seek(offset)
        self.output.write(data)

    def discard(self):
        """Deletes an output that is not whole."""
        if self.output:
            with contextlib.suppress(OSError):  # on a full disk closing fails as writing did
                self.output.close()
            if os.path.lexists(self.path + ".partial"):
                os.unlink(self.path + ".partial")

    def check(self, point):
        """Reads an image again: it must have all pages, and the page hash of the point."""
        if self.kind == "Stream":
            return
        if self.missing:
            raise Problem(f"{self.missing} of the {self.pages} pages of '{self.name}' are in no archive from '{point.path}' back.")
        digest = hashlib.sha256()
        self.output.seek(0)
        for _ in range(self.pages):
            digest.update(hashlib.sha256(self.output.read(self.page_size)).digest())
        if text(digest) != self.sha256:
            raise Problem(f"'{self.name}' was put together and is not what '{point.path}' says it was: its hash is another.")


def need_program(name):
    """Refuses to begin what cannot end."""
    if not shutil.which(name):
        raise Problem(f"The program '{name}' is missing. Install it (Debian and Ubuntu: apt-get install {name}).")


def number(value):
    """Checks that a value of a manifest is a number that a length or an offset can be."""
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise ValueError(f"{value!r} is not a length or offset")
    return value


def text(digest):
    """A hash as the manifests write it."""
    return base64.b64encode(digest.digest()).decode()


def read_header(path, keys):
    """Reads what an archive is: its first file."""
    with Tar(path, keys) as tar:
        try:
            name, _, length = next(tar.entries(), ("", 0, 0))
            header = json.loads(tar.read_whole(name, length, BLOCK)) if name == "holdfast.json" else {}
            ids = [header.get("id"), header.get("parent") or header.get("id")]
            if header.get("format") == 1 and all(ID.fullmatch(value) for value in ids):
                return Archive(path, header["id"], header.get("parent"), header["kind"], header)
        except (ValueError, AttributeError, TypeError, LookupError, RecursionError):
            pass
        raise Problem(f"'{path}' is not an archive of Holdfast, or of a version that this script does not know.")


def read_manifest(archive, keys):
    """Reads an archive to its end and gives its items, and the page maps by their offsets."""
    files, maps = {}, {}
    print(f"Reading the manifest of {os.path.basename(archive.path)} ...", file=sys.stderr)
    with Tar(archive.path, keys) as tar:
        for name, offset, length in tar.entries():
            if name in ("manifest.json", "index.json"):
                files[name] = offset, tar.read_whole(name, length, MAX_JSON)
            elif name.endswith(".pagemap") and archive.kind == "Incremental":
                maps[offset] = tar.read_whole(name, length, MAX_MAP)
    if "index.json" not in files:
        raise Problem(f"'{archive.path}' is cut: it has no index.")
    try:
        offset, data = files["manifest.json"]
        said = json.loads(files["index.json"][1])["manifest"]
        if (said["offset"], said["length"], said["sha256"]) != (offset, len(data), text(hashlib.sha256(data))):
            raise ValueError("it is not the one of the index")
        manifest = json.loads(data)
        if manifest["id"] != archive.id or manifest["archives"][0] != archive.id:
            raise ValueError("it is of another archive")
        items = [Item(manifest["archives"], fields) for fields in manifest["items"]]
    except (ValueError, AttributeError, TypeError, LookupError, RecursionError) as error:
        raise Problem(f"The manifest of '{archive.path}' is damaged: {error}.")
    for item in items:
        if item.map and (item.map.length != (item.pages + 7) // 8 or text(hashlib.sha256(maps.get(item.map.offset, b""))) != item.map.sha256):
            raise Problem(f"The page map of '{item.name}' in '{archive.path}' is damaged: its length or hash is another.")
    return items, maps


def set_bits(page_map):
    """Yields the numbers of the bits that are set, the lowest bit of the first byte being 0."""
    for at, byte in enumerate(page_map):
        if byte:
            for bit in range(8):
                if byte >> bit & 1:
                    yield at * 8 + bit


def copy_part(tar, part, places):
    """Copies one part of a stream to all places where it stands."""
    digest = hashlib.sha256()
    for done in range(0, part.length, BLOCK):
        data = tar.read(min(BLOCK, part.length - done))
        digest.update(data)
        for item, at in places:
            item.write(at + done, data)
    return text(digest)


def copy_pages(tar, part, item, pages):
    """Copies those pages of a part which no newer archive had."""
    digest = hashlib.sha256()
    for done in range(0, part.length, BLOCK):
        data = tar.read(min(BLOCK, part.length - done))
        for start in range(0, len(data), item.page_size):
            page = data[start:start + item.page_size]
            digest.update(hashlib.sha256(page).digest())
            at = next(pages, MAX_NUMBER)
            if at < item.pages and not item.done[at >> 3] >> (at & 7) & 1:
                item.write(at * item.page_size, page)
                item.done[at >> 3] |= 1 << (at & 7)
                item.missing -= 1
    return text(digest)


def copy_data(archive, keys, copies):
    """Reads an archive once and does with each part what is to be done with it; copies: offset to part, function, arguments."""
    print(f"Reading the data of {os.path.basename(archive.path)} ...", file=sys.stderr)
    with Tar(archive.path, keys) as tar:
        for name, offset, length in tar.entries():
            if offset in copies:
                part, copy, arguments = copies.pop(offset)
                if length != part.length or copy(tar, part, *arguments) != part.sha256:
                    raise Problem(f"'{name}' in '{archive.path}' is damaged: its length or hash is not that of the manifest.")
    if copies:
        raise Problem(f"'{archive.path}' lacks {len(copies)} parts that its manifest or a newer one names.")


def copy_chain(point, chain, keys, items, maps):
    """Fills the outputs from the point's archive and its parents, newest first, until nothing is missing."""
    streams = collections.defaultdict(dict)
    for item in items:
        at = 0
        for part in item.parts if item.kind == "Stream" else ():
            streams[part.archive].setdefault(part.offset, (part, copy_part, ([],)))[2][0].append((item, at))
            if streams[part.archive][part.offset][0] != part:
                raise Problem(f"The manifest of '{point.path}' contradicts itself about the part at offset {part.offset}.")
            at += part.length
    images = [item for item in items if item.kind == "Image" and item.missing]
    archive, there = point, items
    while True:
        copies = streams.pop(archive.id, {})
        if images and archive is not point:
            there, maps = read_manifest(archive, keys)
        for image in images:
            own = next((item for item in there if (item.name, item.kind) == (image.name, "Image")), None)
            if own and own.page_size == image.page_size:
                pages = set_bits(maps[own.map.offset]) if own.map else iter(range(own.pages))
                for part in own.parts:
                    if part.archive != archive.id or part.offset in copies:
                        raise Problem(f"The manifest of '{archive.path}' contradicts itself about the part at offset {part.offset}.")
                    copies[part.offset] = part, copy_pages, (image, pages)
        if copies:
            copy_data(archive, keys, copies)
        images = [image for image in images if image.missing]
        if not archive.parent or not (images or streams):
            break
        archive = chain.take(archive.parent, f"'{archive.path}' builds on")
    if streams:
        raise Problem(f"'{point.path}' needs the archive with the id {next(iter(streams))}, which is missing among its parents.")


class Folder:
    """The archives of a folder, by their ids; a file that cannot be read matters only if an id is missed."""

    def __init__(self, files, keys):
        """Reads what each archive is."""
        self.archives, self.twins, self.problem = {}, {}, None
        for file in files:
            try:
                archive = read_header(file, keys)
                if self.archives.setdefault(archive.id, archive) is not archive:
                    self.twins[archive.id] = archive
            except Problem as problem:
                self.problem = self.problem or problem

    def take(self, id, sentence):
        """Gives the archive with an id, and only once: parents that go in a circle end as missing."""
        if id not in self.archives:
            raise self.problem or Problem(f"{sentence} the archive with the id {id}, which is not in its folder.")
        return self.archives.pop(id)

    def newest(self, path):
        """The id of the archive that no other builds on."""
        if self.problem:
            raise self.problem  # it may be the newest
        parents = {archive.parent for archive in self.archives.values()}
        ids = [id for id in self.archives if id not in parents]
        if len(ids) != 1:
            raise Problem(f"'{path}' has {len(ids)} points that no other builds on. Choose one with --point.")
        return ids[0]


def folder_name(name):
    """The name of the folder of a source or database."""
    data = name.encode("utf-8", "surrogatepass")
    encoded = "".join(chr(byte) if re.fullmatch(r"[A-Za-z0-9._+=@,-]", chr(byte)) else f"%{byte:02X}" for byte in data)
    for pattern in (r"^[.-]", r"\.$"):
        encoded = re.sub(pattern, lambda match: f"%{ord(match.group()):02X}", encoded)
    is_long = len(encoded) > 180
    if not is_long and not re.search(rb"[A-Z]", data):
        return encoded or "%"
    digits = hashlib.sha256(data).hexdigest()[:32 if is_long else 8]
    return f"{encoded[:180 - len(digits) - 1]}~{digits}"


def mismatch(archive):
    """Why an archive does not fit the names that it lies under, or None. What is not laid out as Holdfast does it is not held against that."""
    header, (folder, name) = archive.header, os.path.split(os.path.abspath(archive.path))
    kind, made, database, task = header.get("kind"), header.get("type"), header.get("database"), header.get("task")
    what = re.sub(r"[^a-z ]", "?", f"{kind} {made}".lower())
    laid_out, chain = LAID_OUT.fullmatch(name), CHAIN.fullmatch(os.path.basename(folder))
    if not laid_out:
        return None
    form = ("incremental-backup" if kind == "Incremental" else "full-backup" if made == "Backup"
            else "encrypted-snapshot" if header.get("databaseEncrypted") else "snapshot")
    if laid_out.group(2) != form:
        return f"it is a {what}, which its name does not say"
    try:
        begun = re.sub(r"\.\d+", "", header["startTime"])
        late = (datetime.datetime.strptime(begun, "%Y-%m-%dT%H:%M:%S%z")
                - datetime.datetime.strptime(laid_out.group(1) + "+0000", "%Y-%m-%d-%H-%M-%S%z"))
    except (ValueError, LookupError, TypeError, OverflowError):
        return "when it was begun is not a time"
    if late > SLACK:
        return f"it was begun at {begun}, after the time in its name"
    if chain:
        if made != chain.group(2).capitalize():
            return f"it is a {what}, and its folder is of a chain of {chain.group(2)}s"
        if task != chain.group(3):
            own, other = (f"task {id!a}" if id else "no task" for id in (task, chain.group(3)))
            return f"it is of {own}, and its folder of {other}"
        if kind == "Full" and laid_out.group(1) != chain.group(1):
            return "it is the full archive of another chain than its folder's"
    source, database_folder = os.path.split(os.path.dirname(folder))
    root, source = os.path.split(source)
    if any(os.path.isfile(os.path.join(root, file)) for file in ROOT_FILES):  # a chain can be copied anywhere else
        parts = database.split("/", 1) if isinstance(database, str) else ()
        if [folder_name(part) for part in parts] != [source, database_folder]:
            return f"it is of database {database!a}"
    return None


def check_layout(point, chain, only_warn):
    """Refuses a point that does not fit where it lies, or that builds on such an archive: somebody put it there."""
    archive, seen = point, set()
    faults = [(point.path, f"'{os.path.basename(chain.twins[point.id].path)}' beside it is the same archive")] if point.id in chain.twins else []
    while archive and archive.id not in seen:
        seen.add(archive.id)
        why = mismatch(archive)
        if why:
            faults.insert(0, (archive.path, why))
        archive = chain.archives.get(archive.parent)
    for path, why in faults:
        fault = f"'{path}' does not belong where it lies: {why}."
        if not only_warn:
            raise Problem(f"{fault} Take the chain from another destination. If you put it there yourself, say so: --allow-mismatch.")
        print(f"Warning: {fault}", file=sys.stderr)


def tell_of_gone_archives(folder):
    """Warns of indexes that are later than every archive of a chain: the archives that they belong to are not there."""
    names = sorted(os.listdir(folder))
    newest = max((name[:19] for name in names if LAID_OUT.fullmatch(name)), default="")
    for name in names:
        if re.fullmatch(rf"{TIME}\.[a-z-]+\.index", name) and name[:19] > newest:
            print(f"Warning: '{os.path.join(folder, name)}' is there without its archive: a newer archive than the one that is restored is gone, "
                  "or a backup was killed just before it was complete. Look at other destinations.", file=sys.stderr)


def find(path, point, keys):
    """Finds the archive of the point and its folder."""
    if not os.path.exists(path):
        raise Problem(f"There is no '{path}'.")
    folder, chosen = (path, None) if os.path.isdir(path) else (os.path.dirname(path), path)
    files = [os.path.join(folder, name) for name in sorted(os.listdir(folder or ".")) if ARCHIVE.fullmatch(name)]
    if chosen and point:
        raise Problem("Give either an archive, or --point and the folder of a chain.")
    if not chosen and not files:
        raise Problem(f"There are no archives in '{path}'. Give the folder of a chain; --list shows those below a folder.")
    if point and not ID.fullmatch(point):
        time = re.sub("[ T:]", "-", point).rstrip("Z")
        matches = [file for file in files if os.path.basename(file).startswith(time)]
        if len(matches) != 1:
            raise Problem(f"{len(matches)} archives in '{path}' have names that begin with '{time}'; --list shows all.")
        chosen = matches[0]
    chain = Folder(sorted({chosen or files[0], *files}, key=lambda file: file != chosen), keys)  # the chosen one first
    if chosen:
        point = next((archive.id for archive in chain.archives.values() if archive.path == chosen), None)
        if not point:
            raise chain.problem
    return chain.take(point or chain.newest(path), f"'{path}' lacks"), chain


def restore(path, point, keys, folder, allow_mismatch):
    """Restores every item of a point into a folder, or leaves nothing there."""
    need_program("zstd")
    newest = not point and os.path.isdir(path)
    point, chain = find(path, point, keys)
    check_layout(point, chain, allow_mismatch or not os.path.isdir(path))
    if newest:
        tell_of_gone_archives(path)
    items, maps = read_manifest(point, keys)
    names = {(item.name + ending).lower() for item in items for ending in ("", ".partial")}
    if len(names) != 2 * len(items):
        raise Problem(f"'{point.path}' has items of the same name.")
    os.makedirs(folder, exist_ok=True)
    try:
        for item in items:
            item.create(folder)
        copy_chain(point, chain, keys, items, maps)
        for item in items:
            item.check(point)
            item.output.flush()
            os.fsync(item.output.fileno())
            item.output.close()
        for item in items:
            os.rename(item.path + ".partial", item.path)
            print(f"Restored: {item.path} ({item.length} bytes)")
    except BaseException:
        for item in items:
            item.discard()
        raise


def show(path):
    """Lists chains and archives below a folder, by their names."""
    for folder, folders, names in os.walk(path):
        folders.sort()
        archives = [name for name in sorted(names) if ARCHIVE.fullmatch(name)]
        if archives:
            print(f"\n{folder}")
        for name in archives:
            print(f"    {os.path.getsize(os.path.join(folder, name)):>16,}  {name}")


def raw_key(text):
    """The 32 bytes of a key in Base64 or hexadecimal digits; nothing where it is neither."""
    text = text.strip()
    try:
        raw = bytes.fromhex(text) if re.fullmatch(r"[0-9A-Fa-f]{64}", text) else base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    return raw if len(raw) == 32 else b""


def secret_key(raw):
    """The 32 bytes of a key as age writes them: Bech32 with the prefix age-secret-key-. Nothing of nothing."""
    if not raw:
        return ""
    letters, prefix = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", "age-secret-key-"
    bits = "".join(f"{byte:08b}" for byte in raw) + "0000"
    values = [int(bits[at:at + 5], 2) for at in range(0, len(bits), 5)]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, check = check >> 25, (check & 0x1ffffff) << 5 ^ value
        for bit, factor in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
            check ^= factor if top >> bit & 1 else 0
    values += [(check ^ 1) >> 5 * (5 - at) & 31 for at in range(6)]
    return (prefix + "1" + "".join(letters[value] for value in values)).upper()


def main():
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(description="Restores a database from archives of Holdfast. See HOW-TO-RESTORE.txt.")
    parser.add_argument("-i", metavar="KEYFILE", action="append", default=[], help="file with a key: AGE-SECRET-KEY-1..., 44 characters of Base64, 64 hexadecimal digits, or 'passphrase: ...'; may be repeated")
    parser.add_argument("--point", metavar="TIME|ID", help="the beginning of an archive's name (its time, UTC), or its id; else the newest")
    parser.add_argument("--list", action="store_true", help="only list the archives below PATH")
    parser.add_argument("--allow-mismatch", action="store_true", help="restore an archive that does not fit the names that it lies under")
    parser.add_argument("--show-key", "--key-from-base64", dest="show_key", action="store_true",
                        help="ask for a key in Base64 or hexadecimal digits and print it as AGE-SECRET-KEY-1..., for age alone")
    parser.add_argument("path", metavar="PATH", nargs="?", help="an archive (that point), or the folder of a chain (its newest point)")
    parser.add_argument("output", metavar="OUTPUT_FOLDER", nargs="?", help="where the database's files are written")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")
    if options.show_key:
        raw = raw_key(getpass.getpass("Key in Base64 or hexadecimal digits: ") if sys.stdin.isatty() else sys.stdin.readline())
        if not raw:
            raise Problem("This is not a key: a key is 44 characters of Base64 or 64 hexadecimal digits, that is 32 bytes.")
        print(secret_key(raw))
    elif not options.path or not options.list and not options.output:
        parser.error("PATH and OUTPUT_FOLDER are needed")
    elif options.list:
        show(options.path)
    else:
        restore(options.path, options.point, Keys(options.i), options.output, options.allow_mismatch)


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit(f"Not restored. {problem}")
    except (OSError, OverflowError, MemoryError) as problem:
        sys.exit(f"Not restored: {problem or 'there is not enough memory.'}")
    except (KeyboardInterrupt, EOFError):
        sys.exit("Not restored: stopped.")
