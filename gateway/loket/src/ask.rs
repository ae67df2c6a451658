//! Asking on the terminal.

use std::io::{BufRead, IsTerminal, Write};

use proto::loket::portal::v1 as portal;

use crate::failure::Failure;
use crate::report::Set;

/// Whether there is somebody to ask.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks what a plan needs for a report and was not set yet.
pub(crate) fn for_report(
    life_event: &portal::LifeEvent,
    questions: &[portal::Question],
    set: &mut Vec<Set>,
) -> Result<(), Failure> {
    for question in questions.iter().filter(|it| !it.per_member) {
        if !set.iter().any(|it| it.fact == question.fact) {
            answer(question, None, set)?;
        }
    }
    for role in life_event.roles.iter().filter(|role| role.group) {
        let of_role: Vec<&portal::Question> = questions
            .iter()
            .filter(|it| it.per_member && it.fact.split('.').next() == Some(role.id.as_str()))
            .collect();
        if of_role.is_empty() || set.iter().any(|it| it.fact.starts_with(&format!("{}.", role.id))) {
            continue;
        }
        let many = prompt(&format!("How many: {}? ", role.title))?;
        let many: u16 = many.trim().parse().map_err(|_| Failure::usage(format!("`{many}` is no number")))?;
        for place in 1..=many {
            for question in &of_role {
                answer(question, Some(format!("{place}")), set)?;
            }
        }
    }
    Ok(())
}

/// Asks the questions of a case.
pub(crate) fn for_case(questions: &[portal::Question]) -> Result<Vec<Set>, Failure> {
    let mut set = Vec::new();
    for question in questions {
        let member = (!question.member.is_empty()).then(|| question.member.clone());
        answer(question, member, &mut set)?;
    }
    Ok(set)
}

/// Asks one question until it is answered or, where it may be, left open.
fn answer(question: &portal::Question, member: Option<String>, set: &mut Vec<Set>) -> Result<(), Failure> {
    let whose = member.as_ref().map(|it| format!(" [{it}]")).unwrap_or_default();
    let mut text = format!("{}{whose}", question.label);
    if !question.help.is_empty() {
        text.push_str(&format!("\n  {}", question.help));
    }
    for option in &question.options {
        text.push_str(&format!("\n    {}  {}", option.code, option.label));
    }
    text.push_str(if question.optional { "\n  (enter to leave open) > " } else { "\n  > " });
    loop {
        let typed = prompt(&text)?.trim().to_owned();
        match (typed.is_empty(), question.optional) {
            (true, true) => return Ok(()),
            (true, false) => {}
            (false, _) => {
                set.push(Set { fact: question.fact.clone(), member, value: typed });
                return Ok(());
            }
        }
    }
}

/// One line from the terminal. The question goes to standard error: standard output is for the answer of the command.
fn prompt(text: &str) -> Result<String, Failure> {
    let gone = |error: std::io::Error| Failure::other(format!("the terminal is gone: {error}"));
    let mut out = std::io::stderr();
    out.write_all(text.as_bytes()).map_err(gone)?;
    out.flush().map_err(gone)?;
    let mut typed = String::new();
    if std::io::stdin().lock().read_line(&mut typed).map_err(gone)? == 0 {
        return Err(Failure::other("the questions were not answered: end of input"));
    }
    Ok(typed)
}
