//! The store's own promises: ids, names, sharing, streams, full disks.

use crate::overlay::{Root, Scratch, contents, load, words};
use limpet_store::load::Input;
use limpet_store::save::Saved;
use limpet_store::verify::Damage;
use limpet_store::{LoadOptions, Reference, Store};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn save(store: &Store, name: &str, path: &Path) {
    let image = store.find(name).unwrap();
    let references = vec![Reference::parse(name).unwrap()];
    store.save(&[Saved { image, references }], &mut File::create(path).unwrap()).unwrap();
}

pub(crate) fn round_trip() {
    let Some(samples) = crate::samples() else { return };
    for name in ["busybox", "redis", "nginx"] {
        let (scratch, other) = (Scratch::new(), Scratch::new());
        let id = load(&scratch.store(), &samples.join(format!("{name}.oci"))).unwrap()[0].id;
        let path = scratch.path().join("saved");
        save(&scratch.store(), name, &path);
        let again = load(&other.store(), &path).unwrap();
        assert_eq!((again[0].id, again[0].references[0].familiar()), (id, format!("{name}:latest")));
    }
}

pub(crate) fn others_read() {
    let Some(samples) = crate::samples() else { return };
    let scratch = Scratch::new();
    let id = load(&scratch.store(), &samples.join("redis.oci")).unwrap()[0].id;
    let path = scratch.path().join("saved.tar");
    save(&scratch.store(), "redis", &path);
    for form in ["docker-archive", "oci-archive"] {
        let out = scratch.path().join(form).display().to_string();
        let copy = [format!("{form}:{}", path.display()), format!("oci:{out}:latest")];
        let done = Command::new("skopeo").args(["copy", "-q"]).args(&copy).output().unwrap();
        assert!(done.status.success(), "{form}: {}", String::from_utf8_lossy(&done.stderr));
        let again = Scratch::new();
        let loaded = load(&again.store(), Path::new(&out)).unwrap();
        if form == "oci-archive" {
            assert_eq!(loaded[0].id, id);
        }
    }
    let layout = scratch.path().join("layout");
    fs::create_dir(&layout).unwrap();
    assert!(Command::new("tar").arg("-xf").arg(&path).arg("-C").arg(&layout).status().unwrap().success());
    let image = format!("{}:latest", layout.display());
    let done = Command::new("umoci")
        .args(["unpack", "--image", &image])
        .arg(scratch.path().join("b"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

pub(crate) fn names() {
    let Some(samples) = crate::samples() else { return };
    let scratch = Scratch::new();
    let store = scratch.store();
    let id = load(&store, &samples.join("busybox.oci")).unwrap()[0].id;
    store.tag("busybox", &Reference::parse("other.example:5000/b/b:1").unwrap()).unwrap();
    for name in [
        "busybox",
        "busybox:latest",
        "docker.io/library/busybox",
        &id.to_string(),
        &id.hex()[..6],
        "other.example:5000/b/b:1",
    ] {
        assert_eq!(store.find(name).unwrap().id, id, "{name}");
    }
    for name in ["busybox:2", "nothing", "", "sha256:", "B", &"0".repeat(64)] {
        assert!(store.find(name).is_err(), "{name}");
    }
    let image = store.find("busybox").unwrap();
    assert_eq!(image.references.len(), 2);
    assert!(!store.history(&image).unwrap().is_empty() && store.size_bytes(&image).unwrap() > 0);
    assert!(words(&store.remove(&id.hex(), false, &|_| false).unwrap_err()).contains("several repositories"));
    assert_eq!(store.remove("busybox", false, &|_| true).unwrap().len(), 1);
    assert!(
        words(&store.remove("other.example:5000/b/b:1", false, &|_| true).unwrap_err()).contains("container")
    );
    assert_eq!(store.remove("other.example:5000/b/b:1", false, &|_| false).unwrap().len(), 3);
    assert_eq!(contents(&store), Vec::<PathBuf>::new());
}

pub(crate) fn collect() {
    let Some(samples) = crate::samples() else { return };
    let scratch = Scratch::new();
    let store = scratch.store();
    for name in ["redis", "python"] {
        load(&store, &samples.join(format!("{name}.oci"))).unwrap();
    }
    let usage = store.usage(&|_| false).unwrap();
    assert_eq!((usage.images, usage.used, usage.size_bytes), (2, 0, usage.reclaimable_bytes));
    let python = store.find("python").unwrap();
    let removed = store.remove("redis", false, &|_| false).unwrap();
    let shared = python.layers.last().unwrap();
    assert!(shared.is_dir(), "the shared layer stays: {removed:?}");
    assert!(Root::mount(&python).path().join("usr").is_dir());
    assert!(store.prune(true, &|_| true).unwrap().is_empty());
    assert!(store.prune(false, &|_| false).unwrap().is_empty());
    assert!(!store.prune(true, &|_| false).unwrap().is_empty());
    assert_eq!(contents(&store), Vec::<PathBuf>::new());
}

pub(crate) fn at_once() {
    let Some(samples) = crate::samples() else { return };
    let scratch = Scratch::new();
    let store = scratch.store();
    std::thread::scope(|scope| {
        for name in ["redis.oci", "redis.docker.tar", "python.oci", "redis.oci"] {
            let (store, path) = (&store, samples.join(name));
            scope.spawn(move || load(store, &path).unwrap());
        }
    });
    assert_eq!(store.images().unwrap().len(), 2);
    assert_eq!(fs::read_dir(store.root().join("staging")).unwrap().count(), 0);
    assert_eq!(store.find("python").unwrap().layers.len(), 2);
}

pub(crate) fn streams() {
    let Some(samples) = crate::samples() else { return };
    let archive = samples.join("busybox.docker.tar");
    for packer in ["cat", "gzip", "zstd"] {
        let scratch = Scratch::new();
        let input = File::open(&archive).unwrap();
        let mut child = Command::new(packer).stdin(input).stdout(Stdio::piped()).spawn().unwrap();
        let pipe = File::from(std::os::fd::OwnedFd::from(child.stdout.take().unwrap()));
        let loaded = scratch.store().load(Input::File(pipe), &LoadOptions::default());
        child.wait().unwrap();
        assert_eq!(loaded.unwrap()[0].references[0].familiar(), "busybox:latest", "{packer}");
    }
    let scratch = Scratch::new();
    let options = LoadOptions { image_bytes_max: Some(100_000), ..LoadOptions::default() };
    let (reader, writer) = io::pipe().unwrap();
    let feeder = std::thread::spawn(move || drop((&writer).write_all(&vec![0; 1 << 20])));
    let refused = scratch.store().load(Input::File(File::from(std::os::fd::OwnedFd::from(reader))), &options);
    feeder.join().unwrap();
    assert!(words(&refused.unwrap_err()).contains("--max-size"));
    assert_eq!(contents(&scratch.store()), Vec::<PathBuf>::new());
}

pub(crate) fn full_disk() {
    let Some(samples) = crate::samples() else { return };
    // A sixteenth is kept free; the image unpacks to 34 MB.
    for (size, fits) in [("size=24m", false), ("size=64m", true)] {
        let scratch = Scratch::new();
        let at = scratch.path().join("disk");
        fs::create_dir(&at).unwrap();
        let options = std::ffi::CString::new(size).unwrap();
        mount("tmpfs", &at, "tmpfs", MountFlags::empty(), &*options).unwrap();
        let outcome = (|| {
            let store = Store::open(&at.join("store")).map_err(|error| words(&error))?;
            let loaded = load(&store, &samples.join("redis.oci"));
            if loaded.is_err() && !contents(&store).is_empty() {
                return Err("left behind".to_owned());
            }
            loaded.map_err(|error| words(&error))
        })();
        unmount(&at, UnmountFlags::DETACH).unwrap();
        assert_eq!(outcome.is_ok(), fits, "{outcome:?}");
        assert!(fits || outcome.unwrap_err().contains("the disk is full"));
    }
}

pub(crate) fn swept() {
    let scratch = Scratch::new();
    let store = scratch.store();
    let dead = store.root().join("staging/1-0/x");
    fs::create_dir_all(&dead).unwrap();
    assert!(store.prune(false, &|_| false).unwrap().is_empty());
    assert!(!dead.exists());
}

pub(crate) fn damage() {
    let Some(samples) = crate::samples() else { return };
    let scratch = Scratch::new();
    let store = scratch.store();
    let archive = samples.join("redis.oci");
    let id = load(&store, &archive).unwrap()[0].id;
    let verify = || store.verify(&[id], &mut io::sink()).unwrap();
    assert_eq!(verify(), []);
    let image = store.find("redis").unwrap();
    let size = image.layers[1].parent().unwrap().join("record");
    fs::write(&size, "").unwrap();
    assert_eq!(verify().len(), 1);
    assert!(store.images().unwrap()[0].damaged);
    load(&store, &archive).unwrap();
    assert!(!store.images().unwrap()[0].damaged);
    let program = fs::read_dir(image.layers[2].join("usr/bin"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.symlink_metadata().unwrap().is_file());
    fs::write(program.unwrap(), "changed").unwrap();
    let found = verify();
    assert!(
        matches!(&found[..], [Damage::Layer(diff_id, _)] if *diff_id == image.config.diff_ids[0]),
        "{found:?}"
    );
    let saved = Saved { image, references: Vec::new() };
    assert!(words(&store.save(&[saved], &mut io::sink()).unwrap_err()).contains(&id_of_bottom(&store)));
}

fn id_of_bottom(store: &Store) -> String {
    store.find("redis").unwrap().config.diff_ids[0].hex()
}
