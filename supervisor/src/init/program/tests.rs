use super::*;

#[test]
fn a_file_that_was_replaced_is_followed_by_its_name() {
    let heir = |link| successor(Path::new(link));
    assert_eq!(heir("/usr/bin/limpet (deleted)"), Some(PathBuf::from("/usr/bin/limpet")));
    assert_eq!(heir("/usr/bin/limpet"), None);
    assert_eq!(heir(""), None);
}

#[test]
fn while_it_is_there_the_own_file_is_the_one() {
    assert_eq!(current(), OWN.to_owned());
}
