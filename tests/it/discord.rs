//! The bot on Discord: the real binary against a server that speaks Discord's protocol.

mod buttons;
mod commands;
mod fixture;
mod forms;
mod hostile;
mod identity;
mod kills;
mod known_again;
mod language;
mod roles;
mod scene;
mod secrets;
mod serving;
mod shares;
mod story;
mod threads;
mod unheard;
mod weather;
