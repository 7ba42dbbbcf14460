//! What a board is asked when something on it is not as it should be.

use std::time::Duration;

/// Where that is, in the directory of a board.
pub(crate) const FILE: &str = "evidence.log";
/// A board that is well has said it by then.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Lines of the shell that ask for all of it; none of them waits for what may never come.
pub(crate) const SCRIPT: &str = "\
for words in 'ps -a' 'app ls' doctor 'events --since 10m --until 0s'; do
    echo \"\\$ limpet $words\"
    timeout 5 limpet $words 2>&1 | tail -n 40
done
cd /var/lib/limpet && ls -l containers/* ledger/* 2>/dev/null
ps -o pid,ppid,stat,args | grep -v '\\['
dmesg | tail -n 20";
