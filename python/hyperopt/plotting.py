"""Front door: plots of trials."""

from hyperopt.storage.documents import miscs_to_idxs_vals
from hyperopt.visualization.plots import (
    default_status_colors,
    main_plot_1D_attachment,
    main_plot_curves,
    main_plot_histogram,
    main_plot_history,
    main_plot_vars,
)

__all__ = [
    "default_status_colors",
    "main_plot_1D_attachment",
    "main_plot_curves",
    "main_plot_histogram",
    "main_plot_history",
    "main_plot_vars",
    "miscs_to_idxs_vals",
]
