"""The public language of Yishi: ids, states, commands, events, topics, refusals. Imports pydantic only."""
