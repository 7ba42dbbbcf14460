//! Which container, app and service the numbers mean that the decisions speak in.
//!
//! In: names and ids. Out: [`InstanceId`], [`AppId`], [`ServiceId`], each the same for the same thing for as long as the
//! world knows it.

#[cfg(test)]
mod tests;

use crate::sorted::SortedMap;
use limpet_plan::{AppId, InstanceId, Place, RunId, ServiceId};
use limpet_protocol::app::BESIDE;
use limpet_protocol::id::ContainerId;

/// A container that the supervisor answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name.
    pub(crate) name: String,
    /// Its id, once it is made.
    pub(crate) container: Option<ContainerId>,
    /// Its place in an app.
    pub(crate) place: Option<Place>,
    /// It was made beside the one that has that place.
    pub(crate) beside: bool,
    /// The last run whose end whoever listens was told, or that was over when we came.
    pub(crate) told: Option<RunId>,
}

/// All names and numbers.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    instances: SortedMap<u16, Known>,
    apps: SortedMap<u16, String>,
    services: SortedMap<u16, (AppId, String)>,
}

/// The lowest number that nothing has.
fn free<T>(taken: &SortedMap<u16, T>) -> u16 {
    (0..u16::MAX).find(|number| !taken.contains_key(number)).unwrap_or(u16::MAX)
}

impl Registry {
    /// The number of an app, given now if it has none.
    pub(crate) fn app(&mut self, name: &str) -> AppId {
        if let Some(app) = self.find_app(name) {
            return app;
        }
        let number = free(&self.apps);
        self.apps.insert(number, name.to_owned());
        AppId(number)
    }

    /// The number of an app that has one.
    #[must_use]
    pub(crate) fn find_app(&self, name: &str) -> Option<AppId> {
        self.apps.iter().find(|(_, known)| *known == name).map(|(number, _)| AppId(*number))
    }

    /// The number of a service, given now if it has none.
    pub(crate) fn service(&mut self, app: AppId, name: &str) -> ServiceId {
        let known = self.services.iter().find(|(_, (of, known))| *of == app && known == name);
        if let Some((number, _)) = known {
            return ServiceId(*number);
        }
        let number = free(&self.services);
        self.services.insert(number, (app, name.to_owned()));
        ServiceId(number)
    }

    /// The number of a replica, given now if it has none; `name` is that of its container.
    pub(crate) fn replica(&mut self, place: Place, name: &str) -> InstanceId {
        let known = self.instances.iter_mut().find(|(_, known)| known.place == Some(place) && !known.beside);
        if let Some((number, known)) = known {
            if known.container.is_none() {
                name.clone_into(&mut known.name);
            }
            return InstanceId(*number);
        }
        self.add(Known {
            name: name.to_owned(),
            container: None,
            place: Some(place),
            beside: false,
            told: None,
        })
    }

    /// A number that the decisions gave: one that is to be made beside that of this place.
    pub(crate) fn follow(&mut self, id: InstanceId, place: Place) {
        let holder = self.instances.values().find(|known| known.place == Some(place) && !known.beside);
        let name = holder.map(|known| known.name.clone()).unwrap_or_default() + BESIDE;
        let known = Known { name, container: None, place: Some(place), beside: true, told: None };
        if !self.instances.contains_key(&id.0) {
            self.instances.insert(id.0, known);
        }
    }

    /// What was to be made beside another is to be made in its place, which nothing has any more.
    pub(crate) fn inherit(&mut self, id: InstanceId) {
        let Some(known) = self.instances.get_mut(&id.0).filter(|known| known.beside) else { return };
        (known.beside, known.container) = (false, None);
        if let Some(name) = known.name.strip_suffix(BESIDE) {
            known.name = name.to_owned();
        }
    }

    /// The number of a container that was found, given now if it has none. One that is found at the place of a replica
    /// that was not made yet is that replica.
    pub(crate) fn found(
        &mut self,
        container: &ContainerId,
        name: &str,
        place: Option<Place>,
        beside: bool,
    ) -> InstanceId {
        let known = self.instances.iter_mut().find(|(_, known)| {
            known.container.as_ref() == Some(container)
                || (place.is_some()
                    && known.place == place
                    && known.beside == beside
                    && known.container.is_none())
        });
        if let Some((number, known)) = known {
            name.clone_into(&mut known.name);
            known.container = Some(container.clone());
            return InstanceId(*number);
        }
        let container = Some(container.clone());
        self.add(Known { name: name.to_owned(), container, place, beside, told: None })
    }

    fn add(&mut self, known: Known) -> InstanceId {
        let number = free(&self.instances);
        self.instances.insert(number, known);
        InstanceId(number)
    }

    /// The number of a container that has one.
    #[must_use]
    pub(crate) fn find(&self, container: &ContainerId) -> Option<InstanceId> {
        let of = |known: &Known| known.container.as_ref() == Some(container);
        self.instances.iter().find(|(_, known)| of(known)).map(|(number, _)| InstanceId(*number))
    }

    /// What an instance is.
    #[must_use]
    pub(crate) fn get(&self, id: InstanceId) -> Option<&Known> {
        self.instances.get(&id.0)
    }

    /// What an instance is, to be changed.
    pub(crate) fn get_mut(&mut self, id: InstanceId) -> Option<&mut Known> {
        self.instances.get_mut(&id.0)
    }

    /// The container of an instance, once it is made.
    #[must_use]
    pub(crate) fn container(&self, id: InstanceId) -> Option<&ContainerId> {
        self.get(id).and_then(|known| known.container.as_ref())
    }

    /// All instances.
    pub(crate) fn instances(&self) -> impl Iterator<Item = (InstanceId, &Known)> {
        self.instances.iter().map(|(number, known)| (InstanceId(*number), known))
    }

    /// Name of an app.
    #[must_use]
    pub(crate) fn app_name(&self, app: AppId) -> Option<&str> {
        self.apps.get(&app.0).map(String::as_str)
    }

    /// Name of a service.
    #[must_use]
    pub(crate) fn service_name(&self, service: ServiceId) -> Option<&str> {
        self.services.get(&service.0).map(|(_, name)| name.as_str())
    }

    /// The world does not know this instance any more.
    pub(crate) fn forget(&mut self, id: InstanceId) {
        self.instances.remove(&id.0);
    }

    /// The world does not know this app any more.
    pub(crate) fn forget_app(&mut self, app: AppId) {
        self.apps.remove(&app.0);
        self.services.retain(|_, (of, _)| *of != app);
    }
}
