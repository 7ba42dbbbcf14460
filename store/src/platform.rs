//! Which of several images fits a machine (OCI image specification, image-index.md, "platform").

use std::fmt;

/// Operating system, architecture and its variant, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `arm`, ...
    pub architecture: String,
    /// `v8`, `v7`, ...; empty where there is none.
    pub variant: String,
}

/// Why a text is not a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid platform {0:?}: write os/architecture or os/architecture/variant, for example linux/arm64")]
pub struct InvalidPlatform(String);

impl Platform {
    /// This program's own.
    #[must_use]
    pub fn host() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", ""),
            "aarch64" => ("arm64", "v8"),
            "arm" => ("arm", "v7"),
            "x86" => ("386", ""),
            "powerpc64" => ("ppc64le", ""),
            other => (other, ""),
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: variant.to_owned() }
    }

    /// Parses `os/architecture[/variant]`, or an architecture alone.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidPlatform> {
        let parts: Vec<_> = text.split('/').map(str::to_ascii_lowercase).collect();
        let plain = |part: &String| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        if !parts.iter().all(plain) {
            return Err(InvalidPlatform(text.chars().take(100).collect()));
        }
        match &parts[..] {
            [architecture] => Ok(Self::new("linux", architecture, "")),
            [os, architecture] => Ok(Self::new(os, architecture, "")),
            [os, architecture, variant] => Ok(Self::new(os, architecture, variant)),
            _ => Err(InvalidPlatform(text.chars().take(100).collect())),
        }
    }

    fn new(os: &str, architecture: &str, variant: &str) -> Self {
        let architecture = match architecture {
            "x86_64" | "x86-64" => "amd64",
            "aarch64" => "arm64",
            "armhf" => "arm",
            other => other,
        };
        Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.to_owned() }
    }

    /// Whether it says that what it stands beside is no image: an attestation.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }

    /// How well an image for `image` runs here: the higher the better, `None` if not at all.
    #[must_use]
    pub fn fit(&self, image: &Self) -> Option<u8> {
        if self.os != image.os || self.architecture != image.architecture {
            return None;
        }
        let (own, other) = (self.level(), image.level());
        // A machine runs what was made for an older variant of it.
        (other <= own).then_some(other)
    }

    fn level(&self) -> u8 {
        let number = self.variant.strip_prefix('v').and_then(|digits| digits.split('.').next()?.parse().ok());
        number.unwrap_or(match self.architecture.as_str() {
            "arm64" => 8,
            "arm" => 7,
            _ => 1,
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

#[cfg(test)]
mod tests;
