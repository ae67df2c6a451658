//! Who looks at a case, and what they may see of it.

use casework::case::Case;
use casework::entry::Actor;
use casework::name::{FactKey, FactName, MemberId, PartyId};
use casework::rulebook::Rulebook;
use casework::view;

use super::wording::Wording;

/// Somebody who looks at a case.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    /// How they are told.
    pub wording: Wording<'a>,
    /// What the case is decided by.
    pub rules: Rulebook<'a>,
    /// The case.
    pub case: &'a Case,
    /// Who.
    pub who: Who<'a>,
    /// The receipts of reports of theirs that were taken in no part.
    pub receipts: &'a [u32],
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A citizen who plays these parts.
    Party(&'a [PartyId]),
    /// A citizen whose reports joined somebody else's case, and who is known to play no part in it: they see that these
    /// were received, and nothing else.
    Reporter,
    /// An operator: every step and every name of a fact, no value and no decision's reasons.
    Operator,
}

impl<'a> Viewer<'a> {
    /// Whether they may see this fact: for an operator its name.
    #[must_use]
    pub fn may_see(&self, key: &FactKey) -> bool {
        match self.who {
            Who::Party(mine) => mine.iter().any(|party| view::may_see(&self.rules, self.case, key, party)),
            Who::Reporter => false,
            Who::Operator => true,
        }
    }

    /// Those of the facts that they may see, of the member or of nobody in particular.
    #[must_use]
    pub fn names<'f>(&self, facts: &'f [FactName], member: Option<&MemberId>) -> Vec<&'f FactName> {
        let seen = |name: &FactName, member: Option<&MemberId>| {
            self.may_see(&FactKey { name: name.clone(), member: member.cloned() })
        };
        facts.iter().filter(|name| seen(name, None) || (member.is_some() && seen(name, member))).collect()
    }

    /// Whether this part is one of theirs.
    #[must_use]
    pub fn is_me(&self, party: &PartyId) -> bool {
        matches!(self.who, Who::Party(mine) if mine.contains(party))
    }

    /// Whether theirs was the first report of any party: who opened the case may withdraw it.
    #[must_use]
    pub fn opened_it(&self) -> bool {
        let first = self.case.receipts.iter().find_map(|receipt| match &receipt.by {
            Actor::Party { party, .. } => party.as_ref(),
            Actor::Agency(_) | Actor::Officer { .. } | Actor::Operator { .. } | Actor::Loket => None,
        });
        first.is_some_and(|party| self.is_me(party))
    }

    /// The parts by which they look; who plays none looks as nobody, who sees steps alone.
    pub(super) fn parts(&self) -> Vec<PartyId> {
        let nobody = || "nobody".parse().ok().map(|role| PartyId { role, member: None });
        let mut parts = self.mine().to_vec();
        if parts.is_empty() {
            parts.extend(nobody());
        }
        parts
    }

    /// The parts that they play.
    #[must_use]
    pub fn mine(&self) -> &'a [PartyId] {
        match self.who {
            Who::Party(mine) => mine,
            Who::Reporter | Who::Operator => &[],
        }
    }
}
