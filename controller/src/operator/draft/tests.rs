use super::*;
use crate::operator::content::Stamp;
use limpet_fleet::rollout::{Share, Strategy};
use limpet_protocol::app::{App, Workload};
use limpet_protocol::fleet::{FleetId, Keyring, Root};
use limpet_trust::sign::seal;

const NOW_S: u64 = 200;
const FLEET: FleetId = FleetId([3; 32]);
const BOARD: BoardId = BoardId(PublicKey([9; 32]));

fn secret(seed: u8) -> Secret {
    Secret::from_seed(&[seed; 32]).unwrap()
}

fn root(generation: u64) -> Vec<u8> {
    let ring = |secrets: &[Secret], threshold| Keyring {
        keys: secrets.iter().map(Secret::public).collect(),
        threshold,
    };
    let (root, deploy) = (ring(&[secret(1)], 1), ring(&[secret(2), secret(3), secret(4)], 2));
    let root = Root { fleet: FLEET, generation, issued_s: 100, expires_s: 10_000, root, deploy };
    seal(&[&secret(1)], &root).unwrap()
}

fn content(image: &str) -> Content {
    let image = format!("{image}@sha256:{}", "1".repeat(64));
    let app =
        App { name: "web".to_owned(), workloads: vec![Workload::new("main", &image)], volumes: Vec::new() };
    Content { apps: vec![app], ..Content::default() }
}

fn sealed(by: u8, after: &Content, before: &Content) -> BoardUpload {
    let stamp = Stamp { fleet: FLEET, root_generation: 1, issued_s: 150, expires_s: 1000 };
    let seal = |content: &Content, generation| {
        base64(&seal(&[&secret(by)], &content.desired(stamp, BOARD, generation)).unwrap())
    };
    BoardUpload { board: BOARD.to_string(), desired: seal(after, 5), undo: seal(before, 6) }
}

fn draft(upload: BoardUpload) -> Draft {
    let strategy = Strategy {
        canary: Share::Count(1),
        batch: Share::Percent(25),
        soak_s: 0,
        failures: Share::Count(0),
        undo: true,
        patience_s: 60,
    };
    let rollout = NewRollout { subject: "web".into(), note: String::new(), strategy, boards: vec![upload] };
    Draft { limpet_draft: FORM, roots: vec![base64(&root(1))], names: BTreeMap::new(), rollout }
}

fn chain() -> Chain {
    Chain::first(&root(1)).unwrap()
}

#[test]
fn signatures_come_together_until_a_board_takes_it() {
    let mut draft = draft(sealed(2, &content("new"), &content("old")));
    let chain = draft.chain(chain(), NOW_S).unwrap();
    assert_eq!(draft.open(&chain, NOW_S).unwrap().signed, [secret(2).public()]);
    let bytes = |draft: &Draft| from_base64(&draft.rollout.boards[0].desired).unwrap();
    assert!(chain.desired(&bytes(&draft), BOARD).is_err(), "one of two counted as enough");
    draft.sign(&secret(4)).unwrap();
    assert_eq!(draft.open(&chain, NOW_S).unwrap().signed, [secret(2).public(), secret(4).public()]);
    assert_eq!(chain.desired(&bytes(&draft), BOARD).unwrap().generation, 5);
}

#[test]
fn what_is_shown_is_all_of_it_whatever_is_said_to_have_been_before() {
    let opened = |upload| draft(upload).open(&chain(), NOW_S).unwrap();
    let both = opened(sealed(2, &content("slipped"), &content("slipped")));
    assert_eq!(both.boards[0].lines(), ["web/main: new, slipped@111111111111"]);
    let other = opened(sealed(2, &Content::default(), &content("old")));
    assert_eq!(other.boards[0].lines(), ["nothing", "when undone: web/main: new, old@111111111111"]);
}

#[test]
fn what_boards_would_refuse_is_refused() {
    let refused = |upload: BoardUpload, now_s: u64| {
        let failure = draft(upload).open(&chain(), now_s).unwrap_err();
        failure.line
    };
    let good = || sealed(2, &content("new"), &content("old"));
    assert!(refused(sealed(7, &content("new"), &content("old")), NOW_S).contains("does not name"));
    assert!(refused(good(), 1001).contains("expired"));
    let other = BoardUpload { board: "08".repeat(32), ..good() };
    assert!(refused(other, NOW_S).contains("another board"));
    let turned = BoardUpload { desired: good().undo, undo: good().desired, ..good() };
    assert!(refused(turned, NOW_S).contains("higher generation"));
    let mixed = BoardUpload { undo: sealed(3, &content("new"), &content("old")).undo, ..good() };
    assert!(refused(mixed, NOW_S).contains("the same keys"));
    let forged = BoardUpload { desired: good().desired.replace('A', "B"), ..good() };
    assert!(draft(forged).open(&chain(), NOW_S).is_err());
    let nobody =
        Draft { rollout: NewRollout { boards: Vec::new(), ..draft(good()).rollout }, ..draft(good()) };
    assert!(nobody.open(&chain(), NOW_S).is_err());
    let next = chain().next(&root(2), NOW_S).unwrap();
    assert!(draft(good()).open(&next, NOW_S).unwrap_err().line.contains("root is 2 now"));
}

#[test]
fn a_file_comes_back_as_it_was_written_and_no_other_form_is_read() {
    let directory = std::env::temp_dir().join(format!("limpet-draft-{}", std::process::id()));
    let draft = draft(sealed(2, &content("new"), &content("old")));
    files::replace(&directory.join("a"), &draft.bytes().unwrap()).unwrap();
    let again = Draft::read(&directory.join("a")).unwrap();
    assert_eq!(again.bytes().unwrap(), draft.bytes().unwrap());
    let later = Draft { limpet_draft: FORM + 1, ..draft };
    files::replace(&directory.join("a"), &later.bytes().unwrap()).unwrap();
    let refused = Draft::read(&directory.join("a"));
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(refused.unwrap_err().line.contains("newer limpetctl"));
}
