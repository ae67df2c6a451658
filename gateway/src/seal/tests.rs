use std::fs;
use std::os::unix::fs::PermissionsExt;

use casestore::memory::Memory;

use super::*;

fn store() -> Arc<dyn CaseStore> {
    Arc::new(Memory::new())
}

async fn refused(dir: &Path, store: &Arc<dyn CaseStore>) -> String {
    Keyring::open(dir, store.clone()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn the_first_start_makes_a_key_that_nobody_else_may_read_and_the_next_finds_it() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    let first = Keyring::open(dir.path(), store.clone()).await.unwrap();
    let path = dir.path().join("master.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read(&path).unwrap().len(), 32);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something was left beside the key");
    let second = Keyring::open(dir.path(), store).await.unwrap();
    assert_eq!(first.hash("x", b"y"), second.hash("x", b"y"));
    let sealed = first.seal("draft", b"7", b"text");
    assert_eq!(second.unseal("draft", b"7", &sealed).unwrap(), b"text");
    assert!(second.unseal("note", b"7", &sealed).is_err());
    assert!(second.unseal("draft", b"8", &sealed).is_err());
}

#[tokio::test]
async fn a_lost_key_is_told_apart_from_a_first_start_and_mended_by_putting_the_file_back() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    let before = Keyring::open(dir.path(), store.clone()).await.unwrap().hash("a", b"b");
    let (path, backup) = (dir.path().join("master.key"), dir.path().join("backup"));
    fs::rename(&path, &backup).unwrap();
    let told = refused(dir.path(), &store).await;
    assert!(told.contains("there is no master key at") && told.contains("backup"), "{told}");
    assert!(!path.exists(), "a new key was made over a lost one");
    fs::rename(&backup, &path).unwrap();
    assert_eq!(Keyring::open(dir.path(), store).await.unwrap().hash("a", b"b"), before);
}

#[tokio::test]
async fn the_key_of_another_store_is_refused_with_both_ids() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stores = [store(), store()];
    Keyring::open(one.path(), stores[0].clone()).await.unwrap();
    Keyring::open(other.path(), stores[1].clone()).await.unwrap();
    fs::copy(other.path().join("master.key"), one.path().join("master.key")).unwrap();
    let told = refused(one.path(), &stores[0]).await;
    assert!(told.contains("put that key back from your backup"), "{told}");
}

#[tokio::test]
async fn a_key_that_others_may_read_or_of_a_wrong_size_is_refused() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    Keyring::open(dir.path(), store.clone()).await.unwrap();
    let path = dir.path().join("master.key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let told = refused(dir.path(), &store).await;
    assert!(told.contains("mode 640") && told.contains("chmod 600"), "{told}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for size in [0, 31, 33, 4096] {
        fs::write(&path, vec![1; size]).unwrap();
        let told = refused(dir.path(), &store).await;
        assert!(told.contains(&format!("has {size} bytes")), "{told}");
    }
}

#[tokio::test]
async fn a_new_master_key_takes_over_and_the_old_one_still_opens_what_it_wrapped() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    let first = Keyring::open(dir.path(), store.clone()).await.unwrap();
    let case = casestore::CaseId::new(Partition::new(5).unwrap(), [1; 15]);
    let content = [(0, b"body".to_vec())];
    let (row, _) = CaseKeys::default().seal_row(&first, case, 0, &content);
    fs::rename(dir.path().join("master.key"), dir.path().join("master-2026.key")).unwrap();
    let second = Keyring::open(dir.path(), store.clone()).await.unwrap();
    assert_ne!(first.masters.current, second.masters.current);
    assert_eq!(first.hash("a", b"b"), second.hash("a", b"b"), "keyed hashes must outlive a master key");
    assert_eq!(CaseKeys::default().open_row(&second, case, 0, &row).unwrap(), content);
    // The root secret is wrapped anew: the old key is needed for old cases alone.
    fs::remove_file(dir.path().join("master-2026.key")).unwrap();
    let third = Keyring::open(dir.path(), store).await.unwrap();
    let told = CaseKeys::default().open_row(&third, case, 0, &row).unwrap_err().to_string();
    assert!(told.contains(&format!("master-{}.key", first.masters.current)), "{told}");
}

#[tokio::test]
async fn gateways_that_start_at_the_same_moment_on_one_directory_share_one_key() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    let open = || Keyring::open(dir.path(), store.clone());
    let (one, other, third) = tokio::join!(open(), open(), open());
    let hash = one.unwrap().hash("a", b"b");
    assert_eq!((other.unwrap().hash("a", b"b"), third.unwrap().hash("a", b"b")), (hash, hash));
}

#[tokio::test]
async fn a_gateway_elsewhere_that_comes_second_to_a_fresh_store_makes_no_key_of_its_own() {
    let (here, there, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), store());
    Keyring::open(here.path(), store.clone()).await.unwrap();
    let told = refused(there.path(), &store).await;
    assert!(told.contains("there is no master key at"), "{told}");
    assert_eq!(fs::read_dir(there.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_damaged_document_is_no_key_of_another_store() {
    let (dir, store) = (tempfile::tempdir().unwrap(), store());
    Keyring::open(dir.path(), store.clone()).await.unwrap();
    let kept = store.document(root_key()).await.unwrap().unwrap();
    let mut damaged = kept.content.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    store.write_document(root_key(), Some(kept.version), damaged.into(), None).await.unwrap();
    assert!(refused(dir.path(), &store).await.contains("it was damaged"));
}

#[test]
fn pieces_of_one_sort_can_be_made_of_one_length() {
    let keyring = Keyring::for_test();
    let (short, long) =
        (keyring.seal_sized("x", b"", b"a", 100), keyring.seal_sized("x", b"", &[7; 100], 100));
    assert_eq!(short.len(), long.len());
    assert_eq!(keyring.unseal("x", b"", &long).unwrap(), [7; 100]);
}
