//! Numbers, right and wrong.

use super::*;

#[test]
fn masks_and_counts_keep_their_bounds() {
    assert_eq!((umask("0022"), umask("777")), (Ok(0o22), Ok(0o777)));
    assert!(umask("8").is_err() && umask("1000").is_err() && umask("").is_err() && umask("+7").is_err());
    assert_eq!(
        (tail("all"), tail("-1"), tail("0"), tail("5")),
        (Ok(None), Ok(None), Ok(Some(0)), Ok(Some(5)))
    );
    assert_eq!((last("-1"), last("0"), last("3")), (Ok(None), Ok(None), Ok(Some(3))));
}
