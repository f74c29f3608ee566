//! The Discord section, checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::places::resolved;
use super::raw;
use crate::domain::id::GroupId;
use crate::domain::world::actor::Role;
use crate::secret_file::{self, SecretError};

/// The variable that holds the token where nothing else is said.
const TOKEN_VARIABLE: &str = "DISCORD_TOKEN";

/// Discord's own address.
const API_URL: &str = "https://discord.com";

/// The version of Discord's interface that is spoken.
const API_PATH: &str = "/api/v10";

/// Where the bot's token is. The token itself never stands in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFrom {
    /// An environment variable.
    Variable(String),
    /// A file that its owner alone may read.
    File(PathBuf),
}

/// How to be on Discord.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discord {
    /// Where the token is.
    pub token: TokenFrom,
    /// The server (guild) that the bot works for.
    pub guild: u64,
    /// The channels in which a mention is a question.
    pub channels: BTreeSet<u64>,
    /// The channel in which incidents get their threads.
    pub incident_channel: u64,
    /// Whether messages in the bot's own threads are read without a mention.
    pub message_content: bool,
    /// Address of the HTTP interface, without a path.
    pub api_url: String,
    /// Address of the gateway; none: what the HTTP interface says.
    pub gateway_url: Option<String>,
}

impl Discord {
    /// Address of the HTTP interface with its version.
    pub fn api(&self) -> String {
        format!("{}{API_PATH}", self.api_url)
    }

    /// Whether what is said in a channel is listened to.
    pub fn listens_in(&self, channel: u64) -> bool {
        channel == self.incident_channel || self.channels.contains(&channel)
    }
}

/// The section together with the roles that it gives to groups.
pub(super) type Checked = (Discord, BTreeMap<GroupId, Role>);

/// Checks the section; the error says what is wrong and what to do. `folder` is for relative paths.
pub(super) fn checked(raw: raw::Discord, folder: &Path) -> Result<Checked, String> {
    if raw.token.is_some() {
        return Err("the token does not belong in this file: name a variable with token_env or a private \
                    file with token_file, and reset the token where it came from"
            .to_owned());
    }
    // A token in their place would be shown as the variable that is not set, or the file that is missing.
    if raw.token_env.as_deref().is_some_and(|name| !is_variable(name)) {
        return Err(
            "token_env: what stands there, and is not shown, names no variable: letters, digits and _; \
                    if it is the token itself, reset it and put the new one into a variable"
                .to_owned(),
        );
    }
    if raw.token_file.as_deref().is_some_and(looks_like_a_token) {
        return Err("token_file: what stands there, and is not shown, looks like a token: name the private \
                    file that holds it; if it is the token itself, reset it"
            .to_owned());
    }
    let token = match (raw.token_env, raw.token_file) {
        (Some(_), Some(_)) => return Err("give token_env or token_file, not both".to_owned()),
        (None, Some(file)) => TokenFrom::File(resolved(folder, &file)),
        (variable, None) => TokenFrom::Variable(variable.unwrap_or_else(|| TOKEN_VARIABLE.to_owned())),
    };
    let guild = raw.guild.number("guild")?;
    let incident_channel = raw.incident_channel.number("incident_channel")?;
    let channels = raw.channels.iter().map(|id| id.number("channels")).collect::<Result<_, _>>()?;
    let mut groups = BTreeMap::new();
    for (id, role) in raw.roles {
        let id = raw::Id::Text(id).number("roles")?;
        // Everybody on the server has the role that has the server's own id.
        if id == guild && role > Role::Viewer {
            return Err(format!(
                "roles: {id} is @everyone: it can be made viewer and nothing more; give {role} to a role of its own"
            ));
        }
        groups.insert(GroupId(format!("discord:{id}")), role);
    }
    let api_url = address(raw.api_url.as_deref().unwrap_or(API_URL), &["https://", "http://"], "api_url")?;
    let gateway_url = raw.gateway_url.as_deref().map(|url| address(url, &["wss://", "ws://"], "gateway_url"));
    let discord = Discord {
        token,
        guild,
        channels,
        incident_channel,
        message_content: raw.message_content,
        api_url,
        gateway_url: gateway_url.transpose()?,
    };
    Ok((discord, groups))
}

fn is_variable(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(letter) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Letters and digits in three parts, longer than any name of a file that has two dots.
fn looks_like_a_token(text: &str) -> bool {
    !text.contains('/') && text.split('.').count() == 3 && text.len() >= 40
}

/// An address without a slash at its end and without the version, which is ours to say.
fn address(url: &str, schemes: &[&str], what: &str) -> Result<String, String> {
    if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return Err(format!("{what}: `{url}` has to begin with {}", schemes.join(" or ")));
    }
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(API_PATH).or_else(|| url.strip_suffix("/api")).unwrap_or(url);
    Ok(url.trim_end_matches('/').to_owned())
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The variable is not set.
    #[error(
        "the variable {0} is not set: put the bot's token into it, or name a file with [discord] token_file"
    )]
    Unset(String),
    /// The file can't be read.
    #[error("the bot's token could not be read from {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// There is no token in it.
    #[error("{0} does not hold a token: one line of letters, digits and `.`, `-`, `_`")]
    Malformed(String),
}

impl TokenFrom {
    /// Reads the token.
    pub fn read(&self) -> Result<String, TokenError> {
        let (text, place) = match self {
            Self::Variable(name) => {
                let text = std::env::var(name).map_err(|_| TokenError::Unset(name.clone()))?;
                (text, format!("the variable {name}"))
            }
            Self::File(path) => (token_in(path)?, path.display().to_string()),
        };
        let token = text.trim();
        let token = token.strip_prefix("Bot ").unwrap_or(token);
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if token.is_empty() || token.len() > 200 || !token.bytes().all(letter) {
            return Err(TokenError::Malformed(place));
        }
        Ok(token.to_owned())
    }
}

/// Bytes of a token file that are read.
const TOKEN_FILE_LEN_MAX: u64 = 4096;

fn token_in(path: &Path) -> Result<String, TokenError> {
    let read = |source| TokenError::Read { path: path.to_owned(), source };
    secret_file::read(path, TOKEN_FILE_LEN_MAX).map_err(read)
}
