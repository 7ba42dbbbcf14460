//! Resource limits, right and wrong.

use super::parse;
use crate::launch::Rlimit;
use alloc::string::ToString;

#[test]
fn soft_and_hard_are_read() {
    let limit = |resource, soft, hard| Ok(Rlimit { resource, soft, hard });
    assert_eq!(parse("nofile=1024:2048"), limit(7, 1024, 2048));
    assert_eq!(parse("core=0"), limit(4, 0, 0));
    assert_eq!(parse("memlock=-1"), limit(8, u64::MAX, u64::MAX));
    assert_eq!(parse("nproc=10:unlimited"), limit(6, 10, u64::MAX));
}

#[test]
fn what_is_no_limit_is_refused() {
    for (text, why) in [
        ("nofile", "write NAME=SOFT[:HARD], such as nofile=1024:2048"),
        ("nofile=2:1", "the soft limit is above the hard one"),
        ("nofile=-1:1", "the soft limit is above the hard one"),
        ("nofile=many", "limits are numbers, or -1 for unlimited"),
        ("nofile=1:2:3", "limits are numbers, or -1 for unlimited"),
    ] {
        assert_eq!(parse(text).expect_err(text).to_string(), why);
    }
    assert!(
        parse("files=1")
            .expect_err("unknown")
            .to_string()
            .starts_with("no such resource; there are cpu, fsize")
    );
}
