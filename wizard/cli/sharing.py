"""`wizard share`: whose a workflow is, and who else works on it over HTTP.

Whoever has the store may do everything with it, so the command itself asks nobody's role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli.drafts import By, WorkflowId, limited, on_stages, whoever
from wizard.cli.shared import AsJson, StoreOption, clean, print_json, print_table

if TYPE_CHECKING:
    from wizard.deployments.staging import Staging
    from wizard.model.staging import Sharing, Stages

MOST_SHARED = 100


def share(
    workflow: WorkflowId,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=ROLE]...", help="Who works on it from now on, in which role.")
    ] = None,
    stop: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Who doesn't any more; once for each of them.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", callback=limited(1, 200), help="Whose it is from now on.")
    ] = None,
    store: StoreOption = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Say whose a workflow is, and who else works on it. Without a name, show it. This matters to people who are known
    to your application and don't work on every workflow."""
    added = dict(map(_named, names or ()))
    stopped = stop or []

    async def work(staging: Staging, stages: Stages) -> Sharing:
        stored = await staging.sharing(workflow)
        for name in stopped:
            if name not in stored.shared:
                raise typer.BadParameter(f"{workflow} isn't shared with {name!r}.", param_hint="--stop")
        shared = {name: role for name, role in {**stored.shared, **added}.items() if name not in stopped}
        if len(shared) > MOST_SHARED:
            raise typer.BadParameter(f"a workflow is shared with {MOST_SHARED} people at most.", param_hint="NAME=ROLE")
        changed = stored._replace(owner=stored.owner if owner is None else owner, shared=shared)
        return stored if changed == stored else await staging.share(changed, by=whoever(by))

    sharing = on_stages(store, work)
    if as_json:
        print_json({key: getattr(sharing, key) for key in ("workflow", "revision", "owner", "shared")})
        return
    print(clean(f"{workflow} has no owner." if sharing.owner is None else f"{workflow} belongs to {sharing.owner}."))
    if sharing.shared:
        print_table([("NAME", "ROLE"), *sorted(sharing.shared.items())])
    else:
        print("It is shared with nobody.")


def _named(text: str) -> tuple[str, str]:
    """Who, and in which role. Raises BadParameter."""
    from wizard.channels.admin.people import SHARED_ROLES

    name, is_there, role = text.rpartition("=")
    if not is_there or role not in SHARED_ROLES:
        raise typer.BadParameter(
            f"{text!r} isn't NAME=ROLE; roles are {', '.join(SHARED_ROLES)}.", param_hint="NAME=ROLE"
        )
    limited(1, 200)(name)
    return name, role
