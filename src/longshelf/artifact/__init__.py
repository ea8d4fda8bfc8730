"""The winner as a folder that stands alone: frozen without pickle, hashed, with its card."""

from __future__ import annotations

from pathlib import Path

from longshelf.artifact.classifier import Classified, Classifier, read_classifier
from longshelf.artifact.folder import open_folder
from longshelf.artifact.pseudonym import pseudonym, pseudonyms, read_key
from longshelf.artifact.recommender import Recommender, read_recommender, save_recommender
from longshelf.artifact.writer import TextWriter, Written, read_writer

__all__ = [
    "Classified",
    "Classifier",
    "Recommender",
    "TextWriter",
    "Written",
    "load",
    "pseudonym",
    "pseudonyms",
    "read_key",
    "save_recommender",
]


def load(folder: str | Path) -> Classifier | Recommender | TextWriter:
    """Read an artifact; nothing is read before every hash of its manifest holds.

    Raises
    ------
    InputError
        If it is no artifact, incomplete, changed, or of another format.
    """
    opened = open_folder(folder)
    if opened.manifest["kind"] == "classify":
        return read_classifier(opened)
    if opened.manifest["kind"] == "write":
        return read_writer(opened)
    return read_recommender(opened)
