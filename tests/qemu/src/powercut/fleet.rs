//! The fleet that the board is in while its power is cut: what its operator has signed is what it comes to in the end.

use crate::board::Board;
use crate::host::from_board;
use native_tests::controller::Controller;
use native_tests::registry::Registry;
use native_tests::until;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const BOARD: &str = "shed";

/// A controller on this machine, and what is said to it.
pub(super) struct Fleet {
    controller: Controller,
    file: PathBuf,
}

impl Fleet {
    /// With this app for its boards, to be kept in `directory`; its image, which the file calls `IMAGE`, is in the registry.
    pub(super) fn of(directory: &Path, registry: &Registry, app: &str) -> Self {
        let image = format!("{}/busybox@{}", from_board(registry.address()), registry.digest("busybox"));
        let file = directory.join("fleet.yaml");
        fs::write(&file, app.replace("IMAGE", &image)).expect("the stage's directory is ours");
        Self { controller: Controller::open(), file }
    }

    /// The board is in it, and has the first revision of the app.
    pub(super) fn take_in(&self, board: &mut Board) {
        let url = format!("https://{}", from_board(self.controller.address()));
        let token = self.controller.invite_to(&url, 1, &["site=shed"]);
        board.limpet(&["join", &token, "--name", BOARD]).ok();
        self.apply(1);
        self.until_committed();
    }

    /// Signs a revision; nobody waits for the board.
    pub(super) fn apply(&self, revision: u32) {
        let file = self.file.display().to_string();
        let value = format!("REVISION={revision}");
        let words = ["apply", "-f", &file, "--set", &value, "--to", "site=shed", "--soak", "0s", "--detach"];
        self.controller.operate(&words);
    }

    /// The controller has heard of the board that it runs what was signed last.
    pub(super) fn until_committed(&self) {
        until("the rollout is done", || {
            self.controller.rollout().filter(|rollout| is_done(&rollout["status"])).map(drop)
        });
    }
}

fn is_done(status: &Value) -> bool {
    status == "done"
}
