//! Fills the books at the first start with invented vehicles and licences.

use agency_kit::{Books, synthetic};
use tonic::Status;

use crate::records::{HELD, LICENCE, Licence, VEHICLE, Vehicle};

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        for citizen in synthetic::population() {
            for plate in &citizen.plates {
                let vehicle = Vehicle {
                    holder: citizen.number.clone(),
                    address: None,
                    address_from: None,
                    suspended: false,
                    transfer_by: None,
                };
                page.put(VEHICLE, plate, &vehicle)?;
                page.put(HELD, &format!("{}/{plate}", citizen.number), plate)?;
            }
            if citizen.licence {
                page.put(LICENCE, &citizen.number, &Licence { withdrawn_on: None, reminder_to: None })?;
            }
        }
        Ok(page.put("seed", "filled", &true)?)
    })
}
