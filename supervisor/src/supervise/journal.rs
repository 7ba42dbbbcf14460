//! What happened, for `limpet events`: the last of it, and whoever wants to hear more.

use crate::supervise::clients::Outbox;
use limpet_protocol::control::{EVENTS_MAX, Event, Reply};
use std::collections::VecDeque;

/// The last events, in memory, and their listeners.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    events: VecDeque<Event>,
    listeners: Vec<Outbox>,
}

impl Journal {
    /// Notes an event and tells it.
    pub(crate) fn note(&mut self, event: Event) {
        self.listeners.retain(|listener| !listener.is_closed());
        for listener in &self.listeners {
            listener.put(&Reply::Event(event.clone()));
        }
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Tells what is remembered, and from now on what happens, if that is wanted.
    pub(crate) fn listen(&mut self, outbox: Outbox, follow: bool) {
        for event in &self.events {
            outbox.put(&Reply::Event(event.clone()));
        }
        if follow {
            self.listeners.push(outbox);
        } else {
            outbox.put(&Reply::Done);
        }
    }
}
