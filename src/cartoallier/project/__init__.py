"""The project folder: read into one typed value, or made anew."""

from cartoallier.project.create import create_project
from cartoallier.project.load import FILE_NAME, Decision, Project, Source, load_project
from cartoallier.project.needs import NeedSource
from cartoallier.project.zonings import ZoningSource

__all__ = [
    "FILE_NAME",
    "Decision",
    "NeedSource",
    "Project",
    "Source",
    "ZoningSource",
    "create_project",
    "load_project",
]
