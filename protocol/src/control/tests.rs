use super::*;
use alloc::borrow::ToOwned;

#[test]
fn what_goes_in_comes_out() {
    let request = Request::Down { app: "shop".to_owned(), volumes: true };
    let bytes = frame(&request, REQUEST_BYTES_MAX).expect("frame");
    let (prefix, rest) = bytes.split_first_chunk().expect("a length");
    assert_eq!(length(*prefix, REQUEST_BYTES_MAX), Ok(rest.len()));
    assert_eq!(value(rest), Ok(request));
}

#[test]
fn a_frame_that_is_too_long_is_neither_made_nor_read() {
    let reply = Reply::Text("x".repeat(REPLY_BYTES_MAX));
    assert_eq!(frame(&reply, REPLY_BYTES_MAX), Err(FrameError::TooLong));
    assert_eq!(length([0xff; 4], REQUEST_BYTES_MAX), Err(FrameError::TooLong));
}

#[test]
fn what_is_cut_short_or_followed_by_something_is_no_frame() {
    let bytes =
        postcard::to_allocvec(&Request::Down { app: "shop".to_owned(), volumes: true }).expect("bytes");
    for end in 0..bytes.len() {
        assert_eq!(value::<Request>(&bytes[..end]), Err(FrameError::Undecodable), "cut at {end}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(value::<Request>(&longer), Err(FrameError::Undecodable));
}

#[test]
fn a_hello_is_small() {
    assert!(frame(&Hello::OURS, HELLO_BYTES_MAX).is_ok());
}

#[test]
fn a_request_that_decodes_is_still_held_to_its_rules() {
    let down = |app: &str| Request::Down { app: app.to_owned(), volumes: false };
    assert_eq!(down("shop").validate(), Ok(()));
    for name in ["", "../apps/shop", "Shop", "a/b", "-x", &"x".repeat(64)] {
        assert_eq!(down(name).validate(), Err(InvalidRequest::Name("app")), "{name:?}");
    }
    let restart =
        |service: &str| Request::Restart { app: "shop".to_owned(), service: Some(service.to_owned()) };
    assert_eq!(restart("web.1").validate(), Ok(()));
    assert_eq!(restart("../web").validate(), Err(InvalidRequest::Name("service")));
    let look = |name: &str| Request::Look {
        id: ContainerId::from_bytes([7; 32]),
        did: Did::Start,
        name: name.to_owned(),
    };
    assert_eq!(look("web").validate(), Ok(()));
    for name in ["\u{1b}[2J", "a\nb", &"x".repeat(NAME_BYTES_MAX + 1)] {
        assert_eq!(look(name).validate(), Err(InvalidRequest::Name("container")), "{name:?}");
    }
    for program in ["limpet", "/usr/bin/lim\0pet", &alloc::format!("/{}", "x".repeat(PATH_BYTES_MAX))] {
        let upgrade = Request::Upgrade { program: program.to_owned() };
        assert_eq!(upgrade.validate(), Err(InvalidRequest::Path), "{program:?}");
    }
    assert_eq!(Request::Shutdown { within_ms: SHUTDOWN_MS_MAX }.validate(), Ok(()));
    assert_eq!(Request::Shutdown { within_ms: u64::MAX }.validate(), Err(InvalidRequest::Time));
}

/// Bytes drawn by a fixed xorshift, and damaged frames: each is a value or an error, and takes no memory to speak of.
#[test]
fn no_bytes_panic() {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut draw = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[0]
    };
    let whole = postcard::to_allocvec(&Request::Look {
        id: ContainerId::from_bytes([7; 32]),
        did: Did::Start,
        name: "web".to_owned(),
    })
    .expect("bytes");
    for _ in 0..20_000 {
        let random: Vec<u8> = (0..draw() % 40).map(|_| draw()).collect();
        let mut damaged = whole.clone();
        let place = usize::from(draw()) % damaged.len();
        damaged[place] = draw();
        for bytes in [random, damaged] {
            if let Ok(request) = value::<Request>(&bytes) {
                drop(request.validate());
            }
        }
    }
}
