use super::*;

fn seen(name: &str, is_up: bool) -> Seen {
    Seen { name: name.into(), hardware: "52:54:00:12:34:56".into(), is_up }
}

fn held(name: &str) -> Held {
    Held { name: name.into(), is_leasing: true }
}

#[test]
fn a_new_interface_is_brought_up_and_asks() {
    let eth0 = seen("eth0", false);
    assert_eq!(
        decide(&[], std::slice::from_ref(&eth0), &[]),
        [Act::BringUp("eth0".into()), Act::Lease(eth0)]
    );
}

#[test]
fn what_is_done_is_not_done_again() {
    assert_eq!(decide(&[], &[seen("eth0", true)], &[held("eth0")]), []);
    assert_eq!(decide(&[], &[seen("eth0", false)], &[held("eth0")]), [Act::BringUp("eth0".into())]);
}

#[test]
fn a_fixed_address_is_given() {
    let wish = wish::parse("eth0:192.0.2.7/24").expect("good");
    let acts = decide(std::slice::from_ref(&wish), &[seen("eth0", true), seen("eth1", true)], &[]);
    let How::Fixed(settings) = wish.how else { panic!("it is fixed") };
    assert_eq!(acts, [Act::Fix("eth0".into(), settings), Act::Lease(seen("eth1", true))]);
}

#[test]
fn one_that_is_off_is_left_alone_and_one_that_is_gone_forgotten() {
    let off = wish::parse("off").expect("good");
    assert_eq!(decide(&[off], &[seen("eth0", false)], &[held("eth1")]), [Act::Forget("eth1".into())]);
}
