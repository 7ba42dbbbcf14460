//! Following what a fleet wants: judging, fetching, beginning, telling.
//!
//! What is wanted is compared anew with what is known each time that something happened; nothing is remembered of why
//! something was begun.

use super::Daemon;
use super::updates::Origin;
use crate::act::status;
use crate::failure::Failure;
use crate::fleet::Begun;
use crate::sorted::SortedMap;
use crate::supervise::clients::Outbox;
use crate::supervise::fleet::report::{Identity, Outcome, report, short};
use crate::supervise::fleet::steps::{Kept, Known, Step, steps};
use crate::supervise::fleet::{Delivery, LOOK_EVERY_MS, windows};
use crate::supervise::jobs::{Finished, Purpose};
use crate::supervise::reactor::now;
use limpet_plan::{Event, Turn};
use limpet_protocol::app::App;
use limpet_protocol::control::{Event as Happened, Reply};
use limpet_protocol::fleet::report::{Held, Progress, Report, Stamp};
use limpet_protocol::ledger::{Course, Entry, Phase, Update};
use limpet_runner::keeper::now_ns;
use limpet_trust::Quality;

/// How troubles of the fleet begin.
const FLEET: &str = "fleet: ";

impl Daemon<'_> {
    /// At the start: what was begun, and what is wanted.
    pub(super) fn wake_fleet(&mut self) {
        self.read_begun();
        self.look_at_fleet();
    }

    /// Its files may have changed: the board joined, or left.
    pub(super) fn look_at_fleet(&mut self) {
        self.look_at_post();
        if self.fleet.files.is_member() {
            // Already enough of them, or not.
            self.fleet.deliver(Delivery::default()).ok();
        } else if self.fleet.outline.take().is_some() {
            self.read_begun();
        }
        self.fleet.is_stale = true;
    }

    fn read_begun(&mut self) {
        self.fleet.begun = SortedMap::default();
        let names = self.fleet.files.begun_names().unwrap_or_else(|error| {
            self.trouble(format!("{FLEET}{}", Failure::from(error)));
            Vec::new()
        });
        for name in names {
            match self.fleet.files.begun(&name) {
                Ok(Some(begun)) => drop(self.fleet.begun.insert(name, begun)),
                Ok(None) => {}
                // The app is the fleet's; which version it has is not known, so it is handed on again.
                Err(error) => {
                    self.fleet.begun.insert(name, Begun { version: 0, known_as: 0 });
                    self.trouble(format!("{FLEET}{}", Failure::from(error)));
                }
            }
        }
    }

    /// Documents that somebody has brought.
    pub(super) fn apply(&mut self, files: Vec<String>, outbox: Outbox) {
        if let Err(turned_away) = self.fleet.deliver(Delivery { files, outbox: Some(outbox), etag: None })
            && let Some(outbox) = turned_away.outbox
        {
            outbox.put(&Reply::Refused("too much waits to be judged; try again".to_owned()));
        }
    }

    /// Does what is due.
    pub(super) fn follow(&mut self) {
        let is_due = self.fleet.deadline().is_some_and(|at| at <= now());
        if !self.fleet.is_stale && !is_due {
            return;
        }
        self.fleet.is_stale = false;
        self.fleet.look_at = None;
        if let Some(files) = self.fleet.next_delivery() {
            let words: Vec<String> = std::iter::once("take".to_owned()).chain(files).collect();
            self.order(None, Turn::UNASKED, Purpose::Judge, &words);
        }
        self.take_steps();
    }

    fn take_steps(&mut self) {
        let steps = self.steps();
        self.fleet.held = None;
        if steps.iter().any(Step::is_change) || self.own_is_ready() {
            self.fleet.held = self.held();
        }
        if self.fleet.held.is_some() {
            self.look_after(LOOK_EVERY_MS);
        }
        for step in steps {
            match step {
                Step::Fetch(app) => self.fetch(&app),
                Step::Forget(app) => self.forget_app(&app),
                Step::Begin(_) | Step::Leave(_) if self.fleet.held.is_some() => {}
                Step::Begin(app) => self.begin(&app),
                Step::Leave(app) => self.leave(&app),
            }
        }
        self.follow_own(self.fleet.held.is_none());
    }

    fn steps(&mut self) -> Vec<Step> {
        let Some(outline) = self.fleet.outline.as_ref().filter(|outline| outline.state.is_some()) else {
            return Vec::new();
        };
        let wanted = outline.apps().to_vec();
        let Ok(names) = self.ledger.names() else { return Vec::new() };
        let kept = |name: String| match self.ledger.get(&name) {
            Ok(Some(Entry { phase: Phase::Down { .. }, .. })) => Some((name, Kept::Leaving)),
            Ok(Some(Entry { phase: Phase::Up { .. }, .. })) => Some((name, Kept::Up)),
            Ok(None) | Err(_) => None,
        };
        let ledger: SortedMap<String, Kept> = names.into_iter().filter_map(kept).collect();
        let Self { fleet, .. } = self;
        steps(&wanted, Known { begun: &fleet.begun, ready: &fleet.ready, ledger: &ledger })
    }

    /// Why no change may begin now.
    fn held(&self) -> Option<Held> {
        let globals = &self.board.globals;
        if crate::lock::held(globals.root.as_ref(), globals.state.as_ref()).is_some() {
            return Some(Held::Locked);
        }
        let outline = self.fleet.outline.as_ref()?;
        let windows = &outline.state.as_ref()?.windows;
        let known_s = match crate::fleet::clock().now(outline.floor_s) {
            (now_s, Quality::Synchronised) => Some(now_s),
            (_, Quality::Floor) => None,
        };
        (!windows::is_open(windows, known_s)).then_some(Held::Window)
    }

    fn look_after(&mut self, ms: u64) {
        let at = now().after(ms);
        self.fleet.look_at = Some(self.fleet.look_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// One app at a time: boards are small.
    fn fetch(&mut self, app: &str) {
        let version = self.fleet.outline.as_ref().and_then(|outline| outline.version_of(app));
        if self.fleet.fetching.is_some() {
            return;
        }
        let failed = self.fleet.failed.get(app).filter(|failed| Some(failed.version) == version);
        if let Some(at) = failed.map(|failed| failed.at).filter(|at| *at > now()) {
            return self.look_after(at.since(now()));
        }
        self.cut.pass();
        self.fleet.fetching = Some(app.to_owned());
        self.order(None, Turn::UNASKED, Purpose::Fetch, &["fetch".to_owned(), app.to_owned()]);
    }

    /// A child that fetched has ended; `None` if there was none.
    pub(super) fn fetched(&mut self, finished: Option<&Finished>) {
        self.fleet.is_stale = true;
        let Some(app) = self.fleet.fetching.take() else { return };
        let version = self.fleet.outline.as_ref().and_then(|outline| outline.version_of(&app));
        let said = finished.and_then(|finished| finished.stdout.parse::<u64>().ok());
        match (finished.and_then(|finished| finished.status), said) {
            (Some(status::DONE), Some(fetched)) => {
                self.fleet.failed.remove(&app);
                self.fleet.ready.insert(app, fetched);
            }
            // Another state was taken meanwhile.
            (Some(status::DISAGREES), _) => {}
            _ => {
                let why = finished.map_or("no process could be started".to_owned(), Finished::said_last);
                let chance = now_ns() / 1000;
                self.fleet.fetch_failed(&app, version.unwrap_or_default(), why, now(), chance);
            }
        }
        self.cut.pass();
    }

    /// The child that judged has ended; `None` if there was none.
    pub(super) fn judged(&mut self, finished: Option<&Finished>) {
        self.fleet.is_stale = true;
        let Some(delivery) = self.fleet.judging.take() else { return };
        let refused = match finished {
            Some(finished) if finished.status == Some(status::DONE) => None,
            Some(finished) => Some(said_all(finished)),
            None => Some("no process could be started".to_owned()),
        };
        self.cut.pass();
        match self.fleet.files.outline() {
            Ok(outline) => self.learn_outline(outline),
            Err(error) => self.trouble(format!("{FLEET}{}", Failure::from(error))),
        }
        if !delivery.files.is_empty() {
            self.fleet.refused.clone_from(&refused);
        }
        if let Some(etag) = delivery.etag {
            let judged = finished.is_some_and(|f| matches!(f.status, Some(status::DONE | status::UNWELL)));
            self.fleet.files.remove_incoming();
            if judged { self.post.seen(etag, &self.tasks) } else { self.post.not_seen() }
        }
        let Some(outbox) = delivery.outbox else {
            return refused.into_iter().for_each(|why| self.trouble(format!("{FLEET}{why}")));
        };
        if let Some(text) = finished.map(|finished| finished.stdout.clone()).filter(|text| !text.is_empty()) {
            outbox.put(&Reply::Text(text));
        }
        outbox.put(&refused.map_or(Reply::Done, Reply::Refused));
    }

    fn learn_outline(&mut self, outline: Option<crate::fleet::Outline>) {
        let position =
            |outline: &Option<crate::fleet::Outline>| outline.as_ref().map(|outline| outline.position);
        // Whoever starts learns what it knew.
        if self.fleet.outline.is_some() && position(&outline) != position(&self.fleet.outline) {
            let text = position(&outline).map(|(root, generation)| format!("{root}.{generation}"));
            self.fleet_event("fleet_taken", "fleet", &[("generation", text.unwrap_or_default())]);
        }
        self.fleet.outline = outline;
    }

    /// Hands a version on, durably, whose images are all here.
    fn begin(&mut self, name: &str) {
        let Some(version) = self.fleet.ready.get(name).copied() else { return };
        let ready = self.fleet.files.ready().get(name);
        let result = match ready {
            Ok(Some(entry)) => self.hand_on(entry.app),
            Ok(None) => Err(Failure::new("what was fetched is gone")),
            Err(error) => Err(error.into()),
        };
        let done = result.and_then(|known_as| {
            let begun = Begun { version, known_as };
            self.fleet.files.put_begun(name, &begun)?;
            Ok(begun)
        });
        self.cut.pass();
        match done {
            Ok(begun) => {
                if !self.fleet.has(name) {
                    self.fleet_event("fleet_adopted", name, &[]);
                }
                self.fleet.begun.insert(name.to_owned(), begun);
            }
            Err(error) => {
                self.trouble(format!("{FLEET}app {name}: {error}"));
                let chance = now_ns() / 1000;
                self.fleet.fetch_failed(name, version, error.to_string(), now(), chance);
            }
        }
        // Either it is begun, or all of it is tried again.
        self.fleet.ready.remove(name);
        self.fleet.files.ready().remove(name).ok();
        self.fleet.is_stale = true;
    }

    /// What the ledger calls the version, now that it has it: as it is, or as the one that it put back.
    fn hand_on(&mut self, app: App) -> Result<u64, Failure> {
        let name = app.name.clone();
        let known_as = self.known_as(app.clone());
        let taken = self.take_in(app, Origin::Fleet, false);
        self.decide();
        let recorded = self.ledger.get(&name)?;
        let has = recorded.is_some_and(|entry| {
            entry.app.version() == known_as || entry.update.is_some_and(|update| update.version == known_as)
        });
        match taken {
            // It was tried before a cut, and put back since.
            Err(why) if !has => Err(Failure::new(why)),
            Ok(_) | Err(_) => Ok(known_as),
        }
    }

    /// See [`Begun::known_as`].
    fn known_as(&self, mut app: App) -> u64 {
        if let Ok(Some(recorded)) = self.ledger.get(&app.name) {
            app.keep_images_of(&recorded.app);
        }
        app.roll_back_by_default();
        app.version()
    }

    /// An app that the fleet no longer names goes; its volumes stay.
    fn leave(&mut self, name: &str) {
        let Ok(Some(entry)) = self.ledger.get(name) else { return };
        self.cut.pass();
        if let Err(error) =
            self.ledger.put(&Entry { phase: Phase::Down { volumes: false }, update: None, ..entry })
        {
            return self.trouble(format!("{FLEET}app {name}: {}", Failure::from(error)));
        }
        self.cut.pass();
        let app = self.registry.app(name);
        self.unsettled.remove(&app);
        self.updates.remove(&app);
        self.events.push_back(Event::Unwanted { app });
        self.decide();
    }

    fn forget_app(&mut self, name: &str) {
        match self.fleet.files.forget(name) {
            Ok(()) => {
                self.fleet.begun.remove(name);
                self.fleet.failed.remove(name);
                self.fleet.ready.remove(name);
            }
            Err(error) => self.trouble(format!("{FLEET}{}", Failure::from(error))),
        }
        self.cut.pass();
    }

    fn fleet_event(&mut self, action: &str, name: &str, attributes: &[(&str, String)]) {
        let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let (action, name) = (action.to_owned(), name.to_owned());
        self.journal.note(Happened { at_ns: now_ns(), action, container: None, name, attributes });
    }

    /// Why a person may not bring an app up or down: the fleet would do otherwise at once.
    pub(super) fn is_fleets(&self, app: &str) -> Option<String> {
        self.fleet.has(app).then(|| crate::fleet::is_fleets(app))
    }

    /// What the board tells its fleet; nothing if it is in none.
    pub(super) fn fleet_report(&self) -> Option<Report> {
        let floor_s = self.fleet.outline.as_ref()?.floor_s;
        let (seconds, quality) = crate::fleet::clock().now(floor_s);
        let at = Stamp { seconds, synchronised: quality == Quality::Synchronised };
        let uname = rustix::system::uname();
        let identity = Identity {
            name: uname.nodename().to_string_lossy().into_owned(),
            arch: uname.machine().to_string_lossy().into_owned(),
            version: crate::verbs::about::VERSION.to_owned(),
            kernel: uname.release().to_string_lossy().into_owned(),
        };
        let times = (at, now().0 / 1000, 0);
        Some(report(&identity, &self.fleet, &self.shown(), &self.outcomes(), times))
    }

    fn outcomes(&self) -> SortedMap<String, Outcome> {
        let names = self.ledger.names().unwrap_or_default();
        let outcome = |name: String| {
            let (progress, leaving) = match self.ledger.get(&name) {
                Ok(Some(entry)) => {
                    let leaving = matches!(entry.phase, Phase::Down { .. });
                    (far(&entry, self.fleet.begun.get(&name)), leaving)
                }
                Ok(None) => return None,
                Err(error) => (Progress::Failed(short(&Failure::from(error).to_string())), false),
            };
            Some((name, Outcome { progress, leaving }))
        };
        names.into_iter().filter_map(outcome).collect()
    }
}

/// How far an app is with the version that the fleet handed on last, or with what a person wanted.
fn far(entry: &Entry, begun: Option<&Begun>) -> Progress {
    let of_it = |update: &&Update| begun.is_none_or(|begun| begun.known_as == update.version);
    match entry.update.as_ref().filter(of_it) {
        Some(Update { course: Course::Going, .. }) => Progress::Updating,
        Some(Update { course: Course::Paused | Course::RevertPaused, why, .. }) => {
            Progress::Paused(short(why))
        }
        Some(Update { course: Course::Reverting | Course::Reverted, why, .. }) => {
            Progress::Reverted(short(why))
        }
        Some(Update { course: Course::Committed, .. }) => Progress::Committed,
        None if entry.is_well() => Progress::Committed,
        None => Progress::Updating,
    }
}

fn said_all(finished: &Finished) -> String {
    let lines: Vec<&str> =
        finished.stderr.lines().map(|line| line.strip_prefix("limpet: ").unwrap_or(line)).collect();
    if lines.is_empty() { finished.said_last() } else { lines.join("\n") }
}
