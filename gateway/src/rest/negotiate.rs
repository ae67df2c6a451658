//! What the headers of a request ask for: the type of the answer, and what the type of the body is.

use http::{HeaderMap, header};

/// A range of a header with its weight in thousandths.
fn weighted(header: &str) -> Vec<(&str, u16)> {
    let range = |part: &str| -> Option<(usize, usize, u16)> {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        let weight = weight.map_or(Some(1.0), |text| text.trim().parse::<f32>().ok())?;
        let start = name.len() - name.trim_start().len();
        Some((start, name.trim_end().len(), (weight.clamp(0.0, 1.0) * 1000.0) as u16))
    };
    let ranges =
        header.split(',').filter_map(|part| range(part).map(|(from, to, weight)| (&part[from..to], weight)));
    ranges.filter(|(name, _)| !name.is_empty()).collect()
}

/// Whether the answer may be of this type, such as `application/json`. Without an `Accept` header it may.
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let mut said = headers.get_all(header::ACCEPT).iter().peekable();
    if said.peek().is_none() {
        return true;
    }
    let family = wanted.split('/').next().unwrap_or_default();
    let mut best: Option<(u8, u16)> = None;
    for value in said.filter_map(|value| value.to_str().ok()) {
        for (range, weight) in weighted(value) {
            let precision = match range.split_once('/') {
                _ if range.eq_ignore_ascii_case(wanted) => 3,
                Some((of, "*")) if of.eq_ignore_ascii_case(family) => 2,
                Some(("*", "*")) => 1,
                _ => continue,
            };
            if best.is_none_or(|(known, _)| precision > known) {
                best = Some((precision, weight));
            }
        }
    }
    best.is_some_and(|(_, weight)| weight > 0)
}

/// What is wrong with the type or encoding of the body; none where nothing is.
pub(super) fn body_fault(headers: &HeaderMap) -> Option<String> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING)
        && encoding != "identity"
    {
        return Some("the body is compressed; send it as it is, without Content-Encoding".to_owned());
    }
    let said = headers.get(header::CONTENT_TYPE)?;
    let said = said.to_str().unwrap_or("unreadable");
    let mut parts = said.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    (!json || !utf8)
        .then(|| "the body is read as JSON in UTF-8; send `Content-Type: application/json`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_most_precise_range_decides_about_the_answers_type() {
        let json = |accept: &str| accepts(&headers(header::ACCEPT, accept), "application/json");
        assert!(accepts(&HeaderMap::new(), "application/json"));
        for accept in [
            "*/*",
            "application/*",
            "text/html, application/json;q=0.1",
            "Application/JSON",
            "text/*, */*;q=0.5",
        ] {
            assert!(json(accept), "{accept}");
        }
        for accept in ["text/html", "application/json;q=0, */*", "application/xml", "text/event-stream"] {
            assert!(!json(accept), "{accept}");
        }
    }

    #[test]
    fn a_body_is_json_in_utf8_or_untyped() {
        let fault = |said: &str| body_fault(&headers(header::CONTENT_TYPE, said));
        assert_eq!(body_fault(&HeaderMap::new()), None);
        assert_eq!(fault("application/json"), None);
        assert_eq!(fault("application/json; charset=UTF-8"), None);
        for said in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""]
        {
            assert!(fault(said).is_some(), "{said}");
        }
        assert!(body_fault(&headers(header::CONTENT_ENCODING, "gzip")).is_some());
    }
}
