use super::*;
use limpet_protocol::launch::{MountFlags, WindowSize};

fn launch() -> Launch {
    Launch {
        root: Root::Overlay {
            lower: vec!["/r/layers/a/tree".into()],
            upper: "/r/c/upper".into(),
            work: "/r/c/work".into(),
        },
        hostname: Some("box".into()),
        user_namespace: UserNamespace::Own,
        mounts: ["/proc", "/dev", "/data"].map(mount).into(),
        masked_paths: vec!["/proc/kcore".into()],
        readonly_paths: vec!["/proc/sys".into()],
        sysctls: vec![("net.ipv4.ip_forward".into(), "1".into())],
        ..crate::sample::launch(7)
    }
}

fn mount(target: &str) -> Mount {
    let kind = match target {
        "/proc" => MountKind::Proc,
        "/dev" => MountKind::Dev,
        _ => MountKind::Bind { source: "/srv".into(), recursive: true, id_mapped: true },
    };
    Mount { target: target.into(), kind, flags: MountFlags::default() }
}

fn modern() -> Features {
    Features::of((6, 18), true, true)
}

fn place(steps: &[Step], wanted: impl Fn(&Step) -> bool) -> usize {
    steps.iter().position(wanted).expect("the step is there")
}

#[test]
fn the_cgroup_is_joined_before_its_namespace_is_entered() {
    let steps = steps(&launch(), &modern());
    let join = place(&steps, |step| *step == Step::JoinCgroup);
    assert!(join < place(&steps, |step| *step == Step::EnterCgroupNamespace));
}

#[test]
fn parameters_are_set_before_they_become_readonly_and_both_before_the_pivot() {
    let steps = steps(&launch(), &modern());
    let sysctl = place(&steps, |step| matches!(step, Step::Sysctl { .. }));
    let readonly = place(&steps, |step| matches!(step, Step::MakeReadonly(_)));
    assert!(sysctl < readonly);
    assert!(readonly < place(&steps, |step| *step == Step::PivotRoot));
}

#[test]
fn a_filter_comes_before_the_capabilities_go_unless_no_new_privileges_is_promised() {
    let order = |promised: bool| {
        let mut launch = launch();
        launch.process.no_new_privileges = promised;
        let steps = steps(&launch, &modern());
        let filter = place(&steps, |step| *step == Step::Process(ProcessStep::InstallSeccomp));
        filter < place(&steps, |step| *step == Step::Process(ProcessStep::SetCapabilities))
    };
    assert!(order(false));
    assert!(!order(true));
}

#[test]
fn executing_is_last() {
    let steps = steps(&launch(), &modern());
    assert_eq!(steps.last(), Some(&Step::Process(ProcessStep::Execute("true".into()))));
}

#[test]
fn an_init_stays_behind_just_before_the_command() {
    let steps = steps(&Launch { init: true, ..launch() }, &modern());
    assert_eq!(steps[steps.len() - 2], Step::Process(ProcessStep::StartInit));
}

#[test]
fn the_board_network_is_left_alone() {
    let host = Launch { network: Network::Host, ..launch() };
    let steps = steps(&host, &modern());
    assert!(!steps.contains(&Step::BringLoopbackUp));
    assert!(
        steps.iter().all(
            |step| !matches!(step, Step::EnterNamespaces(flags) if flags.contains(UnshareFlags::NEWNET))
        )
    );
}

#[test]
fn a_console_needs_a_terminal() {
    let mut launch = launch();
    assert!(!steps(&launch, &modern()).contains(&Step::BindConsole));
    launch.process.terminal = Some(WindowSize { rows: 24, columns: 80 });
    assert!(steps(&launch, &modern()).contains(&Step::BindConsole));
}

#[test]
fn only_who_keeps_the_board_ids_must_make_mounts_private() {
    assert!(!steps(&launch(), &modern()).contains(&Step::MakeMountsPrivate));
    let host = Launch { user_namespace: UserNamespace::Host, ..launch() };
    assert!(steps(&host, &modern()).contains(&Step::MakeMountsPrivate));
    assert!(namespaces_at_birth(&launch(), &modern()).contains(UnshareFlags::NEWUSER));
    assert!(!namespaces_at_birth(&host, &modern()).contains(UnshareFlags::NEWUSER));
}

#[test]
fn the_keeper_makes_devices_and_binds_but_nothing_where_only_mount_exists() {
    let launch = launch();
    let by_keeper = |features: &Features| {
        launch
            .mounts
            .iter()
            .filter(|mount| made_by_keeper(mount, &launch, features))
            .map(|m| m.target.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(by_keeper(&modern()), ["/dev", "/data"]);
    assert!(by_keeper(&modern().classic()).is_empty());
}

#[test]
fn the_common_directory_is_above_all_layers() {
    let overlay = |lower: &[&str], upper: &str| Root::Overlay {
        lower: lower.iter().map(|path| (*path).to_owned()).collect(),
        upper: upper.to_owned(),
        work: upper.to_owned(),
    };
    assert_eq!(common_directory(&overlay(&["/r/layers/a", "/r/layers/ab"], "/r/containers/x")), "/r");
    assert_eq!(common_directory(&overlay(&["/r/layers/a"], "/r/layers/b")), "/r/layers");
    assert_eq!(common_directory(&overlay(&["/a"], "/b")), "/");
}
