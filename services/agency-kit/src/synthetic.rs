//! Some thousand invented citizens, the same on every machine: what reference ministries fill their books with at
//! their first start. Nobody of this name and number exists; every number begins with 999, which is never issued.
//!
//! The first ones are named households that the examples use; see [`NAMED`].

use jiff::civil::{Date, date};

/// How many citizens there are.
pub const CITIZENS: u32 = 3_000;

/// How many citizens live in the named households.
pub const NAMED_CITIZENS: u32 = 16;

/// The named households: what each is for. Numbers are 999000001 and on.
pub const NAMED: [(u32, &str); 7] = [
    (1, "Noor (1) and Sem (2) van Dijk, married, in Oosterdam: the birth of the examples"),
    (3, "Eva (3), Daan (4), Lotte (5), Bram (6) and Mila (7) Bakker: the family of five that moves"),
    (8, "Hendrik (8) and Johanna (9) Visser, pensioners, and their daughter Anneke (10): bereavement"),
    (11, "Iris Smit (11), whose address is protected"),
    (12, "Yara Mulder (12) and Joost de Groot (13), not married: acknowledgement"),
    (14, "Leyla Kaya (14) and Emre Kaya (15): married abroad, which no register here knows"),
    (16, "Sofie Peters (16), alone: an unknown second parent"),
];

/// What the named household of this place in the population is for; none for the many after them.
#[must_use]
pub fn purpose(ordinal: u32) -> Option<&'static str> {
    let of = NAMED.iter().rev().find(|(first, _)| *first <= ordinal)?;
    (ordinal <= NAMED_CITIZENS).then_some(of.1)
}

/// An invented citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citizen {
    /// Nine digits, beginning with 999.
    pub number: String,
    /// Given names.
    pub given_names: String,
    /// Family name.
    pub family_name: String,
    /// Date of birth.
    pub birth_date: Date,
    /// `female` or `male`.
    pub gender: &'static str,
    /// Married, and to whom: the number. None where no register here knows of a marriage.
    pub married_to: Option<String>,
    /// The numbers of the parents who live in the household.
    pub parents: Vec<String>,
    /// The dwelling: citizens of one household share it.
    pub home: Home,
    /// Whether the address is protected.
    pub protected: bool,
    /// Gross income of a year, in euro cents; 0 for children.
    pub income_cents: i64,
    /// Plates of the vehicles held.
    pub plates: Vec<String>,
    /// Whether a driving licence was issued.
    pub licence: bool,
}

/// A dwelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// Street.
    pub street: String,
    /// House number.
    pub house_number: u32,
    /// Postal code.
    pub postal_code: String,
    /// Town: that of the municipality.
    pub locality: String,
    /// Code of the municipality.
    pub municipality: &'static str,
    /// Whether it is rented.
    pub rented: bool,
}

impl Home {
    /// Street and house number, as on an envelope.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.street, self.house_number)
    }
}

impl Citizen {
    /// Age in whole years on a day.
    #[must_use]
    pub fn age(&self, on: Date) -> i16 {
        let had_birthday = (on.month(), on.day()) >= (self.birth_date.month(), self.birth_date.day());
        on.year() - self.birth_date.year() - i16::from(!had_birthday)
    }
}

/// The number of the `ordinal`th citizen, from 1.
#[must_use]
pub fn number(ordinal: u32) -> String {
    format!("{}", 999_000_000 + ordinal)
}

/// All citizens, in the order of their numbers.
#[must_use]
pub fn population() -> Vec<Citizen> {
    let mut citizens = named();
    let mut dice = Dice(0x10CE_7000);
    while citizens.len() < CITIZENS as usize {
        household(&mut citizens, &mut dice);
    }
    citizens.truncate(CITIZENS as usize);
    citizens
}

/// All dwellings: those where citizens live, and as many that stand empty, so that there is somewhere to move to. The
/// last street of each municipality is newly built: nobody lives there at first. No two have the same postal code and
/// house number.
#[must_use]
pub fn dwellings() -> Vec<Home> {
    let mut dwellings = Vec::new();
    for (at, (code, town, postal)) in MUNICIPALITIES.into_iter().enumerate() {
        for street in STREETS {
            dwellings.extend((1..=180).map(|number| home(at, street, number, number % 5 < 3)));
        }
        dwellings.extend((1..=NEW_BUILT).map(|house_number| Home {
            street: "Nieuwe Kade".to_owned(),
            house_number,
            postal_code: format!("{} AB", postal + 12),
            locality: town.to_owned(),
            municipality: code,
            rented: true,
        }));
    }
    dwellings
}

/// How many dwellings of each municipality are newly built.
const NEW_BUILT: u32 = 500;

const MUNICIPALITIES: [(&str, &str, u32); 3] = [
    ("oosterdam", "Oosterdam", 1_000),
    ("westerveen", "Westerveen", 3_000),
    ("zuiderhaven", "Zuiderhaven", 5_000),
];
const STREETS: [&str; 12] = [
    "Havenstraat",
    "Kerkplein",
    "Lindelaan",
    "Molenweg",
    "Dorpsstraat",
    "Zeedijk",
    "Kanaalkade",
    "Beukenhof",
    "Schoolstraat",
    "Marktplein",
    "Duinpad",
    "Vuurtorenweg",
];
const FEMALE: [&str; 16] = [
    "Anna", "Sara", "Emma", "Julia", "Fleur", "Nora", "Lina", "Roos", "Amina", "Hanna", "Zoë", "Maud",
    "Elif", "Fenna", "Ines", "Tess",
];
const MALE: [&str; 16] = [
    "Jan", "Lucas", "Finn", "Noah", "Milan", "Levi", "Adam", "Thijs", "Omar", "Ruben", "Sven", "Teun",
    "Yusuf", "Koen", "Hugo", "Mees",
];
const FAMILY: [&str; 20] = [
    "Jansen",
    "de Vries",
    "Bos",
    "Vos",
    "Dekker",
    "Brouwer",
    "van Leeuwen",
    "Dijkstra",
    "Kok",
    "Jacobs",
    "van der Meer",
    "Schouten",
    "Willems",
    "Hoekstra",
    "Özdemir",
    "El Amrani",
    "Kowalski",
    "Post",
    "Kuipers",
    "Verhoeven",
];

fn home(municipality: usize, street: &str, house_number: u32, rented: bool) -> Home {
    let (code, town, postal) = MUNICIPALITIES[municipality % MUNICIPALITIES.len()];
    let offset = STREETS.iter().position(|name| *name == street).map_or(50, |at| at as u32 * 7);
    Home {
        street: street.to_owned(),
        house_number,
        postal_code: format!("{} XZ", postal + offset),
        locality: town.to_owned(),
        municipality: code,
        rented,
    }
}

struct Sketch<'a> {
    ordinal: u32,
    names: (&'a str, &'a str),
    born: Date,
    gender: &'static str,
    married_to: Option<u32>,
    parents: &'a [u32],
    home: &'a Home,
    income_cents: i64,
}

fn citizen(sketch: &Sketch<'_>) -> Citizen {
    let adult = sketch.born.year() <= 2006;
    Citizen {
        number: number(sketch.ordinal),
        given_names: sketch.names.0.to_owned(),
        family_name: sketch.names.1.to_owned(),
        birth_date: sketch.born,
        gender: sketch.gender,
        married_to: sketch.married_to.map(number),
        parents: sketch.parents.iter().map(|ordinal| number(*ordinal)).collect(),
        home: sketch.home.clone(),
        protected: false,
        income_cents: sketch.income_cents,
        plates: Vec::new(),
        licence: adult && !sketch.ordinal.is_multiple_of(5),
    }
}

fn named() -> Vec<Citizen> {
    let (haven, linde) = (home(0, "Havenstraat", 12, true), home(0, "Lindelaan", 5, true));
    let (kerk, molen) = (home(0, "Kerkplein", 3, false), home(1, "Molenweg", 8, true));
    let (zee, duin, markt) =
        (home(2, "Zeedijk", 21, true), home(0, "Duinpad", 2, true), home(1, "Marktplein", 14, true));
    let row = |ordinal, names, born, gender, married_to, parents, home, income_cents| {
        citizen(&Sketch { ordinal, names, born, gender, married_to, parents, home, income_cents })
    };
    let mut named = vec![
        row(1, ("Noor", "van Dijk"), date(1994, 4, 12), "female", Some(2), &[][..], &haven, 2_150_000),
        row(2, ("Sem", "van Dijk"), date(1992, 9, 30), "male", Some(1), &[], &haven, 1_900_000),
        row(3, ("Eva", "Bakker"), date(1984, 1, 20), "female", Some(4), &[], &linde, 2_400_000),
        row(4, ("Daan", "Bakker"), date(1982, 6, 2), "male", Some(3), &[], &linde, 4_100_000),
        row(5, ("Lotte", "Bakker"), date(2011, 3, 14), "female", None, &[3, 4], &linde, 0),
        row(6, ("Bram", "Bakker"), date(2013, 11, 5), "male", None, &[3, 4], &linde, 0),
        row(7, ("Mila", "Bakker"), date(2018, 7, 23), "female", None, &[3, 4], &linde, 0),
        row(8, ("Hendrik", "Visser"), date(1941, 2, 9), "male", Some(9), &[], &kerk, 1_700_000),
        row(9, ("Johanna", "Visser"), date(1944, 10, 17), "female", Some(8), &[], &kerk, 1_450_000),
        row(10, ("Anneke", "Visser"), date(1970, 5, 8), "female", None, &[], &molen, 3_300_000),
        row(11, ("Iris", "Smit"), date(1990, 12, 1), "female", None, &[], &zee, 2_100_000),
        row(12, ("Yara", "Mulder"), date(1996, 8, 19), "female", None, &[], &duin, 2_900_000),
        row(13, ("Joost", "de Groot"), date(1995, 3, 27), "male", None, &[], &duin, 3_000_000),
        row(14, ("Leyla", "Kaya"), date(1993, 2, 11), "female", None, &[], &markt, 2_500_000),
        row(15, ("Emre", "Kaya"), date(1991, 7, 7), "male", None, &[], &markt, 2_700_000),
        row(
            16,
            ("Sofie", "Peters"),
            date(1998, 5, 25),
            "female",
            None,
            &[],
            &home(2, "Beukenhof", 9, true),
            2_200_000,
        ),
    ];
    named[10].protected = true;
    named[2].plates = vec!["XZ-003-A".to_owned()];
    named[3].plates = vec!["XZ-004-A".to_owned(), "XZ-004-B".to_owned()];
    named[7].plates = vec!["XZ-008-A".to_owned()];
    named[10].plates = vec!["XZ-011-A".to_owned()];
    for driver in [0, 2, 3, 7] {
        named[driver].licence = true;
    }
    named
}

/// Adds one household: one or two adults and up to four children.
fn household(citizens: &mut Vec<Citizen>, dice: &mut Dice) {
    let first = citizens.len() as u32 + 1;
    let place = empty_home(citizens, dice);
    let family = FAMILY[dice.below(20) as usize];
    let couple = dice.below(10) < 6;
    let year = 1935 + dice.below(70) as i16;
    let born = |dice: &mut Dice, year: i16| date(year, 1 + dice.below(12) as i8, 1 + dice.below(28) as i8);
    let adults: &[(&'static str, &[&str])] =
        if couple { &[("female", &FEMALE), ("male", &MALE)] } else { &[("female", &FEMALE)] };
    for (at, (gender, names)) in adults.iter().enumerate() {
        let ordinal = first + at as u32;
        let married_to = couple.then(|| if at == 0 { first + 1 } else { first });
        let sketch = Sketch {
            ordinal,
            names: (names[dice.below(16) as usize], family),
            born: born(dice, year),
            gender,
            married_to,
            parents: &[],
            home: &place,
            income_cents: i64::from(dice.below(60_000)) * 100,
        };
        let mut adult = citizen(&sketch);
        if dice.below(10) < 5 {
            adult.plates.push(format!("XZ-{ordinal:04}-A"));
        }
        citizens.push(adult);
    }
    let parents: Vec<u32> = (first..first + adults.len() as u32).collect();
    let fertile = (1960..=2001).contains(&year);
    for _ in 0..if fertile { dice.below(4) } else { 0 } {
        let (gender, names) = if dice.below(2) == 0 { ("female", &FEMALE) } else { ("male", &MALE) };
        let year = (year + 24 + dice.below(14) as i16).clamp(2008, 2025);
        let sketch = Sketch {
            ordinal: citizens.len() as u32 + 1,
            names: (names[dice.below(16) as usize], family),
            born: born(dice, year),
            gender,
            married_to: None,
            parents: &parents,
            home: &place,
            income_cents: 0,
        };
        citizens.push(citizen(&sketch));
    }
}

/// A dwelling of the older streets where nobody lives yet: each household has one of its own.
fn empty_home(citizens: &[Citizen], dice: &mut Dice) -> Home {
    loop {
        let street = STREETS[dice.below(12) as usize];
        let place = home(dice.below(3) as usize, street, 1 + dice.below(180), dice.below(10) < 6);
        let lived_in = |it: &Citizen| {
            (&it.home.postal_code, it.home.house_number) == (&place.postal_code, place.house_number)
        };
        if !citizens.iter().any(lived_in) {
            return place;
        }
    }
}

/// A small generator of numbers (splitmix64): the same on every machine and for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % u64::from(bound)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_invented_and_the_same_everywhere() {
        let citizens = population();
        assert_eq!(citizens.len(), CITIZENS as usize);
        assert_eq!(citizens, population());
        for (at, citizen) in citizens.iter().enumerate() {
            assert_eq!(citizen.number, number(at as u32 + 1));
            assert!(citizen.number.starts_with("999") && citizen.number.len() == 9);
        }
    }

    /// Whoever changes the population changes every example: this is to be done on purpose.
    #[test]
    fn the_population_is_the_same_for_ever() {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for it in population() {
            let (home, plates) = (&it.home, it.plates.join(" "));
            let row = [
                it.number.as_str(),
                it.given_names.as_str(),
                it.family_name.as_str(),
                &it.birth_date.to_string(),
                it.gender,
                it.married_to.as_deref().unwrap_or_default(),
                &it.parents.join(" "),
                &home.line(),
                &home.postal_code,
                &home.locality,
                home.municipality,
                &format!("{} {} {} {}", home.rented, it.protected, it.income_cents, it.licence),
                &plates,
            ];
            hash.update(row.join("\u{1f}"));
            hash.update("\n");
        }
        for home in dwellings() {
            hash.update(format!(
                "{} {} {} {}\n",
                home.line(),
                home.postal_code,
                home.municipality,
                home.rented
            ));
        }
        let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "09605fd4f5772da3");
    }

    #[test]
    fn every_named_citizen_is_for_something_and_the_others_for_anything() {
        assert!((1..=NAMED_CITIZENS).all(|it| purpose(it).is_some()));
        assert!(purpose(4).unwrap().contains("Daan (4)") && purpose(16).unwrap().contains("Sofie"));
        assert_eq!((purpose(0), purpose(NAMED_CITIZENS + 1)), (None, None));
    }

    #[test]
    fn everybody_lives_in_a_dwelling_and_new_ones_are_empty() {
        let place = |home: &Home| (home.postal_code.clone(), home.house_number);
        let dwellings: std::collections::BTreeSet<_> = dwellings().iter().map(place).collect();
        assert_eq!(dwellings.len(), 3 * (12 * 180 + 500), "no two at one place");
        let lived_in: std::collections::BTreeSet<_> = population().iter().map(|it| place(&it.home)).collect();
        assert!(lived_in.is_subset(&dwellings));
        assert!(lived_in.iter().all(|(postal_code, _)| !postal_code.ends_with("AB")));
    }

    #[test]
    fn each_household_has_a_dwelling_of_its_own() {
        let citizens = population();
        let mut first_of: std::collections::BTreeMap<_, &Citizen> = std::collections::BTreeMap::new();
        for citizen in citizens.iter().skip(NAMED_CITIZENS as usize) {
            let place = (citizen.home.postal_code.as_str(), citizen.home.house_number);
            let first = *first_of.entry(place).or_insert(citizen);
            let related = first.number == citizen.number
                || citizen.married_to.as_ref() == Some(&first.number)
                || citizen.parents.contains(&first.number);
            assert!(related, "{} lives with strangers", citizen.number);
        }
        let named: Vec<_> = citizens.iter().take(NAMED_CITIZENS as usize).map(|it| &it.home).collect();
        let others = citizens.iter().skip(NAMED_CITIZENS as usize);
        assert!(others.into_iter().all(|it| {
            !named.iter().any(|home| home.line() == it.home.line() && home.postal_code == it.home.postal_code)
        }));
    }

    #[test]
    fn marriages_are_mutual_and_parents_are_older() {
        let citizens = population();
        let by_number = |number: &str| citizens.iter().find(|it| it.number == number);
        for citizen in &citizens {
            if let Some(spouse) = citizen.married_to.as_deref().and_then(by_number) {
                assert_eq!(spouse.married_to.as_deref(), Some(citizen.number.as_str()));
            }
            for parent in citizen.parents.iter().filter_map(|it| by_number(it)) {
                assert!(parent.birth_date.year() + 15 < citizen.birth_date.year(), "{}", citizen.number);
            }
        }
    }
}
