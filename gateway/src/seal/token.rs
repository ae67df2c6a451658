//! Step tokens: what an agency shows when it reports on a step. Sealed, padded and different each time, so that two
//! agencies that lay theirs side by side learn nothing: their lengths tell no more than how long their own names are.

use casestore::CaseId;
use casework::entry::CallKind;
use casework::name::{AgencyId, MemberId, StepId};
use data_encoding::BASE64URL_NOPAD;

use super::Keyring;

/// What a step token stands for: the desk's way from an agency's report to the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReference {
    /// The case.
    pub case: CaseId,
    /// The step.
    pub step: StepId,
    /// The agency that was called: a report of another is not found.
    pub agency: AgencyId,
    /// The call that is reported on.
    pub call: CallKind,
    /// Which attempt it was.
    pub attempt: u32,
    /// The idempotency key that it was made with.
    pub key: String,
}

const DOMAIN: &str = "step";
/// Room for a usual one.
const LEN: usize = 192;

impl Keyring {
    /// The `loket-step` metadata of a call: by it the agency reports back. No two are equal.
    #[must_use]
    pub fn step_token(&self, step: &StepReference) -> String {
        let mut plain = Vec::with_capacity(LEN);
        plain.extend_from_slice(step.case.as_bytes());
        plain.push(match step.call {
            CallKind::Perform => 0,
            CallKind::Status => 1,
            CallKind::Cancel => 2,
            CallKind::Reverse => 3,
        });
        plain.extend_from_slice(&step.attempt.to_be_bytes());
        let member = step.step.member.as_ref().map_or("", MemberId::as_str);
        for text in [step.step.service.as_str(), step.agency.as_str(), member, &step.key] {
            // Names have at most 96 bytes, keys fewer.
            plain.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            plain.extend_from_slice(text.as_bytes());
        }
        BASE64URL_NOPAD.encode(&self.seal(DOMAIN, b"", &plain))
    }

    /// What a step token stands for; none where it is none of ours.
    #[must_use]
    pub fn read_step_token(&self, token: &str) -> Option<StepReference> {
        let plain = self.unseal(DOMAIN, b"", &BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
        let (case, rest) = plain.split_first_chunk::<17>()?;
        let (call, rest) = rest.split_first()?;
        let (attempt, rest) = rest.split_first_chunk::<4>()?;
        let (service, rest) = text(rest)?;
        let (agency, rest) = text(rest)?;
        let (member, rest) = text(rest)?;
        let (key, _) = text(rest)?;
        Some(StepReference {
            case: CaseId::from_bytes(*case)?,
            step: StepId {
                service: service.parse().ok()?,
                member: if member.is_empty() { None } else { Some(member.parse().ok()?) },
            },
            agency: agency.parse().ok()?,
            call: match call {
                0 => CallKind::Perform,
                1 => CallKind::Status,
                2 => CallKind::Cancel,
                3 => CallKind::Reverse,
                _ => return None,
            },
            attempt: u32::from_be_bytes(*attempt),
            key: key.to_owned(),
        })
    }
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (len, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(member: Option<&str>) -> StepReference {
        StepReference {
            case: CaseId::new(casestore::Partition::new(3).unwrap(), [9; 15]),
            step: StepId {
                service: "civil-registry/birth-registration".parse().unwrap(),
                member: member.map(|m| m.parse().unwrap()),
            },
            agency: "civil-registry".parse().unwrap(),
            call: CallKind::Reverse,
            attempt: 3,
            key: "0123456789abcdefghjkmnpqrs".to_owned(),
        }
    }

    #[test]
    fn a_step_token_stands_for_its_step_and_cannot_be_joined() {
        let keyring = Keyring::for_test();
        let (one, other) = (reference(None), reference(Some("m12")));
        let token = keyring.step_token(&one);
        assert_eq!(keyring.read_step_token(&token), Some(one.clone()));
        assert_eq!(keyring.read_step_token(&keyring.step_token(&other)), Some(other.clone()));
        assert_ne!(token, keyring.step_token(&one), "the same step has two tokens that are equal");
        assert_eq!(token.len(), keyring.step_token(&other).len(), "the length tells the step");
    }

    #[test]
    fn a_foreign_token_stands_for_nothing() {
        let keyring = Keyring::for_test();
        let token = keyring.step_token(&reference(None));
        for bad in ["", "nonsense", "äö", &token[1..], &Keyring::for_test().step_token(&reference(None))] {
            assert_eq!(keyring.read_step_token(bad), None);
        }
    }
}
