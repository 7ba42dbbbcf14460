//! Images of apps: `up` fetches them, a new one under an old name is a new version, and what is needed stays.

use native_tests::peers::Peers;
use native_tests::registry::Registry;
use native_tests::registry::forwarder::Forwarder;
use native_tests::{App, Limpet, Supervisor};

fn service(image: &str, more: &[&str]) -> String {
    let more: String = more.iter().map(|line| format!("    {line}\n")).collect();
    format!(
        "  web:\n    image: {image}\n    network_mode: none\n    stop_grace_period: 0s\n    command: sleep 1000\n{more}"
    )
}

/// Ids of all images that are there, with a name or without.
fn ids(limpet: &Limpet) -> Vec<String> {
    limpet.ok(&["images", "-aq", "--no-trunc"]).lines().map(str::to_owned).collect()
}

fn image_of(limpet: &Limpet, container: &str) -> String {
    limpet.field(container, "/Image").as_str().expect("an id").to_owned()
}

#[test]
fn up_fetches_what_is_missing_by_its_pull_policy() {
    let registry = Registry::open();
    registry.push_sample("busybox");
    let forwarder = Forwarder::plain(&registry);
    let limpet = Limpet::new().with_configuration();
    let _supervisor = Supervisor::start(&limpet);
    let name = format!("{}/busybox:1", forwarder.address());
    let app = App::new(&limpet, "shop", &service(&name, &["pull_policy: never"]));
    let refused = app.try_to(&["up"], &[]).code(1);
    assert!(refused.stderr.contains("no such image"), "{refused:#?}");
    app.down();

    app.write(&service(&name, &[]));
    let would = app.try_to(&["up"], &["--dry-run"]).ok();
    assert!(would.stderr.contains("is not here; up would fetch it"), "{would:#?}");
    assert_eq!(forwarder.asked("").len(), 0, "a rehearsal asks nobody");
    let up = app.up();
    assert!(up.stderr.contains(&format!("image {name} is not here; fetching it")), "{up:#?}");
    assert!(up.stderr.contains("Pull complete"), "{up:#?}");
    let asked = forwarder.asked("").len();
    assert!(asked > 0);
    app.up();
    assert_eq!(forwarder.asked("").len(), asked, "what is there is not asked for");

    // One that cannot be fetched changes nothing.
    let before = limpet.pid_of("shop-web-1");
    app.write(&service(&format!("{name}0"), &[]));
    let failed = app.try_to(&["up"], &[]);
    assert_eq!(failed.code, 1);
    for words in ["app shop, service web: pull ", "not there", "the app is as it was"] {
        assert!(failed.stderr.contains(words), "{words:?} is not in {failed:#?}");
    }
    assert!(before.is_some() && limpet.pid_of("shop-web-1") == before);
    app.down();
}

#[test]
fn a_new_image_is_a_new_version_and_the_one_before_stays() {
    let (registry, peers) = (Registry::open(), Peers::new());
    peers.have("busybox");
    let limpet = Limpet::new().with_configuration();
    let _supervisor = Supervisor::start(&limpet);
    let name = registry.reference("web:1");
    let release = |version: &str| {
        let label = format!("version={version}");
        for args in [
            &["from", "-q", "--pull-never", "--name", version, "busybox"][..],
            &["config", "--label", &label, version],
            &["commit", "-q", version, version],
            &["push", "-q", "--tls-verify=false", version, &name],
        ] {
            peers.run("buildah", args).ok();
        }
    };
    let app = App::new(&limpet, "shop", &service(&name, &["pull_policy: always"]));
    let mut images = Vec::new();
    for version in ["one", "two", "three"] {
        release(version);
        app.up();
        images.push(image_of(&limpet, "shop-web-1"));
    }
    assert!(images[0] != images[1] && images[1] != images[2], "{images:?}");
    limpet.ok(&["image", "prune", "-af"]);
    let kept = ids(&limpet);
    assert!(
        kept.contains(&images[1]) && kept.contains(&images[2]) && kept.len() == 2,
        "{images:?}: {kept:?}"
    );
    limpet.try_to(&["rmi", &images[1]]).refused(1, &["app shop", "version before"]);
    // Also where no container of the app is there.
    limpet.ok(&["rm", "-f", "shop-web-1"]);
    limpet.try_to(&["rmi", &name]).refused(1, &[]);
    let up = app.up();
    assert!(!up.stderr.contains("Pull complete"), "{up:#?}");
    app.down();
    limpet.ok(&["image", "prune", "-af"]);
    assert_eq!(ids(&limpet), Vec::<String>::new());
}
