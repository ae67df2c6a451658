//! Fills the books at the first start: everybody of the invented population who lives here.

use agency_kit::{Books, synthetic};
use jiff::civil::date;
use tonic::Status;

use crate::records::{RESIDENT, Resident};
use crate::rules::Place;

pub(crate) fn fill(books: &Books, place: Place) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        let long_ago = date(2020, 1, 1);
        let here = |it: &synthetic::Citizen| it.home.municipality == place.code();
        let residents = synthetic::population().into_iter().filter(here).map(|citizen| {
            let from = long_ago.max(citizen.birth_date);
            let resident = Resident {
                from,
                electoral_roll: citizen.age(date(2026, 1, 1)) >= 18,
                taxed_from: from,
                listed_address: (!citizen.protected).then(|| vec![citizen.home.line()]),
                waits_for_parking: false,
                ended: None,
            };
            (citizen.number, resident)
        });
        page.put_all(RESIDENT, residents)?;
        Ok(page.put("seed", "filled", &true)?)
    })
}
