//! Numbers, right and wrong.

use super::*;

#[test]
fn cpus_are_exact() {
    for (text, millis) in [
        ("1", 1000),
        ("0.5", 500),
        (".25", 250),
        ("0.1", 100),
        ("1.234", 1234),
        ("2.0000", 2000),
        ("0.29", 290),
    ] {
        assert_eq!(cpu_millis(text), Ok(millis), "{text}");
    }
    for text in ["", ".", "1.", "-1", "1,5", "1e1", "0", "0.000", "0.0001", "9000", "+1"] {
        assert!(cpu_millis(text).is_err(), "{text}");
    }
}

#[test]
fn lists_of_cpus_are_the_kernels() {
    for text in ["0", "0-3", "0-2,7", "3,1"] {
        assert_eq!(cpu_list(text).as_deref(), Ok(text));
    }
    for text in ["", "a", "1-", "-1", "3-1", "0,,1", "0-1-2", "8192", "+1"] {
        assert!(cpu_list(text).is_err(), "{text}");
    }
}

#[test]
fn rates_name_a_device() {
    assert_eq!(bytes_rate("/dev/sda:1m"), Ok((String::from("/dev/sda"), 1 << 20)));
    assert_eq!(operations_rate("/dev/disk/by-id/a:b:7"), Ok((String::from("/dev/disk/by-id/a:b"), 7)));
    for text in ["/dev/sda", "sda:1m", "/dev/sda:0", "/dev/sda:", "/dev/sda:-1"] {
        assert!(bytes_rate(text).is_err() && operations_rate(text).is_err(), "{text}");
    }
}

#[test]
fn no_limit_has_its_own_spelling() {
    assert_eq!(memory("-1"), Ok(Memory::Unlimited));
    assert_eq!(memory("512k"), Ok(Memory::MaxBytes(MEMORY_BYTES_MIN)));
    assert!(memory("511k").is_err() && memory("0").is_err() && memory("-2").is_err());
    assert_eq!((swap("-1"), swap("1g")), (Ok(Swap::Unlimited), Ok(Swap::TotalBytes(1 << 30))));
    assert_eq!(
        (pids("-1"), pids("0"), pids("7")),
        (Ok(Pids::Unlimited), Ok(Pids::Unlimited), Ok(Pids::Max(7)))
    );
    assert!(pids("4194305").is_err() && pids("-2").is_err());
}

#[test]
fn the_rest_keeps_its_bounds() {
    assert_eq!((cpu_shares("2"), cpu_shares("262144")), (Ok(2), Ok(262_144)));
    assert!(cpu_shares("1").is_err() && cpu_shares("262145").is_err());
    assert_eq!((oom_score_adj("-1000"), oom_score_adj("1000")), (Ok(-1000), Ok(1000)));
    assert!(oom_score_adj("1001").is_err());
}
