//! Names of resources: `cases/…`, `lifeEvents/…`, `drafts/…`.

use casestore::CaseId;
use casework::name::{AgencyId, FactKey, FactName, LifeEventId, MemberId, ServiceId, StepId};
use tonic::Status;

use crate::reasons::{self, Reason, Violation};

/// The life event of `lifeEvents/birth`, `life-events/birth` or `birth`.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn life_event(name: &str, field: &str) -> Result<LifeEventId, Status> {
    let bare = name.strip_prefix("lifeEvents/").or_else(|| name.strip_prefix("life-events/")).unwrap_or(name);
    bare.parse().map_err(|_| wrong(field, "the name of a life event, such as `lifeEvents/birth`"))
}

/// The name of a life event on the wire.
#[must_use]
pub fn of_life_event(id: &LifeEventId) -> String {
    format!("lifeEvents/{id}")
}

/// The case of `cases/…`. A name that can be no case is a case that is not there.
///
/// # Errors
/// NOT_FOUND, the same as for a foreign case.
pub fn case(name: &str) -> Result<CaseId, Status> {
    name.strip_prefix("cases/").unwrap_or(name).parse().map_err(|_| no_such_case())
}

/// The name of a case on the wire.
#[must_use]
pub fn of_case(id: CaseId) -> String {
    format!("cases/{id}")
}

/// The answer to an unknown case and to somebody else's: the same, so that neither tells of the other.
#[must_use]
pub fn no_such_case() -> Status {
    reasons::status(Reason::CaseNotFound, "there is no such case, or you are no party of it")
}

/// The step of a service and a member; an empty member is none.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn step(service: &str, member: &str) -> Result<StepId, Status> {
    let service: ServiceId = service
        .parse()
        .map_err(|_| wrong("service", "a public service, such as `civil-registry/birth-registration`"))?;
    Ok(StepId { service, member: self::member(member, "member")? })
}

/// A member; none where it is empty.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn member(member: &str, field: &str) -> Result<Option<MemberId>, Status> {
    if member.is_empty() {
        return Ok(None);
    }
    member.parse().map(Some).map_err(|_| wrong(field, "a member as the case names it, such as `m1`"))
}

/// A fact of a member.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn fact(fact: &str, member: &str, field: &str) -> Result<FactKey, Status> {
    let name: FactName = fact.parse().map_err(|_| wrong(field, "a fact, such as `child.given_names`"))?;
    Ok(FactKey { name, member: self::member(member, "member")? })
}

/// The agency of `agencies/…`.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn agency(name: &str, field: &str) -> Result<AgencyId, Status> {
    let bare = name.strip_prefix("agencies/").unwrap_or(name);
    bare.parse().map_err(|_| wrong(field, "the name of an agency, such as `agencies/civil-registry`"))
}

/// A text in somebody's words: at most so many characters, no control characters but line ends.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn words(text: &str, field: &str, most: usize) -> Result<String, Status> {
    let fits = text.chars().count() <= most
        && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    if fits {
        Ok(text.trim().to_owned())
    } else {
        Err(wrong(field, &format!("text of at most {most} characters")))
    }
}

/// As [`words`], and something must be said.
///
/// # Errors
/// INVALID_ARGUMENT naming the field.
pub fn some_words(text: &str, field: &str, most: usize) -> Result<String, Status> {
    let said = words(text, field, most)?;
    if said.is_empty() { Err(wrong(field, "given: say why, in a sentence")) } else { Ok(said) }
}

/// One field that is not as it must be.
#[must_use]
pub fn wrong(field: &str, expected: &str) -> Status {
    let description = format!("must be {expected}");
    reasons::violations(
        Reason::InvalidRequest,
        format!("`{field}` {description}"),
        &[Violation::new(field, description)],
    )
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn a_life_event_is_named_in_three_ways() {
        for name in ["lifeEvents/birth", "life-events/birth", "birth"] {
            assert_eq!(life_event(name, "name").unwrap().as_str(), "birth");
        }
        let error = life_event("lifeEvents/Birth!", "life_event").unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("life_event"), "{error}");
    }

    #[test]
    fn what_can_be_no_case_is_answered_as_a_foreign_one() {
        let error = case("cases/../drafts/1").unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::NotFound, no_such_case().message()));
    }

    #[test]
    fn a_reason_is_given_and_is_not_a_novel() {
        assert!(some_words("  ", "reason", 10).is_err());
        assert!(words(&"x".repeat(11), "reason", 10).is_err());
        assert_eq!(some_words(" because ", "reason", 10).unwrap(), "because");
    }
}
