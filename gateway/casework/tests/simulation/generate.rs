//! Plans by chance: what nobody thought of.

use casework::condition::Condition;
use casework::service::{Bearer, Mode, ReversalKind};

use crate::country::{Country, Declared, fact, service};
use crate::rng::Rng;

/// Facts that parties are asked for.
const ASKED: [&str; 6] =
    ["child.given", "child.is_still", "mother.account", "home.street", "home.place", "mother.is_member"];

/// The country of a seed.
pub(crate) fn country(seed: u64) -> Country {
    let mut rng = Rng::new(seed ^ 0x51ED_270B_9F02_77AA);
    loop {
        // A draft that does not compile is drawn anew.
        if let Ok(country) = draft(&mut rng) {
            return country;
        }
    }
}

fn draft(rng: &mut Rng) -> Result<Country, String> {
    let count = 2 + rng.below(7);
    let mut services: Vec<Declared> = Vec::new();
    let mut given: Vec<String> = Vec::new();
    let mut outcomes: Vec<String> = Vec::new();
    for index in 0..count {
        let agency = rng.below(4);
        let id = format!("agency{agency}/service{index}");
        let role = ["child", "mother", "home", "vehicle"][usize::try_from(rng.below(4)).unwrap()];
        let gift = format!("{role}.gift{index}");
        let mut declared = nature(rng, service(&id), index, &mut services);
        declared = needs(rng, declared, role, &given);
        if !informs(&declared) {
            declared = declared.gives(&gift);
            if rng.chance(40) {
                outcomes.push(gift.clone());
            }
            given.push(gift);
        }
        if index > 0 && rng.chance(15) {
            let before = services[usize::try_from(rng.below(index)).unwrap_or(0)].0.id.to_string();
            declared = declared.after(&before);
        }
        services.push(declared);
    }
    services.push(service("traffic/vehicles").reads().needs("mother.number").creates("vehicle.plate"));
    let outcomes: Vec<&str> = outcomes.iter().map(String::as_str).collect();
    let outcomes = if outcomes.is_empty() {
        vec![given.first().map_or("child.given", |g| g.as_str())]
    } else {
        outcomes
    };
    Country::of(services, &outcomes, &ASKED)
}

fn informs(declared: &Declared) -> bool {
    declared.0.mode == Mode::Inform
}

/// What kind of service it is.
fn nature(rng: &mut Rng, mut declared: Declared, index: u64, services: &mut Vec<Declared>) -> Declared {
    declared = match rng.below(10) {
        0..2 => declared.reads(),
        2..4 => declared.duty(),
        4 => declared.unguarded().finds(),
        5 => declared.unguarded(),
        6 => declared.guarded(),
        7 => declared.guarded().no_cancel(),
        8 => declared.no_status(),
        _ => declared,
    };
    let changes = declared.0.effect != casework::service::Effect::Read;
    if changes && rng.chance(50) {
        let kind = match rng.below(3) {
            0 if declared.0.act == casework::service::Act::Application => ReversalKind::Withdrawal,
            1 => ReversalKind::Revocation,
            _ => ReversalKind::Correction,
        };
        let reversal = format!("{}/undo{index}", declared.0.id.agency());
        let mut undo = service(&reversal).reversal();
        if rng.chance(15) {
            undo = undo.unguarded();
        }
        services.push(undo);
        declared = declared.reversed_by(&reversal, kind);
    }
    if rng.chance(40) {
        declared = declared.non_essential();
    }
    match rng.below(12) {
        0 => declared.mode(Mode::Inform),
        1 => declared.mode(Mode::Offer),
        2 => declared.mode(Mode::Offer).term(Bearer::Party, "P1D", None),
        3 => declared.term(Bearer::Agency, "P3D", Some("event.date")),
        4 => declared.competence("home.place"),
        _ => declared,
    }
}

/// What it needs: of what is given before it, of what is asked.
fn needs(rng: &mut Rng, mut declared: Declared, role: &str, given: &[String]) -> Declared {
    let group = |name: &str| name.starts_with("child.") || name.starts_with("vehicle.");
    let asked = ASKED.iter().map(|name| (*name).to_owned()).chain(["mother.number".to_owned()]);
    let known: Vec<String> = given.iter().cloned().chain(asked).collect();
    let mut taken: Vec<String> = Vec::new();
    if role == "vehicle" {
        declared = declared.needs("vehicle.plate");
    }
    for _ in 0..1 + rng.below(3) {
        let Some(name) = rng.pick(&known).cloned() else { continue };
        let own = name.starts_with(&format!("{role}."));
        if taken.contains(&name) || (group(&name) && !own && !rng.chance(30)) {
            continue;
        }
        declared = match (group(&name), own) {
            (true, false) => declared.needs_all(&name),
            _ if rng.chance(30) => declared.can_use(&name),
            _ => declared.needs(&name),
        };
        taken.push(name);
    }
    if rng.chance(20) {
        declared = declared.wait_for("PT1M");
    }
    if rng.chance(20) {
        let name = if role == "child" { "child.is_still" } else { "mother.is_member" };
        let holds = Condition::Holds(fact(name));
        declared = declared.when(if rng.chance(50) { holds } else { Condition::Not(Box::new(holds)) });
    }
    declared
}
