//! The form of a `config.json`: the fields that are honoured. (Others are [`super::unsupported`], or not the specification's.)

use limpet_json::{JsonError, Object};
use serde_json::Value;

pub(super) struct Spec<'a> {
    pub(super) oci_version: &'a str,
    pub(super) process: Option<Process<'a>>,
    pub(super) root: Root<'a>,
    pub(super) hostname: Option<&'a str>,
    pub(super) mounts: Vec<Mount<'a>>,
    pub(super) annotations: Vec<(String, String)>,
    pub(super) linux: Linux<'a>,
}

impl<'a> Spec<'a> {
    pub(super) fn read(document: &'a Value) -> Result<Self, JsonError> {
        let spec = Object::root(document)?;
        let (root, linux) = (spec.part("root", Root::read)?, spec.part("linux", Linux::read)?);
        Ok(Self {
            oci_version: spec.needed_text("ociVersion")?,
            process: spec.part("process", Process::read)?,
            root: spec.need("root", root)?,
            hostname: spec.text("hostname")?,
            mounts: spec.each("mounts", Mount::read)?,
            annotations: spec.pairs("annotations")?,
            linux: spec.need("linux", linux)?,
        })
    }
}

pub(super) struct Root<'a> {
    pub(super) path: &'a str,
    pub(super) readonly: bool,
}

impl<'a> Root<'a> {
    fn read(root: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self { path: root.needed_text("path")?, readonly: root.flag("readonly")? })
    }
}

pub(super) struct Process<'a> {
    pub(super) terminal: bool,
    pub(super) console_size: Option<ConsoleSize>,
    pub(super) user: User<'a>,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) cwd: &'a str,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) rlimits: Vec<Rlimit<'a>>,
    pub(super) no_new_privileges: bool,
    pub(super) oom_score_adj: Option<i16>,
}

impl<'a> Process<'a> {
    fn read(process: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self {
            terminal: process.flag("terminal")?,
            console_size: process.part("consoleSize", ConsoleSize::read)?,
            user: process.part("user", User::read)?.unwrap_or_default(),
            args: process.list("args")?,
            env: process.list("env")?,
            cwd: process.needed_text("cwd")?,
            capabilities: process.part("capabilities", Capabilities::read)?,
            rlimits: process.each("rlimits", Rlimit::read)?,
            no_new_privileges: process.flag("noNewPrivileges")?,
            oom_score_adj: process.small("oomScoreAdj")?,
        })
    }
}

pub(super) struct ConsoleSize {
    pub(super) height: u16,
    pub(super) width: u16,
}

impl ConsoleSize {
    fn read(size: &Object<'_>) -> Result<Self, JsonError> {
        let (height, width) = (size.small("height")?, size.small("width")?);
        Ok(Self { height: size.need("height", height)?, width: size.need("width", width)? })
    }
}

#[derive(Default)]
pub(super) struct User<'a> {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) umask: Option<u32>,
    pub(super) additional_gids: Vec<u32>,
    pub(super) username: Option<&'a str>,
}

impl<'a> User<'a> {
    fn read(user: &Object<'a>) -> Result<Self, JsonError> {
        let gid = |value: &Value| {
            let gid = value.as_u64().and_then(|gid| gid.try_into().ok());
            gid.ok_or_else(|| user.wrong("additionalGids", "an array of group ids"))
        };
        Ok(Self {
            uid: user.small("uid")?.unwrap_or_default(),
            gid: user.small("gid")?.unwrap_or_default(),
            umask: user.small("umask")?,
            additional_gids: user.array("additionalGids")?.iter().map(gid).collect::<Result<_, _>>()?,
            username: user.text("username")?,
        })
    }
}

pub(super) struct Capabilities {
    pub(super) bounding: Vec<String>,
    pub(super) effective: Vec<String>,
    pub(super) permitted: Vec<String>,
    pub(super) inheritable: Vec<String>,
    pub(super) ambient: Vec<String>,
}

impl Capabilities {
    fn read(sets: &Object<'_>) -> Result<Self, JsonError> {
        Ok(Self {
            bounding: sets.list("bounding")?,
            effective: sets.list("effective")?,
            permitted: sets.list("permitted")?,
            inheritable: sets.list("inheritable")?,
            ambient: sets.list("ambient")?,
        })
    }
}

pub(super) struct Rlimit<'a> {
    pub(super) kind: &'a str,
    pub(super) soft: u64,
    pub(super) hard: u64,
}

impl<'a> Rlimit<'a> {
    fn read(limit: &Object<'a>) -> Result<Self, JsonError> {
        let (soft, hard) = (limit.number("soft")?, limit.number("hard")?);
        Ok(Self {
            kind: limit.needed_text("type")?,
            soft: limit.need("soft", soft)?,
            hard: limit.need("hard", hard)?,
        })
    }
}

pub(super) struct Mount<'a> {
    pub(super) destination: &'a str,
    pub(super) kind: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) options: Vec<String>,
}

impl<'a> Mount<'a> {
    fn read(mount: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self {
            destination: mount.needed_text("destination")?,
            kind: mount.text("type")?,
            source: mount.text("source")?,
            options: mount.list("options")?,
        })
    }
}

pub(super) struct Linux<'a> {
    pub(super) namespaces: Vec<Namespace<'a>>,
    pub(super) devices: Vec<Device<'a>>,
    pub(super) resources: Option<Resources<'a>>,
    pub(super) cgroups_path: Option<&'a str>,
    pub(super) sysctl: Vec<(String, String)>,
    pub(super) masked_paths: Vec<String>,
    pub(super) readonly_paths: Vec<String>,
    pub(super) seccomp: Option<&'a Value>,
    pub(super) rootfs_propagation: Option<&'a str>,
}

impl<'a> Linux<'a> {
    fn read(linux: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self {
            namespaces: linux.each("namespaces", Namespace::read)?,
            devices: linux.each("devices", Device::read)?,
            resources: linux.part("resources", Resources::read)?,
            cgroups_path: linux.text("cgroupsPath")?,
            sysctl: linux.pairs("sysctl")?,
            masked_paths: linux.list("maskedPaths")?,
            readonly_paths: linux.list("readonlyPaths")?,
            seccomp: linux.raw("seccomp"),
            rootfs_propagation: linux.text("rootfsPropagation")?,
        })
    }
}

pub(super) struct Namespace<'a> {
    pub(super) kind: &'a str,
    pub(super) path: Option<&'a str>,
}

impl<'a> Namespace<'a> {
    fn read(namespace: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self { kind: namespace.needed_text("type")?, path: namespace.text("path")? })
    }
}

pub(super) struct Device<'a> {
    pub(super) kind: &'a str,
    pub(super) path: &'a str,
    pub(super) major: i64,
    pub(super) minor: i64,
    pub(super) file_mode: Option<u32>,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl<'a> Device<'a> {
    fn read(device: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self {
            kind: device.needed_text("type")?,
            path: device.needed_text("path")?,
            major: device.signed("major")?.unwrap_or_default(),
            minor: device.signed("minor")?.unwrap_or_default(),
            file_mode: device.small("fileMode")?,
            uid: device.small("uid")?.unwrap_or_default(),
            gid: device.small("gid")?.unwrap_or_default(),
        })
    }
}

pub(super) struct Resources<'a> {
    pub(super) devices: Vec<DeviceRule<'a>>,
    pub(super) memory: Option<Memory>,
    pub(super) cpu: Option<Cpu<'a>>,
    pub(super) pids_limit: Option<i64>,
    pub(super) block_io: Option<BlockIo>,
}

impl<'a> Resources<'a> {
    fn read(resources: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self {
            devices: resources.each("devices", DeviceRule::read)?,
            memory: resources.part("memory", Memory::read)?,
            cpu: resources.part("cpu", Cpu::read)?,
            pids_limit: resources.part("pids", |pids| pids.need("limit", pids.signed("limit")?))?,
            block_io: resources.part("blockIO", BlockIo::read)?,
        })
    }
}

pub(super) struct DeviceRule<'a> {
    pub(super) allow: bool,
    pub(super) kind: Option<&'a str>,
    pub(super) major: Option<i64>,
    pub(super) minor: Option<i64>,
    pub(super) access: Option<&'a str>,
}

impl<'a> DeviceRule<'a> {
    fn read(rule: &Object<'a>) -> Result<Self, JsonError> {
        rule.need("allow", rule.raw("allow"))?;
        Ok(Self {
            allow: rule.flag("allow")?,
            kind: rule.text("type")?,
            major: rule.signed("major")?,
            minor: rule.signed("minor")?,
            access: rule.text("access")?,
        })
    }
}

pub(super) struct Memory {
    pub(super) limit: Option<i64>,
    pub(super) reservation: Option<i64>,
    pub(super) swap: Option<i64>,
}

impl Memory {
    fn read(memory: &Object<'_>) -> Result<Self, JsonError> {
        Ok(Self {
            limit: memory.signed("limit")?,
            reservation: memory.signed("reservation")?,
            swap: memory.signed("swap")?,
        })
    }
}

pub(super) struct Cpu<'a> {
    pub(super) shares: Option<u64>,
    pub(super) quota: Option<i64>,
    pub(super) period: Option<u64>,
    pub(super) cpus: Option<&'a str>,
    pub(super) mems: Option<&'a str>,
}

impl<'a> Cpu<'a> {
    fn read(cpu: &Object<'a>) -> Result<Self, JsonError> {
        Ok(Self {
            shares: cpu.number("shares")?,
            quota: cpu.signed("quota")?,
            period: cpu.number("period")?,
            cpus: cpu.text("cpus")?,
            mems: cpu.text("mems")?,
        })
    }
}

pub(super) struct BlockIo {
    pub(super) throttle_read_bps_device: Vec<Throttle>,
    pub(super) throttle_write_bps_device: Vec<Throttle>,
    pub(super) throttle_read_iops_device: Vec<Throttle>,
    pub(super) throttle_write_iops_device: Vec<Throttle>,
}

impl BlockIo {
    fn read(block_io: &Object<'_>) -> Result<Self, JsonError> {
        Ok(Self {
            throttle_read_bps_device: block_io.each("throttleReadBpsDevice", Throttle::read)?,
            throttle_write_bps_device: block_io.each("throttleWriteBpsDevice", Throttle::read)?,
            throttle_read_iops_device: block_io.each("throttleReadIOPSDevice", Throttle::read)?,
            throttle_write_iops_device: block_io.each("throttleWriteIOPSDevice", Throttle::read)?,
        })
    }
}

pub(super) struct Throttle {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) rate: u64,
}

impl Throttle {
    fn read(throttle: &Object<'_>) -> Result<Self, JsonError> {
        let (major, minor) = (throttle.small("major")?, throttle.small("minor")?);
        let rate = throttle.number("rate")?;
        Ok(Self {
            major: throttle.need("major", major)?,
            minor: throttle.need("minor", minor)?,
            rate: throttle.need("rate", rate)?,
        })
    }
}
