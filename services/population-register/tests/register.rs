//! What the register holds after calls, over gRPC: newborns, a family of five of whom two stay, addresses that are in
//! no register, main occupants, protected people, deaths and corrections.

mod running;

use agency_kit::google::address;
use population_register::wire::{
    CancelMoveRequest, CorrectDeathEntryRequest, CorrectMoveRequest, CorrectNumberRequest, Dwelling,
    EnterDeathRequest, FindDwellingRequest, GetCoParentRecordRequest, GetMarriageRecordRequest,
    GetPersonRecordRequest, GetSurvivingPartnerRequest, IssueNumberRequest, ListRemainingHouseholdRequest,
    Mover, RegisterMoveRequest,
};
use proto::loket::v1::decision::Result as DecisionResult;
use running::{BAKKERS, Running, call, day, dwelling, moving, newborn, person, received, said};
use tonic::Code;
use tonic_types::StatusExt;

const TODAY: &str = "2026-11-20T09:30:00Z";
const AFTER_THE_MOVE: &str = "2026-12-01T00:00:00Z";

#[tokio::test]
async fn a_newborn_is_registered_with_its_mother_and_linked_to_both_parents() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let given = running.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap().into_inner();
    assert_eq!((given.municipality.as_deref(), given.protected), (Some("oosterdam"), Some(false)));
    assert_eq!(given.address.unwrap().address_lines, ["Havenstraat 12"]);
    let number = given.person_number.unwrap();
    let child = person(&mut running.client, TODAY, &number).await;
    assert_eq!(
        (child.given_names.as_deref(), child.family_name.as_deref()),
        (Some("Fien"), Some("van Dijk"))
    );
    assert_eq!(child.minor, Some(true));
    let home = dwelling(&mut running.client, "999000001", "1012AB", "7").await;
    let by_mother =
        RegisterMoveRequest { declarant_number: "999000001".to_owned(), ..moving(&number, &home) };
    let moved = running.client.register_move(call("k2", by_mother)).await.unwrap().into_inner();
    assert_eq!(said(moved.decision.as_ref()).0, DecisionResult::Granted, "the mother is a parent in law");
    running.stop().await;
}

#[tokio::test]
async fn a_child_keeps_its_number_when_its_record_of_birth_is_corrected() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let given = running.client.issue_number(call("k1", newborn("B-2026-000001"))).await.unwrap().into_inner();
    let number = given.person_number.clone().unwrap();
    let correct = |key: &str, number: Option<&str>| {
        let person_number = number.map(str::to_owned);
        call(key, CorrectNumberRequest { birth_record: "B-2026-000002".to_owned(), person_number })
    };
    let unknown = running.client.correct_number(correct("c0", Some("900000099"))).await.unwrap().into_inner();
    assert_eq!(said(unknown.decision.as_ref()), (DecisionResult::NotApplicable, vec!["no-valid-entry"]));
    let kept = running.client.correct_number(correct("c1", Some(&number))).await.unwrap().into_inner();
    assert_eq!(said(kept.decision.as_ref()), (DecisionResult::Granted, vec!["number-kept"]));
    let corrected = IssueNumberRequest {
        registered_name: Some("Sofie van Dijk".to_owned()),
        birth_date: Some(day(2026, 11, 18)),
        ..newborn("B-2026-000002")
    };
    let again = running.client.issue_number(call("k2", corrected)).await.unwrap().into_inner();
    assert_eq!(again.person_number, given.person_number);
    assert_eq!(again.address, given.address);
    let child = person(&mut running.client, TODAY, &number).await;
    assert_eq!((child.given_names.as_deref(), child.birth_date), (Some("Sofie"), Some(day(2026, 11, 18))));
    // It is made anew once: whoever asks for the number again changes nothing.
    let repeated =
        running.client.issue_number(call("k3", newborn("B-2026-000002"))).await.unwrap().into_inner();
    assert_eq!(repeated.person_number, given.person_number);
    assert_eq!(said(repeated.decision.as_ref()), (DecisionResult::Granted, vec!["already-numbered"]));
    let mut abroad = newborn("B-2026-000002");
    abroad.mother_address.as_mut().unwrap().region_code = "BE".to_owned();
    abroad.mother_protected = Some(true);
    let moved_away = running.client.issue_number(call("k4", abroad)).await.unwrap().into_inner();
    assert_eq!((&moved_away.person_number, &moved_away.address), (&given.person_number, &given.address));
    assert_eq!(moved_away.protected, Some(true), "her address is secret by now");
    assert_eq!(person(&mut running.client, TODAY, &number).await.given_names.as_deref(), Some("Sofie"));
    running.stop().await;
}

#[tokio::test]
async fn a_newborn_of_a_protected_mother_is_protected_and_one_of_a_mother_abroad_has_no_number() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let protected = IssueNumberRequest {
        mother_number: Some("999000011".to_owned()),
        mother_protected: None,
        registered_name: None,
        ..newborn("B-2026-000001")
    };
    let given = running.client.issue_number(call("k1", protected)).await.unwrap().into_inner();
    assert_eq!(given.protected, Some(true));
    let mut abroad = newborn("B-2026-000002");
    if let Some(address) = &mut abroad.mother_address {
        address.region_code = "BE".to_owned();
    }
    let refused = running.client.issue_number(call("k2", abroad)).await.unwrap().into_inner();
    assert_eq!(said(refused.decision.as_ref()), (DecisionResult::Refused, vec!["not-resident"]));
    assert_eq!((refused.person_number, refused.address, refused.protected), (None, None, None));
    running.stop().await;
}

#[tokio::test]
async fn of_a_family_of_five_three_move_and_two_stay() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let to = dwelling(&mut running.client, BAKKERS[0], "1012 ab", "7").await;
    assert_eq!((to.main_occupant.as_deref(), to.move_in_consent), (None, Some(true)));
    let movers = [BAKKERS[0], BAKKERS[3], BAKKERS[4]];
    for mover in movers {
        let moved = running.client.register_move(call(mover, moving(mover, &to))).await.unwrap().into_inner();
        assert_eq!(said(moved.decision.as_ref()), (DecisionResult::Granted, vec![]), "{mover}");
        assert_eq!(moved.resident_from, Some(day(2026, 12, 1)));
    }
    let lines = |record: population_register::wire::PersonRecord| record.address.unwrap().address_lines;
    assert_eq!(lines(person(&mut running.client, TODAY, BAKKERS[0]).await), ["Lindelaan 5"]);
    assert_eq!(lines(person(&mut running.client, AFTER_THE_MOVE, BAKKERS[0]).await), ["Nieuwe Kade 7"]);
    let reported = |number: &str, from| Mover { person_number: number.to_owned(), resident_from: from };
    let mut request = ListRemainingHouseholdRequest {
        movers: movers.map(|it| reported(it, Some(day(2026, 12, 1)))).to_vec(),
    };
    request.movers.push(reported(BAKKERS[1], None));
    let left = running.client.list_remaining_household(call("read", request)).await.unwrap().into_inner();
    let stayers: Vec<_> = left.stayers.into_iter().filter_map(|it| it.person_number).collect();
    assert_eq!(stayers, [BAKKERS[1], BAKKERS[2]], "the father, whose move was refused, and a daughter");
    running.stop().await;
}

#[tokio::test]
async fn a_corrected_or_cancelled_move_leaves_the_old_registration() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let to = dwelling(&mut running.client, BAKKERS[0], "1012AB", "7").await;
    let correction = CorrectMoveRequest {
        person_number: BAKKERS[0].to_owned(),
        move_date: Some(day(2026, 12, 1)),
        resident_from: None,
    };
    let none = running.client.correct_move(call("k0", correction.clone())).await.unwrap().into_inner();
    assert_eq!(said(none.decision.as_ref()), (DecisionResult::NotApplicable, vec!["no-valid-entry"]));
    running.client.register_move(call("k1", moving(BAKKERS[0], &to))).await.unwrap();
    let again = running.client.register_move(call("k2", moving(BAKKERS[0], &to))).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::Granted, vec!["already-registered"]));
    assert_eq!(again.resident_from, Some(day(2026, 12, 1)));
    let another_day = RegisterMoveRequest { move_date: Some(day(2026, 12, 2)), ..moving(BAKKERS[0], &to) };
    let refused = running.client.register_move(call("k2b", another_day)).await.unwrap().into_inner();
    assert_eq!(said(refused.decision.as_ref()), (DecisionResult::Refused, vec!["already-there"]));
    let corrected = running.client.correct_move(call("k3", correction)).await.unwrap().into_inner();
    assert_eq!(said(corrected.decision.as_ref()).0, DecisionResult::Granted);
    running.client.register_move(call("k4", moving(BAKKERS[0], &to))).await.unwrap();
    let cancel = CancelMoveRequest { idempotency_key: "k4".to_owned() };
    assert!(running.client.cancel_move(cancel).await.unwrap().into_inner().undone);
    let record = person(&mut running.client, AFTER_THE_MOVE, BAKKERS[0]).await;
    assert_eq!(record.address.unwrap().address_lines, ["Lindelaan 5"]);
    running.stop().await;
}

#[tokio::test]
async fn an_address_that_is_in_no_register_is_absent_until_an_officer_confirms_it() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let unknown = dwelling(&mut running.client, BAKKERS[0], "1099XX", "7-B").await;
    assert_eq!(unknown, Dwelling { move_in_consent: Some(true), ..Dwelling::default() });
    let houseboat = RegisterMoveRequest {
        new_address: Some(address("Steiger 7-B", "1099 XX", "Oosterdam", "oosterdam")),
        new_municipality: "oosterdam".to_owned(),
        ..moving(BAKKERS[0], &unknown)
    };
    let refused = running.client.register_move(call("k1", houseboat.clone())).await.unwrap().into_inner();
    assert_eq!(said(refused.decision.as_ref()), (DecisionResult::Refused, vec!["address-unknown"]));
    assert_eq!(refused.resident_from, None);
    let confirmed = RegisterMoveRequest { address_confirmed: Some(true), ..houseboat };
    let moved = running.client.register_move(call("k2", confirmed.clone())).await.unwrap().into_inner();
    assert_eq!(said(moved.decision.as_ref()).0, DecisionResult::Granted);
    let again = running.client.register_move(call("k3", confirmed)).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()).1, ["already-registered"]);
    let forgotten = RegisterMoveRequest {
        dwelling: Some("DW-9999999".to_owned()),
        ..moving(BAKKERS[1], &dwelling(&mut running.client, BAKKERS[0], "1012AB", "7").await)
    };
    let stale = running.client.register_move(call("k4", forgotten)).await.unwrap_err();
    assert_eq!(
        (stale.code(), stale.get_details_error_info().unwrap().reason.as_str()),
        (Code::FailedPrecondition, "STALE_FACT")
    );
    running.stop().await;
}

#[tokio::test]
async fn a_main_occupant_is_asked_unless_there_is_proof_or_consent_on_file() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let record = person(&mut running.client, TODAY, "999000010").await.address.unwrap();
    let at = |declarant: &str, proof: Option<&str>| FindDwellingRequest {
        postal_code: record.postal_code.clone(),
        house_number: "8".to_owned(),
        occupancy_proof: proof.map(str::to_owned),
        declarant_number: declarant.to_owned(),
        move_date: Some(day(2026, 12, 1)),
    };
    let cases = [
        (at(BAKKERS[0], None), Some("999000010"), None),
        (at(BAKKERS[0], Some("lease")), None, Some(true)),
        (at("999000010", None), None, Some(true)),
        (at("999000009", None), None, Some(true)),
    ];
    for (request, main_occupant, consent) in cases {
        let found = running.client.find_dwelling(call("read", request)).await.unwrap().into_inner();
        assert_eq!((found.main_occupant.as_deref(), found.move_in_consent), (main_occupant, consent));
    }
    let asked = running.client.find_dwelling(call("read", at(BAKKERS[0], None))).await.unwrap().into_inner();
    let without =
        running.client.register_move(call("k1", moving(BAKKERS[0], &asked))).await.unwrap().into_inner();
    assert_eq!(said(without.decision.as_ref()), (DecisionResult::Refused, vec!["no-consent"]));
    let agreed = RegisterMoveRequest { move_in_consent: true, ..moving(BAKKERS[0], &asked) };
    let moved = running.client.register_move(call("k2", agreed)).await.unwrap().into_inner();
    assert_eq!(said(moved.decision.as_ref()).0, DecisionResult::Granted);
    running.stop().await;
}

#[tokio::test]
async fn who_will_live_there_by_then_is_asked() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let empty = dwelling(&mut running.client, BAKKERS[0], "1012AB", "7").await;
    running.client.register_move(call("k1", moving(BAKKERS[0], &empty))).await.unwrap();
    let by = |move_date| FindDwellingRequest {
        postal_code: "1012AB".to_owned(),
        house_number: "7".to_owned(),
        occupancy_proof: None,
        declarant_number: "999000016".to_owned(),
        move_date: Some(move_date),
    };
    let before =
        running.client.find_dwelling(call("read", by(day(2026, 11, 30)))).await.unwrap().into_inner();
    assert_eq!((before.main_occupant, before.move_in_consent), (None, Some(true)));
    let after = running.client.find_dwelling(call("read", by(day(2026, 12, 1)))).await.unwrap().into_inner();
    assert_eq!((after.main_occupant.as_deref(), after.move_in_consent), (Some(BAKKERS[0]), None));
    running.stop().await;
}

#[tokio::test]
async fn a_protected_person_is_told_as_such_and_moves_as_such() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let iris = person(&mut running.client, TODAY, "999000011").await;
    assert_eq!(iris.protected, Some(true));
    assert!(iris.address.is_some());
    let to = dwelling(&mut running.client, "999000011", "5012AB", "3").await;
    let by_herself =
        RegisterMoveRequest { declarant_number: "999000011".to_owned(), ..moving("999000011", &to) };
    let late = received("2026-12-09T00:00:00Z", "k1", by_herself);
    let moved = running.client.register_move(late).await.unwrap().into_inner();
    assert_eq!(
        said(moved.decision.as_ref()),
        (DecisionResult::Granted, vec!["late-report", "protection-kept"])
    );
    assert_eq!(moved.resident_from, Some(day(2026, 12, 9)));
    running.stop().await;
}

#[tokio::test]
async fn of_somebody_unknown_nothing_is_told() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    for number in [None, Some("123456782".to_owned())] {
        let request = GetPersonRecordRequest { person_number: number.clone() };
        let record = running.client.get_person_record(request).await.unwrap().into_inner();
        assert_eq!((record.minor, record.protected), (Some(false), Some(false)));
        assert_eq!((record.family_name, record.birth_date, record.address), (None, None, None));
        let request = GetCoParentRecordRequest { person_number: number.clone() };
        let record = running.client.get_co_parent_record(request).await.unwrap().into_inner();
        assert_eq!((record.given_names, record.family_name, record.birth_date), (None, None, None));
        let request = GetMarriageRecordRequest { person_number: number };
        assert_eq!(
            running.client.get_marriage_record(request).await.unwrap().into_inner().civil_status,
            None
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn a_marriage_is_told_where_it_is_registered_and_a_status_where_it_is_known() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let mut of = async |number: &str| {
        let request = GetMarriageRecordRequest { person_number: Some(number.to_owned()) };
        running.client.get_marriage_record(request).await.unwrap().into_inner()
    };
    let noor = of("999000001").await;
    assert_eq!(
        (noor.civil_status.as_deref(), noor.marriage_partner.as_deref()),
        (Some("married"), Some("999000002"))
    );
    assert_eq!(noor.marriage_record, of("999000002").await.marriage_record, "one marriage, one record");
    let sofie = of("999000016").await;
    assert_eq!((sofie.civil_status.as_deref(), sofie.marriage_record), (Some("unmarried"), None));
    let leyla = of("999000014").await;
    assert_eq!((leyla.civil_status, leyla.marriage_record), (None, None), "she has shown no document");
    running.stop().await;
}

fn death(number: &str, record: &str) -> EnterDeathRequest {
    EnterDeathRequest {
        person_number: Some(number.to_owned()),
        death_record: record.to_owned(),
        death_date: Some(day(2026, 11, 0)),
    }
}

#[tokio::test]
async fn a_death_widows_the_partner_until_it_is_corrected() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    let (hendrik, johanna) = ("999000008", "999000009");
    let partner = || GetSurvivingPartnerRequest { person_number: Some(hendrik.to_owned()) };
    let status = || GetMarriageRecordRequest { person_number: Some(johanna.to_owned()) };
    let entered =
        running.client.enter_death(call("k1", death(hendrik, "D-2026-000001"))).await.unwrap().into_inner();
    assert_eq!(said(entered.decision.as_ref()).0, DecisionResult::Granted);
    assert_eq!(entered.died_on, Some(day(2026, 11, 0)), "only the month is known");
    let left = running.client.get_surviving_partner(partner()).await.unwrap().into_inner();
    assert_eq!(left.partner_number.as_deref(), Some(johanna));
    let widow = running.client.get_marriage_record(status()).await.unwrap().into_inner();
    assert_eq!(
        (widow.civil_status.as_deref(), widow.marriage_partner.as_deref()),
        (Some("widowed"), Some(hendrik)),
        "a child born now would be his"
    );
    let a_year_on = received("2027-10-03T00:00:00Z", "read", status());
    let widow = running.client.get_marriage_record(a_year_on).await.unwrap().into_inner();
    assert_eq!((widow.civil_status.as_deref(), widow.marriage_partner), (Some("widowed"), None));
    let again =
        running.client.enter_death(call("k2", death(hendrik, "D-2026-000001"))).await.unwrap().into_inner();
    assert_eq!(said(again.decision.as_ref()), (DecisionResult::Granted, vec!["already-entered"]));
    assert!(again.died_on.is_some() && again.died_on == entered.died_on, "what was entered");
    let correction = CorrectDeathEntryRequest {
        person_number: hendrik.to_owned(),
        death_record: Some("D-2026-000001".to_owned()),
    };
    let corrected =
        running.client.correct_death_entry(call("k3", correction.clone())).await.unwrap().into_inner();
    assert_eq!(said(corrected.decision.as_ref()).0, DecisionResult::Granted);
    let wife = running.client.get_marriage_record(status()).await.unwrap().into_inner();
    assert_eq!(wife.civil_status.as_deref(), Some("married"));
    let nothing = running.client.correct_death_entry(call("k4", correction)).await.unwrap().into_inner();
    assert_eq!(said(nothing.decision.as_ref()).1, ["no-valid-entry"]);
    running.stop().await;
}

#[tokio::test]
async fn of_two_who_die_neither_survives_the_other() {
    let data = tempfile::tempdir().unwrap();
    let mut running = Running::start(data.path()).await;
    for (key, number) in [("k1", "999000008"), ("k2", "999000009")] {
        running.client.enter_death(call(key, death(number, key))).await.unwrap();
    }
    for number in ["999000008", "999000009"] {
        let request = GetSurvivingPartnerRequest { person_number: Some(number.to_owned()) };
        let left = running.client.get_surviving_partner(request).await.unwrap().into_inner();
        assert_eq!(left.partner_number, None);
    }
    let to = dwelling(&mut running.client, BAKKERS[0], "1012AB", "7").await;
    let dead = RegisterMoveRequest { declarant_number: "999000008".to_owned(), ..moving("999000008", &to) };
    let refused = running.client.register_move(call("k3", dead)).await.unwrap().into_inner();
    assert_eq!(said(refused.decision.as_ref()), (DecisionResult::Refused, vec!["unknown-person"]));
    running.stop().await;
}
