//! An app of a test: its compose file, the verbs about it, and a diary that its containers write from inside.
//!
//! The diary tells in what order things really happened: each line is one append to one file that all containers share.

use crate::limpet::Limpet;
use crate::outcome::Outcome;
use std::fs;
use std::path::PathBuf;

/// An app and its file.
#[derive(Debug)]
pub struct App<'a> {
    limpet: &'a Limpet,
    name: String,
    file: PathBuf,
    diary: PathBuf,
}

impl<'a> App<'a> {
    /// One called `name`, whose file says `services`, each as [`App::service`] makes them.
    ///
    /// # Panics
    /// The file cannot be written.
    #[must_use]
    pub fn new(limpet: &'a Limpet, name: &str, services: &str) -> Self {
        let diary = limpet.home().join(format!("{name}.diary"));
        fs::create_dir_all(&diary).unwrap_or_else(|e| panic!("making {}: {e}", diary.display()));
        let file = limpet.home().join(format!("{name}.yaml"));
        let app = Self { limpet, name: name.to_owned(), file, diary };
        app.write(services);
        app
    }

    /// Lets the file say something else. `DIARY` in it is the directory of the diary.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn write(&self, services: &str) {
        let services = services.replace("DIARY", &self.diary.to_string_lossy());
        let text = format!("name: {}\nservices:\n{services}", self.name);
        fs::write(&self.file, text).unwrap_or_else(|e| panic!("writing {}: {e}", self.file.display()));
    }

    /// A service that writes `NAME begun` when it runs and `NAME asked` at each SIGTERM, and then ends. `more` are
    /// further lines of it.
    #[must_use]
    pub fn service(name: &str, more: &[&str]) -> String {
        let script = format!(
            "trap 'echo {name} asked >> /diary/lines; exit 0' TERM; \
             echo {name} begun | tee -a /diary/lines; while :; do sleep 1000 & wait; done"
        );
        Self::scripted(name, &script, more)
    }

    /// A service that runs a shell's `script`.
    #[must_use]
    pub fn scripted(name: &str, script: &str, more: &[&str]) -> String {
        let command = serde_json::json!(["sh", "-c", script]);
        let mut text = format!(
            "  {name}:\n    image: busybox\n    network_mode: none\n    command: {command}\n    volumes: [\"DIARY:/diary\"]\n"
        );
        more.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        text
    }

    /// The path of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file.to_str().expect("the temporary directory's path is UTF-8")
    }

    /// `limpet VERB... -f FILE MORE`
    #[must_use]
    pub fn try_to(&self, verb: &[&str], more: &[&str]) -> Outcome {
        self.limpet.try_to(&[verb, &["-f", self.file()], more].concat())
    }

    /// `limpet up -f FILE`, which must come to what was asked for.
    #[track_caller]
    pub fn up(&self) -> Outcome {
        self.try_to(&["up"], &[]).ok()
    }

    /// `limpet down NAME`
    #[track_caller]
    pub fn down(&self) -> Outcome {
        self.limpet.ok(&["down", &self.name])
    }

    /// Id and process of each of its containers, by name.
    #[must_use]
    pub fn instances(&self) -> Vec<(String, String, Option<i32>)> {
        let ids = self.limpet.ok(&["app", "ps", "--no-trunc", "-q", &self.name]);
        let mut instances: Vec<_> = ids.lines().map(|id| self.instance(id)).collect();
        instances.sort();
        instances
    }

    fn instance(&self, id: &str) -> (String, String, Option<i32>) {
        let name = self.limpet.field(id, "/Name");
        let name = name.as_str().unwrap_or_default().trim_start_matches('/').to_owned();
        (name, id.to_owned(), self.limpet.pid_of(id))
    }

    /// Whether the ledger has it.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.limpet.root().join("ledger/apps").join(&self.name).exists()
    }

    /// What its containers wrote, in order.
    #[must_use]
    pub fn diary(&self) -> Vec<String> {
        let text = fs::read_to_string(self.diary.join("lines")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Begins an empty diary.
    pub fn forget_diary(&self) {
        // Nothing was written yet, perhaps.
        let _ = fs::remove_file(self.diary.join("lines"));
    }

    /// What was written comes in this order, each once.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn wrote_in_order(&self, lines: &[&str]) {
        let diary = self.diary();
        let at = |line: &&str| {
            let mut places = diary.iter().enumerate().filter(|(_, written)| written == line);
            let place = places.next().unwrap_or_else(|| panic!("nobody wrote {line:?}: {diary:?}"));
            assert!(places.next().is_none(), "{line:?} was written twice: {diary:?}");
            place.0
        };
        let places: Vec<usize> = lines.iter().map(at).collect();
        assert!(places.is_sorted(), "not in the order {lines:?}: {diary:?}");
    }
}
