use super::*;

#[test]
fn every_form_is_understood() {
    let wish = |text: &str| parse(text).map(|wish| (wish.interface, wish.how));
    assert_eq!(wish("off"), Ok((None, How::Off)));
    assert_eq!(wish("eth0:dhcp"), Ok((Some("eth0".into()), How::Dhcp)));
    let address = Ipv4Addr::new(192, 0, 2, 7);
    let near = Ipv4Addr::new(192, 0, 2, 1);
    let plain = Settings { address, prefix: 24, router: None, name_servers: vec![] };
    assert_eq!(wish("192.0.2.7/24"), Ok((None, How::Fixed(plain))));
    let whole = Settings { address, prefix: 32, router: Some(near), name_servers: vec![near, address] };
    assert_eq!(
        wish("usb0:192.0.2.7/32,via=192.0.2.1,dns=192.0.2.1,dns=192.0.2.7"),
        Ok((Some("usb0".into()), How::Fixed(whole)))
    );
}

#[test]
fn nothing_else_is() {
    for text in [
        "",
        "yes",
        ":dhcp",
        "a/b:dhcp",
        "sixteen-letters-:dhcp",
        "192.0.2.7",
        "192.0.2.7/0",
        "192.0.2.7/33",
        "192.0.2.7/24,via",
        "192.0.2.7/24,via=x",
        "192.0.2.7/24,mtu=9000",
        "192.0.2.7/24,dns=1.1.1.1,dns=1.1.1.1,dns=1.1.1.1,dns=1.1.1.1",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_last_wish_for_a_name_wins_and_then_the_last_for_all() {
    let wishes: Vec<Wish> =
        ["eth0:off", "dhcp", "off", "eth1:dhcp"].map(|text| parse(text).expect("good")).into();
    assert_eq!(of(&wishes, "eth0"), &How::Off);
    assert_eq!(of(&wishes, "eth1"), &How::Dhcp);
    assert_eq!(of(&wishes, "eth2"), &How::Off);
    assert_eq!(of(&[], "eth2"), &How::Dhcp);
}
