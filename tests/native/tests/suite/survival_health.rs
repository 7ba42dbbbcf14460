//! The supervisor is killed between any two things that it does about health: a container that falls ill is restarted, an app
//! whose services wait for each other to be healthy comes up, is restarted and goes with its volume, and the board ends.

use native_tests::{App, Limpet, Line, Outcome, until};

/// More boundaries than a story has.
const CUTS_MAX: u32 = 200;
/// Boards at a time.
const LANES: u32 = 3;
/// Fewest boundaries that can be meant: a probe, a stop, a start, a probe and the two stops of a shutdown; two services that
/// are made, started, probed, stopped, started, probed, stopped and removed; with a boundary before and after each.
const CUTS_MIN_ILL: usize = 12;
const CUTS_MIN_APP: usize = 32;

/// Goes through all boundaries of a story, some boards at a time: it waits most of its time.
fn every_boundary(story: fn(&Limpet, u32) -> bool, cuts_min: usize) {
    let lane = |first: u32| {
        let limpet = Limpet::with(&["busybox"]);
        let cuts = (first..CUTS_MAX).step_by(LANES as usize);
        cuts.take_while(|cut| story(&limpet, *cut)).count()
    };
    let cuts: usize = std::thread::scope(|scope| {
        let lanes: Vec<_> = (1..=LANES).map(|first| scope.spawn(move || lane(first))).collect();
        lanes.into_iter().map(|lane| lane.join().expect("a lane ends by its own assertions")).sum()
    });
    assert!((cuts_min..CUTS_MAX as usize - 1).contains(&cuts), "{cuts} boundaries were tried");
    println!("{cuts} boundaries were tried");
}

/// A person types it, and sees the supervisor go away under it at most once. Whether it did not.
fn typed(line: &mut Line<'_>, outcome: &Outcome) -> bool {
    if outcome.code != 0 {
        until("the supervisor is gone, as nothing else is wrong", || {
            let was_cut = line.was_cut();
            line.mind();
            (line.was_cut() && !was_cut).then_some(())
        });
    }
    outcome.code == 0
}

/// Who is, by name.
fn healthy(limpet: &Limpet) -> Vec<String> {
    let said = limpet.ok(&["ps", "--filter", "health=healthy", "--format", "{{.Names}}"]);
    let mut names: Vec<String> = said.lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// Ill in its first run, and well in its second.
const ILL_ONCE: &str = "trap 'exit 0' TERM; if test -e /once; then rm -f /ill; else touch /once /ill; fi; \
                        echo begun; while :; do sleep 1000 & wait; done";
const STEADY: &str = "trap 'echo asked; exit 0' TERM; echo begun; while :; do sleep 1000 & wait; done";

/// Says whether the supervisor was cut off in it.
fn illness(limpet: &Limpet, cut: u32) -> bool {
    let mut line = Line::cut_at(limpet, cut);
    let check = ["--health-cmd", "test ! -e /ill", "--health-interval", "200ms", "--health-retries", "1"];
    let made = ["--name", "ill", "--on-unhealthy", "restart"];
    limpet.detached(&[&made, &check[..], &["busybox", "sh", "-c", ILL_ONCE]].concat());
    line.until(&format!("cut {cut}: it has begun twice, and is well"), |limpet| {
        limpet.logged("ill", "begun") == 2 && healthy(limpet) == ["ill"]
    });
    assert_eq!(limpet.field("ill", "/State/ExitCode"), 0, "cut {cut}: it was asked to end");
    limpet.ok(&["rm", "-f", "ill"]);
    limpet.detached(&["--name", "keep", "--restart", "always", "busybox", "sh", "-c", STEADY]);
    limpet.until_logged("keep", "begun");

    // A shutdown that was cut off was told to nobody but who typed it.
    let mut words = 0;
    loop {
        words += 1;
        assert!(words <= 3, "cut {cut}: there is one cut");
        let said = limpet.try_to(&["shutdown", "-t", "20"]);
        if line.is_off() {
            assert!(said.code == 0 || line.was_cut(), "cut {cut}: {said:#?}");
            break;
        }
        // One that runs again by its policy is to hear the next word.
        until("it runs", || limpet.pid_of("keep"));
    }
    assert_eq!(limpet.pid_of("keep"), None, "cut {cut}: the board may go off");
    assert_eq!(limpet.field("keep", "/State/ExitCode"), 0, "cut {cut}: it ended well");
    let (begun, asked) = (limpet.logged("keep", "begun"), limpet.logged("keep", "asked"));
    assert!(begun == asked && begun <= words, "cut {cut}: begun {begun}, asked {asked}, {words} words");
    let was_cut = line.was_cut();
    drop(line);
    limpet.ok(&["rm", "-f", "keep"]);
    was_cut
}

#[test]
fn what_falls_ill_is_restarted_once_and_a_shutdown_ends_at_every_boundary() {
    every_boundary(illness, CUTS_MIN_ILL);
}

const BOTH: [&str; 2] = ["shop-db-1", "shop-web-1"];

fn file() -> String {
    // Asked at once, and once; and not well before it has written that it begins.
    let check = "healthcheck: {test: test -e /well, interval: 1h, start_period: 1h, start_interval: 50ms}";
    let service = |name: &str, more: &[&str]| {
        let script = format!(
            "trap 'rm /well; echo {name} asked >> /diary/lines; exit 0' TERM; \
             echo {name} begun >> /diary/lines; touch /well; while :; do sleep 1000 & wait; done"
        );
        App::scripted(name, &script, &[&[check], more].concat())
    };
    let db = service("db", &[]).replace("DIARY:/diary\"", "DIARY:/diary\", \"data:/data\"");
    service("web", &["depends_on: {db: {condition: service_healthy}}"]) + &db + "volumes: {data: {}}\n"
}

/// Each begins, and is asked to end before it begins again; web only begins and ends while db is there.
fn is_in_order(diary: &[String]) -> bool {
    let (mut db, mut web) = (false, false);
    diary.iter().all(|line| match line.as_str() {
        "db begun" => !std::mem::replace(&mut db, true) && !web,
        "db asked" => std::mem::replace(&mut db, false) && !web,
        "web begun" => db && !std::mem::replace(&mut web, true),
        "web asked" => db && std::mem::replace(&mut web, false),
        _ => false,
    })
}

fn story(limpet: &Limpet, cut: u32) -> bool {
    let mut line = Line::cut_at(limpet, cut);
    let app = App::new(limpet, "shop", &file());
    line.until("it answers", |limpet| limpet.try_to(&["app", "ls"]).code == 0);
    if !typed(&mut line, &app.try_to(&["up"], &[])) && !app.is_recorded() {
        assert!(limpet.ids().is_empty(), "cut {cut}: nothing was promised, and nothing done");
        app.up();
    }
    line.until(&format!("cut {cut}: both are healthy"), |limpet| healthy(limpet) == BOTH);
    line.until("both have begun", |_| app.diary().len() >= 2);
    assert_eq!(app.diary(), ["db begun", "web begun"], "cut {cut}: in order, each once");
    let volume = limpet.root().join("volumes/shop_data");
    assert!(volume.exists(), "cut {cut}");
    let made = app.instances().iter().map(|(_, id, _)| id.clone()).collect::<Vec<_>>();

    if !typed(&mut line, &limpet.try_to(&["app", "restart", "shop"])) {
        line.until("it is as it was, or anew", |limpet| healthy(limpet) == BOTH);
        limpet.ok(&["app", "restart", "shop"]);
    }
    line.until(&format!("cut {cut}: both are healthy again"), |limpet| {
        healthy(limpet) == BOTH && app.diary().ends_with(&["web begun".to_owned()])
    });
    let diary = app.diary();
    assert!(is_in_order(&diary) && (diary.len() == 6 || line.was_cut()), "cut {cut}: {diary:?}");
    let still: Vec<_> = app.instances().iter().map(|(_, id, _)| id.clone()).collect();
    assert_eq!(still, made, "cut {cut}: no container was made anew");

    if !typed(&mut line, &app.try_to(&["down", "-v"], &[])) && app.is_recorded() {
        line.until("it goes, or is wanted", |limpet| {
            !app.is_recorded() || !limpet.ok(&["app", "ls"]).stdout.contains("going down")
        });
        if app.is_recorded() {
            app.try_to(&["down", "-v"], &[]).ok();
        }
    }
    line.until("it is gone", |limpet| limpet.ids().is_empty() && !app.is_recorded());
    assert!(is_in_order(&app.diary()) && app.diary().ends_with(&["db asked".to_owned()]), "cut {cut}");
    assert!(!volume.exists(), "cut {cut}: its volume went with it");
    line.mind();
    let was_cut = line.was_cut();
    drop(line);
    assert_eq!(limpet.leftovers(), Vec::<String>::new(), "cut {cut}");
    app.forget_diary();
    was_cut
}

#[test]
fn an_app_that_waits_for_health_is_restarted_and_goes_at_every_boundary() {
    every_boundary(story, CUTS_MIN_APP);
}
