use super::*;

fn paths(command: &str, path: &str) -> Vec<String> {
    candidates(command, path).into_iter().map(|path| path.into_string().expect("UTF-8")).collect()
}

#[test]
fn a_plain_name_is_looked_for_along_the_path() {
    assert_eq!(paths("sh", "/usr/bin:/bin"), ["/usr/bin/sh", "/bin/sh"]);
    assert_eq!(paths("sh", ":/bin"), ["./sh", "/bin/sh"]);
}

#[test]
fn a_path_is_taken_as_it_is() {
    assert_eq!(paths("./run", "/bin"), ["./run"]);
    assert_eq!(paths("/bin/sh", ""), ["/bin/sh"]);
}

#[test]
fn an_empty_command_is_nowhere() {
    assert!(paths("", "/bin").is_empty());
}

#[test]
fn the_environment_decides_the_path() {
    assert_eq!(search_path(&["A=1".to_owned(), "PATH=/x".to_owned()]), "/x");
    assert_eq!(search_path(&[]), DEFAULT_PATH);
}
