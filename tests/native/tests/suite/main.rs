//! The black-box tests, one file per topic. Each makes its own [`native_tests::Limpet`].
#![forbid(unsafe_code)]

/// Makes of every function a test for limpet, one for its fallback on old kernels, one for a bundle in place of an image,
/// and one for the independent runtime with the same bundle.
macro_rules! on_each_runtime {
    ($($name:ident)*) => {
        mod limpet {
            $(#[test] fn $name() { super::$name(&native_tests::Limpet::new()); })*
        }
        mod limpet_with_mount_alone {
            $(#[test] fn $name() { super::$name(&native_tests::Limpet::new().classic()); })*
        }
        mod limpet_with_a_bundle {
            $(#[test] fn $name() { super::$name(&native_tests::Limpet::new().of_bundles()); })*
        }
        mod crun {
            $(#[test] fn $name() { super::$name(&native_tests::Crun::new()); })*
        }
    };
}

mod adoption;
mod app_images;
mod apps;
mod apps_shown;
mod apps_told;
mod bad_input;
mod ballast;
mod disk_reserve;
mod escape;
mod events;
mod exec;
mod exit_codes;
mod files;
mod flags;
mod fleet;
mod full_disk;
mod health;
mod hostile;
mod hostile_registries;
mod init;
mod isolation;
mod joined;
mod keeper;
mod lifecycle;
mod limits;
mod logs;
mod looking;
mod metrics;
mod names;
mod overwrite;
mod own_file;
mod peers;
mod power;
mod pull;
mod races;
mod real;
mod reordering;
mod restart;
mod scrub;
mod shutdown;
mod store;
mod streams;
mod supervisor;
mod survival;
mod survival_apps;
mod survival_health;
mod terminals;
mod throttles;
mod told;
mod top;
mod transactions;
mod update;
mod upgrade;
mod upkeep;
mod users;
mod verify;
