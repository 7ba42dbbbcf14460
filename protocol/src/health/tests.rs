use super::*;
use alloc::borrow::ToOwned;
use alloc::vec;

fn image() -> Health {
    let pace = Pace { interval_ms: 1, retries: 7, ..Pace::default() };
    Health { pace, ..Health::of(Probe::Exec(vec!["image".to_owned()])) }
}

#[test]
fn without_options_the_image_has_its_way() {
    assert_eq!(HealthOptions::default().over(Some(&image())), Some(image()));
    assert_eq!(HealthOptions::default().over(None), None);
}

#[test]
fn a_disabled_check_is_none_whatever_the_image_says() {
    let options = HealthOptions { choice: HealthChoice::Disabled, retries: Some(2), ..Default::default() };
    assert_eq!(options.over(Some(&image())), None);
}

#[test]
fn a_probe_of_ones_own_keeps_the_timing_of_the_image() {
    let probe = Probe::Tcp { port: 80 };
    let options = HealthOptions { choice: HealthChoice::Probe(probe.clone()), ..Default::default() };
    assert_eq!(options.over(Some(&image())), Some(Health { probe: probe.clone(), ..image() }));
    assert_eq!(options.over(None), Some(Health::of(probe)));
}

#[test]
fn what_is_said_of_the_timing_counts_and_retries_are_at_least_one() {
    let options = HealthOptions { retries: Some(0), timeout_ms: Some(5), ..Default::default() };
    assert_eq!(
        options.over(Some(&image())),
        Some(Health { pace: Pace { retries: 1, timeout_ms: 5, ..image().pace }, ..image() })
    );
}
