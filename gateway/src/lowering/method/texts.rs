//! The texts, lengths of time and remedies that are said about a method.

use casework::service::Remedy;
use casework::term;
use proto::loket::v1 as annotations;

use super::Reading;
use crate::lowering::words::shown;

/// Most bytes of any one text.
pub(super) const TEXT_BYTES_MAX: usize = 2_000;

impl Reading {
    /// Texts by language; at least one.
    pub(super) fn texts(&mut self, name: &str, said: &[annotations::Text]) -> casework::dictionary::Texts {
        let mut texts = casework::dictionary::Texts::new();
        for text in said {
            let tag_like = (2..=35).contains(&text.language.len())
                && text.language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !tag_like {
                self.fault(format!(
                    "{name}: `{}` is no language; write a BCP 47 tag such as \"en\"",
                    shown(&text.language)
                ));
            }
            let value = self.required(name, &text.value);
            if texts.insert(text.language.clone(), value).is_some() {
                self.fault(format!("{name}: two texts in `{}`", shown(&text.language)));
            }
        }
        if texts.is_empty() {
            self.fault(format!("`{name}` is missing: a name for people, in at least one language"));
        }
        texts
    }

    /// The purpose: a short code.
    pub(super) fn purpose(&mut self, said: &str) -> String {
        let code = (1..=64).contains(&said.len())
            && said.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !code {
            self.fault(
                "`purpose` is missing or no short code of lower case letters, digits and hyphens, such as `civil-status`",
            );
        }
        said.to_owned()
    }

    /// A length of time, in the calendar's units or the clock's.
    pub(super) fn span(&mut self, name: &str, said: &str) -> Option<String> {
        if said.is_empty() {
            return None;
        }
        let clock = term::millis(said);
        if said.parse::<term::Length>().is_err() && clock.is_err() {
            self.parsed(name, clock);
        }
        if name == "wait_for" {
            self.parsed(name, term::millis(said));
        }
        Some(said.to_owned())
    }

    /// How a party objects.
    pub(super) fn remedy(&mut self, said: &annotations::Remedy) -> Option<Remedy> {
        self.parsed("remedy, term", said.term.parse::<term::Length>())?;
        Some(Remedy {
            kind: self.required("remedy, kind", &said.kind),
            term: said.term.clone(),
            lodged_at: self.required("remedy, where", &said.r#where),
        })
    }
}
