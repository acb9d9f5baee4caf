"""The dialogue engine: Rasa 3.6's semantics, sans-IO.

`load_model` reads a project; `turn` is a generator that yields the custom actions to run (`CallAction`), is sent their
`ActionResult`, and returns the `Tracker` after the turn, whose `new_events` are to be logged.
"""

from bot.dialogue.applied import applied_indices
from bot.dialogue.calls import ActionResult, CallAction
from bot.dialogue.check import check_model, check_project
from bot.dialogue.contradictions import Finding
from bot.dialogue.domain import Domain
from bot.dialogue.engine import (
    custom_actions,
    external_message,
    log_message,
    read_payload,
    run_action,
    start_session,
    turn,
    with_base_intent,
)
from bot.dialogue.ensemble import predict_next
from bot.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AgentUttered,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    EntitiesAdded,
    Event,
    FollowupAction,
    LoopInterrupted,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    SlotSet,
    StoryExported,
    UserFeaturization,
    UserUtteranceReverted,
    UserUttered,
    event_from_json,
)
from bot.dialogue.fold import Loop
from bot.dialogue.model import Model, load_model, load_project_model
from bot.dialogue.story_writer import write_test_stories
from bot.dialogue.tracker import Tracker
from bot.dialogue.tracker_json import slots_kept

__all__ = [
    "ActionExecuted",
    "ActionExecutionRejected",
    "ActionResult",
    "ActionReverted",
    "ActiveLoop",
    "AgentUttered",
    "AllSlotsReset",
    "BotUttered",
    "CallAction",
    "ConversationPaused",
    "ConversationResumed",
    "Domain",
    "EntitiesAdded",
    "Event",
    "Finding",
    "FollowupAction",
    "Loop",
    "LoopInterrupted",
    "Model",
    "ReminderCancelled",
    "ReminderScheduled",
    "Restarted",
    "SessionStarted",
    "SlotSet",
    "StoryExported",
    "Tracker",
    "UserFeaturization",
    "UserUtteranceReverted",
    "UserUttered",
    "applied_indices",
    "check_model",
    "check_project",
    "custom_actions",
    "event_from_json",
    "external_message",
    "load_model",
    "load_project_model",
    "log_message",
    "predict_next",
    "read_payload",
    "run_action",
    "slots_kept",
    "start_session",
    "turn",
    "with_base_intent",
    "write_test_stories",
]
