//! Looks at Discord: does it know the token, is the bot where it has to be, may it do there what it
//! does.
//!
//! Invariant: it only reads, says everything that it can see to be wrong, and ends: what Discord
//! does not answer in time is a finding too.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use self::permissions::invited_with;
use self::standing::{Bot, Standing, needed};
use super::ids::number;
use super::registration;
use super::rest::{Call, Rest, RestError, Secret};
use crate::config::discord::Discord as Settings;
use crate::domain::id::GroupId;
use crate::domain::policy::catalogue::Catalogue;
use crate::domain::world::actor::Role;

mod commands;
pub mod permissions;
mod standing;

/// How long Discord may take for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// An application that may read messages without being mentioned: with Discord's consent, or as one
/// of few servers.
const MESSAGE_CONTENT: u64 = 1 << 18 | 1 << 19;

/// What Discord answers about what the bot may not see, or what is not there.
const HIDDEN: [u16; 2] = [403, 404];

/// What was looked at, whether it is well, and what was seen or what to do.
pub type Finding = (String, bool, String);

/// Looks at everything. `groups` are the roles that the configuration gives; without a catalogue the
/// commands are not compared.
pub async fn checkup(
    settings: &Settings,
    token: &Secret,
    groups: &BTreeMap<GroupId, Role>,
    catalogue: Option<&Catalogue>,
) -> Vec<Finding> {
    let what = "Discord token";
    let rest = match Rest::new(&settings.api(), token) {
        Ok(rest) => rest,
        Err(error) => return vec![not_well(what, error.to_string())],
    };
    let mut checkup = Checkup { rest, settings, findings: Vec::new() };
    match checkup.look(groups, catalogue).await {
        Ok(()) => {}
        Err(error @ RestError::Token) => checkup.findings.push(not_well(what, error.to_string())),
        Err(error) => {
            let advice = "is the network up, is [discord] api_url right? Nothing more was looked at";
            checkup.findings.push(not_well("Discord", format!("{error}; {advice}")));
        }
    }
    checkup.findings
}

fn well(what: impl Into<String>, seen: impl Into<String>) -> Finding {
    (what.into(), true, seen.into())
}

fn not_well(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    (what.into(), false, advice.into())
}

/// What Discord says no with.
struct No {
    status: u16,
    message: String,
}

struct Checkup<'a> {
    rest: Rest,
    settings: &'a Settings,
    findings: Vec<Finding>,
}

impl Checkup<'_> {
    /// Reads something. What Discord refuses is an answer; an error is what ends the checkup.
    async fn get(&self, path: &str) -> Result<Result<Value, No>, RestError> {
        match self.rest.send(Call::get(path).by(Instant::now() + ANSWER_LIMIT)).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(RestError::Refused { status, message, .. }) => Ok(Err(No { status, message })),
            Err(error) => Err(error),
        }
    }

    fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    async fn look(
        &mut self,
        groups: &BTreeMap<GroupId, Role>,
        catalogue: Option<&Catalogue>,
    ) -> Result<(), RestError> {
        let Some(bot) = self.bot().await? else { return Ok(()) };
        let Some(guild) = self.guild(&bot).await? else { return Ok(()) };
        if let Some(standing) = self.standing(&bot, &guild).await? {
            self.channels(&standing).await?;
        }
        let roles = guild["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
        self.findings
            .extend(groups.iter().map(|(group, role)| mapped(group, *role, self.settings.guild, roles)));
        self.commands(&bot, catalogue).await
    }

    /// The token, the account, the application.
    async fn bot(&mut self) -> Result<Option<Bot>, RestError> {
        let account = match self.get("/users/@me").await? {
            Ok(account) => account,
            Err(no) => {
                self.find(not_well("Discord token", no.said("who the bot is")));
                return Ok(None);
            }
        };
        let name = text(&account["username"]);
        self.find(well("Discord token", format!("known: the bot is {name}")));
        let application = match self.get("/applications/@me").await? {
            Ok(application) => application,
            Err(no) => {
                self.find(not_well("Discord application", no.said("what the bot's application is")));
                return Ok(None);
            }
        };
        self.find(intents(self.settings.message_content, &application));
        Ok(Some(Bot { application: number(&application["id"]), account: number(&account["id"]), name }))
    }

    /// The server, if the bot is in it.
    async fn guild(&mut self, bot: &Bot) -> Result<Option<Value>, RestError> {
        let guild = self.settings.guild;
        match self.get(&format!("/guilds/{guild}")).await? {
            Ok(found) => {
                self.find(well("Discord server", text(&found["name"])));
                Ok(Some(found))
            }
            Err(no) if HIDDEN.contains(&no.status) => {
                let advice = format!(
                    "{} is not in {guild}: somebody who may manage that server opens {}",
                    bot.name,
                    invitation(bot.application, guild)
                );
                self.find(not_well("Discord server", advice));
                Ok(None)
            }
            Err(no) => {
                self.find(not_well("Discord server", no.said(&format!("what server {guild} is"))));
                Ok(None)
            }
        }
    }

    async fn standing(&mut self, bot: &Bot, guild: &Value) -> Result<Option<Standing>, RestError> {
        let number = self.settings.guild;
        match self.get(&format!("/guilds/{number}/members/{}", bot.account)).await? {
            Ok(member) => Ok(Some(Standing::new(number, bot, guild, &member))),
            Err(no) => {
                self.find(not_well("Discord permissions", no.said("which roles the bot has")));
                Ok(None)
            }
        }
    }

    /// The incident channel, then the others.
    async fn channels(&mut self, standing: &Standing) -> Result<(), RestError> {
        let incidents = self.settings.incident_channel;
        let others = self.settings.channels.iter().filter(|channel| **channel != incidents);
        for &channel in [&incidents].into_iter().chain(others) {
            let is_for_incidents = channel == incidents;
            let answer = self.get(&format!("/channels/{channel}")).await?;
            let name = answer.as_ref().ok().and_then(|found| found["name"].as_str());
            let name = name.map_or_else(|| channel.to_string(), |name| format!("#{name}"));
            let what = if is_for_incidents { "Discord incident channel" } else { "Discord channel" };
            let seen = match &answer {
                Ok(found) => standing.missing(found, is_for_incidents),
                Err(no) => Err(no.of_channel(standing, is_for_incidents)),
            };
            self.find(match seen {
                Ok(seen) => well(format!("{what} {name}"), seen),
                Err(advice) => not_well(format!("{what} {name}"), advice),
            });
        }
        Ok(())
    }

    async fn commands(&mut self, bot: &Bot, catalogue: Option<&Catalogue>) -> Result<(), RestError> {
        let (application, guild) = (bot.application, self.settings.guild);
        let finding = match self.get(&format!("/applications/{application}/guilds/{guild}/commands")).await? {
            Ok(registered) => {
                let wanted = catalogue.map(registration::commands);
                well("Discord commands", commands::compared(wanted.as_ref(), &registered))
            }
            Err(no) if HIDDEN.contains(&no.status) => {
                let advice = format!(
                    "the bot was invited without commands: somebody who may manage the server opens {}",
                    invitation(application, guild)
                );
                not_well("Discord commands", advice)
            }
            Err(no) => not_well("Discord commands", no.said("which commands are registered")),
        };
        self.find(finding);
        Ok(())
    }
}

impl No {
    fn said(&self, asked: &str) -> String {
        format!("Discord does not say {asked}: {}, {}", self.status, self.message)
    }

    fn of_channel(&self, standing: &Standing, is_for_incidents: bool) -> String {
        match self.status {
            404 => "there is no such channel: copy the id anew (User Settings, Advanced, Developer Mode; \
                    then right-click the channel, Copy Channel ID)"
                .to_owned(),
            403 => {
                let names: Vec<_> = needed(is_for_incidents).map(|permission| permission.name).collect();
                format!("the bot may not see it, if it is in this server; {}", standing.click(&names))
            }
            _ => self.said("what this channel is"),
        }
    }
}

/// The page that puts the bot on a server with what it needs.
fn invitation(application: u64, guild: u64) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands\
         &permissions={}&guild_id={guild}",
        invited_with()
    )
}

fn intents(message_content: bool, application: &Value) -> Finding {
    let allowed = application["flags"].as_u64().unwrap_or_default() & MESSAGE_CONTENT != 0;
    match (message_content, allowed) {
        (true, true) => well("Discord intents", "MESSAGE CONTENT INTENT is on"),
        (true, false) => not_well(
            "Discord intents",
            format!(
                "message_content = true, and MESSAGE CONTENT INTENT is off: switch it on at \
                 https://discord.com/developers/applications/{}/bot or set message_content = false",
                number(&application["id"])
            ),
        ),
        (false, _) => well("Discord intents", "MESSAGE CONTENT INTENT is not needed"),
    }
}

/// A role of Discord's that the configuration gives a role.
fn mapped(group: &GroupId, role: Role, guild: u64, roles: &[Value]) -> Finding {
    let what = format!("Discord role for {role}");
    let number = group.as_str().strip_prefix("discord:").unwrap_or(group.as_str());
    if number == guild.to_string() {
        return well(
            what,
            "@everyone: all people of the server; give it to a role of its own if that is too many",
        );
    }
    match roles.iter().find(|found| found["id"].as_str() == Some(number)) {
        Some(found) => well(what, format!("@{}", text(&found["name"]))),
        None => not_well(
            what,
            format!(
                "there is no role {number} in this server: copy the id anew (Server Settings, Roles, right-click, \
                 Copy Role ID)"
            ),
        ),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("(no name)").to_owned()
}

#[cfg(test)]
mod tests;
