//! The one place that decides and acts: messages in, events to the decisions, their actions out.
//!
//! Everything here runs to its end without waiting. What waits is a task ([`super::keepers`], [`super::clients`]) or a
//! child ([`super::jobs`]).

mod answers;
mod carry;
mod fleet;
mod own;
mod post;
mod requests;
mod scrub;
mod shown;
mod updates;
mod wake;

use crate::board::Board;
use crate::failure::Failure;
use crate::fleet::Files;
use crate::ledger::Ledger;
use crate::sorted::SortedMap;
use crate::supervise::clients::Outbox;
use crate::supervise::cut::Cut;
use crate::supervise::facts::Care;
use crate::supervise::fleet::Fleet;
use crate::supervise::jobs::Jobs;
use crate::supervise::journal::Journal;
use crate::supervise::keepers::Keepers;
use crate::supervise::mailbox::Message;
use crate::supervise::notify::Notifier;
use crate::supervise::post::Post;
use crate::supervise::reactor::now;
use crate::supervise::registry::Registry;
use crate::supervise::reserve::Reserve;
use crate::supervise::scrubbing::Scrubbing;
use crate::supervise::tasks::Tasks;
use limpet_plan::{AppId, Event, InstanceId, Tick, Turn, World, deadline, step};
use limpet_protocol::ledger::Update;
use std::collections::VecDeque;

/// How long a clean end of the board may take unless it is said.
pub(crate) const SHUTDOWN_MS: u64 = 60_000;

/// Why the supervisor ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was asked to; the containers go on.
    Left,
    /// Every container was stopped, as far as that could be proved.
    Off {
        /// It could.
        clean: bool,
    },
    /// Another file of this program takes over.
    Upgrade {
        /// Its path.
        program: String,
    },
}

/// Somebody who waits for an app.
#[derive(Debug)]
struct Watcher {
    app: String,
    outbox: Outbox,
    /// What it was last told.
    told: Option<Vec<limpet_protocol::control::Instance>>,
}

/// The supervisor.
pub(crate) struct Daemon<'a> {
    board: &'a Board,
    tasks: Tasks,
    world: Box<World>,
    events: VecDeque<Event>,
    registry: Registry,
    ledger: Ledger,
    keepers: Keepers,
    jobs: Jobs,
    /// Looks that wait until no child works on the instance.
    looks: SortedMap<InstanceId, Turn>,
    /// What the last failed effect of an instance said.
    errors: SortedMap<InstanceId, String>,
    /// What is wrong and belongs to no instance.
    troubles: Vec<String>,
    /// Apps whose `up` has not been reached yet.
    unsettled: SortedMap<AppId, ()>,
    /// What has become of the last update of each app, as the ledger has it.
    updates: SortedMap<AppId, Update>,
    watchers: Vec<Watcher>,
    journal: Journal,
    notifier: Notifier,
    reserve: Reserve,
    scrubbing: Scrubbing,
    fleet: Fleet,
    post: Post,
    telling: post::Telling,
    cut: Cut,
    shutting_down: Vec<Outbox>,
    care: Care,
    end: Option<End>,
}

impl<'a> Daemon<'a> {
    /// One that knows nothing yet. `seed` keeps boards that are alike apart.
    #[must_use]
    pub(crate) fn new(
        board: &'a Board,
        tasks: Tasks,
        jobs: Jobs,
        notifier: Notifier,
        (reserve, scrubbing): (Reserve, Scrubbing),
        (seed, instance): (u64, [u8; 16]),
    ) -> Self {
        let files = Files::new(board.globals.root.as_ref(), board.state());
        Self {
            board,
            tasks,
            world: World::new(seed),
            events: VecDeque::new(),
            registry: Registry::default(),
            ledger: Ledger::new(board.globals.root.as_ref()),
            keepers: Keepers::default(),
            jobs,
            looks: SortedMap::default(),
            errors: SortedMap::default(),
            troubles: Vec::new(),
            unsettled: SortedMap::default(),
            updates: SortedMap::default(),
            watchers: Vec::new(),
            journal: Journal::default(),
            notifier,
            reserve,
            scrubbing,
            fleet: Fleet::new(files.clone()),
            post: Post::new(files, instance),
            telling: post::Telling::default(),
            cut: Cut::from_environment(),
            shutting_down: Vec::new(),
            care: Care::Asked,
            end: None,
        }
    }

    /// Finds out how things are, then keeps them as they should be, until it is to end.
    ///
    /// # Errors
    /// The kernel does not let it wait.
    pub(crate) fn run(&mut self) -> Result<End, Failure> {
        let _bell = self.jobs.listen(&self.tasks);
        self.wake();
        self.notifier.ready("keeping what should run running");
        loop {
            self.tasks.run();
            self.work();
            // What was begun just now says what it waits for, before this sleeps.
            self.tasks.run();
            if let Some(end) = self.end.take() {
                return Ok(end);
            }
            if self.tasks.mailbox.is_empty() {
                self.sleep()?;
            }
        }
    }

    /// Takes all that has happened, and does what follows from it.
    fn work(&mut self) {
        for finished in self.jobs.harvest() {
            self.job_ended(&finished);
            self.decide();
        }
        while let Some(message) = self.tasks.mailbox.take() {
            self.doubt_telling();
            self.hear(message);
            self.decide();
        }
        if deadline(&self.world).is_some_and(|deadline| deadline <= now()) {
            self.events.push_back(Event::Woke);
        }
        if let Some(space) = self.reserve.check(now()) {
            self.events.push_back(Event::Space(space));
        }
        self.decide();
        self.scrub();
        self.settle();
        self.follow();
        self.mind_post();
        self.tell_watchers();
        self.notifier.beat(now());
    }

    fn decide(&mut self) {
        while let Some(event) = self.events.pop_front() {
            for action in step(&mut self.world, event, now()) {
                self.carry_out(action);
            }
        }
    }

    fn sleep(&self) -> Result<(), Failure> {
        let deadlines = [
            deadline(&self.world),
            self.notifier.deadline(),
            self.reserve.deadline(),
            self.scrubbing.deadline(),
            self.fleet.deadline(),
            self.post.deadline(),
            self.telling.deadline().filter(|_| self.post.is_running()),
        ];
        let earliest: Option<Tick> = deadlines.into_iter().flatten().min();
        Ok(self.tasks.reactor.turn(earliest)?)
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Job(finished) => self.job_ended(&finished),
            Message::Rung => self.jobs.hurry(&self.tasks),
            Message::Ended { id, exit } => self.run_ended(id, &exit),
            Message::Lost { id, run } => self.run_lost(id, run),
            Message::Again(id) => self.events.push_back(Event::Poked { id }),
            Message::Signal(number) => self.signal(number),
            Message::Client(asked) => self.serve(asked),
            Message::Post => self.hear_post(),
            Message::PostWritable => self.flush_post(),
        }
    }

    /// SIGTERM and SIGINT end the supervisor and leave the containers running; SIGPWR is for the end of the board.
    fn signal(&mut self, number: i32) {
        if number == super::SIGNAL_SHUTDOWN {
            self.shut_down(SHUTDOWN_MS);
        } else {
            self.end = Some(End::Left);
        }
    }

    fn shut_down(&mut self, within_ms: u64) {
        self.notifier.stopping(within_ms);
        self.care_for_all();
        self.events.push_back(Event::Shutdown { within_ms });
    }

    /// Something is wrong that belongs to no container. The oldest is forgotten where there are many.
    pub(crate) fn trouble(&mut self, text: String) {
        const TROUBLES_MAX: usize = 32;
        crate::screen::complain(&text);
        if self.troubles.len() >= TROUBLES_MAX {
            self.troubles.remove(0);
        }
        self.troubles.push(text);
    }
}
