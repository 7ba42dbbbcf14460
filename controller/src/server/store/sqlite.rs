//! SQLite: one file, one writer, a write-ahead log that is synced before anything counts.
//!
//! Readers go beside the writer. A second server on the same data is kept out by a lock of its own, so that `backup` may
//! still read while one runs.

mod read;
mod write;

use super::{Answer, Change, Loaded, Log, Store, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, Row, SqliteConnection, SqlitePool};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// The database within the data directory.
pub(crate) const FILE: &str = "controller.db";
/// Held by the server that uses the data.
const LOCK: &str = "lock";
/// Connections that read.
const READERS: u32 = 4;
/// How long a statement waits for another process (`backup`).
const BUSY: Duration = Duration::from_secs(10);
/// What the header of our files says.
const APPLICATION: i32 = 1_281_977_712;

/// A data directory in use.
pub(crate) struct Sqlite {
    options: SqliteConnectOptions,
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
    _lock: Lock,
}

/// Nobody else uses the data directory as long as it is held. SQLite's own lock: the kernel gives it back when the process ends.
pub(crate) struct Lock {
    _connection: SqliteConnection,
}

impl Lock {
    /// Takes it.
    ///
    /// # Errors
    /// Another process holds it, or there is no such directory.
    pub(crate) async fn take(data: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(data.join(LOCK))
            .create_if_missing(true)
            .busy_timeout(Duration::from_millis(100));
        let mut connection = options.connect().await.map_err(failed)?;
        connection.execute("BEGIN EXCLUSIVE").await.map_err(|_| {
            StoreError::Failed(format!(
                "{} is in use by another limpet-controller; stop that",
                data.display()
            ))
        })?;
        Ok(Self { _connection: connection })
    }
}

impl Sqlite {
    /// Opens the database of a data directory and brings it to this version's form.
    ///
    /// # Errors
    /// It is in use, cannot be opened, or is of a later version.
    pub(crate) async fn open(data: &Path, create: bool) -> Result<Self, StoreError> {
        let lock = Lock::take(data).await?;
        let options = options(&data.join(FILE), create);
        let mut writer = options.connect().await.map_err(failed)?;
        migrate(&mut writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.clone().read_only(true));
        Ok(Self { options, writer: Mutex::new(Some(writer)), readers, _lock: lock })
    }

    /// Ends its use; everything is in the one file afterwards.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        self.readers.close().await;
        match self.writer.into_inner() {
            Some(writer) => writer.close().await.map_err(failed),
            None => Ok(()),
        }
    }

    async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut slot = self.writer.lock().await;
        // A connection that failed, or whose user went away in the middle, is not used again: closing it rolls back.
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(failed)?,
        };
        let mut transaction = connection.begin().await.map_err(failed)?;
        for change in changes {
            write::change(&mut transaction, change).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(|error| match failed(error) {
            // Without room the log's last frame, which makes the change count, was not written.
            StoreError::Full => StoreError::Full,
            StoreError::Failed(text) | StoreError::Doubtful(text) => StoreError::Doubtful(text),
        })?;
        *slot = Some(connection);
        Ok(())
    }
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::migrate!("./migrations")
        .run(connection)
        .await
        .map_err(|error| StoreError::Failed(error.to_string()))
}

fn options(file: &Path, create: bool) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
}

/// SQLite's numbers for a disk without room: FULL, and for the two files that grow beside the database, IOERR_WRITE and
/// IOERR_SHMSIZE.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        Some("13" | "778" | "4874") => StoreError::Full,
        Some(_) | None => StoreError::Failed(error.to_string()),
    }
}

impl Store for Sqlite {
    fn load(&self) -> Answer<'_, Loaded> {
        Box::pin(async move {
            let mut connection = self.readers.acquire().await.map_err(failed)?;
            read::everything(&mut connection).await.map_err(failed)
        })
    }

    fn commit<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, ()> {
        Box::pin(self.write(changes))
    }

    fn envelope(&self, state: u64) -> Answer<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            sqlx::query_scalar("SELECT envelope FROM states WHERE id = ?")
                .bind(state.cast_signed())
                .fetch_optional(&self.readers)
                .await
                .map_err(failed)
        })
    }

    fn lines(&self, log: Log, since: u64, limit: u32) -> Answer<'_, Vec<crate::api::Event>> {
        Box::pin(async move {
            let query = match log {
                Log::Events => {
                    "SELECT id, at_s, kind, who, text FROM events WHERE id > ? ORDER BY id LIMIT ?"
                }
                Log::Audit => "SELECT id, at_s, kind, who, text FROM audit WHERE id > ? ORDER BY id LIMIT ?",
            };
            let rows = sqlx::query(query)
                .bind(i64::try_from(since).unwrap_or(i64::MAX))
                .bind(limit)
                .fetch_all(&self.readers)
                .await
                .map_err(failed)?;
            rows.iter().map(read::line).collect::<Result<_, _>>().map_err(failed)
        })
    }

    fn blob(&self, sha256: [u8; 32]) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let bytes: Option<i64> = sqlx::query_scalar("SELECT bytes FROM blobs WHERE sha256 = ?")
                .bind(&sha256[..])
                .fetch_optional(&self.readers)
                .await
                .map_err(failed)?;
            Ok(bytes.map(i64::cast_unsigned))
        })
    }

    fn piece(&self, sha256: [u8; 32], number: u64) -> Answer<'_, Vec<u8>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT bytes FROM pieces WHERE sha256 = ? AND number = ?")
                .bind(&sha256[..])
                .bind(number.cast_signed())
                .fetch_one(&self.readers)
                .await
                .map_err(failed)?;
            row.try_get(0).map_err(failed)
        })
    }
}

/// Writes the database of a data directory, which a server may be using, into a new file.
///
/// # Errors
/// There is none, or the file cannot be written.
pub(crate) async fn backup(data: &Path, file: &Path) -> Result<(), StoreError> {
    let mut connection = options(&data.join(FILE), false).connect().await.map_err(failed)?;
    vacuum_into(&mut connection, file).await
}

async fn vacuum_into(connection: &mut SqliteConnection, file: &Path) -> Result<(), StoreError> {
    let name = file.to_str().ok_or_else(|| StoreError::Failed("the name of the file is not UTF-8".into()))?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(connection).await.map_err(failed)?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(io)
}

/// Where a backup is made ready within the data directory; what an earlier attempt left there is gone.
///
/// # Errors
/// It is no backup, or the disk is full; the database was not touched.
pub(crate) async fn stage(data: &Path, file: &Path) -> Result<PathBuf, StoreError> {
    let staged = data.join("restoring");
    // It may not be there.
    let _ = std::fs::remove_dir_all(&staged);
    std::fs::create_dir(&staged).map_err(io)?;
    let copy = staged.join(FILE);
    std::fs::copy(file, &copy).map_err(io)?;
    check(&copy).await?;
    Ok(staged)
}

/// Puts what was made ready in place of the database, by one rename. Nobody may be using either.
///
/// # Errors
/// The disk failed.
pub(crate) fn put_in_place(data: &Path, staged: &Path) -> Result<(), StoreError> {
    let (from, place) = (staged.join(FILE), data.join(FILE));
    if beside(&from, "-wal").metadata().is_ok_and(|wal| wal.len() > 0) {
        return Err(StoreError::Failed(
            "what was changed did not get into its file; free some room there".into(),
        ));
    }
    // What the old database left beside itself would be taken for the new one's.
    for path in [beside(&place, "-wal"), beside(&place, "-shm")] {
        discard(&path);
    }
    std::fs::File::open(&from).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&from, &place).and_then(|()| std::fs::File::open(data)?.sync_all()).map_err(io)?;
    std::fs::remove_dir_all(staged).map_err(io)
}

async fn check(file: &Path) -> Result<(), StoreError> {
    let no_backup = |why: String| StoreError::Failed(format!("the file is no backup of a controller: {why}"));
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .connect()
        .await
        .map_err(|error| no_backup(error.to_string()))?;
    let found: Result<(i32, String), _> = async {
        let application = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await?;
        let health = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut connection).await?;
        Ok::<_, sqlx::Error>((application, health))
    }
    .await;
    let _ = connection.close().await;
    match found {
        Ok((APPLICATION, health)) if health == "ok" => Ok(()),
        Ok((APPLICATION, health)) => Err(no_backup(health)),
        Ok(_) => Err(no_backup("it was written by something else".into())),
        Err(error) => Err(no_backup(error.to_string())),
    }
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn discard(path: &Path) {
    // It may not be there.
    let _ = std::fs::remove_file(path);
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn io(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        StoreError::Full
    } else {
        StoreError::Failed(error.to_string())
    }
}
