//! The values that flags take: from one word to one typed value.
//!
//! Every `parse` takes the word as typed and gives the value or [`Invalid`]: what is wrong with it and how to write
//! it, without the word and the flag, which the caller puts before it.

pub mod capability;
pub mod device;
pub mod filter;
pub mod health;
pub mod keys;
pub mod mount;
pub mod number;
pub mod platform;
pub mod restart;
pub mod rlimit;
pub mod security;
pub mod signal;
pub mod size;
pub mod text;
pub mod time;

use std::borrow::Cow;

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
