//! The form of a `config.json`: the fields that are honoured. (Others are [`super::unsupported`], or not the specification's.)

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) oci_version: String,
    pub(super) process: Option<Process>,
    pub(super) root: Root,
    pub(super) hostname: Option<String>,
    #[serde(default)]
    pub(super) mounts: Vec<Mount>,
    pub(super) annotations: Option<BTreeMap<String, String>>,
    pub(super) linux: Linux,
}

#[derive(Deserialize)]
pub(super) struct Root {
    pub(super) path: String,
    #[serde(default)]
    pub(super) readonly: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Process {
    #[serde(default)]
    pub(super) terminal: bool,
    pub(super) console_size: Option<ConsoleSize>,
    #[serde(default)]
    pub(super) user: User,
    pub(super) args: Option<Vec<String>>,
    pub(super) env: Option<Vec<String>>,
    pub(super) cwd: String,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) rlimits: Option<Vec<Rlimit>>,
    #[serde(default)]
    pub(super) no_new_privileges: bool,
    pub(super) oom_score_adj: Option<i16>,
}

#[derive(Deserialize)]
pub(super) struct ConsoleSize {
    pub(super) height: u16,
    pub(super) width: u16,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    #[serde(default)]
    pub(super) uid: u32,
    #[serde(default)]
    pub(super) gid: u32,
    pub(super) umask: Option<u32>,
    pub(super) additional_gids: Option<Vec<u32>>,
    pub(super) username: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Capabilities {
    #[serde(default)]
    pub(super) bounding: Vec<String>,
    #[serde(default)]
    pub(super) effective: Vec<String>,
    #[serde(default)]
    pub(super) permitted: Vec<String>,
    #[serde(default)]
    pub(super) inheritable: Vec<String>,
    #[serde(default)]
    pub(super) ambient: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Rlimit {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) soft: u64,
    pub(super) hard: u64,
}

#[derive(Deserialize)]
pub(super) struct Mount {
    pub(super) destination: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) source: Option<String>,
    pub(super) options: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Linux {
    #[serde(default)]
    pub(super) namespaces: Vec<Namespace>,
    pub(super) devices: Option<Vec<Device>>,
    pub(super) resources: Option<Resources>,
    pub(super) cgroups_path: Option<String>,
    pub(super) sysctl: Option<BTreeMap<String, String>>,
    pub(super) masked_paths: Option<Vec<String>>,
    pub(super) readonly_paths: Option<Vec<String>>,
    pub(super) seccomp: Option<Value>,
    pub(super) rootfs_propagation: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Namespace {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) path: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) major: i64,
    #[serde(default)]
    pub(super) minor: i64,
    pub(super) file_mode: Option<u32>,
    #[serde(default)]
    pub(super) uid: u32,
    #[serde(default)]
    pub(super) gid: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resources {
    #[serde(default)]
    pub(super) devices: Vec<DeviceRule>,
    pub(super) memory: Option<Memory>,
    pub(super) cpu: Option<Cpu>,
    pub(super) pids: Option<Pids>,
    #[serde(rename = "blockIO")]
    pub(super) block_io: Option<BlockIo>,
}

#[derive(Deserialize)]
pub(super) struct DeviceRule {
    pub(super) allow: bool,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) major: Option<i64>,
    pub(super) minor: Option<i64>,
    pub(super) access: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Memory {
    pub(super) limit: Option<i64>,
    pub(super) reservation: Option<i64>,
    pub(super) swap: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Cpu {
    pub(super) shares: Option<u64>,
    pub(super) quota: Option<i64>,
    pub(super) period: Option<u64>,
    pub(super) cpus: Option<String>,
    pub(super) mems: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Pids {
    pub(super) limit: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockIo {
    pub(super) throttle_read_bps_device: Option<Vec<Throttle>>,
    pub(super) throttle_write_bps_device: Option<Vec<Throttle>>,
    #[serde(rename = "throttleReadIOPSDevice")]
    pub(super) throttle_read_iops_device: Option<Vec<Throttle>>,
    #[serde(rename = "throttleWriteIOPSDevice")]
    pub(super) throttle_write_iops_device: Option<Vec<Throttle>>,
}

#[derive(Deserialize)]
pub(super) struct Throttle {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) rate: u64,
}
