//! What changes in the registry while cases are open: agencies come and go, consent is taken back, contracts change.

use casework::service::Grant;

use crate::world::World;

impl World<'_> {
    pub(crate) fn change_registry(&mut self) {
        if self.calm {
            return;
        }
        let services: Vec<_> = self.country.offers.0.keys().cloned().collect();
        let Some(service) = self.rng.pick(&services).cloned() else { return };
        let pick = self.rng.below(6);
        let index = usize::try_from(self.rng.below(2)).unwrap();
        if let Some(offers) = self.country.offers.0.get_mut(&service) {
            let index = index.min(offers.len().saturating_sub(1));
            match pick {
                0 | 1 => offers[index].live = !offers[index].live,
                2 => offers[index].withdrawn = !offers[index].withdrawn,
                3 => offers[index].contract.push('!'),
                _ => {}
            }
        }
        if pick > 3 {
            let grants: Vec<Grant> = self.country.grants.iter().cloned().collect();
            if let Some(grant) = self.rng.pick(&grants) {
                self.country.grants.revoke(&grant.from, &grant.concept, &grant.to);
            }
        }
        self.publish();
    }

    pub(crate) fn restore_registry(&mut self) {
        self.country.grants = self.pristine.grants.clone();
        self.country.offers = self.pristine.offers.clone();
        self.publish();
    }

    fn publish(&mut self) {
        self.country.registry += 1;
        self.editions.insert(self.country.registry, self.country.grants.clone());
    }
}
