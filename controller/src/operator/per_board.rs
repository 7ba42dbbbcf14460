//! What a compose file asks of one board: its variables are those of the process, of the values, of `--set`, and what is
//! known of the board.

use super::failure::{During, Failure, Outcome};
use crate::api::{Board, Labels};
use limpet_compose::{Parsed, Problems, Request, SOURCE_BYTES_MAX, load};
use limpet_fleet::placement::are_met;
use limpet_protocol::app::{App, AppMountSource};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};

/// The compose files, with whatever they name, each read once: all boards get the same.
pub(crate) struct Composer {
    request: Request,
    read: BTreeMap<String, Option<Vec<u8>>>,
    told: BTreeSet<String>,
}

impl Composer {
    /// For these files and words.
    pub(crate) fn new(files: Vec<String>, name: Option<String>, profiles: Vec<String>) -> Outcome<Self> {
        let here = std::env::current_dir()?.into_os_string().into_string();
        let working_directory = here
            .map_err(|path| Failure::new(format!("the working directory {} is not UTF-8", path.display())))?;
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| !name.starts_with("LIMPET"))
            .collect();
        let request = Request {
            files,
            project_name: name,
            profiles,
            working_directory,
            environment,
            for_fleet: true,
            ..Request::default()
        };
        Ok(Self { request, read: BTreeMap::new(), told: BTreeSet::new() })
    }

    /// Name of the app, and what of it belongs on this board, if anything.
    pub(crate) fn app(
        &mut self,
        board: &Board,
        variables: &BTreeMap<String, String>,
    ) -> Outcome<(String, Option<App>)> {
        let mut request = self.request.clone();
        request.environment.retain(|(name, _)| !variables.contains_key(name));
        request.environment.extend(variables.clone());
        request.environment.extend(of_board(board));
        let read = &mut self.read;
        let parsed = load(&request, &mut |path| match read.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => {
                let found = bytes(path).map_err(|error| error.to_string())?;
                read.insert(path.to_owned(), found.clone());
                Ok(found)
            }
        })
        .map_err(|problems| failure(&board.name, &problems))?;
        for remark in &parsed.remarks {
            let remark = remark.to_string();
            if self.told.insert(remark.clone()) {
                eprintln!("{remark}");
            }
        }
        self.on_a_board(&parsed.app)?;
        placed(parsed, &board.labels)
    }

    /// A path beside the compose file is one of this computer, and means nothing on a board.
    fn on_a_board(&self, app: &App) -> Outcome<()> {
        let here = format!("{}/", self.request.working_directory.trim_end_matches('/'));
        for workload in &app.workloads {
            for mount in &workload.mounts {
                match &mount.source {
                    AppMountSource::Bind { path, .. } if path.starts_with(&here) => {
                        return Err(Failure::new(format!(
                            "service {}: {path} is a path of this computer; write an absolute path of the board, a \
                             volume or a config",
                            workload.service
                        )));
                    }
                    AppMountSource::Bind { .. }
                    | AppMountSource::Volume { .. }
                    | AppMountSource::Tmpfs { .. } => {}
                }
            }
        }
        Ok(())
    }
}

/// Without the services whose constraints the board does not meet; no app if none is left.
fn placed(parsed: Parsed, labels: &Labels) -> Outcome<(String, Option<App>)> {
    let name = parsed.app.name.clone();
    let mut elsewhere = Vec::new();
    for (service, constraints) in &parsed.placement {
        let what = || format!("service {service}: deploy.placement.constraints");
        if !are_met(constraints, labels).during(what)? {
            elsewhere.push(service.clone());
        }
    }
    let elsewhere: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
    Ok((name, parsed.without(&elsewhere).map_err(Failure::new)?))
}

/// `LIMPET_BOARD`, and `LIMPET_LABEL_NAME` of each label: what cannot stand in a variable's name is `_`.
fn of_board(board: &Board) -> Vec<(String, String)> {
    let name = |label: &str| {
        let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        format!("LIMPET_LABEL_{}", label.chars().map(fit).collect::<String>())
    };
    let labels = board.labels.iter().map(|(label, value)| (name(label), value.clone()));
    std::iter::once(("LIMPET_BOARD".to_owned(), board.name.clone())).chain(labels).collect()
}

/// One byte more than is accepted, so that what is too large is seen to be.
fn bytes(path: &str) -> io::Result<Option<Vec<u8>>> {
    let most = SOURCE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if path == "-" {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        return Ok(Some(bytes));
    }
    match File::open(path) {
        Ok(file) => file.take(most).read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn failure(board: &str, problems: &Problems) -> Failure {
    let mut lines: Vec<String> = problems.list.iter().map(ToString::to_string).collect();
    if problems.left_out > 0 {
        lines.push(format!("and {} more problems", problems.left_out));
    }
    let last = lines.pop().unwrap_or_default();
    lines.iter().for_each(|line| eprintln!("{line}"));
    Failure::new(format!("{last} (for board {board})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use limpet_protocol::app::Workload;

    fn left(services: &[&str], constraint: &str, site: &str) -> Outcome<Vec<String>> {
        let labels = Labels::from([("site".to_owned(), site.to_owned())]);
        let workloads = services.iter().map(|service| Workload::new(service, "image")).collect();
        let app = App { name: "app".to_owned(), workloads, volumes: Vec::new() };
        let placement = vec![("sensor".to_owned(), vec![constraint.to_owned()])];
        let (_, app) = placed(Parsed { app, remarks: Vec::new(), placement }, &labels)?;
        let workloads = app.into_iter().flat_map(|app| app.workloads);
        Ok(workloads.map(|workload| workload.service).collect())
    }

    #[test]
    fn a_service_is_left_out_where_its_constraints_are_not_met() {
        let constraint = "node.labels.site == north";
        assert_eq!(left(&["web", "sensor"], constraint, "north").unwrap(), ["web", "sensor"]);
        assert_eq!(left(&["web", "sensor"], constraint, "south").unwrap(), ["web"]);
        assert!(left(&["sensor"], constraint, "south").unwrap().is_empty());
        assert!(left(&["sensor"], "node.role == manager", "north").is_err());
    }
}
