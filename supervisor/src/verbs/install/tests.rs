use super::*;
use crate::cli::Globals;

fn board(root: &str) -> Board {
    Board::new(Globals { root: root.to_owned(), state: STATE_DEFAULT.to_owned() })
}

#[test]
fn the_supervisor_may_end_without_its_containers_and_is_watched() {
    let [(_, supervisor), (_, containers)] =
        units(&board(ROOT_DEFAULT), &Trial::of(Path::new("/usr/local/bin/limpet"))).expect("plain paths");
    for line in [
        "Type=notify",
        "ExecStartPre=-/usr/local/bin/.limpet.old undo-upgrade",
        "ExecStart=/usr/local/bin/limpet supervise",
        "KillMode=process",
        "Delegate=yes",
        "WatchdogSec=30",
        "WatchdogSignal=SIGKILL",
        "OOMScoreAdjust=-900",
        "Restart=always",
    ] {
        assert!(supervisor.lines().any(|own| own == line), "{line}\n{supervisor}");
    }
    for line in
        ["ExecStop=/usr/local/bin/limpet shutdown --time 60", "TimeoutStopSec=75", "After=limpet.service"]
    {
        assert!(containers.lines().any(|own| own == line), "{line}\n{containers}");
    }
    // systemd would hand a stop or restart of the supervisor on to it, and all containers would end.
    assert!(!containers.contains("\nRequires=") && !containers.contains("\nBindsTo="), "{containers}");
    let waits = |line: &str| !line.starts_with('#') && line.contains("network-online");
    assert!(!supervisor.lines().any(waits), "{supervisor}");
}

#[test]
fn another_instance_has_its_flags_in_the_unit() {
    let [(_, supervisor), _] =
        units(&board("/srv/limpet"), &Trial::of(Path::new("/opt/bin/limpet"))).expect("a plain path");
    assert!(supervisor.contains("ExecStart=/opt/bin/limpet --root /srv/limpet supervise\n"), "{supervisor}");
    // systemd would take it for two words, or for a specifier.
    for root in ["/srv/my limpet", "/srv/%i", "srv"] {
        let refused = units(&board(root), &Trial::of(Path::new("/opt/bin/limpet"))).expect_err(root);
        assert!(refused.to_string().starts_with(&format!("install: --root {root}: write an absolute path")));
    }
}

#[test]
fn it_says_all_that_it_wrote() {
    let said = installed(Path::new("/usr/local/bin/limpet"), Path::new("/etc/systemd/system"));
    for path in ["/usr/local/bin/limpet", "system/limpet.service", "system/limpet-containers.service"] {
        assert!(said.contains(path), "{said}");
    }
}

#[test]
fn what_is_installed_goes_again() {
    let scratch = std::env::temp_dir().join(format!("limpet-install-{}", std::process::id()));
    let args = |uninstall| InstallArgs {
        prefix: scratch.join("usr").to_string_lossy().into_owned(),
        unit_directory: scratch.join("units").to_string_lossy().into_owned(),
        dry_run: false,
        uninstall,
    };
    let there = || {
        ["usr/bin/limpet", "units/limpet.service", "units/limpet-containers.service"]
            .map(|path| scratch.join(path).exists())
    };
    assert_eq!(install(&board(ROOT_DEFAULT), &args(false)).expect("install"), 0);
    assert_eq!(install(&board(ROOT_DEFAULT), &args(false)).expect("once more"), 0);
    assert_eq!(there(), [true; 3]);
    assert_eq!(install(&board(ROOT_DEFAULT), &args(true)).expect("uninstall"), 0);
    assert_eq!(there(), [false; 3]);
    fs::remove_dir_all(&scratch).ok();
}
