//! One connection to the keeper of each container that runs: it tells the end, and takes the request to stop.

use crate::sorted::SortedMap;
use crate::supervise::mailbox::Message;
use crate::supervise::reactor::{Interest, now};
use crate::supervise::tasks::Tasks;
use limpet_plan::{InstanceId, RunId};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply, Request};
use limpet_runner::attach::{Connection, Error};
use limpet_runner::home::Home;
use rustix::fd::AsFd;
use smol::Task;
use std::rc::Rc;

/// When a keeper that cannot be reached just now is tried again.
const AGAIN_MS: u64 = 100;
/// [`Request::Stop`]'s word for "wait for ever".
const FOREVER: u32 = u32::MAX;

/// The connections.
#[derive(Debug, Default)]
pub(crate) struct Keepers(SortedMap<InstanceId, Watched>);

#[derive(Debug)]
struct Watched {
    run: RunId,
    connection: Rc<Connection>,
    /// Ends with it.
    _task: Task<()>,
}

impl Keepers {
    /// Watches a run, unless that is done already. If its keeper cannot be reached just now, the mailbox will say to
    /// look again.
    pub(crate) fn watch(
        &mut self,
        home: &Home,
        container: &ContainerId,
        id: InstanceId,
        run: RunId,
        tasks: &Tasks,
    ) {
        if self.0.get(&id).is_some_and(|watched| watched.run == run) {
            return;
        }
        self.0.remove(&id);
        match connect(home, container) {
            Some(connection) => {
                let connection = Rc::new(connection);
                let task = tasks.spawn(listen(connection.clone(), id, run, tasks.clone()));
                self.0.insert(id, Watched { run, connection, _task: task });
            }
            None => look_again(id, tasks),
        }
    }

    /// This run is over.
    pub(crate) fn forget(&mut self, id: InstanceId) {
        self.0.remove(&id);
    }

    /// Asks a container to stop; whether its keeper was told.
    #[must_use]
    pub(crate) fn stop(&self, id: InstanceId, grace_ms: Option<u32>) -> bool {
        let request = Request::Stop { signal: None, grace_ms: Some(grace_ms.unwrap_or(FOREVER)) };
        let Some(watched) = self.0.get(&id) else { return false };
        matches!(watched.connection.send_now(&request), Ok(true))
    }
}

/// Connected, and the end is asked for.
fn connect(home: &Home, container: &ContainerId) -> Option<Connection> {
    let place = home.open_state_of(container).ok()?;
    let connection = Connection::open_now(place.as_fd()).ok()??;
    matches!(connection.send_now(&Request::Wait), Ok(true)).then_some(connection)
}

fn look_again(id: InstanceId, tasks: &Tasks) {
    let then = tasks.clone();
    let task = tasks.spawn(async move {
        then.reactor.at(now().after(AGAIN_MS)).await;
        then.mailbox.put(Message::Again(id));
    });
    task.detach();
}

/// What a keeper said.
enum Heard {
    Nothing,
    Exit(Exit),
    Gone,
}

async fn listen(connection: Rc<Connection>, id: InstanceId, run: RunId, tasks: Tasks) {
    loop {
        let ready = tasks.reactor.ready(&*connection, Interest::Read).await;
        match ready.map_or(Heard::Gone, |()| hear(&connection)) {
            Heard::Nothing => {}
            Heard::Exit(exit) => return tasks.mailbox.put(Message::Ended { id, exit }),
            Heard::Gone => return tasks.mailbox.put(Message::Lost { id, run }),
        }
    }
}

/// Not part of the task, which would hold the buffer as long as the container runs.
fn hear(connection: &Connection) -> Heard {
    let mut buffer = [0; PACKET_BYTES_MAX];
    match connection.receive_now(&mut buffer) {
        Ok(Some(Reply::Exited(exit))) => Heard::Exit(exit),
        Ok(Some(Reply::Started | Reply::Stdout(_) | Reply::Stderr(_) | Reply::Done | Reply::Refused(_)))
        | Ok(None) => Heard::Nothing,
        Err(
            Error::NotRunning
            | Error::Gone
            | Error::Refused(_)
            | Error::Malformed
            | Error::TooLong
            | Error::Io(..),
        ) => Heard::Gone,
    }
}
