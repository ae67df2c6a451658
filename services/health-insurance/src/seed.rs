//! Fills the books at the first start with the policies of invented citizens. One in fifty is insured elsewhere.

use agency_kit::{Books, synthetic};
use jiff::civil::date;
use tonic::Status;

use crate::records::{POLICY, Policy};

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        for (at, citizen) in synthetic::population().iter().enumerate() {
            if at % 50 == 49 {
                continue;
            }
            let policy = Policy {
                number: format!("HP-{:08}", page.next_number("policy")?),
                from: citizen.birth_date.max(date(2006, 1, 1)),
                ended_on: None,
                premium: citizen.age(date(2026, 1, 1)) >= 18,
                letters_to: (!citizen.protected).then(|| vec![citizen.home.line()]),
                contact: None,
                region: None,
            };
            page.put(POLICY, &citizen.number, &policy)?;
        }
        Ok(page.put("seed", "filled", &true)?)
    })
}
