//! Restart policies, case by case, each with the sentence of docker's or compose's documentation that it holds to:
//!
//! - `[start]` <https://docs.docker.com/engine/containers/start-containers-automatically/>
//! - `[run]` <https://docs.docker.com/reference/cli/docker/container/run/#restart>
//! - `[deploy]` <https://docs.docker.com/reference/compose-file/deploy/#restart_policy>

use limpet_plan::{
    Action, Event, Exit, Facts, History, InstanceId, RunId, Spec, Status, Tick, Trouble, Turn, World,
    deadline, report, step,
};
use limpet_protocol::health::OnUnhealthy;
use limpet_protocol::restart::{RestartPolicy, When};

const ID: InstanceId = InstanceId(0);

/// A container on a board, as the decisions see it.
struct Board {
    world: Box<World>,
    policy: RestartPolicy,
    now: Tick,
    run: u64,
    exit: Option<Exit>,
    held: bool,
    history: Option<History>,
}

/// What follows from an end.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Rests,
    RestartsIn(u64),
}

impl Board {
    /// A container with this policy that runs, found by a supervisor at its start.
    fn running(policy: RestartPolicy) -> Self {
        let mut board = Self {
            world: World::new(1),
            policy,
            now: Tick(1_000),
            run: 1,
            exit: None,
            held: false,
            history: None,
        };
        board.supervisor_starts(true);
        board
    }

    fn running_with(when: When) -> Self {
        Self::running(RestartPolicy::plain(when))
    }

    fn facts(&self, runs: bool) -> Facts {
        let status = match (runs, self.exit) {
            (true, _) => Status::Running { run: RunId(self.run), ran_ms: 0, paused: false },
            (false, Some(exit)) => Status::Ended { run: RunId(self.run), exit },
            (false, None) => Status::Created,
        };
        let spec = Spec {
            restart: self.policy,
            health: None,
            on_unhealthy: OnUnhealthy::Report,
            grace_ms: Some(10_000),
        };
        Facts { role: None, spec, status, held: self.held, history: self.history }
    }

    fn tell(&mut self, event: Event) -> Vec<Action> {
        let actions: Vec<Action> = step(&mut self.world, event, self.now).into_iter().collect();
        for action in &actions {
            if let Action::Note { history, .. } = action {
                self.history = Some(*history);
            }
        }
        actions
    }

    /// A new supervisor looks at the board. True if it starts the container at once.
    fn supervisor_starts(&mut self, runs: bool) -> bool {
        self.world = World::new(1);
        let facts = self.facts(runs);
        self.tell(Event::Found { id: ID, turn: Turn::UNASKED, facts });
        let actions = self.tell(Event::Settled);
        self.took(&actions)
    }

    /// The board boots: what was noted in memory is gone.
    fn boots(&mut self) -> bool {
        self.history = None;
        self.supervisor_starts(false)
    }

    /// Carries a start out, if there is one.
    fn took(&mut self, actions: &[Action]) -> bool {
        let turn = actions.iter().find_map(|action| match action {
            Action::Start { turn, .. } => Some(*turn),
            _ => None,
        });
        let Some(turn) = turn else { return false };
        self.run += 1;
        self.held = false;
        self.tell(Event::Started { id: ID, turn, run: RunId(self.run) });
        true
    }

    /// The run ends. If a restart follows, it is carried out.
    fn ends(&mut self, code: u8, ran_ms: u64) -> Then {
        self.now = self.now.after(ran_ms);
        let exit = Exit { code, started: true, ran_ms };
        self.exit = Some(exit);
        self.tell(Event::Ended { id: ID, run: RunId(self.run), exit, held: self.held });
        let Some(due) = deadline(&self.world) else { return Then::Rests };
        let pause = due.since(self.now);
        self.now = due;
        let actions = self.tell(Event::Woke);
        assert!(self.took(&actions), "what waits is started");
        Then::RestartsIn(pause)
    }

    /// `limpet stop`: the intent is recorded, then it ends.
    fn stopped_by_hand(&mut self) -> Then {
        self.held = true;
        self.ends(143, 100)
    }

    /// `limpet start`.
    fn started_by_hand(&mut self) {
        self.held = false;
        self.run += 1;
        let actions = self.tell(Event::Poked { id: ID });
        let turn = actions.iter().find_map(|action| match action {
            Action::Look { turn, .. } => Some(*turn),
            _ => None,
        });
        let facts = self.facts(true);
        self.tell(Event::Found { id: ID, turn: turn.expect("a poke leads to a look"), facts });
    }

    fn restarts(&self) -> u32 {
        report(&self.world).instances[0].restarts
    }
}

fn around(pause: u64, expected: u64) -> bool {
    (expected - expected / 10..=expected + expected / 10).contains(&pause)
}

fn assert_restarts(then: &Then, expected_ms: u64) {
    match then {
        Then::RestartsIn(pause) if around(*pause, expected_ms) => {}
        other => panic!("restarts in about {expected_ms} ms, not {other:?}"),
    }
}

/// The table: does an end with this status lead to a restart?
#[test]
fn the_policy_and_the_exit_status_decide() {
    let cases = [
        // [start] "no: Don't automatically restart the container. (Default)"
        (When::No, 0, false),
        (When::No, 1, false),
        (When::No, 137, false),
        // [start] "on-failure: Restart the container if it exits due to an error, which manifests as a non-zero exit code."
        (When::OnFailure, 0, false),
        (When::OnFailure, 1, true),
        (When::OnFailure, 137, true),
        (When::OnFailure, 255, true),
        // [start] "always: Always restart the container if it stops."
        (When::Always, 0, true),
        (When::Always, 1, true),
        (When::Always, 137, true),
        // [start] "unless-stopped: Similar to always, except ..."
        (When::UnlessStopped, 0, true),
        (When::UnlessStopped, 1, true),
        (When::UnlessStopped, 137, true),
    ];
    for (when, code, restarts) in cases {
        let then = Board::running_with(when).ends(code, 50);
        assert_eq!(then != Then::Rests, restarts, "{when:?}, status {code}: {then:?}");
    }
}

/// [start] "If you manually stop a container, the restart policy is ignored until the Docker daemon restarts or the
/// container is manually restarted."
#[test]
fn a_stop_by_hand_holds_against_every_policy() {
    for when in [When::No, When::OnFailure, When::Always, When::UnlessStopped] {
        let mut board = Board::running_with(when);
        assert_eq!(board.stopped_by_hand(), Then::Rests, "{when:?}");
        assert_eq!(deadline(&board.world), None, "{when:?}");
    }
}

/// The same sentence: "... or the container is manually restarted".
#[test]
fn a_start_by_hand_puts_the_policy_in_force_again() {
    let mut board = Board::running_with(When::UnlessStopped);
    assert_eq!(board.stopped_by_hand(), Then::Rests);
    board.started_by_hand();
    assert_restarts(&board.ends(0, 50), 100);
}

/// The table: what a supervisor that starts, or a board that boots, does with a container that does not run.
#[test]
fn the_policy_and_a_stop_by_hand_decide_what_starts_at_boot() {
    let cases = [
        (When::No, false, false),
        (When::No, true, false),
        // [start] on-failure "doesn't restart the container if the daemon restarts".
        (When::OnFailure, false, false),
        (When::OnFailure, true, false),
        // [start] always: "If it's manually stopped, it's restarted only when Docker daemon restarts or the container
        // itself is manually restarted."
        (When::Always, false, true),
        (When::Always, true, true),
        // [start] unless-stopped: "when the container is stopped (manually or otherwise), it isn't restarted even after
        // Docker daemon restarts."
        (When::UnlessStopped, false, true),
        (When::UnlessStopped, true, false),
    ];
    for (when, held, starts) in cases {
        let mut board = Board::running_with(when);
        board.held = held;
        board.exit = Some(Exit { code: 1, started: true, ran_ms: 50 });
        assert_eq!(board.boots(), starts, "{when:?}, stopped by hand: {held}");
    }
}

/// [start] always: "restarted only when Docker daemon restarts": the daemon alone, without a boot.
#[test]
fn a_supervisor_that_starts_anew_treats_a_stop_by_hand_as_a_boot_does() {
    for (when, starts) in [(When::Always, true), (When::UnlessStopped, false), (When::OnFailure, false)] {
        let mut board = Board::running_with(when);
        assert_eq!(board.stopped_by_hand(), Then::Rests);
        assert_eq!(board.supervisor_starts(false), starts, "{when:?}");
    }
}

/// An end that happened while no supervisor was there is an end like any other: on-failure restarts after it, though it
/// is never started only because the supervisor starts.
#[test]
fn an_end_in_the_absence_of_the_supervisor_counts() {
    for (code, restarts) in [(0, false), (1, true), (255, true)] {
        let mut board = Board::running_with(When::OnFailure);
        board.exit = Some(Exit { code, started: true, ran_ms: 500 });
        board.supervisor_starts(false);
        assert_eq!(deadline(&board.world).is_some(), restarts, "status {code}");
    }
}

/// [run] "An increasing delay (double the previous delay, starting at 100 milliseconds) is added before each restart ...
/// 100 ms, then 200 ms, 400, 800, 1600, and so on until ... the maximum delay of 1 minute is hit".
#[test]
fn the_pause_doubles_from_100_ms_to_a_minute() {
    let mut board = Board::running_with(When::Always);
    for expected in [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000] {
        let Then::RestartsIn(pause) = board.ends(1, 50) else { panic!("always restarts") };
        assert!(around(pause, expected) && pause <= 60_000, "{pause} ms, not about {expected}");
    }
    assert_eq!(board.restarts(), 13);
}

/// [run] "If a container is successfully restarted (the container is started and runs for at least 10 seconds), the
/// delay is reset to its default value of 100 ms."
#[test]
fn a_run_of_ten_seconds_resets_the_pause() {
    let mut board = Board::running_with(When::Always);
    assert_restarts(&board.ends(1, 50), 100);
    assert_restarts(&board.ends(1, 9_999), 200);
    assert_restarts(&board.ends(1, 50), 400);
    assert_restarts(&board.ends(1, 10_000), 100);
    assert_restarts(&board.ends(1, 50), 200);
}

/// [run] "If the redis container exits with a non-zero exit status more than 10 times in a row, Docker stops trying to
/// restart the container."
#[test]
fn on_failure_with_a_limit_gives_up_after_so_many_restarts() {
    let mut board = Board::running(RestartPolicy::parse("on-failure:10").unwrap());
    for _ in 0..10 {
        assert_ne!(board.ends(1, 50), Then::Rests);
    }
    assert_eq!(board.ends(1, 50), Then::Rests);
    let shown = report(&board.world).instances[0];
    assert_eq!((shown.restarts, shown.trouble), (10, Some(Trouble::GaveUp)));
}

/// [run] "By default, Docker never stops attempting to restart the container."
#[test]
fn without_a_limit_it_never_gives_up() {
    let mut board = Board::running_with(When::OnFailure);
    for _ in 0..100 {
        assert_ne!(board.ends(1, 50), Then::Rests);
    }
}

/// A limit counts restarts since it was started by hand.
#[test]
fn a_start_by_hand_gives_all_tries_back() {
    let mut board = Board::running(RestartPolicy::parse("on-failure:1").unwrap());
    assert_ne!(board.ends(1, 50), Then::Rests);
    assert_eq!(board.ends(1, 50), Then::Rests);
    board.started_by_hand();
    assert_eq!(board.restarts(), 0);
    assert_restarts(&board.ends(1, 50), 100);
    assert_eq!(board.ends(1, 50), Then::Rests);
}

/// A crash of the supervisor gives no tries back and does not shorten the pause.
#[test]
fn a_new_supervisor_goes_on_counting() {
    let mut board = Board::running(RestartPolicy::parse("on-failure:2").unwrap());
    assert_restarts(&board.ends(1, 50), 100);
    board.supervisor_starts(true);
    assert_restarts(&board.ends(1, 50), 200);
    board.supervisor_starts(true);
    assert_eq!(board.ends(1, 50), Then::Rests);
}

/// [start] "A restart policy only takes effect after a container starts successfully. ... This prevents a container which
/// doesn't start at all from going into a restart loop." Here: a container started by hand whose command could not be
/// executed. (docker's further words, "is up for at least 10 seconds", contradict the pauses of 100 ms and more that
/// [run] gives; docker restarts a container that ran for less, and so does this.)
#[test]
fn what_could_not_be_started_by_hand_is_left() {
    let mut board = Board::running_with(When::Always);
    assert_eq!(board.stopped_by_hand(), Then::Rests);
    board.run += 1;
    board.held = false;
    board.exit = Some(Exit { code: 127, started: false, ran_ms: 0 });
    let facts = board.facts(false);
    board.tell(Event::Found { id: ID, turn: Turn::UNASKED, facts });
    assert_eq!(deadline(&board.world), None);
}

/// The same sentence, for a container that was only created.
#[test]
fn what_was_never_started_is_not_started_at_boot() {
    for when in [When::Always, When::UnlessStopped] {
        let mut board = Board::running_with(when);
        board.exit = None;
        assert!(!board.boots(), "{when:?}");
    }
}

/// [deploy] "delay: How long to wait between restart attempts." Exactly that, but no shorter than 100 ms.
#[test]
fn a_delay_of_ones_own_does_not_grow() {
    for (delay_ms, expected) in [(5_000, 5_000), (0, 100)] {
        let policy = RestartPolicy { delay_ms: Some(delay_ms), ..RestartPolicy::plain(When::Always) };
        let mut board = Board::running(policy);
        for _ in 0..5 {
            assert_eq!(board.ends(1, 50), Then::RestartsIn(expected));
        }
    }
}

/// [deploy] "max_attempts: The maximum number of failed restart attempts allowed before giving up." With any condition.
#[test]
fn a_limit_holds_with_condition_any() {
    let policy = RestartPolicy { tries_max: Some(2), ..RestartPolicy::plain(When::Always) };
    let mut board = Board::running(policy);
    assert_ne!(board.ends(0, 50), Then::Rests);
    assert_ne!(board.ends(0, 50), Then::Rests);
    assert_eq!(board.ends(0, 50), Then::Rests);
}

/// [deploy] "A failed attempt only counts toward max_attempts if the container does not successfully restart within the
/// time defined by window. For example, if max_attempts is set to 2 and the container fails to restart within the window on
/// the first try, Compose continues retrying until two such failed attempts occur, even if that means trying more than
/// twice."
#[test]
fn a_restart_that_outlives_the_window_does_not_count() {
    let policy =
        RestartPolicy { tries_max: Some(2), window_ms: Some(2_000), ..RestartPolicy::plain(When::OnFailure) };
    let mut board = Board::running(policy);
    assert_ne!(board.ends(1, 50), Then::Rests, "the first end");
    assert_ne!(board.ends(1, 50), Then::Rests, "one failed attempt");
    assert_ne!(board.ends(1, 2_000), Then::Rests, "a good one");
    assert_eq!(board.ends(1, 1_999), Then::Rests, "two failed attempts");
    assert_eq!(board.restarts(), 3);
}
