//! In what two versions of a workload differ.

use super::Workload;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// The names of those of the fields that differ. A field that is not named is an error of the compiler.
macro_rules! differing {
    ($before:expr, $after:ident: $($field:ident => $word:literal,)*) => {{
        let Workload { service: _, replicas: _, depends_on: _, update: _, rollback: _, $($field,)* } = $before;
        [$((*$field != $after.$field).then_some($word)),*]
    }};
}

impl Workload {
    /// Fields that differ in `after` and that a container is made from, in compose's words where it has them; each once.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<String> {
        let differ = differing!(self, after:
            container_name => "container_name",
            image => "image",
            image_id => "image",
            pull => "pull_policy",
            platform => "platform",
            entrypoint => "entrypoint",
            command => "command",
            environment => "environment",
            labels => "labels",
            user => "user",
            groups => "group_add",
            working_dir => "working_dir",
            hostname => "hostname",
            init => "init",
            tty => "tty",
            stdin_open => "stdin_open",
            read_only => "read_only",
            privileged => "privileged",
            cap_add => "cap_add",
            cap_drop => "cap_drop",
            no_new_privileges => "security_opt",
            seccomp => "security_opt",
            sysctls => "sysctls",
            rlimits => "ulimits",
            oom_score_adj => "oom_score_adj",
            shm_bytes => "shm_size",
            stop_signal => "stop_signal",
            grace => "stop_grace_period",
            network => "network_mode",
            userns_host => "userns_mode",
            cgroup_parent => "cgroup_parent",
            mounts => "volumes",
            devices => "devices",
            limits => "limits",
            log => "logging",
            files => "configs and secrets",
            restart => "restart",
            health => "healthcheck",
        );
        let mut words: Vec<String> = differ.into_iter().flatten().map(str::to_owned).collect();
        words.dedup();
        words
    }
}
