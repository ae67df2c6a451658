//! `loket token`: a token of the built-in issuer, for a program that speaks to the counter.

use casework::name::AgencyId;
use gateway::issuer::TokenRole;

use crate::command::{Place, TokenOf, TokenOptions};
use crate::connection::{citizen_number, operator};
use crate::failure::Failure;
use crate::output;

/// Longest name of somebody or of a portal, in bytes.
const NAME_MAX: usize = 128;

/// Somebody of an agency, where nobody is named.
const ANYBODY: &str = "officer";

pub(crate) fn run(place: &Place, options: &TokenOptions) -> Result<(), Failure> {
    let token = place.issue(role(&options.of)?, options.lifetime)?;
    if place.json {
        return output::line(
            &serde_json::json!({ "access_token": token, "token_type": "Bearer" }).to_string(),
        );
    }
    output::line(&token)
}

fn role(of: &TokenOf) -> Result<TokenRole, Failure> {
    Ok(match of {
        TokenOf { citizen: Some(number), .. } => TokenRole::citizen(citizen_number(number)?),
        TokenOf { operator: Some(subject), .. } => operator(name(subject)?),
        TokenOf { agency: Some(id), .. } => TokenRole::Agency { agency: agency(id)? },
        TokenOf { officer: Some(officer), .. } => of_agency(officer)?,
        TokenOf { portal: Some(client), .. } => TokenRole::Portal { client: name(client)?.to_owned() },
        TokenOf { .. } => {
            return Err(Failure::usage(
                "say for whom: --citizen, --operator, --agency, --officer or --portal",
            ));
        }
    })
}

/// `ria@civil-registry`: a person, and the agency they work for. An agency alone: somebody who works there.
fn of_agency(officer: &str) -> Result<TokenRole, Failure> {
    let (subject, id) = officer.rsplit_once('@').unwrap_or((ANYBODY, officer));
    Ok(TokenRole::Officer { agency: agency(id)?, subject: name(subject)?.to_owned() })
}

fn agency(id: &str) -> Result<String, Failure> {
    let known: Result<AgencyId, _> = id.parse();
    known.map(|id| id.to_string()).map_err(|_| {
        Failure::usage(format!(
            "`{id}` is no agency's id: lower case letters, digits and hyphens, such as civil-registry; `loket agency \
             list` lists those there are"
        ))
    })
}

fn name(text: &str) -> Result<&str, Failure> {
    let fits = (1..=NAME_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text)
    } else {
        Err(Failure::usage(format!("a name has 1 to {NAME_MAX} printable characters")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(options: TokenOf) -> Result<TokenRole, String> {
        role(&options).map_err(|failure| failure.to_string())
    }

    const NOBODY: TokenOf =
        TokenOf { citizen: None, operator: None, agency: None, officer: None, portal: None };

    #[test]
    fn each_kind_of_caller_has_a_token() {
        let some = |text: &str| Some(text.to_owned());
        assert!(of(TokenOf { citizen: some("999000001"), ..NOBODY }).is_ok());
        assert!(of(TokenOf { operator: some("ria"), ..NOBODY }).is_ok());
        assert!(of(TokenOf { agency: some("civil-registry"), ..NOBODY }).is_ok());
        for officer in ["ria@civil-registry", "civil-registry"] {
            let role = of(TokenOf { officer: some(officer), ..NOBODY });
            assert!(matches!(role, Ok(TokenRole::Officer { agency, .. }) if agency == "civil-registry"));
        }
    }

    #[test]
    fn what_is_no_id_is_refused_with_what_it_must_be() {
        for number in ["abc", "", "99900001", "9990000011", "99900000a", "９９９０００００１"] {
            let refused = of(TokenOf { citizen: Some(number.to_owned()), ..NOBODY }).unwrap_err();
            assert!(refused.contains("nine digits") && refused.contains("loket citizens"), "{refused}");
        }
        let refused = of(TokenOf { agency: Some("Civil Registry".to_owned()), ..NOBODY }).unwrap_err();
        assert!(refused.contains("loket agency list"), "{refused}");
        assert!(of(TokenOf { officer: Some("@civil-registry".to_owned()), ..NOBODY }).is_err());
        assert!(of(TokenOf { operator: Some(String::new()), ..NOBODY }).is_err());
    }
}
