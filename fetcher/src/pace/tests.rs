use super::*;

#[test]
fn the_rate_holds_whatever_is_read_at_once() {
    for step in [1, 1000, 16 * 1024, 64 * 1024] {
        let (rate, mut now_ms, mut bytes) = (64 * 1024, 0, 0u64);
        let mut bucket = Bucket::new(rate, now_ms);
        while bytes < 20 * rate {
            bytes += step;
            now_ms += bucket.take(step, now_ms);
        }
        let seconds = bytes / rate;
        assert!((seconds - 1) * 1000 <= now_ms && now_ms <= (seconds + 1) * 1000, "{step}: {now_ms} ms");
    }
}

#[test]
fn a_silence_is_not_saved_up() {
    let mut bucket = Bucket::new(1000, 0);
    assert_eq!(bucket.take(250, 1_000_000), 0);
    assert_eq!(bucket.take(1000, 1_000_000), 1000);
}
