//! Which rows of a dump are loaded where not all have room: the hottest, the same part of each section.

/// Rows are left out by parts of a section; of a smaller one, row by row.
const PARTS: usize = 1_024;

/// What each row of each section will be charged, 0 if it is not to be loaded.
#[derive(Default)]
pub struct Plan {
    sections: Vec<Vec<u32>>,
}

impl Plan {
    /// The next row of a section.
    pub fn add(&mut self, section: usize, charge: Option<u64>) {
        if self.sections.len() <= section {
            self.sections.resize_with(section + 1, Vec::new);
        }
        self.sections[section].push(charge.map_or(0, |charge| charge.clamp(1, u32::MAX.into()) as u32));
    }

    /// How many rows of each section, from its start, are left out so that the others have room.
    pub fn skipped(&self, room: (u64, u64)) -> Vec<usize> {
        let (mut none_fits, mut fits) = (0, PARTS);
        if self.fits(0, room) {
            fits = 0;
        }
        while fits > none_fits + 1 {
            let middle = (none_fits + fits) / 2;
            if self.fits(middle, room) {
                fits = middle;
            } else {
                none_fits = middle;
            }
        }
        self.sections.iter().map(|rows| first(rows.len(), fits)).collect()
    }

    fn fits(&self, part: usize, (entries, bytes): (u64, u64)) -> bool {
        let charges = self.sections.iter().flat_map(|rows| &rows[first(rows.len(), part)..]).filter(|&&charge| charge > 0);
        let sum = charges.fold((0, 0), |(count, sum), &charge| (count + 1, sum + u64::from(charge)));
        sum.0 <= entries && sum.1 <= bytes
    }
}

/// The first row that is not in the first so many parts.
fn first(rows: usize, part: usize) -> usize {
    (rows * part).div_ceil(PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(sections: &[&[u64]], room: (u64, u64)) -> Vec<usize> {
        let mut plan = Plan::default();
        for (section, charges) in sections.iter().enumerate() {
            charges.iter().for_each(|&charge| plan.add(section, Some(charge).filter(|&charge| charge > 0)));
        }
        plan.skipped(room)
    }

    #[test]
    fn nothing_is_left_out_that_has_room_and_all_where_there_is_none() {
        let sections: [&[u64]; 2] = [&[5, 5, 5], &[10]];
        assert_eq!(skipped(&sections, (4, 25)), [0, 0]);
        assert_eq!(skipped(&sections, (u64::MAX, u64::MAX)), [0, 0]);
        assert_eq!(skipped(&sections, (0, 25)), [3, 1]);
        assert_eq!(skipped(&[], (0, 0)), [0; 0]);
    }

    #[test]
    fn the_coldest_are_left_out_to_the_row_and_the_same_part_of_each_section() {
        assert_eq!(skipped(&[&[1; 100]], (7, 1_000)), [93]);
        assert_eq!(skipped(&[&[3; 100]], (1_000, 40)), [87]);
        assert_eq!(skipped(&[&[1; 100], &[1; 50]], (75, 75)), [50, 25]);
    }

    #[test]
    fn rows_that_are_not_loaded_need_no_room() {
        assert_eq!(skipped(&[&[0, 1, 0, 1, 0, 0, 1, 0]], (2, 2)), [2]);
    }
}
