use super::*;

const HARDWARE: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const TRANSACTION: u32 = 0x1234_5678;

/// A server's answer with these options.
fn answer(options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; OPTIONS_AT];
    bytes[..3].copy_from_slice(&[2, 1, 6]);
    bytes[4..8].copy_from_slice(&TRANSACTION.to_be_bytes());
    bytes[16..20].copy_from_slice(&[10, 0, 2, 15]);
    bytes[28..34].copy_from_slice(&HARDWARE);
    bytes[236..240].copy_from_slice(&COOKIE);
    options.iter().for_each(|(option, value)| put(&mut bytes, *option, value));
    bytes.push(255);
    bytes
}

const GRANT: [(u8, &[u8]); 6] = [
    (53, &[5]),
    (54, &[10, 0, 2, 2]),
    (1, &[255, 255, 255, 0]),
    (3, &[10, 0, 2, 2, 10, 0, 2, 1]),
    (6, &[10, 0, 2, 3]),
    (51, &[0, 1, 0x51, 0x80]),
];

fn heard(bytes: &[u8]) -> Option<Heard> {
    parse(bytes, TRANSACTION, HARDWARE)
}

fn granted() -> Terms {
    Terms {
        address: Ipv4Addr::new(10, 0, 2, 15),
        prefix: 24,
        server: Ipv4Addr::new(10, 0, 2, 2),
        router: Some(Ipv4Addr::new(10, 0, 2, 2)),
        name_servers: vec![Ipv4Addr::new(10, 0, 2, 3)],
        lease_s: 86400,
        renew_after_s: None,
        rebind_after_s: None,
    }
}

#[test]
fn a_grant_is_understood() {
    assert_eq!(heard(&answer(&GRANT)), Some(Heard::Granted(granted())));
}

#[test]
fn offers_and_refusals_are_understood() {
    let offer = Heard::Offer { address: Ipv4Addr::new(10, 0, 2, 15), server: Ipv4Addr::new(10, 0, 2, 2) };
    assert_eq!(heard(&answer(&[(53, &[2]), (54, &[10, 0, 2, 2])])), Some(offer));
    assert_eq!(heard(&answer(&[(53, &[6])])), Some(Heard::Refused));
}

#[test]
fn options_may_lie_in_other_fields() {
    let mut bytes = answer(&[(53, &[5]), (54, &[10, 0, 2, 2]), (52, &[3])]);
    bytes[FILE.start..FILE.start + 7].copy_from_slice(&[1, 4, 255, 255, 255, 0, 255]);
    bytes[SERVER_NAME.start..SERVER_NAME.start + 7].copy_from_slice(&[51, 4, 0, 1, 0x51, 0x80, 255]);
    let expected = Terms { router: None, name_servers: vec![], ..granted() };
    assert_eq!(heard(&bytes), Some(Heard::Granted(expected)));
}

#[test]
fn what_is_for_somebody_else_is_nothing() {
    let good = answer(&GRANT);
    for at in [0, 1, 2, 4, 7, 28, 33, 236] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert_eq!(heard(&bytes), None, "byte {at}");
    }
}

#[test]
fn a_grant_must_be_whole_and_usable() {
    for left_out in [53, 54, 1, 51] {
        let options: Vec<_> = GRANT.into_iter().filter(|(option, _)| *option != left_out).collect();
        assert_eq!(heard(&answer(&options)), None, "without {left_out}");
    }
    for (option, value) in [(1, &[255, 0, 255, 0][..]), (1, &[0; 4]), (1, &[255; 3]), (51, &[1]), (53, &[9])]
    {
        let options: Vec<_> = [(option, value)].into_iter().chain(GRANT).collect();
        assert_eq!(heard(&answer(&options)), None, "{option} is {value:?}");
    }
    for address in [[0; 4], [255; 4], [224, 0, 0, 1], [127, 0, 0, 1]] {
        let mut bytes = answer(&GRANT);
        bytes[16..20].copy_from_slice(&address);
        assert_eq!(heard(&bytes), None, "{address:?}");
    }
}

#[test]
fn what_is_cut_off_is_refused() {
    let whole = answer(&GRANT);
    for length in 0..whole.len() {
        assert_eq!(heard(&whole[..length]), None, "{length} bytes");
    }
}

#[test]
fn too_much_is_refused() {
    let mut options = vec![(99, &[][..]); OPTIONS_MAX - GRANT.len()];
    options.extend(GRANT);
    assert!(heard(&answer(&options)).is_some());
    options.push((99, &[]));
    assert_eq!(heard(&answer(&options)), None);
    let mut long = answer(&GRANT);
    long.resize(RECEIVED_BYTES_MAX + 1, 0);
    assert_eq!(heard(&long), None);
}

#[test]
fn only_three_name_servers_are_kept() {
    let many: Vec<u8> = (1..=9).flat_map(|last| [10, 0, 2, last]).collect();
    let options: Vec<_> = [(6, &many[..])].into_iter().chain(GRANT).collect();
    let Some(Heard::Granted(terms)) = heard(&answer(&options)) else { panic!("it is granted") };
    assert_eq!(terms.name_servers.len(), NAME_SERVERS_MAX);
}

/// Bytes that a wire may turn an answer into: none makes the parser panic, and none makes it take what it must not.
#[test]
fn no_noise_is_taken_for_more_than_it_is() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 33).expect("31 bits fit")
    };
    let good = answer(&GRANT);
    for _ in 0..200_000 {
        let mut bytes = good.clone();
        for _ in 0..=next() % 8 {
            let at = next() % bytes.len();
            bytes[at] = u8::try_from(next() & 255).expect("eight bits fit");
        }
        bytes.truncate(next() % (bytes.len() * 4));
        if let Some(Heard::Granted(terms)) = heard(&bytes) {
            assert!((1..=32).contains(&terms.prefix) && is_usable(terms.address));
            assert!(terms.name_servers.len() <= NAME_SERVERS_MAX);
        }
    }
}

#[test]
fn what_is_said_has_the_form_of_the_standard() {
    let sender = Sender { hardware: HARDWARE, host_name: "rock".into() };
    let select = Said::Select { address: Ipv4Addr::new(10, 0, 2, 15), server: Ipv4Addr::new(10, 0, 2, 2) };
    for said in [Said::Discover, select, Said::Renew { address: Ipv4Addr::new(10, 0, 2, 15) }] {
        let bytes = encode(said, TRANSACTION, &sender);
        assert_eq!(bytes.len(), SENT_BYTES);
        assert_eq!((&bytes[..3], &bytes[236..240]), (&[1, 1, 6][..], &COOKIE[..]));
        let options = Options::of(&bytes).expect("they are well-formed");
        assert_eq!(options.value(12), Some(&b"rock"[..]));
        let none = Ipv4Addr::UNSPECIFIED;
        let asked = options.address(50).unwrap_or(none);
        let held = address(&bytes[12..16]).expect("four bytes");
        // RFC 2131 4.3.6: selecting names the address in an option, renewing in the field.
        let expected = match said {
            Said::Discover => (none, none, 1),
            Said::Select { address, .. } => (address, none, 3),
            Said::Renew { address } => (none, address, 3),
        };
        assert_eq!((asked, held, options.byte(53)), (expected.0, expected.1, Some(expected.2)));
    }
}
