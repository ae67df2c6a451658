//! JSON as it came: in order, with duplicates, numbers as they were written. The reader decides what it means.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// A number without a fraction.
    Whole(i128),
    /// A number with a fraction or an exponent, or beyond 64 bits.
    Fraction(f64),
    Text(String),
    List(Vec<Self>),
    /// In order, duplicates included.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads JSON of at most so many levels. The error names line and column, never what stands there.
    pub(super) fn parse(bytes: &[u8], max_depth: usize) -> Result<Self, String> {
        let mut from = serde_json::Deserializer::from_slice(bytes);
        let parsed = Level { left: max_depth, max: max_depth }
            .deserialize(&mut from)
            .and_then(|json| from.end().map(|()| json));
        parsed.map_err(|error| error.to_string())
    }

    /// What kind of value it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Whole(_) | Self::Fraction(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// As serde's value, for what others read. The last of duplicates counts; they are refused before.
    pub(super) fn to_value(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(yes) => (*yes).into(),
            Self::Whole(number) => {
                i64::try_from(*number).map_or_else(|_| (*number as f64).into(), Into::into)
            }
            Self::Fraction(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_value).collect::<Vec<_>>().into(),
            Self::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| (key.clone(), value.to_value()));
                serde_json::Value::Object(pairs.collect())
            }
        }
    }
}

/// One level of nesting.
#[derive(Clone, Copy)]
struct Level {
    left: usize,
    max: usize,
}

impl Level {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, max: self.max }),
            None => Err(E::custom(format_args!("more than {} levels of nesting", self.max))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Json, E> {
        Ok(Json::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Fraction(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let level = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(level)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let level = self.deeper()?;
        let mut pairs = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            pairs.push((key, entries.next_value_seed(level)?));
        }
        Ok(Json::Object(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Json, String> {
        Json::parse(text.as_bytes(), 4)
    }

    #[test]
    fn duplicates_and_order_are_kept_and_numbers_told_apart() {
        let json = parse(r#"{"b": 1, "a": 2.5, "b": null, "n": -3, "big": 18446744073709551615}"#).unwrap();
        let Json::Object(pairs) = json else { panic!("not an object") };
        let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "a", "b", "n", "big"]);
        assert_eq!(pairs[1].1, Json::Fraction(2.5));
        assert_eq!(pairs[3].1, Json::Whole(-3));
        assert_eq!(pairs[4].1, Json::Whole(18_446_744_073_709_551_615));
    }

    #[test]
    fn deep_nesting_is_refused_with_the_limit() {
        assert!(parse("[[[[1]]]]").is_ok());
        let error = parse("[[[[[1]]]]]").unwrap_err();
        assert!(error.contains("more than 4 levels"), "{error}");
        let error = Json::parse("[".repeat(100_000).as_bytes(), 64).unwrap_err();
        assert!(error.contains("levels") || error.contains("recursion"), "{error}");
    }

    #[test]
    fn broken_json_names_line_and_column_and_no_content() {
        for text in ["", "{", r#"{"a": Lotte}"#, "{} {}", "{\"a\":\u{1}}", "01"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("line 1 column"), "{text}: {error}");
            assert!(!error.contains("Lotte"), "{error}");
        }
        assert!(Json::parse(b"\"\xff\xfe\"", 4).unwrap_err().contains("line 1"));
    }
}
