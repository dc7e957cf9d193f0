"""Front door: `HyperoptSearchCV`, a search in the manner of scikit-learn."""

from hyperopt.integrations.cross_validation import Evaluations, SplitOnce
from hyperopt.integrations.sklearn_search import HyperoptSearchCV
from hyperopt.storage.documents import STATUS_OK
from hyperopt.study.fmin import fmin
from hyperopt.study.trials import Trials

__all__ = ["STATUS_OK", "Evaluations", "HyperoptSearchCV", "SplitOnce", "Trials", "fmin"]
