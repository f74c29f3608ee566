//! People talk to the bot: input becomes domain commands, domain replies become output.
