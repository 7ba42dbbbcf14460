use super::*;

#[test]
fn a_bucket_gives_its_burst_and_then_what_comes_back() {
    let rate = Rate { burst: 3, per_100_s: 50 };
    let mut bucket = Bucket::full(100);
    assert!((0..3).all(|_| bucket.take(&rate, 100)));
    assert!(!bucket.take(&rate, 100));
    assert!(!bucket.take(&rate, 101));
    assert!(bucket.take(&rate, 102));
    assert!(!bucket.take(&rate, 102));
    assert!(!bucket.take(&rate, 50), "a clock that was set back gives nothing");
    assert!((0..3).all(|_| bucket.take(&rate, 1_000_000)));
    assert!(!bucket.take(&rate, 1_000_000));
}

#[test]
fn strangers_of_one_address_are_counted_and_let_go() {
    let addresses = Addresses::default();
    let there = IpAddr::from([192, 0, 2, 1]);
    assert!((0..STRANGERS_MAX).all(|_| addresses.arrive(there, 1)));
    assert!(!addresses.arrive(there, 1));
    assert!(addresses.arrive(IpAddr::from([192, 0, 2, 2]), 1));
    addresses.left(there, 1);
    assert!(addresses.arrive(there, 1));
}

#[test]
fn guesses_of_one_network_are_counted_together() {
    let addresses = Addresses::default();
    let one = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, last]);
    for n in 0..GUESSES.burst {
        assert!(addresses.may_guess(one(1), 1));
        addresses.guessed(one(u16::try_from(n).expect("small")), 1);
    }
    assert!(!addresses.may_guess(one(77), 1));
    assert!(addresses.may_guess(IpAddr::from([0x2001, 0xdb8, 0, 2, 9, 9, 9, 1]), 1));
}
