"""Docker hosts that share this machine's files: each has a network, a process table, a Docker daemon and an SSH server of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from fleet_inventory import Place
from measuring import say

BRIDGE = "sysgenpro-fleet"
NETWORK = "10.89.77"
#: Where this machine's own services listen for the hosts.
GATEWAY = f"{NETWORK}.1"
STAND_IN = "sysgenpro/odoo:stand-in"
_START_SECONDS = 60


class Machines:
    """``count`` Docker hosts below ``folder``. Use it as a context manager."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.names = [f"docker{number + 1}" for number in range(count)]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Machines:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._ssh_programs()
        self._keys()
        _bridge()
        for name in self.names:
            self._start(name)
        for name in self.names:
            self._await(name)
        return self

    def __exit__(self, *_exception: object) -> None:
        for process in self._processes.values():
            # The first process of a process namespace takes all others with it.
            process.send_signal(signal.SIGKILL)
            process.wait()
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)
        self._unmount()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _unmount(self) -> None:
        """What a killed daemon left mounted below the folder, innermost first."""
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
        for path in sorted((path for path in mounts if path.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", path], check=False, capture_output=True)

    @property
    def places(self) -> list[Place]:
        return [Place(name, self._connection(name)) for name in self.names]

    def address(self, name: str) -> str:
        return f"{NETWORK}.{11 + self.names.index(name)}"

    def _connection(self, name: str) -> dict[str, t.Any]:
        options = f"-o UserKnownHostsFile={self.folder}/known_hosts -o IdentitiesOnly=yes"
        return {
            "ansible_host": self.address(name),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": options,
            "ansible_python_interpreter": "/usr/bin/python3",
        }

    def run(self, name: str, *argv: str, stdin: str | None = None, check: bool = True) -> str:
        """Run a program on one of the hosts and return its output."""
        argv = ("nsenter", "--target", str(self._inside(name)), "--all", *argv)
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
        if check and done.returncode:
            sys.exit(f"{' '.join(argv)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def _inside(self, name: str) -> int:
        """The host's first process, as this machine numbers it."""
        outer = self._processes[name].pid
        return int(Path(f"/proc/{outer}/task/{outer}/children").read_text(encoding="ascii").split()[0])

    def _ssh_programs(self) -> None:
        """Debian's SSH server, unpacked and not installed: installing it would open one on this machine."""
        if (self.folder / "ssh/usr/sbin/sshd").exists():
            return
        packages = self.folder / "ssh"
        packages.mkdir(exist_ok=True)
        wanted = ["openssh-server", "libwrap0"]
        options = ["-o", "APT::Sandbox::User=root", "-qq"]
        done = subprocess.run(
            ["apt-get", *options, "download", *wanted], cwd=packages, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"apt-get could not download {' '.join(wanted)}:\n{done.stderr}")
        for package in packages.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", str(package), str(packages)], check=True)

    def _keys(self) -> None:
        for name in ("key", "host_key"):
            if not (self.folder / name).exists():
                argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(self.folder / name)]
                subprocess.run(argv, check=True)
        host_key = (self.folder / "host_key.pub").read_text(encoding="ascii").split()
        lines = [f"{self.address(name)} {host_key[0]} {host_key[1]}\n" for name in self.names]
        (self.folder / "known_hosts").write_text("".join(lines), encoding="ascii")
        # A plain shell: what this machine's users run when they log in is not a part of a host.
        lines = Path("/etc/passwd").read_text(encoding="utf-8").splitlines(keepends=True)
        passwd = "".join("root:x:0:0:root:/root:/bin/sh\n" if line.startswith("root:") else line for line in lines)
        if "sshd:" not in passwd:
            passwd += "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"
        (self.folder / "passwd").write_text(passwd, encoding="utf-8")
        config = [
            *("Port 22", f"HostKey {self.folder}/host_key", f"AuthorizedKeysFile {self.folder}/key.pub"),
            *("StrictModes no", "UsePAM no", "PasswordAuthentication no", "MaxSessions 50", "MaxStartups 100"),
        ]
        (self.folder / "sshd_config").write_text("\n".join(config) + "\n", encoding="ascii")

    def _start(self, name: str) -> None:
        own = self.folder / name
        for part in ("docker", "etc"):
            (own / part).mkdir(parents=True, exist_ok=True)
        ready = own / "ready"
        ready.unlink(missing_ok=True)
        script = own / "init"
        script.write_text(self._init(name), encoding="utf-8")
        log = open(own / "log", "ab")  # noqa: SIM115  # the host's for as long as it lives
        argv = [
            # A benchmark that is killed takes its hosts with it.
            *("setpriv", "--pdeathsig", "KILL", "--"),
            "unshare",
            "--mount",
            "--net",
            "--uts",
            "--ipc",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            str(script),
        ]
        self._processes[name] = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while not ready.exists():
            if time.monotonic() > deadline or self._processes[name].poll() is not None:
                sys.exit(f"{name} did not start:\n{(own / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        _plug(name, self._inside(name), self.address(name))
        (own / "plugged").touch()

    def _init(self, name: str) -> str:
        """The host's first process. Files of its own are bound over the machine's, for it alone."""
        own, ssh = self.folder / name, self.folder / "ssh"
        # No NAT and no published ports: rules of a thousand networks would take minutes to write and nothing here needs them.
        docker = "dockerd --iptables=false --userland-proxy=false --bip=10.88.0.1/24 --log-level=warn --pidfile=/run/docker.pid"
        return f"""set -e
mount --make-rprivate /
hostname {name}
mkdir -p /etc/sysgenpro /var/lib/docker
mount --bind {own}/docker /var/lib/docker
mount --bind {own}/etc /etc/sysgenpro
mount --bind {self.folder}/passwd /etc/passwd
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd
ip link set lo up
rm -f {own}/plugged
touch {own}/ready
while [ ! -e {own}/plugged ]; do sleep 0.05; done
if [ -e {ssh}/usr/lib/openssh/sshd-session ]; then mount --bind {ssh}/usr/lib/openssh /usr/lib/openssh; fi
export LD_LIBRARY_PATH=$(echo {ssh}/usr/lib/*-linux-gnu)
{ssh}/usr/sbin/sshd -D -e -f {self.folder}/sshd_config &
unset LD_LIBRARY_PATH
{docker} &
wait
"""

    def _await(self, name: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection((self.address(name), 22), timeout=2):
                if self.run(name, "docker", "info", "--format", "{{.ServerVersion}}", check=False).strip():
                    return
            if time.monotonic() > deadline:
                sys.exit(f"{name} does not answer:\n{(self.folder / name / 'log').read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)

    def load_stand_in(self) -> None:
        """A web server of 2 MB under the name of Odoo's image; it answers what the converge asks, and nothing else."""
        tree = self.folder / "stand-in"
        (tree / "bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(shutil.which("busybox") or "/bin/busybox", tree / "bin/busybox")
        for page in ("web/health", "web/login"):
            path = tree / "www" / page
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("ok\n", encoding="ascii")
        archive = self.folder / "stand-in.tar"
        subprocess.run(["tar", "--create", "--file", str(archive), "--directory", str(tree), "."], check=True)
        # The first process of a container hears no signal it has no handler for; Odoo has one.
        script = "trap 'exit 0' TERM; /bin/busybox httpd -f -p 8069 -h /www & wait"
        start = json.dumps(["/bin/busybox", "sh", "-c", script])
        for name in self.names:
            self.run(name, "docker", "import", "--change", f"ENTRYPOINT {start}", str(archive), STAND_IN)
        say("The stand-in for Odoo's image is on every host")

    def start_traefik(self, name: str) -> None:
        """Traefik as the role starts it, as far as a converge speaks with it. On one host: what the others' tenants do is not asked."""
        found = subprocess.run(
            ["docker", "images", "sysgenpro/traefik", "--format", "{{.Repository}}:{{.Tag}}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        if not found:
            sys.exit("There is no image sysgenpro/traefik: ./quickstart.sh builds it")
        container = subprocess.run(
            ["docker", "create", found[0]], capture_output=True, text=True, check=True
        ).stdout.strip()
        where = subprocess.run(
            ["docker", "run", "--rm", "--entrypoint", "sh", found[0], "-c", "command -v traefik"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        subprocess.run(
            ["docker", "cp", "--follow-link", f"{container}:{where}", str(self.folder / "traefik")], check=True
        )
        subprocess.run(["docker", "rm", container], check=True, capture_output=True)
        config = {
            "entryPoints": {"websecure": {"address": ":443"}, "traefik": {"address": "127.0.0.1:8099"}},
            "providers": {
                "providersThrottleDuration": "200ms",
                "file": {"directory": "/etc/sysgenpro/traefik/dynamic", "watch": True},
            },
            "api": {"insecure": True, "dashboard": False},
        }
        (self.folder / name / "etc/traefik.yml").write_text(json.dumps(config), encoding="ascii")
        start = f"exec setsid {self.folder}/traefik --configFile=/etc/sysgenpro/traefik.yml </dev/null >/run/traefik.log 2>&1 &"
        self.run(name, "sh", "-c", start)


def _bridge() -> None:
    subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)
    for argv in (
        ["ip", "link", "add", BRIDGE, "type", "bridge"],
        ["ip", "address", "add", f"{GATEWAY}/24", "dev", BRIDGE],
        ["ip", "link", "set", BRIDGE, "up"],
    ):
        subprocess.run(argv, check=True)


def _plug(name: str, pid: int, address: str) -> None:
    outside, inside = f"fleet-{name}", "eth0"
    subprocess.run(["ip", "link", "delete", outside], check=False, capture_output=True)
    within = ["nsenter", "--target", str(pid), "--net"]
    for argv in (
        ["ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", str(pid)],
        ["ip", "link", "set", outside, "master", BRIDGE, "up"],
        [*within, "ip", "address", "add", f"{address}/24", "dev", inside],
        [*within, "ip", "link", "set", inside, "up"],
        [*within, "ip", "route", "add", "default", "via", GATEWAY],
    ):
        subprocess.run(argv, check=True)


def folder() -> Path:
    """Where the hosts keep what they make; not below /tmp, which may be memory."""
    return Path(os.environ.get("BENCH_FLEET_PATH", "/var/tmp/sysgenpro-fleet"))
