//! Compose files: whatever comes in, an app that is valid comes out, or at least one problem on one line each.
//!
//! The input is parted by bytes 0xff, which no text has: `compose.yaml`, its override, `.env`, and what any other path
//! holds.

use limpet_compose::{Request, load};
use limpet_protocol::app::App;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let parts: Vec<&[u8]> = input.split(|byte| *byte == 0xff).collect();
    let part = |index: usize| parts.get(index).map(|part| part.to_vec());
    let mut reader = |path: &str| {
        assert!(path.starts_with('/') || path == "-", "{path}");
        Ok(match path {
            "/srv/shop/compose.yaml" => part(0),
            "/srv/shop/compose.override.yml" => part(1),
            "/srv/shop/.env" => part(2),
            _ if path.ends_with(".yml") || path.ends_with("compose.yaml") => None,
            _ => part(3 + path.len() % 3),
        })
    };
    let request = Request {
        working_directory: "/srv/shop".to_owned(),
        environment: vec![("A".to_owned(), "alpha".to_owned()), ("HOME".to_owned(), "/root".to_owned())],
        ..Request::default()
    };
    match load(&request, &mut reader) {
        Ok(parsed) => {
            assert_eq!(parsed.app.validate(), Ok(()));
            let bytes = parsed.app.encode().expect("what is given out is not too large");
            assert_eq!(App::decode(&bytes), Ok(parsed.app));
        }
        Err(problems) => {
            assert!(!problems.list.is_empty());
            for problem in &problems.list {
                assert!(!problem.to_string().contains(['\n', '\r']), "{problem:?}");
            }
        }
    }
}
