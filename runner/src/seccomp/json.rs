//! docker's JSON form of a profile (moby/profiles, seccomp; runtime-spec, config-linux, Seccomp).
//!
//! In: the bytes of a file that a user wrote, and the container's [`Circumstances`]. Out: the rules that apply to it, in
//! the numbers of this target. Strict: a field, an action or a capability that is not known is an error that names the
//! rule, not a hole in the filter.

use super::abi::{Abi, Target};
use super::names::{Name, UNKNOWN};
use super::rule::{ARGUMENTS, Action, Circumstances, Compare, Condition, Rule};
use crate::capabilities::{self, CapabilityError};
use limpet_json::{JsonError, Object};
use serde_json::Value;

/// Most bytes of a profile.
pub const PROFILE_BYTES_MAX: usize = 1024 * 1024;
/// Most values in it.
const PROFILE_VALUES_MAX: usize = 128 * 1024;
/// Most entries of `syscalls`.
pub const RULES_MAX: usize = 4096;

/// Greatest error number that the kernel gives (MAX_ERRNO, linux/err.h).
const ERRNO_MAX: u32 = 4095;
/// EPERM, where a profile names no error number.
const ERRNO_DEFAULT: u16 = 1;

/// Why a profile cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file is larger than [`PROFILE_BYTES_MAX`].
    #[error("the seccomp profile has {bytes} bytes, at most {PROFILE_BYTES_MAX} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is not JSON of the known form.
    #[error("the seccomp profile is not in docker's form")]
    Form(#[source] JsonError),
    /// It has more than [`RULES_MAX`] rules.
    #[error("the seccomp profile has {rules} entries in syscalls, at most {RULES_MAX} are read")]
    TooManyRules {
        /// Entries of `syscalls`.
        rules: usize,
    },
    /// A field has a value that is not one of its words.
    #[error("the seccomp profile's {place} has the unknown {field} '{value}'")]
    Unknown {
        /// Which rule.
        place: String,
        /// Which field of it.
        field: &'static str,
        /// What it has.
        value: String,
    },
    /// A number is too great.
    #[error("the seccomp profile's {place} has the {field} {value}, at most {max} is possible")]
    TooGreat {
        /// Which rule.
        place: String,
        /// Which field of it.
        field: &'static str,
        /// What it has.
        value: u32,
        /// The limit.
        max: u32,
    },
    /// Two fields exclude each other.
    #[error("the seccomp profile's {place} has both {one} and {other}, keep only one of them")]
    Both {
        /// Which rule.
        place: String,
        /// One field.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Something docker has and this runtime does not.
    #[error("the seccomp profile's {place} wants {what}, which limpet does not offer; leave it out")]
    NotOffered {
        /// Which rule or field.
        place: String,
        /// What it wants.
        what: &'static str,
    },
    /// A rule depends on a capability that does not exist.
    #[error("the seccomp profile's {place} depends on a capability")]
    Capability {
        /// Which rule.
        place: String,
        /// Which capability.
        #[source]
        source: CapabilityError,
    },
    /// The filter is longer than [`super::INSTRUCTIONS_MAX`].
    #[error(
        "the seccomp profile makes {instructions} instructions, the kernel takes {}; use fewer conditions",
        super::INSTRUCTIONS_MAX
    )]
    TooLong {
        /// Its length.
        instructions: usize,
    },
}

/// A profile whose rules all apply and are resolved.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) default: Action,
    pub(super) abis: Vec<Abi>,
    rules: Vec<Owned>,
}

/// A [`Rule`] that owns what it says.
#[derive(Debug)]
struct Owned {
    calls: Vec<Name>,
    action: Action,
    /// Every one of these lists is a rule; runc splits a rule that asks for one argument twice.
    alternatives: Vec<Vec<Condition>>,
}

impl Read {
    /// The rules in the profile's order.
    pub(super) fn rules(&self) -> Vec<Rule<'_>> {
        let rules = self.rules.iter().flat_map(|Owned { calls, action, alternatives }| {
            alternatives.iter().map(|conditions| Rule { calls, action: *action, conditions })
        });
        rules.collect()
    }
}

struct Document<'a> {
    default_action: &'a str,
    default_errno_ret: Option<u32>,
    architectures: Vec<String>,
    arch_map: Vec<Architecture<'a>>,
    flags: Vec<String>,
    has_listener: bool,
    syscalls: Vec<Entry<'a>>,
}

const FIELDS: &[&str] = &[
    "defaultAction",
    "defaultErrnoRet",
    "architectures",
    "archMap",
    "flags",
    "listenerPath",
    "listenerMetadata",
    "syscalls",
];

impl<'a> Document<'a> {
    fn read(profile: &'a Value) -> Result<Self, JsonError> {
        let profile = Object::root(profile)?;
        profile.only(FIELDS)?;
        Ok(Self {
            default_action: profile.needed_text("defaultAction")?,
            default_errno_ret: profile.small("defaultErrnoRet")?,
            architectures: profile.list("architectures")?,
            arch_map: profile.each("archMap", Architecture::read)?,
            flags: profile.list("flags")?,
            has_listener: profile.raw("listenerPath").or(profile.raw("listenerMetadata")).is_some(),
            syscalls: profile.each("syscalls", Entry::read)?,
        })
    }
}

struct Architecture<'a> {
    architecture: &'a str,
    sub_architectures: Vec<String>,
}

impl<'a> Architecture<'a> {
    fn read(entry: &Object<'a>) -> Result<Self, JsonError> {
        entry.only(&["architecture", "subArchitectures"])?;
        Ok(Self {
            architecture: entry.needed_text("architecture")?,
            sub_architectures: entry.list("subArchitectures")?,
        })
    }
}

struct Entry<'a> {
    names: Vec<String>,
    name: Option<&'a str>,
    action: &'a str,
    errno_ret: Option<u32>,
    args: Vec<Argument<'a>>,
    includes: Filter<'a>,
    excludes: Filter<'a>,
}

impl<'a> Entry<'a> {
    fn read(entry: &Object<'a>) -> Result<Self, JsonError> {
        entry.only(&["names", "name", "action", "errnoRet", "args", "comment", "includes", "excludes"])?;
        Ok(Self {
            names: entry.list("names")?,
            name: entry.text("name")?.filter(|name| !name.is_empty()),
            action: entry.needed_text("action")?,
            errno_ret: entry.small("errnoRet")?,
            args: entry.each("args", Argument::read)?,
            includes: entry.part("includes", Filter::read)?.unwrap_or_default(),
            excludes: entry.part("excludes", Filter::read)?.unwrap_or_default(),
        })
    }
}

struct Argument<'a> {
    index: u32,
    value: u64,
    value_two: u64,
    op: &'a str,
}

impl<'a> Argument<'a> {
    fn read(argument: &Object<'a>) -> Result<Self, JsonError> {
        argument.only(&["index", "value", "valueTwo", "op"])?;
        let (index, value) = (argument.small("index")?, argument.number("value")?);
        Ok(Self {
            index: argument.need("index", index)?,
            value: argument.need("value", value)?,
            value_two: argument.number("valueTwo")?.unwrap_or_default(),
            op: argument.needed_text("op")?,
        })
    }
}

#[derive(Default)]
struct Filter<'a> {
    caps: Vec<String>,
    arches: Vec<String>,
    min_kernel: Option<&'a str>,
}

impl<'a> Filter<'a> {
    fn read(filter: &Object<'a>) -> Result<Self, JsonError> {
        filter.only(&["caps", "arches", "minKernel"])?;
        Ok(Self {
            caps: filter.list("caps")?,
            arches: filter.list("arches")?,
            min_kernel: filter.text("minKernel")?.filter(|version| !version.is_empty()),
        })
    }
}

/// Reads a profile and keeps what applies to this target and these circumstances.
pub(super) fn read(
    target: &'static Target,
    bytes: &[u8],
    circumstances: Circumstances,
) -> Result<Read, ProfileError> {
    if bytes.len() > PROFILE_BYTES_MAX {
        return Err(ProfileError::TooLarge { bytes: bytes.len() });
    }
    let document = limpet_json::parse(bytes, PROFILE_VALUES_MAX).map_err(ProfileError::Form)?;
    understand(target, &document, circumstances)
}

/// The same of a profile that was parsed.
pub(super) fn understand(
    target: &'static Target,
    profile: &Value,
    circumstances: Circumstances,
) -> Result<Read, ProfileError> {
    let document = Document::read(profile).map_err(ProfileError::Form)?;
    let default = action("defaultAction", document.default_action, document.default_errno_ret)?;
    let abis = abis(target, &document)?;
    not_offered(&document)?;
    let entries = document.syscalls;
    if entries.len() > RULES_MAX {
        return Err(ProfileError::TooManyRules { rules: entries.len() });
    }
    let mut rules = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        rules.extend(rule(target, index, &entry, circumstances)?);
    }
    Ok(Read { default, abis, rules })
}

/// Flags and listeners, which the launch has no place for. The flags that change nothing here are accepted: a filter is
/// installed by a single thread, and always with speculation allowed, as by runc.
fn not_offered(document: &Document<'_>) -> Result<(), ProfileError> {
    if document.has_listener {
        return Err(ProfileError::NotOffered { place: "listenerPath".into(), what: "a listener" });
    }
    for flag in &document.flags {
        match flag.as_str() {
            "SECCOMP_FILTER_FLAG_TSYNC" | "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => {}
            "SECCOMP_FILTER_FLAG_LOG" => {
                return Err(ProfileError::NotOffered {
                    place: "flags".into(),
                    what: "SECCOMP_FILTER_FLAG_LOG",
                });
            }
            _ => return Err(unknown("flags".into(), "flag", flag)),
        }
    }
    Ok(())
}

/// The ABIs to serve: the native one always, and those of the profile that this target has, in the target's order.
fn abis(target: &'static Target, document: &Document<'_>) -> Result<Vec<Abi>, ProfileError> {
    let (architectures, map) = (&document.architectures, &document.arch_map);
    if !architectures.is_empty() && !map.is_empty() {
        return Err(ProfileError::Both { place: "top".into(), one: "architectures", other: "archMap" });
    }
    let mut served = vec![target.abis[0]];
    for name in architectures {
        served.extend(architecture(name)?);
    }
    let mut is_first = true;
    for Architecture { architecture: name, sub_architectures } in map {
        let is_native = architecture(name)? == Some(target.abis[0]);
        for sub in sub_architectures {
            served.extend(architecture(sub)?.filter(|_| is_native && is_first));
        }
        is_first &= !is_native;
    }
    Ok(target.abis.iter().copied().filter(|abi| served.contains(abi)).collect())
}

/// `Ok(None)` is an architecture that no target has.
fn architecture(name: &str) -> Result<Option<Abi>, ProfileError> {
    const FOREIGN: [&str; 13] = [
        "MIPS",
        "MIPS64",
        "MIPS64N32",
        "MIPSEL",
        "MIPSEL64",
        "MIPSEL64N32",
        "PPC",
        "PPC64",
        "PPC64LE",
        "RISCV64",
        "S390",
        "S390X",
        "LOONGARCH64",
    ];
    match name.strip_prefix("SCMP_ARCH_") {
        Some("X86_64") => Ok(Some(Abi::X86_64)),
        Some("X86") => Ok(Some(Abi::X86)),
        Some("X32") => Ok(Some(Abi::X32)),
        Some("AARCH64") => Ok(Some(Abi::Aarch64)),
        Some("ARM") => Ok(Some(Abi::Arm)),
        Some(foreign) if FOREIGN.contains(&foreign) => Ok(None),
        _ => Err(unknown("list of architectures".into(), "architecture", name)),
    }
}

/// One entry of `syscalls`, or `None` if it does not apply. What it says is checked in either case.
fn rule(
    target: &'static Target,
    index: usize,
    entry: &Entry<'_>,
    circumstances: Circumstances,
) -> Result<Option<Owned>, ProfileError> {
    let names: Vec<&str> =
        entry.names.iter().map(String::as_str).chain(entry.name).filter(|name| !name.is_empty()).collect();
    let place = || match names.first() {
        Some(first) => format!("syscalls[{index}] ({first})"),
        None => format!("syscalls[{index}]"),
    };
    if !entry.names.is_empty() && entry.name.is_some() {
        return Err(ProfileError::Both { place: place(), one: "name", other: "names" });
    }
    let action = action(&place(), entry.action, entry.errno_ret)?;
    let alternatives = alternatives(&place, &entry.args)?;
    if !applies(target, &place, entry, circumstances)? {
        return Ok(None);
    }
    let calls =
        names.iter().map(|name| target.names.find(name.as_bytes())).filter(|&name| name != UNKNOWN).collect();
    Ok(Some(Owned { calls, action, alternatives }))
}

/// The conditions of one rule, as one list or, if an argument comes twice, as a list for each (as runc).
fn alternatives(
    place: &dyn Fn() -> String,
    args: &[Argument<'_>],
) -> Result<Vec<Vec<Condition>>, ProfileError> {
    let conditions: Vec<Condition> =
        args.iter().map(|arg| condition(place, arg)).collect::<Result<_, _>>()?;
    let is_repeated =
        |at: usize| conditions[..at].iter().any(|earlier| earlier.argument == conditions[at].argument);
    if (0..conditions.len()).any(is_repeated) {
        return Ok(conditions.into_iter().map(|condition| vec![condition]).collect());
    }
    Ok(vec![conditions])
}

fn condition(place: &dyn Fn() -> String, arg: &Argument<'_>) -> Result<Condition, ProfileError> {
    let max = u32::from(ARGUMENTS) - 1;
    let argument = match u8::try_from(arg.index) {
        Ok(index) if index < ARGUMENTS => index,
        _ => {
            return Err(ProfileError::TooGreat {
                place: place(),
                field: "args.index",
                value: arg.index,
                max,
            });
        }
    };
    let compare = match arg.op {
        "SCMP_CMP_EQ" => Compare::Equal,
        "SCMP_CMP_NE" => Compare::NotEqual,
        "SCMP_CMP_LT" => Compare::Less,
        "SCMP_CMP_LE" => Compare::LessOrEqual,
        "SCMP_CMP_GT" => Compare::Greater,
        "SCMP_CMP_GE" => Compare::GreaterOrEqual,
        "SCMP_CMP_MASKED_EQ" => {
            return Ok(Condition { argument, compare: Compare::Masked(arg.value), value: arg.value_two });
        }
        other => return Err(unknown(place(), "args.op", other)),
    };
    Ok(Condition { argument, compare, value: arg.value })
}

fn action(place: &str, name: &str, errno: Option<u32>) -> Result<Action, ProfileError> {
    let data = |max: u32| match errno.map(|value| (value, u16::try_from(value))) {
        None => Ok(ERRNO_DEFAULT),
        Some((value, Ok(data))) if value <= max => Ok(data),
        Some((value, _)) => {
            Err(ProfileError::TooGreat { place: place.into(), field: "errnoRet", value, max })
        }
    };
    match name {
        "SCMP_ACT_ALLOW" => Ok(Action::ALLOW),
        "SCMP_ACT_ERRNO" => data(ERRNO_MAX).map(Action::errno),
        "SCMP_ACT_TRACE" => data(u16::MAX.into()).map(Action::trace),
        "SCMP_ACT_LOG" => Ok(Action::LOG),
        "SCMP_ACT_TRAP" => Ok(Action::TRAP),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Ok(Action::KILL_THREAD),
        "SCMP_ACT_KILL_PROCESS" => Ok(Action::KILL_PROCESS),
        "SCMP_ACT_NOTIFY" => Err(ProfileError::NotOffered { place: place.into(), what: "SCMP_ACT_NOTIFY" }),
        other => Err(unknown(place.into(), "action", other)),
    }
}

/// Whether an entry's `includes` all hold and none of its `excludes` does.
fn applies(
    target: &'static Target,
    place: &dyn Fn() -> String,
    entry: &Entry<'_>,
    circumstances: Circumstances,
) -> Result<bool, ProfileError> {
    let includes = held(target, place, &entry.includes, circumstances)?;
    let excludes = held(target, place, &entry.excludes, circumstances)?;
    let included =
        includes.all_capabilities && includes.architecture != Some(false) && includes.kernel != Some(false);
    let excluded =
        excludes.any_capability || excludes.architecture == Some(true) || excludes.kernel == Some(true);
    Ok(included && !excluded)
}

/// What a filter's fields come to; `None` is a field that is not there.
struct Held {
    all_capabilities: bool,
    any_capability: bool,
    architecture: Option<bool>,
    kernel: Option<bool>,
}

fn held(
    target: &'static Target,
    place: &dyn Fn() -> String,
    filter: &Filter<'_>,
    circumstances: Circumstances,
) -> Result<Held, ProfileError> {
    let mut wanted = 0_u64;
    for name in &filter.caps {
        let number = capabilities::number(name);
        wanted |= 1 << number.map_err(|source| ProfileError::Capability { place: place(), source })?;
    }
    let arches = &filter.arches;
    let kernel = match filter.min_kernel {
        None => None,
        Some(text) => Some(version(text).ok_or_else(|| unknown(place(), "minKernel", text))?),
    };
    Ok(Held {
        all_capabilities: circumstances.capabilities & wanted == wanted,
        any_capability: circumstances.capabilities & wanted != 0,
        architecture: (!arches.is_empty()).then(|| arches.iter().any(|arch| arch == target.docker_name)),
        kernel: kernel.map(|least| circumstances.kernel >= least),
    })
}

/// `4.8` as (4, 8).
fn version(text: &str) -> Option<(u32, u32)> {
    let (version, revision) = text.split_once('.')?;
    let both = (version.parse::<u8>().ok()?, revision.parse::<u8>().ok()?);
    (both != (0, 0)).then_some((both.0.into(), both.1.into()))
}

fn unknown(place: String, field: &'static str, value: &str) -> ProfileError {
    /// Most of a wrong value that an error repeats.
    const SHOWN_CHARS: usize = 64;
    ProfileError::Unknown { place, field, value: value.chars().take(SHOWN_CHARS).collect() }
}
