//! Variables and labels: from `-e`, `-l` and their files to a list of names and values.
//!
//! The files are read by whoever calls; here is only what their lines mean. As in docker: one `NAME=VALUE` in a
//! line, taken to the letter (no quotes, no escapes), `#` begins a comment line, a variable without `=` is copied
//! from the caller's environment.

#[cfg(test)]
mod tests;

/// Largest `--env-file` or `--label-file` that is taken.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// One variable to set, copy or take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvRule {
    /// `NAME=VALUE`
    Set(String, String),
    /// `NAME`: the caller's value; if there is none, the container has none either.
    Copy(String),
}

/// One label: name and value.
pub type LabelRule = (String, String);

/// What becomes of one variable; later ones win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// `None` takes it away, also if the image sets it.
    pub value: Option<String>,
}

/// What is wrong with a line of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Over [`FILE_BYTES_MAX`].
    #[error("is over {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not text.
    #[error("is not UTF-8")]
    NotText,
    /// A line begins with `=`.
    #[error("line {0}: no name before =")]
    NoName(usize),
    /// A name has white space in it.
    #[error("line {0}: white space in the name {1:?}; write NAME=VALUE")]
    SpaceInName(usize, String),
}

/// The rules in an `--env-file` with these contents.
///
/// # Errors
/// The first line that is wrong.
pub fn env_file(contents: &[u8]) -> Result<Vec<EnvRule>, FileError> {
    let mut rules = Vec::new();
    for (number, line) in lines(contents)? {
        let (name, value) = entry(number, line)?;
        rules.push(match value {
            Some(value) => EnvRule::Set(name.to_owned(), value.to_owned()),
            None => EnvRule::Copy(name.to_owned()),
        });
    }
    Ok(rules)
}

/// The labels in a `--label-file` with these contents; one without `=` is empty.
///
/// # Errors
/// The first line that is wrong.
pub fn label_file(contents: &[u8]) -> Result<Vec<LabelRule>, FileError> {
    let mut labels = Vec::new();
    for (number, line) in lines(contents)? {
        let (name, value) = entry(number, line)?;
        labels.push((name.to_owned(), value.unwrap_or("").to_owned()));
    }
    Ok(labels)
}

/// What `rules` come to, with `variable` as the caller's environment.
///
/// A name that is copied from a file but not set stays what the image says; one that `-e` copies is taken away.
/// docker makes this difference too, because it drops such lines of files.
pub fn resolve(
    from_files: &[EnvRule],
    rules: &[EnvRule],
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<Variable> {
    let mut variables = Vec::new();
    for rule in from_files {
        let found = found(rule, &variable);
        if found.value.is_some() {
            variables.push(found);
        }
    }
    variables.extend(rules.iter().map(|rule| found(rule, &variable)));
    variables
}

/// `base` (`NAME=VALUE`, of an image) with `variables` put in place, in order; each name stays once.
#[must_use]
pub fn merge(base: &[String], variables: &[Variable]) -> Vec<String> {
    let mut merged: Vec<String> = base.to_vec();
    for Variable { name, value } in variables {
        let place = merged.iter().position(|entry| name_of(entry) == name);
        match (place, value) {
            (Some(place), Some(value)) => merged[place] = format!("{name}={value}"),
            (None, Some(value)) => merged.push(format!("{name}={value}")),
            (Some(place), None) => drop(merged.remove(place)),
            (None, None) => {}
        }
    }
    merged
}

fn name_of(entry: &str) -> &str {
    entry.split_once('=').map_or(entry, |(name, _)| name)
}

fn found(rule: &EnvRule, variable: &impl Fn(&str) -> Option<String>) -> Variable {
    match rule {
        EnvRule::Set(name, value) => Variable { name: name.clone(), value: Some(value.clone()) },
        EnvRule::Copy(name) => Variable { name: name.clone(), value: variable(name) },
    }
}

/// Lines that say something, with their numbers from 1.
fn lines(contents: &[u8]) -> Result<impl Iterator<Item = (usize, &str)>, FileError> {
    if contents.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge);
    }
    let text = str::from_utf8(contents).map_err(|_| FileError::NotText)?;
    // Editors of some systems put a byte order mark at the beginning.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_start()));
    Ok(numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')))
}

fn entry(number: usize, line: &str) -> Result<(&str, Option<&str>), FileError> {
    let (name, value) = match line.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        // Trailing blanks are no part of a name; of a value they are.
        None => (line.trim_end(), None),
    };
    if name.is_empty() {
        return Err(FileError::NoName(number));
    }
    if name.contains(char::is_whitespace) {
        return Err(FileError::SpaceInName(number, name.to_owned()));
    }
    Ok((name, value))
}
