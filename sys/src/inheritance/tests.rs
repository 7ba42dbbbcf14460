use super::Inheritance;
use rustix::fd::AsRawFd;
use rustix::io::Errno;

/// One test, as there is one right in a process.
#[test]
fn what_was_inherited_is_had_once() {
    let (left, kept) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    let number = left.as_raw_fd();
    let mut inheritance = Inheritance::claim().unwrap();
    assert_eq!(Inheritance::claim().unwrap_err(), Errno::BUSY);
    assert_eq!(inheritance.take(number).unwrap_err(), Errno::BADF, "it is owned by this program");
    assert_eq!(inheritance.take(0).unwrap_err(), Errno::BADF);
    assert_eq!(inheritance.take(1_000_000).unwrap_err(), Errno::BADF);
    // As if it had come across exec.
    rustix::io::fcntl_setfd(&left, rustix::io::FdFlags::empty()).unwrap();
    std::mem::forget(left);
    let taken = inheritance.take(number).unwrap();
    assert_eq!(inheritance.take(number).unwrap_err(), Errno::BADF, "it is owned now");
    inheritance.close_rest().unwrap();
    assert_eq!(rustix::io::write(&kept, b"x"), Ok(1));
    assert_eq!(rustix::io::read(&taken, &mut [0; 1]), Ok(1), "what was taken stays open");
}
