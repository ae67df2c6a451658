//! Three plans by hand, of the shapes that real life events have.

use casework::condition::Condition;
use casework::service::{Bearer, Mode, ReversalKind};

use crate::country::{Country, Declared, fact, service};

/// Of the shape of a birth: a register is read, each child is registered, numbered, insured and gets what it is
/// entitled to; one service takes all children together.
pub(crate) fn birth() -> Country {
    let services: Vec<Declared> = vec![
        service("population/mother-record")
            .reads()
            .needs("mother.number")
            .gives("mother.name")
            .gives("mother.street"),
        service("civil/registration")
            .duty()
            .reversed_by("civil/correction", ReversalKind::Correction)
            .needs("child.given")
            .needs("event.date")
            .can_use("mother.name")
            .gives("child.record")
            .term(Bearer::Party, "P3D", Some("event.date")),
        service("civil/correction").reversal().can_use("child.record"),
        service("population/numbering")
            .guarded()
            .duty()
            .needs("child.record")
            .needs("mother.street")
            .gives("child.number"),
        service("benefits/child-benefit")
            .non_essential()
            .when(Condition::Not(Box::new(Condition::Holds(fact("child.is_still")))))
            .reversed_by("benefits/withdrawal", ReversalKind::Withdrawal)
            .needs("child.number")
            .needs("mother.account")
            .gives("child.benefit"),
        service("benefits/withdrawal").reversal().can_use("child.benefit"),
        service("insurance/policy")
            .unguarded()
            .finds()
            .reversed_by("insurance/end", ReversalKind::Withdrawal)
            .needs("child.number")
            .gives("child.policy"),
        service("insurance/end").reversal(),
        service("youth/invitation")
            .non_essential()
            .mode(Mode::Offer)
            .needs("child.record")
            .gives("child.visit"),
        service("benefits/family-overview")
            .non_essential()
            .needs_all("child.number")
            .gives("mother.overview"),
        service("municipality/welcome").non_essential().mode(Mode::Inform).needs("child.record"),
    ];
    let outcomes = ["child.record", "child.number", "child.policy", "child.benefit"];
    let asked = ["child.given", "mother.account", "child.is_still", "mother.street"];
    Country::of(services, &outcomes, &asked).unwrap()
}

/// Of the shape of a move: the municipality is chosen by a place, vehicles come from a register.
pub(crate) fn moving() -> Country {
    let services: Vec<Declared> = vec![
        service("municipality/registration")
            .duty()
            .competence("home.place")
            .needs("home.street")
            .needs("mother.number")
            .gives("mother.resident"),
        service("traffic/vehicles")
            .reads()
            .needs("mother.number")
            .creates("vehicle.plate")
            .creates("vehicle.kind"),
        service("traffic/new-address")
            .guarded()
            .no_cancel()
            .needs("vehicle.plate")
            .needs("home.street")
            .gives("vehicle.moved"),
        service("tax/car-tax")
            .reversed_by("tax/undo", ReversalKind::Revocation)
            .needs("vehicle.plate")
            .needs("vehicle.moved")
            .gives("vehicle.tax"),
        service("tax/undo").reversal().needs("vehicle.plate"),
        service("municipality/parking")
            .competence("home.place")
            .mode(Mode::Offer)
            .term(Bearer::Party, "P2D", None)
            .needs("mother.resident")
            .gives("mother.permit"),
        service("benefits/housing")
            .non_essential()
            .can_use("mother.income")
            .wait_for("PT2M")
            .needs("mother.resident")
            .gives("mother.allowance"),
        service("tax/income").no_cancel().reads().needs("mother.number").gives("mother.income"),
        service("water/connection")
            .unguarded()
            .after("municipality/registration")
            .needs("home.street")
            .gives("home.meter"),
    ];
    let outcomes = ["mother.resident", "vehicle.moved", "home.meter"];
    Country::of(services, &outcomes, &["home.street", "home.place", "mother.income"]).unwrap()
}

/// Of the shape of a bereavement: payments stop first, two services can give the same fact, what is left comes after.
pub(crate) fn bereavement() -> Country {
    let services: Vec<Declared> = vec![
        service("civil/death").duty().needs("event.date").needs("mother.number").gives("event.record"),
        service("benefits/stop")
            .guarded()
            .after("civil/death")
            .needs("mother.number")
            .gives("mother.stopped")
            .term(Bearer::Agency, "P1D", None),
        service("tax/stop").after("civil/death").needs("mother.number").gives("mother.taxed"),
        service("notary/will").reads().needs("event.record").gives("event.heir"),
        service("court/heir").after("notary/will").needs("event.record").gives("event.heir"),
        service("bank/account")
            .after("benefits/stop")
            .after("tax/stop")
            .reversed_by("bank/reopen", ReversalKind::Revocation)
            .needs("event.heir")
            .gives("event.closed"),
        service("bank/reopen").reversal().can_use("event.closed"),
        service("post/forward")
            .non_essential()
            .mode(Mode::Offer)
            .needs("event.heir")
            .can_use("mother.address")
            .gives("event.mail"),
        service("library/card")
            .non_essential()
            .unguarded()
            .when(Condition::Has(fact("mother.card")))
            .needs("mother.card")
            .gives("mother.returned"),
    ];
    let outcomes = ["event.record", "mother.stopped", "event.closed"];
    Country::of(services, &outcomes, &["mother.card", "mother.address"]).unwrap()
}
