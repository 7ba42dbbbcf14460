//! The supervisor is killed between any two things that it does for an app, and each of its wishes comes true all the same.

use native_tests::{App, Limpet, Line, until};

/// More boundaries than the story has.
const CUTS_MAX: u32 = 300;
/// Fewest boundaries that can be meant: two containers are made, started, stopped and removed, one of them twice, with a
/// boundary before and after each.
const CUTS_MIN: usize = 40;

/// A person types it, and sees the supervisor go away under it at most once. Whether it did not.
fn typed(line: &mut Line<'_>, app: &App<'_>, verb: &str) -> bool {
    let outcome = app.try_to(&[verb], &[]);
    if outcome.code != 0 {
        until("the supervisor is gone, as nothing else is wrong", || {
            let was_cut = line.was_cut();
            line.mind();
            (line.was_cut() && !was_cut).then_some(())
        });
    }
    outcome.code == 0
}

fn file(colour: &str) -> String {
    let colour = format!("environment: {{COLOUR: {colour}}}");
    let web = App::service("web", &["restart: always", "depends_on: [db]", &colour]);
    web + &App::service("db", &["restart: always"])
}

fn colour(limpet: &Limpet) -> String {
    limpet.try_to(&["exec", "shop-web-1", "sh", "-c", "echo $COLOUR"]).text().to_owned()
}

/// When it was, as text that sorts.
fn started(limpet: &Limpet, name: &str) -> String {
    let at = limpet.field(name, "/State/StartedAt");
    at.as_str().expect("a time").trim_end_matches('Z').to_owned()
}

/// An app comes up, is changed, and goes. Says whether the supervisor was cut off in it.
fn story(limpet: &Limpet, cut: u32) -> bool {
    let mut line = Line::cut_at(limpet, cut);
    let app = App::new(limpet, "shop", &file("red"));
    line.until("it answers", |limpet| limpet.try_to(&["app", "ls"]).code == 0);

    // What was cut off before it was in the ledger is not wanted; what was in it comes up without anybody's word.
    if !typed(&mut line, &app, "up") && !app.is_recorded() {
        assert!(limpet.ids().is_empty(), "cut {cut}: nothing was promised, and nothing done");
        app.up();
    }
    line.until("both run", |limpet| {
        ["shop-db-1", "shop-web-1"].map(|name| limpet.pid_of(name)).iter().all(Option::is_some)
    });
    line.until("both have begun", |_| app.diary().len() >= 2);
    let mut begun = app.diary();
    // Who is started first need not be the first to write.
    begun.sort();
    assert_eq!(begun, ["db begun", "web begun"], "cut {cut}: each once");
    assert!(started(limpet, "shop-db-1") < started(limpet, "shop-web-1"), "cut {cut}: in order");
    let db = app.instances().remove(0);

    app.write(&file("blue"));
    if !typed(&mut line, &app, "up") {
        let comes = until("it is the one or the other", || match colour(limpet).as_str() {
            "red" if app.try_to(&["app", "diff"], &["--exit-code"]).code == 1 => Some(false),
            "blue" => Some(true),
            _ => None,
        });
        // The change may have been cut off before it was in the ledger.
        if !comes {
            app.up();
        }
    }
    line.until("web is blue", |limpet| colour(limpet) == "blue");
    line.until("it has begun", |_| app.diary().len() >= 4);
    assert_eq!(app.diary()[2..], ["web asked", "web begun"], "cut {cut}");
    assert_eq!(app.instances()[0], db, "cut {cut}: the database was not touched");

    if !typed(&mut line, &app, "down") && app.is_recorded() {
        // Recorded as wanted or as going; if the first, the wish was lost with the connection.
        line.until("it goes, or is wanted", |limpet| {
            let listed = limpet.ok(&["app", "ls"]).stdout;
            !app.is_recorded() || !listed.contains("going down")
        });
        if app.is_recorded() {
            app.try_to(&["down"], &[]).ok();
        }
    }
    line.until("it is gone", |limpet| limpet.ids().is_empty() && !app.is_recorded());
    assert_eq!(app.diary()[4..], ["web asked", "db asked"], "cut {cut}: in reverse order, each once");
    line.mind();
    let was_cut = line.was_cut();
    drop(line);
    assert_eq!(limpet.leftovers(), Vec::<String>::new(), "cut {cut}");
    app.forget_diary();
    was_cut
}

#[test]
fn an_app_survives_its_supervisor_at_every_boundary() {
    let limpet = Limpet::with(&["busybox"]);
    let cuts = (1..CUTS_MAX).take_while(|cut| story(&limpet, *cut)).count();
    assert!((CUTS_MIN..CUTS_MAX as usize - 1).contains(&cuts), "{cuts} boundaries were tried");
    println!("{cuts} boundaries were tried");
}
