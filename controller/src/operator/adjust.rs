//! `limpetctl delete` and `limpetctl set`: one thing of what boards run.

use super::change::{Target, carry_out, targets};
use super::cli::{Change, Delete, Global, Set};
use super::encoding::{hex, shown};
use super::failure::{During, Failure, Outcome};
use super::files;
use super::resolve::Resolver;
use super::session::Session;
use super::words::window;
use hyper::Method;
use limpet_protocol::fleet::{PROGRAM_BYTES_MAX, Program, WINDOWS_MAX, Window};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An app is taken away.
pub(crate) async fn delete(global: &Global, verb: Delete) -> Outcome<()> {
    let Delete::App { name, change } = verb;
    let (mut session, secret) = Session::open(global).await?;
    let mut targets = targets(&mut session, &change).await?;
    for target in &mut targets {
        target.after = target.before.without_app(&name);
    }
    if targets.iter().all(|target| target.before == target.after) {
        return Err(Failure::new(format!("app {name} is on none of these boards; see limpetctl get apps")));
    }
    carry_out(&mut session, &secret, targets, &change, &format!("-{name}")).await
}

/// Something is set.
pub(crate) async fn set(global: &Global, verb: Set) -> Outcome<()> {
    match verb {
        Set::Image { images, change, insecure_registry } => {
            set_images(global, &images, &change, &insecure_registry).await
        }
        Set::Windows { windows, change } => set_windows(global, &windows, &change).await,
        Set::Program { files, release, before, before_release, change } => {
            let (release, before_release) = (release.as_str(), before_release.as_str());
            let files = Files { files: &files, release, before: &before, before_release };
            set_program(global, &files, &change).await
        }
    }
}

async fn set_images(global: &Global, images: &[String], change: &Change, insecure: &[String]) -> Outcome<()> {
    let mut resolver = Resolver::new(insecure)?;
    let mut wanted = Vec::new();
    for text in images {
        let (app, service, image) = image_words(text)?;
        wanted.push((app, service, resolver.resolve(image)?));
    }
    let (mut session, secret) = Session::open(global).await?;
    let mut targets = targets(&mut session, change).await?;
    for (app, service, image) in &wanted {
        let mut found = false;
        for Target { after, .. } in &mut targets {
            if let Some(next) = after.with_image(app, service, image) {
                *after = next;
                found = true;
            }
        }
        if !found {
            return Err(Failure::new(format!("service {app}/{service} is on none of these boards")));
        }
    }
    let subject = wanted.first().map_or("", |(app, _, _)| app);
    if wanted.iter().any(|(app, _, _)| *app != subject) {
        return Err(Failure::new("set image: name services of one app at a time"));
    }
    carry_out(&mut session, &secret, targets, change, subject).await
}

/// `APP/SERVICE=REFERENCE`
fn image_words(text: &str) -> Outcome<(&str, &str, &str)> {
    let words = text.split_once('=').and_then(|(whom, image)| {
        let (app, service) = whom.split_once('/')?;
        Some((app, service, image))
    });
    words.ok_or_else(|| Failure::new(format!("{text:?} is not APP/SERVICE=REFERENCE")))
}

async fn set_windows(global: &Global, texts: &[String], change: &Change) -> Outcome<()> {
    let windows = windows(texts)?;
    let (mut session, secret) = Session::open(global).await?;
    let mut targets = targets(&mut session, change).await?;
    targets.iter_mut().for_each(|target| target.after.windows.clone_from(&windows));
    carry_out(&mut session, &secret, targets, change, "limpet").await
}

fn windows(texts: &[String]) -> Outcome<heapless::Vec<Window, WINDOWS_MAX>> {
    if texts.len() == 1 && texts[0] == "always" {
        return Ok(heapless::Vec::new());
    }
    let parts = texts.iter().flat_map(|text| text.split(';'));
    let windows = parts.map(|text| window(text).map_err(Failure::new)).collect::<Outcome<Vec<_>>>()?;
    heapless::Vec::from_slice(&windows)
        .map_err(|()| Failure::new(format!("a board has at most {WINDOWS_MAX} windows")))
}

/// Files of Limpet by architecture, with their bytes.
type Programs = BTreeMap<&'static str, (Program, Vec<u8>)>;

/// By which files of Limpet, and of which versions.
struct Files<'a> {
    files: &'a [PathBuf],
    release: &'a str,
    /// What boards run that were given none.
    before: &'a [PathBuf],
    before_release: &'a str,
}

async fn set_program(global: &Global, files: &Files<'_>, change: &Change) -> Outcome<()> {
    let programs = programs(files.files, files.release)?;
    let earlier = self::programs(files.before, files.before_release)?;
    let (mut session, secret) = Session::open(global).await?;
    let mut targets = targets(&mut session, change).await?;
    let mut unknown = 0;
    for target in &mut targets {
        let arch = target.board.labels.get("arch").map_or("", String::as_str);
        let (program, _) = programs.get(arch).ok_or_else(|| {
            let name = shown(&target.board.name);
            Failure::new(format!("board {name} is of architecture {arch:?}, for which no file was given"))
        })?;
        if target.before.program.is_none() {
            target.before.program = earlier.get(arch).map(|(program, _)| program.clone());
            unknown += u32::from(target.before.program.is_none());
        }
        target.after.program = Some(program.clone());
    }
    if unknown > 0 {
        eprintln!(
            "{unknown} boards were never given a file: an undo leaves them the new one, unless --before says what they run"
        );
    }
    if !change.dry_run && change.out.is_none() {
        for (program, bytes) in programs.into_values().chain(earlier.into_values()) {
            session.send(Method::PUT, &format!("/blobs/{}", hex(&program.sha256)), bytes.into()).await?;
        }
    }
    carry_out(&mut session, &secret, targets, change, "limpet").await
}

fn programs(paths: &[PathBuf], release: &str) -> Outcome<Programs> {
    let mut programs = BTreeMap::new();
    for path in paths {
        let bytes = files::read(path, u64::from(PROGRAM_BYTES_MAX))?;
        let what = || format!("take {} for the boards' program", path.display());
        let arch = arch_of(&bytes).during(what)?;
        let program = program(&bytes, release).during(what)?;
        if programs.insert(arch, (program, bytes)).is_some() {
            return Err(Failure::new(format!("{}: there is a file for {arch} already", what())));
        }
    }
    Ok(programs)
}

fn program(bytes: &[u8], release: &str) -> Outcome<Program> {
    let version = release.try_into().map_err(|()| Failure::new("the name of the version is too long"))?;
    let sha256 = Sha256::digest(bytes).into();
    Ok(Program { version, sha256, bytes: u32::try_from(bytes.len())? })
}

/// The architecture of an ELF file (`e_machine`, ELF-64 object file format).
fn arch_of(bytes: &[u8]) -> Outcome<&'static str> {
    let machine = bytes.get(18..20).filter(|_| bytes.starts_with(b"\x7fELF\x02\x01"));
    match machine {
        Some([0x3e, 0]) => Ok("x86_64"),
        Some([0xb7, 0]) => Ok("aarch64"),
        Some(_) | None => Err(Failure::new("it is no program of x86_64 or aarch64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_architecture_is_read_from_the_file() {
        let elf = |machine: u8| [&b"\x7fELF\x02\x01"[..], &[0; 12], &[machine, 0]].concat();
        assert_eq!(arch_of(&elf(0x3e)).unwrap(), "x86_64");
        assert_eq!(arch_of(&elf(0xb7)).unwrap(), "aarch64");
        assert!(arch_of(&elf(0x28)).is_err());
        assert!(arch_of(b"#!/bin/sh\n").is_err() && arch_of(b"").is_err());
    }

    #[test]
    fn windows_and_images_are_read_strictly() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(windows(&texts(&["always"])).unwrap().len(), 0);
        assert_eq!(windows(&texts(&["Mon 01:00-02:00; Tue 01:00-02:00", "03:00-04:00"])).unwrap().len(), 3);
        assert!(windows(&texts(&["always", "03:00-04:00"])).is_err());
        assert!(windows(&vec!["03:00-04:00".to_owned(); WINDOWS_MAX + 1]).is_err());
        assert_eq!(image_words("a/b=c:1").unwrap(), ("a", "b", "c:1"));
        assert!(image_words("a=c").is_err() && image_words("a/b").is_err());
    }
}
