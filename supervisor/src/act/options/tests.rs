use super::*;
use limpet_protocol::app::{LogRequest, Pull};
use limpet_protocol::health::HealthOptions;
use limpet_protocol::keeper::LogRate;
use limpet_protocol::launch::Network;
use limpet_protocol::restart::{RestartPolicy, When};

fn workload() -> Workload {
    Workload {
        service: "web".to_owned(),
        replicas: 2,
        container_name: None,
        image: "nginx".to_owned(),
        pull: Pull::Missing,
        image_id: None,
        platform: None,
        entrypoint: Some(vec!["/entry".to_owned(), "-v".to_owned()]),
        command: None,
        environment: vec![("A".to_owned(), Some("1".to_owned())), ("B".to_owned(), None)],
        labels: vec![("who".to_owned(), "me".to_owned())],
        user: None,
        groups: Vec::new(),
        working_dir: None,
        hostname: None,
        init: true,
        tty: false,
        stdin_open: false,
        read_only: true,
        privileged: false,
        cap_add: vec!["net_admin".to_owned()],
        cap_drop: vec!["ALL".to_owned()],
        no_new_privileges: true,
        seccomp: SeccompRequest::Profile("{}".to_owned()),
        sysctls: Vec::new(),
        rlimits: Vec::new(),
        oom_score_adj: None,
        shm_bytes: None,
        stop_signal: None,
        grace: GraceRequest::Ms(1500),
        network: Network::Host,
        userns_host: false,
        cgroup_parent: None,
        mounts: vec![AppMount {
            target: "/data".to_owned(),
            source: AppMountSource::Volume { name: Some("shop_data".to_owned()), copy: true },
            read_only: false,
        }],
        devices: Vec::new(),
        limits: LimitRequest { cpu_millis: Some(250), ..LimitRequest::default() },
        log: LogRequest { disk: Some(true), rate: Some(LogRate::Lines(5)), ..LogRequest::default() },
        files: vec![AppFile {
            target: "/run/secrets/key".to_owned(),
            uid: 5,
            gid: 6,
            mode: 0o400,
            secret: true,
            contents: b"hush".to_vec(),
        }],
        depends_on: Vec::new(),
        restart: RestartPolicy { when: When::Always, ..RestartPolicy::default() },
        health: HealthOptions::default(),
        update: None,
        rollback: None,
    }
}

fn made(change: impl FnOnce(&mut Workload)) -> Result<ContainerOptions, Failure> {
    let mut workload = workload();
    change(&mut workload);
    let app = App { name: "shop".to_owned(), workloads: vec![workload], volumes: Vec::new() };
    options(&app, &app.workloads[0], 2, "/files")
}

#[test]
fn a_workload_becomes_what_a_person_would_have_typed() {
    let options = made(|_| {}).expect("options");
    assert_eq!(options.name.as_deref(), Some("shop-web-2"));
    assert_eq!(options.entrypoint, Some(vec!["/entry".to_owned(), "-v".to_owned()]));
    assert_eq!(
        options.environment,
        [EnvRule::Set("A".to_owned(), "1".to_owned()), EnvRule::Copy("B".to_owned())]
    );
    assert_eq!(options.grace, Some(Grace::Ms(1500)));
    assert_eq!(options.restart.when, When::Always);
    assert_eq!(options.limits.cpu_millis, Some(250));
    assert_eq!(options.seccomp, SeccompChoice::Profile("/files/seccomp.json".to_owned()));
    assert!(options.init && options.root_readonly && options.no_new_privileges);
    let member = options.member.expect("a member");
    assert_eq!((member.app.as_str(), member.service.as_str(), member.replica), ("shop", "web", 2));
    assert_eq!(member.revision, workload().revision());
}

#[test]
fn composes_labels_are_there_for_tools() {
    let labels = made(|_| {}).expect("options").labels;
    for label in
        [("who", "me"), ("com.docker.compose.project", "shop"), ("com.docker.compose.container-number", "2")]
    {
        assert!(labels.contains(&(label.0.to_owned(), label.1.to_owned())), "{label:?} in {labels:?}");
    }
}

#[test]
fn a_secret_is_a_read_only_file_of_the_containers_own() {
    let mounts = made(|_| {}).expect("options").mounts;
    let secret = mounts.iter().find(|mount| mount.target == "/run/secrets/key").expect("a mount");
    assert!(secret.readonly);
    assert!(matches!(&secret.source, MountSource::Bind { path, create: false, .. } if path == "/files/0"));
}

#[test]
fn what_the_command_line_would_refuse_is_refused_with_its_service() {
    for (change, part) in [
        (
            (|web: &mut Workload| web.cap_add = vec!["FLY".to_owned()]) as fn(&mut Workload),
            "service web: cap_add",
        ),
        (|web| web.platform = Some("//".to_owned()), "service web: platform"),
    ] {
        let said = made(change).expect_err(part).to_string();
        assert!(said.contains(part), "{said}");
    }
}
