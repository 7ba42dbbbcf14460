//! The controller itself: what it knows, and the one way in which that changes.
//!
//! A change is decided from what is known, made durable, only then known, and only then answered. One task does all of that, so
//! nothing is decided twice from the same knowledge; what boards say is decided for many of them at once and made durable together.

use super::limits::{Addresses, BATCH_MAX, JOBS_MAX};
use super::metrics::Metrics;
use super::refused::Refused;
use super::rollouts;
use super::store::{Change, Store, StoreError};
use super::world::World;
use axum::http::StatusCode;
use limpet_protocol::fleet::BoardId;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot, watch};

/// See the module.
pub(crate) struct Controller {
    world: RwLock<World>,
    /// What is durable.
    pub(crate) store: Box<dyn Store>,
    jobs: mpsc::Sender<Job>,
    /// Boards of which rollouts are to hear: they came or went, said something, or were changed.
    stirred: Mutex<HashSet<BoardId>>,
    /// Of what a list of boards shows.
    pub(crate) revisions: watch::Sender<u64>,
    /// Number of the last event.
    pub(crate) events: watch::Sender<u64>,
    /// True when it is to end.
    pub(crate) stopping: watch::Sender<bool>,
    /// True when nobody changes anything any more.
    pub(crate) over: watch::Sender<bool>,
    /// Who asks from where.
    pub(crate) addresses: Addresses,
    /// For Prometheus.
    pub(crate) metrics: Metrics,
    /// SHA-256 of the public key of the certificate.
    pub(crate) pin: [u8; 32],
}

/// What to change, and what to answer when it is durable.
type Decide = Box<dyn FnOnce(&World, u64) -> Decided + Send>;

struct Decided {
    changes: Vec<Change>,
    finish: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

struct Job {
    /// It concerns this board alone: others can be decided beside it.
    board: Option<BoardId>,
    decide: Decide,
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

impl Controller {
    /// With what is known, and the task that changes it, which ends with an error if nobody knows any more what is durable.
    pub(crate) fn new(
        world: World,
        store: Box<dyn Store>,
        pin: [u8; 32],
    ) -> (Arc<Self>, impl Future<Output = Result<(), StoreError>> + Send) {
        let (jobs, queue) = mpsc::channel(JOBS_MAX);
        let controller = Arc::new(Self {
            stirred: Mutex::new(world.boards.keys().copied().collect()),
            revisions: watch::Sender::new(world.revision),
            events: watch::Sender::new(world.event_last),
            stopping: watch::Sender::new(false),
            over: watch::Sender::new(false),
            world: RwLock::new(world),
            store,
            jobs,
            addresses: Addresses::default(),
            metrics: Metrics::new(),
            pin,
        });
        let task = work(controller.clone(), queue);
        (controller, task)
    }

    /// Looks at what is known.
    pub(crate) fn know<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Decides with nobody beside, and gives the answer when what was decided is durable.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&World, u64) -> Result<(Vec<Change>, T), Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        self.submit(None, decide).await
    }

    /// As [`Self::change`], for what concerns a board alone.
    pub(crate) async fn change_board<T: Send + 'static>(
        &self,
        board: BoardId,
        decide: impl FnOnce(&World, u64) -> Result<(Vec<Change>, T), Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        self.submit(Some(board), decide).await
    }

    /// Whoever asked may go away meanwhile: what was begun is done all the same.
    async fn submit<T: Send + 'static>(
        &self,
        board: Option<BoardId>,
        decide: impl FnOnce(&World, u64) -> Result<(Vec<Change>, T), Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let (tell, told) = oneshot::channel();
        let decide: Decide = Box::new(move |world, now_s| {
            let (changes, answer) = match decide(world, now_s) {
                Ok((changes, answer)) => (changes, Ok(answer)),
                Err(refused) => (Vec::new(), Err(refused)),
            };
            let finish = Box::new(move |durable: Result<(), StoreError>| {
                let answer = durable.map_err(Refused::from).and(answer);
                // Whoever asked may be gone.
                let _ = tell.send(answer);
            });
            Decided { changes, finish }
        });
        let ended =
            || Refused::busy(StatusCode::SERVICE_UNAVAILABLE, "the controller is stopping; try again", 5);
        self.jobs.send(Job { board, decide }).await.map_err(|_| ended())?;
        told.await.map_err(|_| ended())?
    }

    fn learn(&self, changes: Vec<Change>, now_s: u64, shows: bool) {
        if changes.is_empty() {
            return;
        }
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            world.apply(change, now_s);
        }
        if !shows {
            return;
        }
        world.revision += 1;
        self.revisions.send_replace(world.revision);
        self.events.send_if_modified(|last| std::mem::replace(last, world.event_last) != world.event_last);
    }

    /// A board came or went.
    pub(crate) fn moved(&self, board: BoardId) {
        self.stir([board]);
        {
            let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
            world.revision += 1;
            self.revisions.send_replace(world.revision);
        }
        let nothing = || Decided { changes: Vec::new(), finish: Box::new(|_| {}) };
        // If there is much to do, rollouts hear of it with that.
        let _ = self.jobs.try_send(Job { board: Some(board), decide: Box::new(move |_, _| nothing()) });
    }

    fn stir(&self, boards: impl IntoIterator<Item = BoardId>) {
        self.stirred.lock().unwrap_or_else(PoisonError::into_inner).extend(boards);
    }
}

async fn work(controller: Arc<Controller>, mut queue: mpsc::Receiver<Job>) -> Result<(), StoreError> {
    let mut held = VecDeque::new();
    let mut over = controller.over.subscribe();
    loop {
        let batch = tokio::select! {
            batch = gather(&mut queue, &mut held) => batch,
            _ = over.wait_for(|over| *over), if held.is_empty() && queue.is_empty() => return Ok(()),
        };
        let Some(batch) = batch else { return Ok(()) };
        carry_out(&controller, batch).await?;
        drive(&controller).await?;
    }
}

/// The next job, with those that can be decided beside it.
async fn gather(queue: &mut mpsc::Receiver<Job>, held: &mut VecDeque<Job>) -> Option<Vec<Job>> {
    let first = match held.pop_front() {
        Some(job) => job,
        None => queue.recv().await?,
    };
    let mut boards: HashSet<BoardId> = first.board.into_iter().collect();
    let mut batch = vec![first];
    while !boards.is_empty() && batch.len() < BATCH_MAX && held.is_empty() {
        let Ok(job) = queue.try_recv() else { break };
        match job.board {
            Some(board) if boards.insert(board) => batch.push(job),
            Some(_) | None => held.push_back(job),
        }
    }
    Some(batch)
}

async fn carry_out(controller: &Controller, batch: Vec<Job>) -> Result<(), StoreError> {
    let now_s = now_s();
    let decided: Vec<_> =
        controller.know(|world| batch.into_iter().map(|job| (job.decide)(world, now_s)).collect());
    let (changes, finishes): (Vec<_>, Vec<_>) =
        decided.into_iter().map(|Decided { changes, finish }| (changes, finish)).unzip();
    let changes: Vec<_> = changes.into_iter().flatten().collect();
    let stirred: Vec<_> = changes.iter().filter_map(stirs).collect();
    let done = commit(controller, changes, now_s).await;
    if done.is_ok() {
        controller.stir(stirred);
    }
    for finish in finishes {
        finish(done.clone());
    }
    certain(done, "a change was refused").map(drop)
}

fn stirs(change: &Change) -> Option<BoardId> {
    match change {
        Change::Board(row) => Some(row.id),
        Change::Report(row) => Some(row.board),
        Change::Part(row) => Some(row.board),
        _ => None,
    }
}

async fn commit(controller: &Controller, changes: Vec<Change>, now_s: u64) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let begun = std::time::Instant::now();
    let done = controller.store.commit(&changes).await;
    controller.metrics.committed(changes.len(), begun.elapsed(), done.is_ok());
    done?;
    log(&changes);
    controller.learn(changes, now_s, true);
    Ok(())
}

/// Whether it was done; an error only if nobody knows.
fn certain(done: Result<(), StoreError>, what: &str) -> Result<bool, StoreError> {
    match done {
        Ok(()) => Ok(true),
        Err(error @ StoreError::Doubtful(_)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "{what}");
            Ok(false)
        }
    }
}

/// Lets rollouts go on from what is known now. What cannot be made durable is decided again with the next change or tick.
async fn drive(controller: &Controller) -> Result<(), StoreError> {
    let now_s = now_s();
    let stirred = std::mem::take(&mut *controller.stirred.lock().unwrap_or_else(PoisonError::into_inner));
    let changes = controller.know(|world| rollouts::next(world, &stirred, now_s));
    // Who is there is not durable.
    if changes.iter().all(|change| matches!(change, Change::Engine(..))) {
        controller.learn(changes, now_s, false);
        return Ok(());
    }
    if !certain(commit(controller, changes, now_s).await, "a rollout does not go on")? {
        controller.stir(stirred);
    }
    Ok(())
}

fn log(changes: &[Change]) {
    for change in changes {
        match change {
            Change::Event(line) => tracing::info!(kind = line.kind, who = line.who, "{}", line.text),
            Change::Audit(line) => tracing::info!(kind = line.kind, operator = line.who, "{}", line.text),
            _ => {}
        }
    }
}
