//! Environment and label files, and how their variables are put together.

use super::*;

fn set(name: &str, value: &str) -> EnvRule {
    EnvRule::Set(name.to_owned(), value.to_owned())
}

#[test]
fn files_are_taken_to_the_letter() {
    let contents =
        b"\xef\xbb\xbfA=1\n# comment\n\n  B= two # not a comment \nC=\"quoted\"\r\nHOME\nD=\nE=a=b";
    assert_eq!(
        env_file(contents),
        Ok(vec![
            set("A", "1"),
            set("B", " two # not a comment "),
            set("C", "\"quoted\""),
            EnvRule::Copy(String::from("HOME")),
            set("D", ""),
            set("E", "a=b"),
        ])
    );
    assert_eq!(
        label_file(b"a=b\nc"),
        Ok(vec![(String::from("a"), String::from("b")), (String::from("c"), String::new())])
    );
}

#[test]
fn wrong_lines_are_named() {
    assert_eq!(env_file(b"A=1\n=x"), Err(FileError::NoName(2)));
    assert_eq!(env_file(b"A B=1"), Err(FileError::SpaceInName(1, String::from("A B"))));
    assert_eq!(env_file(b"\xff"), Err(FileError::NotText));
    assert_eq!(env_file(&vec![b'\n'; FILE_BYTES_MAX + 1]), Err(FileError::TooLarge));
    let error = FileError::SpaceInName(3, String::from("A B"));
    assert_eq!(error.to_string(), "line 3: white space in the name \"A B\"; write NAME=VALUE");
}

#[test]
fn later_variables_win_and_unset_ones_are_taken_away() {
    let from_files = [set("A", "file"), set("B", "file"), EnvRule::Copy(String::from("UNSET"))];
    let rules = [set("B", "flag"), EnvRule::Copy(String::from("MINE")), EnvRule::Copy(String::from("GONE"))];
    let variables = resolve(&from_files, &rules, |name| (name == "MINE").then(|| String::from("yes")));
    let image = ["PATH=/bin", "GONE=image", "UNSET=image", "A=image"].map(str::to_owned);
    assert_eq!(merge(&image, &variables), ["PATH=/bin", "UNSET=image", "A=file", "B=flag", "MINE=yes"]);
}
