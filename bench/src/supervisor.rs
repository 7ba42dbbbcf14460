//! What it costs to keep containers running: memory with more and more of them, what is done while nothing happens, the time
//! to bring them up, and to start one again. limpet beside what else keeps containers running, in turns.

mod parties;
mod processes;
mod report;

use native_tests::Limpet;
use native_tests::scratch::Scratch;
use parties::{LimpetParty, Party, companions, pids, remove, run};
use processes::{Memory, Work, kill, list_of, memory, process, wait_until, work};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How many containers each answers for, in turn.
const COUNTS: [usize; 3] = [0, 10, 64];
/// How many are to run after a start, and how many are killed one by one.
const BROUGHT_UP: usize = 10;
/// Between two probes of a container, of [`BROUGHT_UP`] that have a health check.
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// Starts of each.
const ROUNDS: usize = 3;
/// It has done what it had to by then.
const REST: Duration = Duration::from_secs(3);
/// docker counts a run below 10 s as one that failed, and waits longer before the next.
const GOOD_RUN: Duration = Duration::from_secs(11);

/// What one of them costs.
struct Costs {
    name: String,
    /// Of what is there without containers, and of what stands beside them; for each of [`COUNTS`].
    memory: Vec<[Memory; 2]>,
    /// The same at rest.
    rest: [Work; 2],
    /// The same where containers are probed, and nothing else happens; of who does that by itself.
    probed: Option<[Work; 2]>,
    /// Milliseconds, ascending.
    bring_up: Vec<f64>,
    /// The same, from a container's death until it runs again.
    back: Vec<f64>,
}

/// One of them, and what it has cost so far.
struct Contestant<'a> {
    party: Box<dyn Party + 'a>,
    /// Where the kernel lists the processes of the containers that are brought up.
    lists: Vec<PathBuf>,
    costs: Costs,
}

/// Everything, as Markdown.
pub(crate) fn measure(idle: Duration) {
    let scratch = Scratch::new();
    let limpet = Limpet::with(&["busybox"]).from_own_file();
    let (others, absent) = parties::others(&scratch);
    let mut all: Vec<Contestant<'_>> = vec![Contestant::new(Box::new(LimpetParty::new(&limpet)))];
    all.extend(others.into_iter().map(Contestant::new));
    all.iter_mut().for_each(Contestant::fill);
    rest(&mut all, idle);
    probed(&mut all, idle);
    all.iter_mut().for_each(|contestant| {
        contestant.party.halt(&names(0..BROUGHT_UP));
    });
    for round in 0..ROUNDS {
        // The one who begins changes.
        let turn = round % all.len();
        let (late, early) = all.split_at_mut(turn);
        early.iter_mut().chain(late).for_each(Contestant::bring_up);
    }
    all.iter_mut().for_each(Contestant::end);
    let costs: Vec<Costs> = all.into_iter().map(|contestant| contestant.costs).collect();
    report::print(&costs, &absent, idle);
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("c{number}")).collect()
}

/// Everybody rests at once, with all containers: the longest time of all is waited for once.
fn rest(all: &mut [Contestant<'_>], idle: Duration) {
    let works = done_meanwhile(all, &names(0..COUNTS[2]), idle);
    for (contestant, work) in all.iter_mut().zip(works) {
        contestant.costs.rest = work;
    }
}

/// The same with few containers, each with a health check. Whoever has no daemon leaves that to another program.
fn probed(all: &mut [Contestant<'_>], idle: Duration) {
    let probed: Vec<String> = (0..BROUGHT_UP).map(|number| format!("p{number}")).collect();
    let every = format!("{}s", PROBE_EVERY.as_secs());
    let check = ["--health-cmd", "true", "--health-interval", &every];
    for contestant in all.iter() {
        let party = &*contestant.party;
        remove(party, &names(BROUGHT_UP..COUNTS[2]));
        probed.iter().for_each(|name| run(party, name, &check));
    }
    // Each has been found healthy, and rests in between.
    sleep(PROBE_EVERY + REST);
    let works = done_meanwhile(all, &probed, idle);
    for (contestant, work) in all.iter_mut().zip(works) {
        contestant.costs.probed = (!contestant.party.daemon().is_empty()).then_some(work);
        remove(&*contestant.party, &probed);
    }
}

/// What each does meanwhile, and what stands beside these of its containers.
fn done_meanwhile(all: &[Contestant<'_>], names: &[String], idle: Duration) -> Vec<[Work; 2]> {
    let watched: Vec<[Vec<i32>; 2]> = all
        .iter()
        .map(|contestant| [contestant.party.daemon(), companions(&*contestant.party, names)])
        .collect();
    sleep(REST);
    let look = || watched.iter().map(|both| both.each_ref().map(|pids| work(pids))).collect::<Vec<_>>();
    let before = look();
    sleep(idle);
    let pairs = before.into_iter().zip(look());
    pairs.map(|(before, after)| [after[0].since(before[0]), after[1].since(before[1])]).collect()
}

impl<'a> Contestant<'a> {
    fn new(party: Box<dyn Party + 'a>) -> Self {
        let name = party.name();
        let rest = [Work { cpu_ms: 0, written_bytes: 0, woken: 0 }; 2];
        let (memory, bring_up, back) = (Vec::new(), Vec::new(), Vec::new());
        let costs = Costs { name, memory, rest, probed: None, bring_up, back };
        Self { party, lists: Vec::new(), costs }
    }

    /// Starts it, and container after container.
    fn fill(&mut self) {
        self.party.start();
        let mut running = 0;
        for count in COUNTS {
            names(running..count).iter().for_each(|name| run(&*self.party, name, &[]));
            running = count;
            sleep(REST);
            let beside = companions(&*self.party, &names(0..count));
            self.costs.memory.push([memory(&self.party.daemon()), memory(&beside)]);
        }
        let processes = pids(&*self.party, &names(0..BROUGHT_UP));
        self.lists = processes.into_iter().map(list_of).collect();
    }

    /// From its start until all run again; then from the death of one until it runs again, for each. Leaves them halted.
    fn bring_up(&mut self) {
        let begin = Instant::now();
        self.party.launch();
        for list in &self.lists {
            wait_until(&format!("{} brings up all", self.costs.name), || process(list).is_some());
        }
        self.costs.bring_up.push(ms(begin));
        sleep(GOOD_RUN);
        self.costs.back.extend(self.lists.iter().map(|list| died_and_back(list)));
        sleep(REST);
        self.party.halt(&names(0..BROUGHT_UP));
        wait_until("all are halted", || self.lists.iter().all(|list| process(list).is_none()));
    }

    fn end(&mut self) {
        self.party.start();
        remove(&*self.party, &names(0..BROUGHT_UP));
        self.party.halt(&[]);
        self.costs.bring_up.sort_by(f64::total_cmp);
        self.costs.back.sort_by(f64::total_cmp);
    }
}

fn died_and_back(list: &Path) -> f64 {
    let before = process(list).expect("it runs");
    let begin = Instant::now();
    kill(before);
    wait_until("it runs again", || process(list).is_some_and(|pid| pid != before));
    ms(begin)
}

fn ms(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1000.0
}
