use super::*;
use crate::{
    cache::{
        entry::{Rare, NEVER},
        Tag,
    },
    error::Code,
    key::{Key, KeyBuf},
    value::{Kind, Value},
};

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Disk for Bytes {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let from = self.0.get(offset as usize..).and_then(|from| from.get(..out.len()));
        out.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn row(number: u64) -> Row {
    let mut key = KeyBuf::new();
    key.number(number as f64);
    let rare = Rare {
        ttl: Some(number).filter(|ttl| ttl % 3 == 1),
        grace: number % 2,
        tags: (0..number % 3).map(|tag| Tag::from(format!("tag {tag}"))).collect(),
    };
    let is_rare = rare.ttl.is_some() || rare.grace > 0 || !rare.tags.is_empty();
    Row {
        key: Key::new(key.finish().unwrap().bytes),
        value: Value::payload(Kind::Bytes, &vec![number as u8; number as usize % 50]).unwrap(),
        left: if number.is_multiple_of(4) { NEVER } else { number + 1 },
        rare: is_rare.then(|| Box::new(rare)),
    }
}

fn rows(from: u64, to: u64) -> Vec<Row> {
    (from..to).map(row).collect()
}

fn told(row: &Row) -> String {
    let rare = row.rare.as_ref().map(|rare| (rare.ttl, rare.grace, &rare.tags));
    format!("{:?} {:?} {} {rare:?}", row.key, row.value, row.left)
}

fn file(sections: &[Vec<Row>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, 7).unwrap();
    sections.iter().for_each(|rows| writer.section(rows).unwrap());
    assert_eq!(writer.end().unwrap(), sections.iter().map(|rows| rows.len() as u64).sum::<u64>());
    bytes
}

fn verify(bytes: Vec<u8>) -> Result<Vec<Section>> {
    Dumped::open(Box::new(Bytes(bytes)))?.verify(|_, _| ())
}

fn is_refused(bytes: Vec<u8>, what: &str) {
    let error = verify(bytes).err().unwrap_or_else(|| panic!("{what}: taken for a dump"));
    assert_eq!(error.code(), Code::Corrupt, "{what}: {error}");
}

#[test]
fn rows_come_back_in_their_sections_and_order_however_many_blocks_they_take() {
    let sections = [rows(0, 9), vec![], rows(9, 20_009), rows(20_009, 20_010)];
    let bytes = file(&sections);
    assert!(bytes.len() > 3 * BLOCK);
    let dumped = Dumped::open(Box::new(Bytes(bytes))).unwrap();
    assert_eq!(dumped.at, 7);
    let mut seen = Vec::new();
    let found = dumped.verify(|section, row| seen.push((section, told(&row)))).unwrap();
    let expected = [&sections[0], &sections[2], &sections[3]];
    assert_eq!(
        seen,
        expected.iter().enumerate().flat_map(|(section, rows)| rows.iter().map(move |row| (section, told(row)))).collect::<Vec<_>>()
    );
    for (section, rows) in found.iter().zip(expected) {
        let mut again = dumped.rows(section);
        rows.iter().for_each(|row| assert_eq!(told(&again.next().unwrap().unwrap()), told(row)));
        assert!(again.next().unwrap().is_none());
    }
}

#[test]
fn a_file_with_a_changed_byte_is_refused_whichever_it_is() {
    let sound = file(&[rows(0, 7), rows(7, 9)]);
    for at in 0..sound.len() {
        for flip in [1, 0x80, 0xFF] {
            let mut bytes = sound.clone();
            bytes[at] ^= flip;
            is_refused(bytes, &format!("byte {at} ^ {flip}"));
        }
    }
}

#[test]
fn a_file_cut_at_any_length_or_with_something_behind_it_is_refused() {
    let sound = file(&[rows(0, 7), rows(7, 9)]);
    (0..sound.len()).for_each(|len| is_refused(sound[..len].to_vec(), &format!("cut at {len}")));
    is_refused([&sound[..], &[0]].concat(), "one byte more");
    is_refused([&sound[..], &sound[..]].concat(), "twice");
}

/// Where the blocks of a file begin; the last is its end.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![HEAD + SUM];
    while let Some(head) = starts.last().and_then(|&start| bytes.get(start..start + BLOCK_HEAD)) {
        let len = u64::from_le_bytes(head[8..].try_into().unwrap()) as usize;
        starts.push(starts.last().unwrap() + BLOCK_HEAD + len + SUM);
    }
    assert_eq!(starts.pop(), Some(bytes.len()));
    starts
}

#[test]
fn a_block_that_is_missing_moved_doubled_or_of_another_file_is_refused() {
    let one = |from| file(&[rows(from, from + 3), rows(from + 3, from + 6), rows(from + 6, from + 9)]);
    let (sound, other) = (one(0), one(100));
    let starts = starts(&sound);
    let block = |bytes: &[u8], number: usize| bytes[starts[number]..starts[number + 1]].to_vec();
    let with = |blocks: &[Vec<u8>]| [&sound[..starts[0]], &blocks.concat(), &sound[starts[3]..]].concat();
    let [a, b, c] = [0, 1, 2].map(|number| block(&sound, number));
    assert!(verify(with(&[a.clone(), b.clone(), c.clone()])).is_ok());
    is_refused(with(&[a.clone(), c.clone()]), "missing");
    is_refused(with(&[a.clone(), c.clone(), b.clone()]), "moved");
    is_refused(with(&[a.clone(), b.clone(), b.clone(), c.clone()]), "doubled");
    is_refused(with(&[a, b, block(&other, 2)]), "of another file");
}

/// A file whose checksums fit, made of these blocks: section, rows, body.
fn sealed(magic: &[u8], blocks: &[(u32, u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sum = 0;
    let mut seal = |run: Vec<u8>| {
        sum = xxh3_64_with_seed(&run, sum);
        bytes.extend_from_slice(&run);
        bytes.extend_from_slice(&sum.to_le_bytes());
    };
    seal([magic, &[0; 8]].concat());
    for (section, rows, body) in blocks {
        seal([&section.to_le_bytes()[..], &rows.to_le_bytes(), &(body.len() as u64).to_le_bytes(), body].concat());
    }
    bytes
}

fn end(total: u64) -> (u32, u32, Vec<u8>) {
    (END, 0, total.to_le_bytes().to_vec())
}

#[test]
fn what_no_dump_has_is_refused_although_its_checksums_fit() {
    let body = |row: Row| {
        let mut body = Vec::new();
        row.encode(&mut body);
        body
    };
    let good = body(row(2));
    assert_eq!(verify(sealed(MAGIC, &[(0, 1, good.clone()), end(1)])).unwrap().len(), 1);
    is_refused(sealed(b"SMCACHE2", &[(0, 1, good.clone()), end(1)]), "another format");
    is_refused(sealed(MAGIC, &[(0, 1, good.clone()), end(2)]), "another total");
    is_refused(sealed(MAGIC, &[(0, 2, good.clone()), end(2)]), "more rows than there are");
    is_refused(sealed(MAGIC, &[(0, 0, good.clone()), end(0)]), "fewer rows than there are");
    is_refused(sealed(MAGIC, &[(1, 1, good.clone()), end(1)]), "sections from 1");
    is_refused(sealed(MAGIC, &[(0, 1, good.clone()), (1, 1, good.clone()), (0, 1, good.clone()), end(3)]), "sections out of order");
    let many = (0..=MAX_SECTIONS as u32).map(|section| (section, 1, good.clone())).chain([end(MAX_SECTIONS as u64 + 1)]);
    is_refused(sealed(MAGIC, &many.collect::<Vec<_>>()), "too many sections");
    is_refused(sealed(MAGIC, &[(0, 1, body(Row { key: Key::new(&[0x7F]), ..row(2) })), end(1)]), "a key that is none");
    // The value's tag and length come behind the key.
    let tag = 4 + row(2).key.as_bytes().len();
    for (at, byte, what) in [
        (tag, 0, "no tag"),
        (tag, 200, "an unknown tag"),
        (tag, 1, "undefined with bytes"),
        (good.len() - 1, 0xFF, "a tag that is no text"),
    ] {
        let mut bad = good.clone();
        bad[at] = byte;
        is_refused(sealed(MAGIC, &[(0, 1, bad), end(1)]), what);
    }
}

#[test]
fn lengths_beyond_what_is_there_are_refused_before_anything_is_allocated_for_them() {
    let mut good = Vec::new();
    row(2).encode(&mut good);
    let key = row(2).key.as_bytes().len();
    let value = row(2).value.bytes().len();
    // Of the key, the value, the list of tags, and the first tag.
    let lengths = [0, 4 + key + 1, 4 + key + 1 + 4 + value + 24, 4 + key + 1 + 4 + value + 24 + 4];
    for at in lengths {
        for len in [u32::MAX, 1 << 30, good.len() as u32] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&len.to_le_bytes());
            is_refused(sealed(MAGIC, &[(0, 1, bad), end(1)]), &format!("length {len} at {at}"));
        }
    }
    for rows in [2, u32::MAX] {
        is_refused(sealed(MAGIC, &[(0, rows, good.clone()), end(rows.into())]), "rows");
    }
    for len in [u64::MAX, u64::MAX - 15, 1 << 40, 1 << 62] {
        let mut bytes = sealed(MAGIC, &[(0, 1, good.clone()), end(1)]);
        let at = HEAD + SUM + 8;
        bytes[at..at + 8].copy_from_slice(&len.to_le_bytes());
        is_refused(bytes, "length of a block");
    }
}
