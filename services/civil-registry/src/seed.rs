//! Fills the books at the first start: acknowledgements of parents of the invented population who are not married.

use agency_kit::{Books, synthetic};
use tonic::Status;

use crate::records::{ACKNOWLEDGEMENT, Person, acknowledgement};

/// Mother and second parent, by their places in the population: one of the named households.
const ACKNOWLEDGED: [(u32, u32); 1] = [(12, 13)];

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        let citizens = synthetic::population();
        let person = |ordinal: u32| {
            let number = synthetic::number(ordinal);
            citizens.iter().find(|it| it.number == number).map(|it| Person {
                number: Some(it.number.clone()),
                given_names: Some(it.given_names.clone()),
                family_name: it.family_name.clone(),
                birth_date: it.birth_date.into(),
            })
        };
        for (mother, second_parent) in ACKNOWLEDGED {
            let (Some(mother), Some(second_parent)) = (person(mother), person(second_parent)) else {
                continue;
            };
            for of in mother.names() {
                for by in second_parent.names() {
                    page.put(ACKNOWLEDGEMENT, &acknowledgement(&of, &by), &true)?;
                }
            }
        }
        Ok(page.put("seed", "filled", &true)?)
    })
}
