"""Writes layer tars byte by byte, so that what tarfile refuses to write can be written too.

In: entries, one call each. Out: the bytes of a tar. Nothing here judges whether an entry makes
sense. Names and link targets are bytes or str (str is encoded as UTF-8, surrogates as they are).
"""

import hashlib
import struct
import zlib

BLOCK = 512
MTIME = 1767225600


def raw(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def number(value, width):
    """Octal, or base-256 (GNU) where octal has no room."""
    digits = b"%0*o" % (width - 1, value)
    if len(digits) < width:
        return digits + b"\0"
    return bytes([0x80]) + value.to_bytes(width - 1, "big")


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def header(name, kind, size=0, mode=0o644, uid=0, gid=0, link=b"", major=0, minor=0,
           mtime=MTIME, gnu=None):
    """One 512-byte header. `gnu` replaces bytes 345..500 (old GNU sparse fields)."""
    magic = b"ustar  \0" if gnu is not None else b"ustar\x0000"
    block = b"".join([
        raw(name)[:100].ljust(100, b"\0"), number(mode, 8), number(uid, 8), number(gid, 8),
        number(size, 12), number(mtime, 12), b" " * 8, kind, raw(link)[:100].ljust(100, b"\0"),
        magic, b"root".ljust(32, b"\0"), b"root".ljust(32, b"\0"),
        number(major, 8), number(minor, 8), (gnu or b"").ljust(155, b"\0"),
    ]).ljust(BLOCK, b"\0")
    checksum = b"%06o\0 " % sum(block)
    return block[:148] + checksum + block[156:]


def pax_record(key, value):
    body = b" " + raw(key) + b"=" + raw(value) + b"\n"
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return str(length).encode() + body


class Layer:
    """A layer in the making. Every method returns the layer, so that calls can be chained."""

    def __init__(self):
        self.parts = []

    def block(self, data):
        self.parts.append(data)
        return self

    def entry(self, name, kind, data=b"", pax=(), size=None, **fields):
        if pax:
            records = b"".join(pax_record(key, value) for key, value in pax)
            self.block(header("PaxHeaders/x", b"x", len(records))).block(padded(records))
        self.block(header(name, kind, len(data) if size is None else size, **fields))
        return self.block(padded(data))

    def file(self, name, data=b"", **fields):
        return self.entry(name, b"0", raw(data), **fields)

    def dir(self, name, mode=0o755, **fields):
        return self.entry(raw(name).rstrip(b"/") + b"/", b"5", mode=mode, **fields)

    def symlink(self, name, target, **fields):
        return self.entry(name, b"2", link=target, mode=0o777, **fields)

    def hardlink(self, name, target, **fields):
        return self.entry(name, b"1", link=target, **fields)

    def device(self, name, kind, major, minor, mode=0o666, **fields):
        return self.entry(name, {"char": b"3", "block": b"4"}[kind], mode=mode, major=major,
                          minor=minor, **fields)

    def fifo(self, name, mode=0o644):
        return self.entry(name, b"6", mode=mode)

    def gnu_long(self, name, kind, target=b"", data=b""):
        """GNU @LongLink headers for the name and, where there is one, the link target."""
        for text, marker in ((raw(target), b"K"), (raw(name), b"L")):
            if text:
                self.block(header("././@LongLink", marker, len(text) + 1, gnu=b""))
                self.block(padded(text + b"\0"))
        return self.entry(name, kind, data, link=target, gnu=b"")

    def gnu_sparse(self, name, pieces, real_size):
        """Old GNU sparse (type S). pieces: [(offset, data)], each but the last of whole blocks."""
        table = [number(offset, 12) + number(len(data), 12) for offset, data in pieces]
        data = b"".join(data for _, data in pieces)
        head, rest = table[:4], table[4:]
        gnu = bytes(41) + b"".join(head).ljust(96, b"\0")
        gnu += (b"\1" if rest else b"\0") + number(real_size, 12)
        self.block(header(name, b"S", len(data), gnu=gnu))
        while rest:
            part, rest = rest[:21], rest[21:]
            self.block(b"".join(part).ljust(504, b"\0") + (b"\1" if rest else b"\0") + bytes(7))
        return self.block(padded(data))

    def pax_sparse_1_0(self, name, pieces, real_size):
        numbers = [len(pieces)] + [n for offset, data in pieces for n in (offset, len(data))]
        table = padded("".join(f"{n}\n" for n in numbers).encode())
        data = table + b"".join(data for _, data in pieces)
        pax = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", name),
               ("GNU.sparse.realsize", str(real_size))]
        return self.entry("GNUSparseFile.0/file", b"0", data, pax=pax)

    def pax_sparse_0_1(self, name, pieces, real_size):
        table = ",".join(f"{offset},{len(data)}" for offset, data in pieces)
        pax = [("GNU.sparse.size", str(real_size)), ("GNU.sparse.numblocks", str(len(pieces))),
               ("GNU.sparse.name", name), ("GNU.sparse.map", table)]
        return self.entry("GNUSparseFile.0/file", b"0", b"".join(d for _, d in pieces), pax=pax)

    def tar(self, end=2 * BLOCK):
        return b"".join(self.parts) + bytes(end)


def dense(pieces, real_size):
    """What a sparse file reads as."""
    data = bytearray(real_size)
    for offset, piece in pieces:
        data[offset:offset + len(piece)] = piece
    return bytes(data)


def gzip(data, level=6):
    """One member, no name, no date."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def zstd(data, frame_bytes=1 << 20):
    """Stored zstd frames (RFC 8878), with a skippable frame between them: no library needed."""
    frames = []
    for start in range(0, max(len(data), 1), frame_bytes):
        chunk = data[start:start + frame_bytes]
        frames.append(struct.pack("<II", 0x184D2A50, 4) + b"skip")
        blocks = [chunk[at:at + 65536] for at in range(0, len(chunk), 65536)] or [b""]
        body = b"".join(
            (len(block) << 3 | (at == len(blocks) - 1)).to_bytes(3, "little") + block
            for at, block in enumerate(blocks))
        # Single segment, content size of 4 bytes, no checksum.
        frames.append(struct.pack("<IBI", 0xFD2FB528, 0xA0, len(chunk)) + body)
    return b"".join(frames)


def sha256(data):
    return hashlib.sha256(data).hexdigest()
