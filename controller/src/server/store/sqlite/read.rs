//! Everything that memory holds, read once.

use crate::api::Event;
use crate::server::store::{
    BoardRow, InviteRow, Loaded, PartRow, ReportRow, RolloutRow, RootRow, SerialRow, StateRef,
};
use limpet_protocol::fleet::{BoardId, PublicKey};
use limpet_trust::Position;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row, SqliteConnection, query};
use std::collections::HashMap;

type States = HashMap<i64, StateRef>;

pub(super) async fn everything(connection: &mut SqliteConnection) -> Result<Loaded, Error> {
    // One transaction: the parts fit together.
    query("BEGIN").execute(&mut *connection).await?;
    let loaded = parts(connection).await;
    query("COMMIT").execute(&mut *connection).await?;
    loaded
}

async fn parts(connection: &mut SqliteConnection) -> Result<Loaded, Error> {
    let states: States = all(connection, "SELECT id, root, generation, sha256, signers FROM states", |row| {
        let state = state(row)?;
        Ok((state.id.cast_signed(), state))
    })
    .await?
    .into_iter()
    .collect();
    Ok(Loaded {
        roots: all(connection, "SELECT generation, envelope FROM roots ORDER BY generation", root).await?,
        invites: all(connection, "SELECT * FROM invites", invite).await?,
        serials: all(connection, "SELECT * FROM serials", serial).await?,
        boards: all(
            connection,
            "SELECT boards.*, coalesce(seen.at_s, 0) AS seen_s FROM boards LEFT JOIN seen ON board = id",
            |row| board(row, &states),
        )
        .await?,
        // One that this version does not understand comes anew from its board.
        reports: all(connection, "SELECT * FROM reports", |row| Ok(report(row).ok()))
            .await?
            .into_iter()
            .flatten()
            .collect(),
        rollouts: all(connection, "SELECT * FROM rollouts", rollout).await?,
        parts: all(connection, "SELECT * FROM parts ORDER BY rollout, place", |row| part(row, &states))
            .await?,
        state_last: states.keys().copied().max().unwrap_or(0).cast_unsigned(),
        event_last: last_event(connection).await?,
        position_last: states.values().map(|state| state.position).max().unwrap_or_default(),
    })
}

async fn last_event(connection: &mut SqliteConnection) -> Result<u64, Error> {
    let last: i64 =
        sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM events").fetch_one(connection).await?;
    Ok(last.cast_unsigned())
}

async fn all<T>(
    connection: &mut SqliteConnection,
    text: &'static str,
    make: impl Fn(&SqliteRow) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    query(text).fetch_all(connection).await?.iter().map(make).collect()
}

pub(super) fn line(row: &SqliteRow) -> Result<Event, Error> {
    Ok(Event {
        id: number(row, "id")?,
        at_s: number(row, "at_s")?,
        kind: row.try_get("kind")?,
        who: row.try_get("who")?,
        text: row.try_get("text")?,
    })
}

fn state(row: &SqliteRow) -> Result<StateRef, Error> {
    let position = Position { root: number(row, "root")?, generation: number(row, "generation")? };
    Ok(StateRef {
        id: number(row, "id")?,
        position,
        sha256: bytes(row, "sha256")?,
        signers: row.try_get("signers")?,
    })
}

fn root(row: &SqliteRow) -> Result<RootRow, Error> {
    let envelope: Vec<u8> = row.try_get("envelope")?;
    Ok(RootRow { generation: number(row, "generation")?, envelope: envelope.into() })
}

fn invite(row: &SqliteRow) -> Result<InviteRow, Error> {
    Ok(InviteRow {
        invite: bytes(row, "invite")?,
        labels: json(row, "labels")?,
        expires_s: number(row, "expires_s")?,
        uses_left: row.try_get("uses_left")?,
        serials_only: row.try_get("serials_only")?,
        root: number(row, "root")?,
    })
}

fn serial(row: &SqliteRow) -> Result<SerialRow, Error> {
    let used_by: Option<Vec<u8>> = row.try_get("used_by")?;
    Ok(SerialRow {
        serial: row.try_get("serial")?,
        labels: json(row, "labels")?,
        used_by: used_by.map(|_| key(row, "used_by")).transpose()?.map(BoardId),
    })
}

fn board(row: &SqliteRow, states: &States) -> Result<(BoardRow, u64), Error> {
    let cloned_s: Option<i64> = row.try_get("cloned_s")?;
    let instances: Vec<u8> = row.try_get("instances")?;
    let of = |column: &str| -> Result<Option<StateRef>, Error> {
        let id: Option<i64> = row.try_get(column)?;
        id.map(|id| known(states, id)).transpose()
    };
    let board = BoardRow {
        id: BoardId(key(row, "id")?),
        name: row.try_get("name")?,
        labels: json(row, "labels")?,
        serial: row.try_get("serial")?,
        arch: row.try_get("arch")?,
        hostname: row.try_get("hostname")?,
        enrolled_s: number(row, "enrolled_s")?,
        root: number(row, "root")?,
        cordoned: row.try_get("cordoned")?,
        revoked: row.try_get("revoked")?,
        cloned_s: cloned_s.map(i64::cast_unsigned),
        online: row.try_get("online")?,
        instances: instances.as_chunks().0.to_vec(),
        offered: of("offered")?,
        latest: of("latest")?,
    };
    Ok((board, number(row, "seen_s")?))
}

fn report(row: &SqliteRow) -> Result<ReportRow, Error> {
    let report: Vec<u8> = row.try_get("report")?;
    let report = postcard::from_bytes(&report).map_err(|error| Error::Decode(Box::new(error)))?;
    Ok(ReportRow { board: BoardId(key(row, "board")?), instance: bytes(row, "instance")?, report })
}

fn rollout(row: &SqliteRow) -> Result<RolloutRow, Error> {
    Ok(RolloutRow {
        id: number(row, "id")?,
        subject: row.try_get("subject")?,
        note: row.try_get("note")?,
        by: key(row, "operator")?,
        created_s: number(row, "created_s")?,
        digest: bytes(row, "digest")?,
        header: json(row, "header")?,
    })
}

fn part(row: &SqliteRow, states: &States) -> Result<PartRow, Error> {
    let before: Option<i64> = row.try_get("before")?;
    Ok(PartRow {
        rollout: number(row, "rollout")?,
        place: row.try_get("place")?,
        board: BoardId(key(row, "board")?),
        member: json(row, "member")?,
        before: before.map(|id| known(states, id)).transpose()?,
        forward: known(states, row.try_get("forward")?)?,
        undo: known(states, row.try_get("undo")?)?,
    })
}

fn known(states: &States, id: i64) -> Result<StateRef, Error> {
    states.get(&id).copied().ok_or_else(|| Error::Decode(format!("there is no state {id}").into()))
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, Error> {
    row.try_get::<i64, _>(column).map(i64::cast_unsigned)
}

fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| Error::Decode(format!("{column} does not have {N} bytes").into()))
}

fn key(row: &SqliteRow, column: &str) -> Result<PublicKey, Error> {
    bytes(row, column).map(PublicKey)
}

fn json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| Error::Decode(Box::new(error)))
}
