"""All generated documents."""

from deploy.documents.asyncapi import asyncapi_text
from deploy.documents.events import EVENT_TYPES, file_of, schema_text
from deploy.documents.ownership import services_page
from deploy.documents.permissions import permissions_page
from deploy.documents.refusals import refusals_page
from deploy.documents.settings import settings_page
from deploy.documents.topics import topics_page


def generated() -> dict[str, str]:
    """The text of every document by its path from the root; the same for the same code, on every machine.

    `generated()["docs/asyncapi.yaml"]`
    """
    return {
        "docs/asyncapi.yaml": asyncapi_text(),
        "docs/permissions.md": permissions_page(),
        "docs/refusals.md": refusals_page(),
        "docs/services.md": services_page(),
        "docs/settings.md": settings_page(),
        "docs/topics.md": topics_page(),
        **{file_of(kind): schema_text(kind) for kind in EVENT_TYPES},
    }
