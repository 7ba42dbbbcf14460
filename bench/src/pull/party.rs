//! Who pulls, and how.

use super::peak;
use native_tests::places;
use native_tests::scratch::Scratch;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One of them: its commands, one after the other; `HERE` stands for a directory of its own.
pub(super) struct Party {
    pub(super) name: &'static str,
    steps: Vec<Vec<String>>,
}

/// Everybody, limpet first.
pub(super) fn all(reference: &str) -> Vec<Party> {
    let limpet = places::limpet().display().to_string();
    let limpet =
        vec![words(&[&limpet, "--root", "HERE/root", "--state", "HERE/state", "pull", "-q", reference])];
    let podman = ["podman", "--root", "HERE/root", "--runroot", "HERE/run", "--storage-driver", "overlay"];
    let podman = [&podman[..], &["pull", "-q", "--tls-verify=false", reference]].concat();
    let from = format!("docker://{reference}");
    let skopeo = ["skopeo", "copy", "-q", "--src-tls-verify=false", &from, "oci:HERE/layout:latest"];
    let umoci = ["umoci", "unpack", "--image", "HERE/layout:latest", "HERE/bundle"];
    vec![
        Party { name: "**limpet pull**", steps: limpet },
        Party { name: "podman pull", steps: vec![words(&podman)] },
        Party { name: "skopeo copy, umoci unpack", steps: vec![words(&skopeo), words(&umoci)] },
    ]
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

impl Party {
    /// From the first start to the end of the sync.
    pub(super) fn time(&self, at: &Scratch) -> Duration {
        let begin = Instant::now();
        self.play(at, &mut |_| ());
        begin.elapsed()
    }

    /// The most that all its processes had at a time.
    pub(super) fn peak_kib(&self, at: &Scratch) -> f64 {
        let mut most = 0.0_f64;
        self.play(at, &mut |pid| most = most.max(peak::of(pid)));
        assert!(most > 0.0, "{} ended before it was looked at", self.name);
        most
    }

    fn play(&self, at: &Scratch, look: &mut dyn FnMut(u32)) {
        for step in &self.steps {
            let words: Vec<String> = step.iter().map(|word| word.replace("HERE", at.text())).collect();
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
            let mut child = command.spawn().unwrap_or_else(|e| panic!("starting {}: {e}", words[0]));
            look(child.id());
            let status = child.wait().unwrap_or_else(|e| panic!("waiting for {}: {e}", words[0]));
            assert!(status.success(), "{words:?} ended with {status}");
        }
        let directory = File::open(at.path()).unwrap_or_else(|e| panic!("opening {}: {e}", at.text()));
        rustix::fs::syncfs(&directory).unwrap_or_else(|e| panic!("syncing {}: {e}", at.text()));
    }
}
