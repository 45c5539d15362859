//! Files whose pages are sound, but whose records are not what was written: records changed, moved, lost or put back with redb itself.

mod disks;

use disks::{refusal, tell, Dir, Model, LINEAGE};
use redb::{Database, ReadableTable, TableDefinition};
use shardmap_core::{store, Code};
use std::{fs, path::Path};
use xxhash_rust::xxh3::{xxh3_128_with_seed, xxh3_64_with_seed};

type Bytes = &'static [u8];
type Rows<'a> = redb::Table<'a, Bytes, Bytes>;

type Forgery = Box<dyn FnOnce(&mut Vec<(Vec<u8>, Vec<u8>)>)>;

const HISTORY: u64 = 4;

/// What is done to the rows of a table, or to the head, and how.
type Tampering = (&'static str, fn(&mut Rows<'_>));
type Beheading = (&'static str, fn(&mut Vec<u8>));

fn written(path: &Path) -> Model {
    let mut model = Model::new();
    let (mut store, _) = store::open(path, HISTORY).unwrap();
    for _ in 0..9 {
        store.append(LINEAGE, &[model.some_commit()], true).unwrap();
    }
    model
}

fn tamper(path: &Path, table: &str, change: impl FnOnce(&mut Rows<'_>)) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&mut transaction.open_table(TableDefinition::new(table)).unwrap());
    transaction.commit().unwrap();
}

fn all(rows: &Rows<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows.iter().unwrap().map(|row| row.unwrap()).map(|(key, row)| (key.value().to_vec(), row.value().to_vec())).collect()
}

fn put(rows: &mut Rows<'_>, key: &[u8], row: &[u8]) {
    rows.insert(key, row).unwrap();
}

fn is_refused(path: &Path, what: &str) {
    let before = fs::read(path).unwrap();
    let error = refusal(store::open(path, HISTORY));
    assert_eq!(error.code(), Code::Corrupt, "{what}: {error}");
    assert!(fs::read(path).unwrap() == before, "{what}: changed");
}

#[test]
fn records_that_were_changed_moved_lost_or_added_are_refused() {
    let changes: [Tampering; 6] = [
        ("changed", |rows| {
            let (key, mut row) = all(rows).pop().unwrap();
            row[2] ^= 1;
            put(rows, &key, &row);
        }),
        ("cut short", |rows| {
            let (key, row) = all(rows).pop().unwrap();
            put(rows, &key, &row[..row.len().min(9)]);
        }),
        ("exchanged", |rows| {
            let (one, other) = (all(rows)[0].clone(), all(rows)[1].clone());
            put(rows, &one.0, &other.1);
            put(rows, &other.0, &one.1);
        }),
        ("lost", |rows| {
            rows.remove(&*all(rows)[0].0).unwrap();
        }),
        ("lost at the end", |rows| {
            rows.remove(&*all(rows).pop().unwrap().0).unwrap();
        }),
        ("added", |rows| {
            let (mut key, row) = all(rows).pop().unwrap();
            key.push(1);
            put(rows, &key, &row);
        }),
    ];
    let dir = Dir::new();
    let path = dir.file("map");
    written(&path);
    let bytes = fs::read(&path).unwrap();
    for table in ["entries", "log", "tx"] {
        for (what, change) in changes {
            fs::write(&path, &bytes).unwrap();
            tamper(&path, table, change);
            is_refused(&path, &format!("{table}: {what}"));
        }
    }
    fs::write(&path, &bytes).unwrap();
    tamper(&path, "other", |_| {});
    store::open(&path, HISTORY).expect("a table more does no harm");
}

/// Changes a table's rows, of which the first kept nothing of the second, and makes all checksums fit again.
fn forge(path: &Path, table: usize, change: impl FnOnce(&mut Vec<(Vec<u8>, Vec<u8>)>)) {
    let sum = |key: &[u8], body: &[u8]| xxh3_128_with_seed(body, xxh3_64_with_seed(key, table as u64 + 1));
    let mut tally = (0_u64, 0_u128);
    tamper(path, ["entries", "log", "tx"][table], |rows| {
        let mut bodies: Vec<_> = all(rows).into_iter().map(|(key, row)| (key, row[..row.len() - 16].to_vec())).collect();
        bodies.iter().for_each(|(key, _)| drop(rows.remove(&**key).unwrap()));
        change(&mut bodies);
        for (key, body) in bodies {
            let sum = sum(&key, &body);
            tally = (tally.0 + 1, tally.1.wrapping_add(sum));
            put(rows, &key, &[&body[..], &sum.to_le_bytes()].concat());
        }
    });
    behead(path, |head| {
        let at = 44 + 24 * table;
        head[at..at + 8].copy_from_slice(&tally.0.to_le_bytes());
        head[at + 8..at + 24].copy_from_slice(&tally.1.to_le_bytes());
    });
}

/// Checksums are no signature: what nobody can have written is refused under right ones too.
#[test]
fn forged_records_that_no_map_can_have_written_are_refused() {
    let number = |bytes: &[u8]| [&[11][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let forgeries: [(&str, usize, Forgery); 6] = [
        ("as it was", 0, Box::new(|_| {})),
        ("a key that none is", 0, Box::new(|rows| rows[0].0 = b"no key".to_vec())),
        ("a big integer with a zero before it", 0, Box::new(move |rows| rows[0].1 = [&[8][..], &number(&[0, 1, 0])[1..]].concat())),
        (
            "a key twice in a commit",
            1,
            Box::new(|rows| {
                let at = rows.iter().rposition(|(key, _)| key.ends_with(&[0; 4])).unwrap();
                let doubled = rows[at + 1].1.repeat(2);
                rows[at + 1].1 = doubled;
                let changes = u64::from_le_bytes(rows[at].1[16..24].try_into().unwrap());
                rows[at].1[16..24].copy_from_slice(&(2 * changes).to_le_bytes());
            }),
        ),
        ("a key that none is in a commit", 1, Box::new(|rows| rows.last_mut().unwrap().1[4] = 0x7F)),
        ("a transaction to come", 2, Box::new(|rows| rows[0].1[0] = 200)),
    ];
    let dir = Dir::new();
    let path = dir.file("map");
    let model = written(&path);
    let bytes = fs::read(&path).unwrap();
    for (what, table, change) in forgeries {
        fs::write(&path, &bytes).unwrap();
        forge(&path, table, change);
        match what {
            "as it was" => assert_eq!(tell(&store::open(&path, HISTORY).unwrap().1), model.told(9, HISTORY)),
            what => is_refused(&path, what),
        }
    }
    for (what, at) in [("a version that no number can tell", 28), ("more transactions than versions", 116)] {
        fs::write(&path, &bytes).unwrap();
        behead(&path, |head| head[at + 7] = 1);
        is_refused(&path, what);
    }
}

#[test]
fn a_record_of_an_earlier_version_is_refused() {
    let dir = Dir::new();
    let path = dir.file("map");
    let mut model = written(&path);
    let mut old = vec![];
    tamper(&path, "entries", |rows| old = all(rows));
    let (mut store, _) = store::open(&path, HISTORY).unwrap();
    store.append(LINEAGE, &[model.some_commit()], true).unwrap();
    drop(store);
    tamper(&path, "entries", |rows| {
        let now = all(rows);
        let (key, row) = old.iter().find(|(key, row)| now.iter().any(|(other, new)| key == other && row != new)).unwrap();
        put(rows, key, row);
    });
    is_refused(&path, "an old record");
}

/// Changes the head and makes its checksum fit again.
fn behead(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    tamper(path, "head", |rows| {
        let (key, mut row) = all(rows).remove(0);
        row.truncate(row.len() - 16);
        change(&mut row);
        let sum = xxh3_128_with_seed(&row, xxh3_64_with_seed(&key, 4));
        row.extend_from_slice(&sum.to_le_bytes());
        put(rows, &key, &row);
    });
}

#[test]
fn newer_and_other_heads_are_refused() {
    let dir = Dir::new();
    let path = dir.file("map");
    let model = written(&path);
    let bytes = fs::read(&path).unwrap();
    behead(&path, |_| {});
    assert_eq!(tell(&store::open(&path, HISTORY).unwrap().1), model.told(9, HISTORY), "only the change is refused");
    let changes: [Beheading; 6] = [
        ("newer", |head| head[8] = 2),
        ("foreign", |head| head[0] = b'S'),
        ("longer", |head| head.push(0)),
        ("shorter", |head| {
            head.pop();
        }),
        ("another version", |head| head[28] += 1),
        ("another number of entries", |head| head[44] += 1),
    ];
    for (what, change) in changes {
        fs::write(&path, &bytes).unwrap();
        behead(&path, change);
        is_refused(&path, what);
    }
    fs::write(&path, &bytes).unwrap();
    behead(&path, |head| head[8] = 2);
    assert!(refusal(store::open(&path, HISTORY)).message().contains("it has format 2, this shardmap reads format 1"));
    fs::write(&path, &bytes).unwrap();
    tamper(&path, "head", |rows| {
        rows.remove(&b"head"[..]).unwrap();
    });
    is_refused(&path, "no head");
    fs::remove_file(&path).unwrap();
    drop(Database::create(&path).unwrap());
    is_refused(&path, "a redb file of somebody else");
}
