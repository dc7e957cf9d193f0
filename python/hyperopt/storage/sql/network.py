"""Which file system a path is on."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["network_file_system"]

_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|ncpfs?|afs|coda|9p|davfs|lustre|gpfs|beegfs\w*|panfs|ceph|glusterfs|"
    r"orangefs|pvfs2|fuse\.(sshfs|glusterfs\w*|ceph\w*|s3fs|gcsfuse|rclone|davfs\w*|cvmfs\w*|mfs|"
    r"moosefs|juicefs|goofys|blobfuse\w*)"
)
_MOUNTS = Path("/proc/self/mountinfo")


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """The kind of network file system that `path` is on; None if it is local, or can't be told."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return None
    best, kind = "", ""
    target = str(path.resolve())
    for line in lines:
        left, separator, right = line.partition(" - ")
        fields = left.split(" ")
        if not separator or len(fields) < 5:
            continue
        # Blanks in a mount point come as octal escapes.
        mount = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[4])
        inside = target == mount or target.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, right.split(" ")[0]
    return kind if _NETWORK.fullmatch(kind) else None
