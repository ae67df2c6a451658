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
        TokenOptions { officer: Some(officer), .. } => of_agency(officer)?,
        TokenOptions { portal: Some(client), .. } => TokenRole::Portal { client: client.clone() },
        TokenOptions { .. } => {
            return Err(Failure::usage(
                "say for whom: --citizen, --operator, --agency, --officer or --portal",
            ));
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

/// `ria@civil-registry`: a person, and the agency they work for.
fn of_agency(officer: &str) -> Result<TokenRole, Failure> {
    match officer.rsplit_once('@') {
        Some((subject, agency)) if !subject.is_empty() && !agency.is_empty() => {
            Ok(TokenRole::Officer { agency: agency.to_owned(), subject: subject.to_owned() })
        }
        _ => Err(Failure::usage(format!("`{officer}` does not say of which agency: write `NAME@AGENCY`"))),
    }
}
