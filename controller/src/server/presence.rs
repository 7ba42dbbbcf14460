//! Who is at the other end of a connection. Shown once, with its first request, and true until it ends.

use super::controller::{Controller, now_s};
use super::live::Live;
use super::refused::Refused;
use super::store::{BoardRow, Change, INSTANCES_MAX, Line};
use super::text;
use super::world::World;
use axum::http::{HeaderMap, StatusCode};
use limpet_protocol::fleet::link::{EXPORTED_BYTES, Proof};
use limpet_protocol::fleet::{BoardId, PublicKey, link};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

/// A connection that anybody may have made.
pub(crate) struct Connection {
    /// From where.
    pub(crate) address: IpAddr,
    /// What a board signs.
    pub(crate) board_exported: [u8; EXPORTED_BYTES],
    /// What an operator signs.
    pub(crate) operator_exported: [u8; EXPORTED_BYTES],
    controller: Arc<Controller>,
    who: OnceLock<Who>,
}

enum Who {
    Board(Present),
    Operator(PublicKey),
}

/// A board at the other end.
#[derive(Clone)]
pub(crate) struct Present {
    /// Which.
    pub(crate) id: BoardId,
    /// Which boot of it.
    pub(crate) instance: [u8; 16],
    /// What all its connections share.
    pub(crate) live: Arc<Live>,
}

impl Connection {
    /// Counted already by [`super::limits::Addresses::arrive`].
    pub(crate) fn new(
        controller: Arc<Controller>,
        address: IpAddr,
        board_exported: [u8; EXPORTED_BYTES],
        operator_exported: [u8; EXPORTED_BYTES],
    ) -> Self {
        Self { address, board_exported, operator_exported, controller, who: OnceLock::new() }
    }

    /// The board, by this connection's earlier requests or by the headers of this one.
    pub(crate) async fn board(&self, headers: &HeaderMap) -> Result<Present, Refused> {
        let present = match self.who.get() {
            Some(Who::Board(present)) => present.clone(),
            Some(Who::Operator(_)) => return Err(unauthorised("an operator has no board's rights")),
            None => {
                let proof = self.proof(headers, link::PROOF, &self.board_exported)?;
                self.arrived(proof).await?
            }
        };
        if present.live.offer(|offer| offer.revoked) {
            return Err(revoked());
        }
        present.live.heard(now_s());
        Ok(present)
    }

    /// The operator, likewise.
    pub(crate) fn operator(&self, headers: &HeaderMap) -> Result<PublicKey, Refused> {
        let key = match self.who.get() {
            Some(Who::Operator(key)) => *key,
            Some(Who::Board(_)) => return Err(unauthorised("a board has no operator's rights")),
            None => self.proof(headers, crate::api::PROOF, &self.operator_exported)?.board.0,
        };
        // Each time: a new root may have taken the key away.
        if !self.controller.know(|world| world.is_operator(&key)) {
            self.controller.addresses.guessed(self.address, now_s());
            return Err(Refused::forbidden(format!("key {key} is not in the fleet's root; use one that is")));
        }
        self.become_known(Who::Operator(key));
        Ok(key)
    }

    fn proof(
        &self,
        headers: &HeaderMap,
        name: &str,
        exported: &[u8; EXPORTED_BYTES],
    ) -> Result<Proof, Refused> {
        if !self.controller.addresses.may_guess(self.address, now_s()) {
            return Err(Refused::too_often());
        }
        let proof = headers
            .get(name)
            .ok_or_else(|| {
                unauthorised(&format!("the first request of a connection needs the header {name}"))
            })
            .and_then(|value| {
                read(value.as_bytes()).ok_or_else(|| unauthorised("the proof does not decode"))
            });
        let proof = proof.and_then(|proof| {
            let holds = limpet_trust::presence::is_proven(&proof, exported);
            if holds { Ok(proof) } else { Err(unauthorised("the proof is not for this connection")) }
        });
        proof.inspect_err(|_| self.controller.addresses.guessed(self.address, now_s()))
    }

    async fn arrived(&self, proof: Proof) -> Result<Present, Refused> {
        let id = proof.board;
        let known = self.controller.know(|world| {
            let board = world.boards.get(&id)?;
            Some((board.row.revoked, board.row.instances.last() == Some(&proof.instance), board.live.clone()))
        });
        let Some((is_revoked, is_last, live)) = known else {
            self.controller.addresses.guessed(self.address, now_s());
            return Err(Refused::forbidden("this board is not in the fleet; enrol it with limpet join"));
        };
        if is_revoked {
            return Err(revoked());
        }
        if !is_last {
            let noted = self.controller.change_board(id, move |world, now_s| {
                Ok((another_instance(world, &id, proof.instance, now_s), ()))
            });
            // A controller whose disk is full still delivers; the next connection tries again.
            if let Err(error) = noted.await {
                tracing::warn!(board = %id, %error, "its instance is not noted");
            }
        }
        let present = Present { id, instance: proof.instance, live };
        self.become_known(Who::Board(present.clone()));
        Ok(present)
    }

    fn become_known(&self, who: Who) {
        let mut is_new = false;
        let who = self.who.get_or_init(|| {
            is_new = true;
            who
        });
        if is_new {
            self.controller.addresses.left(self.address, now_s());
            if let Who::Board(present) = who {
                present.live.connect();
                self.controller.moved(present.id);
                self.controller.metrics.boards_connected.inc();
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        match self.who.get() {
            None => self.controller.addresses.left(self.address, now_s()),
            Some(Who::Operator(_)) => {}
            Some(Who::Board(present)) => {
                present.live.disconnect(now_s());
                self.controller.moved(present.id);
                self.controller.metrics.boards_connected.dec();
            }
        }
    }
}

/// A boot of the board that was not the last one seen. One that was seen before comes back only if two have the key.
fn another_instance(world: &World, id: &BoardId, instance: [u8; 16], now_s: u64) -> Vec<Change> {
    let Some(board) = world.boards.get(id) else { return Vec::new() };
    let mut row = board.row.clone();
    if row.instances.last() == Some(&instance) {
        return Vec::new();
    }
    let before = row.instances.len();
    row.instances.retain(|known| *known != instance);
    let came_back = row.instances.len() < before;
    if row.instances.len() >= INSTANCES_MAX {
        row.instances.remove(0);
    }
    row.instances.push(instance);
    let mut changes = Vec::new();
    if came_back {
        if row.cloned_s.is_none() {
            changes.push(Change::Event(cloned(&row, now_s)));
        }
        row.cloned_s = Some(now_s);
    }
    changes.push(Change::Board(Box::new(row)));
    changes
}

fn cloned(row: &BoardRow, now_s: u64) -> Line {
    let text = "two boards use its key, by turns: a card was copied; revoke it, and enrol both anew";
    Line { at_s: now_s, kind: "cloned", who: row.name.clone(), text: text.into() }
}

fn read(header: &[u8]) -> Option<Proof> {
    let bytes = text::from_base64(std::str::from_utf8(header).ok()?)?;
    match postcard::take_from_bytes(&bytes) {
        Ok((proof, [])) => Some(proof),
        Ok(_) | Err(_) => None,
    }
}

fn unauthorised(text: &str) -> Refused {
    Refused::new(StatusCode::UNAUTHORIZED, text)
}

fn revoked() -> Refused {
    Refused::forbidden("this board was revoked; it comes back only with a new key, by limpet join")
}
