//! What must hold of an app as a whole.

use crate::node::Node;
use crate::problem::At;
use crate::scope::Scope;
use limpet_protocol::app::{App, CIRCLE, InvalidApp, WORKLOADS_MAX};

/// The app, if it holds what an app must hold beyond what has been said of each field.
pub(super) fn checked(app: App, root: &Node, scope: &mut Scope<'_, '_, '_>) -> Option<App> {
    if !scope.report().is_clean() {
        return None;
    }
    let count = root.get("services").and_then(|services| services.map().ok()).map_or(0, <[_]>::len);
    let outcome = match app.validate().and_then(|()| app.encode()) {
        Err(InvalidApp::Circle(service)) => {
            let report = scope.report();
            report.enter("services");
            report.enter(&service);
            report.add(&dependencies(root, &service).fault(CIRCLE));
            report.leave();
            report.leave();
            return None;
        }
        Err(error) => Err(root.fault(error.to_string())),
        Ok(_) if app.workloads.len() >= WORKLOADS_MAX && count > WORKLOADS_MAX => {
            Err(root.fault(format!("more than {WORKLOADS_MAX} services")))
        }
        Ok(_) => Ok(()),
    };
    scope.report().check(outcome).map(|()| app)
}

/// Where a service says what it depends on.
fn dependencies(root: &Node, service: &str) -> At {
    let service = root.get("services").and_then(|services| services.get(service)).unwrap_or(root);
    service.get("depends_on").unwrap_or(service).at
}
