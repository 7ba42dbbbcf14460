use super::*;

#[test]
fn each_order_is_its_own_signal() {
    for order in [Order::PowerOff, Order::Reboot, Order::Halt] {
        assert_eq!(of(order.signal()), Some(order));
    }
}

#[test]
fn a_failing_power_supply_is_heeded_and_a_hangup_is_not() {
    assert_eq!(of(Signal::POWER), Some(Order::PowerOff));
    assert_eq!(of(Signal::HUP), None);
    assert_eq!(of(Signal::CHILD), None);
}
