//! `loket token`: a token of the built-in issuer, for a program that speaks to the counter.

use gateway::issuer::TokenRole;

use crate::command::{Place, TokenOptions};
use crate::connection::operator;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(place: &Place, options: &TokenOptions) -> Result<(), Failure> {
    let role = match options {
        TokenOptions { citizen: Some(number), .. } => TokenRole::citizen(number),
        TokenOptions { operator: Some(subject), .. } => operator(subject),
        TokenOptions { agency: Some(agency), .. } => TokenRole::Agency { agency: agency.clone() },
        TokenOptions { portal: Some(client), .. } => TokenRole::Portal { client: client.clone() },
        TokenOptions { .. } => {
            return Err(Failure::usage("say for whom: --citizen, --operator, --agency or --portal"));
        }
    };
    let token = place.issue(role)?;
    if place.json {
        return output::line(
            &serde_json::json!({ "access_token": token, "token_type": "Bearer" }).to_string(),
        );
    }
    output::line(&token)
}
