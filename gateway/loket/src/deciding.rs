//! What an operator decides about a case that waits for a person.

use proto::loket::operations::v1 as operations;
use proto::loket::operations::v1::decide_member_request::Who as Meant;
use proto::loket::operations::v1::steer_step_request::Act;

use crate::cases::show;
use crate::command::{Place, SteerAct, Who};
use crate::failure::Failure;

/// Whether the case is of the same happening as another.
pub(crate) async fn same(place: &Place, request: operations::DecideSamenessRequest) -> Result<(), Failure> {
    let case = place.case_operations().await?.decide_sameness(request).await?.into_inner();
    show(place, &case)
}

/// Who a mention of a group is.
pub(crate) async fn member(
    place: &Place,
    name: String,
    role: String,
    mention: i32,
    who: Who,
) -> Result<(), Failure> {
    let who = Some(meant(who));
    let request = operations::DecideMemberRequest { name, role, mention, who };
    let case = place.case_operations().await?.decide_member(request).await?.into_inner();
    show(place, &case)
}

/// Whether somebody plays the part that they claim.
pub(crate) async fn claim(place: &Place, request: operations::DecideClaimRequest) -> Result<(), Failure> {
    let case = place.case_operations().await?.decide_claim(request).await?.into_inner();
    show(place, &case)
}

/// What becomes of a step that got stuck.
pub(crate) async fn steer(place: &Place, request: operations::SteerStepRequest) -> Result<(), Failure> {
    let case = place.case_operations().await?.steer_step(request).await?.into_inner();
    show(place, &case)
}

/// Who a mention is. The command line lets one of the three pass.
fn meant(who: Who) -> Meant {
    match who {
        Who { is: Some(member), .. } => Meant::Member(member),
        Who { new: true, .. } => Meant::New(true),
        Who { .. } => Meant::Nobody(true),
    }
}

/// The act as the contract has it.
pub(crate) fn steering(act: SteerAct) -> Act {
    match act {
        SteerAct::Retry => Act::Retry,
        SteerAct::Park => Act::Park,
        SteerAct::NotDone => Act::NotDone,
        SteerAct::Done => Act::Done,
        SteerAct::Skip => Act::Skip,
        SteerAct::Route => Act::Route,
    }
}
