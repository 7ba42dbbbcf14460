//! One instance on this board: its containers, its images, what its kernel offers.

use crate::cli::Globals;
use crate::failure::Failure;
use limpet_protocol::container::Container;
use limpet_protocol::id::ContainerId;
use limpet_runner::attach::{self, Connection};
use limpet_runner::features::Features;
use limpet_runner::home::{Home, HomeError};
use limpet_runner::reserve::{self, ballast};
use limpet_runner::status::{Status, status};
use limpet_store::Store;
use rustix::fd::{AsFd, OwnedFd};
use std::path::Path;

/// Everything a verb works on.
pub struct Board {
    /// Containers.
    pub home: Home,
    /// Which instance.
    pub globals: Globals,
}

impl Board {
    /// The instance that the global flags name. Touches nothing.
    #[must_use]
    pub fn new(globals: Globals) -> Self {
        Self { home: Home::new(globals.root.clone().into(), globals.state.clone().into()), globals }
    }

    /// Its images.
    ///
    /// # Errors
    /// The root directory cannot be made or read.
    pub fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(Path::new(&self.globals.root))?
            .with_reserve(reserve::asked(self.state()), ballast::lend))
    }

    /// The directory of what does not outlive a boot, with the sockets.
    #[must_use]
    pub fn state(&self) -> &Path {
        Path::new(&self.globals.state)
    }

    /// What the kernel offers.
    #[must_use]
    pub fn features(&self) -> Features {
        Features::detect()
    }

    /// The container that a name or the beginning of an id means.
    ///
    /// # Errors
    /// None, or more than one; or its record is damaged.
    pub fn container(&self, text: &str) -> Result<Container, Failure> {
        let id = self.home.find(text)?;
        Ok(self.home.load(&id)?)
    }

    /// What it does now.
    ///
    /// # Errors
    /// A record is damaged.
    pub fn status(&self, id: &ContainerId) -> Result<Status, Failure> {
        Ok(status(&self.home, id)?)
    }

    /// A connection to the keeper of a running container.
    ///
    /// # Errors
    /// It is not running.
    pub fn connect(&self, container: &Container) -> Result<Connection, Failure> {
        match self.open_keeper(container)? {
            Some(connection) => Ok(connection),
            None => {
                // It may be about to listen: the container's lock is held until it does.
                drop(self.lock(container)?);
                self.open_keeper(container)?.ok_or_else(|| not_running(container))
            }
        }
    }

    /// `None` while nobody listens.
    fn open_keeper(&self, container: &Container) -> Result<Option<Connection>, Failure> {
        let id = &container.keep.launch.id;
        if !self.home.is_kept(id)? {
            return Err(not_running(container));
        }
        match Connection::open(self.home.open_state_of(id)?.as_fd()) {
            Err(attach::Error::NotRunning) => Ok(None),
            connection => Ok(Some(connection?)),
        }
    }

    /// The container's lock, held until dropped; waits for whoever has it.
    ///
    /// # Errors
    /// It is gone, perhaps while this waited.
    pub fn lock(&self, container: &Container) -> Result<OwnedFd, Failure> {
        self.home.lock(&container.keep.launch.id).map_err(|error| match error {
            HomeError::NotFound(_) => HomeError::NotFound(container.name.clone()).into(),
            error => error.into(),
        })
    }
}

/// Whoever wants to speak with it cannot.
#[must_use]
pub fn not_running(container: &Container) -> Failure {
    Failure::new(format!("container {} is not running", container.name))
}
