"""All errors of the engine, in one tree.

WizardError
├── DefinitionError             the author's: a workflow definition is wrong
├── SettingsError               the host's: an environment variable can't be used
├── HostError                   the host's: what its own function gave can't be used
├── DoorMisused                 the host's: the synchronous door is used where it can't be
├── DoorCutOff                  a call through that door was cancelled by a function on its event loop
├── DoorTimeout                 a call through that door took longer than it may
├── PlugInRefused               the operator's: a plug-in can't be installed, found, removed or written
├── PageFailed                  the host's or ours: a template failed while it made a page
├── CallerError                 the caller's: the move asked for can't be made; nothing changed
│   ├── RunNotFound
│   ├── NotYours                the token is missing or another run's
│   │   ├── CodeUnknown         a code that leads to a conversation isn't valid, or not any more
│   │   └── NotYourProfile      the run, or the profile that one is to work on, is another person's
│   ├── WorkflowNotFound
│   ├── StaleInput              the run has moved on meanwhile (S19)
│   │   └── StaleRevision       the store's view of the same: a compare-and-swap lost
│   ├── RunBusy                 so many move the run at once that the turn's turn didn't come
│   ├── RunCompleted            Previous or change on a completed run (S5)
│   ├── RunExpired
│   ├── RunCancelled
│   ├── PointOfNoReturn         Previous or change below a final step (S7)
│   ├── NotAStep                the step named can't be moved to
│   ├── InvalidInput            what was handed in breaks a limit or has the wrong shape
│   │   └── FieldsRefused       the schema of profiles doesn't take what is to be stored
│   ├── ConfigurationRefused    a node's configuration, or a form of it, is wrong
│   ├── TooManyEvents           the run holds as many events as it may
│   ├── TooManyRuns             an event would start or reach more runs than one event may
│   ├── DraftNotFound           the workflow has no draft
│   ├── StaleDraft              somebody else has saved the draft meanwhile
│   ├── StaleSharing            somebody else has changed who works on the workflow meanwhile
│   ├── BundleRefused           something is missing for a bundle, or would be overwritten by it
│   ├── VersionNotFound         the workflow has no such version
│   ├── StaleDeployment         another version was deployed or revoked meanwhile
│   ├── NothingDeployed         nothing of the workflow is deployed
│   ├── NothingBefore           there is nothing that revoking could go back to
│   ├── DocumentNotFound        nothing is stored under this id of a profile or session
│   ├── ResourceNotFound        there is no resource of this name
│   ├── ResourceRefused         a resource can't be stored as it is
│   ├── StaleResource           somebody else has changed the resource meanwhile
│   ├── StaleDocument           somebody else has saved the profile or session meanwhile
│   ├── RemoteNodeNotFound      no service offers this node type
│   ├── RemoteNodeRefused       a service can't be registered, or has it that it isn't right
│   ├── StaleRemoteNode         somebody else has registered or removed the service meanwhile
│   ├── SaveNotFound            the history has no such save, or not any more
│   ├── NotTakenOver            an operator writes in a conversation that they haven't taken over
│   ├── NotAConversation        an operator takes over a run that nobody chats about
│   ├── UndoConflict            fields were set by others since the save that is to be undone
│   └── KeyReused               an idempotency key came again with another request
└── RunError                    the run's own: a turn was stopped, the run stays where it was
    ├── ExpressionError         an expression or template failed or went over a bound
    ├── NoCaseMatched           a condition had no case for the data (S17)
    ├── TurnTooLong             a turn executed 1,000 nodes (S17)
    ├── NodeFailed              a node failed after its retries (S16)
    │   └── ResourceUnusable    a resource that it names isn't there, or is of another kind
    ├── NodeContractError       a node broke its contract (S15)
    │   └── MoveFromWithin      it moves the run that it is called for
    ├── WorkflowUnavailable     the version that the run is pinned to can't be used here (S22)
    ├── MessageNotSent          the host's function that sends messages failed
    │   ├── ChannelRefused      a channel takes no more messages for a conversation
    │   └── ChannelBusy         a channel takes the message later
    ├── IllegalMove             a run or step was to change into a status that doesn't follow
    └── StoreError              stored data can't be read or written
        └── DataUnreadable      it is there and was read, and makes no sense: damaged, newer, another key
            └── NotGenuine      it isn't what was sealed there: changed, moved, put back, or never sealed

Every message says what happened and what to do; `workflow`, `node` and `run` name the place where
they are known. A CallerError's is for people as well: `people` is the same as a sentence, to be said in their language,
and the message is its English. The message of a RunError is for whoever runs the service, or writes for it; `people` is
what a person reads instead, and `private` says that the message may quote what somebody answered, so that it isn't
logged.
"""

from __future__ import annotations

from wizard.errors.base import (
    Excuse,
    WizardError,
)
from wizard.errors.callers import (
    CallerError,
    CodeUnknown,
    ConfigurationRefused,
    FieldsRefused,
    InvalidInput,
    KeyReused,
    NotAStep,
    NotYourProfile,
    NotYours,
    PointOfNoReturn,
    RunBusy,
    RunCancelled,
    RunCompleted,
    RunExpired,
    RunNotFound,
    StaleInput,
    StaleRevision,
    TooManyEvents,
    TooManyRuns,
    WorkflowNotFound,
)
from wizard.errors.hosts import (
    DefinitionError,
    DoorCutOff,
    DoorMisused,
    DoorTimeout,
    HostError,
    PageFailed,
    PlugInRefused,
    Problem,
    SettingsError,
)
from wizard.errors.operators import (
    BundleRefused,
    DocumentNotFound,
    DraftNotFound,
    NotAConversation,
    NothingBefore,
    NothingDeployed,
    NotTakenOver,
    RemoteNodeNotFound,
    RemoteNodeRefused,
    ResourceNotFound,
    ResourceRefused,
    SaveNotFound,
    StaleDeployment,
    StaleDocument,
    StaleDraft,
    StaleRemoteNode,
    StaleResource,
    StaleSharing,
    UndoConflict,
    VersionNotFound,
)
from wizard.errors.runs import (
    ChannelBusy,
    ChannelRefused,
    DataUnreadable,
    ExpressionError,
    IllegalMove,
    MessageNotSent,
    MoveFromWithin,
    NoCaseMatched,
    NodeContractError,
    NodeFailed,
    NotGenuine,
    ResourceUnusable,
    RunError,
    StoreError,
    TurnTooLong,
    WorkflowUnavailable,
)

__all__ = [
    "BundleRefused",
    "CallerError",
    "ChannelBusy",
    "ChannelRefused",
    "CodeUnknown",
    "ConfigurationRefused",
    "DataUnreadable",
    "DefinitionError",
    "DocumentNotFound",
    "DoorCutOff",
    "DoorMisused",
    "DoorTimeout",
    "DraftNotFound",
    "Excuse",
    "ExpressionError",
    "FieldsRefused",
    "HostError",
    "IllegalMove",
    "InvalidInput",
    "KeyReused",
    "MessageNotSent",
    "MoveFromWithin",
    "NoCaseMatched",
    "NodeContractError",
    "NodeFailed",
    "NotAConversation",
    "NotAStep",
    "NotGenuine",
    "NotTakenOver",
    "NotYourProfile",
    "NotYours",
    "NothingBefore",
    "NothingDeployed",
    "PageFailed",
    "PlugInRefused",
    "PointOfNoReturn",
    "Problem",
    "RemoteNodeNotFound",
    "RemoteNodeRefused",
    "ResourceNotFound",
    "ResourceRefused",
    "ResourceUnusable",
    "RunBusy",
    "RunCancelled",
    "RunCompleted",
    "RunError",
    "RunExpired",
    "RunNotFound",
    "SaveNotFound",
    "SettingsError",
    "StaleDeployment",
    "StaleDocument",
    "StaleDraft",
    "StaleInput",
    "StaleRemoteNode",
    "StaleResource",
    "StaleRevision",
    "StaleSharing",
    "StoreError",
    "TooManyEvents",
    "TooManyRuns",
    "TurnTooLong",
    "UndoConflict",
    "VersionNotFound",
    "WizardError",
    "WorkflowNotFound",
    "WorkflowUnavailable",
]
