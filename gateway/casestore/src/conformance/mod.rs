//! What every store keeps, as checks that run against any of them: each sentence of [`CaseStore`]'s comments is a
//! named check here. And the differential test, which compares a store with the model, reply by reply.

mod bench;
mod beside;
mod cases;
mod differential;
mod limits;
mod requests;
mod rows;
mod time;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use bench::Bench;
pub use differential::{Differential, Door, Ran};

use crate::store::{CaseStore, StoreError};

/// Why a check failed.
#[derive(Debug)]
pub struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self(format!("the store answered: {error}"))
    }
}

impl Broken {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// What a check comes to.
pub type Checked = Result<(), Broken>;

type Running<'a> = Pin<Box<dyn Future<Output = Checked> + Send + 'a>>;

/// A named promise and how it is checked.
pub struct Check {
    /// The promise.
    pub name: &'static str,
    run: for<'a> fn(&'a Bench) -> Running<'a>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Names checks: each is an `async fn(&Bench) -> Checked`, and its name is the promise.
macro_rules! promises {
    ($($check:ident),+ $(,)?) => {
        pub(super) fn checks() -> Vec<$crate::conformance::Check> {
            vec![$($crate::conformance::Check {
                name: stringify!($check),
                run: |bench| Box::pin($check(bench)),
            }),+]
        }
    };
}

/// Fails the check unless this holds.
macro_rules! must {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err($crate::conformance::Broken::new(format!($($what)+)));
        }
    };
}

/// Fails the check unless both are equal.
macro_rules! must_eq {
    ($left:expr, $right:expr, $what:expr) => {{
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err($crate::conformance::Broken::new(format!("{}: {left:?}, not {right:?}", $what)));
        }
    }};
}

/// The part of an answer that has this form; fails the check if it has another.
macro_rules! take {
    ($answer:expr, $form:pat $(if $guard:expr)? => $part:expr) => {
        match $answer {
            $form $(if $guard)? => $part,
            other => {
                let form = stringify!($form);
                return Err($crate::conformance::Broken::new(format!("{other:?} came, not {form}")));
            }
        }
    };
}

use {must, must_eq, promises, take};

/// All checks.
#[must_use]
pub fn checks() -> Vec<Check> {
    let by_subject = [
        requests::checks(),
        cases::checks(),
        rows::checks(),
        beside::checks(),
        time::checks(),
        limits::checks(),
    ];
    by_subject.into_iter().flatten().collect()
}

/// Runs all checks against one store, one after another, for some move the clock. The store may hold other things in
/// the partitions from 0 to about 100, but nothing there may be due.
///
/// # Errors
/// All promises that are not kept, by name.
pub async fn run(store: Arc<dyn CaseStore>) -> Checked {
    let bench = Bench::new(store);
    let mut broken = Vec::new();
    for check in checks() {
        if let Err(why) = (check.run)(&bench).await {
            broken.push(format!("{}: {why}", check.name));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(Broken::new(broken.join("\n"))) }
}
