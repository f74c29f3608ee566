//! The bot on Discord: the real binary against a server that speaks Discord's protocol.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bot;
mod discord_server;

mod discord {
    mod buttons;
    mod forms;
    mod identity;
    mod scene;
    mod serving;
    mod story;
}
