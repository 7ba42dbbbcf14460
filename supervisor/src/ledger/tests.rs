use super::*;
use crate::scratch::Scratch;
use limpet_protocol::ledger::Phase;

fn ledger_in(scratch: &Scratch) -> Ledger {
    Ledger::new(scratch.path())
}

fn entry(name: &str) -> Entry {
    let app = App { name: name.to_owned(), workloads: Vec::new(), volumes: vec!["data".to_owned()] };
    Entry { app, phase: Phase::Up { settled: false }, update: None }
}

#[test]
fn what_is_put_is_there_until_it_is_removed() {
    let scratch = Scratch::new("ledger-put");
    let ledger = ledger_in(&scratch);
    assert_eq!(ledger.names().expect("names"), Vec::<String>::new());
    assert_eq!(ledger.get("shop").expect("get"), None);
    ledger.put(&entry("shop")).expect("put");
    ledger.put(&entry("bar")).expect("put");
    assert_eq!(ledger.names().expect("names"), ["bar", "shop"]);
    assert_eq!(ledger.get("shop").expect("get"), Some(entry("shop")));
    let down = Entry { phase: Phase::Down { volumes: true }, ..entry("shop") };
    ledger.put(&down).expect("put");
    assert_eq!(ledger.get("shop").expect("get"), Some(down));
    ledger.remove("shop").expect("remove");
    ledger.remove("shop").expect("remove what is gone");
    assert_eq!(ledger.names().expect("names"), ["bar"]);
}

#[test]
fn a_damaged_record_is_an_error_and_hides_no_other() {
    let scratch = Scratch::new("ledger-damaged");
    let ledger = ledger_in(&scratch);
    ledger.put(&entry("shop")).expect("put");
    ledger.put(&entry("bar")).expect("put");
    let path = scratch.path().join("ledger/apps/shop");
    let bytes = fs::read(&path).expect("read");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("write");
    assert!(matches!(ledger.get("shop"), Err(LedgerError::Record { .. })));
    assert_eq!(ledger.get("bar").expect("get"), Some(entry("bar")));
    ledger.put(&entry("shop")).expect("a new one takes its place");
    assert_eq!(ledger.get("shop").expect("get"), Some(entry("shop")));
}

#[test]
fn what_was_not_renamed_was_not_committed() {
    let scratch = Scratch::new("ledger-aside");
    let ledger = ledger_in(&scratch);
    ledger.put(&entry("shop")).expect("put");
    fs::write(scratch.path().join("ledger/apps/bar.new"), b"LMPT").expect("write");
    assert_eq!(ledger.names().expect("names"), ["shop"]);
}

#[test]
fn nobody_but_root_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("ledger-mode");
    ledger_in(&scratch).put(&entry("shop")).expect("put");
    let mode = |path: &str| fs::metadata(scratch.path().join(path)).expect(path).permissions().mode() & 0o777;
    assert_eq!((mode("ledger/apps"), mode("ledger/apps/shop")), (0o700, 0o600));
}
