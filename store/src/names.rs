//! The names of images: which image a reference means, and where it came from.
//!
//! A record below `references/` is what makes an image exist: its configuration in `blobs/` counts only while a record
//! points to it, and a record only while its configuration is there. So an image comes with one rename, and goes with
//! one unlink, whatever power cuts lie between.
//!
//! A record is text: the image's id, then `reference TEXT` and `origin TEXT` lines, then the digest of all that. Its file is called like the
//! reference with `,` for `/`; one that would be too long, `~` and the digest of the reference. An image without a
//! name is kept by a record called `@` and its id.

use crate::digest::Digest;
use crate::place::{Store, StoreError, Work, failed, names_in, sync_parent};
use crate::reference::Reference;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Longest file name of a record; what is longer is named by its digest. NAME_MAX is 255.
const FILE_NAME_BYTES_MAX: usize = 200;
/// More than the longest record has: an id and two references.
const RECORD_BYTES_MAX: u64 = 4096;
const NAMELESS: char = '@';
const HASHED: char = '~';

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// `None` keeps an image that has no name.
    pub(crate) reference: Option<Reference>,
    /// The image.
    pub(crate) id: Digest,
    /// The manifest or index that it was pulled by: repository and digest.
    pub(crate) origin: Option<Reference>,
}

impl Name {
    /// Whether it is of the repository of `wanted`, and its image is what `digest` says: of its configuration, or of what
    /// it was pulled or named by.
    pub(crate) fn is_of(&self, wanted: &Reference, digest: &Digest) -> bool {
        let same = |other: &&Reference| other.name() == wanted.name();
        let named = self.reference.as_ref().filter(same);
        let pulled = self.origin.as_ref().filter(same);
        named.is_some_and(|own| self.id == *digest || own.digest() == Some(digest))
            || pulled.is_some_and(|origin| origin.digest() == Some(digest))
    }

    /// How its record's file is called.
    fn file(&self) -> String {
        match &self.reference {
            Some(reference) => encoded(&reference.to_string()),
            None => nameless(&self.id),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.id);
        for (word, reference) in [("reference", &self.reference), ("origin", &self.origin)] {
            if let Some(reference) = reference {
                text.push_str(&format!("{word} {reference}\n"));
            }
        }
        let digest = Digest::of(text.as_bytes());
        format!("{text}{}\n", digest.hex())
    }

    /// From a record and its file's name; `None` if not every bit is as it was written.
    fn parse(file: &str, text: &str) -> Option<Self> {
        let digest_at = text.strip_suffix('\n')?.rfind('\n')? + 1;
        let (text, digest) = text.split_at(digest_at);
        if digest.trim_end() != Digest::of(text.as_bytes()).hex() {
            return None;
        }
        let mut lines = text.lines();
        let id = Digest::parse(lines.next()?).ok()?;
        let mut name = Self { reference: None, id, origin: None };
        for line in lines {
            let (word, rest) = line.split_once(' ')?;
            let reference = Some(Reference::parse(rest).ok()?);
            match word {
                "reference" => name.reference = reference,
                "origin" => name.origin = reference,
                _ => return None,
            }
        }
        (file == name.file()).then_some(name)
    }
}

/// What lies below `references/`.
#[derive(Default)]
struct Records {
    whole: Vec<(PathBuf, Name)>,
    damaged: Vec<(PathBuf, Option<Reference>)>,
}

impl Store {
    /// Every record whose image is there, in order.
    pub(crate) fn names(&self) -> Result<Vec<Name>, StoreError> {
        let there: BTreeSet<_> = crate::images::digests_in(&self.blobs())?.into_iter().collect();
        let mut names: Vec<_> = self.records()?.whole.into_iter().map(|(_, name)| name).collect();
        names.retain(|name| there.contains(&name.id));
        names.sort();
        Ok(names)
    }

    /// The files of records that are damaged, and the references that these seem to have been.
    pub(crate) fn damaged_names(&self) -> Result<Vec<(PathBuf, Option<Reference>)>, StoreError> {
        Ok(self.records()?.damaged)
    }

    /// Every record and its file. One that is damaged takes no other with it.
    fn records(&self) -> Result<Records, StoreError> {
        let mut found = Records::default();
        for file in names_in(&self.references())? {
            let path = self.references().join(&file);
            let text = match read(&path) {
                Ok(text) => text,
                // Removed since the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("read", &path)(error)),
            };
            match Name::parse(&file, &text) {
                Some(name) => found.whole.push((path, name)),
                None => found.damaged.push((path, Reference::parse(&decoded(&file)).ok())),
            }
        }
        Ok(found)
    }

    /// Every image that exists.
    pub(crate) fn ids(&self) -> Result<Vec<Digest>, StoreError> {
        let ids: BTreeSet<_> = self.names()?.into_iter().map(|name| name.id).collect();
        Ok(ids.into_iter().collect())
    }

    /// Every reference and the id of its image, in order.
    pub(crate) fn all_references(&self) -> Result<Vec<(Reference, Digest)>, StoreError> {
        let names = self.names()?.into_iter();
        Ok(names.filter_map(|name| Some((name.reference?, name.id))).collect())
    }

    /// Where an image was pulled from, if it was.
    ///
    /// # Errors
    /// The records cannot be read.
    pub fn origin(&self, id: &Digest) -> Result<Option<Reference>, StoreError> {
        Ok(self.names()?.into_iter().filter(|name| name.id == *id).find_map(|name| name.origin))
    }

    /// Gives the image of `id` a name. An image that loses its last name by that stays, without one.
    pub(crate) fn point(
        &self,
        work: &Work,
        reference: &Reference,
        id: &Digest,
        origin: Option<&Reference>,
    ) -> Result<(), StoreError> {
        let names = self.names()?;
        let old = names.iter().find(|name| name.reference.as_ref() == Some(reference));
        if let Some(old) = old.filter(|old| old.id != *id) {
            self.keep_without(work, &names, old)?;
        }
        let before = || names.iter().filter(|name| name.id == *id).find_map(|name| name.origin.clone());
        let origin = origin.cloned().or_else(before);
        self.write(work, &Name { reference: Some(reference.clone()), id: *id, origin })?;
        self.unlink(&self.file_of_nameless(id))
    }

    /// Keeps an image that has no name.
    pub(crate) fn keep_nameless(
        &self,
        work: &Work,
        id: &Digest,
        origin: Option<Reference>,
    ) -> Result<(), StoreError> {
        self.write(work, &Name { reference: None, id: *id, origin })
    }

    /// Before `leaving` goes: if nothing else keeps its image, keeps it nameless.
    pub(crate) fn keep_without(&self, work: &Work, names: &[Name], leaving: &Name) -> Result<(), StoreError> {
        if names.iter().any(|other| other.id == leaving.id && other != leaving) {
            return Ok(());
        }
        self.keep_nameless(work, &leaving.id, leaving.origin.clone())
    }

    /// Takes a reference's record away.
    pub(crate) fn forget(&self, reference: &Reference) -> Result<(), StoreError> {
        self.unlink(&self.file_of(reference))
    }

    /// Takes away the records of images that are gone.
    pub(crate) fn forget_gone(&self) -> Result<(), StoreError> {
        let there: BTreeSet<_> = crate::images::digests_in(&self.blobs())?.into_iter().collect();
        let records = self.records()?;
        records
            .whole
            .iter()
            .filter(|(_, name)| !there.contains(&name.id))
            .try_for_each(|(path, _)| self.unlink(path))
    }

    fn write(&self, work: &Work, name: &Name) -> Result<(), StoreError> {
        Self::replace(work, &self.references().join(name.file()), name.text().as_bytes())
    }

    fn unlink(&self, path: &PathBuf) -> Result<(), StoreError> {
        match fs::remove_file(path) {
            Ok(()) => sync_parent(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("remove", path)(error)),
        }
    }

    fn file_of(&self, reference: &Reference) -> PathBuf {
        self.references().join(encoded(&reference.to_string()))
    }

    fn file_of_nameless(&self, id: &Digest) -> PathBuf {
        self.references().join(nameless(id))
    }
}

/// What of `names` belongs to an image.
pub(crate) fn names_of(references: &[(Reference, Digest)], id: &Digest) -> Vec<Reference> {
    references.iter().filter(|(_, other)| other == id).map(|(reference, _)| reference.clone()).collect()
}

fn read(path: &PathBuf) -> io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(path)?.take(RECORD_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

fn nameless(id: &Digest) -> String {
    format!("{NAMELESS}{}", id.hex())
}

/// A file name cannot have a slash, and a reference no comma.
fn encoded(reference: &str) -> String {
    let plain = reference.replace('/', ",");
    if plain.len() <= FILE_NAME_BYTES_MAX {
        return plain;
    }
    format!("{HASHED}{}", Digest::of(reference.as_bytes()).hex())
}

fn decoded(name: &str) -> String {
    name.replace(',', "/")
}

#[cfg(test)]
mod tests;
