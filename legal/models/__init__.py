"""All models of the legal department, one file per subject."""

from .cost import Cost
from .deadline import Deadline
from .download import PackDownload, PackLink
from .exhibit import Exhibit
from .file import LegalFile
from .pack import Pack
from .review import Defect, LawyerReview
from .service import ServiceAttempt

__all__ = [
    "Cost", "Deadline", "Defect", "Exhibit", "LawyerReview", "LegalFile", "Pack", "PackDownload", "PackLink",
    "ServiceAttempt",
]  # fmt: skip
