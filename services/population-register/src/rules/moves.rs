//! Moves: who may report them, when, and where to.

use agency_kit::Conclusion;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{age, is_minor};
use crate::records::{Person, Residence};

/// Version of the rules by which a move is registered.
pub const REGISTRATION: &str = "move-registration/2026-11";
/// Version of the rules by which a move is corrected.
pub const CORRECTION: &str = "move-correction/2026-01";
/// Days before a move from which it can be reported.
const REPORT_BEFORE: i32 = 28;
/// Days after a move within which it must be reported.
const REPORT_WITHIN: i32 = 5;
/// The age from which somebody reports for themselves.
const REPORTS_FOR_THEMSELVES: i16 = 16;

/// A move as it was reported.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The mover's number.
    pub number: &'a str,
    /// The mover.
    pub mover: Option<&'a Person>,
    /// The number of the one who reports.
    pub declarant_number: &'a str,
    /// The one who reports.
    pub declarant: Option<&'a Person>,
    /// The day of the move.
    pub moved_on: Date,
    /// Whether the register of addresses has the dwelling, or an officer found that people can live there.
    pub address_known: bool,
    /// Whether the main occupant agrees, or a document shows a right to live there.
    pub may_live_there: bool,
    /// Where to, as [`crate::records::place`] says.
    pub to: &'a str,
}

/// Whether a move is registered, and from which day.
#[must_use]
pub fn register(report: &Report<'_>, received_on: Date) -> (Conclusion, Option<Date>) {
    let Some(mover) = report.mover.filter(|it| it.death().is_none()) else {
        return (Conclusion::refused("unknown-person"), None);
    };
    if let Some(reason) = refusal(report, mover, received_on) {
        return (Conclusion::refused(reason), None);
    }
    if let Some(known) = standing(mover, report.to, report.moved_on) {
        let answered = Conclusion::granted().because("already-registered");
        return (kept(answered, mover), Some(known.from));
    }
    let late = report.moved_on.checked_add(REPORT_WITHIN.days()).is_ok_and(|last| received_on > last);
    let mut conclusion = Conclusion::granted();
    if late {
        conclusion = conclusion.because("late-report");
    }
    (kept(conclusion, mover), Some(if late { received_on } else { report.moved_on }))
}

/// With the reason that the address stays secret, where it is.
fn kept(conclusion: Conclusion, mover: &Person) -> Conclusion {
    if mover.protected { conclusion.because("protection-kept") } else { conclusion }
}

/// The entry of this very move, where it was reported before and holds.
#[must_use]
pub fn standing<'p>(mover: &'p Person, to: &str, moved_on: Date) -> Option<&'p Residence> {
    let mut entries = [mover.residence(moved_on), mover.last_residence()].into_iter().flatten();
    entries.find(|it| it.place == to && it.reported == Some(moved_on))
}

fn refusal(report: &Report<'_>, mover: &Person, received_on: Date) -> Option<&'static str> {
    let for_themselves = report.declarant_number == report.number;
    if report.moved_on < mover.birth_date.first() {
        return Some("before-birth");
    }
    let there = |residence: Option<&Residence>| residence.is_some_and(|it| it.place == report.to);
    if mover.moves_blocked && !for_themselves {
        Some("moves-blocked")
    } else if !has_mandate(report, mover, received_on) {
        Some("no-mandate")
    } else if received_on.checked_add(REPORT_BEFORE.days()).is_ok_and(|last| report.moved_on > last) {
        Some("too-early")
    } else if !report.address_known {
        Some("address-unknown")
    } else if !report.may_live_there {
        Some("no-consent")
    } else if standing(mover, report.to, report.moved_on).is_some() {
        None
    } else if there(mover.residence(report.moved_on)) || there(mover.last_residence()) {
        Some("already-there")
    } else {
        None
    }
}

/// Whether the one who reports may do so for the mover.
fn has_mandate(report: &Report<'_>, mover: &Person, on: Date) -> bool {
    if report.declarant_number == report.number {
        return age(mover.birth_date, on) >= REPORTS_FOR_THEMSELVES;
    }
    let Some(declarant) = report.declarant.filter(|it| it.death().is_none()) else { return false };
    let is_parent = mover.parents.iter().any(|it| it == report.declarant_number);
    let is_child = declarant.parents.iter().any(|it| it == report.number);
    let together = || {
        let of_declarant = left_from(declarant, report.to, on);
        of_declarant.is_some() && of_declarant == left_from(mover, report.to, on)
    };
    (is_parent && is_minor(mover.birth_date, on))
        || mover.partner() == Some(report.declarant_number)
        || (is_parent && together())
        || (is_child && !is_minor(declarant.birth_date, on) && together())
}

/// Where somebody lives, or lived before they went to `to`: of those who move together one is registered first.
fn left_from<'a>(person: &'a Person, to: &str, on: Date) -> Option<&'a str> {
    let residence = match person.last_residence().filter(|it| it.place == to) {
        Some(arrived) => person.residence_before(arrived),
        None => person.residence(on),
    };
    residence.map(|it| it.place.as_str())
}

/// Whether an entry is cancelled: the latest one of this person, if it is of this move.
#[must_use]
pub fn correct(latest: Option<&Residence>, moved_on: Date, resident_from: Option<Date>) -> Conclusion {
    let of_this_move =
        |it: &&Residence| it.reported == Some(moved_on) && resident_from.is_none_or(|from| it.from == from);
    match latest.filter(of_this_move) {
        Some(_) => Conclusion::granted(),
        None => Conclusion::not_applicable("no-valid-entry"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::records::tests::{person, residence};
    use crate::records::{DeathEntry, Marriage, place};

    const MOVE: Date = date(2026, 12, 1);
    const RECEIVED: Date = date(2026, 11, 20);

    fn new_home() -> String {
        place("1000XZ", "7")
    }

    /// Somebody who moves from number 5 to number 7 and reports it.
    fn report<'a>(mover: &'a Person, to: &'a str) -> Report<'a> {
        Report {
            number: "1",
            mover: Some(mover),
            declarant_number: "1",
            declarant: Some(mover),
            moved_on: MOVE,
            address_known: true,
            may_live_there: true,
            to,
        }
    }

    fn concluded(report: &Report<'_>) -> Conclusion {
        register(report, RECEIVED).0
    }

    fn dead() -> Person {
        let death = DeathEntry {
            record: "D-1".to_owned(),
            died_on: RECEIVED.into(),
            widowed: None,
            cancelled: false,
        };
        Person { deaths: vec![death], ..person() }
    }

    fn born(year: i16) -> Person {
        Person { birth_date: date(year, 1, 1).into(), ..person() }
    }

    #[test]
    fn an_adult_moves_from_the_day_of_the_move() {
        assert_eq!(register(&report(&person(), &new_home()), RECEIVED), (Conclusion::granted(), Some(MOVE)));
    }

    #[test]
    fn who_is_unknown_or_dead_does_not_move() {
        let (mover, to) = (person(), new_home());
        let refused = Conclusion::refused("unknown-person");
        assert_eq!(concluded(&Report { mover: None, ..report(&mover, &to) }), refused);
        assert_eq!(concluded(&report(&dead(), &to)), refused);
    }

    #[test]
    fn moves_of_somebody_who_blocked_them_are_reported_by_nobody_else() {
        let to = new_home();
        let mover = Person { moves_blocked: true, parents: vec!["2".to_owned()], ..born(2015) };
        let by_parent = Report { declarant_number: "2", ..report(&mover, &to) };
        assert_eq!(concluded(&by_parent), Conclusion::refused("moves-blocked"));
        let adult = Person { moves_blocked: true, ..person() };
        assert_eq!(concluded(&report(&adult, &to)), Conclusion::granted());
    }

    #[test]
    fn from_sixteen_on_one_reports_for_oneself() {
        let to = new_home();
        assert_eq!(concluded(&report(&born(2010), &to)), Conclusion::granted());
        assert_eq!(concluded(&report(&born(2011), &to)), Conclusion::refused("no-mandate"));
    }

    #[test]
    fn a_parent_reports_for_a_child_wherever_it_lives() {
        let to = new_home();
        let child = Person {
            parents: vec!["2".to_owned()],
            residences: vec![residence(date(2015, 1, 1), "9")],
            ..born(2015)
        };
        let parent = person();
        let by_parent = Report { declarant_number: "2", declarant: Some(&parent), ..report(&child, &to) };
        assert_eq!(concluded(&by_parent), Conclusion::granted());
        assert_eq!(
            concluded(&Report { declarant: Some(&dead()), ..by_parent }),
            Conclusion::refused("no-mandate")
        );
        assert_eq!(concluded(&Report { declarant: None, ..by_parent }), Conclusion::refused("no-mandate"));
    }

    #[test]
    fn partners_report_for_each_other() {
        let to = new_home();
        let marriage = Marriage {
            record: None,
            partner: Some("2".to_owned()),
            concluded_on: None,
            country: None,
            certificate: None,
        };
        let married =
            Person { civil_status: Some("partnership".to_owned()), marriage: Some(marriage), ..person() };
        let partner = person();
        let by_partner = Report { declarant_number: "2", declarant: Some(&partner), ..report(&married, &to) };
        assert_eq!(concluded(&by_partner), Conclusion::granted());
        let divorced = Person { civil_status: Some("divorced".to_owned()), ..married.clone() };
        assert_eq!(
            concluded(&Report { mover: Some(&divorced), ..by_partner }),
            Conclusion::refused("no-mandate")
        );
    }

    #[test]
    fn adults_of_one_address_report_for_their_parents_and_adult_children() {
        let to = new_home();
        let parent = born(1950);
        let child = Person { parents: vec!["1".to_owned()], ..born(1984) };
        let by_child = Report { declarant_number: "2", declarant: Some(&child), ..report(&parent, &to) };
        assert_eq!(concluded(&by_child), Conclusion::granted());
        let elsewhere = Person { residences: vec![residence(date(1990, 1, 1), "9")], ..child.clone() };
        let refused = Conclusion::refused("no-mandate");
        assert_eq!(concluded(&Report { declarant: Some(&elsewhere), ..by_child }), refused);
        let minor = Person { birth_date: date(2010, 1, 1).into(), ..child.clone() };
        assert_eq!(concluded(&Report { declarant: Some(&minor), ..by_child }), refused);
        let by_parent = Report {
            number: "2",
            mover: Some(&child),
            declarant_number: "1",
            declarant: Some(&parent),
            ..by_child
        };
        assert_eq!(concluded(&by_parent), Conclusion::granted());
        assert_eq!(concluded(&Report { mover: Some(&elsewhere), ..by_parent }), refused);
    }

    #[test]
    fn it_does_not_matter_who_of_those_who_move_together_is_registered_first() {
        let to = new_home();
        let parent = born(1950);
        let arrived = Person {
            parents: vec!["1".to_owned()],
            residences: vec![residence(date(1990, 1, 1), "5"), residence(date(2026, 11, 18), "7")],
            ..born(1984)
        };
        let by_child = Report {
            declarant_number: "2",
            declarant: Some(&arrived),
            moved_on: date(2026, 11, 18),
            ..report(&parent, &to)
        };
        assert_eq!(concluded(&by_child), Conclusion::granted());
    }

    #[test]
    fn a_stranger_reports_for_nobody() {
        let (mover, stranger, to) = (person(), person(), new_home());
        let by_stranger = Report { declarant_number: "2", declarant: Some(&stranger), ..report(&mover, &to) };
        assert_eq!(concluded(&by_stranger), Conclusion::refused("no-mandate"));
    }

    #[test]
    fn who_is_registered_nowhere_lives_together_with_nobody() {
        let to = new_home();
        let parent = Person { residences: Vec::new(), ..born(1950) };
        let child = Person { parents: vec!["1".to_owned()], residences: Vec::new(), ..born(1984) };
        let by_child = Report { declarant_number: "2", declarant: Some(&child), ..report(&parent, &to) };
        assert_eq!(concluded(&by_child), Conclusion::refused("no-mandate"));
        let for_themselves = Person { residences: Vec::new(), ..person() };
        assert_eq!(concluded(&report(&for_themselves, &to)), Conclusion::granted(), "a first registration");
    }

    #[test]
    fn somebody_elses_child_does_not_move() {
        let to = new_home();
        let child = Person { parents: vec!["3".to_owned()], ..born(2015) };
        let neighbour = person();
        let by_neighbour =
            Report { declarant_number: "2", declarant: Some(&neighbour), ..report(&child, &to) };
        assert_eq!(concluded(&by_neighbour), Conclusion::refused("no-mandate"), "though they live together");
    }

    #[test]
    fn nobody_moves_before_they_are_born() {
        let (mover, to) = (born(2015), new_home());
        let on = |moved_on| concluded(&Report { moved_on, declarant_number: "2", ..report(&mover, &to) });
        assert_eq!(on(date(1850, 1, 1)), Conclusion::refused("before-birth"));
        let long_ago = Report { moved_on: date(1990, 1, 1), ..report(&mover, &to) };
        assert_eq!(concluded(&long_ago), Conclusion::refused("before-birth"));
        let adult = person();
        let late = register(&Report { moved_on: date(1990, 1, 1), ..report(&adult, &to) }, RECEIVED);
        assert_eq!(late, (Conclusion::granted().because("late-report"), Some(RECEIVED)));
    }

    #[test]
    fn a_move_is_reported_from_four_weeks_before() {
        let (mover, to) = (person(), new_home());
        let on = |moved_on| concluded(&Report { moved_on, ..report(&mover, &to) });
        assert_eq!(on(date(2026, 12, 18)), Conclusion::granted());
        assert_eq!(on(date(2026, 12, 19)), Conclusion::refused("too-early"));
    }

    #[test]
    fn a_move_needs_a_place_and_the_right_to_live_there() {
        let (mover, to) = (person(), new_home());
        let nowhere = Report { address_known: false, may_live_there: false, ..report(&mover, &to) };
        assert_eq!(concluded(&nowhere), Conclusion::refused("address-unknown"));
        let unwelcome = Report { may_live_there: false, ..report(&mover, &to) };
        assert_eq!(concluded(&unwelcome), Conclusion::refused("no-consent"));
    }

    #[test]
    fn nobody_moves_to_where_they_are_or_will_be_registered() {
        let (to, mut mover) = (place("1000XZ", "5"), person());
        assert_eq!(concluded(&report(&mover, &to)), Conclusion::refused("already-there"));
        mover.residences.push(residence(date(2026, 12, 10), "7"));
        assert_eq!(concluded(&report(&mover, &new_home())), Conclusion::refused("already-there"));
    }

    #[test]
    fn a_move_that_is_reported_again_is_answered_with_its_entry() {
        let (mut mover, to) = (person(), new_home());
        let from = date(2026, 12, 9);
        mover.residences.push(Residence { reported: Some(MOVE), ..residence(from, "7") });
        let known = Conclusion::granted().because("already-registered");
        let (conclusion, resident_from) = register(&report(&mover, &to), date(2027, 2, 1));
        assert_eq!((conclusion, resident_from), (known, Some(from)), "it is not late for that");
        let another_day = Report { moved_on: date(2026, 12, 2), ..report(&mover, &to) };
        assert_eq!(concluded(&another_day), Conclusion::refused("already-there"));
    }

    #[test]
    fn more_than_five_days_after_the_move_the_day_of_receipt_counts() {
        let (mover, to) = (person(), new_home());
        let report = report(&mover, &to);
        assert_eq!(register(&report, date(2026, 12, 6)), (Conclusion::granted(), Some(MOVE)));
        let late = date(2026, 12, 7);
        assert_eq!(register(&report, late), (Conclusion::granted().because("late-report"), Some(late)));
    }

    #[test]
    fn a_protected_person_stays_protected() {
        let (mover, to) = (Person { protected: true, ..person() }, new_home());
        let kept = Conclusion::granted().because("protection-kept");
        assert_eq!(concluded(&report(&mover, &to)), kept);
        let late = register(&report(&mover, &to), date(2026, 12, 7)).0;
        assert_eq!(late, Conclusion::granted().because("late-report").because("protection-kept"));
    }

    #[test]
    fn only_the_latest_entry_is_cancelled_and_only_if_it_is_of_this_move() {
        let entry = Residence { reported: Some(MOVE), ..residence(MOVE, "7") };
        assert_eq!(correct(Some(&entry), MOVE, None), Conclusion::granted());
        assert_eq!(correct(Some(&entry), MOVE, Some(MOVE)), Conclusion::granted());
        let nothing = Conclusion::not_applicable("no-valid-entry");
        assert_eq!(correct(Some(&entry), RECEIVED, None), nothing);
        assert_eq!(correct(Some(&entry), MOVE, Some(RECEIVED)), nothing);
        assert_eq!(correct(Some(&residence(MOVE, "7")), MOVE, None), nothing, "not by a report");
        assert_eq!(correct(None, MOVE, None), nothing);
    }
}
