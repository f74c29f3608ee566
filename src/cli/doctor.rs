//! `doctor`: configuration, articles, index, record, hosts and their keys, Discord: each with what to
//! do.

use std::fmt::Display;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use super::failure::{Done, Failure};
use super::output::out;
use super::places::Places;
use super::runtime::runtime;
use crate::app::ports::{HostCheck, Hosts as _};
use crate::app::{chain, programs};
use crate::articles::library::KbLibrary;
use crate::articles::sources::{ConfigSource, Files};
use crate::chat::console::one_line;
use crate::chat::discord::checkup::checkup;
use crate::chat::discord::rest::Secret;
use crate::config::Config;
use crate::domain::id::HostName;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::world::host::{Host, Platform};
use crate::kb::lint::{Standards, lint as lint_rules};
use crate::kb::{self, Severity};
use crate::model::Model;
use crate::remote::{Ssh, SshConfig};
use crate::search::{Origin, Search};
use crate::store::StoreError;
use crate::store::sled_record::proved;

/// Hosts that are looked at side by side: a silent one takes ten seconds.
const HOSTS_AT_ONCE: usize = 32;

struct Report {
    well: bool,
}

impl Report {
    fn line(&mut self, well: bool, what: &str, seen: impl Display) {
        self.well &= well;
        let (what, seen) = (one_line(what), one_line(&seen.to_string()));
        out!("{} {what}: {seen}", if well { "ok    " } else { "NOT OK" });
    }
}

pub fn run(places: &Places) -> Done {
    let mut report = Report { well: true };
    let config = match places.config() {
        Ok(config) => config,
        Err(error) => {
            return Err(error.into());
        }
    };
    let named = places
        .config_file()
        .map_or("none, so nobody has a role".to_owned(), |path| path.display().to_string());
    let (people, hosts) = (config.people.iter().count(), config.inventory.len());
    report.line(true, "configuration", format!("{named}: {people} persons, {hosts} hosts"));
    articles_and_index(places, &config, &mut report);
    model(places, &mut report);
    record(places, &mut report);
    let files = Files::new(places.kb.clone(), ConfigSource::File(places.config_file()));
    let catalogue = files.read(&[]).ok();
    runtime()?.block_on(async {
        inventory(&config, catalogue.as_ref(), &mut report).await;
        discord(&config, catalogue.as_ref(), &mut report).await;
    });
    if report.well { Ok(()) } else { Err(Failure::Said) }
}

fn articles_and_index(places: &Places, config: &Config, report: &mut Report) {
    let loaded = match kb::load(&places.kb) {
        Ok(loaded) => loaded,
        Err(error) => return report.line(false, "articles", chain(error)),
    };
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let findings = lint_rules(&loaded, &Standards { today, reads: config.policy.reads.clone() });
    let errors = findings.iter().filter(|finding| finding.code.severity() == Severity::Error).count();
    let seen = match errors {
        0 => format!("{} in {}", loaded.articles.len(), places.kb.display()),
        n => format!("{n} errors; `dogwatch kb lint` names them"),
    };
    report.line(errors == 0 && !loaded.articles.is_empty(), "articles", seen);
    match KbLibrary::open(&places.kb, Some(&places.index), None) {
        Ok(library) => index(&library.current(), places, report),
        Err(error) => report.line(false, "index", chain(error)),
    }
}

fn index(search: &Search, places: &Places, report: &mut Report) {
    let (chunks, revision, folder) = (search.chunks(), search.revision(), places.index.display());
    match search.origin() {
        Origin::Unsaved(why) => report.line(false, "index", why),
        _ => report.line(true, "index", format!("{chunks} passages in {folder}, indexed {revision}")),
    }
    for broken in search.broken() {
        let seen = format!("{}; until then its last good version answers, if there is one", broken.why);
        report.line(false, &broken.file, seen);
    }
}

fn model(places: &Places, report: &mut Report) {
    match places.model() {
        Ok(folder) if places.model.is_some() || folder.exists() => match Model::open(&folder) {
            Ok(_) => report.line(true, "model", format!("in {}", folder.display())),
            Err(error) => report.line(false, "model", chain(error)),
        },
        _ => report.line(true, "model", "none: words find answers; `dogwatch model install` adds meaning"),
    }
}

fn record(places: &Places, report: &mut Report) {
    let folder = match places.state() {
        Ok(folder) => folder,
        Err(error) => return report.line(false, "record", chain(error)),
    };
    match proved(&folder, |_| ()) {
        Ok(found) => match (found.fault, found.newer) {
            (Some(fault), _) => report.line(false, "record", format!("{fault}; in {}", folder.display())),
            (None, Some(newer)) => report.line(false, "record", StoreError::newer(&folder, newer)),
            (None, None) => {
                report.line(true, "record", format!("{} events in {}", found.head.seq, folder.display()));
            }
        },
        Err(error @ StoreError::Held { .. }) => report.line(true, "record", chain(error)),
        Err(error) => report.line(false, "record", chain(error)),
    }
}

async fn inventory(config: &Config, catalogue: Option<&Catalogue>, report: &mut Report) {
    let Some(catalogue) = catalogue else { return };
    if config.inventory.is_empty() {
        return report.line(true, "hosts", "none in the inventory");
    }
    let Some(identity) = config.identity.clone() else {
        return report.line(false, "hosts", "no key to log in with: [ssh] identity = \"FILE\" names it");
    };
    let ssh = Arc::new(Ssh::new(SshConfig::new(identity)));
    let turns = Arc::new(Semaphore::new(HOSTS_AT_ONCE));
    let look = |host: &Host| {
        let (ssh, turns, host) = (Arc::clone(&ssh), Arc::clone(&turns), host.clone());
        let programs = programs(catalogue, &host);
        tokio::spawn(async move {
            // Closed by nobody: the permit is always given.
            let _turn = turns.acquire().await;
            ssh.check(&host, &programs).await
        })
    };
    let is_run = |host: &Host| !host.platforms.contains(&Platform::Windows);
    // All begin before the first is waited for; each is told in its place in the inventory.
    let hosts = config.inventory.values();
    let looks: Vec<_> = hosts.map(|host| (&host.name, is_run(host).then(|| look(host)))).collect();
    for (name, look) in looks {
        match look {
            None => report.line(true, name.as_str(), "Windows: its actions are planned, not run"),
            Some(look) => told(name, look.await, report),
        }
    }
}

fn told(name: &HostName, look: Result<HostCheck, JoinError>, report: &mut Report) {
    match look {
        Ok(check) => {
            for (what, well, seen) in check.findings {
                report.line(well, &format!("{name} {what}"), seen);
            }
        }
        Err(died) => report.line(false, name.as_str(), format!("looking at it died: {died}")),
    }
}

async fn discord(config: &Config, catalogue: Option<&Catalogue>, report: &mut Report) {
    let Some(settings) = &config.discord else {
        return report.line(
            true,
            "Discord",
            "no [discord] section: README.md, \"On Discord\", says what goes into it",
        );
    };
    let token = match settings.token.read() {
        Ok(token) => Secret::new(token),
        Err(error) => return report.line(false, "Discord token", chain(error)),
    };
    for (what, well, seen) in checkup(settings, &token, config.people.groups(), catalogue).await {
        report.line(well, &what, seen);
    }
}
