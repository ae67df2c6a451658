//! How faults show what was sent: shortened, and without control characters.

/// What was sent, fit to be shown.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if text.chars().count() > MOST {
        shown.push('…');
    }
    shown
}

/// The first few of what there is.
pub(crate) fn some_of(all: &[String]) -> String {
    const MOST: usize = 8;
    let first = all.iter().take(MOST).map(|one| format!("`{}`", shown(one))).collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => "none".to_owned(),
        n if n > MOST => format!("{first} and {} more", n - MOST),
        _ => first,
    }
}
