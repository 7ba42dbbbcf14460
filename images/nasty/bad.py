"""Archives that must be refused, with nothing written outside and nothing left behind.

In: the architecture to make them for. Out: cases as in good.py. `either` marks what may also load,
as long as nothing escapes. Layers that try to climb out aim at the file ESCAPE in the root
directory of the machine; it must not exist afterwards.
"""

import struct
import zlib

from archive import Blob, Layout, MEDIA, OCI, docker_archive, dump, image_config, oci
from good import case
from layer import BLOCK, Layer, gzip, header, sha256

ESCAPE = "limpet-nasty-escape"
# A file that a test may put into the root directory beforehand; it must still be there afterwards.
VICTIM = "limpet-nasty-victim"
UP = "../" * 24
GIB = 1 << 30
BOMB_BYTES = 10 * GIB
# Of the tar that bomb_tar_pieces gives. `make.py --check-bomb` computes them again (15 s).
BOMB_SHA256 = "f6aa88c24f2bdb49bf561412a677a91e7519f0cfa64bd35c30e4c9d264083e5d"
BOMB_CRC32 = 0x4cf0012a


def refuse(name, data, reason, **more):
    return case(name, data, reason, expect="refuse", **more)


def plain_layer():
    return Layer().dir("d").file("d/f", b"0123456789abcdef" * 4096)


def climbing(arch):
    def one(name, layer, reason, **more):
        return refuse(name + ".oci.tar", oci([Blob(layer.tar())], arch), reason,
                      escape="/" + ESCAPE, **more)

    yield one("dotdot", Layer().file(UP + ESCAPE, "out"), "a name that climbs with ..")
    yield one("dotdot-inside", Layer().dir("a").file("a/b/../../" + UP + ESCAPE, "out"),
              "a name that goes down, then climbs out")
    yield one("symlink-absolute", Layer().symlink("s", "/").file("s/" + ESCAPE, "out"),
              "a write through an absolute symbolic link")
    yield one("symlink-relative", Layer().dir("d").symlink("d/s", UP + ".").file("d/s/" + ESCAPE, "out"),
              "a write through a relative symbolic link that climbs")
    yield one("symlink-chain", Layer().symlink("a", "b").symlink("b", "/").dir("a/x-" + ESCAPE),
              "a directory made through two links")
    yield one("symlink-dotdot-name", Layer().dir("d").symlink("d/s", UP + ESCAPE).hardlink("h", "d/s/x"),
              "a hard link whose target passes through a link that climbs")
    yield one("hardlink-dotdot", Layer().hardlink("h", UP + "etc/hostname"),
              "a hard link to outside, with ..")
    yield one("hardlink-absolute", Layer().hardlink("h", "/etc/hostname"),
              "a hard link to outside, absolute (inside there is no such file)")
    yield one("hardlink-through-symlink", Layer().symlink("e", "/etc").hardlink("h", "e/hostname"),
              "a hard link to outside, through a link")
    yield one("gnu-long-dotdot", Layer().gnu_long("a/" * 60 + UP * 4 + ESCAPE, b"0", data=b"out"),
              "a GNU long name that climbs")
    yield one("pax-dotdot", Layer().file("innocent", "out", pax=[("path", UP + ESCAPE)]),
              "a pax path that climbs")

    absolute = oci([Blob(Layer().file("/" + ESCAPE, "in").tar())], arch)
    yield case("absolute-name.oci.tar", absolute, "an absolute name: refused, or taken as inside",
               expect="either", escape="/" + ESCAPE)
    layers = [Blob(Layer().symlink("s", "/").tar()), Blob(Layer().file("s/" + ESCAPE, "in").tar())]
    yield case("symlink-across-layers.oci.tar", oci(layers, arch),
               "a lower layer's link, an upper layer's file below it: refused, or kept inside",
               expect="either", escape="/" + ESCAPE)


def whiteouts(arch):
    lower = Blob(Layer().dir("d").file("d/f", "f").tar())
    for name, path, reason in (
            ("whiteout-dotdot", "d/.wh...", "a whiteout of .."),
            ("whiteout-dot", "d/.wh..", "a whiteout of ."),
            ("whiteout-empty", "d/.wh.", "a whiteout of nothing"),
            ("whiteout-root-dotdot", ".wh...", "a whiteout of .. at the root")):
        yield refuse(name + ".oci.tar", oci([lower, Blob(Layer().file(path).tar())], arch), reason)
    upper = Layer().symlink("s", "/").file("s/.wh." + VICTIM)
    yield refuse("whiteout-through-symlink.oci.tar", oci([lower, Blob(upper.tar())], arch),
                 "a whiteout through a link to the root directory", victim="/" + VICTIM)
    upper = Layer().device("d/f", "char", 0, 0).file(
        "x", "x", pax=[("SCHILY.xattr.trusted.overlay.redirect", "/d"),
                       ("SCHILY.xattr.trusted.overlay.opaque", "y")])
    yield case("overlay-internals.oci.tar", oci([lower, Blob(upper.tar())], arch),
               "overlayfs's own whiteout device and attributes: refused, or not passed on",
               [{"path": "x", "absent_xattrs": ["trusted.overlay.redirect", "trusted.overlay.opaque"]}],
               expect="either")


def digests(arch):
    tar = plain_layer().tar()
    other = gzip(Layer().dir("d").file("d/f", b"fedcba9876543210" * 4096).tar())

    def tampered(change):
        layout = Layout()
        layout.tag(layout.image([Blob(tar)], arch))
        change(layout)
        return layout.tar()

    def manifest(change):
        return oci([Blob(tar)], arch, change_manifest=change)

    def config(change):
        return oci([Blob(tar)], arch, change_config=change)

    layer_digest = sha256(gzip(tar))
    config_digest = sha256(dump(image_config([Blob(tar)], arch)))
    yield refuse("blob-digest.oci.tar", tampered(lambda layout: layout.blobs.update({layer_digest: other})),
                 "a layer whose bytes are not its digest's")
    yield refuse("config-digest.oci.tar", tampered(
        lambda layout: layout.blobs.update({config_digest: layout.blobs[config_digest] + b" "})),
        "a configuration whose bytes are not its digest's")
    yield refuse("blob-missing.oci.tar", tampered(lambda layout: layout.blobs.pop(layer_digest)),
                 "a layer that is not there")
    yield refuse("config-missing.oci.tar", tampered(lambda layout: layout.blobs.pop(config_digest)),
                 "a configuration that is not there")
    yield refuse("diff-id.oci.tar", oci([Blob(tar, diff_id="0" * 64)], arch), "a wrong diff_id")
    yield refuse("diff-id-count.oci.tar", config(lambda c: c["rootfs"]["diff_ids"].append("sha256:" + "0" * 64)),
                 "more diff_ids than layers")
    yield refuse("size-larger.oci.tar", manifest(lambda m: m["layers"][0].update(size=m["layers"][0]["size"] + 1)),
                 "a descriptor that claims more bytes than there are")
    yield refuse("size-smaller.oci.tar", manifest(lambda m: m["layers"][0].update(size=10)),
                 "a descriptor that claims fewer bytes than there are")
    yield refuse("size-negative.oci.tar", manifest(lambda m: m["layers"][0].update(size=-1)),
                 "a negative size")
    yield refuse("digest-path.oci.tar", manifest(lambda m: m["layers"][0].update(
        digest="sha256:" + UP + "etc/hostname")), "a digest that is a path")
    yield refuse("digest-algorithm.oci.tar", manifest(lambda m: m["layers"][0].update(
        digest="md5:" + "0" * 32)), "an unknown digest algorithm")
    yield refuse("media-type.oci.tar", manifest(lambda m: m["layers"][0].update(
        mediaType=MEDIA["gzip"] + "+encrypted")), "an encrypted layer")


def truncated(arch):
    tar = plain_layer().tar()
    cut_gzip = gzip(tar)[:-20]
    yield refuse("truncated-gzip.oci.tar", oci([Blob(tar, stored=cut_gzip)], arch),
                 "a gzip layer that ends early (its blob digest is right)")
    yield refuse("truncated-tar.oci.tar", oci([Blob(tar[:3 * BLOCK + 100])], arch),
                 "a tar that ends inside a file (both digests are right)")
    flipped = bytearray(gzip(tar))
    flipped[-6] ^= 0xFF
    yield refuse("gzip-checksum.oci.tar", oci([Blob(tar, stored=bytes(flipped))], arch),
                 "a gzip layer with a wrong checksum at its end")
    damaged = bytearray(tar)
    damaged[3] ^= 0x20
    yield refuse("tar-checksum.oci.tar", oci([Blob(bytes(damaged))], arch), "a wrong tar header checksum")
    whole = oci([Blob(tar)], arch)
    yield refuse("truncated-archive.oci.tar", whole[:len(whole) * 2 // 3 // BLOCK * BLOCK + 77],
                 "the archive itself ends early")
    yield refuse("garbage.oci.tar", bytes(range(256)) * 64, "no archive at all")
    yield refuse("empty.oci.tar", b"", "an empty file")
    yield refuse("nothing-known.oci.tar", Layer().file("hello", "hello").tar(),
                 "a tar that is neither an OCI layout nor a docker-archive")


def json_shapes(arch):
    blob = Blob(plain_layer().tar())
    for name, data, reason in (
            ("manifest-not-json", b"this is no JSON", "a manifest that is not JSON"),
            ("manifest-deep", b'{"layers":' + b"[" * 200_000, "a manifest nested 200,000 deep"),
            ("manifest-array", b"[]", "a manifest that is an array"),
            ("manifest-schema-1", dump({"schemaVersion": 1, "fsLayers": []}), "schema version 1")):
        yield refuse(name + ".oci.tar", oci([blob], arch, manifest_bytes=data), reason)
    empty = Blob(Layer().tar())
    yield refuse("layers-10000.oci.tar", oci([empty] * 10_000, arch), "ten thousand layers")

    layout = Layout()
    layout.files["index.json"] = b'{"a":' * 100_000
    yield refuse("index-deep.oci.tar", layout.tar(), "an index.json nested 100,000 deep")
    layout = Layout()
    descriptor = layout.image([blob], arch)
    for _ in range(200):
        index = dump({"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [descriptor]})
        descriptor = layout.add(index, f"{OCI}.index.v1+json")
    yield refuse("index-chain.oci.tar", layout.tag(descriptor).tar(), "200 indexes inside one another")


def platforms(arch):
    blob = Blob(plain_layer().tar())
    for name, machine, os, reason in (
            ("platform-s390x", "s390x", "linux", "an index of s390x alone"),
            ("platform-unknown", "unknown", "unknown", "an index of nothing but an attestation")):
        layout = Layout()
        entry = dict(layout.image([blob], machine, os), platform={"architecture": machine, "os": os})
        index = dump({"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [entry]})
        layout.tag(layout.add(index, f"{OCI}.index.v1+json"))
        yield refuse(name + ".oci.tar", layout.tar(), reason)


def sizes(arch):
    layer = Layer().gnu_sparse("huge", [(1 << 60, b"x" * 512)], (1 << 60) + 512)
    yield refuse("sparse-huge.oci.tar", oci([Blob(layer.tar())], arch), "a sparse file of 1 EiB")
    layer = Layer().gnu_sparse("overlap", [(4096, b"a" * 512), (0, b"b" * 512)], 8192)
    yield case("sparse-disorder.oci.tar", oci([Blob(layer.tar())], arch),
               "a sparse table out of order", expect="either")
    layer = Layer().entry("huge", b"0", b"x", size=1 << 62)
    yield refuse("size-huge.oci.tar", oci([Blob(layer.tar())], arch), "a file that claims 4 EiB")
    layer = Layer().file("x", "x", pax=[("path", "a" * (64 << 20))])
    yield refuse("pax-huge.oci.tar", oci([Blob(layer.tar())], arch), "a pax record of 64 MiB")
    layer = Layer().gnu_long("a" * (64 << 20), b"0")
    yield refuse("gnu-long-huge.oci.tar", oci([Blob(layer.tar())], arch), "a GNU long name of 64 MiB")
    layer = Layer().file("x", "x", pax=[("path", "n" * 300)])
    yield refuse("name-too-long.oci.tar", oci([Blob(layer.tar())], arch), "a file name of 300 bytes")


def bomb_tar_pieces():
    """The bomb's tar: one file of 10 GiB of zeros."""
    yield header("zeros", b"0", BOMB_BYTES)
    for _ in range(BOMB_BYTES >> 24):
        yield bytes(1 << 24)
    yield bytes(2 * BLOCK)


def bomb_gzip():
    """One gzip member. A full flush makes a piece of deflate that can be repeated as it is."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(header("zeros", b"0", BOMB_BYTES)) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(bytes(2 * BLOCK)) + packer.flush(zlib.Z_FINISH)
    total = BLOCK + BOMB_BYTES + 2 * BLOCK
    return (b"\x1f\x8b\x08" + bytes(6) + b"\xff" + head + piece * (BOMB_BYTES >> 24) + tail
            + struct.pack("<II", BOMB_CRC32, total & 0xFFFFFFFF))


def bomb_zstd():
    """One zstd frame of run-length blocks: four bytes for every 128 KiB."""
    def block(kind, size, last=0):
        return (size << 3 | kind << 1 | last).to_bytes(3, "little")

    run = block(1, 1 << 17) + b"\0"
    # No content size, no single segment; window descriptor 0x38: 128 KiB.
    return (struct.pack("<IBB", 0xFD2FB528, 0, 0x38) + block(0, BLOCK) + header("zeros", b"0", BOMB_BYTES)
            + run * (BOMB_BYTES >> 17) + block(0, 2 * BLOCK, 1) + bytes(2 * BLOCK))


def bombs(arch):
    for name, stored, packing in (("bomb-gzip", bomb_gzip(), "gzip"), ("bomb-zstd", bomb_zstd(), "zstd")):
        blob = Blob(b"", stored=stored, diff_id=BOMB_SHA256, media=MEDIA[packing])
        yield refuse(name + ".oci.tar", oci([blob], arch),
                     f"10 GiB of zeros in {len(stored) >> 10} KiB; every digest is right, so only a "
                     "limit on unpacked bytes refuses it: one that is asked for, or the one on how far a layer "
                     "may blow up", **({"limit_bytes": GIB} if packing == "gzip" else {}))


def docker(arch):
    blob = Blob(plain_layer().tar(), "none")

    def one(name, change, reason, extra=()):
        return refuse(name + ".docker.tar", docker_archive([([blob], ["nasty/bad:1"])], arch, change, extra),
                      reason)

    yield one("layer-path", lambda m: m[0].update(Layers=[UP + "etc/hostname"]), "a layer path that climbs")
    yield one("layer-missing", lambda m: m[0].update(Layers=["gone/layer.tar"]), "a layer that is not there")
    yield one("layer-link", lambda m: m[0].update(Layers=["link/layer.tar"]),
              "a layer that is a link to a file of the machine",
              [lambda out: out.symlink("link/layer.tar", "/etc/hostname")])
    yield one("config-missing", lambda m: m[0].update(Config="gone.json"), "no configuration")
    yield one("bad-tag", lambda m: m[0].update(RepoTags=["../../UPPER case:::"]), "a tag that is no reference")
    wrong = Blob(plain_layer().tar(), "none", diff_id="1" * 64)
    yield refuse("diff-id.docker.tar", docker_archive([([wrong], ["nasty/bad:1"])], arch),
                 "a layer whose bytes are not its diff_id's")


def cases(arch):
    for group in (climbing, whiteouts, digests, truncated, json_shapes, platforms, sizes, bombs, docker):
        yield from group(arch)
