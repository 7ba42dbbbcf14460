#!/usr/bin/env python3
"""Checks the nasty archives against independent tools, so that the tests' data is tested itself.

usage: verify.py DIR [NAME...]

In: a directory made by make.py. What must load is unpacked by skopeo and umoci and compared with
its `tree`; what must be refused is only told (those tools refuse less than we do), except that
nothing may escape. Out: a line per archive; exit code 1 when a `load` differs. Needs root.
"""

import hashlib
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile

KINDS = {"file": stat.S_ISREG, "dir": stat.S_ISDIR, "symlink": stat.S_ISLNK, "char": stat.S_ISCHR,
         "block": stat.S_ISBLK, "fifo": stat.S_ISFIFO}
# Other tools have no limit: ten gigabytes each, or minutes. And umoci 0.4.7 obeys `.wh...`: it
# deletes the directory above.
SKIP = ("bomb-gzip.oci.tar", "bomb-zstd.oci.tar", "layers-10000.oci.tar", "whiteout-dotdot.oci.tar",
        "whiteout-dot.oci.tar", "whiteout-empty.oci.tar", "whiteout-root-dotdot.oci.tar")


def run(step):
    """Returns None, or the last line of what the tool said when it failed."""
    try:
        done = subprocess.run(step, capture_output=True, timeout=60, errors="replace")
    except subprocess.TimeoutExpired:
        return f"{step[0]}: no end after 60 s"
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines() or ["no message"]
    return f"{step[0]}: {said[-1][-160:]}"


def unpack(archive, kind, arch, work):
    """Returns (root, None) or (None, what the tool that failed said)."""
    layout, root = work / "layout", work / "bundle" / "rootfs"
    copy = ["skopeo", "--override-arch", arch, "copy", "-q", f"{kind}:{archive}"]
    said = run([*copy, f"oci:{layout}:latest"])
    said = said or run(["umoci", "unpack", "--image", f"{layout}:latest", str(work / "bundle")])
    # What this umoci does not know: sparse files of type S, and zstd, which it takes for a tar.
    if said and ("unknown typeflag" in said or "invalid tar header" in said):
        said = run([*copy, f"dir:{work / 'plain'}"]) or unpack_by_tar(work / "plain", root)
    return (None, said) if said else (root, None)


def unpack_by_tar(plain, root):
    """GNU tar, layer upon layer: enough where there are no whiteouts."""
    root.mkdir(parents=True, exist_ok=True)
    for layer in json.loads((plain / "manifest.json").read_text())["layers"]:
        packing = ["--zstd"] if layer["mediaType"].endswith("+zstd") else []
        blob = plain / layer["digest"].split(":")[1]
        said = run(["tar", "-x", *packing, "-C", str(root), "-f", str(blob)])
        if said:
            return said
    return None


def differences(root, fact):
    name = bytes.fromhex(fact["path_hex"]) if "path_hex" in fact else os.fsencode(fact["path"])
    path = os.path.join(os.fsencode(root), name)
    shown = name.decode("utf-8", "backslashreplace")[-60:]
    if fact.get("absent"):
        return [f"{shown}: is there"] if os.path.lexists(path) else []
    if not os.path.lexists(path):
        return [f"{shown}: is missing"]
    is_wanted = {key: check(path, fact[key]) for key, check in CHECKS.items() if key in fact}
    return [f"{shown}: {key} is not {fact[key]}" for key, good in is_wanted.items() if not good]


def content(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rdev(path):
    device = os.lstat(path).st_rdev
    return [os.major(device), os.minor(device)]


def has_xattrs(path, wanted):
    present = os.listxattr(path, follow_symlinks=False)
    return all(name in present and os.getxattr(path, name).hex() == value for name, value in wanted.items())


CHECKS = {
    "type": lambda path, wanted: KINDS[wanted](os.lstat(path).st_mode),
    "size": lambda path, wanted: os.lstat(path).st_size == wanted,
    "sha256": lambda path, wanted: content(path) == wanted,
    "mode": lambda path, wanted: stat.S_IMODE(os.lstat(path).st_mode) == int(wanted, 8),
    "uid": lambda path, wanted: os.lstat(path).st_uid == wanted,
    "gid": lambda path, wanted: os.lstat(path).st_gid == wanted,
    "nlink": lambda path, wanted: os.lstat(path).st_nlink == wanted,
    "link": lambda path, wanted: os.readlink(path) == os.fsencode(wanted),
    "rdev": lambda path, wanted: rdev(path) == wanted,
    "xattrs": has_xattrs,
    "absent_xattrs": lambda path, names: not set(names) & set(os.listxattr(path)),
}


def verify(directory, entry):
    """Returns the line to print and whether the archive is as it says."""
    with tempfile.TemporaryDirectory() as name:
        archive = (directory / entry["file"]).absolute()
        kind = entry["format"]
        if "images" in entry:
            kind, archive = "docker-archive", f"{archive}:{entry['images'][0]}"
        root, said = unpack(archive, kind, entry["arch"], pathlib.Path(name))
        found = [] if root is None else [line for fact in entry["tree"] for line in differences(root, fact)]
    if "escape" in entry and os.path.lexists(entry["escape"]):
        return f"ESCAPED to {entry['escape']}", False
    if root is None:
        return f"refused by {said}", entry["expect"] != "load"
    return "loaded" + "".join(f"; {line}" for line in found), entry["expect"] != "load" or not found


def main():
    directory, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:]
    failures = 0
    for entry in json.loads((directory / "manifest.json").read_text()):
        if entry["file"] in SKIP or (wanted and entry["file"] not in wanted):
            continue
        line, good = verify(directory, entry)
        failures += not good
        print("ok  " if good else "BAD ", entry["expect"].ljust(6), entry["file"] + ":", line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
