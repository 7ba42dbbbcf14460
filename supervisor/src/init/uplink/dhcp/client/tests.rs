use super::*;
use std::net::Ipv4Addr;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const OFFER: Heard = Heard::Offer { address: ADDRESS, server: SERVER };
const SELECT: Said = Said::Select { address: ADDRESS, server: SERVER };

fn terms(lease_s: u32) -> Terms {
    Terms {
        address: ADDRESS,
        prefix: 24,
        server: SERVER,
        router: None,
        name_servers: vec![],
        lease_s,
        renew_after_s: None,
        rebind_after_s: None,
    }
}

/// A client whose address was granted at 0 ms.
fn bound(terms: Terms) -> Client {
    let mut client = Client::new(1);
    client.tick(0, 0);
    client.hear(OFFER, 0, 0);
    assert_eq!(client.hear(Heard::Granted(terms.clone()), 0, 0), [Act::Use(terms)]);
    client
}

#[test]
fn an_address_is_asked_for_offered_selected_and_granted() {
    let mut client = Client::new(7);
    assert_eq!(client.tick(0, 0), [Act::Say(Said::Discover, To::All)]);
    assert_eq!(client.hear(OFFER, 10, 0), [Act::Say(SELECT, To::All)]);
    assert_eq!(client.hear(Heard::Granted(terms(3600)), 20, 0), [Act::Use(terms(3600))]);
    assert_eq!(client.transaction(), 7);
}

#[test]
fn silence_is_asked_into_ever_slower() {
    let mut client = Client::new(1);
    let mut pauses = Vec::new();
    let mut now_ms = 0;
    for _ in 0..8 {
        assert_eq!(client.tick(now_ms, 999), [Act::Say(Said::Discover, To::All)]);
        pauses.push(client.deadline_ms() - now_ms);
        now_ms = client.deadline_ms();
    }
    assert_eq!(pauses, [1999, 2999, 4999, 8999, 16_999, 32_999, 32_999, 32_999]);
}

#[test]
fn nothing_is_said_before_its_time() {
    let mut client = Client::new(1);
    client.tick(0, 500);
    assert_eq!(client.tick(1499, 0), []);
    assert_eq!(client.tick(1500, 0).len(), 1);
}

#[test]
fn an_offer_without_a_grant_is_given_up() {
    let mut client = Client::new(1);
    client.tick(0, 0);
    client.hear(OFFER, 0, 0);
    let mut said = Vec::new();
    for _ in 0..4 {
        said.extend(client.tick(client.deadline_ms(), 5));
    }
    let selects = said.iter().filter(|act| **act == Act::Say(SELECT, To::All)).count();
    assert_eq!((selects, said.last()), (3, Some(&Act::Say(Said::Discover, To::All))));
    assert_eq!(client.transaction(), 5, "another transaction");
}

#[test]
fn a_lease_is_renewed_with_its_server_and_then_with_anybody() {
    let mut client = bound(terms(3600));
    assert_eq!(client.deadline_ms(), 1_800_000);
    let renew = |to| [Act::Say(Said::Renew { address: ADDRESS }, to)];
    assert_eq!(client.tick(1_800_000, 0), renew(To::Server(SERVER)));
    assert_eq!(client.tick(3_200_000, 0), renew(To::All));
    assert_eq!(client.hear(Heard::Granted(terms(3600)), 3_200_000, 0), [Act::Use(terms(3600))]);
    assert_eq!(client.deadline_ms(), 5_000_000);
}

#[test]
fn a_lease_that_nobody_renews_is_lost_on_time() {
    let mut client = bound(terms(3600));
    let mut tries = 0;
    loop {
        let now_ms = client.deadline_ms();
        let acts = client.tick(now_ms, 9);
        if acts.contains(&Act::Lose) {
            assert_eq!(now_ms, 3_600_000);
            assert_eq!(acts[1], Act::Say(Said::Discover, To::All));
            break;
        }
        tries += 1;
    }
    assert!((3..30).contains(&tries), "{tries} tries");
}

#[test]
fn a_refusal_ends_what_it_refuses() {
    let mut client = bound(terms(3600));
    client.tick(1_800_000, 0);
    assert_eq!(client.hear(Heard::Refused, 1_800_001, 3), [Act::Lose]);
    assert_eq!(client.tick(1_800_001, 0), [Act::Say(Said::Discover, To::All)]);
    client.hear(OFFER, 1_800_002, 0);
    assert_eq!(client.hear(Heard::Refused, 1_800_003, 4), []);
    assert_eq!(client.tick(1_800_004, 0), [], "a server that always refuses is not asked without end");
}

#[test]
fn a_servers_times_are_taken_only_in_their_order() {
    let odd = |renew, rebind, lease_s| {
        bound(Terms { renew_after_s: renew, rebind_after_s: rebind, ..terms(lease_s) }).deadline_ms() / 1000
    };
    assert_eq!(odd(Some(100), Some(200), 3600), 100);
    assert_eq!(odd(Some(5000), None, 3600), 3150);
    assert_eq!(odd(Some(300), Some(200), 3600), 200);
    assert_eq!(odd(Some(0), Some(0), 0), 30);
    assert_eq!(odd(None, None, u32::MAX), u64::from(u32::MAX) / 2);
}

/// Whatever servers say in whatever order: an address is used only when granted, and never beyond its lease.
#[test]
fn no_history_uses_an_address_beyond_its_lease() {
    let mut random = 1_u64;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut client = Client::new(0);
    let (mut now_ms, mut used_until_ms) = (0, None);
    for _ in 0..300_000 {
        let chance = u32::try_from(next(1 << 31)).expect("31 bits fit");
        let acts = match next(6) {
            0 => client.hear(OFFER, now_ms, chance),
            1 => client.hear(Heard::Refused, now_ms, chance),
            2 => {
                client.hear(Heard::Granted(terms(u32::try_from(next(9000)).expect("small"))), now_ms, chance)
            }
            _ => {
                now_ms = now_ms.max(client.deadline_ms());
                client.tick(now_ms, chance)
            }
        };
        for act in acts {
            match act {
                Act::Use(terms) => used_until_ms = Some(now_ms + u64::from(terms.lease_s).max(60) * 1000),
                Act::Lose => used_until_ms = None,
                Act::Say(..) => {}
            }
        }
        assert!(used_until_ms.is_none_or(|until_ms| client.deadline_ms() <= until_ms), "at {now_ms} ms");
    }
}
