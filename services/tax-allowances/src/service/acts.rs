//! What each call does in the books, in one transaction with its answer.

use agency_kit::google::{date, euros, last_day, types::Date as WireDate};
use agency_kit::{Call, Conclusion, Page, decision, invalid};
use jiff::civil::Date;
use proto::loket::v1::Decision;
use tonic::Status;

use crate::records::{ALLOWANCE, Allowance, BOOKS, BUDGET_OF, PersonBooks, RENT_APPLICATION};
use crate::rules::{self, OBJECTION, REASONS};
use crate::wire::{
    ChangeAddressRequest, ChangeAddressResponse, GrantChildBudgetRequest, GrantChildBudgetResponse,
    RecheckHouseholdRequest, RecheckHouseholdResponse, RecheckRentAllowanceRequest,
    RecheckRentAllowanceResponse, ResumeAllowancesRequest, ResumeAllowancesResponse,
    RevokeChildBudgetRequest, RevokeChildBudgetResponse, StopAllowancesRequest, StopAllowancesResponse,
    WithdrawRentAllowanceRecheckRequest, WithdrawRentAllowanceRecheckResponse,
};

/// Version of the rules by which child budget is granted.
const CHILD_BUDGET: &str = "child-budget/2026-11";

/// A partial date counts as its last possible day.
fn day(field: &str, given: Option<&WireDate>) -> Result<Date, Status> {
    given.and_then(last_day).ok_or_else(|| invalid(field, "a date of which at least the year is known"))
}

fn text(field: &str, given: String) -> Result<String, Status> {
    if given.trim().is_empty() { Err(invalid(field, "must not be empty")) } else { Ok(given) }
}

fn concluded(page: &mut Page<'_>, conclusion: &Conclusion, rules: &str) -> Result<Option<Decision>, Status> {
    let number = page.next_number("decision")?;
    Ok(Some(decision(conclusion, rules, format!("TAX-{number:06}"), REASONS, OBJECTION)))
}

pub(super) fn grant_child_budget(
    page: &mut Page<'_>,
    _: &Call,
    request: GrantChildBudgetRequest,
) -> Result<GrantChildBudgetResponse, Status> {
    let child = text("person_number", request.person_number)?;
    let born = day("birth_date", request.birth_date.as_ref())?;
    if let Some(running) = budget_of(page, &child)?.map(|(_, it)| it).filter(|it| it.stopped_on.is_none()) {
        let decision = concluded(page, &rules::child_budget_running(), CHILD_BUDGET)?;
        return Ok(GrantChildBudgetResponse { decision, child_budget: Some(euros(running.monthly_cents)) });
    }
    let (in_law, died) = (request.co_parent_parentage.is_some(), request.co_parent_died_on.is_some());
    let co_parent = request.co_parent_number.filter(|_| in_law && !died);
    let parents: Vec<String> = [request.parent_number, co_parent].into_iter().flatten().collect();
    let books = parents.iter().map(|it| page.get::<PersonBooks>(BOOKS, it)).collect::<Result<Vec<_>, _>>()?;
    let incomes: Vec<Option<i64>> =
        books.iter().map(|it| it.as_ref().map(|books| books.income_cents)).collect();
    let (conclusion, budget) = rules::child_budget(&incomes, born);
    if let (Some(budget), Some(parent)) = (&budget, incomes.iter().position(Option::is_some)) {
        let id = format!("{}/child-budget/{child}", parents[parent]);
        page.put(ALLOWANCE, &id, budget)?;
        page.put(BUDGET_OF, &child, &id)?;
    }
    let decision = concluded(page, &conclusion, CHILD_BUDGET)?;
    Ok(GrantChildBudgetResponse { decision, child_budget: budget.map(|it| euros(it.monthly_cents)) })
}

/// The child budget that there is for a child, and its id.
fn budget_of(page: &Page<'_>, child: &str) -> Result<Option<(String, Allowance)>, Status> {
    let Some(id) = page.get::<String>(BUDGET_OF, child)? else { return Ok(None) };
    Ok(page.get::<Allowance>(ALLOWANCE, &id)?.map(|budget| (id, budget)))
}

pub(super) fn revoke_child_budget(
    page: &mut Page<'_>,
    _: &Call,
    request: RevokeChildBudgetRequest,
) -> Result<RevokeChildBudgetResponse, Status> {
    let child = text("person_number", request.person_number)?;
    let budget = budget_of(page, &child)?;
    let conclusion = rules::child_budget_revocation(budget.as_ref().map(|(_, it)| it));
    if let Some((id, _)) = &budget {
        page.remove(ALLOWANCE, id)?;
        page.remove(BUDGET_OF, &child)?;
    }
    Ok(RevokeChildBudgetResponse {
        decision: concluded(page, &conclusion, "child-budget-revocation/2026-01")?,
    })
}

pub(super) fn change_address(
    page: &mut Page<'_>,
    _: &Call,
    request: ChangeAddressRequest,
) -> Result<ChangeAddressResponse, Status> {
    let number = text("person_number", request.person_number)?;
    day("resident_from", request.resident_from.as_ref())?;
    let address = request.new_address.ok_or_else(|| invalid("new_address", "must be given"))?;
    let books = page.get::<PersonBooks>(BOOKS, &number)?;
    let conclusion = rules::address_change(books.as_ref());
    if let Some(books) = books {
        let letters_to = (request.protected != Some(true)).then_some(address.address_lines);
        page.put(BOOKS, &number, &PersonBooks { letters_to, ..books })?;
    }
    Ok(ChangeAddressResponse { decision: concluded(page, &conclusion, "address-change/2026-01")? })
}

pub(super) fn recheck_rent_allowance(
    page: &mut Page<'_>,
    _: &Call,
    request: RecheckRentAllowanceRequest,
) -> Result<RecheckRentAllowanceResponse, Status> {
    let number = text("person_number", request.person_number)?;
    let resident_from = day("resident_from", request.resident_from.as_ref())?;
    let moved_on = day("move_date", request.move_date.as_ref())?;
    let income = page.get::<PersonBooks>(BOOKS, &number)?.map_or(0, |it| it.income_cents);
    let id = format!("{number}/rent");
    let before = page.get::<Allowance>(ALLOWANCE, &id)?;
    let (conclusion, after) = rules::rent_allowance(income, before.as_ref(), resident_from, moved_on);
    if let Some(after) = &after {
        page.put(RENT_APPLICATION, &number, &before)?;
        page.put(ALLOWANCE, &id, after)?;
    }
    Ok(RecheckRentAllowanceResponse { decision: concluded(page, &conclusion, "rent-allowance/2026-01")? })
}

pub(super) fn withdraw_rent_allowance_recheck(
    page: &mut Page<'_>,
    _: &Call,
    request: WithdrawRentAllowanceRecheckRequest,
) -> Result<WithdrawRentAllowanceRecheckResponse, Status> {
    let number = text("person_number", request.person_number)?;
    let id = format!("{number}/rent");
    let before = page.get::<Option<Allowance>>(RENT_APPLICATION, &number)?;
    let conclusion = rules::rent_allowance_withdrawal(before.is_some());
    match before {
        Some(Some(before)) => page.put(ALLOWANCE, &id, &before)?,
        Some(None) => {
            page.remove(ALLOWANCE, &id)?;
        }
        None => {}
    }
    page.remove(RENT_APPLICATION, &number)?;
    let decision = concluded(page, &conclusion, "rent-allowance-withdrawal/2026-01")?;
    Ok(WithdrawRentAllowanceRecheckResponse { decision })
}

pub(super) fn recheck_household(
    page: &mut Page<'_>,
    _: &Call,
    request: RecheckHouseholdRequest,
) -> Result<RecheckHouseholdResponse, Status> {
    let number = text("person_number", request.person_number)?;
    let moved_on = day("move_date", request.move_date.as_ref())?;
    let separation = request.move_reason.as_deref() == Some("separation");
    let running = allowances(page, &number)?.iter().any(|(_, it)| it.runs_after(moved_on));
    let (conclusion, alone_from) = rules::household_recheck(running, separation, moved_on);
    if let (Some(books), Some(_)) = (page.get::<PersonBooks>(BOOKS, &number)?, alone_from) {
        page.put(BOOKS, &number, &PersonBooks { alone_from, ..books })?;
    }
    Ok(RecheckHouseholdResponse { decision: concluded(page, &conclusion, "household-recheck/2026-01")? })
}

pub(super) fn stop_allowances(
    page: &mut Page<'_>,
    call: &Call,
    request: StopAllowancesRequest,
) -> Result<StopAllowancesResponse, Status> {
    let number = text("person_number", request.person_number.unwrap_or_default())?;
    text("death_record", request.death_record)?;
    let died_on = day("death_date", request.death_date.as_ref())?;
    let found = allowances(page, &number)?;
    let known: Vec<Allowance> = found.iter().map(|(_, it)| it.clone()).collect();
    let (conclusion, stopped_on, overpaid) = rules::allowances_stop(&known, died_on, call.received_on());
    for (id, allowance) in found.into_iter().filter(|(_, it)| stopped_on.is_some() && it.runs_after(died_on))
    {
        page.put(ALLOWANCE, &id, &Allowance { stopped_on, stopped_by_death: true, ..allowance })?;
    }
    if let Some(books) = page.get::<PersonBooks>(BOOKS, &number)? {
        // The one who died is nobody's contact.
        let contact = request.contact_number.filter(|it| *it != number);
        page.put(BOOKS, &number, &PersonBooks { letters_to: None, contact, ..books })?;
    }
    Ok(StopAllowancesResponse {
        decision: concluded(page, &conclusion, "allowances-stop/2026-01")?,
        allowances_stopped_on: stopped_on.map(date),
        allowances_overpaid: overpaid.map(euros),
    })
}

pub(super) fn resume_allowances(
    page: &mut Page<'_>,
    _: &Call,
    request: ResumeAllowancesRequest,
) -> Result<ResumeAllowancesResponse, Status> {
    let number = text("person_number", request.person_number)?;
    let found = allowances(page, &number)?;
    let known: Vec<Allowance> = found.iter().map(|(_, it)| it.clone()).collect();
    let conclusion = rules::allowances_resumption(&known);
    for (id, allowance) in found.into_iter().filter(|(_, it)| it.stopped_by_death) {
        page.put(ALLOWANCE, &id, &Allowance { stopped_on: None, stopped_by_death: false, ..allowance })?;
    }
    if let Some(books) = page.get::<PersonBooks>(BOOKS, &number)?.filter(|_| conclusion.gives()) {
        page.put(BOOKS, &number, &PersonBooks { contact: None, ..books })?;
    }
    Ok(ResumeAllowancesResponse { decision: concluded(page, &conclusion, "allowances-resumption/2026-01")? })
}

fn allowances(page: &Page<'_>, number: &str) -> Result<Vec<(String, Allowance)>, Status> {
    Ok(page.list::<Allowance>(ALLOWANCE, &format!("{number}/"))?)
}
