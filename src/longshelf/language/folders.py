"""Where a language model lies: a local folder, or a Hugging Face name through any mirror."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from longshelf.errors import Unavailable, missing_extra

__all__ = ["HEADS", "Head", "find_folder", "load_model"]

Head = Literal["masked", "causal", "seq2seq"]

HEADS: dict[str, tuple[str, str]] = {
    "masked": ("AutoModelForMaskedLM", "masked words"),
    "causal": ("AutoModelForCausalLM", "the next word"),
    "seq2seq": ("AutoModelForSeq2SeqLM", "a text from a text"),
}
"""transformers' class for each use, and what its head predicts."""

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
FETCHED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.spm", "*.jinja")


def find_folder(
    name: str, needed: Sequence[str] = ("config.json",), fetched: Sequence[str] = FETCHED
) -> Path:
    """The folder a model is in, complete enough to be loaded without running anyone's code.

    Parameters
    ----------
    name : str
        A local folder, as ``save_pretrained`` or ModelScope wrote it, or a Hugging Face name,
        downloaded once from ``HF_ENDPOINT`` where that is set.
    needed : sequence of str, default ("config.json",)
        Files that must be there beside the weights.
    fetched : sequence of str
        Patterns of the files a download asks for; pickled weights never are.

    Raises
    ------
    Unavailable
        If there is no such folder or download, a file is missing, or the weights are pickled.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        _refuse(name, folder, _absent(folder, needed))
        return folder
    kept = _snapshot(name, fetched, local_files_only=True)
    if isinstance(kept, Path) and not _absent(kept, needed):
        return kept
    came = _snapshot(name, fetched, local_files_only=False)
    if isinstance(came, Path):
        _refuse(name, came, _absent(came, needed))
        return came
    raise Unavailable(
        f"no folder and no reachable Hugging Face model is called {name!r} "
        f"({type(came).__name__}); name a local folder, set HF_ENDPOINT to a mirror you can reach, "
        "or fetch the model with ModelScope and give the folder it wrote"
    ) from came


def _absent(folder: Path, needed: Sequence[str]) -> list[str]:
    absent = [file for file in needed if not (folder / file).is_file()]
    if not any((folder / file).is_file() for file in WEIGHTS) and WEIGHTS[0] not in absent:
        absent.append(WEIGHTS[0])
    return absent


def _refuse(name: str, folder: Path, absent: list[str]) -> None:
    if not absent:
        return
    pickled = sorted(file.name for pattern in PICKLED for file in folder.glob(pattern))
    if pickled and absent == [WEIGHTS[0]]:
        raise Unavailable(
            f"the weights of {name!r} are pickled ({', '.join(pickled)}), and unpickling runs "
            "whatever code a file holds; where you trust it, convert it once with "
            "AutoModel.from_pretrained(folder).save_pretrained(folder), with the class of the "
            "model's head, which writes model.safetensors"
        )
    raise Unavailable(
        f"the model {name!r} in {folder} lacks {', '.join(absent)}; save it with "
        "model.save_pretrained(folder) and tokenizer.save_pretrained(folder)"
    )


def _snapshot(name: str, fetched: Sequence[str], *, local_files_only: bool) -> Path | Exception:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise missing_extra("huggingface-hub", "deep", "models by name") from error
    try:
        return Path(
            snapshot_download(
                name,
                allow_patterns=list(fetched),
                endpoint=os.environ.get("HF_ENDPOINT") or None,
                local_files_only=local_files_only,
            )
        )
    except Exception as error:  # the hub's own errors differ from version to version
        return error


def load_model(name: str, head: Head) -> tuple[Any, Any]:
    """The tokenizer and the torch model, ready to predict, on the accelerator if there is one.

    Parameters
    ----------
    name : str
        As for :func:`find_folder`.
    head : {"masked", "causal", "seq2seq"}
        What the model must predict; weights of that head that are not in the file are refused
        instead of being drawn at random.

    Raises
    ------
    Unavailable
        As :func:`find_folder`, and if the tokenizer needs a package or the head is not there.
    """
    folder = find_folder(name)
    try:
        import torch
        import transformers
    except ImportError as error:
        raise missing_extra("transformers", "deep", "language models") from error
    cls = getattr(transformers, HEADS[head][0])
    tokenizer = _tokenizer(name, folder)
    try:
        with _quiet():
            model, about = cls.from_pretrained(
                folder, use_safetensors=True, local_files_only=True, output_loading_info=True
            )
    except (ValueError, OSError) as error:
        raise Unavailable(
            f"the model {name!r} cannot predict {HEADS[head][1]}: {_first(error)}"
        ) from error
    if lost := sorted(about["missing_keys"]):
        raise Unavailable(
            f"the model {name!r} holds no weights to predict {HEADS[head][1]} with: "
            f"{', '.join(lost[:3])} and {max(len(lost) - 3, 0)} more are not in its file; "
            f"name a folder saved by {HEADS[head][0]}"
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return tokenizer, model.float().eval().to(device)


def _tokenizer(name: str, folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        with _quiet():
            return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (ImportError, ValueError, OSError) as error:
        raise Unavailable(
            f"the tokenizer of {name!r} cannot be read: {_first(error)}; a folder with "
            "tokenizer.json needs no further package"
        ) from error


def _first(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def _quiet() -> Iterator[None]:
    """Read a model without transformers' progress bars and advice."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
