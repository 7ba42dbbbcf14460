//! The sample images, file by file as umoci unpacks them.

use crate::overlay::{Root, Scratch, load};
use crate::tree::{differences, tree};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn sample_images() {
    let Some(samples) = crate::samples() else { return };
    for name in ["busybox", "redis", "nginx", "python"] {
        let scratch = Scratch::new();
        let store = scratch.store();
        let layout = load(&store, &samples.join(format!("{name}.oci"))).unwrap();
        let archive = load(&store, &samples.join(format!("{name}.docker.tar"))).unwrap();
        assert_eq!(layout[0].id, archive[0].id, "{name}");
        let root = Root::mount(&store.find(name).unwrap());
        let (ours, theirs) = (tree(&root.path()), tree(&by_umoci(&samples, name, &scratch)));
        let differ = differences(&ours, &theirs);
        differ.iter().take(10).for_each(|line| println!("  {name} {line}"));
        assert!(differ.is_empty(), "{name}: {} of {} differ", differ.len(), ours.len());
        println!("  {name}: {} files alike", ours.len());
    }
}

/// Unpacked from the docker-archive, because not every umoci knows zstd.
fn by_umoci(samples: &Path, name: &str, scratch: &Scratch) -> PathBuf {
    let archive = format!("docker-archive:{}", samples.join(format!("{name}.docker.tar")).display());
    let layout = scratch.path().join("layout").display().to_string();
    run(Command::new("skopeo").args(["copy", "-q", &archive, &format!("oci:{layout}:latest")]));
    let bundle = scratch.path().join("bundle");
    run(Command::new("umoci").args(["unpack", "--image", &format!("{layout}:latest")]).arg(&bundle));
    bundle.join("rootfs")
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
