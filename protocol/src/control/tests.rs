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
