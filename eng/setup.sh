#!/usr/bin/env bash
# Usage: eng/setup.sh build|test|demo|bench|screenshots ... - installs the Debian packages that these need and that are missing, where it may (root); else says
# which. Installs nothing and asks nothing where all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
optional=() # what tests are skipped without
wanted() { # wanted PROGRAM PACKAGE
  command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

needed=no
for purpose in "$@"; do
  case "$purpose" in
    build)
      command -v dotnet >/dev/null || { echo "The .NET SDK 10 is missing: https://dotnet.microsoft.com/download/dotnet/10.0" >&2; exit 1; }
      # Only for SQLite3 Multiple Ciphers (encrypted SQLite databases), and only until it is built.
      if [ ! -f out/native/libsqlite3mc.so ]; then
        wanted gcc gcc
        [ -f /usr/include/stdio.h ] || missing+=(libc6-dev)
        wanted npm npm
      fi
      ;;
    demo | test)
      needed=yes
      for tool in zstd age sqlite3 python3 tar; do wanted "$tool" "$tool"; done
      compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
      # Servers of other versions, for tests.
      if [ "$purpose" = test ]; then
        if [ ! -f out/postgresql/18/version ] || [ ! -f out/s3rver/version ]; then wanted npm npm; fi
        # A real S3 server: Ceph's.
        for tool in radosgw ceph-mon ceph-osd; do command -v "$tool" >/dev/null || optional+=("$tool"); done
        command -v ceph >/dev/null || optional+=(ceph-common)
        # The store of a cluster's state.
        command -v etcd >/dev/null || optional+=(etcd-server)
        command -v etcdctl >/dev/null || optional+=(etcd-client)
      fi
      # The sample that is encrypted is made by a small C program.
      if [ -f out/native/libsqlite3mc.so ] || command -v npm >/dev/null; then
        wanted gcc gcc
        [ -f /usr/include/stdio.h ] || missing+=(libc6-dev)
      fi
      ;;
    screenshots) ;;
    bench)
      needed=yes
      for tool in zstd age sqlite3 python3 restic; do wanted "$tool" "$tool"; done
      wanted borg borgbackup
      [ -x /usr/bin/time ] || missing+=(time)
      compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
      wanted pgbackrest pgbackrest
      ;;
    *) echo "usage: eng/setup.sh build|test|demo|bench|screenshots ..." >&2; exit 2 ;;
  esac
  # Tests look at pages in a browser, with the typeface that is first in their list.
  case "$purpose" in
    test | screenshots)
      needed=yes
      [ -x /usr/bin/chromium-browser ] || [ -x /usr/bin/google-chrome ] || wanted chromium chromium
      [ -d /usr/share/fonts/opentype/inter ] || [ -d /usr/share/fonts/truetype/inter ] || missing+=(fonts-inter)
      ;;
  esac
  if [ "$purpose" = screenshots ]; then wanted pngquant pngquant; fi
done
may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
export DEBIAN_FRONTEND=noninteractive
if [ ${#optional[@]} -gt 0 ]; then
  echo "Installing Debian packages: ${optional[*]}"
  # These bring services, which nobody wants to run here.
  install_optional() { apt-get install -o Dpkg::Options::=--force-confold -y -qq --no-install-recommends "${optional[@]}" >/dev/null; }
  if may_install && { install_optional 2>/dev/null || { apt-get update -qq && install_optional; }; }; then
    # This one would start by itself, on a port that others may want.
    if [[ " ${optional[*]} " == *" etcd-server "* ]] && [ -d /run/systemd/system ]; then systemctl disable --now etcd 2>/dev/null || true; fi
  else
    echo "They could not be installed: tests that need them are skipped." >&2
  fi
fi
[ ${#missing[@]} -eq 0 ] && exit 0

mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
if may_install; then
  echo "Installing Debian packages: ${missing[*]}"
  # Tests start servers of their own: none is wanted that runs by itself.
  if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  install() { apt-get install -o Dpkg::Options::=--force-confold -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
  install 2>/dev/null || { apt-get update -qq && install; } && exit 0
  echo "They could not be installed." >&2
fi
echo "Missing programs. Install their packages: sudo apt-get install ${missing[*]}" >&2
[ "$needed" = no ] # a build goes on without: all but encrypted SQLite databases works
