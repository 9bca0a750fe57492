//! What the engine's build cache holds: asked before a forecast, looked at again after a build.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::memory::{Line, Memory};
use super::ui::Ui;
use crate::engine::{Docker, EngineInfo, ImageStore};
use crate::plan::{Plan, Step};
use crate::predict::eviction::{Circumstances, ContextCopy, Done, Survey, learn};
use crate::predict::{Knowledge, Route};
use crate::store::{Seen, Sight};
use crate::{CacheRecord, Digest};

/// How long a forecast waits for the engine's list.
pub(super) const FORECAST: Duration = Duration::from_secs(3);

/// How long the look after a build does, when everything has been said.
const AFTERWARDS: Duration = Duration::from_secs(60);

/// How often, and after what time, is looked whether the copy of a context is free, and whether
/// builds that may share steps have ended: they rarely have, and then no forecast waits for more.
const FREE_LOOKS: usize = 20;
const UNSHARE_LOOKS: usize = 4;
const FREE: Duration = Duration::from_millis(50);

/// [`Sight::number`] of each engine, read before an engine is asked for its cache: where it has
/// changed since, another process has looked in between, and what it saw is newer.
pub(super) type Numbers = HashMap<String, i64>;

/// What the engine holds now against what it held after the last build. `None` where that cannot
/// be told: then the forecast rests on records.
pub(super) async fn survey(
    docker: &Docker,
    engine: &EngineInfo,
    listing: Result<Vec<CacheRecord>, crate::engine::Error>,
    memory: &Memory,
    numbers: &Numbers,
    ui: &mut Ui,
) -> std::io::Result<Option<Survey>> {
    let sight = memory.sight(&engine.id);
    let number = sight.as_ref().map_or(0, |sight| sight.number);
    let is_current = numbers.get(&engine.id).copied().unwrap_or(0) == number;
    let listing = match listing {
        Ok(_) if !is_current => docker.cache_records(FORECAST).await,
        listing => listing,
    };
    match listing {
        Ok(listing) => Ok(Some(Survey::new(sight.as_ref(), listing, forgets_all(engine)))),
        Err(_) if engine.builder != "buildkit" => Ok(None),
        Err(error) => {
            ui.warning(&format!("going on with what was recorded of the engine's cache: {error}"))?;
            Ok(None)
        }
    }
}

/// Whether the engine's copy of the context, one of `records`, is or gets free within a second: the
/// engine lets go of the copy of a build that has ended a moment later, on a busy machine a longer
/// one.
pub(super) async fn becomes_free(
    mut place: ContextCopy,
    docker: &Docker,
    engine: &EngineInfo,
    memory: &Memory,
    records: &[String],
) -> bool {
    let sight = memory.sight(&engine.id);
    for _ in 0..FREE_LOOKS {
        if place != ContextCopy::Held {
            break;
        }
        tokio::time::sleep(FREE).await;
        let Ok(listing) = docker.cache_records(FORECAST).await else { break };
        place = Survey::new(sight.as_ref(), listing, forgets_all(engine)).context_copy(records);
    }
    place == ContextCopy::Free
}

/// Sees whether what builds may share with this one gets free in a moment, as it does where they
/// have just ended.
pub(super) async fn unshare(
    knowledge: &mut Knowledge,
    docker: &Docker,
    engine: &EngineInfo,
    memory: &Memory,
    line: &Line,
    plan: &Plan,
) {
    let sight = memory.sight(&engine.id);
    for _ in 0..UNSHARE_LOOKS {
        if knowledge.evictions.shared.is_empty() {
            break;
        }
        tokio::time::sleep(FREE).await;
        let Ok(listing) = docker.cache_records(FORECAST).await else { break };
        let survey = Survey::new(sight.as_ref(), listing, forgets_all(engine));
        knowledge.evictions = memory.evictions(line, plan, knowledge, &survey);
    }
}

/// With containerd's store whatever is pruned takes all results with it
/// (`context-lost-same-content`).
fn forgets_all(engine: &EngineInfo) -> bool {
    engine.store == ImageStore::Containerd
}

/// A build that was recorded.
pub(super) struct Recorded<'a> {
    pub(super) engine: &'a EngineInfo,
    pub(super) project: &'a str,
    pub(super) plan: &'a Plan,
    /// By which keys of the images below it the engine has each step of the plan.
    pub(super) routes: &'a [Route],
    pub(super) done: &'a [Done],
    pub(super) circumstances: Circumstances,
}

/// Looks at the cache after a build, and keeps where the results of its steps are.
pub(super) async fn look(
    docker: &Docker,
    recorded: &Recorded<'_>,
    memory: &mut Memory,
    ui: &mut Ui,
) -> std::io::Result<()> {
    if !memory.is_written() {
        return Ok(());
    }
    let engine = recorded.engine;
    let sight: Option<Sight> = memory.sight(&engine.id);
    let listing = docker.cache_records(AFTERWARDS).await;
    if let Err(error) = &listing {
        tracing::debug!(%error, "the cache cannot be listed");
    }
    let keys: Vec<Digest> = recorded.plan.steps.iter().map(|step| step.key.0).collect();
    let before = memory.holdings(&engine.id, &keys);
    let survey =
        listing.ok().map(|listing| Survey::new(sight.as_ref(), listing, forgets_all(engine)));
    let learnt =
        learn(recorded.plan, recorded.done, &recorded.circumstances, survey.as_ref(), &before);
    let seen = Seen {
        after: sight.map_or(0, |sight| sight.number),
        is_lost: survey.as_ref().is_some_and(Survey::is_lost),
        others: survey
            .as_ref()
            .map_or_else(Vec::new, |survey| survey.made_by_others(recorded.circumstances.began)),
        renamed: survey.as_ref().map(Survey::renamed).unwrap_or_default(),
        listing: survey.as_ref().map(Survey::lasting),
        holdings: learnt.holdings,
        certain: kept_under(recorded, &learnt.certain),
        settled: kept_under(recorded, &learnt.settled),
        context: learnt.context,
    };
    memory.write(ui, |store| store.saw(&engine.id, recorded.project, &seen))
}

/// The keys that the engine has with these of the plan, that of such a step with whatever files
/// among them.
fn kept_under(recorded: &Recorded<'_>, certain: &[Digest]) -> Vec<Digest> {
    let certain: HashSet<&Digest> = certain.iter().collect();
    let steps = recorded.plan.steps.iter().zip(recorded.routes);
    let held = steps.filter(|(step, _)| certain.contains(&step.key.0));
    let keys = |(step, route): (&Step, &Route)| {
        route.keys(step).into_iter().chain(step.content_keys.loose).collect::<Vec<_>>()
    };
    held.flat_map(keys).map(|key| key.0).collect()
}
