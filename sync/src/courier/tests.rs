use super::*;
use crate::wire::Purpose;
use limpet_fetcher::wire::receive;

fn pair() -> (Courier, UnixStream) {
    let terms = Terms {
        url: "https://controller:8443".to_owned(),
        pin: [7; 32],
        proxies: limpet_fetcher::proxy::ProxyVariables::default(),
        purpose: Purpose::Enrol,
    };
    let (courier, theirs) = Courier::pair(&terms).expect("a socket pair");
    let mut theirs = UnixStream::from(theirs);
    let terms: Terms = receive(&mut theirs).expect("readable").expect("terms");
    assert_eq!((terms.pin, terms.purpose), ([7; 32], Purpose::Enrol));
    (courier, theirs)
}

fn report(sequence: u64, size: usize) -> Told {
    Told::Report { sequence, urgent: false, bytes: vec![1; size] }
}

#[test]
fn messages_come_whole_and_in_order_however_they_are_cut() {
    let (mut courier, mut theirs) = pair();
    let envelope = vec![9; 100_000];
    let said = [Said::Connected, Said::Desired(&envelope), Said::Delivered("\"e\""), Said::Whole];
    let bytes: Vec<u8> = said.iter().flat_map(|said| frame(said).expect("short")).collect();
    let mut heard = 0;
    for part in bytes.chunks(777) {
        theirs.write_all(part).expect("room");
        while let Some(next) = courier.receive().expect("well formed") {
            assert_eq!(next, said[heard]);
            heard += 1;
        }
    }
    assert_eq!(heard, said.len());
    drop(theirs);
    assert!(matches!(courier.receive(), Err(Gone::Ended)));
    assert!(courier.come.capacity() <= READ_BYTES, "an envelope's memory is given back");
}

#[test]
fn nonsense_and_endless_messages_are_refused_before_they_fill_memory() {
    for bytes in [&[255; 4][..], &[0; 4], &[1, 0, 0, 0, 200], &[2, 0, 0, 0, 1, 9]] {
        let (mut courier, mut theirs) = pair();
        theirs.write_all(bytes).expect("room");
        assert!(matches!(courier.receive(), Err(Gone::Nonsense)), "{bytes:?}");
        assert!(courier.come.capacity() <= 2 * READ_BYTES);
    }
}

#[test]
fn the_newest_report_takes_the_place_of_those_that_nobody_took() {
    let (mut courier, mut theirs) = pair();
    let mut last = 0;
    while !courier.has_unsent() {
        last += 1;
        courier.send(&report(last, 60_000)).expect("kept");
    }
    for sequence in last + 1..last + 100 {
        courier.send(&report(sequence, 60_000)).expect("kept");
    }
    courier.send(&Told::Hurry).expect("kept");
    let mut heard = Vec::new();
    while heard.last() != Some(&(last + 99)) {
        match receive::<Told>(&mut theirs).expect("readable") {
            Some(Told::Report { sequence, .. }) => heard.push(sequence),
            other => assert_eq!(other, Some(Told::Hurry)),
        }
        courier.flush().expect("there");
    }
    assert_eq!(heard.len() as u64, last + 1, "those that were under way, and the newest");
}

#[test]
fn answers_that_nobody_takes_do_not_pile_up() {
    let (mut courier, _theirs) = pair();
    let seen = Told::Seen("x".repeat(100));
    let result = (0..1_000_000).find_map(|_| courier.send(&seen).err());
    assert!(matches!(result, Some(Gone::Nonsense)));
}
