//! Words of people that mean the same on the command line and in a compose file: from one text to one typed value.
//!
//! Every function takes the text as written and gives the value or [`Invalid`]: what is wrong with it and how to write
//! it, without the text and the name of the flag or field, which the caller puts before it.

pub mod capability;
pub mod device;
pub mod duration;
pub mod health;
pub mod log;
pub mod number;
pub mod platform;
pub mod rlimit;
pub mod signal;
pub mod size;
pub mod text;

use alloc::borrow::Cow;
use alloc::string::String;

/// What is wrong with a value and how to write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(Cow<'static, str>);

impl From<&'static str> for Invalid {
    fn from(why: &'static str) -> Self {
        Self(Cow::Borrowed(why))
    }
}

impl From<String> for Invalid {
    fn from(why: String) -> Self {
        Self(Cow::Owned(why))
    }
}

/// A name with its value.
pub type Setting = (String, String);
