//! A conversation with the controller: connected, its fleet checked against what is believed, requests in JSON.

use super::chain::Chain;
use super::cli::Global;
use super::context::{Context, Place, Signed};
use super::encoding::{from_base64, now_s, shown};
use super::failure::{During, Failure, Outcome};
use super::passphrase::Source;
use crate::api::{self, Board, Boards, Problem};
use crate::client::{Ask, Client, Role};
use hyper::Method;
use hyper::body::Bytes;
use limpet_trust::sign::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// So far may a board be ahead of what is known to be signed.
const AHEAD_MAX: u64 = 1_000_000;

/// Connected.
pub(crate) struct Session {
    client: Client,
    /// Where its configuration lies.
    pub(crate) place: Place,
    /// Its configuration.
    pub(crate) context: Context,
    /// What is believed.
    pub(crate) chain: Chain,
    /// What the controller says.
    pub(crate) fleet: api::Fleet,
    /// For keys that sign besides the operator's.
    pub(crate) passphrase: Source,
    /// Highest generation under the present root that a board has said to have.
    reported: u64,
}

impl Session {
    /// Connects to the fleet that the words mean; the operator's secret comes back for what is to be signed.
    pub(crate) async fn open(global: &Global) -> Outcome<(Self, Arc<Secret>)> {
        let place = global.place()?;
        let context = place.read()?;
        Self::with(place, context, &global.passphrase()).await
    }

    /// With a configuration that need not be written yet.
    pub(crate) async fn with(
        place: Place,
        context: Context,
        passphrase: &Source,
    ) -> Outcome<(Self, Arc<Secret>)> {
        let (secret, _) = passphrase.open(&context.key)?;
        let secret = Arc::new(secret);
        let client = Client::new(&context.url, context.pin()?, Some((Role::Operator, secret.clone())))?;
        let chain = Chain::first(&context.root()?)?;
        let passphrase = passphrase.clone();
        let session = Self::begin(client, place, context, chain, passphrase).await?;
        Ok((session, secret))
    }

    async fn begin(
        mut client: Client,
        place: Place,
        context: Context,
        chain: Chain,
        passphrase: Source,
    ) -> Outcome<Self> {
        let fleet: api::Fleet = ask(&mut client, Method::GET, "/fleet", Bytes::new()).await?;
        let roots: Option<Vec<_>> = fleet.roots.iter().map(|root| from_base64(root)).collect();
        let roots = roots.ok_or_else(|| Failure::new("the controller's roots are no base64url"))?;
        let chain = chain.follow(&roots, now_s())?;
        let session = Self { client, place, context, chain, fleet, passphrase, reported: 0 };
        session.is_present()?;
        Ok(session)
    }

    /// The controller knows all that was signed from here.
    fn is_present(&self) -> Outcome<()> {
        let known = self.place.signed()?;
        let shows = self.shows();
        if shows.shown() < known.shown() {
            return Err(Failure::new(format!(
                "the controller shows generation {} under root {}, but generation {} under root {} was signed from here: \
                 its database is old, or was changed; restore a newer backup, or take {}.signed away if that is meant",
                shows.generation,
                shows.root,
                known.generation,
                known.root,
                self.place.path().display()
            )));
        }
        self.place.note(shows)
    }

    /// The highest that the controller shows.
    pub(crate) fn shows(&self) -> Signed {
        Signed { root: self.chain.root().generation, generation: self.fleet.generation, written: 0 }
    }

    /// No state was signed with a higher generation than this, that anybody here knows of.
    pub(crate) fn last_generation(&self) -> Outcome<u64> {
        let (known, shows) = (self.place.signed()?, self.shows());
        let written = if known.root == shows.root { known.written } else { 0 };
        Ok(shows.generation.max(written).max(self.reported))
    }

    /// Notes what goes on a stick.
    pub(crate) fn note_written(&self, written: u64) -> Outcome<()> {
        self.place.note(Signed { written, ..self.shows() })
    }

    /// `GET`
    pub(crate) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Outcome<T> {
        ask(&mut self.client, Method::GET, path, Bytes::new()).await
    }

    /// `POST`
    pub(crate) async fn post<B: Serialize, T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &B,
    ) -> Outcome<T> {
        ask(&mut self.client, Method::POST, path, json(body)?).await
    }

    /// `POST` without a body.
    pub(crate) async fn tell<T: DeserializeOwned>(&mut self, path: &str) -> Outcome<T> {
        ask(&mut self.client, Method::POST, path, Bytes::new()).await
    }

    /// Any request whose answer is not looked at.
    pub(crate) async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Outcome<()> {
        answer(&mut self.client, method, path, body).await.map(drop)
    }

    /// `PATCH`, whose answer is not looked at.
    pub(crate) async fn patch<B: Serialize>(&mut self, path: &str, body: &B) -> Outcome<()> {
        self.send(Method::PATCH, path, json(body)?).await
    }

    /// `POST`, whose answer is not looked at.
    pub(crate) async fn post_only<B: Serialize>(&mut self, path: &str, body: &B) -> Outcome<()> {
        self.send(Method::POST, path, json(body)?).await
    }

    /// One more root.
    pub(crate) async fn send_root(&mut self, root: &api::NewRoot) -> Outcome<()> {
        self.send(Method::POST, "/roots", json(root)?).await
    }

    /// All boards.
    pub(crate) async fn boards(&mut self) -> Outcome<Boards> {
        let boards: Boards = self.get("/boards").await?;
        let root = self.chain.root().generation;
        self.reported = reported(&boards.boards, root, self.last_generation()?);
        Ok(boards)
    }
}

/// The highest generation that boards have, from a stick maybe; `known` without them. What a board says is no more than its
/// word: one that says it is millions ahead does not use up the fleet's numbers.
fn reported(boards: &[Board], root: u64, known: u64) -> u64 {
    let taken = boards.iter().filter_map(|board| board.report.as_ref()).map(|report| report.taken);
    let possible = |generation: &u64| *generation <= known.saturating_add(AHEAD_MAX);
    taken.filter(|taken| taken.0 == root).map(|taken| taken.1).filter(possible).max().unwrap_or(0)
}

fn json<B: Serialize>(body: &B) -> Outcome<Bytes> {
    let bytes = serde_json::to_vec(body)?;
    if bytes.len() > api::BODY_BYTES_MAX {
        let most = api::BODY_BYTES_MAX;
        return Err(Failure::new(format!(
            "it is more than the {most} bytes of one request; choose fewer boards"
        )));
    }
    Ok(bytes.into())
}

async fn ask<T: DeserializeOwned>(
    client: &mut Client,
    method: Method,
    path: &str,
    body: Bytes,
) -> Outcome<T> {
    let bytes = answer(client, method, path, body).await?;
    serde_json::from_slice(&bytes).during(|| format!("understand the controller's answer to {path}"))
}

async fn answer(client: &mut Client, method: Method, path: &str, body: Bytes) -> Outcome<Bytes> {
    let mut asked = Ask::new(method, &format!("{}{path}", api::PREFIX));
    asked.body = body;
    let answer = client.ask(&asked).await?;
    if answer.status.is_success() {
        return Ok(answer.body);
    }
    let problem = serde_json::from_slice::<Problem>(&answer.body);
    let said =
        problem.map_or_else(|_| String::from_utf8_lossy(&answer.body).into_owned(), |problem| problem.error);
    let said: String = shown(said.trim()).chars().take(512).collect();
    Err(Failure::new(match said.as_str() {
        "" => format!("the controller answers {path} with status {}", answer.status),
        said => format!("the controller says: {said}"),
    }))
}

#[cfg(test)]
mod tests;
