//! Addresses.

use casework::value::Address;
use proto::loket::portal::v1 as pb;

use super::values::plain;

/// Most lines of an address.
const LINES_MAX: usize = 5;

/// Longest line of an address, in characters.
const LINE_CHARS_MAX: usize = 200;

/// The address; none where it is not one.
pub(super) fn read(address: &pb::Address) -> Option<Address> {
    let region =
        address.region_code.len() == 2 && address.region_code.bytes().all(|b| b.is_ascii_uppercase());
    let said = !address.postal_code.is_empty()
        || !address.locality.is_empty()
        || !address.administrative_area.is_empty()
        || !address.address_lines.is_empty();
    if !region || !said || address.address_lines.len() > LINES_MAX {
        return None;
    }
    let optional =
        |text: &str| if text.is_empty() { Some(String::new()) } else { plain(text, LINE_CHARS_MAX) };
    Some(Address {
        region_code: address.region_code.clone(),
        postal_code: optional(&address.postal_code)?,
        administrative_area: optional(&address.administrative_area)?,
        locality: optional(&address.locality)?,
        address_lines: address
            .address_lines
            .iter()
            .map(|line| plain(line, LINE_CHARS_MAX))
            .collect::<Option<_>>()?,
    })
}

/// The address on the wire.
pub(super) fn write(address: &Address) -> pb::Address {
    pb::Address {
        region_code: address.region_code.clone(),
        postal_code: address.postal_code.clone(),
        administrative_area: address.administrative_area.clone(),
        locality: address.locality.clone(),
        address_lines: address.address_lines.clone(),
    }
}
