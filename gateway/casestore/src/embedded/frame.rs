//! The bytes of a journal file.
//!
//! The file starts with a header: magic, format version, number of partitions, a random name of the data set, crc32.
//! Then come frames, each one group of transactions that was made durable at once:
//!
//! | bytes | what |
//! |---|---|
//! | 2 | `LF` |
//! | 1 | kind: 1, a group of transactions |
//! | 1 | 0 |
//! | 4 | length of the payload |
//! | 4 | crc32 of the payload |
//! | 4 | crc32 of these 12 bytes and of the frame's offset |
//! | … | the payload |
//!
//! All numbers are little-endian.

use crate::id::PARTITIONS;

/// The version of the format; from its first byte on the file says so.
pub(super) const FORMAT: u16 = 1;
/// Bytes of the file's header.
pub(super) const HEADER: usize = 32;
/// Bytes before a frame's payload.
pub(super) const FRAME_HEADER: usize = 16;

const MAGIC: &[u8; 8] = b"LOKETCAS";
const FRAME_MAGIC: [u8; 2] = *b"LF";
const GROUP: u8 = 1;

/// The header of a new file.
pub(super) fn header(data_set: [u8; 16]) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..10].copy_from_slice(&FORMAT.to_le_bytes());
    bytes[10..12].copy_from_slice(&PARTITIONS.to_le_bytes());
    bytes[12..28].copy_from_slice(&data_set);
    let crc = crc32fast::hash(&bytes[..28]);
    bytes[28..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The data set's name, or why this is no header that this version reads.
pub(super) fn read_header(bytes: &[u8; HEADER]) -> Result<[u8; 16], String> {
    if &bytes[..8] != MAGIC {
        return Err("it does not start as a journal of cases does".to_owned());
    }
    let format = u16::from_le_bytes([bytes[8], bytes[9]]);
    if format != FORMAT {
        return Err(format!("it is of format {format}, and this version reads format {FORMAT}"));
    }
    if bytes[28..] != crc32fast::hash(&bytes[..28]).to_le_bytes() {
        return Err("its header is damaged".to_owned());
    }
    let partitions = u16::from_le_bytes([bytes[10], bytes[11]]);
    if partitions != PARTITIONS {
        return Err(format!("it has {partitions} partitions, and this version has {PARTITIONS}"));
    }
    let mut data_set = [0; 16];
    data_set.copy_from_slice(&bytes[12..28]);
    Ok(data_set)
}

/// Fills in the header of a frame at this offset: `frame` is room for it and the payload.
pub(super) fn seal(frame: &mut [u8], offset: u64) {
    let (header, payload) = frame.split_at_mut(FRAME_HEADER);
    header[..2].copy_from_slice(&FRAME_MAGIC);
    header[2..4].copy_from_slice(&[GROUP, 0]);
    header[4..8].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[8..12].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
    let crc = header_crc(&header[..12], offset);
    header[12..16].copy_from_slice(&crc.to_le_bytes());
}

fn header_crc(header: &[u8], offset: u64) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(&offset.to_le_bytes());
    crc.finalize()
}

/// What a frame's header says.
pub(super) struct FrameHeader {
    /// Bytes of the payload.
    pub(super) length: usize,
    crc: u32,
}

impl FrameHeader {
    /// The header at this offset; none if it is none.
    pub(super) fn read(bytes: &[u8], offset: u64) -> Option<Self> {
        let bytes: &[u8; FRAME_HEADER] = bytes.get(..FRAME_HEADER)?.try_into().ok()?;
        if bytes[..2] != FRAME_MAGIC || bytes[12..] != header_crc(&bytes[..12], offset).to_le_bytes() {
            return None;
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        (bytes[2..4] == [GROUP, 0]).then(|| Self { length: word(4) as usize, crc: word(8) })
    }

    /// Whether this is the payload.
    pub(super) fn fits(&self, payload: &[u8]) -> bool {
        payload.len() == self.length && crc32fast::hash(payload) == self.crc
    }
}
