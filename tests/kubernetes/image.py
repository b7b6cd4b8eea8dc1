#!/usr/bin/env python3
"""Write a container image of a few files without a container engine: one layer, as a docker-archive that containerd imports."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ACCOUNTS = {
    "/etc/passwd": "root:x:0:0:root:/:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n",
    "/etc/group": "root:x:0:\nnonroot:x:65532:\n",
}


class Layer:
    """A tar archive whose bytes follow from its content alone: no times, no owners."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._archive = tarfile.TarFile(fileobj=self._buffer, mode="w", format=tarfile.GNU_FORMAT)
        self._directories = {PurePosixPath("/")}

    def directory(self, path: PurePosixPath, mode: int = 0o755) -> None:
        """Add a directory and those above it, each once."""
        if path in self._directories:
            return
        self.directory(path.parent)
        self._directories.add(path)
        self._add(path, mode, kind=tarfile.DIRTYPE)

    def file(self, path: PurePosixPath, content: bytes, mode: int) -> None:
        """Add a file."""
        self.directory(path.parent)
        self._add(path, mode, content=content)

    def link(self, path: PurePosixPath, target: str) -> None:
        """Add a symbolic link."""
        self.directory(path.parent)
        self._add(path, 0o777, kind=tarfile.SYMTYPE, target=target)

    def _add(
        self, path: PurePosixPath, mode: int, *, kind: bytes = tarfile.REGTYPE, content: bytes = b"", target: str = ""
    ) -> None:
        entry = tarfile.TarInfo(str(path).lstrip("/"))
        entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), target
        self._archive.addfile(entry, io.BytesIO(content))

    def content(self) -> bytes:
        """Close the archive and return it."""
        self._archive.close()
        return self._buffer.getvalue()


def build_layer(files: list[str], *, applets: bool) -> bytes:
    """Pack the files, given as SOURCE:DESTINATION, with two accounts and /tmp."""
    layer = Layer()
    layer.directory(PurePosixPath("/tmp"), 0o1777)
    for name, text in ACCOUNTS.items():
        layer.file(PurePosixPath(name), text.encode(), 0o644)
    for pair in files:
        source, destination = pair.split(":")
        path = Path(source)
        layer.file(PurePosixPath(destination), path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)
    if applets:
        names = subprocess.run(["busybox", "--list"], check=True, capture_output=True, text=True).stdout.split()
        for name in names:
            if name != "busybox":
                layer.link(PurePosixPath("/bin") / name, "busybox")
    return layer.content()


def write_archive(output: Path, repository: str, layer: bytes, *, entrypoint: list[str], user: str) -> str:
    """Write the archive and return the image's reference, whose tag is the hash of its configuration."""
    layer_hash = hashlib.sha256(layer).hexdigest()
    process = {"Entrypoint": entrypoint, "User": user, "Env": ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"]}
    configuration = json.dumps(
        {
            "architecture": ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": process,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_hash}"]},
        }
    ).encode()
    image_hash = hashlib.sha256(configuration).hexdigest()
    reference = f"{repository}:{image_hash[:12]}"
    manifest = [{"Config": f"{image_hash}.json", "RepoTags": [reference], "Layers": [f"{layer_hash}/layer.tar"]}]
    members = {
        f"{image_hash}.json": configuration,
        f"{layer_hash}/layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    with tarfile.open(output, "w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return reference


def main() -> None:
    """Write the archive, and its reference into a file beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("repository")
    parser.add_argument("files", nargs="*", metavar="SOURCE:DESTINATION")
    parser.add_argument("--entrypoint", required=True)
    parser.add_argument("--user", default="0")
    parser.add_argument("--applets", action="store_true", help="link busybox under the name of every command it has")
    arguments = parser.parse_intermixed_args()
    layer = build_layer(arguments.files, applets=arguments.applets)
    reference = write_archive(
        arguments.output, arguments.repository, layer, entrypoint=arguments.entrypoint.split(), user=arguments.user
    )
    arguments.output.with_suffix(".reference").write_text(reference)


if __name__ == "__main__":
    main()
