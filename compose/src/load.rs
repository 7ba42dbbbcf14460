//! Which files make a project, as docker compose finds them: `-f`, `COMPOSE_FILE`, or `compose.yaml` and its like here or
//! in a directory above, with an override beside it; `.env`; the project's name and profiles.

#[cfg(test)]
mod tests;

use crate::paths;
use crate::problem::{At, Fault, Problems, quoted};
use crate::sources::{Reader, Sources};
use crate::top::{Options, Parsed, Source, app};
use crate::variables::Variables;

/// Names of compose files, the preferred first.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// Names of what is laid over them.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];
/// Standard input.
const STDIN: &str = "-";

/// What a person typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `-f`, in this order; empty looks for them.
    pub files: Vec<String>,
    /// `-p`
    pub project_name: Option<String>,
    /// `--project-directory`
    pub project_directory: Option<String>,
    /// `--env-file`, in this order; empty takes `.env` if it is there.
    pub env_files: Vec<String>,
    /// `--profile`; `*` is all.
    pub profiles: Vec<String>,
    /// Where the person stands; absolute.
    pub working_directory: String,
    /// Variables of the process.
    pub environment: Vec<(String, String)>,
    /// It is for a fleet: services may say on which boards they run.
    pub for_fleet: bool,
}

/// The app that is asked for. Everything is read through `reader`.
///
/// # Errors
/// Everything that is wrong, files that are not there included.
pub fn load(request: &Request, reader: &mut Reader<'_>) -> Result<Parsed, Problems> {
    let mut sources = Sources::new(reader, &request.working_directory);
    let found = gather(request, &mut sources);
    let app = match sources.report.check(found) {
        Some((texts, variables, options)) => app(&texts, &variables, &options, &mut sources),
        None => None,
    };
    let ((app, placement), remarks) = sources.report.finish(app)?;
    Ok(Parsed { app, remarks, placement })
}

type Gathered = (Vec<Source>, Variables, Options);

fn gather(request: &Request, sources: &mut Sources<'_, '_>) -> Result<Gathered, Fault> {
    let here = |path: &str| paths::join(&request.working_directory, path);
    let mut variables = Variables::new(request.environment.clone());
    let directory = request.project_directory.as_deref().map(here);
    let first = request.files.first().filter(|path| *path != STDIN);
    let beside_first = first.map(|path| paths::directory_of(&here(path)).to_owned());
    let from = directory.clone().or(beside_first).unwrap_or_else(|| here("."));
    let explicit = env_files(request, &mut variables, &from, sources)?;
    let texts = texts(request, &variables, &from, sources)?;
    let beside = texts.first().filter(|text| text.path != STDIN).map(|text| paths::directory_of(&text.path));
    let project_directory = directory.or(beside.map(str::to_owned)).unwrap_or_else(|| from.clone());
    if !explicit && project_directory != from {
        // The files were found elsewhere, by COMPOSE_FILE or in a directory above.
        variables.read_file(&paths::join(&project_directory, ".env"), sources)?;
    }
    let listed = |name: &str| variables.get(name).map(str::to_owned).unwrap_or_default();
    let mut profiles = request.profiles.clone();
    profiles.extend(listed("COMPOSE_PROFILES").split(',').map(|profile| profile.trim().to_owned()));
    profiles.retain(|profile| !profile.is_empty());
    let named = Some(listed("COMPOSE_PROJECT_NAME")).filter(|name| !name.is_empty());
    let options = Options {
        project_directory,
        working_directory: request.working_directory.clone(),
        project_name: request.project_name.clone().or(named),
        profiles,
        for_fleet: request.for_fleet,
    };
    Ok((texts, variables, options))
}

/// Reads the env files; whether they were named, by `--env-file` or `COMPOSE_ENV_FILES`.
fn env_files(
    request: &Request,
    variables: &mut Variables,
    directory: &str,
    sources: &mut Sources<'_, '_>,
) -> Result<bool, Fault> {
    let mut files = request.env_files.clone();
    if files.is_empty() {
        let listed = variables.get("COMPOSE_ENV_FILES").unwrap_or_default();
        files.extend(listed.split(',').filter(|path| !path.is_empty()).map(str::to_owned));
    }
    for path in &files {
        if !variables.read_file(&paths::join(&request.working_directory, path), sources)? {
            return Err(absent(path));
        }
    }
    if files.is_empty() {
        variables.read_file(&paths::join(directory, ".env"), sources)?;
    }
    Ok(!files.is_empty())
}

fn absent(path: &str) -> Fault {
    At::NOWHERE.fault(format!("the file {} is not there", quoted(path)))
}

fn texts(
    request: &Request,
    variables: &Variables,
    directory: &str,
    sources: &mut Sources<'_, '_>,
) -> Result<Vec<Source>, Fault> {
    let mut files = request.files.clone();
    if files.is_empty() {
        let separator = variables.get("COMPOSE_PATH_SEPARATOR").unwrap_or(":");
        let listed = variables.get("COMPOSE_FILE").unwrap_or_default();
        files.extend(listed.split(separator).filter(|path| !path.is_empty()).map(str::to_owned));
    }
    if files.is_empty() {
        return look_for(directory, request.project_directory.is_none(), sources);
    }
    let mut texts = Vec::new();
    for path in &files {
        let path =
            if path == STDIN { STDIN.to_owned() } else { paths::join(&request.working_directory, path) };
        texts.push(text(path.clone(), sources)?.ok_or_else(|| absent(&path))?);
    }
    Ok(texts)
}

fn text(path: String, sources: &mut Sources<'_, '_>) -> Result<Option<Source>, Fault> {
    Ok(sources.text(&path)?.map(|(_, text)| Source { path, text }))
}

/// The first compose file here, or in the nearest directory above if `upwards`, and its override.
fn look_for(directory: &str, upwards: bool, sources: &mut Sources<'_, '_>) -> Result<Vec<Source>, Fault> {
    let mut from = directory.to_owned();
    loop {
        if let Some(first) = first_of(&NAMES, &from, sources)? {
            let mut texts = vec![first];
            texts.extend(first_of(&OVERRIDES, &from, sources)?);
            return Ok(texts);
        }
        if !upwards || from == "/" {
            let what = format!("there is no {} in {}; give one with -f", NAMES[0], quoted(directory));
            return Err(At::NOWHERE.fault(what));
        }
        from = paths::directory_of(&from).to_owned();
    }
}

fn first_of(names: &[&str], directory: &str, sources: &mut Sources<'_, '_>) -> Result<Option<Source>, Fault> {
    for name in names {
        if let Some(found) = text(paths::join(directory, name), sources)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
