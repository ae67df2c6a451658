//! Which language somebody is answered in.

use casework::dictionary::Texts;
use tonic::metadata::MetadataMap;

/// Longest language tag that is looked at, in bytes.
const TAG_BYTES_MAX: usize = 35;

/// Most languages of an Accept-Language header that are looked at.
const WANTED_MAX: usize = 8;

/// The languages that Loket's own sentences are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tongue {
    /// English.
    En,
    /// Dutch.
    Nl,
}

/// The languages that a caller wants, best first. English is always the last resort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    wanted: Vec<String>,
}

impl Language {
    /// The language asked for in the request; without one, those of the `accept-language` header.
    #[must_use]
    pub fn of(asked: &str, metadata: &MetadataMap) -> Self {
        if is_tag(asked) {
            return Self::tagged(asked);
        }
        let header =
            metadata.get("accept-language").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { wanted: accepted(header) }
    }

    /// This language.
    #[must_use]
    pub fn tagged(tag: &str) -> Self {
        Self { wanted: vec![tag.to_ascii_lowercase()] }
    }

    /// The text in the best language there is: the one asked for, its main language, English, any.
    #[must_use]
    pub fn pick<'t>(&self, texts: &'t Texts) -> &'t str {
        self.find(|tag| texts.iter().find(|(language, _)| language.eq_ignore_ascii_case(tag)))
            .or_else(|| texts.get_key_value("en"))
            .or_else(|| texts.iter().next())
            .map(|(_, text)| text.as_str())
            .unwrap_or_default()
    }

    /// The best there is of anything kept by language.
    #[must_use]
    pub fn pick_of<'t, T>(&self, kept: &'t std::collections::BTreeMap<String, T>) -> Option<&'t T> {
        self.find(|tag| kept.iter().find(|(language, _)| language.eq_ignore_ascii_case(tag)))
            .or_else(|| kept.get_key_value("en"))
            .or_else(|| kept.iter().next())
            .map(|(_, one)| one)
    }

    /// The language of Loket's own sentences.
    #[must_use]
    pub fn tongue(&self) -> Tongue {
        self.find(|tag| match tag {
            "en" => Some(Tongue::En),
            "nl" => Some(Tongue::Nl),
            _ => None,
        })
        .unwrap_or(Tongue::En)
    }

    /// The first that is found under a wanted tag, or under its main language.
    fn find<T>(&self, mut look: impl FnMut(&str) -> Option<T>) -> Option<T> {
        self.wanted.iter().find_map(|tag| {
            let main = tag.split('-').next().unwrap_or_default();
            look(tag).or_else(|| look(main))
        })
    }
}

fn is_tag(text: &str) -> bool {
    (2..=TAG_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The tags of an Accept-Language header by their weight; equal weights in the header's order.
fn accepted(header: &str) -> Vec<String> {
    let mut weighed: Vec<(u16, String)> = header
        .split(',')
        .take(WANTED_MAX)
        .filter_map(|part| {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().filter(|tag| is_tag(tag))?;
            let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f32>().ok());
            let weight = (weight.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u16;
            (weight > 0).then(|| (weight, tag.to_ascii_lowercase()))
        })
        .collect();
    weighed.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    weighed.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        Texts::from([("en".to_owned(), "Child".to_owned()), ("nl".to_owned(), "Kind".to_owned())])
    }

    #[test]
    fn the_language_asked_for_comes_before_the_header_and_english_last() {
        let mut metadata = MetadataMap::new();
        metadata.insert("accept-language", "fr;q=0.9, nl-BE;q=0.95, *;q=0.1".parse().unwrap());
        assert_eq!(Language::of("", &metadata).pick(&texts()), "Kind");
        assert_eq!(Language::of("en", &metadata).pick(&texts()), "Child");
        assert_eq!(Language::of("de-AT", &metadata).pick(&texts()), "Child");
        assert_eq!(Language::of("", &MetadataMap::new()).pick(&texts()), "Child");
        assert_eq!(Language::of("nl-BE", &metadata).tongue(), Tongue::Nl);
    }

    #[test]
    fn a_text_that_has_no_english_is_shown_as_it_is() {
        let texts = Texts::from([("pap".to_owned(), "Yiu".to_owned())]);
        assert_eq!(Language::tagged("nl").pick(&texts), "Yiu");
        assert_eq!(Language::tagged("nl").pick(&Texts::new()), "");
    }

    #[test]
    fn a_header_of_any_shape_does_no_harm() {
        for header in ["", ",,,;q=", "x", "nl;q=NaN", "en;q=2,nl;q=-1", "ünïcode"] {
            let _ = accepted(header);
        }
        assert_eq!(accepted("en;q=0.1,nl"), ["nl", "en"]);
    }
}
