//! Fills the books at the first start with the files of invented citizens. One in forty is not insured here; the
//! ministry knows the account of most.

use agency_kit::{Books, synthetic};
use jiff::civil::date;
use tonic::Status;

use crate::iban::iban;
use crate::records::{BENEFIT_OF, FILE, File, Pension};

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        let (citizens, today) = (synthetic::population(), date(2026, 1, 1));
        for (at, citizen) in citizens.iter().enumerate().filter(|(_, it)| it.age(today) >= 18) {
            let children = citizens
                .iter()
                .filter(|it| it.parents.contains(&citizen.number))
                .map(|it| it.birth_date)
                .collect();
            let file = File {
                born: citizen.birth_date,
                insured: at % 40 != 39,
                account: (at % 4 != 3).then(|| iban(at as u32 + 1)),
                letters_to: (!citizen.protected).then(|| vec![citizen.home.line()]),
                contact: None,
                pension: (citizen.age(today) >= 67)
                    .then_some(Pension { monthly_cents: 1_350_00, stopped_on: None }),
                monthly_income_cents: citizen.income_cents / 12,
                incapable: at % 60 == 59,
                children,
            };
            page.put(FILE, &citizen.number, &file)?;
        }
        // Who had children before there were these books gets benefit for those under eighteen: the first parent does.
        for child in citizens.iter().filter(|it| it.age(today) < 18) {
            if let Some(parent) = child.parents.first() {
                page.put(BENEFIT_OF, &format!("{parent}/{}", child.number), &true)?;
            }
        }
        Ok(page.put("seed", "filled", &true)?)
    })
}
