//! One [`Change`] as statements.

use crate::server::store::{BoardRow, Change, InviteRow, Line, PIECE_BYTES, PartRow, RolloutRow, SerialRow};
use serde::Serialize;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{Error, SqliteConnection, query};

type Statement<'a> = Query<'a, Sqlite, SqliteArguments<'a>>;

pub(super) async fn change(connection: &mut SqliteConnection, change: &Change) -> Result<(), Error> {
    if let Change::Blob(sha256, bytes) = change {
        return blob(connection, sha256, bytes).await;
    }
    if let Change::PruneRollouts(ids) = change {
        return prune(connection, ids).await;
    }
    match statement(change)? {
        Some(statement) => statement.execute(connection).await.map(drop),
        None => Ok(()),
    }
}

fn statement(change: &Change) -> Result<Option<Statement<'_>>, Error> {
    Ok(Some(match change {
        Change::Root(row) => query("INSERT INTO roots VALUES (?, ?)")
            .bind(row.generation.cast_signed())
            .bind(&row.envelope[..]),
        Change::Invite(row) => invite(row)?,
        Change::InviteGone(invite) => query("DELETE FROM invites WHERE invite = ?").bind(&invite[..]),
        Change::Serial(row) => serial(row)?,
        Change::Board(row) => board(row)?,
        Change::Seen(board, at_s) => {
            query("INSERT OR REPLACE INTO seen VALUES (?, ?)").bind(&board.0.0[..]).bind(at_s.cast_signed())
        }
        Change::Report(row) => query("INSERT OR REPLACE INTO reports VALUES (?, ?, ?)")
            .bind(&row.board.0.0[..])
            .bind(&row.instance[..])
            .bind(postcard::to_allocvec(&row.report).map_err(encoding)?),
        Change::State(board, state, envelope) => query("INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(state.id.cast_signed())
            .bind(&board.0.0[..])
            .bind(state.position.root.cast_signed())
            .bind(state.position.generation.cast_signed())
            .bind(&state.sha256[..])
            .bind(&envelope[..])
            .bind(state.signers),
        Change::Rollout(row) => rollout(row)?,
        Change::Part(row) => part(row)?,
        Change::Event(line) => log("INSERT INTO events (at_s, kind, who, text) VALUES (?, ?, ?, ?)", line),
        Change::Audit(line) => log("INSERT INTO audit (at_s, kind, who, text) VALUES (?, ?, ?, ?)", line),
        Change::Blob(..) | Change::Engine(..) | Change::PruneRollouts(_) => return Ok(None),
        Change::PruneEvents(kept) => {
            query("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?").bind(kept.cast_signed())
        }
    }))
}

fn invite(row: &InviteRow) -> Result<Statement<'_>, Error> {
    Ok(query("INSERT OR REPLACE INTO invites VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&row.invite[..])
        .bind(json(&row.labels)?)
        .bind(row.expires_s.cast_signed())
        .bind(row.uses_left)
        .bind(row.serials_only)
        .bind(row.root.cast_signed()))
}

fn serial(row: &SerialRow) -> Result<Statement<'_>, Error> {
    Ok(query("INSERT OR REPLACE INTO serials VALUES (?, ?, ?)")
        .bind(&row.serial)
        .bind(json(&row.labels)?)
        .bind(row.used_by.map(|board| board.0.0.to_vec())))
}

/// Not `OR REPLACE`: that would remove the row that reports refer to.
fn board(row: &BoardRow) -> Result<Statement<'_>, Error> {
    Ok(query(
        "INSERT INTO boards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
         name = excluded.name, labels = excluded.labels, serial = excluded.serial, arch = excluded.arch, \
         hostname = excluded.hostname, enrolled_s = excluded.enrolled_s, root = excluded.root, \
         cordoned = excluded.cordoned, revoked = excluded.revoked, cloned_s = excluded.cloned_s, \
         online = excluded.online, instances = excluded.instances, offered = excluded.offered, \
         latest = excluded.latest",
    )
    .bind(&row.id.0.0[..])
    .bind(&row.name)
    .bind(json(&row.labels)?)
    .bind(&row.serial)
    .bind(&row.arch)
    .bind(&row.hostname)
    .bind(row.enrolled_s.cast_signed())
    .bind(row.root.cast_signed())
    .bind(row.cordoned)
    .bind(row.revoked)
    .bind(row.cloned_s.map(u64::cast_signed))
    .bind(row.online)
    .bind(row.instances.concat())
    .bind(row.offered.map(|state| state.id.cast_signed()))
    .bind(row.latest.map(|state| state.id.cast_signed())))
}

fn rollout(row: &RolloutRow) -> Result<Statement<'_>, Error> {
    Ok(query(
        "INSERT INTO rollouts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
         header = excluded.header",
    )
    .bind(row.id.cast_signed())
    .bind(&row.subject)
    .bind(&row.note)
    .bind(&row.by.0[..])
    .bind(row.created_s.cast_signed())
    .bind(&row.digest[..])
    .bind(json(&row.header)?))
}

fn part(row: &PartRow) -> Result<Statement<'_>, Error> {
    Ok(query("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(row.rollout.cast_signed())
        .bind(row.place)
        .bind(&row.board.0.0[..])
        .bind(json(&row.member)?)
        .bind(row.before.map(|state| state.id.cast_signed()))
        .bind(row.forward.id.cast_signed())
        .bind(row.undo.id.cast_signed()))
}

fn log<'a>(text: &'static str, line: &'a Line) -> Statement<'a> {
    query(text).bind(line.at_s.cast_signed()).bind(line.kind).bind(&line.who).bind(&line.text)
}

/// The highest number and the highest position stay: they are counted on from.
async fn prune(connection: &mut SqliteConnection, ids: &[u64]) -> Result<(), Error> {
    for id in ids {
        for text in ["DELETE FROM parts WHERE rollout = ?", "DELETE FROM rollouts WHERE id = ?"] {
            query(text).bind(id.cast_signed()).execute(&mut *connection).await?;
        }
    }
    let unused = "DELETE FROM states WHERE id < (SELECT max(id) FROM states) \
        AND (root, generation) < (SELECT root, generation FROM states ORDER BY root DESC, generation DESC LIMIT 1) \
        AND id NOT IN (SELECT offered FROM boards WHERE offered IS NOT NULL \
            UNION SELECT latest FROM boards WHERE latest IS NOT NULL \
            UNION SELECT before FROM parts WHERE before IS NOT NULL \
            UNION SELECT forward FROM parts UNION SELECT undo FROM parts)";
    query(unused).execute(&mut *connection).await.map(drop)
}

async fn blob(connection: &mut SqliteConnection, sha256: &[u8; 32], bytes: &[u8]) -> Result<(), Error> {
    let done = query("INSERT OR IGNORE INTO blobs VALUES (?, ?)")
        .bind(&sha256[..])
        .bind(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    #[expect(clippy::cast_possible_truncation, reason = "64 KiB")]
    for (number, piece) in (0_i64..).zip(bytes.chunks(PIECE_BYTES as usize)) {
        query("INSERT INTO pieces VALUES (?, ?, ?)")
            .bind(&sha256[..])
            .bind(number)
            .bind(piece)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(encoding)
}

fn encoding<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
    Error::Encode(Box::new(error))
}
