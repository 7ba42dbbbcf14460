//! What is looked at after a power cut, on the board that came up by itself.

use super::work::{APP, FLEET_APP, GUEST_IMAGE, PROGRAM, PULLED_IMAGE, Possible, State, TALKER, surprises};
use crate::Board;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long the board may take until everything is as it should be: pauses before restarts, pulls of none.
const SETTLE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(250);
const APPS: [&str; 2] = [APP, FLEET_APP];

/// One line for everything that is there: containers with their states, the app with its revision, images, and how often
/// an installed program has been upgraded, each time by a byte.
const LOOK: &str = "\
limpet ps -a --format 'container {{.Names}} {{.State}}' || exit 1
for app in $(limpet app ls -q); do
    env=$(limpet inspect -f '{{json .Config.Env}}' $app-a-1 2>/dev/null)
    echo app $app $(limpet inspect -f '{{.State.Status}}' $app-a-1 2>/dev/null) $(echo $env | sed -n 's/.*REVISION=\\([0-9]*\\).*/\\1/p')
done
limpet images --format 'image {{.Repository}}' | sort -u
[ ! -f /etc/limpet/program ] || echo program $(($(wc -c </usr/local/bin/limpet) - $(head -n 1 /etc/limpet/program)))";

/// Prints a line for each thing that is on the disk or runs and should not, or the other way round.
const COUNT: &str = "\
cd /var/lib/limpet
ps=$(limpet ps -aq --no-trunc | sort)
# One without a record was about to be made: nobody was told of it.
dirs=$(for record in containers/*/container; do [ -f $record ] && basename $(dirname $record); done | sort)
[ \"$ps\" = \"$dirs\" ] || echo \"ps shows [$ps] and on the disk are [$dirs]\"
running=$(limpet ps -q | wc -l)
keepers=0
for p in /proc/[0-9]*; do
    # The init of a container shows its keeper's command line, but is in another PID namespace.
    tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q '^[^ ]* keeper ' && grep -q '^NSpid:.[0-9]*$' $p/status &&
        keepers=$((keepers + 1))
done
groups=$(find /sys/fs/cgroup -type d 2>/dev/null | grep -c '/[0-9a-f]\\{64\\}$')
[ $running = $keepers ] || echo \"$running containers run with $keepers keepers\"
[ $running = $groups ] || echo \"$running containers run in $groups cgroups\"
true";

/// Prints a line for each thing that is wrong with what is on the disk; what nothing uses goes. Of images, layers and
/// containers exactly those are left that something needs.
const INSPECT: &str = "\
cd /var/lib/limpet
dmesg | grep 'EXT4-fs error' && echo 'the file system is damaged'
for blob in blobs/sha256/*; do
    [ -f $blob ] || continue
    [ \"$(sha256sum < $blob | cut -d ' ' -f 1)\" = ${blob##*/} ] || echo \"wrong digest: $blob\"
done
limpet doctor | grep -A 1 -e 'records:' -e '^error'
limpet system prune -f >/dev/null || echo 'pruning fails'
find . \\( -path './layers/*/tree' -o -path './containers/*/upper' -o -path ./lost+found -o -path ./volumes -o -path ./lock \\) -prune \
    -o -type f -size 0 -print | sed 's/^/zero length: /' | head -n 20
ls -A staging 2>/dev/null | sed 's/^/left in staging after a prune: /'
ls containers 2>/dev/null | sort >/tmp/there
limpet ps -aq --no-trunc | sort >/tmp/known
cmp -s /tmp/there /tmp/known || echo \"containers/ holds [$(cat /tmp/there)] after a prune, and ps shows [$(cat /tmp/known)]\"
for id in $(limpet images -aq --no-trunc | sort -u); do
    limpet image inspect -f '{{json .RootFS.Layers}}' $id | tr ',' '\\n' | sed 's/.*sha256:\\([0-9a-f]*\\).*/\\1/'
done | sort -u >/tmp/known
ls layers | sort >/tmp/there
cmp -s /tmp/there /tmp/known || echo \"layers/ holds [$(cat /tmp/there)] after a prune, and images have [$(cat /tmp/known)]\"
if [ -f /etc/limpet/program ]; then
    { read size; read digest rest; } </etc/limpet/program
    [ \"$(head -c $size /usr/local/bin/limpet | sha256sum)\" = \"$digest  $rest\" ] || echo 'the program is not what it was'
    [ -z \"$(tail -c +$((size + 1)) /usr/local/bin/limpet | tr -d '\\n')\" ] || echo 'the program has bytes of nobody'
fi
true";

/// Prints what is wrong with the log of the container that talks: it is read to its end, and holds nothing that it did
/// not say. (What was said last before a cut may be lost: nobody syncs a log.)
fn talk() -> String {
    format!(
        "limpet inspect {TALKER} >/dev/null 2>&1 || exit 0\n\
         limpet logs {TALKER} >/tmp/log 2>&1 || {{ echo the log cannot be read; tail -n 3 /tmp/log; }}\n\
         grep -v -x 'line [0-9]* of the log' /tmp/log | head -n 5 | sed 's/^/in the log: /'"
    )
}

/// Looks until everything is in one of its possible states, and is what runs: no orphan, no double. What then is, and
/// what is wrong for good.
pub(super) fn settle(board: &mut Board, possible: &Possible) -> (BTreeMap<String, State>, Vec<String>) {
    let begin = Instant::now();
    loop {
        let found = look(board);
        let mut wrong = surprises(possible, &found);
        wrong.extend(board.sh(COUNT).lines().map(str::to_owned));
        // What is looked at in parts while the supervisor starts something may not fit together.
        if look(board) != found {
            wrong.push(format!("it does not come to rest: {found:?}"));
        }
        if wrong.is_empty() || begin.elapsed() > SETTLE {
            return (found, wrong);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// What is there.
fn look(board: &mut Board) -> BTreeMap<String, State> {
    let printed = board.sh(LOOK);
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            // The app's own are shown with it.
            ["container", name, _] if APPS.iter().any(|app| name.starts_with(app)) => None,
            ["container", name, "running"] => Some((name.to_owned(), State::Present)),
            ["container", name, "created"] => Some((name.to_owned(), State::Created)),
            ["container", name, _] => Some((name.to_owned(), State::Stopped)),
            ["app", name, "running", revision] => {
                Some((name.to_owned(), State::Revision(revision.parse().ok()?)))
            }
            ["app", name, ..] => Some((name.to_owned(), State::Stopped)),
            ["program", upgrades] => Some((PROGRAM.to_owned(), State::Revision(upgrades.parse().ok()?))),
            ["image", GUEST_IMAGE] => Some((GUEST_IMAGE.to_owned(), State::Present)),
            ["image", name] if name.ends_with(&format!("/{PULLED_IMAGE}")) => {
                Some((PULLED_IMAGE.to_owned(), State::Present))
            }
            _ => None,
        }
    };
    printed.lines().filter_map(line).collect()
}

/// What is wrong with the disk, one line each, and what is left when all that does not run has been pruned.
pub(super) fn inspect(
    board: &mut Board,
    found: BTreeMap<String, State>,
) -> (BTreeMap<String, State>, Vec<String>) {
    let said = board.sh(&talk()) + "\n" + &board.sh(INSPECT);
    let mut wrong: Vec<String> = said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let runs =
        |name: &str, state: State| APPS.contains(&name) || !matches!(state, State::Stopped | State::Created);
    let kept: BTreeMap<String, State> =
        found.into_iter().filter(|(name, state)| runs(name, *state)).collect();
    let left = look(board);
    if left != kept {
        wrong.push(format!("pruning left {left:?} instead of {kept:?}"));
    }
    (kept, wrong)
}

/// Digest of each image as it is saved: its files, their owners and times, byte for byte as they came.
pub(super) fn images(board: &mut Board) -> BTreeMap<String, String> {
    let line = "for image in $(limpet images --format '{{.Repository}}' | sort -u); do \
                echo $image $(limpet save $image | sha256sum | cut -d ' ' -f 1); done";
    let printed = board.sh(line);
    let pair = |line: &str| line.split_once(' ').map(|(name, digest)| (name.to_owned(), digest.to_owned()));
    printed.lines().filter_map(pair).collect()
}
