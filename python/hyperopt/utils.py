"""Front door: directories, calls by dotted name, look-ups."""

from hyperopt.analysis.averaging import pmin_sampled
from hyperopt.compat.directories import get_closest_dir, path_split_all, temp_dir, working_dir
from hyperopt.compat.lookups import fast_isin, get_most_recent_inds, use_obj_for_literal_in_memo
from hyperopt.compat.named_calls import get_obj, import_tokens, json_call, json_lookup, load_tokens
from hyperopt.storage.documents import coarse_utcnow

__all__ = [
    "coarse_utcnow",
    "fast_isin",
    "get_closest_dir",
    "get_most_recent_inds",
    "get_obj",
    "import_tokens",
    "json_call",
    "json_lookup",
    "load_tokens",
    "path_split_all",
    "pmin_sampled",
    "temp_dir",
    "use_obj_for_literal_in_memo",
    "working_dir",
]
