use super::*;
use crate::scratch::Scratch;

fn trial(scratch: &Scratch) -> Trial {
    let installed = scratch.path().join("limpet");
    fs::write(&installed, "old").expect("write");
    let trial = Trial::of(&installed);
    trial.begin(b"new").expect("begin");
    assert!(trial.is_open());
    trial
}

fn in_place(trial: &Trial) -> String {
    assert!(!trial.is_open());
    fs::read_to_string(&trial.installed).expect("read")
}

#[test]
fn what_passes_stays_and_what_fails_goes() {
    let scratch = Scratch::new("trial");
    let passes = trial(&scratch);
    passes.pass().expect("pass");
    assert_eq!(in_place(&passes), "new");
    passes.pass().expect("nothing is left to do");
    let fails = trial(&scratch);
    fails.fail().expect("fail");
    assert_eq!(in_place(&fails), "old");
    fails.fail().expect("it is back already");
    assert_eq!(in_place(&fails), "old");
}

#[test]
fn what_was_kept_knows_its_place() {
    let trial = Trial::of(Path::new("/usr/local/bin/limpet"));
    assert_eq!(trial.before, Path::new("/usr/local/bin/.limpet.old"));
    assert_eq!(Trial::kept_as(&trial.before), Some(trial));
    assert_eq!(Trial::kept_as(Path::new("/usr/local/bin/limpet")), None);
}
