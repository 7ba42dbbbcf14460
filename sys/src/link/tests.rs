use super::*;

#[test]
fn a_message_says_its_length_and_kind() {
    let mut message = Message::new(NEW_ADDRESS, REQUEST);
    message.put(&[FAMILY_IPV4, 24, 0, 0]);
    message.put(&3_u32.to_ne_bytes());
    message.attribute(LOCAL, &[10, 0, 2, 15]);
    let bytes = message.finish();
    assert_eq!(bytes.len(), 32);
    assert_eq!(
        bytes[..8],
        [&32_u32.to_ne_bytes()[..], &NEW_ADDRESS.to_ne_bytes(), &REQUEST.to_ne_bytes()].concat()
    );
    assert_eq!(bytes[24..], [&8_u16.to_ne_bytes()[..], &LOCAL.to_ne_bytes(), &[10, 0, 2, 15]].concat());
}

#[test]
fn an_acknowledgement_is_understood_and_nothing_else_is() {
    let answer = |kind: u16, code: i32| {
        let mut bytes = Message::new(kind, 0).finish();
        bytes.extend_from_slice(&code.to_ne_bytes());
        acknowledged(&bytes)
    };
    assert_eq!(answer(ERROR, 0), Ok(()));
    assert_eq!(answer(ERROR, -libc::ENODEV), Err(Errno::NODEV));
    assert_eq!(answer(ERROR, i32::MIN), Err(Errno::IO));
    assert_eq!(answer(NEW_LINK, 0), Err(Errno::PROTO));
    assert_eq!(acknowledged(&[0; 5]), Err(Errno::PROTO));
}

#[test]
fn no_interface_is_said() {
    assert_eq!(bring_up("no-such-link"), Err(Errno::NODEV));
}

/// In a network namespace of this thread's own, as root.
#[test]
fn the_kernel_takes_addresses_and_routes() {
    crate::clone::unshare_namespaces(rustix::thread::UnshareFlags::NEWNET).expect("tests run as root");
    let watch = watch().expect("netlink is there");
    let address = Ipv4Addr::new(192, 0, 2, 7);
    bring_up("lo").expect("there is always a loopback");
    add_address("lo", address, 24).expect("it takes an address");
    add_address("lo", address, 24).expect("it has it already");
    set_default_route("lo", Ipv4Addr::new(192, 0, 2, 1)).expect("the gateway is near");
    let routes = fs::read_to_string("/proc/thread-self/net/route").expect("it can be read");
    assert!(routes.lines().any(|line| line.starts_with("lo\t00000000\t010200C0")), "{routes}");
    remove_address("lo", address, 24).expect("it had it");
    assert_eq!(remove_address("lo", address, 24), Err(Errno::ADDRNOTAVAIL));
    assert_eq!(set_default_route("lo", Ipv4Addr::new(192, 0, 2, 1)), Err(Errno::NETUNREACH));
    let mut news = [0; ANSWER_BYTES_MAX];
    recv(&watch, &mut news, RecvFlags::empty()).expect("that the loopback went up was news");
}
