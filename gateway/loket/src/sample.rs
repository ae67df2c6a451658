//! Invented citizens for examples: who they are, and reports of theirs that can be made at any time. Each is used once;
//! which ones were is kept in the data folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use agency_kit::synthetic::{self, Citizen, Home};
use proto::loket::portal::v1 as portal;

use crate::command::Place;
use crate::failure::Failure;
use crate::output;
use crate::report::value;

/// The named households are for examples by hand: samples come after them.
const NAMED: usize = synthetic::NAMED_CITIZENS as usize;
/// How many samples of each life event were used, in the data folder.
const USED: &str = "samples-used.json";

/// A report of an invented citizen.
pub(crate) struct Sample {
    /// Who reports.
    pub(crate) citizen: String,
    /// What.
    pub(crate) report: portal::Report,
}

/// Lists invented citizens, and what each is good for.
pub(crate) fn citizens(place: &Place, many: usize) -> Result<(), Failure> {
    let all = synthetic::population();
    let good_for = GoodFor::among(&all);
    let citizens: Vec<&Citizen> = all.iter().take(many).collect();
    if place.json {
        let all: Vec<serde_json::Value> = citizens
            .iter()
            .map(|it| {
                serde_json::json!({
                    "number": it.number,
                    "name": format!("{} {}", it.given_names, it.family_name),
                    "birth_date": it.birth_date.to_string(),
                    "municipality": it.home.municipality,
                    "good_for": good_for.say(it),
                    "invented": true,
                })
            })
            .collect();
        return output::line(&serde_json::Value::Array(all).to_string());
    }
    let rows: Vec<Vec<String>> = citizens
        .iter()
        .map(|it| {
            let name = format!("{} {}", it.given_names, it.family_name);
            let home = format!("{}, {}", it.home.line(), it.home.locality);
            vec![it.number.clone(), name, it.birth_date.to_string(), home, good_for.say(it)]
        })
        .collect();
    output::table(&["NUMBER (INVENTED)", "NAME", "BORN", "HOME", "GOOD FOR"], &rows)
}

/// Who reports which life event where a sample is asked for.
struct GoodFor {
    reporters: Vec<(&'static str, BTreeSet<String>)>,
}

impl GoodFor {
    fn among(citizens: &[Citizen]) -> Self {
        let numbers = |them: &mut dyn Iterator<Item = &Citizen>| {
            them.map(|it| it.number.clone()).collect::<BTreeSet<_>>()
        };
        let reporters = vec![
            ("birth", numbers(&mut mothers(citizens))),
            ("moving", numbers(&mut movers(citizens).map(|(mover, _)| mover))),
            ("bereavement", numbers(&mut mourners(citizens))),
        ];
        Self { reporters }
    }

    /// What the named household is for; of the others which life events they can report, and what is special.
    fn say(&self, citizen: &Citizen) -> String {
        let ordinal = citizen.number.get(3..).and_then(|it| it.parse().ok()).unwrap_or_default();
        if let Some(purpose) = synthetic::purpose(ordinal) {
            return purpose.to_owned();
        }
        let reports = self.reporters.iter().filter(|(_, who)| who.contains(&citizen.number));
        let mut good: Vec<String> = reports.map(|(life_event, _)| (*life_event).to_owned()).collect();
        if !citizen.plates.is_empty() {
            good.push("holds a vehicle".to_owned());
        }
        if good.is_empty() && !citizen.parents.is_empty() {
            good.push("moves with a parent".to_owned());
        }
        if good.is_empty() { "somebody few ministries know".to_owned() } else { good.join(", ") }
    }
}

/// The next unused sample of a life event. `children`: how many are born.
pub(crate) fn next(place: &Place, life_event: &str, children: u16) -> Result<Sample, Failure> {
    place.can_speak()?;
    let citizens = synthetic::population();
    let found = match life_event {
        "birth" => {
            mothers(&citizens).nth(used(&place.data, life_event)?).map(|mother| birth(mother, children))
        }
        "moving" => {
            movers(&citizens).nth(used(&place.data, life_event)?).map(|(mover, home)| moving(mover, &home))
        }
        "bereavement" => mourners(&citizens).nth(used(&place.data, life_event)?).map(bereavement),
        _ => {
            return Err(Failure::usage(format!(
                "there is no sample of `{life_event}`; say what happened with --set"
            )));
        }
    };
    found.ok_or_else(|| {
        Failure::other(format!("every sample of {life_event} has been used; begin with an empty --data"))
    })
}

/// Takes the next number of a life event's samples; each is taken once.
fn used(data: &Path, life_event: &str) -> Result<usize, Failure> {
    let path = data.join(USED);
    let failed = |error: std::io::Error| Failure::other(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(data).map_err(failed)?;
    // Two commands at once take two samples. The lock goes with the file when it is closed.
    let lock = std::fs::File::create(path.with_extension("lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let mut all: BTreeMap<String, usize> = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(failed(error)),
    };
    let count = all.entry(life_event.to_owned()).or_default();
    let next = *count;
    *count += 1;
    let text = serde_json::to_vec(&all).unwrap_or_default();
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &path)).map_err(failed)?;
    Ok(next)
}

/// Married women whom every register knows and who are insured: a birth of theirs asks nothing more.
fn mothers(citizens: &[Citizen]) -> impl Iterator<Item = &Citizen> {
    citizens
        .iter()
        .enumerate()
        .skip(NAMED)
        .filter(|(at, it)| {
            known(*at) && is_adult(it, 20, 42) && it.gender == "female" && it.married_to.is_some()
        })
        .map(|(_, it)| it)
}

/// Adults and the empty dwellings that they move to.
fn movers(citizens: &[Citizen]) -> impl Iterator<Item = (&Citizen, Home)> {
    let taken: Vec<&Home> = citizens.iter().map(|it| &it.home).collect();
    let empty: Vec<Home> = synthetic::dwellings().into_iter().filter(|it| !taken.contains(&it)).collect();
    let adults =
        citizens.iter().enumerate().skip(NAMED).filter(|(at, it)| known(*at) && is_adult(it, 25, 60));
    adults.map(|(_, it)| it).zip(empty)
}

/// Widows-to-be whose husband is a pensioner.
fn mourners(citizens: &[Citizen]) -> impl Iterator<Item = &Citizen> {
    citizens
        .iter()
        .enumerate()
        .skip(NAMED)
        .filter(|(at, it)| {
            known(*at) && is_adult(it, 70, 100) && it.gender == "female" && it.married_to.is_some()
        })
        .map(|(_, it)| it)
}

/// Whom every ministry has books of: a few in each are left out on purpose.
fn known(at: usize) -> bool {
    at % 40 != 39 && at % 50 != 49 && at % 4 != 3 && at % 40 != 38 && at % 50 != 48
}

fn is_adult(citizen: &Citizen, from: i16, to: i16) -> bool {
    (from..=to).contains(&citizen.age(jiff::civil::date(2026, 1, 1)))
}

fn birth(mother: &Citizen, children: u16) -> Sample {
    let facts = facts(&[
        ("mother.number", &mother.number),
        ("second_parent.number", mother.married_to.as_deref().unwrap_or_default()),
        ("birth.date", &today()),
        ("birth.municipality", mother.home.municipality),
    ]);
    let names = ["Mila", "Fien", "Lou", "Bo"];
    let members = (1..=children)
        .map(|order| portal::Member {
            role: "child".to_owned(),
            facts: self::facts(&[
                ("child.birth_order", &order.to_string()),
                ("child.gender", "female"),
                ("child.family_name", &mother.family_name),
                ("child.given_names", names[usize::from(order - 1) % names.len()]),
            ]),
        })
        .collect();
    Sample {
        citizen: mother.number.clone(),
        report: portal::Report { role: "mother".to_owned(), facts, members },
    }
}

fn moving(mover: &Citizen, home: &Home) -> Sample {
    let facts = facts(&[
        ("declarant.number", &mover.number),
        ("move.date", &today()),
        ("new_home.postal_code", &home.postal_code),
        ("new_home.house_number", &home.house_number.to_string()),
    ]);
    let members = vec![portal::Member {
        role: "mover".to_owned(),
        facts: self::facts(&[("mover.number", &mover.number)]),
    }];
    Sample {
        citizen: mover.number.clone(),
        report: portal::Report { role: "declarant".to_owned(), facts, members },
    }
}

fn bereavement(mourner: &Citizen) -> Sample {
    let facts = facts(&[
        ("deceased.number", mourner.married_to.as_deref().unwrap_or_default()),
        ("death.date", &today()),
        ("death.municipality", mourner.home.municipality),
        ("death.certificate", &format!("DC-{}", mourner.number)),
        ("informant.number", &mourner.number),
        ("informant.kinship", "partner"),
    ]);
    Sample {
        citizen: mourner.number.clone(),
        report: portal::Report { role: "informant".to_owned(), facts, ..portal::Report::default() },
    }
}

fn facts(all: &[(&str, &str)]) -> std::collections::HashMap<String, portal::Value> {
    all.iter().map(|(name, typed)| ((*name).to_owned(), value("text", typed))).collect()
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_is_used_once() {
        let data = std::env::temp_dir().join(format!("loket-samples-{}", std::process::id()));
        assert_eq!(
            (used(&data, "birth").unwrap(), used(&data, "birth").unwrap(), used(&data, "moving").unwrap()),
            (0, 1, 0)
        );
        std::fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn every_citizen_is_good_for_something() {
        let citizens = synthetic::population();
        let good_for = GoodFor::among(&citizens);
        assert!(good_for.say(&citizens[0]).contains("the birth of the examples"));
        assert!(citizens.iter().all(|it| !good_for.say(it).is_empty()));
        let mother = mothers(&citizens).next().unwrap();
        assert!(good_for.say(mother).starts_with("birth"));
    }

    #[test]
    fn there_are_samples_enough() {
        let citizens = synthetic::population();
        assert!(mothers(&citizens).count() > 50);
        assert!(movers(&citizens).count() > 50);
        assert!(mourners(&citizens).count() > 20);
    }
}
