//! Entries of every kind, at random.

use casework::entry::*;
use casework::name::{AgencyId, FactKey, FactName, MemberId, PartyId, Role, StepId};
use casework::plan::PlanHash;
use casework::service::{Remedy, ReversalKind};
use casework::time::{Instant, PartialDate};
use casework::value::{Address, Money, Value};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,12}", "\\PC{0,6}", Just(String::new())]
}

fn agency() -> impl Strategy<Value = AgencyId> {
    "[a-z][a-z0-9]{0,8}".prop_map(|id| id.parse().unwrap())
}

fn role() -> impl Strategy<Value = Role> {
    select(vec!["child", "mother", "mover", "vehicle"]).prop_map(|role| role.parse().unwrap())
}

fn member() -> impl Strategy<Value = MemberId> {
    (1..30_u16).prop_map(MemberId::nth)
}

fn party() -> impl Strategy<Value = PartyId> {
    (role(), of(member())).prop_map(|(role, member)| PartyId { role, member })
}

fn fact_name() -> impl Strategy<Value = FactName> {
    (role(), "[a-z][a-z_]{0,9}").prop_map(|(role, word)| FactName::of(&role, &word).unwrap())
}

fn fact() -> impl Strategy<Value = FactKey> {
    (fact_name(), of(member())).prop_map(|(name, member)| FactKey { name, member })
}

fn step() -> impl Strategy<Value = StepId> {
    ("[a-z]{1,6}/[a-z]{1,6}", of(member()))
        .prop_map(|(service, member)| StepId { service: service.parse().unwrap(), member })
}

fn instant() -> impl Strategy<Value = Instant> {
    any::<i64>().prop_map(Instant)
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0..12_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn date() -> impl Strategy<Value = PartialDate> {
    (1..9999_i16, of((1..=12_i8, of(1..=28_i8)))).prop_map(|(year, rest)| {
        PartialDate::new(year, rest.map(|(month, _)| month), rest.and_then(|(_, day)| day)).unwrap()
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        decimal().prop_map(Value::Decimal),
        (decimal(), text()).prop_map(|(amount, currency)| Value::Money(Money { amount, currency })),
        date().prop_map(Value::Date),
        instant().prop_map(Value::Instant),
        text().prop_map(Value::Code),
        text().prop_map(Value::Person),
        (text(), text(), text(), text(), vec(text(), 0..3)).prop_map(
            |(region_code, postal_code, administrative_area, locality, address_lines)| {
                Value::Address(Address {
                    region_code,
                    postal_code,
                    administrative_area,
                    locality,
                    address_lines,
                })
            }
        ),
        text().prop_map(Value::Document),
    ];
    leaf.prop_recursive(1, 4, 4, |items| vec(items, 0..4).prop_map(Value::List))
}

fn known() -> impl Strategy<Value = Known> {
    prop_oneof![3 => value().prop_map(Known::Value), 1 => Just(Known::Absent), 1 => Just(Known::Unknown)]
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        of(party()).prop_map(|party| Source::Party { party }),
        (step(), agency()).prop_map(|(step, agency)| Source::Step { step, agency }),
        agency().prop_map(Source::Agency),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        (of(party()), text()).prop_map(|(party, portal)| Actor::Party { party, portal }),
        agency().prop_map(Actor::Agency),
        (agency(), text()).prop_map(|(agency, subject)| Actor::Officer { agency, subject }),
        text().prop_map(|subject| Actor::Operator { subject }),
        Just(Actor::Loket),
    ]
}

fn call() -> impl Strategy<Value = CallKind> {
    select(vec![CallKind::Perform, CallKind::Status, CallKind::Cancel, CallKind::Reverse])
}

fn disclosures() -> impl Strategy<Value = Vec<Disclosure>> {
    let one = (fact(), any::<u32>(), text());
    vec(one.prop_map(|(key, revision, field)| Disclosure { key, revision, field }), 0..3)
}

fn remedy() -> impl Strategy<Value = Remedy> {
    (text(), text(), text()).prop_map(|(kind, term, lodged_at)| Remedy { kind, term, lodged_at })
}

fn decision() -> impl Strategy<Value = Decision> {
    let results = vec![
        DecisionResult::Granted,
        DecisionResult::PartlyGranted,
        DecisionResult::Refused,
        DecisionResult::NotApplicable,
    ];
    let reason = (text(), btree_map("[a-z]{2}", text(), 0..3), text())
        .prop_map(|(code, texts, legal_basis)| Reason { code, texts, legal_basis });
    let by = prop_oneof![Just(DecidedBy::Machine), text().prop_map(DecidedBy::Officer)];
    (select(results), vec(reason, 0..2), text(), by, of(instant()), of(remedy()), text()).prop_map(
        |(result, reasons, rule_version, decided_by, notified_at, remedy, reference)| Decision {
            result,
            reasons,
            rule_version,
            decided_by,
            notified_at,
            remedy,
            reference,
        },
    )
}

fn owner() -> impl Strategy<Value = Owner> {
    prop_oneof![agency().prop_map(Owner::Agency), Just(Owner::Operators), party().prop_map(Owner::Party)]
}

fn not_done() -> impl Strategy<Value = NotDoneReason> {
    select(vec![
        NotDoneReason::Unavailable,
        NotDoneReason::Overloaded,
        NotDoneReason::BreakerOpen,
        NotDoneReason::NoEndpoint,
        NotDoneReason::StaleFact,
        NotDoneReason::NeverSeen,
    ])
}

fn skipped() -> impl Strategy<Value = SkipReason> {
    prop_oneof![
        vec(fact_name(), 0..3).prop_map(|facts| SkipReason::Condition { facts }),
        (fact(), of(step())).prop_map(|(fact, giver)| SkipReason::Missing { fact, giver }),
        role().prop_map(|role| SkipReason::EmptyGroup { role }),
        step().prop_map(|by| SkipReason::Given { by }),
        select(vec![SkipReason::Declined, SkipReason::Lapsed, SkipReason::Informed, SkipReason::Withdrawn]),
        text().prop_map(|reason| SkipReason::Person { reason }),
    ]
}

fn waiting() -> impl Strategy<Value = Waiting> {
    prop_oneof![
        Just(Waiting::OfferAnswer),
        not_done().prop_map(Waiting::Agency),
        Just(Waiting::NoAgency),
        vec(agency(), 0..3).prop_map(Waiting::SeveralAgencies),
        agency().prop_map(Waiting::Endpoint),
        agency().prop_map(Waiting::Contract),
        agency().prop_map(Waiting::Withdrawn),
        Just(Waiting::Plan),
        (agency(), agency(), fact_name()).prop_map(|(from, to, fact)| Waiting::Grant { from, to, fact }),
        vec(fact(), 0..3).prop_map(Waiting::Optional),
        (fact(), owner()).prop_map(|(fact, owner)| Waiting::Fact { fact, owner }),
    ]
}

fn about_facts() -> impl Strategy<Value = Entry> {
    let said = || vec((fact_name(), known()), 0..3);
    prop_oneof![
        (party(), of(text())).prop_map(|(party, person)| Entry::PartyNamed { party, person }),
        (any::<u32>(), party(), of(text()), vec((fact(), known()), 0..3)).prop_map(
            |(receipt, party, person, facts)| { Entry::PartClaimed { receipt, party, person, facts } }
        ),
        (any::<u32>(), of(text())).prop_map(|(receipt, reason)| Entry::ClaimUpheld { receipt, reason }),
        (any::<u32>(), text()).prop_map(|(receipt, reason)| Entry::ClaimDismissed { receipt, reason }),
        (role(), member()).prop_map(|(role, member)| Entry::MemberAdded { role, member }),
        (role(), any::<u16>(), said(), source()).prop_map(|(role, mention, facts, source)| {
            Entry::MemberUnmatched { role, mention, facts, source }
        }),
        (role(), any::<u16>(), of(member())).prop_map(|(role, mention, member)| Entry::MemberMatched {
            role,
            mention,
            member
        }),
        role().prop_map(|role| Entry::GroupClosed { role }),
        (fact(), any::<u32>(), known(), source()).prop_map(|(key, revision, known, source)| Entry::Learnt {
            key,
            revision,
            known,
            source
        }),
        (fact(), any::<u32>()).prop_map(|(key, revision)| Entry::Retracted { key, revision }),
        (fact(), any::<u32>(), of(value()), text()).prop_map(|(key, revision, proposed, reason)| {
            Entry::Disputed { key, revision, proposed, reason }
        }),
        (fact(), any::<u32>()).prop_map(|(key, revision)| Entry::DisputeSettled { key, revision }),
    ]
}

fn other_case() -> impl Strategy<Value = OtherCase> {
    (text(), text()).prop_map(|(reference, case)| OtherCase { reference, case })
}

fn about_the_case() -> impl Strategy<Value = Entry> {
    prop_oneof![
        (text(), any::<[u8; 16]>(), text(), any::<u64>()).prop_map(|(plan, seed, reference, registry)| {
            let life_event = "birth".parse().unwrap();
            Entry::Opened { life_event, plan: PlanHash(plan), seed, reference, registry }
        }),
        (any::<u32>(), text(), instant()).prop_map(|(receipt, request, received_at)| Entry::Reported {
            receipt,
            request,
            received_at
        }),
        text().prop_map(|reason| Entry::WithdrawalAsked { reason }),
        text().prop_map(|to| Entry::PlanMoved { to: PlanHash(to) }),
        other_case().prop_map(|other| Entry::PerhapsSame { other }),
        text().prop_map(|other| Entry::ResembledBy { other }),
        text().prop_map(|reason| Entry::NotTheSame { reason }),
        (other_case(), text()).prop_map(|(other, reason)| Entry::FoundSame { other, reason }),
        text().prop_map(|reason| Entry::NotJoined { reason }),
        other_case().prop_map(|other| Entry::Joined { other }),
        (other_case(), text()).prop_map(|(other, reason)| Entry::TookUp { other, reason }),
        (of(member()), any::<bool>()).prop_map(|(member, reached)| Entry::OutcomeSettled {
            outcome: "registered".parse().unwrap(),
            member,
            reached
        }),
        Just(Entry::Completed),
        Just(Entry::Withdrawn),
        text().prop_map(|reason| Entry::NeedsPerson { reason }),
    ]
}

fn about_steps() -> impl Strategy<Value = Entry> {
    let reversal = select(vec![ReversalKind::Correction, ReversalKind::Revocation, ReversalKind::Withdrawal]);
    let stands = select(vec![
        StandsReason::Duty,
        StandsReason::NoReversal,
        StandsReason::Refused,
        StandsReason::InDoubt,
    ]);
    prop_oneof![
        (step(), skipped()).prop_map(|(step, reason)| Entry::Skipped { step, reason }),
        (step(), waiting(), of(instant())).prop_map(|(step, why, until)| Entry::Waits { step, why, until }),
        step().prop_map(|step| Entry::Reopened { step }),
        step().prop_map(|step| Entry::Offered { step }),
        (step(), any::<bool>()).prop_map(|(step, accepted)| Entry::OfferAnswered { step, accepted }),
        (step(), agency()).prop_map(|(step, agency)| Entry::AgencyChosen { step, agency }),
        (step(), instant(), text()).prop_map(|(step, ends_at, computed_with)| Entry::TermSet {
            step,
            ends_at,
            computed_with
        }),
        (step(), owner(), text()).prop_map(|(step, owner, reason)| Entry::Parked { step, owner, reason }),
        (step(), text()).prop_map(|(step, reason)| Entry::Resumed { step, reason }),
        (step(), text()).prop_map(|(step, reason)| Entry::FoundNotDone { step, reason }),
        (step(), of(reversal)).prop_map(|(step, kind)| Entry::Reversed { step, kind }),
        (step(), stands, of(remedy())).prop_map(|(step, reason, remedy)| Entry::Stands {
            step,
            reason,
            remedy
        }),
    ]
}

fn about_calls() -> impl Strategy<Value = Entry> {
    let words = (text(), text(), text(), text());
    let called = (step(), call(), any::<u32>(), agency(), words, disclosures(), any::<u64>(), instant());
    prop_oneof![
        called.prop_map(|(step, call, attempt, agency, words, discloses, registry, until)| {
            let (key, purpose, legal_basis, contract) = words;
            Entry::Called {
                step,
                call,
                attempt,
                agency,
                key,
                discloses,
                purpose,
                legal_basis,
                contract,
                registry,
                until,
            }
        }),
        (step(), of(decision()), of(disclosures())).prop_map(|(step, decision, rests_on)| Entry::Done {
            step,
            decision,
            rests_on
        }),
        (step(), decision()).prop_map(|(step, decision)| Entry::Refused { step, decision }),
        (step(), text(), instant()).prop_map(|(step, operation, ask_at)| Entry::Pending {
            step,
            operation,
            ask_at
        }),
        (step(), call(), not_done(), instant()).prop_map(|(step, call, reason, retry_at)| Entry::NotDone {
            step,
            call,
            reason,
            retry_at
        }),
        (step(), call(), text(), of(instant())).prop_map(|(step, call, reason, ask_at)| Entry::InDoubt {
            step,
            call,
            reason,
            ask_at
        }),
        (step(), agency(), of(agency())).prop_map(|(step, agency, forward_to)| Entry::NotCompetent {
            step,
            agency,
            forward_to
        }),
    ]
}

/// An entry of any kind.
pub(crate) fn recorded() -> impl Strategy<Value = Recorded> {
    let entry = prop_oneof![
        about_facts().boxed(),
        about_the_case().boxed(),
        about_steps().boxed(),
        about_calls().boxed()
    ];
    (any::<u64>(), instant(), actor(), entry).prop_map(|(number, at, by, entry)| Recorded {
        number,
        at,
        by,
        entry,
    })
}
