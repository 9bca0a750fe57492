//! How far up a RUN may go that gives directories away, and which COPYs bring what is in them.

use super::owner::{Chown, Giving};
use crate::context::ContextPath;
use crate::dockerfile::{Instruction, InstructionKind, Transfer};
use crate::optimize::effects::{do_overlap, do_overlap_beside_sources};
use crate::optimize::hoist_manifests::link_above;
use crate::optimize::landing::Landing;
use crate::optimize::sink_copy::{Bring, Does, Item, Run};
use crate::optimize::types::{Request, Risk};
use crate::optimize::variables::{is_read_by_many, set_by};
use crate::plan::Plan;

/// What is on the way up.
pub(super) struct Walk {
    /// The COPYs whose files it gives away, by their positions from below, each with the owner
    /// that it has to say, unless it says so today.
    pub(super) owned: Vec<(usize, Option<String>)>,
    /// The directories that these bring something to.
    pub(super) places: Vec<ContextPath>,
    /// What RUNs in between make there, which still has to be given away below them.
    pub(super) made: Vec<ContextPath>,
    pub(super) risk: Risk,
}

/// What an instruction is to the RUN that comes up to it.
enum Meeting {
    /// It brings what the RUN gives away.
    Owned(ContextPath, Option<String>, Risk),
    /// It makes some of it itself.
    Makes(Vec<ContextPath>),
    Pass(Risk),
    Stop,
}

/// Commands that make files and directories, or change modes, and leave what is there to its owner.
const MAKERS: &[&str] = &["chmod", "echo", "mkdir", "printf", "touch"];

/// The way up of the RUN at a position.
pub(super) fn up(
    request: &Request<'_>,
    plan: &Plan,
    items: &[Item<'_>],
    at: usize,
    giving: &Giving,
) -> Option<Walk> {
    let Does::Run(run) = &items[at].does else { return None };
    if run.effects.opaque.is_some() {
        return None;
    }
    let mut walk =
        Walk { owned: Vec::new(), places: Vec::new(), made: Vec::new(), risk: Risk::None };
    let mut made = Vec::new();
    let mut risk = first_risk(giving, run);
    for position in (0..at).rev() {
        let met = Met { request, plan, items, position, giving, run };
        match met.meeting() {
            Meeting::Owned(place, owner, more) => {
                walk.places.push(place);
                risk = worse(risk, more);
                walk.owned.push((position, owner));
                (walk.made, walk.risk) = (made.clone(), risk);
            }
            Meeting::Makes(places) => made.extend(places),
            Meeting::Pass(more) => risk = worse(risk, more),
            Meeting::Stop => break,
        }
    }
    if !walk.made.is_empty() {
        walk.risk = Risk::Verify;
    }
    (!walk.owned.is_empty()).then_some(walk)
}

fn first_risk(giving: &Giving, run: &Run<'_>) -> Risk {
    let is_by_name = giving.chowns.iter().any(|chown| chown.is_by_name);
    if giving.is_alone && !is_by_name && run.is_base_known { Risk::None } else { Risk::Verify }
}

fn worse(a: Risk, b: Risk) -> Risk {
    if a == Risk::Verify { a } else { b }
}

/// Whether a mode is written in digits and has no setuid bits.
fn is_plain_mode(mode: &str) -> bool {
    let digits = mode.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(mode);
    digits.len() == 3 && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit))
}

/// An instruction above the RUN.
struct Met<'a, 'b> {
    request: &'b Request<'a>,
    plan: &'b Plan,
    items: &'b [Item<'a>],
    position: usize,
    giving: &'b Giving,
    run: &'b Run<'a>,
}

impl Met<'_, '_> {
    fn meeting(&self) -> Meeting {
        let item = &self.items[self.position];
        match (&item.does, &item.instruction.kind) {
            (
                Does::Bring(bring),
                InstructionKind::Copy(transfer) | InstructionKind::Add(transfer),
            ) => self.bring(item.instruction, bring, transfer),
            (Does::Run(other), _) => self.other_run(other),
            (Does::Set, InstructionKind::Env(_) | InstructionKind::Arg(_)) => {
                let mut names = set_by(item.instruction).into_iter();
                if names.any(is_read_by_many) { Meeting::Stop } else { Meeting::Pass(Risk::None) }
            }
            (Does::Go(place), _) if !self.giving.is_relative && self.is_apart(place) => {
                Meeting::Pass(Risk::None)
            }
            (Does::Tell, _) => Meeting::Pass(Risk::None),
            _ => Meeting::Stop,
        }
    }

    fn places(&self) -> impl Iterator<Item = (&Chown, &ContextPath)> {
        let chowns = self.giving.chowns.iter();
        chowns.flat_map(|chown| chown.places.iter().map(move |place| (chown, place)))
    }

    fn is_apart(&self, other: &ContextPath) -> bool {
        self.places().all(|(_, place)| !do_overlap(place, other))
    }

    fn bring(&self, copy: &Instruction, bring: &Bring<'_>, transfer: &Transfer) -> Meeting {
        let holding = self.places().find(|(_, place)| bring.destination.starts_with(place));
        let Some((chown, place)) = holding else {
            let is_passed = self.is_apart(&bring.destination) && self.leaves_alone(bring);
            return if is_passed { Meeting::Pass(Risk::None) } else { Meeting::Stop };
        };
        let is_written = |it: &&ContextPath| **it == *place;
        let only_chown_writes = self.run.effects.writes.iter().filter(is_written).count() == 1;
        let is_of_stage = bring.landing.is_none() && transfer.from.is_some();
        let is_known = bring.landing.is_some() || is_of_stage;
        let is_link = link_above(self.request, self.plan, copy.line, &bring.destination);
        let mut landed = bring.landing.iter().flat_map(Landing::iter);
        // `chown` takes these away, and a COPY with an owner does not.
        let has_special_mode = landed.any(|(_, entry)| entry.mode & 0o7000 != 0);
        if !is_known
            || !only_chown_writes
            || is_link
            || has_special_mode
            || transfer.chmod.as_deref().is_some_and(|mode| !is_plain_mode(mode))
            || transfer.link
            // Files of a stage keep their group, which no COPY can say.
            || is_of_stage && !chown.has_group
            || !copy.heredocs.is_empty()
            || !self.leaves_alone(bring)
        {
            return Meeting::Stop;
        }
        let risk = if is_of_stage { Risk::Verify } else { Risk::None };
        match &transfer.chown {
            None => Meeting::Owned(place.clone(), Some(chown.owner.clone()), risk),
            Some(owner) if *owner == chown.owner => Meeting::Owned(place.clone(), None, risk),
            Some(_) => Meeting::Stop,
        }
    }

    /// Whether the other commands of the RUN have nothing to do with what a COPY brings, and the COPY
    /// with the names of users.
    fn leaves_alone(&self, bring: &Bring<'_>) -> bool {
        let passwords = ContextPath::new("etc/passwd");
        if do_overlap(&bring.destination, &passwords) && !self.is_in_place(&bring.destination) {
            return false;
        }
        let own = |touched: &&ContextPath| self.places().all(|(_, place)| place != *touched);
        let brings = |touched: &ContextPath| match &bring.landing {
            Some(landing) => landing.places().any(|(place, _)| {
                place.starts_with(touched)
                    || touched.starts_with(place) && !landing.at(place).is_empty()
            }),
            None => do_overlap_beside_sources(&bring.destination, touched),
        };
        self.giving.is_alone || {
            let touched: Vec<_> = self.run.effects.touches().filter(own).collect();
            !touched.iter().any(|touched| brings(touched))
        }
    }

    fn is_in_place(&self, destination: &ContextPath) -> bool {
        self.places().any(|(_, place)| destination.starts_with(place))
    }

    fn other_run(&self, other: &Run<'_>) -> Meeting {
        if self.run.effects.is_independent_of(&other.effects) {
            return Meeting::Pass(Risk::Verify);
        }
        let effects = &other.effects;
        let is_maker = effects.opaque.is_none()
            && other.mounts.is_empty()
            && effects.programs.iter().all(|program| MAKERS.contains(&&**program));
        let is_inside = |touched: &ContextPath| {
            self.places().any(|(_, place)| touched != place && touched.starts_with(place))
        };
        if !is_maker || !self.giving.is_alone || !effects.touches().all(is_inside) {
            return Meeting::Stop;
        }
        let mut tops: Vec<ContextPath> = Vec::new();
        for touched in &effects.writes {
            match self.top(touched) {
                Some(top) if !tops.contains(&top) => tops.push(top),
                Some(_) => {}
                None if self.is_brought(touched) => {}
                None => return Meeting::Stop,
            }
        }
        Meeting::Makes(tops)
    }

    /// Of what a RUN makes, the directory nearest to the root that no COPY above it brings.
    fn top(&self, made: &ContextPath) -> Option<ContextPath> {
        let (_, place) = self.places().find(|(_, place)| made.starts_with(place))?;
        let mut there = made.clone();
        let mut top = None;
        while there != *place {
            if !self.is_brought(&there) {
                top = Some(there.clone());
            }
            there = there.parent()?;
        }
        top
    }

    /// Whether a COPY above brings something to a place, or below it.
    fn is_brought(&self, place: &ContextPath) -> bool {
        self.items[..self.position].iter().any(|item| match &item.does {
            Does::Bring(Bring { landing: Some(landing), .. }) => {
                landing.places().any(|(landed, _)| landed.starts_with(place))
            }
            _ => false,
        })
    }
}
