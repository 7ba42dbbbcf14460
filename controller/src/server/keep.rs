//! `init`, `backup` and `restore`: making a data directory, keeping a copy, and going back to one.

use super::controller::now_s;
use super::rollouts;
use super::serve::{Ended, because};
use super::store::sqlite::{FILE, Lock, Sqlite, backup as copy, put_in_place, stage};
use super::store::{Change, Line, RootRow, Store as _};
use super::text::{from_base64, hex};
use super::tls::Identity;
use super::world::{World, first_root};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes the data directory of a fleet; what to tell the person.
pub(crate) async fn init(data: &Path, root: &Path, url: Option<&str>) -> Result<String, Ended> {
    let doing = format!("take the root {}", root.display());
    let bytes = std::fs::read(root).map_err(because(doing.clone()))?;
    let bytes = as_envelope(bytes);
    let memory = first_root(&bytes).map_err(because(doing.clone()))?;
    if memory.root.generation != 1 {
        let why = "it is not the first of its fleet; give the first, and add the others with limpetctl";
        return Err(because(doing)(why));
    }
    let doing = format!("make the data in {}", data.display());
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(because(doing.clone()))?;
    only_ours(data).map_err(because(doing.clone()))?;
    let store = Sqlite::open(data, true).await.map_err(because(doing.clone()))?;
    let known = store.load().await.map_err(because(doing.clone()))?.roots;
    match known.first() {
        // It was cut off after this, or is asked twice.
        Some(row) if *row.envelope == bytes[..] => {}
        Some(_) => return Err(because(doing)("it holds another fleet; choose another directory")),
        None => {
            let row = RootRow { generation: 1, envelope: bytes.into() };
            store.commit(&[Change::Root(row)]).await.map_err(because(doing))?;
        }
    }
    let identity = Identity::own(data, url).map_err(because("init"))?;
    Ok(format!("fleet {}\npin {}", memory.root.fleet, hex(&identity.pin)))
}

/// As bytes, or as text in base64url.
fn as_envelope(bytes: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&bytes).ok().map(str::trim);
    text.filter(|text| !text.is_empty()).and_then(from_base64).unwrap_or(bytes)
}

/// Databases are made with the rights of their directory in mind: nobody else gets in there.
fn only_ours(data: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700))
}

/// Copies everything into a new file.
pub(crate) async fn backup(data: &Path, file: &Path) -> Result<(), Ended> {
    let doing = format!("write the backup {}", file.display());
    // SQLite takes an empty file for a new one; nobody else is to read it.
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(because(doing.clone()))?;
    copy(data, file).await.inspect_err(|_| drop(std::fs::remove_file(file))).map_err(because(doing))
}

/// Puts a backup in place. Boards go on from what they have: they refuse whatever is older by themselves.
pub(crate) async fn restore(data: &Path, file: &Path, force: bool) -> Result<String, Ended> {
    let doing = format!("restore {}", file.display());
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(because(doing.clone()))?;
    only_ours(data).map_err(because(doing.clone()))?;
    if data.join(FILE).exists() && !force {
        let why = format!("{} holds a database already; --force replaces it", data.display());
        return Err(because(doing)(why));
    }
    let _lock = Lock::take(data).await.map_err(because(doing.clone()))?;
    // All of it beside the old one: a restore that is cut off has changed nothing.
    let staged = stage(data, file).await.map_err(because(doing.clone()))?;
    let store = Sqlite::open(&staged, false).await.map_err(because(doing.clone()))?;
    let loaded = store.load().await.map_err(because(doing.clone()))?;
    let now_s = now_s();
    let mut changes: Vec<_> = loaded.invites.iter().map(|row| Change::InviteGone(row.invite)).collect();
    let why = "the controller was restored from a backup";
    let (boards, invites) = (loaded.boards.len(), changes.len());
    let world = World::new(loaded, 0, now_s).map_err(because(doing.clone()))?;
    changes.extend(world.rollouts.values().flat_map(|rollout| rollouts::restored(&world, rollout, now_s)));
    let line = Line { at_s: now_s, kind: "restored", who: "limpet-controller".into(), text: why.into() };
    changes.extend([Change::Event(line.clone()), Change::Audit(line)]);
    store.commit(&changes).await.map_err(because(doing.clone()))?;
    store.close().await.map_err(because(doing.clone()))?;
    put_in_place(data, &staged).map_err(because(doing))?;
    Ok(format!(
        "restored {boards} boards; rollouts that were under way are paused, {invites} invitations have ended. Boards that \
         enrolled after the backup have to join again."
    ))
}
