//! `pull`, `login` and `run` against an independent registry.

use native_tests::ceiling::Ceiling;
use native_tests::registry::forwarder::{Forwarder, Pass};
use native_tests::registry::{Guard, PASSWORD, Registry, USER};
use native_tests::{Limpet, Outcome, places};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

fn limpet() -> Limpet {
    Limpet::new().with_configuration()
}

#[test]
fn what_skopeo_pushed_is_what_was_loaded() {
    let registry = Registry::open();
    let limpet = limpet();
    for image in ["busybox", "redis", "nginx", "python"] {
        let reference = registry.push_sample(image);
        let pulled = limpet.ok(&["pull", &reference]);
        assert!(
            pulled.stdout.contains(&format!("Status: Downloaded newer image for {reference}")),
            "{pulled:?}"
        );
        let id = |name: &str| limpet.ok(&["image", "inspect", "-f", "{{.Id}}", name]).text().to_owned();
        let id_pulled = id(&reference);
        limpet.ok(&["load", "-i", places::image(image).to_str().expect("UTF-8")]);
        assert_eq!(id_pulled, id(image), "{image}");
    }
    let hello = limpet.ok(&["run", "--rm", &registry.reference("python:1"), "python3", "-c", "print(6*7)"]);
    assert_eq!(hello.text(), "42");
}

/// All processes of a pull and the page cache of what it writes; the image is 50 MB.
#[test]
fn a_pull_needs_no_more_than_16_mib() {
    let registry = Registry::open();
    let limpet = limpet();
    let reference = registry.push_sample("python");
    let ceiling = Ceiling::new(16 << 20);
    let mut pull = limpet.command(&["pull", "-q", &reference]);
    ceiling.over(&mut pull);
    Outcome::of(&mut pull).ok();
    assert!(ceiling.peak_bytes() > 4 << 20, "nothing was counted: {}", ceiling.peak_bytes());
    limpet.ok(&["image", "verify", "-q", &reference]);
}

#[test]
fn run_pulls_what_is_missing_and_nothing_else() {
    let registry = Registry::open();
    let limpet = limpet();
    let reference = registry.push_sample("busybox");
    limpet.try_to(&["run", "--rm", "--pull", "never", &reference, "true"]).refused(125, &["busybox"]);
    let first = limpet.ok(&["run", "--rm", &reference, "echo", "hello"]);
    assert_eq!(first.text(), "hello");
    assert!(first.stderr.contains("fetching"), "{first:?}");
    drop(registry);
    let second = limpet.ok(&["run", "--rm", &reference, "echo", "again"]);
    assert_eq!((second.text(), second.stderr.as_str()), ("again", ""));
}

#[test]
fn what_is_there_is_not_fetched_again() {
    let registry = Registry::open();
    let limpet = limpet();
    let forwarder = Forwarder::plain(&registry);
    registry.push_sample("redis");
    registry.push_sample("python");
    let name = |image: &str| format!("{}/{image}:1", forwarder.address());
    limpet.ok(&["pull", "-q", &name("redis")]);
    let before = forwarder.asked("/blobs/").len();
    limpet.ok(&["pull", "-q", &name("redis")]);
    assert_eq!(forwarder.asked("/redis/blobs/").len(), before + 1, "only the configuration");
    let shared = limpet.ok(&["pull", &name("python")]);
    assert!(shared.stdout.contains("Already exists"), "{shared:?}");
    let layers = limpet.ok(&["image", "inspect", "-f", "{{json .RootFS.Layers}}", &name("python")]).json();
    let asked = forwarder.asked("/python/blobs/").len();
    assert_eq!(
        asked,
        layers.as_array().expect("a list").len(),
        "a configuration, and all layers but the shared one"
    );
}

#[test]
fn two_pulls_at_a_time_share_the_work() {
    let registry = Registry::open();
    let limpet = limpet();
    let forwarder = Forwarder::plain(&registry);
    registry.push_sample("nginx");
    let name = format!("{}/nginx:1", forwarder.address());
    let begin =
        || limpet.command(&["pull", "-q", &name]).stdin(Stdio::null()).spawn().expect("limpet starts");
    let pulls = [begin(), begin(), begin()];
    for mut pull in pulls {
        assert!(pull.wait().expect("it ends").success());
    }
    let layers = limpet.ok(&["image", "inspect", "-f", "{{json .RootFS.Layers}}", &name]).json();
    let asked = forwarder.asked("/blobs/").len();
    assert_eq!(
        asked,
        3 + layers.as_array().expect("a list").len(),
        "each layer once: {:#?}",
        forwarder.asked("/blobs/")
    );
}

#[test]
fn an_image_for_another_machine_or_by_digest() {
    let registry = Registry::open();
    let limpet = limpet();
    let from = format!("oci-archive:{}", places::multi("busybox").display());
    let reference = registry.push(&from, "busybox:both");
    let architecture =
        |name: &str| limpet.ok(&["image", "inspect", "-f", "{{.Architecture}}", name]).text().to_owned();
    limpet.ok(&["pull", "-q", &reference]);
    assert_eq!(architecture(&reference), if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" });
    let pulled = limpet.ok(&["pull", "--platform", "linux/arm64/v8", &reference]);
    assert_eq!(architecture(&reference), "arm64");
    let digest = pulled.lines().find_map(|line| line.strip_prefix("Digest: ")).expect("a digest").to_owned();
    let exact = format!("{}@{digest}", registry.reference("busybox"));
    limpet.ok(&["pull", "-q", &exact]);
    limpet
        .try_to(&["pull", "--platform", "linux/s390x", &reference])
        .refused(1, &["linux/s390x", "linux/amd64"]);
    let wrong = format!("{}@sha256:{}", registry.reference("busybox"), "0".repeat(64));
    limpet.try_to(&["pull", &wrong]).refused(1, &["not there"]);
}

#[test]
fn a_password_is_asked_for_kept_and_forgotten() {
    for (guard, tls) in [(Guard::Basic, false), (Guard::Basic, true), (Guard::Token, false)] {
        let registry = Registry::start(guard, tls);
        let limpet = limpet();
        if let Some(authority) = registry.authority() {
            limpet.believe(authority, registry.address());
        }
        let reference = registry.push_sample("busybox");
        let login = ["login", "-u", USER, "--password-stdin", registry.address()];
        limpet.try_to(&["pull", "-q", &reference]).refused(1, &["limpet login", registry.address()]);
        limpet.fed(b"wrong\n", &login).refused(1, &["does not take the user and password"]);
        let file = limpet.docker_directory().join("config.json");
        assert!(!file.exists(), "a wrong password is kept");
        let came = limpet.fed(PASSWORD.as_bytes(), &login).ok();
        assert!(!format!("{came:?}").contains(PASSWORD));
        assert_eq!(file.metadata().expect("it is kept").permissions().mode() & 0o777, 0o600);
        limpet.ok(&["pull", "-q", &reference]);
        // Whoever wrote the file, docker's or podman's programs understand it.
        let inspected = skopeo_with(&limpet, &reference, tls);
        assert_eq!(inspected.code, 0, "{inspected:?}");
        limpet.ok(&["logout", registry.address()]);
        limpet.try_to(&["pull", "-q", &reference]).refused(1, &["limpet login"]);
        if let Some(tokens) = registry.tokens() {
            assert!(tokens.asked().iter().any(|head| head.contains("busybox")), "{:#?}", tokens.asked());
        }
    }
}

fn skopeo_with(limpet: &Limpet, reference: &str, tls: bool) -> Outcome {
    let mut skopeo = std::process::Command::new("skopeo");
    skopeo.arg("inspect").arg("--authfile").arg(limpet.docker_directory().join("config.json"));
    if tls {
        skopeo
            .arg("--cert-dir")
            .arg(limpet.home().join("etc/certs.d").join(reference.split('/').next().expect("a host")));
    } else {
        skopeo.arg("--tls-verify=false");
    }
    Outcome::of(skopeo.arg(format!("docker://{reference}")))
}

#[test]
fn an_authority_counts_where_it_is_believed_and_nowhere_else() {
    let registry = Registry::start(Guard::Open, true);
    let other = Registry::start(Guard::Open, true);
    let limpet = limpet();
    let reference = registry.push_sample("busybox");
    limpet.try_to(&["pull", "-q", &reference]).refused(1, &["certificate", "certs.d"]);
    limpet.believe(other.authority().expect("it speaks TLS"), registry.address());
    limpet.try_to(&["pull", "-q", &reference]).refused(1, &["certificate"]);
    limpet.believe(registry.authority().expect("it speaks TLS"), registry.address());
    limpet.ok(&["pull", "-q", &reference]);
}

#[test]
fn a_mirror_is_asked_first_and_the_registry_if_it_has_nothing() {
    let registry = Registry::open();
    let empty = Registry::open();
    registry.push_sample("busybox");
    registry.push(&format!("oci:{}", places::image("busybox").display()), "library/busybox:1");
    let limpet = limpet();
    let (full, without) = (format!("http://{}", registry.address()), format!("http://{}", empty.address()));
    limpet.registries(&json!({ "registry-mirrors": [without, full] }));
    limpet.ok(&["pull", "-q", "busybox:1"]);
    assert_eq!(limpet.ok(&["run", "--rm", "busybox:1", "echo", "mirrored"]).text(), "mirrored");
    // Where nobody has it, the last one's word counts.
    limpet.registries(&json!({ "registry-mirrors": { registry.address(): [without] } }));
    limpet.ok(&["pull", "-q", &registry.reference("busybox:1")]);
    limpet.registries(&json!({ "mirrors": [] }));
    limpet.try_to(&["pull", "busybox:1"]).refused(1, &["registries.json", "mirrors", "registry-mirrors"]);
}

#[test]
fn a_break_is_resumed_where_it_was() {
    let registry = Registry::open();
    registry.push_sample("redis");
    let forwarder = Forwarder::start(&registry, |asked, before| {
        if asked.target().contains("/blobs/") && before == 0 { Pass::Cut(100_000) } else { Pass::Whole }
    });
    let limpet = limpet();
    limpet.ok(&["pull", "-q", &format!("{}/redis:1", forwarder.address())]);
    let again = forwarder.asked("/blobs/");
    assert!(again.iter().any(|head| head.contains("Range: bytes=100000-")), "{again:#?}");
}

#[test]
fn a_busy_registry_is_asked_again_when_it_says() {
    let registry = Registry::open();
    registry.push_sample("busybox");
    let forwarder = Forwarder::start(&registry, |_, before| {
        match before {
        0 => Pass::Instead(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        ),
        _ => Pass::Whole,
    }
    });
    let limpet = limpet();
    limpet.ok(&["pull", "-q", &format!("{}/busybox:1", forwarder.address())]);
    let manifests = forwarder.asked("/manifests/");
    assert_eq!(manifests.len(), 2, "{manifests:#?}");
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let registry = Registry::open();
    registry.push_sample("busybox");
    let proxy = Forwarder::plain(&registry);
    let limpet = limpet().with_variable("HTTP_PROXY", format!("http://{}", proxy.address()));
    limpet.registries(&json!({ "plain-http": ["registry.test:5000"] }));
    limpet.ok(&["pull", "-q", "registry.test:5000/busybox:1"]);
    assert!(!proxy.asked("http://registry.test:5000/v2/busybox/manifests/1").is_empty());
    let without = limpet.with_variable("NO_PROXY", "registry.test");
    without.try_to(&["pull", "-q", "registry.test:5000/busybox:2"]).refused(1, &["registry.test"]);
}

#[test]
fn what_is_written_wrongly_or_is_not_there() {
    let registry = Registry::open();
    registry.push_sample("busybox");
    let limpet = limpet();
    limpet.try_to(&["pull", "busybox/Upper"]).refused(1, &["busybox/Upper"]);
    limpet.try_to(&["pull", &registry.reference("busybox:2")]).refused(1, &["busybox:2", "not there"]);
    limpet.try_to(&["pull", &registry.reference("nothing:1")]).refused(1, &["nothing:1", "not there"]);
    let address = registry.address().to_owned();
    drop(registry);
    limpet.try_to(&["pull", "-q", &format!("{address}/busybox:1")]).refused(1, &[&address, "refused"]);
    let _ = limpet.try_to(&["run", "--rm", &format!("{address}/busybox:1"), "true"]).code(125);
    limpet.try_to(&["pull"]).refused(1, &["IMAGE"]);
    assert!(limpet.ok(&["images", "-q"]).text().is_empty());
}
