//! Path templates of `google.api.http`: `/v1/{name=cases/*}:watch`, `/v1/{draft.name=drafts/*}`, `/v1/files/{path=**}`.

/// Why a template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path template `{template}` {fault}")]
pub struct TemplateError {
    template: String,
    fault: &'static str,
}

/// One segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// This text.
    Literal(String),
    /// Any one segment: `*`.
    One,
    /// All that are left, at least none: `**`.
    Rest,
}

/// A field that takes a part of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// The field, from the request down.
    pub field: Vec<String>,
    /// Its first segment.
    pub start: usize,
    /// After its last segment.
    pub end: usize,
}

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub segments: Vec<Segment>,
    pub variables: Vec<Variable>,
    /// The custom verb after the colon.
    pub verb: Option<String>,
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let fail = |fault| TemplateError { template: text.to_owned(), fault };
        let rest = text.strip_prefix('/').ok_or_else(|| fail("does not begin with a slash"))?;
        let (path, verb) = split_verb(rest);
        let mut parsed = Self { segments: Vec::new(), variables: Vec::new(), verb };
        for part in split_outside_braces(path).ok_or_else(|| fail("has braces that do not match"))? {
            parsed.part(part).map_err(fail)?;
        }
        let rests = parsed.segments.iter().filter(|segment| **segment == Segment::Rest).count();
        if rests > 1 || (rests == 1 && parsed.segments.last() != Some(&Segment::Rest)) {
            return Err(fail("has `**` elsewhere than at its end"));
        }
        Ok(parsed)
    }

    fn part(&mut self, part: &str) -> Result<(), &'static str> {
        let Some(inner) = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            self.segments.push(segment(part)?);
            return Ok(());
        };
        let (field, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
        let start = self.segments.len();
        for text in pattern.split('/') {
            self.segments.push(segment(text)?);
        }
        let field: Vec<String> = field.split('.').map(str::to_owned).collect();
        if field.iter().any(String::is_empty) {
            return Err("has a variable without a name");
        }
        self.variables.push(Variable { field, start, end: self.segments.len() });
        Ok(())
    }

    /// How many of its segments are open: the fewer, the more the template says.
    pub(super) fn open_segments(&self) -> usize {
        self.segments.iter().filter(|segment| !matches!(segment, Segment::Literal(_))).count()
    }

    /// The variables' values if the path fits. The path is as it came, percent-encoded.
    pub(super) fn fit(&self, path: &str) -> Option<Vec<String>> {
        let mut parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let last = parts.last_mut()?;
        match &self.verb {
            Some(verb) => *last = last.strip_suffix(verb.as_str())?.strip_suffix(':')?,
            // A colon in the last segment is a verb, and this template has none.
            None if last.contains(':') => return None,
            None => {}
        }
        let open_end = self.segments.last() == Some(&Segment::Rest);
        let fixed = self.segments.len() - usize::from(open_end);
        if parts.len() < fixed || (!open_end && parts.len() != fixed) {
            return None;
        }
        let fits = self.segments.iter().zip(&parts).all(|(segment, part)| match segment {
            Segment::Literal(literal) => literal == part,
            Segment::One => !part.is_empty(),
            Segment::Rest => true,
        });
        fits.then(|| self.variables.iter().map(|variable| variable.value(&parts, open_end, self)).collect())
    }
}

impl Variable {
    fn value(&self, parts: &[&str], open_end: bool, template: &Template) -> String {
        let takes_rest = open_end && self.end == template.segments.len();
        let end = if takes_rest { parts.len() } else { self.end };
        let taken = &parts[self.start.min(end)..end];
        // In a value of one segment an encoded slash is a character; in one of several it must stay encoded.
        let whole = taken.len() == 1 && !takes_rest;
        taken.iter().map(|part| decode(part, whole)).collect::<Vec<_>>().join("/")
    }
}

fn segment(text: &str) -> Result<Segment, &'static str> {
    match text {
        "" => Err("has an empty segment"),
        "*" => Ok(Segment::One),
        "**" => Ok(Segment::Rest),
        _ if text.contains(['{', '}', '*']) => Err("has a segment that mixes text and pattern"),
        _ => Ok(Segment::Literal(text.to_owned())),
    }
}

fn split_verb(path: &str) -> (&str, Option<String>) {
    let after_braces = path.rfind('}').map_or(0, |at| at + 1);
    match path[after_braces..].rfind(':') {
        Some(at) => (&path[..after_braces + at], Some(path[after_braces + at + 1..].to_owned())),
        None => (path, None),
    }
}

/// Splits at slashes that are not inside braces; none where braces do not match.
fn split_outside_braces(path: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut inside) = (Vec::new(), 0, false);
    for (at, character) in path.char_indices() {
        match character {
            '{' if inside => return None,
            '}' if !inside => return None,
            '{' => inside = true,
            '}' => inside = false,
            '/' if !inside => {
                parts.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&path[start..]);
    (!inside).then_some(parts)
}

/// Whether every `%` begins an escape and all escapes together are UTF-8.
pub(super) fn well_encoded(path: &str) -> bool {
    percent_decode(path).is_some_and(|bytes| String::from_utf8(bytes).is_ok())
}

/// Decodes a segment that is [`well_encoded`]; an encoded slash only where it is wanted.
fn decode(part: &str, slashes: bool) -> String {
    let kept = if slashes { part.to_owned() } else { part.replace("%2F", "%252F").replace("%2f", "%252f") };
    percent_decode(&kept).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(kept)
}

/// The bytes of a percent-encoded text; none where an escape is broken.
pub(super) fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = (bytes.next()? as char).to_digit(16)?;
            let low = (bytes.next()? as char).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(template: &str, path: &str) -> Option<Vec<String>> {
        Template::parse(template).unwrap().fit(path)
    }

    fn values(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn a_variable_takes_the_segments_of_its_pattern() {
        assert_eq!(fit("/v1/{name=cases/*}", "/v1/cases/abc"), values(&["cases/abc"]));
        assert_eq!(
            fit("/v1/{name=lifeEvents/*/plan}", "/v1/lifeEvents/birth/plan"),
            values(&["lifeEvents/birth/plan"])
        );
        assert_eq!(fit("/v1/{parent=cases/*}/accesses", "/v1/cases/abc/accesses"), values(&["cases/abc"]));
        assert_eq!(fit("/v1/{draft.name=drafts/*}", "/v1/drafts/d1"), values(&["drafts/d1"]));
        assert_eq!(fit("/v1/a/{x}/b/{y}", "/v1/a/1/b/2"), values(&["1", "2"]));
        assert_eq!(fit("/v1/files/{path=**}", "/v1/files/a/b/c"), values(&["a/b/c"]));
        assert_eq!(fit("/v1/files/{path=**}", "/v1/files"), values(&[""]));
    }

    #[test]
    fn a_verb_belongs_to_the_template_that_has_it() {
        assert_eq!(fit("/v1/{name=cases/*}:watch", "/v1/cases/abc:watch"), values(&["cases/abc"]));
        assert_eq!(fit("/v1/{name=cases/*}:watch", "/v1/cases/abc"), None);
        assert_eq!(fit("/v1/{name=cases/*}", "/v1/cases/abc:watch"), None);
        assert_eq!(fit("/v1/cases:preview", "/v1/cases:preview"), values(&[]));
        assert_eq!(fit("/v1/cases", "/v1/cases:preview"), None);
    }

    #[test]
    fn what_does_not_fit_does_not_fit() {
        for path in ["/v1/cases", "/v1/cases/", "/v1/cases/a/b", "/v2/cases/a", "v1/cases/a", "/", ""] {
            assert_eq!(fit("/v1/{name=cases/*}", path), None, "{path}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_a_slash_stays_one_segment() {
        assert_eq!(fit("/v1/{x}", "/v1/a%20b%2Fc%3A"), values(&["a b/c:"]));
        assert_eq!(fit("/v1/{name=cases/*}", "/v1/cases/a%2Fb"), values(&["cases/a%2Fb"]));
        assert!(well_encoded("/v1/%C3%A9"));
        for broken in ["/%", "/%4", "/%zz", "/%ff"] {
            assert!(!well_encoded(broken), "{broken}");
        }
    }

    #[test]
    fn a_broken_template_is_refused_with_the_fault() {
        for (template, fault) in [
            ("v1/cases", "slash"),
            ("/v1//cases", "empty segment"),
            ("/v1/{name", "braces"),
            ("/v1/{a={b}}", "braces"),
            ("/v1/{=x}", "without a name"),
            ("/v1/a*", "mixes"),
            ("/v1/{x=**}/y", "`**` elsewhere"),
        ] {
            let error = Template::parse(template).unwrap_err().to_string();
            assert!(error.contains(fault), "{template}: {error}");
        }
    }
}
