//! The bot on Discord: the real binary against a server that speaks Discord's protocol.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bot;
mod discord_server;

mod discord {
    mod kills;
    mod serving;
    mod story;
    mod weather;
}
