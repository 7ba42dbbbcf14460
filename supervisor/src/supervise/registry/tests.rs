use super::*;

fn id(number: u8) -> ContainerId {
    ContainerId::from_bytes([number; 32])
}

fn place(registry: &mut Registry, replica: u16) -> Place {
    let app = registry.app("shop");
    Place { app, service: registry.service(app, "web"), replica }
}

#[test]
fn the_same_thing_keeps_its_number() {
    let mut registry = Registry::default();
    let first = place(&mut registry, 1);
    assert_eq!(first, place(&mut registry, 1));
    let web = registry.replica(first, "shop-web-1");
    assert_eq!(registry.replica(first, "shop-web-1"), web);
    let second = place(&mut registry, 2);
    assert_ne!(registry.replica(second, "shop-web-2"), web);
    let lone = registry.found(&id(1), "lone", None, false);
    assert_eq!(registry.found(&id(1), "renamed", None, false), lone);
    assert_eq!(registry.get(lone).map(|known| known.name.as_str()), Some("renamed"));
}

#[test]
fn a_container_found_at_a_replicas_place_is_that_replica() {
    let mut registry = Registry::default();
    let first = place(&mut registry, 1);
    let web = registry.replica(first, "shop-web-1");
    assert_eq!(registry.found(&id(1), "shop-web-1", Some(first), false), web);
    assert_ne!(
        registry.found(&id(2), "shop-web-1-again", Some(first), false),
        web,
        "a second one is another"
    );
    assert_eq!(registry.find(&id(1)), Some(web));
}

#[test]
fn services_of_two_apps_with_one_name_are_two() {
    let mut registry = Registry::default();
    let (shop, bar) = (registry.app("shop"), registry.app("bar"));
    let (one, two) = (registry.service(shop, "web"), registry.service(bar, "web"));
    assert_ne!(one, two);
    registry.forget_app(shop);
    assert_eq!((registry.service_name(one), registry.service_name(two)), (None, Some("web")));
    assert_eq!(registry.find_app("shop"), None);
}

#[test]
fn what_is_made_beside_another_is_told_from_it() {
    let mut registry = Registry::default();
    let place = Place { app: AppId(0), service: ServiceId(0), replica: 1 };
    let old = registry.replica(place, "shop-web-1");
    let next = InstanceId(0x8000);
    registry.follow(next, place);
    assert_eq!(registry.get(next).map(|known| known.name.as_str()), Some("shop-web-1.limpet-next"));
    assert_eq!(registry.found(&id(2), "shop-web-1.limpet-next", Some(place), true), next);
    assert_eq!(registry.found(&id(1), "shop-web-1", Some(place), false), old);
    assert_eq!(registry.replica(place, "shop-web-1"), old);

    // Both go, and the place is the follower's.
    registry.forget(old);
    registry.inherit(next);
    assert_eq!(registry.replica(place, "shop-web-1"), next);
    assert_eq!(registry.get(next).map(|known| known.name.as_str()), Some("shop-web-1"));
    assert_eq!(registry.container(next), None);
}
