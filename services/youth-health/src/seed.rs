//! Fills the books at the first start with the files of invented children.

use agency_kit::{Books, synthetic};
use jiff::civil::date;
use tonic::Status;

use crate::records::{FILE, File};

pub(crate) fn fill(books: &Books) -> Result<(), Status> {
    books.change(|page| {
        if page.get::<bool>("seed", "filled")?.is_some() {
            return Ok(());
        }
        for child in synthetic::population().iter().filter(|it| it.age(date(2026, 1, 1)) < 18) {
            let file = File { municipality: Some(child.home.municipality.to_owned()), ..File::default() };
            page.put(FILE, &child.number, &file)?;
        }
        Ok(page.put("seed", "filled", &true)?)
    })
}
