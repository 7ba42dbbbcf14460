use super::*;

#[test]
fn every_container_has_a_line_of_each_metric() {
    let instance = Instance {
        container: None,
        name: "shop-web-1".to_owned(),
        member: Some(("shop".to_owned(), "we\"b".to_owned(), 1)),
        state: State::Running,
        health: Health::Unhealthy,
        held: false,
        restarts: 3,
        last_code: None,
        wait: None,
        trouble: None,
        failures: 0,
        course: limpet_protocol::control::Course::Settled,
    };
    let text = text(&Report { instances: vec![instance], disk_is_low: true, ..Report::default() });
    let labels = r#"{name="shop-web-1",app="shop",service="we\"b",replica="1"}"#;
    for line in [
        "limpet_disk_reserve_reached 1".to_owned(),
        format!("limpet_container_running{labels} 1"),
        format!("limpet_container_restarts{labels} 3"),
        format!("limpet_container_unhealthy{labels} 1"),
        "# TYPE limpet_container_running gauge".to_owned(),
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
}
