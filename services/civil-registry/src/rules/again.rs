//! What is reported again: a birth or a death of which the register holds a record. A report that says what the record
//! says is answered with it; one that says otherwise is refused, for a record is only changed by correction.

use agency_kit::{Conclusion, PartialDate};

use super::birth::acceptable;
use crate::records::{Birth, Death, Person, SecondParent, folded};

/// A birth as it was reported again.
#[derive(Clone, Copy)]
pub struct ToldBirth<'a> {
    /// The mother.
    pub mother: &'a Person,
    /// The second parent in law.
    pub second_parent: Option<&'a SecondParent>,
    /// The day on which this child was born, where it was said.
    pub own_birth_date: Option<PartialDate>,
    /// The municipality where it took place.
    pub municipality: &'a str,
    /// The gender.
    pub gender: &'a str,
    /// Whether the child was born without life.
    pub stillborn: bool,
    /// The given names; none: nothing was said of them.
    pub given_names: Option<&'a str>,
    /// The family name.
    pub family_name: &'a str,
}

/// A death as it was reported again.
#[derive(Clone, Copy)]
pub struct ToldDeath<'a> {
    /// The day of death.
    pub died_on: PartialDate,
    /// The municipality where.
    pub municipality: &'a str,
    /// Reference of the doctor's certificate.
    pub certificate: &'a str,
    /// Whether the doctor is not convinced of a natural cause.
    pub unnatural: bool,
}

/// What a report of a birth comes to that is recorded as the same mother's, of the same day and order.
#[must_use]
pub fn birth(record: &Birth, told: &ToldBirth<'_>) -> Conclusion {
    let differences = [
        (other_names(record, told), "other-names"),
        (other_parents(record, told), "other-parents"),
        (other_circumstances(record, told), "record-differs"),
    ];
    let differences = differences.into_iter().filter(|(differs, _)| *differs).map(|(_, reason)| reason);
    let refused = differences.fold(None, |known: Option<Conclusion>, reason| {
        Some(known.unwrap_or_else(|| Conclusion::refused("already-registered")).because(reason))
    });
    refused.unwrap_or_else(|| {
        let answered = named(record, told).because("already-registered");
        if record.second_parent.is_none() { answered.because("one-parent") } else { answered }
    })
}

/// A record without a name gets none by a second report: that is a correction.
fn named(record: &Birth, told: &ToldBirth<'_>) -> Conclusion {
    match told.given_names {
        _ if record.given_names.is_some() => Conclusion::granted(),
        Some(names) if !acceptable(names) => Conclusion::partly("name-refused"),
        Some(_) => Conclusion::partly("name-not-in-record"),
        None if record.stillborn => Conclusion::granted(),
        None => Conclusion::partly("name-pending"),
    }
}

/// What a report does not say contradicts nothing.
fn other_names(record: &Birth, told: &ToldBirth<'_>) -> bool {
    other(record.given_names.as_deref(), told.given_names)
        || folded(&record.family_name) != folded(told.family_name)
}

/// A second parent who is left out is no other parent only where the record has none.
fn other_parents(record: &Birth, told: &ToldBirth<'_>) -> bool {
    let numbered = record.mother.number.is_some() && told.mother.number.is_some();
    let (known, named) = (record.mother.given_names.as_deref(), told.mother.given_names.as_deref());
    let other_mother = !numbered && other(known, named);
    other_mother
        || match (&record.second_parent, told.second_parent) {
            (None, None) => false,
            (Some(known), Some(told)) => is_another(known, told),
            (Some(_), None) | (None, Some(_)) => true,
        }
}

/// By number, and where one of them has none by what is known of both.
fn is_another(known: &SecondParent, told: &SecondParent) -> bool {
    if let (Some(known), Some(told)) = (&known.number, &told.number) {
        return known != told;
    }
    let born = known.birth_date.zip(told.birth_date);
    other(known.family_name.as_deref(), told.family_name.as_deref())
        || other(known.given_names.as_deref(), told.given_names.as_deref())
        || born.is_some_and(|(known, told)| apart(known, told))
}

/// Whether it is said to have been another day or place, another gender, or another life.
fn other_circumstances(record: &Birth, told: &ToldBirth<'_>) -> bool {
    record.stillborn != told.stillborn
        || record.gender != told.gender
        || record.municipality != told.municipality
        || told.own_birth_date.is_some_and(|day| apart(day, record.born_on.into()))
}

/// What a report of a death comes to that is recorded as the same person's.
#[must_use]
pub fn death(record: &Death, told: &ToldDeath<'_>) -> Conclusion {
    let differs = apart(record.died_on, told.died_on)
        || record.municipality != told.municipality
        || record.certificate != told.certificate
        || record.prosecutor_consents_first != told.unnatural;
    if differs {
        return Conclusion::refused("already-registered").because("record-differs");
    }
    let answered = Conclusion::granted().because("already-registered");
    if told.unnatural { answered.because("prosecutor-consents-first") } else { answered }
}

/// Whether both are known and not the same but for spaces and case.
fn other(known: Option<&str>, told: Option<&str>) -> bool {
    known.zip(told).is_some_and(|(known, told)| folded(known) != folded(told))
}

/// Whether two dates cannot be the same day.
fn apart(one: PartialDate, other: PartialDate) -> bool {
    one.last() < other.first() || other.last() < one.first()
}

#[cfg(test)]
mod tests {
    use agency_kit::google::types::Date as WireDate;
    use jiff::civil::{Date, date};

    use super::*;
    use crate::records::ExtractTo;

    const BORN: Date = date(2026, 11, 20);

    fn person(number: Option<&str>, given_names: Option<&str>) -> Person {
        Person {
            number: number.map(str::to_owned),
            given_names: given_names.map(str::to_owned),
            family_name: "van Dijk".to_owned(),
            birth_date: date(1994, 4, 12).into(),
        }
    }

    fn second_parent(number: Option<&str>, given_names: &str) -> SecondParent {
        SecondParent {
            number: number.map(str::to_owned),
            given_names: Some(given_names.to_owned()),
            family_name: Some("Vos".to_owned()),
            birth_date: Some(date(1993, 1, 1).into()),
            parentage: "marriage".to_owned(),
        }
    }

    fn record() -> Birth {
        Birth {
            mother: person(Some("1"), Some("Noor")),
            second_parent: Some(second_parent(Some("2"), "Sem")),
            birth_began: BORN,
            municipality: "oosterdam".to_owned(),
            notice: None,
            order: 1,
            gender: "female".to_owned(),
            stillborn: false,
            born_on: BORN,
            given_names: Some("Fien Marie".to_owned()),
            name_by: None,
            family_name: "van Dijk".to_owned(),
            received_on: BORN,
            corrected_on: None,
        }
    }

    /// What was reported where the record says the same.
    fn same(record: &Birth) -> ToldBirth<'_> {
        ToldBirth {
            mother: &record.mother,
            second_parent: record.second_parent.as_ref(),
            own_birth_date: None,
            municipality: &record.municipality,
            gender: &record.gender,
            stillborn: record.stillborn,
            given_names: record.given_names.as_deref(),
            family_name: &record.family_name,
        }
    }

    fn refused(reason: &'static str) -> Conclusion {
        Conclusion::refused("already-registered").because(reason)
    }

    fn answered() -> Conclusion {
        Conclusion::granted().because("already-registered")
    }

    #[test]
    fn a_report_that_says_what_the_record_says_is_answered_with_it() {
        let record = record();
        let told = same(&record);
        assert_eq!(birth(&record, &told), answered());
        let in_other_words = ToldBirth {
            given_names: Some(" FIEN  marie "),
            own_birth_date: Some(BORN.into()),
            family_name: "Van dijk",
            ..told
        };
        assert_eq!(birth(&record, &in_other_words), answered());
        assert_eq!(birth(&record, &ToldBirth { given_names: None, ..told }), answered());
        let month = PartialDate::of(&WireDate { year: 2026, month: 11, day: 0 });
        assert_eq!(birth(&record, &ToldBirth { own_birth_date: month, ..told }), answered());
    }

    #[test]
    fn a_report_that_says_otherwise_is_refused_with_what_differs() {
        let record = record();
        let told = same(&record);
        let names = [
            ToldBirth { given_names: Some("Fien"), ..told },
            ToldBirth { given_names: Some("X Æ A-12"), ..told },
            ToldBirth { family_name: "Vos", ..told },
        ];
        for told in names {
            assert_eq!(birth(&record, &told), refused("other-names"));
        }
        let circumstances = [
            ToldBirth { stillborn: true, ..told },
            ToldBirth { gender: "male", ..told },
            ToldBirth { municipality: "westerveen", ..told },
            ToldBirth { own_birth_date: Some(date(2026, 11, 21).into()), ..told },
        ];
        for told in circumstances {
            assert_eq!(birth(&record, &told), refused("record-differs"));
        }
        let both = ToldBirth { gender: "male", family_name: "Vos", ..told };
        assert_eq!(birth(&record, &both), refused("other-names").because("record-differs"));
    }

    #[test]
    fn other_parents_are_no_parents_of_this_child() {
        let record = record();
        let told = same(&record);
        let stranger = second_parent(Some("3"), "Sem");
        let by_name = second_parent(None, "Daan");
        for second_parent in [None, Some(&stranger), Some(&by_name)] {
            let told = ToldBirth { second_parent, ..told };
            assert_eq!(birth(&record, &told), refused("other-parents"));
        }
        let without_number = second_parent(None, "sem");
        let known = ToldBirth { second_parent: Some(&without_number), ..told };
        assert_eq!(birth(&record, &known), answered());
        let namesake = person(None, Some("Nora"));
        assert_eq!(birth(&record, &ToldBirth { mother: &namesake, ..told }), refused("other-parents"));
        let renamed = person(Some("1"), Some("Nora"));
        assert_eq!(birth(&record, &ToldBirth { mother: &renamed, ..told }), answered(), "her number says it");
    }

    #[test]
    fn a_mother_alone_stays_alone_in_the_record() {
        let record = Birth { second_parent: None, ..record() };
        assert_eq!(birth(&record, &same(&record)), answered().because("one-parent"));
        let father = second_parent(Some("2"), "Sem");
        let told = ToldBirth { second_parent: Some(&father), ..same(&record) };
        assert_eq!(birth(&record, &told), refused("other-parents"));
    }

    #[test]
    fn a_record_without_a_name_gets_none_by_a_second_report() {
        let record = Birth { given_names: None, ..record() };
        let told = same(&record);
        let partly = |reason| Conclusion::partly(reason).because("already-registered");
        assert_eq!(birth(&record, &told), partly("name-pending"));
        let named = |names| birth(&record, &ToldBirth { given_names: Some(names), ..told });
        assert_eq!(named("Fien"), partly("name-not-in-record"));
        assert_eq!(named("X Æ A-12"), partly("name-refused"));
        let stillborn = Birth { stillborn: true, ..record.clone() };
        assert_eq!(birth(&stillborn, &same(&stillborn)), answered());
    }

    fn dead() -> Death {
        Death {
            person: person(Some("8"), None),
            died_on: BORN.into(),
            municipality: "oosterdam".to_owned(),
            certificate: "DC-2026-000123".to_owned(),
            prosecutor_consents_first: false,
            extract_to: ExtractTo::Estate,
            kinship: None,
            received_on: BORN,
            corrected_on: None,
        }
    }

    #[test]
    fn a_death_that_is_reported_again_is_answered_with_its_record_or_refused() {
        let record = dead();
        let told = ToldDeath {
            died_on: BORN.into(),
            municipality: "oosterdam",
            certificate: "DC-2026-000123",
            unnatural: false,
        };
        assert_eq!(death(&record, &told), answered());
        let others = [
            ToldDeath { died_on: date(2026, 11, 19).into(), ..told },
            ToldDeath { municipality: "westerveen", ..told },
            ToldDeath { certificate: "DC-2026-000124", ..told },
            ToldDeath { unnatural: true, ..told },
        ];
        for told in others {
            assert_eq!(death(&record, &told), refused("record-differs"));
        }
        let unnatural = Death { prosecutor_consents_first: true, ..record };
        let told = ToldDeath { unnatural: true, ..told };
        assert_eq!(death(&unnatural, &told), answered().because("prosecutor-consents-first"));
    }
}
