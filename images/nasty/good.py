"""Archives that are odd but right: they must load, and their files must come out as told.

In: the architecture to make them for. Out: cases: (file name, bytes, facts). Facts are what
manifest.json says of the case; `tree` lists what the unpacked root must hold.
"""

import struct

from archive import Blob, Layout, OCI, docker_archive, dump, image_config, oci
from layer import Layer, dense, gzip, raw, sha256


def fact(path, kind, **more):
    return {"path": path, "type": kind, **more}


def text(path, content, **more):
    content = raw(content)
    return fact(path, "file", size=len(content), sha256=sha256(content), **more)


def absent(path):
    return {"path": path, "absent": True}


def case(name, data, reason, tree=(), expect="load", **more):
    return name, data, {"expect": expect, "reason": reason, "tree": list(tree), **more}


def stack(arch, *layers, packing="gzip"):
    return oci([Blob(layer.tar(), packing) for layer in layers], arch)


def whiteouts(arch):
    lower = (Layer().dir("a").file("a/x", "x").file("a/y", "y").dir("b").file("b/z", "z")
             .file("back", "old").file("after", "old").file("plain", "p"))
    upper = (Layer().file("a/.wh.x").file(".wh.b").file(".wh.back").file("back", "new")
             .file("after", "new").file(".wh.after").file(".wh.never-was"))
    yield case("whiteout.oci.tar", stack(arch, lower, upper),
               "whiteouts hide lower files and directories, never files of their own layer", [
                   absent("a/x"), text("a/y", "y"), absent("b"), text("back", "new"),
                   text("after", "new"), text("plain", "p"), absent("a/.wh.x")])

    lower = Layer().dir("d").file("d/a", "a").dir("d/sub").file("d/sub/c", "c").dir("e").file("e/f", "f")
    upper = Layer().dir("d").file("d/new", "n").file("d/.wh..wh..opq").file("e/.wh..wh..opq")
    yield case("opaque.oci.tar", stack(arch, lower, upper),
               "an opaque directory hides everything below it, wherever its marker stands", [
                   absent("d/a"), absent("d/sub"), text("d/new", "n"), absent("e/f"),
                   fact("e", "dir")])


def links(arch):
    lower = Layer().dir("d").file("d/a", "one").hardlink("d/b", "d/a").hardlink("c", "d/a")
    upper = Layer().dir("d").file("d/a", "two").hardlink("d/e", "d/a")
    yield case("hardlink.oci.tar", stack(arch, lower, upper),
               "hard links; one of their names is replaced by an upper layer", [
                   text("d/a", "two", nlink=2), text("d/e", "two", nlink=2),
                   text("d/b", "one"), text("c", "one")])

    lower = Layer().file("a", "one")
    yield case("hardlink-to-lower-layer.oci.tar", stack(arch, lower, Layer().hardlink("b", "a")),
               "a hard link whose target is in a lower layer only; tools differ",
               [text("a", "one"), text("b", "one")], expect="either")

    layer = (Layer().dir("d").file("d/keep", "keep").symlink("s", "d/keep").file("s", "mine")
             .symlink("dangling", "/nowhere/at/all").symlink("loop", "loop")
             .symlink("up", "../../../../../../etc"))
    yield case("symlinks.oci.tar", stack(arch, layer),
               "links that dangle, loop or point up are fine while nothing is written through them; "
               "a file after a link of its name replaces the link", [
                   text("d/keep", "keep"), text("s", "mine"), fact("loop", "symlink", link="loop"),
                   fact("dangling", "symlink", link="/nowhere/at/all"),
                   fact("up", "symlink", link="../../../../../../etc")])


def kinds(arch):
    layer = (Layer().dir("dev").device("dev/null", "char", 1, 3).device("dev/loop0", "block", 7, 0, 0o660)
             .fifo("pipe").file("bin-su", "su", mode=0o4755).file("bin-wall", "wall", mode=0o2755, gid=5)
             .dir("tmp", mode=0o1777).file("owned", "o", uid=1234, gid=5678)
             .file("far", "f", uid=2_000_000, gid=3_000_000_000))
    yield case("devices-and-modes.oci.tar", stack(arch, layer),
               "devices, a fifo, setuid, setgid, sticky, large owners", [
                   fact("dev/null", "char", rdev=[1, 3], mode="0666"),
                   fact("dev/loop0", "block", rdev=[7, 0], mode="0660"), fact("pipe", "fifo"),
                   text("bin-su", "su", mode="4755"), text("bin-wall", "wall", mode="2755", gid=5),
                   fact("tmp", "dir", mode="1777"), text("owned", "o", uid=1234, gid=5678),
                   text("far", "f", uid=2_000_000, gid=3_000_000_000)])

    # VFS_CAP_REVISION_2 with the effective bit; CAP_NET_BIND_SERVICE is 10.
    capability = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)
    binary = b"line\nnul\0equals=\xff"
    layer = Layer().file("bound", "b", mode=0o755, pax=[("SCHILY.xattr.security.capability", capability)])
    layer.file("noted", "n", pax=[("SCHILY.xattr.user.note", "hello"), ("SCHILY.xattr.user.raw", binary)])
    yield case("xattrs.oci.tar", stack(arch, layer), "file capabilities and extended attributes", [
        text("bound", "b", xattrs={"security.capability": capability.hex()}),
        text("noted", "n", xattrs={"user.note": b"hello".hex(), "user.raw": binary.hex()})])


def names(arch):
    deep = "/".join(["d" * 60 + str(n) for n in range(8)])
    plain = "n" * 200
    layer = Layer().dir("gnu").dir("pax")
    layer.gnu_long("gnu/" + plain, b"0", data=b"gnu").gnu_long("gnu/" + deep + "/f", b"0", data=b"deep")
    layer.gnu_long("gnu/link", b"2", target="t/" * 150 + "end")
    layer.file("short", "pax", pax=[("path", "pax/" + plain)])
    layer.file("short", "deep", pax=[("path", "pax/" + deep + "/f")])
    layer.symlink("short", "short", pax=[("path", "pax/link"), ("linkpath", "t/" * 150 + "end")])
    layer.file("umlaut-\u00fc", "u").file("new\nline", "l").file("space end ", "s")
    yield case("long-names.oci.tar", stack(arch, layer),
               "GNU and pax long names and link targets, parents that have no entry of their own", [
                   text("gnu/" + plain, "gnu"), text("gnu/" + deep + "/f", "deep"),
                   fact("gnu/link", "symlink", link="t/" * 150 + "end"),
                   text("pax/" + plain, "pax"), text("pax/" + deep + "/f", "deep"),
                   fact("pax/link", "symlink", link="t/" * 150 + "end"),
                   text("umlaut-\u00fc", "u"), text("new\nline", "l"), text("space end ", "s")])

    layer = Layer().file(b"latin-\xe9\xff", "bytes").file("plain", "p")
    yield case("non-utf8-name.oci.tar", stack(arch, layer), "a name that is not UTF-8", [
        {"path_hex": b"latin-\xe9\xff".hex(), "type": "file", "size": 5, "sha256": sha256(b"bytes")},
        text("plain", "p")])


def sparse(arch):
    pieces = [(4096, b"a" * 512), (1 << 20, b"b" * 1024), ((3 << 20) - 100, b"c" * 100)]
    size = 3 << 20
    # A hole at the end has a piece of no bytes, as GNU tar writes it.
    many = [(n * 8192, bytes([65 + n]) * 512) for n in range(26)] + [(30 * 8192, b"")]
    hole = Layer().gnu_sparse("many", many, 30 * 8192).gnu_sparse("gnu", pieces, size)
    hole.gnu_sparse("all-hole", [(size, b"")], size).file("after", "after")
    yield case("sparse-gnu.oci.tar", stack(arch, hole),
               "old GNU sparse files, one with an extended table, one that is all hole", [
                   text("many", dense(many, 30 * 8192)), text("gnu", dense(pieces, size)),
                   text("all-hole", bytes(size)), text("after", "after")])
    hole = Layer().dir("d").pax_sparse_1_0("d/one-zero", pieces, size)
    hole.pax_sparse_0_1("d/zero-one", pieces, size).file("after", "after")
    yield case("sparse-pax.oci.tar", stack(arch, hole), "pax sparse files, versions 1.0 and 0.1", [
        text("d/one-zero", dense(pieces, size)), text("d/zero-one", dense(pieces, size)),
        text("after", "after")])


def replacements(arch):
    lower = (Layer().file("f", "file").dir("d").file("d/in", "in").symlink("l", "d").dir("t")
             .file("t/kept", "kept").dir("m").file("m/low", "low"))
    upper = (Layer().dir("f").file("f/in", "now").file("d", "file").dir("l").file("l/own", "own")
             .symlink("t", "elsewhere").dir("m", mode=0o700).file("m/high", "high"))
    yield case("replace-kinds.oci.tar", stack(arch, lower, upper),
               "file, directory and link replace one another across layers; directories merge", [
                   fact("f", "dir"), text("f/in", "now"), text("d", "file"), fact("l", "dir"),
                   text("l/own", "own"), absent("l/in"), fact("t", "symlink", link="elsewhere"),
                   fact("m", "dir", mode="0700"), text("m/low", "low"), text("m/high", "high")])

    layer = Layer().dir("d")
    for turn in range(500):
        layer.file("d/same", f"turn {turn}")
    layer.file("d/kind", "f").symlink("d/kind", "x").fifo("d/kind").file("d/kind", "last")
    yield case("duplicates.oci.tar", stack(arch, layer),
               "one path many times in one layer: the last entry counts", [
                   text("d/same", "turn 499"), text("d/kind", "last")])


def shapes(arch):
    plain = Layer().file("f", "f")
    yield case("empty-layer.oci.tar", stack(arch, plain, Layer(), Layer()),
               "layers without an entry, the same one twice", [text("f", "f")])
    yield case("no-layers.oci.tar", oci([], arch), "an image without any layer; tools differ",
               expect="either")
    yield case("trailing-zeros.oci.tar", oci([Blob(plain.tar(end=1024 + 65536))], arch),
               "zero blocks behind the end of the tar", [text("f", "f")])
    yield case("no-end-blocks.oci.tar", oci([Blob(plain.tar(end=0))], arch),
               "a tar that stops without its two zero blocks, with the right digests",
               [text("f", "f")], expect="either")
    many = [Layer().file(f"layer-{n}", str(n)).file("top", str(n)) for n in range(12)]
    yield case("twelve-layers.oci.tar", stack(arch, *many), "twelve layers over one file",
               [text("top", "11")] + [text(f"layer-{n}", str(n)) for n in range(12)])


def packings(arch):
    body = Layer().file("big", b"0123456789abcdef" * 20000).file("f", "f")
    tree = [text("big", b"0123456789abcdef" * 20000), text("f", "f")]
    tar = body.tar()
    parts = b"".join(gzip(tar[at:at + 50000]) for at in range(0, len(tar), 50000))
    yield case("gzip-members.oci.tar", oci([Blob(tar, stored=parts)], arch),
               "a gzip layer of several members", tree)
    yield case("zstd-frames.oci.tar", stack(arch, Layer().file("f", "f"), body, packing="zstd"),
               "zstd layers; one of several frames with skippable frames between",
               tree)
    mixed = [Blob(Layer().file("f", "f").tar(), "none"), Blob(tar, "zstd"), Blob(Layer().file("g", "g").tar())]
    yield case("mixed-packings.oci.tar", oci(mixed, arch), "plain, zstd and gzip layers in one image",
               tree + [text("g", "g")])


def platforms(arch):
    others = [("amd64", "linux", None), ("arm", "linux", "v6"), ("arm", "linux", "v7"),
              ("arm64", "linux", "v8"), ("s390x", "linux", None), ("amd64", "windows", None)]
    layout, entries = Layout(), []
    for name, os, variant in others:
        layer = Blob(Layer().file("platform", f"{os}/{name}{'/' + variant if variant else ''}").tar())
        platform = {"architecture": name, "os": os, **({"variant": variant} if variant else {})}
        entries.append(dict(layout.image([layer], name, os, variant), platform=platform))
    attestation = layout.image([Blob(Layer().file("attestation", "{}").tar())], "unknown", "unknown")
    entries.insert(0, dict(
        attestation, platform={"architecture": "unknown", "os": "unknown"},
        annotations={"vnd.docker.reference.type": "attestation-manifest",
                     "vnd.docker.reference.digest": entries[0]["digest"]}))
    index = dump({"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": entries})
    layout.tag(layout.add(index, f"{OCI}.index.v1+json"))
    wanted = "linux/amd64" if arch == "amd64" else "linux/arm64/v8"
    yield case("many-platforms.oci.tar", layout.tar(),
               "an index of six platforms and an attestation: the board's own is picked",
               [text("platform", wanted), absent("attestation")])


def containers(arch):
    blob = Blob(Layer().file("f", "f").tar())
    layout = Layout()
    layout.tag(layout.image([blob], arch))
    yield case("index-last.oci.tar", layout.tar(prefix="./", index_last=True),
               "blobs come before index.json, names begin with ./", [text("f", "f")])

    plain = Blob(Layer().file("f", "f").tar(), "none")
    upper = Blob(Layer().file(".wh.f").file("g", "g").tar(), "none")
    yield case("two-images.docker.tar", docker_archive(
        [([plain], ["nasty/one:1"]), ([plain, upper], ["nasty/two:2", "nasty/two:latest"])], arch),
        "a docker-archive of two images, three tags, a shared layer",
        images=["nasty/one:1", "nasty/two:2", "nasty/two:latest"])
    yield case("untagged.docker.tar", docker_archive([([plain], None)], arch),
               "a docker-archive whose RepoTags is null", [text("f", "f")])

    config = image_config([plain], arch)
    layout = Layout()
    layout.tag(layout.image([plain], arch))
    layout.files["manifest.json"] = dump([{
        "Config": "blobs/sha256/" + sha256(dump(config)), "RepoTags": ["nasty/both:latest"],
        "Layers": ["blobs/sha256/" + sha256(plain.stored)]}])
    yield case("both-forms.docker.tar", layout.tar(),
               "docker save's newer form: an OCI layout with a manifest.json", [text("f", "f")])


def cases(arch):
    for group in (whiteouts, links, kinds, names, sparse, replacements, shapes, packings, platforms,
                  containers):
        yield from group(arch)
