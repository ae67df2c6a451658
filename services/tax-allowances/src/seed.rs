//! Fills the books at the first start with invented citizens: everybody of age has books; who rents and earns little
//! has rent allowance.

use agency_kit::{Books, synthetic};
use jiff::civil::date;
use tonic::Status;

use crate::records::{ALLOWANCE, Allowance, BOOKS, PersonBooks};

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        for citizen in synthetic::population().iter().filter(|it| it.age(date(2026, 1, 1)) >= 18) {
            let person = PersonBooks {
                income_cents: citizen.income_cents,
                letters_to: (!citizen.protected).then(|| vec![citizen.home.line()]),
                contact: None,
                alone_from: None,
            };
            page.put(BOOKS, &citizen.number, &person)?;
            if citizen.home.rented && citizen.income_cents <= 28_000_00 {
                let rent = Allowance::running(120_00, date(2024, 1, 1));
                page.put(ALLOWANCE, &format!("{}/rent", citizen.number), &rent)?;
            }
        }
        Ok(page.put("seed", "filled", &true)?)
    })
}
