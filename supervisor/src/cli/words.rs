//! The words of a command line, one at a time, by the rules of docker's flag library.
//!
//! A short flag stands alone (`-d`), together with others (`-it`) or with its value (`-m64m`, `-m=64m`, `-m 64m`); a
//! long one with its value after `=` or as the next word, which may begin with a dash (`--memory -1`). Switches take
//! a value only after `=`. `--` ends the flags.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ffi::OsString;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// `-d`, or one letter of `-it`.
    Short(char),
    /// `--name`, without a value that is joined to it.
    Long(String),
    /// Anything else.
    Operand(String),
}

/// The words that are left.
#[derive(Debug)]
pub(super) struct Words {
    rest: VecDeque<String>,
    /// What is joined to the last flag and not yet looked at: `=64m` or `64m` of `-m`, `t` of `-it`.
    joined: String,
    /// `--` was seen.
    flags_ended: bool,
}

impl Words {
    /// Fails with the first word that is not UTF-8, as far as it can be shown.
    pub(super) fn new(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let words = arguments.into_iter().map(OsString::into_string);
        let rest = words.collect::<Result<_, _>>().map_err(|word| word.to_string_lossy().into_owned())?;
        Ok(Self { rest, joined: String::new(), flags_ended: false })
    }

    /// The next flag or operand. A value that is joined to the flag before must have been taken.
    pub(super) fn next(&mut self) -> Option<Word> {
        if let Some(letter) = pop_front(&mut self.joined) {
            return Some(Word::Short(letter));
        }
        let word = self.rest.pop_front()?;
        if self.flags_ended {
            return Some(Word::Operand(word));
        }
        if word == "--" {
            self.flags_ended = true;
            return self.next();
        }
        Some(self.classified(word))
    }

    fn classified(&mut self, word: String) -> Word {
        if let Some(long) = word.strip_prefix("--") {
            let (name, joined) = long.split_at(long.find('=').unwrap_or(long.len()));
            joined.clone_into(&mut self.joined);
            return Word::Long(name.to_owned());
        }
        let mut letters = word.strip_prefix('-').unwrap_or_default().to_owned();
        match pop_front(&mut letters) {
            // A dash alone is an operand: stdin.
            None => Word::Operand(word),
            Some(letter) => {
                self.joined = letters;
                Word::Short(letter)
            }
        }
    }

    /// The value after `=` of the flag just read, if there is one.
    pub(super) fn joined_value(&mut self) -> Option<String> {
        let value = self.joined.strip_prefix('=')?.to_owned();
        self.joined.clear();
        Some(value)
    }

    /// The value of the flag just read: joined to it, or the next word whatever it looks like.
    pub(super) fn value(&mut self) -> Option<String> {
        if self.joined.is_empty() {
            return self.rest.pop_front();
        }
        let joined = std::mem::take(&mut self.joined);
        Some(joined.strip_prefix('=').map_or_else(|| joined.clone(), str::to_owned))
    }

    /// All that is left, as it is.
    pub(super) fn take_rest(&mut self) -> Vec<String> {
        self.rest.drain(..).collect()
    }
}

fn pop_front(text: &mut String) -> Option<char> {
    (!text.is_empty()).then(|| text.remove(0))
}
