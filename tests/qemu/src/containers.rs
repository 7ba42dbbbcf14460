//! What scenarios say of containers on a board, in one line each.

use crate::board::Board;
use native_tests::Outcome;
use serde_json::Value;

/// What is in the supervisor's place may be a version that never does.
const ANSWERS: &str = "timeout 5 limpet doctor | grep -q 'supervisor: answers'";

impl Board {
    /// `limpet run -d --name NAME ARGUMENTS`; its id.
    #[track_caller]
    pub fn detached(&mut self, name: &str, arguments: &[&str]) -> String {
        let outcome = self.limpet(&[&["run", "-d", "--name", name], arguments].concat()).ok();
        outcome.text().to_owned()
    }

    /// A field of `limpet inspect NAME`, by a JSON pointer: `/State/Status`.
    ///
    /// # Panics
    /// There is no such container or field.
    #[track_caller]
    pub fn field(&mut self, name: &str, pointer: &str) -> Value {
        let all = self.limpet(&["inspect", name]).ok().json();
        let found = all.pointer(&format!("/0{pointer}"));
        found.unwrap_or_else(|| panic!("inspect {name} has no {pointer}: {all:#}")).clone()
    }

    /// Waits until the container's status is `status`.
    #[track_caller]
    pub fn until_status(&mut self, name: &str, status: &str) {
        let line = format!("[ \"$(limpet inspect -f '{{{{.State.Status}}}}' {name})\" = {status} ]");
        self.until(&format!("{name} is {status}"), &line);
    }

    /// Waits until the container has written `text`.
    #[track_caller]
    pub fn until_logged(&mut self, name: &str, text: &str) {
        self.until(&format!("{name} logs {text:?}"), &format!("limpet logs {name} 2>&1 | grep -q '{text}'"));
    }

    /// The supervisor answers now.
    #[track_caller]
    pub fn assert_answered(&mut self) {
        self.sh(ANSWERS);
    }

    /// Waits until it does.
    #[track_caller]
    pub fn until_answered(&mut self) {
        self.until("the supervisor answers", ANSWERS);
    }

    /// `limpet install`, on a board of systemd's, and then as that says itself.
    ///
    /// # Panics
    /// It does not say.
    #[track_caller]
    pub fn install(&mut self) {
        let said = self.limpet(&["install"]).ok();
        let (_, command) = said.stdout.split_once("Now: ").expect("it says what to do next");
        self.sh(command);
    }

    /// The directory of the container's cgroup; with v1, in `controller`'s hierarchy.
    #[track_caller]
    pub fn cgroup(&mut self, name: &str, controller: &str) -> String {
        let pid = self.field(name, "/State/Pid");
        let groups = self.sh(&format!("cat /proc/{pid}/cgroup"));
        for line in groups.lines() {
            let fields: Vec<&str> = line.splitn(3, ':').collect();
            match fields[..] {
                [_, "", path] => return format!("/sys/fs/cgroup{path}"),
                [_, names, path] if names.split(',').any(|name| name == controller) => {
                    return format!("/sys/fs/cgroup/{names}{path}");
                }
                _ => {}
            }
        }
        panic!("{name} is in no cgroup of {controller}: {groups}")
    }

    /// A small file of the kernel's, without its last newline.
    #[track_caller]
    pub fn show(&mut self, path: &str) -> String {
        self.sh(&format!("cat {path}"))
    }

    /// The number in a line `KEY NUMBER` of such a file.
    ///
    /// # Panics
    /// It has no such line.
    #[track_caller]
    pub fn counter(&mut self, path: &str, key: &str) -> u64 {
        let text = self.show(path);
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("{path} has no {key}: {text}"))
    }

    /// What `limpet doctor` says of `subject`.
    ///
    /// # Panics
    /// It says nothing of it.
    #[track_caller]
    pub fn diagnosis(&mut self, subject: &str) -> String {
        let Outcome { stdout, .. } = self.limpet(&["doctor"]);
        let lines: Vec<&str> = stdout.lines().filter(|line| line.contains(subject)).collect();
        assert!(!lines.is_empty(), "the doctor says nothing of {subject}:\n{stdout}");
        lines.join("\n")
    }
}
