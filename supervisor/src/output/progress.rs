//! The progress of an app: what is new for a person, how it looks on a terminal, and when it is enough. Pure; the time
//! is an argument.

#[cfg(test)]
mod tests;

use super::apps::{doing, failing, why_ended};
use super::terminal::Style;
use limpet_protocol::control::{Change, ChangeKind, Course, Health, Instance, State, Wait};

/// What was just started and has no health check has to run for so long before it counts as running.
pub const STEADY_MS: u64 = 1000;
/// A container that was started again so often meanwhile is in a loop.
const RESTARTS_MAX: u32 = 3;
/// Something that failed so often in a row fails because of what is asked for, not by chance.
const FAILURES_MAX: u16 = 3;
/// So long the supervisor has for making room on the disk and seeing that there is some.
pub const SPACE_PATIENCE_MS: u64 = 8_000;
/// Longest chain of dependencies that is looked along: one of every workload.
const DEPTH_MAX: usize = limpet_protocol::app::WORKLOADS_MAX;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// All run and are well, or have ended as they are to.
    Well,
    /// All were started.
    Started,
    /// All are gone; the supervisor says when.
    Gone,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It came to what was waited for.
    Reached,
    /// These did not, and why: name and reason.
    Failed(Vec<(String, String)>),
}

/// One container, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    text: String,
    look: Look,
    /// When it first came to what is waited for.
    done_ms: Option<u64>,
}

/// How a line stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Going,
    Done,
    Failing,
}

/// The progress of one app.
#[derive(Clone, Debug)]
pub struct Progress {
    until: Until,
    /// Only this service is waited for; `None` for the whole app.
    service: Option<String>,
    changes: Vec<Change>,
    /// What is waited for.
    now: Vec<Instance>,
    /// The rest, which may be what those wait for.
    others: Vec<Instance>,
    lines: Vec<Line>,
    /// Restarts of each at the beginning.
    restarts: Vec<(String, u32)>,
    /// Since when all has been well.
    steady_since_ms: Option<u64>,
    /// Since when something has waited for room on the disk.
    cramped_since_ms: Option<u64>,
}

impl Progress {
    /// Nothing is known yet but what is to be done, in order.
    #[must_use]
    pub fn new(until: Until, changes: Vec<Change>) -> Self {
        let (now, others, lines, restarts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (steady_since_ms, cramped_since_ms) = (None, None);
        let service = None;
        Self { until, service, changes, now, others, lines, restarts, steady_since_ms, cramped_since_ms }
    }

    /// Waits for this service only, and shows no other; `None` for the whole app.
    #[must_use]
    pub fn only(self, service: Option<String>) -> Self {
        Self { service, ..self }
    }

    fn awaits(&self, instance: &Instance) -> bool {
        let Some(service) = &self.service else { return true };
        instance.member.as_ref().is_some_and(|(_, name, _)| name == service)
    }

    /// Takes in what the containers do now, `at_ms` after the beginning. The lines that are new, for who cannot see
    /// them change: `Container shop-db-1  Starting`.
    pub fn update(&mut self, instances: Vec<Instance>, at_ms: u64) -> Vec<String> {
        let mut news = Vec::new();
        let (instances, others) = instances.into_iter().partition::<Vec<_>, _>(|one| self.awaits(one));
        self.others = others;
        let cramped = instances.iter().chain(&self.others).any(is_cramped);
        self.cramped_since_ms = if cramped { self.cramped_since_ms.or(Some(at_ms)) } else { None };
        for instance in &instances {
            if !self.restarts.iter().any(|(name, _)| *name == instance.name) {
                self.restarts.push((instance.name.clone(), self.begin_count(instance)));
            }
            let (text, look) = (self.text(instance), self.look(instance, at_ms));
            // That it still runs is no progress of one that is to go.
            let still_runs = self.until == Until::Gone && instance.state == State::Running;
            let line = self.put(&instance.name, text, look, at_ms);
            news.extend(line.filter(|_| !still_runs));
        }
        let gone = |line: &&Line| !instances.iter().any(|instance| instance.name == line.name);
        let gone: Vec<String> = self.lines.iter().filter(gone).map(|line| line.name.clone()).collect();
        for name in gone {
            news.extend(self.put(&name, "Removed".to_owned(), Look::Done, at_ms));
        }
        self.now = instances;
        let well = self.now.iter().all(|instance| self.has_come(instance));
        self.steady_since_ms = if well { self.steady_since_ms.or(Some(at_ms)) } else { None };
        news
    }

    /// One that is to be started anew counts from nothing.
    fn begin_count(&self, instance: &Instance) -> u32 {
        match self.kind(instance) {
            Some(ChangeKind::Keep) | None => instance.restarts,
            Some(_) => 0,
        }
    }

    fn kind(&self, instance: &Instance) -> Option<ChangeKind> {
        let change = self.changes.iter().find(|change| change.name == instance.name);
        change.map(|change| change.kind)
    }

    fn put(&mut self, name: &str, text: String, look: Look, at_ms: u64) -> Option<String> {
        let done_ms = (look == Look::Done).then_some(at_ms);
        let news = format!(" Container {name}  {text}");
        match self.lines.iter_mut().find(|line| line.name == name) {
            // A countdown is nothing new.
            Some(line) if shown(&line.text) == shown(&text) => {
                line.text = text;
                return None;
            }
            Some(line) => {
                *line = Line { text, look, done_ms: done_ms.and(line.done_ms.or(done_ms)), ..line.clone() };
            }
            None => self.lines.push(Line { name: name.to_owned(), text, look, done_ms }),
        }
        Some(news)
    }

    fn text(&self, instance: &Instance) -> String {
        match (instance.state, instance.health, self.kind(instance)) {
            (State::Running, Health::Unwatched, Some(kind)) if kind != ChangeKind::Keep => {
                "Started".to_owned()
            }
            (State::Running, Health::Healthy, _) => "Healthy".to_owned(),
            _ => doing(instance),
        }
    }

    fn look(&self, instance: &Instance, at_ms: u64) -> Look {
        if self.failure(instance, at_ms).is_some() {
            Look::Failing
        } else if self.has_come(instance) {
            Look::Done
        } else {
            Look::Going
        }
    }

    /// Whether it has come to what is waited for.
    fn has_come(&self, instance: &Instance) -> bool {
        match self.until {
            Until::Well => instance.course == Course::Settled,
            Until::Started => {
                instance.course == Course::Settled
                    || (instance.course == Course::Going
                        && instance.state == State::Running
                        && !is_cramped(instance))
            }
            Until::Gone => false,
        }
    }

    /// Why it will not come to what is waited for, as far as can be told.
    fn failure(&self, instance: &Instance, at_ms: u64) -> Option<String> {
        if self.until == Until::Gone || instance.course == Course::Unwanted {
            return None;
        }
        self.own_failure(instance, at_ms).or_else(|| self.failure_below(instance, DEPTH_MAX, at_ms))
    }

    fn own_failure(&self, instance: &Instance, at_ms: u64) -> Option<String> {
        let patient = self.cramped_since_ms.is_none_or(|since| at_ms < since + SPACE_PATIENCE_MS);
        if is_cramped(instance) && !patient {
            return Some("there is no room for it on the disk".to_owned());
        }
        if let Some(why) = failing(instance) {
            return Some(why);
        }
        if instance.health == Health::Unhealthy {
            return Some("it is unhealthy".to_owned());
        }
        if instance.failures >= FAILURES_MAX {
            return Some(doing(instance));
        }
        let before = self.restarts.iter().find(|(name, _)| *name == instance.name);
        let restarts = instance.restarts.saturating_sub(before.map_or(0, |(_, count)| *count));
        let loops = restarts >= RESTARTS_MAX && instance.course != Course::Settled;
        let why = || why_ended(instance.last_code.unwrap_or(0));
        loops.then(|| format!("it was started again {restarts} times: {}", why()))
    }

    /// One that waits for another that fails will not start either.
    fn failure_below(&self, instance: &Instance, depth: usize, at_ms: u64) -> Option<String> {
        let Some(Wait::Dependency { service, .. }) = &instance.wait else { return None };
        let of_service =
            |other: &&Instance| other.member.as_ref().is_some_and(|(_, name, _)| name == service);
        let mut below = self.now.iter().chain(&self.others).filter(of_service);
        let fails = below.any(|other| {
            self.own_failure(other, at_ms).is_some()
                || (depth > 0 && self.failure_below(other, depth - 1, at_ms).is_some())
        });
        fails.then(|| format!("it depends on {service}, which fails"))
    }

    /// Whether it is enough, at `at_ms`; and `None` while it is not.
    #[must_use]
    pub fn verdict(&self, at_ms: u64) -> Option<Verdict> {
        if self.until == Until::Gone {
            return None;
        }
        let wanted = || self.now.iter().filter(|instance| instance.course != Course::Unwanted);
        let failures: Vec<(String, String)> = wanted()
            .filter_map(|instance| Some((instance.name.clone(), self.failure(instance, at_ms)?)))
            .collect();
        let all = wanted().all(|instance| self.has_come(instance) || self.failure(instance, at_ms).is_some());
        let none_leaves = wanted().count() == self.now.len();
        if !failures.is_empty() && all {
            return Some(Verdict::Failed(failures));
        }
        let steady = self.steady_since_ms.is_some_and(|since| at_ms >= since + self.steady_ms());
        (none_leaves && all && steady).then_some(Verdict::Reached)
    }

    /// How long it has to stay well to be enough.
    fn steady_ms(&self) -> u64 {
        let begins = |instance: &Instance| {
            instance.state == State::Running
                && instance.health == Health::Unwatched
                && self.kind(instance) != Some(ChangeKind::Keep)
        };
        match self.until {
            Until::Well if self.now.iter().any(begins) => STEADY_MS,
            Until::Well | Until::Started | Until::Gone => 0,
        }
    }

    /// When [`Progress::verdict`] may be another though nothing happens.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let steady = self.steady_since_ms.map(|since| since + self.steady_ms());
        steady.into_iter().chain(self.cramped_since_ms.map(|since| since + SPACE_PATIENCE_MS)).min()
    }

    /// That all were started is enough, whatever comes of it.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        self.until == Until::Started
    }

    /// Whether there is such a container, and so something to be read of it.
    #[must_use]
    pub fn is_made(&self, name: &str) -> bool {
        self.now.iter().any(|instance| instance.name == name && instance.container.is_some())
    }

    /// Something waits for room on the disk.
    #[must_use]
    pub fn is_cramped(&self) -> bool {
        self.cramped_since_ms.is_some()
    }

    /// Those that have not come to what is waited for: name and what each does.
    #[must_use]
    pub fn unfinished(&self) -> Vec<(String, String)> {
        let unfinished = self.now.iter().filter(|instance| !self.has_come(instance));
        unfinished.map(|instance| (instance.name.clone(), doing(instance))).collect()
    }

    /// The whole picture for a terminal of this size, `at_ms` after the beginning: each line ends with a newline and
    /// fits the width, so that the cursor can be put back above it.
    #[must_use]
    pub fn picture(&self, app: &str, style: Style, size: (usize, usize), at_ms: u64) -> Vec<String> {
        let (columns, rows) = size;
        let count = |look| self.lines.iter().filter(|line| line.look == look).count();
        let head = format!("[+] {app} {}/{}", count(Look::Done), self.lines.len());
        let width = self.lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        // Those that are done are left out first where there is not room for all.
        let room = rows.saturating_sub(2).max(1);
        let mut hidden = self.lines.len().saturating_sub(room);
        let mut picture = vec![fitted(&head, columns, style, None)];
        for line in &self.lines {
            if hidden > 0 && line.look == Look::Done {
                hidden -= 1;
                continue;
            }
            let (mark, colour) = match line.look {
                Look::Going => (spinner(at_ms), "36"),
                Look::Done => ('\u{2714}', "32"),
                Look::Failing => ('\u{2718}', "31"),
            };
            let seconds = line.done_ms.unwrap_or(at_ms);
            let time = format!("{}.{}s", seconds / 1000, seconds % 1000 / 100);
            let text = format!(" {mark} {:width$}  {}", line.name, line.text);
            let padded = columns.saturating_sub(time.chars().count() + 1);
            let text: String = text.chars().take(padded.saturating_sub(1)).collect();
            picture.push(fitted(&format!("{text:padded$}{time}"), columns, style, Some(colour)));
        }
        picture.truncate(room + 1);
        picture
    }
}

fn is_cramped(instance: &Instance) -> bool {
    instance.wait == Some(Wait::Space)
}

/// A text without its numbers.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn spinner(at_ms: u64) -> char {
    const TURNS: [char; 4] = ['|', '/', '-', '\\'];
    TURNS[usize::try_from(at_ms / 100 % 4).unwrap_or(0)]
}

/// No control character of a name or reason drives the terminal.
fn fitted(text: &str, columns: usize, style: Style, colour: Option<&str>) -> String {
    let text: String = text.chars().take(columns).map(|c| if c.is_control() { '?' } else { c }).collect();
    match (style, colour) {
        (Style::Terminal, Some(colour)) => format!("\x1b[{colour}m{text}\x1b[0m\n"),
        (Style::Terminal | Style::Plain, _) => format!("{text}\n"),
    }
}
