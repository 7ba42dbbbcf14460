//! `--platform OS/ARCH[/VARIANT]`.

#[cfg(test)]
mod tests;

use super::Invalid;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A platform as image indexes name it (OCI image specification, image index, `platform`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux`
    pub os: String,
    /// `amd64`, `arm64`: Go's names.
    pub architecture: String,
    /// `v8`
    pub variant: Option<String>,
}

/// The platform; the kernel's names of architectures are taken too.
///
/// # Errors
/// Not two or three words, or another system than Linux.
pub fn parse(text: &str) -> Result<Platform, Invalid> {
    let parts: Vec<&str> = text.split('/').collect();
    let (os, architecture, variant) = match parts.as_slice() {
        [os, architecture] => (*os, *architecture, None),
        [os, architecture, variant] => (*os, *architecture, Some(*variant)),
        _ => return Err("write OS/ARCH[/VARIANT], such as linux/arm64".into()),
    };
    if os != "linux" {
        return Err("only linux containers can run".into());
    }
    let architecture = match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if !word(&architecture) || !variant.as_ref().is_none_or(word) {
        return Err("write OS/ARCH[/VARIANT], such as linux/arm64".into());
    }
    Ok(Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
        variant: variant.map(str::to_owned),
    })
}
