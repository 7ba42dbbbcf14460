//! The variables of a project: the process's environment over env files.

use crate::problem::Fault;
use crate::sources::Sources;

/// Something that knows values of variables.
pub(crate) trait Lookup {
    /// The value; `None` if it is not set.
    fn value(&self, name: &str) -> Option<String>;
}

/// What `$NAME` stands for. What the process's environment has counts more than what env files say.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    environment: Vec<(String, String)>,
    files: Vec<(String, String)>,
}

impl Variables {
    /// Those of the process.
    #[must_use]
    pub fn new(environment: Vec<(String, String)>) -> Self {
        Self { environment, files: Vec::new() }
    }

    /// Lets a name have this value, whatever was said before.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.environment, name).or_else(|| find(&self.files, name))
    }

    /// Takes in what an env file says; it counts more than the files before it.
    ///
    /// # Errors
    /// What is wrong with the file's text.
    pub(crate) fn read(&mut self, text: &str, file: u16) -> Result<(), Fault> {
        let said = crate::dotenv::parse(text, file, &Pairs(&self.environment), &Pairs(&self.files))?;
        self.files.extend(said.into_iter().filter_map(|(name, value)| Some((name, value?))));
        Ok(())
    }

    /// Reads the env file at `path`; `false` if there is none.
    ///
    /// # Errors
    /// It cannot be read, or what is wrong with it.
    pub(crate) fn read_file(&mut self, path: &str, sources: &mut Sources) -> Result<bool, Fault> {
        match sources.text(path)? {
            Some((file, text)) => self.read(&text, file).map(|()| true),
            None => Ok(false),
        }
    }
}

/// A list of names with values, of which the last counts.
pub(crate) struct Pairs<'a>(pub(crate) &'a [(String, String)]);

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

impl Lookup for Pairs<'_> {
    fn value(&self, name: &str) -> Option<String> {
        find(self.0, name).map(str::to_owned)
    }
}

impl Lookup for Variables {
    fn value(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}
