use super::*;

const DEPENDENCIES: &str = "\
kernel/net/core/failover.ko:
kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko
kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko
kernel/fs/overlayfs/overlay.ko:
kernel/drivers/char/hw_random/virtio-rng.ko:
";

#[test]
fn each_comes_once_and_after_what_it_needs() {
    let index = Index::new(DEPENDENCIES, "");
    let files = index.order(&["overlay", "virtio_net", "net-failover", "virtio_rng"]).expect("all are there");
    let names: Vec<String> = files.into_iter().map(name).collect();
    assert_eq!(names, ["overlay", "failover", "net_failover", "virtio_net", "virtio_rng"]);
}

#[test]
fn what_is_built_in_is_not_loaded_and_what_is_nowhere_is_said() {
    let index = Index::new(DEPENDENCIES, "kernel/fs/ext4/ext4.ko\n");
    assert_eq!(index.order(&["ext4"]), Ok(vec![]));
    assert_eq!(index.order(&["btrfs"]), Err("this kernel has no module btrfs".to_owned()));
}
