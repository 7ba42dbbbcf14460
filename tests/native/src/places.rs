//! Where the things under test are. In: the environment. Out: paths that exist, or a panic that says what to run.

use std::env;
use std::path::{Path, PathBuf};

/// This file's checkout.
/// The top of this checkout.
///
/// # Panics
/// Never: where this package lies is known.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("tests/native is two levels below the top")
}

fn built(variable: &str, default: &str, remedy: &str) -> PathBuf {
    let path = env::var_os(variable).map_or_else(|| repository().join(default), PathBuf::from);
    assert!(path.exists(), "{} is missing: {remedy}, or set {variable}", path.display());
    path
}

/// The file under test: `$LIMPET_BIN`, else what `./x build` makes.
#[must_use]
pub fn limpet() -> PathBuf {
    built("LIMPET_BIN", &format!("dist/{}/limpet", env::consts::ARCH), "run ./x build")
}

/// The controller: `$CONTROLLER_BIN`, else what lies beside limpet.
#[must_use]
pub fn controller() -> PathBuf {
    let default = format!("dist/{}/limpet-controller", env::consts::ARCH);
    built("CONTROLLER_BIN", &default, "cargo build -p limpet-controller")
}

/// The operator's tool: `$LIMPETCTL_BIN`, else what lies beside limpet.
#[must_use]
pub fn limpetctl() -> PathBuf {
    built(
        "LIMPETCTL_BIN",
        &format!("dist/{}/limpetctl", env::consts::ARCH),
        "cargo build -p limpet-controller",
    )
}

/// The probe: `$PROBE_BIN`, else what `./x build` makes.
#[must_use]
pub fn probe() -> PathBuf {
    built("PROBE_BIN", &format!("dist/{}/probe", env::consts::ARCH), "run ./x build")
}

/// The OCI layout of a sample image (`busybox`, `redis`, `nginx`, `python`, `probe`).
#[must_use]
pub fn image(name: &str) -> PathBuf {
    sample(&format!("{name}.oci"))
}

/// The docker-archive of a sample image.
#[must_use]
pub fn docker_archive(name: &str) -> PathBuf {
    sample(&format!("{name}.docker.tar"))
}

/// The archive of a sample image for both machines, as an OCI layout with an index.
#[must_use]
pub fn multi(name: &str) -> PathBuf {
    below_images(&format!("{name}.multi.oci.tar"))
}

fn sample(file: &str) -> PathBuf {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    below_images(&format!("{architecture}/{file}"))
}

fn below_images(file: &str) -> PathBuf {
    let images =
        env::var_os("LIMPET_IMAGES").map_or_else(|| repository().join("target/images"), PathBuf::from);
    let path = images.join(file);
    assert!(path.exists(), "{} is missing: run images/build, or set LIMPET_IMAGES", path.display());
    path
}
