use super::{pages_of, rest, segments, unused_stack, without};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use std::time::{Duration, Instant};

const PAGE: usize = 4096;

#[test]
fn a_wait_ends_when_its_time_is_over() {
    let begin = Instant::now();
    let timeout = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    assert_eq!(rest(&mut [], Some(&timeout)), Ok(0));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert_eq!(timeout.tv_nsec, 20_000_000);
}

#[test]
fn a_wait_ends_with_what_is_ready() {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let mut fds = [PollFd::new(&reader, PollFlags::IN), PollFd::new(&writer, PollFlags::OUT)];
    assert_eq!(rest(&mut fds, None), Ok(1));
    assert_eq!(fds[0].revents(), PollFlags::empty());
    assert_eq!(fds[1].revents(), PollFlags::OUT);
    rustix::io::write(&writer, b"x").unwrap();
    assert_eq!(rest(&mut fds, None), Ok(2));
    assert_eq!(fds[0].revents(), PollFlags::IN);
}

#[test]
fn the_error_is_that_of_the_wait() {
    let timeout = Timespec { tv_sec: 0, tv_nsec: -1 };
    assert_eq!(rest(&mut [], Some(&timeout)), Err(Errno::INVAL));
}

#[test]
fn code_and_constants_lie_in_the_segments() {
    static CONSTANT: [u8; 3] = [1, 2, 3];
    let segments = segments::constant().unwrap();
    let holds = |address: usize| segments.iter().any(|segment| segment.contains(&address));
    assert!(holds(segments::constant as *const () as usize));
    assert!(holds(&raw const CONSTANT as usize));
    let on_stack = 0_u8;
    assert!(!holds(&raw const on_stack as usize));
}

#[test]
fn the_kept_page_is_cut_out() {
    let all = |pages, kept| without(&pages, &kept).map(|part| (part.start, part.end)).collect::<Vec<_>>();
    assert_eq!(all(0..10, 4..5), [(0, 4), (5, 10)]);
    assert_eq!(all(0..10, 0..1), [(1, 10)]);
    assert_eq!(all(0..10, 9..10), [(0, 9)]);
    assert_eq!(all(0..10, 20..21), [(0, 10)]);
    assert_eq!(all(30..40, 20..21), [(30, 40)]);
    assert!(all(4..5, 4..5).is_empty());
}

#[test]
fn pages_are_whole() {
    assert_eq!(pages_of(&(PAGE + 1..PAGE + 2), PAGE), PAGE..2 * PAGE);
    assert_eq!(pages_of(&(PAGE..2 * PAGE), PAGE), PAGE..2 * PAGE);
    assert_eq!(pages_of(&(PAGE - 1..PAGE + 1), PAGE), 0..2 * PAGE);
}

#[test]
fn the_stacks_of_other_threads_stay() {
    assert_eq!(std::thread::spawn(|| unused_stack(PAGE)).join().unwrap(), None);
}
