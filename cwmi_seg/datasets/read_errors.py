"""Whatever goes wrong in reading an image, as one line that names the file."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cwmi_seg.datasets.size_limit import HugeImageError
from cwmi_seg.datasets.stored_pixels import UnfitImage
from cwmi_seg.mistakes import Mistake

_PACKAGE = re.compile(r"requires the '([\w.-]+)' package")  # of tifffile, for most kinds of compression


@contextmanager
def named_errors(path: Path, kind: str = "an image") -> Iterator[None]:
    """Turn whatever a decoder raises in the block into one line, and keep it from writing lines of its own.

    Args:
        path: File that the line names.
        kind: What it should have been.

    Raises:
        FileNotFoundError, PermissionError, ValueError: The file cannot be read; the message names it.
    """
    reader, level = logging.getLogger("tifffile"), logging.getLogger("tifffile").level
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but readable tags and palettes
            reader.setLevel(logging.CRITICAL)  # it writes lines about them, and about what it raises besides
            yield
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file; copy it from the download.") from None
    except PermissionError:
        raise PermissionError(f"{path}: may not be read; run chmod u+r on it.") from None
    except HugeImageError:
        raise
    except UnfitImage as error:
        raise Mistake(f"{path}: {error}.") from None
    except ImportError as error:
        raise Mistake(f"{path}: cannot be read without a package ({error}); pip install it.") from error
    except Exception as error:  # decoders raise whatever they like on damaged bytes
        if isinstance(error, Mistake) and str(error).startswith(f"{path}/"):
            raise  # of a file in the folder, which has its line
        told = " ".join(str(error).split())  # some have lines, of the file too
        if package := _PACKAGE.search(told):
            raise Mistake(f"{path}: cannot be read without {package[1]} ({told}); pip install {package[1]}.") from error
        raise Mistake(f"{path}: cannot be read as {kind} ({told}); copy it again from the download.") from error
    finally:
        reader.setLevel(level)
