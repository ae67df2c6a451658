//! `loket grant`: which fact may go from whom to whom.

use proto::loket::operations::v1 as operations;

use crate::command::{GrantAct, Place};
use crate::failure::Failure;
use crate::output;

pub(crate) async fn run(place: &Place, act: GrantAct) -> Result<(), Failure> {
    let mut registry = place.registry("operator").await?;
    match act {
        GrantAct::List { from, to } => {
            let answer = registry.list_grants(operations::ListGrantsRequest { from, to }).await?.into_inner();
            if place.json {
                return output::json("loket.operations.v1.ListGrantsResponse", &answer);
            }
            let rows: Vec<Vec<String>> = answer
                .grants
                .into_iter()
                .map(|it| vec![it.from, it.concept, it.to, it.purpose, it.legal_basis])
                .collect();
            output::table(&["FROM", "CONCEPT", "TO", "PURPOSE", "LEGAL BASIS"], &rows)
        }
        GrantAct::Give { from, concept, to, purpose, legal_basis } => {
            let grant = Some(operations::Grant { from, concept, to, purpose, legal_basis });
            let given = registry.give_grant(operations::GiveGrantRequest { grant }).await?.into_inner();
            if place.json {
                return output::json("loket.operations.v1.Grant", &given);
            }
            output::line(&format!("{} may go from {} to {}", given.concept, given.from, given.to))
        }
        GrantAct::Revoke { from, concept, to } => {
            let grant = operations::Grant { from, concept, to, ..operations::Grant::default() };
            let request = operations::RevokeGrantRequest { grant: Some(grant.clone()) };
            let answer = registry.revoke_grant(request).await?.into_inner();
            if place.json {
                return output::json("loket.operations.v1.RevokeGrantResponse", &answer);
            }
            if !answer.revoked {
                let missing =
                    format!("there is no grant of {} from {} to {}", grant.concept, grant.from, grant.to);
                return Err(tonic::Status::not_found(missing).into());
            }
            output::line(&format!("{} no longer goes from {} to {}", grant.concept, grant.from, grant.to))
        }
    }
}
