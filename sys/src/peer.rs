//! Who is at the other end of a Unix socket, as it was when that end connected.

#[cfg(test)]
mod tests;

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::{Errno, Result};

/// Groups that are asked for at first; few have more.
const USUAL: usize = 32;
/// NGROUPS_MAX (setgroups(2)).
const GROUPS_MAX: usize = 65536;

/// The further groups of the process that connected (unix(7), `SO_PEERGROUPS`; Linux 4.13), which `SO_PEERCRED` leaves
/// out. By its process id they could be those of another process by now.
///
/// # Errors
/// What getsockopt(2) says.
pub fn groups<Fd: AsFd>(socket: Fd) -> Result<Vec<u32>> {
    let socket = socket.as_fd().as_raw_fd();
    let mut groups = vec![0_u32; USUAL];
    loop {
        let mut bytes = libc::socklen_t::try_from(size_of_val(&*groups)).map_err(|_| Errno::RANGE)?;
        // SAFETY: the kernel writes at most `bytes` bytes, which is what `groups` has, and the length afterwards.
        let result = unsafe {
            let place = groups.as_mut_ptr().cast();
            libc::getsockopt(socket, libc::SOL_SOCKET, libc::SO_PEERGROUPS, place, &raw mut bytes)
        };
        let count = usize::try_from(bytes).map_err(|_| Errno::RANGE)? / size_of::<u32>();
        match result {
            0 => {
                groups.truncate(count);
                return Ok(groups);
            }
            // It says how many there are.
            _ => match crate::last_errno() {
                Errno::RANGE if count > groups.len() && count <= GROUPS_MAX => groups.resize(count, 0),
                errno => return Err(errno),
            },
        }
    }
}
