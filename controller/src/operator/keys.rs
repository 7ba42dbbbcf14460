//! `limpetctl keys`: making keys, and the roots that say which of them count.

use super::chain::Chain;
use super::cli::{Global, Keys, RootSigning};
use super::encoding::{hex, key, now_s};
use super::failure::{During, Failure, Outcome};
use super::files;
use super::keyfile::{self, FILE_BYTES_MAX, KeyFile, Role};
use super::screen::say;
use super::session::Session;
use crate::api::NewRoot;
use crate::client::random;
use limpet_protocol::fleet::{ENVELOPE_BYTES_MAX, FleetId, KEYS_MAX, Keyring, PublicKey, Root};
use limpet_trust::sign::{Secret, seal};
use std::path::{Path, PathBuf};

/// Carries one out.
pub(crate) async fn run(global: &Global, verb: Keys) -> Outcome<()> {
    match verb {
        Keys::Init { directory, expires, deploy_keys, public, threshold, no_passphrase } => {
            let public = public.iter().map(|text| public_key(text)).collect::<Outcome<Vec<_>>>()?;
            let deploy = Deploy { count: deploy_keys, public, threshold };
            init(global, &directory, expires, deploy, no_passphrase)
        }
        Keys::Make { file, no_passphrase } => {
            let secret = make(global, Role::Deploy, &file, no_passphrase)?;
            say!("{}", secret.public());
            Ok(())
        }
        Keys::AddDeploy { file, public, signing, no_passphrase } => {
            // Files are made when it is known that they will count.
            let change = |root: &mut Root, _: &mut Vec<Secret>| {
                let added = match (&file, &public) {
                    (Some(file), _) => make(global, Role::Deploy, file, no_passphrase)?.public(),
                    (None, Some(public)) => public_key(public)?,
                    (None, None) => {
                        return Err(Failure::new("add a key: give a file to make, or --public HEX"));
                    }
                };
                push(&mut root.deploy, added)
            };
            next(global, &signing, change).await
        }
        Keys::Rotate { new_root, new_deploy, remove_deploy, signing, no_passphrase } => {
            let removed = remove_deploy.iter().map(|text| public_key(text)).collect::<Outcome<Vec<_>>>()?;
            let fresh = |path: Option<&PathBuf>, role| {
                path.map(|path| make(global, role, path, no_passphrase)).transpose()
            };
            let change = |root: &mut Root, signers: &mut Vec<Secret>| {
                let threshold = signing.threshold.unwrap_or(root.deploy.threshold);
                without(&mut root.deploy, &removed, threshold, new_deploy.is_some())?;
                if let Some(secret) = fresh(new_deploy.as_ref(), Role::Deploy)? {
                    root.deploy = one(secret.public())?;
                }
                if let Some(secret) = fresh(new_root.as_ref(), Role::Root)? {
                    root.root = one(secret.public())?;
                    signers.push(secret);
                }
                Ok(())
            };
            next(global, &signing, change).await
        }
        Keys::Show { files } => files.iter().try_for_each(|file| show(file)),
    }
}

/// Which deploy keys a fleet begins with.
struct Deploy {
    /// To be made.
    count: u8,
    /// Of others.
    public: Vec<PublicKey>,
    threshold: u8,
}

impl Deploy {
    /// Before a file is made.
    fn check(&self) -> Outcome<()> {
        let all = usize::from(self.count) + self.public.len();
        if all > KEYS_MAX {
            return Err(Failure::new(format!("make {all} deploy keys: a fleet has at most {KEYS_MAX}")));
        }
        if self.threshold == 0 || usize::from(self.threshold) > all {
            let threshold = self.threshold;
            return Err(Failure::new(format!(
                "let {threshold} of {all} deploy keys sign: choose from 1 to {all}"
            )));
        }
        Ok(())
    }

    fn made(self, secrets: &[Secret]) -> Outcome<Keyring> {
        let mut keyring = Keyring { keys: heapless::Vec::new(), threshold: self.threshold };
        let all = secrets.iter().map(Secret::public).chain(self.public);
        all.into_iter().try_for_each(|key| push(&mut keyring, key))?;
        Ok(keyring)
    }
}

/// The file of the deploy key with that number.
fn deploy_name(number: u8) -> String {
    if number == 1 { "deploy.key".to_owned() } else { format!("deploy-{number}.key") }
}

fn init(global: &Global, directory: &Path, expires: u64, deploy: Deploy, open: bool) -> Outcome<()> {
    deploy.check()?;
    std::fs::create_dir_all(directory).during(|| format!("make {}", directory.display()))?;
    let place = |name: &str| directory.join(name);
    let root_key = make(global, Role::Root, &place("root.key"), open)?;
    let numbers = 1..=deploy.count;
    let made = numbers.map(|number| make(global, Role::Deploy, &place(&deploy_name(number)), open));
    let deploy_keys = made.collect::<Outcome<Vec<_>>>()?;
    let (threshold, all) = (deploy.threshold, deploy_keys.len() + deploy.public.len());
    let now_s = now_s();
    let root = Root {
        fleet: FleetId(random()),
        generation: 1,
        issued_s: now_s,
        expires_s: now_s.saturating_add(expires),
        root: one(root_key.public())?,
        deploy: deploy.made(&deploy_keys)?,
    };
    let document = place("root-1.doc");
    files::write_new(&document, &seal(&[&root_key], &root)?, 0o644)?;
    let shown = document.display();
    say!("fleet {}", root.fleet);
    if threshold > 1 {
        say!(
            "What boards run is signed by {threshold} of {all} deploy keys: apply --draft FILE, sign FILE, upload FILE."
        );
    }
    say!(
        "Keep {} away from any network; without it the fleet's keys can never be changed.",
        place("root.key").display()
    );
    say!("Next, where boards can reach it: limpet-controller init --data DIR --root {shown}");
    say!(
        "Then here: limpetctl connect https://HOST[:PORT] --pin PIN --root {shown} --key {}",
        place("deploy.key").display()
    );
    Ok(())
}

/// A new key in a new file.
fn make(global: &Global, role: Role, path: &Path, open: bool) -> Outcome<Secret> {
    if path.exists() {
        return Err(Failure::new(format!("make key {}: it is there already", path.display())));
    }
    let passphrase = match open {
        true => None,
        false => Some(global.passphrase().choose(&path.display().to_string())?),
    };
    let (secret, file) = keyfile::make(role, passphrase.as_deref())?;
    let mut bytes = serde_json::to_vec_pretty(&file)?;
    bytes.push(b'\n');
    files::write_new(path, &bytes, 0o600)?;
    Ok(secret)
}

fn one(key: PublicKey) -> Outcome<Keyring> {
    let mut keyring = Keyring { keys: heapless::Vec::new(), threshold: 1 };
    push(&mut keyring, key)?;
    Ok(keyring)
}

fn push(keyring: &mut Keyring, key: PublicKey) -> Outcome<()> {
    if keyring.keys.contains(&key) {
        return Err(Failure::new(format!("key {key} counts already")));
    }
    keyring.keys.push(key).map_err(|_| Failure::new("a role has as many keys as it can; remove one first"))
}

fn without(
    keyring: &mut Keyring,
    removed: &[PublicKey],
    threshold: u8,
    all_are_replaced: bool,
) -> Outcome<()> {
    for key in removed {
        let at = keyring.keys.iter().position(|other| other == key);
        keyring.keys.remove(at.ok_or_else(|| Failure::new(format!("key {key} does not count anyway")))?);
    }
    if !all_are_replaced && keyring.keys.len() < usize::from(threshold) {
        return Err(Failure::new(
            "fewer deploy keys are left than must sign; add one first (keys add-deploy)",
        ));
    }
    Ok(())
}

/// Signs the root that follows the controller's last, and uploads it.
async fn next(
    global: &Global,
    signing: &RootSigning,
    change: impl FnOnce(&mut Root, &mut Vec<Secret>) -> Outcome<()>,
) -> Outcome<()> {
    let (mut session, _) = Session::open(global).await?;
    let mut signers = Vec::new();
    for path in &signing.root_key {
        signers.push(global.passphrase().open(path)?.0);
    }
    let now_s = now_s();
    let mut root = session.chain.root().clone();
    root.generation += 1;
    root.issued_s = now_s;
    root.expires_s = now_s.saturating_add(signing.expires);
    change(&mut root, &mut signers)?;
    root.deploy.threshold = signing.threshold.unwrap_or(root.deploy.threshold);
    let sealed = seal(&signers.iter().collect::<Vec<_>>(), &root)?;
    // Boards judge by the same rules; what they would refuse is not sent to them.
    session.chain.clone().next(&sealed, now_s)?;
    if let Some(out) = &signing.out {
        files::write_new(out, &sealed, 0o644)?;
    }
    session.send_root(&NewRoot { root: super::encoding::base64(&sealed) }).await?;
    say!("root {} counts from now on", root.generation);
    Ok(())
}

fn public_key(text: &str) -> Outcome<PublicKey> {
    key(text).ok_or_else(|| Failure::new(format!("{text:?} is no public key: 64 hexadecimal digits")))
}

fn show(path: &Path) -> Outcome<()> {
    let bytes = files::read(path, ENVELOPE_BYTES_MAX as u64)?;
    if bytes.first() == Some(&b'{') && bytes.len() as u64 <= FILE_BYTES_MAX {
        let file = KeyFile::parse(&bytes).during(|| format!("read {}", path.display()))?;
        let role = match file.role {
            Role::Root => "root",
            Role::Deploy => "deploy",
        };
        let sealed = if file.is_sealed() { "passphrase" } else { "open" };
        say!("{role} key {} ({sealed})", file.public);
        return Ok(());
    }
    let envelope = limpet_trust::envelope::open(&bytes).during(|| format!("read {}", path.display()))?;
    let root: Root = postcard::from_bytes(envelope.payload).during(|| format!("read {}", path.display()))?;
    say!("root {} of fleet {}", root.generation, root.fleet);
    say!("digest {}", hex(&limpet_trust::envelope::digest(envelope.payload)));
    for (role, keyring) in [("root", &root.root), ("deploy", &root.deploy)] {
        for key in &keyring.keys {
            say!("{role} key {key} ({} must sign)", keyring.threshold);
        }
    }
    if root.generation == 1 {
        Chain::first(&bytes)?;
    }
    Ok(())
}
