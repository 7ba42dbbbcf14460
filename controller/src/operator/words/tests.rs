use super::*;

#[test]
fn windows_are_read_as_they_are_shown() {
    let cases = [
        ("Mon-Fri 02:00-04:00", (0b001_1111, 120, 120), "mon,tue,wed,thu,fri 02:00-04:00"),
        ("sat,sun 22:00-02:00", (0b110_0000, 1320, 240), "sat,sun 22:00-02:00"),
        ("Fri-Mon 00:00-24:00", (0b111_0001, 0, 1440), "mon,fri,sat,sun 00:00-00:00"),
        ("03:15-03:16", (0x7f, 195, 1), "mon,tue,wed,thu,fri,sat,sun 03:15-03:16"),
        ("daily 05:00-05:00", (0x7f, 300, 1440), "mon,tue,wed,thu,fri,sat,sun 05:00-05:00"),
    ];
    for (text, (days, from_minute, minutes), shown) in cases {
        let read = window(text).unwrap();
        assert_eq!(read, Window { days, from_minute, minutes }, "{text}");
        assert_eq!(window_text(&read), shown);
        assert_eq!(window(shown), Ok(read));
    }
}

#[test]
fn what_is_no_window_is_refused() {
    for text in [
        "",
        "Mon",
        "Mon 2:00-4:00",
        "Mon 25:00-26:00",
        "Mon 24:00-02:00",
        "Mon 02:60-04:00",
        "Mon 02:00",
        "Foo 02:00-04:00",
        "Mon- 02:00-04:00",
        "Mon,,Tue 02:00-04:00",
        "Mon 02:00-04:00 UTC",
        "Mon 02:00-24:01",
        "Mon +2:00-04:00",
    ] {
        assert!(window(text).is_err(), "{text}");
    }
}

#[test]
fn shares_labels_and_durations_are_strict() {
    assert_eq!(share("3"), Ok(Share::Count(3)));
    assert_eq!(share("25%"), Ok(Share::Percent(25)));
    assert!(
        share("101%").is_err()
            && share("-1").is_err()
            && share("+1").is_err()
            && share("+1%").is_err()
            && share("%").is_err()
            && share("a").is_err()
    );
    assert_eq!(seconds("90d"), Ok(90 * 86400));
    assert!(seconds("0s").is_err() && seconds("10").is_err());
    assert_eq!(seconds_or_none("0s"), Ok(0));
    let changes = label_changes(&["a=b".to_owned(), "c-".to_owned(), "d=e-".to_owned()]).unwrap();
    let shown: Vec<_> = changes.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    assert_eq!(shown, [("a", Some("b")), ("c", None), ("d", Some("e-"))]);
    assert!(label_changes(&["a".to_owned()]).is_err());
    assert!(pairs(&["a=1".to_owned(), "a=2".to_owned()]).is_err());
}
