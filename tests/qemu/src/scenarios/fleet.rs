//! A board of a fleet, whose controller and registry are on this machine: it joins, is updated, puts back by itself what is
//! not well, and needs no controller for what it has.

use crate::host::from_board;
use crate::{Board, Network, Stage, qemu};
use native_tests::controller::Controller;
use native_tests::registry::Registry;
use native_tests::{Outcome, places};
use std::fs;
use std::path::PathBuf;

/// What it is well by costs nothing, and comes before it is asked for; on a busy machine, too.
const APP: &str = "\
name: shop
services:
  web:
    image: IMAGE
    network_mode: none
    restart: always
    init: true
    command: [ sh, -c, 'touch /$STATE; echo open; exec sleep 100000' ]
    environment: { VERSION: '$VERSION' }
    healthcheck: { test: [ CMD, test, -e, /well ], interval: 1s, retries: 2, start_period: 2s }
    deploy:
      resources: { limits: { memory: 32M } }
      update_config: { monitor: 1s, failure_action: rollback }
";

const TO_THE_SHED: [&str; 4] = ["--to", "site=shed", "--soak", "0s"];

pub(super) fn joins_follows_and_outlives(stage: &Stage) {
    let registry = registry();
    let mut fleet = Fleet::of(stage);
    fleet.write_app(&registry);
    let mut board = boot(stage, Network::User);
    board.names_registry(&from_board(registry.address()));
    joins(&mut board, &fleet, "shed");
    let token = fleet.invite();
    board.limpet(&["join", &token]).refused(1, &["in the fleet at https://10.0.2.2:"]);
    is_given_an_app(&mut board, &fleet);
    puts_back_what_is_not_well(&mut board, &fleet);
    goes_on_without_controller(&mut board, &mut fleet);
    is_updated_in_the_end(&mut board, &mut fleet);
    leaves(&mut board, &fleet);
    board.power_off();
}

/// Limpet's own file comes from the controller, too; one that never answers is undone.
pub(super) fn is_upgraded_by_its_fleet(stage: &Stage) {
    let fleet = Fleet::of(stage);
    let mut board = boot(stage, Network::User);
    board.load("probe");
    board.detached("kept", &["--restart", "always", "probe", "on-term", "0"]);
    board.until_logged("kept", "ready");
    let runs = board.field("kept", "/State/Pid");
    joins(&mut board, &fleet, "shed");
    // Bytes after the end of an ELF file are nobody's.
    let newer = [board.read("/bin/limpet"), b"newer".to_vec()].concat();
    fleet.set_program(&newer, "9.9.1").ok();
    assert_eq!(board.sh("tail -c 5 /bin/limpet"), "newer");
    let said = fleet.set_program(&board.read("/bin/agent"), "9.9.9").code(1);
    assert!(said.stderr.contains("the new version did not come up; the old one runs again"), "{said:#?}");
    assert_eq!(board.sh("tail -c 5 /bin/limpet"), "newer", "the old file is back");
    board.assert_answered();
    assert_eq!(board.field("kept", "/State/Pid"), runs, "the container ran on through all of it");
    board.power_off();
}

/// Two boards on one wire: each has an address of its own and reaches the other; what is not well ends with the first of them.
pub(super) fn two_on_a_wire(stage: &Stage) {
    let registry = registry();
    let fleet = Fleet::of(stage);
    fleet.write_app(&registry);
    let mut boards = [0, 1].map(|number| boot(stage, Network::Wire { number, boards: 2 }));
    let addresses = boards.each_mut().map(address);
    assert_ne!(addresses[0], addresses[1], "one lease for two boards");
    let [shed, barn] = &mut boards;
    finds(shed, &addresses[1], 1);
    finds(barn, &addresses[0], 0);
    for (board, name) in boards.iter_mut().zip(["shed", "barn"]) {
        board.names_registry(&from_board(registry.address()));
        joins(board, &fleet, name);
    }
    fleet.apply(1, "well", &[]).ok();
    boards.iter_mut().for_each(|board| says(board, "1"));
    let before = boards.each_mut().map(|board| board.field("shop-web-1", "/Id"));
    let said = fleet.apply(2, "ill", &[]).code(1);
    assert!(said.stderr.contains("undone: ") && said.stderr.contains("it is unhealthy"), "{said:#?}");
    boards.iter_mut().for_each(|board| says(board, "1"));
    let after = boards.each_mut().map(|board| board.field("shop-web-1", "/Id"));
    let untouched = before.iter().zip(&after).filter(|(before, after)| before == after).count();
    assert!(untouched >= 1, "both had what one had found ill: {before:?} {after:?}");
    let events = fleet.controller.operate(&["get", "events"]);
    assert_eq!(events.matches("reverted  ").count(), 1, "one board went first, and alone:\n{events}");
    fleet.apply(3, "well", &[]).ok();
    boards.iter_mut().for_each(|board| says(board, "3"));
    let [shed, barn] = boards;
    barn.power_off();
    shed.power_off();
}

/// What a fleet needs whatever the board's clock says: it joins, fetches an app's image, and is updated.
pub(super) fn follows(stage: &Stage, board: &mut Board) {
    let registry = registry();
    let fleet = Fleet::of(stage);
    fleet.write_app(&registry);
    board.names_registry(&from_board(registry.address()));
    joins(board, &fleet, "shed");
    for version in [1, 2] {
        fleet.apply(version, "well", &[]).ok();
        says(board, &version.to_string());
    }
}

fn address(board: &mut Board) -> String {
    board.sh("ip -4 addr show eth0 | sed -n 's,.*inet \\([0-9.]*\\)/.*,\\1,p'")
}

/// The card of the board with that number answers for its address. (Between two addresses of its network QEMU takes part in
/// conversations as if it were the way between them, so these say nothing.)
fn finds(board: &mut Board, address: &str, number: u8) {
    let card = qemu::card_address(number);
    let asks = format!("ping -c 1 -W 1 {address} >/dev/null; ip neigh show {address} | grep -q {card}");
    board.until(&format!("it finds {card}"), &asks);
}

fn boot(stage: &Stage, network: Network) -> Board {
    let spec = stage.spec().network(network).words(&["limpet.network=dhcp"]).reboots();
    let mut board = stage.boot(&spec);
    board.until_connected();
    board
}

/// On this machine, with the app's image.
fn registry() -> Registry {
    let registry = Registry::open();
    registry.push(&format!("oci-archive:{}", places::multi("busybox").display()), "busybox:1");
    registry
}

/// The operator's side.
struct Fleet {
    controller: Controller,
    desk: PathBuf,
}

impl Fleet {
    fn of(stage: &Stage) -> Self {
        Self { controller: Controller::open(), desk: stage.path().to_owned() }
    }

    /// The app's file, with an image of this registry.
    fn write_app(&self, registry: &Registry) {
        let image = format!("{}/busybox@{}", from_board(registry.address()), registry.digest("busybox"));
        fs::write(self.file("shop.yaml"), APP.replace("IMAGE", &image)).expect("the stage is writable");
    }

    fn invite(&self) -> String {
        let url = format!("https://{}", from_board(self.controller.address()));
        self.controller.invite_to(&url, 1, &["site=shed"])
    }

    fn file(&self, name: &str) -> String {
        self.desk.join(name).display().to_string()
    }

    fn apply(&self, version: u32, state: &str, flags: &[&str]) -> Outcome {
        let (version, state) = (format!("VERSION={version}"), format!("STATE={state}"));
        let words = ["apply", "-f", &self.file("shop.yaml"), "--set", &version, "--set", &state];
        self.controller.try_to(&[&words, &TO_THE_SHED[..], flags].concat())
    }

    fn set_program(&self, bytes: &[u8], version: &str) -> Outcome {
        let file = self.file("program");
        fs::write(&file, bytes).expect("the stage is writable");
        let words = ["set", "program", &file, "--release", version];
        self.controller.try_to(&[&words, &TO_THE_SHED[..]].concat())
    }

    fn until_online(&self, name: &str, online: bool) {
        native_tests::until(&format!("{name} is online: {online}"), || {
            self.controller.board(name).filter(|board| board["online"] == online).map(drop)
        });
    }
}

fn joins(board: &mut Board, fleet: &Fleet, name: &str) {
    let said = board.limpet(&["join", &fleet.invite(), "--name", name]).ok();
    assert!(said.stdout.contains(&format!("This board is {name} of the fleet")), "{said:#?}");
    fleet.until_online(name, true);
}

fn is_given_an_app(board: &mut Board, fleet: &Fleet) {
    fleet.apply(1, "well", &[]).ok();
    says(board, "1");
}

fn puts_back_what_is_not_well(board: &mut Board, fleet: &Fleet) {
    let said = fleet.apply(2, "ill", &[]).code(1);
    assert!(said.stderr.contains("undone: ") && said.stderr.contains("it is unhealthy"), "{said:#?}");
    let events = fleet.controller.operate(&["get", "events"]);
    assert!(events.contains("reverted  "), "the board did it by itself:\n{events}");
    says(board, "1");
    is_alone(board);
}

fn goes_on_without_controller(board: &mut Board, fleet: &mut Fleet) {
    let runs = board.field("shop-web-1", "/State/Pid");
    fleet.controller.stop();
    board.until("the board notices", UNANSWERED);
    says(board, "1");
    assert_eq!(board.field("shop-web-1", "/State/Pid"), runs, "nobody touched it");
}

/// A rollout begins while the board is away, and the controller is killed again. What the board has comes up without a
/// network; when it is plugged in and the controller is back, the rollout goes on.
fn is_updated_in_the_end(board: &mut Board, fleet: &mut Fleet) {
    board.cable(false);
    fleet.controller.serve();
    fleet.apply(3, "well", &["--detach"]).ok();
    fleet.controller.stop();
    board.reboot();
    board.until_status("shop-web-1", "running");
    says(board, "1");
    let before = board.field("shop-web-1", "/Id");
    board.cable(true);
    fleet.controller.serve();
    let status = fleet.controller.operate(&["rollout", "status"]);
    assert!(status.contains("done, 1 of 1 committed"), "{status}");
    says(board, "3");
    assert_ne!(board.field("shop-web-1", "/Id"), before);
    is_alone(board);
}

fn leaves(board: &mut Board, fleet: &Fleet) {
    board.limpet(&["leave", "-f"]).ok();
    fleet.until_online("shed", false);
    says(board, "3");
}

const UNANSWERED: &str = "limpet doctor | grep -q 'controller does not answer'";
const VERSION: &str = "limpet exec shop-web-1 sh -c 'echo $VERSION'";

fn says(board: &mut Board, version: &str) {
    assert_eq!(board.sh(VERSION), version);
}

/// No other container is left of what was tried or of what was before.
fn is_alone(board: &mut Board) {
    assert_eq!(board.limpet(&["ps", "-aq"]).ok().lines().count(), 1);
}
