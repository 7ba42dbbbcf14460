//! The board whose power is cut, again and again.
//!
//! Each cycle boots the disk that the cut before has left, with nobody's help; looks whether everything is as it may be
//! ([`check`]); makes the board busy ([`work`]); and kills QEMU at a chosen step, a random time after that has begun. The disk
//! then is what an honest one with a volatile cache would hold: QEMU's `blklogwrites` driver has logged every write and
//! flush in order. The power goes at any of these after the last that the board was heard of; [`log`] replays all up to the
//! last flush before that, and of the later writes only some, torn and reordered.
//! (Killing QEMU alone would lose nothing that was written: this machine's page cache survives.)

mod check;
mod fleet;
mod log;
mod random;
mod work;

pub use log::Disk as Behaviour;
pub use work::Kind;

use crate::board::{Board, Cut};
use crate::disk;
use crate::host::from_board;
use crate::spec::{Init, Network, Spec};
use crate::stage::Stage;
use fleet::Fleet;
use native_tests::places;
use native_tests::registry::Registry;
use random::Random;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use work::{PULLED_IMAGE, Place, Possible, Step};

/// The power goes at most this long after the chosen step has begun; most steps have ended by then, and others begun.
const AFTER_MS_MAX: u64 = 2500;
/// Loading the image takes longer: some 6 s under emulation.
const LOAD_MS_MAX: u64 = 8000;
/// Pulling too.
const PULL_MS_MAX: u64 = 10_000;
/// So does starting again what ran before, and so may ending it; and a version on trial is so for as long.
const ALL_MS_MAX: u64 = 5000;
const FILE: &str = "\
name: shop
services:
  a:
    image: busybox
    restart: always
    mem_limit: 16m
    init: true
    command: sleep 100000
    environment: { REVISION: '${REVISION}' }
";
/// What the fleet gives the board. An image by its digest, from the registry.
const FLEET_FILE: &str = "\
name: far
services:
  a:
    image: IMAGE
    network_mode: none
    restart: always
    init: true
    command: sleep 100000
    environment: { REVISION: '$REVISION' }
    deploy:
      resources: { limits: { memory: 16M } }
      update_config: { monitor: 1s }
";

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// How many cuts.
    pub cycles: u32,
    /// Of chance.
    pub seed: u64,
    /// During which step; each in its turn, if none is chosen.
    pub moment: Option<Kind>,
    /// What the disk does with flushes.
    pub disk: Behaviour,
    /// The board's first process. With systemd, everything is on the disk that is cut off, Limpet's own file too.
    pub init: Init,
}

struct Rig<'a> {
    stage: &'a Stage,
    spec: Spec,
    /// The disk as it was at the last cut; QEMU writes to a copy.
    base: PathBuf,
    random: Random,
    place: Place,
    fleet: Fleet,
    /// It serves as long as there is a rig.
    _registry: Registry,
    possible: Possible,
    /// Digests of images as they were first saved.
    saved: BTreeMap<String, String>,
    /// Cuts after which something was wrong.
    lost: u32,
}

/// Cuts the power so often, and says of each cycle how it went.
///
/// # Panics
/// A board does not come up, or something is wrong on it.
pub fn play(stage: &Stage, campaign: &Campaign) {
    let mut rig = Rig::prepare(stage, campaign);
    for cycle in 0..campaign.cycles {
        let kind = campaign.moment.unwrap_or(Kind::ALL[cycle as usize % Kind::ALL.len()]);
        let said = rig.cycle(kind, campaign.disk);
        println!("{:<8} cut {:>4}: {said}", stage.target.arch, cycle + 1);
    }
    let mut board = rig.boot();
    rig.judge(&mut board);
    board.power_off();
    disk::assert_left_clean(&rig.spec.disks[0].path);
    let (lost, cycles) = (rig.lost, campaign.cycles);
    assert_eq!(lost, 0, "of {cycles} power cuts");
}

impl<'a> Rig<'a> {
    /// A disk with the images that are needed, and a board that was switched off in order.
    fn prepare(stage: &'a Stage, campaign: &Campaign) -> Self {
        let registry = registry();
        let fleet = Fleet::of(stage.path(), &registry, FLEET_FILE);
        let place = Place {
            payload: format!("/payload/images/{}", stage.target.value("deb_arch")),
            registry: from_board(registry.address()),
            init: campaign.init,
        };
        let mut spec = spec(stage, campaign.init);
        let mut board = stage.boot(&spec);
        if campaign.init == Init::Systemd {
            install(&mut board);
        }
        let saved = furnish(&mut board, &place, &fleet);
        board.power_off();
        let base = stage.path().join("base.img");
        fs::rename(&spec.disks[0].path, &base).expect("both are in the stage's directory");
        spec.disks[0].log = Some(stage.path().join("writes.log"));
        let random = Random::new(campaign.seed);
        let possible = work::first(campaign.init);
        Self { stage, spec, base, random, place, fleet, _registry: registry, possible, saved, lost: 0 }
    }

    fn boot(&self) -> Board {
        disk::copy(&self.base, &self.spec.disks[0].path);
        File::create(self.log()).expect("the stage's directory is ours");
        self.stage.boot(&self.spec)
    }

    fn cycle(&mut self, kind: Kind, behaviour: Behaviour) -> String {
        let begin = Instant::now();
        let mut board = self.boot();
        let booted = begin.elapsed();
        let steps = self.steps(&mut board, kind);
        let judged = begin.elapsed();
        let after = Duration::from_millis(self.random.below(match kind {
            Kind::Load => LOAD_MS_MAX,
            Kind::Pull => PULL_MS_MAX,
            Kind::Recover | Kind::Shutdown | Kind::Worse => ALL_MS_MAX,
            _ => AFTER_MS_MAX,
        }));
        let number = steps.iter().position(|step| step.kind == kind);
        let moment = format!("begin {} {kind}", number.expect("it was planned so"));
        let path = self.log().to_owned();
        let mut known = 0;
        let script = work::script(&steps);
        let cut = Cut { script: &script, moment: &moment, after, may_be_off: kind == Kind::Shutdown };
        let printed = board.cut_during(&cut, &mut || known = log::count_at(&path));
        self.possible = work::outlook(std::mem::take(&mut self.possible), &steps, &printed);
        let lost = self.replay(behaviour, known);
        let ended = printed.lines().filter(|line| line.starts_with("end ")).count();
        format!(
            "{kind} + {} ms, {ended} of {} steps done, {lost}; up after {:.1} s, judged after {:.1} s, {:.1} s in all",
            after.as_millis(),
            steps.len(),
            booted.as_secs_f64(),
            judged.as_secs_f64(),
            begin.elapsed().as_secs_f64()
        )
    }

    /// What the board is to be busy with when its power is cut; nothing, if that is while it still recovers from the cut
    /// before, and nobody has looked.
    fn steps(&mut self, board: &mut Board, kind: Kind) -> Vec<Step> {
        if kind == Kind::Recover {
            return vec![work::recover()];
        }
        self.judge(board);
        let file = "/root/compose.yaml";
        board.sh(&format!("rm -f {file}"));
        board.write(file, FILE.as_bytes());
        let steps = work::plan(&self.possible, kind, &self.place, &mut self.random);
        if kind == Kind::Deliver {
            self.fleet.apply(work::delivered(&self.possible) + 1);
        }
        steps
    }

    /// Looks whether everything is as it may be, and goes on from what is: what was in doubt no longer is.
    fn judge(&mut self, board: &mut Board) {
        board.until_answered();
        connect(board, &self.place);
        self.fleet.until_committed();
        let (found, wrong) = check::settle(board, &self.possible);
        let (found, broken) = check::inspect(board, found);
        let images = check::images(board);
        let changed = images.iter().filter(|(name, digest)| self.saved.get(*name) != Some(digest));
        let changed = changed.map(|(name, digest)| format!("image {name} is {digest} when it is saved"));
        let wrong: Vec<String> = wrong.into_iter().chain(broken).chain(changed).collect();
        if !wrong.is_empty() {
            self.lost += 1;
            let arch = &self.stage.target.arch;
            println!("{arch:<8} LOST: {}\n{}", wrong.join("\n"), board.evidence());
        }
        self.possible = found.into_iter().map(|(name, state)| (name, vec![state])).collect();
    }

    /// Makes of the base what the cut has left. The power may have gone at any time after the `known` first writes: they
    /// were done when something was last heard of the board.
    fn replay(&mut self, behaviour: Behaviour, known: usize) -> String {
        let path = self.log().to_owned();
        let told = File::open(&path).and_then(|log| {
            let entries = log::entries(&log)?;
            let known = known.min(entries.len());
            let open = u64::try_from(entries.len() - known + 1).map_err(std::io::Error::other)?;
            let cut = known + usize::try_from(self.random.below(open)).map_err(std::io::Error::other)?;
            let survivors = log::survivors(&entries[..cut], behaviour, &mut self.random);
            log::replay(&log, &survivors, &self.base)?;
            Ok(format!("{} of the first {cut} of {} writes kept", survivors.len(), entries.len()))
        });
        let told = told.unwrap_or_else(|e| panic!("replaying {}: {e}", path.display()));
        disk::assert_survives(&self.base);
        told
    }

    fn log(&self) -> &Path {
        self.spec.disks[0].log.as_ref().expect("this disk has one")
    }
}

/// A board whose first disk is the one that is cut off.
fn spec(stage: &Stage, init: Init) -> Spec {
    let spec = match init {
        Init::Limpet => Spec::new(&stage.target).disk(stage.data_disk("data"), "/var/lib/limpet"),
        Init::Systemd => stage.systemd_root(),
    };
    spec.disk(stage.payload(), "/payload").network(Network::User).words(&["limpet.network=dhcp"])
}

/// On this machine, with what is pulled, and the image of the fleet's app.
fn registry() -> Registry {
    let registry = Registry::open();
    for (image, tag) in [(PULLED_IMAGE, "latest"), ("busybox", "1")] {
        let archive = format!("oci-archive:{}", places::multi(image).display());
        registry.push(&archive, &format!("{image}:{tag}"));
    }
    registry
}

/// Gives the board what has to be there, and what will come and go once; the digests of all that as it is saved.
fn furnish(board: &mut Board, place: &Place, fleet: &Fleet) -> BTreeMap<String, String> {
    connect(board, place);
    for image in ["busybox", "probe", work::GUEST_IMAGE] {
        board.load(image);
    }
    let pulled = format!("{}/{PULLED_IMAGE}", place.registry);
    board.limpet(&["pull", "-q", &pulled]).ok();
    fleet.take_in(board);
    let saved = check::images(board);
    board.limpet(&["rmi", work::GUEST_IMAGE, &pulled]).ok();
    saved
}

/// As the manual says. How large the program is that was installed, and its digest, are kept for [`check`].
fn install(board: &mut Board) {
    board.install();
    board.sh("mkdir -p /etc/limpet && cd /etc/limpet && wc -c </usr/local/bin/limpet >program && sha256sum </usr/local/bin/limpet >>program");
    board.until_answered();
}

/// With the network, where the controller and the registry are. systemd's board has nobody else who gives it an address.
fn connect(board: &mut Board, place: &Place) {
    if place.init == Init::Systemd {
        board.sh("ip link set eth0 up; ip addr replace 10.0.2.15/24 dev eth0; ip route replace default via 10.0.2.2");
    }
    board.names_registry(&place.registry);
    board.until_connected();
}
