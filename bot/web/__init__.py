"""The web channel: Rasa's REST channel, the page without JavaScript, health and metrics."""
