#!/usr/bin/env bash
# Usage: eng/radosgw.sh DIR - runs an S3 server for tests in DIR, which must exist: Ceph's radosgw with one monitor and one OSD in memory (up to 2 GiB), all on
# loopback. Prints one line when it is ready: its HTTP port, and its HTTPS port where DIR/tls.pem holds a certificate and its key (else 0). Ends, and ends all
# that it has started, at the end of its input. Users: holdfast (HOLDFASTTEST0001 / holdfast-test-secret-0001) and limited (HOLDFASTTEST0002 /
# holdfast-test-secret-0002), who has no rights but those that a policy of a bucket gives. Exit 3: this machine has no radosgw.
set -euo pipefail
dir=$(realpath "$1")
for tool in radosgw radosgw-admin ceph ceph-mon ceph-osd monmaptool python3; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common" >&2; exit 3; }
done
cd "$dir"
pids=()
trap '[ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true' EXIT
mapfile -t ports < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(s.getsockname()[1] for s in sockets), sep="\n")')
http=${ports[1]} https=0 endpoints="endpoint=127.0.0.1:${ports[1]}"
if [ -f tls.pem ]; then https=${ports[2]} endpoints="$endpoints ssl_endpoint=127.0.0.1:$https ssl_certificate=$dir/tls.pem"; fi
fsid=$(cat /proc/sys/kernel/random/uuid) osd=$(cat /proc/sys/kernel/random/uuid)
mkdir mon osd rgw
cat >ceph.conf <<CONF
[global]
fsid = $fsid
mon host = v1:127.0.0.1:${ports[0]}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 1
ms bind msgr2 = false
run dir = $dir
log file = $dir/\$name.log
admin socket = $dir/\$name.asok
[mon.a]
mon data = $dir/mon
[osd.0]
osd objectstore = memstore
memstore device bytes = 2147483648
osd data = $dir/osd
osd journal = $dir/osd/journal
osd memory target = 939524096
osd op num shards = 1
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast $endpoints
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = holdfast-key=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
rgw crypt default encryption key = 4YSmvJtBv0aZ7geVgAsdpRnLBEwWSWlMIGnRS8a9TSA=
rgw thread pool size = 64
rgw dns name = localhost
rgw enable usage log = false
rgw data = $dir/rgw
CONF
run() { # run PROGRAM ARGUMENTS - in the background, and remembers it
  "$@" -c ceph.conf -f </dev/null >"$1.out" 2>&1 &
  pids+=($!)
}
admin() { timeout 60 radosgw-admin -c ceph.conf -n client.rgw "$@" >/dev/null 2>>admin.log; }
await() { # await SECONDS COMMAND - until it succeeds
  local end=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { echo "'${*:2}' did not succeed in $1 s; see $dir" >&2; exit 1; }
    sleep 0.2
  done
}
monmaptool --create --fsid "$fsid" --addv a "[v1:127.0.0.1:${ports[0]}]" monmap >/dev/null
ceph-mon -c ceph.conf --mkfs -i a --monmap monmap >/dev/null 2>&1
run ceph-mon -i a
await 60 timeout 20 ceph -c ceph.conf mon stat
timeout 60 ceph -c ceph.conf osd new "$osd" >/dev/null # once: a second one would create a second OSD
ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$osd" >/dev/null 2>&1
run ceph-osd -i 0
up() { # An OSD ends at once if it asks the monitor before that has told it the id of the cluster ('wrong fsid'): rare, and another try helps.
  kill -0 "${pids[-1]}" || run ceph-osd -i 0
  timeout 20 ceph -c ceph.conf osd stat | grep -q '1 up'
}
await 90 up
admin user create --uid holdfast --display-name holdfast --access-key HOLDFASTTEST0001 --secret-key holdfast-test-secret-0001
admin user create --uid limited --display-name limited --access-key HOLDFASTTEST0002 --secret-key holdfast-test-secret-0002
admin zonegroup placement add --rgw-zonegroup default --placement-id default-placement --storage-class GLACIER
admin zone placement add --rgw-zone default --placement-id default-placement --storage-class GLACIER --data-pool default.rgw.glacier.data
run radosgw -n client.rgw
answers() { exec 3<>"/dev/tcp/127.0.0.1/$http"; }
await 90 answers
echo "$http $https"
cat >/dev/null # until the end of the input
