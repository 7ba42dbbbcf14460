"""Wraps layers into OCI layouts and docker-archives, right or deliberately wrong.

In: layers and what to get wrong. Out: the bytes of one archive file.
"""

import json

from layer import Layer, gzip, sha256, zstd

OCI = "application/vnd.oci.image"
CREATED = "2026-01-01T00:00:00Z"
MEDIA = {"gzip": f"{OCI}.layer.v1.tar+gzip", "zstd": f"{OCI}.layer.v1.tar+zstd",
         "none": f"{OCI}.layer.v1.tar"}
PACK = {"gzip": gzip, "zstd": zstd, "none": lambda data: data}


def dump(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Blob:
    """A layer's stored bytes, its media type and the digest of the tar inside."""

    def __init__(self, tar, packing="gzip", stored=None, diff_id=None, media=None):
        self.stored = PACK[packing](tar) if stored is None else stored
        self.diff_id = "sha256:" + (diff_id or sha256(tar))
        self.media = media or MEDIA[packing]


class Layout:
    """An OCI image layout. `blobs` maps a digest's hex to bytes and may be tampered with."""

    def __init__(self):
        self.blobs = {}
        self.manifests = []
        self.files = {"oci-layout": dump({"imageLayoutVersion": "1.0.0"})}

    def add(self, data, media, **more):
        self.blobs[sha256(data)] = data
        return {"mediaType": media, "digest": "sha256:" + sha256(data), "size": len(data), **more}

    def image(self, layers, arch, os="linux", variant=None, change_config=None,
              change_manifest=None, manifest_bytes=None):
        """Adds the blobs of one image and returns its manifest's descriptor."""
        config = image_config(layers, arch, os, variant)
        if change_config:
            change_config(config)
        manifest = {
            "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json",
            "config": self.add(dump(config), f"{OCI}.config.v1+json"),
            "layers": [self.add(layer.stored, layer.media) for layer in layers],
        }
        if change_manifest:
            change_manifest(manifest)
        return self.add(manifest_bytes or dump(manifest), f"{OCI}.manifest.v1+json")

    def tag(self, descriptor, name="latest"):
        descriptor = dict(descriptor, annotations={"org.opencontainers.image.ref.name": name})
        self.manifests.append(descriptor)
        return self

    def tar(self, prefix="", index_last=False, end=1024):
        index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json",
                 "manifests": self.manifests}
        files = dict(self.files)
        files.setdefault("index.json", dump(index))
        blobs = {f"blobs/sha256/{name}": data for name, data in self.blobs.items()}
        files = {**blobs, **files} if index_last else {**files, **blobs}
        out = Layer().dir(prefix + "blobs").dir(prefix + "blobs/sha256")
        for name, data in files.items():
            if data is not None:
                out.file(prefix + name, data)
        return out.tar(end)


def image_config(layers, arch, os="linux", variant=None):
    config = {
        "created": CREATED, "architecture": arch, "os": os,
        "config": {"Cmd": ["/bin/true"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": CREATED, "created_by": "nasty"} for _ in layers],
    }
    return {**config, "variant": variant} if variant else config


def oci(layers, arch, **wrong):
    """The plain case: one image, tagged latest."""
    layout = Layout()
    return layout.tag(layout.image(layers, arch, **wrong)).tar()


def docker_archive(images, arch, change=None, extra=None):
    """docker save's older form. images: [([Blob], [repository:tag])]."""
    out, manifest, seen = Layer(), [], set()
    for layers, tags in images:
        config = dump(image_config(layers, arch))
        names = []
        for layer in layers:
            name = layer.diff_id.removeprefix("sha256:") + "/layer.tar"
            names.append(name)
            if name not in seen:
                out.file(name, layer.stored)
                seen.add(name)
        out.file(sha256(config) + ".json", config)
        manifest.append({"Config": sha256(config) + ".json", "RepoTags": tags, "Layers": names})
    if change:
        change(manifest)
    for add in extra or ():
        add(out)
    return out.file("manifest.json", dump(manifest)).tar()
