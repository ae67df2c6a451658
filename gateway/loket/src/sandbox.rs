//! `loket sandbox`: the clock of a counter that was started as a sandbox.

use proto::loket::operations::v1 as operations;

use crate::command::{Place, SandboxAct};
use crate::failure::Failure;
use crate::output;

pub(crate) async fn run(place: &Place, act: SandboxAct) -> Result<(), Failure> {
    let SandboxAct::Clock { seconds } = act;
    let request = operations::SetClockRequest { offset_seconds: seconds };
    let answer = place.sandbox().await?.set_clock(request).await?.into_inner();
    if place.json {
        return output::json("loket.operations.v1.SetClockResponse", &answer);
    }
    output::line(&format!("it is {} now", output::moment(answer.now)))
}
