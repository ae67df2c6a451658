//! A plan as a picture, in the language of Graphviz.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::plan::{Because, Plan};

/// The plan as a directed graph: steps by agency, facts on the arrows. Dashed: a fact that can be gone without;
/// dotted: a condition or the law's order.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write(plan, &mut page);
    page
}

fn write(plan: &Plan, page: &mut String) -> fmt::Result {
    writeln!(page, "digraph \"{}\" {{", plan.life_event.id)?;
    writeln!(page, "  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];")?;
    writeln!(page, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    let mut agencies: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, step) in plan.steps.iter().enumerate() {
        agencies.entry(step.service.id.agency().to_string()).or_default().push(index);
    }
    for (agency, steps) in agencies {
        writeln!(page, "  subgraph \"cluster_{agency}\" {{\n    label=\"{agency}\";")?;
        for index in steps {
            let step = &plan.steps[index];
            let name = step.service.id.as_str().split('/').nth(1).unwrap_or_default();
            let per = step.per.as_ref().map(|role| format!("\\nper {role}")).unwrap_or_default();
            let border = if step.essential { "" } else { ", color=gray50" };
            writeln!(page, "    s{index} [label=\"{name}{per}\"{border}];")?;
        }
        writeln!(page, "  }}")?;
    }
    write_waits(plan, page)?;
    writeln!(page, "}}")
}

fn write_waits(plan: &Plan, page: &mut String) -> fmt::Result {
    for (index, step) in plan.steps.iter().enumerate() {
        // One arrow for each pair and manner, with all facts that go that way.
        let mut arrows: BTreeMap<(usize, &str), Vec<String>> = BTreeMap::new();
        for wait in &step.waits_for {
            let (style, label) = match &wait.because {
                Because::Needs(fact) => ("solid", fact.to_string()),
                Because::CanUse(fact) => ("dashed", fact.to_string()),
                Because::Condition(fact) => ("dotted", format!("{fact}?")),
                Because::Law => ("dotted", "law".to_owned()),
                Because::GivesFirst(fact) => ("dotted", format!("first for {fact}")),
            };
            arrows.entry((wait.step, style)).or_default().push(label);
        }
        for ((from, style), labels) in arrows {
            writeln!(page, "  s{from} -> s{index} [style={style}, label=\"{}\"];", labels.join("\\n"))?;
        }
    }
    Ok(())
}
