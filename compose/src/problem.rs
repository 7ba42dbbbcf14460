//! What is wrong with a compose file, and where.

use std::borrow::Cow;
use std::fmt;

use limpet_protocol::words::Invalid;

/// Most problems that one run reports; a file with more has one cause or is none.
pub const PROBLEMS_MAX: usize = 32;
/// Longest text of a person that is repeated in a message.
const QUOTED_CHARS_MAX: usize = 64;

/// One problem, as a person reads it: `compose.yaml:7:5: services.web.build: Limpet builds no images; ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was given; empty if no file is to blame.
    pub file: String,
    /// From 1; 0 means the file as a whole.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Which field, what is wrong with it, and what to write instead.
    pub what: String,
}

/// Everything that is wrong, in the order in which it was found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Problems {
    /// At most [`PROBLEMS_MAX`].
    pub list: Vec<Problem>,
    /// How many more there were.
    pub left_out: usize,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    /// Number of the file, see [`crate::sources::Sources`].
    pub(crate) file: u16,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A problem whose field is not known where it is found: [`Report`] puts it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: At,
    pub(crate) what: Cow<'static, str>,
}

/// Whether something could be read.
pub(crate) type Outcome = Result<(), Fault>;

/// Gathers problems while a tree is walked.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Names of the files by their number.
    pub(crate) files: Vec<String>,
    /// The keys from the top to where the walk is.
    place: Vec<String>,
    problems: Problems,
    /// What is no mistake, but better known.
    remarks: Vec<Problem>,
}

impl At {
    /// No file is to blame.
    pub(crate) const NOWHERE: Self = Self { file: u16::MAX, line: 0, column: 0 };

    /// The file as a whole.
    pub(crate) fn whole(file: u16) -> Self {
        Self { file, line: 0, column: 0 }
    }

    pub(crate) fn fault(self, what: impl Into<Cow<'static, str>>) -> Fault {
        Fault { at: self, what: what.into() }
    }

    /// What a parser of words said.
    pub(crate) fn invalid(self, why: &Invalid) -> Fault {
        self.fault(why.to_string())
    }
}

impl Report {
    pub(crate) fn enter(&mut self, key: &str) {
        self.place.push(quoted(key).into_owned());
    }

    pub(crate) fn leave(&mut self) {
        self.place.pop();
    }

    pub(crate) fn add(&mut self, fault: &Fault) {
        if self.problems.list.len() >= PROBLEMS_MAX {
            self.problems.left_out += 1;
            return;
        }
        let problem = self.problem(fault);
        // An anchor that is used twice is wrong once.
        if !self.problems.list.contains(&problem) {
            self.problems.list.push(problem);
        }
    }

    /// Adds what is wrong, if it is.
    pub(crate) fn check<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.add(&fault)).ok()
    }

    pub(crate) fn remark(&mut self, fault: &Fault) {
        let remark = self.problem(fault);
        if self.remarks.len() < PROBLEMS_MAX && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// A remark that is made once, however many it is about: the others' names come after it.
    pub(crate) fn remark_together(&mut self, fault: &Fault) {
        let same = format!(": {}", fault.what);
        let name = self.place.last().map_or("", String::as_str);
        match self.remarks.iter_mut().find(|known| known.what.contains(&same)) {
            Some(known) if known.what.ends_with(&same) => known.what += &format!("; also {name}"),
            Some(known) => known.what += &format!(", {name}"),
            None => self.remark(fault),
        }
    }

    fn problem(&self, fault: &Fault) -> Problem {
        let At { file, line, column } = fault.at;
        let file = self.files.get(usize::from(file)).cloned().unwrap_or_default();
        let what = if self.place.is_empty() {
            fault.what.clone().into_owned()
        } else {
            format!("{}: {}", self.place.join("."), fault.what)
        };
        Problem { file, line, column, what }
    }

    /// `value` with the remarks, unless something was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<(T, Vec<Problem>), Problems> {
        match value {
            Some(value) if self.problems.list.is_empty() => Ok((value, self.remarks)),
            Some(_) | None => Err(self.problems),
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.problems.list.is_empty()
    }
}

/// A text of a person for a message: on one line, and not longer than a line.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    let fits = text.chars().take(QUOTED_CHARS_MAX + 1).count() <= QUOTED_CHARS_MAX;
    if fits && !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut short: String = text.chars().take(QUOTED_CHARS_MAX).flat_map(char::escape_debug).collect();
    if !fits {
        short.push_str("...");
    }
    Cow::Owned(short)
}

/// `; did you mean image?`, or nothing: the known word with the fewest letters wrong, at most one in three.
pub(crate) fn did_you_mean(typed: &str, known: &mut dyn Iterator<Item = &str>) -> String {
    let wrong_max = (typed.len() / 3).max(1);
    let near = known
        .filter(|name| name.len().abs_diff(typed.len()) <= wrong_max)
        .map(|name| (strsim::osa_distance(&typed.to_ascii_lowercase(), &name.to_ascii_lowercase()), name))
        .filter(|(wrong, _)| *wrong <= wrong_max)
        .min_by_key(|(wrong, _)| *wrong);
    near.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => {}
            (file, 0) => write!(f, "{file}: ")?,
            (file, line) => write!(f, "{file}:{line}:{}: ", self.column)?,
        }
        f.write_str(&self.what)
    }
}

impl fmt::Display for Problems {
    /// One line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Problems {}
