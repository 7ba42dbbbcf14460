//! Single words and their joined values.

use super::{Word, Words};
use std::ffi::OsString;

fn words(text: &str) -> Words {
    Words::new(text.split(' ').map(OsString::from)).expect("UTF-8")
}

#[test]
fn letters_of_a_cluster_come_one_by_one() {
    let mut words = words("-it x");
    assert_eq!(words.next(), Some(Word::Short('i')));
    assert_eq!(words.joined_value(), None);
    assert_eq!(words.next(), Some(Word::Short('t')));
    assert_eq!(words.next(), Some(Word::Operand(String::from("x"))));
    assert_eq!(words.next(), None);
}

#[test]
fn values_are_joined_or_next() {
    for text in ["-m64m", "-m=64m", "-m 64m", "--memory=64m", "--memory 64m"] {
        let mut words = words(text);
        assert!(words.next().is_some(), "{text}");
        assert_eq!(words.value().as_deref(), Some("64m"), "{text}");
        assert_eq!(words.next(), None, "{text}");
    }
    let mut empty = words("--name= x");
    assert_eq!(empty.next(), Some(Word::Long(String::from("name"))));
    assert_eq!(empty.value().as_deref(), Some(""));
}

#[test]
fn two_dashes_end_the_flags_and_one_is_a_word() {
    let mut words = words("- -- -x --y");
    let operands: Vec<_> = std::iter::from_fn(|| words.next()).collect();
    assert_eq!(operands, ["-", "-x", "--y"].map(|word| Word::Operand(word.to_owned())));
}

#[test]
fn a_letter_may_be_of_any_alphabet() {
    let mut words = words("-éa");
    assert_eq!(words.next(), Some(Word::Short('é')));
    assert_eq!(words.next(), Some(Word::Short('a')));
}
