//! A launch for tests: the least that one can be.

use limpet_protocol::id::{ContainerId, ID_LEN};
use limpet_protocol::launch::{Capabilities, Launch, Network, Process, Root, Seccomp, UserNamespace};
use limpet_protocol::limits::Limits;

/// One whose id is made of `number`.
pub(crate) fn launch(number: u8) -> Launch {
    Launch {
        id: ContainerId::from_bytes([number; ID_LEN / 2]),
        root: Root::Directory("/".into()),
        root_readonly: false,
        hostname: None,
        network: Network::None,
        user_namespace: UserNamespace::Host,
        cgroup_namespace: true,
        mounts: Vec::new(),
        files: Vec::new(),
        devices: Vec::new(),
        all_devices: false,
        masked_paths: Vec::new(),
        readonly_paths: Vec::new(),
        sysctls: Vec::new(),
        process: process(),
        init: false,
        limits: Limits::default(),
        cgroup: "limpet/x".into(),
    }
}

fn process() -> Process {
    Process {
        args: vec!["true".into()],
        env: Vec::new(),
        cwd: "/".into(),
        user: String::new(),
        groups: Vec::new(),
        terminal: None,
        stdin_open: false,
        capabilities: Capabilities { bounding: 0, effective: 0, permitted: 0, inheritable: 0, ambient: 0 },
        no_new_privileges: false,
        rlimits: Vec::new(),
        oom_score_adj: None,
        umask: None,
        seccomp: Seccomp::Unconfined,
    }
}
