//! The store by hand: `images ROOT load FILE|-`, `list`, `save OUT NAME...`, `remove NAME`, `prune`, `usage`.

use limpet_store::load::Input;
use limpet_store::save::Saved;
use limpet_store::{LoadOptions, Store, unpack};
use std::error::Error;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == unpack::VERB) {
        return unpack::main();
    }
    match carry_out(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut next = error.source();
            while let Some(source) = next {
                text = format!("{text}: {source}");
                next = source.source();
            }
            eprintln!("images: {text}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let [_, root, verb, rest @ ..] = words else { return Err("usage: images ROOT VERB ...".into()) };
    let store = Store::open(Path::new(root))?;
    match (*verb, rest) {
        ("load", [path, limit @ ..]) => {
            let mut options = LoadOptions::default();
            if let Some(limit) = limit.first() {
                options.image_bytes_max = Some(limit.parse()?);
            }
            let input = match *path {
                "-" => Input::File(File::from(std::io::stdin().as_fd().try_clone_to_owned()?)),
                path => Input::Path(Path::new(path)),
            };
            store.load(input, &options)?.iter().for_each(|loaded| println!("{loaded:?}"));
        }
        ("list", []) => store.images()?.iter().for_each(|image| println!("{image:?}")),
        ("save", [out, names @ ..]) => {
            let find = |name: &&str| {
                store.find(name).map(|image| Saved { references: image.references.clone(), image })
            };
            let images = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            store.save(&images, &mut File::create(out)?)?;
        }
        ("remove", [name]) => println!("{:?}", store.remove(name, false, &|_| false)?),
        ("prune", []) => println!("{:?}", store.prune(true, &|_| false)?),
        ("usage", []) => println!("{:?}", store.usage(&|_| false)?),
        _ => return Err("unknown verb".into()),
    }
    Ok(())
}
