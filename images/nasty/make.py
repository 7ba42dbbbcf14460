#!/usr/bin/env python3
"""Writes odd and hostile image archives for tests, and manifest.json, which tells what to expect.

usage: make.py OUTDIR [--arch amd64|arm64]
       make.py --check-bomb

In: nothing but the standard library. Out: OUTDIR/*.oci.tar, OUTDIR/*.docker.tar and
OUTDIR/manifest.json: a list of {file, format, arch, expect, reason, ...}, see ../README.md.
"""

import argparse
import hashlib
import json
import pathlib
import platform
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

import bad  # noqa: E402
import good  # noqa: E402

HERE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")


def write(directory, arch):
    directory.mkdir(parents=True, exist_ok=True)
    listing = []
    for module in (good, bad):
        for name, data, facts in module.cases(arch):
            (directory / name).write_bytes(data)
            kind = "docker-archive" if name.endswith(".docker.tar") else "oci-archive"
            listing.append({"file": name, "format": kind, "arch": arch, **facts})
    (directory / "manifest.json").write_text(json.dumps(listing, indent=1) + "\n")
    return listing


def check_bomb():
    digest, checksum = hashlib.sha256(), 0
    for piece in bad.bomb_tar_pieces():
        digest.update(piece)
        checksum = zlib.crc32(piece, checksum)
    print(f"sha256 {digest.hexdigest()} crc32 {checksum:#010x}")
    return (digest.hexdigest(), checksum) == (bad.BOMB_SHA256, bad.BOMB_CRC32)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", nargs="?", type=pathlib.Path)
    parser.add_argument("--arch", choices=("amd64", "arm64"), default=HERE)
    parser.add_argument("--check-bomb", action="store_true", help="compute the bomb's digests again")
    arguments = parser.parse_args()
    if arguments.check_bomb:
        return 0 if check_bomb() else 1
    if arguments.outdir is None:
        parser.error("OUTDIR is missing")
    listing = write(arguments.outdir, arguments.arch)
    counts = {word: sum(entry["expect"] == word for entry in listing) for word in ("load", "refuse", "either")}
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
