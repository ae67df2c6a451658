//! Dictionary and life-event files, published at run time.

use std::sync::Arc;

use gateway::registry::{Registry, RegistryError, RegistryOptions};

use crate::ministry::*;

#[tokio::test]
async fn a_life_event_is_published_at_run_time_and_taken_away_again() {
    let registry = Registry::open(store().await, quick()).await.unwrap();
    assert!(registry.snapshot().life_events().next().is_none());
    let (version, plans) = registry.publish_files(library_files(), "anna").await.unwrap();
    assert_eq!((version, plans.len()), (1, 1));
    assert!(plans[0].findings.join("\n").contains("`member`"), "{plans:?}");
    assert!(registry.snapshot().life_event(&"joining".parse().unwrap()).is_some());
    let again = registry.publish_files(library_files(), "anna").await.unwrap();
    assert_eq!(again.0, 1, "the same files again wrote a row");
    let gone = vec![("life-events/joining.yaml".to_owned(), String::new())];
    registry.publish_files(gone, "anna").await.unwrap();
    assert!(registry.snapshot().life_events().next().is_none());
}

#[tokio::test]
async fn what_was_never_there_is_not_taken_away_and_what_there_is_is_told() {
    let registry = registry(store().await, quick()).await;
    let before = registry.snapshot().version;
    for (path, says) in [
        ("life-events/wedding.yaml", "the life event `wedding` is not registered: there are joining;"),
        ("dictionary/nosuch.yaml", "the dictionary file `nosuch` is not registered: there are library"),
    ] {
        let refused =
            registry.publish_files(vec![(path.to_owned(), String::new())], "anna").await.unwrap_err();
        assert!(matches!(refused, RegistryError::NotFound { .. }), "{refused}");
        assert!(refused.to_string().contains(says), "{refused}");
    }
    assert_eq!(registry.snapshot().version, before);
}

#[tokio::test]
async fn files_that_are_wrong_are_refused_with_every_fault_and_change_nothing() {
    let registry = registry(store().await, quick()).await;
    let before = registry.snapshot();
    let joining = library_files()[1].1.clone();
    for (path, content, says) in [
        ("life-events/joining.yaml", joining.replace("[person.number]", "[person.nummer]"), "person.nummer"),
        ("life-events/joining.yaml", joining.replace("kind: person", "kind: human"), "human"),
        (
            "life-events/joining.yaml",
            joining.replace("has(person.library_card)", "size(person.card)"),
            "size",
        ),
        ("dictionary/more.yaml", "concepts: [{}]".to_owned(), "dictionary/more.yaml"),
        ("dictionary/more.yaml", library_files()[0].1.clone(), "declared twice"),
        ("more.yaml", "a".to_owned(), "no path"),
    ] {
        let refused = registry.publish_files(vec![(path.to_owned(), content)], "anna").await.expect_err(says);
        assert!(matches!(refused, RegistryError::Invalid(_)), "{says}: {refused}");
        assert!(refused.to_string().contains(says), "{refused} lacks {says}");
    }
    assert_eq!(registry.snapshot().version, before.version);
}

#[tokio::test]
async fn the_files_of_the_tree_are_there_from_the_first_start_and_once() {
    let store = store().await;
    let options = RegistryOptions { seeds: true, ..quick() };
    let first = Registry::open(Arc::clone(&store), options.clone()).await.unwrap();
    let version = first.snapshot().version;
    assert!(first.snapshot().life_event(&"birth".parse().unwrap()).is_some());
    let second = Registry::open(store, options).await.unwrap();
    assert_eq!(second.snapshot().version, version, "the seeds were published twice");
}

#[tokio::test]
async fn a_seed_that_somebody_changed_is_left_as_they_changed_it() {
    let store = store().await;
    let options = RegistryOptions { seeds: true, ..quick() };
    let first = Registry::open(Arc::clone(&store), options.clone()).await.unwrap();
    let gone = vec![("life-events/moving.yaml".to_owned(), String::new())];
    first.publish_files(gone, "anna").await.unwrap();
    let second = Registry::open(store, options).await.unwrap();
    assert!(
        second.snapshot().life_event(&"moving".parse().unwrap()).is_none(),
        "a restart undid a person's act"
    );
}
