//! The parent's side of a fetching process: starts it, asks it, believes nothing but the form of what it says.

use crate::limits::DOCUMENT_BYTES_MAX;
use crate::wire::{Blob, Reply, Request, Terms, receive, send};
use limpet_store::Reference;
use limpet_store::pull::supply::{Document, Supplier, SupplyError, Wanted};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// The pipe through which layers come holds this much: the network goes on while the disk is slow.
const PIPE_BYTES: usize = 256 * 1024;

/// Who is told what a person may want to know meanwhile.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// Why a lane brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// The process cannot be started.
    #[error("cannot start the fetching process")]
    Start(#[source] io::Error),
    /// What it says makes no sense.
    #[error("cannot understand the fetching process")]
    Talk(#[source] io::Error),
    /// It ended without a word.
    #[error("the fetching process ended without a word ({0})")]
    Ended(String),
    /// It says why.
    #[error("{0}")]
    Failed(String),
}

/// One fetching process.
pub struct Lane {
    child: Child,
    control: UnixStream,
    layers: File,
    stopped: Arc<AtomicBool>,
    pidfd: Arc<OwnedFd>,
    notice: Notice,
    listening: Option<JoinHandle<Result<(), LaneError>>>,
}

impl Lane {
    /// Starts `program` with the word [`crate::VERB`], on these terms.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn open(program: &Path, terms: &Terms, notice: Notice) -> Result<Self, LaneError> {
        let (control, theirs) = UnixStream::pair().map_err(LaneError::Start)?;
        let (layers, out) = io::pipe().map_err(LaneError::Start)?;
        // A hint: a pipe of the usual size works as well.
        let _size = rustix::pipe::fcntl_setpipe_size(&layers, PIPE_BYTES);
        let child = Command::new(program)
            .arg0("limpet")
            .arg(crate::VERB)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::from(OwnedFd::from(out)))
            .stderr(Stdio::null())
            .spawn()
            .map_err(LaneError::Start)?;
        let pidfd = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())
            .map_err(|errno| LaneError::Start(errno.into()))?;
        let mut lane = Self {
            child,
            control,
            layers: File::from(OwnedFd::from(layers)),
            stopped: Arc::default(),
            pidfd: Arc::new(pidfd),
            notice,
            listening: None,
        };
        send(&mut lane.control, terms).map_err(LaneError::Talk)?;
        Ok(lane)
    }

    /// Whether the registry takes what it is told of who asks.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub fn check(&mut self) -> Result<(), LaneError> {
        self.ask(&Request::Check).map(drop)
    }

    /// A request that is answered in messages.
    fn ask(&mut self, request: &Request) -> Result<Document, LaneError> {
        let mut document = Document::default();
        // If it is gone, what it said before is the news.
        let sent = send(&mut self.control, request);
        loop {
            match receive::<Reply>(&mut self.control).map_err(LaneError::Talk)? {
                Some(Reply::Head { media_type, digest }) => {
                    document.media_type = media_type;
                    document.digest = digest;
                }
                Some(Reply::Bytes(bytes)) => {
                    document.bytes.extend_from_slice(&bytes);
                    if document.bytes.len() as u64 > DOCUMENT_BYTES_MAX {
                        return Err(LaneError::Talk(io::ErrorKind::FileTooLarge.into()));
                    }
                }
                Some(Reply::Notice(text)) => (self.notice)(&crate::trouble::shown(&text)),
                Some(Reply::Progress(_)) => {}
                Some(Reply::Done) => return Ok(document),
                Some(Reply::Failed(why)) => return Err(LaneError::Failed(crate::trouble::shown(&why))),
                None => {
                    sent.map_err(LaneError::Talk)?;
                    return Err(self.ended());
                }
            }
        }
    }

    fn ended(&mut self) -> LaneError {
        match self.child.wait() {
            Ok(status) => match status.signal() {
                Some(signal) => LaneError::Ended(format!("signal {signal}")),
                None => LaneError::Ended(format!("status {}", status.code().unwrap_or(-1))),
            },
            Err(error) => LaneError::Talk(error),
        }
    }

    fn listen(&self, received: Arc<AtomicU64>) -> Result<JoinHandle<Result<(), LaneError>>, LaneError> {
        let mut control = self.control.try_clone().map_err(LaneError::Talk)?;
        let (notice, stopped) = (self.notice.clone(), self.stopped.clone());
        Ok(std::thread::spawn(move || {
            loop {
                match receive::<Reply>(&mut control) {
                    Ok(Some(Reply::Progress(bytes))) => received.store(bytes, Ordering::Relaxed),
                    Ok(Some(Reply::Notice(text))) => notice(&crate::trouble::shown(&text)),
                    Ok(Some(Reply::Done)) => return Ok(()),
                    Ok(Some(Reply::Failed(why))) => {
                        return Err(LaneError::Failed(crate::trouble::shown(&why)));
                    }
                    Ok(Some(Reply::Head { .. } | Reply::Bytes(_))) => {}
                    Ok(None) | Err(_) if stopped.load(Ordering::Relaxed) => return Ok(()),
                    Ok(None) => return Err(LaneError::Ended("in the middle of a layer".to_owned())),
                    Err(error) => return Err(LaneError::Talk(error)),
                }
            }
        }))
    }
}

impl Supplier for Lane {
    fn manifest(&mut self, reference: &Reference) -> Result<Document, SupplyError> {
        let digest = reference.digest().map(ToString::to_string);
        let name = digest.or_else(|| reference.tag().map(str::to_owned)).unwrap_or_default();
        Ok(self.ask(&Request::Manifest(name))?)
    }

    fn document(&mut self, wanted: Wanted) -> Result<Vec<u8>, SupplyError> {
        Ok(self.ask(&Request::Document(blob(wanted)))?.bytes)
    }

    fn end_of_layer(&mut self, wanted: Wanted, bytes: u64) -> Result<Vec<u8>, SupplyError> {
        Ok(self.ask(&Request::End(blob(wanted), bytes))?.bytes)
    }

    fn layer(&mut self, wanted: Wanted, received: Arc<AtomicU64>) -> Result<File, SupplyError> {
        let file = self.layers.try_clone().map_err(LaneError::Talk)?;
        self.listening = Some(self.listen(received)?);
        // If it is gone, the listener hears why.
        let _sent = send(&mut self.control, &Request::Layer(blob(wanted)));
        Ok(file)
    }

    fn finish_layer(&mut self) -> Result<(), SupplyError> {
        match self.listening.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(error.into()),
            Some(Err(_panic)) => Err(LaneError::Ended("its listener panicked".to_owned()).into()),
        }
    }

    fn stopper(&self) -> Box<dyn Fn() + Send + Sync> {
        let (stopped, pidfd) = (self.stopped.clone(), self.pidfd.clone());
        Box::new(move || {
            stopped.store(true, Ordering::Relaxed);
            // It may have ended by itself.
            let _gone = pidfd_send_signal(&pidfd, Signal::KILL);
        })
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Its work is done, or nobody wants it; either way it is reaped.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn blob(wanted: Wanted) -> Blob {
    let Wanted { digest, size_bytes, is_manifest } = wanted;
    Blob { digest: digest.to_string(), size_bytes, is_manifest }
}
