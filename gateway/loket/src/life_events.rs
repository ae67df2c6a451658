//! `loket life-event`: what can be reported.

use proto::loket::portal::v1 as portal;

use crate::command::{Language, LifeEventAct, Place};
use crate::failure::Failure;
use crate::{files, output};

pub(crate) async fn run(place: &Place, act: LifeEventAct) -> Result<(), Failure> {
    match act {
        LifeEventAct::List(language) => list(place, language).await,
        LifeEventAct::Show { id, language } => show(place, id, language).await,
        LifeEventAct::Put { files } => files::put(place, files::LIFE_EVENTS, &files).await,
        LifeEventAct::Remove { id } => files::remove(place, files::LIFE_EVENTS, &id).await,
    }
}

async fn list(place: &Place, language: Language) -> Result<(), Failure> {
    let request = portal::ListLifeEventsRequest { language: language.language };
    let answer = place.life_events().await?.list_life_events(request).await?.into_inner();
    if place.json {
        return output::json("loket.portal.v1.ListLifeEventsResponse", &answer);
    }
    let rows: Vec<Vec<String>> = answer
        .life_events
        .into_iter()
        .map(|it| {
            let can = if it.plan.is_empty() { "no plan yet" } else { "can be reported" };
            vec![short(&it.name).to_owned(), it.title, can.to_owned()]
        })
        .collect();
    output::table(&["LIFE EVENT", "TITLE", "STATE"], &rows)
}

async fn show(place: &Place, id: String, language: Language) -> Result<(), Failure> {
    let life_event = get(place, &id, &language.language).await?;
    if place.json {
        return output::json("loket.portal.v1.LifeEvent", &life_event);
    }
    output::line(&format!("{} — {}\n", life_event.title, life_event.summary))?;
    for set in &life_event.identified_by {
        output::line(&format!("identified by {}", set.facts.join(" and ")))?;
    }
    let rows: Vec<Vec<String>> = life_event
        .questions
        .into_iter()
        .map(|it| {
            let per = if it.per_member { "each" } else { "" };
            let must = if it.optional { "" } else { "yes" };
            vec![it.fact, it.r#type, per.to_owned(), must.to_owned(), it.label]
        })
        .collect();
    output::table(&["FACT", "TYPE", "PER", "NEEDED", "QUESTION"], &rows)
}

/// The life event with its questions.
pub(crate) async fn get(place: &Place, id: &str, language: &str) -> Result<portal::LifeEvent, Failure> {
    let name = if id.starts_with("lifeEvents/") { id.to_owned() } else { format!("lifeEvents/{id}") };
    let request = portal::GetLifeEventRequest { name, language: language.to_owned() };
    Ok(place.life_events().await?.get_life_event(request).await?.into_inner())
}

/// The last part of a resource's name.
pub(crate) fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
