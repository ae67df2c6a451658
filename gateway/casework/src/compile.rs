//! From what services need and give to a plan. Nobody draws one: the order of the steps, what runs side by side, what
//! runs once per member of a group and what a party is asked all follow from the facts.
//!
//! What is chosen where the law of the matter leaves a choice:
//!
//! - Several services may give one fact if each two of them are in an order (the law's `after`, or because one needs
//!   what the other gives); the first that applies wins, and the later ones wait for it.
//! - A step whose needed fact comes only from services that are not essential, and which no question can bring, is
//!   not essential either: a warning says so. `essential: true` is the default and so proves no wish.
//! - The facts of a condition and of a competence order a step without being disclosed: they need a giver or a
//!   question, and no grant.
//! - An optional need that nothing gives and nobody is asked is no error: a warning says that it never comes.
//! - A plan that cannot reach an outcome of its life event compiles, with a warning: a case of it does not open.
//! - A reversal means by its words what the service means that it reverses.

mod conditions;
mod declaration;
mod error;
mod flow;
mod groups;
mod life_event;
mod most;
mod order;
mod reversals;
mod steps;
mod warning;
mod words;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::condition::Condition;
use crate::dictionary::Dictionary;
use crate::life_event::LifeEvent;
use crate::name::OutcomeId;
use crate::plan::{Plan, PlanHash};
use crate::service::{Grants, Service};

pub use declaration::{DeclarationError, Omission};
pub use error::{CompileError, CompileErrors, Part, Place, nearest};
pub use flow::FlowError;
pub use groups::GroupError;
pub use life_event::LifeEventError;
pub use most::{LeftOut, compile_around, compile_most};
pub use order::{CycleLink, OrderError};
pub use reversals::ReversalError;
pub use warning::Warning;
pub use words::WordError;

/// Most steps of a plan.
pub const STEPS_MAX: usize = 128;
/// Most needs, and most gifts, of a service.
pub const FIELDS_MAX: usize = 64;
/// Most services and agencies that one service may come after.
pub const AFTER_MAX: usize = 32;
/// Most facts of one condition.
pub const CONDITION_FACTS_MAX: usize = 16;

/// What a plan is compiled from.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The life event.
    pub life_event: &'a LifeEvent,
    /// The conditions of its outcomes, lowered at the edge.
    pub outcomes: &'a BTreeMap<OutcomeId, Condition>,
    /// All services that are registered; those that do not serve the life event are left out, but for reversals.
    pub services: &'a [Service],
    /// The dictionary.
    pub dictionary: &'a Dictionary,
    /// The grants in force.
    pub grants: &'a Grants,
}

/// A plan, and what its authors should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The plan.
    pub plan: Plan,
    /// Its hash: the name of this version.
    pub hash: PlanHash,
    /// What is probably not meant, but stops nothing.
    pub warnings: Vec<Warning>,
}

/// Compiles the plan. The same draft gives the same plan and hash, in whatever order the services come.
///
/// # Errors
/// Everything that is wrong, at once and in a fixed order.
pub fn compile(draft: Draft<'_>) -> Result<Compiled, CompileErrors> {
    let mut found = error::Found::default();
    life_event::check(&draft, &mut found);
    let services = declaration::distinct(&draft, &mut found);
    let mut bound = words::bind_all(&draft, &services, &mut found);
    for step in &mut bound {
        declaration::check(step.service, &mut found);
        groups::resolve(&draft, step, &mut found);
    }
    let givers = flow::givers(&bound);
    flow::check(&draft, &bound, &givers, &mut found);
    let waits = order::waits(&draft, &bound, &givers, &mut found);
    let reversals = reversals::bind_all(&draft, &services, &bound, &givers, &mut found);
    let Some(order) = order::sort(&bound, &waits, &mut found) else { return Err(found.into_errors()) };
    let plan = steps::assemble(&draft, &bound, &reversals, &order, &waits, &givers, &mut found);
    if found.any() {
        return Err(found.into_errors());
    }
    warning::unreachable(&plan, &mut found);
    let hash = hash(&plan);
    Ok(Compiled { hash, plan, warnings: found.into_warnings() })
}

/// The hash of a plan's content.
#[must_use]
pub fn hash(plan: &Plan) -> PlanHash {
    let mut hasher = Sha256::new();
    hasher.update(b"loket plan 1\n");
    // Maps are sorted, numbers exact and struct fields in the order of the source: the text is canonical. Writing
    // plain data to memory cannot fail; were it to, two plans would share the hash of nothing and neither be used.
    hasher.update(serde_json::to_vec(plan).unwrap_or_default());
    PlanHash(data_encoding::HEXLOWER.encode(&hasher.finalize()))
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
