//! Variables and labels, right and wrong.

use super::*;

#[test]
fn variables_and_labels_keep_their_text() {
    assert_eq!(variable("A= b=c "), Ok(EnvRule::Set(String::from("A"), String::from(" b=c "))));
    assert_eq!(variable("A="), Ok(EnvRule::Set(String::from("A"), String::new())));
    assert_eq!(variable("A"), Ok(EnvRule::Copy(String::from("A"))));
    assert!(variable("").is_err() && variable("=a").is_err());
    assert_eq!(label("a.b=c"), Ok((String::from("a.b"), String::from("c"))));
    assert!(label("").is_err() && label("=c").is_err());
}
