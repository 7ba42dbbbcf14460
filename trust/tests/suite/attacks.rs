//! Every attack is refused, and for its own reason.
//!
//! The attacks are files in `tests/attacks`: `NAME.doc` is what somebody delivers, `NAME.board` what a board remembers, and
//! `index` says for each line which document meets which board at what time, in which form, and what must come of it.
//! All are made by `catalogue`, with fixed keys; `LIMPET_WRITE_ATTACKS=1` writes them anew. A test that reads them
//! uses the files alone, so a change of any form of ours shows as old files that are judged differently.

use crate::catalogue::{Attack, Form};
use crate::{catalogue, fleet};
use limpet_protocol::fleet::ENVELOPE_BYTES_MAX;
use limpet_trust::{Accepted, Clock, Memory, accept};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks"))
}

fn read(name: &str) -> Vec<u8> {
    fs::read(directory().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The first word of a refusal's or an acceptance's Debug form, which is its variant.
fn word(debug: &str) -> String {
    debug.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn outcome(memory: &Memory, bytes: &[u8], clock: &Clock) -> String {
    match accept(memory, bytes, clock) {
        Ok(accepted) => word(&format!("{accepted:?}")),
        Err(refusal) => word(&format!("{refusal:?}")),
    }
}

/// The documents that one file stands for.
fn forms(form: &Form, bytes: &[u8]) -> Vec<Vec<u8>> {
    match form {
        Form::Whole => vec![bytes.to_vec()],
        Form::EveryPrefix => (0..bytes.len()).map(|end| bytes[..end].to_vec()).collect(),
        Form::Padded => {
            let mut padded = bytes.to_vec();
            padded.resize(ENVELOPE_BYTES_MAX + 1, 0);
            vec![padded]
        }
    }
}

fn parsed(line: &str) -> Attack {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [document, board, now, form, outcome] = fields[..] else { panic!("{line}") };
    Attack::from_words(document, board, now, form, outcome)
}

#[test]
fn each_attack_is_refused_for_its_reason() {
    let index = String::from_utf8(read("index")).unwrap();
    let mut wrong = Vec::new();
    let lines: Vec<&str> = index.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &lines {
        let attack = parsed(line);
        let memory = Memory::from_bytes(&read(&format!("{}.board", attack.board))).expect(line);
        for bytes in forms(&attack.form, &read(&format!("{}.doc", attack.document))) {
            let found = outcome(&memory, &bytes, &attack.clock());
            if found != attack.outcome {
                wrong.push(format!("{line}: {} bytes: {found}", bytes.len()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(lines.len() > 40, "{}", lines.len());
}

#[test]
fn the_files_are_what_the_catalogue_makes() {
    let files = catalogue::files();
    if std::env::var_os("LIMPET_WRITE_ATTACKS").is_some() {
        for (name, bytes) in &files {
            fs::write(directory().join(name), bytes).unwrap();
        }
    }
    for (name, bytes) in &files {
        assert!(
            read(name) == *bytes,
            "{name} differs: raise fleet::VERSION if a form changed; LIMPET_WRITE_ATTACKS=1 writes it anew"
        );
    }
    let there: BTreeSet<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, files.keys().cloned().collect(), "a file that no attack uses");
}

#[test]
fn every_reason_has_an_attack() {
    let met: BTreeSet<String> = catalogue::attacks().into_iter().map(|attack| attack.outcome).collect();
    for reason in catalogue::REASONS {
        assert!(met.contains(*reason), "no attack is refused as {reason}");
    }
}

#[test]
fn no_flipped_bit_of_a_good_document_is_accepted() {
    for (document, board) in
        [("good", "fresh"), ("good-two-signatures", "fresh"), ("root-2", "fresh"), ("good", "took-good")]
    {
        let (bytes, memory) = (read(&format!("{document}.doc")), read(&format!("{board}.board")));
        let memory = Memory::from_bytes(&memory).unwrap();
        let clock = fleet::at(fleet::START_S + 10 * fleet::DAY_S);
        assert!(accept(&memory, &bytes, &clock).is_ok(), "{document} is good as it is");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let came = accept(&memory, &flipped, &clock);
            assert!(came.is_err(), "{document}, {board}, bit {bit}: {came:?}");
        }
    }
}

#[test]
fn a_known_root_is_known_by_its_bytes_whoever_signed_it() {
    let memory = Memory::from_bytes(&read("rotated.board")).unwrap();
    assert_eq!(accept(&memory, &read("rotation.doc"), &fleet::UNSET), Ok(Accepted::KnownRoot));
}
